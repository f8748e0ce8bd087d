"""One batch entry, whatever tells its keys apart: the compiled search, driven.

`routes` leaves a short list per query (`rivals`), nearly always of one key. What the list leaves
open goes to the reference's search, with the keys of the list or with all; where one weight and no
filter tells the keys apart, to `nearest` in place of all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from gd_attention.search import search
from gd_attention.validation import Inputs
from numpy.typing import NDArray

from .entry import Entry
from .nearest import nearest
from .rivals import UNDECIDED
from .routes import passed, screened

__all__ = ["few", "search_entry", "trusted"]

Rows = NDArray[np.floating[Any]]
Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]

# Up to these, sorting and packing the keys costs more than letting each query look at each key.
# Among many keys the search for the first good ones weighs less, so more queries pass.
_FEW_QUERIES = 4
_SOME_QUERIES, _MANY_KEYS = 16, 1 << 16
_FEW_PAIRS = 1 << 12


def few(queries: int, keys: int) -> bool:
    """Whether so few queries that `search_entry` takes them past so many keys in one pass."""
    return queries <= _FEW_QUERIES or (queries <= _SOME_QUERIES and keys >= _MANY_KEYS)


def trusted() -> None:
    """The doubt of a caller that has looked at all keys: a square was not finite by overflow."""


def search_entry(
    query: Rows,
    keys: Rows,
    alpha: Float,
    beta: float,
    threshold: Float,
    mask: Bool,
    doubt: Callable[[], object] = trusted,
) -> Index:
    """The selected key of every query of a batch entry; -1 where none is allowed.

    Parameters
    ----------
    query : float32 or float64 (M, D), keys : float32 or float64 (N, D)
        Finite in the rows that an unmasked pair reads; with `few` queries ``doubt`` may see to
        that.
    alpha : float64 (N,);  beta : float;  threshold : float64 (M, N);  mask : bool (M, N)
    doubt : callable
        Called, for `few` queries alone, if a squared distance is not finite: it raises unless all
        rows that are read are finite.

    Returns
    -------
    int64 (M,)
        A threshold that is common to all keys of a query is not asked: that is left to be asked
        about the winner (GDA-thm-filter-select).

    Notes
    -----
    Clauses: GDA-select-index, GDA-select-exact-order, GDA-select-priors, GDA-thm-decidability.
    """
    index = np.full(len(query), -1, np.int64)
    entry = Entry.of(query, keys, alpha, beta, threshold, mask)
    if not entry.count:
        return index
    one_pass = few(len(query), len(keys)) or len(query) * entry.count <= _FEW_PAIRS
    rivals = passed(entry, doubt) if one_pass else screened(entry)

    lengths = rivals.lengths
    decided = (lengths == 1) & rivals.sure[:, 0]
    index[decided] = rivals.listed[decided, 0]
    asked = partial(_ask, entry, alpha, mask)
    for row in np.flatnonzero((lengths > 0) & ~decided):
        index[row] = asked(np.array([row]), np.unique(rivals.listed[row, : lengths[row]]))[0]
    left = np.flatnonzero(lengths == UNDECIDED)
    if left.size:
        columns = np.arange(len(keys)) if entry.every else entry.columns
        if entry.shared and not entry.masked and not entry.filtered:
            # the nearest key, at scales that the lists do not hold
            picked = entry.keys if entry.every else entry.keys[columns]
            index[left] = columns[nearest(entry.query[left], picked)]
        else:
            index[left] = asked(left, columns)
    return index


def _ask(entry: Entry, alpha: Float, mask: Bool, rows: Index, columns: Index) -> Index:
    """The reference's answer for some queries, with some of the keys, in ascending order."""
    part = entry.keys[columns].astype(np.float64, copy=False)
    allowed = mask[np.ix_(rows, columns)]
    threshold = np.full(allowed.shape, np.inf)
    if entry.filtered:
        own = rows if len(entry.threshold) > 1 else np.zeros_like(rows)
        threshold = entry.threshold[np.ix_(own, columns)]
    index, _ = search(
        Inputs(
            query=entry.query[rows].astype(np.float64, copy=False),
            keys=part,
            values=part,
            alpha=alpha[columns],
            beta=entry.beta,
            threshold=threshold,
            mask=allowed,
            fill=part[:0],
        )
    )
    return np.where(index >= 0, columns[index], -1)
