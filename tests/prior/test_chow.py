"""[13] Chow's rule: the pointwise optimum, decided exactly, and the Bayes reject risk."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from gd_attention.prior.chow import bayes_reject_risk, chow, expected_cost, normalised_cost
from hypothesis import given
from hypothesis import strategies as st

EPS = 2.0**-52
COSTS = st.integers(0, 64).map(lambda k: k / 64)


@st.composite
def posteriors(draw, points=1):
    """Rows of 64ths that sum to 1 exactly."""
    k = draw(st.integers(1, 4))
    rows = []
    for _ in range(points):
        cuts = sorted(draw(st.lists(st.integers(0, 64), min_size=k - 1, max_size=k - 1)))
        rows.append(np.diff([0, *cuts, 64]) / 64)
    return np.array(rows) if points > 1 else rows[0]


@pytest.mark.property_of("chow.normalised_cost", "P-affine")
@given(cost=COSTS, factor=st.sampled_from([0.25, 1.0, 8.0]), offset=st.integers(-8, 8))
def test_costs_are_normalised_up_to_an_affine_map(cost, factor, offset):
    # products with powers of two and sums of 64ths are exact
    assert normalised_cost(factor * cost + offset, factor + offset, offset) == cost


@pytest.mark.property_of("chow.chow", "P-optimal")
@given(p=posteriors(), cost=COSTS)
def test_no_other_decision_costs_less(p, cost):
    best = Fraction(float(expected_cost(p, chow(p, cost), cost)))
    # all numbers are 64ths: the costs are exact
    for decision in range(-1, len(p)):
        other = Fraction(cost) if decision < 0 else 1 - Fraction(p[decision])
        assert best <= other
        assert expected_cost(p, decision, cost) == other


@pytest.mark.property_of("chow.chow", "P-never")
@given(p=posteriors())
def test_a_cost_of_1_minus_1_over_k_rejects_nothing(p):
    k = len(p)
    # 1 - 1/3 rounds: take the float above it
    cost = min(1.0, np.nextafter(1 - 1 / k, 2))
    assert chow(p, cost) == p.argmax()


@pytest.mark.property_of("chow.chow", "P-nested")
@given(p=posteriors(points=3), costs=st.tuples(COSTS, COSTS).map(sorted))
def test_a_higher_cost_rejects_a_subset(p, costs):
    cheap, dear = (chow(p, cost) for cost in costs)
    assert ((cheap == -1) | (dear != -1)).all()


@pytest.mark.property_of("chow.chow", "P-singleton")
@given(cost=COSTS)
def test_one_class_is_always_accepted(cost):
    assert chow([1.0], cost) == 0


def test_equality_accepts_and_a_rounding_below_it_rejects():
    assert chow([0.75, 0.25], 0.25) == 0
    # 1 - 0.3 rounds up in float64 here and 0.1 + 0.9 rounds to 1: the comparison stays exact
    for cost in (0.1, 0.3, 0.7, 2.0**-60):
        for p in (1 - cost, np.nextafter(1 - cost, 0), np.nextafter(1 - cost, 2)):
            row = [min(p, 1.0), 1 - min(p, 1.0)]
            rejected = Fraction(float(max(row))) + Fraction(cost) < 1
            assert (chow(row, cost) == -1) == rejected
    assert chow([0.5, 0.5], 0.5) == 0
    assert chow([0.5, 0.5], np.nextafter(0.5, 0)) == -1


def test_no_class_is_rejected_at_every_cost():
    assert chow([[0.0, 0.0], [0.0, 1.0]], 1.0).tolist() == [-1, 1]
    assert chow(np.zeros((2, 0)), 1.0).tolist() == [-1, -1]


@pytest.mark.property_of("chow.expected_cost", "P-reject")
@given(p=posteriors(points=2), cost=COSTS)
def test_rejection_has_its_price(p, cost):
    assert (expected_cost(p, [-1, -1], cost) == cost).all()


@pytest.mark.property_of("chow.bayes_reject_risk", "P-bounds")
@pytest.mark.property_of("chow.bayes_reject_risk", "P-concave")
@given(p=posteriors(points=3), costs=st.tuples(COSTS, COSTS).map(sorted))
def test_the_reject_risk_is_bounded_concave_and_monotone(p, costs):
    low, high = costs
    slack = 16 * EPS  # three shares and their sum, on numbers up to 1
    risks = [bayes_reject_risk(p, cost) for cost in (low, (low + high) / 2, high)]
    assert risks[0] <= risks[1] + slack and risks[1] <= risks[2] + slack
    assert risks[1] >= (risks[0] + risks[2]) / 2 - slack
    error = np.mean(1 - p.max(axis=1))
    assert risks[0] <= min(low, error) + slack
    assert abs(bayes_reject_risk(p, 1.0) - error) <= slack
    # it is the mean cost of the rule's decisions
    assert abs(risks[0] - expected_cost(p, chow(p, low), low).mean()) <= slack


def test_the_mass_weighs_the_points():
    assert bayes_reject_risk([[0.75, 0.25], [1.0, 0.0]], 0.5, [3.0, 1.0]) == 0.1875


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: normalised_cost(2.0), "reject: expected a cost in"),
        (lambda: normalised_cost(0.5, 1.0, 1.0), "error: expected more than"),
        (lambda: chow([0.5, 0.25], 0.5), "posterior: expected rows that sum to 1"),
        (lambda: chow([1.5, -0.5], 0.5), "posterior: expected probabilities"),
        (lambda: chow([1.0], 2.0), "cost: expected"),
        (lambda: expected_cost([1.0], 1, 0.5), "decision: expected -1 or"),
        (lambda: expected_cost([1.0], [0], 0.5), "decision: expected shape"),
        (lambda: bayes_reject_risk([[1.0]], 0.5, [0.0]), "mass: expected"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
