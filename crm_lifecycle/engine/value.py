"""What a customer's orders are worth, and the A/B/C tiers made from it."""

from __future__ import annotations

import numpy as np

# Customers who together bring the first 80 % of the value are A, up to 95 % B.
TIER_SHARES = (0.80, 0.95)
# Bounds of the weight of the company's mean, in orders, and its default.
CREDIBILITY_BOUNDS = (0.1, 10.0)
CREDIBILITY = 1.0
ENOUGH_CUSTOMERS = 30


def order_value_population(mean_value, n):
    """The company's mean order value and how much weight it has for one customer.

    A customer's mean over n orders varies around the company's by the variance between
    customers plus that within a customer over n. Both are read from the regression of
    the squared distance on 1 / n, and credibility is within / between (Buhlmann 1967),
    between 0.1 and 10 orders; 1 with fewer than 30 customers.

    :param mean_value: mean value per order of each customer, shape (n,); customers with
        nan or <= 0 are left out
    :param n: number of orders, shape (n,)
    :return: (mean, credibility); mean is None when nobody has an order of value
    """
    counted = np.isfinite(mean_value) & (mean_value > 0) & (n > 0)
    means, inverse = mean_value[counted], 1 / n[counted]
    if not means.size:
        return None, CREDIBILITY
    means = without_giants(means)
    company = float(means.mean())
    spread = float(inverse.var())
    if len(means) < ENOUGH_CUSTOMERS or not spread:
        return company, CREDIBILITY
    distance = (means / company - 1) ** 2
    within = float(((inverse - inverse.mean()) * distance).mean()) / spread
    between = float(distance.mean()) - within * float(inverse.mean())
    least, most = CREDIBILITY_BOUNDS
    if within <= least * between:
        return company, least
    return company, most if between * most <= within else within / between


def without_giants(means):
    """Mean order values, those above ``q3 * max(q3 / q1, 2) ** 1.5`` counted as that
    much (with the quartiles q1, q3 over customers: Tukey's fence on a logarithmic
    scale), so that one giant order does not set the level for everybody."""
    low, high = np.quantile(means, (0.25, 0.75))
    return np.minimum(means, high * max(high / low, 2.0) ** 1.5)


def expected_order_value(mean_value, n, company_mean, credibility=CREDIBILITY):
    """Value of a customer's next order: his mean, drawn towards the company's.

    ``(n * mean + credibility * company_mean) / (n + credibility)``, never negative.

    :param mean_value: mean value per order, shape (n,), nan when none
    :param n: number of orders, shape (n,)
    :param company_mean: the company's mean order value, or that of each customer's
        peers, or None when unknown
    :param credibility: weight of the company's mean, in orders
    :return: company currency, shape (n,); nan when the company's mean is unknown
    """
    if company_mean is None:
        return np.full(len(n), np.nan)
    known = np.isfinite(mean_value)
    own = np.where(known, np.maximum(mean_value, 0), 0)
    orders = np.where(known, n, 0)
    return (orders * own + credibility * company_mean) / (orders + credibility)


def expected_value(orders, order_value):
    """Expected money: expected number of orders times the value of one."""
    return orders * order_value


def tier_limits(values):
    """From which value on a customer is A, and B: classical ABC analysis.

    Sorted by falling value, A are the customers who together bring the first 80 % of
    the total, the one who reaches it included; B those up to 95 %; C the others and
    everybody worth nothing. Customers of equal value share a tier. The limits lie a
    billionth below the value they are read from, for the sake of the last binary digit.

    :param values: value per customer in company currency, shape (n,), nan allowed
    :return: (least value of A, least value of B), or None when nobody is worth anything
    """
    positive = np.sort(values[np.isfinite(values) & (values > 0)])[::-1]
    if not positive.size:
        return None
    share = np.cumsum(positive) / positive.sum()
    position = np.searchsorted(share, np.array(TIER_SHARES) - 1e-9)
    limits = positive[np.minimum(position, positive.size - 1)] * (1 - 1e-9)
    return tuple(float(limit) for limit in limits)


def tier(values, limits):
    """Tier "A", "B" or "C" by the :func:`tier_limits` of the company; "" for nan.

    :param values: value per customer in company currency, shape (n,)
    :param limits: result of :func:`tier_limits`
    :return: strings, shape (n,)
    """
    least_a, least_b = limits or (np.inf, np.inf)
    return np.select(
        [~np.isfinite(values), values >= least_a, values >= least_b],
        ["", "A", "B"],
        "C",
    )
