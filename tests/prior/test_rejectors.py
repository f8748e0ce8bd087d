"""[13] Ambiguity and novelty rejectors, and the quality of what they reject."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.prior.gibbs import gibbs_weights
from gd_attention.prior.outcomes import Outcomes, outcomes
from gd_attention.prior.rejectors import certainty, evidence, log_density, reject
from gd_attention.prior.selective_risk import selective_risk
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
SIXTY_FOURTHS = st.integers(-128, 128).map(lambda k: k / 64)
SCORES = hnp.arrays(np.float64, st.integers(1, 5), elements=SIXTY_FOURTHS)
STATISTICS = st.sampled_from(["maximum", "margin", "entropy"])
COUNTS = st.integers(0, 6)


@pytest.mark.property_of("rejectors.certainty", "P-uniform")
@given(z=SCORES, statistic=STATISTICS)
def test_the_uniform_posterior_is_the_least_certain(z, statistic):
    k = len(z)
    uniform = certainty(np.full(k, 1 / k), statistic)
    # the entropy adds k terms p log p, each at most 1/e in size and off by a few EPS
    assert certainty(gibbs_weights(z), statistic) >= uniform - 8 * k * EPS
    assert certainty(np.eye(k)[0], statistic) == (0.0 if statistic == "entropy" else 1.0)


@pytest.mark.property_of("rejectors.certainty", "P-relative")
@given(z=SCORES, shift=SIXTY_FOURTHS, statistic=STATISTICS)
def test_ambiguity_does_not_see_a_common_shift(z, shift, statistic):
    moved = certainty(gibbs_weights(z + shift), statistic)
    assert moved == certainty(gibbs_weights(z), statistic)


def test_the_margin_compares_the_two_largest():
    assert certainty([0.5, 0.125, 0.375], "margin") == 0.125


@pytest.mark.property_of("rejectors.evidence", "P-absolute")
@given(z=SCORES, shift=SIXTY_FOURTHS)
def test_evidence_moves_with_a_common_shift(z, shift):
    # an addition on either side, of numbers up to 6
    assert abs(evidence(z + shift) - evidence(z) - shift) <= 16 * EPS
    assert evidence(z, 1.0, np.zeros(len(z), bool)) == -np.inf


@pytest.mark.property_of("rejectors.log_density", "P-far")
@given(points=hnp.arrays(np.float64, (3, 2), elements=SIXTY_FOURTHS))
def test_the_density_falls_without_bound_far_away(points):
    far = np.array([[4.0, 4.0], [64.0, 64.0], [1024.0, 1024.0], [1e150, 0.0]])
    values = log_density(far, points, 0.5)
    assert (np.diff(values) < 0).all()
    # at distance r from the nearest of the samples, in units of the bandwidth
    nearest = np.sqrt(np.sum((far[2] - points) ** 2, axis=1)).min() / 0.5
    assert values[2] <= -(nearest**2) / 2 * (1 - 16 * EPS) + np.log(4 / (2 * np.pi)) + 1e-9


def test_the_density_is_a_density():
    x = np.linspace(-20, 20, 4001)[:, None]
    density = np.exp(log_density(x, [[0.0], [1.5]], 0.75))
    # the trapezoidal rule on a Gaussian of width 0.75 at a step of 0.01 errs by exp(-2 (pi 75)^2)
    assert abs(density.sum() * 0.01 - 1) <= 4001 * 16 * EPS
    assert log_density([0.0], np.zeros((0, 1)), 1.0) == -np.inf


@pytest.mark.property_of("rejectors.reject", "P-chain")
@pytest.mark.property_of("rejectors.reject", "P-separate")
@pytest.mark.property_of("rejectors.log_density", "P-input-only")
@given(data=st.data(), m=st.integers(1, 6))
def test_rejectors_accept_the_intersection_whatever_the_labels(data, m):
    first, second = (data.draw(hnp.arrays(np.float64, m, elements=SIXTY_FOURTHS)) for _ in "ab")
    a, b = data.draw(SIXTY_FOURTHS), data.draw(SIXTY_FOURTHS)
    labels = data.draw(hnp.arrays(np.int64, m, elements=st.integers(0, 4)))
    chained = reject(reject(labels, first, a), second, b)
    assert np.array_equal(chained, reject(reject(labels, second, b), first, a))
    assert np.array_equal(chained >= 0, (first >= a) & (second >= b))
    # a separated rejector sees x alone: the labels of another model are rejected at the same places
    novelty = log_density(first[:, None], second[:, None], 1.0)
    other = reject(labels[::-1].copy(), novelty, -2.0)
    assert np.array_equal(reject(labels, novelty, -2.0) == -1, other == -1)


@pytest.mark.property_of("outcomes.outcomes", "P-total")
@pytest.mark.property_of("outcomes.outcomes", "P-perfect")
@pytest.mark.property_of("outcomes.outcomes", "P-prediction")
@given(data=st.data(), m=st.integers(1, 8))
def test_the_counts_and_their_quotients(data, m):
    wrong = data.draw(hnp.arrays(np.bool_, m))
    taken = data.draw(hnp.arrays(np.bool_, m))
    found = outcomes(wrong, taken)
    assert found.total == m and found.coverage == taken.mean()
    assert (found.true_reject, found.false_reject) == (
        (wrong & ~taken).sum(),
        (~wrong & ~taken).sum(),
    )
    assert (found.classification_quality == 1.0) == np.array_equal(taken, ~wrong)
    assume(taken.any())
    # quotients of whole numbers, rounded once each; the difference once more
    expected = 1 - selective_risk(wrong.astype(float), taken)
    assert abs(found.prediction_quality - expected) <= EPS


@pytest.mark.property_of("outcomes.outcomes", "P-undefined")
@given(counts=st.tuples(COUNTS, COUNTS, COUNTS, COUNTS))
def test_an_undefined_quotient_is_refused_by_name(counts):
    ta, fa, tr, fr = counts
    table = Outcomes(*counts)
    for name, below in [
        ("coverage", sum(counts)),
        ("classification_quality", sum(counts)),
        ("prediction_quality", ta + fa),
    ]:
        if below:
            assert 0 <= getattr(table, name) <= 1
        else:
            with pytest.raises(ValueError, match=name):
                getattr(table, name)
    above, below = tr * (ta + fr), fr * (fa + tr)
    if above == below == 0:
        with pytest.raises(ValueError, match="rejection_quality"):
            _ = table.rejection_quality
    else:
        assert table.rejection_quality == (above / below if below else np.inf)


@pytest.mark.property_of("outcomes.outcomes", "P-blind")
@given(wrong=st.integers(1, 9), right=st.integers(1, 9), part=st.integers(1, 9))
def test_rejecting_in_proportion_has_quality_1(wrong, right, part):
    assert Outcomes(right * 9, wrong * 9, wrong * part, right * part).rejection_quality == 1.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: certainty([0.5, 0.5], "median"), ValueError, "statistic: expected"),
        (lambda: certainty([]), ValueError, "posterior: expected at least one class"),
        (lambda: certainty([2.0]), ValueError, "posterior: expected probabilities"),
        (lambda: log_density([1.0, 2.0], [[1.0]], 1.0), ValueError, "x: expected a last axis"),
        (lambda: reject([0.5], [1.0], 0.0), TypeError, "labels: expected integers"),
        (lambda: reject([0], [np.nan], 0.0), ValueError, "statistic: .*nan"),
        (lambda: reject([0], [1.0, 2.0], 0.0), ValueError, "statistic: expected shape"),
        (lambda: reject([0], [1.0], [1.0, 2.0]), ValueError, "threshold: expected"),
        (lambda: outcomes([1], [True]), TypeError, "errors: expected dtype bool"),
        (lambda: outcomes([True], [True, False]), ValueError, "accepted: expected"),
        (lambda: Outcomes(1, -1, 0, 0), ValueError, "false_accept"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
