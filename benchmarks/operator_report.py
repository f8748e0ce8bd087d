"""The measurements of `benchmarks.operator` as JSON and as Markdown tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .operator_peers import BETA_002, BETA_1
from .report import geometric_mean, replace

__all__ = ["markdown", "write"]

_COLUMNS = {
    "grid": (BETA_002, BETA_1, "scalar alpha", "equal alphas"),
    "speed": ("reference", "pairs, one thread", "pairs, all threads"),
}
_HEAD = {
    "grid": "Time over the bare GEMM of the shape, and of equal alphas over the scalar alpha",
    "speed": "Time over the operator's. A count after the slash: indices that differ from ours",
}


def write(folder: Path, result: dict[str, Any]) -> None:
    """Write ``operator.json`` and ``operator.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / "operator.json", json.dumps(result, indent=1))
    replace(folder / "operator.md", markdown(result))


def markdown(result: dict[str, Any]) -> str:
    """The tables, and what the measurements depend on."""
    lines = [line for kind in _COLUMNS for line in _table(kind, result["cells"])]
    lines += [f"- {name}: {value}" for name, value in result["machine"].items()]
    return "\n".join(lines) + "\n"


def _table(kind: str, every: list[dict[str, Any]]) -> list[str]:
    cells = [cell for cell in every if cell["kind"] == kind]
    if not cells:
        return []
    columns, base = _COLUMNS[kind], "GEMM" if kind == "grid" else "ours"
    lines = [
        f"{_HEAD[kind]}: median of the rounds, least to greatest in brackets.",
        "",
        f"| queries x keys x d | {base}, ms | " + " | ".join(columns) + " |",
        "| --- | ---: | " + " | ".join("---:" for _ in columns) + " |",
    ]
    for cell in cells:
        shape = " x ".join(f"{size:,}" for size in cell["shape"])
        title = f"{shape}, {cell['variant']}" if cell["variant"] else shape
        row = " | ".join(_entry(cell["peers"][name]) for name in columns)
        lines.append(f"| {title} | {1e3 * cell['peers'][base]['seconds']:.3g} | {row} |")
    medians = [[cell["peers"][name]["ratios"][0] for cell in cells] for name in columns]
    for title, summary in (("geometric mean", geometric_mean), ("least", min), ("greatest", max)):
        lines.append(f"| {title} | | " + " | ".join(f"{summary(x):.3g}" for x in medians) + " |")
    return [*lines, ""]


def _entry(row: dict[str, Any]) -> str:
    middle, low, high = row["ratios"]
    differs = f" / {row['differs']}" if row["differs"] else ""
    return f"{middle:.3g} ({low:.3g}-{high:.3g}){differs}"
