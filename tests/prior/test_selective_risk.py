"""[11] Softmax response, coverage and selective risk."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.prior.selective_risk import accept, coverage, selective_risk, softmax_response
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
SIXTY_FOURTHS = st.integers(-256, 256).map(lambda k: k / 64)
SCORES = hnp.arrays(np.float64, st.integers(1, 6), elements=SIXTY_FOURTHS)
SAMPLES = st.integers(1, 12)


@pytest.mark.property_of("selective_risk.softmax_response", "P-shift")
@given(z=SCORES, shift=st.integers(-(2**20), 2**20))
def test_a_common_shift_changes_neither_label_nor_confidence(z, shift):
    label, confidence = softmax_response(z)
    # 64ths and integers: the sums are exact
    assert softmax_response(z + shift) == (label, confidence)


@pytest.mark.property_of("selective_risk.softmax_response", "P-singleton")
@given(score=SIXTY_FOURTHS)
def test_one_class_is_certain(score):
    assert softmax_response([score - 1e6]) == (0, 1.0)


@pytest.mark.property_of("selective_risk.softmax_response", "P-ambiguity")
@given(z=SCORES)
def test_m_tied_classes_have_confidence_1_over_m_at_most(z):
    label, confidence = softmax_response(z)
    tied = np.flatnonzero(z == z.max())
    assert label == tied[0]
    # the largest terms are exactly 1; n - 1 additions and a quotient
    n = len(z)
    assert 1 / n - n * EPS <= confidence <= (1 + n * EPS) / len(tied)


def test_scores_that_differ_by_a_rounding_are_told_apart():
    close = np.nextafter(1e-17, 1.0)
    # the probabilities are equal as floats, the scores are not
    assert softmax_response([1e-17, close])[0] == 1


def test_no_class_is_confidence_zero():
    label, confidence = softmax_response([[1.0, 2.0], [3.0, 4.0]], [[False, False], [True, False]])
    assert label.tolist() == [-1, 0] and confidence.tolist() == [0.0, 1.0]
    label, confidence = softmax_response(np.zeros((3, 0)))
    assert label.tolist() == [-1] * 3 and confidence.tolist() == [0.0] * 3


@pytest.mark.property_of("selective_risk.accept", "P-nested")
@given(kappa=SCORES, low=SIXTY_FOURTHS, high=SIXTY_FOURTHS)
def test_a_higher_threshold_accepts_a_subset(kappa, low, high):
    low, high = sorted((low, high))
    assert (accept(kappa, low) | ~accept(kappa, high)).all()
    assert not accept(kappa, np.inf).any()
    # equality accepts
    assert accept(kappa, kappa).all()


@pytest.mark.property_of("selective_risk.coverage", "P-share")
@given(taken=hnp.arrays(np.bool_, SAMPLES))
def test_coverage_is_the_accepted_share(taken):
    assert coverage(taken) == taken.tolist().count(True) / len(taken)


@pytest.mark.property_of("selective_risk.selective_risk", "P-full")
@pytest.mark.property_of("selective_risk.selective_risk", "P-between")
@given(data=st.data(), m=SAMPLES)
def test_the_risk_is_the_mean_of_the_accepted(data, m):
    loss = data.draw(hnp.arrays(np.float64, m, elements=SIXTY_FOURTHS))
    taken = data.draw(hnp.arrays(np.bool_, m))
    assume(taken.any())
    risk = selective_risk(loss, taken)
    # sums of 64ths are exact: the quotient of an exact sum is rounded once
    assert risk == sum(loss[taken].tolist()) / int(taken.sum())
    assert loss[taken].min() <= risk <= loss[taken].max()
    assert selective_risk(loss, np.ones(m, bool)) == sum(loss.tolist()) / m


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: selective_risk([1.0], [False]), ValueError, "accepted: .*coverage 0"),
        (lambda: selective_risk([1.0], [True, True]), ValueError, "accepted: expected shape"),
        (lambda: coverage([1, 0]), TypeError, "accepted: expected dtype bool"),
        (lambda: coverage(np.zeros(0, bool)), ValueError, "accepted: expected shape"),
        (lambda: accept([1.0], np.nan), ValueError, "threshold: .*nan"),
        (lambda: softmax_response([np.inf]), ValueError, "scores: expected finite"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
