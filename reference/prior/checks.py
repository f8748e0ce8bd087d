"""What an argument of a prior operator may be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import boolean_array, element_message, first_index, positive_scalar, real_array

__all__ = ["floats", "mask_for", "positive"]


def floats(
    name: str, value: ArrayLike, ndim: int | None = None, finite: bool = True
) -> NDArray[np.float64]:
    """A real argument as float64, exactly; with `ndim` axes if given, finite if asked for.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what was expected and what came.
    """
    array = real_array(name, value)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name}: expected {ndim} axes, got shape {array.shape}")
    if finite and not np.isfinite(array).all():
        index = first_index(~np.isfinite(array))
        raise ValueError(element_message(name, "finite numbers", array, index))
    return array


def positive(name: str, value: ArrayLike) -> float:
    """A finite real number > 0, as a float."""
    return positive_scalar(name, value)


def mask_for(name: str, mask: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A boolean mask broadcast to `shape`; without one, all True.

    Raises
    ------
    TypeError, ValueError
        If it is not boolean, or does not broadcast to `shape`.
    """
    array = boolean_array(name, mask)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        message = f"{name}: expected to broadcast to {shape}, got shape {array.shape}"
        raise ValueError(message) from None
