"""Signs on boxes by ball arithmetic, and identities by a fixed chain of rewrites.

A sign on a box is proved by a covering: the box is halved until the enclosure of the function on
every part excludes zero. An enclosure that is too wide costs more parts; it never costs soundness.
A function that vanishes on the border of its box has no sign there; divide the zero out first, by
hand, and cover the quotient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb, ctx, fmpq

__all__ = [
    "NotProved",
    "assert_zero",
    "ball",
    "ball_function",
    "enclose_root",
    "interval",
    "prove_sign",
]

Box = Sequence[tuple[Fraction, Fraction]]

# A zero inside the box is met by halving for ever; this many halvings of one edge are enough to
# call it one. Signs that need narrower parts belong to a better form of the function.
_MOST_HALVINGS = 60


class NotProved(Exception):
    """The covering failed; ``box`` is a part on which the sign was refuted or stayed open."""

    def __init__(self, box: Box, reason: str) -> None:
        self.box = tuple(box)
        edges = " x ".join(f"[{float(low):.17g}, {float(high):.17g}]" for low, high in box)
        super().__init__(f"{reason} on {edges}")


def ball(number: Fraction | int | float) -> arb:
    """The enclosure of an exact number at the working precision; a float counts as its value."""
    exact = Fraction(number)
    return arb(fmpq(exact.numerator, exact.denominator))


def interval(low: Fraction | int | float, high: Fraction | int | float) -> arb:
    """A ball that contains [low, high]."""
    return ball(low).union(ball(high))


def prove_sign(
    f: Callable[..., arb], box: Box, sign: str, *, prec: int = 128, max_boxes: int = 200_000
) -> int:
    """Prove that f has a sign on the whole closed box, by adaptive halving.

    Parameters
    ----------
    f
        Takes one ball per edge and returns a ball that contains all values of the function on
        them: a composition of Arb operations does. A ball that is not finite decides nothing.
    box
        Pairs (low, high) of exact numbers, low <= high; floats count as their exact values.
    sign
        "+" (positive) or "-" (negative), both strict.
    prec
        Bits of the arithmetic.
    max_boxes
        The most parts to look at.

    Returns
    -------
    int
        The number of parts of the covering.

    Raises
    ------
    NotProved
        If a part has the other sign, or the covering does not end.
    """
    if sign not in ("+", "-"):
        raise ValueError(f"sign: expected '+' or '-', got {sign!r}")
    start = tuple((Fraction(low), Fraction(high)) for low, high in box)
    for low, high in start:
        if low > high:
            raise ValueError(f"box: expected low <= high, got {low} and {high}")
    before = ctx.prec
    ctx.prec = prec
    try:
        return _cover(f, start, sign, max_boxes)
    finally:
        ctx.prec = before


def _cover(f: Callable[..., arb], start: Box, sign: str, max_boxes: int) -> int:
    parts = [(tuple(start), (0,) * len(start))]
    looked_at = covered = 0
    while parts:
        part, halvings = parts.pop()
        looked_at += 1
        if looked_at > max_boxes:
            raise NotProved(part, f"more than {max_boxes} parts: sign {sign} open")
        value = f(*(interval(low, high) for low, high in part))
        if value > 0 if sign == "+" else value < 0:
            covered += 1
            continue
        if value <= 0 if sign == "+" else value >= 0:
            raise NotProved(part, f"sign {sign} is false, the value is {value.str(8)}")
        # the edge that was halved least, so that parts keep the shape of the box
        edges = [(count, i) for i, count in enumerate(halvings) if part[i][0] < part[i][1]]
        count, edge = min(edges, default=(_MOST_HALVINGS, -1))
        if count >= _MOST_HALVINGS:
            raise NotProved(part, f"sign {sign} open, the value is {value.str(8)}")
        low, high = part[edge]
        middle = (low + high) / 2
        deeper = (*halvings[:edge], count + 1, *halvings[edge + 1 :])
        for half in ((middle, high), (low, middle)):
            parts.append(((*part[:edge], half, *part[edge + 1 :]), deeper))
    return covered


def enclose_root(
    f: Callable[[arb], arb], low: Fraction | int | float, high: Fraction | int | float, prec: int
) -> arb:
    """A ball that contains a zero of f between two points where f has opposite signs.

    Halving, each step by a proved sign, until one stays open at ``prec`` bits or the part is
    2**-prec of the first; f has to be continuous in between. That the zero is the only one is for
    the caller to know.

    Raises
    ------
    NotProved
        If the signs at the ends are not proved to be opposite.
    """
    ends = Fraction(low), Fraction(high)
    before = ctx.prec
    ctx.prec = prec
    try:
        below, above = (_strict_sign(f(ball(end))) for end in ends)
        if below * above >= 0:
            raise NotProved([ends], "no proved change of sign")
        part = ends
        for _ in range(prec):
            middle = (part[0] + part[1]) / 2
            sign = _strict_sign(f(ball(middle)))
            if sign == 0:
                break
            part = (middle, part[1]) if sign == below else (part[0], middle)
        return interval(*part)
    finally:
        ctx.prec = before


def _strict_sign(value: arb) -> int:
    """1 or -1 where the ball excludes 0, else 0."""
    return 1 if value > 0 else -1 if value < 0 else 0


_UNARY = {
    sp.exp: arb.exp,
    sp.log: arb.log,
    sp.tanh: arb.tanh,
    sp.sinh: arb.sinh,
    sp.cosh: arb.cosh,
    sp.atanh: arb.atanh,
    sp.Abs: abs,
}


def ball_function(symbols: Sequence[sp.Symbol], expression: sp.Expr) -> Callable[..., arb]:
    """The expression as a function of balls, so that a covering speaks of the derived formula.

    Rational constants are enclosed at the precision of the call. Sums, products, rational powers
    (half-integer ones by square roots), exp, log, tanh, sinh, cosh, atanh and Abs are known; any
    other head is a TypeError.
    """
    places = {symbol: place for place, symbol in enumerate(symbols)}
    body = _compiled(sp.sympify(expression), places)
    return lambda *balls: body(balls)


def _compiled(node: Any, places: dict[sp.Symbol, int]) -> Callable[[Sequence[arb]], arb]:
    if node in places:
        place = places[node]
        return lambda balls: balls[place]
    if node.is_Rational:
        number = fmpq(int(node.p), int(node.q))
        return lambda balls: arb(number)
    if node.is_Pow and node.exp.is_Rational and node.exp.q in (1, 2):
        base = _compiled(node.base, places)
        power = int(node.exp.p)
        if node.exp.q == 1:
            return lambda balls: base(balls) ** power
        return lambda balls: base(balls).sqrt() ** power
    if node.is_Add or node.is_Mul:
        first, *rest = [_compiled(part, places) for part in node.args]
        if node.is_Add:
            return lambda balls: sum((part(balls) for part in rest), first(balls))

        def product(balls: Sequence[arb]) -> arb:
            result = first(balls)
            for part in rest:
                result = result * part(balls)
            return result

        return product
    if node.func in _UNARY:
        function = _UNARY[node.func]
        argument = _compiled(node.args[0], places)
        return lambda balls: function(argument(balls))
    raise TypeError(f"no ball arithmetic for {node.func.__name__}: {node}")


# Tried in this order; each is an identity on the domain that the symbols' assumptions declare.
_REWRITES: tuple[tuple[str, Callable[[sp.Expr], sp.Expr]], ...] = (
    ("as it stands", lambda e: e),
    ("expand", sp.expand),
    ("cancel", lambda e: sp.cancel(sp.together(e))),
    ("expand_log, cancel", lambda e: sp.cancel(sp.together(sp.expand_log(e)))),
    ("rewrite(exp), cancel", lambda e: sp.cancel(sp.together(sp.expand(e.rewrite(sp.exp))))),
    ("simplify", sp.simplify),
    ("rewrite(exp), simplify", lambda e: sp.simplify(e.rewrite(sp.exp))),
    ("rewrite(log), expand_log, simplify", lambda e: sp.simplify(_logarithms(e))),
)


def _logarithms(expression: sp.Expr) -> sp.Expr:
    return sp.expand_log(sp.expand(expression.rewrite(sp.log)))


def _refuted(expression: sp.Expr) -> str | None:
    """A point at which the expression is plainly not 0, so that no rewrite need be tried.

    It only ever refuses, and quickly: simplifying what is not 0 may take very long.
    """
    symbols = sorted(expression.free_symbols, key=str)
    for shift in (3, 11):
        # distinct numbers of (0, 1), in the domain of every symbol but an integer
        point = {
            symbol: sp.Integer(place + 2)
            if symbol.is_integer
            else sp.Rational(place + 3, shift + 9)
            for place, symbol in enumerate(symbols)
        }
        value = expression.subs(point).evalf(30, maxn=200)
        if value.is_Float and abs(value) > sp.Float(10) ** -12:
            return f"{value.n(6)} at {point}"
    return None


def assert_zero(expression: sp.Expr) -> str:
    """Require that one of a fixed chain of rewrites turns the expression into exactly 0.

    Returns
    -------
    str
        The name of the rewrite.

    Raises
    ------
    AssertionError
        If none does. That does not say that the expression is not 0.
    """
    whole = sp.sympify(expression)
    if (value := _refuted(whole)) is not None:
        raise AssertionError(f"not 0 but {value}: {whole}")
    for name, rewrite in _REWRITES:
        if rewrite(whole) == 0:
            return name
    raise AssertionError(f"not shown to be 0: {whole}")
