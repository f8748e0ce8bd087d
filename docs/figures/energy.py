"""The alignment energy against the separation, with its ceilings."""

from __future__ import annotations

import numpy as np
from gd_attention import align, ceiling
from matplotlib.figure import Figure

from .style import LINES, Data, label, rounded

WEIGHTS = (0.5, 0.3, 0.1)


def data() -> Data:
    """E* of align and the ceilings, for three weights."""
    separation = np.linspace(0.0, 8.0, 161)
    return rounded(
        {
            "separation": separation,
            "energy": np.array([align(separation, alpha).energy for alpha in WEIGHTS]),
            "ceiling": np.array([float(ceiling(alpha)) for alpha in WEIGHTS]),
        }
    )


def draw(figure: Figure, data: Data) -> None:
    """One panel: each energy under its ceiling."""
    figure.set_size_inches(6.0, 3.5)
    axes = figure.subplots()
    names = ("1/2", "0.3", "0.1")
    for row, top, look, name in zip(data["energy"], data["ceiling"], LINES, names, strict=False):
        axes.plot(data["separation"], row, **look)
        axes.axhline(top, color=look["color"], linewidth=0.8)
        label(axes, 8.1, top, rf"$\alpha = {name}$", color=look["color"], clip_on=False)
    label(axes, 7.9, 0.742, r"ceiling $\log 2 = 0.693\ldots$", ha="right", bbox=None)
    label(axes, 2.15, 0.48, r"$\Lambda/4$ up to $\Lambda = 2$", color=LINES[0]["color"])
    axes.plot(2.0, 0.5, marker="o", color=LINES[0]["color"], markersize=5)
    axes.set(
        xlim=(0.0, 8.0),
        ylim=(0.0, 0.8),
        xlabel=r"separation $\Lambda$",
        ylabel=r"alignment energy $E^*$",
    )
