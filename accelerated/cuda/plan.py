"""A call laid out for the device: groups of queries, lists of keys, and what tells pairs apart.

Arguments come broadcast, so an axis along which one does not vary has stride 0 and is cut. A group
is a batch entry, or all entries that read the same keys where nothing else tells their pairs apart:
then a batch of single queries fills a tile. A list holds the keys that some query may select,
for weights per key by rising weight, padded with -1 so that a tile has one weight where a class of
equal weights fills at least half of one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from gd_attention.intervals import minor_weights
from gd_attention.validation import Inputs
from numpy.typing import NDArray

from ..groups import constant

__all__ = ["Lists", "Pairs", "Plan", "planned"]

# CUDA's limit on the last axes of a grid of blocks.
MOST_GROUPS = 65535

Index = NDArray[np.int64]
Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pairs:
    """An argument of pairs: table (X, M or 1, N or 1), the slice of each group, steps 0 or 1."""

    table: NDArray[Any]
    slice_of: Index

    @property
    def row_step(self) -> int:
        """0 if the table has one row for all queries."""
        return int(self.table.shape[1] > 1)

    @property
    def column_step(self) -> int:
        """0 if the table has one column for all keys."""
        return int(self.table.shape[2] > 1)

    def of(self, groups: slice) -> Pairs:
        """For some of the groups."""
        slices, slice_of = np.unique(self.slice_of[groups], return_inverse=True)
        return Pairs(self.table[slices], slice_of)


@dataclass(frozen=True, eq=False)
class Lists:
    """Lists of keys: order (O, P), -1 for none; weight (O, P), 0 for none; the key set of each."""

    order: Index
    weight: Float
    key_of: Index


@dataclass(frozen=True, eq=False)
class Plan:
    """What the device is asked.

    Attributes
    ----------
    query : (G, M, D);  keys : (K, N, D)
    entries : int64 (G, M)
        Place of each query in the flattened call.
    live : bool (G, M)
        Queries that may select a key.
    lists : Lists;  list_of : int64 (G,)
    mask, threshold : Pairs or None
        None where they do not tell the pairs of a list apart.
    shared : bool
        Whether the keys of each list have one weight and no thresholds of their own.
    """

    query: NDArray[Any]
    keys: NDArray[Any]
    entries: Index
    live: NDArray[np.bool_]
    lists: Lists
    list_of: Index
    mask: Pairs | None
    threshold: Pairs | None
    shared: bool

    def parts(self) -> Iterator[Plan]:
        """The plan in parts of so many groups as a grid of blocks can have."""
        if len(self.query) <= MOST_GROUPS:
            yield self
            return
        for first in range(0, len(self.query), MOST_GROUPS):
            here = slice(first, first + MOST_GROUPS)
            lists, list_of = np.unique(self.list_of[here], return_inverse=True)
            sets, key_of = np.unique(self.lists.key_of[lists], return_inverse=True)
            yield replace(
                self,
                query=self.query[here],
                keys=self.keys[sets],
                entries=self.entries[here],
                live=self.live[here],
                lists=Lists(self.lists.order[lists], self.lists.weight[lists], key_of),
                list_of=list_of,
                mask=None if self.mask is None else self.mask.of(here),
                threshold=None if self.threshold is None else self.threshold.of(here),
            )


def planned(inputs: Inputs, columns: int) -> Plan:
    """Lay out a call with at least one query and one key; ``columns`` keys are a tile."""
    *batch, count, dimension = inputs.query.shape
    entries = math.prod(batch)
    keys, key_of = _flattened(inputs.keys, 2)
    allowed, mask_of = _table(inputs.mask, 2)
    alpha, alpha_of = _table(inputs.alpha, 1)
    used = np.zeros((len(keys), keys.shape[1]), np.bool_)
    some: NDArray[np.bool_] = np.logical_or.reduce(allowed, axis=1)
    for x, k in _pairs(mask_of, key_of):
        used[k] |= some[x]
    live = np.broadcast_to(np.logical_or.reduce(allowed, axis=2)[mask_of], (entries, count))
    masked = _tells_apart(allowed, mask_of, used, key_of)
    weight = minor_weights(alpha)
    filtered = not constant(inputs.threshold)
    shared = not filtered and _one_weight(weight, alpha_of, used, key_of)
    query = np.broadcast_to(inputs.query, (*batch, count, dimension)).reshape(-1, count, dimension)
    places = np.arange(entries * count).reshape(entries, count)
    group_keys = key_of
    if shared and not masked:
        # entries that read the same keys are one group: every key set has as many
        turn = np.argsort(key_of, kind="stable")
        query = query[turn].reshape(len(keys), -1, dimension)
        places, live = (array[turn].reshape(len(keys), -1) for array in (places, live))
        group_keys = np.arange(len(keys))
    if shared or len(alpha) == 1:
        list_of, list_keys, list_alpha = group_keys, np.arange(len(keys)), np.zeros(len(keys), int)
    else:
        list_of, list_keys, list_alpha = np.arange(entries), key_of, alpha_of
    threshold: Pairs | None = None
    if filtered:
        threshold = Pairs(*_table(inputs.threshold, 2))
    rising = None if shared else np.broadcast_to(weight, (len(weight), keys.shape[1]))[list_alpha]
    return Plan(
        query=query,
        keys=keys,
        entries=places,
        live=live,
        lists=_lists(used, list_keys, rising, columns),
        list_of=list_of,
        mask=Pairs(allowed, mask_of) if masked else None,
        threshold=threshold,
        shared=shared,
    )


def _flattened(array: NDArray[Any], tail: int) -> tuple[NDArray[Any], Index]:
    """The array with one leading axis, cut where it does not vary, and the slice of each entry."""
    lead = array.shape[:-tail]
    part = array[tuple(slice(1) if step == 0 else slice(None) for step in array.strides[:-tail])]
    shape = part.shape[:-tail]
    of = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), lead).reshape(-1)
    return part.reshape(-1, *part.shape[-tail:]), of


def _table(array: NDArray[Any], tail: int) -> tuple[NDArray[Any], Index]:
    """As `_flattened`, the last axes cut as well: a broadcast argument stays as small as given."""
    cut = tuple(slice(1) if step == 0 else slice(None) for step in array.strides[-tail:])
    return _flattened(array[(..., *cut)], tail)


def _pairs(first: Index, second: Index) -> list[tuple[int, int]]:
    """The different pairs of slices that entries join."""
    return sorted({*zip(first.tolist(), second.tolist(), strict=True)})


def _tells_apart(
    allowed: NDArray[np.bool_], mask_of: Index, used: NDArray[np.bool_], key_of: Index
) -> bool:
    """Whether some live query may not select a key of its list."""
    if allowed.all():
        return False
    if allowed.shape[1] > 1:
        return True
    rows = np.broadcast_to(allowed[:, 0], (len(allowed), used.shape[1]))
    return any(
        bool(rows[x].any() and (used[k] & ~rows[x]).any()) for x, k in _pairs(mask_of, key_of)
    )


def _one_weight(weight: Float, alpha_of: Index, used: NDArray[np.bool_], key_of: Index) -> bool:
    """Whether in each entry all keys of its list have the same weight."""
    if weight.shape[1] == 1:
        return True
    for a, k in _pairs(alpha_of, key_of):
        values = weight[a, used[k]]
        if values.size and not (values == values[0]).all():
            return False
    return True


def _lists(used: NDArray[np.bool_], key_of: Index, rising: Float | None, columns: int) -> Lists:
    """The keys of each list, by rising weight if weights are given."""
    made: list[tuple[Index, Float]] = []
    for i, k in enumerate(key_of.tolist()):
        order = np.flatnonzero(used[k])
        weight = np.ones(len(order)) if rising is None else rising[i, order]
        if rising is not None:
            turn = np.argsort(weight, kind="stable")
            order, weight = _padded(order[turn], weight[turn], columns)
        made.append((order, weight))
    length = max(1, max(len(order) for order, _ in made))
    orders = np.full((len(made), length), -1, np.int64)
    weights = np.zeros((len(made), length))
    for i, (order, weight) in enumerate(made):
        orders[i, : len(order)], weights[i, : len(weight)] = order, weight
    return Lists(orders, weights, key_of)


def _padded(order: Index, weight: Float, columns: int) -> tuple[Index, Float]:
    """Classes of equal weight that fill half a tile begin and end with one."""
    edges = np.flatnonzero(np.diff(weight, prepend=np.nan))
    sizes = np.diff(np.append(edges, len(order)))
    if not (2 * sizes >= columns).any():
        return order, weight
    pieces: list[Index] = []
    filled = 0
    for first, size in zip(edges.tolist(), sizes.tolist(), strict=True):
        large = 2 * size >= columns
        if large and filled % columns:
            gap = columns - filled % columns
            pieces.append(np.full(gap, -1))
            filled += gap
        pieces.append(np.arange(first, first + size))
        filled += size
        if large and filled % columns:
            gap = columns - filled % columns
            pieces.append(np.full(gap, -1))
            filled += gap
    place = np.concatenate(pieces)
    return np.where(place < 0, -1, order[place]), np.where(place < 0, 0.0, weight[place])
