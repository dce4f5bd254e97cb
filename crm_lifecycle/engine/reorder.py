"""What a customer is about to buy again: products that he has bought before."""

from __future__ import annotations

import numpy as np

from . import defaults, ranking

DEFAULTS = defaults.TASKS["reorder"]
CHOICES = {
    "half_life": (4.0, 8.0, 15.0, 30.0, 100.0),
    "repeat": (0.0, 0.3, 0.5, 1.0),
    "demand": (0.0, 0.2, 0.4),
    "due": (0.0, 0.1, 0.2, 0.4),
    "days": (0.0, 60.0, 180.0),
}


def weights(history, settings):
    """How likely each customer is to buy each of his products next time.

    ::

        habit * repeat rate ^ repeat * demand ^ demand * due ^ due * 0.5 ^ (last / days)

    habit: the share of his orders that have it, older orders counting less; due: days
    since he last bought it over his usual pause between two of its purchases, at most
    1, at least a tenth, and 1 for what he bought once.

    :param settings: see ``DEFAULTS``; half_life in orders, days of 0 for never
    :return: shape (pairs of the history,)
    """
    product = history.pairs[1]
    weight = history.habit(settings["half_life"])
    weight = weight * history.repeat_rate[product] ** settings["repeat"]
    weight *= history.demand[product] ** settings["demand"]
    if settings["due"]:
        weight *= due(history) ** settings["due"]
    if settings["days"]:
        weight *= 0.5 ** (history.last / settings["days"])
    return weight


def due(history):
    """For each pair, from 0.1 (just bought) to 1 (the usual pause has passed)."""
    pause = (history.first - history.last) / np.maximum(history.times - 1, 1)
    share = history.last / np.maximum(pause, 1)
    return np.where(history.times > 1, np.clip(share, 0.1, 1), 1.0)


class Reorder:
    """What customers buy again.

    :param history: see :class:`~.history.History`
    """

    def __init__(self, history):
        self.history = history

    def suggest(self, customers, settings, limit=ranking.PLACES):
        """The products that each customer is most likely to buy again.

        :param customers: their numbers, -1 for an unknown one
        :return: products, shape (customers, limit), ends of rows ``ranking.NOTHING``
        """
        customer, product = self.history.pairs
        weight = weights(self.history, settings)
        size = self.history.customers + 1  # the last row, -1, is empty
        asked = np.zeros(size, bool)
        asked[customers] = True
        kept = asked[customer]
        found = ranking.best_of_groups(
            customer[kept], product[kept], weight[kept], size, limit
        )
        return found[customers]
