"""The command that writes the kill table: void runs, survivors, and what it writes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "make_kill_table.py"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The command with nothing to judge: every mutant is killed unless a test says otherwise."""
    specification = importlib.util.spec_from_file_location("make_kill_table", TOOL)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "Corpus", lambda depth: depth)
    monkeypatch.setattr(module, "conforms", lambda target, corpus: "")
    monkeypatch.setattr(module, "judge", killed(module))
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "GOAL", tmp_path / "table.md")
    return module


def killed(module: ModuleType, *survivors: str, fault: str = "", depths=("quick", "default")):
    """A judgement in which the named mutants survive at some depths."""

    def judge(mutant, corpus):
        lives = mutant.name in survivors and corpus in depths
        killers = () if lives else mutant.breaks[:1]
        return module.Death(mutant, killers, (), 1, "vectors", corpus, fault if lives else "")

    return judge


def test_all_killed(tool, capsys):
    """Status 0, the table on the terminal and in the file."""
    assert tool.main() == 0
    printed, written = capsys.readouterr().out, tool.GOAL.read_text(encoding="utf-8")
    count = len(tool.all_mutants())
    assert f"default: {count} of {count} killed" in printed
    for mutant in tool.all_mutants():
        assert f"| {mutant.name}" in written


def test_a_survivor_of_the_default_run(tool, monkeypatch, capsys):
    """Status 1, and it is named."""
    monkeypatch.setattr(tool, "judge", killed(tool, "last-tie", depths=("default",)))
    assert tool.main() == 1
    assert "survivors: last-tie" in capsys.readouterr().out


def test_survivors_of_the_quick_run(tool, monkeypatch):
    """Up to one in twenty is named and passes; more is status 1."""
    names = [mutant.name for mutant in tool.all_mutants() if not mutant.control]
    few = len(tool.all_mutants()) // 20
    monkeypatch.setattr(tool, "judge", killed(tool, *names[:few], depths=("quick",)))
    assert tool.main() == 0
    monkeypatch.setattr(tool, "judge", killed(tool, *names[: few + 1], depths=("quick",)))
    assert tool.main() == 1


@pytest.mark.parametrize("fault", ["", "not judged"])
def test_a_void_run_writes_nothing(fault, tool, monkeypatch, capsys):
    """A control mutant survives, or a mutant was not judged: status 2."""
    name = "last-tie" if fault else next(m.name for m in tool.all_mutants() if m.control)
    monkeypatch.setattr(tool, "judge", killed(tool, name, fault=fault))
    with pytest.raises(SystemExit) as stopped:
        tool.main()
    assert stopped.value.code == 2
    assert f"void: {name}: {fault or 'a control mutant survives'}" in capsys.readouterr().out
    assert not tool.GOAL.exists()


def test_a_correct_implementation_that_fails_voids_the_run(tool, monkeypatch, capsys):
    """A judge that blames it says nothing about mutants."""
    monkeypatch.setattr(tool, "conforms", lambda target, corpus: "expected index 0, got 1")
    with pytest.raises(SystemExit) as stopped:
        tool.main()
    assert stopped.value.code == 2
    assert "void: Base does not conform: expected index 0, got 1" in capsys.readouterr().out
