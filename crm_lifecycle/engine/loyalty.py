"""Loyalty score, 0 to 100: visible parts that add up to it.

Each part is its weight times a share between 0 and 1. A better fact never lowers any
part; the customer's rhythm is a yardstick, not a merit: many orders close together make
the same silence longer. So only half of the recency is measured against it, the other
half against the company's usual rhythm. A new purchase, with all that it changes, never
lowers the score.

The weights are such that the score ranks who stays better than RFM does, tried on
earlier days of two public data sets, see docs/models.md.

What is not known yet (no delivery, no paid invoice) gets ``NEUTRAL`` of the weight:
neither punished nor trusted. Money and counts are measured on a logarithmic scale
against the company's other customers, so that one giant order buys no loyalty and the
currency plays no role.
"""

from __future__ import annotations

import numpy as np

WEIGHTS = {
    "recency": 20.0,
    "frequency": 30.0,
    "value": 10.0,
    "tenure": 10.0,
    "breadth": 10.0,
    "payment": 10.0,
    "delivery": 5.0,
    "returns": 5.0,
}
NEUTRAL = 0.6
# NEUTRAL counts as much as so many invoices or deliveries.
PRIOR_DOCUMENTS = 2.0
# A month of average delay leaves half of the payment part, as does half of the last
# year's invoices overdue; half of the money refunded leaves none of the returns part.
HALF_DELAY = 30.0
FULL_REFUND = 0.5
# The full share is never reached below these, whatever the other customers do.
LEAST_FULL = {
    "frequency": 4.0,
    "tenure": 365.0,
    "products": 5.0,
    "categories": 3.0,
    "value": 0.0,
}


def measures(facts):
    """What is compared with other customers: counts, money, days, shape (n,) each."""
    return {
        "frequency": facts["order_count_12m"],
        "value": facts["order_value_sum"],
        "tenure": facts["last_order_day"] - facts["first_order_day"],
        "products": facts["product_count"],
        "categories": facts["category_count"],
    }


def scales(facts):
    """The company's yardsticks: for each measure (median, where the share is full).

    Both over customers who have any of it; full is the 90 % quantile, at least twice
    the median and at least ``LEAST_FULL``.

    :param facts: facts of those who bought
    :return: dict of measure to a pair of floats > 0
    """
    result = {}
    for name, values in measures(facts).items():
        present = values[np.isfinite(values) & (values > 0)]
        middle, high = np.quantile(present, (0.5, 0.9)) if present.size else (1, 1)
        full = max(high, 2 * middle, LEAST_FULL[name])
        result[name] = (float(middle), float(full))
    return result


def check_weights(weights):
    """Return ``weights``, or raise ValueError unless they are the parts of 100."""
    if weights.keys() != WEIGHTS.keys() or min(weights.values()) < 0:
        raise ValueError(f"Loyalty weights must be >= 0, one for each of {[*WEIGHTS]}")
    if abs(sum(weights.values()) - 100) > 1e-6:
        raise ValueError("Loyalty weights must add up to 100")
    return weights


def loyalty(facts, recency_ratio, company_ratio, scales, weights):
    """The score and its parts, each rounded to one decimal, the score being their sum.

    :param facts: cleaned facts of those who bought, see ``population.clean``
    :param recency_ratio: days since the last order / rhythm, shape (n,), nan if unknown
    :param company_ratio: the same days / the company's usual rhythm
    :param scales: result of :func:`scales`
    :param weights: points of each part, adding up to 100
    :return: dict "loyalty_score", "loyalty_recency", ... of arrays of shape (n,)
    """
    shares = {
        "recency": (_recency(recency_ratio) + _recency(company_ratio)) / 2,
        **_compared(facts, scales),
        "payment": _payment(facts),
        "delivery": _delivery(facts),
        "returns": _returns(facts),
    }
    parts = {
        f"loyalty_{name}": np.round(weight * shares[name], 1)
        for name, weight in weights.items()
    }
    return {"loyalty_score": np.round(sum(parts.values()), 1), **parts}


def _recency(ratio):
    """1 right after an order, 0.8 at the usual time, 0.5 at twice the usual time::

    1 / (1 + (ratio / 2) ** 2)
    """
    return np.where(np.isfinite(ratio), 1 / (1 + (ratio / 2) ** 2), NEUTRAL)


def _compared(facts, scales):
    """log(1 + v / median) / log(1 + full / median), at most 1; breadth is the mean of
    products and categories."""
    shares = {}
    for name, values in measures(facts).items():
        middle, full = scales[name]
        share = np.log1p(np.maximum(values, 0) / middle) / np.log1p(full / middle)
        shares[name] = np.minimum(share, 1)
    shares["breadth"] = (shares.pop("products") + shares.pop("categories")) / 2
    return shares


def _payment(facts):
    """Punctuality of what was paid, times the share of the last year not overdue.

    Punctuality is 1 up to the due date and 1 / (1 + days late / 30) after it, with two
    neutral invoices added; the share is invoiced / (invoiced + overdue).
    """
    late = np.maximum(np.nan_to_num(facts["payment_delay"]), 0)
    paid = np.where(np.isfinite(facts["payment_delay"]), facts["invoice_paid_count"], 0)
    punctual = (paid / (1 + late / HALF_DELAY) + PRIOR_DOCUMENTS * NEUTRAL) / (
        paid + PRIOR_DOCUMENTS
    )
    overdue = np.maximum(facts["overdue_amount"], 0)
    invoiced = np.maximum(facts["net_invoiced_12m"], 0)
    owed = np.where(overdue > 0, overdue / np.maximum(overdue + invoiced, 1e-9), 0)
    return punctual * (1 - owed)


def _delivery(facts):
    """Share of deliveries on time, with two neutral deliveries added."""
    count = facts["delivery_count"]
    on_time = np.maximum(count - facts["delivery_late_count"], 0)
    return (on_time + PRIOR_DOCUMENTS * NEUTRAL) / (count + PRIOR_DOCUMENTS)


def _returns(facts):
    """Share of the money not refunded (half refunded is none), less for each return::

    (1 - refunded share / 0.5) * orders / (orders + returns)
    """
    ratio = facts["refund_ratio"]
    kept = 1 - np.clip(ratio / FULL_REFUND, 0, 1)
    kept = np.where(np.isfinite(ratio), kept, NEUTRAL)
    orders = np.maximum(facts["order_count"], 1)
    return kept * orders / (orders + facts["return_count"])
