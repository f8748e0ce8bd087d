"""Query and keys of a counterexample, drawn.

One dimension is drawn as a line, two as a plane; of more, the first two components are drawn, and
the caption says so. Positions are exact differences k - q divided by the largest of them, so that a
picture of numbers near 1e-300 or far from the origin looks like any other. Where the distances span
more than two orders of magnitude, they are drawn on a logarithmic scale, directions kept.

Clause: GDA-conf-report.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from gd_attention.conformance.reports.labels import Box, Labels
from gd_attention.conformance.reports.marks import KINDS, legend, mark, swatch
from gd_attention.conformance.reports.markup import Element, element
from gd_attention.conformance.reports.numbers import short
from gd_attention.conformance.reports.scene import Key, Scene

__all__ = ["draw_plane"]

_WIDTH, _HEIGHT, _LINE_HEIGHT, _PAD = 360.0, 300.0, 110.0, 34.0
# From this ratio of distances on, the smaller ones would fall onto the query.
_SPREAD = 100
# Share of the radius kept for the least distance on the logarithmic scale.
_CORE = 0.2
# Above so many keys only the expected and the returned one are named.
_NAMED = 30

Point = tuple[float, float]


@dataclass(frozen=True)
class _Layout:
    """Places of the drawn keys, in units of the largest component, and how they were found."""

    places: dict[int, Point]
    reach: Fraction
    logarithmic: bool


def draw_plane(scene: Scene, name: str) -> Element:
    """A figure of the query and its keys; ``name`` makes the ids of its texts unique."""
    layout = _layout(scene)
    width, height, at = _frame(layout, scene.dimension)
    frame = Box(0.0, 0.0, width, height)
    query = at((0.0, 0.0))
    spots = {i: at(place) for i, place in layout.places.items()}
    lines = [Box(0.0, query[1] - 0.5, width, query[1] + 0.5)]
    if scene.dimension > 1:
        lines.append(Box(query[0] - 0.5, 0.0, query[0] + 0.5, height))
    labels = Labels(frame, [query, *spots.values()], lines)
    drawn = [*_guides(scene, layout, query, spots, frame)]
    drawn += [mark(key.state, *spots[key.index]) for key in scene.keys if _plain(key, scene, spots)]
    drawn += [
        mark(role, *spots[index])
        for role, index in (("expected", scene.expected), ("returned", scene.returned))
        if index in spots
    ]
    drawn.append(mark("query", *query))
    drawn += [labels.place(text, spot) for text, spot in _names(scene, spots, query)]
    title, about = f"{name}-title", f"{name}-about"
    picture = element(
        "svg",
        element("title", _title(scene), id=title),
        element("desc", _about(scene), id=about),
        element("rect", class_="frame", x=0.5, y=0.5, width=width - 1, height=height - 1),
        drawn,
        viewBox=f"0 0 {width:g} {height:g}",
        class_="plane",
        role="img",
        aria_labelledby=f"{title} {about}",
    )
    caption = element("figcaption", element("p", _caption(scene, layout)), _legend(scene, spots))
    return element("figure", picture, caption)


def _layout(scene: Scene) -> _Layout:
    jumps = {key.index: key.jump[:2] for key in scene.keys if key.state != "masked"}
    reach = max((abs(part) for jump in jumps.values() for part in jump), default=Fraction(0))
    for key in scene.keys:
        # a masked key is not read by the operator; where it is finite the picture may show it
        if key.state == "masked" and all(map(math.isfinite, (*key.coordinates, *scene.query))):
            jump = [
                Fraction(k) - Fraction(q) for k, q in zip(key.coordinates, scene.query, strict=True)
            ][:2]
            if not reach or max(map(abs, jump)) <= 2 * reach:
                jumps[key.index] = tuple(jump)
    reach = max((abs(part) for jump in jumps.values() for part in jump), default=Fraction(0))
    unit = reach or Fraction(1)
    squares = [sum((part / unit) ** 2 for part in jump) for jump in jumps.values()]
    least = min((square for square in squares if square), default=Fraction(1))
    logarithmic = least * _SPREAD**2 < 1
    places = {
        index: _radial(jump, unit, least) if logarithmic else _linear(jump, unit)
        for index, jump in jumps.items()
    }
    return _Layout(places, reach, logarithmic)


def _linear(jump: tuple[Fraction, ...], unit: Fraction) -> Point:
    parts = [float(part / unit) for part in jump]
    return parts[0], parts[1] if len(parts) > 1 else 0.0


def _radial(jump: tuple[Fraction, ...], unit: Fraction, least: Fraction) -> Point:
    """The direction of the jump, at a radius that grows with the logarithm of its length."""
    largest = max(abs(part) for part in jump)
    if not largest:
        return 0.0, 0.0
    x, y = _linear(jump, largest)
    length = math.hypot(x, y)
    square = sum((part / unit) ** 2 for part in jump)
    share = 1 - _log(square) / _log(least)
    radius = _CORE + (1 - _CORE) * max(min(share, 1.0), 0.0)
    return radius * x / length, radius * y / length


def _log(value: Fraction | int) -> float:
    number = Fraction(value)
    return math.log(number.numerator) - math.log(number.denominator)


def _frame(layout: _Layout, dimension: int) -> tuple[float, float, Callable[[Point], Point]]:
    """Width, height and the map from units to pixels; both axes have one scale."""
    places = [(0.0, 0.0), *layout.places.values()]
    left, right = min(x for x, _ in places), max(x for x, _ in places)
    low, high = min(y for _, y in places), max(y for _, y in places)
    height = _LINE_HEIGHT if dimension == 1 else _HEIGHT
    spans = [(_WIDTH - 2 * _PAD) / (right - left) if right > left else math.inf]
    if high > low:
        spans.append((height - 2 * _PAD) / (high - low))
    scale = min(spans)
    if math.isinf(scale):
        scale = 1.0
    x0 = _WIDTH / 2 - scale * (left + right) / 2
    y0 = height / 2 + scale * (low + high) / 2

    def at(place: Point) -> Point:
        return x0 + scale * place[0], y0 - scale * place[1]

    return _WIDTH, height, at


def _guides(
    scene: Scene, layout: _Layout, query: Point, spots: dict[int, Point], frame: Box
) -> list[Element]:
    """Axes through the query, and the circle of the expected key where it shows distances."""
    guides = [element("path", class_="guide", d=f"M0 {query[1]:.2f}H{frame.right:.2f}")]
    if scene.dimension > 1:
        guides.append(element("path", class_="guide", d=f"M{query[0]:.2f} 0V{frame.bottom:.2f}"))
    if scene.dimension == 2 and scene.expected in spots:
        radius = math.dist(query, spots[scene.expected])
        # inside a window, as the circle may be wider than the picture
        guides.append(
            element(
                "svg",
                element("circle", class_="circle", cx=query[0], cy=query[1], r=radius),
                x=0,
                y=0,
                width=frame.right,
                height=frame.bottom,
                overflow="hidden",
                aria_hidden="true",
            )
        )
    return guides


def _plain(key: Key, scene: Scene, spots: dict[int, Point]) -> bool:
    return key.index in spots and key.index != scene.expected


def _names(scene: Scene, spots: dict[int, Point], query: Point) -> list[tuple[str, Point]]:
    """Labels, those of the expected and the returned key first; keys on one spot share a label."""
    together: dict[tuple[int, int], list[int]] = {}
    for index, (x, y) in spots.items():
        together.setdefault((round(x), round(y)), []).append(index)
    special = {scene.expected, scene.returned}
    rows = []
    for indices in together.values():
        chosen = [i for i in indices if i in special]
        if not chosen and len(scene.keys) > _NAMED:
            continue
        shown = [*chosen, *(i for i in indices if i not in special)]
        words = [_word(i, scene) for i in shown[:5]] + (["..."] if len(shown) > 5 else [])
        rows.append((not chosen, ", ".join(words), spots[indices[0]]))
    first = [(text, spot) for plain, text, spot in rows if not plain]
    return [*first, ("query", query), *((text, spot) for plain, text, spot in rows if plain)]


def _word(index: int, scene: Scene) -> str:
    roles = [
        word
        for word, which in (("expected", scene.expected), ("returned", scene.returned))
        if which == index
    ]
    return " ".join([f"k{index}", " and ".join(roles)]).strip()


def _title(scene: Scene) -> str:
    kind = "line" if scene.dimension == 1 else "plane"
    return f"Query and keys in the {kind}"


def _about(scene: Scene) -> str:
    expected = "an abstention" if scene.expected < 0 else f"key {scene.expected}"
    if scene.returned is None:
        returned = "no index"
    else:
        returned = "an abstention" if scene.returned < 0 else f"key {scene.returned}"
    parts = [f"Expected is {expected}, returned was {returned}."]
    for key in scene.keys[:12]:
        where = ", ".join(short(part) for part in key.coordinates[:2])
        about = KINDS[key.state] if key.state != "admitted" else "admitted"
        parts.append(f"Key {key.index} at ({where}): {about}.")
    if len(scene.keys) > 12:
        parts.append(f"{len(scene.keys) - 12} more keys are in the table.")
    return " ".join(parts)


def _caption(scene: Scene, layout: _Layout) -> str:
    parts = []
    if scene.expected < 0:
        parts.append("The exact answer is an abstention.")
    if scene.returned is not None and scene.returned < 0:
        parts.append("The target abstained.")
    if scene.dimension > 2:
        parts.append(
            f"The first two of {scene.dimension} components: distances in the picture are not the "
            "distances in space."
        )
    elif scene.dimension == 1:
        parts.append("One dimension, drawn as a line.")
    else:
        parts.append("Two dimensions, one scale for both.")
    if layout.reach:
        parts.append(f"The largest component of k - q drawn here is {short(layout.reach)}.")
    elif layout.places:
        parts.append("Every key drawn lies on the query.")
    if layout.logarithmic:
        parts.append("Distances from the query are on a logarithmic scale, directions are kept.")
    if scene.dimension == 2 and scene.expected >= 0:
        parts.append("Points on the dashed circle are as far from the query as the expected key.")
    missing = [key.index for key in scene.keys if key.index not in layout.places]
    if missing:
        listed = ", ".join(map(str, missing[:8])) + (", ..." if len(missing) > 8 else "")
        parts.append(f"Masked and not drawn (not finite, or far outside): {listed}.")
    return " ".join(parts)


def _legend(scene: Scene, spots: dict[int, Point]) -> Element:
    kinds = ["query"]
    if scene.expected in spots:
        kinds.append("expected")
    if scene.returned in spots:
        kinds.append("returned")
    present = {key.state for key in scene.keys if _plain(key, scene, spots)}
    kinds += [kind for kind in ("admitted", "excluded", "masked", "undecided") if kind in present]
    rows = [(swatch(kind), KINDS[kind]) for kind in kinds]
    return legend(rows)
