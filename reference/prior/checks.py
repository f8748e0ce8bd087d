"""Input checks of the prior operators: one form of message, from `gd_attention.arguments`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import boolean_array, element_message, first_index, positive_scalar, real_array

__all__ = ["floats", "mask_for", "positive"]


def floats(
    name: str, value: ArrayLike, ndim: int | None = None, finite: bool = True
) -> NDArray[np.float64]:
    """A real argument as float64.

    Raises
    ------
    TypeError
        If it is not real.
    ValueError
        If it has another number of axes than ndim, or an entry that is not finite.
    """
    array = real_array(name, value)
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name}: expected {ndim} axes, got shape {array.shape}")
    bad = ~np.isfinite(array)
    if finite and bad.any():
        raise ValueError(element_message(name, "finite values", array, first_index(bad)))
    return array


def positive(name: str, value: ArrayLike) -> float:
    """A finite number > 0.

    Raises
    ------
    TypeError, ValueError
        If it is none.
    """
    return positive_scalar(name, value)


def mask_for(name: str, mask: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The mask at the shape of the scores, True = may be selected; None allows everything.

    Raises
    ------
    TypeError
        If it is not boolean.
    ValueError
        If it does not broadcast to the shape.
    """
    array = boolean_array(name, mask)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(
            f"{name}: expected a shape that broadcasts to {shape}, got {array.shape}"
        ) from None
