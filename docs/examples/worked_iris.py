"""Iris, leave-one-out: the published figures, and those of the nearest neighbour."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from gd_attention import gd_attention
from gd_attention.conformance.realdata import iris_features, iris_labels
from gd_attention.prior.gibbs import gibbs_weights
from numpy.typing import NDArray
from worked_tables import Table, share

__all__ = ["nearest", "softmax_votes", "tables"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def nearest(points: Float) -> Int:
    """The nearest other row of each row, in rational arithmetic; of equally near ones the first.

    Written without the operator, since it is what the operator is compared with.
    """
    rows = [[Fraction(x) for x in row] for row in points.tolist()]

    def squared(i: int, j: int) -> Fraction:
        return sum(((a - b) ** 2 for a, b in zip(rows[i], rows[j], strict=True)), Fraction(0))

    return np.array(
        [
            min((j for j in range(len(rows)) if j != i), key=lambda j, i=i: (squared(i, j), j))
            for i in range(len(rows))
        ]
    )


def softmax_votes(points: Float, labels: Int) -> Int:
    """The class that gets most of the softmax of the dot products with all other rows."""
    weights = gibbs_weights(points @ points.T, 1.0, ~np.eye(len(points), dtype=bool))
    votes = np.stack([weights[:, labels == c].sum(axis=1) for c in np.unique(labels)], axis=1)
    return np.argmax(votes, axis=1)


def tables() -> tuple[Table, ...]:
    """The one table of the page."""
    points, labels = iris_features(), np.asarray(iris_labels())
    near, others = nearest(points), ~np.eye(len(points), dtype=bool)
    votes = softmax_votes(points, labels)
    dots = np.argmax(np.where(others, points @ points.T, -np.inf), axis=1)
    rows = [
        ("nearest neighbour", *_counts(labels[near], labels), ""),
        ("softmax of dot products, mass per class", *_counts(votes, labels), ""),
        ("largest dot product", *_counts(labels[dots], labels), _same(dots, near)),
    ]
    # a weight per key: every second flower is preferred
    uneven = np.where(np.arange(len(points)) % 2, 0.2, 0.5)
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("alpha 0.5, beta 1 (published)", {}),
        ("alpha 0.3, beta 1", {"alpha": 0.3}),
        ("alpha 0.9, beta 1", {"alpha": 0.9}),
        ("alpha 0.5, beta 0.01", {"beta": 0.01}),
        ("alpha 0.5, beta 1000", {"beta": 1000.0}),
        ("alpha 0.5 and 0.2 in turn, beta 1", {"alpha": uneven}),
    )
    for name, call in calls:
        index = gd_attention(points, points, mask=others, **call).index
        rows.append((f"GD-Attention, {name}", *_counts(labels[index], labels), _same(index, near)))
    header = ("rule", "right", "accuracy", "selects the nearest flower")
    return (Table("iris", "Iris, each flower against the 149 others", header, tuple(rows)),)


def _counts(answer: Int, labels: Int) -> tuple[str, str]:
    right = int((answer == labels).sum())
    return f"{right} of {len(labels)}", share(right / len(labels))


def _same(index: Int, near: Int) -> str:
    return f"{int((index == near).sum())} of {len(near)}"
