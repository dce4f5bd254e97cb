"""Forecasts by the functions that the addon scores with."""

from dataclasses import dataclass

import numpy as np

from engine import population, purchases, scores

YEAR = 365


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
    """The facts that purchases alone tell; what else the addon knows of a customer
    (payments, deliveries, products) plays no part in forecasts and is left unknown.

    Only what is dated before the cut is read. Which purchase a return belongs to is
    not in the data: it takes its share of each of the customer's.

    :return: facts of all customers in `sales`, and the events they were made from
    """
    customers = len(sales.names)
    events = purchases.tidy(sales.events, customers, cut)
    bought = np.bincount(events["customer"], events["amount"], minlength=customers)
    before = sales.returned["day"] < cut
    returned = np.bincount(
        sales.returned["customer"][before],
        sales.returned["amount"][before],
        minlength=customers,
    )
    kept = 1 - np.minimum(returned / np.maximum(bought, 1e-9), 1)
    events["amount"] = events["amount"] * kept[events["customer"]]
    facts = purchases.facts(events, customers, cut)
    lately = events["customer"][events["day"] >= cut - YEAR]
    facts["order_count_12m"] = np.bincount(lately, minlength=customers)
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
    bought = np.flatnonzero(facts["order_count"] > 0)
    model = population.fit(
        facts, cut, purchases=events if learn else None, horizons=(days,)
    )
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
