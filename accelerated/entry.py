"""One batch entry as the kernels read it: contiguous, its keys ordered, its filters told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from gd_attention.distances import relative_error
from numpy.typing import NDArray

from .groups import collapsed, constant
from .packing import read_only
from .sorting import by_weight
from .weights import extremes, one_weight

__all__ = ["Entry", "Filters"]

Rows = NDArray[np.floating[Any]]
Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]


class Filters(NamedTuple):
    """What the kernels ask of a pair; the rows are those of a block of queries."""

    mask: Bool
    masked: bool
    threshold: Float
    filtered: bool


@dataclass(frozen=True, eq=False)
class Entry:
    """A batch entry.

    Attributes
    ----------
    query : (M, D), keys : (N, D)
        Contiguous and read-only.
    columns : int64 (K,)
        The keys that some query may select, ascending; empty if ``every``.
    every : bool
        Whether they are all.
    alpha : float64 (N,), or (1,) for one of all keys
    least, most : float
        The least of min(alpha, 1 - alpha) over these keys, and a bound on the largest.
    shared : bool
        Whether these keys have one weight.
    beta : float
    mask : bool (M, N);  masked : bool
        False where the mask is the same for all queries: it is then spent on the columns.
    threshold : float64 (M, N) or (1, N);  filtered : bool
        False where every query has one threshold for all keys.
    """

    query: Rows
    keys: Rows
    columns: Index
    every: bool
    alpha: Float
    least: float
    most: float
    shared: bool
    beta: float
    mask: Bool
    masked: bool
    threshold: Float
    filtered: bool

    @classmethod
    def of(
        cls, query: Rows, keys: Rows, alpha: Float, beta: float, threshold: Float, mask: Bool
    ) -> Entry:
        """The entry of arguments as `validation.Inputs` holds them, without leading dimensions."""
        every = bool(collapsed(mask).all())
        columns = np.zeros(0, np.int64)
        if not every:
            columns = np.flatnonzero(np.logical_or.reduce(mask, axis=0))
            every = len(columns) == len(keys)
        alpha = read_only(np.ascontiguousarray(collapsed(alpha)))
        one = len(alpha) == 1
        least, most = extremes(alpha, columns, every or one)
        rows = collapsed(threshold)
        return cls(
            query=read_only(np.ascontiguousarray(query)),
            keys=read_only(np.ascontiguousarray(keys)),
            columns=columns,
            every=every,
            alpha=alpha,
            least=least,
            most=most,
            shared=one or least == most or bool(one_weight(alpha, columns, every)),
            beta=beta,
            mask=mask,
            masked=len(collapsed(mask)) > 1 and not mask.all(),
            threshold=threshold[:1] if len(rows) == 1 else threshold,
            filtered=not constant(threshold),
        )

    @property
    def count(self) -> int:
        """K, the keys that some query may select."""
        return len(self.keys) if self.every else len(self.columns)

    @property
    def relative(self) -> float:
        """Relative error of a computed squared distance."""
        return relative_error(self.query.shape[1])

    def by_weight(self) -> Index:
        """The keys that some query may select, by rising weight."""
        keys = np.arange(len(self.keys)) if self.every else self.columns
        return self.sorted(keys)

    def sorted(self, keys: Index) -> Index:
        """Some keys by rising weight."""
        return keys if self.shared else by_weight(self.alpha, keys, self.least, self.most)

    def filters(self, rows: Index) -> Filters:
        """Mask and thresholds of some queries, ascending; a copy only if not contiguous."""
        mask = self._of(self.mask, rows) if self.masked else self.mask[:0, :0]
        threshold = self.threshold[:0, :0]
        if self.filtered:
            one = len(self.threshold) == 1
            threshold = self.threshold if one else self._of(self.threshold, rows)
        return Filters(
            read_only(np.ascontiguousarray(mask)), self.masked,
            read_only(np.ascontiguousarray(threshold)), self.filtered,
        )  # fmt: skip

    def copied(self) -> bool:
        """Whether a block's filters are copies, so that a block should be small."""
        tables: list[NDArray[Any]] = [self.mask] if self.masked else []
        if self.filtered and len(self.threshold) > 1:
            tables.append(self.threshold)
        return not all(table.flags.c_contiguous for table in tables)

    @staticmethod
    def _of(table: NDArray[Any], rows: Index) -> NDArray[Any]:
        first, last = int(rows[0]), int(rows[-1]) + 1
        return table[first:last] if last - first == len(rows) else table[rows]
