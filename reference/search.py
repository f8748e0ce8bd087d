"""The exact search: which key of a block of queries has the least alignment energy.

The order is that of exact real arithmetic on the given floats. Floats decide where a proved bound
allows it, exact arithmetic decides the rest, query by query:

1. A key is out if another allowed key has no greater weight min(alpha, 1 - alpha) and is certainly
   nearer: E* increases with both (T6, T23). With one alpha for all keys this leaves the nearest
   key and its near-ties, and energies, which saturate, are never compared.
2. With alpha per key, a key is out if its energy lies certainly above another's.
3. Exact separations, then exact energies, order what is left; ties go to the least index.

One threshold for all keys of a query is asked about the winner alone (T25); thresholds per key are
applied first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .alignment import align
from .decide import compare_energies
from .distances import Separations, order_factor, pair_separations, separations
from .exact import exact_separation, exact_separations, nearest
from .intervals import energy_interval, minor_weights
from .thresholds import admitted_pairs
from .validation import Inputs

__all__ = ["Block", "blocks", "search"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]

# elements of a block's jumps: 8 MiB, so that the table of M N D numbers never exists as a whole
_BLOCK = 2**20


def search(inputs: Inputs) -> tuple[Index, Float]:
    """Selected index and separation of every query: the heart of `gd_attention`.

    Returns
    -------
    index : int64 (B..., M)
        -1 where the query abstains.
    separation : float64 (B..., M)
        Of the selected pair, as `distances.pair_separations` gives it; 0 where the query abstains.

    Notes
    -----
    Clauses: GDA-def-selection, GDA-select-index, GDA-select-ties.
    """
    shape = inputs.query.shape[:-1]
    index = np.full(shape, -1, dtype=np.int64)
    separation = np.zeros(shape)
    for block in blocks(inputs):
        index[block.here], separation[block.here] = block.select()
    return index, separation


def blocks(inputs: Inputs) -> Iterator[Block]:
    """The call in blocks of queries of one batch entry, small enough for the cache."""
    m, d = inputs.query.shape[-2:]
    n = inputs.keys.shape[-2]
    if not n:
        return
    size = max(1, _BLOCK // (n * d))
    for entry in np.ndindex(inputs.batch):
        for start in range(0, m, size):
            yield Block(inputs, entry, slice(start, min(start + size, m)))


class Block:
    """Some queries of one batch entry, and all its keys."""

    def __init__(self, inputs: Inputs, entry: tuple[int, ...], rows: slice) -> None:
        self.here: tuple[Any, ...] = (*entry, rows)
        self.query: Float = inputs.query[entry][rows]
        self.keys: Float = inputs.keys[entry]
        self.alpha: Float = inputs.alpha[entry]
        self.threshold: Float = inputs.threshold[entry][rows]
        self.mask: Bool = inputs.mask[entry][rows]
        self.beta = inputs.beta
        self.dimension = int(self.query.shape[-1])
        self.separations: Separations = separations(self.query, self.keys, self.beta, self.mask)

    def energies(self) -> Float:
        """E* of every unmasked pair; +inf where masked."""
        rows, columns = np.nonzero(self.mask)
        energy = np.full(self.mask.shape, math.inf)
        value = self.separations.value[rows, columns]
        energy[rows, columns] = align(value, self.alpha[columns]).energy
        return energy

    def admitted(self) -> Bool:
        """Which pairs are admitted, exactly."""
        if (self.threshold == math.inf).all():
            return self.mask
        rows, columns = np.nonzero(self.mask)
        result = np.zeros(self.mask.shape, dtype=np.bool_)
        result[rows, columns] = self._admitted(rows, columns)
        return result

    def _admitted(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Bool:
        def exact(pair: int) -> Fraction:
            return exact_separation(self.query[rows[pair]], self.keys[columns[pair]], self.beta)

        return admitted_pairs(
            self.separations.value[rows, columns],
            self.alpha[columns],
            self.threshold[rows, columns],
            self.dimension,
            exact,
        )

    def select(self) -> tuple[Index, Float]:
        """Index (M,), -1 where the query abstains, and separation of the selected pair (M,)."""
        common = bool((self.threshold == self.threshold[:, :1]).all())
        allowed = self.mask if common else self.admitted()
        index = self.least(allowed)
        rows = np.nonzero(index >= 0)[0]
        if common and (self.threshold[rows, 0] < math.inf).any():
            # T25: with one threshold for all keys, check the winner
            index[rows[~self._admitted(rows, index[rows])]] = -1
            rows = np.nonzero(index >= 0)[0]
        separation = np.zeros(index.shape)
        # of the pair alone: no bit depends on the other keys or on how they lie in memory
        separation[rows] = pair_separations(self.query[rows], self.keys[index[rows]], self.beta)
        return index, separation

    def least(self, allowed: Bool) -> Index:
        """The allowed key of least exact energy for each query; -1 where none is allowed."""
        ratio = np.where(allowed, self.separations.ratio, math.inf)
        weight = minor_weights(self.alpha)
        shared = bool((weight == weight[0]).all())
        bound = ratio.min(axis=-1, keepdims=True) if shared else _least_of_smaller(ratio, weight)
        open_keys = allowed & (ratio <= bound * order_factor(self.dimension))
        # E* = 0 at separation 0, whatever alpha, and is positive elsewhere
        equal = allowed & (ratio == 0.0)
        open_keys = np.where(equal.any(axis=-1, keepdims=True), equal, open_keys)
        index: Index = np.where(open_keys.any(axis=-1), open_keys.argmax(axis=-1), -1)
        (rows,) = np.nonzero((np.count_nonzero(open_keys, axis=-1) > 1) & ~equal.any(axis=-1))
        if not rows.size:
            return index
        if not shared:
            self._drop_high(open_keys, rows)
        for row in rows.tolist():
            index[row] = self._decide(row, np.nonzero(open_keys[row])[0], weight)
        return index

    def _drop_high(self, open_keys: Bool, rows: NDArray[np.intp]) -> None:
        """Close the keys whose energy lies certainly above another open key's."""
        local, columns = np.nonzero(open_keys[rows])
        value = self.separations.value[rows[local], columns]
        low, high = energy_interval(value, self.alpha[columns], self.dimension)
        least = np.full(rows.shape, math.inf)
        np.minimum.at(least, local, high)
        out = low > least[local]
        open_keys[rows[local[out]], columns[out]] = False

    def _decide(self, row: int, candidates: NDArray[np.intp], weight: Float) -> int:
        """The candidate of least exact energy, ties to the least index."""
        if candidates.size == 1:
            return int(candidates[0])
        weights = weight[candidates]
        if (weights == weights[0]).all():
            return nearest(self.query[row], self.keys, candidates.tolist())
        exact = exact_separations(self.query[row], self.keys[candidates], self.beta)
        order: list[tuple[float, Fraction, int]] = sorted(
            zip(weights.tolist(), exact, candidates.tolist(), strict=True)
        )
        # by rising weight, only a key nearer than all before it can have less energy (T6, T23)
        best_weight, best, index = order[0]
        nearest_yet = best
        for other_weight, other, other_index in order[1:]:
            if other < nearest_yet:
                nearest_yet = other
                sign = compare_energies(other, other_weight, best, best_weight)
                if sign < 0 or (sign == 0 and other_index < index):
                    best_weight, best, index = other_weight, other, other_index
        return index


def _least_of_smaller(ratio: Float, weight: Float) -> Float:
    """For each key the least ratio among the keys of no greater weight, itself included."""
    order = np.argsort(weight, kind="stable")
    ranked = weight[order]
    last = np.searchsorted(ranked, ranked, side="right") - 1
    running = np.minimum.accumulate(ratio[:, order], axis=-1)[:, last]
    bound = np.empty_like(ratio)
    bound[:, order] = running
    return bound
