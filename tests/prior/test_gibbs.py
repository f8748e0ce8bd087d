"""The Gibbs weights and the log partition function that several prior operators share."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.prior.gibbs import finite_product, gibbs_weights, log_partition
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
SIXTY_FOURTHS = st.integers(-256, 256).map(lambda k: k / 64)
SCORES = hnp.arrays(np.float64, st.integers(1, 6), elements=SIXTY_FOURTHS)


@pytest.mark.property_of("gibbs.gibbs_weights", "P-sum")
@given(z=SCORES, data=st.data())
def test_weights_sum_to_one_over_the_candidates(z, data):
    mask = data.draw(hnp.arrays(np.bool_, z.shape))
    p = gibbs_weights(z, 1.0, mask)
    assert (p >= 0).all() and (p[~mask] == 0.0).all()
    # n quotients and n - 1 additions of numbers that add up to 1, each rounded
    assert abs(p.sum() - mask.any()) <= 2 * len(z) * EPS


@pytest.mark.property_of("gibbs.gibbs_weights", "P-shift")
@given(z=SCORES, shift=SIXTY_FOURTHS)
def test_weights_are_shift_invariant(z, shift):
    # sums and differences of 64ths are exact, so the exponents are the same floats
    assert np.array_equal(gibbs_weights(z + shift, 0.5), gibbs_weights(z, 0.5))


@pytest.mark.property_of("gibbs.log_partition", "P-bounds")
@given(z=SCORES, beta=st.sampled_from([0.25, 1.0, 16.0]))
def test_log_partition_lies_above_the_maximum_by_log_n_at_most(z, beta):
    lse, top = float(log_partition(z, beta)), float(np.max(z))
    # n terms, a logarithm, a quotient and an addition, each of relative error at most EPS
    slack = (len(z) + 4) * EPS * (abs(top) + np.log(len(z)) / beta)
    assert top - slack <= lse <= top + np.log(len(z)) / beta + slack


def test_extreme_scores_neither_overflow_nor_leave_nan():
    p = gibbs_weights([1e308, -1e308, 1e308], 4.0)
    assert np.array_equal(p, [0.5, 0.0, 0.5])
    assert log_partition([-1e308, -1e308], 1.0) == -1e308
    # a masked score, however large, does not push the others below the smallest exponential
    assert np.array_equal(gibbs_weights([2000.0, 0.0], 1.0, [False, True]), [0.0, 1.0])
    assert log_partition([2000.0, 0.0], 1.0, [False, True]) == 0.0
    assert np.array_equal(gibbs_weights(np.zeros((2, 0))), np.zeros((2, 0)))
    assert log_partition([1.0, 2.0], 1.0, [False, False]) == -np.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gibbs_weights(1.0), "scores: expected an axis"),
        (lambda: gibbs_weights([np.nan]), "scores: expected finite"),
        (lambda: gibbs_weights([1.0], 0.0), "beta"),
        (lambda: gibbs_weights([1.0], 1.0, [True, True]), "mask"),
        (lambda: finite_product(np.array([1e200]), np.array([1e200]), "q, k"), "q, k: expected"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
