"""T6: dE*/dseparation = t(1-t); E* increases, is concave, and stays below its ceiling."""

from __future__ import annotations

import math

import pytest
import support as su
from flint import arb
from gd_attention.alignment import align
from hypothesis import assume, example, given

growths = su.st.floats(1e-3, 3.0).map(lambda x: 1.0 + x)


@pytest.mark.clause("GDA-thm-envelope")
@given(su.pairs, growths)
@example((2.0, 0.5), 1.001)
@example((1.0, 0.5), 1.5)
def test_energy_differences_lie_between_the_end_slopes(
    pair: tuple[float, float], growth: float
) -> None:
    """The mean value theorem with a slope u(1-u) that decreases: growth and concavity at once.

    The slopes at the ends are certified ones; the two energies carry the bound of `align`.
    """
    start, alpha = pair
    assume(start < 1e299)
    stop = start * growth
    energies = align([start, stop], alpha).energy.tolist()
    with su.precision(su.bits(start, alpha)):
        rise = arb(energies[1]) - arb(energies[0])
        step = arb(stop) - arb(start)
        slopes = [c.minor * (1 - c.minor) for c in (su.certified(y, alpha) for y in (start, stop))]
        slack = su.ENERGY * (arb(energies[0]) + arb(energies[1])) * (1 + 2 * su.ENERGY)
        assert rise >= step * slopes[1] - slack
        assert rise <= step * slopes[0] + slack
        # a relative step of the separation never becomes a larger one of the energy, nor none
        assert arb(energies[1]) <= arb(energies[0]) * arb(stop) / arb(start) + slack


@pytest.mark.clause("GDA-thm-envelope")
@given(su.pairs)
@example((1e300, 0.5))
@example((5e-324, 0.3))
@example((math.inf, 0.3))
def test_energy_stays_below_ceiling_and_chord(pair: tuple[float, float]) -> None:
    """0 < E* < ceiling and E* <= alpha(1-alpha) separation, as real numbers, within the 16 eps."""
    separation, alpha = pair
    aligned = align(separation, alpha)
    value = float(aligned.energy)
    assert value > 0.0 or separation * min(alpha, 1 - alpha) < 1e-323
    assert float(aligned.deficit) >= 0.0
    with su.precision(su.bits(min(separation, 1e300), alpha)):
        a = arb(min(alpha, 1 - alpha))
        assert arb(value) <= -((1 - a).log()) * (1 + arb(su.ENERGY))
        if math.isfinite(separation):
            # half the least subnormal: 0.25 separation rounds once
            chord = a * (1 - a) * arb(separation)
            assert arb(value) <= chord * (1 + arb(su.ENERGY)) + arb(2.0**-1074)


@pytest.mark.clause("GDA-thm-envelope")
def test_energy_is_zero_at_zero_and_the_ceiling_at_infinity() -> None:
    """The ends of the range, exactly."""
    for alpha in (5e-324, 0.3, 0.5, 1 - 2.0**-53):
        assert align(0.0, alpha).energy == 0.0
        assert align(math.inf, alpha).energy == align(math.inf, alpha).ceiling


@pytest.mark.clause("GDA-thm-envelope")
@given(su.st.tuples(su.positive_separations, su.uneven_weights))
@example((2.0, math.nextafter(0.5, 0.0)))
def test_separation_is_recovered_from_the_coordinate(pair: tuple[float, float]) -> None:
    """(logit t - h)/(2t - 1), increasing in |2t-1| for alpha != 1/2, brackets the separation.

    In u: the formula at u (1 + error) and u (1 - error) lies below and above the separation, up
    to `ROOT`. No oracle is asked.
    """
    separation, alpha = pair
    u = float(align(separation, alpha).minor)
    assume(u > 1e-300)
    with su.precision(su.bits(separation, alpha)):
        error = arb(su.minor_error(separation, alpha))
        a, h, lam = min(alpha, 1 - alpha), abs(su.odds(alpha)), arb(separation)
        greater, smaller = arb(u) * (1 + error), arb(u) * (1 - error)
        # at u = a the separation is 0; u does not exceed it
        if greater < a:
            assert not _separation(greater, h) > lam * (1 + arb(su.ROOT))
        if smaller < a:
            assert not _separation(smaller, h) < lam * (1 - arb(su.ROOT))
        else:
            raise AssertionError("u exceeds min(alpha, 1-alpha)")


@pytest.mark.clause("GDA-thm-envelope", "GDA-align-half")
@given(su.positive_separations.filter(lambda y: y <= 2.0))
@example(2.0)
@example(5e-324)
def test_quarter_of_the_separation_at_one_half(separation: float) -> None:
    """Alpha = 1/2, separation <= 2: E* = separation / 4, rounded once where it is subnormal."""
    assert float(align(separation, 0.5).energy) == separation / 4


def _separation(u: object, h: object) -> arb:
    return (((1 - u) / u).log() - h) / (1 - 2 * u)
