"""When a customer orders again: the BG/NBD, MBG/NBD and MBG/CNBD-k processes.

A customer orders at random at a steady rate of his own (Poisson; the rates of all
customers are gamma distributed with shape ``r`` and scale ``1 / alpha``) and after
each order gives up with a chance of his own (the chances of all customers are beta
distributed with ``a`` and ``b``). In the BG/NBD nobody gives up before the first
repeat order; in the MBG/NBD one may give up after the very first order as well.

With ``k`` above 1 customers buy more regularly than by chance: an order needs k steps,
each of which comes at random at that rate, so that the time between orders is Erlang
distributed (condensed NBD, CNBD-k). The mean time between orders is k / rate.

Sources: Fader, Hardie and Lee, "Counting your customers the easy way", Marketing
Science 24 (2005) for the BG/NBD; Batislam, Denizel and Filiztekin, "Empirical
validation and comparison of models for customer base analysis", IJRM 24 (2007), and
Hoppe and Wagner, "Customer base analysis: the case for a central variant of the
Betageometric/NBD model", Marketing ZFP 29 (2007) for the MBG/NBD; Reutterer, Platzer
and Schroeder, "Leveraging purchase regularity for predicting customer behavior the easy
way", IJRM 38 (2021) for k above 1.

In all functions, per customer: ``x`` repeat purchase days, ``t_x`` time from the
first to the last purchase, ``T`` time from the first purchase to the present. With
``n`` the number of times a customer could have given up and did not (``x`` in the
BG/NBD, ``x + 1`` in the MBG/NBD), both models read the same, and are computed alike.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import optimize, special

from .likelihood import TYPICAL, Objective, log_odds_inactive, log_steps, survived
from .quadrature import FEWER_NODES, NODES, beta_rule

MODELS = ("bgnbd", "mbgnbd")
# A second place to start a fit from.
SECOND_START = (0.3, 0.2, 3.0)
LOG_BOUND = np.log(1e4)
# Chances to give up below this are not told apart, where k is above 1.
LEAST_CHANCE = 1e-6
# Customers whose expected orders are computed at once: what is done for each node of
# the quadrature then fits the processor's cache.
AT_ONCE = 256


@dataclasses.dataclass(frozen=True)
class Parameters:
    """A fitted purchase process.

    ``alpha`` is in the ``unit`` of the times it was fitted on; ``log_likelihood`` is
    that of the data, without what the single gaps add for ``k`` above 1; ``customers``
    is their (weighted) number.
    """

    model: str
    r: float
    alpha: float
    a: float
    b: float
    unit: str
    log_likelihood: float
    customers: float
    k: int = 1

    def as_dict(self):
        """The parameters as a dict that JSON keeps exactly."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values):
        """Back from :meth:`as_dict`."""
        return cls(**values)


def fit(x, t_x, T, *, model="mbgnbd", k=1, weights=None, unit="day"):
    """Maximum likelihood parameters of a population.

    Equal rows are counted and computed once, times are scaled so that the mean gap
    between purchases is 1, and the exact likelihood is maximised in the logarithms of
    the parameters with its analytic gradient (L-BFGS-B).

    With fewer than 50 customers, or fewer than 10 who came back (all one-time
    buyers, say), the data leave the parameters open. Only then the logarithms get a
    normal prior with standard deviation 1 around ``TYPICAL`` and the observed mean
    gap, which counts about as much as one observation each.

    :param x: repeat purchase days, shape (n,)
    :param t_x: time from first to last purchase, shape (n,)
    :param T: time from first purchase to the present, shape (n,)
    :param model: "bgnbd" or "mbgnbd"
    :param k: steps to an order, 1 for orders at random
    :param weights: how many customers each row stands for; 1 each by default
    :param unit: name of the unit of the times, kept for the record
    :return: :class:`Parameters`, or None when there is nothing to learn from: no
        customer, or no time passed since the first purchases
    :raise ValueError: unknown model, or arrays of different length
    """
    x, t_x, T = _clean(x, t_x, T)
    if model not in MODELS:
        raise ValueError(f"Unknown purchase model {model!r}, expected one of {MODELS}")
    if k < 1:
        raise ValueError("k must be 1 or more")
    weights = np.ones(len(x)) if weights is None else np.asarray(weights, float)
    if weights.shape != x.shape:
        raise ValueError("weights must be as many as customers")
    x, t_x, T, weights = _unique_rows(x, t_x, T, weights)
    scale = _mean_gap(x, t_x, T, weights)
    if not scale:
        return None
    objective = Objective(model, k, x, t_x / scale, T / scale, weights)
    bounds = [(-LOG_BOUND, LOG_BOUND)] * 4
    result = None
    for r, a, b in (TYPICAL, SECOND_START):
        attempt = optimize.minimize(
            objective,
            np.log([r, r * k, a, b]),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 1000, "maxfun": 2000, "ftol": 1e-13, "gtol": 1e-9},
        )
        if result is None or attempt.fun < result.fun:
            result = attempt
        if result.success:
            break
    r, alpha, a, b = (float(value) for value in np.exp(result.x))
    # The density of the purchase times is per scaled unit: k x of them per customer.
    log_likelihood = objective.log_likelihood(result.x)[0]
    log_likelihood -= k * float((weights * x).sum()) * np.log(scale)
    return Parameters(
        model=model,
        r=r,
        alpha=alpha * scale,
        a=a,
        b=b,
        unit=unit,
        log_likelihood=float(log_likelihood),
        customers=float(weights.sum()),
        k=k,
    )


def probability_of_order(parameters, x, t_x, T, horizon):
    """Chance of at least one order within ``horizon`` from now, given the history.

    Customers give up only at an order, so one who has not given up orders like a
    gamma-Poisson process until then, and his chance of no order at all is closed::

        P = P(active) * (1 - ((alpha + T) / (alpha + T + h)) ** R * S(T + h) / S(T))
        P(active) = 1 / (1 + a / (b + n - 1) / S(T)
                             * ((alpha + T) / (alpha + t_x)) ** R)

    with R = r + k x and S as in :mod:`likelihood`, where P(active) = 1 for a BG/NBD
    customer with x = 0.

    :param horizon: time from now, scalar or shape (n,), in the unit of the fit
    :return: probabilities in [0, 1], shape (n,)
    """
    x, t_x, T = _clean(x, t_x, T)
    horizon = np.maximum(np.asarray(horizon, float), 0)
    alpha, k = parameters.alpha, parameters.k
    shape = parameters.r + k * x
    waiting = shape * np.log1p(horizon / (alpha + T))
    if k > 1:
        later = T + horizon
        waiting += log_steps(shape, alpha, T - t_x, T, k)[0]
        waiting -= log_steps(shape, alpha, later - t_x, later, k)[0]
        waiting = np.maximum(waiting, 0)
    return _active(parameters, x, t_x, T) * -np.expm1(-waiting)


def expected_orders(parameters, x, t_x, T, horizon):
    """Expected number of orders within ``horizon`` from now, given the history.

    The published closed form holds a Gaussian hypergeometric function that double
    precision loses for long horizons and large counts, and that has no value at
    a = 1. The same expectation is computed from what it averages: a customer who
    gives up with chance p and orders at rate l has (1 - exp(-l p h)) / p orders to
    come, hence, with l gamma (r + x, alpha + T) and p beta (a, b + n)::

        E = P(active) * mean over p of (1 - (1 + p h / (alpha + T)) ** -(r + x)) / p

    The mean over p is a Gauss-Jacobi rule for that beta distribution with 48 nodes,
    good to 6 digits and more wherever a history can be. For k above 1, where each takes
    longer, with 16, see :func:`_still_buying`.

    :param horizon: time from now, scalar or shape (n,), in the unit of the fit
    :return: expected orders >= 0, shape (n,)
    """
    x, t_x, T = _clean(x, t_x, T)
    reach = np.maximum(np.asarray(horizon, float), 0) / (parameters.alpha + T)
    times, row = np.unique(survived(parameters.model, x), return_inverse=True)
    nodes = NODES if parameters.k == 1 else FEWER_NODES
    chances, shares = beta_rule(parameters.a, parameters.b + times, nodes)
    silence = (T - t_x) / (parameters.alpha + T)
    mean = np.zeros(len(x))
    for start in range(0, len(x), AT_ONCE):  # arrays of (nodes, customers)
        some = slice(start, start + AT_ONCE)
        p, share = chances.T[:, row[some]], shares.T[:, row[some]]
        if parameters.k == 1:
            gone = -np.expm1(-(parameters.r + x[some]) * np.log1p(p * reach[some]))
        else:
            p = np.clip(p, LEAST_CHANCE, 1 - LEAST_CHANCE)
            gone = 1 - _still_buying(parameters, x[some], silence[some], reach[some], p)
        # added up one by one, so that a result does not depend on how many there are
        mean[some] = np.cumsum(share * np.maximum(gone, 0) / p, axis=0)[-1]
    return _active(parameters, x, t_x, T) * mean


def _still_buying(parameters, x, silence, reach, p):
    """Chance that an active customer who gives up with chance ``p`` has not done so
    within the horizon.

    Of the k steps to his next order, j are done with a weight that is the term of the
    sum S in :mod:`likelihood`; his rate is then gamma (R + j, alpha + T). After N more
    steps he has ordered floor((N + j) / k) times, and is there with a chance of
    q = 1 - p to that power. Its mean over N follows from the generating function of N
    at the k roots w of unity, with z = q^(1/k)::

        mean of q^floor((N + j) / k)
            = sum over w of c(w) (z w)^j (1 + (1 - z w) reach)^-(R + j)
        c(w) = (1 / k) * sum over m < k of (z w)^-m

    :param silence, reach: T - t_x and the horizon, both by alpha + T
    """
    k, shape = parameters.k, parameters.r + parameters.k * x
    weights = [np.ones(len(x))]
    for j in range(1, k):
        weights.append(weights[-1] * (shape + j - 1) / j * silence)
    total = np.sum(weights, axis=0)
    result = np.zeros(p.shape)
    for turn in range(k // 2 + 1):  # the others are the conjugates of these
        twice = 1 if 2 * turn in (0, k) else 2
        step = (1 - p) ** (1 / k) * np.exp(2j * np.pi * turn / k)
        factor = sum(step**-m for m in range(k)) * twice / k
        waits = np.log(1 + (1 - step) * reach)
        for j, weight in enumerate(weights):
            done = factor * step**j * np.exp(-(shape + j) * waits)
            result += weight / total * done.real
    return result


def _clean(x, t_x, T):
    """As float arrays, without contradictions: 0 <= t_x <= T, and x >= 0."""
    x, t_x, T = (np.asarray(values, float) for values in (x, t_x, T))
    if not x.shape == t_x.shape == T.shape or x.ndim != 1:
        raise ValueError("x, t_x and T must be one-dimensional and equally long")
    t_x = np.maximum(t_x, 0)
    return np.maximum(x, 0), t_x, np.maximum(T, t_x)


def _unique_rows(x, t_x, T, weights):
    """Equal rows once, with their summed weights."""
    order = np.lexsort((T, t_x, x))
    rows = np.stack((x, t_x, T))[:, order]
    first = np.ones(len(x), bool)
    first[1:] = (rows[:, 1:] != rows[:, :-1]).any(axis=0)
    sums = np.bincount(np.cumsum(first) - 1, weights[order], minlength=first.sum())
    return (*rows[:, first], sums)


def _mean_gap(x, t_x, T, weights):
    """Mean time between purchases; without any, all time observed; 0 if none."""
    time = (weights * t_x).sum() or (weights * T).sum()
    return float(time / max((weights * x).sum(), 1))


def _active(parameters, x, t_x, T):
    """P(active): an ingredient, never shown: it ranks customers badly."""
    log_odds = log_odds_inactive(
        parameters.model,
        parameters.k,
        (parameters.r, parameters.alpha, parameters.a, parameters.b),
        (x, t_x, T),
    )
    return special.expit(-log_odds)
