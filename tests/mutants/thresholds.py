"""Faults of admission by threshold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mutants.base import Array, Base, Call
from mutants.registry import mutant

_THRESHOLD = "GDA-admit-threshold"
_ZERO = "GDA-admit-zero"


@mutant(_THRESHOLD, why="The threshold is left for later.", control=True)
class ThresholdIgnored(Base):
    """Every unmasked key is admitted."""

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        return np.ones(separation.shape, dtype=bool)


@mutant(_THRESHOLD, _ZERO, why="`<` and `<=` differ in two cases only (T26).")
class StrictThreshold(Base):
    """Admission is energy < threshold."""

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        return super().below(call, separation, energy) & (energy < call.threshold)


@mutant(_THRESHOLD, why="A score is to be at least its threshold.")
class ThresholdFromAbove(Base):
    """Admission is energy >= threshold."""

    def under(self, call: Call, energy: Array, separation: Array) -> Array:
        return energy >= call.threshold


@mutant(_THRESHOLD, why="Separation and energy are both called energy.")
class ThresholdOnSeparation(Base):
    """The separation is compared with the threshold."""

    def under(self, call: Call, energy: Array, separation: Array) -> Array:
        return separation <= call.threshold


@mutant(_THRESHOLD, why="A threshold is read as a radius.")
class ThresholdOnDistance(Base):
    """The distance is compared with the threshold."""

    def under(self, call: Call, energy: Array, separation: Array) -> Array:
        return self.squares(call.query, call.keys) <= call.threshold**2


@mutant(_THRESHOLD, why="The demo thresholds coherence.")
class ThresholdOnCoherence(Base):
    """Admission is coherence >= threshold."""

    def under(self, call: Call, energy: Array, separation: Array) -> Array:
        return np.exp(-energy) >= call.threshold


@mutant(_THRESHOLD, why="Below 2 and at alpha = 1/2 the energy is a quarter of the separation.")
class ThresholdOnQuarterSeparation(Base):
    """A quarter of the separation is compared with the threshold."""

    def under(self, call: Call, energy: Array, separation: Array) -> Array:
        return separation / 4.0 <= call.threshold


@mutant(_THRESHOLD, why="A tolerance protects against rounding.")
class ThresholdWithTolerance(Base):
    """Admission is energy <= threshold + 1e-9."""

    def under(self, call: Call, energy: Array, separation: Array) -> Array:
        return energy <= call.threshold + 1e-9


@mutant(_THRESHOLD, why="With one threshold it is the same (T25), and cheaper.")
class ThresholdAfterSelection(Base):
    """The nearest key is selected first and dropped if its own threshold refuses it."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        index = super().choose(call, call.mask, order)
        if order.shape[-1] == 0:
            return index
        at = np.maximum(index, 0)[..., None]
        return np.where(np.take_along_axis(admitted, at, -1)[..., 0], index, -1)


@mutant(_THRESHOLD, why="threshold[0] in a loop over queries that never advances it.")
class ThresholdOfTheFirstQuery(Base):
    """Every query gets the thresholds of the first."""

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        first = np.broadcast_to(call.threshold[..., :1, :], call.threshold.shape)
        if call.threshold.shape[-2] == 0:
            first = call.threshold
        return super().below(replace(call, threshold=first), separation, energy)


@mutant(_THRESHOLD, why="A threshold is one number in every example.")
class ThresholdOfTheFirstKey(Base):
    """Every key gets the threshold of the first."""

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        first = call.threshold
        if first.shape[-1]:
            first = np.broadcast_to(first[..., :1], first.shape)
        return super().below(replace(call, threshold=first), separation, energy)


@mutant(_ZERO, why="An energy of 0 is an exact match, if nothing underflows.")
class ZeroByEnergy(Base):
    """A zero threshold admits every energy that rounds to 0."""

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        return energy <= call.threshold


@mutant(_ZERO, why="An energy is never negative, so neither is a threshold.")
class NegativeClampedToZero(Base):
    """A negative threshold is taken for 0."""

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        return super().below(
            replace(call, threshold=np.maximum(call.threshold, 0.0)), separation, energy
        )


@mutant(_ZERO, why="`threshold or inf`: 0 is false in Python.")
class ZeroIsNoThreshold(Base):
    """A zero threshold is taken for none."""

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        tau = np.where(call.threshold == 0.0, np.inf, call.threshold)
        return super().below(replace(call, threshold=tau), separation, energy)


@mutant(_THRESHOLD, _ZERO, why="isinf() is taken to mean that no threshold was given.")
class MinusInfinityIsNoThreshold(Base):
    """-inf is taken for no threshold."""

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        tau = np.where(np.isinf(call.threshold), np.inf, call.threshold)
        return super().below(replace(call, threshold=tau), separation, energy)


@mutant("GDA-signed-zero", _ZERO, why="The sign bit is read to find negative thresholds.")
class MinusZeroIsNegative(Base):
    """-0.0 as a threshold admits nothing."""

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        return super().below(call, separation, energy) & ~np.signbit(call.threshold)


@mutant("GDA-admit-ceiling", why="The radius of a threshold is NaN from there on.")
class NothingAboveTheCeiling(Base):
    """A finite threshold at or above the ceiling admits nothing but exact matches."""

    def under(self, call: Call, energy: Array, separation: Array) -> Array:
        alpha = np.broadcast_to(call.alpha, separation.shape)
        ceiling = -np.log(np.maximum(alpha, 1.0 - alpha))
        reached = np.isfinite(call.threshold) & (call.threshold >= ceiling)
        return super().under(call, energy, separation) & ~reached


@mutant("GDA-admit-ceiling", _THRESHOLD, why="The ceiling is log 2 in the demo.")
class CeilingOfOneHalf(Base):
    """A threshold from log 2 on is vacuous, one below it is held to log 2, for every alpha."""

    def under(self, call: Call, energy: Array, separation: Array) -> Array:
        return super().under(call, energy / -np.log(0.5), separation)


@mutant("GDA-admit-ceiling", _THRESHOLD, why="float32 constants for the ceiling.")
class EnergyInFloat32AtTheThreshold(Base):
    """Energies are rounded to float32 before they are compared with the threshold."""

    def under(self, call: Call, energy: Array, separation: Array) -> Array:
        return energy.astype(np.float32) <= call.threshold.astype(np.float32)
