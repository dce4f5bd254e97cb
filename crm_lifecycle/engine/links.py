"""Steps that learning links between products is made of."""

from __future__ import annotations

import numpy as np

# Pairs of products held in memory at once.
PAIRS = 300_000
# More than any number of products, and than any weight in millionths.
BASE = 2**21


def first_purchases(customer, product, day):
    """One row per customer and product with the least day, sorted by both."""
    customer, product = np.asarray(customer, np.int64), np.asarray(product, np.int64)
    order = np.lexsort((day, product, customer))
    customer, product, day = customer[order], product[order], np.asarray(day)[order]
    first = np.ones(len(customer), bool)
    first[1:] = (customer[1:] != customer[:-1]) | (product[1:] != product[:-1])
    return customer[first], product[first], day[first]


def slices(items, cost):
    """The items in slices whose cost together stays near ``PAIRS``."""
    number = (np.cumsum(cost) // PAIRS).astype(np.int64)
    return np.split(items, np.flatnonzero(np.diff(number)) + 1) if items.size else []


def groups(*columns):
    """Of rows sorted by ``columns``: the place of each in its group (from 0), and the
    size of its group."""
    start, rows = starts(*columns), len(columns[0])
    size = np.diff(np.append(start, rows))
    return np.arange(rows) - np.repeat(start, size), np.repeat(size, size)


def starts(*columns):
    """Of sorted rows, the first of each group."""
    new = np.ones(len(columns[0]), bool)
    new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return np.flatnonzero(new)


def summed(keys, values):
    """One row for each combination of ``keys``, sorted by them, with the sums of
    ``values``.

    :return: keys and sums, as two arrays with a row for each
    """
    keys, values = np.stack(keys), np.stack(values)
    order = np.lexsort(keys[::-1])
    keys, values = keys[:, order], values[:, order]
    first = starts(*keys)
    if first.size:
        values = np.add.reduceat(values, first, axis=1)
    return keys[:, first], values


def medians(group, value, size):
    """The median of the values of each group from 0 to ``size``, nan without one."""
    order = np.lexsort((value, group))
    value = value[order]
    count = np.bincount(group, minlength=size)
    start = np.cumsum(count) - count
    median = np.full(size, np.nan)
    some = count > 0
    low, high = start + (count - 1) // 2, start + count // 2
    median[some] = (value[low[some]] + value[high[some]]) / 2
    return median


def best_links(product, other, support, weight, per_product):
    """The ``per_product`` links of each product with the greatest weight.

    Weights are rounded to 6 decimals and ties go to the lower number, so that equal
    lines give equal links.

    :return: product, other, support, weight, sorted by product and falling weight
    """
    millionths = np.rint(np.asarray(weight, float) * 1e6).astype(np.int64)
    kept = np.flatnonzero(millionths > 0)
    # One whole number to sort by, several times faster than three columns.
    rank = BASE - 1 - np.minimum(millionths[kept], BASE - 1)
    key = (np.asarray(product, np.int64)[kept] * BASE + rank) * BASE + other[kept]
    kept = kept[np.argsort(key)]
    product = product[kept]
    place, _ = groups(product)
    product, kept = product[place < per_product], kept[place < per_product]
    support = np.asarray(support)[kept].astype(np.int64)
    return product, other[kept], support, millionths[kept] / 1e6


def with_shares(parts, buyers, customers):
    """Links put together, with confidence and lift.

    :param parts: results of :func:`best_links` for different products
    :param buyers: customers who bought each product, shape (products,)
    :param customers: number of customers
    """
    columns = zip(*parts, strict=True)
    product, other, support, weight = (np.concatenate(column) for column in columns)
    order = np.argsort(product, kind="stable")
    product, other, support = product[order], other[order], support[order]
    confidence = support / np.maximum(buyers[product], 1)
    lift = confidence * customers / np.maximum(buyers[other], 1)
    return {
        "product": product,
        "other": other,
        "support": support,
        "confidence": np.round(confidence, 6),
        "lift": np.round(lift, 6),
        "weight": weight[order],
    }
