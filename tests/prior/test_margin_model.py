"""The model of the attention SVM [8]: loss and gradient against power series in ball arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from flint import arb, arb_series, ctx
from gd_attention.prior.margin import max_margin
from gd_attention.prior.margin_model import attention_loss, attention_weights, loss_gradient
from hypothesis import given
from hypothesis import strategies as st

U = 2.0**-53
LOSSES = ["logistic", "exponential", "linear"]


@pytest.fixture(autouse=True)
def wide_arithmetic() -> Iterator[None]:
    """Series of two terms, and bits enough for weights down to exp(-700)."""
    before = ctx.prec, ctx.cap
    ctx.prec, ctx.cap = 2400, 2
    yield
    ctx.prec, ctx.cap = before


def series(p: Any, turn: Any, keys: Any, scores: Any, loss: str, mask: Any = None) -> Any:
    """The loss at p + x turn to first order in x, and the loss of the best tokens: definitions."""
    total, least = arb_series([arb(0)]), arb(0)
    for i, (tokens, gamma) in enumerate(zip(keys, scores, strict=True)):
        there = [t for t in range(len(tokens)) if mask is None or mask[i][t]]
        terms = []
        for t in there:
            level = sum(
                (arb(float(k)) * arb(float(x)) for k, x in zip(tokens[t], p, strict=True)), arb(0)
            )
            slope = sum(
                (arb(float(k)) * arb(float(x)) for k, x in zip(tokens[t], turn, strict=True)),
                arb(0),
            )
            terms.append(arb_series([level, slope]).exp())
        mean = sum(
            (w * arb(float(gamma[t])) for w, t in zip(terms, there, strict=True)),
            arb_series([arb(0)]),
        )
        f = mean / sum(terms, arb_series([arb(0)]))
        best = arb(float(max(gamma[t] for t in there)))
        if loss == "linear":
            total, least = total - f, least - best
        elif loss == "exponential":
            total, least = total + (-f).exp(), least + (-best).exp()
        else:
            total = total + ((-f).exp() + 1).log()
            least = least + ((-best).exp() + 1).log()
    return total / len(keys), least / len(keys)


def draw(seed: int, length: float) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    p = rng.normal(size=4)
    return p * length / np.linalg.norm(p), rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3))


def exponent_error(p: Any, keys: Any) -> float:
    """How far rounding moves a logit: D products and sums, in the logit and in the largest one."""
    return float(2 * len(p) * (np.abs(keys) @ np.abs(p)).max() * U)


@pytest.mark.property_of("margin_model.loss_gradient", "P-gradient")
@pytest.mark.property_of("margin_model.loss_gradient", "P-saturated")
@given(st.integers(0, 10**4), st.sampled_from([0.0, 1.0, 8.0, 60.0]), st.sampled_from(LOSSES))
def test_the_gradient_is_the_derivative_at_any_norm(seed: int, length: float, loss: Any) -> None:
    p, keys, scores = draw(seed, length)
    found = loss_gradient(p, keys, scores, loss=loss)
    # the terms of the double sum, whose relative errors are those of two weights (two exponents,
    # two exponentials of 8 u, a sum of 3 and a quotient each) and 8 products, sums and differences
    s = attention_weights(p, keys)
    pairs = s[:, :, None] * s[:, None, :] * np.abs(scores[:, :, None] - scores[:, None, :])
    spread = np.abs(keys[:, :, None] - keys[:, None, :])
    size = np.einsum("itu,ituD->iD", pairs, spread) / 2
    # the slope of the loss is at most exp(-min f); f, below 4 in size, rounds within 64 u
    steep = np.exp(-scores.min()) if loss == "exponential" else 1.0
    bound = 2 * (2 * exponent_error(p, keys) + 128 * U) * steep * size.mean(axis=0)
    # the slope itself moves with f, whose error is that of the weights times the gaps
    bound = bound * (1 + np.ptp(scores))
    for k in range(4):
        exact = series(p, np.eye(4)[k], keys, scores, loss)[0][1]
        assert float(abs(arb(float(found[k])) - exact)) <= bound[k]


def test_the_naive_gradient_is_noise_where_this_one_is_not() -> None:
    keys = np.array([[[1.0, 0.0], [0.0, 0.0], [0.2, 0.9]]])
    scores = np.array([[1.0, 0.3, 0.1]])
    p = np.array([60.0, 3.0])
    s = attention_weights(p, keys)[0]
    naive = -keys[0].T @ (s * scores[0] - s * (s @ scores[0]))
    exact = np.array([float(series(p, turn, keys, scores, "linear")[0][1]) for turn in np.eye(2)])
    found = loss_gradient(p, keys, scores, loss="linear")
    size = np.linalg.norm(exact)
    # the exponents move by 4 x 60 u, the rest by less than 128 u; the naive sum has lost all digits
    assert np.linalg.norm(found - exact) <= 1000 * U * size
    assert np.linalg.norm(naive - exact) >= size / 2


@pytest.mark.property_of("margin_model.attention_loss", "P-excess")
@given(st.integers(0, 10**4), st.sampled_from([0.0, 1.0, 8.0, 60.0]), st.sampled_from(LOSSES))
def test_the_excess_does_not_cancel(seed: int, length: float, loss: Any) -> None:
    p, keys, scores = draw(seed, length)
    value, excess = attention_loss(p, keys, scores, loss=loss)
    exact, least = series(p, np.zeros(4), keys, scores, loss)
    # the weights' error, a sum of 3, and the functions, each within a few units; the exponential's
    # argument is below 8 and carries its own error into the result
    relative = 8 * (2 * exponent_error(p, keys) + 64 * U)
    beyond = exact[0] - least
    assert float(abs(arb(excess) - beyond)) <= relative * float(beyond)
    assert float(abs(arb(value) - exact[0])) <= relative * float(abs(least) + beyond) + 64 * U * (
        1 + np.abs(scores).max()
    )


@pytest.mark.property_of("margin_model.attention_loss", "P-saturates")
@pytest.mark.property_of("margin_model.attention_weights", "P-one-hot")
@pytest.mark.property_of("margin_model.attention_weights", "P-dense")
@pytest.mark.parametrize("seed", range(4))
def test_along_the_margin_direction_the_attention_becomes_one_hot(seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys, chosen = rng.normal(size=(3, 4, 10)), rng.integers(0, 4, 3)
    scores = -rng.random((3, 4)) - 1
    scores[np.arange(3), chosen] = 0.0
    direction = max_margin(keys, chosen).direction
    for scale in (1.0, 10.0, 100.0):
        weights = attention_weights(scale * direction, keys)
        assert (weights > 0).all()
        others = weights[np.arange(4) != chosen[:, None]].reshape(3, 3).sum(axis=1)
        # every constraint is at least 1, up to n T D u times the condition of the rows, below 1e-9
        # for conditions below 7e4: three others of at most exp(-scale) times the chosen one
        slack = 1 + exponent_error(scale * direction, keys) + 1e-9 * scale
        assert (others <= 3 * math.exp(-scale) * slack).all()
        excess = attention_loss(scale * direction, keys, scores, loss="linear")[1]
        assert excess <= 2 * others.max() * (1 + 64 * U)


@pytest.mark.property_of("margin_model.loss_gradient", "P-shift")
@given(st.integers(0, 10**4))
def test_a_shift_of_the_keys_of_one_input_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys, p = rng.integers(-32, 33, size=(2, 3, 4)) / 16, rng.integers(-32, 33, 4) / 16
    scores = rng.normal(size=(2, 3))
    shifted = keys + np.array([[[5.0, -2.0, 0.5, 8.0]], [[0.0, 1.0, 0.0, -3.0]]])
    # exact logits, exact differences of them and of the keys
    np.testing.assert_array_equal(loss_gradient(p, shifted, scores), loss_gradient(p, keys, scores))


def test_masked_tokens_do_not_exist() -> None:
    p, keys, scores = draw(1, 1.0)
    mask = np.array([[True, True, False], [True, False, True]])
    other, gamma = keys.copy(), scores.copy()
    other[~mask], gamma[~mask] = 7.0, 99.0
    np.testing.assert_array_equal(
        loss_gradient(p, other, gamma, mask), loss_gradient(p, keys, scores, mask)
    )
    assert attention_loss(p, other, gamma, mask) == attention_loss(p, keys, scores, mask)
    assert not attention_weights(p, keys, mask)[~mask].any()
    exact = series(p, np.zeros(4), keys, scores, "logistic", mask)[0][0]
    assert attention_loss(p, keys, scores, mask)[0] == pytest.approx(
        float(exact), rel=256 * U, abs=0.0
    )


def test_a_large_shortfall_does_not_overflow() -> None:
    value, excess = attention_loss([0.0], [[[0.0], [0.0]]], [[0.0, -4000.0]])
    # log(1 + e^2000) = 2000 to far below rounding, and log 2
    assert value == pytest.approx(2000, rel=4 * U, abs=0.0)
    assert excess == pytest.approx(2000 - math.log(2), rel=4 * U, abs=0.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: attention_loss([0.0], [[[1.0]]], [[1.0]], loss="hinge"), "loss: expected"),
        (lambda: loss_gradient([0.0], [[[1.0]]], [[1.0]], loss="hinge"), "loss: expected"),
        (lambda: attention_loss([0.0], [[[1.0]]], [[1.0, 2.0]]), "scores: expected shape"),
        (lambda: attention_loss([0.0, 1.0], [[[1.0]]], [[1.0]]), "direction: expected shape"),
        (lambda: attention_loss([0.0], [[[1.0]]], [[1.0]], [[False]]), "mask: expected a token"),
        (lambda: attention_loss([0.0], np.zeros((0, 1, 1)), np.zeros((0, 1))), "keys: expected at"),
    ],
)
def test_errors_name_the_argument(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
