"""The page of the nineteen works, and the map behind it, are what the tree gives."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from gd_attention.positioning.survey import entries, survey

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_prior_table", ROOT / "tools" / "make_prior_table.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_declared_property_has_a_test_and_every_mark_a_property(tool: ModuleType) -> None:
    declared, tested = tool.declared(), tool.tested()
    assert {m: p for m, p in declared.items() if p} == dict(tested)
    assert sum(map(len, declared.values())) > 250


def test_all_nineteen_works_have_modules_and_rows(tool: ModuleType) -> None:
    assert sorted(tool.WORKS) == list(range(1, 20))
    for number, (_, modules) in tool.WORKS.items():
        for module in modules:
            text = (ROOT / "reference" / "prior" / f"{module}.py").read_text(encoding="utf-8")
            assert f"[{number}]" in text, (number, module)
    assert {entry.number for entry in entries()} == {None, *range(1, 20)}


def test_the_page_is_the_committed_one(tool: ModuleType) -> None:
    data = json.loads((ROOT / "docs" / "map" / "map.json").read_text(encoding="utf-8"))
    assert tool.page(data) == (ROOT / "docs" / "prior-work.md").read_text(encoding="utf-8")


def test_the_map_measured_from_scratch_is_the_committed_one() -> None:
    committed = json.loads((ROOT / "docs" / "map" / "map.json").read_text(encoding="utf-8"))
    assert survey() == committed
