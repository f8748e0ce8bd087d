"""The naive yardstick: every pair's root solved by compiled code, then the least energy.

Squared distances and energies are rounded float64 numbers and compared as such, so an index can
differ from the exact one where two energies nearly agree.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from gd_attention.accelerated.solve import minor_coordinate
from gd_attention.accelerated.threads import run, thread_count
from numba import njit
from numpy.typing import ArrayLike, NDArray

__all__ = ["least_energy"]


@njit(nogil=True, cache=True, error_model="numpy")
def _energy(separation, a):  # type: ignore[no-untyped-def]
    """``x u^2 + log((1 - u)/(1 - a))`` at the minimiser u, for a = min(alpha, 1 - alpha)."""
    minor = minor_coordinate(separation, a)
    return separation * minor * minor + math.log1p((a - minor) / (1.0 - a))


@njit(nogil=True, cache=True, error_model="numpy")
def _search(query, keys, weight, beta, threshold, mask, masked, first, last, least, index):  # type: ignore[no-untyped-def]
    for i in range(query.shape[0]):
        for j in range(first, last):
            if masked and not mask[i, j]:
                continue
            total = 0.0
            for c in range(keys.shape[1]):
                jump = np.float64(query[i, c]) - np.float64(keys[j, c])
                total += jump * jump
            energy = _energy(beta * total, weight[j])
            if energy < least[i] and energy <= threshold[j]:
                least[i], index[i] = energy, j


def least_energy(
    query: NDArray[np.float32],
    keys: NDArray[np.float32],
    *,
    alpha: ArrayLike,
    beta: float,
    threshold: ArrayLike = math.inf,
    mask: NDArray[np.bool_] | None = None,
    threads: bool,
) -> NDArray[np.int64]:
    """The key of least computed energy, -1 where none is admitted; ties to the least index.

    Parameters
    ----------
    query : float32 (M, D), keys : float32 (N, D)
    alpha, threshold : broadcast to (N,)
    beta : float
    mask : bool (M, N), optional
    threads : bool
        All threads, each with a range of the keys, or one.
    """
    count = len(keys)
    given = np.asarray(alpha, np.float64)
    weight = np.ascontiguousarray(np.broadcast_to(np.minimum(given, 1.0 - given), count))
    limit = np.ascontiguousarray(np.broadcast_to(np.asarray(threshold, np.float64), count))
    allowed = np.ones((1, 1), np.bool_) if mask is None else mask
    cuts = thread_count() if threads else 1
    least = np.full((cuts, len(query)), np.inf)
    index = np.full((cuts, len(query)), -1)
    tasks: list[Any] = [
        partial(
            _search, query, keys, weight, beta, limit, allowed, mask is not None,
            count * i // cuts, count * (i + 1) // cuts, least[i], index[i],
        )
        for i in range(cuts)
    ]  # fmt: skip
    run(tasks)
    # the first of equal energies has the least index, since the ranges ascend
    return index[least.argmin(axis=0), np.arange(len(query))]
