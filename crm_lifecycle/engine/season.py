"""Business time: a year has the same number of days, but they run faster in season.

A year is cut into twelve equal parts. How much is bought in each of them, compared
with what the purchase process expects of the same customers at a steady pace, gives
its factor (1 on average): in a part with factor 2 two days pass in one. Measured in
this time customers buy at a steady pace all year, which is what the process assumes.

Days are day numbers from any origin; counted from a 1st of January (as 1970-01-01 is)
the parts are the months, a day more or less.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from . import purchase

PARTS = 12
YEAR = 365.25
# Fewer repeat purchases do not tell twelve factors.
ENOUGH_ORDERS = 200
# Standard deviations, of logarithms: of the factors, of the trend and its bend per
# year, and of what happens to a single month.
SPREAD, TREND, SHOCK = 0.4, 0.5, 0.1
FACTOR_BOUNDS = (0.2, 5.0)


def elapsed(factors, day):
    """Business time at ``day``: the days themselves without factors."""
    day = np.asarray(day, float)
    if not factors:
        return day
    years = np.floor(day / YEAR)
    within = np.interp(day / YEAR - years, *_clock(factors))
    return (years + within) * YEAR


@lru_cache(maxsize=16)
def _clock(factors):
    """Ends of the parts of a year, as shares of its plain and of its business time."""
    cumulated = np.concatenate(([0.0], np.cumsum(factors))) / PARTS
    return np.linspace(0, 1, PARTS + 1), cumulated


def fit(events, parameters, as_of):
    """The twelve factors, or None: less than a year, or too few repeat purchases.

    Ridge regression of log(bought / expected) per part on a straight and a bent trend
    and the part of the year; a part seen with few purchases weighs little.

    :param events: tidy events, see :mod:`purchases`
    :param parameters: purchase process of the company, fitted on plain days
    :return: tuple of floats with mean 1, or None
    """
    day, first = events["day"], np.ones(len(events["day"]), bool)
    first[1:] = events["customer"][1:] != events["customer"][:-1]
    if (~first).sum() < ENOUGH_ORDERS or as_of - day.min() < YEAR:
        return None
    part = np.floor(day.min() / YEAR * PARTS) + np.arange(
        np.floor(as_of / YEAR * PARTS) - np.floor(day.min() / YEAR * PARTS) + 1
    )
    edges = np.clip(np.append(part, part[-1] + 1) * YEAR / PARTS, day.min(), as_of)
    bought = np.histogram(day[~first], edges)[0]
    expected = np.diff(_expected(parameters, day[first], edges))
    ratio = np.log((bought + 0.5) / (np.maximum(expected, 0) + 0.5))
    weight = 1 / (1 / (bought + 1) + SHOCK**2) * (np.diff(edges) > 0)
    age = (part - part.mean()) / PARTS
    design = np.column_stack(
        [np.ones(len(part)), age, age**2, np.eye(PARTS)[(part % PARTS).astype(int)]]
    )
    spread = np.array([1e3, TREND, TREND, *[SPREAD] * PARTS])
    system = design.T @ (design * weight[:, None]) + np.diag(1 / spread**2)
    factors = np.exp(np.linalg.solve(system, design.T @ (weight * ratio))[3:])
    factors = np.clip(factors / factors.mean(), *FACTOR_BOUNDS)
    return tuple(float(factor) for factor in factors / factors.mean())


def log_density(events, factors):
    """What the factors add to the log-likelihood of the repeat purchases, to compare
    it with that of a process fitted on plain days."""
    later = events["customer"][1:] == events["customer"][:-1]
    day = events["day"][1:][later]
    part = np.floor(day / YEAR * PARTS).astype(int) % PARTS
    return float(np.log(factors)[part].sum())


def _expected(parameters, first, edges):
    """Repeat purchases expected up to each edge, of customers since their first."""
    start, customers = np.unique(first, return_counts=True)
    total = np.zeros(len(edges))
    nothing = np.zeros(len(start))
    for position, edge in enumerate(edges):
        orders = purchase.expected_orders(
            parameters, nothing, nothing, nothing, np.maximum(edge - start, 0)
        )
        total[position] = customers @ orders
    return total
