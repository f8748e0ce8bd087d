"""alpha-entmax [4]."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from gd_attention.prior.entmax import adaptive_order, entmax
from gd_attention.prior.gibbs import gibbs_weights
from gd_attention.prior.sparsemax import sparsemax
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
SIXTY_FOURTHS = st.integers(-128, 128).map(lambda k: k / 64)
SCORES = hnp.arrays(np.float64, st.integers(1, 7), elements=SIXTY_FOURTHS)
# Dyadic orders: (a - 1) z is exact, so the boundary of the support is where the theorem says.
ORDERS = st.sampled_from([1.125, 1.25, 1.5, 1.75, 2.5, 3.0, 5.0])
# A sum of N mixtures, each a product and a sum of numbers at most 1.
SUM = 64 * EPS


def tsallis(p: np.ndarray, order: float) -> float:
    if order == 1.0:
        return float(-(p[p > 0] * np.log(p[p > 0])).sum())
    return float((p - p**order).sum() / (order * (order - 1)))


@pytest.mark.property_of("entmax.entmax", "P-one")
@given(z=SCORES, exponent=st.integers(4, 40))
def test_orders_near_one_are_near_softmax(z, exponent):
    assert np.array_equal(entmax(z, 1.0), gibbs_weights(z))
    power = 2.0**-exponent
    # d p / d a = (p/2)(E log^2 p - log^2 p_j), and |log p| <= max gap + log N <= 4 + 2 here; it
    # stays below twice that within 1/16 of order 1: |p_a - p_1| <= 36 (a - 1), plus rounding
    # of 1 + x at size eps / (a - 1)
    assert np.abs(entmax(z, 1.0 + power) - gibbs_weights(z)).max() <= 36 * power + SUM


@pytest.mark.property_of("entmax.entmax", "P-two")
@given(z=SCORES, exponent=st.integers(20, 45))
def test_order_two_is_sparsemax_and_its_neighbours_are_near(z, exponent):
    assert np.array_equal(entmax(z, 2.0), sparsemax(z))
    near = entmax(z, 2.0 + 2.0**-exponent)
    # d p / d a at 2: at most |p - g| + |h| + g sum h <= 1 + 1 + log N
    assert np.abs(near - sparsemax(z)).max() <= 8 * 2.0**-exponent + SUM


@pytest.mark.property_of("entmax.entmax", "P-one-hot")
@given(z=hnp.arrays(np.float64, st.integers(2, 6), elements=st.integers(-512, 512)
       .map(lambda k: k / 64)), order=ORDERS)  # fmt: skip
def test_one_hot_iff_the_lead_reaches_the_bound(z, order):
    ranked = np.sort(z)[::-1]
    p = entmax(z, order)
    # (a - 1) times the lead is exact for these orders
    assert (p.max() == 1.0 and (p > 0).sum() == 1) == ((order - 1) * (ranked[0] - ranked[1]) >= 1)


def in_support(scores: list[Fraction], c: int, order: Fraction) -> bool:
    """Whether candidate c has weight at an order 1 + 1/m or 3, decided in integers.

    The weights add to ``sum_j (k (z_j - z_c))^(1/k)`` over the j above c where tau = k z_c, k the
    order less 1: c has weight iff that is below 1. At 3 they are square roots, bounded to 200
    bits; a sum of roots of rationals is 1 only if each root is rational.
    """
    k = order - 1
    gaps = [k * (z - scores[c]) for z in scores if z > scores[c]]
    if k <= 1:
        return sum((gap ** int(1 / k) for gap in gaps), Fraction(0)) < 1
    scale = 2**200
    floors = [isqrt(gap.numerator * scale**2 // gap.denominator) for gap in gaps]
    exact = all(
        r * r * gap.denominator == gap.numerator * scale**2
        for r, gap in zip(floors, gaps, strict=True)
    )
    assert exact or sum(floors) >= scale or sum(floors) + len(gaps) < scale
    return sum(floors) < scale


@pytest.mark.property_of("entmax.entmax", "P-support")
@given(z=SCORES)
def test_the_support_is_exact_and_does_not_grow_with_the_order(z):
    scores = [Fraction(float(x)) for x in z]
    before = [True] * len(z)
    for order in (Fraction(5, 4), Fraction(3, 2), Fraction(2), Fraction(3)):
        exact = [in_support(scores, c, order) for c in range(len(z))]
        assert all(had or not has for had, has in zip(before, exact, strict=True))
        before = exact
        found = entmax(z, float(order)) > 0
        # p^k = 1 + x is taken as positive or not. x holds r^k from expm1 of a logarithm, 4 eps; r
        # comes from a sum that is off by (N + 4) eps, which moves r^k by k times that and by the
        # 4 eps of the x: 4 + 2 (7 + 4) + 4 in all, and 2 for the bracket
        shift = Fraction(32 * EPS) / (order - 1)
        for c in range(len(z)):
            if found[c] != exact[c]:
                moved = [*scores]
                moved[c] += shift if found[c] else -shift
                assert in_support(moved, c, order) == found[c]


@pytest.mark.property_of("entmax.entmax", "P-shift")
@given(z=SCORES, shift=SIXTY_FOURTHS, order=ORDERS)
def test_a_shift_changes_nothing(z, shift, order):
    assert np.array_equal(entmax(z + shift, order), entmax(z, order))


@pytest.mark.property_of("entmax.entmax", "P-order")
@given(z=SCORES, order=ORDERS)
def test_order_is_kept_and_ties_share(z, order):
    p = entmax(z, order)
    assert (p >= 0).all()
    assert abs(p.sum() - 1) <= SUM
    assert (p[:, None] >= p)[z[:, None] >= z].all()


@pytest.mark.property_of("entmax.entmax", "P-optimal")
@given(z=SCORES, order=ORDERS, seed=st.integers(0, 2**32 - 1))
def test_no_other_point_does_better(z, order, seed):
    p = entmax(z, order)
    others = np.random.default_rng(seed).dirichlet(np.full(len(z), 0.5), 20)
    best = p @ z + tsallis(p, order)
    # values below 8 from a dozen operations; 1/(a (a - 1)) <= 8 for these orders
    assert max(q @ z + tsallis(q, order) for q in others) <= best + 1024 * EPS


@pytest.mark.property_of("entmax.entmax", "P-relative")
@given(score=SIXTY_FOURTHS, order=ORDERS)
def test_one_candidate_is_always_taken(score, order):
    assert entmax([score], order).tolist() == [1.0]
    assert entmax([score, 9.0], order, [True, False]).tolist() == [1.0, 0.0]


@given(z=hnp.arrays(np.float64, 4, elements=SIXTY_FOURTHS))
def test_order_one_and_a_half_against_its_quadratic(z):
    """At a = 3/2, p = (z/2 - tau)^2: tau from the quadratic of every possible support size."""
    y = np.sort(z / 2)[::-1]
    found = None
    for size in range(1, 5):
        mean = y[:size].mean()
        spread = ((y[:size] - mean) ** 2).sum()
        if spread <= 1:
            tau = mean - np.sqrt((1 - spread) / size)
            if y[size - 1] > tau and (size == 4 or y[size] <= tau + 1e-12):
                found = np.maximum(z / 2 - tau, 0.0) ** 2
    assert found is not None
    # tau by a square root near 0 loses half the digits: sqrt(16 eps)
    assert np.abs(entmax(z, 1.5) - found).max() <= 4 * np.sqrt(16 * EPS)


def test_known_answers_and_empty_sets():
    assert entmax([0.0, 0.0], 1.5).tolist() == [0.5, 0.5]
    assert entmax([1.0, 1.0, -9.0], 3.0).tolist() == [0.5, 0.5, 0.0]
    assert entmax([-np.inf, 0.0], 1.5).tolist() == [0.0, 1.0]
    assert entmax([1.0, 2.0], 1.5, [False, False]).tolist() == [0.0, 0.0]
    assert entmax([1.0, 2.0], 1.0, [False, False]).tolist() == [0.0, 0.0]
    assert entmax(np.zeros((2, 0)), 1.5).shape == (2, 0)
    assert entmax([1e308, -1e308], 1.5).tolist() == [1.0, 0.0]
    assert np.array_equal(entmax([[0.0, 9.0], [1.0, 1.0]], 1.5), [[0.0, 1.0], [0.5, 0.5]])


@pytest.mark.property_of("entmax.adaptive_order", "P-range")
@given(x=st.floats(-30, 30), y=st.floats(-30, 30))
def test_the_adaptive_order_lies_between_one_and_two(x, y):
    assert 1.0 <= adaptive_order(x) <= 2.0
    assert adaptive_order(0.0) == 1.5
    assert (x <= y) <= (adaptive_order(x) <= adaptive_order(y))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: entmax([1.0], 0.5), "order: expected a number of at least 1"),
        (lambda: entmax([np.nan], 1.5), "scores: expected finite"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_agrees_with_entmax_package_but_at_order_one():
    entmax_peer = pytest.importorskip("entmax", reason="a peer of the comparison")
    torch = pytest.importorskip("torch", reason="a peer of the comparison")
    z = np.random.default_rng(4).integers(-128, 128, (100, 9)) / 64
    given = torch.from_numpy(z)
    assert np.abs(entmax(z, 1.5) - entmax_peer.entmax15(given).numpy()).max() <= 4 * np.sqrt(
        16 * EPS
    )
    theirs = entmax_peer.entmax_bisect(given, alpha=1.25, n_iter=60).numpy()
    # their bracket of size 1 is halved 60 times; a weight is the 4th power of a difference
    assert np.abs(entmax(z, 1.25) - theirs).max() <= 4096 * EPS
    silent = entmax_peer.entmax_bisect(given, alpha=1.0).numpy()
    assert np.abs(silent - entmax(z, 1.0)).max() > 0.01  # no exception, and not softmax


@pytest.mark.parametrize("order", [1.125, 1.5, 3.0, 5.0])
@pytest.mark.parametrize("inside", [2.0**-20, 2.0**-35, 2.0**-50])
def test_weights_sum_to_one_beside_the_boundary_of_the_support(order, inside):
    """There a weight changes by far more than r: by its root of order a - 1."""
    p = entmax([0.0, -(1.0 - inside) / (order - 1.0)], order)
    assert p[1] > 0
    assert abs(p.sum() - 1) <= SUM
