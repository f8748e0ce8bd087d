"""Shapes: batches, broadcasting, empty arrays."""

from __future__ import annotations

import numpy as np
from gd_attention.conformance.case import Case
from vector_cases.make import make

THEME = "shapes"
ABOUT = "Shapes: batches, broadcasting and empty arrays."

_KEYS = [[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]
_QUERY = [[0.0, 0.0], [3.0, 1.0]]
_VALUES = [[1.0, -1.0], [2.0, -2.0], [3.0, -3.0]]


def _batches() -> list[Case]:
    other = [[-1.0, 0.0], [0.0, 0.25], [3.0, 1.0]]
    batch = "batch-broadcast select-index"
    return [
        make("batch-query", batch, "batch", [_QUERY, [[0.0, 3.0], [2.0, 0.0]]], _KEYS),
        make("batch-keys", batch, "batch", _QUERY, [_KEYS, other]),
        make("batch-both", batch, "batch", [_QUERY, _QUERY], [_KEYS, other], alpha=0.4),
        make("batch-cross", batch, "batch", [[_QUERY], [[[1.0, 1.0], [2.0, 2.0]]]], [_KEYS, other]),
        make("batch-one", batch, "batch", [_QUERY], _KEYS),
        make(
            "batch-values",
            f"{batch} output-gather",
            "batch values",
            _QUERY,
            _KEYS,
            values=[_VALUES, [[4.0, 4.0], [5.0, 5.0], [6.0, 6.0]]],
        ),
        make(
            "batch-alpha",
            f"{batch} select-priors",
            "batch alpha-per-key",
            [_QUERY, _QUERY],
            _KEYS,
            alpha=np.array([[0.5, 0.5, 0.5], [0.5, 0.01, 0.01]]),
        ),
        make(
            "batch-alpha-column",
            batch,
            "batch",
            [_QUERY, _QUERY],
            _KEYS,
            alpha=np.array([[0.5], [0.25]]),
        ),
        make(
            "batch-threshold",
            f"{batch} admit-threshold",
            "batch threshold",
            [_QUERY, _QUERY],
            _KEYS,
            threshold=np.array([[[0.5], [0.1]], [[0.1], [0.5]]]),
        ),
        make(
            "batch-mask",
            f"{batch} admit-mask",
            "batch mask",
            [_QUERY, _QUERY],
            _KEYS,
            mask=[[[False, True, True]], [[True, True, False]]],
        ),
        make(
            "batch-fill",
            "batch-broadcast output-fill abstain-none",
            "batch fill abstain",
            [_QUERY, _QUERY],
            _KEYS,
            values=_VALUES,
            threshold=-1.0,
            fill=np.array([[[1.0, 2.0]], [[3.0, 4.0]]]),
        ),
    ]


def _arguments() -> list[Case]:
    return [
        make(
            "shape-fill-row",
            "output-fill abstain-none",
            "fill abstain",
            _QUERY,
            _KEYS,
            values=_VALUES,
            threshold=-1.0,
            fill=np.array([7.0, 8.0]),
        ),
        make(
            "shape-fill-table",
            "output-fill abstain-fields",
            "fill abstain",
            _QUERY,
            _KEYS,
            values=_VALUES,
            threshold=np.array([[-1.0], [1.0]]),
            fill=np.array([[7.0, 8.0], [9.0, 9.5]]),
        ),
        make(
            "shape-fill-query",
            "output-fill abstain-none",
            "fill abstain",
            _QUERY,
            _KEYS,
            values=_VALUES,
            threshold=-1.0,
            fill=np.array([[7.0, 8.0], [9.0, 9.5]]),
        ),
        make(
            "shape-fill-nan",
            "output-fill abstain-none",
            "fill abstain",
            _QUERY,
            _KEYS,
            threshold=-1.0,
            fill=np.nan,
        ),
        make(
            "shape-threshold-row",
            "admit-threshold",
            "threshold threshold-per-key",
            _QUERY,
            _KEYS,
            threshold=np.array([[0.1, 1.0, 1.0]]),
        ),
        make(
            "shape-values-default",
            "values-default output-gather",
            "values",
            _QUERY,
            _KEYS,
            alpha=0.3,
        ),
        make(
            "shape-values-default-batch",
            "values-default batch-broadcast",
            "batch",
            [_QUERY],
            [_KEYS],
        ),
    ]


def _empty() -> list[Case]:
    none = "abstain-empty abstain-fields"
    flags = "empty abstain"
    return [
        make("empty-keys", f"{none} output-fill", flags, _QUERY, np.zeros((0, 2))),
        make(
            "empty-keys-values",
            f"{none} output-fill",
            f"{flags} fill",
            _QUERY,
            np.zeros((0, 2)),
            values=np.zeros((0, 3)),
            fill=np.array([1.0, 2.0, 3.0]),
        ),
        make(
            "empty-keys-arguments",
            none,
            flags,
            _QUERY,
            np.zeros((0, 2)),
            alpha=np.zeros(0),
            threshold=np.zeros((2, 1)),
            mask=np.zeros((2, 0), dtype=bool),
        ),
        make(
            "empty-keys-batch",
            f"{none} batch-broadcast",
            f"{flags} batch",
            [_QUERY, _QUERY],
            np.zeros((0, 2)),
        ),
        make("empty-queries", "batch-broadcast", "empty", np.zeros((0, 2)), _KEYS),
        make(
            "empty-queries-and-keys", "batch-broadcast", "empty", np.zeros((0, 2)), np.zeros((0, 2))
        ),
        make(
            "empty-columns",
            "output-gather select-index",
            "empty",
            _QUERY,
            _KEYS,
            values=np.zeros((3, 0)),
        ),
    ]


def cases() -> list[Case]:
    """The cases of the file."""
    return [*_batches(), *_arguments(), *_empty()]
