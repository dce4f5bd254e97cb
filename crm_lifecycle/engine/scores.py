"""From facts to scores: what the addon writes on a customer's profile."""

from __future__ import annotations

import numpy as np

from . import evidence, loyalty, margin, peers, population, rhythm, risk, spread, value
from .population import HORIZONS

KEPT_DAYS = 90


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

        - days_since_order; rhythm_kind: kind of buyer, see :mod:`rhythm`; rhythm_days:
          usual days between purchases; recency_ratio: how long the pause is against
          them; return_ratio: the same of the pause before the last purchase;
          next_order_day: day number, in the past when overdue
        - probability_30, probability_90, probability_365: of at least one order within
          each horizon; expected_orders and expected_value: within the last of them.
          nan when nobody in the company ever bought twice
        - probability_kept: chance of an order within ``KEPT_DAYS``, as a share of what
          it is right after a purchase. nan without a forecast, and for those who buy
          every year: the forecast does not know their season
        - expected_value_low, expected_value_high: between them in eight of ten cases
        - expected_margin: of the expected value; nan where costs are not known
        - value_tier: "A", "B" or "C"
        - loyalty_score and its parts loyalty_recency, loyalty_frequency, ...
        - risk_level and money_at_stake of those who still buy, see :mod:`risk`
        - evidence: "own" (four purchase days or more), "peers" (his group speaks for
          him), "company" (the company's other customers do) or "none"; evidence_day:
          when it will be "own", see ``evidence.day``
    """
    facts = population.clean(facts, recent=model.forecast is not None)
    bought = population.bought(facts)
    facts = {name: values[bought] for name, values in facts.items()}
    result = _scores(facts, model, as_of, horizons)
    missing = {"evidence": "none"}
    missing |= dict.fromkeys(("value_tier", "rhythm_kind", "risk_level"), "")
    return {
        name: _expand(values, bought, missing.get(name, np.nan))
        for name, values in result.items()
    }


def loyalty_points(facts, model, as_of):
    """The loyalty score and its parts alone, equal to those of :func:`scores`: what
    other weights, in a changed ``model``, would make of the same facts.

    :return: dict of arrays of shape (n,), nan for customers who never bought
    """
    facts = population.clean(facts)
    bought = population.bought(facts)
    facts = {name: values[bought] for name, values in facts.items()}
    own, since = _rhythm(facts, model, as_of)
    points = _loyalty(facts, model, own, since)
    return {name: _expand(values, bought, np.nan) for name, values in points.items()}


def _loyalty(facts, model, own, since):
    """Loyalty score and parts of customers who bought. Yearly and project buyers are
    measured against their own rhythm only: the company's is not theirs."""
    ratio = own.ratio(since)
    against_company = since / (model.company_gap or np.nan)
    special = (own.kind == "yearly") | (own.kind == "project")
    return loyalty.loyalty(
        facts,
        ratio,
        np.where(special, ratio, against_company),
        model.loyalty_scales,
        model.loyalty_weights,
    )


def _rhythm(facts, model, as_of):
    """Rhythm of customers who bought, and the days since they last did."""
    _, t_x, T = population.history(facts, as_of)
    pace = peers.find(facts["peer_group"], model.peers)[0]
    own = rhythm.rhythm(
        facts,
        population.usual_gap(facts),
        model.company_gap,
        model.second_purchase,
        pace,
    )
    return own, T - t_x


def _scores(facts, model, as_of, horizons):
    """Scores of customers who bought."""
    own, since = _rhythm(facts, model, as_of)
    ratio = own.ratio(since)
    grouped = peers.find(facts["peer_group"], model.peers)[2]
    level = evidence.level(own.evidence, grouped)
    enough = evidence.day(level, facts, own, ratio, as_of, model.enough_day)
    kept = population.probability_kept(facts, model, as_of, KEPT_DAYS)
    chances, orders = _chances(facts, model, as_of, horizons)
    least = chances[f"probability_{horizons[-1]}"]
    # the two are learned apart and may disagree
    orders = np.maximum(orders, least)
    worth = population.worth(facts, model, orders)
    low, high = spread.interval(worth, least, orders, model.spread)
    tier_value = population.tier_value(facts, model, worth)
    known = {
        "days_since_order": since,
        "rhythm_kind": own.kind,
        "rhythm_days": np.round(own.days, 1),
        "recency_ratio": np.round(ratio, 2),
        "return_ratio": np.round(own.return_ratio(facts["last_gap"]), 2),
        # A day that has passed stays in the past: by how much is what one wants to know
        "next_order_day": np.round(facts["last_order_day"] + own.pause),
        **chances,
        "probability_kept": np.where(own.kind == "yearly", np.nan, np.round(kept, 2)),
        "expected_orders": np.round(orders, 3),
        "expected_value": np.round(worth, 2),
        "expected_value_low": np.round(low, 2),
        "expected_value_high": np.round(high, 2),
        "expected_margin": np.round(worth * margin.share(facts, model.margin), 2),
        "value_tier": value.tier(tier_value, model.tier_limits),
        **_loyalty(facts, model, own, since),
        "evidence": level,
        "evidence_day": enough,
    }
    return {**known, **risk.risk(known)}


def _chances(facts, model, as_of, horizons):
    """Chance of at least one order within each horizon, not smaller than within a
    shorter one, and the orders expected within the last; nan without a fit."""
    chance, result = 0.0, {}
    for days in horizons:
        within, orders = population.predict(facts, model, as_of, days)
        chance = np.maximum(chance, within)
        result[f"probability_{days}"] = np.round(chance, 4)
    return result, orders


def _expand(values, bought, missing):
    """Results of those who bought, among all; ``missing`` for the others."""
    result = np.full(len(bought), missing, np.result_type(values, np.asarray(missing)))
    result[bought] = values
    return result
