"""Plain calls: the basic family, one key, no keys, one dimension.

What is generated. *basic*: queries and keys on a grid or with full precision, of order one, with
either a shared alpha or the default. *single*: one key, near or far, so that index 0 and
abstention are the only answers. *empty*: no keys, or no queries, or values without columns, with
arguments whose shapes must still broadcast to the empty ones. *line*: one dimension, where grid
keys often coincide or mirror each other.

Why that distribution. An implementation that fails here is wired wrongly; the other families
assume that these pass. Empty arrays are where reductions raise.

What it shrinks to. One query, one key, one dimension, default alpha.
"""

from __future__ import annotations

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.strategies.arrays import grid, mixing_weight
from gd_attention.conformance.strategies.family import Draw, Family, seeded

__all__ = ["BASIC", "EMPTY", "LINE", "SINGLE"]


def _points(draw: Draw, rows: int) -> np.ndarray:
    if draw.kind == "rough":
        return draw.rng.normal(size=(rows, draw.dimension))
    return grid(draw.rng, (rows, draw.dimension))


def _basic(draw: Draw) -> Case:
    rng = draw.rng
    query, keys = _points(draw, draw.queries), _points(draw, draw.keys)
    if rng.random() < 0.1:
        query = keys[rng.integers(len(keys), size=draw.queries)]
    return Case(query, keys, alpha=mixing_weight(rng), beta=draw.beta(), flags=("basic",))


def _single(draw: Draw) -> Case:
    rng = draw.rng
    query = grid(rng, (draw.queries, draw.dimension))
    key = query[:1] + rng.normal(size=draw.dimension) * 4.0 ** rng.integers(-4, 3)
    case = Case(query, key, alpha=mixing_weight(rng), beta=draw.beta(), flags=("single",))
    if draw.kind == "free":
        return case
    # A scalar threshold of order one admits some keys at these distances and excludes others.
    threshold = float(rng.uniform(0.0, 0.7))
    flags = ("single", "threshold")
    return Case(query, key, alpha=case.alpha, beta=case.beta, threshold=threshold, flags=flags)


def _empty(draw: Draw) -> Case:
    rng = draw.rng
    m, n, d = draw.queries, draw.keys, draw.dimension
    kind = draw.kind
    n = 0 if kind != "no-queries" else n
    m = 0 if kind == "no-queries" else m
    query, keys = grid(rng, (m, d)), grid(rng, (n, d))
    flags = ("empty",)
    if kind == "no-columns":
        keys = grid(rng, (draw.keys, d))
        return Case(query, keys, values=np.zeros((draw.keys, 0)), flags=flags)
    if kind == "values":
        width = int(rng.integers(1, 4))
        return Case(
            query, keys, values=np.zeros((0, width)), fill=rng.normal(size=width), flags=flags
        )
    if kind == "arguments":
        # Shapes (N,), (M, 1) and (M, N) with N = 0 must broadcast as any other.
        alpha = np.full(0, 0.3)
        threshold = rng.normal(size=(m, 1))
        return Case(
            query,
            keys,
            None,
            alpha,
            draw.beta(),
            threshold,
            np.zeros((m, 0), dtype=bool),
            flags=flags,
        )
    if kind == "batch":
        return Case(np.broadcast_to(query, (2, m, d)).copy(), keys, flags=flags)
    return Case(query, keys, beta=draw.beta(), flags=flags)


def _line(draw: Draw) -> Case:
    rng = draw.rng
    query, keys = _points(draw, draw.queries), _points(draw, draw.keys)
    return Case(query, keys, alpha=mixing_weight(rng), beta=draw.beta(), flags=("line",))


def _is_basic(case: Case, expectation: Expectation) -> bool:
    positions = np.ndindex(expectation.shape)
    return any(expectation.row(position).exact >= 0 for position in positions)


def _is_single(case: Case, expectation: Expectation) -> bool:
    return expectation.keys == 1


def _is_empty(case: Case, expectation: Expectation) -> bool:
    return 0 in (expectation.keys, expectation.width, *expectation.shape)


def _is_line(case: Case, expectation: Expectation) -> bool:
    return expectation.dimension == 1 and expectation.keys > 0


BASIC = Family(
    "basic",
    seeded("basic", _basic, kinds=("grid", "rough")),
    _is_basic,
    frozenset(),
    "plain calls of order one",
)
SINGLE = Family(
    "single",
    seeded("single", _single, kinds=("free", "threshold"), keys=(1, 1)),
    _is_single,
    frozenset(),
    "one key, with and without a threshold",
)
EMPTY = Family(
    "empty",
    seeded(
        "empty",
        _empty,
        kinds=("no-keys", "values", "arguments", "batch", "no-queries", "no-columns"),
        extras=("", "beta"),
    ),
    _is_empty,
    frozenset({"empty"}),
    "no keys, no queries or no columns",
)
LINE = Family(
    "line",
    seeded("line", _line, kinds=("grid", "rough"), dimension=(1, 1)),
    _is_line,
    frozenset(),
    "one dimension",
)
