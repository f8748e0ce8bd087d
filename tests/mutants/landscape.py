"""Faults of the landscape: separation, root and energy."""

from __future__ import annotations

import numpy as np

from mutants.base import Array, Base, Call
from mutants.registry import mutant

_ENERGY = "GDA-energy-value"
_COORDINATE = "GDA-coordinate-value"


@mutant(
    "GDA-align-half", _ENERGY, why="By symmetry the midpoint is stationary; bisection ends there."
)
class MidpointOfPassage(Base):
    """At alpha = 1/2 the midpoint is returned for every separation, with its energy."""

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        coordinate, energy = super().align(separation, alpha)
        half = (alpha == 0.5) & (separation > 0.0)
        return np.where(half, 0.5, coordinate), np.where(half, separation / 4.0, energy)


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
