"""The badge says in words what the run found."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from gd_attention.conformance import Report
from gd_attention.conformance.reports.badge import render_badge, render_endpoint
from made import concluded, with_clause

CLAUSE = "GDA-conf-report"
SVG = "{http://www.w3.org/2000/svg}"


def words(report: Report) -> str:
    """The message, the same in the SVG and in the JSON."""
    root = ET.fromstring(render_badge(report))
    shown = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
    endpoint = json.loads(render_endpoint(report))
    assert shown == [endpoint["label"], endpoint["message"]]
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == root.get("aria-label") == ": ".join(shown)
    assert endpoint["schemaVersion"] == 1
    return str(endpoint["message"])


@pytest.mark.clause(CLAUSE)
def test_what_a_badge_states(conforming):
    """Verdict, decided cases, version of the oracle, short digest of the vectors; the contract."""
    assert words(conforming) == (
        f"conforms | {conforming.decided} cases decided | "
        f"oracle {conforming.versions['gd-attention']} | vectors {conforming.corpus_digest[:8]}"
    )
    endpoint = json.loads(render_endpoint(conforming))
    assert endpoint["label"] == "GD-Attention float64"
    assert (endpoint["color"], endpoint["isError"]) == ("brightgreen", False)


@pytest.mark.clause(CLAUSE)
def test_less_than_a_pass_is_no_green_badge(conforming, failing):
    """Fails, undecided and incomplete in words and in colour."""
    reports = {
        "fails": failing,
        "undecided": with_clause(conforming, "GDA-call-pure", undecided=1),
        "incomplete": concluded(conforming, judged=conforming.planned - 1),
    }
    green = render_badge(conforming).count("#1a6b34")
    assert green == 1
    for word, report in reports.items():
        assert words(report).startswith(f"{word} | ")
        assert "#1a6b34" not in render_badge(report)
        assert json.loads(render_endpoint(report))["color"] != "brightgreen"
    assert f"{conforming.planned - 1} of {conforming.planned} cases judged" in words(
        reports["incomplete"]
    )
    empty = concluded(conforming, clauses=(), judged=0, planned=0, decided=0)
    assert words(empty).startswith("incomplete | 0 of 0 cases judged, 0 decided")


@pytest.mark.clause(CLAUSE)
def test_the_parts_of_the_badge_fit(failing):
    """The two texts lie side by side inside the picture."""
    root = ET.fromstring(render_badge(failing))
    total = float(root.get("width", "nan"))
    ends = []
    for node in root.iter(f"{SVG}text"):
        middle, length = float(node.get("x", "nan")), float(node.get("textLength", "nan"))
        ends += [middle - length / 2, middle + length / 2]
    assert 0 < ends[0] < ends[1] < ends[2] < ends[3] < total
