"""Bad arguments of the core: the class of the error, and the argument by name."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from playground_core import Core, CoreError, Undefined

TYPE, RANGE = "ArgumentTypeError", "ArgumentRangeError"
PLAIN = {"query": [0.0, 0.0], "keys": [[1.0, 0.0], [0.0, 2.0]]}
NAN = math.nan

CALLS: list[tuple[str, list[Any], str, str]] = [
    ("landscape", [[NAN], [0.0], [1.0]], RANGE, "point[0]"),
    ("landscape", [[0.0], [0.0, 1.0], [1.0]], RANGE, "query"),
    ("landscape", [[0.0], [0.0], [1.0], 1.0], RANGE, "alpha"),
    ("landscape", [[0.0], [0.0], [1.0], 0.5, 0.0], RANGE, "beta"),
    ("landscape", [[], [], []], RANGE, "point"),
    ("landscape", [1.0, [0.0], [1.0]], TYPE, "point"),
    ("separation", [[0.0], ["1"]], TYPE, "key[0]"),
    ("separation", [[0.0], [1.0], -1.0], RANGE, "beta"),
    ("jump", [[0.0], [math.inf]], RANGE, "key[0]"),
    ("logOdds", [0.0], RANGE, "alpha"),
    ("passage", [math.inf, 1.0], RANGE, "coordinate"),
    ("passage", [0.5, -1.0], RANGE, "separation"),
    ("align", [-1e-300], RANGE, "separation"),
    ("align", [NAN], RANGE, "separation"),
    ("align", [1.0, "0.5"], TYPE, "alpha"),
    ("ceiling", [1.0], RANGE, "alpha"),
    ("coherence", [-1.0], RANGE, "energy"),
    ("spinodal", [NAN], RANGE, "separation"),
    ("regime", [3.0, -0.5], RANGE, "alpha"),
    ("stationaryPoints", [math.inf], RANGE, "separation"),
    ("barrier", [Undefined()], TYPE, "separation"),
    ("threshold", [-1.0], RANGE, "radius"),
    ("radius", [NAN], RANGE, "threshold"),
    ("select", [Undefined()], TYPE, "problem"),
    ("select", [{**PLAIN, "keys": 3.0}], TYPE, "keys"),
    ("select", [{**PLAIN, "keys": [[1.0], [2.0]]}], RANGE, "keys[0]"),
    ("select", [{**PLAIN, "keys": [[1.0, NAN], [2.0, 1.0]]}], RANGE, "keys[0][1]"),
    ("select", [{**PLAIN, "query": [NAN, 0.0]}], RANGE, "query[0]"),
    ("select", [{**PLAIN, "query": []}], RANGE, "query"),
    ("select", [{**PLAIN, "alpha": [0.5]}], RANGE, "alpha"),
    ("select", [{**PLAIN, "alpha": [0.5, 1.0]}], RANGE, "alpha[1]"),
    ("select", [{**PLAIN, "beta": math.inf}], RANGE, "beta"),
    ("select", [{**PLAIN, "threshold": [1.0, NAN]}], RANGE, "threshold[1]"),
    ("select", [{**PLAIN, "mask": [True]}], RANGE, "mask"),
    ("select", [{**PLAIN, "mask": [True, 1.0]}], TYPE, "mask[1]"),
    ("select", [{**PLAIN, "values": [[1.0]]}], RANGE, "values"),
    # a mask excuses neither a weight nor a threshold
    ("select", [{**PLAIN, "mask": [True, False], "alpha": [0.5, NAN]}], RANGE, "alpha[1]"),
    ("admission", [{**PLAIN, "beta": "1"}], TYPE, "beta"),
    ("selector", [{**PLAIN, "alpha": 2.0}], RANGE, "alpha"),
    ("reconstruct", [PLAIN, {"tolerance": -1.0}], RANGE, "tolerance"),
    ("reconstruct", [PLAIN, {"maxSteps": 1.5}], RANGE, "maxSteps"),
    ("fromHex", ["12"], RANGE, "text"),
    ("fromHex", [1.0], RANGE, "text"),
    ("prior.softmax", [[math.inf]], RANGE, "scores[0]"),
    ("prior.softmax", [[0.0], 0.0], RANGE, "scale"),
    ("prior.sparsemax", [[NAN]], RANGE, "scores[0]"),
    ("prior.topK", [[1.0], 0.0], RANGE, "k"),
    ("prior.hard", [[1.0], "first"], RANGE, "tie"),
    ("prior.blend", [[1.0], []], RANGE, "values"),
    ("prior.hopfield", [[[1.0]], [1.0], -1.0], RANGE, "beta"),
    ("prior.attention", [[1.0], [[1.0, 2.0]]], RANGE, "keys[0]"),
    ("prior.softmin", [PLAIN, 0.0], RANGE, "temperature"),
]


@pytest.fixture(scope="module")
def core() -> Iterator[Core]:
    """One process for all tests."""
    with Core() as process:
        yield process


@pytest.mark.clause("GDA-input-domain", "GDA-input-finite", "GDA-input-shape")
@pytest.mark.parametrize(("path", "args", "kind", "name"), CALLS)
def test_a_bad_argument_is_named(
    core: Core, path: str, args: list[Any], kind: str, name: str
) -> None:
    """And the message says what was expected and what came."""
    with pytest.raises(CoreError) as caught:
        core.call(path, *args)
    assert caught.value.kind == kind, caught.value
    assert str(caught.value).startswith(f"{kind}: {name}: expected "), caught.value
    assert ", got " in str(caught.value)


@pytest.mark.clause("GDA-mask-unread", "GDA-call-pure")
def test_what_is_not_read_is_not_refused(core: Core) -> None:
    """A query whose pairs are all masked may hold anything; no keys are no fault."""
    masked = {**PLAIN, "query": [NAN, 1.0], "mask": [False, False]}
    assert core.call("select", masked)["index"] == -1.0
    empty = {"query": [1.0], "keys": []}
    assert core.call("select", empty)["alignmentPoint"] == [1.0]
    assert core.call("admission", empty) == []
