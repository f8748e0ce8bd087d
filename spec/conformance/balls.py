"""Ball arithmetic: precision, its cap, and the way from a ball to floats.

A ball (flint ``arb``) encloses a real number; every operation rounds outward. Nothing here knows
the operator.

Clause: GDA-conf-oracle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from flint import arb, ctx
from gd_attention.conformance.errors import Undecided
from gd_attention.conformance.rational import nearest_float

__all__ = ["CAP", "bounds", "nearest", "precision", "precisions", "settled"]

# Working precision, in bits, beyond which the oracle says UNDECIDED. Separations of float64 inputs
# are at least 2^-3222, and next to every equality that T26 lists the quantities compared differ by
# a few powers of that: about 5,000 bits decide the hardest inputs that were constructed.
CAP = 1 << 16


class precision:
    """Context: ball arithmetic at that precision in bits, the former one afterwards."""

    __slots__ = ("_bits", "_former")

    def __init__(self, bits: int) -> None:
        self._bits = bits

    def __enter__(self) -> None:
        self._former = ctx.prec
        ctx.prec = self._bits

    def __exit__(self, *_: object) -> None:
        ctx.prec = self._former


def precisions(start: int = 128) -> Iterator[int]:
    """Precisions to try, doubling; Undecided after the cap."""
    bits = start
    while bits <= CAP:
        yield bits
        bits *= 2
    raise Undecided(f"not decided at the cap of {CAP} bits")


def nearest(ball: Any, bits: int = 256) -> float | None:
    """The float nearest to every number of the ball, or None if the ball holds two answers.

    ``bits`` is the precision at which the ends of the ball are formed, outward.
    """
    with precision(bits):
        low, high = _rounded(ball.lower()), _rounded(ball.upper())
    return low if low == high else None


def settled(enclosure: Callable[[int], Any], start: int = 128) -> float:
    """The correctly rounded value of a real number given by enclosures of rising precision."""
    for bits in precisions(start):
        value = nearest(enclosure(bits), 2 * bits)
        if value is not None:
            return value
    raise AssertionError("precisions() ends by raising")


def bounds(ball: Any, bits: int = 256) -> tuple[float, float]:
    """The greatest float not above the ball and the least float not below it.

    Where the ball is narrower than ``bits`` bits its ends are first moved outward to that many.
    """
    with precision(bits):
        low, high = ball.lower(), ball.upper()
    below, above = _rounded(low), _rounded(high)
    if _compare(below, low) > 0:
        below = math.nextafter(below, -math.inf)
    if _compare(above, high) < 0:
        above = math.nextafter(above, math.inf)
    return below, above


def _compare(value: float, point: Any) -> int:
    """The sign of float minus exact ball."""
    if math.isinf(value):
        return 1 if value > 0 else -1
    exact = arb(value)
    return int(exact > point) - int(exact < point)


def _rounded(point: Any) -> float:
    """An exact ball rounded to the nearest float."""
    mantissa, exponent = point.man_exp()
    num, exp = int(mantissa), int(exponent)
    top = num.bit_length() + exp
    if num == 0 or top < -1080:
        # below a quarter of the least subnormal
        return 0.0
    if top > 1030:
        return math.inf if num > 0 else -math.inf
    return nearest_float(num << exp, 1) if exp >= 0 else nearest_float(num, 1 << -exp)
