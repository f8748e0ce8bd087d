"""What the registry, the vectors, the kill table and the notebooks say about each clause.

Everything is read from the files of the checkout, so that a page can say nothing that the registry
does not. Paths are those of the repository, with forward slashes.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from gd_attention.spec import Clause, clauses, errata, vector_documents

__all__ = ["ID", "Mutant", "Standard", "Vector", "anchor", "symbols_naming"]

# As `gd-attention trace` reads it: a group, a name, and no further letter behind.
ID = re.compile(r"GDA(?:-[a-z0-9]+){2,}(?![a-z0-9-])")


def anchor(identifier: str) -> str:
    """The permanent anchor of a clause: ``gda-align-unique`` for GDA-align-unique."""
    return identifier.lower()


@dataclass(frozen=True)
class Vector:
    """One vector: its id, its file, what it probes."""

    id: str
    file: str
    clauses: tuple[str, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Mutant:
    """One line of the kill table."""

    name: str
    killed_by: str
    breaks: tuple[str, ...]


class Standard:
    """The standard of a checkout, by its root folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def clauses(self) -> dict[str, Clause]:
        """The registry, in its order."""
        return dict(clauses())

    @cached_property
    def theorems(self) -> dict[str, Clause]:
        """The clause of each theorem, by T1, T2, ..."""
        return {entry.theorem: entry for entry in self.clauses.values() if entry.theorem}

    @cached_property
    def errata(self) -> tuple[Any, ...]:
        """The faults of published material."""
        return errata()

    @cached_property
    def vectors(self) -> tuple[Vector, ...]:
        """All vectors, by file."""
        return tuple(
            Vector(entry["id"], name, tuple(entry["clauses"]), tuple(entry["flags"]))
            for name, document in vector_documents()
            for entry in document["vectors"]
        )

    @cached_property
    def vectors_of(self) -> dict[str, list[Vector]]:
        """The vectors of each clause."""
        found: dict[str, list[Vector]] = defaultdict(list)
        for vector in self.vectors:
            for identifier in vector.clauses:
                found[identifier].append(vector)
        return found

    @cached_property
    def mutants(self) -> tuple[Mutant, ...]:
        """The lines of docs/kill-table.md, section "By mutant"."""
        text = (self.root / "docs" / "kill-table.md").read_text(encoding="utf-8")
        section = text.split("\n## By mutant\n", 1)[1].split("\n## ", 1)[0]
        rows = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in section.splitlines()
            if line.startswith("|")
        ]
        return tuple(
            Mutant(row[1].removesuffix(" (control)"), row[0], tuple(row[2].split(", ")))
            for row in rows[2:]
        )

    @cached_property
    def mutants_of(self) -> dict[str, list[Mutant]]:
        """The mutants that are registered to break a clause."""
        found: dict[str, list[Mutant]] = defaultdict(list)
        for mutant in self.mutants:
            for identifier in mutant.breaks:
                found[identifier].append(mutant)
        return found

    @cached_property
    def proof_rows(self) -> tuple[Any, ...]:
        """The opening tables of the notebooks, as `make proofs` reads them."""
        tools = str(self.root / "tools")
        if tools not in sys.path:
            sys.path.insert(0, tools)
        import run_proofs

        return tuple(
            row
            for path in run_proofs.notebooks(self.root / "proofs")
            for row in run_proofs.rows(path)[0]
        )

    def lines(self, path: str, identifier: str) -> list[int]:
        """The lines of a file that name a clause, from 1."""
        whole = re.compile(rf"{re.escape(identifier)}(?![a-z0-9-])")
        return [n for n, line in enumerate(self.text(path).splitlines(), 1) if whole.search(line)]

    @cache  # noqa: B019  (one instance per build)
    def text(self, path: str) -> str:
        """The content of a file of the checkout."""
        return (self.root / path).read_text(encoding="utf-8")


def symbols_naming(source: str, identifier: str) -> Iterator[str]:
    """The public functions and classes of a module whose docstring names a clause."""
    whole = re.compile(rf"{re.escape(identifier)}(?![a-z0-9-])")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            documented = [node, *(n for n in ast.walk(node) if isinstance(n, ast.FunctionDef))]
            if any(whole.search(ast.get_docstring(item) or "") for item in documented):
                yield node.name
