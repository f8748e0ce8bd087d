"""The drawings: places, marks and words."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from gd_attention.conformance.case import Case
from gd_attention.conformance.reports.marks import KINDS, mark
from gd_attention.conformance.reports.passage import draw_passages
from gd_attention.conformance.reports.plane import draw_plane
from gd_attention.conformance.reports.scene import scene
from made import example

CLAUSE = "GDA-conf-report"


def plane(case: Case, **returned: object) -> ET.Element:
    """The figure of the keys of a case."""
    found = scene(example(case, **returned))
    assert found is not None
    return ET.fromstring(str(draw_plane(found, "x")))


def passages(case: Case, **returned: object) -> ET.Element | None:
    """The figure of the landscape of a case."""
    found = scene(example(case, **returned))
    assert found is not None
    drawn = draw_passages(found, "x")
    return None if drawn is None else ET.fromstring(str(drawn))


def marks(figure: ET.Element) -> list[tuple[str, str]]:
    """Kind and geometry of every mark in the picture itself, in order."""
    picture = figure.find("svg")
    assert picture is not None
    found = []
    for node in picture.iter():
        kind, _, name = node.get("class", "").partition(" ")
        if kind == "mark":
            found.append((name, node.get("d") or f"{node.get('cx')} {node.get('cy')}"))
    return found


def spot(figure: ET.Element, name: str) -> tuple[float, float]:
    """The first point of the geometry of a mark: its centre for circles."""
    geometry = dict(reversed(marks(figure)))[name]
    x, y = re.findall(r"-?[0-9.]+", geometry)[:2]
    return float(x), float(y)


def words(figure: ET.Element) -> str:
    return " ".join("".join(figure.itertext()).split())


TRIANGLE = Case(query=np.array([[0.0, 0.0]]), keys=np.array([[3.0, 4.0], [-3.0, 0.0], [0.0, -5.0]]))


@pytest.mark.clause(CLAUSE)
def test_places_are_those_of_the_keys():
    """One scale for both axes, y upwards, the circle through the expected key."""
    figure = plane(TRIANGLE, index=[0])
    expected = spot(figure, "expected")
    (circle,) = (node for node in figure.iter("circle") if node.get("class") == "circle")
    query = float(circle.get("cx", "nan")), float(circle.get("cy", "nan"))
    radius = float(circle.get("r", "nan"))
    assert math.dist(query, expected) == pytest.approx(radius, abs=0.02)
    key = spot(figure, "admitted")
    assert math.dist(query, key) == pytest.approx(radius * 5 / 3, abs=0.02)
    assert key[1] < query[1]
    assert expected[0] < query[0]


@pytest.mark.clause(CLAUSE)
@pytest.mark.parametrize("scale", [2.0**-1000, 2.0**-30, 2.0**900])
def test_a_picture_does_not_depend_on_the_scale(scale):
    """Scaled by a power of two, or moved exactly, the marks stay where they are."""
    scaled = Case(query=TRIANGLE.query * scale, keys=TRIANGLE.keys * scale)
    moved = Case(query=TRIANGLE.query + 2.0**50, keys=TRIANGLE.keys + 2.0**50)
    assert marks(plane(scaled, index=[0])) == marks(plane(TRIANGLE, index=[0]))
    assert marks(plane(moved, index=[0])) == marks(plane(TRIANGLE, index=[0]))


@pytest.mark.clause(CLAUSE)
def test_dimensions_are_said():
    """A line, a plane, and two components of more."""
    assert "drawn as a line" in words(plane(Case(np.zeros((1, 1)), np.ones((2, 1))), index=[1]))
    assert "one scale for both" in words(plane(TRIANGLE, index=[0]))
    many = plane(Case(np.zeros((1, 5)), np.eye(5)), index=[1])
    assert "The first two of 5 components" in words(many)
    assert not [node for node in many.iter("circle") if node.get("class") == "circle"]
    assert "lies on the query" in words(plane(Case(np.zeros((1, 1)), np.zeros((2, 1))), index=[1]))


@pytest.mark.clause(CLAUSE)
def test_kinds_are_marked_and_named():
    """Masked, excluded, admitted, expected and returned keys, each with its mark and its word."""
    case = Case(
        query=np.array([[0.0, 0.0]]),
        keys=np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [0.0, 4.0], [np.nan, 0.0]]),
        mask=np.array([True, False, True, True, False]),
        threshold=np.array([0.1, 9.0, 9.0, 9.0, 9.0]),
    )
    figure = plane(case, index=[3])
    kinds = [kind for kind, _ in marks(figure)]
    assert sorted(kinds) == ["admitted", "excluded", "expected", "masked", "query", "returned"]
    said = words(figure)
    for kind in kinds:
        assert KINDS[kind] in said
    assert "k2 expected" in said and "k3 returned" in said
    assert "not drawn (not finite, or far outside): 4" in said
    about = figure.find("svg/desc")
    assert about is not None
    assert "Key 0 at (1, 0): excluded by its threshold." in (about.text or "")


@pytest.mark.clause(CLAUSE)
def test_marks_differ_by_shape():
    """No two kinds have the same outline: grey paper and every eye can tell them apart."""
    shapes = {kind: re.sub(r'class="[^"]*"', "", str(mark(kind, 0.0, 0.0))) for kind in KINDS}
    # filled and dashed circles look different through the style sheet
    del shapes["undecided"]
    assert len(set(shapes.values())) == len(shapes)


@pytest.mark.clause(CLAUSE)
def test_wide_distances_are_drawn_by_their_logarithm():
    """Directions stay, order of distance stays, and the caption says so."""
    keys = np.array([[1e-300, 0.0], [0.0, 1.0], [-1e200, 0.0]])
    figure = plane(Case(query=np.zeros((1, 2)), keys=keys), index=[2])
    assert "on a logarithmic scale" in words(figure)
    near, middle = spot(figure, "expected"), spot(figure, "admitted")
    picture = figure.find("svg")
    assert picture is not None
    (vertical,) = (
        node
        for node in picture.iter("path")
        if re.fullmatch(r"M[\d.]+ 0V[\d.]+", node.get("d", ""))
    )
    x = float(re.findall(r"[\d.]+", vertical.get("d", ""))[0])
    assert near[0] > x + 5
    assert middle[0] == pytest.approx(x, abs=0.02)
    assert "on a logarithmic scale" not in words(plane(TRIANGLE, index=[0]))


@pytest.mark.clause(CLAUSE)
def test_the_landscape_is_drawn_for_both_keys():
    """Two curves, dashed for the returned key, the alignment points, the threshold, the words."""
    case = Case(np.zeros((1, 1)), np.array([[3.0], [1.0]]), threshold=0.5)
    figure = passages(case, index=[0], coordinate=[0.5])
    assert figure is not None
    picture = figure.find("svg")
    assert picture is not None
    curves = [node for node in picture.iter() if node.get("class", "").startswith("curve")]
    assert [node.get("class") for node in curves] == ["curve expected", "curve returned"]
    assert all(len(node.get("d", "").split("L")) > 90 for node in curves)
    assert [kind for kind, _ in marks(figure)] == ["expected", "returned", "own"]
    # separation 1 at alpha = 1/2: t = 1/2 and a quarter of the separation
    said = words(figure)
    assert (
        "Key 1, expected: separation 1, alpha 0.5, alignment point at t = 0.5 with energy" in said
    )
    assert "Returned for key 0: t = 0.5." in said
    assert "threshold of keys 1 and 0" in said
    left, right = 60.0, 360.0 - 14.0
    assert spot(figure, "expected")[0] == pytest.approx((left + right) / 2, abs=0.02)


@pytest.mark.clause(CLAUSE)
def test_landscapes_of_every_size():
    """Nothing overflows or leaves the frame, from the least separation to the largest."""
    for reach in (1e-323, 1e-200, 1e-3, 1.0, 30.0, 1e5, 1e154, 1e308):
        case = Case(np.zeros((1, 1)), np.array([[reach], [reach / 2]]), alpha=0.3)
        figure = passages(case, index=[0])
        assert figure is not None
        for name in ("expected", "returned"):
            x, y = spot(figure, name)
            assert 50 <= x <= 347 and 0 < y < 204, (reach, name)
        assert "nan" not in ET.tostring(figure, encoding="unicode")
    assert passages(Case(np.zeros((1, 1)), np.zeros((1, 1))), index=[0]) is None
