"""T23: E* strictly increases with min(alpha, 1 - alpha)."""

from __future__ import annotations

import math

import pytest
import support as su
from flint import arb
from gd_attention.alignment import align
from hypothesis import assume, example, given
from hypothesis import strategies as st


@st.composite
def two_weights(draw: st.DrawFn) -> tuple[float, float]:
    """Weights of different minor parts, far apart or neighbours, on either side of 1/2."""
    first = draw(su.weights)
    if draw(st.booleans()):
        return first, draw(su.weights)
    return first, math.nextafter(first, draw(st.sampled_from([0.25, 0.75])))


@pytest.mark.clause("GDA-thm-prior-monotone")
@given(su.positive_separations, two_weights())
@example(3.0, (0.5, math.nextafter(0.5, 1.0)))
@example(1e-300, (0.5, math.nextafter(0.5, 0.0)))
@example(1e300, (1e-12, 2e-12))
def test_energy_increases_with_the_minor_weight(
    separation: float, alphas: tuple[float, float]
) -> None:
    """The certified energies are strictly ordered; the reference's follow where 16 eps allow it.

    Two energies carry 32 eps, of which 48 leave room for the product. 300 bits tell any two weights
    apart, 2^-54 from each other or from 1/2, where the difference is of second order.
    """
    minors = [min(a, 1 - a) for a in alphas]
    assume(minors[0] != minors[1])
    small, great = sorted(alphas, key=lambda a: min(a, 1 - a))
    lower, upper = (su.certified(separation, a, 300) for a in (small, great))
    values = [float(align(separation, a).energy) for a in (small, great)]
    with su.precision(400):
        assert lower.energy < upper.energy
        low, high = (arb(v) for v in values)
        assert low <= high * (1 + 3 * arb(su.ENERGY)) + su.TINY
        if lower.energy * (1 + 3 * arb(su.ENERGY)) < upper.energy:
            assert low < high


@pytest.mark.clause("GDA-thm-prior-monotone")
@given(su.moderate, su._power(-11, -1).map(lambda a: a / 2), st.floats(1.0, 2.0))
def test_tenth_more_weight_shows(separation: float, minor: float, factor: float) -> None:
    """A floor for the growth, without the certificate, and the complement's rounding.

    With p = t/(1-a) - 1, dlog E*/dlog a = p/E* (T10), and log1p(p) <= E* <= p + y u^2 (T5). As
    p = u expm1(ym) >= y u m, with u <= a < 0.08 and m > 0.84, y u^2 < p u/m < 0.1 p: the exponent
    is above 0.9 and below p/log1p(p) < 1.05. So a tenth more weight is 1.1^0.9 > 1.08 of energy,
    and the 2^-54 that 1 - a is off changes it by 1.05 times 2^-54/a; the 32 eps of two energies
    come on top.
    """
    larger = minor * (1.1 + 0.4 * (factor - 1.0))
    values = align(separation, [minor, larger, 1.0 - larger]).energy.tolist()
    assert values[1] > 1.08 * values[0]
    slack = 1.05 * 2.0**-54 / larger + 2 * su.ENERGY
    assert abs(values[1] - values[2]) <= slack * values[1]
