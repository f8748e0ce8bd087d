"""Rows of the map: hard selection and alignment [5, 6, 7, 8, 18, 19]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..prior import (
    margin_model,
    monotonic,
    monotonic_expected,
    pointer,
    pointer_decoding,
    topk,
    unique_hard,
)
from .entry import Bools, Entry, Floats, empty, one_hot, weighted
from .record import Record, record

__all__ = ["ENTRIES", "STEEPNESS"]

_LINEAGE = "hard selection and alignment"
# Norm of the direction p of [8], along its path. The largest gap of scores in the sweep is below
# 180, and exp(-4 * 180) is still a number above 0: every token keeps weight, as the model says.
STEEPNESS = 4.0
_KEPT = 2  # k of [7]


def _expected(scores: Floats, mask: Bools) -> Record:
    fires = monotonic.selection_probabilities(scores, mask)
    weights = monotonic_expected.expected_alignment(fires[:, None, :])[:, 0]
    return record(weights, structural=empty(mask))


def _best(scores: Floats, mask: Bools) -> Floats:
    return np.asarray(np.where(mask, scores, -np.inf).max(axis=-1))


def _steep(scores: Floats, mask: Bools) -> Floats:
    # one-dimensional keys: the score along the direction p, whose norm scales it; the model has no
    # input without tokens
    weights = np.zeros(scores.shape)
    some = mask.any(axis=-1)
    if some.any():
        keys = scores[some, :, None]
        weights[some] = margin_model.attention_weights(np.array([STEEPNESS]), keys, mask[some])
    return weights


def _first_above(scores: Floats, mask: Bools) -> NDArray[np.int64]:
    return monotonic.hard_process((mask & (scores > 0))[:, None, :])[:, 0]


def _leftmost(scores: Floats, mask: Bools) -> NDArray[np.int64]:
    return unique_hard.unique_hard_index(scores, mask, tie="leftmost")


def _rightmost(scores: Floats, mask: Bools) -> NDArray[np.int64]:
    return unique_hard.unique_hard_index(scores, mask, tie="rightmost")


def _predicate(scores: Floats, mask: Bools) -> NDArray[np.int64]:
    # an attention of a B-RASP program reads the position that unique-hard attention reads at a
    # Boolean score among the positions where the score holds
    holds = mask & (scores >= 0)
    return unique_hard.unique_hard_index(np.ones_like(scores), holds, tie="rightmost")


def _pairs(scores: Floats, mask: Bools) -> Floats:
    weights: Floats = topk.topk_weights(scores, _KEPT, mask)
    return weights


ENTRIES = (
    Entry(
        "pointer",
        5,
        "pointer network, distribution",
        _LINEAGE,
        "pointer",
        weighted(pointer.pointer_probabilities),
        "the scores are the u_j; those of a fixed v are bounded, so SHD is at score level only",
        "share",
    ),
    Entry(
        "pointer-greedy",
        5,
        "pointer network, greedy",
        _LINEAGE,
        "pointer_decoding",
        one_hot(pointer_decoding.greedy_pointer),
        "as the distribution",
        "first",
    ),
    Entry(
        "monotonic-expected",
        6,
        "monotonic attention, expected",
        _LINEAGE,
        "monotonic_expected",
        _expected,
        "one output step from the first entry on; the scores are the energies",
        "first",
        statistic=_best,
        used=True,
    ),
    Entry(
        "monotonic-hard",
        6,
        "monotonic attention, hard",
        _LINEAGE,
        "monotonic",
        one_hot(_first_above),
        "one output step from the first entry on; an entry fires at a positive energy",
        "first",
        statistic=_best,
        used=True,
    ),
    Entry(
        "top-k",
        7,
        f"top-k attention, k = {_KEPT}",
        _LINEAGE,
        "topk",
        weighted(_pairs),
        f"k = {_KEPT}, softmax activation",
        "first",
    ),
    Entry(
        "attention-svm",
        8,
        f"max-margin token selection, |p| = {STEEPNESS:g}",
        _LINEAGE,
        "margin_model",
        weighted(_steep),
        f"keys along one direction, p = {STEEPNESS:g} along it: a finite point of the path",
        "share",
    ),
    Entry(
        "unique-hard-left",
        18,
        "unique-hard attention, leftmost",
        _LINEAGE,
        "unique_hard",
        one_hot(_leftmost),
        "one reader of all positions",
        "first",
    ),
    Entry(
        "b-rasp",
        18,
        "B-RASP attention, score s >= 0",
        _LINEAGE,
        "brasp_run",
        one_hot(_predicate),
        "the predicate S(j) is s_j >= 0, a choice of this map; rightmost",
        "last",
        statistic=_best,
        used=True,
    ),
    Entry(
        "unique-hard-right",
        19,
        "unique-hard attention, rightmost",
        _LINEAGE,
        "unique_hard",
        one_hot(_rightmost),
        "one reader of all positions",
        "last",
    ),
)
