"""The coordinates of the device's screen: ``x * unit - centre`` for each set of keys.

A power of two brings the largest key to [1/2, 1), the mean of a sample of the keys moves to the
origin: float32 then spends its digits on differences between keys, wherever they lie. Both change
every distance of a set by the same factor, so no order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .bounds import MOST_DIMENSION

__all__ = ["Frames", "framed"]

_CENTRE_ELEMENTS = 1 << 22  # coordinates that a centre is the mean of
_SAFE_EXPONENT = 300  # of the largest key: squares of jumps then stay inside float64


class Frames(NamedTuple):
    """For K sets: unit (K,), centre (K, D), and whether the screen may run on the set (K,)."""

    unit: NDArray[np.float64]
    centre: NDArray[np.float64]
    fits: NDArray[np.bool_]


def framed(keys: NDArray[Any], used: NDArray[np.bool_]) -> Frames:
    """The frames of the key sets (K, N, D), from the rows ``used`` (K, N)."""
    sets, _, dimension = keys.shape
    frames = Frames(np.ones(sets), np.zeros((sets, dimension)), np.zeros(sets, np.bool_))
    if dimension > MOST_DIMENSION:
        return frames
    for k in range(sets):
        rows = keys[k] if used[k].all() else keys[k][used[k]]
        if not rows.size:
            continue
        top = max(float(rows.max()), -float(rows.min()))
        exponent = int(np.frexp(top)[1])
        if abs(exponent) > _SAFE_EXPONENT:
            continue
        unit = 2.0**-exponent if top > 0.0 else 1.0
        step = max(1, rows.size // _CENTRE_ELEMENTS)
        frames.unit[k] = unit
        frames.centre[k] = rows[::step].mean(axis=0, dtype=np.float64) * unit
        frames.fits[k] = True
    return frames
