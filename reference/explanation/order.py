"""The first keys of a query in the exact order, chunk by chunk of keys.

The first n keys of a set are among the first n of its parts, so chunks are searched one by one and
their first keys sorted by their exact order keys (T16). In a chunk the exact least is asked for,
and closed, n times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from gd_attention.arguments import as_float64
from gd_attention.merge import OrderKey, order_key
from gd_attention.search import Block, blocks
from gd_attention.validation import Inputs
from numpy.typing import NDArray

__all__ = ["Order", "chunks", "first_keys"]

_CHUNK = 1 << 20  # coordinates of a chunk

Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Order:
    """What the order says about a query.

    Attributes
    ----------
    first : list of OrderKey
        The first keys that are not masked.
    admitted : list of OrderKey
        The first two that are admitted.
    count : int
        How many are admitted.
    """

    first: list[OrderKey]
    admitted: list[OrderKey]
    count: int


def chunks(inputs: Inputs) -> Iterator[tuple[int, Block]]:
    """The call of one query in chunks of keys: where each begins, and the chunk."""
    step = max(1, _CHUNK // inputs.keys.shape[1])
    for start in range(0, inputs.keys.shape[0], step):
        here = slice(start, start + step)
        part = replace(
            inputs,
            query=as_float64(inputs.query),
            keys=as_float64(inputs.keys[here]),
            values=inputs.values[here],
            alpha=inputs.alpha[here],
            threshold=inputs.threshold[:, here],
            mask=inputs.mask[:, here],
        )
        for block in blocks(part):
            yield start, block


def first_keys(inputs: Inputs, count: int) -> Order:
    """The first keys of a call of one query, and the admitted ones among them.

    Clauses: GDA-select-exact-order, GDA-select-ties, GDA-thm-merge.
    """
    first: list[OrderKey] = []
    admitted: list[OrderKey] = []
    total = 0
    for start, block in chunks(inputs):
        allowed = block.admitted()
        total += int(np.count_nonzero(allowed))
        first = sorted([*first, *_least(block, block.mask, count, start)])[:count]
        admitted = sorted([*admitted, *_least(block, allowed, 2, start)])[:2]
    return Order(first, admitted, total)


def _least(block: Block, allowed: Bool, count: int, start: int) -> Iterator[OrderKey]:
    """The first keys of a chunk."""
    left = allowed.copy()
    for _ in range(count):
        index = int(block.least(left)[0])
        if index < 0:
            return
        left[0, index] = False
        alpha = float(block.alpha[index])
        yield order_key(start + index, block.query[0], block.keys[index], alpha, block.beta)
