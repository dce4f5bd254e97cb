"""Customers of the same group: of one industry, or who mainly buy the same category.

A group's usual rhythm and order value, against the company's, speak for its members
whose own history is short. How much a group is believed depends on how many members it
has and on how far groups lie apart in this company (analysis of variance with random
effects, as in Buhlmann 1967)::

    factor = (group's median / company's median) ^ weight
    weight = members / (members + within / between)

with the variances of logarithms within and between groups. A group that is believed
less than half is none.
"""

from __future__ import annotations

import dataclasses

import numpy as np

# A group of fewer members is not looked at.
ENOUGH_MEMBERS = 20
LEAST_WEIGHT = 0.5
# Sampling variance of a median, against that of the mean.
MEDIAN_VARIANCE = np.pi / 2


@dataclasses.dataclass(frozen=True)
class Group:
    """A group that differs: ``pace`` multiplies the company's days between purchases,
    ``worth`` its order value; 1 where it does not differ in that."""

    key: float
    pace: float = 1.0
    worth: float = 1.0


def learn(group, gap, order_value):
    """The groups that differ, by rising key.

    :param group: key of the group of each customer, shape (n,), nan for none
    :param gap: usual days between his purchases, nan when unknown
    :param order_value: his mean order value
    """
    paces, worths = (_factors(group, values) for values in (gap, order_value))
    return tuple(
        Group(key, paces.get(key, 1.0), worths.get(key, 1.0))
        for key in sorted({*paces, *worths})
    )


def find(group, learned):
    """What the customer's group says of him.

    :param learned: result of :func:`learn`
    :return: (pace, worth, whether it says anything), shape (n,) each
    """
    row = np.zeros(len(group), int)
    for position, each in enumerate(learned, 1):
        row[group == each.key] = position
    paces = np.array([1.0, *(each.pace for each in learned)])
    worths = np.array([1.0, *(each.worth for each in learned)])
    return paces[row], worths[row], row > 0


def _factors(group, values):
    """Factor by which each group differs, of those that do."""
    used = np.isfinite(group) & np.isfinite(values) & (values > 0)
    keys, row, members = np.unique(group[used], return_inverse=True, return_counts=True)
    large = np.flatnonzero(members >= ENOUGH_MEMBERS)
    if len(large) < 2:
        return {}
    logs = [np.log(values[used][row == position]) for position in large]
    members = members[large]
    medians = np.array([np.median(each) for each in logs])
    squares = sum(((each - each.mean()) ** 2).sum() for each in logs)
    within = MEDIAN_VARIANCE * squares / (members.sum() - len(large))
    middle = (members * medians).sum() / members.sum()
    apart = (members * (medians - middle) ** 2).sum() - (len(large) - 1) * within
    between = apart / (members.sum() - (members**2).sum() / members.sum())
    if between <= 0:
        return {}
    weights = members / (members + within / between)
    company = np.median(np.log(values[used]))
    return {
        float(keys[position]): float(np.exp(weight * (median - company)))
        for position, weight, median in zip(large, weights, medians, strict=True)
        if weight >= LEAST_WEIGHT
    }
