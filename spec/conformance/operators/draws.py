"""Numbers for generated cases: grids on which ties and sums are exact.

Scores are multiples of 1/64, so that exact ties are common, sums exact in either format, and a
counterexample short to write. Scales are powers of two.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["grid", "hidden", "integers", "normals"]

_STEP = 64


def grid(
    rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any], reach: float = 2.0
) -> NDArray[Any]:
    """Multiples of 1/64 in [-reach, reach]."""
    top = int(reach * _STEP)
    return (rng.integers(-top, top + 1, shape) / _STEP).astype(dtype)


def integers(
    rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any], kinds: int = 3
) -> NDArray[Any]:
    """Few distinct values, a half apart: most rows hold ties."""
    return (rng.integers(0, kinds, shape) / 2).astype(dtype)


def normals(
    rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any], scale: float = 1.0
) -> NDArray[Any]:
    """Normal numbers, rounded to the dtype: every bit of the significand is used."""
    return (scale * rng.standard_normal(shape)).astype(dtype)


def hidden(rng: np.random.Generator, scores: NDArray[Any]) -> NDArray[Any]:
    """The scores with entries at -inf, at least one a row left."""
    gone = rng.random(scores.shape) < 0.5
    kept = rng.integers(0, scores.shape[-1], scores.shape[:-1])
    np.put_along_axis(gone, kept[..., None], False, axis=-1)
    return np.where(gone, -np.inf, scores).astype(scores.dtype)
