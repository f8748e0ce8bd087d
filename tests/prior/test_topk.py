"""Top-k attention [7]."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx
from gd_attention.prior.topk import (
    kept_mass,
    topk_attention,
    topk_support,
    topk_weights,
    topk_weights_vjp,
)
from hypothesis import given
from hypothesis import strategies as st

U = 2.0**-53

# few values: exact ties are the rule
rows = st.lists(st.integers(-6, 6), min_size=1, max_size=7).map(lambda row: np.array(row) / 64)
# multiples of 1/64 in -4..4
wide = st.lists(st.integers(-256, 256), min_size=1, max_size=7).map(lambda row: np.array(row) / 64)
counts = st.integers(1, 8)
random = st.randoms(use_true_random=False)


def softmax_error(n: int) -> float:
    """A relative bound for a softmax of n scores in -4..4.

    The difference to the largest is exact here; exp is within 4 units, 8 u, in each of numerator
    and sum; n - 1 sums and the quotient. Twice, for second order and the gap's rounding elsewhere.
    """
    return 2 * (16 + n) * U


def softmax(row: Any) -> list[float]:
    ctx.prec = 120
    terms = [arb(float(s)).exp() for s in row]
    total = sum(terms, arb(0))
    return [float((term / total).mid()) for term in terms]


def draw_mask(row: Any, source: Any) -> Any:
    return np.array([source.random() < 0.7 for _ in row], dtype=bool)


@pytest.mark.property_of("topk.topk_support", "P-count")
@pytest.mark.property_of("topk.topk_support", "P-largest")
@pytest.mark.property_of("topk.topk_support", "P-first-of-ties")
@given(rows, counts, random)
def test_the_kept_are_the_largest_and_of_equals_the_first(row: Any, k: int, source: Any) -> None:
    mask = draw_mask(row, source)
    visible = [j for j in range(len(row)) if mask[j]]
    expected = sorted(visible, key=lambda j: (-row[j], j))[:k]
    support = topk_support(row, k, mask)
    assert np.flatnonzero(support).tolist() == sorted(expected)
    np.testing.assert_array_equal(topk_support(np.stack([row, row]), k, mask)[1], support)


@pytest.mark.property_of("topk.topk_support", "P-relative")
@given(rows, counts, st.integers(-100, 100))
def test_an_exact_shift_keeps_the_support(row: Any, k: int, shift: int) -> None:
    np.testing.assert_array_equal(topk_support(row + shift, k), topk_support(row, k))


@pytest.mark.property_of("topk.topk_weights", "P-full")
@pytest.mark.property_of("topk.topk_weights", "P-renormalised")
@given(wide, counts)
def test_weights_are_the_softmax_renormalised(row: Any, k: int) -> None:
    support = topk_support(row, k)
    kept = iter(softmax(row[support]))
    expected = [next(kept) if member else 0.0 for member in support]
    weights = topk_weights(row, k)
    np.testing.assert_allclose(weights, expected, rtol=softmax_error(len(row)), atol=0)
    np.testing.assert_array_equal(weights > 0, support)
    full = np.where(support, softmax(row), 0.0)
    # and the mass of the full softmax is at least 1/n, so its relative error is the same
    np.testing.assert_allclose(
        weights * kept_mass(row, k), full, rtol=3 * softmax_error(len(row)), atol=0
    )


@pytest.mark.property_of("topk.topk_weights", "P-hard")
@given(rows)
def test_one_kept_is_one_hot_on_the_first_maximum(row: Any) -> None:
    np.testing.assert_array_equal(topk_weights(row, 1), np.eye(len(row))[np.argmax(row)])


@pytest.mark.property_of("topk.topk_weights", "P-total-variation")
@given(wide, counts)
def test_the_distance_to_softmax_is_the_mass_that_is_dropped(row: Any, k: int) -> None:
    distance = np.abs(topk_weights(row, k) - softmax(row)).sum() / 2
    # masses of at most 1 in total, each with the softmax's relative error, and n sums
    bound = 3 * softmax_error(len(row)) + 2 * len(row) * U
    assert distance == pytest.approx(1 - kept_mass(row, k), abs=bound)


@pytest.mark.property_of("topk.topk_weights", "P-information")
@pytest.mark.property_of("topk.topk_weights", "P-information-value")
@given(wide, counts, st.integers(0, 10**6))
def test_no_k_sparse_distribution_is_nearer_in_divergence(row: Any, k: int, seed: int) -> None:
    full, size = np.array(softmax(row)), min(k, len(row))

    def divergence(q: Any) -> float:
        return math.fsum(a * math.log(a / b) for a, b in zip(q, full, strict=True) if a > 0)

    # ratios of relative error softmax_error + 2 u; logarithms below 12, off by 1 unit; masses 1
    bound = 2 * softmax_error(len(row)) + 40 * U
    least = divergence(topk_weights(row, k))
    assert least == pytest.approx(-math.log(kept_mass(row, k)), abs=2 * bound)
    rng = np.random.default_rng(seed)
    for subset in itertools.islice(itertools.combinations(range(len(row)), size), 12):
        q = np.zeros(len(row))
        q[list(subset)] = rng.dirichlet(np.ones(size))
        assert divergence(q) >= least - bound


@pytest.mark.property_of("topk.topk_weights", "P-masked-zero")
def test_nothing_visible_gives_zeros() -> None:
    np.testing.assert_array_equal(topk_weights(np.zeros((2, 0)), 3), np.zeros((2, 0)))
    mask = [[False, False, False], [False, True, False]]
    np.testing.assert_array_equal(topk_weights(np.ones((2, 3)), 2, mask), [[0, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(kept_mass(np.ones((2, 3)), 2, mask), [0, 1])
    out = topk_attention(np.ones((2, 1)), np.ones((3, 1)), np.ones((3, 2)), 2, mask=mask)
    np.testing.assert_array_equal(out, [[0, 0], [1, 1]])


@pytest.mark.property_of("topk.topk_weights", "P-relu-absolute")
@given(rows, counts)
def test_relu_weighs_only_what_is_above_zero(row: Any, k: int) -> None:
    weights = topk_weights(row, k, activation="relu")
    np.testing.assert_array_equal(
        weights,
        [s if member and s > 0 else 0 for s, member in zip(row, topk_support(row, k), strict=True)],
    )
    assert not topk_weights(row - 1, k, activation="relu").any()


@pytest.mark.property_of("topk.kept_mass", "P-monotone")
@pytest.mark.property_of("topk.kept_mass", "P-at-least")
@given(wide)
def test_the_kept_mass_grows_with_k(row: Any) -> None:
    n = len(row)
    masses = [float(kept_mass(row, k)) for k in range(1, n + 2)]
    # sums of n terms in another order
    for before, after in itertools.pairwise(masses):
        assert after >= before * (1 - 2 * n * U)
    assert masses[-1] == pytest.approx(1, abs=2 * n * U)
    assert all(m >= (k + 1) / n * (1 - softmax_error(n)) for k, m in enumerate(masses[:n]))


@pytest.mark.property_of("topk.topk_weights_vjp", "P-dropped-zero")
@pytest.mark.property_of("topk.topk_weights_vjp", "P-sums-to-zero")
@given(wide, counts, st.integers(0, 10**6))
def test_the_gradient_reaches_the_kept_only(row: Any, k: int, seed: int) -> None:
    g = np.random.default_rng(seed).uniform(-1, 1, len(row))
    gradient = topk_weights_vjp(row, k, g)
    assert not gradient[~topk_support(row, k)].any()
    # weights sum to 1 within softmax_error, upstream within 1: n products and sums
    assert abs(gradient.sum()) <= 2 * softmax_error(len(row)) + 4 * len(row) * U


@pytest.mark.property_of("topk.topk_weights_vjp", "P-gradient")
@given(st.lists(st.integers(-256, 256), min_size=2, max_size=7, unique=True), counts)
def test_the_gradient_is_the_difference_quotient(values: Any, k: int) -> None:
    row, n, h = np.array(values) / 64, len(values), 2.0**-13
    g = np.cos(np.arange(n))
    gradient = topk_weights_vjp(row, k, g)
    # scores differ by 1/64 > 2h: the support stays. Along one score a weight is a logistic function
    # and the others its complement in fixed shares, so the third derivative is at most
    # |g_j - mean g| / 8 <= 1/4: the central difference errs by h^2/24 and by rounding over h
    bound = h**2 / 24 + (2 * softmax_error(n) + 2 * n * U) / h
    for j in range(n):
        step = np.zeros(n)
        step[j] = h
        quotient = (topk_weights(row + step, k) - topk_weights(row - step, k)) @ g / (2 * h)
        assert abs(quotient - gradient[j]) <= bound


def clouds(seed: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 6, 2))


@pytest.mark.property_of("topk.topk_attention", "P-chunks")
@pytest.mark.parametrize("chunk", [1, 2, 5, 100])
def test_chunks_change_at_most_rounding(chunk: int) -> None:
    q, keys, values = clouds(0)
    whole = topk_attention(q, keys, values, 3)
    pieces = topk_attention(q, keys, values, 3, chunk=chunk)
    # scores of 3 terms, below 16 in size, move the exponent by 6 u 16 in either call
    bound = (2 * 96 * U + 2 * softmax_error(6)) * 6 * np.abs(values).max()
    assert np.abs(whole - pieces).max() <= bound


@pytest.mark.property_of("topk.topk_attention", "P-full-attention")
@pytest.mark.property_of("topk.topk_attention", "P-error")
@pytest.mark.parametrize("k", [1, 2, 4, 6, 9])
def test_the_error_against_attention_is_bounded_by_the_dropped_mass(k: int) -> None:
    q, keys, values = clouds(1)
    scores = q @ np.swapaxes(keys, 1, 2) / math.sqrt(3)
    full = np.array([[softmax(row) for row in table] for table in scores]) @ values
    difference = np.linalg.norm(topk_attention(q, keys, values, k) - full, axis=-1)
    spread = values[:, :, None] - values[:, None, :]
    diameter = np.linalg.norm(spread, axis=-1).max(axis=(1, 2))
    rounding = (2 * 96 * U + 2 * softmax_error(6)) * 12 * np.abs(values).max()
    assert (difference <= (1 - kept_mass(scores, k)) * diameter[:, None] + rounding).all()
    if k >= 6:
        assert difference.max() <= rounding


def test_equal_scores_keep_the_first() -> None:
    np.testing.assert_array_equal(topk_weights(np.zeros(5), 2), [0.5, 0.5, 0, 0, 0])
    # a hidden key is not kept where fewer than k are visible
    np.testing.assert_array_equal(topk_weights([5.0, 1.0], 2, [False, True]), [0, 1])


def test_largest_floats_do_not_overflow() -> None:
    np.testing.assert_array_equal(topk_weights([1e308, -1e308, 1e308], 3), [0.5, 0, 0.5])


def test_x_transformers_agrees_without_ties_and_keeps_all_of_them_with() -> None:
    torch = pytest.importorskip("torch", reason="the peer's arrays")
    with warnings.catch_warnings():
        # the peer compiles its normalisers at import, which torch deprecates
        warnings.simplefilter("ignore")
        pytest.importorskip("x_transformers", reason="a peer of the extra `peers`")
        from x_transformers.attend import Attend
    rng = np.random.default_rng(0)
    q, keys = rng.normal(size=(1, 1, 4, 8)), rng.normal(size=(1, 1, 7, 8))
    attend = Attend(sparse_topk=3)

    def peer(q: Any, keys: Any) -> Any:
        # the identity as values: the output is the weights
        values = np.eye(keys.shape[-2])[None, None]
        return attend(*(torch.from_numpy(x) for x in (q, keys, values)))[0].numpy()

    # scores of 8 terms below 32 in size, in two libraries; weights of at most 1
    bound = 2 * 9 * 32 * U + 2 * softmax_error(7)
    ours = topk_attention(q, keys, np.eye(7)[None, None], 3)
    assert np.abs(peer(q, keys) - ours).max() <= bound
    ties = np.ones((1, 1, 5, 8))
    assert np.abs(peer(q, ties) - 0.2).max() <= bound
    np.testing.assert_array_equal(
        (topk_attention(q, ties, np.eye(5)[None, None], 3) > 0)[0, 0, 0], [1, 1, 1, 0, 0]
    )


def test_torch_keeps_as_many_but_other_ties() -> None:
    torch = pytest.importorskip("torch", reason="the peer")
    rng = np.random.default_rng(1)
    scores = rng.permutation(20).astype(float)
    index = torch.topk(torch.from_numpy(scores), 6).indices.numpy()
    np.testing.assert_array_equal(np.flatnonzero(topk_support(scores, 6)), np.sort(index))
    np.testing.assert_array_equal(np.flatnonzero(topk_support(np.ones(10), 3)), [0, 1, 2])
    assert len(torch.topk(torch.ones(10), 3).indices) == 3


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: topk_support([1.0], 0), ValueError, "k: expected an integer >= 1"),
        (lambda: topk_support([1.0], 1.5), TypeError, "k: expected an integer"),
        (lambda: topk_support(1.0, 1), ValueError, "scores: expected at least 1 axis"),
        (lambda: topk_support([math.inf], 1), ValueError, "scores: expected finite"),
        (lambda: topk_support([1.0], 1, [1]), TypeError, "mask: expected dtype bool"),
        (lambda: topk_weights([1.0], 1, activation="tanh"), ValueError, "activation: expected"),
        (lambda: topk_weights_vjp([1.0], 1, [1.0, 2.0]), ValueError, "upstream: expected shape"),
        (lambda: topk_attention([[1.0]], [[1.0, 2.0]], [[1.0]], 1), ValueError, "keys: expected"),
        (lambda: topk_attention([[1.0]], [[1.0]], [[1.0]] * 2, 1), ValueError, "values: expected"),
        (
            lambda: topk_attention([[1.0]], [[1.0]], [[1.0]], 1, chunk=0),
            ValueError,
            "chunk: expect",
        ),
    ],
)
def test_errors_name_the_argument(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
