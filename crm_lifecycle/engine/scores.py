"""From facts to scores: what the addon writes on a customer's profile."""

from __future__ import annotations

import numpy as np

from . import loyalty, population, rhythm, value
from .population import HORIZONS


def scores(facts, model, as_of, *, horizons=HORIZONS):
    """Scores of any number of customers: each row depends on that row alone.

    Results are rounded, so that they are equal however many rows are computed at once:
    probabilities to 4 decimals, expected orders to 3, money and ratio to 2, loyalty and
    days to 1, day numbers to whole days.

    :param facts: dict of arrays of shape (n,), see :mod:`population`
    :param model: the company's :class:`population.Model`
    :param as_of: day number of the excluding bound of the facts
    :param horizons: numbers of days to predict within, increasing
    :return: dict of arrays of shape (n,), nan or "" for customers who never bought:

        - days_since_order; rhythm_days: usual days between purchases; recency_ratio:
          one over the other; return_ratio: days between the last two purchases over
          the usual days; next_order_day: day number, in the past when overdue
        - probability_30, probability_90, probability_365: of at least one order within
          each horizon; expected_orders and expected_value: within the last of them.
          nan when nobody in the company ever bought twice
        - value_tier: "A", "B" or "C"
        - loyalty_score and its parts loyalty_recency, loyalty_frequency, ...
        - evidence: "own" (four purchase days or more), "company" (the company's other
          customers speak for this one) or "none"
    """
    facts = population.clean(facts, recent=model.forecast is not None)
    bought = population.bought(facts)
    facts = {name: values[bought] for name, values in facts.items()}
    result = _scores(facts, model, as_of, horizons)
    missing = {"value_tier": "", "evidence": "none"}
    return {
        name: _expand(values, bought, missing.get(name, np.nan))
        for name, values in result.items()
    }


def _scores(facts, model, as_of, horizons):
    """Scores of customers who bought."""
    x, t_x, T = population.history(facts, as_of)
    median = model.second_purchase[4] if model.second_purchase else None
    usual, evidence = rhythm.rhythm_days(
        x + 1, population.usual_gap(facts), model.company_gap, median
    )
    since = T - t_x
    ratio = since / usual
    next_day = rhythm.expected_next_order(facts["last_order_day"], usual)
    chances = _probabilities(facts, model, as_of, horizons)
    least = chances[f"probability_{horizons[-1]}"]
    orders, worth = population.forecast(facts, model, as_of, horizons[-1], least)
    tier_value = population.tier_value(facts, worth)
    return {
        "days_since_order": since,
        "rhythm_days": np.round(usual, 1),
        "recency_ratio": np.round(ratio, 2),
        "return_ratio": np.round(facts["last_gap"] / usual, 2),
        "next_order_day": np.round(next_day),
        **chances,
        "expected_orders": np.round(orders, 3),
        "expected_value": np.round(worth, 2),
        "value_tier": value.tier(tier_value, model.tier_limits),
        **loyalty.loyalty(facts, ratio, model.loyalty_scales, model.loyalty_weights),
        "evidence": evidence,
    }


def _probabilities(facts, model, as_of, horizons):
    """Chance of at least one order within each horizon, not smaller than within a
    shorter one; nan without a fit."""
    chance, result = 0.0, {}
    for days in horizons:
        chance = np.maximum(chance, population.predict(facts, model, as_of, days)[0])
        result[f"probability_{days}"] = np.round(chance, 4)
    return result


def _expand(values, bought, missing):
    """Results of those who bought, among all; ``missing`` for the others."""
    result = np.full(len(bought), missing, np.result_type(values, np.asarray(missing)))
    result[bought] = values
    return result
