"""Faults of tiled and parallel kernels, in deterministic simulations.

The kernels work through the keys in tiles of four and keep a running best, as their originals do in
registers; what a race would do is done on purpose.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mutants.base import Array, Base, Call
from mutants.registry import mutant

_INDEX = "GDA-select-index"
_ORDER = "GDA-select-exact-order"
_TIES = "GDA-select-ties"
_TILE = 4


def _tiles(count: int) -> list[slice]:
    return [slice(start, min(start + _TILE, count)) for start in range(0, count, _TILE)]


class Tiled(Base):
    """The keys in tiles, with a running best; still correct."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        shape = order.shape[:-1]
        best, index = np.full(shape, np.inf), np.full(shape, -1, dtype=np.int64)
        for tile in self.tiles(order.shape[-1]):
            inside = admitted[..., tile]
            least = np.min(order[..., tile], axis=-1, where=inside, initial=np.inf)
            found = self.first(inside & (order[..., tile] == least[..., None]), inside)
            wins = (found >= 0) & ((index < 0) | self.beats(least, best))
            best = np.where(wins, least, best)
            index = np.where(wins, self.place(found, tile), index)
        return index

    def tiles(self, count: int) -> list[slice]:
        """The tiles in the order in which they arrive."""
        return _tiles(count)

    def beats(self, new: Array, best: Array) -> Array:
        """Whether a tile's best replaces the running one."""
        return new < best

    def place(self, found: Array, tile: slice) -> Array:
        """The index of a tile's best."""
        return found + tile.start


@mutant(_INDEX, why="The loop runs over whole tiles.")
class TileEdgeDropped(Tiled):
    """The keys of an incomplete last tile are never looked at."""

    def tiles(self, count: int) -> list[slice]:
        return [tile for tile in _tiles(count) if tile.stop - tile.start == _TILE or count < _TILE]


@mutant(_TIES, why="Tiles come in when they are done.")
class TieByArrivalOrder(Tiled):
    """Tiles arrive in reverse order, and the first to arrive keeps a tie."""

    def tiles(self, count: int) -> list[slice]:
        return _tiles(count)[::-1]


@mutant(_TIES, why="`<=` in the merge of tiles only.")
class LaterTileWinsTies(Tiled):
    """Of tied keys in two tiles the later tile's is selected."""

    def beats(self, new: Array, best: Array) -> Array:
        return new <= best


@mutant(_INDEX, why="Two lanes read the running best before either writes it.")
class RaceOnTheRunningBest(Tiled):
    """Pairs of tiles compare with a stale best; the second of them writes last."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        shape = order.shape[:-1]
        best, index = np.full(shape, np.inf), np.full(shape, -1, dtype=np.int64)
        tiles = _tiles(order.shape[-1])
        for pair in (tiles[at : at + 2] for at in range(0, len(tiles), 2)):
            stale, empty = best, index < 0
            for tile in pair:
                inside = admitted[..., tile]
                least = np.min(order[..., tile], axis=-1, where=inside, initial=np.inf)
                found = self.first(inside & (order[..., tile] == least[..., None]), inside)
                wins = (found >= 0) & (empty | (least < stale))
                best = np.where(wins, least, best)
                index = np.where(wins, found + tile.start, index)
        return index


@mutant(_INDEX, why="The tile's own numbering is written out.")
class IndexWithinTheTile(Tiled):
    """The index lacks the start of its tile."""

    def place(self, found: Array, tile: slice) -> Array:
        return found


@mutant("GDA-admit-mask", why="The mask's tile pointer advances one tile too late.")
class MaskOfTheTileBefore(Base):
    """From the second tile on the mask of the tile before is applied."""

    def admit(self, call: Call, separation: Array, energy: Array) -> Array:
        n = separation.shape[-1]
        shifted = np.maximum(np.arange(n) - _TILE, np.arange(n) % _TILE)
        late = call.mask[..., shifted] if n else call.mask
        return late & self.below(call, separation, energy) & ~np.isnan(separation)


@mutant("GDA-admit-threshold", why="One threshold a tile fits into a register.")
class ThresholdOfTheTile(Base):
    """Every key of a tile gets the threshold of the tile's first."""

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        n = separation.shape[-1]
        start = np.arange(n) // _TILE * _TILE
        tau = call.threshold[..., start] if n else call.threshold
        return super().below(replace(call, threshold=tau), separation, energy)


@mutant(_INDEX, why="Padding up to the tile is zeros, and zeros are a point.")
class PaddingCompetes(Base):
    """Keys are padded with zeros to whole tiles, and the padding can win."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        n = order.shape[-1]
        extra = -n % _TILE
        if n == 0 or extra == 0:
            return super().choose(call, admitted, order)
        norms = call.beta * (call.query * call.query).sum(-1)
        pad = np.repeat(norms[..., None], extra, axis=-1)
        wide = np.concatenate([order, pad], axis=-1)
        everywhere = np.concatenate([admitted, np.ones(pad.shape, dtype=bool)], axis=-1)
        index = super().choose(call, everywhere, wide)
        return np.where(admitted.any(-1), np.minimum(index, n - 1), -1)


@mutant("GDA-energy-value", _INDEX, why="The inner loop is unrolled by two.")
class DimensionTailDropped(Base):
    """The last component of an odd number of dimensions is left out."""

    def squares(self, query: Array, keys: Array) -> Array:
        d = query.shape[-1]
        even = d if d == 1 else d - d % 2
        return super().squares(query[..., :even], keys[..., :even])


@mutant(_INDEX, why="The grid is rounded down to whole blocks of queries.")
class QueryTailNotWritten(Base):
    """With an odd number of queries the last row stays as it was allocated: index 0."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        index = super().choose(call, admitted, order)
        if index.shape[-1] > 1 and index.shape[-1] % 2 and order.shape[-1]:
            index[..., -1] = 0
        return index


@mutant(_ORDER, why="Half precision is fast, and the best candidate is surely the best.")
class ScreeningWithoutRescue(Base):
    """The order is that of float32 distances, without an exact decision among the close ones."""

    def order(self, call: Call, separation: Array, energy: Array) -> Array:
        return np.where(call.shared, separation.astype(np.float32), energy)


@mutant(_ORDER, _TIES, why="Two candidates are enough to hold the winner.")
class RescueOfTwo(Base):
    """float16 scores choose two candidates, float64 decides between them."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        if order.shape[-1] < 3:
            return super().choose(call, admitted, order)
        with np.errstate(all="ignore"):
            rough = np.where(admitted, order, np.inf).astype(np.float16)
        kept = np.zeros(admitted.shape, dtype=bool)
        np.put_along_axis(kept, rough.argsort(-1)[..., :2], True, -1)
        kept &= admitted
        # where the rough scores keep no admitted key, all are looked at
        kept = np.where(kept.any(-1, keepdims=True), kept, admitted)
        return super().choose(call, kept, order)


@mutant(_ORDER, _INDEX, why="Each half returns index and energy; the lower energy wins (T16).")
class MergeByReturnedEnergies(Base):
    """Two halves of the keys are merged by their float energies."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        n = order.shape[-1]
        if n < 2:
            return super().choose(call, admitted, order)
        _, energy = self.align(self.separation(call), call.alpha)
        half = np.arange(n) < n // 2
        one = super().choose(call, admitted & half, order)
        two = super().choose(call, admitted & ~half, order)

        def of(index: Array) -> Array:
            found = np.take_along_axis(energy, np.maximum(index, 0)[..., None], -1)[..., 0]
            return np.where(index >= 0, found, np.inf)

        return np.where((two < 0) | ((one >= 0) & (of(one) <= of(two))), one, two)


@mutant(_INDEX, "GDA-abstain-none", why="The offset of a shard is added to its result.")
class OffsetAddedToAbstention(Base):
    """Of two shards the second adds its offset to -1 as well."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        n = order.shape[-1]
        if n < 2:
            return super().choose(call, admitted, order)
        start = n // 2
        one = super().choose(call, admitted[..., :start], order[..., :start])
        two = super().choose(call, admitted[..., start:], order[..., start:]) + start

        def of(index: Array) -> Array:
            return np.take_along_axis(order, np.maximum(index, 0)[..., None], -1)[..., 0]

        return np.where((one < 0) | (of(two) < of(one)), two, one)


@mutant("GDA-energy-value", why="The accumulator of each lane is kept in float32.")
class LaneSumsInFloat32(Base):
    """Squares are float64, their running sum is float32."""

    def squares(self, query: Array, keys: Array) -> Array:
        difference = keys[..., None, :, :] - query[..., :, None, :]
        return (difference * difference).sum(-1, dtype=np.float32).astype(np.float64)


@mutant(_INDEX, why="The bound of the pruning radius is taken for the best so far, plus nothing.")
class PrunedByNorms(Base):
    """Keys whose norm differs from the query's by more than half the best distance are skipped."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        if order.shape[-1] == 0:
            return super().choose(call, admitted, order)
        norms = np.linalg.norm(call.keys, axis=-1)[..., None, :]
        own = np.linalg.norm(call.query, axis=-1)[..., :, None]
        gap = call.beta * (norms - own) ** 2
        least = np.min(order, axis=-1, where=admitted, initial=np.inf, keepdims=True)
        near = admitted & ((gap <= 0.25 * least) | ~np.broadcast_to(call.shared, order.shape))
        return super().choose(call, np.where(near.any(-1, keepdims=True), near, admitted), order)
