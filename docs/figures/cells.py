"""Cells of selection: the queries that select a given key, for four calls."""

from __future__ import annotations

import numpy as np
from gd_attention import admission, gd_attention, threshold_from_radius
from matplotlib.figure import Figure

from .style import CARD, FIRST, INK, KEY, MUTED, SHADE, TINT, Data, label, rounded

# eighths here and sixteenths in the grid: squared distances are exact in float64
KEYS = np.array([[-1.5, 0.75], [0.0, -1.0], [1.625, 1.0], [1.875, -1.25], [-1.875, -1.5]])
BETA = 0.25
WEIGHTS = np.array([0.5, 0.8, 0.5, 0.6, 0.5])
RADIUS = 1.3
RADII = np.array([1.7, 0.6, 1.7, 1.7, 1.7])
SIDE = np.arange(-48, 49) / 16


def calls() -> tuple[dict[str, object], ...]:
    """The weights and thresholds of the four panels."""
    return (
        {"alpha": 0.5},
        {"alpha": WEIGHTS},
        {"alpha": 0.5, "threshold": float(threshold_from_radius(RADIUS, 0.5, BETA))},
        {"alpha": 0.5, "threshold": threshold_from_radius(RADII, 0.5, BETA)},
    )


def data() -> Data:
    """Selected keys over a grid of queries, and for each key a margin: positive where it wins."""
    queries = np.stack(np.meshgrid(SIDE, SIDE), axis=-1).reshape(-1, 2)
    index, margin = [], []
    for call in calls():
        index.append(gd_attention(queries, KEYS, beta=BETA, **call).index)
        energy = admission(queries, KEYS, beta=BETA, alpha=call["alpha"]).energy
        threshold = np.broadcast_to(np.asarray(call.get("threshold", np.inf)), energy.shape)
        own = threshold - energy
        # a rival that is not admitted does no harm
        rival = energy[:, None, :] - np.minimum(energy[:, :, None], threshold[:, None, :])
        rival[:, np.arange(len(KEYS)), np.arange(len(KEYS))] = np.inf
        margin.append(np.minimum(np.minimum(own, rival.min(axis=-1)), 1.0))
    return rounded({"queries": queries, "index": np.array(index), "margin": np.array(margin)})


def draw(figure: Figure, data: Data) -> None:
    """Four panels."""
    figure.set_size_inches(6.2, 6.2)
    titles = (
        "one weight",
        "a weight per key",
        "one weight, one threshold",
        "one weight, a threshold per key",
    )
    for number, (axes, title) in enumerate(
        zip(figure.subplots(2, 2, sharex=True, sharey=True).flat, titles, strict=True)
    ):
        for key, place in enumerate(KEYS):
            field = data["margin"][number][:, key].reshape(SIDE.size, SIDE.size)
            tint = (TINT, SHADE)[key % 2]
            axes.contourf(SIDE, SIDE, field, levels=[0.0, 2.0], colors=[tint])
            axes.contour(SIDE, SIDE, field, levels=[0.0], colors=[FIRST], linewidths=1.4)
            axes.plot(*place, **{**KEY, "markersize": 5.5, "color": INK, "markerfacecolor": CARD})
            text = (str(key), f"{WEIGHTS[key]:.1f}")[number == 1]
            label(axes, place[0] + 0.22, place[1] + 0.02, text, bbox=None)
        axes.set(title=title, aspect="equal", xlim=(-3.0, 3.0), ylim=(-3.0, 3.0))
        axes.set_xticks([-2, 0, 2])
        axes.set_yticks([-2, 0, 2])
        if number > 1:
            label(axes, -0.3, 2.6, "abstains", ha="center", color=MUTED, bbox=None)
