"""Ridge regression of yes/no outcomes and of counts, with signs that are known."""

from __future__ import annotations

import numpy as np
from scipy import special

# Logarithms of counts beyond these are no counts of orders.
COUNT_BOUNDS = (-20.0, 12.0)
ITERATIONS, HALVINGS = 100, 30
TOLERANCE = 1e-10
# Keeps the level of a cut finite when everybody bought after it, or nobody.
LEVEL_PENALTY = 1e-3


def fit(design, outcome, offset, bounds, levels, *, counts=False, penalty=10.0):
    """Coefficients that maximise the likelihood less ``penalty / 2 * sum of squares``.

    Newton's method on the coefficients that are not held by a bound (Bertsekas,
    "Projected Newton methods", SIAM J. Control 20, 1982), halving steps that overshoot.

    :param design: standardised features, shape (n, d)
    :param outcome: 0 or 1, or counts, shape (n,)
    :param offset: known part of the linear predictor, scalar or shape (n,)
    :param bounds: least and greatest coefficient, 0 within, shape (d,) each
    :param levels: indicators of groups with a level of their own, shape (n, e), which
        get neither bounds nor this penalty
    :param counts: Poisson with logarithmic link, else logistic
    :return: the d coefficients of ``design``, then the e levels
    """
    d, e = design.shape[1], levels.shape[1]
    full = np.ascontiguousarray(np.column_stack((design, levels)).T)
    shrink = np.array([penalty] * d + [LEVEL_PENALTY] * e)
    low = np.append(bounds[0], np.full(e, -np.inf))
    high = np.append(bounds[1], np.full(e, np.inf))

    def loss(coefficients):
        linear = offset + coefficients @ full
        if counts:
            linear = np.clip(linear, *COUNT_BOUNDS)
            mean = weight = np.exp(linear)
            value = (mean - outcome * linear).sum()
        else:
            mean = special.expit(linear)
            weight = mean * (1 - mean)
            value = (np.logaddexp(0, linear) - outcome * linear).sum()
        return value + shrink @ coefficients**2 / 2, mean, weight

    found = np.zeros(d + e)
    value, mean, weight = loss(found)
    for _ in range(ITERATIONS):
        slope = full @ (mean - outcome) + shrink * found
        held = ((found <= low) & (slope > 0)) | ((found >= high) & (slope < 0))
        free = np.flatnonzero(~held)
        bend = (full * weight @ full.T)[np.ix_(free, free)]
        step = np.zeros(d + e)
        step[free] = np.linalg.solve(bend + np.diag(shrink[free]), slope[free])
        before = value
        for _ in range(HALVINGS):
            attempt = np.clip(found - step, low, high)
            value, mean, weight = loss(attempt)
            if value <= before:
                break
            step /= 2
        else:
            return found
        found = attempt
        if before - value <= TOLERANCE * (abs(value) + 1):
            return found
    return found
