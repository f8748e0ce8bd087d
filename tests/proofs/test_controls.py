"""Negative controls: every notebook refuses its altered claims.

`controls/NAME.toml` holds texts of a notebook and false ones to put in their place: another sign,
another constant, a hypothesis dropped. A check that lets one pass proves nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).resolve().parent
PROOFS = HERE.parents[1] / "proofs"
CONTROLS = HERE / "controls"
NAMES = sorted(path.name.removesuffix(".proof.py") for path in PROOFS.glob("*.proof.py"))
NO_PARAMETERS = SimpleNamespace(params={})
REFUSALS = ("AssertionError", "NotProved")
# A notebook and its controls keep one core busy; the machines that run this have two.
AT_A_TIME = 2


def replay(notebook: Path, controls: Path) -> dict[str, str | None]:
    """How each altered run ended, in a process of its own."""
    run = subprocess.run(
        [sys.executable, HERE / "replay.py", notebook, controls],
        capture_output=True,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def endings(request: pytest.FixtureRequest) -> dict[str, object]:
    """How the altered runs of the notebooks ended that this session tests."""
    chosen = {
        item.callspec.params["name"]
        for item in request.session.items
        if item.path == Path(__file__) and "name" in getattr(item, "callspec", NO_PARAMETERS).params
    }

    def one(name: str) -> object:
        try:
            return replay(PROOFS / f"{name}.proof.py", CONTROLS / f"{name}.toml")
        except AssertionError as error:
            return str(error)

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return dict(zip(sorted(chosen), pool.map(one, sorted(chosen)), strict=True))


def test_every_control_has_its_notebook() -> None:
    assert sorted(path.stem for path in CONTROLS.glob("*.toml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_altered_claims_are_refused(name: str, endings: dict[str, object]) -> None:
    """By a failed assertion or an open covering; any other exception refutes nothing."""
    ended = endings[name]
    assert isinstance(ended, dict), ended
    assert len(ended) >= 3
    assert {k: v for k, v in ended.items() if v not in REFUSALS} == {}


MADE = """# %% [markdown]
# A claim: 1 + 1 = 2.

# %%
state = []

# %%
one = 1
state.append(one)

# %%
assert one + one == 2
assert len(state) == 1
"""


def _control(name: str, old: str, new: str) -> str:
    return f"[[control]]\nname = {name!r}\nwhy = 'w'\nold = {old!r}\nnew = {new!r}\n"


def test_the_replay_tells_endings_apart(tmp_path: Path) -> None:
    """A false claim, one that changes nothing, one in the prose, and one that cannot run."""
    (tmp_path / "made.proof.py").write_text(MADE)
    (tmp_path / "made.toml").write_text(
        _control("false", "== 2", "== 3")
        + _control("earlier", "one = 1", "one = 2")
        + _control("true", "one + one", "one * 2")
        + _control("prose", "1 + 1 = 2.", "1 + 1 = 3.")
        + _control("broken", "len(state)", "len(missing)")
    )
    assert replay(tmp_path / "made.proof.py", tmp_path / "made.toml") == {
        "false": "AssertionError",
        "earlier": "AssertionError",
        "true": None,
        "prose": None,
        "broken": "NameError",
    }


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        (_control("absent", "nothing", "x"), "old occurs 0 times"),
        (_control("twice", "one", "two"), "old occurs 4 times"),
        (_control("a", "== 2", "x") * 2, "a name used twice"),
        ("[[control]]\nname = 'a'\n", "lacks"),
        (_control("wide", "WIDE", "x").replace("'WIDE'", '"[]\\n\\n# %%"'), "spans several"),
    ],
    ids=["absent", "ambiguous", "name twice", "incomplete", "wide"],
)
def test_controls_that_alter_nothing_are_errors(
    controls: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "made.proof.py").write_text(MADE)
    (tmp_path / "made.toml").write_text(controls)
    with pytest.raises(AssertionError, match=message):
        replay(tmp_path / "made.proof.py", tmp_path / "made.toml")
