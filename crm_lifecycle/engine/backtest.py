"""Forecasts of days that have passed, beside what happened and beside plain rules.

The last days of a company's purchases are hidden, everything is learned from what came
before, and the forecasts for these days are compared with what then happened.
"""

from __future__ import annotations

import numpy as np

from . import forecast, grades, population, purchases

# Rules that a company could follow without any model.
RULES = ("recency", "rfm", "inactive", "interval")
FEWEST = 20


def backtest(events, customers, as_of, days):
    """Forecast the last ``days`` as if they were still to come.

    :param events: purchases, see :mod:`purchases`
    :param customers: number of customers the events refer to
    :param as_of: day number of the excluding bound of the purchases
    :param days: length of the hidden time
    :return: dict that JSON keeps, or None when fewer than 20 customers had bought
        before, nobody of them twice, or all or none of them bought again:

        - cut: day number, the first hidden day; customers, ordered: how many had bought
          before, and how many of them bought again
        - method: what our chance comes from, see ``learning.METHODS``
        - grades: by method, "ours" among them: auc, log_loss, calibration_error
        - verdicts: by method but "ours", whether ours is "better", "equal" or "worse":
          whether the mean difference of the losses is more than one standard error
        - verdict: that of the plain rule with the smallest loss, "unknown" without one
        - calibration: (customers, mean chance, share who bought) by rising chance
        - expected_orders, orders: in all
        - top_decile: share of the money that came from the tenth of the customers of
          whom most was expected, by us ("ours") and by what they had spent before
          ("spent")
    """
    cut = as_of - days
    events = purchases.tidy(events, customers, as_of)
    before = {name: values[events["day"] < cut] for name, values in events.items()}
    facts = purchases.facts(before, customers, cut)
    facts |= dict.fromkeys(
        set(population.COUNTS + population.AMOUNTS + population.MEASURED) - set(facts),
        np.full(customers, np.nan),
    )
    model = population.fit(facts, cut, purchases=before, horizons=(days,))
    if model.forecast is None or model.buyers < FEWEST:
        return None
    rows, chances = forecast.rivals(before, customers, cut, days, model.purchase)
    facts = population.clean(facts, recent=True)
    facts = {name: values[rows] for name, values in facts.items()}
    chance, expected = population.predict(facts, model, cut, days)
    worth = population.worth(facts, model, expected)
    orders = purchases.orders_between(events, customers, cut, as_of)[rows]
    ordered = orders > 0
    if ordered.all() or not ordered.any():
        return None
    hidden = events["day"] >= cut
    money = np.bincount(
        events["customer"][hidden], events["amount"][hidden], minlength=customers
    )[rows]
    chances["ours"] = chance
    verdicts, verdict = _verdicts(chances, ordered)
    return {
        "cut": int(cut),
        "days": int(days),
        "customers": len(rows),
        "ordered": int(ordered.sum()),
        "method": model.forecast.horizons[0].method,
        "grades": {
            method: grades.probability(each, ordered)
            for method, each in chances.items()
        },
        "verdicts": verdicts,
        "verdict": verdict,
        "calibration": grades.calibration(chance, ordered),
        "expected_orders": float(expected.sum()),
        "orders": int(orders.sum()),
        "top_decile": {
            "ours": grades.value(worth, money)["top_decile"],
            "spent": grades.value(facts["order_value_sum"], money)["top_decile"],
        },
    }


def _verdicts(chances, ordered):
    """Our forecast against each other, and against the best plain rule, in words."""
    losses = {
        method: grades.losses(chance, ordered) for method, chance in chances.items()
    }
    ours = losses.pop("ours")
    verdicts = {method: _verdict(ours, other) for method, other in losses.items()}
    rules = {method: losses[method].mean() for method in RULES if method in losses}
    best = min(rules, key=rules.get, default=None)
    return verdicts, verdicts.get(best, "unknown")


def _verdict(ours, other):
    gain = other - ours
    error = gain.std() / np.sqrt(len(gain))
    if gain.mean() > error:
        return "better"
    return "worse" if gain.mean() < -error else "equal"
