"""The judgement of a case query by query.

Each query gives a verdict on its index. The real-valued fields of a query are judged for the key
that was returned, if that key is admissible; after a wrong index they say nothing and are left
out.

Clause: GDA-conf-verdict.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.collect import Collector, deferred, grade
from gd_attention.conformance.errors import Undecided
from gd_attention.conformance.expectation import Expectation, Interval, Pair, Row
from gd_attention.conformance.formats import FLOAT64, FORMATS, Format, plain
from gd_attention.conformance.requirements import MAIN, Profile
from gd_attention.conformance.target import FIELDS, Response, capabilities_of
from gd_attention.conformance.verdict import Kind, Verdict
from numpy.typing import NDArray

__all__ = ["Rows", "is_batched"]

# From this separation on an energy counts as saturated: its deficit is below 1e-13 for every
# alpha, as deficit ~ exp(-(|h| + Lam)) (T14), so that a few ulp of the ceiling hide it.
_SATURATED = 30.0

# The clauses about which of the admitted keys comes first.
_ORDER = ("GDA-select-ties", "GDA-select-exact-order", "GDA-select-priors")

Position = tuple[int, ...]


def is_batched(case: Case) -> bool:
    """Whether the call has leading dimensions."""
    given = (case.query, case.keys, case.values)
    return any(value is not None and np.ndim(value) > 2 for value in given)


class Rows:
    """The judgement of a case query by query."""

    def __init__(
        self,
        case: Case,
        expectation: Expectation,
        response: Response,
        profile: Profile,
        findings: Collector,
        *,
        explain: bool = False,
    ) -> None:
        self.case = case
        self.expectation = expectation
        self.findings = findings
        self.explain = explain
        self.fields = {
            name: plain(response.fields[name]) for name in FIELDS if name in profile.fields
        }
        self.forms = {name: _form(response.fields[name]) for name in self.fields}
        self.always = _case_clauses(case)
        if "output" in self.fields:
            self.values, self.fill = _values_and_fill(case, expectation)
            self.values_finite = bool(np.isfinite(self.values).all())

    def judge(self) -> None:
        """Judge the queries in order."""
        index = self.fields["index"]
        positions = itertools.product(*map(range, index.shape))
        for position, got in zip(positions, index.ravel().tolist(), strict=True):
            try:
                row = self.expectation.row(position)
            except Undecided as error:
                message = f"query {_show(position)}: {error}"
                self.findings.note(
                    ("GDA-select-index", *self.case.clauses),
                    Verdict.UNDECIDED,
                    deferred(message),
                )
                continue
            if self._index(position, got, row):
                if got < 0:
                    self._abstained(position)
                else:
                    self._selected(position, got)

    def _index(self, position: Position, got: int, row: Row) -> bool:
        """Judge the index; False after a wrong one."""
        if got == row.exact:
            verdict = Verdict.EXACT
        elif got in row.admissible:
            verdict = Verdict.ADMISSIBLE
        else:
            verdict = Verdict.WRONG
        kind = _kind(row, verdict)

        def message() -> str:
            others = sorted(row.admissible - {row.exact})
            also = f" (admissible also: {', '.join(map(str, others))})" if others else ""
            said = f"query {_show(position)}: expected index {row.exact}{also}, got {got}"
            if not self.explain:
                return said
            with suppress(Undecided):
                if why := self.expectation.explain(position, got):
                    return f"{said}; {why}"
            return said

        clauses = self._index_clauses(row)
        if verdict is Verdict.WRONG and got < 0:
            # a query that wrongly abstained did not order its keys wrongly
            clauses = [clause for clause in clauses if clause not in _ORDER]
        self.findings.note(
            clauses,
            verdict,
            None if verdict is Verdict.EXACT else message,
            kind=kind,
        )
        return verdict is not Verdict.WRONG

    def _index_clauses(self, row: Row) -> list[str]:
        clauses = list(self.always)
        if row.exact >= 0:
            clauses.append("GDA-select-index")
        elif self.expectation.keys == 0:
            clauses.append("GDA-abstain-empty")
        else:
            clauses.append("GDA-abstain-none")
        for applies, clause in (
            (row.tied, "GDA-select-ties"),
            (row.close, "GDA-select-exact-order"),
            (row.priors, "GDA-select-priors"),
            (row.masked, "GDA-admit-mask"),
            (row.threshold, "GDA-admit-threshold"),
            (row.threshold_zero, "GDA-admit-zero"),
            (row.threshold_ceiling, "GDA-admit-ceiling"),
        ):
            if applies:
                clauses.append(clause)
        return clauses

    def _abstained(self, position: Position) -> None:
        """The fields of a query that rightly abstained."""
        query = None
        if "alignment_point" in self.fields:
            shape = (*self.expectation.shape, self.expectation.dimension)
            query = np.broadcast_to(plain(np.asarray(self.case.query)), shape)[position]
        wanted: dict[str, Any] = {
            "energy": math.inf,
            "coordinate": 0.0,
            "alignment_point": query,
            "unique": False,
        }
        for name, value in wanted.items():
            if name in self.fields:
                self._equal(("GDA-abstain-fields",), name, position, value)
        if "output" in self.fields:
            self._equal(("GDA-output-fill",), "output", position, self.fill[position])

    def _selected(self, position: Position, got: int) -> None:
        """The fields of a query that selected an admissible key."""
        if "output" in self.fields:
            clauses = ["GDA-output-gather"]
            if self.case.values is None:
                clauses.append("GDA-values-default")
            elif not self.values_finite:
                clauses.append("GDA-values-nan")
            self._equal(clauses, "output", position, self.values[(*position[:-1], got)])
        if self.fields.keys() <= {"index", "output"}:
            return
        try:
            pair = self.expectation.pair(position, got)
        except Undecided as error:
            message = f"query {_show(position)}: {error}"
            named = {"energy", "coordinate", "alignment_point", "unique"} & self.fields.keys()
            clauses = [MAIN[name] for name in sorted(named)]
            self.findings.note(clauses, Verdict.UNDECIDED, deferred(message))
            return
        self._energy((position, got), pair)
        self._coordinate((position, got), pair)
        self._point((position, got), pair)
        self._unique(position, pair)

    def _energy(self, at: tuple[Position, int], pair: Pair) -> None:
        if "energy" not in self.fields:
            return
        clauses = ["GDA-energy-value"]
        if pair.separation > _SATURATED:
            clauses.append("GDA-energy-saturation")
        if pair.overflow:
            clauses.append("GDA-energy-overflow")
        if pair.separation_is_zero:
            clauses.append("GDA-align-zero")
        value = float(self.fields["energy"][at[0]])
        name = f"energy of query {_show(at[0])}"
        self._number(clauses, ("energy", name), at, value, pair, lambda one: one.energy)

    def _coordinate(self, at: tuple[Position, int], pair: Pair) -> None:
        if "coordinate" not in self.fields:
            return
        value = float(self.fields["coordinate"][at[0]])
        name = f"coordinate of query {_show(at[0])}"
        clauses = ["GDA-coordinate-value"]
        if pair.degenerate:
            clauses.append("GDA-align-half")
        if pair.separation_is_zero:
            clauses.append("GDA-align-zero")
        self._number(clauses, ("coordinate", name), at, value, pair, lambda one: one.coordinate)
        inside = 0.0 <= value <= 1.0
        self.findings.note(
            ("GDA-coordinate-rounding",),
            Verdict.EXACT if inside else Verdict.WRONG,
            None if inside else lambda: f"{name}: expected a number in [0, 1], got {value!r}",
        )

    def _point(self, at: tuple[Position, int], pair: Pair) -> None:
        if "alignment_point" not in self.fields:
            return
        point = self.fields["alignment_point"][at[0]].astype(np.float64).tolist()
        for axis, value in enumerate(point):
            name = f"alignment_point of query {_show(at[0])}, component {axis}"
            read = partial(_component, axis=axis)
            clauses = ("GDA-align-point-value",)
            self._number(clauses, ("alignment_point", name), at, value, pair, read)
            if pair.jump_overflows or not math.isfinite(value):
                finite = math.isfinite(value)
                self.findings.note(
                    ("GDA-align-point-finite",),
                    Verdict.EXACT if finite else Verdict.WRONG,
                    None
                    if finite
                    else deferred(f"{name}: expected a finite number, got {value!r}"),
                )

    def _unique(self, position: Position, pair: Pair) -> None:
        if "unique" not in self.fields:
            return
        value = bool(self.fields["unique"][position])
        if value is pair.unique:
            self.findings.note(("GDA-align-unique",), Verdict.EXACT)
            return
        verdict = Verdict.ADMISSIBLE if value in pair.unique_admissible else Verdict.WRONG
        message = f"unique of query {_show(position)}: expected {pair.unique}, got {value}"
        self.findings.note(("GDA-align-unique",), verdict, deferred(message))

    def _number(
        self,
        clauses: Sequence[str],
        names: tuple[str, str],
        at: tuple[Position, int],
        value: float,
        pair: Pair,
        read: Callable[[Pair], Interval],
    ) -> None:
        """Judge a number; ``names`` are its field and what a message calls it."""
        field, name = names
        interval = read(pair)
        verdict, severity = grade(value, interval, self.forms[field])
        if verdict is Verdict.EXACT:
            self.findings.note(clauses, verdict)
            return

        def message() -> str:
            said = (
                f"{name}: expected {interval.nearest!r}, admissible from {interval.lower!r} "
                f"to {interval.upper!r}, got {value!r}"
            )
            if self.explain and verdict is Verdict.WRONG:
                with suppress(Undecided):
                    return said + self.expectation.elsewhere(*at, read, value)
            return said

        self.findings.note(clauses, verdict, message, severity)

    def _equal(self, clauses: Any, name: str, position: Position, value: Any) -> None:
        """A field that must hold a given value; NaN equals NaN, signed zeros are equal."""
        got = self.fields[name][position]
        if np.array_equal(got, value) or _equal_with_nan(got, value):
            self.findings.note(clauses, Verdict.EXACT)
            return
        # shown as lists: numpy's own form depends on its print options
        wanted, came = np.asarray(value).tolist(), np.asarray(got).tolist()
        message = f"{name} of query {_show(position)}: expected {wanted}, got {came}"
        self.findings.note(clauses, Verdict.WRONG, deferred(message))


def _component(pair: Pair, axis: int) -> Interval:
    return pair.alignment_point[axis]


def _kind(row: Row, verdict: Verdict) -> Kind:
    """What the index of a row had to decide."""
    if verdict is Verdict.WRONG:
        return Kind.WRONG
    if row.tied:
        return Kind.TIE
    return Kind.UNRESOLVABLE if len(row.admissible) > 1 else Kind.PLAIN


def _form(array: NDArray[Any]) -> Format:
    """The format of a returned array; float64 for any other dtype."""
    return FORMATS.get(array.dtype.name, FLOAT64)


def _show(position: Position) -> str:
    return ",".join(map(str, position))


def _equal_with_nan(got: Any, value: Any) -> bool:
    got, value = np.asarray(got), np.asarray(value)
    if got.dtype.kind != "f" or value.dtype.kind != "f":
        return False
    return bool(np.array_equal(got, value, equal_nan=True))


def _values_and_fill(case: Case, expectation: Expectation) -> tuple[NDArray[Any], NDArray[Any]]:
    """Values as (B..., N, V) and fill as (B..., M, V)."""
    values = plain(np.asarray(case.keys if case.values is None else case.values))
    batch = expectation.shape[:-1]
    values = np.broadcast_to(values, (*batch, *values.shape[-2:]))
    fill = np.broadcast_to(plain(np.asarray(case.fill)), (*expectation.shape, values.shape[-1]))
    return values, fill


def _case_clauses(case: Case) -> tuple[str, ...]:
    """The clauses that every index of the case is judged under, from its inputs alone."""
    given = case.arguments()
    clauses = []
    if is_batched(case):
        clauses.append("GDA-batch-broadcast")
    needs = capabilities_of(case)
    if "mixed-dtype" in needs:
        clauses.append("GDA-input-exact")
    if "masked-nan" in needs:
        clauses.append("GDA-mask-unread")
    if any(_holds_negative_zero(value) for value in given.values()):
        clauses.append("GDA-signed-zero")
    return tuple(clauses)


def _holds_negative_zero(value: Any) -> bool:
    array = plain(np.asarray(value))
    return array.dtype.kind == "f" and bool(((array == 0) & np.signbit(array)).any())
