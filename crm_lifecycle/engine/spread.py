"""How far the money that comes lies from what is expected.

Of those who buy at all within the time, the money is taken as lognormal around the
expected one, with a squared coefficient of variation of::

    per_order / expected orders + rest

What is expected of many small orders is more certain than of few large ones; the rest
is what does not even out: rates and amounts that are estimated, or change. Both are
read from what came after an earlier day of the same company, against what is expected
of it. With the chance that he buys nothing at all, this gives a range in which the
money lies in eight of ten cases.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

# per_order and rest where nothing can be learned.
USUAL = (2.0, 0.3)
BOUNDS = ((0.0, 20.0), (0.02, 5.0))
ENOUGH_CUSTOMERS = 50
# A single giant order says so much about the spread, and not more.
MOST = 25.0
LOW, HIGH = 0.1, 0.9
LEAST_CHANCE = 1e-9


def fit(expected, chance, orders, money):
    """Learn ``(per_order, rest)`` from an earlier day.

    :param expected: expected money, shape (n,)
    :param chance: of at least one order; orders: expected number
    :param money: what came
    """
    mean, inverse = _given_one(expected, chance, orders)
    known = (money > 0) & (mean > 0)
    if known.sum() < ENOUGH_CUSTOMERS:
        return USUAL
    ratio = money[known] / mean[known]
    squares = np.minimum((ratio - 1) ** 2, MOST)
    design = np.column_stack((inverse[known], np.ones(known.sum())))
    found, _ = optimize.nnls(design, squares)
    return tuple(
        float(np.clip(value, *bounds))
        for value, bounds in zip(found, BOUNDS, strict=True)
    )


def interval(expected, chance, orders, spread):
    """In which range the money lies in eight of ten cases: above ``low`` in nine of
    ten, below ``high`` in nine of ten.

    The expected money is always within: of somebody who hardly ever buys, nothing is to
    be expected in nine of ten cases, and still something on average.

    :return: (low, high), shape (n,) each
    """
    mean, inverse = _given_one(expected, chance, orders)
    per_order, rest = spread
    sigma = np.sqrt(np.log1p(per_order * inverse + rest))
    limits = []
    for share in (LOW, HIGH):
        none = 1 - chance
        position = (share - none) / np.maximum(chance, LEAST_CHANCE)
        deviation = special.ndtri(np.clip(position, LEAST_CHANCE, 1 - LEAST_CHANCE))
        value = mean * np.exp(deviation * sigma - sigma**2 / 2)
        limits.append(np.where(position > 0, value, 0.0))
    return np.minimum(limits[0], expected), np.maximum(limits[1], expected)


def _given_one(expected, chance, orders):
    """Expected money, and 1 / expected orders, of who buys at all."""
    chance = np.maximum(chance, LEAST_CHANCE)
    return expected / chance, chance / np.maximum(orders, chance)
