"""The published tables are the rendering of the published measurements."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_tables_are_those_of_the_data() -> None:
    spec = importlib.util.spec_from_file_location("report", ROOT / "benchmarks" / "report.py")
    assert spec is not None and spec.loader is not None
    report = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(report)
    result = json.loads((ROOT / "docs" / "benchmarks" / "bench.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert page.endswith("## Results\n\n" + report.markdown(result))
    # five dimensions and four shapes for seven data sets, but for four cells that the page names
    cells = {(cell["data"], tuple(cell["shape"])) for cell in result["cells"]}
    names = {data for data, _ in cells}
    assert len(cells) == len(result["cells"]) == 20 * len(names) - 4
    assert len(names) == 7
    # no index of ours lost against a peer's: the run would have ended
    assert all(cell["peers"]["ours"]["wrong"] == 0 for cell in result["cells"])
