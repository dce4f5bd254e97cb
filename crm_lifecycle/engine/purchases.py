"""Purchases as events, and the facts of any earlier day that follow from them.

Events are a dict of arrays of equal length, one row per customer and day with a
purchase, in any order; rows of the same customer and day are taken together:

- customer: row of the customer in the arrays of facts, whole numbers from 0
- day: day number of the purchase
- amount: money of that day, more than 0 as a rule
"""

from __future__ import annotations

import numpy as np

DECAYS = (30, 90)
YEAR = 365.25
# After a pause of more than half a year another season begins.
OFF_SEASON = 182
# A pause this many times as long as the customer's median one, and of more than these
# days, lies between two projects. Of the pauses of one who buys at random, one in 256
# is so long.
LONG, LONG_DAYS = 8, 60


def tidy(events, customers, as_of):
    """The events before ``as_of``, one per customer and day, sorted by both.

    :param customers: number of customers the rows refer to
    """
    customer = np.asarray(events["customer"], np.int64)
    day = np.floor(np.asarray(events["day"], float))
    amount = np.nan_to_num(np.asarray(events["amount"], float), posinf=0, neginf=0)
    kept = np.isfinite(day) & (day < as_of)
    customer, day, amount = customer[kept], day[kept], amount[kept]
    if customer.size and not 0 <= customer.min() <= customer.max() < customers:
        raise ValueError("An event refers to a customer that is not in the facts")
    order = np.lexsort((amount, day, customer))
    customer, day, amount = customer[order], day[order], amount[order]
    new = np.ones(len(day), bool)
    new[1:] = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
    start = np.flatnonzero(new)
    if start.size:
        amount = np.add.reduceat(amount, start)
    return {"customer": customer[start], "day": day[start], "amount": amount}


def by_history(events):
    """Tidy events with the customers numbered anew by what they bought, so that
    nothing learned depends on the order in which they came.

    :return: tidy events, and the earlier number of each customer in them
    """
    buyers, row = np.unique(events["customer"], return_inverse=True)
    day = events["day"] - events["day"].min(initial=np.inf)
    weights = (np.ones(len(day)), day, day**2, np.round(events["amount"], 4))
    keys = [np.bincount(row, weight, minlength=len(buyers)) for weight in weights]
    ranked = np.lexsort(keys)
    number = np.empty(len(buyers), np.int64)
    number[ranked] = np.arange(len(buyers))
    order = np.lexsort((events["day"], number[row]))
    renumbered = {**events, "customer": number[row]}
    events = {name: values[order] for name, values in renumbered.items()}
    return events, buyers[ranked]


def sample(events, customers, limit):
    """The events of at most ``limit`` customers, evenly taken, and their number."""
    step = -(-customers // limit)
    if step <= 1:
        return events, customers
    kept = events["customer"] % step == 0
    events = {name: values[kept] for name, values in events.items()}
    events["customer"] = events["customer"] // step
    return events, -(-customers // step)


def facts(events, customers, as_of):
    """The facts about purchases that the customers had at ``as_of``.

    :param events: tidy events, see :func:`tidy`
    :return: dict of arrays of shape (customers,), as in :mod:`population`:
        order_count, first_order_day, last_order_day, median_gap, last_gap,
        order_value_sum, order_decay_30, order_decay_90, season_count,
        season_strength, season_day, project_count, project_gap
    """
    seen = events["day"] < as_of
    customer, day, amount = (
        events[name][seen] for name in ("customer", "day", "amount")
    )
    count = np.bincount(customer, minlength=customers)
    first, last, last_gap = np.full((3, customers), np.nan)
    last[customer], first[customer[::-1]] = day, day[::-1]
    same = customer[1:] == customer[:-1]
    owner, gap = customer[1:][same], np.diff(day)[same]
    last_gap[owner] = gap
    median = _median(owner, gap, customers)
    before = last[customer] - day
    return {
        "order_count": count.astype(float),
        "first_order_day": first,
        "last_order_day": last,
        "median_gap": median,
        "last_gap": last_gap,
        "order_value_sum": np.bincount(customer, amount, minlength=customers),
        **{
            f"order_decay_{days}": np.bincount(
                customer, 0.5 ** (before / days), minlength=customers
            )
            for days in DECAYS
        },
        **_seasons(customer, day, count, owner[gap > OFF_SEASON]),
        **_projects(owner, gap, count, median),
    }


def first_gap(events, customers):
    """Days from the first to the second purchase of each customer, shape (customers,),
    nan without a second one.

    :param events: tidy events, see :func:`tidy`
    """
    customer, result = events["customer"], np.full(customers, np.nan)
    later = customer[1:] == customer[:-1]
    # of several the one written last stays: backwards, that is the first
    owner, gap = customer[1:][later][::-1], np.diff(events["day"])[later][::-1]
    result[owner] = gap
    return result


def _median(owner, gap, customers):
    """Median gap of each customer, nan without one."""
    gap = gap[np.lexsort((gap, owner))]
    gaps = np.bincount(owner, minlength=customers)
    start, repeat = np.cumsum(gaps) - gaps, gaps > 0
    median = np.full(customers, np.nan)
    low = gap[start[repeat] + (gaps[repeat] - 1) // 2]
    median[repeat] = (low + gap[start[repeat] + gaps[repeat] // 2]) / 2
    return median


def _seasons(customer, day, count, off_seasons):
    """Whether and when in the year each customer buys.

    Days of the year are points on a circle: the direction of their mean is the usual
    day, its length, from 0 to 1, says how close they lie (Mardia and Jupp 2000, 2.3).

    :param off_seasons: customer of each pause of more than half a year
    """
    customers, angle = len(count), 2 * np.pi * day / YEAR
    cosine, sine = (
        np.bincount(customer, part, minlength=customers)
        for part in (np.cos(angle), np.sin(angle))
    )
    bought, divisor = count > 0, np.maximum(count, 1)
    usual = np.mod(np.arctan2(sine, cosine) / (2 * np.pi) * YEAR, YEAR)
    strength = np.hypot(cosine, sine) / divisor
    return {
        "season_count": bought
        + np.bincount(off_seasons, minlength=customers).astype(float),
        "season_strength": np.where(bought, strength, np.nan),
        "season_day": np.where(bought, np.round(usual), np.nan),
    }


def _projects(owner, gap, count, median):
    """How many bursts of purchases, and the median pause between them."""
    customers = len(count)
    long = gap > np.maximum(LONG_DAYS, LONG * median[owner])
    pauses = np.bincount(owner[long], minlength=customers)
    return {
        "project_count": ((count > 0) + pauses).astype(float),
        "project_gap": _median(owner[long], gap[long], customers),
    }


def orders_between(events, customers, start, end):
    """Purchase days of each customer from ``start`` on and before ``end``."""
    within = (events["day"] >= start) & (events["day"] < end)
    return np.bincount(events["customer"][within], minlength=customers).astype(float)
