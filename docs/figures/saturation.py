"""Where float64 energies saturate, and where the separations of real data lie at beta = 1."""

from __future__ import annotations

import csv
import io
import math
from decimal import Decimal

import numpy as np
from gd_attention import align, separation
from gd_attention.spec import read_data
from matplotlib.figure import Figure

from .style import LINES, MUTED, Data, label, rounded

WEIGHTS = (0.5, 0.3, 0.1)


def data() -> Data:
    """Deficits over separations, and the separations of all pairs of flowers in three units."""
    grid = np.logspace(-2.0, 4.0, 241)
    rows = list(csv.reader(io.StringIO(read_data("iris.csv"))))[1:]
    centimetres = np.array([[float(field) for field in row[:4]] for row in rows])
    standardised = (centimetres - centimetres.mean(axis=0)) / centimetres.std(axis=0)
    first, second = np.triu_indices(len(rows), 1)
    pairs = [
        np.sort(separation(features[first], features[second]))
        for features in (standardised, centimetres, 10.0 * centimetres)
    ]
    # below this deficit the float nearest to E* is the one nearest to log 2, which lies below log 2
    short = float(Decimal(2).ln() - Decimal(math.log(2.0)))
    reach = short + 0.5 * float(np.spacing(math.log(2.0)))
    saturated = [float(np.mean(align(part, 0.5).deficit < reach)) for part in pairs]
    whole = np.arange(1.0, 200.0) / 2.0
    onset = whole[align(whole, 0.5).deficit < reach][0]
    return {
        # of a deficit the logarithm is shown, and down to 1e-20
        "log_deficit": np.round(
            [np.log10(np.maximum(align(grid, alpha).deficit, 1e-30)) for alpha in WEIGHTS], 9
        ),
        **rounded(
            {
                "separation": grid,
                "pairs": np.array(pairs),
                "saturated": np.array(saturated),
                "onset": float(onset),
                "log_reach": math.log10(reach),
            }
        ),
    }


def draw(figure: Figure, data: Data) -> None:
    """The deficit above, the shares of pairs below, over one axis."""
    figure.set_size_inches(6.2, 5.2)
    upper, lower = figure.subplots(2, 1, sharex=True)
    x = data["separation"]
    for row, look in zip(data["log_deficit"], LINES, strict=False):
        upper.semilogx(x[row > -20], row[row > -20], **look)
    upper.axhline(data["log_reach"], color=MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
    text = r"below, $E^*$ rounds to the rounded $\log 2$"
    label(upper, 0.0115, data["log_reach"] - 1.3, text, bbox=None)
    for look, text in zip(LINES, ("1/2", "0.3", "0.1"), strict=False):
        upper.plot([], [], **look, label=rf"$\alpha = {text}$")
    upper.legend(loc="lower left", bbox_to_anchor=(0.0, 0.3), handlelength=3.5)
    upper.set(ylabel="deficit", ylim=(-20, 0.5))
    upper.set_yticks([0, -5, -10, -15, -20], ["$1$", *(f"$10^{{-{n}}}$" for n in (5, 10, 15, 20))])
    share = np.linspace(0.0, 100.0, data["pairs"].shape[1])
    # every fiftieth of the sorted separations draws the same line; the last one ends it
    shown = np.append(np.arange(0, share.size - 1, 50), share.size - 1)
    names = ("standardised", "centimetres", "millimetres")
    for row, look, name, place in zip(
        data["pairs"], LINES, names, (18.0, 52.0, 80.0), strict=False
    ):
        lower.semilogx(row[shown], share[shown], **look)
        at = float(np.interp(place, share, row))
        label(lower, at * 0.8, place + 4, name, ha="right", color=look["color"])
    for axes in (upper, lower):
        axes.axvline(data["onset"], color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
    label(lower, data["onset"] * 1.15, 70, rf"$\Lambda = {data['onset']:g}$", bbox=None)
    lower.set(
        xlim=(1e-2, 1e4),
        ylim=(0, 100),
        xlabel=r"separation $\Lambda$",
        ylabel="pairs of flowers up to $\\Lambda$, %",
    )
