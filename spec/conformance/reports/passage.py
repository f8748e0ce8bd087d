"""The landscape along the passages of a counterexample, drawn.

The curve is the energy landscape of the text on the passage,
f(t) = -log(alpha exp(-Lambda t^2) + (1 - alpha) exp(-Lambda (1-t)^2)), from the query at t = 0 to
the key at t = 1, evaluated in ball arithmetic so that no separation is too small or too large for
it. The alignment point on it is the oracle's.

Clause: GDA-conf-report. Source: GDA-def-landscape, GDA-def-alignment-point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import Any

from flint import arb
from gd_attention.conformance.balls import precision
from gd_attention.conformance.certificate import alignment
from gd_attention.conformance.rational import Exact
from gd_attention.conformance.reports.marks import legend, mark, swatch
from gd_attention.conformance.reports.markup import Element, element
from gd_attention.conformance.reports.numbers import nice_step, short
from gd_attention.conformance.reports.scene import Passage, Scene, fraction

__all__ = ["draw_passages", "landscape"]

_BITS = 192
_WIDTH, _HEIGHT = 360.0, 240.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 60.0, 14.0, 14.0, 38.0
# The picture is cut at this multiple of the largest alignment energy: a barrier grows like a
# quarter of the separation and would press the wells, at most log 2 deep, onto the axis.
_CUT = 12


@dataclass(frozen=True)
class _Axes:
    """From t and energy to pixels; ``top`` is the energy at the upper edge, as a ball."""

    top: Any

    def x(self, t: float) -> float:
        return _LEFT + t * (_WIDTH - _LEFT - _RIGHT)

    def y(self, energy: Any) -> float:
        share = float((energy / self.top).mid())
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def landscape(separation: Exact, alpha: float, t: float) -> Any:
    """A ball around f(t) for a separation and a weight; ``t`` in [0, 1].

    The term of the nearer well is taken out of the logarithm, so that nothing underflows; below
    separation 1, where f is small, it is formed from expm1 and log1p, so that nothing cancels.
    """
    with precision(_BITS):
        lam, weight, place = separation.ball(), arb(alpha), arb(t)
        rest = 1 - weight
        query, key = lam * place * place, lam * (1 - place) * (1 - place)
        if separation.sign_of_difference(Exact(1, 0)) < 0:
            return -((weight * (-query).expm1() + rest * (-key).expm1()).log1p())
        if t <= 0.5:
            return query - (weight + rest * (query - key).exp()).log()
        return key - (rest + weight * (key - query).exp()).log()


def draw_passages(scene: Scene, name: str) -> Element | None:
    """A figure of the landscape along the passages; None where there is none to draw."""
    passages = [item for item in scene.passages if item.separation.num]
    if not passages:
        return None
    curves = [
        (item, [(t, landscape(item.separation, item.alpha, t)) for t in _samples(item)])
        for item in passages
    ]
    axes, cut = _axes(curves)
    drawn = [*_grid(axes)]
    drawn += _thresholds(axes, passages)
    for item, samples in curves:
        line = "".join(
            f"{'L' if place else 'M'}{axes.x(t):.2f} {max(axes.y(energy), -1e4):.2f}"
            for place, (t, energy) in enumerate(samples)
        )
        drawn.append(element("path", class_=f"curve {_look(item)}", d=line))
    window = element(
        "svg",
        drawn,
        x=0,
        y=_TOP - 2,
        width=_WIDTH,
        height=_HEIGHT - _BOTTOM - _TOP + 6,
        viewBox=f"0 {_TOP - 2:g} {_WIDTH:g} {_HEIGHT - _BOTTOM - _TOP + 6:g}",
        overflow="hidden",
        aria_hidden="true",
    )
    points = [_point(axes, item) for item in passages]
    own = [shown for item in passages if (shown := _own(axes, item)) is not None]
    title, about = f"{name}-title", f"{name}-about"
    picture = element(
        "svg",
        element("title", "Landscape along the passage", id=title),
        element("desc", " ".join(_sentence(item) for item in scene.passages), id=about),
        window,
        points,
        own,
        _labels(axes),
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        class_="passage",
        role="img",
        aria_labelledby=f"{title} {about}",
    )
    note = (
        "The energy landscape from the query (t = 0) to the key (t = 1). The mark on a curve is "
        "the exact alignment point."
    )
    if cut:
        note += " Higher parts are cut off."
    rows = [
        (swatch(_look(item), line=bool(item.separation.num)), _sentence(item))
        for item in scene.passages
    ]
    for item in passages:
        if item.returned is not None:
            rows.append((swatch("own"), _returned(item, axes)))
    return element("figure", picture, element("figcaption", element("p", note), legend(rows)))


def _look(item: Passage) -> str:
    return "returned" if item.role == "returned" else "expected"


def _samples(item: Passage) -> list[float]:
    """Places from 0 to 1, denser in the wells, which are 1/sqrt(Lambda) wide."""
    even = [i / 96 for i in range(97)]
    width = 1 / math.sqrt(max(min(item.separation.nearest(), 1e300), 1.0))
    near = [0.25 * i * width for i in range(25) if 0.25 * i * width < 0.5]
    return sorted({*even, *near, *(1 - t for t in near), item.coordinate})


def _axes(curves: list[tuple[Passage, list[tuple[float, Any]]]]) -> tuple[_Axes, bool]:
    with precision(_BITS):
        highest = reduce(arb.max, (energy.mid() for _, points in curves for _, energy in points))
        limit = _CUT * reduce(arb.max, (_energy(item).mid() for item, _ in curves))
        cut = bool(highest > limit)
        return _Axes((limit if cut else highest) * arb("1.06")), cut


def _energy(item: Passage) -> Any:
    """The alignment energy as a ball: as a float it may have underflowed."""
    return alignment(item.separation, item.alpha, _BITS).energy


def _inside(axes: _Axes, energy: float) -> bool:
    return math.isfinite(energy) and energy >= 0 and bool(arb(energy) <= axes.top)


def _grid(axes: _Axes) -> list[Element]:
    left, right, base = axes.x(0.0), axes.x(1.0), _HEIGHT - _BOTTOM
    lines = [element("path", class_="axis", d=f"M{left:.2f} {_TOP:g}V{base:g}H{right:.2f}")]
    lines += [
        element("path", class_="guide", d=f"M{left:.2f} {axes.y(arb(value)):.2f}H{right:.2f}")
        for value in _ticks(axes)
        if value
    ]
    return lines


def _ticks(axes: _Axes) -> list[float]:
    top = float(axes.top.mid())
    if not 1e-300 < top < 1e300:
        return [0.0]
    step = nice_step(top, 5)
    return [i * step for i in range(int(top / step) + 1)]


def _labels(axes: _Axes) -> list[Element]:
    base = _HEIGHT - _BOTTOM
    shown = [
        element("text", short(value, 3), class_="tick end", x=_LEFT - 5, y=axes.y(arb(value)) + 4)
        for value in _ticks(axes)
    ]
    if len(shown) == 1:
        top = axes.top.str(2, radius=False)
        shown.append(element("text", top, class_="tick end", x=_LEFT - 5, y=_TOP + 4))
    shown += [
        element("text", short(t), class_="tick middle", x=axes.x(t), y=base + 15)
        for t in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    middle = axes.x(0.5)
    shown.append(element("text", "t, query to key", class_="tick middle", x=middle, y=base + 32))
    shown.append(
        element(
            "text",
            "energy",
            class_="tick middle",
            x=0,
            y=0,
            transform=f"translate(11 {(_TOP + base) / 2:g}) rotate(-90)",
        )
    )
    return shown


def _thresholds(axes: _Axes, passages: list[Passage]) -> list[Element]:
    """A line for every threshold in the picture, with the keys that have it."""
    keys: dict[float, list[int]] = {}
    for item in passages:
        if _inside(axes, item.threshold):
            keys.setdefault(item.threshold, []).append(item.index)
    drawn = []
    for threshold, indices in keys.items():
        y = axes.y(arb(threshold))
        named = "key" if len(indices) == 1 else "keys"
        text = f"threshold of {named} {' and '.join(map(str, indices))}"
        line = f"M{axes.x(0.0):.2f} {y:.2f}H{axes.x(1.0):.2f}"
        drawn.append(element("path", class_="threshold", d=line))
        drawn.append(element("text", text, class_="tick middle", x=axes.x(0.5), y=y - 4))
    return drawn


def _point(axes: _Axes, item: Passage) -> Element:
    return mark(_look(item), axes.x(item.coordinate), axes.y(_energy(item)))


def _place(item: Passage) -> tuple[float, Any] | None:
    """Where the returned coordinate and energy lie; the curve's energy if only t was returned."""
    if item.returned is None:
        return None
    t, energy = item.returned
    if not 0.0 <= t <= 1.0 or math.isinf(energy):
        return None
    height = landscape(item.separation, item.alpha, t) if math.isnan(energy) else arb(energy)
    return t, height


def _own(axes: _Axes, item: Passage) -> Element | None:
    place = _place(item)
    if place is None or not (place[1] >= 0 and place[1] <= axes.top):
        return None
    return mark("own", axes.x(place[0]), axes.y(place[1]))


def _sentence(item: Passage) -> str:
    who = {
        "expected": f"Key {item.index}, expected",
        "returned": f"Key {item.index}, returned",
        "both": f"Key {item.index}, expected and returned",
    }[item.role]
    text = (
        f"{who}: separation {short(fraction(item.separation), 6)}, alpha {item.alpha!r}, "
        f"alignment point at t = {item.coordinate!r} with energy {item.energy!r}"
    )
    if not item.separation.num:
        text = f"{who}: it lies on the query, separation and energy are 0, nothing to draw"
    if item.threshold != math.inf:
        text += f", threshold {item.threshold!r}"
    return f"{text}."


def _returned(item: Passage, axes: _Axes) -> str:
    assert item.returned is not None
    words = [
        f"{name} {value!r}"
        for name, value in zip(("t =", "energy"), item.returned, strict=True)
        if not math.isnan(value)
    ]
    text = f"Returned for key {item.index}: {', '.join(words)}"
    if _own(axes, item) is None:
        text += " (outside the picture)" if not math.isnan(item.returned[0]) else " (no coordinate)"
    return f"{text}."
