"""Plain calls. A target that fails one of them is broken or wrongly wired."""

from __future__ import annotations

import numpy as np
from gd_attention.conformance.case import Case
from vector_cases.make import make

THEME = "basic"
ABOUT = "Plain calls of order one. A target that fails one is broken or wrongly wired."

_CALL = "select-index call-pure call-repeatable"
_FIELDS = "energy-value coordinate-value align-point-value align-unique output-gather output-dtype"


def cases() -> list[Case]:
    """The cases of the file."""
    query = [[0.0, 0.0], [4.0, 4.0]]
    keys = [[1.0, 0.0], [0.0, 0.5], [4.0, 3.0]]
    values = [[1.0], [2.0], [3.0]]
    return [
        make("basic-default", f"{_CALL} {_FIELDS} values-default", "basic", query, keys),
        make("basic-alpha", f"{_CALL} {_FIELDS}", "basic", query, keys, alpha=0.25),
        make("basic-alpha-above-half", f"{_CALL} {_FIELDS}", "basic", query, keys, alpha=0.75),
        make("basic-beta", f"{_CALL} {_FIELDS}", "basic beta", query, keys, beta=0.25),
        make("basic-values", f"{_CALL} output-gather", "basic values", query, keys, values=values),
        make(
            "basic-one-key",
            f"{_CALL} {_FIELDS}",
            "basic single",
            [[0.0, 1.0, 2.0]],
            [[1.0, 1.0, 1.0]],
        ),
        make("basic-exact-match", "select-index align-zero", "basic", [[3.0, -1.0]], [[3.0, -1.0]]),
        make("basic-line", f"{_CALL} {_FIELDS}", "basic line", [[0.25]], [[2.0], [-1.0], [0.5]]),
        make(
            "basic-threshold-admits",
            "select-index admit-threshold",
            "basic threshold",
            query,
            keys,
            threshold=0.5,
        ),
        make(
            "basic-threshold-excludes",
            "abstain-none abstain-fields output-fill",
            "basic threshold abstain",
            query,
            keys,
            threshold=0.01,
        ),
        make(
            "basic-threshold-per-query",
            "admit-threshold abstain-fields",
            "basic threshold abstain",
            query,
            keys,
            threshold=np.array([[0.5], [0.01]]),
        ),
        make(
            "basic-threshold-per-key",
            "admit-threshold select-index",
            "basic threshold threshold-per-key",
            query,
            keys,
            threshold=np.array([1.0, 0.01, 1.0]),
        ),
        make(
            "basic-mask",
            "admit-mask select-index",
            "basic mask",
            query,
            keys,
            mask=[[True, False, True], [True, True, False]],
        ),
        make(
            "basic-mask-none",
            "admit-mask abstain-none abstain-fields output-fill",
            "basic mask abstain fill",
            query,
            keys,
            values=values,
            mask=[[False, False, False], [True, True, True]],
            fill=-1.0,
        ),
        make(
            "basic-masked-nan",
            "mask-unread admit-mask",
            "basic mask masked-nan",
            query,
            [[1.0, 0.0], [np.nan, 0.5], [4.0, 3.0]],
            mask=[True, False, True],
        ),
        make(
            "basic-batch",
            "batch-broadcast select-index",
            "basic batch",
            [[[0.0, 0.0]], [[4.0, 4.0]]],
            keys,
        ),
        make(
            "basic-alpha-per-key",
            "select-priors select-index",
            "basic alpha-per-key",
            query,
            keys,
            alpha=np.array([0.5, 0.25, 0.9]),
        ),
        make(
            "basic-empty",
            "abstain-empty abstain-fields output-fill",
            "basic empty abstain",
            query,
            np.zeros((0, 2)),
        ),
        make(
            "basic-mixed-dtypes",
            "input-exact output-dtype",
            "basic dtype",
            np.array([[0, 0], [4, 4]], dtype=np.int64),
            np.array(keys, dtype=np.float32),
        ),
    ]
