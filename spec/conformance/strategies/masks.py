"""Masks, and what lies under them.

What is generated. *masks*: nothing, everything or all but one key forbidden, random tables, and
masks that forbid exactly the nearest key, or the first of two tied ones; given as (N,), (M, 1),
(1, N) or (M, N). *masked-nan*: rows of keys and values that every query masks, holding NaN,
infinities or numbers whose squares overflow; values that hold NaN there too; and queries that
hold them where every key is masked.

Why that distribution. Random masks rarely touch the winner, so the masks that do are built. A
masked row that multiplies or compares instead of being skipped turns NaN * 0 into NaN, and a NaN
into a winner of argmin.

What it shrinks to. One query, one key, everything allowed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.strategies.arrays import Floats, grid, mixing_weight
from gd_attention.conformance.strategies.family import Draw, Family, seeded
from numpy.typing import NDArray

__all__ = ["MASKED_NAN", "MASKS"]


def _nearest(query: Floats, keys: Floats) -> NDArray[Any]:
    steps = keys[None, :, :] - query[:, None, :]
    return np.asarray((steps * steps).sum(axis=-1).argmin(axis=1))


def _masks(draw: Draw) -> Case:
    rng, kind = draw.rng, draw.kind
    m, n, d = draw.queries, draw.keys, draw.dimension
    query, keys = grid(rng, (m, d)), grid(rng, (n, d))
    if rng.random() < 0.5:
        keys = rng.normal(size=(n, d))
    nearest = _nearest(query, keys)
    mask = np.ones((m, n), dtype=bool)
    if kind == "none":
        mask[:] = False
    elif kind == "one":
        mask[:] = False
        mask[np.arange(m), rng.integers(n, size=m)] = True
    elif kind == "random":
        mask = rng.random((m, n)) < 0.5
    elif kind == "nearest":
        mask[np.arange(m), nearest] = False
    elif kind == "tied":
        # A copy of the nearest key, the first copy forbidden.
        first = int(nearest[0])
        keys = np.insert(keys, int(rng.integers(first + 1, n + 1)), keys[first], axis=0)
        mask = np.ones((m, n + 1), dtype=bool)
        mask[:, first] = False
    elif kind == "per-query":
        mask = rng.random((m, 1)) < 0.5
    elif kind == "per-key":
        mask = rng.random((n,) if rng.random() < 0.5 else (1, n)) < 0.5
    alpha = mixing_weight(rng)
    return Case(
        query,
        keys,
        alpha=alpha,
        beta=draw.beta(),
        mask=mask,
        flags=("mask",),
        clauses=("GDA-admit-mask",),
    )


def _masked_nan(draw: Draw) -> Case:
    rng = draw.rng
    m, n, d = draw.queries, draw.keys, draw.dimension
    query, keys = grid(rng, (m, d)), rng.normal(size=(n, d))
    forbidden = rng.random(n) < 0.5
    forbidden[int(rng.integers(n))] = True
    mask: NDArray[np.bool_] = np.tile(~forbidden, (m, 1)) & (rng.random((m, n)) < 0.8)
    bad = np.array([np.nan, np.inf, -np.inf, 1e300])
    bad_rows = bad[rng.integers(4, size=(int(forbidden.sum()), d))]
    bad_rows[:, 0] = bad[rng.integers(3, size=len(bad_rows))]
    keys[forbidden] = bad_rows
    values: Floats | None = None
    if draw.kind == "values":
        values = rng.normal(size=(n, int(rng.integers(1, 4))))
        values[forbidden] = np.nan
    if draw.kind == "per-key":
        mask = ~forbidden
    if draw.kind == "query":
        mask[0] = False
        query[0] = bad[rng.integers(3, size=d)]
    return Case(
        query,
        keys,
        values,
        mixing_weight(rng),
        draw.beta(),
        mask=mask,
        flags=("mask", "masked-nan"),
        clauses=("GDA-mask-unread",),
    )


def _has_mask(case: Case, expectation: Expectation) -> bool:
    return case.mask is not None


def _has_masked_nan(case: Case, expectation: Expectation) -> bool:
    return not bool(np.isfinite(case.keys).all())


MASKS = Family(
    "masks",
    seeded(
        "masks",
        _masks,
        kinds=("all", "one", "none", "random", "nearest", "tied", "per-query", "per-key"),
    ),
    _has_mask,
    frozenset({"mask"}),
    "masks that allow none, one, some or all keys",
)
MASKED_NAN = Family(
    "masked-nan",
    seeded(
        "masked-nan", _masked_nan, kinds=("", "values", "per-key", "query"), extras=("", "beta")
    ),
    _has_masked_nan,
    frozenset({"mask", "masked-nan"}),
    "masked rows that hold NaN or infinity",
)
