"""[13] The curves, and the areas that are all called AURC."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from gd_attention.prior.aurc import (
    auarc,
    aurc_grid,
    aurc_optimal,
    aurc_risk,
    aurc_trapezoid,
    aurc_worst,
)
from gd_attention.prior.curves import accuracy_reject, risk_coverage
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52


@st.composite
def samples(draw, least=1, most=12):
    m = draw(st.integers(least, most))
    kappa = draw(hnp.arrays(np.float64, m, elements=st.integers(0, 6).map(lambda k: k / 8)))
    return kappa, draw(hnp.arrays(np.bool_, m)).astype(float)


def slack(m):
    """M means of numbers in [0, 1], each of a few roundings, and their mean."""
    return (m + 8) * EPS


def ordered_area(losses):
    """(1/M) sum r(k/M) of losses in the order of acceptance."""
    ranks = np.arange(1, len(losses) + 1)
    return float(np.mean(np.cumsum(losses) / ranks))


@pytest.mark.property_of("curves.risk_coverage", "P-full")
@pytest.mark.property_of("curves.risk_coverage", "P-ties")
@given(sample=samples())
def test_a_point_for_each_threshold(sample):
    kappa, wrong = sample
    curve = risk_coverage(kappa, wrong)
    assert curve.threshold.tolist() == sorted(set(kappa.tolist()), reverse=True)
    for theta, rate, value in zip(curve.threshold, curve.rate, curve.value, strict=True):
        taken = kappa >= theta
        # whole numbers and one quotient
        assert rate == taken.sum() / len(kappa) and value == wrong[taken].sum() / taken.sum()
    assert curve.rate[-1] == 1.0 and curve.value[-1] == wrong.sum() / len(wrong)


@pytest.mark.property_of("curves.risk_coverage", "P-transform")
@pytest.mark.property_of("aurc.aurc_risk", "P-transform")
@given(sample=samples())
def test_an_increasing_transform_moves_the_thresholds_only(sample):
    kappa, wrong = sample
    curve, moved = risk_coverage(kappa, wrong), risk_coverage(np.exp(9 * kappa), wrong)
    assert np.array_equal(curve.rate, moved.rate) and np.array_equal(curve.value, moved.value)
    assert aurc_risk(kappa, wrong) == aurc_risk(np.exp(9 * kappa), wrong)


@pytest.mark.property_of("curves.accuracy_reject", "P-mirror")
@given(sample=samples())
def test_the_accuracy_curve_mirrors_the_risk_curve(sample):
    risk, accuracy = risk_coverage(*sample), accuracy_reject(*sample)
    assert np.abs(accuracy.rate - (1 - risk.rate)).max() <= EPS
    assert np.abs(accuracy.value - (1 - risk.value)).max() <= EPS


@pytest.mark.property_of("aurc.aurc_risk", "P-bounds")
@given(sample=samples())
def test_the_area_lies_between_the_best_and_the_worst_order(sample):
    kappa, wrong = sample
    m, k = len(wrong), int(wrong.sum())
    area = aurc_risk(kappa, wrong)
    assert aurc_optimal(m, k) - slack(m) <= area <= aurc_worst(m, k) + slack(m)


@pytest.mark.property_of("aurc.aurc_risk", "P-constant")
@given(sample=samples())
def test_equal_confidences_have_the_error_rate_as_area(sample):
    _, wrong = sample
    assert abs(aurc_risk(np.zeros(len(wrong)), wrong) - wrong.mean()) <= slack(len(wrong))


@pytest.mark.property_of("aurc.aurc_risk", "P-expectation")
@settings(max_examples=40)
@given(sample=samples(most=6))
def test_with_ties_the_area_is_the_mean_over_their_orders(sample):
    kappa, wrong = sample
    areas = [
        ordered_area(wrong[list(order)])
        for order in itertools.permutations(range(len(kappa)))
        if (np.diff(kappa[list(order)]) <= 0).all()
    ]
    # up to 720 areas are added
    assert abs(aurc_risk(kappa, wrong) - np.mean(areas)) <= slack(720)


@pytest.mark.property_of("aurc.aurc_trapezoid", "P-relation")
@given(sample=samples(least=2))
def test_the_trapezoids_are_the_mean_less_half_the_ends(sample):
    kappa, wrong = sample
    kappa = kappa + np.arange(len(kappa)) / 1024  # no ties: the order is that of acceptance
    order = np.argsort(-kappa)
    m = len(wrong)
    risks = np.cumsum(wrong[order]) / np.arange(1, m + 1)
    expected = np.trapezoid(risks, np.arange(1, m + 1) / m) / (1 - 1 / m)
    assert abs(aurc_trapezoid(kappa, wrong) - expected) <= 4 * slack(m)
    relation = (m * aurc_risk(kappa, wrong) - (risks[0] + risks[-1]) / 2) / (m - 1)
    assert abs(aurc_trapezoid(kappa, wrong) - relation) <= 4 * m * slack(m)


@pytest.mark.property_of("aurc.aurc_grid", "P-hundred")
def test_a_hundred_samples_need_no_rounding():
    rng = np.random.default_rng(5)
    kappa, wrong = rng.permutation(100) / 128, (rng.random(100) < 0.3).astype(float)
    risks = np.cumsum(wrong[np.argsort(-kappa)]) / np.arange(1, 101)
    assert abs(aurc_grid(kappa, wrong) - risks[4:].mean()) <= slack(100)


def test_the_grid_is_that_of_a_public_package():
    peer = pytest.importorskip("zugzwang.core.curves", reason="the peer is zugzwang")
    rng = np.random.default_rng(6)
    for m in (100, 300, 97):
        kappa, wrong = rng.permutation(m) / 512, rng.random(m) < 0.3
        ours = aurc_grid(kappa, wrong.astype(float))
        # its grid is of floats: .5 * 97 may round either way, one of 96 counts off by one
        allowed = slack(m) if m != 97 else 1 / 96 / 48
        assert abs(ours - peer.aurc(kappa, wrong)) <= allowed


@pytest.mark.property_of("aurc.auarc", "P-complement")
@given(sample=samples())
def test_the_two_areas_called_aurc_are_complements(sample):
    assert abs(auarc(*sample) - (1 - aurc_risk(*sample))) <= 2 * slack(len(sample[0]))


@pytest.mark.property_of("aurc.aurc_optimal", "P-attained")
@pytest.mark.property_of("aurc.aurc_worst", "P-attained")
@given(m=st.integers(1, 30), data=st.data())
def test_the_closed_forms_are_attained(m, data):
    k = data.draw(st.integers(0, m))
    wrong = np.arange(m) >= m - k
    falling = -np.arange(m, dtype=float)
    assert abs(aurc_risk(falling, wrong.astype(float)) - aurc_optimal(m, k)) <= slack(m)
    assert abs(aurc_risk(-falling, wrong.astype(float)) - aurc_worst(m, k)) <= slack(m)


def test_known_areas():
    # (1/10)(1/8 + 2/9 + 3/10)
    assert abs(aurc_optimal(10, 3) - (1 / 8 + 2 / 9 + 3 / 10) / 10) <= 4 * EPS
    kappa, wrong = [0.9, 0.8, 0.7, 0.6], [0.0, 1.0, 0.0, 1.0]
    risks = [0, 1 / 2, 1 / 3, 1 / 2]
    assert abs(aurc_risk(kappa, wrong) - sum(risks) / 4) <= slack(4)
    # the conventions differ: the mean, the trapezoids, the grid
    assert len({round(f(kappa, wrong), 3) for f in (aurc_risk, aurc_trapezoid, aurc_grid)}) == 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: risk_coverage([], []), "confidence: expected at least one"),
        (lambda: risk_coverage([1.0], [1.0, 0.0]), "losses: expected shape"),
        (lambda: accuracy_reject([1.0], [0.5]), "losses: expected 0"),
        (lambda: auarc([1.0], [0.5]), "losses: expected 0"),
        (lambda: aurc_trapezoid([1.0], [1.0]), "confidence: expected at least 2"),
        (lambda: aurc_optimal(0, 0), "samples: expected at least 1"),
        (lambda: aurc_worst(2, 3), "errors: expected at most"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
