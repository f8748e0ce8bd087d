"""Every example reaches the effect that its text states, and links to the clause that says so."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import pairwise

import gd_attention as gda
import numpy as np
import pytest
from gd_attention.spec import clauses
from playground_visit import FOLDER, ROOT, Visit


def nearest(visit: Visit) -> int:
    """The key of least distance, by exact squares of the floats."""
    scene = visit.scene
    squares = [
        sum((k - q) ** 2 for k, q in zip(key, scene.query, strict=True)) for key in exact(visit)
    ]
    return squares.index(min(squares))


def exact(visit: Visit) -> list[list[float]]:
    """The keys as Python's numbers."""
    return visit.scene.keys.tolist()


def cells(visit: Visit) -> int:
    """How many cells the plane shows, abstention not counted."""
    found: int = visit.page.locator('[data-cell]:not([data-cell="-1"])').count()
    return found


def start(visit: Visit) -> None:
    assert visit.value("index") == 3
    assert cells(visit) == 4


def shared(visit: Visit) -> None:
    assert visit.value("index") == nearest(visit)
    assert cells(visit) == 7
    # the weight and the precision change energies and no border
    border = "document.querySelector('.border').getAttribute('d')"
    before, energy = visit.page.evaluate(border), visit.value("energy")
    for name, text in (("alpha", "0.8"), ("beta", "0.3")):
        field = visit.page.get_by_role("textbox", name=name, exact=True)
        visit.after(lambda field=field, text=text: (field.fill(text), field.press("Tab")))
    assert visit.page.evaluate(border) == before
    assert visit.value("energy") != energy


def curved(visit: Visit) -> None:
    assert visit.value("index") == 4 != nearest(visit)
    # key 4 has the lowest ceiling, and takes the corners of the window
    ceilings = visit.values("key-ceiling")
    assert ceilings.index(min(ceilings)) == 4
    scene = visit.scene
    x, y, half = (float(part) for part in scene.rest["view"].split(","))
    for a, b in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        scene.query = np.array([x + a * half, y + b * half])
        assert scene.call(gda.gd_attention).index[0] == 4


def reversed_order(visit: Visit) -> None:
    assert visit.value("index") == 1 != nearest(visit)
    first, second = visit.values("key-energy")
    assert first == 0.25
    assert second < -math.log(127 / 128) < 0.01


def two(visit: Visit) -> None:
    assert visit.texts("unique") == ["no, two"]
    assert visit.value("twin-t") == pytest.approx(1 - visit.value("alignment-t"), abs=1e-15)
    assert visit.value("twin-energy") == visit.value("alignment-energy")
    assert visit.value("alignment-t") > 0.5
    field = visit.page.get_by_role("textbox", name="alpha", exact=True)
    visit.after(lambda: (field.fill("0.49"), field.press("Tab")))
    assert visit.texts("unique") == ["yes"]


def midpoint(visit: Visit) -> None:
    assert visit.value("saddle-t") == 0.5
    assert visit.value("saddle-energy") == visit.value("midpoint-energy") == 2.25
    assert visit.shown("pair-energy") == [0.693024]
    ends = gda.energy(np.array([[0.0, 0.0], [3.0, 0.0]]), [0.0, 0.0], [3.0, 0.0], alpha=0.5)
    assert max(ends) < 2.25


def saturation(visit: Visit) -> None:
    assert set(visit.values("key-energy")) == {math.log(2)}
    assert visit.value("index") == 1
    assert visit.scene.keys[1].tolist() == [11, 0]


def iris(visit: Visit) -> None:
    assert visit.value("index") == nearest(visit) == 3
    rows = (ROOT / "spec" / "data" / "iris.csv").read_text(encoding="utf-8").split()[1:]
    flowers = {(float(c), float(d), name) for _, _, c, d, name in (row.split(",") for row in rows)}
    names = ["setosa"] * 3 + ["versicolor"] * 3 + ["virginica"] * 3
    assert {(*key, name) for key, name in zip(exact(visit), names, strict=True)} <= flowers


def radius(visit: Visit) -> None:
    (reach,) = set(visit.values("radius"))
    scene = visit.scene
    inside = [math.dist(key, scene.query) <= reach for key in scene.keys]
    assert [state != "threshold" for state in visit.states()] == inside
    assert len(set(inside)) == 2
    assert visit.page.locator("circle.radius").count() == 1
    assert visit.page.locator('[data-cell="-1"]').count() == 1


def abstain(visit: Visit) -> None:
    assert visit.value("index") == -1
    assert visit.states() == ["threshold"] * 3
    query = visit.page.locator('[data-handle="query"]')
    query.focus()
    for _ in range(8):
        visit.after(lambda: [query.press("ArrowDown") for _ in range(8)])
        if visit.value("index") >= 0:
            return
    raise AssertionError("no key was admitted on the way down")


def idle(visit: Visit) -> None:
    assert visit.shown("pair-ceiling") == [0.105361]
    assert visit.values("radius") == [math.inf] * 3
    assert "threshold" not in visit.states()
    assert visit.scene.threshold == 0.15


def log_two(visit: Visit) -> None:
    assert visit.scene.threshold == math.log(2)
    assert visit.states() == ["threshold", "selected"]
    assert visit.shown("separation") == [39.69, 37.21]


def zero(visit: Visit) -> None:
    assert visit.states() == ["threshold", "selected", "threshold"]
    assert 1e-9 < visit.values("key-energy")[0] < 3e-9


def tie(visit: Visit) -> None:
    distances = [[abs(a) for a in key] for key in exact(visit)]
    assert sorted(distances[1]) == sorted(distances[2]) == sorted(distances[3])
    assert visit.value("index") == 1


def filtered(visit: Visit) -> None:
    assert nearest(visit) == 0
    assert visit.states() == ["threshold", "selected"]


def critical(visit: Visit) -> None:
    assert visit.value("pair-separation") == 2
    assert visit.texts("convex") == ["convex"]
    assert visit.value("coordinate") == 0.5 and visit.texts("unique") == ["yes"]
    key = visit.page.locator('[data-handle="0"]')
    key.focus()
    visit.after(lambda: key.press("ArrowRight"))
    assert visit.texts("unique") == ["no, two"]


def metastable(visit: Visit) -> None:
    assert visit.value("minimum-t") < visit.value("saddle-t") < visit.value("alignment-t")
    assert visit.value("log-odds") < visit.value("spinodal")
    field = visit.page.get_by_role("textbox", name="alpha", exact=True)
    visit.after(lambda: (field.fill("0.05"), field.press("Tab")))
    assert visit.value("log-odds") > visit.value("spinodal")
    assert visit.values("saddle-t") == visit.values("minimum-t") == []


def onward(visit: Visit) -> None:
    assert visit.values("path-index")[:4] == [0, 0, 1, 1]
    energies = visit.values("path-energy")
    assert all(after < before for before, after in pairwise(energies))


def stuck(visit: Visit) -> None:
    assert visit.value("pair-separation") == 100
    assert "stagnated" in (visit.page.locator("#step-text").text_content() or "")
    assert len(visit.values("path-index")) == 1


def blend(visit: Visit) -> None:
    output = [visit.value(f"output-{axis}") for axis in "xy"]
    keys = exact(visit)
    assert len({tuple(sorted(map(abs, key))) for key in keys}) == 1
    assert [visit.value(f"other-hard-{axis}") for axis in "xy"] == output
    assert output in keys
    for name in ("attention", "sparsemax"):
        assert [visit.value(f"other-{name}-{axis}") for axis in "xy"] not in keys


EFFECTS: dict[str, Callable[[Visit], None]] = {
    "start": start,
    "nearest": shared,
    "curved": curved,
    "reversed": reversed_order,
    "two": two,
    "midpoint": midpoint,
    "saturation": saturation,
    "iris": iris,
    "radius": radius,
    "abstain": abstain,
    "idle": idle,
    "log2": log_two,
    "zero": zero,
    "tie": tie,
    "filter": filtered,
    "critical": critical,
    "metastable": metastable,
    "onward": onward,
    "stuck": stuck,
    "blend": blend,
}


def test_every_example_reaches_its_effect(playground):
    """The stated effect, the handles in the window, and the link to an existing clause."""
    visit = playground()
    page = visit.page
    offered = page.eval_on_selector_all("#preset option", "all => all.map(one => one.value)")
    assert offered == ["", *EFFECTS]
    shown_clauses = set()
    for name, effect in EFFECTS.items():
        if page.locator("#preset").input_value() != name:
            visit.choose(name)
        box = page.locator("#plane svg").bounding_box()
        for handle in page.locator("[data-handle] .body").all():
            inner = handle.bounding_box()
            assert box["x"] <= inner["x"], name
            assert inner["x"] + inner["width"] <= box["x"] + box["width"], name
            assert box["y"] <= inner["y"]
            assert inner["y"] + inner["height"] <= box["y"] + box["height"]
        link = page.locator("#preset-text a")
        clause = link.text_content() or ""
        source = (FOLDER / (link.get_attribute("href") or "")).resolve()
        assert f"{{clause}} {clause}\n" in source.read_text(encoding="utf-8"), name
        assert clause in clauses()
        shown_clauses.add(clause)
        effect(visit)
    errata = {name for name in clauses() if name.startswith("GDA-erratum-")}
    assert errata <= shown_clauses


def test_inside_the_site_links_lead_to_the_clause(playground):
    """The address of a clause's anchor, where the page is not in the repository."""
    visit = playground()
    found = visit.page.evaluate(
        "gdaPage.presets.list.map(one => [one.clause, gdaPage.presets.siteLink(one)])"
    )
    for clause, link in found:
        match = re.fullmatch(r"\.\./standard/([0-9a-z-]+)\.html#([a-z0-9-]+)", link)
        assert match and match[2] == clause.lower()
        text = (ROOT / "spec" / "text" / f"{match[1]}.md").read_text(encoding="utf-8")
        assert f"{{clause}} {clause}\n" in text
