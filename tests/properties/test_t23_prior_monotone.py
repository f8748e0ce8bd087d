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

    The certificate's energies differ by a relative amount that the weights' own distance, at least
    2^-54, bounds: below 1/2 by about (1 - 2a) times it, which next to 1/2 is squared. 300 bits and
    the exponents tell them apart.
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
def test_doubling_the_minor_weight_shows(separation: float, minor: float, factor: float) -> None:
    """A floor for the growth, without the certificate.

    E* >= g (1 - g y) a y... is avoided: dE*/dalpha = (1-a)-free form (t - (1-a))/(a(1-a)) >=
    E*-independent 0, and the weight grows by a tenth at least, so the certified gap of the test
    above is far above 16 eps wherever (1 - 2a) is: strict order of floats is demanded.
    """
    larger = minor * (1.1 + 0.4 * (factor - 1.0))
    values = align(separation, [minor, larger, 1.0 - larger]).energy.tolist()
    assert values[0] < values[1]
    assert abs(values[1] - values[2]) <= values[1] * 1e-3
