"""Exact answers of the sparse maps, a row at a time.

sparsemax is rational, and computed so. entmax is enclosed: the root of
``sum([(alpha - 1) z - tau]_+^(1/(alpha - 1))) = 1`` between two dyadic numbers at which the sign of
the left side less the right is proved by ball arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import arb, fmpq
from gd_attention.conformance.balls import precision
from gd_attention.conformance.errors import Undecided
from gd_attention.conformance.operators.allowances import (
    power_interval,
    softmax_slack,
    sorted_threshold_slack,
    threshold_slack,
)

__all__ = ["Row", "entmax_row", "softmax_row", "sparsemax_row"]

# Bits of the enclosures, and steps of the bisection: its interval starts at length 1.
_BITS = 256
_STEPS = 160


@dataclass(frozen=True)
class Row:
    """The exact answer of one row.

    Attributes
    ----------
    weights : list
        Exact rationals, or balls.
    allowed : list of pairs
    support : list of bool or None
        Whether the exact weight is positive; None where the enclosure does not tell.
    """

    weights: list[Any]
    allowed: list[tuple[Any, Any]]
    support: list[bool | None]


def sparsemax_row(scores: list[Any], u: Any) -> Row:
    """The projection onto the simplex, of rational scores; None stands for -inf."""
    given = [score for score in scores if score is not None]
    top = max(given)
    ordered = sorted((score - top for score in given), reverse=True)
    total, threshold = fmpq(0), fmpq(0)
    for size, score in enumerate(ordered, start=1):
        total += score
        if 1 + size * score > total:
            threshold = (total - 1) / size
    bases = [None if score is None else score - top - threshold for score in scores]
    slack = sorted_threshold_slack([abs(b) for b in bases if b is not None], -threshold, u)
    zero = fmpq(0)
    weights = [zero if b is None else max(b, zero) for b in bases]
    allowed = [
        (zero, zero)
        if b is None
        else (max(zero, b - slack) * (1 - u), max(zero, b + slack) * (1 + u))
        for b in bases
    ]
    return Row(weights, allowed, [weight > 0 for weight in weights])


def softmax_row(scores: list[Any], u: Any, tiny: Any) -> Row:
    """The softmax of rational scores; None stands for -inf."""
    given = [score for score in scores if score is not None]
    top = max(given)
    with precision(_BITS):
        raw = [arb(0) if s is None else arb(s - top).exp() for s in scores]
        total = sum(raw, arb(0))
        weights = [w / total for w in raw]
        allowed = []
        for score, weight in zip(scores, weights, strict=True):
            if score is None:
                allowed.append((arb(0), arb(0)))
                continue
            slack = softmax_slack(arb(0), arb(top - score), len(given), u)
            lost = len(given) * arb(tiny)
            allowed.append((_floor(weight - weight * slack - lost), weight * (1 + slack) + lost))
    return Row(weights, allowed, [s is not None for s in scores])


def entmax_row(scores: list[Any], alpha: Any, u: Any, tiny: Any) -> Row:
    """alpha-entmax of rational scores for rational alpha > 1; None stands for -inf."""
    top = max(score for score in scores if score is not None)
    heights = [None if s is None else (alpha - 1) * (s - top) for s in scores]
    given = [h for h in heights if h is not None and h > -1]
    low, high = fmpq(-1), fmpq(0)
    with precision(_BITS):
        for _ in range(_STEPS):
            middle = (low + high) / 2
            sign = _sign(given, middle, alpha)
            if sign == 0:
                low = high = middle
                break
            low, high = (middle, high) if sign > 0 else (low, middle)
        exponent = 1 / arb(alpha - 1)
        threshold = arb(low).union(arb(high))
        slack, rho = threshold_slack(-threshold, arb(alpha), len(given), u)
        weights: list[Any] = []
        allowed: list[tuple[Any, Any]] = []
        support: list[bool | None] = []
        for height in heights:
            if height is None:
                weights.append(arb(0))
                allowed.append((arb(0), arb(0)))
                support.append(False)
                continue
            base = arb(height) - threshold
            inside = _inside(given, height, alpha, base)
            weights.append(_power(base, exponent, inside))
            floor, roof = power_interval(base, slack, exponent, rho, u)
            # a power below the least normal number may be lost whole
            allowed.append((_floor(floor - tiny), roof + tiny if roof > 0 else roof))
            support.append(inside)
    return Row(weights, allowed, support)


def _sign(heights: list[Any], tau: Any, alpha: Any) -> int:
    """The sign of ``sum([y - tau]_+^r) - 1``; 0 only where it is surely zero."""
    exponent = 1 / (alpha - 1)
    bases = [h - tau for h in heights if h > tau]
    if all(base == 1 for base in bases) or exponent.q == 1:
        exact = sum(
            (base ** int(exponent.p) if exponent.q == 1 else base for base in bases), fmpq(0)
        )
        return int(exact > 1) - int(exact < 1)
    power = arb(exponent)
    value = sum((arb(base) ** power for base in bases), arb(0)) - 1
    if value > 0:
        return 1
    if value < 0:
        return -1
    # an exact root with a fractional exponent: of square roots the sum may be rational
    roots = [_square_root(base) for base in bases]
    if exponent == fmpq(1, 2) and all(root is not None for root in roots):
        exact = sum(roots, fmpq(0))
        return int(exact > 1) - int(exact < 1)
    raise Undecided("the sign of the threshold equation at a point of the bisection")


def _square_root(value: Any) -> Any:
    """The rational square root, None where there is none."""
    top, bottom = value.p.isqrt(), value.q.isqrt()
    return fmpq(top, bottom) if top * top == value.p and bottom * bottom == value.q else None


def _inside(heights: list[Any], height: Any, alpha: Any, base: Any) -> bool | None:
    """Whether an entry is above the threshold: whether those above it leave some weight."""
    if base > 0:
        return True
    if base < 0:
        return False
    try:
        return _sign(heights, height, alpha) < 0
    except Undecided:
        return None


def _power(base: Any, exponent: Any, inside: bool | None) -> Any:
    if inside is False:
        return arb(0)
    if base > 0:
        return base**exponent
    top = abs(base).upper()
    return arb(0).union(arb(top) ** exponent)


def _floor(value: Any) -> Any:
    return value if value > 0 else arb(0)
