"""The float bounds that the exact search rests on, against fractions and ball arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx, fmpq
from gd_attention.distances import order_factor, pair_separations, relative_error, separations
from gd_attention.intervals import energy_interval, minor_weights, separation_interval

LARGEST = float(np.finfo(np.float64).max)
TINY = 5e-324


def squares(query: np.ndarray, keys: np.ndarray) -> list[Fraction]:
    jumps = [
        [Fraction(float(k)) - Fraction(float(q)) for q, k in zip(query, key, strict=True)]
        for key in keys
    ]
    return [sum((j * j for j in row), Fraction(0)) for row in jumps]


def points(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    kind = rng.integers(5)
    if kind == 0:
        return rng.normal(size=shape)
    if kind == 1:  # components of wildly different magnitude
        return rng.normal(size=shape) * 10.0 ** rng.integers(-320, 308, size=shape)
    if kind == 2:  # subnormal
        return rng.integers(-4, 5, size=shape) * TINY
    if kind == 3:  # k - q overflows
        return np.clip(rng.normal(size=shape), -1, 1) * LARGEST
    return rng.integers(-2, 3, size=shape) * 10.0 ** rng.integers(-320, 308)


@pytest.mark.clause("GDA-def-separation", "GDA-energy-overflow", "GDA-mask-unread")
@pytest.mark.parametrize("seed", range(8))
def test_separations_hold_their_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(40):
        m, n, d = (int(rng.integers(1, 5)) for _ in range(3))
        query, keys = points(rng, (m, d)), points(rng, (n, d))
        if rng.random() < 0.3:
            keys[0] = query[0]
        beta = float(rng.choice([1.0, TINY, LARGEST, 10.0 ** rng.integers(-320, 308)]))
        mask = rng.random((m, n)) < 0.8
        got = separations(query, keys, beta, mask)
        bound = Fraction(relative_error(d))
        low, high = separation_interval(got.value, d)
        for i in range(m):
            exact = squares(query[i], keys)
            assert (got.ratio[i][~mask[i]] == np.inf).all()
            seen = [j for j in range(n) if mask[i, j]]
            for j in seen:
                ratio, value = float(got.ratio[i, j]), float(got.value[i, j])
                separation = Fraction(beta) * exact[j]
                assert (value == 0) == (ratio == 0) == (exact[j] == 0)
                if value == np.inf:
                    assert separation >= Fraction(LARGEST) * (1 - bound)
                else:
                    assert abs(Fraction(value) - separation) <= bound * separation + Fraction(TINY)
                assert Fraction(float(low[i, j])) <= separation
                assert high[i, j] == np.inf or Fraction(float(high[i, j])) >= separation
                # the claim of order_factor, pair by pair
                for other in seen:
                    if ratio > order_factor(d) * float(got.ratio[i, other]):
                        assert exact[j] > exact[other]
        pairs = pair_separations(query[:1], keys[:1], beta)
        alone = separations(query[:1], keys[:1], beta, np.ones((1, 1), dtype=np.bool_))
        assert pairs[0] == alone.value[0, 0]


@pytest.mark.clause("GDA-select-exact-order")
def test_the_order_factor_is_not_vacuous() -> None:
    assert order_factor(4) < 1 + 1e-14
    got = separations(
        np.zeros((1, 1)), np.array([[1.0], [1.0 + 2.0**-45]]), 1.0, np.ones((1, 2), bool)
    )
    assert got.ratio[0, 1] > order_factor(1) * got.ratio[0, 0]


def energy(separation: Fraction, weight: float) -> arb:
    """E* by Newton on z = (h + Lam tanh z) / 2 from above, then the landscape itself."""
    lam = arb(fmpq(separation.numerator, separation.denominator))
    a = arb(weight)
    if weight == 0.5 and separation <= 2:
        return lam / 4
    h = ((1 - a) / a).log()
    z = ((h + lam) / 2).mid()
    for _ in range(200):
        tanh = z.tanh()
        step = ((z - h / 2 - lam / 2 * tanh) / (1 - lam / 2 * (1 - tanh * tanh))).mid()
        z = (z - step).mid()
        if abs(step) < arb(2) ** (-ctx.prec // 2 - 20) * (1 + z):
            break
    # the energy is flat at t: an error of 2**-(prec/2) in z is one of 2**-prec in the energy
    u, t = 1 / (1 + (2 * z).exp()), 1 / (1 + (-2 * z).exp())
    gap = a * (-lam * t * t).expm1() + (1 - a) * (-lam * u * u).expm1()
    return -gap.log1p()


@pytest.mark.clause("GDA-thm-closed-form", "GDA-thm-envelope", "GDA-energy-value")
def test_energy_intervals_hold_the_energy() -> None:
    rng = np.random.default_rng(1)
    value = np.concatenate(
        [
            10.0 ** rng.uniform(-300, 3, size=150),
            10.0 ** rng.uniform(-3, 2.3, size=250),
            2.0 + rng.normal(size=100) * 10.0 ** rng.uniform(-16, 0, size=100),
            [0.5, 1.0, 2.0, np.nextafter(2.0, 3), np.nextafter(2.0, 1), 63.9, 64.0, 64.1, 1e8],
        ]
    )
    value = np.abs(value) + TINY
    weights = [0.5, 0.3, 0.7, 1e-12, 1 - 1e-12, 0.1, np.nextafter(0.5, 1), np.nextafter(0.5, 0)]
    alpha = rng.choice([*weights, 1e-300, 0.45, 0.4999], size=value.size)
    low, high = energy_interval(value, alpha, 3)
    saved, ctx.prec = ctx.prec, 2600
    try:
        for i, weight in enumerate(minor_weights(alpha).tolist()):
            # every separation that could have been computed as this value
            for relative in (-1, 0, 1):
                exact = Fraction(float(value[i])) * (1 + relative * Fraction(relative_error(3)))
                true = energy(exact, weight)
                assert arb(float(low[i])) <= true + abs(true) * arb(2) ** -200
                assert arb(float(high[i])) >= true - abs(true) * arb(2) ** -200
    finally:
        ctx.prec = saved
    wide = high - low > 2.0**-43 * high
    # narrow, so that few comparisons are left to exact arithmetic
    assert (high[wide] < 1e-300).all()


@pytest.mark.clause("GDA-energy-overflow", "GDA-energy-saturation")
def test_energy_intervals_at_the_ends() -> None:
    value = np.array([TINY, 1e-310, LARGEST, np.inf, 1e-310])
    alpha = np.array([0.3, TINY, 0.3, 0.3, 0.5])
    low, high = energy_interval(value, alpha, 2)
    assert (low <= high).all() and np.isfinite(high).all()
    for end in (low, high):
        assert end[2:4] == pytest.approx(-np.log(0.7), rel=1e-12, abs=0.0)
    # next to the subnormal range the interval says nothing but that the energy is small
    assert (low[:2] <= 0).all() and (high[:2] < 1e-300).all()
    assert 0.24e-310 < low[4] < 0.25e-310 < high[4] < 0.26e-310
