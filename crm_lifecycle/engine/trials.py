"""What suggestions of an earlier day are compared with: what was bought after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from . import basket, cross, ranking, reorder, upsell
from .defaults import DEARER

TASKS = {"cross": cross, "basket": basket, "reorder": reorder, "upsell": upsell}


@dataclass(frozen=True)
class Trial:
    """Cases of one task.

    :param model: suggests for them, see :meth:`suggest`
    :param arguments: what the model is asked about, one of each per case, beginning
        with the customers
    :param case, product: what was bought: each product with the place of its case
    """

    model: object
    arguments: tuple
    case: np.ndarray
    product: np.ndarray

    def suggest(self, settings):
        return self.model.suggest(*self.arguments, settings)

    def gains(self, found):
        """NDCG, hit and recall of each case, shape (3, cases)."""
        size = self.model.history.products
        return ranking.gains(found, self.case, self.product, size)


def make(task, before, later, category, price, *, cases=None, max_products=None):
    """Cases of a task after a day.

    :param before: the history up to that day
    :param later: rows of customer, day and product that follow
    :param category, price: of each product
    :param cases: more are drawn by lot, always the same ones; all without it
    :param max_products: products that the models compare, their own number without it
    """
    limit = {} if max_products is None else {"max_products": max_products}
    if task == "cross":
        model = cross.Cross(before, category, **limit)
        return _single(model, *_bought_first(before, later), cases)
    if task == "reorder":
        return _single(reorder.Reorder(before), *_next_order(before, later), cases)
    if task == "basket":
        return _hidden(basket.Basket(before, **limit), later, cases)
    model = upsell.UpSell(before, category, price)
    return _dearer(model, *_bought_first(before, later), cases)


def _single(model, customer, product, cases):
    """A case per customer."""
    customers, case, product = _drawn(customer, product, cases)
    return Trial(model, (customers,), case, product)


def _hidden(model, later, cases):
    """One product of each order, to be found by the others."""
    customer, day, product = later
    size = model.history.products
    days = day.max(initial=0) + 1
    key = customer * days + day
    order, count = np.unique(key, return_inverse=True, return_counts=True)[1:]
    several = (count > 1)[order]
    orders, order, product = _drawn(key[several], product[several], cases)
    # The lot hides the product that is the first of its order in a random sequence.
    lot = np.random.default_rng(0).permutation(len(order))
    hidden = lot[np.unique(order[lot], return_index=True)[1]]
    seen = np.ones(len(order), bool)
    seen[hidden] = False
    ones = np.ones(seen.sum(), np.float32)
    place = (order[seen], product[seen])
    visible = sparse.csr_matrix((ones, place), (len(orders), size))
    return Trial(model, (orders // days, visible), order[hidden], product[hidden])


def _dearer(model, customer, product, cases):
    """A case per customer and type of which he bought a dearer product."""
    kind = model.category[product]
    kinds = model.category.max(initial=0) + 1
    usual = model.usual_prices(customer, kind)
    dearer = model.price[product] >= DEARER * usual
    key = (customer * kinds + kind)[dearer]
    keys, case, product = _drawn(key, product[dearer], cases)
    return Trial(model, (keys // kinds, keys % kinds), case, product)


def _next_order(before, later):
    """Customer and product of the next order, of the products that he had bought."""
    customer, day, product = later
    first = np.full(before.customers, np.iinfo(np.int64).max)
    np.minimum.at(first, customer, day)
    key, known = _pairs(before, customer, product, day == first[customer])
    return np.divmod(key[known], max(before.products, 1))


def _bought_first(before, later):
    """Customer and product of what known customers bought for the first time."""
    customer, _, product = later
    key, known = _pairs(before, customer, product, before.orders[customer] > 0)
    return np.divmod(key[~known], max(before.products, 1))


def _pairs(before, customer, product, kept):
    """Pairs of customer and product as numbers, and whether they are in the history."""
    key = np.unique(customer[kept] * before.products + product[kept])
    customer, product = before.pairs
    return key, np.isin(key, customer * before.products + product)


def _drawn(key, product, cases):
    """At most so many cases, in order: their keys, and for each product its case."""
    keys = np.unique(key)
    if cases and len(keys) > cases:
        keys = np.random.default_rng(0).choice(keys, cases, replace=False)
        keys.sort()
    kept = np.isin(key, keys)
    return keys, np.searchsorted(keys, key[kept]), product[kept]
