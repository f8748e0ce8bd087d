"""T5: the energy and the deficit from the minor coordinate."""

from __future__ import annotations

import math

import pytest
import support as su
from flint import arb
from gd_attention.alignment import align, ceiling
from hypothesis import example, given


@pytest.mark.clause("GDA-thm-closed-form", "GDA-def-energy")
@given(su.pairs)
@example((2.0, 0.5))
@example((math.nextafter(2.0, 3.0), math.nextafter(0.5, 0.0)))
@example((1e-300, 1e-12))
def test_energy_is_the_minimum_of_phi(pair: tuple[float, float]) -> None:
    """The reference's closed form against the certificate, which evaluates phi itself."""
    separation, alpha = pair
    value = float(align(separation, alpha).energy)
    found = su.certified(separation, alpha)
    with su.precision(200):
        assert su.within(value, found.energy, su.ENERGY, absolute=2.0**-1074)


@pytest.mark.clause("GDA-thm-closed-form")
@given(su.pairs)
def test_the_identity_itself(pair: tuple[float, float]) -> None:
    """-log w + separation u^2 + log(1-u), and both other forms, at the certified minimiser."""
    separation, alpha = pair
    with su.precision(su.bits(separation, alpha)):
        found = su.certified(separation, alpha, su.bits(separation, alpha))
        lam, u = arb(separation), found.minor
        a = arb(min(alpha, 1 - alpha))
        first = -((1 - a).log()) + lam * u * u + (1 - u).log()
        third = lam * u * u + ((1 - u) * a / (1 - a) - u).log1p()
        assert first.overlaps(found.energy)
        assert third.overlaps(found.energy)
        assert u.overlaps(1 / (1 + (1 - a) / a * (lam * (1 - 2 * u)).exp()))
        # not vacuous: both sides to 100 bits
        assert first.rel_accuracy_bits() > 100 or separation < 1e-280


@pytest.mark.clause("GDA-thm-closed-form", "GDA-coordinate-value")
@given(su.pairs)
@example((1e4, 0.5))
def test_minor_coordinate_is_the_certified_one(pair: tuple[float, float]) -> None:
    """Between the certified values for a separation off by `ROOT`, times the error of u."""
    separation, alpha = pair
    minor = float(align(separation, alpha).minor)
    relative = su.minor_error(separation, alpha)
    with su.precision(200):
        low, high = minor_range(separation, alpha)
        assert not arb(minor) < low * (1 - relative) - su.TINY
        assert not arb(minor) > high * (1 + relative) + su.TINY


@pytest.mark.clause("GDA-thm-closed-form", "GDA-energy-saturation")
@given(su.pairs)
@example((1e4, 0.5))
@example((38.3, 0.5))
def test_deficit_is_ceiling_minus_energy(pair: tuple[float, float]) -> None:
    """Without the cancellation of that difference.

    deficit = g(u) with g(u) = -log(1-u) - separation u^2. The computed u lies in the range of the
    test above; g maps it to a ball, in mean value form. Rounding adds 1.5 eps of each of the two
    terms and eps/2 of their difference; g is increasing there or flat.
    """
    separation, alpha = pair
    aligned = align(separation, alpha)
    relative = su.minor_error(separation, alpha)
    with su.precision(300):
        lam = arb(separation)
        low, high = minor_range(separation, alpha)
        u = (low * (1 - arb(relative))).union(high * (1 + arb(relative)))
        exact = su.certified(separation, alpha, 300)
        slope = 1 / (1 - u) - 2 * lam * u
        image = exact.deficit() + slope * (u - exact.minor)
        terms = -(1 - u).log() + lam * u * u
        slack = 2 * su.EPS * terms + su.TINY
        assert not abs(arb(float(aligned.deficit)) - image) > slack


@pytest.mark.clause("GDA-thm-closed-form", "GDA-def-energy")
@given(su.extreme_weights)
@example(5e-324)
@example(0.5)
def test_ceiling_is_minus_log_of_the_heavier_weight(alpha: float) -> None:
    """2 eps, as `ceiling` states."""
    with su.precision(su.bits(1.0, alpha)):
        exact = -(arb(max(alpha, 0.5)) if alpha >= 0.5 else 1 - arb(alpha)).log()
        assert su.within(float(ceiling(alpha)), exact, 2 * su.EPS, absolute=0.0)


def minor_range(separation: float, alpha: float) -> tuple[object, object]:
    """Certified u for the separation times 1 + ROOT and times 1 - ROOT: u does not increase."""
    low = su.certified(su.Fraction(separation) * (1 + su.Fraction(su.ROOT)), alpha)
    high = su.certified(su.Fraction(separation) * (1 - su.Fraction(su.ROOT)), alpha)
    return low.minor, high.minor
