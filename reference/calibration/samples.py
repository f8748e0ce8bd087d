"""What the choosers share: probabilities, tie-complete sets, binomial bounds, axes."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import real_array
from ..prior.guarantee import upper_bounds

__all__ = ["axes_of", "bounds", "least_count", "probability", "share_of", "tie_complete"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.int64]


def probability(name: str, value: ArrayLike) -> float:
    """A number in the open interval (0, 1), as a float.

    Raises
    ------
    TypeError, ValueError
        Naming the argument.
    """
    number = real_array(name, value)
    if number.ndim or not 0.0 < number < 1.0:
        raise ValueError(f"{name}: expected a number in (0, 1), got {value!r}")
    return float(number)


def share_of(name: str, value: ArrayLike) -> float:
    """A wanted share: a number in (0, 1], as a float.

    Raises
    ------
    TypeError, ValueError
        Naming the argument.
    """
    number = real_array(name, value)
    if number.ndim or not 0.0 < number <= 1.0:
        raise ValueError(f"{name}: expected a number in (0, 1], got {value!r}")
    return float(number)


def least_count(share: float, size: int) -> int:
    """The least k whose quotient k/size, as a float64, is not below the share; at least 1.

    The quotient is what is reported: 0.8 of 1000 is 800, though the float 0.8 exceeds 4/5.
    """
    k = math.ceil(Fraction(share) * size)
    return k - 1 if k > 1 and (k - 1) / size >= share else k


def tie_complete(level: Float, wrong: Bool | None = None) -> tuple[Float, Int, Int]:
    """The sets that thresholds accept: distinct finite levels, rising, with sizes and errors.

    Set i is ``level <= levels[i]``, with all of a tie or nothing of it. Samples of level +inf are
    in none.
    """
    finite = level < np.inf
    levels, group = np.unique(level[finite], return_inverse=True)
    sizes = np.cumsum(np.bincount(group, minlength=len(levels)))
    if wrong is None:
        return levels, sizes, np.zeros_like(sizes)
    per_level = np.bincount(group[wrong[finite]], minlength=len(levels))
    return levels, sizes, np.cumsum(per_level)


def bounds(errors: ArrayLike, sizes: ArrayLike, level: float) -> Float:
    """Clopper-Pearson upper bounds at a level; 1 where the size is 0."""
    k, m = np.asarray(errors, dtype=np.int64), np.asarray(sizes, dtype=np.int64)
    return upper_bounds(np.minimum(k, m), m, level)


def axes_of(ax: Any | None) -> Any:
    """The given axes, or those of a new figure."""
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    return Figure(figsize=(6.0, 4.0), layout="constrained").subplots()
