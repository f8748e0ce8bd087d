"""Where the points lie: on one line, far from the origin, or at the ends of the float range.

What is generated. *collinear*: keys at integer multiples of one vector from the query, exactly on
a grid or rounded. *offset*: a cloud of order one moved away from the origin by 1e2, 1e4 or 1e8,
its two nearest keys close together. *scales*: points between 5e-324 and 1.7e308: subnormal
numbers, squares that underflow, squares that overflow, differences that overflow, several scales
at once, and extreme precisions that bring such points back to separations of order one.

Why that distribution. On a line directions say nothing and normalised scores tie. Far from the
origin |q|^2 + |k|^2 - 2 q.k loses as many digits as the offset has, so the gaps are log-uniform
around that loss. At the ends of the range a naive square is 0 or inf, and a naive argmin then
takes the first key or none; the exact order does not change.

What it shrinks to. One query, one or two keys, one dimension, the first offset, subnormal
numbers.
"""

from __future__ import annotations

import math

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.formats import FLOAT64, FORMATS, Format
from gd_attention.conformance.strategies.arrays import (
    Floats,
    direction,
    grid,
    insert,
    log_uniform,
    mixing_weight,
    sign,
)
from gd_attention.conformance.strategies.family import Draw, Family, seeded

__all__ = ["COLLINEAR", "OFFSET", "SCALES"]

_OFFSETS = {"1e2": 1e2, "1e4": 1e4, "1e8": 1e8}
# Digits kept between a narrow format's offset cloud and its origin.
_LEAST_OFFSET = 24.0


def _square_underflows(form: Format) -> float:
    """Squares of smaller numbers lose digits: 1.5e-154 in float64."""
    return math.sqrt(form.normal)


def _square_overflows(form: Format) -> float:
    """Squares of larger numbers overflow: 1.4e154 in float64."""
    return math.ldexp(1.04, form.top // 2)


def _offset_size(kind: str, form: Format) -> float:
    """1e2, 1e4 and 1e8; in a narrow format eps^-1/8, eps^-3/8 and eps^-1/2, and at least 24.

    At the last one the cancellation leaves nothing of a squared distance of order one.
    """
    if form == FLOAT64:
        return _OFFSETS[kind]
    power = {"1e2": 0.125, "1e4": 0.375, "1e8": 0.5}[kind]
    return max(_LEAST_OFFSET, float(form.eps**-power))


def _collinear(draw: Draw) -> Case:
    rng = draw.rng
    n, d = draw.keys, draw.dimension
    query = grid(rng, d)
    along = grid(rng, d, span=4)
    along[int(rng.integers(d))] = 0.5
    steps = rng.integers(-6, 7, size=n).astype(np.float64)
    if draw.kind == "rough":
        along = along * rng.uniform(0.5, 1.5)
        steps = steps + rng.normal(size=n)
    keys = query + steps[:, None] * along
    queries = query + rng.integers(-2, 3, size=draw.queries)[:, None] * along
    queries[0] = query
    alpha = mixing_weight(rng)
    return Case(queries, keys, alpha=alpha, beta=draw.beta(), flags=("collinear",))


def _offset(draw: Draw) -> Case:
    rng = draw.rng
    n, d = draw.keys, draw.dimension
    form = draw.form
    size = _offset_size(draw.kind, form)
    # Every component carries the offset, so that no inner product escapes it.
    center = size * rng.uniform(0.5, 1.0, size=d) * np.where(rng.random(d) < 0.5, -1.0, 1.0)
    query = center + rng.normal(size=d)
    length = rng.uniform(0.5, 1.5)
    # Cancellation leaves a relative error of about eps * offset^2 in a squared distance of order 1.
    if form != FLOAT64:
        gap = log_uniform(rng, min(form.eps * size**2, 1e-2), 1.0)
    elif size < 1e7:
        gap = log_uniform(rng, 1e-16 * size**2, 1e-1)
    else:
        gap = log_uniform(rng, 1e-8, 1.0)
    near = [query + length * (1.0 + gap) * direction(rng, d), query + length * direction(rng, d)]
    others = [query + length * rng.uniform(1.5, 4.0) * direction(rng, d) for _ in range(n - 2)]
    queries = np.vstack([query, center + rng.normal(size=(draw.queries - 1, d))])
    keys = insert(rng, near, others)
    return Case(
        queries, keys, alpha=mixing_weight(rng), beta=draw.beta(), flags=("near-tie", "offset")
    )


def _scales(draw: Draw) -> Case:
    rng = draw.rng
    m, n, d = draw.queries, draw.keys, draw.dimension
    alpha, beta, flag, form = mixing_weight(rng), draw.beta(), "underflow", draw.form
    small, large = _square_underflows(form), _square_overflows(form)
    query, keys = rng.normal(size=(m, d)), rng.normal(size=(n, d))
    if draw.kind == "subnormal":
        query, keys = form.least * np.rint(8.0 * query), form.least * np.rint(8.0 * keys)
    elif draw.kind == "tiny":
        low, high = (1e-300, 1e-154) if form == FLOAT64 else (8.0 * form.least, small)
        scale = log_uniform(rng, low, high)
        query, keys = scale * query, scale * keys
    elif draw.kind == "large":
        low, high = (1e154, 1e300) if form == FLOAT64 else (large, form.largest / 8.0)
        scale, flag = log_uniform(rng, low, high), "overflow"
        query, keys = scale * query, scale * keys
    elif draw.kind == "huge":
        # Opposite corners of the range: the difference itself overflows.
        flag = "overflow"
        query = form.largest * np.clip(query, -1.0, 1.0)
        keys = form.largest * np.clip(keys, -1.0, 1.0)
    elif draw.kind == "mixed":
        # 10^-300 to 10^300, or most of the range of a narrow format: a scale of its own per key.
        ends = (-300.0, 300.0)
        if form != FLOAT64:
            ends = (math.log10(8.0 * form.least), math.log10(form.largest / 2.0))
        keys = keys * 10.0 ** rng.uniform(*ends, size=(n, 1))
        keys[int(rng.integers(n))] *= 0.0 if rng.random() < 0.2 else 1.0
        query = query * 10.0 ** rng.uniform(*ends, size=(m, 1))
        flag = "overflow"
    else:
        # The precision undoes the scale: separations of order one from extreme points.
        # Up to 2^530 the precision 2^-1060 is subnormal; down to 2^-510 it stays below the maximum.
        tiny = draw.kind == "beta-tiny"
        first, last, least = 400, 530, 510
        if form != FLOAT64:
            first, last, least = 2 * form.top // 5, (-1 - form.bottom) // 2, form.top // 2 - 1
        size = int(rng.integers(first, (last if tiny else least) + 1))
        exponent = size if tiny else -size
        query, keys = np.ldexp(query, exponent), np.ldexp(keys, exponent)
        beta = math.ldexp(rng.uniform(0.5, 2.0), -2 * exponent)
        flag = "overflow" if exponent > 0 else "underflow"
    _pair_up(rng, query, keys)
    return Case(
        query, keys, alpha=alpha, beta=beta, flags=(flag,), clauses=("GDA-select-exact-order",)
    )


def _pair_up(rng: np.random.Generator, query: Floats, keys: Floats) -> None:
    """Sometimes let a key coincide with the query or mirror another key, in place."""
    if rng.random() < 0.15:
        keys[int(rng.integers(len(keys)))] = query[0]
    if rng.random() < 0.15 and len(keys) > 1:
        keys[-1] = sign(rng) * keys[0]


def _is_collinear(case: Case, expectation: Expectation) -> bool:
    offsets = case.keys - case.query[0]
    longest = offsets[np.abs(offsets).sum(axis=1).argmax()]
    length = float(longest @ longest)
    if length == 0.0:
        return True
    rest = offsets - np.outer(offsets @ longest / length, longest)
    # Keys are rounded to u of coordinates below 2^5 at lengths above 2^-2: far below 1e-12 in
    # float64, and at most 64 u in any format.
    slack = max(1e-12, 32.0 * FORMATS[case.dtype].eps)
    return bool(np.abs(rest).max() <= slack * max(1.0, math.sqrt(length)))


def _is_offset(case: Case, expectation: Expectation) -> bool:
    row = expectation.row((0,))
    step = case.keys[row.exact] - case.query[0]
    return float(np.abs(case.query[0]).max()) >= 10.0 * float(np.abs(step).max())


def _is_extreme(case: Case, expectation: Expectation) -> bool:
    points = np.abs(np.concatenate([case.query, case.keys]))
    least = points[points > 0.0].min(initial=math.inf)
    form = FORMATS[case.dtype]
    underflows, overflows = _square_underflows(form), _square_overflows(form)
    small = least < underflows or case.beta > overflows
    large = points.max() > overflows or case.beta < underflows
    return bool(small or large or not points.any())


COLLINEAR = Family(
    "collinear",
    seeded("collinear", _collinear, kinds=("grid", "rough"), dimension=(2, 8)),
    _is_collinear,
    frozenset(),
    "keys on one line through the query",
)
OFFSET = Family(
    "offset",
    seeded("offset", _offset, kinds=tuple(_OFFSETS), keys=(2, 8)),
    _is_offset,
    frozenset(),
    "a common offset of 1e2 to 1e8",
)
SCALES = Family(
    "scales",
    seeded(
        "scales",
        _scales,
        kinds=(
            "subnormal",
            "tiny",
            "large",
            "huge",
            "mixed",
            "beta-tiny",
            "beta-huge",
        ),
    ),
    _is_extreme,
    frozenset(),
    "numbers from 5e-324 to 1.7e308",
)
