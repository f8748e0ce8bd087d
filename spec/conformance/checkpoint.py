"""A run on disk: what a deep run needs to go on after an interruption.

The file is bound to everything that determines the cases and their verdicts: target, contract,
profile, depth, seed, families, the vectors and the versions. A run that differs in any of them is
refused, with what differs; adding up counts of different runs would mean nothing. The target's
code is not part of the binding, as a callable has no version: whoever changes it starts anew.

The file is replaced as a whole, never written in place.

Clause: GDA-conf-depth.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from gd_attention.conformance.badcalls import is_portable, own_calls
from gd_attention.conformance.case import Case
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.files import write_whole
from gd_attention.conformance.run import FamilyCount, Run
from gd_attention.conformance.tally import ClauseTally
from gd_attention.conformance.vectors import decode, encode
from gd_attention.conformance.verdict import Finding, Kind, Verdict

__all__ = ["Checkpoint"]

_FORMAT = "gda-run/1"
# Seconds between two writes: what a killed run loses at most, beside the portion at hand.
_EVERY = 5.0


@dataclass
class Checkpoint:
    """The file that a run is kept in.

    Attributes
    ----------
    path : Path
    binding : mapping of str to JSON value
        What the run is bound to.
    """

    path: Path
    binding: Mapping[str, Any]
    _written: float = field(default=0.0, init=False)

    @classmethod
    def at(cls, path: str | os.PathLike[str], binding: Mapping[str, Any]) -> Checkpoint:
        """The checkpoint at a path whose folder exists; HarnessError otherwise."""
        goal = Path(path)
        if not goal.resolve().parent.is_dir():
            raise HarnessError(f"resume: no folder {goal.resolve().parent}")
        if goal.is_dir():
            raise HarnessError(f"resume: {goal} is a folder")
        # as JSON reads it back, so that tuples and lists compare
        return cls(goal, json.loads(json.dumps(binding)))

    def load(self, run: Run) -> bool:
        """Restore a run; False where there is no file yet.

        Raises
        ------
        HarnessError
            The file is not of this format, or of a run that differs.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return False
        except OSError as error:
            raise HarnessError(f"resume: {error}") from error
        try:
            document = json.loads(text)
            if document["format"] != _FORMAT:
                raise ValueError(f"format {document['format']!r}")
            bound = document["binding"]
        except (ValueError, KeyError, TypeError) as error:
            raise HarnessError(f"resume: {self.path} holds no run: {error!r}") from error
        self._refuse_difference(bound)
        try:
            _restore(run, document)
        except (ValueError, KeyError, TypeError) as error:
            raise HarnessError(f"resume: {self.path} is damaged: {error!r}") from error
        return True

    def save(self, run: Run) -> None:
        """Write the run."""
        document = {"format": _FORMAT, "binding": self.binding, **_state(run)}
        try:
            write_whole(self.path, json.dumps(document, ensure_ascii=False) + "\n")
        except OSError as error:
            raise HarnessError(f"resume: {error}") from error
        self._written = time.monotonic()

    def save_at_times(self, run: Run) -> None:
        """Write the run unless it was written a few seconds ago."""
        if time.monotonic() - self._written >= _EVERY:
            self.save(run)

    def _refuse_difference(self, bound: Mapping[str, Any]) -> None:
        names = dict.fromkeys((*self.binding, *bound))
        for name in names:
            then, now = bound.get(name), self.binding.get(name)
            if then != now:
                raise HarnessError(
                    f"resume: {self.path} holds another run: its {name} is {_show(then)}, "
                    f"this run's is {_show(now)}"
                )


def _show(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _state(run: Run) -> dict[str, Any]:
    return {
        "position": run.position,
        "done": run.done,
        "kinds": {kind.value: count for kind, count in run.tally.kinds.items()},
        "judged": run.tally.judged,
        "decided": run.tally.decided,
        "elapsed": run.elapsed,
        "stages": {name: asdict(count) for name, count in run.stages.items()},
        "clauses": {name: _clause(tally) for name, tally in run.tally.clauses.items()},
    }


def _restore(run: Run, document: Mapping[str, Any]) -> None:
    clauses = {name: _tally(entry) for name, entry in document["clauses"].items()}
    if clauses.keys() != run.tally.clauses.keys():
        raise ValueError("clauses")
    run.tally.clauses = clauses
    run.tally.kinds = {kind: int(document["kinds"][kind.value]) for kind in Kind}
    run.tally.judged, run.tally.decided = int(document["judged"]), int(document["decided"])
    run.stages = {name: FamilyCount(**entry) for name, entry in document["stages"].items()}
    run.position, run.done = int(document["position"]), int(document["done"])
    run.before = float(document["elapsed"])


def _clause(tally: ClauseTally) -> dict[str, Any]:
    return {
        "counts": {verdict.value: count for verdict, count in tally.counts.items()},
        "worst": _kept(tally.worst, tally.worst_case),
        "wrong": _kept(tally.wrong, tally.wrong_case),
        "size": list(tally.wrong_size),
    }


def _tally(entry: Mapping[str, Any]) -> ClauseTally:
    tally = ClauseTally(counts={verdict: entry["counts"][verdict.value] for verdict in Verdict})
    if entry["worst"] is not None:
        tally.worst, tally.worst_case = _pair(entry["worst"])
    if entry["wrong"] is not None:
        tally.wrong, tally.wrong_case = _pair(entry["wrong"])
    first, second, third = entry["size"]
    tally.wrong_size = (first, second, third)
    return tally


def _kept(finding: Finding | None, case: Case | None) -> dict[str, Any] | None:
    """A finding with its case; what is no part of a vector is kept beside it."""
    if finding is None or case is None:
        return None
    if not is_portable(case):
        return {"finding": _finding(finding), "call": case.id}
    return {
        "finding": _finding(finding),
        "family": case.family,
        "dtype": case.dtype,
        "vector": encode(case),
    }


def _pair(entry: Mapping[str, Any]) -> tuple[Finding, Case]:
    if "call" in entry:
        (case,) = (call for call in own_calls() if call.id == entry["call"])
        return _found(entry["finding"]), case
    case = decode(entry["vector"]).case
    return _found(entry["finding"]), replace(case, family=entry["family"], dtype=entry["dtype"])


def _finding(finding: Finding) -> dict[str, Any]:
    return asdict(finding)


def _found(entry: Mapping[str, Any]) -> Finding:
    kind = None if entry["kind"] is None else Kind(entry["kind"])
    return Finding(**{**entry, "verdict": Verdict(entry["verdict"]), "kind": kind})
