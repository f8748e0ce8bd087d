"""The landscape along the passage: one stationary point, the boundary, three."""

from __future__ import annotations

import numpy as np
from gd_attention import energy, log_odds, spinodal, stationary_points
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import GLOBAL, LINES, LOCAL, MUTED, SADDLE, Data, label, rounded

WEIGHTS = {"half": 0.5, "other": 0.4}


def spinodal_separation(alpha: float) -> float:
    """The largest float below the separation at which the spinodal field is |h|, by bisection."""
    field = abs(float(log_odds(alpha)))
    low, high = 2.0, 8.0 * (1.0 + field)
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if spinodal(middle) <= field else (low, middle)
    return low


def profile(separation: float, alpha: float, t: np.ndarray) -> np.ndarray:
    """The landscape at q + t (k - q), with beta = 1 and a jump of that separation."""
    key = np.array([np.sqrt(separation)])
    return np.asarray(energy(t[:, None] * key, np.zeros(1), key, alpha))


def data() -> Data:
    """Profiles and stationary points for three separations at each of two weights."""
    t = np.linspace(-0.2, 1.2, 211)
    result: dict[str, object] = {"t": t}
    for name, alpha in WEIGHTS.items():
        separations = np.array([1.0, spinodal_separation(alpha), 6.0])
        points = stationary_points(separations, alpha)
        result[f"{name}_separations"] = separations
        result[f"{name}_profiles"] = np.array([profile(y, alpha, t) for y in separations])
        result[f"{name}_count"] = points.count
        result[f"{name}_coordinates"] = points.coordinate
        result[f"{name}_heights"] = np.array(
            [
                np.where(np.isnan(row), np.nan, profile(y, alpha, np.nan_to_num(row)))
                for y, row in zip(separations, points.coordinate, strict=True)
            ]
        )
    # where the saddle and the second minimum are born: K'(m) = 0 on the query's side
    born = 0.5 * (1.0 - np.sqrt(1.0 - 2.0 / result["other_separations"][1]))
    result["born"] = born
    result["born_height"] = profile(result["other_separations"][1], 0.4, np.array([born]))[0]
    return rounded(result)


def draw(figure: Figure, data: Data) -> None:
    """Two panels, one for each weight; each with three profiles."""
    figure.set_size_inches(6.6, 3.5)
    left, right = figure.subplots(1, 2, sharey=True)
    _panel(left, data, "half", r"$\alpha = 1/2$")
    _panel(right, data, "other", r"$\alpha = 0.4$")
    left.set_ylabel(r"energy $\phi$ on the passage")
    label(left, 0.5, 1.68, r"$\Lambda = 6$", ha="center", color=LINES[2]["color"])
    label(left, 0.5, 0.72, r"$\Lambda = 2$", ha="center", color=LINES[1]["color"])
    label(left, 0.5, 0.11, r"$\Lambda = 1$", ha="center", color=LINES[0]["color"])
    label(right, 0.47, 1.68, r"$\Lambda = 6$", ha="center", color=LINES[2]["color"])
    label(right, 0.53, 0.86, r"$\Lambda = 2.98\ldots$", ha="center", color=LINES[1]["color"])
    label(right, 0.5, 0.11, r"$\Lambda = 1$", ha="center", color=LINES[0]["color"])
    right.plot(data["born"], data["born_height"], marker="|", color=LINES[1]["color"], ms=11, mew=2)
    handles = [
        left.plot([], [], label=text, **kind)[0]
        for text, kind in (
            ("global minimum", GLOBAL),
            ("local minimum only", LOCAL),
            ("maximum along the passage", SADDLE),
        )
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, handletextpad=0.2)


def _panel(axes: Axes, data: Data, name: str, title: str) -> None:
    for row, look in zip(data[f"{name}_profiles"], LINES, strict=False):
        axes.plot(data["t"], row, **look)
    for count, places, heights in zip(
        data[f"{name}_count"], data[f"{name}_coordinates"], data[f"{name}_heights"], strict=True
    ):
        lowest = heights[:count].min()
        for i in range(count):
            kind = SADDLE if i == 1 else GLOBAL if heights[i] == lowest else LOCAL
            axes.plot(places[i], heights[i], **kind)
    for end in (0.0, 1.0):
        axes.axvline(end, color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)), zorder=0)
    axes.set(title=title, xlim=(-0.2, 1.2), ylim=(0.0, 2.0), xlabel=r"coordinate $t$")
    axes.set_xticks([0.0, 0.5, 1.0], ["0\nquery", "1/2", "1\nkey"])
