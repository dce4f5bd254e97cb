"""What an order within some days is predicted from, besides the purchase process.

The purchase process knows number, first and last purchase of a customer. These say in
addition how he buys lately, how regularly, and for how much; each is a pure function
of his own facts and of what was learned about the company (:class:`Context`).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from . import purchase, rhythm, season
from .purchases import DECAYS

# Probabilities nearer to 0 or 1 than this are not told apart.
CERTAIN = 1e-3
LEAST_ORDERS = 1e-3
INACTIVE_DAYS = 90

# Features with a known sign: the later the last purchase, all else equal, the better.
RISING = ("process", "process_curve", "orders", "recent_30", "recent_90", "rfm")
FALLING = ("silence", "silence_count", "silence_ratio", "inactive")
CORRECTION = (
    "process",
    "process_curve",
    "orders",
    "silence",
    "silence_count",
    "silence_ratio",
    "count",
    "age",
    "rate",
    "recent_30",
    "recent_90",
    "once",
    "order_value",
    "value_count",
    "last_gap",
)


@dataclasses.dataclass(frozen=True)
class Context:
    """What was learned about the company at one time.

    - purchase: parameters of the purchase process in business time
    - season: factors of business time, None for plain days
    - company_gap: usual days between purchases
    - order_value: usual value of an order, > 0
    - quintiles: limits of days of silence, number of orders and money, four each
    """

    purchase: purchase.Parameters
    season: tuple[float, ...] | None
    company_gap: float
    order_value: float
    quintiles: tuple[tuple[float, ...], ...]

    @classmethod
    def from_dict(cls, values):
        """Back from a dict, also by way of JSON."""
        restored = {
            "purchase": purchase.Parameters.from_dict(values["purchase"]),
            "season": values["season"] and tuple(values["season"]),
            "quintiles": tuple(tuple(limits) for limits in values["quintiles"]),
        }
        return cls(**{**values, **restored})


def process(facts, context, as_of, days):
    """Chance of an order and expected orders within ``days`` by the process alone."""
    history, horizon = _history(facts, context, as_of, days)
    return (
        purchase.probability_of_order(context.purchase, *history, horizon),
        purchase.expected_orders(context.purchase, *history, horizon),
    )


def chance(facts, context, as_of, days):
    """Chance of an order within ``days`` by the process alone."""
    history, horizon = _history(facts, context, as_of, days)
    return purchase.probability_of_order(context.purchase, *history, horizon)


def _history(facts, context, as_of, days):
    """What the process knows of each customer, and the horizon, in business time."""
    first, last, now, end = (
        season.elapsed(context.season, day)
        for day in (
            facts["first_order_day"],
            np.maximum(facts["last_order_day"], facts["first_order_day"]),
            as_of - 1.0,
            as_of - 1.0 + days,
        )
    )
    history = facts["order_count"] - 1, last - first, np.maximum(now - first, 0)
    return history, end - now


def features(facts, context, as_of, chance, orders):
    """All features, by name.

    :param facts: facts of those who bought, see :func:`purchases.facts`
    :param chance: chance of an order by the process, shape (n,)
    :param orders: expected orders by the process, shape (n,)
    :return: dict of arrays of shape (n,)
    """
    count, gap = facts["order_count"], context.company_gap
    age = np.maximum(as_of - 1 - facts["first_order_day"], 0)
    span = np.maximum(facts["last_order_day"] - facts["first_order_day"], 0)
    silence = np.maximum(age - span, 0)
    mean = span / np.maximum(count - 1, 1)
    median = np.where(np.isfinite(facts["median_gap"]), facts["median_gap"], mean)
    usual, _ = rhythm.rhythm_days(count, np.where(count > 1, median, np.nan), gap)
    last_gap = np.where(np.isfinite(facts["last_gap"]), facts["last_gap"], usual)
    value = np.maximum(facts["order_value_sum"] / count, context.order_value / 1e3)
    recent = {
        f"recent_{days}": _recent(facts[f"order_decay_{days}"], silence, age, days, gap)
        for days in DECAYS
    }
    odds = _logit(chance)
    worth = np.log(value / context.order_value)
    return {
        "process": odds,
        "process_curve": odds * np.abs(odds),
        "orders": np.log(orders + LEAST_ORDERS),
        "silence": np.log1p(silence),
        "silence_count": np.log1p(silence) * np.log(count),
        "silence_ratio": np.log((silence + 1) / usual),
        "count": np.log(count),
        "age": np.log1p(age),
        "rate": np.log((count - 0.5) / (age + gap / 2)),
        **recent,
        "once": (count < 2) * 1.0,
        "order_value": worth,
        "value_count": worth * np.log(count),
        "last_gap": np.log((last_gap + 1) / (usual + 1)),
        "inactive": (silence >= INACTIVE_DAYS) * 1.0,
        "rfm": rfm(silence, count, facts["order_value_sum"], context.quintiles),
    }


def quintiles(facts, as_of):
    """Limits of the fifths of the customers, for the RFM score."""
    measured = (
        as_of - 1 - facts["last_order_day"],
        facts["order_count"],
        facts["order_value_sum"],
    )
    return tuple(
        tuple(float(limit) for limit in np.quantile(values, (0.2, 0.4, 0.6, 0.8)))
        for values in measured
    )


def _recent(decayed, silence, age, days, gap):
    """Logarithm of the rate of purchases in recent time.

    ``decayed`` counts each purchase half for every ``days`` before the last one; by
    today all of it has halved with the silence. It is compared with the time that
    could have held purchases, weighed alike.
    """
    now = decayed * 0.5 ** (silence / days)
    time = days / np.log(2) * (1 - 0.5 ** (age / days))
    return np.log((now + 0.5) / (time + gap / 2))


def rfm(silence, count, money, limits):
    """Sum of three fifths (1 to 5): recency, frequency, money."""
    recency = 5 - np.searchsorted(limits[0], silence, side="left")
    frequency = 1 + np.searchsorted(limits[1], count, side="left")
    return recency + frequency + 1.0 + np.searchsorted(limits[2], money, side="left")


def _logit(chance):
    chance = np.clip(chance, CERTAIN, 1 - CERTAIN)
    return np.log(chance) - np.log1p(-chance)
