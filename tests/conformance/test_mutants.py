"""Wrong implementations are seen by the clauses they break; correct ones are not.

Judged by the quick run here; `make mutants` judges them by the default run and writes the table.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from gd_attention.conformance.requirements import CLAUSES

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from mutants import table  # noqa: E402
from mutants.base import Base  # noqa: E402
from mutants.equivalents import EQUIVALENTS  # noqa: E402
from mutants.kernels import Tiled  # noqa: E402
from mutants.kill import Corpus, Death, all_mutants, conforms, judge  # noqa: E402
from mutants.registry import MUTANTS, mutant  # noqa: E402

# Of a quick run at most one mutant in twenty may survive.
LEAST = 0.95


@cache
def corpus() -> Corpus:
    """The cases of the quick run, with the oracle's answers, made once."""
    return Corpus("quick")


@cache
def deaths() -> tuple[Death, ...]:
    """Every mutant, judged once."""
    return tuple(judge(item, corpus()) for item in all_mutants())


@pytest.mark.parametrize("target", [Base, Tiled, *EQUIVALENTS], ids=lambda item: item.__name__)
def test_correct_implementations_conform(target):
    """What the mutants patch is right, and what is proved to change nothing is not blamed."""
    assert conforms(target(), corpus()) == ""


def test_equivalents_have_proofs():
    """Each names the theorem it rests on and argues from it."""
    for target in EQUIVALENTS:
        assert re.search(r"Proof \(T\d+\)\.", target.__doc__), target.__name__
        assert len(target.__doc__) > 300


@pytest.mark.parametrize("item", [m for m in all_mutants() if m.control], ids=lambda m: m.name)
def test_control_mutants_die(item):
    """Without them a run says nothing."""
    assert judge(item, corpus()).killed


def test_at_least_95_in_100_are_killed_by_the_quick_run():
    """The survivors are named, here and in the kill table."""
    survivors = [death.mutant.name for death in deaths() if not death.killed]
    print(f"survivors of the quick run: {', '.join(survivors) or 'none'}")
    assert len(survivors) <= (1.0 - LEAST) * len(deaths()), survivors


def test_every_mutant_is_judged():
    """None is taken for a fault of the wiring."""
    assert [(death.mutant.name, death.fault) for death in deaths() if death.fault] == []


def test_every_clause_kills():
    """Of every clause that calls decide, some mutant is seen by that clause."""
    kills = {clause for death in deaths() for clause in death.killers}
    assert sorted(CLAUSES.keys() - kills) == []


def test_a_mutant_that_is_blamed_for_something_else_survives():
    """The right index under the wrong clause is no kill."""
    wrong = replace(MUTANTS["farthest-key"], breaks=("GDA-call-pure",))
    death = judge(wrong, corpus())
    assert not death.killed
    assert "GDA-select-index" in death.others


def test_registry():
    """Enough of them, clauses that exist, a sentence on what is wrong and one on why."""
    mutants = all_mutants()
    assert len(mutants) == len(MUTANTS) >= 75
    assert sum(item.control for item in mutants) >= 2
    for item in mutants:
        assert item.breaks and set(item.breaks) <= CLAUSES.keys(), item.name
        assert len(set(item.breaks)) == len(item.breaks)
        assert item.what.endswith(".") and item.why.endswith("."), item.name
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", item.name), item.name
    assert max(Counter(item.what for item in mutants).values()) == 1
    with pytest.raises(ValueError, match="registered twice"):
        mutant("GDA-select-index", why="Again.")(type("FarthestKey", (Base,), {}))


def test_mutants_are_independent_of_the_project():
    """They patch a base of their own: a fault of the reference cannot hide in all of them."""
    folder = ROOT / "tests" / "mutants"
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("gd_attention"):
                assert node.module.startswith("gd_attention.conformance"), path.name


def _section(text: str, title: str) -> list[list[str]]:
    """The rows of a table of the document."""
    _, _, rest = text.partition(f"## {title}\n")
    lines = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_the_published_table_is_that_of_the_registry():
    """Every mutant with its clauses, sentences and reason; all killed, by a clause of its own."""
    text = (ROOT / "docs" / "kill-table.md").read_text(encoding="utf-8")
    rows = _section(text, "By mutant")
    found = {cells[1].removesuffix(" (control)"): cells for cells in rows}
    assert found.keys() == MUTANTS.keys() and len(rows) == len(MUTANTS)
    for name, (killers, shown, breaks, cases, _, _) in found.items():
        item = MUTANTS[name]
        assert breaks == ", ".join(item.breaks)
        assert set(killers.split(", ")) <= set(item.breaks), name
        assert shown.endswith(" (control)") == item.control
        assert int(cases) > 0
    said = _section(text, "What is wrong, and why someone would write it")
    expected = [[item.name, item.what.replace("|", "\\|"), item.why] for item in all_mutants()]
    assert said == expected
    assert f"{len(MUTANTS)} of {len(MUTANTS)} mutants are killed by the default run" in text
    assert [cells[0] for cells in _section(text, "By clause")] == list(CLAUSES)


def test_the_table_shows_survivors_first():
    """A survivor cannot be overlooked."""
    item = MUTANTS["farthest-key"]
    dead = Death(item, ("GDA-select-index",), (), 3, "vectors", "quick")
    alive = Death(item, (), (), 9, "dtypes", "quick")
    assert table.by_clause([dead, alive]) == [alive, dead]
    assert table.row(alive, alive)[0] == "SURVIVES"
    assert table.row(alive, alive)[-1] == "survives"
    text = table.document([dead, alive], {item.name: alive}, {})
    assert "1 of 2 mutants are killed by the default run, 0 by the quick run" in text
