"""What an operator did with each set of scores, in one form for all operators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Record", "record"]

Floats = NDArray[np.float64]

# Weights are sums of at most a few dozen rounded terms of size one: a unit mass is off by less than
# 64 eps, and this is more than a thousand times that. It separates rounding from a lost mass.
_MASS = 1e-9


@dataclass(frozen=True)
class Record:
    """Weights of the candidates, and the mass that went to none of them.

    Attributes
    ----------
    weights : ndarray, shape (I, N)
        Mass of candidate N in instance I, at least 0, dimensionless.
    none : ndarray, shape (I,)
        Mass that went to no candidate; ``weights.sum(-1) + none`` is 1.
    structural : ndarray, shape (I,)
        The part of ``none`` that is no judgement of the scores: an empty set, a full expert, a
        token that no cluster took.
    """

    weights: Floats
    none: Floats
    structural: Floats

    @property
    def evidential(self) -> Floats:
        """The part of ``none`` that follows from the scores, shape (I,)."""
        return self.none - self.structural


def record(weights: Floats, *, structural: Floats | None = None) -> Record:
    """The record of weights whose missing mass went to none.

    Parameters
    ----------
    weights : ndarray, shape (I, N)
        At least 0, with a sum of at most 1.
    structural : ndarray, shape (I,), optional
        See `Record`. Without it, the whole mass of an instance with no candidate left is to be
        given by the caller; the default is 0.

    Raises
    ------
    ValueError
        A weight is negative or not a number, or a sum exceeds 1 by more than rounding.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if not (weights >= 0).all():
        raise ValueError("weights: expected numbers of at least 0, got a negative one or NaN")
    total = weights.sum(axis=-1)
    if (total > 1 + _MASS).any():
        raise ValueError(f"weights: expected sums of at most 1, got {total.max()!r}")
    none = np.where(total > 1 - _MASS, 0.0, 1 - total)
    if structural is None:
        structural = np.zeros(len(weights))
    # a sum of weights may exceed 1 by rounding: the mass of none is at least 0
    structural = np.clip(np.asarray(structural, dtype=np.float64), 0.0, none)
    return Record(weights, none, structural)
