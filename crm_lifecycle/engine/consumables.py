"""Which product is a consumable or a service of which equipment, learned from the lines
of past orders: who has the one keeps buying the other, and hardly anybody else does.

Lines come as arrays of equal length, see :mod:`affinity`, here with quantities.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse, special

from .links import best_links, groups, medians, slices, starts, with_shares

# A link is seen with three owners at least.
MIN_SUPPORT = 3
# Equipment is bought on fewer days per owner than this, a consumable on more.
SELDOM, OFTEN = 2.0, 2.0
# Equipment costs so many times as much as a unit of the consumable.
DEARER = 1.5
# Of the owners who buy the consumable: the share whose first one came with the
# equipment or after it, and who bought it again.
FOLLOWING, REPEATING = 0.8, 0.5
# How likely coincidence may be, over all pairs that are compared.
CHANCE = 0.05
# As many owners who do not buy it are added to those of a product.
PRIOR_OWNERS = 5.0


def consumables(customer, product, day, quantity, price, *, per_product=10):
    """Consumables of each piece of equipment.

    A pair of equipment and consumable must pass all of these:

    - equipment is bought on fewer than two days by the mean of its buyers, the
      consumable on two or more, and on twice as many as the equipment; it costs half
      as much again or more;
    - three owners or more buy it, and so many by coincidence is unlikely: the upper
      tail of the binomial distribution at the rate of those who do not own the
      equipment, (buyers without + 1) / (customers without + 2), times the number of
      pairs compared (Bonferroni), is below 5 %, and owners buy it at twice that rate;
    - time: for four in five of these owners the first consumable comes with the
      equipment or after it. Of n days with the consumable and one with the equipment
      in random order, the latter is first with chance 1 / (n + 1); that so many come
      first by coincidence is less likely than 5 %;
    - half of these owners bought it again.

    The rate of an owner is what he bought up to his last purchase (which is for the
    days to come), by the days between first and last and by the pieces that he has::

        days = median over owners of (pieces * (last - first) / quantity before last)

    :param customer, product, day, quantity: of each line, shape (n,)
    :param price: of each product in one currency, shape (products,)
    :param per_product: most links of one product
    :return: links, see the top of :mod:`affinity`, from equipment (product) to
        consumable (other); also ``days`` that one unit lasts on one piece and
        ``quantity``, the median of what owners take at a time; nan when unknown
    """
    price, products = np.asarray(price, float), len(price)
    pairs = _Pairs(customer, product, day, quantity, products)
    one, other, owners, both = _candidates(pairs, price)
    seen = [np.zeros((6, 0))]
    seen += [
        _follow(pairs, one[rows], other[rows], owners[rows], both[rows])
        for rows in slices(np.arange(len(one)), owners)
    ]
    one, other, follow, owners, days, usual = np.concatenate(seen, axis=1)
    one, other = one.astype(np.int64), other.astype(np.int64)
    weight = follow / (owners + PRIOR_OWNERS)
    part = best_links(one, other, follow, weight, per_product)
    links = with_shares([part], pairs.buyers, pairs.customers)
    order = np.lexsort((other, one))
    key = (one * products + other)[order]
    place = order[np.searchsorted(key, links["product"] * products + links["other"])]
    return {**links, "days": days[place], "quantity": usual[place]}


class _Pairs:
    """What each customer bought of each product, sorted by customer and product."""

    def __init__(self, customer, product, day, quantity, products):
        customer = np.unique(customer, return_inverse=True)[1].reshape(-1)
        customer, product, day = (
            np.asarray(column).astype(np.int32) for column in (customer, product, day)
        )
        order = np.lexsort((day, product, customer))
        customer, product, day = customer[order], product[order], day[order]
        quantity = np.asarray(quantity, float)[order]
        row = starts(customer, product, day)
        quantity = np.add.reduceat(quantity, row) if row.size else quantity
        customer, product, day = customer[row], product[row], day[row]
        first = starts(customer, product)
        last = np.append(first[1:], len(day))[: len(first)] - 1
        self.products = products
        self.customer, self.product = customer[first], product[first]
        self.key = self.customer.astype(np.int64) * products + self.product
        self.times = (last - first + 1).astype(np.int32)
        self.first, self.last = day[first], day[last]
        self.quantity = np.add.reduceat(quantity, first) if first.size else quantity
        self.last_quantity = quantity[last]
        self.customers = int(customer.max(initial=-1)) + 1
        self.buyers = np.bincount(self.product, minlength=products)
        days = np.bincount(self.product, self.times, minlength=products)
        self.mean_times = days / np.maximum(self.buyers, 1)


def _candidates(pairs, price):
    """Pairs that owners buy together more often than by coincidence.

    :return: equipment, consumable, owners of the one, and buyers of both
    """
    enough = pairs.buyers >= MIN_SUPPORT
    seldom = np.flatnonzero(enough & (pairs.mean_times < SELDOM))
    often = np.flatnonzero(enough & (pairs.mean_times >= OFTEN))
    shape = (pairs.customers, pairs.products)
    ones = np.ones(len(pairs.key), np.int32)
    bought = sparse.csr_matrix((ones, (pairs.customer, pairs.product)), shape).tocsc()
    sold, wide = bought[:, often], np.diff(bought[:, often].tocsr().indptr)
    found, compared = [np.zeros((3, 0), np.int64)], 0
    for rows in slices(seldom, bought[:, seldom].T @ wide):
        both = (bought[:, rows].T @ sold).tocoo()
        kept = both.data >= MIN_SUPPORT
        part = rows[both.row[kept]], often[both.col[kept]], both.data[kept]
        compared += kept.sum()
        found.append(np.stack(part))
    one, other, both = np.concatenate(found, axis=1)
    owners, buyers = pairs.buyers[one], pairs.buyers[other]
    rate = (buyers - both + 1) / (pairs.customers - owners + 2)
    by_chance = special.bdtrc(both - 1, owners, np.minimum(rate, 1)) * compared
    kept = (
        (by_chance <= CHANCE)
        & (price[one] >= DEARER * price[other])
        & (both >= 2 * rate * owners)
        & (pairs.mean_times[other] >= 2 * pairs.mean_times[one])
    )
    return one[kept], other[kept], owners[kept], both[kept]


def _follow(pairs, one, other, owners, both):
    """Of candidates, those whose consumable follows the equipment and is bought again.

    :return: array of six rows: equipment, consumable, owners whose consumable follows,
        owners, days that a unit lasts, usual quantity
    """
    by_product = np.argsort(pairs.product, kind="stable")
    start = np.searchsorted(pairs.product[by_product], one)
    link = np.repeat(np.arange(len(one)), owners)
    place, _ = groups(link) if link.size else (link, None)
    left = by_product[start[link] + place]
    key = pairs.key[left] - pairs.product[left] + other[link]
    right = np.minimum(np.searchsorted(pairs.key, key), len(pairs.key) - 1)
    kept = pairs.key[right] == key
    left, right, link = left[kept], right[kept], link[kept]

    follows = pairs.first[right] >= pairs.first[left]
    follow = np.bincount(link, follows, minlength=len(one))
    by_chance = np.bincount(link, 1 / (pairs.times[right] + 1), minlength=len(one))
    by_chance = special.bdtrc(follow - 1, both, by_chance / np.maximum(both, 1))
    again = np.bincount(link, pairs.times[right] > 1, minlength=len(one))
    kept = (
        (follow >= MIN_SUPPORT)
        & (follow >= FOLLOWING * both)
        & (by_chance <= CHANCE)
        & (again >= REPEATING * both)
    )
    usual = medians(link, pairs.quantity[right] / pairs.times[right], len(one))
    used = pairs.quantity[right] - pairs.last_quantity[right]
    known = follows & (pairs.times[right] > 1) & (used > 0)
    left, right, link, used = left[known], right[known], link[known], used[known]
    span = pairs.last[right] - pairs.first[right]
    days = medians(link, pairs.quantity[left] * span / used, len(one))
    return np.stack([one, other, follow, owners, days, usual])[:, kept]
