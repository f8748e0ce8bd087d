"""The oracle's own containment: certified enclosures against values found in another way.

The other way is `decimal`: bisection on the sign of phi' along the passage, and phi at the point
found. It shares neither the equation's form nor the arithmetic with the certificates.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq
from gd_attention.conformance import balls, certificate
from gd_attention.conformance.balls import bounds, nearest, precision, settled
from gd_attention.conformance.certificate import Certified, alignment, minor_weight, phi, prior
from gd_attention.conformance.errors import Undecided
from gd_attention.conformance.rational import Exact
from hypothesis import example, given, settings
from hypothesis import strategies as st

HALF_BELOW = math.nextafter(0.5, 0.0)
alphas = st.one_of(
    st.floats(0.0, 1.0, exclude_min=True, exclude_max=True),
    st.sampled_from([0.5, HALF_BELOW, math.nextafter(0.5, 1.0), 0.25, 0.75, 5e-324, 1 - 2.0**-53]),
)
separations = st.one_of(
    st.floats(-6, 2).map(lambda power: 10.0**power),
    st.floats(-1e-6, 1e-6).map(lambda gap: 2.0 + gap),
    st.floats(-300, 300).map(lambda power: 10.0**power),
)


def _arb(value: Decimal) -> arb:
    fraction = Fraction(value)
    return arb(fmpq(fraction.numerator, fraction.denominator))


def _holds(ball: arb, value: Decimal, digits: int) -> bool:
    """Whether the ball holds a number of which ``value`` is a decimal with that many digits."""
    with precision(400):
        exact = _arb(value)
        return bool(ball.overlaps(exact + abs(exact) * arb(0, arb(10) ** -digits)))


def _decimal_solution(separation: float, alpha: float) -> tuple[Decimal, Decimal]:
    """(u, E*) to about 50 digits, for separations between 1e-6 and 100."""
    with localcontext() as context:
        context.prec = 150
        lam, weight = Decimal(separation), Decimal(alpha)
        light, heavy = sorted([weight, 1 - weight])

        def weights(u: Decimal) -> tuple[Decimal, Decimal]:
            return light * (-lam * (1 - u) ** 2).exp(), heavy * (-lam * u * u).exp()

        # phi' has the sign of (1-u) w_light - u w_heavy: positive at u = 0, and the global
        # minimum is its first change of sign
        low, high = Decimal(0), Decimal("0.5")
        for _ in range(280):
            middle = (low + high) / 2
            far, near = weights(middle)
            if (1 - middle) * far > middle * near:
                low = middle
            else:
                high = middle
        far, near = weights(low)
        return low, -(far + near).ln()


def _certified(separation: float, alpha: float, bits: int = 128) -> Certified:
    return alignment(Exact.of(separation), alpha, bits)


@pytest.mark.clause("GDA-conf-oracle", "GDA-thm-stationarity", "GDA-thm-uniqueness")
@given(
    st.one_of(st.floats(1e-3, 100.0), st.floats(1.9, 2.1)),
    st.one_of(st.floats(1e-6, 1 - 1e-6), st.floats(0.49, 0.51), st.just(0.5)),
)
@example(3.0, 0.5)
@example(2.0, 0.3)
@example(9.0, 0.5)
# bisection in 150 digits is slow
@settings(max_examples=50)
def test_certificates_hold_the_decimal_solution(separation: float, alpha: float) -> None:
    pair = _certified(separation, alpha)
    minor, energy = _decimal_solution(separation, alpha)
    # next to the triple root bisection is worth a third of its digits
    assert _holds(pair.minor, minor, 35)
    assert _holds(pair.energy, energy, 45)
    assert pair.minor.rel_accuracy_bits() >= 128
    assert pair.energy.rel_accuracy_bits() >= 128


@pytest.mark.clause("GDA-conf-oracle", "GDA-erratum-bisection")
def test_published_constants() -> None:
    # errata E2 of the sources: L = 3, alpha = 1/2
    assert f"{nearest(_certified(9.0, 0.5).energy):.5f}" == "0.69302"
    # the kink of E* in alpha at Lambda = 3 is (t - 1/2)/(1/4)
    slope = 4 * (_certified(3.0, 0.5).coordinate - arb(0.5))
    assert abs(float(slope.mid()) - 1.717) < 1e-3
    # the ceiling at alpha = 1/2 is log 2
    with precision(200):
        assert prior(0.5, 200).ceiling.overlaps(arb(2).log())


@pytest.mark.clause("GDA-conf-oracle")
@given(separations, alphas)
@example(2.0, HALF_BELOW)
@example(math.nextafter(2.0, 3.0), 0.5)
@example(8192.0, 0.3)
@example(1e300, 5e-324)
@example(5e-324, 0.3)
def test_doubling_the_precision_stays_inside(separation: float, alpha: float) -> None:
    rough, fine = (_certified(separation, alpha, bits) for bits in (100, 200))
    with precision(1000):
        for name in ("coordinate", "minor", "energy"):
            assert getattr(rough, name).contains(getattr(fine, name)), name


@pytest.mark.clause("GDA-conf-oracle", "GDA-def-alignment-point", "GDA-def-energy")
@given(separations, alphas, st.floats(0.0, 1.0))
def test_no_point_of_the_passage_lies_below(separation: float, alpha: float, t: float) -> None:
    pair = _certified(separation, alpha)
    with precision(256):
        odds, ball = prior(alpha, 256), Exact.of(separation).ball()
        for u in (arb(t), pair.minor * t, pair.minor * (1 + arb(t))):
            assert not phi(ball, odds, u) < pair.energy


@pytest.mark.clause("GDA-def-landscape", "GDA-conf-oracle")
@given(st.floats(1e-6, 50.0), st.floats(1e-6, 1 - 1e-6), st.floats(0.0, 1.0))
def test_phi_is_the_landscape_of_the_definition(lam: float, alpha: float, t: float) -> None:
    with localcontext() as context:
        context.prec = 60
        weight, place, size = Decimal(alpha), Decimal(t), Decimal(lam)
        query = weight * (-size * place**2).exp()
        key = (1 - weight) * (-size * (1 - place) ** 2).exp()
        expected = -(query + key).ln()
    with precision(180):
        minor = 1 - arb(t) if alpha <= 0.5 else arb(t)
        found = phi(arb(lam), prior(alpha, 180), minor)
        assert abs(found - _arb(expected)) < arb(10) ** -45


@pytest.mark.clause("GDA-thm-envelope", "GDA-conf-oracle")
@given(separations, separations, alphas)
def test_energy_increases_below_the_ceiling(one: float, two: float, alpha: float) -> None:
    low, high = sorted([one, two])
    first, second = _certified(low, alpha), _certified(high, alpha)
    with precision(256):
        assert not first.energy > second.energy
        assert not second.energy > second.prior.ceiling
        # the two ways to the deficit agree
        assert first.deficit().overlaps(first.prior.ceiling - first.energy)
        assert not first.deficit() < 0


@pytest.mark.clause("GDA-align-zero", "GDA-align-half", "GDA-thm-decidability")
def test_exact_cases() -> None:
    resting = alignment(Exact(0, 0), 0.7)
    assert resting.energy.is_zero()
    assert nearest(resting.coordinate) == 1 - 0.7
    middle = alignment(Exact(1, 1), 0.5)
    assert middle.coordinate.is_exact() and float(middle.coordinate) == 0.5
    assert middle.energy.is_exact() and float(middle.energy) == 0.5
    # a separation above 2 that no float tells from 2
    above = alignment(Exact((1 << 3001) + 1, -3000), 0.5)
    with precision(4096):
        assert above.coordinate > arb(0.5)
    # its energy falls short of Lambda/4 by a multiple of (Lambda - 2)^2
    fine = alignment(Exact((1 << 3001) + 1, -3000), 0.5, 7000)
    with precision(16000):
        assert fine.energy < fine.separation / 4
        assert fine.energy > fine.separation / 4 - arb((1, -6000))


@pytest.mark.clause("GDA-align-half", "GDA-thm-uniqueness")
@given(separations, alphas)
def test_the_side_of_the_minimiser(separation: float, alpha: float) -> None:
    pair = _certified(separation, alpha)
    with precision(256):
        if alpha < 0.5 or (alpha == 0.5 and separation > 2):
            assert pair.coordinate > arb(0.5)
        elif alpha > 0.5:
            assert pair.coordinate < arb(0.5)
        assert pair.minor > 0


@pytest.mark.clause("GDA-energy-overflow", "GDA-conf-oracle")
@pytest.mark.parametrize("exponent", [14, 1024, 2060, 6000])
def test_separations_beyond_the_format(exponent: int) -> None:
    # x = logit t differs from h + Lambda by less than 2^-10000, so u follows directly
    pair = alignment(Exact(3, exponent), 0.3)
    with precision(exponent + 400):
        direct = 1 / (1 + (pair.prior.log_odds + arb((3, exponent))).exp())
        assert pair.minor.overlaps(direct)
    assert nearest(pair.energy) == settled(lambda bits: prior(0.3, bits).ceiling)


@pytest.mark.clause("GDA-conf-oracle")
def test_far_and_near_forms_agree() -> None:
    # just below 2^13 Newton is used, just above the bracket
    below = _certified(math.nextafter(8192.0, 0.0), 0.4, 200)
    above = _certified(math.nextafter(8192.0, 9000.0), 0.4, 200)
    with precision(300):
        change = (above.minor / below.minor).log() + (above.separation - below.separation)
        # dlog u/dLambda = -1 up to terms of the size Lambda u
        assert abs(change) < arb(2) ** -150


@pytest.mark.clause("GDA-conf-oracle", "GDA-conf-verdict")
def test_the_cap_ends_in_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    assert balls.CAP == 1 << 16
    monkeypatch.setattr(balls, "CAP", 1024)
    with pytest.raises(Undecided, match="1024 bits"):
        # the root lies 2^-1500 from the point of zero slope
        alignment(Exact((1 << 3001) + 1, -3000), 0.5)


@pytest.mark.clause("GDA-conf-oracle")
def test_a_root_is_proved_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    # whatever the starting point, what comes out holds the root or is Undecided
    expected = _certified(3.0, 0.3).coordinate
    for start in (1e-3, 0.5, 10.0, 1e6):
        monkeypatch.setattr(certificate, "_guess", lambda *_, start=start: arb(start))
        try:
            found = _certified(3.0, 0.3).coordinate
        except Undecided:
            continue
        assert found.overlaps(expected)
    with precision(128):
        h, separation = prior(0.3, 128).log_odds, arb(3)
        assert certificate._interval_newton(arb(1), h, separation) is None


@pytest.mark.clause("GDA-conf-oracle")
@given(st.fractions(min_value=-(10**30), max_value=10**30), st.integers(-1100, 1000), st.booleans())
def test_bounds_and_nearest_of_a_ball(fraction: Fraction, shift: int, wide: bool) -> None:
    with precision(256):
        ball = arb(fmpq(fraction.numerator, fraction.denominator)) * arb((1, shift))
        if wide:
            ball += abs(ball) * arb(0, arb((1, -40)))
    exact = fraction * Fraction(2) ** shift
    low, high = bounds(ball)
    assert low <= high
    if math.isfinite(low):
        assert Fraction(low) <= exact
    if math.isfinite(high):
        assert Fraction(high) >= exact
    value = nearest(ball)
    if value is not None:
        try:
            assert value == float(exact)
        except OverflowError:
            assert math.isinf(value)


@pytest.mark.clause("GDA-def-log-odds")
@given(alphas)
def test_constants_of_a_prior(alpha: float) -> None:
    odds = prior(alpha, 200)
    num, exp = minor_weight(alpha)
    exact = Fraction(num) * Fraction(2) ** exp
    assert exact == min(Fraction(alpha), 1 - Fraction(alpha))
    with precision(400):
        minor = arb(fmpq(exact.numerator, exact.denominator))
        assert odds.log_odds.overlaps(((1 - minor) / minor).log())
        assert odds.ceiling.overlaps(-(1 - minor).log())
    assert alpha == 0.5 or odds.log_odds.rel_accuracy_bits() > 190


@pytest.mark.clause("GDA-conf-oracle")
def test_the_callers_precision_is_left_alone() -> None:
    with precision(77):
        _certified(3.0, 0.4, 500).deficit()
        nearest(_certified(3.0, 0.4).energy)
        assert ctx.prec == 77
