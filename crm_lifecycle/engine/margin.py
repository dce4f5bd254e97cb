"""What is left of the money: the margin, where the cost of what was sold is known."""

from __future__ import annotations

import dataclasses

import numpy as np

# The company's share of margin counts as much as so many usual orders of the customer.
PRIOR_ORDERS = 3.0
# Where the cost of so much of the sales is known, margin takes the place of money.
MOST_KNOWN = 0.5


@dataclasses.dataclass(frozen=True)
class Margin:
    """Margin of a company.

    - share: margin as a share of the sales whose cost is known
    - known: which part of all sales these are
    - prior: money at the company's share that is added to each customer's own
    """

    share: float
    known: float
    prior: float


def learn(facts, order_value):
    """The :class:`Margin` of the company, None when no cost is known.

    :param facts: cleaned facts of those who bought
    :param order_value: the company's usual order value, or None
    """
    margin, known = _known(facts)
    money = np.maximum(facts["order_value_sum"], 0).sum()
    if not known.sum() or not money or order_value is None:
        return None
    return Margin(
        share=float(np.clip(margin.sum() / known.sum(), -1, 1)),
        known=float(min(known.sum() / money, 1)),
        prior=PRIOR_ORDERS * order_value,
    )


def share(facts, learned):
    """Share of margin of each customer, drawn towards the company's where little of
    his own is known::

        (margin + prior * company's share) / (sales of known cost + prior)

    :param learned: result of :func:`learn`
    :return: from -1 to 1, shape (n,); nan where it is known of less than half of the
        company's sales and of less than half of his own
    """
    margin, known = _known(facts)
    if learned is None:
        return np.full(len(known), np.nan)
    result = (margin + learned.prior * learned.share) / (known + learned.prior)
    own = known >= MOST_KNOWN * np.maximum(facts["order_value_sum"], 0)
    enough = (learned.known >= MOST_KNOWN) | (own & (known > 0))
    return np.where(enough, np.clip(result, -1, 1), np.nan)


def decides(learned):
    """Whether customers are compared by margin instead of money."""
    return learned is not None and learned.known >= MOST_KNOWN


def _known(facts):
    known = np.nan_to_num(facts["margin_known_value"])
    known = np.where(np.isfinite(facts["margin"]), np.maximum(known, 0), 0)
    return np.where(known > 0, np.nan_to_num(facts["margin"]), 0), known
