"""The estimate on the page is the arithmetic that the script prints."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_estimate_is_that_of_the_script() -> None:
    spec = importlib.util.spec_from_file_location("run", ROOT / "tools" / "distributed_run.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (ROOT / "docs" / "distributed.md").read_text(encoding="utf-8")
    assert page.endswith("\n\n" + "".join(f"- {line}\n" for line in script.estimate()))
    # 10^9 rows of 64 float32; a binary tree over a thousand chunks has ten levels
    assert "256 GB" in page
    assert "10 levels deep" in page
