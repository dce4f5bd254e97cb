"""Picking the best and judging the pick."""

from __future__ import annotations

import numpy as np

PLACES = 10
NOTHING = -1


def best(scores, limit=PLACES):
    """The columns with the greatest scores, for each row; ties go to the lower one.

    :param scores: shape (n, m); -inf for what may not be picked
    :return: shape (n, limit), best first, then ``NOTHING``
    """
    limit_here = min(limit, scores.shape[1])
    found = np.full((len(scores), limit), NOTHING)
    if not limit_here:
        return found
    if limit_here < scores.shape[1]:
        # Everything at least as good as the last place, of which ties make several.
        least = -np.partition(-scores, limit_here - 1, axis=1)[:, limit_here - 1]
    else:
        least = np.full(len(scores), -np.inf)
    row, column = np.nonzero((scores >= least[:, None]) & (scores > -np.inf))
    order = np.lexsort((column, -scores[row, column], row))
    row, column = row[order], column[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    kept = place < limit_here
    found[row[kept], place[kept]] = column[kept]
    return found


def best_of_groups(group, item, score, groups, limit=PLACES):
    """As :func:`best`, of items in rows: the group (row of the result), the item and
    its score."""
    order = np.lexsort((item, -score, group))
    group, item = group[order], item[order]
    place = np.arange(len(group)) - np.searchsorted(group, group)
    kept = place < limit
    found = np.full((groups, limit), NOTHING)
    found[group[kept], place[kept]] = item[kept]
    return found


def fill(found, popular, taken):
    """Put ``popular`` products where nothing was found, so that every row is full.

    :param found: shape (n, places), ends of rows ``NOTHING``; changed in place
    :param popular: products, best first
    :param taken: function of a row's number to the products it may not have
    """
    for row in np.flatnonzero(found[:, -1] == NOTHING):
        places = np.flatnonzero(found[row] == NOTHING)
        known = np.append(found[row, : places[0]], taken(row))
        spare = popular[~np.isin(popular, known)][: len(places)]
        found[row, places[: len(spare)]] = spare
    return found


def gains(found, row, item, products):
    """NDCG of each row (Järvelin and Kekäläinen 2002): hits count less by the logarithm
    of their place, as a share of the best that was possible.

    :param found: picked products, shape (n, places)
    :param row, item: what was then bought, in which row
    :return: NDCG, hit (1 or 0) and recall per row, shape (3, n); rows where nothing was
        bought are nan
    """
    count = np.bincount(row, minlength=len(found))
    wanted = np.unique(row * products + item)
    rows = np.arange(len(found))[:, None]
    hits = np.isin(rows * products + found, wanted) & (found != NOTHING)
    worth = 1 / np.log2(np.arange(2, found.shape[1] + 2))
    possible = np.append(0, np.cumsum(worth))[np.minimum(count, found.shape[1])]
    share = np.full((3, len(found)), np.nan)
    some = count > 0
    share[0, some] = (hits @ worth)[some] / possible[some]
    share[1, some] = hits.any(axis=1)[some]
    share[2, some] = hits.sum(axis=1)[some] / count[some]
    return share
