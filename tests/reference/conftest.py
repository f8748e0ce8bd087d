"""The truth of one pair by ball arithmetic, from the landscape and a certified root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx, fmpq

# exp(-700) is 2**-1010: ceiling minus energy keeps 400 bits and more
PRECISION = 1450
EPS = 2.0**-52


def ball(number: float | Fraction) -> arb:
    exact = Fraction(number)
    return arb(fmpq(exact.numerator, exact.denominator))


@dataclass(frozen=True)
class Truth:
    """Balls that hold the quantities of one pair, for the minor weight: t is on the key's side."""

    root: arb
    minor: arb
    energy: arb
    ceiling: arb
    deficit: arb
    curvature: arb
    log_odds: arb


def solve(separation: float | Fraction, alpha: float | Fraction) -> Truth:
    """The global minimiser by a sign change of F, and the energy from the landscape itself."""
    with ctx.workprec(PRECISION):
        weight = min(Fraction(alpha), 1 - Fraction(alpha))
        y, a = ball(separation), ball(weight)
        h = ((1 - a) / a).log()
        z = arb(0) if weight == Fraction(1, 2) and separation <= 2 else _root(y, h)
        u = 1 / (1 + (2 * z).exp())
        near, far = (-y * u * u).expm1(), (-y * (1 - u) * (1 - u)).expm1()
        energy = -((1 - a) * near + a * far).log1p()
        ceiling = -(-a).log1p()
        return Truth(
            root=z,
            minor=u,
            energy=energy,
            ceiling=ceiling,
            deficit=ceiling - energy,
            curvature=1 - 2 * y * u * (1 - u),
            log_odds=h,
        )


def _root(y: arb, h: arb) -> arb:
    # z - h/2 - (y/2) tanh z is convex on z >= 0 and not positive at 0: a change of sign to the
    # right of 0 is at its largest root, the global minimiser's, however it was found
    def value(z: arb) -> arb:
        return z - h / 2 - y / 2 * z.tanh()

    z = ((h + y) / 2).mid()
    for _ in range(500):
        slope = 1 - y / 2 / z.cosh() ** 2
        following = (z - value(z) / slope).mid()
        if abs(following - z) <= abs(z) * arb(2) ** (-PRECISION // 2):
            break
        z = following
    for power in range(PRECISION - 100, 0, -50):
        margin = arb(2) ** -power
        low, high = following * (1 - margin), following * (1 + margin)
        if value(low) < 0 and value(high) > 0:
            return low.union(high)
    raise AssertionError("no sign change: the root is not certified")


def units(value: float, truth: arb) -> float:
    """Relative error of a float in units of 2**-52, rounded up."""
    with ctx.workprec(PRECISION):
        error: arb = (ball(float(value)) - truth) / truth / ball(EPS)
        return float(error.abs_upper())


@pytest.fixture
def truth() -> Callable[[float | Fraction, float | Fraction], Truth]:
    return solve


@pytest.fixture
def relative_units() -> Callable[[float, arb], float]:
    return units


def sample(kind: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Separations and mixing weights, both sides of 1/2."""
    rng = np.random.default_rng(["broad", "middle", "critical", "half", "deep"].index(kind))
    alpha = 10.0 ** rng.uniform(-12, np.log10(0.5), count)
    sign = rng.choice([-1.0, 1.0], count)
    if kind == "broad":
        separation = 10.0 ** rng.uniform(-300, 300, count)
    elif kind == "middle":
        separation = 10.0 ** rng.uniform(-4, 2, count)
    elif kind == "deep":  # saturated, u and the deficit still normal numbers
        separation = rng.uniform(30, 670, count)
    else:
        separation = 2.0 + sign * 10.0 ** rng.uniform(-15.6, 0, count)
        alpha = 0.5 - 10.0 ** rng.uniform(-16, -1, count)
        if kind == "half":
            alpha = np.full(count, 0.5)
    return separation, np.where(rng.random(count) < 0.5, alpha, 1.0 - alpha)


@pytest.fixture
def pairs() -> Callable[[str, int], tuple[np.ndarray, np.ndarray]]:
    return sample
