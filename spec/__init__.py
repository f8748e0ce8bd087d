"""The standard as data: clause registry, errata, vectors, text and the stored data set.

Nothing here computes. The files lie beside this module and are read through `importlib.resources`,
so that they load alike from a checkout and from an installed wheel.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

__all__ = [
    "KINDS",
    "Clause",
    "Erratum",
    "clauses",
    "errata",
    "read_data",
    "text_files",
    "vector_documents",
    "vector_schema",
]

KINDS = ("definition", "theorem", "must", "should")


@dataclass(frozen=True)
class Clause:
    """One entry of ``clauses.toml``.

    ``code``, ``tests``, ``proof`` and ``mutants`` name the places where the clause is implemented,
    tested, proved and attacked; an empty tuple says that nothing is there yet.
    """

    id: str
    kind: str
    statement: str
    since: str
    theorem: str | None
    interpretation: bool
    code: tuple[str, ...]
    tests: tuple[str, ...]
    proof: tuple[str, ...]
    mutants: tuple[str, ...]


@dataclass(frozen=True)
class Erratum:
    """One entry of ``errata.toml``: a fault of published material and the vector that shows it."""

    id: str
    number: str
    source: str
    published: str
    correct: str
    clause: str
    vector: str


def _root() -> Traversable:
    return files(__name__)


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((_root() / name).read_text(encoding="utf-8"))


@cache
def clauses() -> MappingProxyType[str, Clause]:
    """The clause registry, by id, in the order of the file."""
    table: dict[str, Clause] = {}
    for entry in _toml("clauses.toml")["clause"]:
        clause = Clause(
            id=entry["id"],
            kind=entry["kind"],
            statement=entry["statement"],
            since=entry["since"],
            theorem=entry.get("theorem"),
            interpretation=entry.get("interpretation", False),
            code=tuple(entry["code"]),
            tests=tuple(entry["tests"]),
            proof=tuple(entry["proof"]),
            mutants=tuple(entry["mutants"]),
        )
        if clause.id in table:
            raise ValueError(f"clauses.toml: clause {clause.id} is registered twice")
        if clause.kind not in KINDS:
            raise ValueError(
                f"clauses.toml: {clause.id}: kind must be one of {KINDS}, got {clause.kind!r}"
            )
        table[clause.id] = clause
    return MappingProxyType(table)


@cache
def errata() -> tuple[Erratum, ...]:
    """The errata, in the order of the file."""
    return tuple(Erratum(**entry) for entry in _toml("errata.toml")["erratum"])


def vector_schema() -> dict[str, Any]:
    """The JSON Schema of a vector file."""
    document: dict[str, Any] = json.loads(
        (_root() / "vectors" / "schema.json").read_text(encoding="utf-8")
    )
    return document


def vector_documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Pairs (file name, parsed document) of all vector files, by name."""
    folder = _root() / "vectors"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".json") and entry.name != "schema.json":
            yield entry.name, json.loads(entry.read_text(encoding="utf-8"))


def text_files() -> Iterator[tuple[str, str]]:
    """Pairs (file name, content) of the chapters of the text, by name."""
    for entry in sorted((_root() / "text").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".md"):
            yield entry.name, entry.read_text(encoding="utf-8")


def read_data(name: str) -> str:
    """The content of a stored data file, for example ``iris.csv``."""
    return (_root() / "data" / name).read_text(encoding="utf-8")
