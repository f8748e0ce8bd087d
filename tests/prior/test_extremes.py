"""Arguments at the ends of the range, and bad ones, through the prior operators.

No NaN comes out of finite numbers, and an error names the argument that the caller gave.
"""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb, ctx
from gd_attention.prior.additive import additive_scores
from gd_attention.prior.dot_product import causal_mask, multi_head
from gd_attention.prior.entmax import entmax
from gd_attention.prior.gating import noisy_logits
from gd_attention.prior.hopfield import energy
from gd_attention.prior.hopfield_retrieval import retrieve
from gd_attention.prior.layer_norm import hessian, lagrangian, layer_norm
from gd_attention.prior.margin import max_margin
from gd_attention.prior.margin_model import attention_loss, loss_gradient
from gd_attention.prior.margin_model import attention_weights as margin_weights
from gd_attention.prior.margin_paths import gradient_path
from gd_attention.prior.monotonic import hard_process, monotonic_energies, read_memory
from gd_attention.prior.monotonic_expected import expected_alignment, expected_alignment_parallel
from gd_attention.prior.pointer import pointer_scores
from gd_attention.prior.spherical import ema_update
from gd_attention.prior.topk import topk_attention, topk_weights_vjp
from gd_attention.prior.unique_hard import position_mask

EPS = 2.0**-52
HUGE = np.full((2, 2), 1e200)
SIGNS = np.array([[1.0, -1.0], [1.0, 1.0]])
UNIT = np.eye(2)
COUNT = "expected an integer"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: monotonic_energies(HUGE, UNIT, HUGE * SIGNS, UNIT, [0, 0], [1, 1]), "states, w_"),
        (lambda: monotonic_energies(UNIT, HUGE, UNIT, HUGE * SIGNS, [0, 0], [1, 1]), "memory, w_"),
        (lambda: pointer_scores(HUGE, UNIT, HUGE * SIGNS, UNIT, [1, 1]), "states, w_states"),
        (lambda: pointer_scores(UNIT, HUGE, UNIT, HUGE * SIGNS, [1, 1]), "encodings, w_encodings"),
    ],
)
def test_an_overflowing_product_is_refused(call, message):
    with pytest.raises(ValueError, match=f"{message}.*: expected finite inner products"):
        call()


def test_an_overflowing_sum_saturates_the_tanh_in_silence():
    large = np.array([[1e308, -1e308]])
    assert additive_scores(large[0], large, UNIT, UNIT, [1, 3]).tolist() == [-2.0]
    assert pointer_scores(large, large, UNIT, UNIT, [1, 3]).tolist() == [[-2.0]]
    # (1 - 1) / sqrt(2)
    assert monotonic_energies(large, large, UNIT, UNIT, [0, 0], [1, 1]).tolist() == [[0.0]]


@pytest.mark.parametrize("bad", [1.5, True, "1", None, [1]])
@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("queries", lambda n: causal_mask(n, 2)),
        ("keys", lambda n: causal_mask(2, n)),
        ("start", lambda n: hard_process(np.ones((2, 2), dtype=bool), n)),
        ("n", lambda n: position_mask(n, "past")),
    ],
)
def test_a_count_is_an_integer(name, function, bad):
    with pytest.raises(TypeError, match=f"^{name}: {COUNT}"):
        function(bad)
    with pytest.raises(ValueError, match=f"^{name}: {COUNT} >= 0, got -1"):
        function(-1)


@pytest.mark.parametrize("name", ["gain", "offset"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, [1.0], "x", None, 1j])
def test_gain_and_offset_are_finite_scalars(name, bad):
    with pytest.raises((TypeError, ValueError), match=f"^{name}: expected"):
        monotonic_energies(UNIT, UNIT, UNIT, UNIT, [0, 0], [1, 1], **{name: bad})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: read_memory(0, UNIT), "index: expected an axis"),
        (lambda: noisy_logits([1.0, 2.0], [1.0, 2.0, 3.0], [0.0]), "clean, scale, noise: expected"),
        (lambda: _heads(key_weights=np.ones((1, 2, 2))), "key_weights: expected 3 on axis 0"),
        (lambda: _heads(key_weights=np.ones((3, 2, 5))), "key_weights: expected 2 on axis 2"),
        (lambda: _heads(value_weights=np.ones((2, 2, 2))), "value_weights: expected 3 on axis 0"),
        (lambda: _heads(output_weights=np.ones((4, 2, 2))), "output_weights: expected 3 on axis 0"),
        (
            lambda: _heads(output_weights=np.ones((3, 1, 2))),
            r"output_weights: expected \(H, 2, E\)",
        ),
    ],
)
def test_shapes_that_do_not_fit_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def _heads(**changed: np.ndarray) -> np.ndarray:
    names = ("query_weights", "key_weights", "value_weights", "output_weights")
    maps = {name: np.ones((3, 2, 2)) for name in names} | changed
    return multi_head(UNIT, UNIT, UNIT, **maps)


def exact_energy(patterns: np.ndarray, state: np.ndarray, beta: float) -> arb:
    before, ctx.prec = ctx.prec, 4000
    try:
        x = [[arb(float(c)) for c in row] for row in patterns]
        xi = [arb(float(c)) for c in state]
        scores = [sum((a * b for a, b in zip(row, xi, strict=True)), arb(0)) for row in x]
        lse = sum(((arb(beta) * s).exp() for s in scores), arb(0)).log() / arb(beta)
        norms = [sum((c * c for c in row), arb(0)) for row in x]
        largest = max(norms, key=float)
        own = sum((c * c for c in xi), arb(0))
        return own / 2 + largest / 2 + arb(len(x)).log() / arb(beta) - lse
    finally:
        ctx.prec = before


@pytest.mark.parametrize("beta", [5e-324, 1e-300, 1e-16, 1e-8, 1e-3, 0.5, 1.0, 3.0, 50.0, 1e4])
def test_the_energy_of_a_memory_holds_its_digits_at_every_temperature(beta):
    rng = np.random.default_rng(9)
    for size in (1, 2, 7):
        patterns, state = rng.integers(-8, 9, (size, 3)) / 8, rng.integers(-8, 9, 3) / 8
        got, exact = energy(patterns, state, beta), exact_energy(patterns, state, beta)
        # terms of size 6 at most, gaps between scores of 3; a dozen operations on each, of which
        # those on beta cancel, and a mean of N
        assert abs(arb(float(got)) - exact) <= 6 * (16 + size) * EPS


def test_a_memory_keeps_the_array_of_the_caller_apart():
    state = np.array([1.0, 0.0])
    assert not np.shares_memory(retrieve(UNIT, state, 1.0, steps=0).state, state)


@pytest.mark.parametrize("size", [1e120, 1e155, 1e200, 1.7e308])
def test_layer_norm_of_large_tokens(size):
    x = size * np.array([1.0, -1.0, 1.0, -1.0])
    # variance size^2, beside which eps is nothing
    assert layer_norm(x).tolist() == [1.0, -1.0, 1.0, -1.0]
    flat = np.eye(4) - 0.25
    expected = (flat - np.outer(np.sign(x), np.sign(x)) / 4) / size
    assert np.abs(hessian(x) - expected).max() <= 8 * EPS / size
    if size < 1e308:
        assert abs(lagrangian(x) / (4 * size) - 1) <= 4 * EPS
    else:
        with pytest.raises(ValueError, match="x, gain, shift: expected a finite Lagrangian"):
            lagrangian(x)


def test_the_gradient_of_top_k_at_the_ends_of_the_range():
    # weights of 1/2: w (g - mean) is g / 2
    assert topk_weights_vjp([0.0, 0.0], 2, [1.5e308, -1.5e308]).tolist() == [7.5e307, -7.5e307]
    assert topk_weights_vjp([0.0, 0.0], 2, [5e-324, 5e-324]).tolist() == [0.0, 0.0]


KEYS = np.array([[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: attention_loss([1e200, 0], 1e200 * KEYS, [[1, 0, 0]]),
            "keys, direction: expected",
        ),
        (lambda: margin_weights([1e200, 0], 1e200 * KEYS), "keys, direction: expected finite"),
        (
            lambda: attention_loss([1, 0], KEYS, [[1e308, -1e308, 0]]),
            "scores: expected finite",
        ),
        (
            lambda: loss_gradient([0, 0], 1.5e308 * (KEYS - 0.5) * 2, [[1, 0, 0]]),
            "keys, scores: e",
        ),
        (lambda: gradient_path(KEYS, [[1, 0, 0]], 1, start=[np.nan, 0]), "start: expected finite"),
        (lambda: gradient_path(KEYS, [[1, 0, 0]], 1, start=[0.0]), r"start: expected shape \(2,\)"),
        (lambda: max_margin(1.5e308 * (KEYS - 0.5) * 2, [0]), "keys: expected finite differences"),
        (lambda: max_margin(5e-324 * KEYS, [0]), "keys: expected differences"),
        (lambda: max_margin(KEYS[..., :0], [0]), "chosen: expected tokens"),
    ],
)
def test_the_margin_model_names_what_overflows(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


@pytest.mark.parametrize("power", [-500, -300, 300, 500, 900])
def test_margins_scale_with_the_keys(power):
    unit, scaled = max_margin(KEYS, [0]), max_margin(2.0**power * KEYS, [0])
    assert np.array_equal(scaled.direction, 2.0**-power * unit.direction)
    assert scaled.margin == 2.0**power * unit.margin


def test_what_is_masked_may_be_of_any_size():
    keys = np.concatenate([KEYS, np.full((1, 1, 2), 1.7e308)], axis=1)
    scores = np.array([[1.0, 0.0, 0.0, -1.7e308]])
    mask = [[True, True, True, False]]
    for function in (attention_loss, loss_gradient):
        with_it = function([8.0, -8.0], keys, scores, mask)
        assert np.array_equal(with_it, function([8.0, -8.0], KEYS, [[1.0, 0.0, 0.0]]))
    keys[0, 0] = -1.0
    chosen = max_margin(keys, [0], mask)
    assert np.array_equal(chosen.direction, max_margin(keys[:, :3], [0]).direction)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: topk_attention(HUGE, HUGE, UNIT, 1),
            "query, keys: expected finite inner products",
        ),
        (
            lambda: topk_attention(UNIT, 1e308 * UNIT, UNIT, 1, scale=1e9),
            "scale: expected finite sc",
        ),
        (
            lambda: topk_attention(UNIT, UNIT, UNIT, 1, scale=np.nan),
            "scale: expected finite numbers",
        ),
    ],
)
def test_top_k_attention_names_what_overflows(call, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        call()


def test_the_largest_order_of_entmax_is_one_hot_in_silence():
    assert entmax([0.0, -4.0, -5e-324], 1.7e308).tolist() == [0.5, 0.0, 0.5]


@pytest.mark.parametrize("function", [expected_alignment, expected_alignment_parallel])
@pytest.mark.parametrize("shape", [(1, 2), (3, 2), (3,), ()])
def test_an_initial_alignment_has_the_shape_of_a_row(function, shape):
    with pytest.raises(ValueError, match=r"^initial: expected shape \(2,\), got"):
        function(UNIT, np.zeros(shape))


@pytest.mark.parametrize("name", ["queries", "keys"])
def test_the_moving_average_names_its_tokens(name):
    given = {"queries": UNIT, "keys": UNIT, "centroids": 2 * UNIT}
    with pytest.raises(ValueError, match=f"^{name}: expected a last axis of 2"):
        ema_update(**(given | {name: np.ones((2, 3))}))
    with pytest.raises(ValueError, match=f"^{name}, centroids: expected finite inner products"):
        ema_update(**(given | {name: 1.7e308 * UNIT}))
