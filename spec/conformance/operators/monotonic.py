"""Monotonic attention: the expected alignment, and the hard process.

The state before the first row is the first column. Row i scans from the column where row i - 1
stopped, that one included, and stops at the first one that fires; one that finds nothing ends the
process: all later rows find nothing. The hard process fires where p > 1/2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flint import fmpq
from gd_attention.conformance.operators.allowances import alignment_slack, tiny, unit
from gd_attention.conformance.operators.reading import (
    ReturnFault,
    ends,
    judge_values,
    rational,
    real_array,
    worst,
)
from gd_attention.conformance.operators.record import Call, Family, Judged, Operator, Setting
from gd_attention.conformance.verdict import Finding, Verdict

__all__ = ["MONOTONIC"]


def _expected(chances: list[list[Any]]) -> list[list[Any]]:
    """The probability that row i stops at column j, from the process itself.

    Mass that waits at column j is what row i - 1 left there and what passed columns before.
    """
    width = len(chances[0]) if chances else 0
    before = [fmpq(int(j == 0)) for j in range(width)]
    table = []
    for row in chances:
        waiting, here = fmpq(0), []
        for chance, mass in zip(row, before, strict=True):
            waiting += mass
            here.append(waiting * chance)
            waiting -= here[-1]
        table.append(here)
        before = here
    return table


def _process(chances: Any) -> list[int]:
    start, found = 0, []
    for row in chances:
        fires = [j for j in range(start, len(row)) if row[j] > 0.5] if start >= 0 else []
        start = fires[0] if fires else -1
        found.append(start)
    return found


def _judge(call: Call, result: Any, setting: Setting) -> Judged:
    chances = call.array("chances")
    expected, hard = _parts(result)
    table = _expected([[rational(x) for x in row] for row in chances])
    stops = _process(chances)
    findings = []
    if expected is not None:
        findings += _judge_expected(expected, chances, table, setting)
    if hard is not None:
        got = np.asarray(hard)
        if got.dtype.kind not in "iu" or got.shape != chances.shape[:1]:
            raise ReturnFault(
                f"index: expected integers of shape {chances.shape[:1]}, "
                f"got {got.dtype} of shape {got.shape}"
            )
        same = got.tolist() == stops
        findings.append(
            Finding("index", Verdict.EXACT)
            if same
            else Finding("index", Verdict.WRONG, f"expected {stops}, got {got.tolist()}")
        )
    exact = [[dict(zip(("low", "high"), ends(x), strict=True)) for x in row] for row in table]
    return Judged(tuple(findings), {"expected": exact, "index": stops})


def _judge_expected(
    expected: Any, chances: Any, table: list[list[Any]], setting: Setting
) -> list[Finding]:
    got = real_array(expected, chances.shape, setting.dtype, "expected")
    u, least = unit(setting.dtype), tiny(setting.dtype)
    values, support = Finding("value", Verdict.EXACT), Finding("support", Verdict.EXACT)
    for i, row in enumerate(table):
        slack = alignment_slack(i + 1, len(row), u)
        lost = (i + 1) * len(row) * least
        rooms = [(max(x * (1 - slack) - lost, fmpq(0)), x * (1 + slack) + lost) for x in row]
        values = worst(values, judge_values("value", got[i], row, rooms, f"expected[{i}]"))
        for j, x in enumerate(row):
            if x == 0 and got[i, j] != 0:
                said = f"expected[{i}, {j}]: no path stops here, got {float(got[i, j])!r}"
                support = worst(support, Finding("support", Verdict.WRONG, said))
    return [values, support]


def _parts(result: Any) -> tuple[Any, Any]:
    if isinstance(result, Mapping):
        parts = result.get("expected"), result.get("index")
    elif isinstance(result, tuple) and len(result) == 2:
        parts = result[0], result[1]
    elif np.asarray(result).dtype.kind in "iu":
        parts = None, result
    else:
        parts = result, None
    if parts[0] is None and parts[1] is None:
        raise ReturnFault("result: expected an alignment or indices, got neither")
    return parts


def _table(make: Any) -> Any:
    def draw(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
        shape = int(rng.integers(1, 5)), int(rng.integers(1, 9))
        return {"chances": np.asarray(make(rng, shape)).astype(setting.dtype)}

    return draw


def _many(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
    # a product of hundreds of factors 1/2 and less: the quotient of products has no digit left
    return {"chances": (rng.integers(32, 64, (2, 120)) / 64).astype(setting.dtype)}


MONOTONIC = Operator(
    name="monotonic",
    statement="Row i stops at the first firing column from where row i - 1 stopped on; the "
    "expected alignment is the probability of each stop, the hard process fires at p > 1/2.",
    call="f(chances): chances (rows, columns) in [0, 1]; the first row starts at column 0",
    returns="expected (rows, columns) in the dtype of the chances, or index (rows,) of integers "
    "with -1 for none, or the pair, or a mapping with the keys expected and index",
    aspects={
        "value": "the expected alignment, in real numbers",
        "support": "exact zeros where no path stops",
        "index": "the hard process, exactly",
    },
    owed=(("value", "index"),),
    families=(
        Family("wiring", "one row", lambda rng, s: {"chances": np.array([[0.25, 0.75]], s.dtype)}),
        Family("grid", "any", _table(lambda rng, shape: rng.integers(0, 65, shape) / 64)),
        Family("certain", "zeros and ones", _table(lambda rng, shape: rng.integers(0, 2, shape))),
        Family("ties", "many exact halves", _table(lambda rng, s: rng.integers(1, 4, s) / 4)),
        Family("uniform", "full significands", _table(lambda rng, shape: rng.random(shape))),
        Family("rare", "hardly any fires", _table(lambda r, s: r.integers(0, 3, s) / 2.0**20)),
        Family("sure", "ones among others", _table(lambda r, s: r.choice([0.25, 1.0], s))),
        Family("long", "many columns", _many),
    ),
    axes={"chances": ("row", "column")},
    judge=_judge,
    blank=lambda call: np.zeros_like(call.array("chances")),
)
