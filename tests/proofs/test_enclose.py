"""The covering proves true signs, and refuses false ones and those that touch zero."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import sympy as sp
from enclose import (
    NotProved,
    assert_zero,
    ball,
    ball_function,
    enclose_root,
    interval,
    prove_sign,
)
from flint import arb, ctx

UNIT = (Fraction(0), Fraction(1))
x, y = sp.symbols("x y", positive=True)


def test_true_signs_are_proved() -> None:
    """A polynomial with a small positive minimum needs more than one part."""
    assert prove_sign(lambda s: (s - arb(1) / 3) ** 2 + arb("1e-4"), [UNIT], "+") > 1
    assert prove_sign(lambda s: -(s**2) - arb("1e-4"), [(-1, 1)], "-") >= 1
    assert prove_sign(lambda s, t: s * s - 2 * s * t + 2 * t * t + arb("0.01"), [UNIT] * 2, "+") > 1


@pytest.mark.parametrize(
    "f",
    [lambda s: s - arb(1) / 3, lambda s: s - 2, lambda s: -(s**2), lambda s: arb(0) * s],
    ids=["changes sign", "the other sign", "never positive", "zero"],
)
def test_a_false_sign_is_refused(f: object) -> None:
    with pytest.raises(NotProved) as caught:
        prove_sign(f, [UNIT], "+")
    assert caught.value.box


@pytest.mark.parametrize("zero", [Fraction(0), Fraction(1, 3), Fraction(1)], ids=str)
def test_a_sign_that_touches_zero_is_refused(zero: Fraction) -> None:
    """At a border, inside, and at a point that no halving meets; the part lies at the zero."""
    with pytest.raises(NotProved) as caught:
        prove_sign(lambda s: (s - ball(zero)) ** 2, [UNIT], "+")
    low, high = caught.value.box[0]
    assert abs(low - zero) < Fraction(1, 2**40) and high - low < Fraction(1, 2**40)


def test_the_number_of_parts_is_limited() -> None:
    with pytest.raises(NotProved, match="more than 10 parts"):
        prove_sign(lambda s: s + arb("1e-9") - s, [UNIT], "+", max_boxes=10)


def test_nothing_is_decided_by_a_ball_that_is_not_finite() -> None:
    with pytest.raises(NotProved):
        prove_sign(lambda s: arb("nan") * s, [UNIT], "+")
    with pytest.raises(NotProved):
        prove_sign(lambda s: (s - 2).log(), [UNIT], "-")


def test_a_point_is_a_box() -> None:
    assert prove_sign(lambda s: s.exp(), [(3, 3)], "+") == 1
    with pytest.raises(NotProved):
        prove_sign(lambda s: s - 3, [(3, 3)], "+")


def test_bad_calls_are_refused() -> None:
    with pytest.raises(ValueError, match=r"sign: expected '\+' or '-'"):
        prove_sign(lambda s: s, [UNIT], ">")
    with pytest.raises(ValueError, match="low <= high"):
        prove_sign(lambda s: s, [(1, 0)], "+")


def test_the_precision_is_restored() -> None:
    before = ctx.prec
    prove_sign(lambda s: s + 1, [UNIT], "+", prec=77)
    with pytest.raises(NotProved):
        prove_sign(lambda s: s - 1, [UNIT], "+", prec=77)
    assert ctx.prec == before


def test_a_root_is_enclosed() -> None:
    """Falling and rising, an exact zero on the way; no change of sign is an error."""
    for f in (lambda s: s * s - 2, lambda s: 2 - s * s):
        root = enclose_root(f, 0, 2, 100)
        with ctx.workprec(200):
            assert root.contains(arb(2).sqrt()) and root.rad() < arb(2) ** -95
    assert enclose_root(lambda s: s - 1, 0, 2, 100).contains(1)
    with pytest.raises(NotProved, match="no proved change of sign"):
        enclose_root(lambda s: s * s, -1, 1, 100)
    with pytest.raises(NotProved, match="no proved change of sign"):
        enclose_root(lambda s: s, 0, 1, 100)


def test_balls_contain_their_numbers() -> None:
    """1/3 has no binary expansion, and an interval contains its ends."""
    third = ball(Fraction(1, 3))
    assert (3 * third).contains(1) and not third.is_exact()
    both = interval(Fraction(1, 3), 0.75)
    assert both.contains(arb(0.5)) and both.contains(arb(0.75)) and not both.contains(arb(0.76))


def test_an_expression_becomes_a_function_of_balls() -> None:
    """Constants are enclosed, not rounded; an unknown head is refused."""
    expression = sp.Rational(1, 3) * x**2 - sp.exp(-y) / sp.sqrt(x) + sp.atanh(y) * sp.log(x)
    value = ball_function([x, y], expression)(ball(2), ball(Fraction(1, 2)))
    exact = 4 / 3 - math.exp(-0.5) / math.sqrt(2) + math.atanh(0.5) * math.log(2)
    assert abs(float(value.mid()) - exact) < 1e-15
    third = ball_function([x], x * sp.Rational(1, 3))(ball(3))
    assert third.contains(1) and not third.is_exact()
    with pytest.raises(TypeError, match="no ball arithmetic for erf"):
        ball_function([x], sp.erf(x))
    with pytest.raises(TypeError, match="no ball arithmetic"):
        ball_function([x], x + y)


def test_identities_are_told_from_near_misses() -> None:
    assert_zero((x + 1) ** 2 - x**2 - 2 * x - 1)
    assert_zero(sp.tanh(x) - (1 - sp.exp(-2 * x)) / (1 + sp.exp(-2 * x)))
    assert_zero(sp.atanh(x) - sp.log(1 + x) / 2 + sp.log(1 - x) / 2)
    assert_zero(sp.log(x * y) - sp.log(x) - sp.log(y))
    for wrong in ((x + 1) ** 2 - x**2 - 2 * x, sp.tanh(x) - x, sp.log(x + y) - sp.log(x)):
        with pytest.raises(AssertionError, match="not 0 but"):
            assert_zero(wrong)
    # nothing is evaluated here, and no rewrite knows it
    with pytest.raises(AssertionError, match="not shown to be 0"):
        assert_zero(sp.Function("F")(x) - sp.Function("F")(x**2))
