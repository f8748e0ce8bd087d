"""Exact comparisons of energies and thresholds, against ball arithmetic.

The balls come from phi itself at a certified root of m = tanh((h + separation m) / 2): the right
side is concave in m >= 0, so a sign change of the difference there encloses the one root.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import gd_attention.decide
import numpy as np
import pytest
from flint import arb, ctx, fmpq
from gd_attention.decide import compare_energies, compare_threshold
from gd_attention.enclosure import Energy, minor_weight
from gd_attention.errors import PrecisionCapError

TINY = 5e-324
HALF_BELOW = math.nextafter(0.5, 0.0)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    before, ctx.prec = ctx.prec, bits
    try:
        yield
    finally:
        ctx.prec = before


def ball(x: Fraction) -> arb:
    return arb(fmpq(x.numerator, x.denominator))


def arb_energy(separation: Fraction, alpha: float, bits: int) -> arb:
    """A ball around E*: Newton for the midpoint, a sign change for the ball, phi for the energy."""
    weight = min(Fraction(alpha), 1 - Fraction(alpha))
    with precision(bits):
        lam, a = ball(separation), ball(weight)
        h = ((1 - a) / a).log()

        def residual(m: arb) -> arb:
            return m - ((h + lam * m) / 2).tanh()

        # Newton from m = 1 descends to the largest root; the last iterate is widened and certified
        m = arb(1)
        for _ in range(4 * bits):
            image = ((h + lam * m) / 2).tanh()
            following = (m - (m - image) / (1 - lam / 2 * (1 - image**2))).mid()
            if abs(following - m).mid() < arb(2) ** (8 - bits):
                break
            m = following
        step = arb(2) ** (10 - bits)
        while not (residual((m - step).mid()) < 0 and residual((m + step).mid()) > 0):
            step *= 4
            assert step < m, "no certificate: raise the bits"
        t = (1 + m + arb(0, step.upper())) / 2
        return -(a * (-lam * t**2).exp() + (1 - a) * (-lam * (1 - t) ** 2).exp()).log()


def sign(difference: arb) -> int:
    assert difference > 0 or difference < 0, "the ball holds 0: raise the bits"
    return 1 if difference > 0 else -1


def near(energy: arb) -> float:
    return float(energy.mid())


def separation_of_energy(energy: arb, alpha: float, bits: int) -> Fraction:
    """A rational whose energy agrees with the given one to about 2**-bits, by bisection."""
    low, high = Fraction(0), Fraction(200)
    for _ in range(bits):
        middle = (low + high) / 2
        with precision(bits + 80):
            above = bool(arb_energy(middle, alpha, bits + 80) > energy)
        low, high = (low, middle) if above else (middle, high)
    return low


@pytest.mark.clause("GDA-select-priors", "GDA-select-exact-order", "GDA-thm-decidability")
@pytest.mark.parametrize("seed", range(4))
def test_energies_of_random_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(40):
        scale = rng.choice([0.01, 1.0, 20.0])
        x, y = (Fraction(float(v)) for v in rng.uniform(0.1, 1.0, 2) * scale)
        a, b = (float(v) for v in rng.uniform(0.001, 0.999, 2))
        with precision(200):
            expected = sign(arb_energy(x, a, 200) - arb_energy(y, b, 200))
        assert compare_energies(x, a, y, b) == expected
        assert compare_energies(y, b, x, a) == -expected


@pytest.mark.clause("GDA-select-exact-order", "GDA-thm-decidability", "GDA-thm-envelope")
@pytest.mark.parametrize("pair", [(0.3, 0.45), (0.5, 0.2), (HALF_BELOW, 0.49)])
def test_energies_that_agree_to_many_digits(pair: tuple[float, float]) -> None:
    a, b = pair
    x = Fraction(23, 10)
    with precision(500):
        target = arb_energy(x, a, 500)
    if not target < -ball(1 - Fraction(minor_weight(b))).log():
        a, b = b, a
        with precision(500):
            target = arb_energy(x, a, 500)
    y = separation_of_energy(target, b, 320)
    for digits in (15, 30, 60, 90):
        shift = Fraction(1, 10**digits)
        assert compare_energies(x, a, y * (1 + shift), b) == -1
        assert compare_energies(x, a, y * (1 - shift), b) == 1


@pytest.mark.clause("GDA-thm-decidability", "GDA-select-ties", "GDA-thm-symmetry")
def test_the_equalities_of_energies() -> None:
    zero, some = Fraction(0), Fraction(7, 3)
    assert compare_energies(zero, 0.2, zero, 0.9) == 0
    assert compare_energies(zero, 0.5, some, TINY) == -1
    assert compare_energies(some, 0.25, some, 0.75) == 0
    assert compare_energies(some, 0.5, some, 0.5) == 0
    # the complement of the float 0.7 is not the float 0.3
    assert compare_energies(some, 0.7, some, 0.3) == 1
    assert compare_energies(some, 0.25, some + Fraction(1, 10**900), 0.75) == -1


@pytest.mark.clause("GDA-select-exact-order", "GDA-energy-saturation", "GDA-energy-overflow")
def test_saturated_energies() -> None:
    far, farther = Fraction(10) ** 600, Fraction(10) ** 600 + Fraction(1, 10**600)
    assert compare_energies(far, 0.4, farther, 0.4) == -1
    # the ceilings differ in the last bit, the deficits are exp(-1e600) and exp(-1e3)
    assert compare_energies(far, HALF_BELOW, Fraction(1000), 0.5) == -1
    assert compare_energies(far, 0.3, Fraction(1000), math.nextafter(0.3, 1.0)) == -1
    # here the deficit exp(-30) outweighs one ulp of the ceiling
    assert compare_energies(far, HALF_BELOW, Fraction(30), 0.5) == 1
    # subnormal weights: ceilings 1 and 2 quanta, energy of the second (1 - exp(-x)) of it
    assert compare_energies(far, TINY, Fraction(69, 100), 2 * TINY) == 1
    assert compare_energies(far, TINY, Fraction(70, 100), 2 * TINY) == -1


@pytest.mark.clause("GDA-select-exact-order")
def test_subnormal_weights_about_log_two() -> None:
    # E* = a (1 - exp(-x)) (1 + O(a)): with weights 1 and 2 quanta the energies meet at log 2
    with precision(900):
        log_two = Fraction(int((arb(2).log() * arb(2) ** 800).floor().unique_fmpz()), 2**800)
    far = Fraction(10) ** 400
    shift = Fraction(1, 10**200)
    assert compare_energies(far, TINY, log_two - shift, 2 * TINY) == 1
    assert compare_energies(far, TINY, log_two + shift, 2 * TINY) == -1


@pytest.mark.clause("GDA-admit-threshold")
@pytest.mark.parametrize("alpha", [0.5, 0.3, 0.51, 1e-9, HALF_BELOW, 0.999])
@pytest.mark.parametrize("separation", ["1/1000", "3/2", "2", "2000001/1000000", "3", "25"])
def test_thresholds_next_to_the_energy(alpha: float, separation: str) -> None:
    x = Fraction(separation)
    linear = alpha == 0.5 and x <= 2
    energy = ball(x / 4) if linear else arb_energy(x, alpha, 400)
    middle = near(energy)
    for tau in (math.nextafter(middle, 0.0), middle, math.nextafter(middle, 1.0)):
        if linear:
            exact = x / 4 - Fraction(tau)
            expected = (exact > 0) - (exact < 0)
        else:
            with precision(400):
                expected = sign(energy - ball(Fraction(tau)))
        assert compare_threshold(x, alpha, tau) == expected


@pytest.mark.clause("GDA-admit-threshold", "GDA-admit-zero", "GDA-thm-decidability")
def test_the_equalities_with_a_threshold() -> None:
    zero, some, less = Fraction(0), Fraction(1, 10**900), Fraction(3, 2)
    for nought in (0.0, -0.0):
        assert compare_threshold(zero, 0.3, nought) == 0
        assert compare_threshold(some, 0.3, nought) == 1
        assert compare_threshold(some, TINY, nought) == 1
    assert compare_threshold(zero, 0.3, TINY) == -1
    assert compare_threshold(zero, 0.3, -TINY) == 1
    assert compare_threshold(some, 0.5, TINY) == -1
    for infinite, expected in ((math.inf, -1), (-math.inf, 1)):
        assert compare_threshold(zero, 0.3, infinite) == expected
        assert compare_threshold(Fraction(10) ** 900, 0.3, infinite) == expected
    assert compare_threshold(less, 0.5, 0.375) == 0
    assert compare_threshold(less, HALF_BELOW, 0.375) == -1
    assert compare_threshold(less + some, 0.5, 0.375) == 1
    assert compare_threshold(Fraction(2), 0.5, 0.5) == 0
    # T6: beyond 2 the energy is above 1/2 and below a quarter of the separation
    assert compare_threshold(2 + some, 0.5, 0.5) == 1
    assert compare_threshold(2 + some, 0.5, math.nextafter(0.5, 1.0)) == -1
    above = 2 + Fraction(1, 2**20)
    assert compare_threshold(above, 0.5, float(above / 4)) == -1


@pytest.mark.clause("GDA-admit-ceiling", "GDA-energy-overflow", "GDA-thm-vacuous")
@pytest.mark.parametrize("alpha", [0.5, 0.3, 0.9, 1e-5, 1e-200, TINY, 1.0 - 2.0**-53])
def test_thresholds_next_to_the_ceiling(alpha: float) -> None:
    weight = minor_weight(alpha)
    far = Fraction(10) ** 900
    with precision(4000):
        ceiling = -(1 - ball(Fraction(weight))).log()
        middle = near(ceiling)
        for tau in (math.nextafter(middle, 0.0), middle, math.nextafter(middle, 1.0)):
            expected = sign(ceiling - ball(Fraction(tau))) if tau else 1
            assert compare_threshold(far, alpha, tau) == expected


@pytest.mark.clause("GDA-admit-ceiling")
def test_the_ceiling_of_one_half() -> None:
    # float(log 2) < log 2 by 2.3e-17, the deficit exp(-x) at x = 38.3
    assert compare_threshold(Fraction(38), 0.5, math.log(2.0)) == -1
    assert compare_threshold(Fraction(39), 0.5, math.log(2.0)) == 1
    # the ceiling of the least weight a is a + a^2/2: the deficit a exp(-x) meets it at 745.13
    assert compare_threshold(Fraction(745), TINY, TINY) == -1
    assert compare_threshold(Fraction(746), TINY, TINY) == 1


@pytest.mark.clause("GDA-admit-threshold", "GDA-thm-asymptotics")
def test_energies_of_tiny_separations() -> None:
    # a(1-a) x is a float here, and E* is below it by a relative x (1-2a)^2 / 2, about 2**-901
    x = Fraction(1, 2**900)
    bound = float(Fraction(3, 16) * x)
    assert compare_threshold(x, 0.25, bound) == -1
    assert compare_threshold(x, 0.25, math.nextafter(bound, 0.0)) == 1
    # separations below every float, weights apart: the order is that of a(1-a) x to first order
    small = Fraction(1, 2**3200)
    assert compare_energies(small * 4, 0.25, small * 3, 0.5) == -1
    assert compare_energies(small * 4 + small / 2**900, 0.25, small * 3, 0.5) == 1


@pytest.mark.clause("GDA-select-exact-order", "GDA-thm-closed-form")
@pytest.mark.parametrize(
    ("alpha", "excess"),
    [
        (alpha, excess)
        for alpha in (0.5, 0.3, 1e-12, 1e-300, TINY, HALF_BELOW, 0.5 - 2.0**-40)
        for excess in ("1/3", "1/100000000", "1e-60", "2", "38", "-1/1000", "1e-8")
        # alpha = 1/2 up to separation 2 is a rational, and has its own test
        if alpha != 0.5 or not excess.startswith("-")
    ],
)
def test_enclosures_hold_the_energy_and_narrow(alpha: float, excess: str) -> None:
    x = 2 + Fraction(excess)
    # phi loses the digits of the weight and twice those of m, here at most 1075 and 2 * 200 bits
    expected = arb_energy(x, alpha, 2400)
    energy = Energy(x, alpha)
    widths = []
    for digits in (40, 80, 160):
        low, high = energy.enclose(digits)
        with precision(2400):
            assert ball(Fraction(low)) <= expected <= ball(Fraction(high))
        widths.append((high - low) / high)
    assert widths[0] < 1e-30
    assert widths[2] < widths[1] < widths[0]


@pytest.mark.clause("GDA-thm-asymptotics", "GDA-energy-saturation")
@pytest.mark.parametrize("alpha", [0.5, 0.3, 1e-3, 1e-100])
def test_the_bounds_behind_saturation(alpha: float) -> None:
    # the constants of the essay in enclosure.py, at its start and beyond
    for x in (Fraction(4), Fraction(5), Fraction(20), Fraction(90)):
        with precision(1200):
            ceiling = -(1 - ball(Fraction(alpha))).log()
            deficit = ceiling - arb_energy(x, alpha, 1200)
            assert deficit > 0
            assert deficit < ball(Fraction(5, 2)) * ceiling * (-ball(x)).exp()


@pytest.mark.clause("GDA-thm-decidability")
def test_the_cap_is_an_error_and_not_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    with precision(800):
        target = arb_energy(Fraction(23, 10), 0.3, 800)
    y = separation_of_energy(target, 0.45, 450)
    monkeypatch.setattr(gd_attention.decide, "_MOST_DIGITS", 80)
    with pytest.raises(PrecisionCapError, match="80 digits"):
        compare_energies(Fraction(23, 10), 0.3, y, 0.45)
    monkeypatch.undo()
    assert compare_energies(Fraction(23, 10), 0.3, y, 0.45) == 1
    # E* agrees with this threshold to 270 digits (see the test of tiny separations)
    monkeypatch.setattr(gd_attention.decide, "_MOST_DIGITS", 160)
    x = Fraction(1, 2**900)
    with pytest.raises(PrecisionCapError, match="threshold"):
        compare_threshold(x, 0.25, float(Fraction(3, 16) * x))


@pytest.mark.clause("GDA-call-pure", "GDA-select-exact-order")
def test_the_decimal_context_of_the_caller_has_no_say() -> None:
    hostile = decimal.Context(prec=3, Emin=-2, Emax=2, traps=list(decimal.Context().traps))
    close = 2 + Fraction(1, 10**30)
    with decimal.localcontext(hostile) as context:
        flags = dict(context.flags)
        assert compare_threshold(Fraction(37, 10), 0.3, 0.3) == 1
        assert compare_threshold(close, 0.5, 0.5) == 1
        assert compare_threshold(Fraction(900), TINY, TINY) == 1
        assert compare_energies(Fraction(1, 2**900), 0.4, Fraction(3, 2**902), 0.5) == 1
        assert compare_energies(Fraction(10) ** 500, 0.3, Fraction(710), 0.31) == -1
        assert context.flags == flags
