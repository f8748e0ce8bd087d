"""[10] Energy Transformer: both energies against their derivatives.

The derivatives are taken by a complex step of formulas written here: no cancellation, and nothing
of the code under test.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from gd_attention.prior.energy_transformer import (
    attention_energy,
    attention_gradient,
    attention_weights,
    memory_energy,
    memory_gradient,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
FOURTHS = st.integers(-6, 6).map(lambda k: k / 4)


class Drawn(NamedTuple):
    tokens: np.ndarray
    queries: np.ndarray
    keys: np.ndarray
    memories: np.ndarray


@st.composite
def blocks(draw, least=1):
    n, d = draw(st.integers(least, 4)), draw(st.integers(2, 3))
    h, y, k = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    shapes = [(n, d), (h, y, d), (h, y, d), (k, d)]
    return Drawn(*(draw(hnp.arrays(np.float64, shape, elements=FOURTHS)) for shape in shapes))


def attention_formula(tokens, drawn, include_self):
    """``-(1/beta) sum log sum exp`` as it stands; scores up to 40 do not overflow."""
    h, y, _ = drawn.queries.shape
    beta, total = 1 / np.sqrt(y), 0.0
    for head in range(h):
        for c in range(len(tokens)):
            query = drawn.queries[head] @ tokens[c]
            terms = [
                np.exp(beta * (query @ (drawn.keys[head] @ tokens[b])))
                for b in range(len(tokens))
                if include_self or b != c
            ]
            if terms:
                total = total - np.log(sum(terms)) / beta
    return total


def memory_formula(tokens, drawn, activation):
    scores = tokens @ drawn.memories.T
    if activation == "relu":
        return -0.5 * np.sum(np.where(scores.real > 0, scores, 0) ** 2)
    return -np.sum(np.log(np.sum(np.exp(scores), axis=1)))


def derivative(formula, tokens):
    result = np.zeros(tokens.shape)
    for index in np.ndindex(tokens.shape):
        moved = tokens.astype(complex)
        moved[index] += 1e-30j
        result[index] = formula(moved).imag / 1e-30
    return result


def slack(drawn):
    """Rounding of a gradient: a sum of at most H N (N + 1) Y D products of factors below `size`.

    Exponents reach `size` squared and pass their error to the weights; 8 for the operations around
    each, on either side of the comparison.
    """
    h, y, d = drawn.queries.shape
    n, k = len(drawn.tokens), len(drawn.memories)
    size = 1 + max(np.abs(part).max() for part in drawn) * d
    return 16 * (h * n * (n + 1) * y * d + k * d) * size**4 * EPS


@pytest.mark.property_of("energy_transformer.attention_gradient", "P-derivative")
@settings(max_examples=60)
@given(drawn=blocks(), include_self=st.booleans())
def test_the_attention_gradient_is_the_derivative(drawn, include_self):
    gradient = attention_gradient(*drawn[:3], include_self=include_self)
    expected = derivative(lambda x: attention_formula(x, drawn, include_self), drawn.tokens)
    assert np.abs(gradient - expected).max() <= slack(drawn)
    energy = attention_energy(*drawn[:3], include_self=include_self)
    assert abs(energy - attention_formula(drawn.tokens, drawn, include_self)) <= slack(drawn)


@pytest.mark.property_of("energy_transformer.memory_gradient", "P-derivative")
@settings(max_examples=60)
@given(drawn=blocks(), activation=st.sampled_from(["relu", "softmax"]))
def test_the_memory_gradient_is_the_derivative(drawn, activation):
    gradient = memory_gradient(drawn.tokens, drawn.memories, activation)
    expected = derivative(lambda x: memory_formula(x, drawn, activation), drawn.tokens)
    assert np.abs(gradient - expected).max() <= slack(drawn)
    energy = memory_energy(drawn.tokens, drawn.memories, activation)
    assert abs(energy - memory_formula(drawn.tokens, drawn, activation)) <= slack(drawn)


@pytest.mark.property_of("energy_transformer.memory_energy", "P-relu-sign")
@given(drawn=blocks())
def test_the_relu_energy_vanishes_iff_no_memory_is_active(drawn):
    energy = memory_energy(drawn.tokens, drawn.memories)
    active = (drawn.tokens @ drawn.memories.T > 0).any()
    assert energy < 0 if active else energy == 0


@pytest.mark.property_of("energy_transformer.attention_weights", "P-self")
@given(drawn=blocks())
def test_no_token_attends_to_itself_unless_told_to(drawn):
    weights = attention_weights(*drawn[:3])
    n = len(drawn.tokens)
    assert not weights[:, np.eye(n, dtype=bool)].any()
    assert np.abs(weights.sum(axis=-1) - (n > 1)).max() <= 2 * n * EPS
    assert attention_weights(*drawn[:3], include_self=True)[:, np.eye(n, dtype=bool)].all()


@pytest.mark.property_of("energy_transformer.attention_energy", "P-single")
@given(drawn=blocks())
def test_a_token_that_sees_none_has_energy_and_force_zero(drawn):
    one = (drawn.tokens[:1], *drawn[1:3])
    assert attention_energy(*one) == 0.0
    assert not attention_gradient(*one).any()
    nobody = np.zeros((len(drawn.tokens), len(drawn.tokens)), dtype=bool)
    assert attention_energy(*drawn[:3], None, nobody) == 0.0
    assert not attention_gradient(*drawn[:3], None, nobody).any()


@pytest.mark.property_of("energy_transformer.attention_energy", "P-permutation")
@pytest.mark.property_of("energy_transformer.attention_gradient", "P-equivariance")
@given(drawn=blocks(least=2), data=st.data())
def test_permuting_tokens_leaves_the_energy_and_permutes_the_force(drawn, data):
    order = data.draw(st.permutations(range(len(drawn.tokens))))
    permuted = (drawn.tokens[order], *drawn[1:3])
    energy = attention_energy(*drawn[:3])
    assert abs(attention_energy(*permuted) - energy) <= slack(drawn)
    force = attention_gradient(*drawn[:3])
    assert np.abs(attention_gradient(*permuted) - force[order]).max() <= slack(drawn)


def test_a_batch_is_its_members():
    rng = np.random.default_rng(7)
    tokens, w = rng.integers(-4, 5, (2, 3, 2)) / 4, rng.integers(-4, 5, (2, 2, 2)) / 4
    memories = rng.integers(-4, 5, (3, 2)) / 4
    for function in (
        lambda g: attention_energy(g, w, w),
        lambda g: attention_gradient(g, w, w),
        lambda g: memory_energy(g, memories, "softmax"),
        lambda g: memory_gradient(g, memories),
    ):
        # equal operations in another order of summation
        members = np.stack([function(g) for g in tokens])
        assert np.allclose(function(tokens), members, rtol=0, atol=256 * EPS)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: attention_energy([1.0], [[[1.0]]], [[[1.0]]]), "tokens: expected"),
        (lambda: attention_energy([[1.0]], [[[1.0, 2.0]]], [[[1.0]]]), "query_weights: expected"),
        (lambda: attention_energy([[1.0]], [[[1.0]]], [[[1.0], [1.0]]]), "key_weights: expected"),
        (lambda: attention_energy([[1e200]], [[[1e200]]], [[[1e200]]]), "tokens, weights"),
        (lambda: memory_energy([[1.0]], [[1.0, 2.0]]), "memories: expected"),
        (lambda: memory_energy([[1.0]], [[1.0]], "tanh"), "activation: expected"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
