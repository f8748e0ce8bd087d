"""Returned numbers against exact ones.

An exact number is a rational (flint ``fmpq``) or a ball that encloses it (``arb``). Comparisons
are decided or say that they are not; nothing here has a tolerance.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from flint import arb, fmpq
from gd_attention.conformance.balls import bounds, precision
from gd_attention.conformance.verdict import Finding, Verdict
from numpy.typing import NDArray

__all__ = ["ReturnFault", "as_ball", "ends", "judge_values", "rational", "real_array", "worst"]

# Balls that are compared with floats are formed at this many bits: exact for every float64.
_BITS = 2200

_RANK = {
    Verdict.EXACT: 0,
    Verdict.SKIPPED: 1,
    Verdict.ADMISSIBLE: 2,
    Verdict.UNDECIDED: 3,
    Verdict.WRONG: 4,
}


class ReturnFault(Exception):
    """What the target returned has not the form that the operator's call promises."""


def rational(value: Any) -> Any:
    """A finite float or integer as an exact rational."""
    num, den = float(value).as_integer_ratio()
    return fmpq(num, den)


def as_ball(value: Any) -> Any:
    """A rational or a ball as a ball at the precision in force."""
    return value if isinstance(value, arb) else arb(value)


def real_array(value: Any, shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> NDArray[Any]:
    """A returned real array of that shape and dtype; ReturnFault otherwise."""
    array = np.asarray(value)
    if array.dtype.kind != "f":
        raise ReturnFault(f"{name}: expected dtype {dtype}, got {array.dtype}")
    if array.shape != shape:
        raise ReturnFault(f"{name}: expected shape {shape}, got {array.shape}")
    if array.dtype != dtype:
        raise ReturnFault(f"{name}: expected dtype {dtype}, got {array.dtype}")
    return array


def ends(value: Any) -> tuple[str, str]:
    """The ends of an enclosure, outward, as hexadecimal float64."""
    with precision(_BITS):
        ball = as_ball(value)
    low, high = bounds(ball)
    return low.hex(), high.hex()


def judge_values(
    aspect: str,
    got: NDArray[Any],
    exact: list[Any],
    allowed: list[tuple[Any, Any]],
    name: str,
) -> Finding:
    """The finding about real numbers, the worst of all elements.

    Parameters
    ----------
    aspect : str
    got : array
        What was returned; read in row-major order.
    exact : list
        The exact numbers or their enclosures, in that order.
    allowed : list of pairs
        What the contract allows: the least and the greatest number.
    name : str
        Name of the array, for messages.
    """
    found = Finding(aspect, Verdict.EXACT)
    for place, value, (low, high) in zip(np.ndindex(got.shape), exact, allowed, strict=True):
        one = _element(aspect, got[place], value, low, high, f"{name}{list(place)}")
        found = worst(found, one)
    return found


def worst(first: Finding, second: Finding) -> Finding:
    """The worse of two findings; of equally bad ones the first."""
    one = (_RANK[first.verdict], first.severity)
    return second if (_RANK[second.verdict], second.severity) > one else first


def _element(aspect: str, got: Any, exact: Any, low: Any, high: Any, where: str) -> Finding:
    if not np.isfinite(got):
        return Finding(aspect, Verdict.WRONG, f"{where}: expected a finite number, got {got}")
    with precision(_BITS):
        value, ball = arb(rational(got)), as_ball(exact)
        if _is_nearest(got, ball):
            return Finding(aspect, Verdict.EXACT)
        floor, roof = as_ball(low), as_ball(high)
        said = f"{where}: expected {_shown(ball)}, got {float(got)!r}"
        if value < floor or value > roof:
            return Finding(
                aspect, Verdict.WRONG, f"{said}; allowed {_shown(floor)} to {_shown(roof)}"
            )
        if value >= floor and value <= roof:
            room = roof - ball if value > ball else ball - floor
            off = abs(value - ball)
            share = float((off / room).mid()) if room > 0 else 0.0
            share = min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0
            return Finding(aspect, Verdict.ADMISSIBLE, said, severity=share)
    return Finding(aspect, Verdict.UNDECIDED, f"{said}: the enclosure does not decide")


def _is_nearest(got: Any, ball: Any) -> bool:
    """Whether a float is surely the one nearest to a number; a tie is not called nearest."""
    dtype = got.dtype.type
    here = rational(got)
    # the neighbours' midpoints are exact as rationals; beyond the largest float is its own spacing
    beside = []
    for way in (-np.inf, np.inf):
        other = np.nextafter(got, dtype(way))
        step = (
            rational(other)
            if np.isfinite(other)
            else 2 * here - rational(np.nextafter(got, dtype(0)))
        )
        beside.append((here + step) / 2)
    return bool(ball > arb(beside[0]) and ball < arb(beside[1]))


def _shown(ball: Any) -> str:
    low, high = bounds(ball)
    return repr(low) if low == high else f"[{low!r}, {high!r}]"
