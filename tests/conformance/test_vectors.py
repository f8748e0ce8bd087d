"""The vector files: schema, round trip, agreement with the oracle, coverage, reproducibility."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import ml_dtypes
import numpy as np
import pytest
from gd_attention import spec
from gd_attention.conformance.badcalls import bad_calls, is_portable
from gd_attention.conformance.case import ARGUMENTS
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.encoding import decode_array, dumps, encode_array
from gd_attention.conformance.expectation import Interval
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.vectors import (
    Vector,
    answer_of,
    corpus_digest,
    decode,
    encode,
    load_vectors,
)

_ROOT = Path(__file__).resolve().parents[2]
_VECTORS = load_vectors()
_VALID = [vector for vector in _VECTORS if vector.case.expects is None]
_DOCUMENTS = dict(spec.vector_documents())


def _name(vector: Vector) -> str:
    return vector.case.id


@pytest.mark.parametrize("name", sorted(_DOCUMENTS))
@pytest.mark.clause("GDA-conf-oracle")
def test_files_follow_the_schema(name: str) -> None:
    schema = spec.vector_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(_DOCUMENTS[name])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: entry.pop("flags"),
        lambda entry: entry.update(surprise=1),
        lambda entry: entry["inputs"]["query"].update(data=[0.5]),
        lambda entry: entry["inputs"]["query"].update(dtype="object"),
        lambda entry: entry["answer"]["rows"][0].update(index=-2),
    ],
)
@pytest.mark.clause("GDA-conf-oracle")
def test_schema_refuses_a_spoiled_vector(spoil: Any) -> None:
    document = json.loads(json.dumps(_DOCUMENTS["basic.json"]))
    spoil(document["vectors"][0])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(spec.vector_schema()).validate(document)


@pytest.mark.parametrize("name", sorted(_DOCUMENTS))
@pytest.mark.clause("GDA-conf-oracle")
def test_flags_and_clauses_are_explained(name: str) -> None:
    document = _DOCUMENTS[name]
    used = {flag for entry in document["vectors"] for flag in entry["flags"]}
    assert used == document["flags"].keys()
    for entry in document["vectors"]:
        assert set(entry["clauses"]) <= spec.clauses().keys()
        assert entry["inputs"].keys() <= set(ARGUMENTS)


@pytest.mark.clause("GDA-conf-oracle")
def test_every_must_clause_has_two_vectors() -> None:
    counts = Counter(clause for vector in _VECTORS for clause in vector.case.clauses)
    musts = [name for name, clause in spec.clauses().items() if clause.kind == "must"]
    assert {name: counts[name] for name in musts if counts[name] < 2} == {}


@pytest.mark.clause("GDA-conf-oracle")
def test_the_corpus_is_large_enough() -> None:
    assert len(_VECTORS) >= 400
    assert sum("basic" in vector.case.flags for vector in _VECTORS) >= 15
    errors = [vector for vector in _VECTORS if vector.case.expects is not None]
    assert len(errors) >= 40


@pytest.mark.parametrize("name", sorted(_DOCUMENTS))
@pytest.mark.clause("GDA-conf-oracle")
def test_encoding_a_decoded_vector_gives_it_back(name: str) -> None:
    for entry in _DOCUMENTS[name]["vectors"]:
        vector = decode(entry)
        assert encode(vector.case, vector.answer, vector.certificate) == entry


@pytest.mark.parametrize(
    "value",
    [
        0.1,
        -0.0,
        math.inf,
        7,
        np.float32(0.1),
        np.array([[1.0, np.nan], [-np.inf, 5e-324]]),
        np.array([0.1, 65504.0], dtype=np.float16),
        np.array([0.1, 3e38], dtype=ml_dtypes.bfloat16),
        np.array([2**53 + 1, -(2**63)]),
        np.array([2**64 - 1], dtype=np.uint64),
        np.array([[True, False]]),
        np.array([1.5 - 2j, complex(0.0, np.inf)]),
        np.zeros((2, 0, 3), dtype=np.float32),
    ],
)
@pytest.mark.clause("GDA-input-exact", "GDA-signed-zero")
def test_arrays_survive_the_encoding(value: Any) -> None:
    document = json.loads(dumps(encode_array(value)))
    back = decode_array(document)
    assert np.asarray(back).dtype == np.asarray(value).dtype
    assert np.asarray(back).shape == np.asarray(value).shape
    assert np.asarray(back).tobytes() == np.asarray(value).tobytes()


@pytest.mark.parametrize("value", [np.array([None]), "text", np.array([1.0], dtype=np.longdouble)])
@pytest.mark.clause("GDA-input-dtype")
def test_values_without_a_neutral_meaning_are_not_encoded(value: Any) -> None:
    with pytest.raises(TypeError, match="expected bool, integer, float or complex"):
        encode_array(value)


def _rational(text: str) -> tuple[int, int]:
    mantissa, exponent = text.split("p")
    return int(mantissa, 16), int(exponent)


def _below(left: str, value: float) -> bool:
    """Whether the dyadic number ``left`` is at most the float ``value``."""
    from fractions import Fraction

    mantissa, exponent = _rational(left)
    return Fraction(mantissa) * Fraction(2) ** exponent <= Fraction(value)


@pytest.mark.parametrize("vector", _VALID, ids=_name)
@pytest.mark.clause("GDA-conf-oracle")
def test_stored_answers_are_those_of_the_oracle(vector: Vector) -> None:
    assert vector.answer is not None
    answer = answer_of(vector.case, solve(vector.case, EXACT))
    # Compared as they are written: a masked query that holds NaN is its own alignment point.
    stored = encode(vector.case, vector.answer)["answer"]
    assert encode(vector.case, answer)["answer"] == stored


@pytest.mark.parametrize("vector", _VALID, ids=_name)
@pytest.mark.clause("GDA-conf-oracle")
def test_certificates_agree_with_the_answers(vector: Vector) -> None:
    """The correctly rounded value lies within an ulp of each enclosure, inside the bounds."""
    assert vector.answer is not None and vector.certificate is not None
    rows = {row.position: row for row in vector.answer.rows if row.index >= 0}
    assert [tuple(entry["position"]) for entry in vector.certificate["rows"]] == list(rows)
    for entry in vector.certificate["rows"]:
        row = rows[tuple(entry["position"])]
        for name, interval in (("energy", row.energy), ("coordinate", row.coordinate)):
            low, high = entry[name]
            assert isinstance(interval, Interval)
            assert interval.lower <= interval.nearest <= interval.upper
            assert _below(low, math.nextafter(interval.nearest, math.inf))
            assert not _below(high, math.nextafter(interval.nearest, -math.inf))


@pytest.mark.clause("GDA-conf-oracle")
def test_portable_bad_calls_are_the_error_vectors() -> None:
    stored = {vector.case.id: vector.case for vector in _VECTORS if vector.theme == "errors"}
    expected = {f"error-{case.id}": case for case in bad_calls() if is_portable(case)}
    assert stored.keys() == expected.keys()
    for name, case in stored.items():
        assert case.expects == expected[name].expects
        assert case.clauses == expected[name].clauses


@pytest.mark.clause("GDA-erratum-uniqueness", "GDA-erratum-bisection", "GDA-erratum-saturation")
def test_errata_vectors_show_their_faults() -> None:
    answers = {vector.case.id: vector.answer for vector in _VECTORS if vector.theme == "errata"}

    def row(name: str) -> Any:
        answer = answers[name]
        assert answer is not None
        return answer.rows[0]

    assert not row("erratum-e1-two-minimisers").unique
    assert row("erratum-e1-unique-at-two").unique
    # L^2 / 4 = 2.25 is the published value at the midpoint.
    energy = row("erratum-e2-midpoint").energy
    assert 0.69295 < energy.lower <= energy.upper < 0.69315
    assert row("erratum-e3-far-keys").index == 1
    assert row("erratum-e3-far-keys-alpha").index == 1


@pytest.mark.clause("GDA-conf-oracle")
def test_the_generator_reproduces_the_files(tmp_path: Path) -> None:
    tool = _ROOT / "tools" / "make_vectors.py"
    subprocess.run([sys.executable, str(tool), "--output", str(tmp_path)], check=True)
    written = {path.name: path.read_bytes() for path in tmp_path.glob("*.json")}
    stored = {
        path.name: path.read_bytes()
        for path in (_ROOT / "spec" / "vectors").glob("*.json")
        if path.name != "schema.json"
    }
    assert written == stored


@pytest.mark.clause("GDA-conf-report")
def test_the_digest_names_the_corpus() -> None:
    digest = corpus_digest()
    assert len(digest) == 64
    assert digest == corpus_digest()
