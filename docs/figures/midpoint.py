"""Erratum E2: bisection stops at the midpoint, which is a maximum."""

from __future__ import annotations

import numpy as np
from gd_attention import align, energy
from matplotlib.figure import Figure

from .style import GLOBAL, LINES, MUTED, SADDLE, Data, label, rounded

LENGTH = 3.0


def data() -> Data:
    """The landscape on the passage from 0 to 3 at one half, and both answers."""
    s = np.linspace(-0.5, 3.5, 241)
    key, query = np.array([LENGTH]), np.zeros(1)
    aligned = LENGTH * float(align(LENGTH**2, 0.5).coordinate)
    return rounded(
        {
            "s": s,
            "energy": energy(s[:, None], query, key, 0.5),
            "midpoint_energy": float(energy([LENGTH / 2], query, key, 0.5)),
            "aligned": aligned,
            "aligned_energy": float(align(LENGTH**2, 0.5).energy),
        }
    )


def draw(figure: Figure, data: Data) -> None:
    """One panel: the hill between two wells."""
    figure.set_size_inches(6.0, 3.5)
    axes = figure.subplots()
    axes.plot(data["s"], data["energy"], **LINES[0])
    axes.axhline(
        data["aligned_energy"], color=MUTED, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0
    )
    axes.plot(LENGTH / 2, data["midpoint_energy"], **{**SADDLE, "markersize": 9})
    for place in (data["aligned"], LENGTH - data["aligned"]):
        axes.plot(place, data["aligned_energy"], **GLOBAL)
    label(axes, 1.5, 2.43, "midpoint, returned by bisection: 2.25", ha="center")
    label(axes, 1.5, 0.59, "energy of both minima: 0.693023641…", ha="center", bbox=None)
    label(axes, 2.93, 0.42, "alignment point", ha="center", bbox=None)
    axes.set(
        xlim=(-0.5, 3.5),
        ylim=(0.3, 2.6),
        xlabel="point $s$ of the passage",
        ylabel=r"energy $\phi(s)$",
    )
    axes.set_xticks([0, 1, 1.5, 2, 3], ["0\nquery", "1", "1.5", "2", "3\nkey"])
