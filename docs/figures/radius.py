"""The radius of a threshold, which becomes infinite at the ceiling."""

from __future__ import annotations

import numpy as np
from gd_attention import align, ceiling, radius
from matplotlib.figure import Figure

from .style import LINES, MUTED, Data, label, rounded

WEIGHTS = (0.5, 0.3, 0.1)


def data() -> Data:
    """Radii at beta = 1 up to a separation of 25, for three weights."""
    length = np.linspace(0.0, 5.0, 151)
    thresholds = np.array([align(length**2, alpha).energy for alpha in WEIGHTS])
    radii = np.array([radius(row, alpha) for row, alpha in zip(thresholds, WEIGHTS, strict=True)])
    return rounded(
        {
            "threshold": thresholds,
            "radius": radii,
            "ceiling": np.array([float(ceiling(alpha)) for alpha in WEIGHTS]),
        }
    )


def draw(figure: Figure, data: Data) -> None:
    """One panel: radii up to a length of 5, and where they are infinite."""
    figure.set_size_inches(6.0, 3.7)
    axes = figure.subplots()
    names = ("1/2", "0.3", "0.1")
    for x, y, top, look, name in zip(
        data["threshold"], data["radius"], data["ceiling"], LINES, names, strict=False
    ):
        axes.plot(x, y, **look)
        axes.axvline(top, color=look["color"], linewidth=0.8)
        axes.annotate(
            "",
            xy=(0.9, 5.25 + 0.25 * names.index(name)),
            xytext=(top, 5.25 + 0.25 * names.index(name)),
            arrowprops={
                "arrowstyle": "-|>",
                "color": look["color"],
                "linestyle": look["linestyle"],
            },
            annotation_clip=False,
        )
        label(axes, top + 0.012, 3.2, rf"$\alpha = {name}$", color=look["color"])
    label(axes, 0.92, 5.5, r"$r = +\infty$", clip_on=False)
    axes.axvline(0.0, color=MUTED, linewidth=0.8)
    label(axes, -0.062, 1.7, "below 0: no key", ha="center", rotation=90)
    axes.set(
        xlim=(-0.12, 0.9),
        ylim=(0.0, 6.0),
        xlabel=r"threshold $\tau$",
        ylabel=r"radius $r(\tau, \alpha, 1)$",
    )
