"""Faults of masks, of abstention, and of what an abstained query returns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from mutants.base import Array, Base, Call
from mutants.registry import mutant

_MASK = "GDA-admit-mask"
_NONE = "GDA-abstain-none"
_FIELDS = "GDA-abstain-fields"
_FILL = "GDA-output-fill"
_UNREAD = "GDA-mask-unread"


@mutant(_MASK, why="In other libraries True means that a key is masked out.")
class MaskInverted(Base):
    """True forbids a pair."""

    def allowed(self, mask: Any) -> Array:
        return super().allowed(mask) if mask is None else ~super().allowed(mask)


@mutant(_MASK, why="The mask is left for later.")
class MaskIgnored(Base):
    """Every pair is allowed, as far as it is finite."""

    def admit(self, call: Call, separation: Array, energy: Array) -> Array:
        return self.below(call, separation, energy) & np.isfinite(separation)


@mutant(_MASK, why="Attention adds -inf to the scores; energies are minimised.")
class MaskAsMinusInfinity(Base):
    """-inf is added to the energy of a masked key, which then has the least."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        order = np.where(call.mask, order, -np.inf)
        return super().choose(call, admitted | ~call.mask, order)


@mutant(_MASK, _NONE, why="A large number keeps masked keys away, and NaN out.")
class MaskAsLargeNumber(Base):
    """Masked keys get the energy 1e9, and win where no other is left."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        order = np.where(call.mask, np.where(admitted, order, np.inf), 1e9)
        return super().choose(call, admitted | ~call.mask, order)


@mutant(_MASK, why="A mask is multiplied on, as on probabilities.")
class MaskMultiplied(Base):
    """Masked keys have energy 0 and win."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        order = np.where(call.mask, order, 0.0)
        return super().choose(call, admitted | ~call.mask, order)


@mutant(_MASK, why="Selection first, then a look at the mask.")
class MaskAfterSelection(Base):
    """The nearest key is selected, and the query abstains if it is masked."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        open_to_all = np.where(np.isnan(order), np.inf, order)
        everyone = np.ones(admitted.shape, dtype=bool)
        index = super().choose(call, everyone, open_to_all)
        if order.shape[-1] == 0:
            return index
        at = np.maximum(index, 0)[..., None]
        return np.where(np.take_along_axis(admitted, at, -1)[..., 0], index, -1)


@mutant(_MASK, why="A padding mask is the same for all queries.")
class MaskOfTheFirstQuery(Base):
    """Every query gets the mask of the first."""

    def admit(self, call: Call, separation: Array, energy: Array) -> Array:
        mask = call.mask
        if mask.shape[-2]:
            mask = np.broadcast_to(mask[..., :1, :], mask.shape)
        return mask & self.below(call, separation, energy)


@mutant(_UNREAD, why="argmin of energy + inf where masked; but NaN + inf is NaN, and wins.")
class PaddingLeaks(Base):
    """NaN in masked rows reaches the comparison."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        if order.shape[-1] == 0:
            return super().choose(call, admitted, order)
        score = np.where(admitted, order, order + np.inf)
        return np.where(admitted.any(-1), score.argmin(-1), -1)


@mutant(_UNREAD, why="Inputs are checked as a whole, before the mask is looked at.")
class PaddingRefused(Base):
    """NaN in a masked row is a ValueError."""

    def check_finite(self, query: Array, keys: Array, mask: Array) -> None:
        super().check_finite(query, keys, np.ones_like(mask))


@mutant(_UNREAD, why="nan_to_num before anything else; then the mask is forgotten for those rows.")
class PaddingBecomesZeros(Base):
    """NaN in masked rows becomes 0 and may be selected."""

    def convert(self, query: Array, keys: Array) -> tuple[Array, Array]:
        query, keys = super().convert(query, keys)
        self.holes = np.isnan(keys).any(-1)
        return np.nan_to_num(query, nan=0.0), np.nan_to_num(keys, nan=0.0)

    def check_finite(self, query: Array, keys: Array, mask: Array) -> None:
        pass

    def admit(self, call: Call, separation: Array, energy: Array) -> Array:
        holes = np.broadcast_to(self.holes[..., None, :], separation.shape)
        return super().admit(call, separation, energy) | holes


@mutant(_NONE, why="An array of indices starts as zeros.")
class AbstainedIndexZero(Base):
    """A query that admits no key returns index 0."""

    def abstained(self, call: Call, found: Array, *rest: Array) -> dict[str, Array]:
        fields = super().abstained(call, found, *rest)
        fields["index"] = np.where(found, fields["index"], 0)
        return fields


@mutant(_NONE, why="One past the end is a common sentinel.")
class AbstainedIndexN(Base):
    """A query that admits no key returns index N."""

    def abstained(self, call: Call, found: Array, *rest: Array) -> dict[str, Array]:
        fields = super().abstained(call, found, *rest)
        fields["index"] = np.where(found, fields["index"], call.keys.shape[-2])
        return fields


@mutant(_NONE, why="Something must be selected: the nearest unmasked key then.")
class NeverAbstains(Base):
    """Where no key is admitted the threshold is dropped."""

    def admit(self, call: Call, separation: Array, energy: Array) -> Array:
        admitted = super().admit(call, separation, energy)
        return np.where(admitted.any(-1, keepdims=True), admitted, call.mask)


@mutant("GDA-abstain-empty", why="argmin of an empty sequence raises.")
class NoKeysRaise(Base):
    """A call without keys is a ValueError."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        if order.shape[-1] == 0:
            raise ValueError("attempt to get argmin of an empty sequence")
        return super().choose(call, admitted, order)


@mutant("GDA-abstain-empty", why="The default of the index is 0.")
class NoKeysSelectZero(Base):
    """A call without keys returns index 0."""

    def abstained(self, call: Call, found: Array, *rest: Array) -> dict[str, Array]:
        fields = super().abstained(call, found, *rest)
        if call.keys.shape[-2] == 0:
            fields["index"] = np.zeros_like(fields["index"])
        return fields


@mutant(_FIELDS, why="Nothing was selected, so nothing was paid.")
class AbstainedEnergyZero(Base):
    """The energy of an abstained query is 0."""

    def abstained(self, call: Call, found: Array, *rest: Array) -> dict[str, Array]:
        fields = super().abstained(call, found, *rest)
        fields["energy"] = np.where(found, fields["energy"], 0.0)
        return fields


@mutant(_FIELDS, why="Not a number is what it is.")
class AbstainedEnergyNan(Base):
    """The energy of an abstained query is NaN."""

    def abstained(self, call: Call, found: Array, *rest: Array) -> dict[str, Array]:
        fields = super().abstained(call, found, *rest)
        fields["energy"] = np.where(found, fields["energy"], np.nan)
        return fields


@mutant(_FIELDS, why="The coordinate's default is its value at rest.")
class AbstainedCoordinateHalf(Base):
    """The coordinate of an abstained query is 1/2."""

    def abstained(self, call: Call, found: Array, *rest: Array) -> dict[str, Array]:
        fields = super().abstained(call, found, *rest)
        fields["coordinate"] = np.where(found, fields["coordinate"], 0.5)
        return fields


@mutant(_FIELDS, why="Buffers start as zeros.")
class AbstainedPointZero(Base):
    """The alignment point of an abstained query is the origin."""

    def abstained(self, call: Call, found: Array, *rest: Array) -> dict[str, Array]:
        fields = super().abstained(call, found, *rest)
        fields["alignment_point"] = np.where(found[..., None], fields["alignment_point"], 0.0)
        return fields


@mutant(_FIELDS, why="unique is computed for all queries alike.")
class AbstainedUnique(Base):
    """unique of an abstained query is true."""

    def abstained(self, call: Call, found: Array, *rest: Array) -> dict[str, Array]:
        fields = super().abstained(call, found, *rest)
        fields["unique"] = fields["unique"] | ~found
        return fields


@mutant(_FILL, why="Zeros are the natural output of nothing.")
class FillIgnored(Base):
    """The output of an abstained query is 0."""

    def fitting_fill(self, fill: Any, dtype: np.dtype) -> Array:
        return np.zeros_like(super().fitting_fill(fill, dtype))


@mutant(_FILL, why="fill is a number in the simplest case.")
class FillOfTheFirstColumn(Base):
    """The first column of fill is used for all."""

    def abstained(self, call: Call, found: Array, *rest: Array) -> dict[str, Array]:
        fill = call.fill
        if fill.shape[-1]:
            fill = np.broadcast_to(fill[..., :1], fill.shape)
        return super().abstained(replace(call, fill=fill), found, *rest)


@mutant(_FILL, why="values[index] with index -1 is the last row in Python.")
class AbstainedGathersTheLast(Base):
    """The output of an abstained query is the value of the last key."""

    def abstained(self, call: Call, found: Array, *rest: Array) -> dict[str, Array]:
        fields = super().abstained(call, found, *rest)
        if call.values.shape[-2]:
            last = np.broadcast_to(call.values[..., -1:, :], fields["output"].shape)
            fields["output"] = np.where(found[..., None], fields["output"], last)
        return fields


@mutant(_FILL, why="The row of the output buffer is not written.")
class AbstainedRowStale(Base):
    """The output of an abstained query is that of the query before it."""

    def abstained(self, call: Call, found: Array, *rest: Array) -> dict[str, Array]:
        fields = super().abstained(call, found, *rest)
        before = np.roll(fields["output"], 1, axis=-2)
        fields["output"] = np.where(found[..., None], fields["output"], before)
        return fields
