"""The published tables are the rendering of the published measurements."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """The modules that render the tables, of a package that is not installed."""
    monkeypatch.syspath_prepend(str(ROOT))
    found = tuple(
        importlib.import_module(f"benchmarks.{name}") for name in ("report", "operator_report")
    )
    yield found
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchmarks"]:
        del sys.modules[name]


def _published(page: str, data: str) -> tuple[str, dict[str, Any]]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return text, json.loads((ROOT / "docs" / "benchmarks" / data).read_text(encoding="utf-8"))


def test_the_tables_are_those_of_the_data(reports: tuple[Any, Any]) -> None:
    page, result = _published("benchmarks.md", "bench.json")
    assert page.endswith("## Results\n\n" + reports[0].markdown(result))
    # five dimensions and four shapes for seven data sets
    cells = {(cell["data"], tuple(cell["shape"])) for cell in result["cells"]}
    names = {data for data, _ in cells}
    assert len(cells) == len(result["cells"]) == 20 * len(names)
    assert len(names) == 7
    # no index of ours lost against a peer's: the run would have ended
    assert all(cell["peers"]["ours"]["wrong"] == 0 for cell in result["cells"])


def test_the_tables_of_the_operator_are_those_of_the_data(reports: tuple[Any, Any]) -> None:
    page, result = _published("benchmarks-operator.md", "operator.json")
    assert page.endswith("## Results\n\n" + reports[1].markdown(result))
    cells = {(c["kind"], tuple(c["shape"]), c["variant"]) for c in result["cells"]}
    kinds = [kind for kind, _, _ in cells]
    assert len(cells) == len(result["cells"])
    # five dimensions and four shapes; three shapes for six variants
    assert (kinds.count("grid"), kinds.count("speed")) == (20, 18)
