"""[11] Guaranteed risk: the bound in exact rationals, and certificates that count their ties."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from gd_attention.prior.guarantee import error_bound, fixed_sequence, sgr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

DELTAS = st.sampled_from([2.0**-20, 0.001, 0.01, 0.05, 0.3, 0.9])
CONFIDENCE = st.integers(0, 8).map(lambda k: k / 8)


def binomial_cdf(errors, samples, rate):
    """``P(errors or fewer)`` in rationals."""
    rate = Fraction(rate)
    return sum(
        math.comb(samples, j) * rate**j * (1 - rate) ** (samples - j) for j in range(errors + 1)
    )


@pytest.mark.property_of("guarantee.error_bound", "P-root")
@settings(max_examples=60)
@given(samples=st.integers(1, 120), share=st.floats(0, 1), delta=DELTAS)
def test_the_bound_encloses_the_root_of_the_binomial_tail(samples, share, delta):
    errors = int(share * samples)
    bound = error_bound(errors, samples, delta)
    if errors == samples:
        assert bound == 1.0
        return
    # the tail falls in the rate: the exact root lies below the bound, by 2**-38 of it at most
    assert binomial_cdf(errors, samples, bound) <= Fraction(delta)
    assert binomial_cdf(errors, samples, Fraction(bound) * (1 - Fraction(1, 2**38))) > delta


@pytest.mark.property_of("guarantee.error_bound", "P-monotone")
@given(samples=st.integers(2, 500), data=st.data(), delta=DELTAS)
def test_the_bound_is_monotone(samples, data, delta):
    errors = data.draw(st.integers(0, samples - 1))
    bound = error_bound(errors, samples, delta)
    assert error_bound(errors + 1, samples, delta) > bound
    assert error_bound(errors, samples + 1, delta) < bound
    assert error_bound(errors, samples, delta / 2) > bound


@pytest.mark.property_of("guarantee.error_bound", "P-no-errors")
@given(samples=st.integers(1, 10_000), delta=DELTAS)
def test_without_errors_the_bound_has_a_closed_form(samples, delta):
    closed = -math.expm1(math.log(delta) / samples)
    # a few roundings beside the deliberate raise, of 2**-39 at most
    assert closed * (1 - 2.0**-48) <= error_bound(0, samples, delta) <= closed * (1 + 2.0**-38)


@pytest.mark.property_of("guarantee.error_bound", "P-cover")
@pytest.mark.parametrize("rate", [Fraction(1, 50), Fraction(1, 5), Fraction(7, 10)])
@pytest.mark.parametrize("samples", [1, 7, 40])
@pytest.mark.parametrize("delta", [0.01, 0.25])
def test_the_bound_falls_below_the_rate_rarely_enough(rate, samples, delta):
    # exact: the probabilities of the error counts whose bound is too low
    failing = sum(
        math.comb(samples, k) * rate**k * (1 - rate) ** (samples - k)
        for k in range(samples + 1)
        if error_bound(k, samples, delta) < rate
    )
    assert failing <= Fraction(delta)


def test_known_bounds():
    # enclosed by the exact tail between two decimals each: 3 of 20, and 15 of 22
    for errors, samples, delta, below, above in [
        (3, 20, 0.03, "0.36999443", "0.36999444"),
        (15, 22, 0.01, "0.88379255", "0.88379256"),
    ]:
        assert binomial_cdf(errors, samples, below) > delta > binomial_cdf(errors, samples, above)
        assert Fraction(below) < error_bound(errors, samples, delta) < Fraction(above)
    assert error_bound(0, 0, 0.1) == 1.0


def test_a_truncated_rate_would_lose_an_error():
    assert int(22 * (15 / 22)) == 14
    assert error_bound(14, 22, 0.01) < 0.8538 < error_bound(15, 22, 0.01)


def draw_sample(data, most=40):
    m = data.draw(st.integers(1, most))
    kappa = data.draw(hnp.arrays(np.float64, m, elements=CONFIDENCE))
    return kappa, data.draw(hnp.arrays(np.bool_, m))


@pytest.mark.property_of("guarantee.sgr", "P-certificate")
@pytest.mark.property_of("guarantee.sgr", "P-ties")
@given(data=st.data(), target=st.sampled_from([0.2, 0.5, 0.9]))
def test_a_certificate_speaks_of_the_set_that_is_accepted(data, target):
    kappa, wrong = draw_sample(data)
    found = sgr(kappa, wrong, target, 0.3)
    taken = kappa >= found.threshold
    assert found.accepted == taken.sum() and found.errors == wrong[taken].sum()
    assert found.coverage == taken.mean()
    if found.certified:
        assert found.bound == error_bound(int(wrong[taken].sum()), int(taken.sum()), found.level)
        assert found.bound < target
    else:
        assert found.threshold == np.inf and found.bound == 1.0
    order = data.draw(st.permutations(range(len(kappa))))
    assert sgr(kappa[order], wrong[order], target, 0.3) == found


def test_tied_confidences_cannot_hide_their_errors():
    # a suffix of the sorted sample holds the right ones only; the accepted set has risk 1/2
    kappa, wrong = np.full(400, 0.5), np.arange(400) < 200
    assert not sgr(kappa, wrong, 0.3, 0.05).certified
    half = sgr(kappa, wrong, 0.6, 0.05)
    assert half.certified and half.accepted == 400 and half.errors == 200 and half.bound > 0.5


@pytest.mark.property_of("guarantee.sgr", "P-transform")
@given(data=st.data())
def test_an_increasing_transform_leaves_the_accepted_set(data):
    kappa, wrong = draw_sample(data)
    plain, moved = sgr(kappa, wrong, 0.5, 0.2), sgr(np.exp(8 * kappa) - 3, wrong, 0.5, 0.2)
    assert (plain.accepted, plain.errors, plain.bound) == (
        moved.accepted,
        moved.errors,
        moved.bound,
    )
    assert np.array_equal(kappa >= plain.threshold, np.exp(8 * kappa) - 3 >= moved.threshold)


@pytest.mark.property_of("guarantee.sgr", "P-not-certifiable")
@given(m=st.integers(1, 60), data=st.data())
def test_a_target_below_the_bound_without_errors_is_never_certified(m, data):
    kappa = data.draw(hnp.arrays(np.float64, m, elements=CONFIDENCE))
    right = np.zeros(m, dtype=bool)
    level = sgr(kappa, right, 0.5, 0.1).level
    assert level == 0.1 / len(set(kappa.tolist())).bit_length()
    least = -math.expm1(math.log(level) / m)
    assert not sgr(kappa, right, least * (1 - 2.0**-30), 0.1).certified
    # and above it, full coverage is reached: there is no error to stop the bisection once the
    # bound of the most confident holds
    full = sgr(np.zeros(m), right, 1 - 0.1 ** (1 / m) + 2.0**-30, 0.1)
    assert full.certified and full.coverage == 1.0


@pytest.mark.property_of("guarantee.sgr", "P-valid")
def test_the_certified_risk_exceeds_the_target_rarely_enough():
    rng = np.random.default_rng(11)
    target, delta, repeats, size = 0.25, 0.1, 1000, 240
    rates = np.linspace(0.6, 0.0, 8)  # of the 8 equally likely confidences, lowest first
    true_risk = np.array([rates[i:].mean() for i in range(8)])
    violations = certified = 0
    for _ in range(repeats):
        level = rng.integers(0, 8, size)
        found = sgr(level / 8, rng.random(size) < rates[level], target, delta)
        certified += found.certified
        violations += found.certified and true_risk[int(found.threshold * 8)] > target
    # five standard deviations of a binomial with rate delta
    assert violations <= repeats * delta + 5 * math.sqrt(repeats * delta * (1 - delta))
    assert certified > repeats / 2


@pytest.mark.property_of("guarantee.fixed_sequence", "P-stops")
@given(data=st.data(), target=st.sampled_from([0.3, 0.6]))
def test_the_sequence_stops_at_the_first_failure(data, target):
    kappa, wrong = draw_sample(data)
    thresholds = [1.0, 0.75, 0.5, 0.25, 0.0]
    found = fixed_sequence(kappa, wrong, target, 0.2, thresholds)
    passed = []
    for theta in thresholds:
        taken = kappa >= theta
        if error_bound(int(wrong[taken].sum()), int(taken.sum()), 0.2) >= target:
            break
        passed.append(theta)
    assert found.certified == bool(passed)
    assert found.threshold == (passed[-1] if passed else np.inf)


def test_the_bound_agrees_with_a_public_one():
    base = pytest.importorskip("zugzwang.core.guarantees.base", reason="the peer is zugzwang")
    for errors, samples, delta in [(0, 5, 0.1), (3, 20, 0.03), (15, 22, 0.01), (99, 400, 0.05)]:
        # ours is raised by 2**-40; the inverse is trusted to as much on either side
        peer = float(base.binomial_upper_bound(errors, samples, delta))
        assert error_bound(errors, samples, delta) == pytest.approx(peer, rel=2.0**-38, abs=0.0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: error_bound(3, 2, 0.1), ValueError, "errors: expected at most"),
        (lambda: error_bound(-1, 2, 0.1), ValueError, "errors"),
        (lambda: error_bound(0.5, 2, 0.1), TypeError, "errors"),
        (lambda: error_bound(1, 2, 1.0), ValueError, "delta: expected"),
        (lambda: sgr([0.5], [1], 0.1, 0.1), TypeError, "errors: expected dtype bool"),
        (lambda: sgr([], np.zeros(0, bool), 0.1, 0.1), ValueError, "errors: expected shape"),
        (lambda: sgr([0.5], [True], 0.0, 0.1), ValueError, "target: expected"),
        (lambda: sgr([0.5, 1.0], [True], 0.1, 0.1), ValueError, "errors: expected shape"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
