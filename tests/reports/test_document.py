"""The JSON file: round trip, and every way in which a file can be less than a report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from gd_attention.conformance import HarnessError, ReportError
from gd_attention.conformance.conclusion import conclude
from gd_attention.conformance.files import write_files
from gd_attention.conformance.report import ClauseReport, Report
from gd_attention.conformance.reports.document import dumps, loads, seal
from made import concluded, with_clause

CLAUSE = "GDA-conf-complete"


def broken(tmp_path: Path, text: str) -> str:
    """The error of reading a file with that text."""
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=r"broken\.json: ") as caught:
        Report.read(path)
    assert isinstance(caught.value, HarnessError)
    return str(caught.value)


@pytest.mark.clause(CLAUSE)
def test_a_report_reads_back(tmp_path, failing, conforming):
    """What is read equals what was written, also with letters outside ASCII and UTF-8."""
    odd = replace(failing, target="größe:\U0001d53c", reason="\ud800 lone")
    for report in (failing, conforming, odd):
        path = tmp_path / "report.json"
        report.write(path)
        assert Report.read(path) == report
        assert list(json.loads(path.read_text(encoding="utf-8")))[-1] == "complete"


@pytest.mark.clause(CLAUSE)
def test_a_prefix_is_no_report(tmp_path, failing):
    """A file cut short anywhere is refused, also where the rest would close the brackets."""
    text = dumps(failing.to_dict())
    for cut in range(0, len(text) - 2, 997):
        broken(tmp_path, text[:cut])
    assert "empty" in broken(tmp_path, "")
    assert "cut short" in broken(tmp_path, text[: len(text) // 2])
    head = text[: text.index('"complete"')].rstrip().rstrip(",") + "}"
    assert "completeness marker is missing" in broken(tmp_path, head)


@pytest.mark.clause(CLAUSE)
@pytest.mark.parametrize(
    "edit",
    [
        lambda document: document.update(seed=document["seed"] + 1),
        lambda document: document.update(target="another:one"),
        lambda document: document["clauses"].pop(),
        lambda document: document["clauses"][0].update(skipped=7),
        lambda document: document["families"].clear(),
        lambda document: document["versions"].update({"numpy": "9"}),
        lambda document: document["complete"].update(clauses=1),
    ],
)
def test_an_edit_is_seen(tmp_path, conforming, edit):
    """A change anywhere no longer agrees with the marker."""
    document = conforming.to_dict()
    edit(document)
    assert "completeness marker" in broken(tmp_path, json.dumps(document))


@pytest.mark.clause(CLAUSE)
def test_a_sealed_lie_is_seen(tmp_path, failing, conforming):
    """A verdict that its own counts contradict is refused, whatever the seal says."""
    lie = {**failing.to_dict(), "verdict": "conforms"}
    assert "the counts say 'fails'" in broken(tmp_path, json.dumps(seal(lie)))
    nothing = {**conforming.to_dict(), "clauses": []}
    assert "the counts say 'undecided'" in broken(tmp_path, json.dumps(seal(nothing)))
    partial = {**conforming.to_dict(), "judged": conforming.judged - 1}
    assert "incomplete" in broken(tmp_path, json.dumps(seal(partial)))


@pytest.mark.clause(CLAUSE)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": "five"}, "$.seed: 'five' is not of type 'integer'"),
        ({"format": "gda-report/9"}, "$.format"),
        ({"surplus": 1}, "surplus"),
        ({"verdict": "passes"}, "$.verdict"),
        ({"judged": -1}, "$.judged"),
    ],
)
def test_the_schema_is_checked_both_ways(tmp_path, conforming, change, message):
    """A document that breaks the schema is neither read nor written."""
    document = seal({**conforming.to_dict(), **change})
    assert message in broken(tmp_path, json.dumps(document))
    with pytest.raises(ReportError, match=r"^\$"):
        dumps(document)
    with pytest.raises(ReportError, match="seed"):
        replace(conforming, seed="five").write(tmp_path / "never.json")
    assert not (tmp_path / "never.json").exists()


@pytest.mark.clause(CLAUSE)
def test_no_json_is_no_report(tmp_path, conforming):
    """Constants outside JSON, repeated members, other documents, deep nesting, other bytes."""
    text = dumps(conforming.to_dict())
    assert "NaN is no JSON number" in broken(
        tmp_path, text.replace('"seed": 2025', '"seed": NaN, "x": 2025')
    )
    assert "given twice" in broken(tmp_path, text.replace('"seed":', '"seed": 1, "seed":'))
    assert "is not of type 'object'" in broken(tmp_path, "[]")
    broken(tmp_path, "[" * 100_000)
    path = tmp_path / "bytes.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ReportError, match="no UTF-8"):
        Report.read(path)
    with pytest.raises(ReportError, match="No such file"):
        Report.read(tmp_path / "missing.json")
    twice = {**conforming.to_dict()}
    twice["clauses"] = [*twice["clauses"], twice["clauses"][0]]
    with pytest.raises(ReportError, match="listed twice"):
        loads(json.dumps(seal(twice)))


@pytest.mark.clause(CLAUSE)
def test_files_are_written_together_or_not_at_all(tmp_path):
    """One goal that cannot be written leaves all of them as they were, and no remains."""
    kept = tmp_path / "kept"
    kept.write_text("old")
    for bad in (tmp_path / "no" / "folder", tmp_path):
        with pytest.raises(OSError):
            write_files({kept: "new", bad: "text"})
        assert kept.read_text() == "old"
        assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]
    write_files({kept: "a\nb\r\n", tmp_path / "second": "ü"})
    assert kept.read_bytes() == b"a\nb\r\n"
    assert (tmp_path / "second").read_bytes() == b"\xc3\xbc"


def counted(name: str, **counts: object) -> ClauseReport:
    """A clause with these counts, else zero."""
    zero = dict.fromkeys(("exact", "admissible", "wrong", "undecided", "skipped"), 0)
    given = {**zero, "required": True, "worst": "", "counterexample": None, **counts}
    return ClauseReport(id=name, **given)


@pytest.mark.clause("GDA-conf-report")
def test_conclusions():
    """Wrong beats incomplete beats undecided beats silent; nothing at all is not a pass."""
    index, ties = counted("GDA-select-index", exact=1), counted("GDA-select-ties", exact=1)
    open_ = counted("GDA-admit-mask", undecided=1)
    silent = counted("GDA-admit-mask")
    outside = counted("GDA-admit-mask", required=False)
    full = {"judged": 5, "planned": 5}
    assert conclude([index, ties, outside], **full)[0] == "conforms"
    wrong = counted("GDA-admit-zero", wrong=1)
    assert conclude([index, ties, wrong, open_], judged=1, planned=5) == (
        "fails",
        "wrong under GDA-admit-zero",
    )
    assert conclude([index, ties, open_], judged=1, planned=5) == (
        "undecided",
        "incomplete: 1 of 5 cases were judged",
    )
    assert conclude([index, ties, open_], **full)[1].startswith("the oracle could not decide")
    assert conclude([index, ties, silent], **full) == (
        "undecided",
        "no case was decided under GDA-admit-mask",
    )
    assert conclude([index], **full)[1] == "no case was decided under GDA-select-ties"
    assert conclude([], judged=0, planned=0)[0] == "undecided"


@pytest.mark.clause("GDA-conf-report")
def test_counts_of_cases(conforming, failing):
    """Every case is judged; cases outside the profile and undecided ones are not decided."""
    assert conforming.planned == conforming.judged == conforming.cases
    assert 0 < conforming.decided < failing.decided < conforming.judged
    assert conforming.complete
    assert not concluded(conforming, judged=conforming.planned - 1).complete
    assert not concluded(conforming, planned=0, judged=0).complete
    silent = with_clause(conforming, "GDA-select-ties", exact=0, admissible=0)
    assert (silent.verdict, silent.clause("GDA-select-ties").status) == ("undecided", "silent")
