"""sparsemax and alpha-entmax: calls, families, judges.

Clipped weights are promised to be exact zeros, so the support is judged apart from the values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gd_attention.conformance.errors import Undecided
from gd_attention.conformance.operators.allowances import tiny, unit
from gd_attention.conformance.operators.draws import grid, hidden, integers, normals
from gd_attention.conformance.operators.reading import (
    ends,
    judge_values,
    rational,
    real_array,
    worst,
)
from gd_attention.conformance.operators.record import Call, Family, Judged, Operator, Setting
from gd_attention.conformance.operators.threshold import (
    Row,
    entmax_row,
    softmax_row,
    sparsemax_row,
)
from gd_attention.conformance.verdict import Finding, Verdict

__all__ = ["ENTMAX", "SPARSEMAX"]

# Exact in both formats, and 1/(alpha - 1) exact too; 1 is the softmax.
ALPHAS = (1.0, 1.25, 1.5, 2.0, 3.0)

Draw = Callable[[np.random.Generator, Setting], dict[str, Any]]


def _judge(call: Call, result: Any, setting: Setting, row_of: Callable[[list[Any]], Row]) -> Judged:
    scores = call.array("scores")
    got = real_array(result, scores.shape, setting.dtype, "weights")
    values, support = Finding("value", Verdict.EXACT), Finding("support", Verdict.EXACT)
    exact = []
    for place in np.ndindex(scores.shape[:-1]):
        given = [rational(s) if np.isfinite(s) else None for s in scores[place]]
        if all(score is None for score in given):
            # the declared convention: nothing to weigh, no weight
            one = got[place]
            said = f"weights{list(place)}: no entry is left, expected zeros, got {one.tolist()}"
            zeros = Verdict.WRONG if one.any() or np.isnan(one).any() else Verdict.EXACT
            values = worst(values, Finding("value", zeros, said if zeros is Verdict.WRONG else ""))
            exact.append([dict(zip(("low", "high"), ends(0), strict=True)) for _ in given])
            continue
        try:
            row = row_of(given)
        except Undecided as error:
            unknown = Finding("value", Verdict.UNDECIDED, str(error))
            return Judged((unknown, Finding("support", Verdict.UNDECIDED, str(error))))
        name = f"weights{list(place)}"
        values = worst(values, judge_values("value", got[place], row.weights, row.allowed, name))
        support = worst(support, _support(got[place], row, name))
        exact.append([dict(zip(("low", "high"), ends(w), strict=True)) for w in row.weights])
    return Judged((values, support), {"weights": exact})


def _support(got: Any, row: Row, name: str) -> Finding:
    found = Finding("support", Verdict.EXACT)
    for j, value in enumerate(got):
        expected, present = row.support[j], bool(value != 0)
        if expected is present:
            continue
        said = f"{name}[{j}]: got {float(value)!r}, expected "
        said += "a positive weight" if expected else "an exact zero"
        # rounding may move an entry across the boundary where the other side is in its allowance
        low, high = row.allowed[j]
        free = expected is None or (high > 0 if present else low <= 0)
        verdict = Verdict.ADMISSIBLE if free else Verdict.WRONG
        found = worst(found, Finding("support", verdict, said))
    return found


def _judge_sparsemax(call: Call, result: Any, setting: Setting) -> Judged:
    u = unit(setting.dtype)
    return _judge(call, result, setting, lambda row: sparsemax_row(row, u))


def _judge_entmax(call: Call, result: Any, setting: Setting) -> Judged:
    alpha, u, least = rational(call.arguments["alpha"]), unit(setting.dtype), tiny(setting.dtype)
    if alpha == 1:
        return _judge(call, result, setting, lambda row: softmax_row(row, u, least))
    return _judge(call, result, setting, lambda row: entmax_row(row, alpha, u, least))


def _needs(call: Call) -> frozenset[str]:
    left = np.isfinite(call.array("scores")).any(axis=-1)
    return frozenset() if left.all() else frozenset({"empty"})


def _families(boundary: Draw, with_alpha: bool) -> tuple[Family, ...]:
    def scores(make: Callable[[np.random.Generator, np.dtype[Any]], Any]) -> Draw:
        def draw(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
            given = {"scores": make(rng, setting.dtype)}
            if with_alpha:
                given["alpha"] = float(rng.choice(ALPHAS))
            return given

        return draw

    def length(rng: np.random.Generator) -> tuple[int, int]:
        return 2, int(rng.integers(2, 13))

    def scaled(rng: np.random.Generator, dtype: np.dtype[Any]) -> Any:
        return grid(rng, length(rng), dtype) * dtype.type(2.0 ** rng.integers(-20, 21))

    def offset(rng: np.random.Generator, dtype: np.dtype[Any]) -> Any:
        # still on the grid in float32: 2^16 and 6 bits behind the point are 22 bits
        return grid(rng, length(rng), dtype) + dtype.type(rng.choice([-1, 1]) * 2.0**16)

    return (
        Family(
            "wiring",
            "two entries far apart",
            scores(lambda rng, dtype: rng.permuted(np.array([[0.0, 8.0]], dtype), axis=1)),
        ),
        Family("grid", "any", scores(lambda rng, dtype: grid(rng, length(rng), dtype, 1.5))),
        Family(
            "ties", "equal scores", scores(lambda rng, dtype: integers(rng, length(rng), dtype))
        ),
        Family(
            "normal", "full significands", scores(lambda r, dtype: normals(r, length(r), dtype))
        ),
        Family("boundary", "an entry exactly on the boundary of the support", boundary),
        Family("scale", "times a power of two", scores(scaled)),
        Family("offset", "the same number added to all", scores(offset)),
        Family("one", "a single entry", scores(lambda rng, dtype: grid(rng, (2, 1), dtype, 64.0))),
        Family(
            "masked",
            "entries at -inf",
            scores(lambda rng, dtype: hidden(rng, grid(rng, length(rng), dtype))),
        ),
        Family("batch", "leading axes", scores(lambda rng, dtype: grid(rng, (2, 2, 4), dtype))),
        Family("long", "many entries", scores(lambda r, dtype: normals(r, (1, 150), dtype, 0.5))),
        Family(
            "all masked",
            "no entry is left: zeros",
            scores(lambda rng, dtype: np.full(length(rng), -np.inf, dtype)),
            "empty",
        ),
        Family("no entries", "n = 0", scores(lambda rng, dtype: np.zeros((2, 0), dtype)), "empty"),
    )


def _sparsemax_boundary(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
    # k equal entries a gap 1/k above the rest: the rest is exactly on the boundary
    count = int(2 ** rng.integers(0, 3))
    rest = int(rng.integers(1, 4))
    row = np.array([1.0 / count] * count + [0.0] * rest)
    shift = int(rng.integers(-2, 3))
    return {"scores": (rng.permuted(row)[None] + shift).astype(setting.dtype)}


def _entmax_boundary(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
    # one entry 1/(alpha - 1) above the rest: exactly one-hot
    alpha = float(rng.choice(ALPHAS[1:]))
    row = np.array([1.0 / (alpha - 1.0)] + [0.0] * int(rng.integers(1, 4)))
    shift = int(rng.integers(-2, 3))
    return {"scores": (rng.permuted(row)[None] + shift).astype(setting.dtype), "alpha": alpha}


_ASPECTS = {
    "value": "the weights, in real numbers",
    "support": "which weights are exactly zero",
}

SPARSEMAX = Operator(
    name="sparsemax",
    statement="The point of the simplex nearest to the scores: p = [z - tau]_+ with sum 1.",
    call="f(scores): scores (..., n), along the last axis; -inf hides an entry",
    returns="weights (..., n), in the dtype of the scores",
    aspects=_ASPECTS,
    owed=(("value",), ("support",)),
    families=_families(_sparsemax_boundary, with_alpha=False),
    axes={"scores": ("row", "n")},
    judge=_judge_sparsemax,
    blank=lambda call: np.zeros_like(call.array("scores")),
    needs=_needs,
)

ENTMAX = Operator(
    name="entmax",
    statement="p = [(alpha - 1) z - tau]_+^(1/(alpha - 1)) with sum 1; the softmax at alpha = 1.",
    call="f(scores, alpha): scores (..., n), along the last axis; -inf hides an entry; alpha in "
    + ", ".join(map(str, ALPHAS)),
    returns="weights (..., n), in the dtype of the scores",
    aspects=_ASPECTS,
    owed=(("value",), ("support",)),
    families=_families(_entmax_boundary, with_alpha=True),
    axes={"scores": ("row", "n")},
    judge=_judge_entmax,
    blank=lambda call: np.zeros_like(call.array("scores")),
    needs=_needs,
)
