"""What the quotation is written from: links of products and figures of each product.

All lessons learn from a :class:`~.history.History`, in which an order is a customer's
day and quantities play no role. The quotation puts them together again, see
``quotation.py``: what the models of ``cross.py``, ``basket.py``, ``reorder.py`` and
``upsell.py`` compute from all purchases is kept in a few numbers per product, so that
a suggestion needs no more than look-ups.

Links are returned as a dict of arrays, sorted by product and falling weight:

- product, other: the product at hand, and what goes with it
- support: number of customers (or orders) who bought both
- confidence: share of the buyers of the one who bought the other, 0 to 1
- lift: that share over the share of all customers who bought the other
- weight: what to rank by; weights of several products at hand are added up
"""

from __future__ import annotations

import numpy as np

from .basket import Basket
from .cross import Cross
from .defaults import DEARER, MUCH_DEARER
from .links import best_links, groups, medians, slices, with_shares

# Fewer customers (or orders) with several products do not carry a regression.
ENOUGH_ROWS = 50
# A link is seen with two customers at least.
MIN_SUPPORT = 2
# Links of a category to products: of either sign, the strongest.
PER_CATEGORY = 50
# On the same orders so many times as often as by chance.
CLEAR = 1.5
# Of a customer's products in a category, as many as are paired.
PAIRED = 50
HALF_LIFE = 180.0
NOTHING = np.zeros((0, 0), np.float32)


def cross_sell(history, category, settings, *, max_products=2000, per_product=10):
    """Products bought by the customers who bought this one: the coefficients of
    :class:`~.cross.Cross`, the largest of each product.

    For the products with fewer buyers, and for all when fewer than 50 customers bought
    several products, the regression on that one purchase alone, with the same ridge::

        weight = (both - expected) / (buyers of product + ridge)
        expected = buyers of product * buyers of other / customers

    Only positive weights with at least two common buyers are kept, and of a product of
    the second kind a quarter of ``per_product``.

    Having bought of a category tells of products too, one way or the other: the 50
    strongest coefficients of each category are kept.

    :param max_products: size of the regression: time grows with its third power,
        memory with its second
    :param per_product: most links of one product
    :return: links, see the top of this module, with ``apart``: whether only the buyers
        are the same. Two products belong together when they are of one category, or
        on two orders or more, and one and a half times as many as by chance.
        And a dict of arrays category, other and weight; that weight is times the
        logarithm of one more than the customer's purchases in the category
    """
    model = Cross(history, category, max_products)
    core, weights, known, of_category = model.core, None, model.kinds[:0], NOTHING
    if _is_enough(history.pairs[0]):
        weights, of_category = model.weights(settings)
        known = model.kinds[: len(of_category)]
    ridge = settings["ridge"] * _mean(history.buyers, core)
    link = _links(history.bought(), core, weights, ridge, per_product)
    one, other = link["product"], link["other"]
    orders = np.bincount(history.product, minlength=history.products).astype(float)
    expected = orders[one] * orders[other] / max(history.orders.sum(), 1)
    by_product = history.baskets().T.tocsr()
    both = _both(by_product, one, other)
    clear = (both >= MIN_SUPPORT) & (both >= CLEAR * expected)
    category = np.asarray(category)
    link["apart"] = ~clear & (category[one] != category[other])
    row, column = _largest(np.abs(of_category), PER_CATEGORY)
    weight = settings["categories"] * of_category[row, column]
    return link, {
        "category": known[row],
        "other": core[column],
        "weight": np.round(weight, 6),
    }


def bought_together(history, settings, *, max_products=2000, per_product=10):
    """Products on the same orders as this one: the coefficients of
    :class:`~.basket.Basket`, and for rare products as in :func:`cross_sell`.

    :return: links, see the top of this module; support, confidence and lift count
        orders
    """
    model = Basket(history, max_products)
    weights = None
    if _is_enough(history.order):
        weights = model.weights(settings["ridge"])
    orders = np.bincount(history.product, minlength=history.products)
    ridge = settings["ridge"] * _mean(orders, model.core)
    return _links(history.baskets(), model.core, weights, ridge, per_product)


def up_sell(model, settings, *, per_product=10):
    """Products of the same category that the same customers bought: of each product
    the ten with most weight, and of the dearer ones five at least. The weight is what
    common buyers say, see :meth:`~.upsell.UpSell.common`: two of them at least, in a
    company with fewer than 50 customers one.

    :param model: see :class:`~.upsell.UpSell`
    :return: links, see the top of this module, to products of a fifth to five times
        the price, with ``dearer``: by 10 % at least. support counts the customers who
        first bought the other one on the same day or later, 0 where none did
    """
    history, price = model.history, model.price
    least = MIN_SUPPORT if (history.orders > 0).sum() >= ENOUGH_ROWS else 1
    pairs = [(np.zeros(0, int), np.zeros(0, int), np.zeros(0))]
    for kind, products in model.types.items():
        if len(products) < 2:
            continue
        weight = model.common(kind, settings, least)
        rate = price[products] / np.maximum(price[products], 1e-9)[:, None]
        weight[(rate > MUCH_DEARER) | (rate < 1 / MUCH_DEARER)] = 0
        found = _largest(weight, per_product)
        dearer = _largest(np.where(rate >= DEARER, weight, 0), per_product // 2)
        row, column = np.unique(np.concatenate((found, dearer), axis=1), axis=1)
        pairs.append((products[row], products[column], weight[row, column]))
    one, other, weight = map(np.concatenate, zip(*pairs, strict=True))
    support = _moved(history, model, one, other)
    part = best_links(one, other, support, weight, 2 * per_product)
    link = with_shares([part], history.buyers, (history.orders > 0).sum())
    dearer = price[link["other"]] >= DEARER * price[link["product"]]
    return {**link, "dearer": dearer}


def popular(history, *, limit=50):
    """What to offer to somebody without a history: what many bought lately.

    A buyer counts half for every 180 days since he last bought the product.

    :return: links without a product at hand, by falling weight: support counts the
        buyers, confidence is their share of all customers, lift is 1, and weight is
        that share with the decay
    """
    customers = max((history.orders > 0).sum(), 1)
    weight = np.round(history.fresh_buyers(HALF_LIFE) / customers, 6)
    best = np.argsort(-weight, kind="stable")[:limit]
    best = best[history.buyers[best] > 0]
    support = history.buyers[best]
    return {
        "other": best,
        "support": support,
        "confidence": np.round(support / customers, 6),
        "lift": np.ones(len(best)),
        "weight": weight[best],
    }


def figures(history):
    """What the quotation needs to know of each product.

    :return: dict of arrays of shape (products,): buyers, buyer_share (of all
        customers), order_share (of all orders), repeat_rate and demand (see the
        history), and pause (usual days between two purchases of a customer, nan where
        none came back)
    """
    orders = np.bincount(history.product, minlength=history.products)
    again = history.times > 1
    pause = (history.first - history.last)[again] / (history.times[again] - 1)
    return {
        "buyers": history.buyers,
        "buyer_share": history.buyers / max((history.orders > 0).sum(), 1),
        "order_share": orders / max(history.orders.sum(), 1),
        "repeat_rate": history.repeat_rate,
        "demand": history.demand,
        "pause": medians(history.pairs[1][again], pause, history.products),
    }


def _is_enough(row):
    """Whether enough rows have several products."""
    return (np.bincount(row) > 1).sum() >= ENOUGH_ROWS


def _mean(count, core):
    """Mean of the counts of the products that the others are compared with."""
    return count[core].mean() if core.size else 0.0


def _largest(weight, count):
    """Row and column of the ``count`` largest positive weights of each row; more where
    several are equal."""
    count = min(count, weight.shape[1] if weight.size else 0)
    if not count:
        return np.zeros((2, 0), int)
    least = np.partition(weight, -count, axis=1)[:, -count]
    return np.nonzero((weight > 0) & (weight >= least[:, None]))


def _both(by_product, one, other):
    """How many have both, for pairs of products."""
    size = np.diff(by_product.indptr)
    count = np.zeros(len(one), np.int64)
    for rows in slices(np.arange(len(one)), size[one] + size[other]):
        both = by_product[one[rows]].multiply(by_product[other[rows]])
        count[rows] = np.asarray(both.sum(axis=1)).ravel()
    return count


def _links(bought, core, weights, ridge, per_product):
    """Links by what each row (a customer or an order) of ``bought`` has.

    :param core: products that ``weights`` are the coefficients of; without weights all
        products are linked one by one
    """
    buyers = np.bincount(bought.indices, minlength=bought.shape[1])
    baskets = np.diff(bought.indptr)
    by_product = bought.T.tocsr()
    if weights is None:
        core, weights = core[:0], NOTHING
    # Twice as many as are kept: some have too few buyers in common.
    row, column = _largest(weights, 2 * per_product)
    one, other, weight = core[row], core[column], weights[row, column]
    both = _both(by_product, one, other)
    kept = both >= MIN_SUPPORT
    parts = [best_links(one[kept], other[kept], both[kept], weight[kept], per_product)]
    tail = np.setdiff1d(np.flatnonzero(buyers >= MIN_SUPPORT), core)
    few = per_product // 4 if core.size else per_product
    parts += [
        _single(by_product[rows], rows, bought, buyers, ridge, few)
        for rows in slices(tail, (by_product @ baskets)[tail])
    ]
    return with_shares(parts, buyers, (baskets > 0).sum())


def _single(rows_bought, rows, bought, buyers, ridge, per_product):
    """Links of the products ``rows`` to all others, each by itself."""
    both = (rows_bought @ bought).tocoo()
    seen = both.data >= MIN_SUPPORT
    one, other, support = rows[both.row[seen]], both.col[seen], both.data[seen]
    expected = buyers[one] * (buyers[other] / (np.diff(bought.indptr) > 0).sum())
    weight = (support - expected) / (buyers[one] + ridge)
    kept = (one != other) & (weight > 0)
    return best_links(one[kept], other[kept], support[kept], weight[kept], per_product)


def _moved(history, model, one, other):
    """For pairs of products, customers who first bought the other one on the same day
    or later. Of a customer with very many products in a category, the 50 most bought
    count."""
    (customer, product), day = history.pairs, -history.first
    kind, size = model.category[product], history.products
    order = np.lexsort((product, -history.buyers[product], kind, customer))
    order = order[groups(customer[order], kind[order])[0] < PAIRED]
    customer, product, day = customer[order], product[order], day[order]
    place, count = groups(customer, kind[order])
    wanted, found = np.unique(one * size + other), np.zeros(len(one), np.int64)
    for rows in slices(np.arange(len(order)), count):
        left = np.repeat(rows, count[rows])
        step = np.arange(len(left)) - np.repeat(
            np.cumsum(count[rows]) - count[rows], count[rows]
        )
        right = left - place[left] + step
        moved = day[right] >= day[left]
        key = product[left[moved]] * size + product[right[moved]]
        number = np.searchsorted(wanted, key)
        number = number[np.append(wanted, -1)[number] == key]
        found += np.bincount(number, minlength=len(wanted))
    return found[np.searchsorted(wanted, one * size + other)]
