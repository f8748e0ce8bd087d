"""Nearly exact energies, to place thresholds and keys next to a decision.

A threshold one ulp from an alignment energy must be placed by an energy good to less than an ulp.
Newton's method finds a minimiser in floats; the landscape itself is then evaluated at that very
point in 128-bit ball arithmetic. At a minimum an error of the point enters squared, so the value is
correct to far below an ulp although the point is not. Nothing here judges anything: what is placed
is judged by the oracle alone, and a misplaced threshold would only miss its purpose.
"""

from __future__ import annotations

import math

import numpy as np
from flint import arb, ctx
from gd_attention.conformance.strategies.arrays import Floats

__all__ = [
    "alignment_energy",
    "around_ceiling",
    "ceiling",
    "exact_separation",
    "separation_of",
]

_BITS = 128
# Newton from the right of a convex function descends; it is stopped where floats stop moving.
_STEPS = 60
# From here on the deficit, about exp(-separation), lies below any relative step of a float64
# ceiling, the least of which is the ceiling of the least alpha: exp(-800) < 2^-1074.
_SATURATED = 800.0


def exact_separation(query: Floats, key: Floats, beta: float = 1.0) -> arb:
    """Separation of two rows as a narrow ball: beta |key - query|^2, dimensionless."""
    with ctx.workprec(_BITS):
        total = arb(0)
        for left, right in zip(query.tolist(), key.tolist(), strict=True):
            step = arb(right) - arb(left)
            total += step * step
        return total * arb(float(beta))


def _half_logit(separation: float, alpha: float) -> float:
    """Half the logit of the majority side's coordinate: z = h/2 + (separation/2) tanh z, z >= 0."""
    minor = min(alpha, 1.0 - alpha)
    # Near 1/2 the quotient keeps the digits; for small alpha it could overflow.
    near = minor > 0.1
    odds = math.log1p((1.0 - 2.0 * minor) / minor) if near else math.log1p(-minor) - math.log(minor)
    if minor == 0.5 and separation <= 2.0:
        return 0.0
    z = 0.5 * (odds + separation)
    for _ in range(_STEPS):
        tanh = math.tanh(z)
        slope = 1.0 - 0.5 * separation * (1.0 - tanh * tanh)
        if slope <= 0.0:
            break
        step = (z - 0.5 * odds - 0.5 * separation * tanh) / slope
        z, before = max(z - step, 0.0), z
        if z == before:
            break
    return z


def alignment_energy(separation: arb | float, alpha: float) -> float:
    """The alignment energy, nearly always correctly rounded; dimensionless.

    Parameters
    ----------
    separation : arb or float
        Non-negative, dimensionless.
    alpha : float
        In (0, 1).
    """
    approximate = float(separation)
    if approximate == 0.0 and separation == 0:
        return 0.0
    if approximate > _SATURATED:
        return ceiling(alpha)
    with ctx.workprec(_BITS):
        # E* is symmetric in alpha; the complement is taken in balls, where it is exact.
        weight = arb(alpha) if alpha <= 0.5 else 1 - arb(alpha)
        z = _half_logit(approximate, alpha)
        minor = 1 / (1 + (2 * arb(z)).exp())
        major = 1 - minor
        spread = arb(separation)
        near = weight * (-spread * major * major).expm1()
        far = (1 - weight) * (-spread * minor * minor).expm1()
        return float((-(near + far).log1p()).mid())


def ceiling(alpha: float) -> float:
    """The float nearest to the ceiling -log max(alpha, 1 - alpha); dimensionless."""
    with ctx.workprec(_BITS):
        return float(_ceiling(alpha).mid())


def around_ceiling(alpha: float) -> tuple[float, float]:
    """The greatest float below the real ceiling and the least one above it."""
    # The ceiling is transcendental: no float equals it, so some precision tells the side. Small
    # alpha needs most, since -log(1 - alpha) exceeds alpha by about alpha^2/2 only.
    bits = _BITS
    while True:
        with ctx.workprec(bits):
            exact = _ceiling(alpha)
            nearest = float(exact.mid())
            if arb(nearest) < exact:
                return nearest, math.nextafter(nearest, math.inf)
            if arb(nearest) > exact:
                return math.nextafter(nearest, -math.inf), nearest
        bits *= 2


def _ceiling(alpha: float) -> arb:
    return -(-arb(alpha)).log1p() if alpha <= 0.5 else -arb(alpha).log()


def separation_of(energy: float, alpha: float) -> float:
    """The separation at which the alignment energy is ``energy``; dimensionless.

    Needs 0 < energy < ceiling. Newton from the left of a concave increasing function ascends to
    the root; next to the ceiling, where the energy hardly changes, it may stop early.
    """
    minor = min(alpha, 1.0 - alpha)
    separation = energy / (minor * (1.0 - minor))
    for _ in range(_STEPS):
        z = _half_logit(separation, alpha)
        slope = 0.25 / math.cosh(min(z, 300.0)) ** 2
        step = (energy - alignment_energy(separation, alpha)) / slope
        separation, before = separation + step, separation
        if not step > 0.0 or separation == before:
            break
    return float(np.clip(separation, 0.0, 1e6))
