"""The Japanese definition says the clauses of its chapters, and README.ja.md follows README.md.

What a program can compare: ids, kinds, formulas, code, and how many obligations a clause states.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = (
    "02-landscape.md",
    "03-jump.md",
    "04-alignment-point.md",
    "05-energy.md",
    "06-admission.md",
    "07-selection.md",
    "08-abstention.md",
    "10-reconstruction.md",
)
KINDS = {"definition": "定義", "must": "必須"}
DEFINITION = (ROOT / "docs" / "ja" / "definition.md").read_text(encoding="utf-8")
PROSE, GLOSSARY = DEFINITION.split("\n## 用語対照\n")
README = ROOT / "README.md"
README_JA = ROOT / "README.ja.md"


def english() -> dict[str, tuple[str, str]]:
    """Kind and text of the clauses of the chapters, by id, in order."""
    pattern = re.compile(r"^:::\{clause\} (\S+)\n:kind: (\w+)\n\n(.*?)^:::$", re.M | re.S)
    return {
        found[1]: (found[2], found[3])
        for name in CHAPTERS
        for found in pattern.finditer(chapter(name))
    }


def chapter(name: str) -> str:
    return (ROOT / "spec" / "text" / name).read_text(encoding="utf-8")


def japanese() -> dict[str, tuple[str, str]]:
    """The same of the Japanese page, where a clause is a quotation with its id in front."""
    pattern = re.compile(r"^> \*\*(GDA-[a-z-]+)\*\*（(\w+)）\n((?:>.*\n)+)", re.M)
    found = {m[1]: (m[2], re.sub(r"^> ?", "", m[3], flags=re.M)) for m in pattern.finditer(PROSE)}
    assert len(found) == len(pattern.findall(PROSE)) == PROSE.count("\n> **GDA-")
    return found


def formulas(text: str) -> Counter[str]:
    """Formulas of a text; spaces and line ends count as one space, and display as inline."""
    found = re.findall(r"\$\$(.+?)\$\$|\$(.+?)\$", text, re.S)
    return Counter(" ".join((display or inline).split()) for display, inline in found)


def code(text: str) -> Counter[str]:
    return Counter(re.findall(r"`([^`\n]+)`", text))


def test_the_same_clauses_in_the_same_order() -> None:
    assert list(japanese()) == list(english())
    assert {name: kind for name, (kind, _) in japanese().items()} == {
        name: KINDS[kind] for name, (kind, _) in english().items()
    }


@pytest.mark.parametrize("identifier", english())
def test_a_clause_has_the_same_formulas_code_and_obligations(identifier: str) -> None:
    (_, here), (_, there) = english()[identifier], japanese()[identifier]
    # a display formula ends with the full stop of its sentence in English
    stops = {re.sub(r"[.,]$", "", formula).strip(): n for formula, n in formulas(here).items()}
    assert Counter(stops) == formulas(there)
    assert code(here) == code(there)
    assert len(re.findall(r"\bMUST\b", here)) == len(re.findall(r"なければなら|てはならな", there))
    assert len(re.findall(r"\bMAY\b", here)) == len(re.findall(r"[てで]もよい", there))
    mentions = re.compile(r"GDA(?:-[a-z0-9]+){2,}")
    assert Counter(mentions.findall(here)) == Counter(mentions.findall(there))


def test_the_prose_has_no_formula_of_its_own() -> None:
    """Between the clauses too, every formula stands in the chapters or in a caption."""
    known = formulas("\n".join(chapter(name) for name in CHAPTERS))
    known |= Counter({re.sub(r"[.,]$", "", formula).strip(): 1 for formula in known})
    # names of quantities in the introduction are not formulas of a chapter
    assert not {
        formula
        for formula in formulas(re.sub(r"^> ?", "", PROSE, flags=re.M))
        if formula not in known
    }


def test_it_says_that_it_is_not_normative_and_links_to_every_chapter() -> None:
    head = PROSE.split("\n## ")[0]
    assert "規範ではない" in head and "英語の本文が優先する" in head
    for name in CHAPTERS:
        assert PROSE.count(f"(../../spec/text/{name})") == 2
    assert "(../../docs/ja/definition.md)" in chapter("00-scope.md")


def test_the_glossary_names_the_terms_of_the_page() -> None:
    """Every Japanese term of the table is used, and no term or name stands twice."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in GLOSSARY.splitlines()
        if line.startswith("| ")
    ][2:]
    terms = [re.sub(r"（.*?）", "", term) for row in rows for term in row[0].split("、")]
    assert len(terms) == len(set(terms)) > 30
    others = README_JA, ROOT / "docs" / "ja" / "figures.md"
    texts = PROSE + "".join(path.read_text(encoding="utf-8") for path in others)
    assert not [term for term in terms if term not in texts]


def sections(text: str) -> list[tuple[int, str]]:
    """Level and body of every section, fences left out of the search for headings."""
    kept, fence = [], False
    for line in text.splitlines():
        fence ^= line.startswith("```")
        kept.append(line if fence or not re.match(r"#+ ", line) else f"\0{line}")
    parts = "\n".join(kept).split("\0")[1:]
    return [(len(part.split(" ")[0]), part.partition("\n")[2]) for part in parts]


def fences(text: str) -> list[str]:
    return re.findall(r"^```.*?^```$", text, re.M | re.S)


def pairs() -> list[tuple[int, str, str]]:
    here = sections(README.read_text(encoding="utf-8"))
    there = sections(README_JA.read_text(encoding="utf-8"))
    assert [level for level, _ in here] == [level for level, _ in there]
    return [(i, h[1], t[1]) for i, (h, t) in enumerate(zip(here, there, strict=True))]


def translated(text: str) -> tuple[list[str], list[list[str]]]:
    """Fences that a reader runs, whole; of those that are text to read, the names alone."""
    found = fences(text)
    run = [fence for fence in found if not fence.startswith("```text")]
    return run, [commands(fence) for fence in found if fence not in run]


def test_the_readme_has_the_same_sections_and_fences() -> None:
    for number, here, there in pairs():
        assert translated(here) == translated(there), f"section {number}"


def test_the_readme_has_the_same_code_and_links() -> None:
    """Names in code and targets of links, section by section."""
    link = re.compile(r"\]\(([^)\s]+)\)")
    for number, here, there in pairs():
        here, there = (re.sub(r"^```.*?^```$", "", t, flags=re.M | re.S) for t in (here, there))
        assert set(code(here)) == set(code(there)), f"section {number}"
        own = {"docs/ja/definition.md", "docs/ja/figures.md", "README.md", "README.ja.md"}
        assert set(link.findall(here)) - own == set(link.findall(there)) - own, f"section {number}"


def commands(fence: str) -> list[str]:
    """The lines of a fence up to their description."""
    return [re.split(r"\s{2,}", line)[0] for line in fence.splitlines()]


def test_the_readmes_name_each_other() -> None:
    assert "(README.ja.md)" in README.read_text(encoding="utf-8")
    text = README_JA.read_text(encoding="utf-8")
    assert "(README.md)" in text and "(docs/ja/definition.md)" in text
