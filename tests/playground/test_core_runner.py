"""The runner where it hurts: numbers at the ends of the range, empty shapes, and broken lines.

What a call must return is the oracle's; the fields are compared with the correctly rounded ones.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator
from typing import Any

import jsonschema
import numpy as np
import pytest
from gd_attention.conformance import CommandTarget
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.oracle import solve
from playground_core import PLAYGROUND, RUNNER, node

SECONDS = 120.0
SCHEMA = PLAYGROUND.parents[1] / "spec" / "protocol.schema.json"
START = {"cmd": "start", "protocol": "gda-lines/1"}
LARGEST = 1.7976931348623157e308
LEAST = 5e-324


@pytest.fixture(scope="module")
def target() -> Iterator[CommandTarget]:
    """One process for all calls."""
    with CommandTarget([node(), str(RUNNER)], SECONDS) as command:
        yield command


def agrees(target: CommandTarget, **arguments: Any) -> Any:
    """Call, and compare with the oracle's exact index and correctly rounded fields."""
    case = Case(**arguments)
    answer = solve(case, EXACT)
    got = case.call(target)
    for position in np.ndindex(answer.shape):
        index = answer.row(position).exact
        assert got["index"][position] == index
        if index < 0:
            assert got["energy"][position] == math.inf
            assert not got["unique"][position]
            continue
        pair = answer.pair(position, index)
        assert got["energy"][position] == pair.energy.nearest
        assert got["coordinate"][position] == pair.coordinate.nearest
        assert got["unique"][position] == pair.unique
        point = [part.nearest for part in pair.alignment_point]
        assert got["alignment_point"][position].tolist() == point
    return got


SCALES = [LEAST, 3e-323, 2.0**-1022, 1e-160, 1e-154, 1.0, 1e154, 1e160, LARGEST / 4]


@pytest.mark.clause("GDA-select-exact-order", "GDA-energy-overflow", "GDA-admit-zero")
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("alpha", [0.5, LEAST, 1 - 2.0**-53, 0.3])
def test_the_ends_of_the_range(target: CommandTarget, scale: float, alpha: float) -> None:
    """Distances that overflow or underflow, weights beside 0 and 1, precisions to compensate."""
    query = scale * np.array([[1.0, -2.0], [0.0, 3.0]])
    keys = scale * np.array([[3.0, 1.0], [1.0, -2.0], [-3.0, 2.0], [0.0, 2.0]])
    for beta in (1.0, LEAST, LARGEST):
        for threshold in (math.inf, 0.0, LEAST, 0.25):
            agrees(target, query=query, keys=keys, alpha=alpha, beta=beta, threshold=threshold)
    mixed = np.array([alpha, 0.5, 0.25, 0.75])
    agrees(target, query=query, keys=keys, alpha=mixed, threshold=np.array([1.0, -1.0, 1.0, 1.0]))


@pytest.mark.clause("GDA-align-unique", "GDA-align-half", "GDA-select-ties")
def test_beside_the_critical_point(target: CommandTarget) -> None:
    """Separations that differ from 2 by less than any double does: 2 + 2^-200, and 2 itself."""
    query = np.zeros((1, 3))
    for third in (0.0, 2.0**-100, 2.0**-500, LEAST):
        for alpha in (0.5, math.nextafter(0.5, 0), math.nextafter(0.5, 1)):
            keys = np.array([[1.0, -1.0, third], [1.0, 1.0, third]])
            got = agrees(target, query=query, keys=keys, alpha=alpha)
            assert got["index"].tolist() == [0]


@pytest.mark.clause("GDA-signed-zero")
def test_signed_zeros(target: CommandTarget) -> None:
    """Of queries, keys and thresholds."""
    zero, negative = np.array([[0.0, -0.0]]), np.array([[-0.0, 0.0], [0.0, 0.0]])
    got = agrees(target, query=zero, keys=negative, threshold=-0.0)
    assert got["index"].tolist() == [0]


@pytest.mark.clause("GDA-mask-unread", "GDA-abstain-fields", "GDA-values-nan")
def test_rows_that_are_not_read(target: CommandTarget) -> None:
    """NaN, infinities and unrepresentable integers in masked rows; values of any content."""
    query = np.array([[math.nan, math.inf], [0.0, 1.0]])
    keys = np.array([[math.nan, 0.0], [0.0, 2.0], [-math.inf, 1.0]])
    mask = np.array([[False, False, False], [False, True, False]])
    values = np.array([[1.0], [math.nan], [math.inf]])
    got = agrees(target, query=query, keys=keys, mask=mask, values=values, fill=7.5)
    assert got["index"].tolist() == [-1, 1]
    assert got["output"][0, 0] == 7.5 and math.isnan(got["output"][1, 0])
    assert math.isnan(got["alignment_point"][0, 0])
    whole = np.array([[2**53 + 1], [3]])
    got = target(query=np.array([[1]]), keys=whole, mask=np.array([False, True]))
    assert got["index"].tolist() == [1]
    assert got["output"].tolist() == [[3]]
    with pytest.raises(ValueError, match="keys: expected integers"):
        target(query=np.array([[1]]), keys=whole)


@pytest.mark.clause("GDA-abstain-empty", "GDA-batch-broadcast", "GDA-input-shape")
@pytest.mark.parametrize(
    ("query", "keys", "values"),
    [
        ((2, 3), (0, 3), None),
        ((0, 3), (2, 3), None),
        ((2, 3), (2, 3), (2, 0)),
        ((0, 2, 3), (2, 3), None),
        ((1, 2, 3), (4, 1, 2, 3), (3, 2, 1)),
        ((2, 3), (0, 3), (5, 0, 2)),
    ],
)
def test_empty_and_broadcast_shapes(target: CommandTarget, query: Any, keys: Any, values: Any):
    """Shapes of every field, with no elements too."""
    given = {"query": np.ones(query), "keys": np.zeros(keys)}
    if values is not None:
        given["values"] = np.zeros(values)
    got = agrees(target, **given)
    batch = np.broadcast_shapes(query[:-2], keys[:-2], (values or keys)[:-2])
    assert got["index"].shape == (*batch, query[-2])
    assert got["output"].shape == (*batch, query[-2], (values or keys)[-1])
    assert got["alignment_point"].shape == (*batch, *query[-2:])


@pytest.mark.clause("GDA-fill-representable")
@pytest.mark.parametrize(
    ("dtype", "fits", "refused"),
    [
        (np.int8, [-128, 127, 5.0, -0.0], [128, -129, 0.5, math.inf]),
        (np.uint64, [2**64 - 1, 0, 2.0**63], [-1, 2.0**64, math.nan]),
        (np.int64, [-(2**63), 2**63 - 1, 2.0**53], [2.0**63]),
        (np.float16, [65504.0, 2.0**-24, -0.5, math.nan, 2048], [65536.0, 2.0**-25, 2049, 1e300]),
        (np.float32, [2.0**-149, 2.0**127, 0.1 + 0.0 * 2**-3, 16777216][:2], [0.1, 2**24 + 1]),
        (np.float64, [LARGEST, LEAST, -math.inf, 2**53, 2**60], [2**53 + 1, 2**64 - 1]),
    ],
)
def test_fills(target: CommandTarget, dtype: Any, fits: list[Any], refused: list[Any]) -> None:
    """What the dtype of the values holds is copied, anything else is refused."""
    given = {"query": np.zeros((1, 1)), "keys": np.zeros((0, 1)), "values": np.zeros((0, 1), dtype)}
    for fill in fits:
        number = np.uint64(fill) if isinstance(fill, int) and fill >= 2**63 else np.asarray(fill)
        output = target(**given, fill=number)["output"]
        assert output.dtype == dtype
        assert np.array_equal(output, np.full((1, 1), fill, dtype), equal_nan=dtype != np.uint64)
    for fill in refused:
        number = np.uint64(fill) if isinstance(fill, int) and fill >= 2**63 else np.asarray(fill)
        with pytest.raises(ValueError, match="fill: expected numbers that"):
            target(**given, fill=number)


def test_many_coordinates(target: CommandTarget) -> None:
    """More than a call of a function has room for as arguments."""
    query, keys = np.zeros((1, 150_000)), np.zeros((2, 150_000))
    keys[0, -1], keys[1, 0] = 2.0**-600, -(2.0**-600)
    got = target(query=query, keys=keys)
    assert got["index"].tolist() == [0]


def dialogue(*lines: Any) -> tuple[list[Any], int, str]:
    """The answers to some lines, the exit status, and what came on standard error."""
    text = "".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines)
    run = subprocess.run(
        [node(), str(RUNNER)], input=text, capture_output=True, text=True, timeout=SECONDS
    )
    return [json.loads(line) for line in run.stdout.splitlines()], run.returncode, run.stderr


def array(data: list[Any], dtype: str = "float64", shape: list[int] | None = None) -> Any:
    """An array of the protocol."""
    return {"dtype": dtype, "shape": [len(data), 1] if shape is None else shape, "data": data}


@pytest.mark.clause("GDA-protocol-lines", "GDA-protocol-start")
def test_answers_are_messages_of_the_protocol() -> None:
    """By its schema; in order; and the process ends with stop."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    inputs = {"query": array(["0x0p+0"]), "keys": array(["0x1p+0", "-0x1p+0"])}
    bad = {"query": array(["0x0p+0"]), "keys": array(["nan"])}
    lines = [START] + [{"cmd": "run", "id": n, "inputs": i} for n, i in ((1, inputs), (9, bad))]
    answers, status, _ = dialogue(*lines, {"cmd": "stop"})
    assert status == 0
    for answer in answers:
        jsonschema.validate(answer, {**schema, "$ref": "#/$defs/from_target", "anyOf": [True]})
    assert [answer.get("id") for answer in answers] == [None, 1, 9]
    assert answers[1]["result"]["index"]["data"] == [0]
    assert answers[2]["error"] == {
        "kind": "ValueError",
        "message": "keys[0][0]: expected a number, got NaN",
    }


GOOD = array(["0x0p+0"])


@pytest.mark.clause("GDA-protocol-arrays", "GDA-input-dtype")
@pytest.mark.parametrize(
    ("inputs", "kind", "message"),
    [
        ({"query": GOOD}, "TypeError", "keys: expected an array, got none"),
        ({"query": GOOD, "keys": GOOD, "tau": GOOD}, "TypeError", "tau: expected one of query"),
        ({"query": GOOD, "keys": 3}, "TypeError", "keys: expected an array of dtype"),
        ({"query": GOOD, "keys": array([["0x0p+0"] * 2], "complex128")}, "TypeError", "keys"),
        ({"query": GOOD, "keys": array(["0x0p+0"], "float128")}, "TypeError", "keys: expected"),
        ({"query": GOOD, "keys": array(["0x0p+0"], shape=[2, 1])}, "ValueError", "keys: expected"),
        ({"query": GOOD, "keys": array(["0x0p+0"], shape=[-1, -1])}, "ValueError", "keys"),
        ({"query": GOOD, "keys": array(["1.5"])}, "ValueError", "keys: expected hexadecimal"),
        ({"query": GOOD, "keys": array([1.5])}, "ValueError", "keys: expected hexadecimal"),
        ({"query": GOOD, "keys": array([1.5], "int64")}, "ValueError", "keys: expected integers"),
        # a bare number beyond 2^53 may have been rounded when the line was read
        ({"query": GOOD, "keys": array([2**53 + 2], "int64")}, "ValueError", "keys: expected"),
    ],
)
def test_a_bad_message_is_an_error_with_its_id(inputs: Any, kind: str, message: str) -> None:
    """Not a fault: the process goes on."""
    good = {"query": GOOD, "keys": GOOD}
    lines = [START, *({"cmd": "run", "id": n, "inputs": i} for n, i in ((1, inputs), (2, good)))]
    answers, status, _ = dialogue(*lines)
    assert status == 0
    assert answers[1]["id"] == 1
    assert answers[1]["error"]["kind"] == kind
    assert answers[1]["error"]["message"].startswith(message)
    assert answers[2]["result"]["index"]["data"] == [0]


@pytest.mark.clause("GDA-protocol-faults")
@pytest.mark.parametrize(
    "line", ["", "{", "null", "[]", '{"cmd":"go"}', '{"cmd":"run"}', '{"cmd":"start"}']
)
def test_a_line_that_is_no_message_ends_the_process(line: str) -> None:
    """With a reason on standard error: there is no id to answer with."""
    answers, status, words = dialogue(START, line, START)
    assert len(answers) == 1
    assert status == 2
    assert words.startswith("core-runner: expected a ")
