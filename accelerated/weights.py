"""What a call asks of all its keys at once: weights min(alpha, 1 - alpha), and finite coordinates.

Compiled, since for one query a pass of NumPy over the keys costs as much as the whole search.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from gd_attention import validation
from numba import njit
from numpy.typing import NDArray

from .packing import read_only
from .threads import run, thread_count

__all__ = ["all_finite", "extremes", "minor", "one_weight"]

_BLOCK = 1024  # elements between two looks at the sum
_LITTLE = 1 << 16  # elements, below which a second thread costs more than it saves


@njit(nogil=True, cache=True)
def minor(alpha):
    """``min(alpha, 1 - alpha)``, exactly (`reference/intervals.py`); alpha float64 (N,)."""
    out = np.empty(alpha.size)
    for i in range(alpha.size):
        out[i] = min(alpha[i], 1.0 - alpha[i])
    return out


@njit(nogil=True, cache=True)
def one_weight(alpha, keys, every):
    """Whether some keys, or ``every`` one, have the same weight; alpha float64 (N,)."""
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


@njit(nogil=True, cache=True, fastmath={"reassoc", "nsz"})
def _zeros(values):
    """The sum of zero times each: NaN if one is NaN or infinite, in any order of addition."""
    total = values.dtype.type(0.0)
    for x in values:
        total += x * values.dtype.type(0.0)
    return total


@njit(nogil=True, cache=True)
def _finite(values, first, last, found):
    """Whether ``values[first:last]`` are finite."""
    found[0] = True
    for begin in range(first, last, _BLOCK):
        end = min(begin + _BLOCK, last)
        found[0] = found[0] and _zeros(values[begin:end]) == 0.0


def extremes(
    alpha: NDArray[np.float64], keys: NDArray[np.int64], every: bool
) -> tuple[float, float]:
    """The least weight of some keys, or of ``every`` one, and a bound on the largest.

    Rounded, 1 - alpha still never rises as alpha does: its extremes are where those of alpha are.
    """
    given = alpha if every else alpha[keys]
    if not given.size:
        return 0.5, 0.5
    low, high = float(given.min()), float(given.max())
    return min(low, 1.0 - high), min(high, 1.0 - low)


def all_finite(array: NDArray[Any]) -> bool:
    """Whether no element of a floating array is NaN or infinite."""
    if array.dtype not in (np.float32, np.float64) or not array.flags.c_contiguous:
        return validation.all_finite(array)
    values = read_only(array.reshape(-1))
    cuts = thread_count() if values.size > _LITTLE else 1
    found = np.zeros(cuts, np.bool_)
    run(
        partial(
            _finite, values, values.size * i // cuts, values.size * (i + 1) // cuts,
            found[i : i + 1],
        )
        for i in range(cuts)
    )  # fmt: skip
    return bool(found.all())
