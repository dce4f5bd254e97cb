"""Forecasts by the functions that the addon scores with."""

from dataclasses import dataclass

import numpy as np

from engine import population, purchases, scores

from . import lines

YEAR = 365
# Decimals of the facts on a customer's profile.
DIGITS = {
    "median_gap": 1,
    "order_value_sum": 2,
    "order_decay_30": 6,
    "order_decay_90": 6,
    "season_strength": 4,
    "project_gap": 1,
}


@dataclass(frozen=True)
class Forecast:
    """For each customer who bought before the cut: his row in the sales, his facts of
    then, and what is forecast for him."""

    rows: np.ndarray
    facts: dict
    chance: np.ndarray
    orders: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    model: population.Model


def facts_before(sales, cut):
    """The facts that purchases alone tell, as precise as the addon keeps them; what
    else the addon knows of a customer (payments, deliveries, products) plays no part in
    forecasts and is left unknown. Only what is dated before the cut is read.

    :return: facts of all customers in `sales`, and the events they were made from
    """
    customers = len(sales.names)
    events = lines.purchases_before(sales, cut)
    facts = purchases.facts(purchases.tidy(events, customers, cut), customers, cut)
    for name, digits in DIGITS.items():
        facts[name] = np.round(facts[name], digits)
    lately = events["customer"][events["day"] >= cut - YEAR]
    facts["order_count_12m"] = np.bincount(lately, minlength=customers)
    facts["peer_group"] = lines.peer_group(sales, cut)
    unknown = {
        name: np.full(customers, np.nan)
        for name in population.COUNTS + population.AMOUNTS + population.MEASURED
        if name not in facts
    }
    return {**facts, **unknown}, events


def forecast(sales, cut, days, *, learn=True):
    """Fit at the cut and forecast the `days` from it.

    :param learn: whether the engine sees the purchases as events, or the facts alone
    """
    facts, events = facts_before(sales, cut)
    return from_facts(facts, events if learn else None, cut, days)


def from_facts(facts, events, cut, days):
    """:class:`Forecast` by the two calls that the addon makes.

    :param facts: of all customers, see ``engine.population``
    :param events: their purchases, see ``engine.purchases``, or None
    """
    bought = np.flatnonzero(facts["order_count"] > 0)
    model = population.fit(facts, cut, purchases=events, horizons=(days,))
    facts = {name: values[bought] for name, values in facts.items()}
    result = scores.scores(facts, model, cut, horizons=(days,))
    return Forecast(
        bought,
        facts,
        result[f"probability_{days}"],
        result["expected_orders"],
        result["expected_value"],
        result["expected_value_low"],
        result["expected_value_high"],
        model,
    )
