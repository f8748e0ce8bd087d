r"""The keys of a query that may still win: a short list, and what a new key does to it.

`meet` is the one place where a key competes, whoever found it: the float64 tiles of `contenders`,
the screened tiles of `pretenders`, the stream of `passers`. A key comes with its computed squared
distance s, by differences, with a relative error of at most `distances.relative_error`. It is asked
for its threshold by `solve.energy_bounds`, and competes with the list: keys that the bounds cannot
order. Of keys with equal weights that are both certainly admitted, the list holds the nearest
alone, decided exactly (`expansion.nearer`), ties to the least index. A key that is not nearer, for
certain, than an admitted one of no greater weight is out (T6, T23).

Two numbers of a query rule out keys without a look at the list, the least s of a certainly admitted
key and the least upper bound on an energy of one:

1. Where every key admitted so far has no greater weight than those to come, a key that is
   certainly farther has more energy. With one weight for all keys this is the whole search (T7),
   and energies, which saturate, are never formed.
2. The least upper bound becomes, for the least weight to come, a separation beyond which every key
   has more energy (`solve.separation_beyond`).

A list that overflows, a squared distance outside [2^-900, 2^900] and a sum that `nearer` leaves
open make the query UNDECIDED: the reference takes it, with all its keys. Nothing that is dropped
can win, and what is dropped is dropped by a strict inequality between real numbers, so ties
survive; the order in which keys come changes the lists at most, never the answer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .expansion import OPEN, nearer
from .solve import energy_bounds, separation_beyond

__all__ = ["LISTED", "OVER_BUDGET", "UNDECIDED", "Rivals", "light", "meet", "near_limit",
           "tightened"]  # fmt: skip

LISTED = 8  # keys of a short list
UNDECIDED = -1  # in place of the length of a list
OVER_BUDGET = -2  # likewise: a screen is too coarse for this query

# Squared distances that floats hold with their relative error (reference/distances.py, step 3).
_LOW, _HIGH = 2.0**-900, 2.0**900


class Rivals(NamedTuple):
    """The lists of M queries, updated in place.

    Attributes
    ----------
    listed : int64 (M, LISTED)
    square, low : float64 (M, LISTED)
        Computed squared distances and lower bounds on the energies.
    sure : bool (M, LISTED)
        Whether the key is admitted for certain.
    lengths : int64 (M,)
        Or UNDECIDED, or OVER_BUDGET.
    near, least : float64 (M,)
        Least squared distance, and least upper bound on the energy, of a certainly admitted key.
    """

    listed: NDArray[np.int64]
    square: NDArray[np.float64]
    low: NDArray[np.float64]
    sure: NDArray[np.bool_]
    lengths: NDArray[np.int64]
    near: NDArray[np.float64]
    least: NDArray[np.float64]

    @classmethod
    def of(cls, queries: int) -> Rivals:
        """No key yet."""
        table = (queries, LISTED)
        return cls(
            np.zeros(table, np.int64), np.zeros(table), np.zeros(table),
            np.zeros(table, np.bool_), np.zeros(queries, np.int64),
            np.full(queries, np.inf), np.full(queries, np.inf),
        )  # fmt: skip


@njit(nogil=True, cache=True)
def light(alpha, key):
    """``min(alpha, 1 - alpha)`` of a key, exactly; ``alpha`` (N,), or (1,) for one of all keys."""
    a = alpha[min(key, alpha.size - 1)]
    return min(a, 1.0 - a)


@njit(nogil=True, cache=True)
def near_limit(near, relative):
    """A computed squared distance above which a key is farther than ``near``, for certain."""
    return near * (1.0 + 4.0 * relative) + _LOW


@njit(nogil=True, cache=True)
def tightened(limit, near, least, lightest, shared, beta, relative):
    """A computed squared distance above which no key of weight >= lightest can win.

    Parameters
    ----------
    limit : float
        What is known already.
    near : float
        Computed squared distance of a certainly admitted key of weight <= lightest, or inf.
    least : float
        Upper bound on the energy of a certainly admitted key, or inf.
    lightest : float
        The least weight of the keys to come.
    shared, beta, relative
        As in `meet`.
    """
    limit = min(limit, near_limit(near, relative))
    if not shared and least < np.inf:
        reach = separation_beyond(least, lightest, relative)
        limit = min(limit, reach / beta * (1.0 + 2.0**-40) + _LOW)
    return limit


@njit(nogil=True, cache=True)
def meet(query, row, keys, key, s, tau, alpha, shared, beta, relative, rivals):
    """Let a key compete for a query; whether it is admitted for certain and was let in.

    Parameters
    ----------
    query : (M, D), keys : (N, D)
        Contiguous float32 or float64.
    row, key : int
    s : float
        The computed squared distance, not NaN.
    tau : float
        Threshold; inf where thresholds are asked elsewhere.
    alpha : float64 (N,), or (1,) for one of all keys
    shared : bool
        Whether all weights are equal.
    beta : float
    relative : float
        `distances.relative_error`.
    rivals : Rivals

    Notes
    -----
    Clauses: GDA-select-index, GDA-select-ties, GDA-select-priors, GDA-admit-threshold,
    GDA-thm-prior-monotone, GDA-thm-screening.
    """
    listed, square, low, sure, lengths, near, least = rivals
    zero = False
    if not (_LOW <= s <= _HIGH):
        zero = s < _LOW and _equal(query[row], keys[key])
        if not zero:
            lengths[row] = UNDECIDED
            return False
        s = 0.0
    below, above = 0.0, 0.0
    if not zero and (tau < np.inf or not shared):
        below, above = energy_bounds(beta * s, light(alpha, key), relative)
    admitted = True
    if zero:
        if tau < 0.0:
            return False
    elif tau < np.inf:
        if tau <= 0.0 or below > tau:
            return False
        admitted = above <= tau
    if not shared and below > least[row]:
        return False
    count = _enter(
        query[row], keys, key, s, below, admitted, alpha, 1.0 + 4.0 * relative,
        listed[row], square[row], low[row], sure[row], lengths[row],
    )  # fmt: skip
    lengths[row] = count
    if count == UNDECIDED or not admitted:
        return False
    near[row] = min(near[row], s)
    if not shared:
        least[row] = min(least[row], above)
    lengths[row] = _prune(
        shared, near_limit(near[row], relative), least[row],
        listed[row], square[row], low[row], sure[row], count,
    )  # fmt: skip
    return True


@njit(nogil=True, cache=True)
def _equal(query, key):
    equal = True
    for c in range(query.size):
        equal = equal and np.float64(query[c]) == np.float64(key[c])
    return equal


@njit(nogil=True, cache=True)
def _enter(
    query, keys, key, s, below, admitted, alpha, margin, listed, square, low, sure, count
):  # fmt: skip
    """Let a key compete with the list; the new length, or UNDECIDED."""
    if admitted:
        own = light(alpha, key)
        for e in range(count):
            if not sure[e]:
                continue
            other = listed[e]
            if s == 0.0 and square[e] == 0.0:
                # both equal the query: energy 0, whatever the weights
                listed[e] = min(other, key)
                return count
            weight = light(alpha, other)
            if weight > own or s > square[e] * margin:
                # farther and no lighter: T6 and T23
                if weight <= own:
                    return count
                continue
            if weight != own:
                continue
            if square[e] <= s * margin:
                sign = nearer(query, keys[key], keys[other])
                if sign == OPEN:
                    return UNDECIDED
                if sign > 0 or (sign == 0 and other < key):
                    return count
            listed[e], square[e], low[e] = key, s, below
            return count
    if count == listed.size:
        return UNDECIDED
    listed[count], square[count], low[count], sure[count] = key, s, below, admitted
    return count + 1


@njit(nogil=True, cache=True)
def _prune(shared, reach, least, listed, square, low, sure, count):
    """Drop the listed keys that an admitted one beats for certain; the new length."""
    kept = 0
    for e in range(count):
        if (shared and square[e] > reach) or (not shared and low[e] > least):
            continue
        listed[kept], square[kept], low[kept], sure[kept] = listed[e], square[e], low[e], sure[e]
        kept += 1
    return kept
