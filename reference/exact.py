"""Exact squared lengths and separations of float64 rows.

Every finite float64 is an integer times a power of two, so all coordinates of a query and its
keys lie on one grid ``2**exponent``. On that grid differences, squares and sums are integers:
no rounding, and no reduction of fractions while keys are only compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["exact_separation", "exact_separations", "grid_squares", "nearest", "scaled_fraction"]

_MANTISSA = 53  # bits of a float64 significand, the hidden bit included


def grid_squares(query_row: ArrayLike, keys: ArrayLike) -> tuple[list[int], int]:
    """Squared lengths of the jumps from one query to each key, as integers on a common grid.

    Parameters
    ----------
    query_row : array_like, shape (D,)
        Finite float64 coordinates.
    keys : array_like, shape (N, D)
        Finite float64 coordinates.

    Returns
    -------
    squares : list of int, length N
    exponent : int
        The squared length of jump j is ``squares[j] * 2**exponent`` exactly.

    Notes
    -----
    Clauses: GDA-def-jump, GDA-conv-real.
    """
    query = np.asarray(query_row, dtype=np.float64)
    rows = np.asarray(keys, dtype=np.float64)
    count, width = rows.shape
    mantissas, exponents = _odd_parts(np.concatenate([query[None, :], rows]))
    nonzero = mantissas != 0
    if not nonzero.any():
        return [0] * count, 0
    base = int(exponents[nonzero].min())
    shifts = np.where(nonzero, exponents - base, 0)
    # every |integer| on the grid is below 2**bits
    bits = int(np.frexp(np.abs(mantissas).astype(np.float64))[1][nonzero].max() + shifts.max())
    # a difference is below 2**(bits+1), so the sum of squares stays below width * 4**(bits+1)
    if 2 * (bits + 1) + width.bit_length() <= 62:
        grid = mantissas << shifts
        jumps = grid[1:] - grid[0]
        squares: list[int] = np.sum(jumps * jumps, axis=1).tolist()
        return squares, 2 * base
    integers = [
        [mantissa << shift for mantissa, shift in zip(row, row_shifts, strict=True)]
        for row, row_shifts in zip(mantissas.tolist(), shifts.tolist(), strict=True)
    ]
    origin = integers[0]
    squares = [
        sum((x - y) * (x - y) for x, y in zip(row, origin, strict=True)) for row in integers[1:]
    ]
    return squares, 2 * base


def exact_separations(query_row: ArrayLike, keys: ArrayLike, beta: float) -> list[Fraction]:
    """Separations ``beta |k_j - q|^2`` of one query and each key, exactly.

    Parameters
    ----------
    query_row : array_like, shape (D,)
        Finite float64 coordinates.
    keys : array_like, shape (N, D)
        Finite float64 coordinates.
    beta : float
        Precision, finite and positive.

    Returns
    -------
    list of Fraction, length N
        Dimensionless; 0 exactly where the key equals the query.

    Notes
    -----
    Clause: GDA-def-separation.
    """
    squares, exponent = grid_squares(query_row, keys)
    mantissa, beta_exponent = _odd_part(float(beta))
    return [scaled_fraction(square * mantissa, exponent + beta_exponent) for square in squares]


def exact_separation(query_row: ArrayLike, key_row: ArrayLike, beta: float) -> Fraction:
    """Separation ``beta |k - q|^2`` of one pair of rows of shape (D,), exactly.

    Clause: GDA-def-separation.
    """
    key = np.asarray(key_row, dtype=np.float64)
    return exact_separations(query_row, key[None, :], beta)[0]


def nearest(query_row: ArrayLike, keys: ArrayLike, candidates: Iterable[int]) -> int:
    """The candidate of least exact distance from the query, ties to the least index.

    Parameters
    ----------
    query_row : array_like, shape (D,)
        Finite float64 coordinates.
    keys : array_like, shape (N, D)
        Only the candidate rows are read.
    candidates : iterable of int
        Row numbers of ``keys``, at least one, in any order.

    Notes
    -----
    Clauses: GDA-thm-nearest, GDA-select-ties.
    """
    order = sorted(candidates)
    squares, _ = grid_squares(query_row, np.asarray(keys, dtype=np.float64)[order])
    # min keeps the first of equal items, and order is ascending
    return order[min(range(len(order)), key=squares.__getitem__)]


def scaled_fraction(mantissa: int, exponent: int) -> Fraction:
    """The rational ``mantissa * 2**exponent``, reduced by shifts before Fraction sees it."""
    if mantissa == 0:
        return Fraction(0)
    zeros = (mantissa & -mantissa).bit_length() - 1
    mantissa, exponent = mantissa >> zeros, exponent + zeros
    if exponent >= 0:
        return Fraction(mantissa << exponent)
    return Fraction(mantissa, 1 << -exponent)


def _odd_parts(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Odd integers m and exponents e with ``values = m * 2**e``; zeros have m = 0."""
    fractions, exponents = np.frexp(values)
    mantissas = np.ldexp(fractions, _MANTISSA).astype(np.int64)
    lowest = (mantissas & -mantissas).astype(np.float64)
    zeros = np.where(mantissas == 0, 0, np.frexp(lowest)[1] - 1).astype(np.int64)
    return mantissas >> zeros, exponents.astype(np.int64) - _MANTISSA + zeros


def _odd_part(value: float) -> tuple[int, int]:
    """Odd integer m and exponent e with ``value = m * 2**e``, for a positive float."""
    fraction, exponent = math.frexp(value)
    mantissa = int(math.ldexp(fraction, _MANTISSA))
    zeros = (mantissa & -mantissa).bit_length() - 1
    return mantissa >> zeros, exponent - _MANTISSA + zeros
