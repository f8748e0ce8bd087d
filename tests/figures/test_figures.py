"""The figures are what their scripts draw, and show what their captions say."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
from gd_attention.spec import clauses

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "figures"


def _loaded(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = _loaded("make_figures", ROOT / "tools" / "make_figures.py")
CLAIMS = _loaded("figure_claims", Path(__file__).with_name("figure_claims.py")).CLAIMS
ENTRIES: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in MAKE.entries()}


def test_every_figure_is_listed_and_judged() -> None:
    assert list(ENTRIES) == list(CLAIMS)
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "style"}
    assert modules == {path.stem for path in FOLDER.glob("*.svg")} == set(ENTRIES)


@pytest.mark.parametrize("name", ENTRIES)
def test_the_file_is_what_the_script_draws(name: str) -> None:
    """Byte for byte. The extra `figures` pins the version of matplotlib that drew them."""
    drawn = MAKE.drawn(ENTRIES[name])
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == drawn, "run `make figures`"


@pytest.mark.parametrize("name", ENTRIES)
def test_the_figure_shows_what_the_caption_says(name: str) -> None:
    said = CLAIMS[name](MAKE.module(name).data())
    for number in said:
        assert number in ENTRIES[name]["caption"], number
        assert number in ENTRIES[name]["caption_ja"], number


@pytest.mark.parametrize("name", ENTRIES)
def test_both_captions_hold_the_same_formulas_and_clauses(name: str) -> None:
    entry = ENTRIES[name]
    english, japanese = entry["caption"], entry["caption_ja"]
    formula = re.compile(r"\$[^$]+\$")
    assert sorted(formula.findall(english)) == sorted(formula.findall(japanese))
    for text in (english, japanese):
        assert (
            re.findall(r"GDA-[a-z-]*[a-z]", text.split("Clauses")[-1].split("条項")[-1])
            == (entry["clauses"])
        )
    assert set(entry["clauses"]) <= set(clauses())
    # words for those who do not see it, without formulas and without what would end them
    for alt in (entry["alt"], entry["alt_ja"]):
        assert len(alt) > 60 and not set(alt) & set("$[]()\\")


@pytest.mark.parametrize("path", MAKE.pages(), ids=lambda path: path.name)
def test_pages_hold_the_captions(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == MAKE.pages()[path], "run `make figures`"


@pytest.mark.parametrize("name", ENTRIES)
def test_the_figure_stands_in_its_chapter(name: str) -> None:
    chapter = ROOT / "spec" / "text" / ENTRIES[name]["chapter"]
    text = chapter.read_text(encoding="utf-8")
    assert text.count(MAKE.block(ENTRIES[name], chapter)) == 1
    # the chapter also has one of the clauses
    assert any(f"{{clause}} {clause}\n" in text for clause in ENTRIES[name]["clauses"])


@pytest.mark.parametrize("name", ENTRIES)
def test_the_file_is_self_contained_and_has_both_inks(name: str) -> None:
    """No reference outward, a title, and for every ink of the light page one of the dark."""
    text = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    tree = ElementTree.fromstring(text)
    names = {tag.tag.rpartition("}")[2] for tag in tree.iter()}
    assert not names & {"script", "image", "foreignObject", "text"}
    assert tree.find("{http://www.w3.org/2000/svg}title").text == ENTRIES[name]["title"]
    links = [value for tag in tree.iter() for key, value in tag.items() if key.endswith("href")]
    assert all(link.startswith("#") for link in links)
    sheet = text[text.index("<style type") : text.index("</style>")]
    body = text.replace(sheet, "")
    inks = dict(MAKE.module("style").INKS.values())
    used = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", body))
    # the body has light inks alone, so that the sheet leaves none as it is
    assert used <= set(inks)
    for light in used:
        assert f"{light}" in sheet and inks[light] in sheet
    # what has no colour of its own is black in every browser: nothing may be
    for tag in tree.iter("{http://www.w3.org/2000/svg}use"):
        assert tag.get("style") or tag.get("fill") or _painted(tree, tag)


def _painted(tree: ElementTree.Element, leaf: ElementTree.Element) -> bool:
    """Whether an element above sets a fill."""
    above = {child: parent for parent in tree.iter() for child in parent}
    while leaf in above:
        leaf = above[leaf]
        if "fill: #" in (leaf.get("style") or ""):
            return True
    return False


def _luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("page", [0, 1], ids=["light", "dark"])
def test_inks_are_legible(page: int) -> None:
    """WCAG 2: 4.5 to 1 for what text is drawn in, on the card and on both tints."""
    inks = {name: _luminance(pair[page]) for name, pair in MAKE.module("style").INKS.items()}
    for ink in ("ink", "muted", "first", "second", "third", "fourth"):
        for ground in ("card", "tint"):
            low, high = sorted((inks[ink], inks[ground]))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, ground)
    low, high = sorted((inks["ink"], inks["shade"]))
    assert (high + 0.05) / (low + 0.05) >= 4.5
