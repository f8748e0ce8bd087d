"""The weights of the keys, min(alpha, 1 - alpha): their values, their order, whether they differ.

Compiled for what a call may cost: sorting a million weights by comparisons takes longer than one
query's whole pass over a million keys.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["by_weight", "minor", "one_weight"]

_PER_BUCKET = 4  # weights, if they were spread evenly
_FEW = 32  # sorted by insertion


@njit(nogil=True, cache=True)
def minor(alpha):
    """``min(alpha, 1 - alpha)``, exactly (`reference/intervals.py`); alpha float64 (N,)."""
    out = np.empty(alpha.size)
    for i in range(alpha.size):
        out[i] = min(alpha[i], 1.0 - alpha[i])
    return out


@njit(nogil=True, cache=True)
def one_weight(alpha, keys, every):
    """Whether some keys, or ``every`` one, have the same weight."""
    count = alpha.size if every else keys.size
    if count == 0:
        return True
    first = alpha[0 if every else keys[0]]
    first = min(first, 1.0 - first)
    for i in range(count):
        a = alpha[i if every else keys[i]]
        if min(a, 1.0 - a) != first:
            return False
    return True


@njit(nogil=True, cache=True)
def by_weight(weight, keys):
    """The keys by rising weight.

    Parameters
    ----------
    weight : float64 (N,)
        Finite.
    keys : int64 (K,)

    Notes
    -----
    Distributed over buckets of equal width, each sorted by itself: linear where the weights are
    spread, a plain sort at worst. A weight's bucket is a non-decreasing function of it, since
    subtraction, product and truncation are.
    """
    count = keys.size
    least, most = np.inf, -np.inf
    for key in keys:
        least, most = min(least, weight[key]), max(most, weight[key])
    if not least < most:
        return keys.copy()
    buckets = max(1, count // _PER_BUCKET)
    scale = buckets / (most - least)
    if not scale < np.inf:
        return keys[np.argsort(weight[keys])]
    ends = np.zeros(buckets + 1, np.int64)
    place = np.empty(count, np.int64)
    for i in range(count):
        place[i] = min(np.int64((weight[keys[i]] - least) * scale), buckets - 1)
        ends[place[i] + 1] += 1
    for b in range(buckets):
        ends[b + 1] += ends[b]
    order = np.empty(count, np.int64)
    sorted_ = np.empty(count)  # the weights beside their keys: looked up, each would miss the cache
    for i in range(count):
        at = ends[place[i]]
        order[at], sorted_[at] = keys[i], weight[keys[i]]
        ends[place[i]] += 1
    first = 0
    for b in range(buckets):
        last = ends[b]
        if last - first > _FEW:
            order[first:last] = order[first:last][np.argsort(sorted_[first:last])]
        else:
            for i in range(first + 1, last):
                key, value = order[i], sorted_[i]
                j = i
                while j > first and sorted_[j - 1] > value:
                    order[j], sorted_[j] = order[j - 1], sorted_[j - 1]
                    j -= 1
                order[j], sorted_[j] = key, value
        first = last
    return order
