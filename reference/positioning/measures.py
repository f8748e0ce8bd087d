"""The numbers of the two axes, taken from records.

Horizontal, from blending to discrete selection: how many candidates keep weight, how concentrated
the weight is, how often exactly one candidate has all of it. Vertical, from no control of
consistency to control: how much mass goes to none when the evidence is ambiguous, and when it is
weak in absolute terms. The numbers stay apart: a sharp softmax is concentrated and never one-hot,
and a rejection of ambiguity is no rejection of novelty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .families import Family
from .record import Record

__all__ = ["Horizontal", "Range", "Vertical", "auroc", "exclusion", "horizontal", "vertical"]

Floats = NDArray[np.float64]
Call = Callable[[Floats, NDArray[np.bool_]], Record]


@dataclass(frozen=True)
class Range:
    """Least, median and greatest of a number over the instances; NaN where there is none."""

    least: float
    median: float
    greatest: float


@dataclass(frozen=True)
class Horizontal:
    """The horizontal numbers of one family, over the instances that are not rejected whole.

    Attributes
    ----------
    support : Range
        Share of the candidates with a weight above 0.
    concentration : Range
        ``1 - (exp(H) - 1) / (n - 1)`` with H the entropy of the weights given acceptance:
        1 for one-hot weights, 0 for equal ones.
    distance : Range
        ``1 - max w``.
    one_hot : float
        Share of the instances whose weights are exactly one 1 and zeros; NaN if all are rejected.
    """

    support: Range
    concentration: Range
    distance: Range
    one_hot: float


@dataclass(frozen=True)
class Vertical:
    """The vertical numbers; a difference of mean masses is in [-1, 1].

    Attributes
    ----------
    ambiguity : float
        Mass of none on AMB less that on COH.
    novelty : float
        Mass of none on SHD less that on COH: the same relative evidence, less absolute evidence.
    single : float
        Mass of none on SING.
    structural : float
        Mass of none on COH and on EMPTY that is no judgement of the scores, the larger of the two.
    """

    ambiguity: float
    novelty: float
    single: float
    structural: float


def horizontal(found: Record) -> Horizontal:
    """The horizontal numbers of one record."""
    kept = found.weights.sum(axis=-1) > 0
    weights = found.weights[kept]
    weights = weights / weights.sum(axis=-1, keepdims=True)
    width = weights.shape[-1]
    # 0 log 0 = 0: a candidate with no weight adds nothing to the entropy
    logs = np.log(weights, out=np.zeros_like(weights), where=weights > 0)
    breadth = np.exp(-(weights * logs).sum(axis=-1))
    # a weight may round to 1 beside others that are tiny and not zero
    one_hot = (weights == 1.0).any(axis=-1) & ((weights > 0).sum(axis=-1) == 1)
    return Horizontal(
        support=_range((weights > 0).mean(axis=-1)),
        concentration=_range(1 - (breadth - 1) / (width - 1)),
        distance=_range(1 - weights.max(axis=-1, initial=0.0)),
        one_hot=float(one_hot.mean()) if kept.any() else float("nan"),
    )


def vertical(records: dict[str, Record]) -> Vertical:
    """The vertical numbers of the records of COH, AMB, SHD, SING and EMPTY."""
    mass = {name: float(found.evidential.mean()) for name, found in records.items()}
    return Vertical(
        ambiguity=mass["AMB"] - mass["COH"],
        novelty=mass["SHD"] - mass["COH"],
        single=mass["SING"],
        structural=max(float(records[name].structural.mean()) for name in ("COH", "EMPTY")),
    )


def exclusion(call: Call, family: Family, found: Record) -> tuple[float, float, float]:
    """What becomes of each candidate when it stands alone.

    Returns
    -------
    absolute, relative : float
        Of the candidates with weight 0 in the full set, the share that is rejected alone too, and
        the share that is accepted alone; NaN if no weight is 0. They sum to 1.
    competition : float
        Share of all candidates whose acceptance changes when the others are taken away.
    """
    alone = np.zeros(family.scores.shape, dtype=np.bool_)
    for column in range(family.scores.shape[1]):
        mask = np.zeros_like(family.mask)
        mask[:, column] = True
        alone[:, column] = call(family.scores, mask).weights[:, column] > 0
    present = found.weights > 0
    dropped = int((~present).sum())
    competition = float((present != alone).mean())
    if not dropped:
        return float("nan"), float("nan"), competition
    relative = int((~present & alone).sum()) / dropped
    return 1 - relative, relative, competition


def auroc(positive: Floats, negative: Floats) -> float:
    """The chance that a statistic is larger on a positive than on a negative, ties counted half."""
    above = (positive[:, None] > negative).mean()
    return float(above + (positive[:, None] == negative).mean() / 2)


def _range(values: Floats) -> Range:
    if not values.size:
        return Range(*[float("nan")] * 3)
    return Range(float(values.min()), float(np.median(values)), float(values.max()))
