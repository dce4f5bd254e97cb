"""EASE: which purchases foretell which, all products weighed against each other.

Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

# Rows of a matrix computed at once.
BLOCK = 256


def gram(matrix):
    """X'X of the sparse ``matrix`` X as a full one. Some rows at a time: as a sparse
    matrix it would take twice the memory, beside the full one.

    :return: shape (columns, columns), float32
    """
    columns = matrix.T.tocsr()
    size = columns.shape[0]
    product = np.empty((size, size), np.float32)
    for start in range(0, size, BLOCK):
        rows = slice(start, start + BLOCK)
        product[rows] = (columns[rows] @ matrix).toarray()
    return product


def regression(gram, ridge):
    """Coefficients of having bought each product on having bought the others, in
    closed form: with G the ``gram`` matrix X'X and P the inverse of G + ridge * I::

        B[i, j] = -P[i, j] / P[j, j] for i != j, else 0

    Time grows with the third power of the number of products, memory with its second
    (4 bytes a cell, twice over). The inverse is made by Cholesky factors, a
    quarter of the work of a general one.

    :param gram: symmetric, shape (n, n)
    :param ridge: positive
    :return: array of shape (n, n), float32; row i is what a purchase of i foretells
    """
    matrix = np.array(gram, np.float32).T  # symmetric, and columns are in a row
    if not matrix.size:
        return matrix
    matrix[np.diag_indices_from(matrix)] += np.float32(ridge)
    factor, failed = lapack.spotrf(matrix, lower=1, clean=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("the ridge is too small for this matrix")
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    # Only the lower half was computed.
    for place in range(1, len(inverse)):
        inverse[place - 1, place:] = inverse[place:, place - 1]
    inverse /= -inverse.diagonal()
    inverse[np.diag_indices_from(inverse)] = 0
    return inverse
