"""The enclosures of one pair hold what they promise, from the landscape alone."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from enclose import ball
from flint import arb, ctx
from pair import align_ball

SEPARATIONS = [Fraction(text) for text in ("1e-9", "0.5", "2", "2.000001", "9", "60", "900")]
WEIGHTS = [Fraction(text) for text in ("0.5", "0.499999", "0.3", "0.8", "1e-12")]


@pytest.fixture(autouse=True)
def precision():
    before, ctx.prec = ctx.prec, 192
    yield
    ctx.prec = before


def mixture(separation: Fraction, alpha: Fraction, t: arb) -> arb:
    """The mixture of the two wells at a coordinate."""
    lam = ball(separation)
    near, far = (-lam * t * t).exp(), (-lam * (1 - t) * (1 - t)).exp()
    return ball(alpha) * near + ball(1 - alpha) * far


@pytest.mark.parametrize(("separation", "alpha"), list(product(SEPARATIONS, WEIGHTS)))
def test_the_point_is_stationary_and_carries_the_energy(separation, alpha) -> None:
    found = align_ball(separation, alpha)
    t, minor = found.coordinate, found.minor
    field = ball((1 - alpha) / alpha).log()
    assert t.overlaps(1 / (1 + (-(field + ball(separation) * (2 * t - 1))).exp()))
    assert found.energy.overlaps(-mixture(separation, alpha, t).log())
    assert (found.energy + found.deficit).overlaps(-ball(max(alpha, 1 - alpha)).log())
    # tight: far narrower than the float64 numbers that are compared with it
    for value in (minor, found.energy, found.deficit):
        assert value.rad() < value.mid() * arb(2) ** -80


@pytest.mark.parametrize(("separation", "alpha"), list(product(SEPARATIONS, WEIGHTS)))
def test_no_other_point_has_less_energy(separation, alpha) -> None:
    """Against a fine grid: a sample, which may refute and proves nothing."""
    found = align_ball(separation, alpha)
    least = max(
        (mixture(separation, alpha, arb(step) / 64) for step in range(65)), key=lambda v: v.mid()
    )
    assert not -least.log() < found.energy
    assert (found.coordinate >= arb(1) / 2) if alpha <= Fraction(1, 2) else found.coordinate < 0.5


@pytest.mark.parametrize(
    ("low", "high", "alpha"),
    [("3.0", high, "0.3") for high in ("3.03", "3.05", "3.1", "3.16")]
    # a flat function, whose two signs need different distances; the search doubles its width, so
    # only ends that are close to each other show a sign that was not asked for
    + [("2.05", f"2.0{digits}", "0.5") for digits in range(510, 1000, 10)],
)
def test_a_ball_of_separations_holds_every_point_of_it(low, high, alpha) -> None:
    ends = Fraction(low), Fraction(high)
    wide = align_ball(ball(ends[0]).union(ball(ends[1])), Fraction(alpha))
    for separation in (ends[0], sum(ends) / 2, ends[1]):
        inner = align_ball(separation, Fraction(alpha))
        assert all(outer.contains(part) for outer, part in zip(wide, inner, strict=True))


def test_separation_zero() -> None:
    assert align_ball(0, Fraction("0.3")).energy == 0
    assert align_ball(0, Fraction("0.3")).coordinate.contains(ball(Fraction("0.7")))


@pytest.mark.parametrize(
    ("separation", "alpha", "message"),
    [
        (1, Fraction(0), "alpha"),
        (1, Fraction(1), "alpha"),
        (-1, Fraction(1, 3), "separation"),
        (arb(0).union(arb(1)), Fraction(1, 3), "separation"),
        (arb("1.9").union(arb("2.1")), Fraction(1, 2), "reaches over 2"),
        (arb("nan"), Fraction(1, 3), "separation"),
    ],
)
def test_what_cannot_be_enclosed_is_an_error(separation, alpha, message) -> None:
    with pytest.raises(ValueError, match=message):
        align_ball(separation, alpha)
