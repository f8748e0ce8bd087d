"""Where every clause id occurs, and where the places disagree.

Nothing is imported from the project: the files of a source checkout are read as text, so that a
broken module cannot hide a missing clause.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = [
    "COLUMNS",
    "THEOREMS",
    "Checkout",
    "ClauseTrace",
    "Problem",
    "Trace",
    "clause_blocks",
    "find_checkout",
    "trace",
    "vector_entries",
]

# An id has a group and a name, and ends where no further letter, digit or hyphen follows: "GDA-thm"
# and "GDA-thm-", prefixes that a program completes or compares with, are no ids.
_ID = re.compile(r"GDA(?:-[a-z0-9]+){2,}(?![a-z0-9-])")
_OPEN = re.compile(r"^:{3,}\{clause\}\s+(?P<id>\S+)\s*$")
_KIND = re.compile(r"^:kind:\s+(?P<kind>\S+)\s*$")
_CLOSE = re.compile(r"^:{3,}\s*$")
# A row of the opening table of a notebook: what it proves. Its prose names other clauses too.
_PROVED = re.compile(r"^# \|.*$", flags=re.MULTILINE)
_NOTEBOOK = ".proof.py"

# Below the tests, but no tests: what a mutant breaks is not thereby guarded.
_MUTANTS = "tests/mutants"

# The columns of the registry that follow from the files: (folder, pattern).
COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "code": (
        ("reference", "*.py"),
        ("spec/conformance", "*.py"),
        ("accelerated", "*.py"),
    ),
    "tests": (("tests", "*.py"),),
    "proof": (("proofs", "*.py"), ("proofs", "*.v")),
    "mutants": ((_MUTANTS, "*.py"),),
}
# What a clause of each kind cannot do without, besides its place in the text.
_REQUIRED: dict[str, tuple[str, ...]] = {
    "definition": (),
    "theorem": ("tests", "proof"),
    "must": ("code", "tests", "vectors", "mutants"),
    "should": ("code", "tests"),
}
THEOREMS = tuple(f"T{number}" for number in range(1, 27))


@dataclass(frozen=True)
class Checkout:
    """A source checkout, by its root folder."""

    root: Path

    @property
    def registry(self) -> Path:
        """The clause registry."""
        return self.root / "spec" / "clauses.toml"

    def files(self, column: str) -> Iterator[Path]:
        """The files of a column, sorted by path."""
        found = {
            path
            for folder, pattern in COLUMNS[column]
            for path in (self.root / folder).rglob(pattern)
            if "__pycache__" not in path.parts
            and (column == "mutants" or self.root / _MUTANTS not in path.parents)
        }
        yield from sorted(found)

    def name(self, path: Path) -> str:
        """The path below the root, with forward slashes on every system."""
        return path.relative_to(self.root).as_posix()


@dataclass(frozen=True)
class Problem:
    """One difference: the clause or erratum it concerns, and what is wrong."""

    subject: str
    message: str


@dataclass
class ClauseTrace:
    """Where one registered clause occurs."""

    id: str
    kind: str
    theorem: str | None
    text: list[str] = field(default_factory=list)
    vectors: list[str] = field(default_factory=list)
    errata: list[str] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    registered: dict[str, list[str]] = field(default_factory=dict)

    def places(self, column: str) -> list[str]:
        """The places found for ``text``, ``vectors``, ``errata`` or a column of the registry."""
        own = {"text": self.text, "vectors": self.vectors, "errata": self.errata}
        return own[column] if column in own else self.columns[column]


@dataclass(frozen=True)
class Trace:
    """Everything that was found in a checkout."""

    clauses: tuple[ClauseTrace, ...]
    problems: tuple[Problem, ...]


def find_checkout(start: Path) -> Checkout | None:
    """The nearest folder at or above ``start`` that holds the standard and the reference."""
    for folder in (start, *start.parents):
        if (folder / "spec" / "clauses.toml").is_file() and (folder / "reference").is_dir():
            return Checkout(folder)
    return None


def trace(checkout: Checkout) -> Trace:
    """Compare the ids in text, registry, code, tests, proofs, mutants, vectors and errata."""
    problems: list[Problem] = []
    clauses = _registered(checkout, problems)
    _read_text(checkout, clauses, problems)
    _read_columns(checkout, clauses, problems)
    vectors = _read_vectors(checkout, clauses, problems)
    _read_errata(checkout, clauses, vectors, problems)
    for clause in clauses.values():
        for column in _REQUIRED.get(clause.kind, ()):
            if not clause.places(column):
                problems.append(Problem(clause.id, f"a {clause.kind} clause without {column}"))
        for column, found in clause.columns.items():
            if found != clause.registered[column]:
                problems.append(Problem(clause.id, _column_difference(clause, column, found)))
    _check_theorems(clauses, problems)
    return Trace(tuple(clauses.values()), tuple(problems))


def _registered(checkout: Checkout, problems: list[Problem]) -> dict[str, ClauseTrace]:
    document = tomllib.loads(checkout.registry.read_text(encoding="utf-8"))
    clauses: dict[str, ClauseTrace] = {}
    for entry in document["clause"]:
        clause = ClauseTrace(entry["id"], entry["kind"], entry.get("theorem"))
        clause.registered = {column: list(entry.get(column, [])) for column in COLUMNS}
        clause.columns = {column: [] for column in COLUMNS}
        if clause.id in clauses:
            problems.append(Problem(clause.id, "registered twice"))
        if not _ID.fullmatch(clause.id):
            problems.append(Problem(clause.id, "not of the form of an id"))
        if clause.kind not in _REQUIRED:
            problems.append(Problem(clause.id, f"unknown kind {clause.kind!r}"))
        clauses[clause.id] = clause
    return clauses


def clause_blocks(text: str) -> Iterator[tuple[str, str | None, str]]:
    """Triples (id, kind, body) of the clause blocks of a chapter; kind None where it is missing."""
    lines = iter(text.splitlines())
    for line in lines:
        opened = _OPEN.match(line)
        if not opened:
            continue
        kind: str | None = None
        body: list[str] = []
        for inner in lines:
            if _CLOSE.match(inner):
                break
            stated = _KIND.match(inner)
            if stated and kind is None:
                kind = stated["kind"]
            else:
                body.append(inner)
        yield opened["id"], kind, "\n".join(body).strip()


def _read_text(
    checkout: Checkout, clauses: dict[str, ClauseTrace], problems: list[Problem]
) -> None:
    for path in sorted((checkout.root / "spec" / "text").glob("*.md")):
        name = checkout.name(path)
        text = path.read_text(encoding="utf-8")
        for found in _ids(text) - clauses.keys():
            problems.append(Problem(found, f"in {name} but not registered"))
        for identifier, kind, _ in clause_blocks(text):
            clause = clauses.get(identifier)
            if clause is None:
                problems.append(Problem(identifier, f"a clause of {name}, not registered"))
                continue
            clause.text.append(name)
            if kind != clause.kind:
                problems.append(
                    Problem(identifier, f"{name} says kind {kind}, the registry {clause.kind}")
                )
    for clause in clauses.values():
        if len(clause.text) != 1:
            problems.append(Problem(clause.id, f"in the text {len(clause.text)} times, not once"))


def _read_columns(
    checkout: Checkout, clauses: dict[str, ClauseTrace], problems: list[Problem]
) -> None:
    for column in COLUMNS:
        for path in checkout.files(column):
            name = checkout.name(path)
            text = path.read_text(encoding="utf-8")
            stated = "".join(_PROVED.findall(text)) if name.endswith(_NOTEBOOK) else text
            for found in sorted(_ids(text)):
                if found not in clauses:
                    problems.append(Problem(found, f"in {name} but not registered"))
                elif found in _ids(stated):
                    clauses[found].columns[column].append(name)


def _read_vectors(
    checkout: Checkout, clauses: dict[str, ClauseTrace], problems: list[Problem]
) -> set[str]:
    known: set[str] = set()
    for path in sorted((checkout.root / "spec" / "vectors").rglob("*.json")):
        text = path.read_text(encoding="utf-8")
        for found in sorted(_ids(text) - clauses.keys()):
            problems.append(Problem(found, f"in {checkout.name(path)} but not registered"))
        for vector in vector_entries(json.loads(text)):
            if vector["id"] in known:
                problems.append(Problem(vector["id"], "a vector id used twice"))
            known.add(vector["id"])
            for identifier in vector["clauses"]:
                if identifier in clauses:
                    clauses[identifier].vectors.append(vector["id"])
    return known


def vector_entries(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document that has both an id and a list of clauses."""
    if isinstance(node, dict):
        if isinstance(node.get("id"), str) and isinstance(node.get("clauses"), list):
            yield node
        for value in node.values():
            yield from vector_entries(value)
    elif isinstance(node, list):
        for value in node:
            yield from vector_entries(value)


def _read_errata(
    checkout: Checkout,
    clauses: dict[str, ClauseTrace],
    vectors: set[str],
    problems: list[Problem],
) -> None:
    path = checkout.root / "spec" / "errata.toml"
    if not path.is_file():
        problems.append(Problem("errata", "spec/errata.toml is missing"))
        return
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("erratum", []):
        if entry["clause"] in clauses:
            clauses[entry["clause"]].errata.append(entry["id"])
        else:
            problems.append(Problem(entry["id"], f"names no clause: {entry['clause']}"))
        if entry["vector"] not in vectors:
            problems.append(Problem(entry["id"], f"names no vector: {entry['vector']}"))


def _check_theorems(clauses: dict[str, ClauseTrace], problems: list[Problem]) -> None:
    for theorem in THEOREMS:
        count = sum(clause.theorem == theorem for clause in clauses.values())
        if count != 1:
            problems.append(Problem(theorem, f"has {count} clauses, not one"))
    for clause in clauses.values():
        if (clause.kind == "theorem") != (clause.theorem in THEOREMS):
            problems.append(Problem(clause.id, f"kind {clause.kind} with theorem {clause.theorem}"))


def _ids(text: str) -> set[str]:
    return set(_ID.findall(text))


def _column_difference(clause: ClauseTrace, column: str, found: list[str]) -> str:
    registered = clause.registered[column]
    absent = [name for name in found if name not in registered]
    stale = [name for name in registered if name not in found]
    parts = [f"column {column}:"]
    if absent:
        parts.append("not registered " + ", ".join(absent))
    if stale:
        parts.append("registered but not found " + ", ".join(stale))
    if not absent and not stale:
        parts.append("not in order")
    return " ".join(parts)
