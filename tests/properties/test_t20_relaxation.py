"""T20: the softmin of the energies tends to the one-hot selection."""

from __future__ import annotations

from fractions import Fraction

import pytest
import support as su
from clouds import Cloud, clouds, square
from flint import arb
from gd_attention import gd_attention, relaxation
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.clause("GDA-thm-relaxation")
@given(
    clouds(("gaussian", "integers"), most_keys=5),
    st.sampled_from([0.5, 0.25, 0.75]),
    st.floats(-3.0, 1.0).map(lambda p: 10.0**p),
)
def test_the_bound_holds_against_certified_energies(
    cloud: Cloud, alpha: float, temperature: float
) -> None:
    """1 - p_i from the oracle's energies, in balls: never above the returned bound."""
    query = cloud.query[:1]
    got = relaxation(query, cloud.keys, alpha=alpha, temperature=temperature)
    chosen = int(gd_attention(query, cloud.keys, alpha=alpha).index[0])
    exact = [square(query[0], key) for key in cloud.keys]
    with su.precision(300):
        energies = [su.certified(y, alpha).energy if y else arb(0) for y in map(Fraction, exact)]
        powers = [(-(e - energies[chosen]) / arb(temperature)).exp() for e in energies]
        distance = 1 - powers[chosen] / sum(powers, arb(0))
        if exact.count(exact[chosen]) == 1:
            # the balls are exact to 150 bits: above means above
            assert not distance > arb(float(got.bound[0]))
        else:
            # not the theorem's case: nothing but the trivial bound is claimed
            assert got.bound[0] == 1.0
        assert 0 <= got.bound[0] <= 1


@pytest.mark.clause("GDA-thm-relaxation")
@given(clouds(("gaussian",), most_keys=5))
def test_the_limit_is_the_selection(cloud: Cloud) -> None:
    """At a temperature of a 100th of the gap the weights are one-hot to n exp(-100)."""
    query = cloud.query[:1]
    result = gd_attention(query, cloud.keys, beta=0.01)
    energies = sorted(0.01 * float(square(query[0], key)) / 4 for key in cloud.keys)
    gap = energies[1] - energies[0] if len(energies) > 1 else 1.0
    got = relaxation(query, cloud.keys, beta=0.01, temperature=gap / 100)
    assert got.weights[0].argmax() == result.index[0]
    assert got.weights[0].max() >= 1 - 5 * 2.0**-100
    assert got.bound[0] <= 5 * 2.0**-100
