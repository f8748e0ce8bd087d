"""`gd-attention trace` sees every difference: a small checkout, broken in one place at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from gd_attention.cli.columns import write_columns
from gd_attention.cli.trace import trace_command
from gd_attention.cli.tracing import Checkout, find_checkout, trace
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
# Ids of the small checkout are put together here, so that they do not occur in this file.
HEAD = "GDA-"
MUST, NOTE = HEAD + "made-must", HEAD + "made-note"


def entry(identifier: str, kind: str, extra: str = "", **columns: list[str]) -> str:
    """An entry of the registry."""
    lines = ["[[clause]]", f'id = "{identifier}"', f'kind = "{kind}"', *filter(None, [extra])]
    lines += ['statement = "One."', 'since = "1.0"']
    for column in ("code", "tests", "proof", "mutants"):
        lines.append(f"{column} = {json.dumps(columns.get(column, []))}")
    return "\n".join(lines) + "\n\n"


def block(identifier: str, kind: str) -> str:
    """A clause block of the text."""
    return f":::{{clause}} {identifier}\n:kind: {kind}\n\nOne.\n:::\n\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout with a must clause, a definition, 26 theorems, an erratum; all agree."""
    theorems = {f"{HEAD}thm-{n}": f"T{n}" for n in range(1, 27)}
    registry = "# The registry.\n\n"
    registry += entry(
        MUST,
        "must",
        code=["reference/a.py"],
        tests=["tests/test_a.py"],
        mutants=["tests/mutants/a.py"],
    )
    registry += entry(NOTE, "definition")
    for name, theorem in theorems.items():
        columns = {"tests": ["tests/test_a.py"], "proof": ["proofs/a.proof.py"]}
        registry += entry(name, "theorem", f'theorem = "{theorem}"', **columns)
    text = block(MUST, "must") + block(NOTE, "definition")
    text += "".join(block(name, "theorem") for name in theorems)
    files = {
        "spec/clauses.toml": registry,
        "spec/text/00-a.md": text,
        "spec/errata.toml": f'[[erratum]]\nid = "e"\nclause = "{NOTE}"\nvector = "v1"\n',
        "spec/vectors/a.json": json.dumps({"cases": [{"id": "v1", "clauses": [MUST]}]}),
        "proofs/a.proof.py": "".join(f"# | T | {name} |\n" for name in theorems),
        "reference/a.py": f'"""Clause: {MUST}."""\n',
        "tests/mutants/a.py": f"# {MUST}\n",
        "tests/test_a.py": "# "
        + " ".join([MUST, *theorems])
        + f"\n# {HEAD}thm- and {HEAD}thm are prefixes\n",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return Checkout(tmp_path)


def replace(name: str, before: str, after: str, count: int = -1) -> Callable[[Path], None]:
    """An edit of one file; the text before must be there."""

    def edit(root: Path) -> None:
        content = (root / name).read_text(encoding="utf-8")
        assert before in content
        (root / name).write_text(content.replace(before, after, count), encoding="utf-8")

    return edit


def append(name: str, content: str) -> Callable[[Path], None]:
    """Add to a file, which need not be there."""

    def edit(root: Path) -> None:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(before + content, encoding="utf-8")

    return edit


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "clause missing in the text": (
        replace("spec/text/00-a.md", block(NOTE, "definition"), ""),
        "0 times",
    ),
    "clause twice in the text": (append("spec/text/01-b.md", block(NOTE, "definition")), "2 times"),
    "kind differs": (
        replace("spec/text/00-a.md", ":kind: definition", ":kind: must"),
        "says kind must",
    ),
    "kind missing": (replace("spec/text/00-a.md", ":kind: definition\n", ""), "says kind None"),
    "unregistered clause": (
        append("spec/text/00-a.md", block(HEAD + "made-nowhere", "must")),
        "not registered",
    ),
    "unregistered mention in the text": (
        append("spec/text/00-a.md", f"See {HEAD}made-nowhere.\n"),
        "but not registered",
    ),
    "unregistered id in code": (
        append("reference/b.py", f"# {HEAD}made-nowhere\n"),
        "in reference/b.py but not registered",
    ),
    "unregistered id in a test": (
        append("tests/deep/test_b.py", f"# {HEAD}made-nowhere\n"),
        "in tests/deep/test_b.py but not registered",
    ),
    "unregistered id in a vector": (
        replace("spec/vectors/a.json", MUST, HEAD + "made-nowhere"),
        "in spec/vectors/a.json but not registered",
    ),
    "unregistered id in a proof": (
        append("proofs/a.proof.py", f"# {HEAD}made-nowhere\n"),
        "in proofs/a.proof.py but not registered",
    ),
    "code column lacks a file": (
        append("spec/conformance/c.py", f"# {NOTE}\n"),
        "column code: not registered spec/conformance/c.py",
    ),
    "code column names a stale file": (
        replace("reference/a.py", MUST, "none"),
        "registered but not found reference/a.py",
    ),
    "must without code": (replace("reference/a.py", MUST, "none"), "a must clause without code"),
    "must without a test": (replace("tests/test_a.py", MUST, ""), "a must clause without tests"),
    "must without a vector": (
        replace("spec/vectors/a.json", f'["{MUST}"]', "[]"),
        "a must clause without vectors",
    ),
    "must without a mutant": (
        replace("tests/mutants/a.py", MUST, ""),
        "a must clause without mutants",
    ),
    "unregistered id in a mutant": (
        append("tests/mutants/b.py", f"# {HEAD}made-nowhere\n"),
        "in tests/mutants/b.py but not registered",
    ),
    "theorem without a test": (
        replace("tests/test_a.py", f"{HEAD}thm-7 ", ""),
        "a theorem clause without tests",
    ),
    "theorem without a proof": (
        replace("proofs/a.proof.py", f"# | T | {HEAD}thm-7 |\n", ""),
        "a theorem clause without proof",
    ),
    "theorem that a notebook only mentions": (
        replace("proofs/a.proof.py", f"# | T | {HEAD}thm-7 |\n", f"# See {HEAD}thm-7.\n"),
        "a theorem clause without proof",
    ),
    "theorem number missing": (
        replace("spec/clauses.toml", '"T7"', '"T6"'),
        "has 0 clauses, not one",
    ),
    "theorem number twice": (
        replace("spec/clauses.toml", '"T7"', '"T6"'),
        "has 2 clauses, not one",
    ),
    "definition with a theorem number": (
        replace("spec/clauses.toml", 'kind = "definition"', 'kind = "definition"\ntheorem = "T1"'),
        "kind definition with theorem T1",
    ),
    "clause registered twice": (
        append("spec/clauses.toml", entry(NOTE, "definition")),
        "registered twice",
    ),
    "erratum without a clause": (
        replace("spec/errata.toml", NOTE, HEAD + "made-nowhere"),
        "names no clause",
    ),
    "erratum without a vector": (replace("spec/errata.toml", "v1", "v2"), "names no vector"),
    "vector id twice": (
        append("spec/vectors/b.json", json.dumps([{"id": "v1", "clauses": []}])),
        "a vector id used twice",
    ),
    "errata missing": (lambda root: (root / "spec/errata.toml").unlink(), "is missing"),
}


def run(*arguments: str) -> tuple[int, str]:
    """The command in this process: exit status and what it printed."""
    app = typer.Typer()
    app.command()(trace_command)
    result = CliRunner().invoke(app, [*arguments], env={"COLUMNS": "300", "TERM": "dumb"})
    return result.exit_code, result.output


def test_agreement_is_silent(checkout: Checkout) -> None:
    """Nothing to report where all agree: status 0, and the empty columns are named."""
    assert trace(checkout).problems == ()
    status, printed = run("--root", str(checkout.root))
    assert status == 0
    assert "28 clauses agree" in printed
    assert "empty" not in printed


@pytest.mark.parametrize("fault", FAULTS)
def test_each_difference_is_found(checkout: Checkout, fault: str) -> None:
    """One broken place, one message that names it, status 1."""
    edit, message = FAULTS[fault]
    edit(checkout.root)
    assert any(message in problem.message for problem in trace(checkout).problems)
    status, printed = run("--root", str(checkout.root))
    assert status == 1
    assert message in printed


def test_write_repairs_the_columns(checkout: Checkout) -> None:
    """`--write` fills the columns from the files, keeps all else, and is idempotent."""
    for number in range(9):
        append(f"reference/long_enough_to_wrap_{number}.py", f"# {MUST}\n")(checkout.root)
    replace("reference/a.py", MUST, "none")(checkout.root)
    append("proofs/a.proof.py", f"# | T1 | {NOTE} |\n")(checkout.root)
    assert trace(checkout).problems != ()
    before = checkout.registry.read_text(encoding="utf-8")
    status, printed = run("--root", str(checkout.root), "--write", "--all")
    assert status == 0, printed
    after = checkout.registry.read_text(encoding="utf-8")
    assert after.startswith("# The registry.\n\n[[clause]]\n")
    assert 'proof = ["proofs/a.proof.py"]' in after
    assert before.count("statement") == after.count("statement")
    assert write_columns(checkout) is False
    append("reference/a.py", f"# {MUST}\n")(checkout.root)
    assert write_columns(checkout) is True


def test_a_notebook_proves_what_its_table_says(checkout: Checkout) -> None:
    """A mention in the prose of a notebook is no proof; in any other file of proofs it is."""
    append("proofs/a.proof.py", f"# {NOTE}\n# | T1 | {MUST} |\n")(checkout.root)
    append("proofs/b.v", f"(* {NOTE} *)\n")(checkout.root)
    found = {clause.id: clause.columns["proof"] for clause in trace(checkout).clauses}
    assert found[MUST] == ["proofs/a.proof.py"]
    assert found[NOTE] == ["proofs/b.v"]


def test_the_checkout_is_found_from_below(checkout: Checkout) -> None:
    """Any folder of the checkout will do, and a folder outside is status 2."""
    below = checkout.root / "spec" / "text"
    assert find_checkout(below) == checkout
    assert run("--root", str(below))[0] == 0


def test_no_checkout_is_status_2(tmp_path: Path) -> None:
    """An installed package without its sources cannot be traced; that is said."""
    assert find_checkout(tmp_path) is None
    status, printed = run("--root", str(tmp_path))
    assert status == 2
    assert "no source checkout" in printed


def test_this_checkout_agrees() -> None:
    """The repository itself."""
    problems = trace(Checkout(ROOT)).problems
    assert [f"{problem.subject}: {problem.message}" for problem in problems] == []
