"""Product categories that a customer could buy and does not: those that his peers buy
(white space), and those that he used to buy (partial churn).

Lines come as arrays of equal length: customer and category as whole numbers counted
from 0, day number, and amount; in any order.
"""

from __future__ import annotations

import numpy as np

from .links import groups, medians, starts

YEAR = 365
# So many other customers make peers; of them so many buy, and so large a share.
MIN_PEERS, MIN_BUYERS, MIN_SHARE = 5, 3, 0.3
# Of one customer, and as many categories are looked at for one group.
PER_CUSTOMER, PER_GROUP = 3, 50
# Days with a purchase of a category that make a habit, and how it is seen to have
# stopped: by days, by usual pauses, by purchases made since, and by their chance.
HABIT, MIN_DAYS, PAUSES, MISSED, CHANCE = 4, 30, 3, 2, 0.01
# What was given up longer ago is history.
FORGOTTEN = 2 * YEAR


def white_space(customer, category, day, amount, industry, as_of):
    """Categories that peers of a customer buy, and he never did.

    Peers are the other customers of his industry; of customers without one, or where
    fewer than five others are, the customers who buy mainly the same category: on most
    days. Only who bought in the last 365 days is a peer or is looked at. At least
    three of the peers, and 30 % of them, bought the category in these days::

        value of a year = buyers / peers * median of what a buyer spent on it

    :param customer, category, day, amount: of each line, shape (n,)
    :param industry: of each customer, whole numbers from 0, -1 for none
    :param as_of: day number of the excluding bound of the lines
    :return: dict of arrays, at most three rows per customer: customer, category,
        peers, buyers, main (the category that makes them peers, -1: the industry)
        and value
    """
    industry = np.asarray(industry, np.int64)
    customer, category, day, amount = _by_day(customer, category, day, amount)
    categories = int(category.max(initial=-1)) + 1
    ever = np.unique(customer * categories + category)
    active = np.zeros(len(industry), bool)
    active[customer[day >= as_of - YEAR]] = True
    main = _main(customer, category, len(industry))
    size = np.bincount(industry[active & (industry >= 0)], minlength=1)
    in_industry = (industry >= 0) & (size[industry] > MIN_PEERS)
    main = np.where(in_industry, -1, main)
    group = np.where(in_industry, industry, len(size) + main)
    group[~active] = -1
    peers = np.bincount(group[active], minlength=len(size) + categories) - 1

    recent = (day >= as_of - YEAR) & (amount > 0)
    spent_on = customer[recent] * categories + category[recent]
    pair, place = np.unique(spent_on, return_inverse=True)
    spent = np.bincount(place, amount[recent], minlength=len(pair))
    buyer, bought = np.divmod(pair, max(categories, 1))
    offer, place, buyers = np.unique(
        group[buyer] * categories + bought, return_inverse=True, return_counts=True
    )
    usual = medians(place, spent, len(offer))
    of_group, offered = np.divmod(offer, max(categories, 1))
    share = buyers / np.maximum(peers[of_group], 1)
    kept = np.flatnonzero(
        (peers[of_group] >= MIN_PEERS) & (buyers >= MIN_BUYERS) & (share >= MIN_SHARE)
    )
    kept = kept[np.lexsort((offered[kept], -(share * usual)[kept], of_group[kept]))]
    kept = kept[groups(of_group[kept])[0] < PER_GROUP]

    # every customer of a group with every offer of it, less what he has bought
    first = np.searchsorted(of_group[kept], group)
    count = np.searchsorted(of_group[kept], group, side="right") - first
    who = np.repeat(np.arange(len(industry)), count)
    row = kept[np.repeat(first, count) + groups(who)[0]]
    new = ~np.isin(who * categories + offered[row], ever)
    who, row = who[new], row[new]
    best = groups(who)[0] < PER_CUSTOMER
    who, row = who[best], row[best]
    return {
        "customer": who,
        "category": offered[row],
        "peers": peers[of_group[row]],
        "buyers": buyers[row],
        "main": main[who],
        "value": np.round((share * usual)[row], 2),
    }


def stopped(customer, category, day, amount, as_of):
    """Categories that a customer bought by habit and no longer does, while he buys
    others.

    A habit is a category bought on four days or more. It has stopped when all of these
    hold: no purchase of it for three of its usual pauses (the median) and 30 days; two
    or more purchases of other things since; and so many without it would be by chance
    less likely than 1 %::

        chance = (1 - share of his purchases with it, while he had the habit) ** since
        value of a year = its amount / years of the habit, one at least

    :param customer, category, day, amount: of each line, shape (n,)
    :param as_of: day number of the excluding bound of the lines
    :return: dict of arrays: customer, category, last (day number), pause (days),
        times (days with a purchase of it), since (purchases without it) and value
    """
    customer, category, day, amount = _by_day(customer, category, day, amount)
    first = starts(customer, category)
    times = np.diff(np.append(first, len(day)))
    pair = np.repeat(np.arange(len(first)), times)
    last = first + times - 1
    inside = np.ones(len(day), bool)
    inside[first] = False
    later = np.flatnonzero(inside)
    pause = medians(pair[later], (day[later] - day[later - 1]), len(first))
    spent = np.bincount(pair, amount, minlength=len(first))
    customer, category = customer[first], category[first]
    begin, end = day[first], day[last]

    base = as_of + 1
    visits = np.unique(np.repeat(customer, times) * base + day)
    at_begin = np.searchsorted(visits, customer * base + begin)
    at_end = np.searchsorted(visits, customer * base + end, side="right")
    since = np.searchsorted(visits, (customer + 1) * base) - at_end
    share = times / np.maximum(at_end - at_begin, 1)
    silent = as_of - 1 - end
    with np.errstate(invalid="ignore"):  # no pause, no habit
        kept = np.flatnonzero(
            (times >= HABIT)
            & (silent >= np.maximum(PAUSES * pause, MIN_DAYS))
            & (silent < FORGOTTEN)
            & (since >= MISSED)
            & ((1 - share) ** since <= CHANCE)
            & (spent > 0)
        )
    lasted = (end - begin) * times / np.maximum(times - 1, 1)
    value = spent * YEAR / np.maximum(lasted, YEAR)
    return {
        "customer": customer[kept],
        "category": category[kept],
        "last": end[kept],
        "pause": pause[kept],
        "times": times[kept],
        "since": since[kept],
        "value": np.round(value[kept], 2),
    }


def _by_day(customer, category, day, amount):
    """One row per customer, category and day, sorted by them."""
    customer, category = np.asarray(customer, np.int64), np.asarray(category, np.int64)
    day, amount = np.asarray(day, np.int64), np.asarray(amount, float)
    order = np.lexsort((day, category, customer))
    customer, category, day = customer[order], category[order], day[order]
    row = starts(customer, category, day)
    amount = np.add.reduceat(amount[order], row) if row.size else amount
    return customer[row], category[row], day[row], amount


def _main(customer, category, customers):
    """The category that each customer bought on most days, of several the first."""
    first = starts(customer, category)
    times = np.diff(np.append(first, len(customer)))
    customer, category = customer[first], category[first]
    order = np.lexsort((category, -times, customer))
    best = order[starts(customer[order])]
    main = np.full(customers, -1)
    main[customer[best]] = category[best]
    return main
