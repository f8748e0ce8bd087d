"""Unique-hard attention: one index a query, exactly.

Of the keys that the mask leaves, those with the largest score; of these the leftmost or the
rightmost; none where the mask leaves nothing. Scores are given: nothing is rounded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gd_attention.conformance.operators.draws import grid, integers
from gd_attention.conformance.operators.reading import ReturnFault
from gd_attention.conformance.operators.record import Call, Family, Judged, Operator, Setting
from gd_attention.conformance.verdict import Finding, Kind, Verdict

__all__ = ["UNIQUE_HARD"]


def _answer(scores: Any, mask: Any, side: str) -> list[int]:
    found = []
    for row, open_ in zip(scores.tolist(), mask.tolist(), strict=True):
        seen = [j for j, is_open in enumerate(open_) if is_open]
        best = [j for j in seen if row[j] == max(row[i] for i in seen)]
        found.append(-1 if not best else best[0] if side == "leftmost" else best[-1])
    return found


def _indices(result: Any, shape: tuple[int, int]) -> list[int]:
    """The indices that were returned, or those of one-hot rows."""
    if isinstance(result, (list, tuple)):
        # a list may spell none as None
        result = np.array([-1 if j is None else j for j in result], ndmin=1)
    got = np.asarray(result)
    if got.dtype.kind in "iu" and got.shape == shape[:1]:
        return [int(j) for j in got]
    if got.dtype.kind not in "fb" or got.shape != shape:
        raise ReturnFault(
            f"result: expected integers of shape {shape[:1]} or one-hot rows of shape {shape}, "
            f"got {got.dtype} of shape {got.shape}"
        )
    rows = [[j for j, x in enumerate(row) if x != 0] for row in got.tolist()]
    for m, row in enumerate(rows):
        if len(row) > 1 or (row and got[m, row[0]] != 1):
            raise ReturnFault(f"result[{m}]: expected one 1 or none, got {got[m].tolist()}")
    return [row[0] if row else -1 for row in rows]


def _judge(call: Call, result: Any, setting: Setting) -> Judged:
    scores, mask = call.array("scores"), call.array("mask")
    expected = _answer(scores, mask, call.arguments["side"])
    got = _indices(result, scores.shape)
    for m, (right, came) in enumerate(zip(expected, got, strict=True)):
        if right != came:
            said = f"index[{m}]: expected {right}, got {came}"
            finding = Finding("index", Verdict.WRONG, said, kind=Kind.WRONG)
            return Judged((finding,), {"index": expected})
    return Judged((Finding("index", Verdict.EXACT),), {"index": expected})


def _table(make: Any, mask: str) -> Any:
    def draw(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
        n = int(rng.integers(1, 8))
        here, there = np.indices((n, n))
        table = {
            "all": np.ones((n, n), bool),
            "future": there < here,
            "past": there > here,
            "random": rng.random((n, n)) < 0.5,
            "none": np.zeros((n, n), bool),
        }[mask]
        return {
            "scores": make(rng, (n, n), setting.dtype),
            "mask": table,
            "side": str(rng.choice(["leftmost", "rightmost"])),
        }

    return draw


def _close(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return (1.0 + float(np.finfo(dtype).eps) * rng.integers(0, 3, shape)).astype(dtype)


def _least(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    # a visible key at the least finite number is visible: no large number may stand for hidden
    return rng.choice([float(np.finfo(dtype).min), -1.0], shape, p=[0.8, 0.2]).astype(dtype)


def _wiring(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
    scores = np.array([[0.0, 1.0], [1.0, 0.0]], setting.dtype)
    return {"scores": scores, "mask": np.ones((2, 2), bool), "side": "leftmost"}


UNIQUE_HARD = Operator(
    name="unique-hard",
    statement="The leftmost or rightmost of the visible keys with the largest score; none where "
    "no key is visible.",
    call='f(scores, mask, side): (m, n), bool (m, n) with True for visible, "leftmost" or '
    '"rightmost"',
    returns="index (m,) of integers with -1 for none (or a list with None), or one-hot rows (m, n)",
    aspects={"index": "the selected key, exactly"},
    owed=(("index",),),
    families=(
        Family("wiring", "two keys, no tie", _wiring),
        Family("all", "no mask", _table(grid, "all")),
        Family("ties", "equal scores", _table(integers, "all")),
        Family("future", "strictly earlier keys", _table(integers, "future")),
        Family("past", "strictly later keys", _table(integers, "past")),
        Family("random", "any mask", _table(integers, "random")),
        Family("close", "neighbouring floats", _table(_close, "random")),
        Family("least", "visible scores at the least float", _table(_least, "random")),
        Family("none", "nothing is visible", _table(integers, "none")),
        Family(
            "negative",
            "all below zero",
            _table(lambda r, s, t: integers(r, s, t) - t.type(8.0), "random"),
        ),
    ),
    axes={"scores": ("m", "n"), "mask": ("m", "n")},
    judge=_judge,
    blank=lambda call: np.zeros_like(call.array("scores")),
)
