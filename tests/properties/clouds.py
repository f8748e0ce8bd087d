"""Draws of queries and keys, and the exact arithmetic that judges selections among them.

Shapes and kind are drawn by Hypothesis and shrink; the coordinates come in bulk from a drawn seed.
The kinds: Gaussian clouds; small integers, where exact ties and duplicates are common; a large
common offset, where squares cancel; a circle, where distances from its centre agree to a few ulp;
tiny and huge scales, where squares underflow and overflow.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

KINDS = ("gaussian", "integers", "offset", "circle", "tiny", "huge")


class Cloud(NamedTuple):
    """Queries (M, D), keys (N, D), and the generator for what else a test draws."""

    query: np.ndarray
    keys: np.ndarray
    rng: np.random.Generator


def _build(kind: str, seed: int, m: int, n: int, d: int) -> Cloud:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(m + n, d))
    if kind == "integers":
        points = rng.integers(-2, 3, size=(m + n, d)).astype(np.float64)
    elif kind == "offset":
        points += 1e8
    elif kind == "circle":
        points[:m] = 0.0
        points[m:] /= np.linalg.norm(points[m:], axis=1, keepdims=True)
    elif kind == "tiny":
        points *= 2.0**-560
    elif kind == "huge":
        points *= 2.0**560
    return Cloud(points[:m], points[m:], rng)


def clouds(kinds: tuple[str, ...] = KINDS, most_keys: int = 7) -> st.SearchStrategy[Cloud]:
    """Clouds of the given kinds."""
    return st.builds(
        _build,
        st.sampled_from(kinds),
        st.integers(0, 2**32),
        st.integers(1, 3),
        st.integers(1, most_keys),
        st.integers(1, 4),
    )


def square(point: np.ndarray, other: np.ndarray) -> Fraction:
    """Exact squared distance of two rows."""
    pairs = zip(point.tolist(), other.tolist(), strict=True)
    return sum(((Fraction(x) - Fraction(y)) ** 2 for x, y in pairs), Fraction(0))


def squares(point: np.ndarray, rows: np.ndarray) -> list[Fraction]:
    """Exact squared distances of a row from several."""
    return [square(point, row) for row in rows]
