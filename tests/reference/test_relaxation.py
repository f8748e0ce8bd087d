"""Relaxation: weights against energies known in closed form, and the bound against the truth."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from gd_attention.relaxation import relaxation
from gd_attention.selection import gd_attention


@pytest.mark.clause("GDA-thm-relaxation")
def test_weights_where_energies_are_known() -> None:
    # alpha = 1/2 and separation <= 2: the energy is a quarter of the separation
    keys = [[1.0], [0.5], [-1.25]]
    energies = np.array([0.25, 0.0625, 0.390625])
    for temperature in (10.0, 1.0, 0.05, 0.01):
        got = relaxation([[0.0]], keys, temperature=temperature)
        powers = np.exp(-(energies - 0.0625) / temperature)
        np.testing.assert_allclose(got.weights[0], powers / powers.sum(), rtol=1e-13)
        distance = 1 - (powers / powers.sum())[1]
        # the bound holds, is (n - 1) exp(-gap / T), and tends to 0 with T
        assert distance <= got.bound[0] <= 1
        # it errs upwards: the energies 0.25 and 0.0625 are bounded to 2**-44 of themselves, and the
        # rest is 2**-46
        bound = min(1.0, 2 * math.exp(-0.1875 / temperature))
        slack = 2.0**-44 * 0.3125 / temperature + 2.0**-45
        assert bound <= got.bound[0] <= bound * (1.0 + slack)


@pytest.mark.clause("GDA-thm-relaxation")
def test_only_admitted_keys_have_weight() -> None:
    keys = [[1.0], [0.5], [-1.25], [math.nan]]
    mask = [[True, True, True, False], [False, False, False, False]]
    got = relaxation([[0.0], [0.0]], keys, temperature=0.1, threshold=0.3, mask=mask)
    assert (got.weights[0] > 0).tolist() == [True, True, False, False]
    # each weight is rounded once after a sum of two and a quotient
    assert got.weights[0].sum() == pytest.approx(1.0, rel=4 * 2.0**-52, abs=0.0)
    # nothing admitted: no distribution
    assert (got.weights[1].tolist(), got.bound[1]) == ([0.0] * 4, 0.0)
    # one admitted: nothing to be far from
    one = relaxation([[0.0]], [[1.0], [2.0]], temperature=0.1, threshold=0.25)
    assert (one.weights.tolist(), one.bound.tolist()) == ([[1.0, 0.0]], [0.0])
    assert relaxation([[0.0]], np.empty((0, 1)), temperature=1.0).weights.shape == (1, 0)


@pytest.mark.clause("GDA-thm-relaxation", "GDA-energy-saturation")
def test_saturated_energies_still_differ() -> None:
    # separations 100 and 121: the energies agree in float64, the deficits do not. At alpha = 1/2
    # a deficit tends to exp(-separation), and at such a temperature the weights show the gap
    keys = [[11.0], [10.0]]
    gap = math.exp(-100.0) - math.exp(-121.0)
    got = relaxation([[0.0]], keys, temperature=1e-44)
    assert got.weights[0, 1] == pytest.approx(1 / (1 + math.exp(-gap / 1e-44)), rel=1e-9, abs=0.0)
    colder = relaxation([[0.0]], keys, temperature=1e-46)
    assert colder.weights[0].tolist() == [
        pytest.approx(math.exp(-gap / 1e-46), rel=1e-9, abs=0.0),
        1.0,
    ]
    # the proved gap is exp(-101), a chord of length 1, against exp(-100)
    assert math.exp(-gap / 1e-46) <= colder.bound[0] < math.exp(-0.9 * math.exp(-101) / 1e-46)


@pytest.mark.clause("GDA-thm-relaxation")
def test_ties_and_extreme_temperatures() -> None:
    tie = relaxation([[0.0]], [[1.0], [-1.0]], temperature=1e-300)
    assert (tie.weights.tolist(), tie.bound.tolist()) == ([[0.5, 0.5]], [1.0])
    cold = relaxation([[0.0]], [[1.0], [1.1]], temperature=5e-324)
    # the distance is positive in exact arithmetic, so the bound is
    assert (cold.weights.tolist(), cold.bound.tolist()) == ([[1.0, 0.0]], [5e-324])
    hot = relaxation([[0.0]], [[1.0], [1.1]], temperature=1e308)
    assert (hot.weights.tolist(), hot.bound.tolist()) == ([[0.5, 0.5]], [1.0])


@pytest.mark.clause("GDA-thm-relaxation")
def test_the_bound_holds_and_the_weights_tend_to_the_selection() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        query, keys = rng.normal(size=(3, 2)), rng.normal(size=(6, 2))
        alpha = rng.uniform(0.1, 0.9, size=6)
        index = gd_attention(query, keys, alpha=alpha).index
        for temperature in (1.0, 0.1, 0.01, 1e-3):
            got = relaxation(query, keys, temperature=temperature, alpha=alpha)
            kept = np.take_along_axis(got.weights, index[:, None], axis=-1)[:, 0]
            # 2**-50: the rounding of weights that add up to 1
            assert (1 - kept <= got.bound + 2.0**-50).all()
        assert (got.weights.argmax(axis=-1) == index)[kept > 0.5].all()


@pytest.mark.clause("GDA-thm-relaxation")
def test_the_bound_is_proved_where_the_gap_is_a_rational() -> None:
    # the energies are a quarter of separations one ulp apart
    near = math.nextafter(1.0, 2)
    gap = (Fraction(near) ** 2 - 1) / 4
    for temperature in (1e-15, 1e-16, 1e-17):
        bound = float(relaxation([[0.0]], [[1.0], [near]], temperature=temperature).bound[0])
        assert bound >= math.exp(-float(gap / Fraction(temperature)))


@pytest.mark.clause("GDA-batch-broadcast", "GDA-thm-relaxation")
def test_a_batch_is_its_entries() -> None:
    rng = np.random.default_rng(6)
    query, keys = rng.normal(size=(2, 3, 2)), rng.normal(size=(4, 2))
    got = relaxation(query, keys, temperature=0.2, threshold=0.4)
    for i in range(2):
        one = relaxation(query[i], keys, temperature=0.2, threshold=0.4)
        np.testing.assert_array_equal(got.weights[i], one.weights)
        np.testing.assert_array_equal(got.bound[i], one.bound)
