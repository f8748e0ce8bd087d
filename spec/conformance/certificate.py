"""Certified enclosures of the alignment point and its energy for one separation and one alpha.

Everything follows from the stationarity equation and from phi itself. By the symmetry of phi the
smaller weight may be put on the query's well: a = min(alpha, 1-alpha), h = log((1-a)/a) >= 0, and
the key's side holds the global minimiser (T4). With m = 2t - 1 stationarity is
m = tanh((h + Lambda m)/2); in the variable x = logit(t) = h + Lambda m it reads

    F(x) = x - h - Lambda tanh(x/2) = 0,   x >= 0.

F is convex on x >= 0 with F(0) = -h <= 0 and F -> inf, so it has exactly one root x > 0 if h > 0,
or if h = 0 and Lambda > 2; that root is the largest stationary point and the global minimiser's.
An interval-Newton step in ball arithmetic proves that a ball holds it; the place was guessed by
floats and Newton steps that prove nothing. u = min(t, 1-t) = 1/(1 + exp(x)) keeps its relative
accuracy because x has an absolute one.

Exact cases: Lambda = 0 (t = 1 - alpha, E* = 0); alpha = 1/2 and Lambda <= 2 (t = 1/2,
E* = phi(q + Delta/2) = Lambda/4).

Clause: GDA-conf-oracle, GDA-thm-stationarity, GDA-thm-uniqueness. Source: T2, T4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flint import arb, ctx, fmpz
from gd_attention.conformance.balls import precision, precisions
from gd_attention.conformance.rational import Exact, dyadic

__all__ = ["Certified", "Prior", "alignment", "minor_weight", "phi", "prior"]

# From this separation on the root is given by its bracket, see _far.
_FAR = 1 << 13
_FAR_BITS = 10_000


@dataclass(frozen=True, slots=True)
class Prior:
    """alpha as balls at one precision.

    Attributes
    ----------
    minor, major : arb
        min(alpha, 1-alpha) and max(alpha, 1-alpha).
    log_odds : arb
        |h|, relatively accurate.
    ceiling : arb
        -log max(alpha, 1-alpha).
    key_side : bool
        Whether t* >= 1/2: alpha <= 1/2.
    half : bool
        alpha = 1/2.
    alpha : float
    """

    minor: Any
    major: Any
    log_odds: Any
    ceiling: Any
    key_side: bool
    half: bool
    alpha: float


def minor_weight(alpha: float) -> tuple[int, int]:
    """min(alpha, 1-alpha) exactly, as integer and exponent."""
    num, exp = dyadic(alpha)
    whole = 1 << -exp
    return (num, exp) if 2 * num <= whole else (whole - num, exp)


@lru_cache(maxsize=4096)
def prior(alpha: float, bits: int) -> Prior:
    """The constants of one alpha in (0, 1) at one precision."""
    num, exp = minor_weight(alpha)
    whole = 1 << -exp
    with precision(bits):
        # (1-2a)/a is exact before the division, so h keeps its relative accuracy near alpha = 1/2
        log_odds = (arb(fmpz(whole - 2 * num)) / fmpz(num)).log1p()
        minor, major = arb((fmpz(num), exp)), arb((fmpz(whole - num), exp))
        ceiling = -((-minor).log1p())
        return Prior(minor, major, log_odds, ceiling, alpha <= 0.5, alpha == 0.5, alpha)


@dataclass(frozen=True, slots=True)
class Certified:
    """Enclosures for one pair; every ball holds the real number.

    Attributes
    ----------
    coordinate : arb
        t*.
    minor : arb
        u = min(t*, 1 - t*), relatively accurate.
    energy : arb
        E*, relatively accurate.
    separation : arb
    prior : Prior
    bits : int
        Relative accuracy reached at least, in bits, by ``minor`` and ``energy``.
    """

    coordinate: Any
    minor: Any
    energy: Any
    separation: Any
    prior: Prior
    bits: int

    def deficit(self) -> Any:
        """Ceiling minus energy, from phi, without the cancellation of that difference."""
        with precision(2 * self.bits):
            near = (-self.separation * self.minor * self.minor).expm1()
            far = (-self.separation * (1 - self.minor) ** 2).exp()
            return (near + far * self.prior.minor / self.prior.major).log1p()


def phi(separation: Any, odds: Prior, minor: Any) -> Any:
    """The landscape on the passage, ``minor`` jumps away from the heavier well; an enclosure.

    The two weights sum to 1, so phi = -log(1 + a expm1(..) + (1-a) expm1(..)): no cancellation for
    small separations, as both terms are negative.
    """
    light = odds.minor * (-separation * (1 - minor) ** 2).expm1()
    heavy = odds.major * (-separation * minor * minor).expm1()
    return -((light + heavy).log1p())


def alignment(separation: Exact, alpha: float, bits: int = 128) -> Certified:
    """Enclosures of t*, u and E* with at least ``bits`` bits of relative accuracy in u and E*.

    Parameters
    ----------
    separation : Exact
        Lambda >= 0, dimensionless.
    alpha : float
        In (0, 1).
    bits : int
        Relative accuracy asked for.

    Raises
    ------
    Undecided
        Past the cap of precision.

    Notes
    -----
    Clause: GDA-conf-oracle.
    """
    work = bits + 24
    if separation.num == 0:
        return _resting(alpha, work)
    if alpha == 0.5 and separation.sign_of_difference(Exact(2, 0)) <= 0:
        return _midpoint(separation, work)
    # F mixes terms of the size of Lambda; an absolute accuracy of x costs that many bits more
    work += max(0, separation.magnitude())
    for trial in precisions(work):
        found = _attempt(separation, alpha, trial, bits)
        if found is not None:
            return found
    raise AssertionError("precisions() ends by raising")


def _resting(alpha: float, work: int) -> Certified:
    with precision(work):
        odds = prior(alpha, work)
        t = odds.major if odds.key_side else odds.minor
        return Certified(t, odds.minor, arb(0), arb(0), odds, work)


def _midpoint(separation: Exact, work: int) -> Certified:
    with precision(work):
        ball = separation.ball()
        half = arb(0.5)
        return Certified(half, half, ball / 4, ball, prior(0.5, work), work - 4)


def _attempt(separation: Exact, alpha: float, work: int, bits: int) -> Certified | None:
    """Enclosures at one working precision; None if they are not accurate enough."""
    odds = prior(alpha, work)
    former = ctx.prec
    ctx.prec = work
    try:
        ball = separation.ball()
        # separation.magnitude() > 14 means a value of at least 2^13
        if separation.magnitude() > 14:
            root = _far(ball, odds)
        else:
            root = _root(ball, odds, separation, alpha, work)
        if root is None:
            return None
        minor = 1 / (1 + root.exp())
        energy = phi(ball, odds, minor)
        if minor.rel_accuracy_bits() < bits or energy.rel_accuracy_bits() < bits:
            return None
        coordinate = 1 - minor if odds.key_side else minor
        return Certified(coordinate, minor, energy, ball, odds, bits)
    finally:
        ctx.prec = former


def _far(separation: Any, odds: Prior) -> Any:
    """The root x for Lambda >= 2^13, from a bracket.

    m solves m = tanh((h + Lambda m)/2), and m grows with h and Lambda. At h = 0, Lambda = 4 it
    exceeds 0.95, because tanh(1.9) > 0.956: so m > 0.95 here, x > 0.95 Lambda,
    u < exp(-x) < exp(-0.95 Lambda), and x = h + Lambda (1 - 2u) differs from h + Lambda by less
    than 2 Lambda exp(-0.95 Lambda), decreasing in Lambda and at 2^13 below 2^(14 - 11227).
    """
    slack = arb((1, -_FAR_BITS))
    return odds.log_odds + separation - slack / 2 + arb(0, slack / 2)


def _root(separation: Any, odds: Prior, exact: Exact, alpha: float, work: int) -> Any | None:
    """A ball proved to hold the positive root of F, or None."""
    h = odds.log_odds
    half = separation / 2
    x = _guess(separation, odds, exact)
    # Newton without proof: the ball's midpoint is all that is kept
    for _ in range(4 + work.bit_length() * 16):
        bend = (x / 2).tanh().mid()
        slope = (1 - half * (1 - bend * bend)).mid()
        if not slope > 0:
            return None
        step = ((x - h - separation * bend) / slope).mid()
        x = (x - step).mid()
        # quadratic convergence: half of the digits settled means that the next step settles all
        if abs(step) < x * arb((1, -work // 2 - 4)):
            break
    return _interval_newton(x, h, separation)


def _interval_newton(x: Any, h: Any, separation: Any) -> Any | None:
    """N = x - F(x)/F'(X) for a ball X around x; N inside X, with F' > 0 on X, proves a root in N.

    X must be positive: there F has one root only, so it is the one that is wanted.
    """
    half = separation / 2
    bend = (x / 2).tanh()
    residual = x - h - separation * bend
    slope = 1 - half * (1 - bend * bend)
    if not slope > 0:
        return None
    radius = 4 * (residual / slope).abs_upper()
    if radius.is_zero():
        radius = x.abs_upper() * arb((1, -ctx.prec))
    around = arb(x, radius)
    bend = (around / 2).tanh()
    slope = 1 - half * (1 - bend * bend)
    if not (slope > 0 and around > 0):
        return None
    image = x - residual / slope
    return image if around.contains(image) else None


def _guess(separation: Any, odds: Prior, exact: Exact) -> Any:
    """A starting point; nothing is proved of it."""
    if odds.half and exact.sign_of_difference(Exact(2049, -10)) < 0:
        # next to the critical point tanh y = y - y^3/3 gives x^2 = 12 (1 - 2/Lambda); the
        # difference is formed exactly, as Lambda - 2 may be 2^-3000
        above = Exact(exact.num - ((2 * exact.den) << -exact.exp), exact.exp, exact.den)
        return (12 * above.ball() / separation).sqrt().mid()
    lam, h = float(separation.mid()), float(odds.log_odds.mid())
    x = h + lam
    for _ in range(60):
        bend = math.tanh(x / 2)
        slope = 1 - lam / 2 * (1 - bend * bend)
        if slope <= 0:
            break
        following = x - (x - h - lam * bend) / slope
        if not h <= following < x:
            break
        x = following
    return arb(x)
