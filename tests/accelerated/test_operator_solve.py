"""Root, energy bounds and pruning separation of one pair, against certified balls."""

from __future__ import annotations

import math

import numpy as np
import pytest
from flint import arb
from gd_attention.accelerated.solve import (
    energy_bounds,
    minor_coordinate,
    root,
    separation_beyond,
)
from gd_attention.conformance.certificate import alignment
from gd_attention.conformance.rational import Exact
from gd_attention.distances import relative_error
from gd_attention.minimiser import positive_root
from hypothesis import example, given, settings
from hypothesis import strategies as st

EPS = 2.0**-52

weights = st.one_of(
    st.floats(5e-324, 0.5),
    st.floats(-300, -0.31).map(lambda x: 10.0**x),
    st.floats(-17, -1).map(lambda x: 0.5 - 10.0**x),
    st.just(0.5),
)
separations = st.one_of(
    st.floats(0, 200),
    st.floats(-320, 300).map(lambda x: 10.0**x),
    st.floats(-17, 0).map(lambda x: 2 + 10.0**x),
    st.floats(-17, 0).map(lambda x: 2 - 10.0**x),
)
relatives = st.sampled_from([0.0, relative_error(1), relative_error(1024)])


def energy(separation: float, a: float) -> arb:
    """A ball that holds the exact energy of the pair."""
    return alignment(Exact.of(separation), a, 256).energy


@pytest.mark.clause("GDA-def-energy", "GDA-thm-envelope")
@given(separations, weights, relatives)
@settings(max_examples=500)
@example(2.0, 0.5, 0.0)
@example(0.0, 0.3, 0.0)
@example(64.0, 5e-324, 0.0)
@example(1e308, 0.5, 0.0)
def test_the_bounds_hold_the_energy(separation: float, a: float, relative: float) -> None:
    """At the value itself and at both ends of what the value may stand for."""
    low, high = energy_bounds(separation, a, relative)
    for factor in (1.0, 1.0 - relative, 1.0 + relative):
        exact = energy(min(separation * factor, 1.7e308), a)
        assert arb(low) <= exact
        assert exact <= arb(high)


@pytest.mark.clause("GDA-thm-closed-form")
@given(separations, weights)
@settings(max_examples=300)
def test_the_bounds_are_narrow(separation: float, a: float) -> None:
    """Within 2^-42 of the energy, where it is no smaller than 1e-290: else nothing is decided."""
    low, high = energy_bounds(separation, a, 0.0)
    if high > 1e-290:
        assert high - low <= 2.0**-42 * high


@pytest.mark.clause("GDA-thm-computation", "GDA-thm-uniqueness")
@given(separations.filter(lambda y: y <= 1e4), weights)
@settings(max_examples=500)
@example(2.0, 0.5)
@example(math.nextafter(2, 3), 0.5)
@example(2.0, math.nextafter(0.5, 0))
def test_the_root_is_the_references(separation: float, a: float) -> None:
    """Both stop where F is below 6.5 eps z: with F' >= 1 - y/2 + (y/2) tanh^2 z that moves z.

    The bound on the difference is twice 6.5 eps z / F'(z), and the last step of each, an eps of z;
    next to the triple root F' is as small as z^2 and its own error is of the size of eps, so only
    where F' is above 2^-20 is the quotient meant.
    """
    z, expected = root(separation, a), positive_root(separation, a)
    half = 0.5 * separation
    tanh = math.tanh(expected)
    slope = (1.0 - half) + half * tanh * tanh
    if expected == 0.0:
        assert z == 0.0
    elif slope > 2.0**-20:
        assert abs(z - expected) <= (13.0 / slope + 4.0) * EPS * expected
    else:
        assert abs(z - expected) <= 2.0**-20 * expected


@pytest.mark.clause("GDA-thm-closed-form")
@given(separations.filter(lambda y: y <= 128), weights)
def test_the_minor_coordinate_is_that_of_the_minimiser(separation: float, a: float) -> None:
    u = minor_coordinate(separation, a)
    exact = alignment(Exact.of(separation), a, 256).minor
    assert abs(u - float(exact)) <= 2.0**-20 * float(exact) + 5e-324


@pytest.mark.clause("GDA-thm-prior-monotone", "GDA-thm-envelope")
@given(separations, weights, weights, relatives, st.sampled_from([1.0, 1.001, 2.0, 50.0]))
@settings(max_examples=500)
def test_nothing_beyond_the_pruning_separation_can_win(
    separation: float, winner: float, a: float, relative: float, farther: float
) -> None:
    """A pair of weight >= a whose computed separation is larger has more energy, certified."""
    upper = energy_bounds(separation, winner, relative)[1]
    beyond = separation_beyond(upper, a, relative)
    if beyond == math.inf:
        return
    least = np.nextafter(beyond, np.inf) * farther * (1.0 - relative)
    assert energy(float(least), a) > arb(upper)


def test_pruning_is_tight() -> None:
    """Away from the ceiling the separation found is close to the one at which energies agree."""
    for a in (0.5, 0.3, 0.01):
        for separation in (1e-3, 0.5, 1.9, 3.0, 8.0):
            upper = energy_bounds(separation, a, 0.0)[1]
            beyond = separation_beyond(upper, a, 0.0)
            assert separation < beyond < separation * (1.0 + 2.0**-12)
    assert separation_beyond(math.inf, 0.3, 0.0) == math.inf
    assert separation_beyond(math.log(2), 0.5, 0.0) == math.inf
