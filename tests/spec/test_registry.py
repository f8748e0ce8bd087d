"""The clause registry is complete: every line of the definition and every theorem has a clause."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from gd_attention.spec import KINDS, clauses

COVERAGE = tomllib.loads((Path(__file__).parent / "coverage.toml").read_text(encoding="utf-8"))
LINES = [
    (f"{part}: {line}", ids) for part, lines in COVERAGE.items() for line, ids in lines.items()
]


@pytest.mark.parametrize(("line", "ids"), LINES, ids=[line for line, _ in LINES])
def test_every_line_has_registered_clauses(line: str, ids: list[str]) -> None:
    """A line of the definition that no registered clause states would be lost."""
    assert ids, line
    assert [name for name in ids if name not in clauses()] == []


def test_every_clause_states_a_line() -> None:
    """A clause that no line asks for has no reason to be there."""
    stated = {name for _, ids in LINES for name in ids}
    assert sorted(clauses().keys() - stated) == []


def test_theorems_are_mapped_one_to_one() -> None:
    """T1 to T26 each have exactly one clause, the one whose entry says so."""
    registered = {c.theorem: c.id for c in clauses().values() if c.theorem is not None}
    assert registered == {name: ids[0] for name, ids in COVERAGE["theorems"].items()}
    assert set(registered) == {f"T{number}" for number in range(1, 27)}
    assert all(c.kind == "theorem" for c in clauses().values() if c.theorem is not None)


def test_entries_are_complete() -> None:
    """Kinds are known, statements are sentences, notes are marked as interpretation."""
    for clause in clauses().values():
        assert clause.kind in KINDS
        assert clause.statement.endswith(".") and len(clause.statement) > 20, clause.id
        assert clause.interpretation == clause.id.startswith("GDA-note-"), clause.id


def test_registered_files_exist() -> None:
    """A file that a column names is there."""
    root = Path(__file__).resolve().parents[2]
    named = {
        name
        for clause in clauses().values()
        for name in (*clause.code, *clause.tests, *clause.proof, *clause.mutants)
    }
    assert [name for name in sorted(named) if not (root / name).is_file()] == []
