"""Averages over a beta distribution, by a rule that is exact for polynomials."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import linalg

NODES, FEWER_NODES = 48, 16


def beta_rule(a, b, nodes=NODES):
    """Nodes and weights to average over beta (a, b) for many b at once.

    :param a: scalar > 0
    :param b: shape (m,), > 0
    :return: nodes in (0, 1) and weights that sum to 1, each of shape (m, nodes)
    """
    rules = np.array([_rule(float(a), float(value), nodes) for value in b])
    places, weights = rules.reshape(-1, 2, nodes).transpose(1, 0, 2)
    return places, weights


@lru_cache(maxsize=2048)
def _rule(a, b, nodes):
    """Golub and Welsch (1969): eigenvalues of the matrix of the recurrence of the
    Jacobi polynomials, and the squared first components of its eigenvectors.

    Remembered, because the customers of a company share a model and have few different
    numbers of orders.
    """
    right, left = b - 1, a - 1
    both = right + left
    n = np.arange(1, nodes)
    diagonal = np.empty(nodes)
    diagonal[0] = (left - right) / (both + 2)
    diagonal[1:] = (left**2 - right**2) / ((2 * n + both) * (2 * n + both + 2))
    m = n[1:]
    beside = np.empty(nodes - 1)
    beside[0] = 4 * (1 + right) * (1 + left) / ((2 + both) ** 2 * (3 + both))
    beside[1:] = 4 * m * (m + right) * (m + left) * (m + both)
    beside[1:] /= (2 * m + both) ** 2 * ((2 * m + both) ** 2 - 1)
    places, vectors = linalg.eigh_tridiagonal(diagonal, np.sqrt(beside))
    return np.maximum((1 + places) / 2, 1e-12), vectors[0] ** 2
