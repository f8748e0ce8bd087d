"""Enclosures of the alignment point and energy of one pair, for the examples in the notebooks.

With a = min(alpha, 1 - alpha) and h = log((1-a)/a) >= 0 the alignment point is the largest zero of
F(z) = z - h/2 - (separation/2) tanh z on z >= 0. If h > 0, or h = 0 and the separation exceeds 2,
F is negative on (0, z*) and positive beyond (T22); so two signs enclose z*, whatever way z* was
guessed. Coordinate and energy follow by the closed forms (T5). If h = 0 and the separation is at
most 2, or if the separation is 0, everything is known in closed form (T6).

The working precision is that of `flint.ctx` at the time of the call.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from flint import arb, ctx, fmpq

__all__ = ["PairBall", "align_ball"]

_MOST_STEPS = 500


class PairBall(NamedTuple):
    """Balls that contain t*, u = min(t*, 1 - t*), E* and the deficit of a pair."""

    coordinate: arb
    minor: arb
    energy: arb
    deficit: arb


def align_ball(separation: arb | Fraction | int, alpha: Fraction) -> PairBall:
    """Enclose t*, u, E* and the deficit for a separation, exact or a ball, and an exact weight.

    Raises
    ------
    ValueError
        If the weight is outside (0, 1), the separation is not certainly >= 0, or it is a ball that
        touches 0 or, at alpha = 1/2, reaches over 2.
    """
    alpha = Fraction(alpha)
    if not 0 < alpha < 1:
        raise ValueError(f"alpha: expected a number in (0, 1), got {alpha}")
    lam = separation if isinstance(separation, arb) else _ball(separation)
    minor = min(alpha, 1 - alpha)
    a = _ball(minor)
    if lam == 0:
        return _mirrored(alpha, a, arb(0), -(-a).log1p())
    if not lam > 0:
        raise ValueError(f"separation: expected 0 or a ball of positive numbers, got {lam}")
    if minor == Fraction(1, 2):
        if lam <= 2:
            return _mirrored(alpha, a, lam / 4, arb(2).log() - lam / 4)
        if not lam > 2:
            raise ValueError(f"separation: the ball {lam} reaches over 2 at alpha = 1/2")
    z = _root(lam, ((1 - a) / a).log() / 2)
    pull = lam * z.tanh()
    u = a / (a + (1 - a) * pull.exp())
    square = lam * u * u
    product = (1 - u) * a / (1 - a) - u if pull > 30 else u * pull.expm1()
    return _mirrored(alpha, u, square + product.log1p(), -(-u).log1p() - square)


def _ball(number: Fraction | int) -> arb:
    exact = Fraction(number)
    return arb(fmpq(exact.numerator, exact.denominator))


def _mirrored(alpha: Fraction, u: arb, energy: arb, deficit: arb) -> PairBall:
    # the tie at alpha = 1/2 goes to the side of the key
    return PairBall(u if alpha > Fraction(1, 2) else 1 - u, u, energy, deficit)


def _root(lam: arb, field: arb) -> arb:
    def value(z: arb) -> arb:
        return z - field - lam / 2 * z.tanh()

    z = (field + lam / 2).mid()
    for _ in range(_MOST_STEPS):
        step = (value(z) / (1 - lam / 2 * z.sech() ** 2)).mid()
        z = (z - step).mid()
        if abs(step) <= abs(z) * arb(2) ** (12 - ctx.prec):
            break
    width = z * arb(2) ** (12 - ctx.prec)
    while width < z:
        low, high = (z - width).mid(), (z + width).mid()
        if low > 0 and value(low) < 0 and value(high) > 0:
            return low.union(high)
        width = 2 * width
    raise ValueError(f"no enclosure at {ctx.prec} bits for the separation {lam}")
