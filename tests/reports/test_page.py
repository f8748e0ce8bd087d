"""The page as text: what it says, and that nothing in it can run or be fetched."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from gd_attention.conformance import Report
from gd_attention.conformance.reports.page import render_page
from made import concluded, with_clause

CLAUSE = "GDA-conf-report"
ATTACK = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>&amp;"


class Reader(HTMLParser):
    """Tags, attributes and visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.clause(CLAUSE)
def test_what_the_page_says(failing):
    """Verdict, facts, every clause with its counts, families, snippets, the end."""
    text = Reader(render_page(failing)).text
    for part in (
        "✗ fails",
        failing.reason,
        failing.corpus_digest,
        f"numpy {failing.versions['numpy']}",
        f"{failing.judged} of {failing.planned} judged, {failing.decided} decided",
        "near-ties",
        "End of the report: 37 clauses",
        failing.to_dict()["complete"]["sha256"],
    ):
        assert part in text
    for clause in failing.clauses:
        assert clause.id in text
        if clause.counterexample is not None:
            assert clause.counterexample.message in text
            call = clause.counterexample.snippet.partition("import numpy")[2]
            assert call in text


@pytest.mark.clause(CLAUSE)
def test_no_text_becomes_markup(failing):
    """The same elements whatever the target, the reason, the messages and the snippets say."""
    example = failing.clause("GDA-select-index").counterexample
    assert example is not None
    odd = replace(failing, target=ATTACK, reason=ATTACK, versions={ATTACK: ATTACK})
    poisoned = replace(example, message=ATTACK, snippet=f"{ATTACK}\nimport numpy {ATTACK}")
    odd = with_clause(odd, "GDA-select-index", counterexample=poisoned)
    plain = with_clause(
        replace(failing, target="t", reason="r", versions={"a": "1"}),
        "GDA-select-index",
        counterexample=replace(example, message="m", snippet="s\nimport numpy s"),
    )
    evil, good = Reader(render_page(odd)), Reader(render_page(plain))
    assert evil.tags == good.tags
    assert [name for name, _ in evil.attributes] == [name for name, _ in good.attributes]
    assert ATTACK in evil.text
    assert "script" not in evil.tags and "img" not in evil.tags


@pytest.mark.clause(CLAUSE)
def test_nothing_is_fetched(failing):
    """No address anywhere but the empty icon; a policy that forbids the rest."""
    page = render_page(failing)
    found = Reader(page)
    addresses = [
        (name, value)
        for name, value in found.attributes
        if name in ("src", "href", "action", "srcset", "data", "poster", "xlink:href")
    ]
    assert addresses == [("href", "data:,")]
    assert "default-src 'none'" in dict(found.attributes)["content"] or any(
        value.startswith("default-src 'none'") for _, value in found.attributes
    )
    assert not re.search(r"url\(|@import|https?:", page)


def banner(report: Report) -> str:
    found = re.search(r'<div class="verdict [a-z]+"><strong>(.*?)</strong>', render_page(report))
    assert found is not None
    return found.group(1)


@pytest.mark.clause(CLAUSE)
def test_less_than_a_pass(conforming):
    """Undecided, silent and incomplete runs say so."""
    assert banner(conforming) == "✓ conforms"
    assert banner(with_clause(conforming, "GDA-call-pure", undecided=1)) == "? undecided"
    silent = with_clause(conforming, "GDA-call-pure", exact=0)
    assert banner(silent) == "? undecided"
    assert "? silent" in Reader(render_page(silent)).text
    partial = concluded(conforming, judged=conforming.planned - 1)
    assert banner(partial) == "? incomplete"
    empty = concluded(conforming, clauses=(), families=(), judged=0, planned=0, decided=0)
    assert banner(empty) == "? incomplete"


@pytest.mark.clause(CLAUSE)
def test_ids_are_unique(failing):
    """Every id once, every reference to one that is there."""
    found = Reader(render_page(failing)).attributes
    ids = [value for name, value in found if name == "id"]
    assert len(set(ids)) == len(ids)
    named = {part for name, value in found if name == "aria-labelledby" for part in value.split()}
    assert named and named <= set(ids)
