"""Operators that answer with a label and may abstain, all from the same squared distances.

Each gets the keys, their labels and nothing else. A level says how much a query has to be trusted:
it is accepted by a threshold at or above its level. Only for hard monotonic attention does the
answer itself change with the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from gd_attention.calibration import energy_levels, leave_one_out
from gd_attention.prior import chow, gibbs, monotonic, rejectors, selective_risk, topk
from numpy.typing import NDArray

__all__ = ["BETAS", "Answers", "Fitted", "answers", "fit", "squared_distances"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]

KEPT = 5


@dataclass(frozen=True, eq=False)
class Answers:
    """What one operator says to a set of queries.

    Attributes
    ----------
    level : float64 (M,)
        In [0, inf]; accepted where ``level <= threshold``.
    label : int64 (M,)
    label_at : function or None
        The labels at a threshold, where they depend on it.
    """

    level: Float
    label: Int
    label_at: Callable[[float], Int] | None = None


@dataclass(frozen=True, eq=False)
class Fitted:
    """Keys, and the precision that each operator chose on them by the same criterion."""

    keys: Float
    labels: Int
    beta: dict[str, float]


def squared_distances(query: Float, keys: Float) -> Float:
    """|q - k|^2 by differences; exact where the entries are small integers."""
    return np.stack([((query - key) ** 2).sum(axis=1) for key in keys], axis=1)


# steps of two; for lengths of some ten to some sixty pixel values separations from 0.002 to 400
BETAS = tuple(2.0**power for power in range(-16, -2))


def fit(keys: Float, labels: Int, betas: tuple[float, ...] = BETAS) -> Fitted:
    """For each operator the beta of the least Brier score, every key asking all the others."""
    squares, others = squared_distances(keys, keys), ~np.eye(len(keys), dtype=bool)
    chosen = {"GD-Attention": leave_one_out(keys, labels, np.array(betas), criterion="brier").beta}
    truth = (labels[:, None] == np.unique(labels)).astype(np.float64)
    for name, posterior in _POSTERIORS.items():
        scores = [
            ((posterior(squares, labels, beta, others) - truth) ** 2).sum(axis=1).mean()
            for beta in betas
        ]
        chosen[name] = betas[int(np.argmin(scores))]
    return Fitted(keys, labels, chosen)


def answers(fitted: Fitted, query: Float, alpha: float = 0.5) -> dict[str, Answers]:
    """The answers of all operators to the same queries."""
    squares, names = squared_distances(query, fitted.keys), np.unique(fitted.labels)
    found = energy_levels(query, fitted.keys, alpha=alpha, beta=fitted.beta["GD-Attention"])
    near = fitted.labels[found.index]
    said = {"GD-Attention": Answers(found.level, near)}

    logits = _class_logits(squares, fitted.labels, fitted.beta["softmax response"])
    label, _ = selective_risk.softmax_response(logits)
    said["softmax response"] = Answers(_doubt(gibbs.gibbs_weights(logits)), names[label])

    posterior = _POSTERIORS["Chow"](squares, fitted.labels, fitted.beta["Chow"])
    said["Chow"] = Answers(_doubt(posterior), names[chow.chow(posterior, 1.0)])

    votes = _POSTERIORS["top-k"](squares, fitted.labels, fitted.beta["top-k"])
    said["top-k"] = Answers(_doubt(votes), names[np.argmax(votes, axis=1)])

    # the log partition function is at most log N, where all keys lie on the query
    beta = fitted.beta["Chow"]
    evidence = rejectors.evidence(-beta * squares, 1.0)
    level = np.maximum(math.log(len(fitted.keys)) - evidence, 0.0)
    said["evidence"] = Answers(level, near)

    least = squares.min(axis=1)

    def first_within(threshold: float) -> Int:
        # energies of squared length; the strict test of the process becomes "at most" by a step
        energies = np.nextafter(threshold, np.inf) - squares
        index = monotonic.hard_process(monotonic.fires(energies)[:, None, :])[:, 0]
        return np.where(index < 0, -1, fitted.labels[index])

    said["hard monotonic"] = Answers(least, first_within(np.inf), first_within)
    return said


def _mass(weights: Float, labels: Int) -> Float:
    mass = np.stack([weights[:, labels == name].sum(axis=1) for name in np.unique(labels)], axis=1)
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))


def _class_logits(squares: Float, labels: Int, beta: float, mask: Any = True) -> Float:
    """A class's logit is the score of its nearest key."""
    scores = np.where(mask, -beta * squares, -np.inf)
    return np.stack([scores[:, labels == name].max(axis=1) for name in np.unique(labels)], axis=1)


def _response(squares: Float, labels: Int, beta: float, mask: Any = True) -> Float:
    logits = _class_logits(squares, labels, beta, mask)
    # a class whose only key asks is none of the answers
    held = logits > -np.inf
    return gibbs.gibbs_weights(np.where(held, logits, 0.0), 1.0, held)


def _kernel(squares: Float, labels: Int, beta: float, mask: Any = None) -> Float:
    return _mass(gibbs.gibbs_weights(-beta * squares, 1.0, mask), labels)


def _kept(squares: Float, labels: Int, beta: float, mask: Any = None) -> Float:
    return _mass(topk.topk_weights(-beta * squares, KEPT, mask), labels)


_POSTERIORS: dict[str, Callable[..., Float]] = {
    "softmax response": _response,
    "Chow": _kernel,
    "top-k": _kept,
}


def _doubt(posterior: Float) -> Float:
    """1 minus the largest probability, as the sum of the others: it keeps its digits near 0."""
    return np.sort(posterior, axis=1)[:, :-1].sum(axis=1)
