"""Who among the customers that still buy may be about to leave, and what is at stake.

Two warnings, each visible on the profile: the customer is late (away more than twice as
long as usual, and more than a week), and less than three quarters of the usual chance
of a purchase is left. None of them is a low risk, one a medium one, both a high one.
For who buys once a year no such chance is known: being late decides alone.

Whoever has been away for so long that nobody counts on him has no risk level: he is not
about to leave, he has left. The limits are those of the stages "At risk" and "Dormant"
that come with the addon. They hold whatever rules a company makes of its own.
"""

from __future__ import annotations

import numpy as np

LATE, LATE_DAYS = 2.0, 7
GONE, GONE_DAYS = 4.0, 30
LONGEST = 1095
AS_EVER, LITTLE = 0.95, 0.75
# A share of the chance below this is not told apart from none.
LEAST_KEPT = 0.1


def risk(scores):
    """Risk level and money at stake, from scores as they are shown.

    Money at stake is the expected value of 12 months that the customer would have right
    after a purchase, less the one that he has now. The chance that is left, against
    usual, is taken for what is left of the expected value::

        expected_value / probability_kept - expected_value

    Where no chance is known: what is expected, when he is late.

    :param scores: dict of arrays of shape (n,): days_since_order, recency_ratio,
        probability_kept and expected_value of :func:`scores.scores`
    :return: dict of arrays of shape (n,): risk_level "low", "medium", "high" or "", and
        money_at_stake, at least 0, nan without a risk level or expected value
    """
    since, ratio = scores["days_since_order"], scores["recency_ratio"]
    kept, worth = scores["probability_kept"], scores["expected_value"]
    unknown = np.isnan(kept)
    late = (ratio > LATE) & (since > LATE_DAYS) & ~(kept >= AS_EVER)
    little = kept < LITTLE
    gone = late & (
        ((ratio > GONE) & (since > GONE_DAYS) & ~(kept >= LITTLE)) | (since > LONGEST)
    )
    level = np.select(
        [gone | np.isnan(ratio), late & (little | unknown), late | little],
        ["", "high", "medium"],
        "low",
    )
    lost = np.where(unknown, late, 1 / np.clip(kept, LEAST_KEPT, 1) - 1)
    return {
        "risk_level": level,
        "money_at_stake": np.where(level == "", np.nan, np.round(worth * lost, 2)),
    }
