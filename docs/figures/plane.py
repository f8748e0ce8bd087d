"""Contours of the landscape in the plane."""

from __future__ import annotations

import numpy as np
from gd_attention import energy, stationary_points
from matplotlib.figure import Figure

from .style import (
    FIRST,
    GLOBAL,
    INK,
    KEY,
    LINES,
    LOCAL,
    MUTED,
    QUERY,
    SADDLE,
    Data,
    label,
    rounded,
)

PAIRS = ((1.0, 0.5), (6.0, 0.5), (6.0, 0.3))
LEVELS = (0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2)


def data() -> Data:
    """The landscape on a grid, q = (0, 0), k = (L, 0), beta = 1."""
    x, y = np.linspace(-1.4, 3.9, 107), np.linspace(-1.5, 1.5, 61)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    result: dict[str, object] = {"x": x, "y": y, "levels": np.array(LEVELS)}
    lengths, points, heights, fields = [], [], [], []
    for separation, alpha in PAIRS:
        key = np.array([np.sqrt(separation), 0.0])
        t = stationary_points(separation, alpha).coordinate
        fields.append(energy(grid, np.zeros(2), key, alpha))
        lengths.append(key[0])
        points.append(t * key[0])
        height = energy(np.nan_to_num(t)[:, None] * key, np.zeros(2), key, alpha)
        heights.append(np.where(np.isnan(t), np.nan, height))
    result |= {
        "length": np.array(lengths),
        "points": np.array(points),
        "heights": np.array(heights),
        "fields": np.array(fields),
    }
    return rounded(result)


def draw(figure: Figure, data: Data) -> None:
    """Three panels, one under the other, on one scale."""
    figure.set_size_inches(5.6, 7.6)
    for number, (axes, (separation, alpha)) in enumerate(
        zip(figure.subplots(3, 1, sharex=True), PAIRS, strict=True)
    ):
        field, length = data["fields"][number], data["length"][number]
        lines = axes.contour(
            data["x"], data["y"], field, levels=data["levels"], colors=MUTED, linewidths=0.9
        )
        axes.clabel(lines, levels=[0.4, 0.6, 1.0, 1.7], fmt="%.1f", fontsize=7.5, colors=INK)
        axes.plot([0.0, length], [0.0, 0.0], **{**LINES[0], "linewidth": 2.2}, zorder=2)
        axes.plot(0.0, 0.0, **QUERY, zorder=3)
        axes.plot(length, 0.0, **KEY, zorder=3)
        label(axes, -0.22, 0.0, "$q$", ha="right")
        label(axes, length + 0.22, 0.0, "$k$")
        places = data["points"][number]
        known = ~np.isnan(places)
        lowest = data["heights"][number][known].min()
        for i in np.nonzero(known)[0]:
            kind = SADDLE if i == 1 else GLOBAL if data["heights"][number][i] == lowest else LOCAL
            axes.plot(places[i], 0.0, **kind, zorder=4)
        text = "1/2" if alpha == 0.5 else f"{alpha}"
        axes.set(title=rf"$\Lambda = {separation:.0f}$, $\alpha = {text}$", aspect="equal")
        axes.set_yticks([-1, 0, 1])
    label(axes, 0.5 * length, -0.16, "passage", ha="center", va="top", color=FIRST)
