"""The two-axis figure: measured positions, and the placement that the seed text proposed."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

__all__ = ["SEED_PLACEMENT", "draw"]

# The published map places families on two axes without numbers: (left, bottom, width, height) as
# shares of the panel for "lower left", "lower middle", "lower right", "centre" and "upper right".
SEED_PLACEMENT = {
    "standard attention": (0.02, 0.04, 0.24, 0.2),
    "sparse attention": (0.38, 0.04, 0.24, 0.2),
    "hard selection": (0.74, 0.04, 0.24, 0.2),
    "energy-based": (0.38, 0.4, 0.24, 0.2),
    "GD-Attention": (0.74, 0.76, 0.24, 0.2),
}

_MARKERS = {
    "dense blending": "o",
    "sparse blending": "s",
    "hard selection and alignment": "^",
    "energy-based": "D",
    "abstention": "v",
    "conditional routing": "P",
    "selective attention": "X",
    "GD-Attention": "*",
}
_OWN = {
    "gda-shared": "GDA, shared",
    "gda-shared-threshold": "GDA, shared, threshold",
    "gda-per-key": "GDA, per key",
    "gda-per-key-threshold": "GDA, per key, one threshold",
    "gda-per-key-radius": "GDA, per key, threshold per key",
}
_PANELS = (
    ("novelty", "mass of none on weak absolute evidence, less that on coherent evidence"),
    ("ambiguity", "mass of none on ambiguous evidence, less that on coherent evidence"),
)
# Points closer than this on both axes share one label.
_NEAR = 0.015


def draw(data: dict[str, Any], *paths: Path) -> None:
    """Draw the map of `survey` to files, SVG or PNG by suffix.

    Needs matplotlib. The same data give the same bytes with the same version of it.
    """
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    with plt.rc_context({"svg.hashsalt": "gd-attention", "svg.fonttype": "none", "font.size": 8}):
        figure, panels = plt.subplots(1, 2, figsize=(11, 5.4), layout="constrained", sharex=True)
        for axes, (number, label) in zip(panels, _PANELS, strict=True):
            _panel(axes, data["rows"], number)
            axes.set_ylabel(label)
            axes.set_xlabel("concentration of the accepted weights on coherent evidence")
        _outline(panels[0])
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        for path in paths:
            kept = {"Date": None} if path.suffix == ".svg" else {"Software": None}
            figure.savefig(path, dpi=160, metadata=kept)
        plt.close(figure)


def _panel(axes: Any, rows: list[dict[str, Any]], number: str) -> None:
    axes.set(xlim=(-0.1, 1.16), ylim=(-0.08, 1.12))
    axes.grid(color="0.92")
    axes.set_axisbelow(True)
    places: dict[tuple[float, float], list[str]] = defaultdict(list)
    for lineage, marker in _MARKERS.items():
        first = True
        for row in (r for r in rows if r["lineage"] == lineage):
            x, low, high = _across(row)
            y = row["vertical"][number]
            always = row["horizontal"]["one_hot"] == 1.0
            axes.plot([low, high], [y, y], color="0.55", linewidth=1, zorder=1)
            axes.plot(
                x,
                y,
                marker=marker,
                linestyle="none",
                markersize=11 if marker == "*" else 6,
                color="black",
                markerfacecolor="black" if always else "white",
                label=lineage if first else None,
                zorder=2,
            )
            first = False
            places[_place(places, x, y)].append(_tag(row))
    _label(axes, places)
    owned = [row for row in rows if row["number"] is None]
    lows = min(row["vertical"][number] for row in owned)
    highs = max(row["vertical"][number] for row in owned)
    axes.fill_between([0.97, 1.03], lows - 0.03, highs + 0.03, color="0.85", zorder=0)


def _across(row: dict[str, Any]) -> tuple[float, float, float]:
    """Median concentration, and the range of the medians over the scale sweep."""
    medians = [entry["concentration"][1] for entry in row["horizontal"]["sweep"].values()]
    known = [value for value in medians if value is not None]
    return row["horizontal"]["concentration"][1], min(known), max(known)


def _place(places: dict[tuple[float, float], list[str]], x: float, y: float) -> tuple[float, float]:
    near = (p for p in places if abs(p[0] - x) < _NEAR and abs(p[1] - y) < _NEAR)
    return next(near, (x, y))


def _label(axes: Any, places: dict[tuple[float, float], list[str]]) -> None:
    """A box of tags for each place, in a row beside its level, with a line to the place."""
    levels: dict[float, list[tuple[float, float]]] = defaultdict(list)
    for place in sorted(places):
        levels[round(place[1], 1)].append(place)
    for level, row in levels.items():
        for slot, place in enumerate(row):
            text = _lines(places[place])
            # in the order of the places, so that no two lines cross; few boxes stay near theirs
            across = 0.02 + 0.84 * slot / (len(row) - 1) if len(row) > 2 else place[0] - 0.12
            away = 0.3 if "GDA" in text else 0.16
            axes.annotate(
                text,
                place,
                xytext=(across, place[1] + (-away if level > 0.5 else away)),
                fontsize=6.5,
                ha="center",
                va="top" if level > 0.5 else "bottom",
                bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "0.6"},
                arrowprops={"arrowstyle": "-", "color": "0.6", "linewidth": 0.7},
                zorder=3,
            )


def _tag(row: dict[str, Any]) -> str:
    if row["number"] is None:
        return _OWN[str(row["key"])]
    return f"[{row['number']}]"


def _lines(tags: list[str]) -> str:
    """The tags without repetition: numbers four to a line, names one to a line."""
    kept = list(dict.fromkeys(tags))
    numbers = sorted((tag for tag in kept if tag.startswith("[")), key=lambda tag: int(tag[1:-1]))
    lines = [" ".join(numbers[i : i + 4]) for i in range(0, len(numbers), 4)]
    return "\n".join(lines + [tag for tag in kept if not tag.startswith("[")])


def _outline(axes: Any) -> None:
    from matplotlib.patches import Rectangle

    for name, (left, bottom, width, height) in SEED_PLACEMENT.items():
        axes.add_patch(
            Rectangle(
                (left, bottom), width, height, fill=False, linestyle=(0, (4, 3)), color="0.45"
            )
        )
        axes.text(
            left + 0.01, bottom + height + 0.01, name, fontsize=6, color="0.35", style="italic"
        )
