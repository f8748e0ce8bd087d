"""Vector files outside the corpus: read and checked, written, chosen from.

Clause: GDA-conf-vectors.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
from gd_attention import spec
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.errors import HarnessError, Undecided
from gd_attention.conformance.files import write_whole
from gd_attention.conformance.flags import FLAGS
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.vectors import Vector, answer_of, decode, document, dumps, encode

__all__ = ["check_answers", "check_entries", "choose", "read_vectors", "write_failures"]

_FAILURES = "Shrunk counterexamples of one run; the answers are those of the oracle."


def read_vectors(path: str | os.PathLike[str]) -> tuple[Vector, ...]:
    """The vectors of a file, checked against the schema.

    Raises
    ------
    HarnessError
        The file cannot be read, is no JSON, breaks the schema, or names an unknown clause. The
        message names the file and the place.
    """
    name = os.fspath(path)
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise HarnessError(f"{name}: {error.strerror or error}") from error
    except ValueError as error:
        raise HarnessError(f"{name}: not JSON: {error}") from error
    problems = sorted(
        jsonschema.Draft202012Validator(spec.vector_schema()).iter_errors(content),
        key=lambda problem: list(map(str, problem.absolute_path)),
    )
    if problems:
        worst = jsonschema.exceptions.best_match(problems)
        place = "/".join(map(str, worst.absolute_path)) or "the document"
        raise HarnessError(f"{name}: {place}: {worst.message[:300]}")
    check_entries(name, content["vectors"])
    try:
        return tuple(decode(entry, content["theme"]) for entry in content["vectors"])
    except (ValueError, TypeError, OverflowError) as error:
        raise HarnessError(f"{name}: {error}") from error


def check_entries(name: str, entries: Sequence[Mapping[str, Any]]) -> None:
    """Require ids that differ, and clauses and flags that exist."""
    seen: set[str] = set()
    for entry in entries:
        if entry["id"] in seen:
            raise HarnessError(f"{name}: id {entry['id']!r} is used twice")
        seen.add(entry["id"])
        for kind, known in (("clauses", spec.clauses()), ("flags", FLAGS)):
            unknown = sorted(set(entry[kind]) - set(known))
            if unknown:
                raise HarnessError(f"{name}: {entry['id']}: unknown {kind}: {', '.join(unknown)}")


def check_answers(name: str, vectors: Iterable[Vector]) -> None:
    """Require that a stored answer is the oracle's: an edited or outdated file judges nothing.

    Raises
    ------
    HarnessError
        An answer differs.
    """
    for vector in vectors:
        if vector.answer is None or vector.case.expects is not None:
            continue
        try:
            answer = answer_of(vector.case, solve(vector.case, EXACT))
        except Undecided:
            continue
        if encode(vector.case, answer)["answer"] != encode(vector.case, vector.answer)["answer"]:
            raise HarnessError(
                f"{name}: {vector.case.id}: the stored answer is not the oracle's; "
                "the file was edited or is of another version"
            )


def choose(
    vectors: Iterable[Vector],
    *,
    flags: Collection[str] = (),
    clauses: Collection[str] = (),
    themes: Collection[str] = (),
    ids: Collection[str] = (),
) -> list[Vector]:
    """The vectors that carry every flag and clause named, of any of the themes and ids named.

    Raises
    ------
    HarnessError
        A flag, clause, theme or id that no vector has.
    """
    given = list(vectors)
    known = {
        "flag": {flag for vector in given for flag in vector.case.flags},
        "clause": {clause for vector in given for clause in vector.case.clauses},
        "theme": {vector.theme for vector in given},
        "id": {vector.case.id for vector in given},
    }
    for kind, asked in (("flag", flags), ("clause", clauses), ("theme", themes), ("id", ids)):
        unknown = sorted(set(asked) - known[kind])
        if unknown:
            raise HarnessError(f"vectors: no vector has the {kind} {', '.join(unknown)}")
    return [
        vector
        for vector in given
        if set(flags) <= set(vector.case.flags)
        and set(clauses) <= set(vector.case.clauses)
        and (not themes or vector.theme in themes)
        and (not ids or vector.case.id in ids)
    ]


def write_failures(
    folder: str | os.PathLike[str], entries: Iterable[Mapping[str, Any]]
) -> list[Path]:
    """Write shrunk counterexamples as vector files, one a file, named after their ids.

    Parameters
    ----------
    folder : path
        Made if it is missing. Files of the same name are replaced, others are left alone.
    entries : iterable of mapping
        Vectors as JSON objects.

    Returns
    -------
    list of Path
        The files written.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for entry in entries:
        path = place / f"{entry['id']}.json"
        write_whole(path, dumps(document("failures", _FAILURES, [entry])))
        written.append(path)
    return written
