"""What is sent and what is read: the messages against the schema of the protocol."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import numpy as np
import pytest
from gd_attention.conformance.badcalls import bad_calls, is_portable
from gd_attention.conformance.messages import (
    Malformed,
    answered,
    declared,
    decoded,
    run_line,
    start_line,
    stop_line,
)
from gd_attention.conformance.target import CAPABILITIES, FIELDS
from gd_attention.conformance.vectors import load_vectors

SCHEMA = json.loads((files("gd_attention.spec") / "protocol.schema.json").read_text())


def validator(name: str) -> jsonschema.Draft202012Validator:
    """The validator of one definition."""
    return jsonschema.Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/{name}"}]})


@pytest.mark.clause("GDA-protocol-arrays", "GDA-protocol-run")
def test_what_is_sent_fits_the_schema():
    """Every case of the vectors and every portable bad call, the first and the last message."""
    check = validator("to_target")
    cases = [vector.case for vector in load_vectors()]
    cases += [case for case in bad_calls() if is_portable(case)]
    for case in cases:
        line = run_line(7, case.arguments())
        assert b"\n" not in line
        check.validate(json.loads(line))
    check.validate(json.loads(start_line()))
    check.validate(json.loads(stop_line()))
    assert not check.is_valid({"cmd": "begin"})


@pytest.mark.clause("GDA-protocol-start")
def test_the_schema_knows_the_names_of_the_standard():
    """Capabilities and fields."""
    properties = SCHEMA["$defs"]["declaration"]["properties"]
    assert properties["capabilities"]["items"]["enum"] == list(CAPABILITIES)
    assert SCHEMA["$defs"]["field"]["enum"] == list(FIELDS)


def index(**changes: object) -> dict[str, object]:
    """An index array, changed."""
    return {"dtype": "int64", "shape": [1], "data": [0], **changes}


def energy(text: object, dtype: str = "float64") -> dict[str, object]:
    """An array of one float."""
    return {"dtype": dtype, "shape": [1], "data": [text]}


GOOD = [
    {"id": 1, "result": {"index": index()}},
    {"id": 1, "result": {"index": index(data=["9007199254740993"])}},
    {"id": 1, "result": {"index": index(shape=[1, 1], dtype="uint8")}},
    {"id": 1, "result": {"index": index(), "energy": energy("0x1.8p+1")}},
    {"id": 1, "result": {"index": index(), "energy": energy("0X1P-1074")}},
    {"id": 1, "result": {"index": index(), "energy": energy("-nan")}},
    {"id": 1, "result": {"index": index(), "energy": energy("inf", "float16")}},
    {"id": 1, "result": {"index": index(shape=[0], data=[])}},
    {"id": 1, "skipped": "why"},
    {"id": 1, "error": {"kind": "ValueError", "message": ""}},
]

# replies that neither the schema nor the reader takes
BAD = [
    [],
    {},
    {"id": 1},
    {"id": "1", "skipped": "why"},
    {"id": True, "skipped": "why"},
    {"id": 1, "skipped": ""},
    {"id": 1, "skipped": "why", "extra": 1},
    {"id": 1, "skipped": "why", "error": {"kind": "ValueError", "message": ""}},
    {"id": 1, "error": "ValueError"},
    {"id": 1, "error": {"kind": "ValueError"}},
    {"id": 1, "result": {}},
    {"id": 1, "result": [0]},
    {"id": 1, "result": {"index": [0]}},
    {"id": 1, "result": {"index": index(), "score": index()}},
    {"id": 1, "result": {"index": index(dtype="int128")}},
    {"id": 1, "result": {"index": index(dtype="complex64")}},
    {"id": 1, "result": {"index": index(shape=[-1])}},
    {"id": 1, "result": {"index": index(shape=1)}},
    {"id": 1, "result": {"index": index(data=[0.5])}},
    {"id": 1, "result": {"index": index(data=["zero"])}},
    {"id": 1, "result": {"index": index(data=[True])}},
    {"id": 1, "result": {"index": index(), "unique": {**index(), "dtype": "bool"}}},
    {"id": 1, "result": {"index": index(), "energy": energy(0.5)}},
    {"id": 1, "result": {"index": index(), "energy": energy("0.5")}},
    {"id": 1, "result": {"index": index(), "energy": energy("infinity")}},
    {"id": 1, "result": {"index": index(), "energy": energy(" 0x1p+0")}},
]

# what no schema can say: counts, ranges, the id that was asked for
BEYOND = [
    {"id": 2, "skipped": "why"},
    {"id": 1, "result": {"index": index(data=[0, 1])}},
    {"id": 1, "result": {"index": index(dtype="int8", data=[128])}},
    {"id": 1, "result": {"index": index(dtype="uint8", data=[-1])}},
    {"id": 1, "result": {"index": index(), "energy": energy("0x1p+1024")}},
    {"id": 1, "result": {"index": index(), "energy": energy("0x1p-30", "float16")}},
    {"id": 1, "result": {"index": index(), "energy": energy("0x1.000002p+0", "float16")}},
    {"id": 1, "result": {"index": index(), "energy": energy("0x1p+200", "float32")}},
]


@pytest.mark.clause("GDA-protocol-run", "GDA-protocol-arrays")
@pytest.mark.parametrize("reply", GOOD, ids=json.dumps)
def test_replies_that_are_read(reply):
    """The reader and the schema take them."""
    validator("from_target").validate(reply)
    answered(reply, 1)


@pytest.mark.clause("GDA-protocol-run", "GDA-protocol-arrays")
@pytest.mark.parametrize("reply", [*BAD, *BEYOND], ids=json.dumps)
def test_replies_that_are_refused(reply):
    """The reader refuses them, and the schema those that it can."""
    assert validator("from_target").is_valid(reply) == (reply in BEYOND)
    with pytest.raises(Malformed):
        answered(reply, 1)


@pytest.mark.clause("GDA-protocol-run")
def test_what_a_reply_stands_for():
    """Errors keep their kind; an unknown kind is no ValueError."""
    error = answered({"id": 1, "error": {"kind": "TypeError", "message": "no"}}, 1)
    assert type(error) is TypeError and str(error) == "no"
    error = answered({"id": 1, "error": {"kind": "Segfault", "message": "no"}}, 1)
    assert type(error) is RuntimeError
    assert type(answered({"id": 1, "skipped": "no"}, 1)) is NotImplementedError


@pytest.mark.clause("GDA-protocol-arrays")
def test_numbers_are_read_exactly():
    """Floats to the bit, subnormal ones too; whole numbers beyond doubles."""
    document = {"dtype": "float64", "shape": [4], "data": ["0x1p-1074", "-0x0p+0", "nan", "-inf"]}
    assert decoded("energy", document).tobytes() == (
        np.array([5e-324, -0.0, np.nan, -np.inf]).tobytes()
    )
    document = {"dtype": "uint64", "shape": [], "data": ["18446744073709551615"]}
    assert decoded("output", document) == np.uint64(2**64 - 1)


DECLARATION = {"protocol": "gda-lines/1", "name": "n", "version": "v", "fields": ["index"]}


@pytest.mark.clause("GDA-protocol-start")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, ""),
        ({"contract": {"dtype": "float32"}, "capabilities": ["alpha"]}, ""),
        ({"capabilities": None, "contract": None}, ""),
        ({"protocol": "gda-lines/9"}, "protocol: expected"),
        ({"name": 3}, "name: expected a string"),
        ({"version": None}, "version: expected a string"),
        ({"fields": "index"}, "fields: expected a list"),
        ({"fields": ["score"]}, "unknown score"),
        ({"capabilities": ["telepathy"]}, "unknown telepathy"),
        ({"contract": 64}, "contract: expected"),
        ({"author": "me"}, "got author"),
    ],
)
def test_declarations(changes, message):
    """The reader and the schema agree."""
    reply = {**DECLARATION, **changes}
    assert validator("from_target").is_valid(reply) == (not message)
    if message:
        with pytest.raises(Malformed, match=message):
            declared(reply)
    else:
        assert declared(reply).fields == ("index",)
