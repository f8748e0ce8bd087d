"""``gd-attention verify --operator``: the judgement of a prior operator, for a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from gd_attention.conformance.encoding import dumps
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.files import write_files
from gd_attention.conformance.operators import OPERATORS, verify_operator
from gd_attention.conformance.operators.attempt import COMMON
from gd_attention.conformance.operators.report import Counts, OperatorReport
from gd_attention.conformance.operators.verify import CASES
from rich.console import Console
from rich.table import Table

__all__ = ["list_operators", "operator_run", "show_operator"]


def list_operators() -> None:
    """Print what can be judged, with the call of each."""
    for operator in OPERATORS.values():
        typer.echo(f"{operator.name}\n  {operator.statement}\n  call     {operator.call}")
        typer.echo(f"  returns  {operator.returns}")


def operator_run(
    operator: str,
    target: str | None,
    *,
    contract: str | None,
    ties: str,
    cases: int | None,
    seed: int,
    arrays: str | None,
    capabilities: str | None,
    report: Path | None,
    export_failures: Path | None,
    others: Mapping[str, Any],
) -> OperatorReport:
    """Judge, and write what was asked for; HarnessError where nothing was judged."""
    if given := sorted(name for name, value in others.items() if value):
        raise HarnessError(f"{', '.join(given)}: not with --operator")
    if target is None:
        raise HarnessError("Missing argument: expected TARGET")
    if report is not None and not report.parent.is_dir():
        raise HarnessError(f"--report: {report.parent} is no folder")
    found = verify_operator(
        operator,
        target,
        contract="float64" if contract is None else contract,
        ties=ties,
        cases=CASES if cases is None else cases,
        seed=seed,
        arrays=arrays,
        capabilities=() if capabilities is None else capabilities.split(","),
    )
    texts = {} if report is None else {report: json.dumps(found.to_json(), indent=1) + "\n"}
    if export_failures is not None:
        for aspect, vector in found.counterexamples.items():
            texts[export_failures / f"{operator}-{aspect}.json"] = dumps(vector)
    try:
        if export_failures is not None:
            export_failures.mkdir(parents=True, exist_ok=True)
        write_files(texts)
    except OSError as error:
        raise HarnessError(f"cannot write: {error}") from error
    return found


def show_operator(console: Console, found: OperatorReport) -> None:
    """Print header, tables, counterexamples and, last, the verdict."""
    operator = OPERATORS[found.operator]
    versions = ", ".join(f"{name} {number}" for name, number in found.versions.items())
    for line in (
        f"target        {found.target}",
        f"operator      {found.operator}: {operator.statement}",
        f"contract      {found.contract}{', ties ' + found.ties if found.ties else ''}",
        f"arrays        {found.arrays}",
        f"capabilities  {', '.join(found.capabilities) or 'none'}",
        f"versions      {versions}",
        f"seed          {found.seed}",
    ):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    says = {family.name: family.says for family in operator.families}
    console.print(_table("family", found.families, says))
    meanings = {**COMMON, **operator.aspects}
    console.print(_table("judged", found.aspects, {**meanings, **found.worst}))
    shown: list[str] = []
    for vector in found.counterexamples.values():
        if vector["snippet"] not in shown:
            shown.append(vector["snippet"])
            typer.echo(f"counterexample:\n\n{vector['snippet']}")
    typer.echo(f"{found.verdict}: {found.reason} ({found.judged} of {found.planned} cases called)")


def _table(head: str, rows: Mapping[str, Counts], notes: Mapping[str, str]) -> Table:
    table = Table(head, "exact", "admissible", "wrong", "undecided", "skipped", "note")
    for name, counts in rows.items():
        numbers = (
            counts.exact,
            counts.admissible,
            counts.wrong,
            counts.undecided,
            counts.skipped,
        )
        table.add_row(name, *map(str, numbers), notes[name].replace("[", "\\["))
    return table
