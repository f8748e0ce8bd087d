"""Masks, and what lies under them."""

from __future__ import annotations

import math

import numpy as np
from gd_attention.conformance.case import Case
from vector_cases.make import make

THEME = "masks"
ABOUT = "Masks, and what lies under them: a masked pair is never read."

_KEYS = [[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]
_QUERY = [[0.0, 0.0], [3.0, 1.0]]


def cases() -> list[Case]:
    """The cases of the file."""
    nan, inf = math.nan, math.inf
    return [
        make("mask-all", "admit-mask select-index", "mask", _QUERY, _KEYS, mask=[[True] * 3] * 2),
        make(
            "mask-scalar",
            "admit-mask abstain-none",
            "mask abstain",
            _QUERY,
            _KEYS,
            mask=np.array(False),
        ),
        make(
            "mask-per-key",
            "admit-mask select-index",
            "mask",
            _QUERY,
            _KEYS,
            mask=[False, True, True],
        ),
        make(
            "mask-per-query",
            "admit-mask abstain-fields output-fill",
            "mask abstain fill",
            _QUERY,
            _KEYS,
            mask=[[True], [False]],
            fill=9.0,
        ),
        make(
            "mask-one",
            "admit-mask select-index",
            "mask",
            _QUERY,
            _KEYS,
            mask=[[False, False, True], [False, True, False]],
        ),
        make(
            "mask-winner",
            "admit-mask select-index",
            "mask",
            [[0.0]],
            [[0.0], [5.0], [4.0]],
            mask=[False, True, True],
        ),
        make(
            "mask-diagonal",
            "admit-mask select-index",
            "mask",
            _KEYS,
            _KEYS,
            mask=[[False, True, True], [True, False, True], [True, True, False]],
        ),
        make(
            "mask-and-threshold",
            "admit-mask admit-threshold abstain-none",
            "mask threshold abstain",
            [[0.0]],
            [[0.5], [2.0]],
            mask=[False, True],
            threshold=0.25,
        ),
        make(
            "mask-nan-key",
            "mask-unread admit-mask",
            "mask masked-nan",
            _QUERY,
            [[nan, nan], [0.0, 2.0], [3.0, 0.0]],
            mask=[False, True, True],
        ),
        make(
            "mask-infinite-key",
            "mask-unread admit-mask",
            "mask masked-nan",
            _QUERY,
            [[1.0, 0.0], [inf, -inf], [3.0, 0.0]],
            mask=[[True, False, True]],
        ),
        make(
            "mask-nan-last",
            "mask-unread admit-mask",
            "mask masked-nan",
            [[2.0, 2.0]],
            [[1.0, 0.0], [0.0, 2.0], [inf, nan]],
            alpha=0.3,
            mask=[True, True, False],
        ),
        make(
            "mask-nan-values",
            "mask-unread values-nan output-gather",
            "mask masked-nan values-nan",
            _QUERY,
            _KEYS,
            values=[[nan], [2.0], [3.0]],
            mask=[False, True, True],
        ),
        make(
            "mask-nan-everything",
            "mask-unread abstain-none",
            "mask masked-nan abstain",
            _QUERY,
            [[nan, inf], [nan, nan]],
            mask=[False, False],
        ),
        make(
            "mask-nan-query",
            "mask-unread abstain-fields",
            "mask masked-nan abstain",
            [[nan, 0.0], [3.0, 1.0]],
            _KEYS,
            mask=[[False], [True]],
        ),
        make(
            "mask-overflow-key",
            "mask-unread admit-mask",
            "mask masked-nan overflow",
            _QUERY,
            [[1.7e308, -1.7e308], [0.0, 2.0], [3.0, 0.0]],
            mask=[False, True, True],
        ),
        make(
            "mask-nan-per-key-alpha",
            "mask-unread select-priors",
            "mask masked-nan alpha-per-key",
            [[0.0]],
            [[nan], [1.0], [1.5]],
            alpha=np.array([0.5, 0.5, 0.05]),
            mask=[False, True, True],
        ),
        make(
            "mask-nan-batch",
            "mask-unread batch-broadcast",
            "mask masked-nan batch",
            [[0.0]],
            [[[nan], [1.0]], [[1.0], [inf]]],
            mask=[[[False, True]], [[True, False]]],
        ),
    ]
