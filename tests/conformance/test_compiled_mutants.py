"""Edits of the compiled package are seen, and edits that change nothing are not.

Judged here: all that run without compilation, and one of each kind of the others. `make mutants`
judges them all.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from mutants.compiled.edits import EDITS, Edit  # noqa: E402
from mutants.compiled.run import PACKAGE, Ending, altered, ended  # noqa: E402
from mutants.compiled.trial import TRIALS  # noqa: E402

COMPILED = ("race-on-the-best", "bound-halved", "place-for-index")
CHOSEN = tuple(edit for edit in EDITS if edit.plain or edit.name in COMPILED)
AT_A_TIME = 2


@pytest.fixture(scope="module")
def endings() -> dict[str, Ending]:
    """How the chosen edits ended."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return {ending.edit.name: ending for ending in pool.map(ended, CHOSEN)}


@pytest.mark.parametrize("edit", CHOSEN, ids=lambda edit: edit.name)
def test_mutants_are_seen_and_harmless_edits_are_not(
    edit: Edit, endings: dict[str, Ending]
) -> None:
    assert endings[edit.name].fault == "", endings[edit.name].said


def test_the_registry_is_whole() -> None:
    """Names are unique, edits apply, trials and clauses exist, a control ends each way."""
    assert len({edit.name for edit in EDITS}) == len(EDITS)
    for edit in EDITS:
        source = (PACKAGE / edit.file).read_text(encoding="utf-8")
        assert altered(edit, source) != source
        assert set(edit.trials) <= set(TRIALS)
        assert edit.breaks
        assert all(clause.startswith("GDA-") for clause in edit.breaks)
        assert edit.why
    assert {bool(edit.harmless) for edit in EDITS if edit.control} == {True, False}
    assert set(COMPILED) <= {edit.name for edit in EDITS}


def test_an_edit_that_does_not_apply_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"once in nearest\.py, got 2"):
        altered(EDITS[0], EDITS[0].old * 2)
