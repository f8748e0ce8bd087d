"""Judge every mutant, print the kill table, and write ``docs/kill-table.md``.

Exit status: 0 every mutant is killed by the default run, 1 one survives, 2 the run is void: a
control mutant survives, or a correct implementation does not conform.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gd_attention.conformance.files import write_whole
from gd_attention.conformance.vectors import corpus_digest
from gd_attention.conformance.verify import versions
from rich import progress as bars
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from mutants import table  # noqa: E402
from mutants.base import Base  # noqa: E402
from mutants.equivalents import EQUIVALENTS  # noqa: E402
from mutants.kernels import Tiled  # noqa: E402
from mutants.kill import Corpus, Death, all_mutants, conforms, judge  # noqa: E402

GOAL = ROOT / "docs" / "kill-table.md"
# Fewer is a regression of the judge or of a mutant.
LEAST = 0.95


def judged(depth: str, console: Console) -> list[Death]:
    """Every mutant at a depth; exits with 2 if the run is void."""
    corpus = Corpus(depth)
    for target in (Base, Tiled, *EQUIVALENTS):
        message = conforms(target(), corpus)
        if message:
            console.print(f"void: {target.__name__} does not conform: {message}", markup=False)
            raise SystemExit(2)
        console.print(f"{depth}: {target.__name__} conforms", highlight=False)
    deaths = list(tracked(all_mutants(), depth, lambda mutant: judge(mutant, corpus)))
    for death in deaths:
        if death.fault or (death.mutant.control and not death.killed):
            said = death.fault or "a control mutant survives"
            console.print(f"void: {death.mutant.name}: {said}", markup=False)
            raise SystemExit(2)
    return deaths


def tracked(items: Sequence[Any], depth: str, work: Callable[[Any], Any]) -> list[Any]:
    """The results of work on every item, with a bar on a terminal."""
    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with bars.Progress(*columns, console=console, transient=True) as display:
        task = display.add_task(depth, total=len(items))
        results = []
        for item in items:
            display.update(task, description=f"{depth} {item.name}")
            results.append(work(item))
            display.advance(task)
    return results


def main() -> int:
    """Print and write the table."""
    console = Console(width=200)
    quick = {death.mutant.name: death for death in judged("quick", console)}
    deaths = judged("default", console)
    shown = Table(title="Kill table", title_justify="left")
    for name in table.HEAD:
        shown.add_column(name, overflow="fold")
    for death in table.by_clause(deaths):
        shown.add_row(*table.row(death, quick[death.mutant.name]))
    console.print(shown)
    survivors = [death.mutant.name for death in deaths if not death.killed]
    slow = [name for name, death in quick.items() if not death.killed]
    facts = {**versions(), "corpus sha256": corpus_digest()}
    write_whole(GOAL, table.document(deaths, quick, facts))
    console.print(
        f"default: {len(deaths) - len(survivors)} of {len(deaths)} killed"
        + (f", survivors: {', '.join(survivors)}" if survivors else "")
    )
    console.print(
        f"quick: {len(quick) - len(slow)} of {len(quick)} killed"
        + (f", survivors: {', '.join(slow)}" if slow else "")
    )
    console.print(f"wrote {GOAL.relative_to(ROOT)}")
    return 1 if survivors or len(slow) > (1.0 - LEAST) * len(quick) else 0


if __name__ == "__main__":
    raise SystemExit(main())
