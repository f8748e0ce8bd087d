"""The visual language of the figures.

Nothing is told by colour alone: lines differ in dashes and carry their labels, points differ in
shape and filling. Every file holds two sets of inks. The colours written are those for a light
page and for print; a style sheet in the file replaces them where the reader prefers a dark page.
Each file brings its own background, so it stays legible where the page and the preference differ.

Text becomes outlines, so that a figure looks the same wherever it is opened.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# ink on a light page, ink on a dark page
INKS: Final = {
    "card": ("#ffffff", "#16181d"),
    "ink": ("#1f2328", "#e6e8eb"),
    "muted": ("#5f6670", "#a7adb6"),
    "faint": ("#b4b9c0", "#565c66"),
    "first": ("#0a5fa8", "#7cbcf5"),
    "second": ("#b03f00", "#ffa062"),
    "third": ("#0b7a55", "#56cfa2"),
    "fourth": ("#8b3480", "#e3a2d8"),
    "tint": ("#e9edf2", "#252a32"),
    "shade": ("#d3dae3", "#363d48"),
}
CARD, INK, MUTED, FAINT, FIRST, SECOND, THIRD, FOURTH, TINT, SHADE = (
    light for light, _ in INKS.values()
)

# the order of lines in a plot: colour and dashes go together
LINES: Final = (
    {"color": FIRST, "linestyle": "solid"},
    {"color": SECOND, "linestyle": (0, (6, 2))},
    {"color": THIRD, "linestyle": (0, (6, 2, 1.2, 2))},
    {"color": FOURTH, "linestyle": (0, (1.5, 1.5))},
)

_PLACE: Final = {"color": INK, "markerfacecolor": CARD, "markeredgewidth": 1.4, "linestyle": "none"}
QUERY: Final = {**_PLACE, "marker": "s", "markersize": 11}
KEY: Final = {**_PLACE, "marker": "D", "markersize": 10.5}
GLOBAL: Final = {"marker": "o", "color": INK, "markersize": 6, "linestyle": "none"}
LOCAL: Final = {**GLOBAL, "markerfacecolor": CARD, "markeredgewidth": 1.4}
SADDLE: Final = {
    "marker": "x",
    "color": INK,
    "markersize": 6.5,
    "markeredgewidth": 1.6,
    "linestyle": "none",
}

_SETTINGS: Final = {
    "svg.hashsalt": "gd-attention",
    "svg.fonttype": "path",
    "path.simplify": False,
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "mathtext.fontset": "stix",
    "axes.edgecolor": MUTED,
    "axes.facecolor": CARD,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.facecolor": CARD,
    "hatch.color": FAINT,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.9,
    "savefig.facecolor": CARD,
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}

Data = Mapping[str, Any]


def rounded(data: Data) -> dict[str, Any]:
    """The same with nine decimals, so that a last bit of the machine's functions moves nothing."""
    return {name: _round(value) for name, value in data.items()}


def _round(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.round(value, 9)
    return round(value, 9) if isinstance(value, float) else value


def render(draw: Callable[[Figure, Data], None], data: Data, title: str) -> str:
    """The SVG of one figure. The same version of matplotlib gives the same text."""
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **_SETTINGS, "backend": "agg"}):
        figure = Figure(layout="constrained")
        draw(figure, data)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Title": title})
    text = buffer.getvalue()
    inner = text.index("<defs>")
    lines = (text[:inner] + f"{_dark_sheet(text)}\n  " + text[inner:]).splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _dark_sheet(text: str) -> str:
    """The rules that replace the inks which the file uses, where a dark page is preferred."""
    rules = [
        f'[style*="{what}: {light}"] {{ {what}: {dark} !important }}'
        for light, dark in INKS.values()
        for what in ("fill", "stroke")
        if f"{what}: {light}" in text
    ]
    body = "".join(f"\n    {rule}" for rule in rules)
    return f'<style type="text/css">@media (prefers-color-scheme: dark) {{{body}\n  }}</style>'


def label(axes: Axes, x: float, y: float, text: str, color: str = INK, **more: Any) -> None:
    """Text at a place in data coordinates, on a patch of the background so that lines stay off."""
    settings: dict[str, Any] = {"ha": "left", "va": "center", "color": color, "zorder": 5}
    patch = {"facecolor": CARD, "edgecolor": "none", "pad": 1.0}
    axes.text(x, y, text, **{**settings, "bbox": patch, **more})
