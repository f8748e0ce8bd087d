"""Rows of the map: abstention [11, 12, 13]. The scores are the logits of the classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ..prior import chow, gibbs, rejectors, selective_risk, selectivenet
from .entry import Bools, Entry, Floats, one_hot

__all__ = ["ENTRIES"]

_LINEAGE = "abstention"
_CONFIDENT = 0.6  # threshold of the softmax response, between a clear winner and a tie of two
_COST = 0.4  # of a rejection: Chow's rule then accepts at a posterior of 0.6

Labels = NDArray[np.int64]


def _response(scores: Floats, mask: Bools) -> Labels:
    label, confidence = selective_risk.softmax_response(scores, mask)
    return np.where(selective_risk.accept(confidence, _CONFIDENT), label, -1)


def _confidence(scores: Floats, mask: Bools) -> Floats:
    return selective_risk.softmax_response(scores, mask)[1]


def _gate(scores: Floats, mask: Bools) -> Floats:
    gate: Floats = expit(rejectors.evidence(scores, 1.0, mask))
    return gate


def _gated(scores: Floats, mask: Bools) -> Labels:
    label, _ = selective_risk.softmax_response(scores, mask)
    return selectivenet.select(label, _gate(scores, mask))


def _chow(scores: Floats, mask: Bools) -> Labels:
    return chow.chow(gibbs.gibbs_weights(scores, 1.0, mask), _COST)


def _evidence(scores: Floats, mask: Bools) -> Floats:
    return rejectors.evidence(scores, 1.0, mask)


def _novelty(scores: Floats, mask: Bools) -> Labels:
    label, _ = selective_risk.softmax_response(scores, mask)
    return rejectors.reject(label, _evidence(scores, mask), 0.0)


ENTRIES = (
    Entry(
        "softmax-response",
        11,
        "softmax response",
        _LINEAGE,
        "selective_risk",
        one_hot(_response),
        f"accepted at a confidence of {_CONFIDENT:g}",
        "first",
        statistic=_confidence,
        used=True,
    ),
    Entry(
        "selectivenet",
        12,
        "SelectiveNet, gate on the evidence",
        _LINEAGE,
        "selectivenet",
        one_hot(_gated),
        "the gate, learned in the work, is here the sigmoid of the log partition function",
        "first",
        statistic=_gate,
        used=True,
    ),
    Entry(
        "chow",
        13,
        "Chow's rule",
        _LINEAGE,
        "chow",
        one_hot(_chow),
        f"posterior softmax(s), cost of a rejection {_COST:g}",
        "first",
        statistic=_confidence,
        used=True,
    ),
    Entry(
        "novelty-rejector",
        13,
        "novelty rejector on the evidence",
        _LINEAGE,
        "rejectors",
        one_hot(_novelty),
        "accepted where the log partition function is at least 0, a choice of this map",
        "first",
        statistic=_evidence,
        used=True,
    ),
)
