"""Predictions within one horizon: the purchase process, corrected by features.

How the corrections are learned is told in :mod:`learning`.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import special

from . import features

# Features count up to so many standard deviations; a correction of the number of
# orders is at most this, in logarithms.
REACH = 4.0
MOST = 1.0


@dataclasses.dataclass(frozen=True)
class Regression:
    """A linear predictor: sum of ``weights * (feature - means) / spreads``.

    With ``offset``, the process's own logarithmic odds (or orders) are added; ``level``
    is a constant for all customers.
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]
    offset: bool
    level: float = 0.0

    @classmethod
    def from_dict(cls, values):
        """Back from a dict, also by way of JSON."""
        names = ("names", "means", "spreads", "weights")
        return cls(**{**values, **{name: tuple(values[name]) for name in names}})

    def columns(self, values):
        """The standardised features, one array each."""
        scales = zip(self.names, self.means, self.spreads, strict=True)
        return [
            np.clip((values[name] - mean) / spread, -REACH, REACH)
            for name, mean, spread in scales
        ]

    def total(self, values):
        """The weighted sum; added up column by column, so that the result of a row
        does not depend on the others."""
        columns = zip(self.weights, self.columns(values), strict=True)
        return sum((weight * column for weight, column in columns), 0.0)


@dataclasses.dataclass(frozen=True)
class Horizon:
    """What was learned to predict within ``days``.

    - window: days over which it was learned, fewer than ``days`` in a young company
    - cuts: number of earlier days it was tried on
    - method: what the chance comes from, see ``learning.METHODS``
    - chance, orders: regressions; None where the process alone is used
    - grades: of each method on what was held out; empty when there was too little
    """

    days: int
    window: int
    cuts: int
    method: str
    chance: Regression | None
    orders: Regression | None
    grades: dict[str, dict[str, float]]

    @classmethod
    def from_dict(cls, values):
        """Back from a dict, also by way of JSON."""
        restored = {
            name: values[name] and Regression.from_dict(values[name])
            for name in ("chance", "orders")
        }
        return cls(**{**values, **restored})


@dataclasses.dataclass(frozen=True)
class View:
    """Customers as they were at one time: what the process says of each within the
    horizon, their features, and (of the past) on how many days they then bought."""

    chance: np.ndarray
    orders: np.ndarray
    values: dict[str, np.ndarray]
    bought: np.ndarray | None = None

    def part(self, rows):
        """The view of some of the customers, who bought afterwards or did not."""
        values = {name: column[rows] for name, column in self.values.items()}
        return View(self.chance[rows], self.orders[rows], values, self.bought[rows])


def look(facts, context, as_of, days, bought=None):
    """The :class:`View` of the customers with these facts."""
    chance, orders = features.process(facts, context, as_of, days)
    values = features.features(facts, context, as_of, chance, orders)
    return View(chance, orders, values, bought)


def predict(horizon, facts, context, as_of, days):
    """Chance of an order and expected orders within ``days``, shape (n,) each.

    There are never fewer orders expected than the chance of one.
    """
    view = look(facts, context, as_of, days)
    chance = log_odds(horizon.chance, view)
    chance = view.chance if chance is None else special.expit(chance)
    orders = view.orders if horizon.orders is None else corrected(horizon.orders, view)
    return chance, np.maximum(orders, chance)


def kept(regression, now, fresh):
    """Chance of an order as a share of what it would be right after a purchase.

    Only what is known to fall with the pause counts, so that the share does: what the
    regression makes of a longer history as such stays as it was then.

    :param regression: of the chance, None for the process alone
    :param now, fresh: views of the same customers, today and with the last purchase
        today
    """
    if regression is None:  # who buys regularly is not due right after a purchase
        return np.minimum(now.chance / fresh.chance, 1.0)
    known = {*features.RISING, *features.FALLING}
    values = {n: (now if n in known else fresh).values[n] for n in now.values}
    paused = dataclasses.replace(now, values=values)
    chances = (special.expit(log_odds(regression, view)) for view in (paused, fresh))
    return np.minimum(np.divide(*chances), 1.0)


def log_odds(regression, view):
    """Logarithmic odds of an order, None for the process alone."""
    if regression is None:
        return None
    base = view.values["process"] if regression.offset else 0.0
    return base + regression.total(view.values) + regression.level


def corrected(regression, view):
    """Expected orders of the process, corrected by at most a factor e besides the
    level."""
    change = np.clip(regression.total(view.values), -MOST, MOST)
    return view.orders * np.exp(change + regression.level)
