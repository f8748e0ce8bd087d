"""JUnit XML, read by an independent reader."""

from __future__ import annotations

from dataclasses import replace

import pytest
from gd_attention.conformance import Report
from gd_attention.conformance.reports.junit import render_junit
from gd_attention.conformance.requirements import CLAUSES
from junitparser import Failure, JUnitXml, Skipped, TestCase
from made import concluded, with_clause

CLAUSE = "GDA-conf-report"
WHOLE = "every planned case was judged"


def read(report: Report) -> dict[str, TestCase]:
    """The cases of the only suite, by name; the counts of the suite agree with them."""
    root = JUnitXml.fromstring(render_junit(report).encode("utf-8"))
    (suite,) = root
    cases = {case.name: case for case in suite}
    assert len(cases) == suite.tests == root.tests
    assert suite.failures == root.failures == sum(failed(case) for case in cases.values())
    assert suite.skipped == sum(skipped(case) for case in cases.values())
    assert suite.errors == 0
    return cases


def failed(case: TestCase) -> bool:
    return any(isinstance(result, Failure) for result in case.result)


def skipped(case: TestCase) -> bool:
    return any(isinstance(result, Skipped) for result in case.result)


@pytest.mark.clause(CLAUSE)
def test_a_case_per_clause(failing):
    """Wrong clauses fail with message and snippet, clauses outside the profile are skipped."""
    cases = read(failing)
    assert set(cases) == {*CLAUSES, WHOLE}
    for clause in failing.clauses:
        case = cases[clause.id]
        assert failed(case) == bool(clause.wrong)
        assert skipped(case) == (clause.status == "skipped")
    (result,) = cases["GDA-select-exact-order"].result
    assert result.type == "wrong"
    assert result.message.startswith("query 0: expected index")
    assert "import numpy as np\n" in result.text and "print(select(" in result.text
    (reason,) = cases["GDA-input-shape"].result
    assert reason.message == "outside the profile: the target lacks the capability errors"
    assert not failed(cases[WHOLE])


@pytest.mark.clause(CLAUSE)
def test_the_properties(failing):
    """Versions, seed, digest and counts travel with the suite."""
    (suite,) = JUnitXml.fromstring(render_junit(failing).encode("utf-8"))
    found = {item.name: item.value for item in suite.properties()}
    assert found["seed"] == str(failing.seed)
    assert found["corpus-sha256"] == failing.corpus_digest
    assert found["version-gd-attention"] == failing.versions["gd-attention"]
    assert found["cases-decided"] == str(failing.decided)
    assert found["verdict"] == "fails"


@pytest.mark.clause(CLAUSE)
def test_less_than_a_pass_fails(conforming):
    """Silent, undecided, missing clauses and left-out cases are failures."""
    assert not any(map(failed, read(conforming).values()))
    silent = with_clause(conforming, "GDA-call-pure", exact=0)
    assert read(silent)["GDA-call-pure"].result[0].type == "silent"
    undecided = with_clause(conforming, "GDA-call-pure", undecided=1, worst="cap reached")
    assert read(undecided)["GDA-call-pure"].result[0].message == "cap reached"
    partial = concluded(conforming, judged=conforming.planned - 1)
    assert failed(read(partial)[WHOLE])
    empty = concluded(conforming, clauses=(), judged=0, planned=0, decided=0)
    assert {name for name, case in read(empty).items() if failed(case)} == {
        "GDA-select-index",
        "GDA-select-ties",
        WHOLE,
    }


@pytest.mark.clause(CLAUSE)
def test_any_text_is_xml(failing):
    """Control characters and markup in names and messages leave a document that can be read."""
    name = "<a&b>]]>:\x00\x1b\ud800\"'"
    odd = with_clause(replace(failing, target=name), "GDA-call-pure", undecided=1, worst=name)
    assert failed(read(odd)["GDA-call-pure"])
    (suite,) = JUnitXml.fromstring(render_junit(odd).encode("utf-8"))
    assert suite.name == "GD-Attention <a&b>]]>:\ufffd\ufffd\ufffd\"'"
