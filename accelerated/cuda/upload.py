"""Queries, keys and what tells pairs apart, brought to the device, encoded and measured there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import cuda
from numpy.typing import NDArray

from .bounds import FAR
from .frames import Frames
from .plan import Pairs, Plan
from .tiles import DEVICE_TILE, Tile, encode, measure

__all__ = ["KeyParts", "Keys", "Queries", "Settings", "device", "pairs_arguments"]

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Settings:
    """How the work is cut; it changes no answer.

    Attributes
    ----------
    tile : Tile
    blocks : int
        Blocks of threads that fill a device: few queries split the keys until there are as many.
    part : int
        Coordinates of keys on the device at once.
    """

    tile: Tile = DEVICE_TILE
    blocks: int = 1056  # eight for each of the 132 processors of an H100
    part: int = 1 << 28

    def grid(self, queries: tuple[int, int], places: int) -> tuple[int, int, int]:
        """Blocks for queries (G, R) and a list of ``places``: row tiles, splits, groups."""
        groups, count = queries
        down = -(-count // self.tile.rows)
        tiles = -(-places // self.tile.columns)
        return down, min(max(1, self.blocks // (down * groups)), tiles), groups


@dataclass(frozen=True, eq=False)
class Queries:
    """Queries on the device; ``rows`` (G, R) on both sides, -1 for none."""

    rows: Index
    on_device: Any
    encoded: Any
    given: Any
    norm: Any
    half: Any

    @classmethod
    def of(
        cls, plan: Plan, frames: Frames, usable: NDArray[np.bool_], settings: Settings
    ) -> Queries:
        """The usable queries of a plan, without those too far away for the screen."""
        key_of_group = plan.lists.key_of[plan.list_of]
        given, encoded = _encoded(plan.query, key_of_group, frames, settings)
        rows = np.where(usable, np.arange(usable.shape[1]), -1)
        half, norm, _ = _measured(encoded, np.arange(len(rows)), rows, settings.tile)
        # asked so that NaN is far; a place without a row measures 0
        rows[~(norm.copy_to_host() <= FAR)] = -1
        return cls(rows, device(rows), encoded, given, norm, half)


@dataclass(frozen=True, eq=False)
class Keys:
    """A part of the keys on the device; ``base`` is the index of the first key."""

    base: int
    encoded: Any
    given: Any
    key_of: Any
    order: Any
    half: Any
    top: Any


class KeyParts:
    """The keys of a plan in parts of bounded size; iterating uploads one after the other.

    Attributes
    ----------
    places : list of int
        Length of the lists of each part.
    """

    def __init__(self, plan: Plan, frames: Frames, settings: Settings, *, whole: bool) -> None:
        sets, count, dimension = plan.keys.shape
        size = count if whole else max(1, settings.part // (sets * dimension))
        self._plan, self._frames, self._settings = plan, frames, settings
        self._cuts = [
            (first, _between(plan.lists.order, first, first + size) if size < count
             else plan.lists.order)
            for first in range(0, count, size)
        ]  # fmt: skip
        self._size = size
        self._kept: Keys | None = None
        self.places = [order.shape[1] for _, order in self._cuts]

    def __iter__(self) -> Iterator[Keys]:
        for first, order in self._cuts:
            if self._kept is not None:
                yield self._kept
                continue
            part = self._uploaded(first, order)
            if len(self._cuts) == 1:
                self._kept = part
            yield part

    def _uploaded(self, first: int, order: Index) -> Keys:
        rows = self._plan.keys[:, first : first + self._size]
        given, encoded = _encoded(rows, np.arange(len(rows)), self._frames, self._settings)
        key_of = self._plan.lists.key_of
        half, _, top = _measured(encoded, key_of, order, self._settings.tile)
        return Keys(first, encoded, given, device(key_of), device(order), half, top)


def device(array: NDArray[Any]) -> Any:
    """A contiguous copy on the device."""
    return cuda.to_device(np.ascontiguousarray(array))


def pairs_arguments(pairs: Pairs | None, groups: int, neutral: Any, keys: slice) -> tuple[Any, ...]:
    """Table, slice of each group, row step, column step and whether it is read, for a kernel."""
    if pairs is None:
        return device(np.full((1, 1, 1), neutral)), device(np.zeros(groups, np.int64)), 0, 0, False
    table = pairs.table[..., keys] if pairs.column_step else pairs.table
    return device(table), device(pairs.slice_of), pairs.row_step, pairs.column_step, True


def _encoded(rows: NDArray[Any], of: Index, frames: Frames, settings: Settings) -> tuple[Any, Any]:
    given = device(rows)
    encoded = cuda.device_array(rows.shape, np.float32)
    threads = settings.tile.threads
    encode()[min(settings.blocks, -(-rows.size // threads)), threads](
        given, device(of), device(frames.unit), device(frames.centre), encoded
    )
    return given, encoded


def _measured(vectors: Any, of: Index, order: Index, tile: Tile) -> tuple[Any, Any, Any]:
    tiles = -(-order.shape[1] // tile.columns)
    half = cuda.device_array(order.shape, np.float64)
    norm = cuda.device_array(order.shape, np.float32)
    top = cuda.device_array((len(order), tiles), np.float32)
    measure(tile)[(tiles, len(order)), tile.columns](
        vectors, device(of), device(order), half, norm, top
    )
    return half, norm, top


def _between(order: Index, first: int, last: int) -> Index:
    """The keys of [first, last) in each list, counted from ``first``."""
    lists = [row[(row >= first) & (row < last)] - first for row in order]
    cut = np.full((len(lists), max(1, max(map(len, lists)))), -1, np.int64)
    for row, keys in zip(cut, lists, strict=True):
        row[: len(keys)] = keys
    return cut
