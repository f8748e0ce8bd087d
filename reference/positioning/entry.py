"""A row of the map: an operator, how it is fed with scores, and what it declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .record import Record, record

__all__ = ["Entry", "empty", "one_hot", "weighted"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Call = Callable[[Floats, Bools], Record]
Statistic = Callable[[Floats, Bools], Floats]


@dataclass(frozen=True)
class Entry:
    """One operator in one form.

    Attributes
    ----------
    key : str
        Short and permanent, ``monotonic-hard``.
    number : int or None
        Of the work in the list of 19; None for GD-Attention.
    name, lineage, module : str
        As the tables print them; the module is the one that holds the operator.
    call : callable
        ``(scores, mask) -> Record``, both of shape (I, N).
    adapter : str
        In one sentence, what was chosen to feed the operator with scores.
    ties : {'share', 'first', 'last', 'first and last'}
        What becomes of equal scores at the top.
    statistic : callable or None
        ``(scores, mask) -> (I,)``: the scalar that the method exposes, larger = better supported.
    used : bool
        Whether the method itself decides by that statistic.
    descends : bool
        Whether the method has dynamics of its own along which its energy never increases.
    """

    key: str
    number: int | None
    name: str
    lineage: str
    module: str
    call: Call
    adapter: str
    ties: str
    statistic: Statistic | None = None
    used: bool = False
    descends: bool = False


def empty(mask: Bools) -> Floats:
    """1 where no candidate is present, else 0: the mass of none that is no judgement."""
    return np.where(mask.any(axis=-1), 0.0, 1.0)


def weighted(weights: Callable[[Floats, Bools], Floats]) -> Call:
    """The call of an operator with weights, whose mass of none is that of empty sets alone."""

    def call(scores: Floats, mask: Bools) -> Record:
        return record(weights(scores, mask), structural=empty(mask))

    return call


def one_hot(choose: Callable[[Floats, Bools], NDArray[np.int64]]) -> Call:
    """The call of an operator that names one candidate, or -1 for none."""

    def call(scores: Floats, mask: Bools) -> Record:
        index = choose(scores, mask)
        hot = (index[:, None] == np.arange(scores.shape[1])).astype(np.float64)
        return record(hot, structural=empty(mask))

    return call
