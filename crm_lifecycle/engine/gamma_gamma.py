"""What the orders of a customer are worth: the gamma-gamma model, as a rival.

The value of his orders is gamma distributed with shape ``p``, and so is the scale over
customers, with ``q`` and ``gamma`` (Fader and Hardie, "The Gamma-Gamma Model of
Monetary Value", 2013; the model of Colombo and Jiang, 1999). Of a customer with n
orders of mean z the next one is expected to be worth::

    (n z + c m) / (n + c),   c = (q - 1) / p,   m = p gamma / (q - 1)

which is the mean drawn towards the company's, as in :mod:`value`: the two differ in
where c and m come from, so that what wins is used in the same way.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from . import purchases, value

# More customers than this teach no more than as many of them.
SAMPLE = 20_000
ENOUGH_CUSTOMERS = 50
LOG_BOUND = np.log(1e4)
# The longest time over which the two are compared.
YEAR = 365
METHODS = ("mean", "gamma_gamma")


def fit(mean_value, n):
    """Company's mean order value and its weight, as ``value.order_value_population``;
    by maximum likelihood with its analytic gradient. Giants are cut in the same way.

    :return: (mean, weight in orders), or None with fewer than 50 customers
    """
    counted = np.isfinite(mean_value) & (mean_value > 0) & (n > 0)
    if counted.sum() < ENOUGH_CUSTOMERS:
        return None
    step = -(-int(counted.sum()) // SAMPLE)
    rows = np.lexsort((n, mean_value))
    rows = rows[counted[rows]][::step]
    z, n = value.without_giants(mean_value[rows]), n[rows]
    scale = float(z.mean())
    z = z / scale
    result = optimize.minimize(
        _objective,
        np.log([2.0, 2.0, 2.0]),
        args=(z, n),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-LOG_BOUND, LOG_BOUND)] * 3,
    )
    p, above, gamma = np.exp(result.x)
    least, most = value.CREDIBILITY_BOUNDS
    return float(p * gamma / above * scale), float(np.clip(above / p, least, most))


def _objective(logs, z, n):
    """Minus the mean log-likelihood in the logarithms of p, q - 1 and gamma, and its
    gradient. Per customer, but for what does not depend on them::

        Gamma(p n + q) / (Gamma(p n) Gamma(q)) * gamma^q * z^(p n) * n^(p n)
            / (gamma + n z)^(p n + q)
    """
    p, above, gamma = np.exp(logs)
    q, total = 1 + above, gamma + n * z
    log_total = np.log(total)
    log_share = np.log(n) + np.log(z) - log_total
    density = special.gammaln(p * n + q) - special.gammaln(p * n) - special.gammaln(q)
    density += q * (np.log(gamma) - log_total) + p * n * log_share
    both = special.digamma(p * n + q)
    slope_p = n * (both - special.digamma(p * n) + log_share)
    slope_q = both - special.digamma(q) + np.log(gamma) - log_total
    slope_gamma = q / gamma - (p * n + q) / total
    slopes = np.array([slope_p.mean() * p, slope_q.mean() * above, 0.0])
    slopes[2] = slope_gamma.mean() * gamma
    return -float(density.mean()), -slopes


def choose(events, customers, as_of):
    """Which of ``METHODS`` foresees better what later orders are worth.

    Both learn from what was bought before an earlier day; compared is the gamma
    deviance of the mean order value of each customer after it, which is least for the
    true mean and the same in every currency. Gamma-gamma has to be better by more than
    one standard error.

    :param events: purchases, see :mod:`purchases`
    """
    events = purchases.tidy(events, customers, as_of)
    if not events["day"].size:
        return METHODS[0]
    cut = as_of - min((as_of - events["day"].min()) // 3, YEAR)
    before, after = events["day"] < cut, events["day"] >= cut
    n, later = (
        np.bincount(events["customer"][part], minlength=customers) * 1.0
        for part in (before, after)
    )
    money, came = (
        np.bincount(
            events["customer"][part], events["amount"][part], minlength=customers
        )
        for part in (before, after)
    )
    known = (n > 0) & (money > 0) & (later > 0) & (came > 0)
    if known.sum() < ENOUGH_CUSTOMERS:
        return METHODS[0]
    mean = np.where(money > 0, money, np.nan) / np.maximum(n, 1)
    population = value.order_value_population(mean, n)
    plain, rival = (
        _deviance(came[known] / later[known], mean[known], n[known], *found)
        for found in (population, fit(mean, n))
    )
    gain = plain - rival
    return METHODS[int(gain.mean() > gain.std() / np.sqrt(len(gain)))]


def _deviance(actual, mean, n, company, weight):
    ratio = actual / value.expected_order_value(mean, n, company, weight)
    return ratio - 1 - np.log(ratio)
