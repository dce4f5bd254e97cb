"""A customer's own buying rhythm: how many days usually pass between purchases.

Few gaps say little about a customer, so his own median gap is drawn towards the
company's; how far is a matter of how many gaps he has. One-time buyers have none:
for them the company's second-purchase curve says when those who do come back come.
"""

from __future__ import annotations

import numpy as np

# From so many purchase days on, a customer's own gaps are called his own rhythm.
OWN_PURCHASE_DAYS = 4
# The company's gap counts as much as so many gaps of the customer.
PRIOR_GAPS = 2.0
DECILES = np.arange(0.1, 1.0, 0.1)


def company_gap(median_gap):
    """The company's usual gap: median over customers of their own median gap.

    :param median_gap: days, shape (n,), nan for customers without a gap
    :return: days (at least 1), or None when nobody bought twice
    """
    gaps = median_gap[np.isfinite(median_gap)]
    return max(float(np.median(gaps)), 1.0) if gaps.size else None


def second_purchase_curve(first_gap, age):
    """When those who buy a second time do so: the deciles of the first gap.

    Customers who have not come back yet may still: they are censored at their age
    (product-limit estimate, Kaplan and Meier 1958), and the curve is then read
    relative to the share that came back by the longest gap seen.

    :param first_gap: days from first to second purchase, shape (n,), nan if none yet
    :param age: days from the first purchase to the present, shape (n,)
    :return: nine numbers of days (10 %, ..., 90 %), empty when nobody came back
    """
    came_back = np.isfinite(first_gap)
    if not came_back.any():
        return ()
    days, returned = np.unique(first_gap[came_back], return_counts=True)
    waited = np.sort(np.where(came_back, first_gap, age))
    waiting = len(waited) - np.searchsorted(waited, days)
    share = 1 - np.cumprod(1 - returned / waiting)
    position = np.searchsorted(share, DECILES * share[-1])
    return tuple(float(day) for day in days[position])


def rhythm_days(purchase_days, median_gap, company, second_purchase=None):
    """Usual days between purchases, and what this rests on.

    With g = purchase_days - 1 gaps, and the company's gap counting as much as two::

        rhythm = exp((g * log(own median gap) + 2 * log(company)) / (g + 2))

    the mean being geometric because gaps spread over orders of magnitude. One-time
    buyers get ``second_purchase`` days when given, else the company's gap.

    :param purchase_days: number of days with a purchase, shape (n,)
    :param median_gap: own median gap in days, shape (n,), nan when there is none
    :param company: the company's gap in days, or None when nobody bought twice
    :param second_purchase: median of the second-purchase curve in days, or None
    :return: (days, evidence), both of shape (n,). Evidence is "own" (4 purchase days
        or more), "company" (fewer), or "none" (never bought, or nobody in the company
        bought twice); then days is nan.
    """
    if company is None:
        unknown = np.full(len(purchase_days), np.nan)
        return unknown, np.full(len(purchase_days), "none")
    known = purchase_days >= 1
    repeat = np.isfinite(median_gap) & (purchase_days >= 2)
    gaps = np.where(repeat, purchase_days - 1, 0)
    own = np.log(np.maximum(np.where(repeat, median_gap, company), 1.0))
    days = np.exp((gaps * own + PRIOR_GAPS * np.log(company)) / (gaps + PRIOR_GAPS))
    if second_purchase is not None:
        days = np.where(purchase_days == 1, max(second_purchase, 1.0), days)
    own_rhythm = repeat & (purchase_days >= OWN_PURCHASE_DAYS)
    evidence = np.where(own_rhythm, "own", np.where(known, "company", "none"))
    return np.where(known, days, np.nan), evidence


def expected_next_order(last_day, rhythm):
    """Day of the next order if the customer keeps his rhythm: last day + rhythm.

    A day that has passed without an order is left in the past: the order is overdue,
    and by how much is what the reader wants to know.

    :param last_day: day number of the last purchase, shape (n,), nan when none
    :param rhythm: usual days between purchases, shape (n,), nan when unknown
    :return: day numbers, shape (n,), nan when unknown
    """
    return last_day + rhythm
