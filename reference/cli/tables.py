"""The tables of a verification report."""

from __future__ import annotations

from gd_attention.conformance import Report
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

__all__ = ["clause_table", "family_table"]

_COUNTS = ("exact", "admissible", "wrong", "undecided", "skipped")


def family_table(report: Report) -> Table:
    """Cases drawn, judged, and hitting the predicate of their family."""
    table = Table(title="Generated cases", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("family", no_wrap=True)
    for name in ("cases", "judged", "hits"):
        table.add_column(name, justify="right")
    for family in report.families:
        table.add_row(family.name, str(family.cases), str(family.judged), str(family.hits))
    return table


def clause_table(report: Report, width: int) -> Table:
    """Cases per clause and verdict, with one line on the worst, cut to the width."""
    table = Table(title="Clauses", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("clause", no_wrap=True)
    for name in _COUNTS:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("worst case", no_wrap=True)
    rows = [
        [clause.id, *(str(getattr(clause, name)) for name in _COUNTS)] for clause in report.clauses
    ]
    # rich would narrow every column alike; the ids and the counts are to stay whole
    taken = sum(max(map(len, column)) for column in zip(*rows, ("", *_COUNTS), strict=True))
    # a blank either side of each of the seven columns, and the lines before, between and after them
    left = max(width - taken - 2 * 7 - 8, len("worst case"))
    for row, clause in zip(rows, report.clauses, strict=True):
        # plain text: a message may hold brackets, which rich would read as markup
        worst = Text(clause.worst if clause.required else clause.worst or "outside the profile")
        worst.truncate(left, overflow="ellipsis")
        bad = clause.wrong or clause.undecided
        table.add_row(*row, worst, style="bold red" if bad else None)
    return table
