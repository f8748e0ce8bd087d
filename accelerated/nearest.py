"""The exact nearest key of every query, for keys that share one alpha."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .plain import nearest_row, sign_row

__all__ = ["Packed", "nearest", "pack", "squared_distance_sign"]

Rows = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Packed:
    """Keys prepared for repeated use."""

    keys: Rows


def pack(keys: Rows) -> Packed:
    """Prepare keys of shape (N, D) for repeated calls of `nearest`."""
    return Packed(keys)


def nearest(query: Rows, keys: Rows, *, packed: Packed | None = None) -> NDArray[np.int64]:
    """The index of the key nearest to each query in real arithmetic, ties to the least index.

    Parameters
    ----------
    query : float32 or float64, shape (M, D)
        Finite.
    keys : float32 or float64, shape (N, D)
        Finite, N >= 1.
    packed : Packed, optional
        The result of ``pack(keys)``.

    Returns
    -------
    int64, shape (M,)

    Notes
    -----
    Clauses: GDA-thm-nearest, GDA-select-ties.
    """
    return np.array([nearest_row(row, keys) for row in query], dtype=np.int64)


def squared_distance_sign(query_row: Rows, key_i: Rows, key_j: Rows) -> int:
    """The sign of ``|q - k_i|^2 - |q - k_j|^2`` in real arithmetic: -1, 0 or 1.

    Clauses: GDA-thm-nearest, GDA-conv-real.
    """
    return sign_row(query_row, key_i, key_j)
