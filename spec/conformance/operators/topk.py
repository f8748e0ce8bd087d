"""Top-k: which entries are kept, exactly, and the softmax of what is kept.

Scores are given, not computed, so that no rounding has a say in the set: a set of indices is right
or wrong. Only entries that equal the k-th largest exactly are open to a rule: ``lowest`` keeps
those with the least indices, ``any`` as many as there is room for, ``all`` every one of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gd_attention.conformance.operators.allowances import tiny, unit
from gd_attention.conformance.operators.draws import grid, integers, normals
from gd_attention.conformance.operators.reading import (
    ReturnFault,
    ends,
    judge_values,
    rational,
    real_array,
    worst,
)
from gd_attention.conformance.operators.record import Call, Family, Judged, Operator, Setting
from gd_attention.conformance.operators.threshold import softmax_row
from gd_attention.conformance.verdict import Finding, Kind, Verdict

__all__ = ["TIES", "TOPK"]

TIES = ("lowest", "any", "all")


class _Kept:
    """What may be kept of one row."""

    def __init__(self, scores: Any, k: int, ties: str) -> None:
        seen = [j for j, score in enumerate(scores) if score != -np.inf]
        self.size = min(k, len(seen))
        level = sorted((scores[j] for j in seen), reverse=True)[self.size - 1] if self.size else 0
        self.sure = [j for j in seen if self.size and scores[j] > level]
        self.tied = [j for j in seen if self.size and scores[j] == level]
        self.room = len(self.tied) if ties == "all" else self.size - len(self.sure)
        self.any = ties == "any"

    @property
    def kind(self) -> Kind:
        """Whether a rule had to decide."""
        return Kind.TIE if self.room < len(self.tied) else Kind.PLAIN

    @property
    def declared(self) -> list[int]:
        """The set under the rule of the least indices, or of all ties."""
        return sorted(self.sure + self.tied[: self.room])

    def allows(self, kept: list[int]) -> bool:
        """Whether a set is one that the rule allows."""
        if not self.any:
            return sorted(kept) == self.declared
        chosen = set(kept)
        return (
            len(kept) == len(chosen) == len(self.sure) + self.room
            and chosen.issuperset(self.sure)
            and chosen.issubset((*self.sure, *self.tied))
        )


def _judge(call: Call, result: Any, setting: Setting) -> Judged:
    scores, k = call.array("scores"), int(call.arguments["k"])
    rows = {
        place: _Kept(scores[place].tolist(), k, setting.ties)
        for place in np.ndindex(scores.shape[:-1])
    }
    sets = [row.declared for row in rows.values()]
    got = np.asarray(result)
    if got.dtype.kind in "iu":
        return Judged((_indices(got, scores, k, rows, setting),), {"kept": sets})
    got = real_array(got, scores.shape, setting.dtype, "weights")
    kept, values = Finding("index", Verdict.EXACT), Finding("value", Verdict.EXACT)
    exact = []
    for place, row in rows.items():
        one, value, weights = _weights(got[place], scores[place], row, setting, list(place))
        kept, values = worst(kept, one), worst(values, value)
        exact.append(weights)
    return Judged((kept, values), {"kept": sets, "weights": exact})


def _indices(got: Any, scores: Any, k: int, rows: dict[Any, _Kept], setting: Setting) -> Finding:
    if setting.ties == "all":
        raise ReturnFault("result: under ties=all expected weights, got indices")
    shape = (*scores.shape[:-1], min(k, scores.shape[-1]))
    if got.shape != shape:
        raise ReturnFault(f"index: expected shape {shape}, got {got.shape}")
    found = Finding("index", Verdict.EXACT)
    for place, row in rows.items():
        # fewer entries than k: the rest of the indices is -1
        chosen = got[place].tolist()
        spare = len(chosen) - row.size
        kept = [j for j in chosen if j != -1]
        if len(chosen) - len(kept) != spare or not row.allows(kept):
            said = f"index{list(place)}: expected {_expected(row)}, got {chosen}"
            found = worst(found, Finding("index", Verdict.WRONG, said, kind=Kind.WRONG))
    return found


def _weights(
    got: Any, scores: Any, row: _Kept, setting: Setting, place: list[int]
) -> tuple[Finding, Finding, list[Any]]:
    u, least = unit(setting.dtype), tiny(setting.dtype)
    positive = [j for j, weight in enumerate(got.tolist()) if weight != 0]
    name = f"weights{place}"
    kept = row.declared
    if row.any:
        # the tied entries that it took; one whose weight is lost is filled up from the others
        taken = [j for j in row.tied if j in positive]
        spare = [j for j in row.tied if j not in positive]
        kept = sorted(row.sure + (taken + spare)[: max(row.room, len(taken))])
    if not kept:
        verdict = Verdict.WRONG if positive or np.isnan(got).any() else Verdict.EXACT
        said = f"{name}: nothing is kept, expected zeros, got {got.tolist()}"
        zero = [{"low": ends(0)[0], "high": ends(0)[1]} for _ in scores]
        bad = Finding("index", verdict, said if verdict is Verdict.WRONG else "")
        return bad, Finding("value", verdict, bad.message), zero
    given = [rational(s) if j in kept else None for j, s in enumerate(scores)]
    exact = softmax_row(given, u, least)
    lost = [j for j in kept if j not in positive and exact.allowed[j][0] <= 0]
    found = Finding("index", Verdict.EXACT)
    if not row.allows(sorted(set(positive) | set(lost))):
        said = f"{name}: expected the entries {_expected(row)}, got {positive}"
        found = Finding("index", Verdict.WRONG, said, kind=Kind.WRONG)
    value = judge_values("value", got, exact.weights, exact.allowed, name)
    pairs = [dict(zip(("low", "high"), ends(w), strict=True)) for w in exact.weights]
    return found, value, pairs


def _expected(row: _Kept) -> str:
    if row.any and row.kind is Kind.TIE:
        return f"{row.sure} and {row.room} of {row.tied}"
    return str(row.declared)


def _needs(call: Call) -> frozenset[str]:
    scores, k = call.array("scores"), int(call.arguments["k"])
    beyond = {"clamp"} if k > scores.shape[-1] else set()
    left = np.isfinite(scores).sum(axis=-1)
    scarce = {"empty"} if (left < min(k, scores.shape[-1])).any() else set()
    return frozenset(beyond | scarce)


def _rows(make: Any, low: int = 1) -> Any:
    def draw(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
        n = int(rng.integers(2, 11))
        return {"scores": make(rng, (2, n), setting.dtype), "k": int(rng.integers(low, n + 1))}

    return draw


def _close(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    # neighbours in the format: what computes scores again, or compares in a smaller format, errs
    step = float(np.finfo(dtype).eps)
    return (1.0 + step * rng.integers(0, 6, shape)).astype(dtype)


def _masked(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
    given: dict[str, Any] = _rows(grid)(rng, setting)
    n = given["scores"].shape[-1]
    given["k"] = int(rng.integers(1, n)) if n > 1 else 1
    for row in given["scores"]:
        row[rng.permutation(n)[: int(rng.integers(0, n - given["k"] + 1))]] = -np.inf
    return given


def _scarce(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
    given: dict[str, Any] = _rows(grid, low=2)(rng, setting)
    left = int(rng.integers(0, given["k"]))
    given["scores"][:, left:] = -np.inf
    return given


def _beyond(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
    given: dict[str, Any] = _rows(grid)(rng, setting)
    return {**given, "k": given["scores"].shape[-1] + 2}


TOPK = Operator(
    name="topk",
    statement="The k largest scores are kept; their softmax, and zero elsewhere.",
    call="f(scores, k): (..., n), an integer; -inf hides an entry",
    returns="index (..., min(k, n)) of integers in any order, -1 where fewer entries are left; "
    "or weights (..., n) in the dtype of the scores",
    aspects={
        "index": "which entries are kept, exactly, under the declared tie rule",
        "value": "the softmax of the kept scores, where weights are returned",
    },
    owed=(("index",),),
    families=(
        Family(
            "wiring",
            "the largest of two",
            lambda rng, s: {
                "scores": rng.permuted(np.array([[0.0, 4.0]], s.dtype), axis=1),
                "k": 1,
            },
        ),
        Family("grid", "any", _rows(grid)),
        Family("ties", "equal scores at the k-th place", _rows(integers)),
        Family("equal", "all scores equal", _rows(lambda r, s, t: np.ones(s, t))),
        Family("normal", "full significands", _rows(normals)),
        Family("close", "neighbouring floats", _rows(_close)),
        Family("scale", "far apart", _rows(lambda r, s, t: grid(r, s, t) * t.type(2.0**8))),
        Family("negative", "all below zero", _rows(lambda r, s, t: grid(r, s, t) - t.type(8.0))),
        Family("masked", "entries at -inf, k others", _masked),
        Family("scarce", "fewer than k entries are left", _scarce, "empty"),
        Family("beyond", "k > n: all are kept", _beyond, "clamp"),
    ),
    axes={"scores": ("row", "n")},
    judge=_judge,
    blank=lambda call: np.zeros_like(call.array("scores")),
    needs=_needs,
)
