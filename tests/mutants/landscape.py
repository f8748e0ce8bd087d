"""Faults of the landscape: the coordinate, the energy, the alignment point, ``unique``."""

from __future__ import annotations

import numpy as np

from mutants.base import Array, Base, Call
from mutants.registry import mutant

_ENERGY = "GDA-energy-value"
_COORDINATE = "GDA-coordinate-value"
_POINT = "GDA-align-point-value"
_UNIQUE = "GDA-align-unique"


@mutant(
    "GDA-align-half", _ENERGY, why="By symmetry the midpoint is stationary; bisection ends there."
)
class MidpointOfPassage(Base):
    """At alpha = 1/2 the midpoint is returned for every separation, with its energy."""

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        coordinate, energy = super().align(separation, alpha)
        half = (alpha == 0.5) & (separation > 0.0)
        return np.where(half, 0.5, coordinate), np.where(half, separation / 4.0, energy)


@mutant("GDA-align-half", _COORDINATE, why="`alpha < 0.5` reads as well as `alpha <= 0.5`.")
class QuerySideAtHalf(Base):
    """At alpha = 1/2 beyond separation 2 the query's minimiser is returned, not the key's."""

    def side(self, alpha: Array, minor: Array) -> Array:
        return np.where(alpha < 0.5, 1.0 - minor, minor)


@mutant(_COORDINATE, _POINT, why="Minor coordinate and coordinate are taken for the same thing.")
class AlwaysTheQuerySide(Base):
    """The coordinate is min(t, 1-t) for every alpha."""

    def side(self, alpha: Array, minor: Array) -> Array:
        return minor


@mutant(
    _COORDINATE,
    _POINT,
    "GDA-align-zero",
    why="alpha is put on the key, as the gate of a residual connection; no energy shows it (T8).",
)
class AlphaOnTheKey(Base):
    """alpha and 1 - alpha are swapped."""

    def side(self, alpha: Array, minor: Array) -> Array:
        return np.where(alpha < 0.5, minor, 1.0 - minor)

    def at_rest(self, alpha: Array) -> Array:
        return alpha


@mutant("GDA-align-zero", why="The limit is taken for the weight of the query's well.")
class AlphaAtRest(Base):
    """At separation 0 the coordinate is alpha, not 1 - alpha."""

    def at_rest(self, alpha: Array) -> Array:
        return alpha


@mutant("GDA-align-zero", why="No jump, no movement; or 0 / 0 replaced by 0.")
class ZeroAtRest(Base):
    """At separation 0 the coordinate is 0."""

    def at_rest(self, alpha: Array) -> Array:
        return np.zeros_like(alpha)


@mutant(_ENERGY, "GDA-align-zero", why="A small constant keeps the logarithm away from 0.")
class EpsilonInsideTheLogarithm(Base):
    """The energy is -log(coherence + 1e-12)."""

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        coordinate, energy = super().align(separation, alpha)
        return coordinate, -np.log(np.exp(-energy) + 1e-12)


@mutant(
    "GDA-align-half", _ENERGY, why="The published demo: midpoint, then a floor in the logarithm."
)
class MidpointWithFloor(Base):
    """At alpha = 1/2 the energy of the midpoint, with its coherence floored at 1e-12."""

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        coordinate, energy = super().align(separation, alpha)
        half = (alpha == 0.5) & (separation > 0.0)
        floored = -np.log(np.maximum(np.exp(-separation / 4.0), 1e-12))
        return np.where(half, 0.5, coordinate), np.where(half, floored, energy)


@mutant(_ENERGY, why="The formula of phi as it is written, exponentials summed and logged.")
class LogOfExponentials(Base):
    """The energy is -log(a exp() + b exp()): small energies lose their digits."""

    def from_push(self, lam: Array, light: Array, push: Array) -> tuple[Array, Array]:
        minor, _ = super().from_push(lam, light, push)
        near = (1.0 - light) * np.exp(-lam * minor * minor)
        far = light * np.exp(-lam * (1.0 - minor) ** 2)
        return minor, -np.log(near + far)


@mutant(_ENERGY, "GDA-energy-saturation", why="expm1 of a large push times a tiny coordinate.")
class OverflowTimesUnderflow(Base):
    """The closed form without its saturated branch: infinity times zero is NaN."""

    def from_push(self, lam: Array, light: Array, push: Array) -> tuple[Array, Array]:
        minor, _ = super().from_push(lam, light, push)
        return minor, lam * minor * minor + np.log1p(minor * np.expm1(push))


@mutant("GDA-energy-overflow", _ENERGY, why="The separation is used as it comes.")
class InfiniteSeparation(Base):
    """An infinite separation is multiplied by a zero coordinate."""

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        coordinate, energy = super().align(separation, alpha)
        return coordinate, energy + 0.0 * separation


@mutant(_ENERGY, _COORDINATE, why="Two steps of Newton look converged on a plot.")
class TwoNewtonSteps(Base):
    """The root is taken after two steps."""

    def root(self, lam: Array, odds: Array) -> Array:
        z = 0.5 * (odds + lam)
        for _ in range(2):
            bend = np.tanh(z)
            slope = 1.0 - 0.5 * lam * (1.0 - bend * bend)
            z = np.where(slope > 0.0, z - (z - 0.5 * odds - 0.5 * lam * bend) / slope, z)
        return z


@mutant(_ENERGY, _COORDINATE, why="Descent from the query finds the well next to it.")
class DescentFromTheQuery(Base):
    """The fixed-point iteration starts at t = 0 and may end in the metastable well."""

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        alpha = np.broadcast_to(alpha, separation.shape)
        odds = np.log1p(-alpha) - np.log(alpha)
        lam = np.minimum(separation, 1e5)
        t = np.zeros(separation.shape)
        for _ in range(100):
            t = 1.0 / (1.0 + np.exp(-odds - lam * (2.0 * t - 1.0)))
        near = alpha * np.exp(-lam * t * t)
        far = (1.0 - alpha) * np.exp(-lam * (1.0 - t) ** 2)
        return t, -np.log(near + far)


@mutant(_ENERGY, _COORDINATE, why="Single precision is enough for a root that is bracketed.")
class RootInFloat32(Base):
    """The root of the stationarity equation is found in float32."""

    def root(self, lam: Array, odds: Array) -> Array:
        found = super().root(lam.astype(np.float32), odds.astype(np.float32))
        return found.astype(np.float32).astype(np.float64)


@mutant(_ENERGY, why="The other of the two weights is taken for the normalisation.")
class CeilingOfTheLighterWell(Base):
    """Saturated energies are -log min(alpha, 1-alpha)."""

    def from_push(self, lam: Array, light: Array, push: Array) -> tuple[Array, Array]:
        minor, energy = super().from_push(lam, light, push)
        return minor, np.where(push > 2.0, energy - np.log(light) + np.log1p(-light), energy)


@mutant(_ENERGY, "GDA-energy-saturation", why="Energy is what the landscape is made of: distance.")
class SeparationForEnergy(Base):
    """The separation is returned as the energy."""

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        return super().align(separation, alpha)[0], separation


@mutant(_ENERGY, why="The demo speaks of coherence; the sign and the exponential are left out.")
class CoherenceForEnergy(Base):
    """The coherence is returned as the energy."""

    def fields(self, call: Call, index: Array, separation: Array, t: Array, energy: Array):
        return super().fields(call, index, separation, t, np.exp(-energy))


@mutant(_ENERGY, _COORDINATE, why="A squared distance is squared again, as its name is forgotten.")
class SquaredTwice(Base):
    """The separation is beta |k - q|^4."""

    def squares(self, query: Array, keys: Array) -> Array:
        return super().squares(query, keys) ** 2


@mutant(_ENERGY, _COORDINATE, why="norm() returns the length, and the square is forgotten.")
class LengthForSquare(Base):
    """The separation is beta |k - q|."""

    def squares(self, query: Array, keys: Array) -> Array:
        return np.sqrt(super().squares(query, keys))


@mutant(_ENERGY, _COORDINATE, why="beta = 1 everywhere in the sources, so it is easy to drop.")
class WithoutBeta(Base):
    """The separation is |k - q|^2."""

    def separation(self, call: Call) -> Array:
        return self.squares(call.query, call.keys)


@mutant(_ENERGY, _COORDINATE, why="The points are scaled by beta instead of its root.")
class BetaSquared(Base):
    """The separation is |beta (k - q)|^2."""

    def separation(self, call: Call) -> Array:
        return call.beta * super().separation(call)


@mutant(_ENERGY, _COORDINATE, why="A Gaussian has its variance below the square, beta above it.")
class BetaAsVariance(Base):
    """The separation is |k - q|^2 / (2 beta)."""

    def separation(self, call: Call) -> Array:
        return self.squares(call.query, call.keys) / (2.0 * call.beta)


@mutant(_ENERGY, _COORDINATE, why="The customary one half of a Gaussian's exponent.")
class BetaHalved(Base):
    """The separation is beta |k - q|^2 / 2."""

    def separation(self, call: Call) -> Array:
        return 0.5 * super().separation(call)


@mutant(_UNIQUE, why="The published claim: unique for every L > 0 and alpha in (0, 1).")
class AlwaysUnique(Base):
    """unique is true for every selected pair."""

    def unique(self, alpha: Array, separation: Array) -> Array:
        return np.ones(alpha.shape, dtype=bool)


@mutant(_UNIQUE, why="Strong convexity holds below 2, and is taken for uniqueness.")
class UniqueBelowTwo(Base):
    """unique is false at separation 2 exactly."""

    def unique(self, alpha: Array, separation: Array) -> Array:
        return (alpha != 0.5) | (separation < 2.0)


@mutant(_UNIQUE, why="Convexity of the landscape is taken for uniqueness of its minimiser.")
class UniqueIfConvex(Base):
    """unique is false beyond separation 2 for every alpha."""

    def unique(self, alpha: Array, separation: Array) -> Array:
        return separation <= 2.0


@mutant(_UNIQUE, why="The published condition is L^2 < 2; the square is forgotten.")
class UniqueByLength(Base):
    """unique compares the root of the separation with 2."""

    def unique(self, alpha: Array, separation: Array) -> Array:
        return (alpha != 0.5) | (np.sqrt(separation) <= 2.0)


@mutant(_UNIQUE, why="Close to the degenerate case nobody should rely on uniqueness.")
class UniqueWithTolerance(Base):
    """unique is false within 1e-6 of the degenerate case."""

    def unique(self, alpha: Array, separation: Array) -> Array:
        return (np.abs(alpha - 0.5) > 1e-6) | (separation <= 2.0 - 1e-6)


@mutant("GDA-align-point-finite", _POINT, why="q + t (k - q), as the formula says.")
class JumpOverflows(Base):
    """The point is formed with k - q, which overflows for far points."""

    def point(self, query: Array, key: Array, t: Array) -> Array:
        return query + t * (key - query)


@mutant(_POINT, why="The jump is taken from the key.")
class PointFromTheKey(Base):
    """The point is k + t (q - k)."""

    def point(self, query: Array, key: Array, t: Array) -> Array:
        return super().point(key, query, t)


@mutant(_POINT, why="The jump completes: the query lands on the key.")
class PointIsTheKey(Base):
    """The selected key is returned as the alignment point."""

    def point(self, query: Array, key: Array, t: Array) -> Array:
        return key


@mutant(_POINT, why="The direction is normalised with a small constant against 0 / 0.")
class DirectionWithEpsilon(Base):
    """The point is q + t L g with g = (k - q) / (L + 1e-8)."""

    def point(self, query: Array, key: Array, t: Array) -> Array:
        jump = key - query
        length = np.sqrt((jump * jump).sum(-1, keepdims=True))
        return query + t * length * (jump / (length + 1e-8))


@mutant("GDA-coordinate-rounding", why="t is computed as 1 - u with an error of one ulp upward.")
class CoordinateBeyondOne(Base):
    """Coordinates next to 1 come out as 1 + 2^-52."""

    def side(self, alpha: Array, minor: Array) -> Array:
        t = super().side(alpha, minor)
        return np.where(t == 1.0, np.nextafter(1.0, 2.0), t)


@mutant(_COORDINATE, why="The sources parametrise the passage by length.")
class CoordinateAsLength(Base):
    """The coordinate is t L, not t."""

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        t, energy = super().align(separation, alpha)
        return t * np.sqrt(separation), energy


@mutant(_COORDINATE, "GDA-coordinate-rounding", why="The mean-field equation speaks of m = 2t - 1.")
class MagnetisationForCoordinate(Base):
    """m = 2t - 1 is returned as the coordinate."""

    def fields(self, call: Call, index: Array, separation: Array, t: Array, energy: Array):
        found = super().fields(call, index, separation, t, energy)
        found["coordinate"] = np.where(index >= 0, 2.0 * found["coordinate"] - 1.0, 0.0)
        return found


@mutant(_ENERGY, _COORDINATE, why="Clipping keeps the logarithms of alpha finite.")
class AlphaClipped(Base):
    """alpha is clipped to [1e-6, 1 - 1e-6]."""

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        return super().align(separation, np.clip(alpha, 1e-6, 1.0 - 1e-6))


@mutant(_COORDINATE, _ENERGY, why="The quotient (1 - alpha) / alpha is shorter than log1p.")
class LogOddsByRoundedQuotient(Base):
    """The log-odds are log(1/a - 1): near alpha = 1/2 most digits are lost."""

    def log_odds(self, light: Array) -> Array:
        return np.log(1.0 / light - 1.0)
