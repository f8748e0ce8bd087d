"""What a run found, as data and as a file.

Clause: GDA-conf-report.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gd_attention.conformance.requirements import Profile

__all__ = ["ClauseReport", "Counterexample", "FamilyReport", "Report"]


@dataclass(frozen=True)
class Counterexample:
    """A case that is WRONG, shrunk.

    Attributes
    ----------
    message : str
        What was expected and what came.
    vector : dict
        The case in the format of the vectors.
    snippet : str
        Python that repeats the call as pasted.
    """

    message: str
    vector: Mapping[str, Any]
    snippet: str


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
        Fails: a case is WRONG. Undecided: the oracle gave up on a case, or a clause of the
        profile has no decided case. Conforms: neither.
    reason : str
        The verdict in one sentence.
    seed : int
    corpus_digest : str
        SHA-256 over the vector files.
    versions : mapping of str to str
    profile : Profile
    vectors, real, generated : int
        Cases by source.
    families : tuple of FamilyReport
    clauses : tuple of ClauseReport
        Every clause of kind must, in the order of the registry.
    elapsed : float
        Seconds.
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
    real: int
    generated: int
    families: tuple[FamilyReport, ...]
    clauses: tuple[ClauseReport, ...]
    elapsed: float
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
    def cases(self) -> int:
        """Cases in all, each called twice."""
        return self.vectors + self.real + self.generated

    def clause(self, name: str) -> ClauseReport:
        """The counts of one clause; KeyError for a clause that calls do not decide."""
        for clause in self.clauses:
            if clause.id == name:
                return clause
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON values; the schema is ``report.schema.json``."""
        return {
            "target": self.target,
            "verdict": self.verdict,
            "reason": self.reason,
            "contract": self.contract,
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
            "real": self.real,
            "generated": self.generated,
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
        }

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the report as JSON, whole or not at all."""
        goal = Path(path)
        text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        # beside the goal, so that the replacement stays within one file system
        handle, name = tempfile.mkstemp(dir=goal.parent, prefix=f".{goal.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes the file private; a report is as readable as any new file
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(name, 0o666 & ~umask)
            os.replace(name, goal)
        except BaseException:
            os.unlink(name)
            raise


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
            "vector": dict(example.vector),
            "snippet": example.snippet,
        },
    }
