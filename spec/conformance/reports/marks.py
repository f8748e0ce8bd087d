"""The marks of the pictures: told apart by shape and dash first, by colour second.

The style sheet of the page gives each class its colour, in light and in dark.

Clause: GDA-conf-report.
"""

from __future__ import annotations

from gd_attention.conformance.reports.markup import Element, element

__all__ = ["KINDS", "legend", "mark", "swatch"]

# Every kind of mark, with what the legend calls it.
KINDS = {
    "query": "query",
    "expected": "expected key",
    "returned": "returned key",
    "admitted": "key",
    "excluded": "excluded by its threshold",
    "masked": "masked",
    "undecided": "admission undecided",
}


def mark(kind: str, x: float, y: float) -> Element:
    """A mark of one of the `KINDS` centred at a point, in pixels."""
    if kind == "query":
        return _path(kind, f"M{_n(x - 7)} {_n(y)}H{_n(x + 7)}M{_n(x)} {_n(y - 7)}V{_n(y + 7)}")
    if kind == "masked":
        left, right, top, low = _n(x - 4.5), _n(x + 4.5), _n(y - 4.5), _n(y + 4.5)
        return _path(kind, f"M{left} {top}L{right} {low}M{left} {low}L{right} {top}")
    if kind == "excluded":
        return _path(kind, f"M{_n(x - 5.5)} {_n(y + 4)}H{_n(x + 5.5)}L{_n(x)} {_n(y - 5.5)}Z")
    if kind == "returned":
        return _diamond(kind, x, y, 10.0)
    if kind == "own":
        return _diamond(kind, x, y, 6.0)
    radius = {"expected": 5.5, "admitted": 4.5, "undecided": 4.5}[kind]
    return element("circle", class_=f"mark {kind}", cx=x, cy=y, r=radius)


def swatch(kind: str, *, line: bool = False) -> Element:
    """A mark alone, for a legend; with ``line`` the stroke of a curve behind it."""
    stroke = element("path", class_=f"curve {kind}", d="M1 12H31") if line else None
    shown = mark(kind, 16.0, 12.0)
    return element(
        "svg", stroke, shown, viewBox="0 0 32 24", width=32, height=24, aria_hidden="true"
    )


def legend(rows: list[tuple[Element, str]]) -> Element:
    """A list of swatches with what they stand for."""
    return element(
        "ul",
        [element("li", shown, element("span", text)) for shown, text in rows],
        class_="legend",
    )


def _diamond(kind: str, x: float, y: float, r: float) -> Element:
    return _path(
        kind, f"M{_n(x - r)} {_n(y)}L{_n(x)} {_n(y - r)}L{_n(x + r)} {_n(y)}L{_n(x)} {_n(y + r)}Z"
    )


def _path(kind: str, d: str) -> Element:
    return element("path", class_=f"mark {kind}", d=d)


def _n(value: float) -> str:
    return f"{value:.2f}"
