"""One batch entry with masks, thresholds per key or weights per key: the compiled search, driven.

`contenders.contend` leaves a short list per query, nearly always of one key. What it cannot decide
goes to the reference's search, with the keys of the list or with all.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from gd_attention.distances import relative_error
from gd_attention.intervals import minor_weights
from gd_attention.search import search
from gd_attention.validation import Inputs
from numpy.typing import NDArray

from .contenders import LISTED, UNDECIDED, contend
from .groups import collapsed, constant
from .packing import read_only
from .threads import run, thread_count

__all__ = ["search_entry"]

Rows = NDArray[np.floating[Any]]
Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]

_TILE_BYTES = 1 << 18  # a tile of keys stays in the second-level cache
_LEAST_TILE, _MOST_TILE = 16, 256
_MOST_ROWS = 256  # queries of a block share the gathering of a tile
_MOST_COPIED = 64  # rows of mask and threshold copied at once


def search_entry(
    query: Rows, keys: Rows, alpha: Float, beta: float, threshold: Float, mask: Bool
) -> Index:
    """The selected key of every query of a batch entry; -1 where none is allowed.

    Parameters
    ----------
    query : float32 or float64 (M, D), keys : float32 or float64 (N, D)
        Finite in the rows that an unmasked pair reads.
    alpha : float64 (N,);  beta : float;  threshold : float64 (M, N);  mask : bool (M, N)

    Returns
    -------
    int64 (M,)
        A threshold that is common to all keys of a query is not asked: that is left to be asked
        about the winner (GDA-thm-filter-select).

    Notes
    -----
    Clauses: GDA-select-index, GDA-select-exact-order, GDA-select-priors, GDA-thm-decidability.
    """
    count, dimension = query.shape
    filtered = not constant(threshold)
    weight = minor_weights(alpha)
    order = np.flatnonzero(np.logical_or.reduce(mask, axis=0))
    index = np.full(count, -1, np.int64)
    if not order.size:
        return index
    shared = bool((weight[order] == weight[order[0]]).all())
    if not shared:
        order = order[np.argsort(weight[order], kind="stable")]
    # a mask that is the same for all queries is spent on the order
    masked = len(collapsed(mask)) > 1 and not mask.all()
    lists = np.zeros((count, LISTED), np.int64), np.zeros(count, np.int64), np.ones(count, np.bool_)
    rows, columns = read_only(np.ascontiguousarray(query)), read_only(np.ascontiguousarray(keys))
    size = min(max(_TILE_BYTES // (8 * dimension), _LEAST_TILE), _MOST_TILE)

    def block(first: int, last: int) -> None:
        allowed = mask[first:last] if masked else mask[:0, :0]
        limits = threshold[first:last] if filtered else threshold[:0, :0]
        contend(
            rows, first, last, columns, read_only(order), read_only(weight), shared, beta,
            relative_error(dimension), read_only(np.ascontiguousarray(allowed)), masked,
            read_only(np.ascontiguousarray(limits)), filtered, size, *lists,
        )  # fmt: skip

    most = _MOST_COPIED if filtered or masked else _MOST_ROWS
    step = min(most, -(-count // thread_count()))
    run(partial(block, first, min(first + step, count)) for first in range(0, count, step))

    listed, lengths, certain = lists
    decided = (lengths == 1) & certain
    index[decided] = listed[decided, 0]
    asked = partial(_ask, query, keys, alpha, beta, threshold if filtered else None, mask)
    for row in np.flatnonzero((lengths > 0) & ~decided):
        index[row] = asked(np.array([row]), np.sort(listed[row, : lengths[row]]))[0]
    left = np.flatnonzero(lengths == UNDECIDED)
    if left.size:
        index[left] = asked(left, np.sort(order))
    return index


def _ask(
    query: Rows,
    keys: Rows,
    alpha: Float,
    beta: float,
    threshold: Float | None,
    mask: Bool,
    rows: Index,
    columns: Index,
) -> Index:
    """The reference's answer for some queries, with some of the keys, in ascending order."""
    part = keys[columns].astype(np.float64, copy=False)
    pairs = np.ix_(rows, columns)
    allowed = mask[pairs]
    index, _ = search(
        Inputs(
            query=query[rows].astype(np.float64, copy=False),
            keys=part,
            values=part,
            alpha=alpha[columns],
            beta=beta,
            threshold=np.full(allowed.shape, np.inf) if threshold is None else threshold[pairs],
            mask=allowed,
            fill=part[:0],
        )
    )
    return np.where(index >= 0, columns[index], -1)
