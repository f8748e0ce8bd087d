"""Dtypes: narrow, mixed, integer; signed zeros; values that hold NaN."""

from __future__ import annotations

import math

import numpy as np
from gd_attention.conformance.case import Case
from vector_cases.make import make

THEME = "dtypes"
ABOUT = "Dtypes: narrow, mixed and integer inputs, signed zeros, values that hold NaN."

_EXACT = "input-exact select-index"


def _inputs() -> list[Case]:
    half, single = np.float16, np.float32
    return [
        make(
            "dtype-float16-overflow",
            _EXACT,
            "dtype",
            np.array([[-300.0]], half),
            np.array([[400.0], [300.0]], half),
            beta=2.0**-18,
        ),
        make(
            "dtype-float16-default-values",
            f"{_EXACT} values-default output-dtype",
            "dtype",
            np.array([[0.1, 0.2]], half),
            np.array([[0.3, 0.1], [0.1, 0.3]], half),
        ),
        make(
            "dtype-float32-near",
            f"{_EXACT} select-exact-order",
            "dtype near-tie",
            np.array([[0.1]], single),
            np.array([[0.30000001], [-0.1]], single),
        ),
        # 0.1 in float32 exceeds 0.1 in float64 by 1.5e-9.
        make("dtype-mixed", _EXACT, "dtype", np.array([[0.1]], single), [[0.1], [0.1 + 1e-9]]),
        make("dtype-mixed-reversed", _EXACT, "dtype", [[0.1]], np.array([[0.1], [0.2]], single)),
        # Rounded to the dtype of the keys, the query lies in the middle between them.
        make(
            "dtype-mixed-query-wide",
            _EXACT,
            "dtype",
            [[0.1]],
            np.array([[0.1 + 2.0**-27], [0.1 - 2.0**-27]], single),
        ),
        # float32 takes 2^24 + 1 for 2^24.
        make(
            "dtype-mixed-integer-wide",
            _EXACT,
            "dtype",
            np.array([[2**24 + 1]]),
            np.array([[2**24 - 1], [2**24 + 2]], single),
        ),
        make(
            "dtype-mixed-threshold",
            f"{_EXACT} admit-zero",
            "dtype threshold threshold-zero",
            np.array([[0.1]], single),
            [[0.1], [0.10000000149011612]],
            threshold=0.0,
        ),
        make(
            "dtype-int8-wraps",
            _EXACT,
            "dtype",
            np.array([[-128]], np.int8),
            np.array([[127], [0]], np.int8),
            beta=2.0**-16,
        ),
        make(
            "dtype-uint8-wraps",
            _EXACT,
            "dtype",
            np.array([[1]], np.uint8),
            np.array([[3], [0]], np.uint8),
            beta=0.25,
        ),
        make(
            "dtype-int16-square",
            _EXACT,
            "dtype",
            np.array([[0, 0]], np.int16),
            np.array([[256, 0], [181, 181]], np.int16),
            beta=2.0**-16,
        ),
        make(
            "dtype-int64", _EXACT, "dtype", np.array([[0, 0]]), np.array([[3, 4], [0, 5], [4, 4]])
        ),
        make(
            "dtype-int-limit",
            _EXACT,
            "dtype",
            np.array([[2**53]]),
            np.array([[2**53 - 2], [2**53 - 1]]),
        ),
        make(
            "dtype-uint64-limit",
            _EXACT,
            "dtype",
            np.array([[2**63]], np.uint64),
            np.array([[2**63 + 4096], [2**63 - 1024]], np.uint64),
            beta=2.0**-22,
        ),
        make("dtype-int-query-float-keys", _EXACT, "dtype", np.array([[1]]), [[0.25], [1.5]]),
        make(
            "dtype-alpha-float32",
            f"{_EXACT} coordinate-value",
            "dtype",
            [[0.0]],
            [[1.0]],
            alpha=np.float32(0.3),
        ),
        make(
            "dtype-alpha-float16-per-key",
            f"{_EXACT} select-priors",
            "dtype alpha-per-key",
            [[0.0]],
            [[1.0], [1.0]],
            alpha=np.array([0.3, 0.7], half),
        ),
        make("dtype-beta-integer", _EXACT, "dtype beta", [[0.0]], [[1.0], [0.5]], beta=2),
        make(
            "dtype-threshold-integer",
            f"{_EXACT} admit-threshold",
            "dtype threshold",
            [[0.0]],
            [[5.0]],
            threshold=1,
        ),
        make(
            "dtype-threshold-int-array",
            f"{_EXACT} admit-zero",
            "dtype threshold threshold-zero",
            [[0.0]],
            [[0.0], [0.5]],
            threshold=np.array([0, 1], np.int32),
        ),
    ]


def _zeros() -> list[Case]:
    zero = "signed-zero select-ties"
    return [
        make("zero-signs-tie", zero, "signed-zero", [[0.0]], [[-0.0], [0.0]]),
        make("zero-signs-query", zero, "signed-zero", [[-0.0, 0.0]], [[0.0, -0.0], [-0.0, 0.0]]),
        make(
            "zero-signs-threshold",
            f"{zero} admit-zero",
            "signed-zero threshold threshold-zero",
            [[-0.0]],
            [[1.0], [0.0]],
            threshold=-0.0,
        ),
        make(
            "zero-signs-abstain",
            "signed-zero abstain-fields",
            "signed-zero threshold abstain",
            [[-0.0]],
            [[0.0]],
            threshold=-1.0,
        ),
    ]


def _values() -> list[Case]:
    query, keys = [[0.0], [3.0]], [[0.5], [2.0]]
    gather = "output-gather output-dtype"
    return [
        make(
            "values-integer", gather, "values", query, keys, values=np.array([[1], [-2]], np.int16)
        ),
        make(
            "values-integer-fill",
            f"{gather} output-fill",
            "values fill abstain",
            query,
            keys,
            values=np.array([[1], [2]], np.uint8),
            fill=255,
            threshold=np.array([[1.0], [-1.0]]),
        ),
        make(
            "values-float32",
            gather,
            "values",
            query,
            keys,
            values=np.array([[0.1], [0.2]], np.float32),
        ),
        make(
            "values-float16-fill-nan",
            f"{gather} output-fill",
            "values fill abstain",
            query,
            keys,
            values=np.array([[0.1], [0.2]], np.float16),
            fill=math.nan,
            threshold=-1.0,
        ),
        make(
            "values-nan-selected",
            f"values-nan {gather}",
            "values-nan",
            query,
            keys,
            values=[[math.nan, 1.0], [2.0, math.inf]],
        ),
        make(
            "values-nan-elsewhere",
            f"values-nan {gather}",
            "values-nan",
            [[0.0]],
            keys,
            values=[[1.0, 2.0], [math.nan, -math.inf]],
        ),
        make(
            "values-nan-unselected-abstain",
            "values-nan output-fill",
            "values-nan abstain fill",
            query,
            keys,
            values=[[math.nan], [math.nan]],
            threshold=-1.0,
            fill=4.0,
        ),
    ]


def cases() -> list[Case]:
    """The cases of the file."""
    return [*_inputs(), *_zeros(), *_values()]
