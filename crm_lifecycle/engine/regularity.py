"""Which purchase process a company's customers follow: at random, or more regularly.

Measured on public data, more regular is not a safe assumption, so the company's own
past decides. Each process is fitted on an earlier day and asked who will buy; its
chances may be too high or too low throughout, which the correction mends later, so they
are compared after a logistic curve through what happened.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from . import grades, ridge

# Model and k of :mod:`purchase`; the first is used unless another one is better.
KINDS = (("mbgnbd", 1), ("bgnbd", 1), ("mbgnbd", 2), ("mbgnbd", 3))
# Better: by so many standard errors of the mean difference of the losses.
CLEARLY = 2.0
# Fewer customers, or fewer of those who bought and did not, tell nothing.
ENOUGH_CUSTOMERS, ENOUGH_OF_A_KIND = 100, 20
LEAST = 1e-6


def choose(chances, ordered):
    """The first of ``KINDS``, or the best of those that are clearly better.

    :param chances: function of a kind that gives the chance of an order, shape (n,)
    :param ordered: who then ordered, shape (n,)
    """
    first, *others = KINDS
    if len(ordered) < ENOUGH_CUSTOMERS or (
        min(ordered.sum(), (~ordered).sum()) < ENOUGH_OF_A_KIND
    ):
        return first
    plain = _losses(chances(first), ordered)
    found, best = first, 0.0
    for kind in others:
        gain = plain - _losses(chances(kind), ordered)
        error = gain.std() / np.sqrt(len(gain))
        if gain.mean() > max(best, CLEARLY * error):
            found, best = kind, gain.mean()
    return found


def _losses(chance, ordered):
    """Losses of the chances after a logistic curve through what happened."""
    chance = np.clip(chance, LEAST, 1 - LEAST)
    odds = np.log(chance) - np.log1p(-chance)
    odds = (odds - odds.mean()) / (odds.std() or 1.0)
    weight, level = ridge.fit(
        odds[:, None],
        ordered * 1.0,
        0.0,
        (np.array([0.0]), np.array([np.inf])),
        np.ones((len(odds), 1)),
        penalty=1.0,
    )
    return grades.losses(special.expit(level + weight * odds), ordered)
