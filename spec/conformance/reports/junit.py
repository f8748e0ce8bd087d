"""The report as JUnit XML, for the test view of a CI server.

One suite, one case per clause. A wrong clause is a failure with its counterexample; so is an
undecided one, and one that was due and that no case decided. A clause outside the profile is
skipped with the reason. A run that did not judge every planned case has a failing case of its own.

Clause: GDA-conf-report.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from gd_attention.conformance.report import ClauseReport, Report
from gd_attention.conformance.reports.markup import clean
from gd_attention.conformance.reports.words import clause_line, headline, statement, verdict_line
from gd_attention.conformance.requirements import ALWAYS

__all__ = ["render_junit"]

_BAD = ("wrong", "undecided", "silent")


def render_junit(report: Report) -> str:
    """The report as an XML document."""
    cases = [_case(clause, report) for clause in report.clauses]
    cases += [_missing(name, report) for name in ALWAYS if not _lists(report, name)]
    cases.append(_whole(report))
    failures = sum(case.find("failure") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    counts = {
        "tests": str(len(cases)),
        "failures": str(failures),
        "errors": "0",
        "skipped": str(skipped),
        "time": f"{report.elapsed:.3f}",
    }
    name = clean(f"GD-Attention {report.target}")
    root = ET.Element("testsuites", {"name": name, **counts})
    suite = ET.SubElement(root, "testsuite", {"name": name, **counts})
    properties = ET.SubElement(suite, "properties")
    for key, value in _properties(report).items():
        ET.SubElement(properties, "property", {"name": clean(key), "value": clean(value)})
    suite.extend(cases)
    _text(ET.SubElement(suite, "system-out"), verdict_line(report))
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _properties(report: Report) -> dict[str, str]:
    profile = report.profile
    return {
        "verdict": headline(report),
        "contract": report.contract,
        "seed": str(report.seed),
        "corpus-sha256": report.corpus_digest,
        "cases-planned": str(report.planned),
        "cases-judged": str(report.judged),
        "cases-decided": str(report.decided),
        "fields": ", ".join(sorted(profile.fields)),
        "capabilities": ", ".join(sorted(profile.capabilities)),
        **{f"version-{name}": number for name, number in report.versions.items()},
    }


def _case(clause: ClauseReport, report: Report) -> ET.Element:
    case = _named(clause.id, report)
    said = clause_line(clause, report)
    if clause.status in _BAD:
        failure = ET.SubElement(
            case, "failure", {"type": clause.status, "message": clean(said or clause.status)}
        )
        example = clause.counterexample
        _text(failure, "\n".join(filter(None, [said, example.snippet if example else ""])))
    elif clause.status == "skipped":
        ET.SubElement(case, "skipped", {"message": clean(said)})
    counts = ", ".join(
        f"{getattr(clause, name)} {name}"
        for name in ("exact", "admissible", "wrong", "undecided", "skipped")
    )
    _text(ET.SubElement(case, "system-out"), f"{statement(clause.id)}\ncases: {counts}".strip())
    return case


def _missing(name: str, report: Report) -> ET.Element:
    case = _named(name, report)
    message = "no case was decided, and the report does not list the clause"
    ET.SubElement(case, "failure", {"type": "silent", "message": message})
    return case


def _whole(report: Report) -> ET.Element:
    """The run as a whole: every planned case judged."""
    case = _named("every planned case was judged", report)
    if not report.complete:
        message = f"{report.judged} of {report.planned} planned cases were judged"
        ET.SubElement(case, "failure", {"type": "incomplete", "message": message})
    return case


def _lists(report: Report, name: str) -> bool:
    return any(clause.id == name for clause in report.clauses)


def _named(name: str, report: Report) -> ET.Element:
    # servers group by class: dots would be read as packages
    about = clean(f"GD-Attention {report.contract}")
    return ET.Element("testcase", {"classname": about, "name": clean(name), "time": "0"})


def _text(node: ET.Element, text: str) -> None:
    node.text = clean(text)
