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

    :return: tidy events, and the number of customers in them
    """
    buyers, row = np.unique(events["customer"], return_inverse=True)
    day = events["day"] - events["day"].min(initial=np.inf)
    weights = (np.ones(len(day)), day, day**2, np.round(events["amount"], 4))
    keys = [np.bincount(row, weight, minlength=len(buyers)) for weight in weights]
    number = np.empty(len(buyers), np.int64)
    number[np.lexsort(keys)] = np.arange(len(buyers))
    order = np.lexsort((events["day"], number[row]))
    renumbered = {**events, "customer": number[row]}
    return {name: values[order] for name, values in renumbered.items()}, len(buyers)


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
        order_value_sum, order_decay_30, order_decay_90
    """
    seen = events["day"] < as_of
    customer, day, amount = (
        events[name][seen] for name in ("customer", "day", "amount")
    )
    count = np.bincount(customer, minlength=customers)
    first, last, last_gap, median = np.full((4, customers), np.nan)
    last[customer], first[customer[::-1]] = day, day[::-1]
    same = customer[1:] == customer[:-1]
    owner, gap = customer[1:][same], np.diff(day)[same]
    last_gap[owner] = gap
    gap = gap[np.lexsort((gap, owner))]
    gaps = np.bincount(owner, minlength=customers)
    start, repeat = np.cumsum(gaps) - gaps, gaps > 0
    low = gap[start[repeat] + (gaps[repeat] - 1) // 2]
    median[repeat] = (low + gap[start[repeat] + gaps[repeat] // 2]) / 2
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
    }


def orders_between(events, customers, start, end):
    """Purchase days of each customer from ``start`` on and before ``end``."""
    within = (events["day"] >= start) & (events["day"] < end)
    return np.bincount(events["customer"][within], minlength=customers).astype(float)
