"""Relations R2, R5, R6: GD-Attention against hard attention, Chow's rule and monotonic attention.

The statements and their proofs are in docs/prior-relations.md. Points are multiples of 1/8 in
exact arithmetic: ties of distance and points on a sphere are common, and all comparisons exact.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from gd_attention import gd_attention, relaxation
from gd_attention.prior.chow import chow
from gd_attention.prior.gibbs import gibbs_weights
from gd_attention.prior.monotonic import fires, hard_process
from gd_attention.prior.unique_hard import exact_scores, unique_hard_index
from hypothesis import given
from hypothesis import strategies as st

point = st.tuples(st.integers(-6, 6), st.integers(-6, 6))
clouds = st.lists(point, min_size=1, max_size=7)
alphas = st.sampled_from([0.5, 0.25, 0.7, 0.999])
random = st.randoms(use_true_random=False)
# 64 r^2 of a radius r. At alpha = beta = 1/2 the energy is |q - k|^2/8 while that is at most 1/2,
# and above 1/2 farther out: tau = r^2/8 <= 1/2 is the radius r exactly, its sphere included
radii = st.integers(0, 256)


def squares(query: Any, keys: Any) -> list[int]:
    """``64 |q - k|^2`` of points in eighths."""
    return [sum((a - b) ** 2 for a, b in zip(query, key, strict=True)) for key in keys]


def eighths(points: Any) -> Any:
    return np.array(points, dtype=np.float64) / 8


def masks(source: Any, n: int) -> Any:
    return np.array([source.random() < 0.7 for _ in range(n)], dtype=bool)


@given(point, clouds, alphas, random)
def test_shared_alpha_is_leftmost_hard_attention(q: Any, keys: Any, alpha: float, r: Any) -> None:
    """Score ``-|q - k|^2``, ties to the left, the mask and the empty set included."""
    mask = masks(r, len(keys))
    scores = -np.array(squares(q, keys))
    expected = int(unique_hard_index(scores, mask, tie="leftmost"))
    found = gd_attention([eighths(q)], eighths(keys), alpha=alpha, mask=mask)
    assert int(found.index[0]) == expected


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=5), st.floats(-1e9, 1e9))
def test_the_same_on_floats_with_rational_scores(row: list[float], q: float) -> None:
    scores = np.array([-((Fraction(q) - Fraction(k)) ** 2) for k in row], dtype=object)
    found = gd_attention([[q]], np.array(row)[:, None], alpha=0.3)
    assert int(found.index[0]) == int(unique_hard_index(scores, tie="leftmost"))


@given(point, clouds, random)
def test_the_score_is_a_dot_product_of_lifted_vectors(q: Any, keys: Any, r: Any) -> None:
    """``<(q, 1), (2k, -|k|^2)> = |q|^2 - |q - k|^2``: a score of [18] in one dimension more."""
    mask = masks(r, len(keys))
    lifted = [[2 * key[0], 2 * key[1], -(key[0] ** 2 + key[1] ** 2)] for key in keys]
    scores = exact_scores([[*q, 1]], lifted)[0]
    found = gd_attention([eighths(q)], eighths(keys), mask=mask)
    assert int(found.index[0]) == int(unique_hard_index(scores, mask, tie="leftmost"))


# twelve integer points on one circle
CIRCLE = [(a, b) for a in range(-5, 6) for b in range(-5, 6) if a * a + b * b == 25]


@given(point, st.lists(st.sampled_from(CIRCLE), min_size=1, max_size=8), alphas)
def test_with_equal_norms_it_is_hard_dot_product_attention(q: Any, keys: Any, alpha: float) -> None:
    scores = exact_scores([q], keys)[0]
    found = gd_attention([eighths(q)], eighths(keys), alpha=alpha)
    assert int(found.index[0]) == int(unique_hard_index(scores, tie="leftmost"))


def test_without_equal_norms_the_dot_product_selects_another() -> None:
    q, keys = [[1.0, 0.0]], [[1.0, 0.0], [4.0, 0.0]]
    assert int(gd_attention(q, keys).index[0]) == 0
    assert int(unique_hard_index(exact_scores(q, keys)[0], tie="leftmost")) == 1


@given(point, clouds, radii, random)
def test_a_common_threshold_is_a_radius(q: Any, keys: Any, square: int, r: Any) -> None:
    """Then the operator is hard attention among the keys in the closed ball."""
    mask = masks(r, len(keys))
    distances = np.array(squares(q, keys))
    expected = int(unique_hard_index(-distances, mask & (distances <= square), tie="leftmost"))
    found = gd_attention([eighths(q)], eighths(keys), beta=0.5, threshold=square / 512, mask=mask)
    assert int(found.index[0]) == expected


@given(st.lists(st.integers(-512, 512), min_size=1, max_size=5), st.integers(-512, 512))
def test_chows_posterior_does_not_see_a_shift(row: list[int], shift: int) -> None:
    scores = np.array(row) / 64
    moved = gibbs_weights(scores + shift / 64)
    np.testing.assert_array_equal(moved, gibbs_weights(scores))


def decisions(keys: Any, temperature: float, cost: float, threshold: float) -> tuple[int, int]:
    """Chow's rule on the softmin of the energies, and the operator with its threshold."""
    posterior = relaxation([[0.0]], keys, temperature=temperature).weights[0]
    return int(chow(posterior, cost)), int(
        gd_attention([[0.0]], keys, threshold=threshold).index[0]
    )


def test_each_rule_rejects_what_the_other_accepts() -> None:
    """Energies at alpha = 1/2 are |k|^2/4: 1/16 twice, then 1/4 and 25/64; tau = 1/8, C_r = 1/4."""
    near_and_tied = [[0.5], [-0.5]]
    assert decisions(near_and_tied, 1 / 64, 0.25, 0.125) == (-1, 0)
    # the gap is 9/64, so the posterior is sigma(9) > 3/4
    far_and_clear = [[1.0], [1.25]]
    assert decisions(far_and_clear, 1 / 64, 0.25, 0.125) == (0, -1)


evidence = st.lists(st.integers(1, 15), min_size=2, max_size=4)


@given(evidence, st.integers(0, 64))
def test_for_one_total_evidence_chow_is_a_threshold(row: list[int], k: int) -> None:
    """Evidence e_j = exp(-S_j) of total Z: Chow accepts iff max e >= (1 - C_r) Z.

    Multiples of 1/64 with Z = 1: the posterior is the evidence itself, exactly.
    """
    parts = np.array([*row, 64 - sum(row)])
    label = int(chow(parts / 64, k / 64))
    assert (label >= 0) == (parts.max() >= 64 - k)
    if label >= 0:
        assert label == int(parts.argmax())


@given(st.integers(1, 64), st.integers(1, 64), st.integers(1, 32))
def test_against_a_fixed_background_chow_is_a_threshold(key: int, ground: int, k: int) -> None:
    """Two candidates, one of them fixed, C_r <= 1/2: the key is taken iff e C_r >= e_0 (1 - C_r).

    In scores, iff S <= S_0 - logit(1 - C_r). At equality the rounded quotient may fall either way.
    """
    left, right = key * k, ground * (64 - k)
    p = key / (key + ground)
    # elsewhere p differs from 1 - k/64 by at least 1/(64 (e + e_0)) >= 2^-13, far above rounding
    if left != right:
        assert (int(chow([p, 1 - p], k / 64)) == 0) == (left > right)


def both(q: Any, keys: Any, theta: int, square: int) -> tuple[int, int]:
    """First hit of energies ``theta - |q - k|^2``, and GD-Attention inside the radius."""
    energies = (theta - np.array(squares(q, keys), dtype=np.float64)) / 64
    first = int(hard_process(fires(energies[None]))[0])
    best = gd_attention([eighths(q)], eighths(keys), beta=0.5, threshold=square / 512).index[0]
    return first, int(best)


@given(point, clouds, radii)
def test_monotonic_attention_reads_the_first_admitted_and_this_the_best(
    q: Any, keys: Any, square: int
) -> None:
    """Same admitted set (theta just above r^2): abstentions coincide, indices iff first = best."""
    distances = squares(q, keys)
    first, best = both(q, keys, square + 1, square)
    assert (first == -1) == (best == -1) == (min(distances) > square)
    if first >= 0:
        assert first == next(j for j, y in enumerate(distances) if y <= square)
        assert best == distances.index(min(distances))
        assert (first == best) == (distances[first] == min(distances))


@given(point, clouds, radii)
def test_on_the_sphere_itself_only_the_non_strict_rule_admits(
    q: Any, keys: Any, square: int
) -> None:
    """At theta = r^2 the abstentions differ iff the nearest key lies exactly on the sphere."""
    distances = squares(q, keys)
    first, best = both(q, keys, square, square)
    assert (first == best == -1) == (min(distances) > square)
    assert (first == -1 and best >= 0) == (min(distances) == square)


def test_first_and_best_differ() -> None:
    assert both((0, 0), [(3, 0), (1, 0)], 10, 9) == (0, 1)
    assert both((0, 0), [(1, 0), (3, 0)], 10, 9) == (0, 0)


def test_a_second_step_of_monotonic_attention_cannot_go_back() -> None:
    """Queries at 1 and at 0, keys at 0 and 1: this operator goes back, the other reads none."""
    keys = np.array([[0.0], [1.0]])
    queries = np.array([[1.0], [0.0]])
    energies = 0.5 - (queries - keys.T) ** 2
    assert hard_process(fires(energies)).tolist() == [1, -1]
    assert gd_attention(queries, keys, threshold=0.125).index.tolist() == [1, 0]


@pytest.mark.parametrize("alpha", [[0.9, 0.5], [0.1, 0.5]])
def test_with_weights_per_key_no_score_of_the_distance_selects(alpha: list[float]) -> None:
    """Keys 6 and 5 at beta 0.05: with one weight the nearer is selected, here the farther."""
    keys = [[6.0], [5.0]]
    assert int(gd_attention([[0.0]], keys, beta=0.05).index[0]) == 1
    assert int(gd_attention([[0.0]], keys, beta=0.05, alpha=alpha).index[0]) == 0
