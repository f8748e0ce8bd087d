"""Sparsemax [3]."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.prior.sparsemax import (
    sparsemax,
    sparsemax_jvp,
    sparsemax_loss,
    sparsemax_loss_gradient,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
SIXTY_FOURTHS = st.integers(-128, 128).map(lambda k: k / 64)
SCORES = hnp.arrays(np.float64, st.integers(1, 7), elements=SIXTY_FOURTHS)
# Sums of scores on a grid of 1/64 are exact; tau is one quotient and p one difference, all of
# size at most 2: each weight is off by at most this.
WEIGHT = 4 * EPS


@pytest.mark.property_of("sparsemax.sparsemax", "P-projection")
@given(z=SCORES)
def test_it_is_the_projection(z):
    p = sparsemax(z)
    assert (p >= 0).all()
    assert abs(p.sum() - 1) <= 8 * WEIGHT
    # (z - p).(e_j - p) <= 0 at every corner; 8 products of size 8 at most
    slack = (z - p) @ (np.eye(len(z)) - p).T
    assert slack.max() <= 16 * len(z) * 8 * EPS


@pytest.mark.property_of("sparsemax.sparsemax", "P-nonexpansive")
@given(z=hnp.arrays(np.float64, 5, elements=SIXTY_FOURTHS),
       y=hnp.arrays(np.float64, 5, elements=SIXTY_FOURTHS))  # fmt: skip
def test_it_does_not_expand(z, y):
    assert np.linalg.norm(sparsemax(z) - sparsemax(y)) <= np.linalg.norm(z - y) + 16 * WEIGHT


@pytest.mark.property_of("sparsemax.sparsemax", "P-shift")
@given(z=SCORES, shift=SIXTY_FOURTHS)
def test_a_shift_changes_nothing(z, shift):
    assert np.array_equal(sparsemax(z + shift), sparsemax(z))


@pytest.mark.property_of("sparsemax.sparsemax", "P-one-hot")
@given(z=hnp.arrays(np.float64, st.integers(2, 6), elements=SIXTY_FOURTHS))
def test_one_hot_iff_the_lead_is_at_least_one(z):
    ranked = np.sort(z)[::-1]
    p = sparsemax(z)
    assert ((p > 0).sum() == 1) == (ranked[0] - ranked[1] >= 1)


@pytest.mark.property_of("sparsemax.sparsemax", "P-order")
@given(z=SCORES)
def test_order_is_kept_and_ties_share(z):
    p = sparsemax(z)
    larger = z[:, None] >= z
    assert (p[:, None] >= p)[larger].all()


@pytest.mark.property_of("sparsemax.sparsemax", "P-idempotent")
@given(counts=st.lists(st.integers(0, 8), min_size=1, max_size=6))
def test_points_of_the_simplex_stay(counts):
    assume(sum(counts) > 0)
    p = np.array(counts) / sum(counts)
    # p itself is rounded: its sum is off by 6 eps at most, and tau with it
    assert np.abs(sparsemax(p) - p).max() <= 8 * EPS + WEIGHT


@pytest.mark.property_of("sparsemax.sparsemax", "P-nested")
@given(z=SCORES, scale=st.integers(1, 8))
def test_a_larger_scale_leaves_no_new_candidate(z, scale):
    wide, narrow = sparsemax(z) > WEIGHT, sparsemax(scale * z) > WEIGHT
    assert not (narrow & ~wide).any()


@pytest.mark.property_of("sparsemax.sparsemax", "P-relative")
@given(score=SIXTY_FOURTHS)
def test_one_candidate_is_always_taken(score):
    assert sparsemax([score]).tolist() == [1.0]
    assert sparsemax([score, 9.0], [True, False]).tolist() == [1.0, 0.0]


def test_known_answers():
    assert sparsemax([1.0, 1.0, 0.0]).tolist() == [0.5, 0.5, 0.0]
    assert sparsemax([1.0, -np.inf, 0.5]).tolist() == [0.75, 0.0, 0.25]
    assert sparsemax([1e308, -1e308, 1e308]).tolist() == [0.5, 0.0, 0.5]
    assert sparsemax([-np.inf, -np.inf]).tolist() == [0.0, 0.0]
    assert sparsemax([1.0, 2.0], [False, False]).tolist() == [0.0, 0.0]
    assert sparsemax(np.zeros((2, 0))).shape == (2, 0)
    assert np.array_equal(sparsemax([[0.0, 3.0], [1.0, 1.0]]), [[0.0, 1.0], [0.5, 0.5]])


@pytest.mark.property_of("sparsemax.sparsemax_loss", "P-zero")
@pytest.mark.property_of("sparsemax.sparsemax_loss_gradient", "P-zero")
@given(z=hnp.arrays(np.float64, st.integers(2, 6), elements=SIXTY_FOURTHS), data=st.data())
def test_the_loss_is_zero_iff_the_label_leads_by_one(z, data):
    label = data.draw(st.integers(0, len(z) - 1))
    lead = z[label] - np.delete(z, label).max()
    loss, gradient = sparsemax_loss(z, label), sparsemax_loss_gradient(z, label)
    if lead >= 1:
        assert loss == 0.0
        assert not gradient.any()
    else:
        # with a lead of 1 - d, d >= 1/64, and two candidates the loss is d^2/4
        assert loss >= 1 / 64**2 / 4 - 64 * EPS
        assert np.abs(gradient).max() > WEIGHT


@pytest.mark.property_of("sparsemax.sparsemax_loss", "P-convex")
@given(z=hnp.arrays(np.float64, 4, elements=SIXTY_FOURTHS),
       y=hnp.arrays(np.float64, 4, elements=SIXTY_FOURTHS))  # fmt: skip
def test_the_loss_is_convex(z, y):
    middle = sparsemax_loss((z + y) / 2, 0)
    # losses of size 8 at most from a dozen operations
    assert middle <= (sparsemax_loss(z, 0) + sparsemax_loss(y, 0)) / 2 + 128 * EPS


@pytest.mark.property_of("sparsemax.sparsemax_loss", "P-gradient")
@given(z=hnp.arrays(np.float64, 4, elements=SIXTY_FOURTHS), direction=st.integers(0, 3))
def test_the_gradient_is_that_of_the_loss(z, direction):
    step = 2.0**-12
    beside = z.copy()
    beside[direction] += step
    slope = (sparsemax_loss(beside, 1) - sparsemax_loss(z, 1)) / step
    # the gradient is 1-Lipschitz, so the mean slope is within one step of it
    assert abs(slope - sparsemax_loss_gradient(z, 1)[direction]) <= step + 128 * EPS / step


@pytest.mark.property_of("sparsemax.sparsemax_jvp", "P-derivative")
@given(z=hnp.arrays(np.float64, 5, elements=SIXTY_FOURTHS),
       v=hnp.arrays(np.float64, 5, elements=SIXTY_FOURTHS))  # fmt: skip
def test_the_jvp_is_the_derivative_inside_a_piece(z, v):
    step = 2.0**-20
    before, after = sparsemax(z), sparsemax(z + step * v)
    assume(((before > 0) == (after > 0)).all())
    inside = (sparsemax(z - step * v) > 0) == (before > 0)
    assume(inside.all())
    # piecewise linear: the quotient is exact but for rounding
    assert np.abs((after - before) / step - sparsemax_jvp(before, v)).max() <= 8 * WEIGHT / step


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sparsemax([np.nan]), "scores: expected finite"),
        (lambda: sparsemax([np.inf]), "scores: expected finite"),
        (lambda: sparsemax(1.0), "scores: expected an axis"),
        (lambda: sparsemax_jvp(1.0, 1.0), "weights: expected an axis"),
        (lambda: sparsemax_loss([1.0], 1), r"label: expected an index in 0\.\.0, got 1"),
        (lambda: sparsemax_loss([1.0], -1), "label: expected an integer >= 0, got -1"),
        (lambda: sparsemax_loss([], 0), "scores: expected at least one candidate"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("function", [sparsemax_loss, sparsemax_loss_gradient])
@pytest.mark.parametrize("label", [1.5, True, np.True_, "0", None, [0]])
def test_a_label_is_an_integer(function, label):
    with pytest.raises(TypeError, match="label: expected an integer"):
        function([1.0, 2.0], label)
    assert np.array_equal(function([1.0, 2.0], np.int32(1)), function([1.0, 2.0], 1))


def test_a_loss_beyond_the_range_is_infinite_in_silence():
    assert sparsemax_loss([1e308, -1e308], 1) == np.inf
    assert sparsemax_loss([1e308, -1e308], 0) == 0.0


def test_agrees_with_entmax_package():
    entmax = pytest.importorskip("entmax", reason="a peer of the comparison")
    torch = pytest.importorskip("torch", reason="a peer of the comparison")
    z = np.random.default_rng(3).integers(-128, 128, (200, 9)) / 64
    theirs = entmax.sparsemax(torch.from_numpy(z)).numpy()
    assert np.abs(sparsemax(z) - theirs).max() <= 2 * WEIGHT
    masked = entmax.sparsemax(torch.tensor([1.0, -np.inf, 0.5], dtype=torch.float64)).numpy()
    assert masked.tolist() == sparsemax([1.0, -np.inf, 0.5]).tolist()
