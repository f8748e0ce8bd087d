"""``gd-attention vectors``: the fixed vectors, for a terminal.

Clause: GDA-conf-vectors.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from gd_attention import spec
from gd_attention.cli.additions import add_vectors
from gd_attention.cli.tracing import find_checkout
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.files import write_whole
from gd_attention.conformance.flags import FLAGS
from gd_attention.conformance.profile import parse_capabilities
from gd_attention.conformance.replay import Replay, replay
from gd_attention.conformance.vectorfiles import check_answers, choose, read_vectors
from gd_attention.conformance.vectors import Vector, document, dumps, encode, load_vectors
from gd_attention.conformance.verdict import Verdict
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["vectors_app"]

vectors_app = typer.Typer(
    help="The fixed vectors: list, show, export, run a target on them, add one.",
    no_args_is_help=True,
)

# Exit status where nothing was judged.
_FAULT = 2
# Columns assumed where the output is no terminal.
_WIDTH = 140

_Flags = Annotated[
    list[str] | None, typer.Option("--flag", help="Vectors that carry this flag; repeatable.")
]
_Clauses = Annotated[
    list[str] | None, typer.Option("--clause", help="Vectors written for this clause; repeatable.")
]
_Themes = Annotated[
    list[str] | None,
    typer.Option("--theme", help="Vectors of this theme, the name of a file; repeatable."),
]


@contextmanager
def _faults() -> Iterator[None]:
    """A fault of the harness or the call on stderr, with exit status 2."""
    try:
        yield
    except (HarnessError, OSError) as error:
        typer.echo(f"vectors: {error}", err=True)
        raise typer.Exit(_FAULT) from None


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_WIDTH)


@vectors_app.command("list")
def list_command(
    flag: _Flags = None,
    clause: _Clauses = None,
    theme: _Themes = None,
    ids: Annotated[bool, typer.Option("--ids", help="Ids alone, one a line.")] = False,
    flags: Annotated[
        bool, typer.Option("--flags", help="The flags with their reasons and counts instead.")
    ] = False,
) -> None:
    """List vectors with their flags and clauses."""
    with _faults():
        chosen = choose(load_vectors(), flags=flag or (), clauses=clause or (), themes=theme or ())
    if ids:
        for vector in chosen:
            typer.echo(vector.case.id)
        return
    if flags:
        _console().print(_flag_table(chosen))
        return
    table = Table(box=SIMPLE_HEAD)
    for name in ("id", "theme", "flags", "clauses"):
        table.add_column(name, no_wrap=name == "id", overflow="fold")
    for vector in chosen:
        case = vector.case
        shown = " ".join(clause.removeprefix("GDA-") for clause in case.clauses)
        table.add_row(case.id, vector.theme, " ".join(case.flags), shown)
    _console().print(table)
    typer.echo(f"{len(chosen)} vectors")


def _flag_table(chosen: Sequence[Vector]) -> Table:
    table = Table(box=SIMPLE_HEAD)
    table.add_column("flag", no_wrap=True)
    table.add_column("vectors", justify="right")
    table.add_column("why")
    for name, why in FLAGS.items():
        count = sum(name in vector.case.flags for vector in chosen)
        if count:
            table.add_row(name, str(count), why)
    return table


@vectors_app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(metavar="ID", help="The id of a vector.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="As in the file, floats in hexadecimal.")
    ] = False,
) -> None:
    """Show one vector: why it exists, the call, the answer."""
    with _faults():
        (vector,) = choose(load_vectors(), ids=[name])
    if as_json:
        typer.echo(dumps(encode(vector.case, vector.answer, vector.certificate)), nl=False)
        return
    case = vector.case
    lines = [f"{case.id}  ({vector.theme}.json)"]
    lines += [f"  {flag}: {FLAGS[flag]}" for flag in case.flags]
    known = spec.clauses()
    lines += [f"  {clause}: {known[clause].statement}" for clause in case.clauses]
    lines += ["", case.snippet("gd_attention:gd_attention")]
    if case.expects is not None:
        lines.append(f"must raise {case.expects}, naming {case.argument}")
    if vector.answer is not None:
        lines.append(f"answer of shape {vector.answer.shape} under {EXACT.name}:")
        for row in vector.answer.rows:
            place = ",".join(map(str, row.position))
            lines.append(
                f"  query {place}: index {row.index}, energy {row.energy.nearest!r}, coordinate "
                f"{row.coordinate.nearest!r}, unique {row.unique}"
            )
    typer.echo("\n".join(lines))


@vectors_app.command("export")
def export_command(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; made if it is missing.")],
    flag: _Flags = None,
    clause: _Clauses = None,
    theme: _Themes = None,
) -> None:
    """Write vectors as JSON files, one a theme, with their schema and the flags' reasons."""
    with _faults():
        chosen = choose(load_vectors(), flags=flag or (), clauses=clause or (), themes=theme or ())
        if not chosen:
            raise HarnessError("no vector has all of these flags and clauses")
        about = {content["theme"]: content["about"] for _, content in spec.vector_documents()}
        folder.mkdir(parents=True, exist_ok=True)
        by_theme: dict[str, list[dict[str, Any]]] = {}
        for vector in chosen:
            entry = encode(vector.case, vector.answer, vector.certificate)
            by_theme.setdefault(vector.theme, []).append(entry)
        for name, entries in by_theme.items():
            write_whole(folder / f"{name}.json", dumps(document(name, about[name], entries)))
        schema = json.dumps(spec.vector_schema(), indent=2) + "\n"
        write_whole(folder / "schema.json", schema)
    typer.echo(f"{len(chosen)} vectors in {len(by_theme)} files in {folder}")


@vectors_app.command("run")
def run_command(
    target: Annotated[str, typer.Argument(help="The implementation, as package.module:callable.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Vector files, as `verify --export-failures` writes them; without any, all of the "
            "corpus."
        ),
    ] = None,
    flag: _Flags = None,
    clause: _Clauses = None,
    theme: _Themes = None,
    contract: Annotated[
        str | None, typer.Option(help="What the target promises of its arithmetic, as of verify.")
    ] = None,
    capabilities: Annotated[
        str | None, typer.Option(help="Declared capabilities, as of verify; probed without it.")
    ] = None,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="List skipped vectors with their reasons as well.")
    ] = False,
) -> None:
    """Run a target on vectors alone; a judgement takes `gd-attention verify`.

    Exit status: 0 none wrong or undecided and at least one decided, 1 otherwise, 2 the harness or
    the call is at fault.
    """
    # a script's path starts with its own folder, a target lies in the current one
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    with _faults():
        given = [vector for path in files or () for vector in _read(path)]
        chosen = choose(
            given if files else load_vectors(),
            flags=flag or (),
            clauses=clause or (),
            themes=theme or (),
        )
        declared = None if capabilities is None else parse_capabilities(capabilities)
        found = replay(target, chosen, contract=contract, capabilities=declared)
    _report(found, target, skipped=skipped)
    raise typer.Exit(found.exit_code)


def _read(path: Path) -> tuple[Vector, ...]:
    vectors = read_vectors(path)
    check_answers(os.fspath(path), vectors)
    return vectors


def _report(found: Replay, target: str, *, skipped: bool) -> None:
    """The vectors that are not exact, worst first, then the counts in one line."""
    silent = {Verdict.EXACT} if skipped else {Verdict.EXACT, Verdict.SKIPPED}
    shown = [row for row in found.rows if row.verdict not in silent]
    order = list(Verdict)
    shown.sort(key=lambda row: -order.index(row.verdict))
    if shown:
        table = Table(box=SIMPLE_HEAD)
        for name in ("vector", "verdict", "clause"):
            table.add_column(name, no_wrap=True)
        table.add_column("what came")
        for row in shown:
            assert row.finding is not None
            bad = row.verdict in (Verdict.WRONG, Verdict.UNDECIDED)
            said = Text(" ".join(row.finding.message.split()))
            table.add_row(
                row.vector.case.id,
                str(row.verdict),
                row.finding.clause,
                said,
                style="bold red" if bad else None,
            )
        _console().print(table)
    counts = ", ".join(f"{found.count(verdict)} {verdict}" for verdict in Verdict)
    nothing = "" if found.decided else "; nothing was decided, so this is no pass"
    typer.echo(f"{target} under {found.contract}: {len(found.rows)} vectors: {counts}{nothing}")


@vectors_app.command("add")
def add_command(
    file: Annotated[Path, typer.Argument(help="A vector file; its answers are not used.")],
    name: Annotated[
        str | None, typer.Option("--id", help="New id, where the file holds one vector.")
    ] = None,
    flag: Annotated[
        list[str] | None, typer.Option("--flag", help="Flag to carry as well; repeatable.")
    ] = None,
    clause: Annotated[
        list[str] | None, typer.Option("--clause", help="Clause it serves as well; repeatable.")
    ] = None,
) -> None:
    """Take vectors into the corpus of a source checkout; the oracle answers them anew."""
    with _faults():
        checkout = find_checkout(Path.cwd())
        if checkout is None:
            raise HarnessError("add: no source checkout at or above the current folder")
        given = read_vectors(file)
        added = add_vectors(checkout.root, given, name=name, flags=flag or (), clauses=clause or ())
    typer.echo(f"added {', '.join(added)}; the corpus is a new one, its digest changes")
