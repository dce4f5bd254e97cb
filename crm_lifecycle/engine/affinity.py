"""Which product goes with which: links learned from the lines of past orders.

Lines come as arrays of equal length: customer and product as whole numbers counted
from 0, in any order; the caller has left out what is no product sold (delivery,
discounts, down payments) and lines after the date it looks from. Quantities play no
role: a customer has bought a product or has not.

Links are returned as a dict of arrays, sorted by product and falling weight:

- product, other: the product at hand, and what goes with it
- support: number of customers who bought both
- confidence: share of the buyers of the one who bought the other, 0 to 1
- lift: that share over the share of all customers who bought the other
- weight: what to rank by; weights of several products at hand are added up
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from . import ease
from .links import best_links, first_purchases, groups, slices, with_shares

# Fewer customers with several products do not carry a regression.
ENOUGH_CUSTOMERS = 50
# Ridge of the regression, as a multiple of the mean number of buyers of a product, and
# of the mean number of its orders.
RIDGE, ORDER_RIDGE = 5.0, 1.0
# A link is seen with two customers at least.
MIN_SUPPORT = 2
# As many customers who did not move are added to the buyers of a product.
PRIOR_BUYERS = 5.0
# Dearer by 10 % at least, and not by so much that it is another kind of thing.
DEARER = (1.1, 3.0)
# Of a category, the most bought products that stand in where nobody moved yet, and how
# many of them for one product; of a customer's products in it, as many as are paired.
SUBSTITUTES, STAND_INS, PAIRED = 200, 3, 50
HALF_LIFE = 180.0


def cross_sell(customer, product, products, *, max_products=2000, per_product=10):
    """Products bought by the customers who bought this one.

    For the ``max_products`` products with most buyers: EASE (Steck, "Embarrassingly
    shallow autoencoders for sparse data", WWW 2019), the regression of having bought
    one product on having bought the others, in closed form: with X customers by
    products (0 or 1), G = X'X + ridge * I and P the inverse of G::

        weight = -P[product, other] / P[other, other]

    For the products with fewer buyers, and for all when fewer than 50 customers bought
    several products, the regression on that one purchase alone, with the same ridge::

        weight = (both - expected) / (buyers of product + ridge)
        expected = buyers of product * buyers of other / customers

    The ridge is five times the mean number of buyers of the products in the first
    regression (of all products without it); it was chosen on grocery data, where half
    and twice as much do as well. Only positive weights with at least two common buyers
    are kept, and of a product of the second kind a quarter of ``per_product``.

    :param customer: of each line, shape (n,)
    :param product: of each line, shape (n,)
    :param products: number of products
    :param max_products: size of the regression: time grows with its third power,
        memory with its second
    :param per_product: most links of one product
    :return: links, see the top of this module
    """
    bought = _bought(customer, product, products)
    return _links(bought, RIDGE, max_products, per_product)


def bought_together(
    customer, product, day, products, *, max_products=2000, per_product=10
):
    """Products on the same orders as this one: :func:`cross_sell` with orders in the
    place of customers. An order is a customer's day.

    What is missing from an order is told by other orders, not by what their customers
    bought at any time: on grocery data the hidden product is among the ten best for
    10 % of the orders instead of 7 %. The ridge is the mean number of orders of a
    product.

    :param customer, product, day: of each line, shape (n,)
    :return: links, see the top of this module; support, confidence and lift count
        orders
    """
    order = np.stack((np.asarray(customer, np.int64), np.asarray(day, np.int64)))
    order = np.unique(order, axis=1, return_inverse=True)[1].reshape(-1)
    bought = _bought(order, product, products)
    return _links(bought, ORDER_RIDGE, max_products, per_product)


def _links(bought, ridge, max_products, per_product):
    """Links by what each row (a customer or an order) of ``bought`` has.

    :param ridge: as a multiple of the mean number of rows of a product
    """
    buyers = np.bincount(bought.indices, minlength=bought.shape[1])
    baskets = np.diff(bought.indptr)
    seen = np.flatnonzero(buyers >= MIN_SUPPORT)
    core = seen[np.argsort(-buyers[seen], kind="stable")][:max_products]
    if (baskets > 1).sum() < ENOUGH_CUSTOMERS:
        core = core[:0]
    ridge = ridge * buyers[core if core.size else seen].mean() if seen.size else 0.0
    parts = [_regression(bought[:, core], core, ridge, per_product)]
    tail = np.setdiff1d(seen, core)
    few = per_product // 4 if core.size else per_product
    by_product = bought.T.tocsr()
    parts += [
        _single(by_product[rows], rows, bought, buyers, ridge, few)
        for rows in slices(tail, (by_product @ baskets)[tail])
    ]
    return with_shares(parts, buyers, bought.shape[0])


def up_sell(customer, product, day, category, price, *, per_product=10):
    """Dearer products of the same category that customers of this one moved to.

    A customer moved from one product to another when he first bought the other on the
    same day or later. While nobody did, the popularity of the other one speaks, for no
    more than one customer::

        weight = (moved + share) / (buyers of product + 5)
        share = buyers of other / customers of the category

    :param customer: of each line, shape (n,)
    :param product: of each line, shape (n,)
    :param day: day number of each line, shape (n,)
    :param category: of each product, whole numbers from 0, shape (products,)
    :param price: of each product in one currency, shape (products,); products without
        a positive price get no link
    :param per_product: most links of one product
    :return: links, see the top of this module, to products 1.1 to 3 times as dear;
        support counts the customers who moved, 0 where popularity alone speaks
    """
    category, price = np.asarray(category, np.int64), np.asarray(price, float)
    price = np.where(np.isfinite(price), price, 0)
    customer, product, day = first_purchases(customer, product, day)
    buyers = np.bincount(product, minlength=len(price))
    categories = category.max(initial=0) + 1
    served = np.unique(customer * categories + category[product]) % categories
    served = np.bincount(served, minlength=categories)[category]
    share = buyers / np.maximum(served, 1)

    def dearer(one, other):
        low, high = (limit * price[one] for limit in DEARER)
        return (price[one] > 0) & (price[other] >= low) & (price[other] <= high)

    moved, support = _moves(customer, product, day, category, buyers, dearer)
    keys = np.union1d(moved, _stand_ins(category, buyers, dearer))
    counts = np.zeros(len(keys), np.int64)
    counts[np.searchsorted(keys, moved)] = support
    one, other = np.divmod(keys, len(price))
    weight = (counts + share[other]) / (buyers[one] + PRIOR_BUYERS)
    part = best_links(one, other, counts, weight, per_product)
    return with_shares([part], buyers, len(np.unique(customer)))


def popular(customer, product, day, products, as_of, *, limit=50):
    """What to offer to somebody without a history: what many bought lately.

    A buyer counts half for every 180 days since he last bought the product.

    :param customer: of each line, shape (n,)
    :param product: of each line, shape (n,)
    :param day: day number of each line, shape (n,)
    :param products: number of products
    :param as_of: day number of the excluding bound of the lines
    :return: links without a product at hand, by falling weight: support counts the
        buyers, confidence is their share of all customers, lift is 1, and weight is
        that share with the decay
    """
    # Days are negated, so that the first purchase that is kept is the last one.
    customer, product, day = first_purchases(customer, product, -np.asarray(day))
    fresh = 0.5 ** (np.maximum(as_of - 1 + day, 0) / HALF_LIFE)
    customers = max(len(np.unique(customer)), 1)
    weight = np.bincount(product, fresh, minlength=products) / customers
    weight = np.round(weight, 6)
    support = np.bincount(product, minlength=products)
    best = np.argsort(-weight, kind="stable")[:limit]
    best = best[support[best] > 0]
    return {
        "other": best,
        "support": support[best],
        "confidence": np.round(support[best] / customers, 6),
        "lift": np.ones(len(best)),
        "weight": weight[best],
    }


def _bought(customer, product, products):
    """Customers by products, 1 where bought; only customers with a line are rows."""
    customers, row = np.unique(customer, return_inverse=True)
    shape = (len(customers), products)
    ones = np.ones(len(row), np.float32)
    matrix = sparse.csr_matrix((ones, (row, np.asarray(product, np.int64))), shape)
    matrix.data[:] = 1
    return matrix


def _regression(bought, core, ridge, per_product):
    """Links among the core products by EASE."""
    if not core.size:
        return best_links(core, core, core, np.zeros(0), per_product)
    both = (bought.T @ bought).toarray()
    weight = ease.regression(both, ridge)
    row, column = np.nonzero((weight > 0) & (both >= MIN_SUPPORT))
    support, weight = both[row, column], weight[row, column]
    return best_links(core[row], core[column], support, weight, per_product)


def _single(rows_bought, rows, bought, buyers, ridge, per_product):
    """Links of the products ``rows`` to all others, each by itself."""
    both = (rows_bought @ bought).tocoo()
    seen = both.data >= MIN_SUPPORT
    one, other, support = rows[both.row[seen]], both.col[seen], both.data[seen]
    expected = buyers[one] * (buyers[other] / bought.shape[0])
    weight = (support - expected) / (buyers[one] + ridge)
    kept = (one != other) & (weight > 0)
    return best_links(one[kept], other[kept], support[kept], weight[kept], per_product)


def _moves(customer, product, day, category, buyers, dearer):
    """Dearer products of a category that customers bought on the same day or later.

    Of a customer with very many products in one category the 50 most bought count.

    :return: pairs as product * products + other, sorted, and their customers
    """
    order = np.lexsort((product, -buyers[product], category[product], customer))
    customer, product, day = customer[order], product[order], day[order]
    place, _ = groups(customer, category[product])
    kept = place < PAIRED
    customer, product, day = customer[kept], product[kept], day[kept]
    place, size = groups(customer, category[product])
    keys, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for rows in slices(np.arange(len(customer)), size):
        left, step = _each(size[rows])
        left = rows[left]
        right = left - place[left] + step
        moved = (day[right] >= day[left]) & dearer(product[left], product[right])
        key = product[left[moved]] * len(category) + product[right[moved]]
        keys, position = np.unique(np.append(keys, key), return_inverse=True)
        ones = np.append(counts, np.ones(len(key), np.int64))
        counts = np.bincount(position, ones, minlength=len(keys)).astype(np.int64)
    return keys, counts


def _stand_ins(category, buyers, dearer):
    """For each product the most bought dearer ones of its category.

    :return: pairs as product * products + other
    """
    product = np.lexsort((-buyers, category))
    place, size = groups(category[product])
    size = np.minimum(size, SUBSTITUTES)
    keys = [np.zeros(0, np.int64)]
    for rows in slices(np.arange(len(product)), size):
        left, step = _each(size[rows])
        left = rows[left]
        one, other = product[left], product[left - place[left] + step]
        fit = dearer(one, other) & (buyers[other] > 0)
        one, other = one[fit], other[fit]
        nth, _ = groups(one)
        first = nth < STAND_INS
        keys.append(one[first] * len(category) + other[first])
    return np.concatenate(keys)


def _each(size):
    """Row numbers repeated ``size`` times, and 0, 1, ... within each row."""
    rows = np.repeat(np.arange(len(size)), size)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(size) - size, size)
