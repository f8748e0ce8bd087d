"""Vectors that a run found, taken into the corpus of a source checkout.

The inputs go to the table that the generator of the corpus reads, so that the generator still
writes every file of the corpus; the answers come from the oracle.

Clause: GDA-conf-vectors.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
from gd_attention import spec
from gd_attention.conformance.errors import HarnessError, Undecided
from gd_attention.conformance.files import write_whole
from gd_attention.conformance.vectorfiles import check_entries
from gd_attention.conformance.vectors import (
    Vector,
    decode,
    document,
    dumps,
    encode,
    load_vectors,
)
from gd_attention.conformance.writing import answered

__all__ = ["STORE", "add_vectors"]

# Inputs of the added vectors, read by the generator; and the file of the corpus made from it.
STORE = Path("tools") / "vector_cases" / "found.json"
_WRITTEN = Path("spec") / "vectors" / "found.json"


def add_vectors(
    root: Path,
    vectors: Sequence[Vector],
    *,
    name: str | None = None,
    flags: Collection[str] = (),
    clauses: Collection[str] = (),
) -> list[str]:
    """Append vectors to the found ones; both files are written whole, after every check.

    Parameters
    ----------
    root : Path
        A source checkout.
    vectors : sequence of Vector
        Their answers are not used.
    name : str, optional
        A new id, for one vector.
    flags, clauses : collection of str
        Added to those that the vectors carry.

    Returns
    -------
    list of str
        The ids added.

    Raises
    ------
    HarnessError
        An id is taken, a flag or clause is unknown, the oracle cannot decide a vector, a call that
        must raise was given, or nothing was given.
    """
    if not vectors:
        raise HarnessError("add: the file holds no vector")
    if name is not None and len(vectors) != 1:
        raise HarnessError(f"add: --id needs a file of one vector, this one has {len(vectors)}")
    cases = []
    for vector in vectors:
        case = vector.case
        if case.expects is not None:
            raise HarnessError(f"add: {case.id} must raise; such calls stand in the table of calls")
        cases.append(
            replace(
                case,
                id=name or case.id,
                flags=tuple(dict.fromkeys((*case.flags, *flags))),
                clauses=tuple(dict.fromkeys((*case.clauses, *clauses))),
            )
        )
    taken = {vector.case.id for vector in load_vectors()}
    for case in cases:
        if case.id in taken:
            raise HarnessError(f"add: the id {case.id!r} is taken; give another with --id")
    entries = [encode(case) for case in cases]
    check_entries("add", entries)
    store = root / STORE
    stored: dict[str, Any] = json.loads(store.read_text(encoding="utf-8"))
    every = [*stored["vectors"], *entries]
    theme, about = stored["theme"], stored["about"]
    try:
        written = [answered(decode(entry, theme).case) for entry in every]
    except Undecided as error:
        raise HarnessError(f"add: the oracle cannot answer it: {error}") from error
    corpus = document(theme, about, written)
    _validate(corpus)
    write_whole(store, dumps(document(theme, about, every)))
    write_whole(root / _WRITTEN, dumps(corpus))
    return [case.id for case in cases]


def _validate(corpus: dict[str, Any]) -> None:
    try:
        jsonschema.validate(corpus, spec.vector_schema(), jsonschema.Draft202012Validator)
    except jsonschema.ValidationError as error:
        raise HarnessError(f"add: {error.message}") from error
