"""Paths of the reconstruction: one key for good, and a change of key."""

from __future__ import annotations

import numpy as np
from gd_attention import reconstruct, threshold_from_radius
from matplotlib.figure import Figure

from .style import CARD, FIRST, INK, LINES, MUTED, QUERY, Data, label, rounded

WEIGHTS = (0.5, 0.25, 0.75)
STEPS = 8
# the example of GDA-thm-reconstruction with a threshold of its own on the second key
CHANGE_KEYS = np.array([[10.0, 0.0], [5.0, 3.0]])
CHANGE_BETA, CHANGE_RADIUS = 0.01, 4.0


def data() -> Data:
    """Distances to the key for three shared weights; the path where the key changes."""
    lengths = []
    for alpha in WEIGHTS:
        found = reconstruct([[0.0]], [[1.2]], alpha=alpha, tol=0.0, max_steps=STEPS)
        lengths.append(1.2 - found.queries[: STEPS + 1, 0, 0])
    threshold = np.array([np.inf, float(threshold_from_radius(CHANGE_RADIUS, 0.5, CHANGE_BETA))])
    found = reconstruct(
        [[0.0, 0.0]], CHANGE_KEYS, beta=CHANGE_BETA, threshold=threshold, tol=0.0, max_steps=5
    )
    return rounded(
        {
            "lengths": np.array(lengths),
            "path": found.queries[:, 0],
            "indices": found.indices[:, 0],
        }
    )


def draw(figure: Figure, data: Data) -> None:
    """Two panels: distance by step on a logarithmic scale, and a path in the plane."""
    figure.set_size_inches(6.6, 3.0)
    left, right = figure.subplots(1, 2, width_ratios=[1.0, 1.15])
    for row, look, alpha, marker in zip(
        data["lengths"], LINES, ("1/2", "1/4", "3/4"), "o^s", strict=False
    ):
        steps = np.arange(row.size)
        shown = row > 1e-5
        left.semilogy(steps[shown], row[shown], **look, marker=marker, markersize=4.5)
        last = np.nonzero(shown)[0][-1]
        label(left, last + 0.3, row[last], rf"${alpha}$", color=look["color"], clip_on=False)
    label(left, 7.6, 2.2, r"weight $\alpha$", ha="right")
    left.set(
        xlim=(0, 9.2),
        ylim=(1e-5, 4.0),
        xlabel="step",
        ylabel=r"distance $L_n$ to the key",
        title="one weight, one threshold",
    )
    left.set_xticks(range(0, 9, 2))
    circle = np.linspace(0.0, 2.0 * np.pi, 121)
    edge = CHANGE_KEYS[1] + CHANGE_RADIUS * np.stack([np.cos(circle), np.sin(circle)], axis=-1)
    right.plot(*edge.T, color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
    right.plot(*data["path"].T, color=FIRST, marker="o", markersize=4)
    right.plot(0.0, 0.0, **{**QUERY, "markersize": 8})
    for number, place in enumerate(CHANGE_KEYS):
        right.plot(*place, marker="D", color=INK, markerfacecolor=CARD, markersize=7)
        label(right, place[0] + 0.35, place[1] + 0.55, f"key {number}", bbox=None)
    label(right, 0.1, -0.95, "$q_0$", ha="center")
    label(right, 4.7, 0.55, "$q_1$", color=FIRST, ha="right")
    label(right, 4.7, 1.75, "$q_2$", color=FIRST, ha="right")
    label(right, 8.6, 5.9, r"radius 4", color=MUTED)
    right.set(aspect="equal", xlim=(-1.2, 12.6), ylim=(-2.2, 7.4), title="a threshold on key 1")
