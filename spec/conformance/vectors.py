"""The fixed vectors: cases with their answers, in files that any language reads.

A vector holds a case, the clauses and flags it was written for, and, unless the call must raise,
the admissible answers under the ``exact`` contract with a certificate: the exact separation of
the selected pair and an enclosure of its energy and coordinate that was proved to contain them.

Clause: GDA-conf-oracle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from gd_attention import spec
from gd_attention.conformance.case import ARGUMENTS, Case
from gd_attention.conformance.encoding import (
    decode_array,
    decode_float,
    dumps,
    encode_array,
    encode_float,
)
from gd_attention.conformance.expectation import Expectation, Interval
from gd_attention.conformance.flags import FLAGS, reasons
from numpy.typing import NDArray

__all__ = [
    "StoredAnswer",
    "StoredRow",
    "Vector",
    "answer_of",
    "basic_cases",
    "corpus_digest",
    "decode",
    "document",
    "dumps",
    "encode",
    "load_vectors",
]

_FORMAT = "gda-vectors/1"
_NOTHING = Interval(np.inf, np.inf, np.inf)
_ZERO = Interval(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class StoredRow:
    """The answer to one query under the ``exact`` contract.

    Attributes
    ----------
    position : tuple of int
        Place in the shape (B..., M).
    index : int
        -1 for an abstention.
    unique : bool
    energy, coordinate : Interval
        Of the selected pair; +inf and 0 for an abstention.
    alignment_point : tuple of Interval
        One per dimension; the query for an abstention.
    """

    position: tuple[int, ...]
    index: int
    unique: bool
    energy: Interval
    coordinate: Interval
    alignment_point: tuple[Interval, ...]


@dataclass(frozen=True, eq=False)
class StoredAnswer:
    """The answer to a case: its shape (B..., M), one row per position, and the output."""

    shape: tuple[int, ...]
    rows: tuple[StoredRow, ...]
    output: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Vector:
    """A case with what is stored about it.

    Attributes
    ----------
    case : Case
    answer : StoredAnswer or None
        None for a call that must raise, and for a counterexample written without one.
    certificate : mapping or None
        As in the file; it is evidence for a reader, not used by the judge.
    theme : str
        The file that holds it.
    """

    case: Case
    answer: StoredAnswer | None = None
    certificate: Mapping[str, Any] | None = None
    theme: str = ""


def answer_of(case: Case, expectation: Expectation) -> StoredAnswer:
    """The answer of an expectation, row by row.

    Parameters
    ----------
    case : Case
        A valid case.
    expectation : Expectation
        The oracle's, under the ``exact`` contract.
    """
    query = np.asarray(case.query, dtype=np.float64)
    query = np.broadcast_to(query, (*expectation.shape, expectation.dimension))
    values = np.asarray(case.keys if case.values is None else case.values)
    lead = expectation.shape[:-1]
    values = np.broadcast_to(values, (*lead, *values.shape[-2:]))
    output = np.empty((*expectation.shape, expectation.width), dtype=values.dtype)
    output[...] = case.fill
    rows = []
    for position in np.ndindex(expectation.shape):
        index = expectation.row(position).exact
        if index < 0:
            point = tuple(Interval(x, x, x) for x in query[position].tolist())
            rows.append(StoredRow(position, -1, False, _NOTHING, _ZERO, point))
            continue
        output[position] = values[(*position[:-1], index)]
        pair = expectation.pair(position, index)
        rows.append(
            StoredRow(
                position, index, pair.unique, pair.energy, pair.coordinate, pair.alignment_point
            )
        )
    return StoredAnswer(expectation.shape, tuple(rows), output)


def encode(
    case: Case,
    answer: StoredAnswer | None = None,
    certificate: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A vector as a JSON object.

    Raises
    ------
    TypeError
        If an argument has no meaning in other languages (object, string, long double).
    """
    entry: dict[str, Any] = {
        "id": case.id,
        "clauses": list(case.clauses),
        "flags": list(case.flags),
        "inputs": {name: encode_array(value) for name, value in case.arguments().items()},
    }
    if case.expects is not None:
        entry["error"] = {"kind": case.expects, "argument": case.argument}
    if answer is not None:
        entry["answer"] = {
            "contract": "exact",
            "shape": list(answer.shape),
            "rows": [_encode_row(row) for row in answer.rows],
            "output": encode_array(answer.output),
        }
    if certificate is not None:
        entry["certificate"] = dict(certificate)
    return entry


def decode(entry: Mapping[str, Any], theme: str = "") -> Vector:
    """The vector of a JSON object."""
    inputs = {name: _argument(name, entry["inputs"][name]) for name in entry["inputs"]}
    error = entry.get("error", {})
    case = Case(
        **inputs,
        id=entry["id"],
        family=theme,
        clauses=tuple(entry["clauses"]),
        flags=tuple(entry["flags"]),
        expects=error.get("kind"),
        argument=error.get("argument"),
    )
    stored = entry.get("answer")
    answer = None
    if stored is not None:
        rows = tuple(_decode_row(row) for row in stored["rows"])
        output = np.asarray(decode_array(stored["output"]))
        answer = StoredAnswer(tuple(stored["shape"]), rows, output)
    return Vector(case, answer, entry.get("certificate"), theme)


def document(theme: str, about: str, entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A vector file: the entries under a theme, with the reason of every flag they carry."""
    vectors = list(entries)
    used = {flag for entry in vectors for flag in entry["flags"]}
    return {
        "$schema": "schema.json",
        "format": _FORMAT,
        "theme": theme,
        "about": about,
        "flags": reasons(used & FLAGS.keys()),
        "vectors": vectors,
    }


@cache
def load_vectors() -> tuple[Vector, ...]:
    """Every stored vector, file by file in the order of the names.

    Raises
    ------
    ValueError
        If a file has another format or two vectors share an id.
    """
    vectors: list[Vector] = []
    seen: set[str] = set()
    for name, content in spec.vector_documents():
        if content["format"] != _FORMAT:
            raise ValueError(f"{name}: format must be {_FORMAT!r}, got {content['format']!r}")
        for entry in content["vectors"]:
            if entry["id"] in seen:
                raise ValueError(f"{name}: id {entry['id']!r} is used twice")
            seen.add(entry["id"])
            vectors.append(decode(entry, content["theme"]))
    return tuple(vectors)


def basic_cases() -> list[Case]:
    """The plain calls, which separate a broken harness from a broken implementation."""
    cases = (vector.case for vector in load_vectors())
    return [case for case in cases if "basic" in case.flags and case.expects is None]


def corpus_digest() -> str:
    """SHA-256 over the names and contents of the vector files, in hexadecimal."""
    digest = hashlib.sha256()
    folder = files(spec) / "vectors"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".json"):
            # Parsed and written again: the digest depends on content, not on line ends.
            content = json.loads(entry.read_text(encoding="utf-8"))
            digest.update(f"{entry.name}\n{json.dumps(content, sort_keys=True)}\n".encode())
    return digest.hexdigest()


def _argument(name: str, stored: dict[str, Any]) -> Any:
    if name not in ARGUMENTS:
        raise ValueError(f"inputs: unknown argument {name!r}")
    return decode_array(stored)


def _encode_row(row: StoredRow) -> dict[str, Any]:
    return {
        "position": list(row.position),
        "index": row.index,
        "unique": row.unique,
        "energy": _encode_interval(row.energy),
        "coordinate": _encode_interval(row.coordinate),
        "alignment_point": [_encode_interval(component) for component in row.alignment_point],
    }


def _decode_row(row: Mapping[str, Any]) -> StoredRow:
    return StoredRow(
        tuple(row["position"]),
        row["index"],
        row["unique"],
        _decode_interval(row["energy"]),
        _decode_interval(row["coordinate"]),
        tuple(_decode_interval(component) for component in row["alignment_point"]),
    )


def _encode_interval(interval: Interval) -> dict[str, str]:
    return {
        "nearest": encode_float(interval.nearest),
        "lower": encode_float(interval.lower),
        "upper": encode_float(interval.upper),
    }


def _decode_interval(stored: Mapping[str, str]) -> Interval:
    return Interval(
        decode_float(stored["nearest"]),
        decode_float(stored["lower"]),
        decode_float(stored["upper"]),
    )
