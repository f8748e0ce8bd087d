"""Separation and log-odds: where a pair has one stationary point, and where three."""

from __future__ import annotations

import numpy as np
from gd_attention import spinodal
from matplotlib.figure import Figure

from .style import INK, LINES, SECOND, TINT, Data, label, rounded


def data() -> Data:
    """The spinodal field from the critical separation to 8."""
    separation = 2.0 + np.linspace(0.0, np.sqrt(6.0), 121) ** 2
    return rounded({"separation": separation, "field": spinodal(separation)})


def draw(figure: Figure, data: Data) -> None:
    """One panel: the cusp of the spinodal field, and the line of two global minima."""
    figure.set_size_inches(6.0, 3.7)
    axes = figure.subplots()
    x, field = data["separation"], data["field"]
    axes.fill_between(x, -field, field, color=TINT, linewidth=0)
    axes.plot(x, field, **LINES[0])
    axes.plot(x, -field, **LINES[0])
    axes.plot([2.0, 8.0], [0.0, 0.0], **{**LINES[1], "linewidth": 2.2})
    axes.plot(2.0, 0.0, marker="o", color=INK, markersize=6)
    plain = {"bbox": None}
    label(axes, 0.3, 2.2, "one stationary point")
    label(axes, 1.8, 0.0, "critical point\n" + r"$\Lambda = 2$, $\alpha = 1/2$", ha="right")
    label(
        axes,
        7.9,
        0.9,
        "three stationary points,\nthe minimum on the key's side",
        ha="right",
        **plain,
    )
    label(
        axes,
        7.9,
        -0.9,
        "three stationary points,\nthe minimum on the query's side",
        ha="right",
        **plain,
    )
    label(axes, 3.6, 0.22, "two global minima", color=SECOND, **plain)
    label(axes, 5.25, 2.4, r"$|h| = h_c(\Lambda)$", ha="right", color=LINES[0]["color"])
    axes.set(
        xlim=(0.0, 8.0),
        ylim=(-3.0, 3.0),
        xlabel=r"separation $\Lambda$",
        ylabel=r"log-odds $h$",
    )
    heights = {0.9: -np.log(9.0), 0.7: -np.log(7.0 / 3.0), 0.3: np.log(7.0 / 3.0), 0.1: np.log(9.0)}
    second = axes.twinx()
    second.set_ylim(-3.0, 3.0)
    second.spines["right"].set_visible(True)
    second.set_yticks([*heights.values(), 0.0], [*(f"{alpha}" for alpha in heights), "1/2"])
    second.set_ylabel(r"weight $\alpha$")
