"""The figure of an explanation: profiles along the passage, and energy against separation.

Needs matplotlib, which is imported by the functions alone.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from gd_attention.alignment import align
from gd_attention.landscape import energy
from gd_attention.stationary import stationary_points
from numpy.typing import NDArray

from .evidence import Explanation, KeyEvidence, Standing

__all__ = ["draw", "save"]

Float = NDArray[np.float64]

_INK = "0.25"
_POINTS = 801
# Past the ends, so that both wells are seen whole.
_AROUND = 0.35
# Colour and marker of each standing; told apart without colour too.
_STYLES = {
    Standing.SELECTED: ("#0b6e4f", "o"),
    Standing.ADMITTED: ("#2c6fbb", "s"),
    Standing.TIED: ("#8e44ad", "D"),
    Standing.REFUSED: ("#b5342a", "X"),
}


def draw(found: Explanation) -> Any:
    """The figure.

    Parameters
    ----------
    found : Explanation

    Returns
    -------
    matplotlib.figure.Figure
        Left: the landscape along the passage of the selected key and of the first other one, with
        minima and saddle, against the distance in units of the passage: 0 is the query, 1 the key.
        Right: energy against separation for every listed key, on the curve of its weight, with
        ceiling and threshold.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.size": 9}):
        figure = Figure(figsize=(10.5, 4.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        _profiles(left, found)
        _energies(right, found)
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
        name = "abstains" if found.selected is None else f"selects key {_name(found.selected)}"
        figure.suptitle(f"The query {name}; {found.robustness}")
    return figure


def save(found: Explanation, path: Path) -> None:
    """Write the figure to a file, in the format of its suffix; the same bytes each time.

    Raises
    ------
    ValueError
        If matplotlib does not know the format.
    """
    import matplotlib as mpl

    form = path.suffix.lstrip(".").lower()
    kept = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}
    with mpl.rc_context({"svg.hashsalt": "gd-attention", "svg.fonttype": "none"}):
        draw(found).savefig(path, format=form, dpi=160, metadata=kept.get(form))


def _name(key: KeyEvidence) -> str:
    return f"{key.index}" if key.label is None else f"{key.index} ({key.label})"


def _profiles(axes: Any, found: Explanation) -> None:
    seen = [key for key in found.keys if key.standing is not Standing.MASKED]
    first = found.selected
    others = [key for key in seen if key is not first]
    runner = [key for key in others if key.index == found.runner_up]
    shown = ([first] if first is not None else []) + (runner or others)[:1]
    axes.set_title("landscape along the passage", fontsize=9)
    axes.set_xlabel("coordinate t: 0 at the query, 1 at the key")
    axes.set_ylabel(r"$\phi$, dimensionless")
    for key, style in zip(shown, ("-", "--"), strict=False):
        colour, _ = _STYLES[key.standing]
        t = np.linspace(-_AROUND, 1.0 + _AROUND, _POINTS)
        axes.plot(
            t, profile(t, key), style, color=colour, label=f"key {_name(key)}: {key.standing}"
        )
        top = 4 if key is first else 3
        axes.plot(
            key.coordinate, key.energy, "o", color=colour, markersize=7, zorder=top, clip_on=False
        )
        if key.regime is not None and key.regime.value == 3:
            saddle = stationary_points(key.separation, key.alpha).coordinate[1]
            axes.plot(saddle, profile(np.array([saddle]), key), "^", color=colour, markersize=6)
    if shown and _in_reach(shown[0].threshold, shown):
        axes.axhline(shown[0].threshold, color=_INK, linewidth=0.8, linestyle=":")
        axes.annotate(
            f"threshold {shown[0].threshold:.4g}", (1.0, shown[0].threshold),
            xycoords=("axes fraction", "data"), xytext=(-2, 3), textcoords="offset points",
            ha="right", fontsize=8, color=_INK,
        )  # fmt: skip
    if shown:
        axes.set_ylim(bottom=0.0)
        axes.legend(frameon=False, fontsize=8, loc="upper center")
    else:
        axes.text(0.5, 0.5, "no key to show", ha="center", transform=axes.transAxes)


def _in_reach(threshold: float, keys: list[KeyEvidence]) -> bool:
    """Whether a line at the threshold leaves room for the rest."""
    return 0.0 <= threshold <= 1.25 * max(key.ceiling for key in keys)


def profile(t: Float, key: KeyEvidence) -> Float:
    """The landscape at coordinates t of the passage to a key: a function of separation and weight.

    Clauses: GDA-thm-axis, GDA-def-landscape.
    """
    # on a line with the query at 0, in units in which beta is 1
    length = math.sqrt(key.separation)
    return energy((t * length)[:, None], [0.0], [length], key.alpha)


def _energies(axes: Any, found: Explanation) -> None:
    seen = [key for key in found.keys if key.standing is not Standing.MASKED]
    axes.set_title("energy against separation", fontsize=9)
    axes.set_xlabel(r"separation $\beta\,|k-q|^2$, dimensionless")
    axes.set_ylabel(r"alignment energy $E^*$, dimensionless")
    if not seen:
        axes.text(0.5, 0.5, "no key to show", ha="center", transform=axes.transAxes)
        return
    most = 1.15 * max(key.separation for key in seen) or 1.0
    curve = np.linspace(0.0, most, _POINTS)
    weights = sorted({min(key.alpha, 1.0 - key.alpha) for key in seen})
    for weight in weights:
        axes.plot(
            curve, align(curve, weight).energy, color=_INK, linewidth=0.8, alpha=0.6, zorder=1
        )
    if len(weights) == 1:
        axes.axhline(seen[0].ceiling, color=_INK, linewidth=0.8, linestyle="--", zorder=1)
        axes.annotate("ceiling", (0.0, seen[0].ceiling), xytext=(4, 3),
                      textcoords="offset points", fontsize=8, color=_INK)  # fmt: skip
    taus = {key.threshold for key in seen}
    if len(taus) == 1 and _in_reach(tau := taus.pop(), seen):
        axes.axhline(tau, color=_INK, linewidth=0.8, linestyle=":", zorder=1)
        axes.annotate(f"threshold {tau:.4g}", (1.0, tau), xycoords=("axes fraction", "data"),
                      xytext=(-2, -10), textcoords="offset points", ha="right", fontsize=8,
                      color=_INK)  # fmt: skip
    for standing, (colour, marker) in _STYLES.items():
        group = [key for key in seen if key.standing is standing]
        if group:
            axes.plot(
                [key.separation for key in group], [key.energy for key in group], marker,
                color=colour, markersize=7, label=standing.value, zorder=2, clip_on=False,
            )  # fmt: skip
    axes.set(xlim=(0.0, most), ylim=(0.0, None))
    axes.legend(framealpha=0.95, fontsize=8, loc="best")  # framed: its marks are no data
