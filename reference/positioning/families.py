"""The inputs of the map: sets of scores, each family made to show one thing.

Scores are multiples of 1/1024, so that ties are exact and every sum of a few of them is exact too.
They come from NumPy's frozen legacy generator: the same numbers in every version. `digest` names
the arrays.

=========  =====================================================================================
COH        coherent: n = 8 draws of N(0, 1), one of them raised by 4
AMB        ambiguous: two entries tied at 4, the others from N(0, 0.3)
SHD        shifted: COH less 12, so the same relative evidence and less absolute evidence
SING       a single candidate, the best of COH less 12
FLAT       no evidence: N(-12, 0.01)
EMPTY      COH with every candidate masked
=========  =====================================================================================
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["INSTANCES", "SHIFT", "SWEEP", "WIDTH", "Family", "digest", "families"]

INSTANCES = 400
WIDTH = 8
SHIFT = 12.0
SWEEP = (0.25, 1.0, 4.0, 16.0)  # the factors of the scale sweep of COH
_GRID = 1024.0


@dataclass(frozen=True)
class Family:
    """Scores of shape (I, N) and a mask of the same shape, True where a candidate is present."""

    name: str
    scores: NDArray[np.float64]
    mask: NDArray[np.bool_]


def families(seed: int = 20) -> dict[str, Family]:
    """All families by name, the scale sweep as ``COH*t``.

    Parameters
    ----------
    seed : int
        Of the generator. The published map uses the default.
    """
    draws = np.random.RandomState(seed)
    coherent = _grid(draws.standard_normal((INSTANCES, WIDTH)))
    rows = np.arange(INSTANCES)
    coherent[rows, draws.randint(0, WIDTH, INSTANCES)] += 4.0
    ambiguous = _grid(0.3 * draws.standard_normal((INSTANCES, WIDTH)))
    first = draws.randint(0, WIDTH, INSTANCES)
    ambiguous[rows, first] = 4.0
    ambiguous[rows, (first + draws.randint(1, WIDTH, INSTANCES)) % WIDTH] = 4.0
    flat = _grid(-12.0 + 0.01 * draws.standard_normal((INSTANCES, WIDTH)))
    found = {
        "COH": coherent,
        "AMB": ambiguous,
        "SHD": coherent - SHIFT,
        "SING": coherent.max(axis=1, keepdims=True) - SHIFT,
        "FLAT": flat,
        **{f"COH*{factor:g}": factor * coherent for factor in SWEEP},
    }
    made = {name: Family(name, s, np.ones(s.shape, dtype=np.bool_)) for name, s in found.items()}
    made["EMPTY"] = Family("EMPTY", coherent, np.zeros(coherent.shape, dtype=np.bool_))
    return made


def digest(family: Family) -> str:
    """SHA-256 of the scores, as little-endian float64 in row order, then of the mask's bytes."""
    text = family.scores.astype("<f8").tobytes() + family.mask.astype(np.uint8).tobytes()
    return hashlib.sha256(text).hexdigest()


def _grid(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(scores * _GRID) / _GRID
