"""Arguments at the ends of the range, and bad ones, through the prior operators.

No NaN comes out of finite numbers, and an error names the argument that the caller gave.
"""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.prior.additive import additive_scores
from gd_attention.prior.dot_product import causal_mask, multi_head
from gd_attention.prior.gating import noisy_logits
from gd_attention.prior.monotonic import hard_process, monotonic_energies, read_memory
from gd_attention.prior.pointer import pointer_scores
from gd_attention.prior.unique_hard import position_mask

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
