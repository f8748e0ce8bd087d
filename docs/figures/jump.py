"""The jump, its direction, and a point split along and across it."""

from __future__ import annotations

import numpy as np
from gd_attention import align, jump, separation
from matplotlib.figure import Figure

from .style import FIRST, GLOBAL, KEY, MUTED, QUERY, SECOND, THIRD, Data, label, rounded

QUERY_AT, KEY_AT, POINT_AT = np.array([0.0, 0.0]), np.array([2.4, 1.0]), np.array([0.5, 1.3])
ALPHA, BETA = 0.4, 0.25


def data() -> Data:
    """The jump of a pair, a point s with its foot on the axis, and the alignment point."""
    found = jump(QUERY_AT, KEY_AT)
    along = float((POINT_AT - QUERY_AT) @ found.direction)
    foot = QUERY_AT + along * found.direction
    coordinate = float(align(separation(QUERY_AT, KEY_AT, BETA), ALPHA).coordinate)
    return rounded(
        {
            "delta": found.delta,
            "length": float(found.length),
            "direction": found.direction,
            "coordinate": along / float(found.length),
            "foot": foot,
            "across": POINT_AT - foot,
            "aligned": QUERY_AT + coordinate * found.delta,
            "alignment_coordinate": coordinate,
        }
    )


def draw(figure: Figure, data: Data) -> None:
    """One panel of arrows."""
    figure.set_size_inches(5.6, 3.3)
    axes = figure.subplots()
    axes.set(aspect="equal", xlim=(-0.45, 2.95), ylim=(-0.4, 1.6))
    axes.axis("off")

    def arrow(start: np.ndarray, stop: np.ndarray, color: str, width: float, dash: object) -> None:
        axes.annotate(
            "",
            xy=tuple(stop),
            xytext=tuple(start),
            arrowprops={
                "arrowstyle": "-|>",
                "color": color,
                "linewidth": width,
                "linestyle": dash,
                "shrinkA": 0,
                "shrinkB": 0,
                "mutation_scale": 13,
            },
        )

    delta, foot, direction = data["delta"], data["foot"], data["direction"]
    beyond = np.array([-0.12, 1.12])
    axes.plot(*(np.outer(beyond, delta)).T, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)))
    arrow(QUERY_AT, KEY_AT, FIRST, 1.9, "solid")
    arrow(QUERY_AT, direction, THIRD, 4.0, "solid")
    arrow(foot, POINT_AT, SECOND, 1.6, (0, (6, 2)))
    corner = 0.1
    inward = data["across"] / np.linalg.norm(data["across"])
    square = np.array(
        [
            foot + corner * direction,
            foot + corner * (direction + inward),
            foot + corner * inward,
        ]
    )
    axes.plot(*square.T, color=MUTED, linewidth=0.9)
    axes.plot(*QUERY_AT, **QUERY)
    axes.plot(*KEY_AT, **KEY)
    axes.plot(*POINT_AT, marker="o", color=SECOND, markersize=5)
    axes.plot(*data["aligned"], **GLOBAL)
    label(axes, -0.14, 0.05, "$q$", ha="right", fontsize=12)
    label(axes, 2.55, 1.0, "$k$", fontsize=12)
    label(axes, 0.58, 1.4, "$s$", color=SECOND, fontsize=12)
    label(axes, 0.56, 0.86, "$y$", color=SECOND, ha="right", fontsize=12)
    label(axes, foot[0] + 0.02, foot[1] - 0.17, r"$q + t\Delta$", ha="left", fontsize=12)
    label(axes, 0.34, -0.06, "$g$", color=THIRD, ha="left", fontsize=12)
    label(axes, 1.35, 0.36, r"$\Delta = k - q$, length $L$", color=FIRST, fontsize=12)
    aligned = data["aligned"]
    label(axes, aligned[0] - 0.02, aligned[1] + 0.17, "$s^*$", ha="right", fontsize=12)
