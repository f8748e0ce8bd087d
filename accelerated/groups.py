"""Batch entries that read the same keys, and what their arguments have in common.

Arguments come broadcast, so an axis along which one does not vary has stride 0. Such an axis is cut
to length 1 before anything is looked at: no question costs more than the argument that was given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from gd_attention.validation import Inputs
from numpy.typing import NDArray

from .packing import read_only
from .weights import one_weight

__all__ = ["Group", "collapsed", "constant", "groups"]

_BLOCK = 1 << 20  # elements compared at once


@dataclass(frozen=True, eq=False)
class Group:
    """The entries of a call that read the same keys. R... are their leading dimensions.

    Attributes
    ----------
    here : tuple
        Where the group lies in the leading dimensions of the call.
    query : (R..., M, D)
    keys : (N, D)
    alpha : float64 (R..., N)
    beta : float
    threshold : float64 (R..., M, N)
    mask : bool (R..., M, N)
    """

    here: tuple[Any, ...]
    query: NDArray[Any]
    keys: NDArray[Any]
    alpha: NDArray[np.float64]
    beta: float
    threshold: NDArray[np.float64]
    mask: NDArray[np.bool_]

    def columns(self) -> NDArray[np.int64] | None:
        """The keys that every query of the group may select, if the mask is the same for all."""
        mask = collapsed(self.mask)
        if mask.size != mask.shape[-1]:
            if not mask.all():
                return None
            mask = mask[(0,) * (mask.ndim - 1)]
        return np.flatnonzero(np.broadcast_to(mask.reshape(-1), len(self.keys)))

    def shared(self, columns: NDArray[np.int64]) -> bool:
        """Whether in each entry these keys have the same weight."""
        alpha = collapsed(self.alpha)
        if alpha.shape[-1] == 1:
            return True
        every = columns.size == len(self.keys)
        return all(
            one_weight(read_only(np.ascontiguousarray(alpha[entry])), columns, every)
            for entry in np.ndindex(alpha.shape[:-1])
        )

    def common(self) -> bool:
        """Whether every query has one threshold for all keys."""
        return constant(self.threshold)


def groups(inputs: Inputs) -> Iterator[Group]:
    """The call in groups of entries that read the same keys."""
    keys = inputs.keys
    varies = [size > 1 and step != 0 for size, step in zip(keys.shape, keys.strides, strict=True)]
    lead = varies[:-2]
    shape = tuple(size if v else 1 for size, v in zip(keys.shape[:-2], lead, strict=True))
    for entry in np.ndindex(shape):
        here = tuple(i if v else slice(None) for i, v in zip(entry, lead, strict=True))
        yield Group(
            here, inputs.query[here], keys[entry], inputs.alpha[here], inputs.beta,
            inputs.threshold[here], inputs.mask[here],
        )  # fmt: skip


def collapsed(array: NDArray[Any]) -> NDArray[Any]:
    """The array with every axis of stride 0 cut to length 1."""
    cut = tuple(slice(1) if step == 0 else slice(None) for step in array.strides)
    return array[cut]


def constant(array: NDArray[np.float64]) -> bool:
    """Whether each row, along the last axis, holds one value."""
    array = collapsed(array)
    if array.shape[-1] == 1:
        return True
    rows = max(1, _BLOCK // array.shape[-1])
    for lead in np.ndindex(array.shape[:-2]):
        table = array[lead]
        for first in range(0, len(table), rows):
            part = table[first : first + rows]
            if not (part == part[:, :1]).all():
                return False
    return True
