"""The kill table: which clause saw which mutant, after how many cases.

Rows are ordered by the clause that killed, in the order of the registry, and within it by theme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from gd_attention.conformance.requirements import CLAUSES

from mutants.kill import Death
from mutants.registry import Mutant

__all__ = ["HEAD", "by_clause", "document", "row", "summary"]

HEAD = ("killed by", "mutant", "breaks", "cases", "from", "quick")

_ABOUT = """\
# Kill table

Each mutant is a wrong implementation written by hand, a patch over a correct one. It is *killed*
when a case is WRONG under a clause that it is registered to break; being blamed for something else
does not count. The table says which clause killed it in the default run, after how many cases, and
from where the killing case came. The last column is the number of cases in the quick run.

`make mutants` writes this file. The mutants stand in `tests/mutants/`, with the reason why each
would be written; the patches that change nothing, with their proofs, in `equivalents.py` there.
"""


def by_clause(deaths: Sequence[Death]) -> list[Death]:
    """The deaths in the order of the killing clauses; survivors first."""
    clauses = list(CLAUSES)
    return sorted(
        deaths, key=lambda death: clauses.index(death.killers[0]) if death.killers else -1
    )


def row(death: Death, quick: Death) -> tuple[str, ...]:
    """The cells of a mutant, in the order of `HEAD`."""
    mutant = death.mutant
    return (
        ", ".join(death.killers) or "SURVIVES",
        mutant.name + (" (control)" if mutant.control else ""),
        ", ".join(mutant.breaks),
        str(death.cases),
        death.stage,
        str(quick.cases) if quick.killed else "survives",
    )


def summary(mutants: Sequence[Mutant], deaths: Sequence[Death]) -> list[tuple[str, ...]]:
    """Per clause: mutants registered to break it, mutants it killed, median cases until then."""
    rows = []
    for clause in CLAUSES:
        registered = sum(clause in mutant.breaks for mutant in mutants)
        cases = [death.cases for death in deaths if clause in death.killers]
        rows.append((clause, str(registered), str(len(cases)), f"{median(cases or [0]):g}"))
    return rows


def document(
    deaths: Sequence[Death], quick: Mapping[str, Death], versions: Mapping[str, str]
) -> str:
    """The table as Markdown."""
    killed = sum(death.killed for death in deaths)
    fast = sum(death.killed for death in quick.values())
    lines = [
        _ABOUT,
        f"{killed} of {len(deaths)} mutants are killed by the default run, {fast} by the quick "
        "run.",
        "",
        "; ".join(f"{name} {value}" for name, value in versions.items()),
        "",
        "## By clause",
        "",
        *_markdown(
            ("clause", "mutants", "killed", "median cases"),
            summary([death.mutant for death in deaths], deaths),
        ),
        "",
        "## By mutant",
        "",
        *_markdown(HEAD, [row(death, quick[death.mutant.name]) for death in by_clause(deaths)]),
        "",
        "## What is wrong, and why someone would write it",
        "",
        *_markdown(
            ("mutant", "what is wrong", "why"),
            [(death.mutant.name, death.mutant.what, death.mutant.why) for death in deaths],
        ),
    ]
    return "\n".join(lines) + "\n"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return [line(head), line(["---"] * len(head)), *map(line, rows)]
