"""A target on given vectors, without real data and generated cases: to replay a failure.

A replay says what each vector says. It is no judgement of a target: a few vectors leave most
clauses without a case, so the word ``conforms`` is not used.

Clause: GDA-conf-vectors, GDA-conf-verdict.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gd_attention.conformance.bench import Bench
from gd_attention.conformance.collect import RANK
from gd_attention.conformance.contract import Contract, promised
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.profile import find_profile
from gd_attention.conformance.target import load
from gd_attention.conformance.vectors import Vector, basic_cases
from gd_attention.conformance.verdict import Finding, Verdict

__all__ = ["Replay", "Replayed", "replay"]


@dataclass(frozen=True)
class Replayed:
    """What one vector said: its worst finding; EXACT with no clause if all were."""

    vector: Vector
    verdict: Verdict
    finding: Finding | None


@dataclass(frozen=True)
class Replay:
    """What a target did on given vectors, in their order, under the named contract."""

    rows: tuple[Replayed, ...]
    contract: str

    def count(self, verdict: Verdict) -> int:
        """How many vectors ended with that verdict."""
        return Counter(row.verdict for row in self.rows)[verdict]

    @property
    def decided(self) -> int:
        """Vectors with an answer, right or wrong."""
        return sum(
            self.count(verdict) for verdict in (Verdict.EXACT, Verdict.ADMISSIBLE, Verdict.WRONG)
        )

    @property
    def exit_code(self) -> int:
        """0 if vectors were decided and none is wrong or undecided, else 1."""
        bad = self.count(Verdict.WRONG) or self.count(Verdict.UNDECIDED)
        return 1 if bad or not self.decided else 0


def replay(
    target: Callable[..., Any] | str,
    vectors: Sequence[Vector],
    *,
    contract: Contract | str | Mapping[str, Any] | None = None,
    capabilities: Iterable[str] | None = None,
) -> Replay:
    """Judge a target on the vectors.

    Parameters
    ----------
    target, contract, capabilities
        As of `verify`.
    vectors : sequence of Vector
        At least one.

    Raises
    ------
    HarnessError
        As of `verify`; or no vector was given.
    """
    if not vectors:
        raise HarnessError("vectors: expected at least one, got none")
    function = load(target) if isinstance(target, str) else target
    chosen = promised(function, contract)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # what a target warns of is no part of its answer
        warnings.simplefilter("ignore")
        profile = find_profile(function, basic_cases(), capabilities, chosen.inputs)
        bench = Bench(function, chosen, profile)
        return Replay(tuple(_row(bench, vector) for vector in vectors), chosen.name)


def _row(bench: Bench, vector: Vector) -> Replayed:
    judged = bench.first(vector.case)
    findings = [*judged.findings, *bench.again(judged)]
    skipped = judged.called is None
    # a field that the target does not return is no skip of the whole vector
    telling = [item for item in findings if skipped or item.verdict is not Verdict.SKIPPED]
    own = vector.case.clauses
    # of equally bad findings the one under a clause that the vector was written for
    worst = max(telling, key=lambda item: (RANK[item.verdict], item.clause in own), default=None)
    if worst is None or worst.verdict is Verdict.EXACT:
        return Replayed(vector, Verdict.EXACT, None)
    return Replayed(vector, worst.verdict, worst)
