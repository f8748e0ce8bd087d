"""[14] Noisy top-k gating, importance and load."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.prior.balance import (
    balance_loss,
    cv_squared,
    importance,
    load,
    selection_probability,
)
from gd_attention.prior.gating import gates, kth_excluding, noise_scale, noisy_logits, top_k
from gd_attention.prior.gibbs import gibbs_weights
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import ndtr

EPS = 2.0**-52
SIXTY_FOURTHS = st.integers(-128, 128).map(lambda k: k / 64)
# few values, so that ties at the k-th are common
LOGITS = hnp.arrays(np.float64, st.integers(1, 6), elements=st.integers(-3, 3).map(lambda k: k / 2))
NUMBERS = st.integers(1, 7)


@pytest.mark.property_of("gating.noise_scale", "P-softplus")
@given(raw=st.integers(-640, 640).map(lambda k: k / 64))
def test_the_scale_is_softplus(raw):
    expected = np.log1p(np.exp(raw))
    assert abs(noise_scale([raw])[0] - expected) <= 8 * EPS * (1 + expected)
    assert noise_scale([raw], 0.5)[0] >= 0.5
    assert np.array_equal(noise_scale([800.0, -800.0]), [800.0, 0.0])


@pytest.mark.property_of("gating.noisy_logits", "P-quiet")
@given(h=LOGITS)
def test_without_noise_the_logits_are_clean(h):
    assert np.array_equal(noisy_logits(h, noise_scale(h), np.zeros(len(h))), h)
    # 64ths are exact
    assert np.array_equal(noisy_logits(h, np.full(len(h), 0.5), np.ones(len(h))), h + 0.5)


@pytest.mark.property_of("gating.top_k", "P-exactly-k")
@pytest.mark.property_of("gating.top_k", "P-dominates")
@given(h=LOGITS, k=NUMBERS, data=st.data())
def test_exactly_k_are_kept_and_ties_go_to_the_first(h, k, data):
    mask = data.draw(hnp.arrays(np.bool_, len(h)))
    kept = top_k(h, k, mask)
    # Python's sort is stable as well: an order by falling logit, then by index
    order = sorted(np.flatnonzero(mask).tolist(), key=lambda i: (-h[i], i))
    assert np.flatnonzero(kept).tolist() == sorted(order[:k])
    assert kept.sum() == min(k, mask.sum())
    assert h[kept].min(initial=np.inf) >= h[mask & ~kept].max(initial=-np.inf)


@pytest.mark.property_of("gating.gates", "P-support")
@pytest.mark.property_of("gating.gates", "P-shift")
@pytest.mark.property_of("gating.gates", "P-all")
@given(h=LOGITS, k=NUMBERS, shift=SIXTY_FOURTHS)
def test_gates_are_a_softmax_of_the_kept(h, k, shift):
    g, n = gates(h, k), len(h)
    # logits within 3 of each other: no weight underflows
    assert np.array_equal(g > 0, top_k(h, k)) and (g > 0).sum() == min(k, n)
    assert abs(g.sum() - 1) <= 2 * n * EPS
    assert np.array_equal(gates(h + shift, k), g)
    assert np.array_equal(gates(h, n), gibbs_weights(h))
    assert not gates(h, k, np.zeros(n, bool)).any()


@pytest.mark.property_of("balance.importance", "P-total")
@pytest.mark.property_of("balance.load", "P-certain")
@given(h=hnp.arrays(np.float64, (3, 4), elements=SIXTY_FOURTHS), k=NUMBERS)
def test_importances_and_loads_add_up(h, k):
    # 12 gates, of relative error below 16 EPS each, are added
    assert abs(importance(gates(h, k)).sum() - 3) <= 64 * EPS
    certain = selection_probability(h, np.ones((3, 4)), h, 4)
    assert np.array_equal(load(certain), [3.0] * 4)


def test_importance_and_load_add_over_the_tokens():
    table = [[1.0, 0.0], [0.5, 0.5], [0.25, 0.75]]
    assert importance(table).tolist() == load(table).tolist() == [1.75, 1.25]


@pytest.mark.property_of("gating.kth_excluding", "P-brute-force")
@given(h=LOGITS, k=NUMBERS)
def test_the_kth_of_the_others(h, k):
    for i, value in enumerate(kth_excluding(h, k)):
        others = sorted(np.delete(h, i).tolist(), reverse=True)
        assert value == (others[k - 1] if k <= len(others) else -np.inf)


@pytest.mark.property_of("balance.selection_probability", "P-own-noise")
def test_it_is_the_chance_of_fresh_noise_on_one_expert():
    rng = np.random.default_rng(9)
    clean, scale = np.array([0.5, 0.0, 0.25, -0.5]), np.array([0.5, 1.0, 0.75, 1.5])
    noisy = noisy_logits(clean, scale, rng.normal(size=4))
    draws = 40_000
    for k in (1, 2, 3):
        p = selection_probability(clean, scale, noisy, k)
        for i in range(4):
            fresh = np.tile(noisy, (draws, 1))
            fresh[:, i] = clean[i] + scale[i] * rng.normal(size=draws)
            share = top_k(fresh, k)[:, i].mean()
            # five standard deviations of a share with this probability, and one count
            assert abs(share - p[i]) <= 5 * np.sqrt(p[i] * (1 - p[i]) / draws) + 1 / draws


@pytest.mark.property_of("balance.selection_probability", "P-unbiased")
@given(
    clean=st.tuples(SIXTY_FOURTHS, SIXTY_FOURTHS),
    scale=st.tuples(st.integers(16, 64), st.integers(16, 64)),
)
def test_the_mean_over_the_noise_is_the_chance_of_selection(clean, scale):
    (a, b), (s, t) = clean, np.array(scale) / 32
    # of two experts the first is selected with probability Phi((a - b) / hypot(s, t)); the mean of
    # P over the other's noise is an integral, by the trapezoidal rule on [-9, 9]: its tails hold
    # 2 Phi(-9) < 1e-18, and at this step the rule errs by exp(-2 pi^2 / (step^2 (1 + (t/s)^2)))
    # at most, below 1e-13 for t/s <= 4
    step = 1 / 16
    z = np.arange(-9, 9 + step / 2, step)
    noisy = np.stack([np.full(len(z), a), b + t * z], axis=1)
    spread = np.tile([s, t], (len(z), 1))
    p = selection_probability(np.tile([a, b], (len(z), 1)), spread, noisy, 1)[:, 0]
    mean = np.sum(p * np.exp(-z * z / 2)) * step / np.sqrt(2 * np.pi)
    assert abs(mean - ndtr((a - b) / np.hypot(s, t))) <= 1e-13


@pytest.mark.property_of("balance.selection_probability", "P-not-k")
def test_the_probabilities_of_one_draw_need_not_add_up_to_k():
    clean, scale = np.zeros(3), np.ones(3)
    low = selection_probability(clean, scale, np.array([3.0, 3.0, 3.0]), 1)
    assert low.sum() < 0.01
    high = selection_probability(clean, scale, np.array([-3.0, -3.0, -3.0]), 1)
    assert high.sum() > 2.9


def test_the_load_speaks_of_raw_logits():
    clean, scale = np.array([4.0, 0.0, -4.0]), np.full(3, 0.5)
    p = selection_probability(clean, scale, clean, 1)
    # against the largest other logit; thresholds of a softmax, all below 1, would give Phi(6.04)
    # and Phi(-1.96) for the first two
    assert np.abs(p - ndtr([8.0, -8.0, -16.0])).max() <= 4 * EPS


@pytest.mark.property_of("balance.cv_squared", "P-scale")
@pytest.mark.property_of("balance.cv_squared", "P-zero")
@pytest.mark.property_of("balance.cv_squared", "P-ddof")
@given(
    values=hnp.arrays(np.float64, st.integers(2, 6), elements=st.integers(0, 64).map(float)),
    factor=st.sampled_from([2.0**-900, 0.25, 2.0**900]),
)
def test_the_squared_coefficient_of_variation(values, factor):
    n = len(values)
    cv = cv_squared(values)
    # a power of two changes no digit
    assert cv_squared(factor * values) == cv
    assert (cv == 0) == (values == values[0]).all()
    assert abs(cv_squared(values, ddof=1) - cv * n / (n - 1)) <= 8 * EPS * n * (1 + cv)
    if values.any():
        exact = np.mean((values - values.mean()) ** 2) / values.mean() ** 2
        # n squares and two means; the deviations are off by EPS of the largest
        assert abs(cv - exact) <= 16 * n * n * EPS * (1 + exact)


def test_known_coefficients():
    assert cv_squared([5.0]) == cv_squared([5.0], ddof=1) == 0.0 and cv_squared([0.0, 0.0]) == 0.0
    # 0.1 three times: the mean rounds, the variance is 0 all the same
    assert cv_squared([0.1, 0.1, 0.1]) == 0.0
    assert cv_squared([1.0, 3.0]) == pytest.approx(0.25, rel=8 * EPS, abs=0.0)
    assert cv_squared([1.0, 3.0], ddof=1) == pytest.approx(0.5, rel=8 * EPS, abs=0.0)


@pytest.mark.property_of("balance.balance_loss", "P-weight")
@given(weight=st.integers(0, 64).map(lambda k: k / 64))
def test_the_loss_is_weighted(weight):
    assert balance_loss([1.0, 4.0], weight) == weight * cv_squared([1.0, 4.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: top_k([1.0], 0), "k: expected at least 1"),
        (lambda: top_k(1.0, 1), "logits: expected an axis"),
        (lambda: noise_scale([1.0], -1.0), "floor"),
        (lambda: selection_probability([1.0], [0.0], [1.0], 1), "scale: expected positive"),
        (lambda: selection_probability([1.0], [1.0], [1.0, 2.0], 1), "clean, scale: expected"),
        (lambda: selection_probability(1.0, 1.0, 1.0, 1), "noisy: expected an axis"),
        (lambda: cv_squared([1.0, -1.0]), "values: expected"),
        (lambda: cv_squared([1.0], 2), "ddof: expected"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
