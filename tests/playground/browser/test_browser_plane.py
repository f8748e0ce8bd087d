"""What the plane draws is true: cells, level lines, passage, radius."""

from __future__ import annotations

import math

import gd_attention as gda
import numpy as np
import pytest
from numpy.typing import NDArray
from playground_visit import Scene, Visit, fragment

# Of the drawing, in pixels: coordinates of a path are written to a tenth.
WRITTEN = 0.05


class Window:
    """From pixels of the picture to the plane."""

    def __init__(self, visit: Visit) -> None:
        box = visit.page.locator("#plane svg").bounding_box()
        assert box is not None
        self.width, self.height = box["width"], box["height"]
        x, y, half = (float(part) for part in visit.scene.rest["view"].split(","))
        self.centre = np.array([x, y])
        self.pixel = 2 * half / min(self.width, self.height)

    def plane(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of the plane, (..., 2)."""
        away = pixels - np.array([self.width, self.height]) / 2
        return np.asarray(self.centre + away * self.pixel * np.array([1.0, -1.0]))


def selects(scene: Scene, queries: NDArray[np.float64]) -> NDArray[np.int64]:
    """The reference's index at many queries."""
    found = gda.gd_attention(
        queries,
        scene.keys,
        alpha=scene.alpha,
        beta=scene.beta,
        threshold=scene.threshold,
        mask=scene.mask,
    )
    return np.asarray(found.index)


@pytest.mark.clause("GDA-thm-nearest", "GDA-select-priors")
@pytest.mark.parametrize("preset", ["nearest", "curved", "radius", "abstain", "onward"])
def test_cells_are_where_the_reference_selects(playground, preset):
    """A thousand places lie in the area of the key that a query there selects.

    A border is drawn as a chord of squares of 4 pixels. Places whose neighbours 4 pixels away
    select differently are left out: a chord is off by less, as both lie in one square.
    """
    visit = playground()
    visit.choose(preset)
    window = Window(visit)
    rng = np.random.default_rng(3)
    pixels = rng.uniform(0, 1, size=(1000, 2)) * [window.width, window.height]
    steps = 4 * np.array([[a, b] for a in (-1, 0, 1) for b in (-1, 0, 1)])
    around = np.stack([selects(visit.scene, window.plane(pixels + step)) for step in steps])
    clear = (around == around[4]).all(axis=0)
    assert clear.mean() > 0.8
    drawn = visit.page.evaluate(
        """places => {
            const areas = [...document.querySelectorAll('[data-cell]')];
            const svg = document.querySelector('#plane svg');
            return places.map(([x, y]) => {
                const at = svg.createSVGPoint();
                [at.x, at.y] = [x, y];
                const found = areas.filter(area => area.isPointInFill(at));
                return found.map(area => Number(area.dataset.cell));
            });
        }""",
        pixels[clear].tolist(),
    )
    assert drawn == [[index] for index in around[4][clear].tolist()]
    assert len(set(map(tuple, drawn))) >= 2
    # every piece of a border starts where it crosses the side of a square: found by six halvings of
    # 4 pixels, 0.04 off, and written to a tenth; 0.2 pixels away on either side the keys differ
    d = visit.page.locator("#plane path.border").get_attribute("d") or ""
    starts = np.array([part.split("L")[0].split() for part in d.split("M")[1:]], dtype=float)
    assert len(starts) > 50
    sides = 0.2 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    beside = np.stack([selects(visit.scene, window.plane(starts + side)) for side in sides])
    assert (beside.min(axis=0) < beside.max(axis=0)).all()


@pytest.mark.clause("GDA-def-landscape")
def test_level_lines_are_level(playground):
    """At every end of a piece of a level line the landscape has that level.

    An end lies on the side of a square of c = 6 pixels, where the landscape is interpolated
    linearly between the corners: off by at most max|phi''| c^2 / 8. The second derivative in any
    direction lies between 2 beta (1 - separation/2) and 2 beta (GDA-thm-convexity). Then the pixel
    is rounded; the gradient is a mean of 2 beta (s - q) and 2 beta (s - k).
    """
    visit = playground()
    for preset in ("start", "midpoint", "metastable", "curved"):
        visit.choose(preset)
        scene, window = visit.scene, Window(visit)
        drawn = int(scene.call(gda.gd_attention).index[0])
        key = scene.keys[drawn]
        alpha = float(np.broadcast_to(scene.alpha, len(scene.keys))[drawn])
        lines = visit.page.eval_on_selector_all(
            "path.contour[data-level]",
            "all => all.map(one => [Number(one.dataset.level), one.getAttribute('d')])",
        )
        apart = float(gda.separation(scene.query, key, scene.beta))
        bend = 2 * scene.beta * max(1.0, abs(1 - apart / 2))
        checked = 0
        for level, d in lines:
            numbers = np.array(d.replace("M", " ").replace("L", " ").split(), dtype=float)
            places = window.plane(numbers.reshape(-1, 2))
            energy = gda.energy(places, scene.query, key, alpha=alpha, beta=scene.beta)
            far = np.maximum(
                np.linalg.norm(places - scene.query, axis=1), np.linalg.norm(places - key, axis=1)
            )
            slack = bend * (6 * window.pixel) ** 2 / 8
            slack = slack + 2 * scene.beta * far * WRITTEN * math.sqrt(2) * window.pixel
            assert (np.abs(energy - level) <= slack * (1 + 1e-9)).all()
            checked += len(places)
        # level after level, and no level that is empty
        assert len(lines) == len({level for level, _ in lines}) >= 9
        assert checked > 500


@pytest.mark.clause("GDA-def-radius", "GDA-align-point-value")
def test_marks_lie_where_they_should(playground):
    """Radius, alignment point and the other operators' outputs, to the hundredth of a pixel."""
    visit = playground()
    visit.choose("radius")
    scene, window = visit.scene, Window(visit)
    circle = visit.page.locator("circle.radius")
    drawn = [float(circle.get_attribute(name) or "nan") for name in ("cx", "cy", "r")]
    radius = float(gda.radius(scene.threshold, scene.alpha, scene.beta))
    assert window.plane(np.array(drawn[:2])) == pytest.approx(scene.query, abs=1e-9)
    assert drawn[2] * window.pixel == pytest.approx(radius, rel=1e-9, abs=0.0)
    chosen = scene.call(gda.gd_attention)
    for kind, points in (
        ("alignment", chosen.alignment_point),
        ("other", np.array(list(zip(*(others(visit, axis) for axis in "xy"), strict=True)))),
    ):
        places = visit.page.eval_on_selector_all(
            f"#plane svg .mark.{kind}",
            "all => all.map(one => one.getAttribute('transform').match(/[-0-9.]+/g).map(Number))",
        )
        assert len(places) == len(points)
        assert np.abs(window.plane(np.array(places)) - points).max() <= 0.0051 * window.pixel


def others(visit: Visit, axis: str) -> list[float]:
    """The outputs of the other operators along one axis, in the order of the table."""
    found: list[float] = visit.page.eval_on_selector_all(
        f'#outputs data[data-name$="-{axis}"]', "all => all.map(one => Number(one.value))"
    )
    return found


def test_other_operators_blend_and_select(playground):
    """Weights and outputs by their formulas, with one key masked and one beyond its threshold."""
    keys = np.array([[1.5, 0.5], [0.25, 2.0], [-1.0, -0.75], [0.5, -0.5]])
    scene = Scene(np.array([0.3, 0.9]), keys, 0.3, 2.0, 0.34, (3,))
    visit = playground(fragment(scene))
    dots, squares = keys[:3] @ scene.query, ((keys[:3] - scene.query) ** 2).sum(axis=1)
    ranked = np.sort(dots / math.sqrt(2))[::-1]
    # three scores: the support is the largest number of them with 1 + n z_n > their sum
    count = max(n for n in (1, 2, 3) if 1 + n * ranked[n - 1] > ranked[:n].sum())
    level = (ranked[:count].sum() - 1) / count
    two = np.where(dots >= np.sort(dots)[1], dots / math.sqrt(2), -np.inf)
    table = scene.call(gda.admission)
    admitted = np.where(table.admitted[0, :3], -table.energy[0, :3] / 0.1, -np.inf)
    assert np.isfinite(admitted).sum() == 2
    for name, weights in {
        "attention": softmax(dots / math.sqrt(2)),
        "sparsemax": np.maximum(dots / math.sqrt(2) - level, 0.0),
        "top2": softmax(two),
        "hopfield": softmax(2.0 * dots),
        "hard": np.eye(3)[dots.argmax()],
        "nearest": np.eye(3)[squares.argmin()],
        "gaussian": softmax(-2.0 * squares),
        "softmin": softmax(admitted),
    }.items():
        shown = [visit.value(f"other-{name}-{axis}") for axis in "xy"]
        # sums of three products of numbers of at most 2, weights good to a few ulp
        assert shown == pytest.approx((weights @ keys[:3]).tolist(), abs=1e-14), name
        texts = visit.texts(f"weights-{name}")[0].split(", ")
        assert [float(text) for text in texts] == pytest.approx([*weights, 0.0], abs=5.1e-4), name


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """exp(s) over its sum."""
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum())
