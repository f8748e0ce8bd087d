"""Relations R1: what softmax, entmax, Hopfield's update and the softmin of T20 tend to.

The statements and their proofs are in docs/prior-relations.md. Scores are multiples of 1/64 and
inverse temperatures powers of two, so that every exponent is exact; ties are common.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from gd_attention import gd_attention, relaxation
from gd_attention.prior.entmax import entmax
from gd_attention.prior.gibbs import gibbs_weights
from gd_attention.prior.hopfield import update
from gd_attention.prior.sparsemax import sparsemax
from gd_attention.prior.unique_hard import unique_hard_index
from hypothesis import given
from hypothesis import strategies as st

U = 2.0**-53
# a weight is a quotient of an exponential (4 units) and a sum of up to 7 of them (4 + 6 units); the
# mass outside adds up to 6 of them; the bound has an exponential and two operations
SLACK = 1 + 48 * U
TINY = 8 * 2.0**-1074

rows = st.lists(st.integers(-128, 128), min_size=1, max_size=7).map(lambda row: np.array(row) / 64)
few = st.lists(st.integers(-3, 3), min_size=2, max_size=7).map(lambda row: np.array(row) / 64)
powers = st.integers(-4, 12).map(lambda power: 2.0**power)


def best_set(scores: Any) -> tuple[Any, float]:
    """The set A of the largest scores, and the gap below it (infinite if there is nothing)."""
    largest = scores.max()
    best = scores == largest
    return best, float(largest - scores[~best].max()) if not best.all() else math.inf


def rate(scores: Any, beta: float) -> float:
    """The bound ``(N - a)/a exp(-beta gap)`` of the mass outside A."""
    best, gap = best_set(scores)
    outside = len(scores) - best.sum()
    return float(outside / best.sum() * math.exp(-beta * gap)) if outside else 0.0


@given(st.one_of(rows, few), powers)
def test_softmax_tends_to_the_uniform_on_the_best(scores: Any, beta: float) -> None:
    weights = gibbs_weights(scores, beta)
    best, _ = best_set(scores)
    # total variation to the uniform on A is the mass outside A, as A shares what is left equally
    assert len(set(weights[best].tolist())) == 1
    assert weights[~best].sum() <= rate(scores, beta) * SLACK + TINY


@pytest.mark.parametrize(("best", "outside"), [(1, 1), (1, 6), (3, 4), (2, 1)])
def test_the_rate_is_attained_in_the_limit(best: int, outside: int) -> None:
    """All others at the same gap g: the mass outside is the bound over 1 + bound, exactly."""
    scores = np.array([0.0] * best + [-1.0] * outside)
    for beta in (1.0, 8.0, 64.0):
        bound = rate(scores, beta)
        mass = gibbs_weights(scores, beta)[best:].sum()
        assert mass == pytest.approx(bound / (1 + bound), rel=48 * U, abs=0)


@given(few, powers)
def test_one_hot_is_the_limit_only_without_ties(scores: Any, beta: float) -> None:
    """The distance to the leftmost hard attention is ``1 - (1 - rho)/a``: at least ``1 - 1/a``."""
    weights = gibbs_weights(scores, beta)
    best, _ = best_set(scores)
    distance = 1.0 - weights[int(unique_hard_index(scores, tie="leftmost"))]
    ties = best.sum()
    assert distance >= 1 - 1 / ties - 16 * U
    # with a = 1 this tends to 0, with a > 1 to 1 - 1/a
    assert distance <= 1 - 1 / ties + rate(scores, beta) * SLACK + 16 * U


@given(st.one_of(rows, few), st.integers(-4, 12))
def test_sparsemax_is_uniform_on_the_best_from_an_exact_temperature_on(
    scores: Any, power: int
) -> None:
    """Order 2: uniform on A iff ``beta gap >= 1/a``, decided exactly on these numbers."""
    beta = 2.0**power
    best, gap = best_set(scores)
    weights = sparsemax(beta * scores)
    # integers on both sides of the comparison: 64 gap and 2^12 beta are integers
    attained = math.isinf(gap) or int(64 * gap) * int(2**12 * beta) * int(best.sum()) >= 2**18
    assert bool((weights[~best] == 0).all()) == attained
    # on the support the differences to the largest score are exact and in (-1, 0]: 7 additions of
    # numbers up to 8, over the size of the support, and 2 units of the weight itself
    share = (1 - weights[~best].sum()) / best.sum()
    np.testing.assert_allclose(weights[best], share, rtol=0, atol=64 * U)


@pytest.mark.parametrize("order", [1.125, 1.5, 2.0, 2.5, 4.0])
@pytest.mark.parametrize("ties", [1, 2, 5])
@pytest.mark.parametrize("side", [-1, 1])
def test_entmax_is_uniform_on_the_best_from_a_finite_temperature_on(
    order: float, ties: int, side: int
) -> None:
    """Uniform on A iff ``beta gap >= a^(1-r)/(r-1)``: one part in 10^6 to both sides of it."""
    beta = ties ** (1 - order) / (order - 1) * (1 + side * 1e-6)
    weights = entmax(beta * np.array([0.0] * ties + [-1.0, -1.5]), order)
    # one part in 10^6 leaves a bracket [(r-1) z - tau] of about 1e-6 a^(1-r) >= 8e-9 for these
    # orders, on either side of 0: far above the rounding of numbers of size 1
    assert (weights[ties] == 0) == (side > 0)
    assert weights[-1] == 0
    # bisection ends within 2^-52 of the largest weight; its shares add 2 units for each candidate
    if side > 0:
        np.testing.assert_allclose(weights[:ties], 1 / ties, rtol=16 * U * ties, atol=0)


patterns = st.lists(st.tuples(st.integers(-8, 8), st.integers(-8, 8)), min_size=1, max_size=6).map(
    lambda rows: np.array(rows) / 8
)


@given(patterns, st.integers(-8, 8), st.integers(-8, 8), powers)
def test_hopfields_update_tends_to_the_mean_of_the_best(
    x: Any, a: int, b: int, beta: float
) -> None:
    """``f(xi) - mean_A = rho (mean outside - mean_A)``: at most rho diam(X)."""
    state = np.array([a, b]) / 8
    scores = x @ state
    best, _ = best_set(scores)
    diameter = max(math.dist(one, other) for one in x for other in x)
    bound = min(rate(scores, beta), 1.0) * diameter
    found = float(np.linalg.norm(update(x, state, beta) - x[best].mean(axis=0)))
    # weights off by 24 units, 6 terms of at most 1 in each of 2 coordinates, and the mean's own
    assert found <= bound * SLACK + 2 * 6 * 48 * U


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=6), st.integers(0, 10))
def test_the_softmin_tends_to_the_uniform_on_the_nearest(row: list[int], cold: int) -> None:
    """At alpha = 1/2, |k - q| <= 6/8: E* = (k - q)^2 / 4 exactly, so the gap is known exactly."""
    keys = np.array(row)[:, None] / 8
    scores = -(keys[:, 0] ** 2) / 4
    best, _ = best_set(scores)
    temperature = 2.0**-cold
    weights = relaxation([[0.0]], keys, temperature=temperature).weights[0]
    selected = int(gd_attention([[0.0]], keys).index[0])
    assert selected == int(unique_hard_index(scores, tie="leftmost"))
    assert len(set(weights[best].tolist())) == 1
    # energies of at most 9/64, to 16 eps relative: 32 * 9/64 = 4.5 units each, over T
    slack = SLACK + 2 * 4.5 * U / temperature
    assert weights[~best].sum() <= rate(scores, 1 / temperature) * slack + TINY
    # the operator itself keeps the least index, at a distance of at least 1 - 1/a to its softmin
    assert 1 - weights[selected] >= 1 - 1 / best.sum() - 16 * U
