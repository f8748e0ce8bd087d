"""Tables that follow from the registry: theorems, clauses, vectors, errata.

    ```{theorem-table}
    ```

They are filled when all pages are read, so that their links follow the pages of the build.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from docutils import nodes
from gda_trace import Links
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

__all__ = ["TABLES", "setup"]

Cell = list[nodes.Node]


class gda_table(nodes.General, nodes.Element):
    """Stands for a table until all pages are read."""


def _text(text: str) -> Cell:
    return [nodes.Text(text)]


def _code(text: str) -> Cell:
    return [nodes.literal("", text)]


def _joined(cells: Sequence[Cell], between: str = ", ") -> Cell:
    joined: Cell = []
    for number, cell in enumerate(cells):
        joined += ([nodes.Text(between)] if number else []) + cell
    return joined


def _table(head: Sequence[str], rows: Sequence[tuple[str, Sequence[Cell]]]) -> nodes.Node:
    """A table; each row is (its address or "", its cells)."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    body = nodes.tbody()
    for place, cells in rows:
        row = nodes.row(ids=[place] if place else [])
        row += [nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells]
        body += row
    top = nodes.row()
    top += [nodes.entry("", nodes.paragraph("", name)) for name in head]
    group += [nodes.thead("", top), body]
    table = nodes.table("", group, classes=["generated"])
    return nodes.container("", table, classes=["table-wrapper"])


def _theorems(links: Links) -> nodes.Node:
    rows = []
    for number, clause in links.standard.theorems.items():
        proofs: list[Cell] = []
        for path in clause.proof:
            proofs.append(links.file(path, clause.id, short=True))
        kinds = {
            kind
            for row in links.standard.proof_rows
            if row.clause == clause.id
            for kind in row.check.split(" + ")
        }
        if any(path.endswith(".v") for path in clause.proof):
            kinds.add("machine-checked in Coq")
        cells = [
            _text(number),
            links.clause(clause.id),
            _text(clause.statement),
            _joined(proofs),
            _text(", ".join(sorted(kinds))),
        ]
        rows.append((number.lower(), cells))
    return _table(("theorem", "clause", "statement", "proof", "how it is checked"), rows)


def _clauses(links: Links) -> nodes.Node:
    rows = [
        ("", [links.clause(clause.id), _text(clause.kind), _text(clause.statement)])
        for clause in links.standard.clauses.values()
    ]
    return _table(("clause", "kind", "statement"), rows)


def _vectors(links: Links) -> nodes.Node:
    rows = []
    for vector in links.standard.vectors:
        asked = _joined([links.clause(identifier) for identifier in vector.clauses])
        flags = _text(", ".join(vector.flags))
        cells = [_code(vector.id), _code(vector.file), flags, asked]
        rows.append((f"vector-{vector.id}", cells))
    return _table(("vector", "file", "flags", "clauses"), rows)


def _errata(links: Links) -> nodes.Node:
    rows = []
    for erratum in links.standard.errata:
        cells = [
            _text(erratum.number),
            links.clause(erratum.clause),
            _text(erratum.source),
            _text(erratum.published),
            _text(erratum.correct),
            links.vector(erratum.vector),
        ]
        rows.append((erratum.number.lower(), cells))
    return _table(("", "clause", "source", "published", "correct", "vector"), rows)


TABLES: dict[str, Callable[[Links], nodes.Node]] = {
    "theorem-table": _theorems,
    "clause-table": _clauses,
    "vector-table": _vectors,
    "errata-table": _errata,
}


class Generated(SphinxDirective):
    """One of the tables, by the directive's name."""

    def run(self) -> list[nodes.Node]:
        """A placeholder."""
        return [gda_table("", table=self.name)]


def _fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(gda_table)):
        node.replace_self(TABLES[node["table"]](Links(app, docname)))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_node(gda_table)
    for name in TABLES:
        app.add_directive(name, Generated)
    app.connect("doctree-resolved", _fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
