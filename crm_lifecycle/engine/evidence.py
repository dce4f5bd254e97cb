"""What predictions rest on, and when there will be more of it."""

from __future__ import annotations

import numpy as np

from .likelihood import ENOUGH_RETURNING
from .rhythm import OWN_PURCHASE_DAYS

# A date further away is none; nor does one come for who is so long overdue.
MOST_DAYS = 3650
LONG_OVERDUE = 4.0


def enough_day(first_day, returning, as_of):
    """Day when enough customers of the company will have come back, at the pace so far.

    Ten of them tell a rhythm. When ``returning`` have done so in the days since the
    company's first purchase, ten will have in that time times 10 / returning. When
    nobody has, the first one is taken to come within as long a time again.

    :param first_day: day number of the company's first purchase, nan without any
    :return: day number, or None when there are enough, or none in ten years
    """
    if returning >= ENOUGH_RETURNING or not np.isfinite(first_day):
        return None
    watched = max(as_of - first_day, 1.0)
    ahead = watched * (ENOUGH_RETURNING / returning - 1 if returning else 1.0)
    return float(np.ceil(as_of + ahead)) if ahead <= MOST_DAYS else None


def level(own, peers):
    """What the rhythm and the value of a customer rest on, shape (n,).

    :param own: "own", "company" or "none", see ``rhythm.rhythm_days``
    :param peers: whether his group differs from the company, see :mod:`peers`
    """
    return np.where((own == "company") & peers, "peers", own)


def day(level, facts, rhythm, ratio, as_of, enough):
    """Day when predictions will rest on the customer's own history: that of his fourth
    purchase, if he goes on buying in the usual rhythm; at least the company's day when
    it has too few who came back.

    :param level: result of :func:`level`
    :param rhythm: see :mod:`rhythm`
    :param ratio: pause against rhythm
    :param enough: result of :func:`enough_day`
    :return: day number, shape (n,); nan where they rest on it already, or where a next
        purchase is long overdue
    """
    following = np.maximum(facts["last_order_day"] + rhythm.pause, as_of)
    more = np.maximum(OWN_PURCHASE_DAYS - facts["order_count"] - 1, 0)
    result = np.ceil(following + more * rhythm.days)
    expected = (
        (level != "own") & (ratio <= LONG_OVERDUE) & (result <= as_of + MOST_DAYS)
    )
    result = np.where(expected, result, np.nan)
    if enough is None:
        return result
    enough = max(enough, as_of)
    result = np.maximum(result, enough)
    return np.where(level == "none", enough, result)
