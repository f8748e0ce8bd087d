"""Faults of the place on the passage: its side, its coordinate, its point, ``unique``."""

from __future__ import annotations

import numpy as np

from mutants.base import Array, Base, Call
from mutants.registry import mutant

_COORDINATE = "GDA-coordinate-value"
_POINT = "GDA-align-point-value"
_UNIQUE = "GDA-align-unique"


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
