"""Building blocks of the families: grids, directions, log-uniform numbers, mixing weights.

What is generated. Two textures of numbers. A *grid* holds small multiples of a power of two:
differences, squares and sums of them are exact in float64, so that ties and equalities can be built
on purpose. A *rough* array holds full-precision normal numbers: every operation on it rounds, so
that a computed tie is an accident.

Why that distribution. Errors of selection live on one side of that divide or the other: a rounding
fault never shows on a grid, a fault in the tie rule never shows on rough numbers.

What it shrinks to. These helpers take a generator; shapes shrink in `family`.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Floats",
    "direction",
    "grid",
    "insert",
    "log_uniform",
    "mixing_weight",
    "shuffled",
    "sign",
]

Floats: TypeAlias = NDArray[np.float64]
_Shape: TypeAlias = int | tuple[int, ...]


def grid(rng: np.random.Generator, shape: _Shape, *, span: int = 16, step: float = 0.125) -> Floats:
    """Multiples of ``step`` (a power of two) between -span*step and span*step."""
    return np.asarray(rng.integers(-span, span + 1, size=shape) * step, dtype=np.float64)


def direction(rng: np.random.Generator, dimension: int) -> Floats:
    """A vector of length one to rounding, uniform on the sphere."""
    vector = rng.normal(size=dimension)
    length = float(np.sqrt(vector @ vector))
    # A zero draw has probability zero but would divide by it.
    return vector / length if length > 0.0 else np.eye(1, dimension)[0]


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A number between ``low`` and ``high`` (both positive), uniform in its logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def sign(rng: np.random.Generator) -> float:
    """-1.0 or 1.0."""
    return 1.0 if rng.random() < 0.5 else -1.0


def mixing_weight(rng: np.random.Generator) -> float:
    """An alpha: 1/2 half of the time (the only value with two alignment points), or any."""
    if rng.random() < 0.5:
        return 0.5
    return float(rng.uniform(0.02, 0.98))


def insert(rng: np.random.Generator, first: list[Floats], others: list[Floats]) -> Floats:
    """Rows ``first`` among ``others`` at random places; the rows of ``first`` keep their order."""
    total = len(first) + len(others)
    places = np.sort(rng.permutation(total)[: len(first)])
    rows: list[Floats | None] = [None] * total
    for place, row in zip(places.tolist(), first, strict=True):
        rows[place] = row
    rest = iter(others)
    return np.array([row if row is not None else next(rest) for row in rows])


def shuffled(rng: np.random.Generator, array: Floats) -> Floats:
    """The rows of an array in random order."""
    return array[rng.permutation(len(array))]
