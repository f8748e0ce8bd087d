"""Keys by rising weight: shares of the range of weights first, then a few keys in each.

Sorting a quarter of a million weights by comparisons takes as long as all else that a call of 64
queries does with their keys. Priors are spread as a rule: if their range is cut into equal parts,
one for every four keys, each part holds a few. Where one holds many, all are sorted by comparisons.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .packing import read_only
from .rivals import light
from .weights import minor

__all__ = ["by_weight"]

Index = NDArray[np.int64]

_FEW = 1024  # keys, up to which it makes no difference
_AVERAGE = 4  # keys of a part
_CROWD = 64  # keys of a part, beyond which moving them one by one takes longer


def by_weight(alpha: NDArray[np.float64], keys: Index, least: float, most: float) -> Index:
    """Some keys by rising weight min(alpha, 1 - alpha); of equal ones in any order.

    Parameters
    ----------
    alpha : float64 (N,)
        In (0, 1).
    keys : int64 (K,)
    least, most : float
        Bounds on their weights.
    """
    order = np.empty_like(keys)
    if len(keys) > _FEW and _spread(alpha, read_only(keys), least, most, order):
        return order
    return keys[np.argsort(minor(read_only(alpha[keys])))]


@njit(nogil=True, cache=True)
def _part(weight, least, scale, parts):
    """Which part of the range; it never falls as the weight rises, since no rounding does."""
    return min(int((weight - least) * scale), parts - 1)


@njit(nogil=True, cache=True)
def _spread(alpha, keys, least, most, order):
    """Sort into ``order``, unless a part is crowded; whether it was done."""
    count = keys.size
    parts = max(1, count // _AVERAGE)
    # also where the range is 0 or next to it
    if not parts < (most - least) * 2.0**900:
        return False
    scale = parts / (most - least)
    ends = np.zeros(parts + 1, np.int64)
    for i in range(count):
        ends[_part(light(alpha, keys[i]), least, scale, parts) + 1] += 1
    for part in range(parts):
        if ends[part + 1] > _CROWD:
            return False
        ends[part + 1] += ends[part]
    weights = np.empty(count)
    for i in range(count):
        weight = light(alpha, keys[i])
        part = _part(weight, least, scale, parts)
        order[ends[part]], weights[ends[part]] = keys[i], weight
        ends[part] += 1
    for i in range(1, count):
        key, weight, place = order[i], weights[i], i
        while place > 0 and weights[place - 1] > weight:
            order[place], weights[place] = order[place - 1], weights[place - 1]
            place -= 1
        order[place], weights[place] = key, weight
    return True
