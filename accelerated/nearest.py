"""The exact nearest key of every query, for keys that share one alpha (GDA-thm-nearest)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contest import UNDECIDED
from .engines import Engine, offered
from .expansion import OPEN, nearer
from .packing import Frame, Packed, Part, frame_of, parts, read_only, spread, squares_of
from .plain import nearest_row, sign_row
from .search import Winners, scan_keys, search_part

__all__ = ["nearest", "squared_distance_sign"]

Rows = NDArray[np.floating[Any]]

# Squared norm of a centred query, in units of the largest key, up to which float32 sums cannot
# overflow: (2^60)^2.
_FAR = 2.0**120
_FEW_QUERIES = 4  # for fewer, packing the keys costs more than looking at each once
_FEW_KEYS = 64  # a block would be mostly padding


def nearest(
    query: Rows,
    keys: Rows,
    *,
    packed: Packed | None = None,
    engines: Sequence[Engine] | None = None,
) -> NDArray[np.int64]:
    """The index of the key nearest to each query in real arithmetic, ties to the least index.

    Parameters
    ----------
    query : float32 or float64, shape (M, D)
        Finite.
    keys : float32 or float64, shape (N, D)
        Finite, N >= 1.
    packed : Packed, optional
        The result of ``pack(keys)``. Without it the keys are packed in parts and forgotten.
    engines : sequence of Engine, optional
        The screens to use, cheapest first; by default those that pay on this CPU.

    Returns
    -------
    int64, shape (M,)

    Notes
    -----
    Clauses: GDA-thm-nearest, GDA-thm-screening, GDA-select-ties.

    The answer does not depend on engines, threads or block sizes: every key that a proved bound
    does not exclude competes in exact arithmetic.
    """
    if query.shape[0] == 0 or query.shape[1] == 0:
        return np.zeros(query.shape[0], np.int64)
    if packed is None:
        kept, shift, frame = frame_of(keys)
    else:
        kept, shift, frame = packed.keys, packed.shift, packed.frame
    winners = Winners.of(len(query))
    plain = np.ones(len(query), np.bool_)
    if frame is not None:
        shifted = read_only(np.ascontiguousarray(query if shift == 0 else _shifted(query, shift)))
        squares = squares_of(shifted, 0, len(query), frame)
        plain = ~(squares <= _FAR)
        if shift != 0:
            plain |= (np.ldexp(shifted, -shift) != query).any(axis=1)
        rows = np.flatnonzero(~plain)
        if len(rows):
            _compete(shifted, rows, squares, kept, frame, packed, winners, engines)
        plain |= winners.status == UNDECIDED
    for row in np.flatnonzero(plain):
        winners.index[row] = nearest_row(query[row], keys)
    return winners.index


def squared_distance_sign(query_row: Rows, key_i: Rows, key_j: Rows) -> int:
    """The sign of ``|q - k_i|^2 - |q - k_j|^2`` in real arithmetic: -1, 0 or 1.

    Parameters
    ----------
    query_row, key_i, key_j : float32 or float64, shape (D,)
        Finite.

    Notes
    -----
    Clauses: GDA-thm-nearest, GDA-conv-real.
    """
    sign = nearer(*(read_only(np.ascontiguousarray(row)) for row in (query_row, key_i, key_j)))
    return sign_row(query_row, key_i, key_j) if sign == OPEN else int(sign)


def _compete(
    query: Rows,
    rows: NDArray[np.int64],
    squares: NDArray[np.float64],
    keys: Rows,
    frame: Frame,
    packed: Packed | None,
    winners: Winners,
    engines: Sequence[Engine] | None,
) -> None:
    """Find the winners of ``rows`` by the route that suits the size of the call."""
    few = len(keys) < _FEW_KEYS or (packed is None and len(rows) <= _FEW_QUERIES)
    if few and engines is None:
        scan_keys(query, rows, keys, winners)
        return
    if spread(squares[rows]):
        # queries that share a byte scale and a bound should be alike
        rows = rows[np.argsort(squares[rows], kind="stable")]
    chain = offered(query.shape[1]) if engines is None else engines
    whole: Iterable[Part] = parts(keys, frame)
    if packed is not None and packed.part is not None:
        whole = (packed.part,)
    for part in whole:
        undecided = winners.status[rows] == UNDECIDED
        search_part(query, rows[~undecided], part, winners, chain)


def _shifted(query: Rows, shift: int) -> Rows:
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(query, shift)
