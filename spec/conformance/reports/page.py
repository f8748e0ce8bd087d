"""The report as one page: no script, nothing fetched, readable in light, dark and on a phone.

A page that was cut short shows no verdict: the banner appears only if the last element of the page
arrived, and a note that the page is incomplete stands there otherwise. The style sheet does this.

Clause: GDA-conf-report.
"""

from __future__ import annotations

import shlex
from importlib.resources import files

from gd_attention.conformance.report import ClauseReport, Counterexample, Report
from gd_attention.conformance.reports.markup import Element, element, style
from gd_attention.conformance.reports.numbers import short
from gd_attention.conformance.reports.passage import draw_passages
from gd_attention.conformance.reports.plane import draw_plane
from gd_attention.conformance.reports.scene import Key, Scene, scene
from gd_attention.conformance.reports.words import (
    clause_line,
    counterexamples,
    headline,
    statement,
)

__all__ = ["render_page"]

_COUNTS = ("exact", "admissible", "wrong", "undecided", "skipped")
# The class that colours a word, and the sign before it: colour alone says nothing.
_TONES = {
    "conforms": ("good", "✓"),
    "passed": ("good", "✓"),
    "fails": ("bad", "✗"),
    "wrong": ("bad", "✗"),
    "undecided": ("open", "?"),
    "incomplete": ("open", "?"),
    "silent": ("open", "?"),
    "skipped": ("soft", "–"),
}
# Nothing may be fetched or run, whatever stands in the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
# Rows of the table of keys beside a picture.
_KEYS = 64


def render_page(report: Report) -> str:
    """The page as HTML."""
    title = f"GD-Attention: {report.target} {headline(report)}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        # without an icon of its own a served page would ask for one
        element("link", rel="icon", href="data:,"),
        element("title", title),
        style((files(__package__) / "page.css").read_text(encoding="utf-8")),
    )
    body = element(
        "body",
        element(
            "main",
            element("h1", "GD-Attention: is this implementation right?"),
            _banner(report),
            _facts(report),
            _examples(report),
            element("h2", "Clauses"),
            _clauses(report),
            _families(report),
        ),
        _footer(report),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _banner(report: Report) -> list[Element]:
    word = headline(report)
    tone, sign = _TONES[word]
    broken = element(
        "div",
        element("p", "This page is incomplete: its end is missing, so it states no verdict."),
        class_="broken open",
        role="alert",
    )
    verdict = element(
        "div",
        element("strong", f"{sign} {word}"),
        element("p", f"{report.target} under the contract {report.contract}: {report.reason}."),
        class_=f"verdict {tone}",
    )
    return [broken, verdict]


def _facts(report: Report) -> Element:
    profile = report.profile
    how = "declared" if profile.declared else "probed"
    rows = [
        (
            "cases",
            f"{report.judged} of {report.planned} judged, {report.decided} decided: "
            f"{report.vectors} vectors, {report.calls} calls, {report.real} real, "
            f"{report.generated} generated",
        ),
        ("contract", report.contract),
        ("seed", str(report.seed)),
        ("vectors", f"sha256 {report.corpus_digest}"),
        ("versions", ", ".join(f"{name} {number}" for name, number in report.versions.items())),
        ("fields", ", ".join(sorted(profile.fields))),
        ("capabilities", f"{', '.join(sorted(profile.capabilities)) or 'none'} ({how})"),
        ("absent", _absent(profile.notes)),
        ("time", f"{report.elapsed:.1f} s"),
    ]
    return element(
        "dl",
        [part for name, text in rows for part in (element("dt", name), element("dd", text))],
        class_="facts",
    )


def _absent(notes: tuple[str, ...]) -> Element | str:
    """What the probes found missing, folded up: it may be long."""
    if not notes:
        return "nothing that was probed"
    named = ", ".join(note.partition(":")[0] for note in notes)
    return element("details", element("summary", named), [element("div", note) for note in notes])


def _clauses(report: Report) -> Element:
    head = element(
        "tr",
        element("th", "clause", scope="col"),
        element("th", "verdict", scope="col"),
        [element("th", name, scope="col", class_="number") for name in _COUNTS],
        element("th", "worst case", scope="col"),
    )
    rows = [_clause(clause, report) for clause in report.clauses]
    return element("table", element("thead", head), element("tbody", rows), class_="clauses")


def _clause(clause: ClauseReport, report: Report) -> Element:
    tone, sign = _TONES[clause.status]
    counts = [
        element(
            "td",
            str(count),
            class_="number" if count else "number zero",
            data_name=name,
        )
        for name in _COUNTS
        for count in (getattr(clause, name),)
    ]
    said = clause_line(clause, report)
    return element(
        "tr",
        element("th", clause.id, element("small", statement(clause.id)), scope="row"),
        element("td", f"{sign} {clause.status}", class_=f"state {tone}"),
        counts,
        element("td", said if len(said) <= 400 else said[:400] + " ...", class_="worst"),
        id=clause.id,
    )


def _families(report: Report) -> list[Element]:
    if not report.families:
        return []
    names = ("cases", "judged", "hits")
    head = element(
        "tr",
        element("th", "family", scope="col"),
        [element("th", name, scope="col", class_="number") for name in names],
    )
    rows = [
        element(
            "tr",
            element("th", family.name, scope="row"),
            [element("td", str(getattr(family, name)), class_="number") for name in names],
        )
        for family in report.families
    ]
    table = element("table", element("thead", head), element("tbody", rows))
    note = element(
        "p",
        "A hit is a judged case that met the purpose of its family, as the oracle sees it.",
        class_="soft",
    )
    return [element("h2", "Generated cases by family"), note, element("div", table, class_="wide")]


def _examples(report: Report) -> list[Element]:
    found = counterexamples(report)
    if not found:
        return []
    shown = [
        _example(number, clauses, example)
        for number, (clauses, example) in enumerate(found, start=1)
    ]
    return [element("h2", "Counterexamples"), *shown]


def _example(number: int, clauses: list[ClauseReport], example: Counterexample) -> Element:
    messages = dict.fromkeys(
        clause.counterexample.message for clause in clauses if clause.counterexample is not None
    )
    seen = scene(example)
    return element(
        "section",
        element("h3", f"{number}. ", ", ".join(clause.id for clause in clauses)),
        [element("p", message, class_="message") for message in messages],
        element("p", f"The call raised {example.raised}", class_="message")
        if example.raised
        else None,
        [] if seen is None else _pictures(seen, f"example-{number}"),
        element("pre", element("code", example.snippet)),
        class_="example",
        id=f"example-{number}",
    )


def _pictures(seen: Scene, name: str) -> list[Element]:
    drawn = [draw_plane(seen, f"{name}-plane")]
    passages = draw_passages(seen, f"{name}-passage")
    if passages is not None:
        drawn.append(passages)
    parts = [element("div", drawn, class_="pictures")]
    if seen.queries > 1:
        where = ", ".join(map(str, seen.position))
        parts.insert(
            0, element("p", f"Drawn is query {where}, one of {seen.queries}.", class_="soft")
        )
    if seen.keys:
        parts.append(_keys(seen))
    return parts


def _keys(seen: Scene) -> Element:
    shape = ("component" if seen.dimension == 1 else "components") + (
        "" if seen.dimension <= 2 else " (the first two)"
    )
    columns = ("key", "state", shape, "alpha", "threshold", "separation", "energy")
    rows = [
        element("tr", [element("td", text) for text in _cells(key, seen)])
        for key in seen.keys[:_KEYS]
    ]
    table = element(
        "table",
        element("thead", element("tr", [element("th", name, scope="col") for name in columns])),
        element("tbody", rows),
        class_="keys",
    )
    count = len(seen.keys)
    said = "The keys in numbers"
    if count > _KEYS:
        said += f", the first {_KEYS} of {count}"
    query = ", ".join(map(repr, seen.query[:2])) + (", ..." if seen.dimension > 2 else "")
    return element(
        "details",
        element("summary", said),
        element("p", f"Query: {query}. Separation and energy are exact values, rounded."),
        element("div", table, class_="wide"),
    )


def _cells(key: Key, seen: Scene) -> list[str]:
    roles = [
        word
        for word, which in (("expected", seen.expected), ("returned", seen.returned))
        if which == key.index
    ]
    return [
        str(key.index),
        ", ".join([key.state, *roles]),
        ", ".join(map(repr, key.coordinates[:2])),
        repr(key.alpha),
        repr(key.threshold),
        "not read" if key.separation is None else short(key.separation, 17),
        "not read" if key.energy is None else repr(key.energy),
    ]


def _footer(report: Report) -> Element:
    words = ["gd-attention", "verify", report.target, "--contract", report.contract]
    words += ["--cases", str(report.generated), "--seed", str(report.seed)]
    if report.profile.declared:
        names = sorted(report.profile.fields | report.profile.capabilities)
        words += ["--capabilities", ",".join(names)]
    command = shlex.join(words)
    marker = report.to_dict()["complete"]
    return element(
        "footer",
        element("p", "The same run again: ", element("code", command)),
        element(
            "p",
            f"End of the report: {marker['clauses']} clauses, sha256 {marker['sha256']}.",
            id="end",
        ),
    )
