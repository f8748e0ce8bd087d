"""The alignment coordinate against the separation, for several weights."""

from __future__ import annotations

import numpy as np
from gd_attention import align
from matplotlib.figure import Figure

from .style import FIRST, LINES, MUTED, Data, label, rounded

WEIGHTS = (0.5, 0.49, 0.4, 0.2)


def data() -> Data:
    """t* of align for four weights, and of one complement."""
    separation = np.concatenate(
        [np.linspace(0.0, 2.0, 81), 2.0 + np.linspace(0.0, 2.0, 121)[1:] ** 2]
    )
    return rounded(
        {
            "separation": separation,
            "coordinate": np.array([align(separation, alpha).coordinate for alpha in WEIGHTS]),
            "mirrored": align(separation, 0.8).coordinate,
        }
    )


def draw(figure: Figure, data: Data) -> None:
    """One panel: the fork at one half, and lines that pass it."""
    figure.set_size_inches(6.0, 3.7)
    axes = figure.subplots()
    x = data["separation"]
    for row, look in zip(data["coordinate"], LINES, strict=True):
        axes.plot(x, row, **look)
    axes.plot(x, data["mirrored"], **LINES[3])
    beyond = x > 2.0
    # the second global minimiser, which the rule does not take
    axes.plot(x[beyond], 1.0 - data["coordinate"][0][beyond], color=FIRST, linewidth=0.9)
    axes.axvline(2.0, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)), zorder=0)
    label(axes, 0.35, 0.455, r"$\alpha = 1/2$", color=LINES[0]["color"])
    label(axes, 1.1, 0.57, r"$0.49$", color=LINES[1]["color"], ha="center")
    label(axes, 0.75, 0.655, r"$0.4$", color=LINES[2]["color"], ha="center")
    label(axes, 0.55, 0.86, r"$0.2$", color=LINES[3]["color"], ha="center")
    label(axes, 0.55, 0.14, r"$0.8$", color=LINES[3]["color"], ha="center")
    label(axes, 3.1, 0.25, r"$\alpha = 1/2$: the other global minimiser", color=LINES[0]["color"])
    axes.set(
        xlim=(0.0, 6.0),
        ylim=(0.0, 1.0),
        xlabel=r"separation $\Lambda$",
        ylabel=r"alignment coordinate $t^*$",
    )
    axes.set_yticks([0.0, 0.5, 1.0], ["0 query", "1/2", "1 key"])
