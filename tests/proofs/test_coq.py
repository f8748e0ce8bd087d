"""The Coq proofs compile, rest on the standard axioms, and reject altered statements.

The check itself is ``tools/check_coq.py``. It runs here on the unaltered sources once and on each
altered one, and then on sources that it has to refuse. Without Coq there is nothing to run; in
continuous integration that is a failure and not a skip.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "proofs" / "coq" / "README.md"


def load() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("check_coq", ROOT / "tools" / "check_coq.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


coq = load()
MISSING = coq.missing_tools()
needs_coq = pytest.mark.skipif(
    MISSING is not None and not os.environ.get("CI"), reason=f"{MISSING}; run make coq"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The compiled proofs, and their files in the order of compilation."""
    assert MISSING is None, MISSING
    folder = tmp_path_factory.mktemp("coq") / "library"
    return folder, coq.build(coq.SOURCES, folder)


@needs_coq
def test_theorems_rest_on_the_standard_axioms(library: tuple[Path, list[str]]) -> None:
    """The unaltered sources compile, and no theorem assumes more than the four axioms."""
    found = coq.assumptions(*library)
    coq.check_axioms(found)
    assert set().union(*found.values()) == coq.AXIOMS
    assert not list(coq.SOURCES.glob("*.vo"))


@needs_coq
@pytest.mark.parametrize("control", coq.controls(), ids=lambda control: control.name)
def test_controls(control: object, library: tuple[Path, list[str]]) -> None:
    """Coq rejects what is false and accepts what is true."""
    coq.try_control(control, coq.SOURCES, library[0])


@needs_coq
def test_an_accepted_false_statement_fails(library: tuple[Path, list[str]]) -> None:
    """If Coq accepted what should be rejected, the run would fail, and the reverse."""
    rejected = next(c for c in coq.controls() if c.verdict == "rejected")
    accepted = next(c for c in coq.controls() if c.verdict == "accepted")
    for control, verdict in ((rejected, "accepted"), (accepted, "rejected")):
        swapped = coq.Control(**{**vars(control), "verdict": verdict})
        with pytest.raises(coq.CheckError, match=control.name):
            coq.try_control(swapped, coq.SOURCES, library[0])


@needs_coq
@pytest.mark.parametrize("new", ["nonsense of no meaning", "Lemma of_nothing : absent_name = 0."])
def test_a_slip_of_syntax_is_no_verdict(new: str, library: tuple[Path, list[str]]) -> None:
    """An altered source that Coq does not understand shows nothing about the statement."""
    old = "Theorem stationarity_at_0"
    control = coq.Control("slip", "Stationarity.v", old, f"{new}\n{old}", "rejected", "")
    with pytest.raises(coq.CheckError, match="no verdict"):
        coq.try_control(control, coq.SOURCES, library[0])


@needs_coq
def test_a_further_axiom_is_found(tmp_path: Path) -> None:
    """A variable outside a section is an axiom, although no refused word says so."""
    (tmp_path / "sources").mkdir()
    source = "Variable taken : False.\nTheorem all : 0 = 1.\nProof. destruct taken. Qed.\n"
    (tmp_path / "sources" / "Taken.v").write_text(source, encoding="utf-8")
    modules = coq.build(tmp_path / "sources", tmp_path / "library")
    found = coq.assumptions(tmp_path / "library", modules)
    with pytest.raises(coq.CheckError, match=r"Taken\.v rests on Taken\.taken"):
        coq.check_axioms(found)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Proof. Admitted.", "refused word 'Admitted'"),
        ("Axiom all : False.", "refused word 'Axiom'"),
        ("Parameters x y : nat.", "refused word 'Parameters'"),
        ("Unset Guard Checking.", "refused word 'Unset Guard Checking'"),
        ("From Interval Require Import Tactic.", "requires a library"),
        ("Require Import Reals.", "requires a library"),
        ("Require Export Reals.", "refused word 'Require'"),
    ],
)
def test_words_that_assume_are_refused(line: str, message: str, tmp_path: Path) -> None:
    """Also after a comment; inside a comment a word is only a word."""
    source = tmp_path / "Source.v"
    source.write_text(f"(* Axiom (* nested *) Admitted *)\n{line}\n", encoding="utf-8")
    with pytest.raises(coq.CheckError, match=re.escape(message)):
        coq.check_words(source)
    source.write_text(f"(* {line} (* nested *) {line} *)\n", encoding="utf-8")
    coq.check_words(source)


def test_absent_tools_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Coq and without apt-get the message says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "coqc" in coq.missing_tools()
    with pytest.raises(coq.CheckError, match="install coq and libcoq-coquelicot"):
        coq.install()


def test_the_readme_lists_every_theorem() -> None:
    """The table says what is proved where: every theorem with its file, and no other."""
    listed = set(re.findall(r"`(\w+\.v)` \| `([\w']+)`", README.read_text(encoding="utf-8")))
    stated = {(p.name, name) for p in coq.SOURCES.glob("*.v") for name in coq.theorems(p)}
    assert listed == stated
