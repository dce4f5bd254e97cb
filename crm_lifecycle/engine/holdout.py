"""What suggestions brought: customers who saw them against customers drawn by lot who
did not.

Every customer counts for the group that he was drawn for, whether he bought or not and
whether or not a suggestion was really made (intention to treat). The difference of the
means is given with the interval of Welch (1947, Biometrika 34), which does not ask for
equal variances.

Amounts are skewed and the group without suggestions is small: then the interval alone
says too often that suggestions brought something, up to 15 % instead of 2.5 % in
simulations. So nothing is claimed unless the lot itself agrees: how often a lot drawn
anew among the same customers makes as large a difference (Fisher 1935, The Design of
Experiments). That is right for any amounts.
"""

import math

import numpy as np
from scipy.special import ndtri, stdtrit

LEVEL = 0.95
POWER = 0.8
# With fewer customers in a group, or days, a mean is that of a few invoices.
MIN_CUSTOMERS = 30
MIN_DAYS = 14
REDRAWS = 2000


def compare(shown, held_out, days, lift):
    """Compare the outcomes of the two groups.

    :param shown, held_out: arrays of a row per customer: his outcome in the first
        ``days // 2`` days of the experiment, and in the rest
    :param int days: how long it has been running
    :param float lift: the relative difference that one wants to be able to see
    :return: dict of

        - ``customers``, ``means``: of those with suggestions and those without
        - ``difference`` of the means; ``low`` and ``high``, between which it is with
          95 % certainty; ``lift``, relative to the customers without
        - ``chance``: that a lot alone makes a difference as large; only computed where
          zero is not in the interval
        - ``verdict``: ``early``; ``more`` or ``less``, when zero is not in the interval
          and ``chance`` is at most 5 %; else ``open``
        - ``visible_lift``: what would be seen four times out of five by now
        - ``days_needed``: length of an experiment in which ``lift`` would be seen as
          often; None if no length suffices for so few customers
        - ``customers_needed``: how many it takes for the same in the time so far

        None where it cannot be computed.
    """
    groups = [np.asarray(group, float).reshape(-1, 2) for group in (shown, held_out)]
    counts = [len(group) for group in groups]
    result = dict.fromkeys(
        (
            "difference",
            "low",
            "high",
            "chance",
            "lift",
            "visible_lift",
            "days_needed",
            "customers_needed",
        )
    )
    result |= {
        "customers": counts,
        "means": [
            float(group.sum(1).mean()) if len(group) else 0.0 for group in groups
        ],
        "verdict": "early",
    }
    if min(counts) < 2:
        return result
    errors = [group.sum(1).var(ddof=1) / len(group) for group in groups]
    error = sum(errors)
    result["difference"] = difference = result["means"][0] - result["means"][1]
    if error == 0:
        return result
    freedom = error**2 / sum(
        part**2 / (count - 1) for part, count in zip(errors, counts, strict=True)
    )
    margin = stdtrit(freedom, (1 + LEVEL) / 2) * math.sqrt(error)
    result["low"], result["high"] = difference - margin, difference + margin
    usual = result["means"][1]
    if usual > 0:
        result["lift"] = difference / usual
        result |= _plan(groups, days, error, usual, lift)
    if min(counts) < MIN_CUSTOMERS or days < MIN_DAYS:
        return result
    result["verdict"] = "open"
    if result["low"] > 0 or result["high"] < 0:
        result["chance"] = _chance([group.sum(1) for group in groups])
        if result["chance"] <= 1 - LEVEL:
            result["verdict"] = "more" if difference > 0 else "less"
    return result


def _chance(groups):
    """:return: share of ``REDRAWS`` lots by which the second group is at least as low,
    or as high, as it is; twice the smaller one, because either would be told"""
    everybody = np.concatenate(groups)
    size = len(groups[1])
    rng = np.random.default_rng(0)  # the same figures give the same answer
    drawn = np.array(
        [rng.permutation(everybody)[:size].mean() for _draw in range(REDRAWS)]
    )
    actual = groups[1].mean()
    tail = min((drawn <= actual).sum(), (drawn >= actual).sum())
    return min(1.0, 2 * (1 + int(tail)) / (1 + REDRAWS))


def _plan(groups, days, error, usual, lift):
    """How much longer, or how many more.

    In ``t`` days the mean of a customer is ``m t``. His outcome varies by ``a t``
    (chance, day by day) + ``b t^2`` (customers differ, and stay so). The covariance of
    the two parts of the time gives ``b``. A difference of ``lift`` is seen with the
    chance ``POWER`` when it is ``z`` standard errors, so

        a t + b t^2 <= (lift m t / z)^2    or    t >= a / ((lift m / z)^2 - b).

    With a season, or customers who come and go, it is longer.
    """
    z = float(ndtri((1 + LEVEL) / 2) + ndtri(POWER))
    parts = days // 2, days - days // 2
    lasting = 0.0
    if parts[0]:
        lasting = sum(
            max(np.cov(group.T)[0, 1], 0) / len(group) / (parts[0] * parts[1])
            for group in groups
        )
    lasting = min(lasting, error / days**2)
    daily = (error - lasting * days**2) / days
    room = (lift * usual / days / z) ** 2 - lasting
    visible = z * math.sqrt(error) / usual
    return {
        "visible_lift": visible,
        "days_needed": math.ceil(daily / room) if room > 0 else None,
        "customers_needed": math.ceil(
            sum(len(group) for group in groups) * (visible / lift) ** 2
        ),
    }
