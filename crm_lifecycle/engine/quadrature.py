"""Averages over a beta distribution, by a rule that is exact for polynomials."""

from __future__ import annotations

import numpy as np

NODES = 48


def beta_rule(a, b):
    """Nodes and weights to average over beta (a, b) for many b at once.

    Golub and Welsch (1969): eigenvalues of the matrix of the recurrence of the
    Jacobi polynomials, and the squared first components of its eigenvectors.

    :param a: scalar > 0
    :param b: shape (m,), > 0
    :return: nodes in (0, 1) and weights that sum to 1, each of shape (m, 48)
    """
    right, left = (b - 1)[:, None], a - 1
    both = right + left
    n = np.arange(1, NODES)
    diagonal = np.empty((len(b), NODES))
    diagonal[:, :1] = (left - right) / (both + 2)
    diagonal[:, 1:] = (left**2 - right**2) / ((2 * n + both) * (2 * n + both + 2))
    m = n[1:]
    beside = np.empty((len(b), NODES - 1))
    beside[:, :1] = 4 * (1 + right) * (1 + left) / ((2 + both) ** 2 * (3 + both))
    beside[:, 1:] = 4 * m * (m + right) * (m + left) * (m + both)
    beside[:, 1:] /= (2 * m + both) ** 2 * ((2 * m + both) ** 2 - 1)
    matrix = np.zeros((len(b), NODES, NODES))
    index = np.arange(NODES)
    matrix[:, index, index] = diagonal
    matrix[:, index[1:], index[:-1]] = np.sqrt(beside)
    nodes, vectors = np.linalg.eigh(matrix, UPLO="L")
    return np.maximum((1 + nodes) / 2, 1e-12), vectors[:, 0, :] ** 2
