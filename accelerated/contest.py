"""Candidates against the best key so far: a rounded distance, then exact arithmetic if need be.

``contest`` is the only place of the kernels that changes a winner, so the answer cannot depend on
the order in which candidates arrive: it keeps the lexicographic minimum of (real distance, index).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .expansion import OPEN, nearer

__all__ = ["CLEAR", "OVER_BUDGET", "UNDECIDED", "contest", "half_bound", "merge", "scan", "square"]

# What a row of the search ends as: decided; given up for a finer screen; to be decided by integers.
CLEAR, OVER_BUDGET, UNDECIDED = 0, 1, 2


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz"})
def square(query, row, keys, key):
    """The rounded squared distance, summed in float64 in the order that suits the machine."""
    total = 0.0
    for c in range(query.shape[1]):
        jump = np.float64(query[row, c]) - np.float64(keys[key, c])
        total += jump * jump
    return total


@njit(nogil=True, cache=True)
def contest(query, row, keys, key, relative, best, best_square):
    """The winner for query ``row`` between the keys ``best`` (-1: none yet) and ``key``.

    Parameters
    ----------
    relative : float
        Relative error of `square`, `bounds.square_error`.

    Returns
    -------
    best, best_square, status
    """
    found = square(query, row, keys, key)
    if best < 0:
        return key, found, CLEAR
    # the subtraction of jumps that underflow is exact and their squares lose at most 2^-1074 each
    tiny = query.shape[1] * 2.0**-1073
    gap = relative * (found + best_square) + tiny
    if found > best_square + gap:
        return best, best_square, CLEAR
    if found < best_square - gap:
        return key, found, CLEAR
    sign = nearer(query[row], keys[key], keys[best])
    if sign == OPEN:
        return best, best_square, UNDECIDED
    if sign < 0 or (sign == 0 and key < best):
        return key, found, CLEAR
    return best, best_square, CLEAR


@njit(nogil=True, cache=True)
def half_bound(best_square, unit, query_square, relative):
    """An upper bound on the least half score, from a rounded distance (`bounds.square_error`)."""
    scaled = best_square * unit * unit
    # 2^-400 covers every underflow: unit is at most 2^301
    return 0.5 * (scaled - query_square) + relative * (scaled + query_square) + 2.0**-400


@njit(nogil=True, cache=True)
def merge(query, rows, keys, relative, best, squares, status):
    """Join the winners of S parts of the keys, arrays (S, m), into part 0."""
    for i in range(rows.size):
        for part in range(1, best.shape[0]):
            status[0, i] = max(status[0, i], status[part, i])
            if best[part, i] >= 0 and status[0, i] == CLEAR:
                best[0, i], squares[0, i], status[0, i] = contest(
                    query, rows[i], keys, best[part, i], relative, best[0, i], squares[0, i]
                )


@njit(nogil=True, cache=True)
def scan(query, rows, keys, first, last, relative, best, squares, status):
    """Every key of [first, last) against every row: the search without a screen."""
    tiny = query.shape[1] * 2.0**-1072
    for i in range(rows.size):
        for key in range(first, last):
            # most keys lose by far: a contest would say so again
            if square(query, rows[i], keys, key) > squares[i] * (1.0 + 4.0 * relative) + tiny:
                continue
            if status[i] == CLEAR:
                best[i], squares[i], status[i] = contest(
                    query, rows[i], keys, key, relative, best[i], squares[i]
                )
