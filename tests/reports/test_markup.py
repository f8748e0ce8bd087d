"""The tree of elements: no text becomes markup, nothing in it can run."""

from __future__ import annotations

from fractions import Fraction
from html.parser import HTMLParser

import pytest
from gd_attention.conformance.reports.markup import clean, element, style
from gd_attention.conformance.reports.numbers import nice_step, short
from hypothesis import given
from hypothesis import strategies as st

CLAUSE = "GDA-conf-report"


class Reader(HTMLParser):
    """What a browser's tokenizer makes of a page: tags, attributes, text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


@pytest.mark.clause(CLAUSE)
@given(st.text(), st.text())
def test_any_text_reads_back(text, value):
    """Text and attribute come back as they were, and no element is added."""
    found = read(str(element("p", text, title=value)))
    assert found.tags == [("p", [("title", clean(value))])]
    assert found.text == clean(text)


@pytest.mark.clause(CLAUSE)
@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "\"' onload='x", "</p><img src=x onerror=y>", "&lt;", "<!--"],
)
def test_attacks_stay_text(text):
    found = read(str(element("p", text, title=text)))
    assert found.tags == [("p", [("title", text)])]
    assert found.text == text


@pytest.mark.clause(CLAUSE)
def test_what_is_refused():
    """Scripts, handlers, names that are no names, a sheet that could end its element."""
    for name in ("script", "style", "p onload", "<p"):
        with pytest.raises(ValueError, match=r"name|refused"):
            element(name)
    with pytest.raises(ValueError, match="refused"):
        element("p", onclick="x")
    with pytest.raises(ValueError, match="no children"):
        element("br", "text")
    with pytest.raises(ValueError, match="could end"):
        style("</style><script>")
    assert clean("a\x00\x1b\ud800\ufffeb\n\t") == "a\ufffd\ufffd\ufffd\ufffdb\n\t"


@pytest.mark.clause(CLAUSE)
def test_numbers_as_text():
    """Four digits, also outside the range of floats; round steps for axes."""
    assert [short(value) for value in (0.0, -0.0, 2.0, 1 / 3, 1e300, float("inf"))] == [
        "0",
        "0",
        "2",
        "0.3333",
        "1e+300",
        "inf",
    ]
    assert short(Fraction(5, 10**600)) == "5e-600"
    assert short(Fraction(-1, 3)) == "-0.3333"
    assert short(Fraction(2**2000)) == "1.148e+602"
    assert [nice_step(span, 5) for span in (1.0, 4.0, 8.0, 12.0)] == [0.2, 1.0, 2.0, 5.0]
