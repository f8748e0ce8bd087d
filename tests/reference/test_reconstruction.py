"""Reconstruction: the examples of the theorem, the statuses, and the shapes."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from gd_attention.reconstruction import Status, reconstruct
from gd_attention.selection import gd_attention


@pytest.mark.clause("GDA-def-reconstruction", "GDA-thm-reconstruction")
def test_half_of_the_way_at_each_step() -> None:
    # separation <= 2 at alpha = 1/2: t = 1/2 exactly, so the path is known
    got = reconstruct([[0.0]], [[1.0], [-3.0]], tol=2.0**-10)
    assert got.queries[:, 0, 0].tolist() == [1 - 2.0**-n for n in range(6)]
    assert got.energies[:, 0].tolist() == [4.0**-n / 4 for n in range(6)]
    assert got.indices[:, 0].tolist() == [0] * 6
    # the separation is 4**-n: it reaches 2**-10 at step 5, with equality
    assert (got.steps.tolist(), got.status.tolist()) == ([5], [Status.CONVERGED])


@pytest.mark.clause("GDA-thm-reconstruction")
def test_the_index_may_change_with_alpha_or_threshold_per_key() -> None:
    got = reconstruct([[0.0]], [[6.0], [5.0]], alpha=[0.7, 0.5], beta=0.05)
    assert got.indices[:4, 0].tolist() == [0, 0, 1, 1]
    assert got.status.tolist() == [Status.CONVERGED]
    # alpha = 1/2: E* = separation / 4, and radius 4 at beta = 0.01 is the threshold 0.04
    keys = [[10.0, 0.0], [5.0, 3.0]]
    got = reconstruct([[0.0, 0.0]], keys, beta=0.01, threshold=[math.inf, 0.04])
    assert got.indices[:3, 0].tolist() == [0, 1, 1]
    assert (np.diff(got.energies[:, 0]) < 0).all()
    # the same threshold for both keys: the far key never wins
    got = reconstruct([[0.0, 0.0]], keys, beta=0.01)
    assert set(got.indices[:, 0].tolist()) == {1}


@pytest.mark.clause("GDA-thm-reconstruction", "GDA-def-reconstruction")
def test_rounding_does_not_change_an_index_that_the_theorem_keeps() -> None:
    keys = [[0.0, 1e-20], [1e-20, 0.0]]
    query = [[0.9974042475543028, 0.9974042475543027]]
    got = reconstruct(query, keys, alpha=0.3)
    assert set(got.indices[:, 0].tolist()) == {1}
    # selecting again from the rounded queries would not have kept it
    again = [int(gd_attention(row, keys, alpha=0.3).index[0]) for row in got.queries]
    assert again[:2] == [1, 0]
    published = [[0.8184808436607273, 0.8184808436607272]]
    assert set(reconstruct(published, keys, alpha=0.3).indices[:, 0].tolist()) == {1}
    # shared alpha and threshold are asked of the unmasked keys only
    rest = {"alpha": [0.3, 0.3, 0.9], "threshold": [1.0, 1.0, 0.1], "mask": [True, True, False]}
    got = reconstruct(query, [*keys, [0.0, 0.0]], **rest)
    assert set(got.indices[:, 0].tolist()) == {1}


@pytest.mark.clause("GDA-thm-reconstruction")
def test_energy_decreases_and_no_later_step_abstains() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        query, keys = rng.normal(size=(2, 3)), rng.normal(size=(5, 3))
        alpha = rng.uniform(0.2, 0.6, size=5)
        threshold = rng.uniform(0.05, 0.6, size=(2, 5))
        got = reconstruct(query, keys, alpha=alpha, threshold=threshold, max_steps=40, tol=1e-6)
        for m in range(2):
            steps = int(got.steps[m])
            energies = got.energies[: steps + 1, m]
            if got.status[m] == Status.ABSTAINED:
                assert (steps, energies[0]) == (0, math.inf)
            else:
                assert (np.diff(energies) < 0).all()
                assert (got.indices[:, m] >= 0).all()


@pytest.mark.clause("GDA-def-reconstruction-status")
def test_statuses() -> None:
    query = [[0.0], [1.0], [5.0], [math.nan]]
    keys = [[1.0], [105.0]]
    mask = [[True, False], [True, False], [False, True], [False, False]]
    got = reconstruct(query, keys, alpha=[0.5, 0.9], mask=mask, max_steps=7)
    # from 5 to 105 at alpha = 0.9 the step is of size exp(-10000)
    expected = [Status.MAX_STEPS, Status.CONVERGED, Status.STAGNATED, Status.ABSTAINED]
    assert got.status.tolist() == expected
    assert got.steps.tolist() == [7, 0, 0, 0]
    assert got.queries.shape == (8, 4, 1)
    # a query that has stopped repeats its last state
    assert got.queries[:, 2, 0].tolist() == [5.0] * 8
    assert got.indices.tolist() == [[0, 0, 1, -1]] * 8
    assert (got.energies[:, 3] == math.inf).all() and np.isnan(got.queries[:, 3]).all()
    # no step allowed: a selection, and still converged where it is
    got = reconstruct(query, keys, mask=mask, max_steps=0)
    assert got.status.tolist() == [2, 0, 2, 3]
    assert got.queries.shape == (1, 4, 1)


@pytest.mark.clause("GDA-def-reconstruction-status")
def test_tolerance_zero_ends_at_the_key_or_stagnates() -> None:
    got = reconstruct([[0.0]], [[1.0]], tol=0.0)
    assert got.status.tolist() == [Status.CONVERGED]
    assert got.queries[-1, 0, 0] == 1.0
    # the separation of distinct rows is positive, though its float64 form underflows
    got = reconstruct([[0.0]], [[1e-300]], tol=0.0, max_steps=0)
    assert got.status.tolist() == [Status.MAX_STEPS]


@pytest.mark.clause("GDA-thm-reconstruction")
def test_the_asymptotic_rate_is_alpha() -> None:
    for alpha in (0.2, 0.5, 0.8):
        got = reconstruct([[0.0]], [[1.0]], alpha=alpha, tol=1e-9)
        jumps = 1 - got.queries[:, 0, 0]
        assert jumps[-1] / jumps[-2] == pytest.approx(alpha, rel=1e-6, abs=0.0)


@pytest.mark.clause("GDA-thm-reconstruction")
def test_steps_of_size_exp_minus_separation() -> None:
    # alpha = 0.9, separation 10: the first 50 of over 11,000 steps, each (1 - t) of the last jump
    got = reconstruct([[0.0]], [[math.sqrt(10.0)]], alpha=0.9, max_steps=50)
    jumps = math.sqrt(10.0) - got.queries[:, 0, 0]
    assert ((-np.diff(jumps) > 0) & (-np.diff(jumps) < 1e-4)).all()
    assert got.status.tolist() == [Status.MAX_STEPS]


@pytest.mark.clause("GDA-def-reconstruction", "GDA-align-point-value", "GDA-batch-broadcast")
def test_each_query_is_the_alignment_point_before_it() -> None:
    rng = np.random.default_rng(9)
    query, keys = rng.normal(size=(2, 3, 2)), rng.normal(size=(2, 4, 2))
    alpha = rng.uniform(0.2, 0.8, size=(2, 4))
    got = reconstruct(query, keys, alpha=alpha, max_steps=3, tol=0.0)
    assert got.queries.shape == (4, 2, 3, 2)
    for step in range(3):
        one = gd_attention(got.queries[step], keys, alpha=alpha)
        np.testing.assert_array_equal(got.indices[step], one.index)
        np.testing.assert_array_equal(got.energies[step], one.energy)
        np.testing.assert_array_equal(got.queries[step + 1], one.alignment_point)
    # overflowing jumps: the path stays finite
    got = reconstruct([[-1.7e308]], [[1.7e308]], beta=5e-324, max_steps=4)
    assert np.isfinite(got.queries).all()
    # (t decides how far, and at 2 beta = 1e-323 the separation is a number near 1e293: all the way)
    assert Fraction(got.queries[1, 0, 0]) == Fraction(1.7e308)


@pytest.mark.clause("GDA-def-reconstruction", "GDA-batch-broadcast")
def test_empty_shapes() -> None:
    got = reconstruct(np.empty((2, 0, 3)), np.empty((5, 3)))
    assert got.queries.shape == (1, 2, 0, 3)
    got = reconstruct(np.zeros((2, 3)), np.empty((0, 3)))
    assert got.status.tolist() == [Status.ABSTAINED] * 2
