"""The built site: every clause has its address, every theorem its proof, every link a target."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from gd_attention.spec import clauses, vector_documents

ROOT = Path(__file__).resolve().parents[2]


def tool(name: str) -> ModuleType:
    """A module of the folder tools."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


check_site = tool("check_site")


def targets(site: Path, page: str) -> list[str]:
    """The links of a page."""
    return [
        address
        for tag, name, address in check_site.read(site / page).addresses
        if (tag, name) == ("a", "href")
    ]


def test_every_link_holds_and_nothing_asks_a_network(site: Path) -> None:
    assert check_site.problems(site) == []


def test_every_clause_is_reached_by_its_permanent_address(site: Path) -> None:
    chapters = {
        path: check_site.read(path).anchors for path in (site / "standard").glob("[0-9]*.html")
    }
    for identifier in clauses():
        anchor = identifier.lower()
        holders = [path.name for path, anchors in chapters.items() if anchor in anchors]
        assert len(holders) == 1, identifier
        page = f"clause/{identifier.removeprefix('GDA-')}.html"
        assert f"../standard/{holders[0]}#{anchor}" in targets(site, page)


def test_every_file_of_the_registry_is_linked_below_its_clause(site: Path) -> None:
    pages = {path: path.read_text() for path in (site / "standard").glob("[0-9]*.html")}
    for identifier, clause in clauses().items():
        text = next(text for text in pages.values() if f'id="{identifier.lower()}"' in text)
        box = text.split(f'id="{identifier.lower()}"')[1].split("</details>")[0]
        for path in (*clause.code, *clause.tests):
            (line,) = re.findall(rf'href="\.\./source/{re.escape(path)}\.html#L-(\d+)"', box)
            assert identifier in (ROOT / path).read_text().splitlines()[int(line) - 1]


def test_the_vectors_and_mutants_of_a_clause_are_linked(site: Path) -> None:
    text = (site / "standard" / "04-alignment-point.html").read_text()
    box = text.split('id="gda-align-unique"')[1].split("</details>")[0]
    asked = sum(
        "GDA-align-unique" in vector["clauses"]
        for _, document in vector_documents()
        for vector in document["vectors"]
    )
    assert f"{asked} vectors" in box
    assert 'href="vectors.html#vector-basic-default"' in box
    assert 'href="../kill-table.html#mutant-always-unique"' in box


def test_every_theorem_is_linked_to_its_proofs(site: Path) -> None:
    text = (site / "standard" / "theorems.html").read_text()
    rows = dict(re.findall(r'<tr [^>]*id="(t\d+)"[^>]*>(.*?)</tr>', text, flags=re.DOTALL))
    theorems = {entry.theorem: entry for entry in clauses().values() if entry.theorem}
    assert set(rows) == {name.lower() for name in theorems}
    for name, clause in theorems.items():
        links = re.findall(r'href="([^"]+)"', rows[name.lower()])
        notebooks = [link for link in links if link.startswith("../derivations/")]
        assert len(notebooks) == sum(path.endswith(".proof.py") for path in clause.proof) > 0
        assert any(link.endswith(f"#{clause.id.lower()}") for link in links)


def test_the_notebooks_show_their_code_and_the_formulas_are_rendered(site: Path) -> None:
    page = (site / "derivations" / "uniqueness.html").read_text()
    assert page.count("cell_input") >= 5
    assert "katex-html" in page
    assert "$" not in re.sub(r"<(script|pre|annotation).*?</\1>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ('<a href="gone.html">x</a>', "leads nowhere"),
        ('<a href="#gone">x</a>', "no anchor gone there"),
        ('<img src="https://example.org/a.png">', "asks a network"),
        ('<link rel="stylesheet" href="//example.org/a.css">', "asks a network"),
        ('<script src="http://example.org/a.js"></script>', "asks a network"),
        ('<p style="background: url(https://example.org/a.png)">x</p>', "asks a network"),
        ("<style>@import 'https://example.org/a.css';</style>", "asks a network"),
        ('<a href="../above.html">x</a>', "leaves the site"),
        ('<a href="/index.html">x</a>', "from the root of a host"),
        ('<meta http-equiv="refresh" content="0; url=gone.html">', "leads nowhere"),
    ],
)
def test_the_check_of_links_sees_a_fault(tmp_path: Path, page: str, problem: str) -> None:
    (tmp_path / "index.html").write_text(f"<html><body>{page}</body></html>")
    (found,) = check_site.problems(tmp_path)
    assert problem in found


def test_the_check_of_links_lets_a_reader_go_out(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<a id="x" href="https://example.org/">x</a><a href="#x">')
    assert check_site.problems(tmp_path) == []


def test_japanese_pages_say_their_language(site: Path) -> None:
    for page in ("ja/definition.html", "ja/figures.html", "ja/readme.html"):
        assert re.search(r'<html [^>]*lang="ja"', (site / page).read_text()), page
    assert re.search(r'<html [^>]*lang="en"', (site / "index.html").read_text())
