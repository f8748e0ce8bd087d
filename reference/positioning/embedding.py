"""Vectors that carry given scores, for operators that need vectors.

`embed`: the scores are inner products, and all norms are equal. The query is ``(R, 0, ..., 0)``;
key j is ``(s_j / R, ..., sqrt(R^2 - s_j^2 / R^2), ...)``, with the second entry at coordinate
1 + j. So ``q . k_j = s_j``, all norms are R, and
``|q - k_j|^2 = 2 (R^2 - s_j)``: the nearest key has the largest score, equal scores give equal
distances in exact arithmetic on the rounded coordinates too, and a shift of all scores moves all
keys away from the query alike.

`place`: the scores are minus the logarithms of squared distances. The query is 0 and key j lies at
``exp(-s_j / 2)`` on an axis of its own: the nearest key has the largest score, equal scores give
equal distances, and a shift of all scores scales all distances alike. Any score can be had, and
separations run from 0 to far beyond every threshold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["RADIUS", "embed", "place"]

Floats = NDArray[np.float64]

# A power of two, so that s / R is exact; R^2 = 256 exceeds every score of the families.
RADIUS = 16.0


def embed(scores: Floats) -> tuple[Floats, Floats]:
    """The query, shape (I, N + 1), and the keys, shape (I, N, N + 1).

    Parameters
    ----------
    scores : ndarray, shape (I, N)
        Of size at most R^2, dimensionless.

    Raises
    ------
    ValueError
        A score exceeds R^2 = 256 in size: no key of norm R has it.
    """
    if (np.abs(scores) > RADIUS**2).any():
        worst = np.abs(scores).max()
        raise ValueError(f"scores: expected at most {RADIUS**2:g} in size, got {worst:g}")
    instances, width = scores.shape
    query = np.zeros((instances, width + 1))
    query[:, 0] = RADIUS
    along = scores / RADIUS
    across = np.sqrt(RADIUS**2 - along**2)
    keys = np.zeros((instances, width, width + 1))
    keys[:, :, 0] = along
    each = np.arange(width)
    keys[:, each, 1 + each] = across
    return query, keys


def place(scores: Floats) -> tuple[Floats, Floats]:
    """The query, shape (I, N), and the keys, shape (I, N, N), with ``|q - k_j|^2 = exp(-s_j)``.

    Parameters
    ----------
    scores : ndarray, shape (I, N)
        Dimensionless; of size at most 1000, so that no squared distance leaves float64.
    """
    keys = np.zeros((*scores.shape, scores.shape[1]))
    each = np.arange(scores.shape[1])
    keys[:, each, each] = np.exp(-scores / 2)
    return np.zeros(scores.shape), keys
