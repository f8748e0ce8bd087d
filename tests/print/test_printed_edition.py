"""The printed edition, read back: what it says, where its numbers lead, which glyphs it shows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pypdfium2
import pytest
import yaml
from fontTools.ttLib import TTFont
from gd_attention.spec import clauses

from .pdf_reading import Printed

ROOT = Path(__file__).resolve().parents[2]
NPM = ROOT / "build" / "npm" / "node_modules"
CHAPTERS = sorted((ROOT / "spec" / "text").glob("*.md"))
# Families of docs/print/print.css and of KaTeX; any other is one of the system.
FAMILIES = ("STIX-Two-Text", "STIX-Two-Math", "Source-Code-Pro", "KaTeX_")
# The margin that print.css sets, in points. The outline of a slanted glyph may reach over the width
# that it is set with, by less than a tenth of an em: one point of the text's ten.
MARGIN, OVERHANG = 24 / 25.4 * 72, 1.0


@pytest.fixture(scope="module")
def printed(edition_file: Path) -> Printed:
    return Printed(edition_file)


def squeezed(text: str) -> str:
    """Without the breaks and spaces that a layout adds."""
    return re.sub(r"\s+", "", text)


def signs(font: TTFont) -> dict[int, set[int]]:
    """The characters that each glyph of a font stands for."""
    found: dict[int, set[int]] = {}
    for code, name in font.getBestCmap().items():
        found.setdefault(font.getGlyphID(name), set()).add(code)
    return found


def titles(level: int) -> list[str]:
    """The headings of the chapters at a level, as their sources have them."""
    mark = "#" * level + " "
    found = []
    for path in CHAPTERS:
        fenced = False
        for line in path.read_text(encoding="utf-8").splitlines():
            fenced ^= line.startswith("```")
            if line.startswith(mark) and not fenced:
                found.append(
                    line.removeprefix(mark).replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
                )
    return found


def test_two_builds_give_the_same_bytes(editions: tuple[Path, Path]) -> None:
    one, another = editions
    assert one.read_bytes() == another.read_bytes()


def test_title_page_states_title_version_date_and_licence(printed: Printed) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    version = ".".join(project["version"].split(".")[:2])
    front = printed.texts[1]
    assert "GD-Attention" in front.splitlines()[0]
    assert f"Version {version}" in front
    assert "CC-BY-4.0" in front and f"GDA {version}, clause align-unique" in front
    if "date-released" in citation:
        assert str(citation["date-released"])[:4] in front and "Draft" not in front
    else:
        assert f"Draft, package version {project['version']}" in front


def test_metadata(printed: Printed) -> None:
    facts = printed.reader.metadata
    assert facts is not None
    assert facts.title is not None and facts.title.startswith("GD-Attention 1.0")
    assert facts.author == "The gd-attention project"
    root = printed.reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in root["/Metadata"].get_data()


def test_every_clause_stands_where_its_anchor_leads(printed: Printed) -> None:
    assert len(clauses()) >= 115
    for identifier in clauses():
        page = printed.places[identifier.lower()]
        assert squeezed(identifier) in squeezed(printed.texts[page]), identifier


def test_index_of_clauses_has_the_pages(printed: Printed) -> None:
    first = next(page for _, title, page in printed.outline if title == "Index of clauses")
    index = "".join(squeezed(printed.texts[n]) for n in range(first, len(printed.texts) + 1))
    for identifier, clause in clauses().items():
        found = re.findall(rf"{identifier}{clause.kind}\.*(\d+?)(?=GDA|\D|$)", index)
        assert found == [str(printed.places[identifier.lower()])], identifier


def test_index_of_theorems_and_pointers_to_proofs(printed: Printed) -> None:
    first = next(page for _, title, page in printed.outline if title == "Index of theorems")
    last = next(page for _, title, page in printed.outline if title == "Index of clauses")
    index = "".join(squeezed(printed.texts[n]) for n in range(first, last))
    theorems = [clause for clause in clauses().values() if clause.theorem]
    assert len(theorems) == 26
    for clause in theorems:
        place, proof = (printed.places[p + clause.id.lower()] for p in ("", "proof-"))
        files = squeezed(",".join(clause.proof))
        assert f"{clause.theorem}{clause.id}{place}{files}" in index, clause.id
        box = squeezed(printed.texts[place])
        assert f"Proofonpage{proof};checkedin{files}" in box, clause.id
        assert place <= proof <= place + 1
        assert "Proof." in printed.texts[proof]


def test_outline_has_every_heading(printed: Printed) -> None:
    chapters = [re.sub(r"^\d+\. ", "", title) for level, title, _ in printed.outline if level == 1]
    own = ["References", "Index of theorems", "Index of clauses"]
    assert chapters == ["Contents", *titles(1), *own]
    sections = [re.sub(r"^[\d.]+ ", "", title) for level, title, _ in printed.outline if level == 2]
    assert sections == titles(2)


def test_contents_has_the_pages(printed: Printed) -> None:
    (_, _, start), (_, _, end) = printed.outline[:2]
    lines = [squeezed(line) for n in range(start, end) for line in printed.texts[n].splitlines()]
    contents = [
        found.groups() for line in lines if (found := re.fullmatch(r"(.+?)\.{2,}(\d+)", line))
    ]
    expected = [entry for entry in printed.outline[1:] if entry[0] < 3]
    assert contents == [(squeezed(title), str(page)) for _, title, page in expected]
    for _, title, page in expected:
        assert squeezed(title) in squeezed(printed.texts[page]), title


def test_every_page_but_the_first_is_numbered(printed: Printed) -> None:
    for page, text in printed.texts.items():
        numbered = re.search(rf"(?:^|\n)\s*{page}\s*(?:\n|$)", text)
        assert bool(numbered) == (page > 1), page


def test_displayed_formulas_are_numbered_by_chapter(printed: Printed) -> None:
    everything = squeezed("".join(printed.texts.values()))
    for chapter, path in enumerate(CHAPTERS[:-1], 1):
        formulas = re.findall(r"^ *\$\$$", path.read_text(encoding="utf-8"), re.MULTILINE)
        for number in range(1, len(formulas) // 2 + 1):
            assert f"({chapter}.{number})" in everything, path.name
        assert f"({chapter}.{len(formulas) // 2 + 1})" not in everything, path.name


def test_links_lead_somewhere(printed: Printed) -> None:
    inside = [target for _, target in printed.links() if target.startswith("#")]
    assert len(inside) > 2 * len(clauses())
    assert {target for target in inside if target[1:] not in printed.places} == set()
    outside = {target for _, target in printed.links() if not target.startswith("#")}
    assert all(target.startswith("https://") for target in outside)


def test_glyphs_are_there_and_come_from_fonts_of_the_build(printed: Printed) -> None:
    assert {font for font in printed.fonts() if not font.lstrip("/").startswith(FAMILIES)} == set()
    shown = list(printed.glyphs())
    assert len(shown) > 50_000
    assert [place for *place, glyph in shown if glyph == 0] == []


def test_glyphs_are_those_of_the_characters(printed: Printed) -> None:
    # What a reader sees against what a program reads: a font of the file agrees with one of the
    # font files of the build in every glyph that stands for one character.
    files = [*(NPM / "katex" / "dist" / "fonts").glob("*.woff2")]
    files += (NPM / "@fontsource").glob("*/files/*-latin*-[47]00-*.woff2")
    known = []
    for path in files:
        font = TTFont(path)
        known.append((font["name"].getDebugName(4).replace(" ", "-"), signs(font)))
    compared = 0
    for name, characters in printed.characters():
        candidates = [meant for full, meant in known if full.startswith(name)]
        # a glyph without a character of its own is a variant or a part of a ligature
        agree = [
            sum(code in meant.get(glyph, ()) for glyph, code in characters.items())
            for meant in candidates
            if all(code in meant[glyph] for glyph, code in characters.items() if glyph in meant)
        ]
        assert agree and 2 * max(agree) > len(characters), (name, characters)
        compared += max(agree)
    assert compared > 300


def test_nothing_reaches_into_the_margins(edition_file: Path) -> None:
    over = []
    document = pypdfium2.PdfDocument(edition_file)
    for number, page in enumerate(document, 1):
        width, _ = page.get_size()
        text = page.get_textpage()
        for at in range(text.count_chars()):
            if not text.get_text_range(at, 1).strip():
                continue
            left, _, right, _ = text.get_charbox(at)
            if left < MARGIN - OVERHANG or right > width - MARGIN + OVERHANG:
                over.append((number, text.get_text_range(max(at - 30, 0), 31)))
                break
    assert over == []
