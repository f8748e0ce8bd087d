"""The curves of an example, in the visual language of docs/figures."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "figures"))

from matplotlib.figure import Figure
from style import FIRST, FOURTH, INK, MUTED, SECOND, THIRD, Data, render
from worked_curves import Part, admission, risk

__all__ = ["curves"]

LINES = {
    "GD-Attention": {"color": FIRST, "linestyle": "solid"},
    "softmax response": {"color": SECOND, "linestyle": (0, (6, 2))},
    "Chow": {"color": THIRD, "linestyle": (0, (6, 2, 1.2, 2))},
    "top-k": {"color": FOURTH, "linestyle": (0, (1.5, 1.5))},
    "evidence": {"color": INK, "linestyle": (0, (3, 1, 1, 1, 1, 1)), "linewidth": 1.2},
    "hard monotonic": {"color": MUTED, "linestyle": (0, (1, 3)), "linewidth": 3.2},
}


def curves(part: Part, title: str, least: float = 0.6) -> str:
    """The SVG of the risk-coverage curves and of the admission curves of one part.

    The admission curves begin where the share ``least`` of the domain is admitted.
    """
    data = {
        name: (risk(inside, part.labels), admission(inside, part.outside[name]))
        for name, inside in part.inside.items()
    }
    return render(partial(_draw, least), data, title)


def _draw(least: float, figure: Figure, data: Data) -> None:
    figure.set_size_inches(9.0, 4.2)
    left, right = figure.subplots(1, 2)
    for name, ((coverage, value), (inside, outside)) in data.items():
        left.step(coverage, value, where="pre", label=name, **LINES[name])
        right.step(inside, outside, where="pre", **LINES[name])
    left.set(title="queries of the domain", xlabel="coverage", ylabel="risk of the accepted")
    right.set(title="both kinds", xlabel="admitted inside", ylabel="admitted outside")
    left.set(xlim=(0.0, 1.02), ylim=(0.0, None))
    right.set(xlim=(least, 1.01), ylim=(0.0, 1.02))
    left.legend(loc="upper left", handlelength=4.5)
