"""The measurements as JSON, as a Markdown table of ratios, and as a plot."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["geometric_mean", "markdown", "replace", "write"]

_FLOAT32 = "ours, float32 engine"


def geometric_mean(values: list[float]) -> float:
    """Of positive numbers, at least one."""
    return math.exp(sum(map(math.log, values)) / len(values))


def write(folder: Path, result: dict[str, Any]) -> None:
    """Write ``bench.json``, ``bench.md`` and, with matplotlib, ``bench.svg``."""
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / "bench.json", json.dumps(result, indent=1))
    replace(folder / "bench.md", markdown(result))
    _plot(folder / "bench.svg", result)


def markdown(result: dict[str, Any]) -> str:
    """The tables, and what the measurements depend on."""
    cells = result["cells"]
    peers = list(dict.fromkeys(p for cell in cells for p in cell["peers"] if p != "ours"))
    lines = [
        "Time of the peer over ours: median of the rounds, least to greatest in brackets; above 1",
        "ours is faster. A count after the slash: wrong indices.",
        "",
        *_summaries(cells, peers),
        "",
        *_table("| data | queries x keys x d | ours, ms |", "| --- | --- | ---: |", peers),
    ]
    for cell in cells:
        shape = " x ".join(f"{size:,}" for size in cell["shape"])
        row = [_entry(cell["peers"].get(peer)) for peer in peers]
        ours = 1e3 * cell["peers"]["ours"]["seconds"]
        lines.append(f"| {cell['data']} | {shape} | {ours:.3g} | " + " | ".join(row) + " |")
    failed = {(peer, why) for cell in cells for peer, why in cell["errors"].items()}
    lines += ["", *(f"- {peer} did not run: {why}" for peer, why in sorted(failed))]
    lines += [f"- {name}: {value}" for name, value in result["machine"].items()]
    return "\n".join(lines) + "\n"


def _table(head: str, rule: str, peers: list[str]) -> list[str]:
    """The first two lines of a table with a column per peer."""
    return [
        f"{head} " + " | ".join(peers) + " |",
        f"{rule} " + " | ".join("---:" for _ in peers) + " |",
    ]


def _summaries(cells: list[dict[str, Any]], peers: list[str]) -> list[str]:
    """Over all cells, over the cells of each data set, and against the float32 engine alone."""
    lines = _table("| over all cells |", "| --- |", peers)
    kinds = {"geometric mean": geometric_mean, "least": min, "greatest": max}
    for title, summary in kinds.items():
        lines.append(_summary(title, _ratios(cells, peers), summary))
    counts = [
        sum(cell["peers"][p]["wrong"] or 0 for cell in cells if p in cell["peers"]) for p in peers
    ]
    lines.append("| wrong indices | " + " | ".join(f"{count:,}" for count in counts) + " |")
    lines += ["", *_table("| geometric mean (least) |", "| --- |", peers)]
    for data in dict.fromkeys(cell["data"] for cell in cells):
        ratios = _ratios([cell for cell in cells if cell["data"] == data], peers)
        entries = [f"{geometric_mean(x):.2f} ({min(x):.2f})" if x else "-" for x in ratios]
        lines.append(f"| {data} | " + " | ".join(entries) + " |")
    if _FLOAT32 in peers:
        lines += ["", *_table("| over the float32 engine alone |", "| --- |", peers)]
        for title, summary in kinds.items():
            lines.append(_summary(title, _ratios(cells, peers, _FLOAT32), summary))
    return lines


def _summary(title: str, ratios: list[list[float]], summary: Callable[..., float]) -> str:
    entries = [f"{summary(x):.2f}" if x else "-" for x in ratios]
    return f"| {title} | " + " | ".join(entries) + " |"


def _ratios(cells: list[dict[str, Any]], peers: list[str], base: str = "ours") -> list[list[float]]:
    """Per peer, its time over the base's in the cells that have both."""
    return [
        [
            cell["peers"][peer]["ratio"] / cell["peers"][base]["ratio"]
            for cell in cells
            if {peer, base} <= cell["peers"].keys()
        ]
        for peer in peers
    ]


def _entry(row: dict[str, Any] | None) -> str:
    if row is None:
        return "-"
    wrong = f" / {row['wrong']}" if row["wrong"] else ""
    return f"{row['ratio']:.2f} ({row['ratio_low']:.2f}-{row['ratio_high']:.2f}){wrong}"


def _plot(path: Path, result: dict[str, Any]) -> None:
    try:
        import matplotlib
    except ImportError:
        return
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    cells = result["cells"]
    plt.rcParams["svg.hashsalt"] = "gd-attention"
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    every = sorted({cell["shape"][2] for cell in cells})
    peers = dict.fromkeys(p for cell in cells for p in cell["peers"] if p != "ours")
    for peer, marker in zip(peers, "os^Dv<>PX*p", strict=False):
        points = [
            (cell["shape"][2], cell["peers"][peer]) for cell in cells if peer in cell["peers"]
        ]
        dimensions = sorted({d for d, _ in points})
        means = [geometric_mean([r["ratio"] for d, r in points if d == x]) for x in dimensions]
        lows = [min(r["ratio"] for d, r in points if d == x) for x in dimensions]
        (line,) = axes.plot(dimensions, means, marker=marker, label=peer)
        axes.plot(dimensions, lows, linestyle=":", color=line.get_color())
    axes.axhline(1.0, color="black", linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel="dimension d", ylabel="time of the peer / ours")
    axes.set_xticks(every, [str(d) for d in every])
    axes.minorticks_off()
    axes.set_title("Geometric mean over shapes and data; dotted: the worst cell")
    figure.legend(fontsize=8, ncols=4, loc="outside lower center")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


def replace(path: Path, text: str) -> None:
    """Write whole or not at all."""
    draft = path.with_suffix(path.suffix + ".draft")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)
