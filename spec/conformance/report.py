"""What a run found, as data and as a file.

Clauses: GDA-conf-report, GDA-conf-complete.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gd_attention.conformance.conclusion import Status, conclude, status
from gd_attention.conformance.errors import ReportError
from gd_attention.conformance.files import write_whole
from gd_attention.conformance.reports.document import FORMAT, dumps, loads, seal
from gd_attention.conformance.requirements import Profile

__all__ = ["ClauseReport", "Counterexample", "FamilyReport", "Report"]

# The members of a stored report that are numbers and strings.
_PLAIN = (
    "target",
    "contract",
    "verdict",
    "reason",
    "seed",
    "corpus_digest",
    "vectors",
    "calls",
    "real",
    "generated",
    "planned",
    "judged",
    "decided",
    "elapsed",
    "depth",
    "arrays",
    "decisions",
)


@dataclass(frozen=True)
class Counterexample:
    """A case that is WRONG, shrunk.

    Attributes
    ----------
    message : str
        What was expected and what came.
    vector : dict or None
        The case in the format of the vectors; None for a call that only Python can make.
    snippet : str
        Python that repeats the call as pasted.
    returned : dict or None
        What the target returned, encoded arrays by field; None if it raised.
    raised : str or None
        What the target raised, if it did.
    """

    message: str
    vector: Mapping[str, Any] | None
    snippet: str
    returned: Mapping[str, Any] | None = None
    raised: str | None = None


@dataclass(frozen=True)
class ClauseReport:
    """Counts of cases under one clause; ``required`` says that the profile covers it."""

    id: str
    exact: int
    admissible: int
    wrong: int
    undecided: int
    skipped: int
    required: bool
    worst: str
    counterexample: Counterexample | None

    @property
    def decided(self) -> int:
        """Cases with an answer, right or wrong."""
        return self.exact + self.admissible + self.wrong

    @property
    def status(self) -> Status:
        """One word: wrong, undecided, silent, skipped or passed."""
        return status(self)


@dataclass(frozen=True)
class FamilyReport:
    """Cases drawn from a family: how many, how many judged, how many hit its own predicate."""

    name: str
    cases: int
    judged: int
    hits: int


@dataclass(frozen=True)
class Report:
    """The verdict on a target.

    Attributes
    ----------
    target, contract : str
    verdict : {"conforms", "fails", "undecided"}
        Fails: a case is WRONG. Undecided: the oracle gave up on a case, a clause of the profile
        has no decided case, or cases were left out. Conforms: none of these.
    reason : str
        The verdict in one sentence.
    seed : int
    corpus_digest : str
        SHA-256 over the vector files.
    versions : mapping of str to str
    profile : Profile
    vectors, calls, real, generated : int
        Cases by source; ``calls`` are bad calls that only Python can make.
    planned, judged, decided : int
        Cases that the run set out to judge, that it judged, and judged cases with an answer.
    families : tuple of FamilyReport
    clauses : tuple of ClauseReport
        Every clause of kind must, in the order of the registry.
    elapsed : float
        Seconds.
    depth : str
        ``quick``, ``default`` or ``deep``.
    arrays : str or None
        The library whose arrays the target took, with its version; None for NumPy's as they are.
    decisions : mapping of str to int
        Judged cases by what their index had to decide: plain, exact tie, unresolvable at this
        precision, wrong.
    """

    target: str
    contract: str
    verdict: str
    reason: str
    seed: int
    corpus_digest: str
    versions: Mapping[str, str]
    profile: Profile
    vectors: int
    calls: int
    real: int
    generated: int
    planned: int
    judged: int
    decided: int
    families: tuple[FamilyReport, ...]
    clauses: tuple[ClauseReport, ...]
    elapsed: float
    depth: str = "default"
    arrays: str | None = None
    decisions: Mapping[str, int] = field(default_factory=dict)

    @property
    def conforms(self) -> bool:
        """Whether the verdict is ``conforms``."""
        return self.verdict == "conforms"

    @property
    def exit_code(self) -> int:
        """0 if the target conforms, else 1."""
        return 0 if self.conforms else 1

    @property
    def complete(self) -> bool:
        """Whether every planned case was judged, and there was one."""
        return 0 < self.planned <= self.judged

    @property
    def cases(self) -> int:
        """Cases in all, each called twice."""
        return self.vectors + self.calls + self.real + self.generated

    def clause(self, name: str) -> ClauseReport:
        """The counts of one clause; KeyError for a clause that calls do not decide."""
        for clause in self.clauses:
            if clause.id == name:
                return clause
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values, sealed; the schema is ``report.schema.json``."""
        return seal(self._body())

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the report as JSON, whole or not at all.

        Raises
        ------
        ReportError
            The report breaks its own schema; OSError where the file cannot be written.
        """
        write_whole(path, dumps(self.to_dict()))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Report:
        """The report in a file.

        Raises
        ------
        ReportError
            The file cannot be read, was cut short or edited, breaks the schema, or states a
            verdict that its own counts contradict.
        """
        try:
            text = Path(path).read_bytes().decode("utf-8")
        except OSError as error:
            raise ReportError(f"{path}: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise ReportError(f"{path}: no UTF-8 text: {error}") from error
        try:
            return cls.from_dict(loads(text))
        except ReportError as error:
            raise ReportError(f"{path}: {error}") from error

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Report:
        """The report of a document that was checked (see `reports.document.loads`)."""
        given = {name: document[name] for name in _PLAIN}
        profile = document["profile"]
        clauses = tuple(_clause_of(entry) for entry in document["clauses"])
        verdict, reason = conclude(clauses, judged=given["judged"], planned=given["planned"])
        if verdict != given["verdict"]:
            raise ReportError(
                f"the verdict is {given['verdict']!r}, but the counts say {verdict!r}: {reason}"
            )
        return cls(
            **given,
            versions=dict(document["versions"]),
            profile=Profile(
                frozenset(profile["fields"]),
                frozenset(profile["capabilities"]),
                profile["declared"],
                tuple(profile["notes"]),
            ),
            families=tuple(FamilyReport(**entry) for entry in document["families"]),
            clauses=clauses,
        )

    def _body(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "target": self.target,
            "verdict": self.verdict,
            "reason": self.reason,
            "contract": self.contract,
            "arrays": self.arrays,
            "seed": self.seed,
            "corpus_digest": self.corpus_digest,
            "versions": dict(self.versions),
            "profile": {
                "fields": sorted(self.profile.fields),
                "capabilities": sorted(self.profile.capabilities),
                "declared": self.profile.declared,
                "notes": list(self.profile.notes),
            },
            "vectors": self.vectors,
            "calls": self.calls,
            "real": self.real,
            "generated": self.generated,
            "planned": self.planned,
            "judged": self.judged,
            "decided": self.decided,
            "families": [
                {
                    "name": family.name,
                    "cases": family.cases,
                    "judged": family.judged,
                    "hits": family.hits,
                }
                for family in self.families
            ],
            "clauses": [_clause(clause) for clause in self.clauses],
            "decisions": dict(self.decisions),
            "elapsed": self.elapsed,
            "depth": self.depth,
        }


def _clause(clause: ClauseReport) -> dict[str, Any]:
    example = clause.counterexample
    return {
        "id": clause.id,
        "exact": clause.exact,
        "admissible": clause.admissible,
        "wrong": clause.wrong,
        "undecided": clause.undecided,
        "skipped": clause.skipped,
        "required": clause.required,
        "worst": clause.worst,
        "counterexample": None
        if example is None
        else {
            "message": example.message,
            "vector": None if example.vector is None else dict(example.vector),
            "snippet": example.snippet,
            "returned": None if example.returned is None else dict(example.returned),
            "raised": example.raised,
        },
    }


def _clause_of(entry: Mapping[str, Any]) -> ClauseReport:
    example = entry["counterexample"]
    given = {**entry, "counterexample": None if example is None else Counterexample(**example)}
    return ClauseReport(**given)
