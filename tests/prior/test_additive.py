"""Additive attention [1]."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gd_attention.prior.additive import additive_attention, additive_scores, largest_ratio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
SIXTY_FOURTHS = st.integers(-256, 256).map(lambda k: k / 64)


def arrays(*shape: int) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.float64, shape, elements=SIXTY_FOURTHS)


LAYER = {"query_weights": arrays(3, 2), "annotation_weights": arrays(3, 2), "v": arrays(3)}


@pytest.mark.property_of("additive.additive_scores", "P-bounded")
@given(query=arrays(2), annotations=arrays(4, 2), **LAYER)
def test_scores_are_bounded_by_the_sum_of_v(query, annotations, query_weights,
                                            annotation_weights, v):  # fmt: skip
    e = additive_scores(100 * query, 100 * annotations, query_weights, annotation_weights, v)
    # a sum of three products, each rounded: |tanh| <= 1 holds in floats too
    assert (np.abs(e) <= np.abs(v).sum() * (1 + 6 * EPS)).all()


@pytest.mark.property_of("additive.additive_scores", "P-pairwise")
@given(query=arrays(2), annotations=arrays(4, 2), **LAYER)
def test_a_score_ignores_the_other_annotations(query, annotations, query_weights,
                                               annotation_weights, v):  # fmt: skip
    together = additive_scores(query, annotations, query_weights, annotation_weights, v)
    alone = additive_scores(query, annotations[2:3], query_weights, annotation_weights, v)
    # the products may sum in another order: three terms of size |v| at most
    assert abs(together[2] - alone[0]) <= 16 * EPS * (1 + np.abs(v).sum())


@pytest.mark.property_of("additive.largest_ratio", "P-never-sharp")
@given(query=arrays(2), annotations=arrays(4, 2), **LAYER)
def test_no_input_makes_the_weights_sharper_than_v_allows(query, annotations, query_weights,
                                                          annotation_weights, v):  # fmt: skip
    v = v / 8
    e = additive_scores(1e3 * query, 1e3 * annotations, query_weights, annotation_weights, v)
    w, _ = additive_attention(e, annotations)
    # an exponential of an argument below 3 and a quotient, on both sides
    assert w.max() <= w.min() * largest_ratio(v) * (1 + 32 * EPS)


def test_largest_ratio_known_values():
    assert largest_ratio([0.5, -0.5]) == math.exp(2.0)
    assert largest_ratio([]) == 1.0
    assert largest_ratio([400.0]) == math.inf


@pytest.mark.property_of("additive.additive_attention", "P-open")
@pytest.mark.property_of("additive.additive_attention", "P-hull")
@given(scores=arrays(5), annotations=arrays(5, 3))
def test_weights_are_positive_and_blend_within_the_hull(scores, annotations):
    w, context = additive_attention(scores, annotations)
    assert (w > 0).all()
    assert abs(w.sum() - 1) <= 10 * EPS
    slack = 16 * EPS * np.abs(annotations).max(axis=0)
    assert (context <= annotations.max(axis=0) + slack).all()
    assert (context >= annotations.min(axis=0) - slack).all()


@pytest.mark.property_of("additive.additive_attention", "P-permutation")
@given(scores=arrays(5), annotations=arrays(5, 3), order=st.permutations(range(5)))
def test_permuting_candidates_permutes_weights(scores, annotations, order):
    w, context = additive_attention(scores, annotations)
    permuted, same = additive_attention(scores[order], annotations[order])
    assert np.abs(permuted - w[order]).max() <= 8 * EPS
    assert np.abs(same - context).max() <= 16 * EPS * (1 + np.abs(annotations).max())


@pytest.mark.property_of("additive.additive_attention", "P-duplicates")
@given(scores=arrays(4), copies=st.integers(1, 5))
def test_copies_weigh_together_what_their_number_says(scores, copies):
    many = np.concatenate([scores, np.repeat(scores[:1], copies)])
    w, _ = additive_attention(many, np.zeros((len(many), 1)))
    expected = (1 + copies) * np.exp(scores[0]) / np.exp(many).sum()
    assert abs(w[0] + w[4:].sum() - expected) <= 32 * EPS


@pytest.mark.property_of("additive.additive_attention", "P-singleton")
@given(score=SIXTY_FOURTHS)
def test_one_candidate_is_always_taken(score):
    w, context = additive_attention([score], [[2.0, 3.0]])
    assert w.tolist() == [1.0]
    assert context.tolist() == [2.0, 3.0]


@pytest.mark.property_of("additive.additive_attention", "P-empty")
def test_nothing_to_select_gives_zeros_not_a_uniform_blend():
    w, context = additive_attention([1.0, 2.0], [[1.0], [2.0]], [False, False])
    assert w.tolist() == [0.0, 0.0]
    assert context.tolist() == [0.0]
    assert additive_attention(np.zeros(0), np.zeros((0, 2)))[1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: additive_scores([1.0], [[1.0]], [[1.0, 2.0]], [[1.0]], [1.0]),
         r"query_weights: expected shape \(1, 1\), got \(1, 2\)"),
        (lambda: additive_attention([1.0], [[1.0], [2.0]]), "annotations: expected 1 rows"),
        (lambda: additive_scores([np.nan], [[1.0]], [[1.0]], [[1.0]], [1.0]), "query"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
