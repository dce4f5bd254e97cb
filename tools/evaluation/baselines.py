"""Plain rules of thumb, each made into a chance as well as it can be: a logistic curve
through what happened after an earlier day of the same company."""

import numpy as np
from scipy import special

from engine import ridge

from .forecasts import facts_before

# What "certainly" and "certainly not" mean, for the rule that knows nothing between.
SURE = 0.999
INACTIVE_DAYS = 90


def chances(sales, cut, days):
    """Chance of an order within `days` by each rule, for all who bought before the
    cut: dict of arrays."""
    events = sales.events
    span = cut - events["day"].min()
    window = int(min(days, span // 2))
    train, ordered = _at(sales, cut - window, window)
    test, _ = _at(sales, cut, days)
    result = {
        name: _curve(train[name], ordered, test[name])
        for name in ("days since last order", "RFM quintile sum", "own interval ratio")
    }
    active = test["days since last order"] < np.log1p(INACTIVE_DAYS)
    result["fixed 90 days"] = np.where(active, SURE, 1 - SURE)
    return result


def outcome(sales, rows, cut, days):
    """Days with a purchase, and money, of the customers within `days` from the cut."""
    day = sales.events["day"]
    within = (day >= cut) & (day < cut + days)
    customer, amount = (sales.events[name][within] for name in ("customer", "amount"))
    orders = np.bincount(customer, minlength=len(sales.names))
    money = np.bincount(customer, amount, minlength=len(sales.names))
    return orders[rows], money[rows]


def _at(sales, cut, days):
    """The rules' numbers at a cut, and who ordered within `days` after it."""
    facts, _ = facts_before(sales, cut)
    rows = np.flatnonzero(facts["order_count"] > 0)
    facts = {name: values[rows] for name, values in facts.items()}
    silence = cut - 1 - facts["last_order_day"]
    span = facts["last_order_day"] - facts["first_order_day"]
    interval = span / np.maximum(facts["order_count"] - 1, 1)
    usual = interval[interval > 0].mean() if (interval > 0).any() else 1.0
    interval = np.where(interval > 0, interval, usual)
    measured = (-silence, facts["order_count"], facts["order_value_sum"])
    return {
        "days since last order": np.log1p(silence),
        "RFM quintile sum": sum(_quintile(values) for values in measured),
        "own interval ratio": np.log((silence + 1) / interval),
    }, outcome(sales, rows, cut, days)[0] > 0


def _quintile(values):
    return 1.0 + np.searchsorted(np.quantile(values, (0.2, 0.4, 0.6, 0.8)), values)


def _curve(before, ordered, now):
    center, scale = before.mean(), before.std() or 1.0
    weight, level = ridge.fit(
        ((before - center) / scale)[:, None],
        ordered * 1.0,
        0.0,
        (np.array([-np.inf]), np.array([np.inf])),
        np.ones((len(before), 1)),
        penalty=1e-6,
    )
    return special.expit(level + weight * (now - center) / scale)
