"""The runner of the proofs fails where a proof does, and where its table is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import run_proofs

ROOT = Path(__file__).resolve().parents[2]
TABLE = """# %% [markdown]
# # Made
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T1 | GDA-thm-axis | symbolic + written argument | $\\|x\\|$ |
#
# More prose.

"""
FAULTS = {
    "assertion": ("assert 1 + 1 == 3, 'no'", "AssertionError: no"),
    "warning": ("import warnings; warnings.warn('beware')", "UserWarning: beware"),
    "stderr": ("import sys; print('noise', file=sys.stderr)", "wrote to stderr: noise"),
    "unexecuted": ("", "was not executed"),
}


def made(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.proof.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_notebook_that_holds(tmp_path: Path) -> None:
    """In a kernel of its own, with the folder of the notebook on the path."""
    (tmp_path / "beside.py").write_text("value = 1\n")
    path = made(tmp_path, "made", TABLE + "# %%\nimport beside\nassert beside.value == 1\n")
    assert run_proofs.execute(path, tmp_path) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, tmp_path: Path) -> None:
    code, message = FAULTS[fault]
    path = made(tmp_path, "made", f"{TABLE}# %%\nx = 1\n\n# %%\n{code}\n\n# %%\nx = 2\n")
    (problem,) = run_proofs.execute(path, tmp_path)
    assert problem.startswith("made: ") and message in problem


def test_a_notebook_without_code_is_a_fault(tmp_path: Path) -> None:
    assert run_proofs.execute(made(tmp_path, "made", TABLE), tmp_path) == ["made: no code cell"]


def test_the_table_is_read(tmp_path: Path) -> None:
    found, problems = run_proofs.rows(made(tmp_path, "made", TABLE))
    assert problems == []
    assert found == [
        run_proofs.Row(
            "T1", "GDA-thm-axis", "symbolic + written argument", "$\\|x\\|$", notebook="made"
        )
    ]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("| theorem | clause", "| theorem | id", "no table with the header"),
        ("symbolic +", "guessed +", "no such kind of check: guessed"),
        ("| T1 | GDA", "| T1 GDA", "expected 4 columns"),
        ("# | T1", "# T1", "the table is empty"),
        ("# %% [markdown]", "# %%", "no table with the header"),
        ("| T1 |", "| T27 order |", "no such theorem or erratum: T27 order"),
    ],
)
def test_a_wrong_table_is_found(before: str, after: str, message: str, tmp_path: Path) -> None:
    assert before in TABLE
    _, problems = run_proofs.rows(made(tmp_path, "made", TABLE.replace(before, after)))
    assert any(message in problem for problem in problems)


def test_rows_are_held_to_the_registry() -> None:
    def row(theorem: str, clause: str) -> run_proofs.Row:
        return run_proofs.Row(theorem, clause, "symbolic", "s", "made")

    registry = ROOT / "spec" / "clauses.toml"
    assert run_proofs.registry_problems([row("T1", "GDA-thm-axis")], registry) == []
    (other,) = run_proofs.registry_problems([row("T2", "GDA-thm-axis")], registry)
    assert "not the clause of T2" in other
    unknown = row("T2", "GDA" + "-thm-nowhere")
    (absent,) = run_proofs.registry_problems([unknown], registry)
    assert "is not registered" in absent


def test_parts_of_a_theorem_count_for_it() -> None:
    def row(theorem: str) -> run_proofs.Row:
        return run_proofs.Row(theorem, "GDA-thm-axis", "symbolic", "s", "made")

    for part in ("T1", "T1.2", "T1 order"):
        assert row(part).number == "T1"
        assert run_proofs.missing([row(part)]) == list(run_proofs.THEOREMS[1:])
    registry = ROOT / "spec" / "clauses.toml"
    assert run_proofs.registry_problems([row("T1 order")], registry) == []
    (other,) = run_proofs.registry_problems([row("T12.1")], registry)
    assert "not the clause of T12" in other


def test_every_theorem_has_to_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For all notebooks together; a chosen one need not be complete."""
    made(tmp_path, "made", TABLE + "# %%\nx = 1\n")
    assert run_proofs.main(["made"], tmp_path) == 0
    assert run_proofs.main([], tmp_path) == 1
    printed = capsys.readouterr().out
    assert "T26: no row in any notebook" in printed and "T1: no row" not in printed


def test_exit_statuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """2 for a name that is not there, 1 for a folder without notebooks."""
    assert run_proofs.main(["nowhere"], tmp_path) == 2
    assert run_proofs.main([], tmp_path) == 1
    assert "no notebook" in capsys.readouterr().out
