"""The likelihood of the purchase processes of :mod:`purchase`, and its gradient.

Per customer, with ``R = r + k x`` and ``n`` the number of times that he could have
given up and did not, B the beta and Gamma the gamma function::

    L = Gamma(R) / Gamma(r) * alpha^r * B(a, b + n) / B(a, b)
        * (S * (alpha + T)^-R  +  a / (b + n - 1) * (alpha + t_x)^-R   if n > 0)
    S = sum over j < k of (R)_j / j! * ((T - t_x) / (alpha + T))^j

where ``S`` stands for those of the k steps to the next purchase that may be done
already; it is 1 for k = 1. Of the times between purchases only their sum ``t_x`` is
needed to fit; the factor ``product of gap^(k - 1) / Gamma(k)`` does not depend on the
parameters.
"""

from __future__ import annotations

import numpy as np
from scipy import special

# Where a fit starts, and where one with too little data stays: a rate that varies
# a lot between customers, and about one in four giving up after an order, as in
# published fits (r, a, b). alpha follows from the mean gap between purchases.
TYPICAL = (0.8, 0.6, 2.0)
# Fewer customers, or fewer who came back, do not determine four parameters.
ENOUGH_CUSTOMERS = 50
ENOUGH_RETURNING = 10


def survived(model, x):
    """How often a customer could have given up before the present and did not: n."""
    return x + 1 if model == "mbgnbd" else x


def log_steps(shape, alpha, silence, T, k):
    """Logarithm of S (top of this module), and its slopes in ``shape`` and ``alpha``.

    :param shape: R, shape (n,)
    :param silence: T - t_x, shape (n,)
    """
    if k == 1:
        return 0.0, 0.0, 0.0
    share = silence / (alpha + T)
    term, harmonic = np.ones(len(share)), np.zeros(len(share))
    total, slope, moved = term.copy(), np.zeros(len(share)), np.zeros(len(share))
    for j in range(1, k):
        harmonic = harmonic + 1 / (shape + j - 1)
        term = term * (shape + j - 1) / j * share
        total += term
        slope += term * harmonic
        moved += term * j
    return np.log(total), slope / total, -moved / total / (alpha + T)


def log_odds_inactive(model, k, parameters, history):
    """Logarithm of P(gave up at the last order) / P(active)."""
    r, alpha, a, b = parameters
    x, t_x, T = history
    shape, n = r + k * x, survived(model, x)
    tries = np.where(n >= 1, n, 1)
    odds = np.log(a) - np.log(b + tries - 1)
    odds += shape * (np.log(alpha + T) - np.log(alpha + t_x))
    odds -= log_steps(shape, alpha, T - t_x, T, k)[0]
    return np.where(n >= 1, odds, -np.inf)


class Objective:
    """Minus the mean log-likelihood (and prior) over log-parameters, and gradient."""

    def __init__(self, model, k, x, t_x, T, weights):
        self.model, self.k = model, k
        self.history, self.weights = (x, t_x, T), weights
        # Gamma functions depend on x alone: few distinct values.
        self.counts, self.row = np.unique(x, return_inverse=True)
        enough = (
            weights.sum() >= ENOUGH_CUSTOMERS
            and weights[x > 0].sum() >= ENOUGH_RETURNING
        )
        self.prior = 0.0 if enough else 1.0

    def __call__(self, logs):
        value, gradient = self.log_likelihood(logs)
        r, a, b = TYPICAL
        distance = logs - np.log([r, r * self.k, a, b])
        value -= self.prior * (distance**2).sum() / 2
        gradient = gradient - self.prior * distance
        total = self.weights.sum()
        return -value / total, -gradient / total

    def log_likelihood(self, logs):
        """Log-likelihood and its gradient in the log-parameters (log r, ...)."""
        r, alpha, a, b = parameters = np.exp(logs)
        x, t_x, T = self.history
        shape = r + self.k * x
        log_odds = log_odds_inactive(self.model, self.k, parameters, self.history)
        inactive = special.expit(log_odds)
        active = 1 - inactive
        tries = np.maximum(survived(self.model, x), 1)
        log_T, log_t = np.log(alpha + T), np.log(alpha + t_x)
        steps, steps_r, steps_alpha = log_steps(shape, alpha, T - t_x, T, self.k)

        counts, shapes = self.counts, r + self.k * self.counts
        n = survived(self.model, counts)
        common = (
            special.gammaln(shapes)
            - special.gammaln(r)
            + r * np.log(alpha)
            + special.gammaln(b + n)
            - special.gammaln(b)
            + special.gammaln(a + b)
            - special.gammaln(a + b + n)
        )
        value = common[self.row] - shape * log_T + steps + np.logaddexp(0, log_odds)

        slope_r = (special.digamma(shapes) - special.digamma(r))[self.row]
        slope_r += np.log(alpha) - active * log_T - inactive * log_t + active * steps_r
        slope_alpha = r / alpha + active * steps_alpha
        slope_alpha -= shape * (active / (alpha + T) + inactive / (alpha + t_x))
        both = special.digamma(a + b) - special.digamma(a + b + n)
        slope_a = both[self.row] + inactive / a
        slope_b = (both + special.digamma(b + n) - special.digamma(b))[self.row]
        slope_b -= inactive / (b + tries - 1)

        slopes = np.stack((slope_r, slope_alpha, slope_a, slope_b))
        gradient = (slopes * self.weights).sum(axis=1) * parameters
        return float((value * self.weights).sum()), gradient
