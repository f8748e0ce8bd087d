"""The operator over files: queries in blocks, keys in chunks, the winners of chunks merged exactly.

What is in memory at a time is one block of queries, one chunk of keys and, for each query of the
block, the order key of its best selection so far. By T16 the least order key over the chunks is the
selection over all keys, so no size of block or chunk changes a bit of the result. Rows of keys and
values are looked up for the winners alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from gd_attention.arguments import inexact_integers
from gd_attention.distances import pair_separations
from gd_attention.merge import ABSTENTION, order_key
from gd_attention.selection import Selection, completed
from gd_attention.validation import checked, positive_scalar, threshold_array, weight_array
from numpy.typing import NDArray

from .rows import Rows

__all__ = ["Operator", "Sizes", "Task", "selections"]

Array = NDArray[Any]
Float = NDArray[np.float64]
Index = NDArray[np.int64]
Operator = Callable[..., Selection]


@dataclass(frozen=True)
class Sizes:
    """How many rows are in memory at a time.

    Attributes
    ----------
    queries : int
        Of a block.
    keys : int
        Of a chunk.
    """

    queries: int
    keys: int

    @classmethod
    def fitting(cls, task: Task, compiled: bool) -> Sizes:
        """Sizes that keep a block and a chunk at some ten megabytes each.

        A chunk costs each query an exact order key, and the compiled operator a packing, so its
        chunks are larger; the reference works query by query and gains nothing beyond its cache.
        """
        width = task.keys.width
        wide = width + (task.values.width if task.values is not None else 0)
        chunk = 1 << 23 if compiled else 1 << 20
        return cls(max(1, min(1 << 14, (1 << 21) // wide)), max(1, chunk // width))


@dataclass(frozen=True, eq=False)
class Task:
    """A call of the operator whose arrays lie in files. M queries, N keys, D space, V values.

    Attributes
    ----------
    queries : Rows (M, D)
    keys : Rows (N, D)
    values : Rows (N, V), optional
    alpha : float or Rows (N, 1)
    beta : float
    threshold : float or Rows (N, 1)
    mask : Rows (N, 1) or (M, N), optional
    fill : float

    Raises
    ------
    FileError
        If the shapes of two files do not fit.
    TypeError, ValueError
        If a number is outside its domain.
    """

    queries: Rows
    keys: Rows
    values: Rows | None = None
    alpha: float | Rows = 0.5
    beta: float = 1.0
    threshold: float | Rows = math.inf
    mask: Rows | None = None
    fill: float = 0.0

    def __post_init__(self) -> None:
        m, n, d = len(self.queries), len(self.keys), self.keys.width
        if d != self.queries.width:
            raise self.keys.source.error(
                f"expected {self.queries.width} columns as in {self.queries.source.path}, got {d}"
            )
        if not d:
            raise self.keys.source.error("expected at least one column, got 0")
        for rows in (self.values, self.alpha, self.threshold):
            if isinstance(rows, Rows) and len(rows) != n:
                raise rows.source.error(
                    f"expected {n} rows as in {self.keys.source.path}, got {len(rows)}"
                )
        if self.mask is not None and self.mask.shape not in ((n, 1), (m, n)):
            raise self.mask.source.error(
                f"expected shape {(n, 1)} for the keys or {(m, n)} for the pairs, "
                f"got {self.mask.shape}"
            )
        positive_scalar("beta", self.beta)
        if not isinstance(self.alpha, Rows):
            weight_array("alpha", self.alpha)
        if not isinstance(self.threshold, Rows):
            threshold_array("threshold", self.threshold)
        dtype = self.keys.dtype if self.values is None else self.values.dtype
        # the fill is refused before hours of work, not after
        nothing = np.empty((0, d))
        checked(nothing, nothing, np.empty((0, 1), dtype), fill=self.fill)

    def alphas(self, start: int, stop: int) -> Any:
        """The mixing weights of some keys."""
        if not isinstance(self.alpha, Rows):
            return self.alpha
        part = self.alpha.part(start, stop)
        self.alpha.refuse(~((part > 0.0) & (part < 1.0)), part, start, "a number in (0, 1)")
        return part[:, 0].astype(np.float64)

    def thresholds(self, start: int, stop: int) -> Any:
        """The thresholds of some keys."""
        if not isinstance(self.threshold, Rows):
            return self.threshold
        part = self.threshold.part(start, stop)
        if part.dtype.kind == "f":
            self.threshold.refuse(np.isnan(part), part, start, "a number or an infinity")
        return part[:, 0].astype(np.float64)

    def masks(self, rows: slice, start: int, stop: int) -> Array | None:
        """The mask of some pairs, (N,) or (M, N)."""
        if self.mask is None:
            return None
        pairs = self.mask.shape != (len(self.keys), 1)
        first = rows.start if pairs else start
        part = (
            self.mask.part(rows.start, rows.stop)[:, start:stop]
            if pairs
            else self.mask.part(start, stop)
        )
        if part.dtype != np.bool_:
            self.mask.refuse(~((part == 0) | (part == 1)), part, first, "0 or 1")
            part = part == 1
        return part if pairs else part[:, 0]

    def call(self, operator: Callable[..., Any], rows: slice, start: int, stop: int) -> Any:
        """The operator's answer for some queries and keys.

        Raises
        ------
        FileError
            In place of the ValueError about a number that cannot be read.
        """
        query, keys = self.queries.part(rows.start, rows.stop), self.keys.part(start, stop)
        mask = self.masks(rows, start, stop)
        try:
            return operator(
                query, keys, alpha=self.alphas(start, stop), beta=self.beta,
                threshold=self.thresholds(start, stop), mask=mask,
            )  # fmt: skip
        except ValueError:
            # the operator knows what it cannot read, the file where it stands
            mask = np.ones(1, np.bool_) if mask is None else mask
            pairs = np.broadcast_to(mask, (len(query), len(keys)))
            _refuse(self.queries, query, rows.start, np.logical_or.reduce(pairs, axis=1))
            _refuse(self.keys, keys, start, np.logical_or.reduce(pairs, axis=0))
            raise


def selections(
    task: Task,
    operator: Operator,
    sizes: Sizes,
    advance: Callable[[int], None] = lambda pairs: None,
) -> Iterator[tuple[int, Selection]]:
    """The selection of every query, block by block.

    Parameters
    ----------
    task : Task
    operator : callable
        `gd_attention.gd_attention` or the compiled one.
    sizes : Sizes
    advance : callable
        Told after every chunk how many pairs it decided.

    Yields
    ------
    (int, Selection)
        The first query of the block, and its rows of the result: bit for bit those of a single
        call. Without values `output` holds the selected keys.

    Raises
    ------
    FileError
        For a number that the operator refuses: the message names file, row and column.
    PrecisionCapError
        As the operator.
    """
    for first in range(0, len(task.queries), sizes.queries):
        rows = slice(first, min(first + sizes.queries, len(task.queries)))
        query = task.queries.part(rows.start, rows.stop)
        best = np.full(len(query), ABSTENTION, dtype=object)
        for start in range(0, len(task.keys), sizes.keys):
            stop = min(start + sizes.keys, len(task.keys))
            _merge_chunk(task, operator, query, best, rows, start, stop)
            advance(len(query) * (stop - start))
        index = np.array([key.index for key in best], np.int64)
        yield first, _finished(task, query, index)


def _merge_chunk(
    task: Task, operator: Operator, query: Array, best: Array, rows: slice, start: int, stop: int
) -> None:
    """Let the winners of a chunk compete with the best so far."""
    keys = task.keys.part(start, stop)
    weights = np.broadcast_to(np.asarray(task.alphas(start, stop), np.float64), len(keys))
    found = task.call(operator, rows, start, stop)
    for row in np.flatnonzero(found.index >= 0).tolist():
        chosen = int(found.index[row])
        key = order_key(
            start + chosen, query[row].astype(np.float64), keys[chosen].astype(np.float64),
            float(weights[chosen]), task.beta,
        )  # fmt: skip
        if key < best[row]:
            best[row] = key


def _refuse(rows: Rows, array: Array, first: int, used: NDArray[np.bool_]) -> None:
    """Raise about the first number of the used rows that is no finite float64."""
    if array.dtype.kind in "iu":
        bad = inexact_integers(array)
        expected = "an integer that float64 represents"
    else:
        bad, expected = ~np.isfinite(array), "a finite number"
    if bad is not None:
        rows.refuse(bad & used[:, None], array, first, expected)


def _finished(task: Task, query: Array, index: Index) -> Selection:
    """The fields of a block whose winners are known: each query a call of its own with one key."""
    chosen = index >= 0
    winners = index[chosen]
    key = np.zeros((len(index), 1, task.keys.width), task.keys.dtype.newbyteorder("="))
    key[chosen, 0] = task.keys.take(winners)
    value = None
    if task.values is not None:
        value = np.zeros((len(index), 1, task.values.width), task.values.dtype.newbyteorder("="))
        value[chosen, 0] = taken = task.values.take(winners)
        bad = inexact_integers(taken)
        if bad is not None:
            row, column = (int(i) for i in np.argwhere(bad)[0])
            raise task.values.error(
                int(winners[row]), column, "an integer that float64 represents",
                taken[row, column].item(),
            )  # fmt: skip
    alpha = np.full((len(index), 1), 0.5)
    if isinstance(task.alpha, Rows):
        alpha[chosen] = task.alpha.take(winners)
    else:
        alpha[chosen] = task.alpha
    inputs = checked(
        query[:, None, :], key, value, alpha, task.beta, math.inf, chosen[:, None, None], task.fill
    )
    separation = np.zeros((len(index), 1))
    separation[chosen, 0] = pair_separations(
        inputs.query[chosen, 0], inputs.keys[chosen, 0], task.beta
    )
    result = completed(inputs, np.where(chosen, 0, -1)[:, None], separation)
    fields = {name: getattr(result, name)[:, 0] for name in vars(result)}
    return replace(result, **{**fields, "index": index})
