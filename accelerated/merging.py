"""What a chunk of keys tells the others: its candidates, their merge, and the finished selection.

A candidate is the winner of one query over one set of keys. It carries its exact order key, since
energies saturate (GDA-thm-merge), and the rows that the result needs, so that nothing is looked up
again in the key set. All functions work on NumPy blocks; `distributed` places them in a graph.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from gd_attention.distances import pair_separations
from gd_attention.merge import ABSTENTION, OrderKey, order_key
from gd_attention.selection import Selection, completed
from gd_attention.validation import checked
from numpy.typing import NDArray

from .cpu import gd_attention

__all__ = ["Candidate", "candidates", "finished", "first"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Candidate:
    """The selection of one query over some of the keys.

    Attributes
    ----------
    order : OrderKey
        Exact place; its index is global, and -1 for an abstention.
    key : (D,) or None
        Row of the selected key.
    value : (V,) or None
        Row of its value.
    alpha : float
        Its mixing weight; 1/2 for an abstention.

    Notes
    -----
    Clause: GDA-thm-merge.
    """

    order: OrderKey
    key: Array | None
    value: Array | None
    alpha: float


_NONE = Candidate(ABSTENTION, None, None, 0.5)


def candidates(
    query: Array,
    keys: Array,
    values: Array | None,
    alpha: Array,
    threshold: Array,
    mask: Array | None,
    position: Array,
    *,
    beta: float,
) -> Array:
    """Candidates (B..., M, 1) of a block of queries over a chunk of keys.

    Arguments are blocks with the axes of `gd_attention`; `position` (N,) holds global indices.

    Raises
    ------
    TypeError, ValueError, PrecisionCapError
        As `gd_attention`. The offending index counts from the start of the blocks; the message
        adds where the keys of the chunk start.
    """
    try:
        found = gd_attention(
            query, keys, values, alpha=alpha, beta=beta, threshold=threshold, mask=mask
        )
    except (TypeError, ValueError) as error:
        start = int(position[0]) if position.size else 0
        raise type(error)(f"{error} (counted in the chunk whose keys start at {start})") from error
    index = found.index
    batch = index.shape[:-1]
    query = np.broadcast_to(query, (*index.shape, query.shape[-1]))
    keys = np.broadcast_to(keys, (*batch, *keys.shape[-2:]))
    weights = np.broadcast_to(alpha, (*batch, keys.shape[-2]))
    result = np.full(index.shape, _NONE, dtype=object)
    for place in zip(*np.nonzero(index >= 0), strict=True):
        entry, chosen = place[:-1], int(index[place])
        # copies: a view would hold the whole chunk in memory until the merge
        key, weight = keys[entry][chosen].copy(), float(weights[entry][chosen])
        order = order_key(
            int(position[chosen]),
            query[place].astype(np.float64), key.astype(np.float64), weight, beta,
        )  # fmt: skip
        result[place] = Candidate(order, key, found.output[place].copy(), weight)
    return result[..., None]


def first(block: Array, axis: int | Sequence[int], keepdims: bool) -> Array:
    """The candidates that come first in the order by (exact E*, global index), along one axis.

    Clause: GDA-thm-merge.
    """
    (along,) = (axis,) if isinstance(axis, int) else axis
    moved = np.moveaxis(block, along, -1)
    result = np.empty(moved.shape[:-1], dtype=object)
    for place in np.ndindex(result.shape):
        result[place] = min(moved[place], key=lambda candidate: candidate.order)
    return np.expand_dims(result, along) if keepdims else result


def finished(
    winners: Array,
    query: Array,
    fill: Array,
    *,
    beta: float,
    width: int,
    value_dtype: np.dtype[Any],
) -> Selection:
    """The selection of a block of queries (B..., M) whose winners over all keys are known.

    Every query is completed as a call of its own with one key, by the function that completes the
    reference's calls.
    """
    shape, dimension = winners.shape, query.shape[-1]
    flat = winners.ravel()
    rows = np.ascontiguousarray(
        np.broadcast_to(query, (*shape, dimension)), dtype=np.float64
    ).reshape(-1, 1, dimension)
    keys, values = np.zeros_like(rows), np.zeros((len(flat), 1, width), dtype=value_dtype)
    weights, index = np.full((len(flat), 1), 0.5), np.full((len(flat), 1), -1, dtype=np.int64)
    for number, winner in enumerate(flat):
        if winner.order.index >= 0:
            keys[number, 0], values[number, 0] = winner.key, winner.value
            weights[number], index[number] = winner.alpha, 0
    inputs = checked(
        rows, keys, values, weights, beta, math.inf, (index >= 0)[..., None],
        np.broadcast_to(fill, (*shape, width)).reshape(-1, 1, width),
    )  # fmt: skip
    separation = np.zeros(index.shape)
    chosen = index[:, 0] >= 0
    separation[chosen, 0] = pair_separations(rows[chosen, 0], keys[chosen, 0], beta)
    result = completed(inputs, index, separation)
    return replace(
        result,
        index=np.array([winner.order.index for winner in flat], np.int64).reshape(shape),
        output=result.output.reshape(*shape, width),
        energy=result.energy.reshape(shape),
        coordinate=result.coordinate.reshape(shape),
        alignment_point=result.alignment_point.reshape(*shape, dimension),
        unique=result.unique.reshape(shape),
    )
