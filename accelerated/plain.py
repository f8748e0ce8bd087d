"""The nearest key without a kernel: float64 bounds, then integers.

Slow, short and valid for every finite input, whatever its range of exponents. The kernels hand
their open questions to this module, so it is the floor that the whole package stands on.
"""

from __future__ import annotations

import numpy as np
from gd_attention.exact import grid_squares
from gd_attention.exact import nearest as exact_nearest
from numpy.typing import NDArray

from .bounds import UNIT, gamma

__all__ = ["nearest_row", "sign_row"]

Row = NDArray[np.floating]
_BLOCK = 1 << 22  # elements of keys looked at together: bounds the temporary memory


def nearest_row(query_row: Row, keys: Row) -> int:
    """The key nearest to one query in real arithmetic, ties to the least index.

    Parameters
    ----------
    query_row : floating, shape (D,)
    keys : floating, shape (N, D)
        Finite, N >= 1.

    Notes
    -----
    Clauses: GDA-thm-nearest, GDA-thm-screening, GDA-select-ties.

    All coordinates are multiplied by one power of two that brings the largest to [1/2, 1). A
    coordinate that falls below the normal range then loses at most 2^-1075, so a difference
    carries at most u|x| + 2^-1073. Squares and their sum, in any order, stay inside
    ``S (1 +- gamma(D + 4)) +- D 2^-1060``: the cross terms of 2^-1073 with a difference below 2
    and the underflow of squares are far below D 2^-1060.
    """
    query = np.asarray(query_row, dtype=np.float64)
    count, width = keys.shape
    top = max(float(np.abs(query).max(initial=0.0)), _largest(keys))
    shift = -int(np.frexp(top)[1])
    query = np.ldexp(query, shift)
    relative, absolute = gamma(width + 4, UNIT), width * 2.0**-1060
    lower = np.empty(count)
    least_upper = np.inf
    step = max(1, _BLOCK // max(1, width))
    for start in range(0, count, step):
        block = np.ldexp(np.asarray(keys[start : start + step], dtype=np.float64), shift)
        with np.errstate(under="ignore"):
            jumps = block - query
            squares = np.einsum("nd,nd->n", jumps, jumps)
            upper = float(squares.min()) * (1 + relative) + absolute
            lower[start : start + step] = squares * (1 - relative) - absolute
        least_upper = min(least_upper, upper)
    candidates = np.flatnonzero(lower <= least_upper)
    if len(candidates) == 1:
        return int(candidates[0])
    return exact_nearest(query_row, keys, candidates.tolist())


def sign_row(query_row: Row, key_i: Row, key_j: Row) -> int:
    """The sign of ``|q - k_i|^2 - |q - k_j|^2`` in real arithmetic, by integers: -1, 0 or 1.

    Clauses: GDA-thm-nearest, GDA-conv-real.
    """
    (first, second), _ = grid_squares(query_row, np.stack([key_i, key_j]))
    return (first > second) - (first < second)


def _largest(keys: Row) -> float:
    """The largest magnitude, without a temporary of the size of the keys."""
    return max(float(keys.max(initial=0.0)), -float(keys.min(initial=0.0)))
