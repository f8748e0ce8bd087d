"""Risk-coverage and admission curves, and what certified thresholds do on a held-out part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from gd_attention.calibration import threshold_for_false_admission, threshold_for_risk
from numpy.typing import NDArray
from worked_operators import Answers
from worked_tables import Table, number, share

__all__ = [
    "Part",
    "admission",
    "admission_table",
    "comparison",
    "coverage_table",
    "risk",
    "risk_table",
    "stream",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """Answers to queries of the domain with their labels, and to queries from outside it."""

    inside: dict[str, Answers]
    labels: Int
    outside: dict[str, Answers]


def risk(said: Answers, truth: Int) -> tuple[Float, Float]:
    """Coverage and risk at every threshold that changes the accepted set, ties together.

    A label that no key has is always wrong: with it, queries from outside count as errors.
    """
    levels, ends = np.unique(np.sort(said.level), return_counts=True)
    accepted = np.cumsum(ends)
    if said.label_at is None:
        order = np.argsort(said.level, kind="stable")
        errors = np.cumsum(said.label[order] != truth[order])[accepted - 1]
    else:
        errors = np.array(
            [
                (said.label_at(level)[said.level <= level] != truth[said.level <= level]).sum()
                for level in levels.tolist()
            ]
        )
    return accepted / len(truth), errors / accepted


def area(coverage: Float, value: Float) -> float:
    """Mean over the queries of the risk at the threshold that just accepts them."""
    return float(np.sum(np.diff(coverage, prepend=0.0) * value))


def admission(inside: Answers, outside: Answers) -> tuple[Float, Float]:
    """Admitted shares of both kinds of queries at every threshold."""
    levels = np.unique(np.concatenate([inside.level, outside.level]))
    return tuple(  # type: ignore[return-value]
        np.searchsorted(np.sort(said.level), levels, side="right") / len(said.level)
        for said in (inside, outside)
    )


def separation(inside: Answers, outside: Answers) -> float:
    """P(level inside < level outside) + P(equal)/2: the area under the admission curve."""
    pairs = inside.level[:, None] - outside.level[None, :]
    return float((pairs < 0.0).mean() + (pairs == 0.0).mean() / 2.0)


def comparison(name: str, part: Part) -> Table:
    """One row for each operator: errors, areas, admissions."""
    rows = []
    for operator, inside in part.inside.items():
        outside = part.outside[operator]
        coverage, value = risk(inside, part.labels)
        at = int(np.searchsorted(coverage, 0.95))
        threshold = np.unique(inside.level)[at]
        rows.append(
            (
                operator,
                share(value[-1]),
                share(area(coverage, value)),
                share(value[at]),
                share(float((outside.level <= threshold).mean())),
                share(separation(inside, outside)),
                share(area(*risk(*stream(part, operator)))),
            )
        )
    header = (
        "operator",
        "risk at coverage 1",
        "area under the risk-coverage curve",
        "risk at coverage 0.95",
        "outside admitted at coverage 0.95",
        "area under the admission curve",
        "area with outside as errors",
    )
    return Table(name, "Each operator on the held-out part", header, tuple(rows))


def stream(part: Part, operator: str) -> tuple[Answers, Int]:
    """The queries of both kinds together, with a label for those from outside that no key has."""
    inside, outside = part.inside[operator], part.outside[operator]
    level = np.concatenate([inside.level, outside.level])
    label = np.concatenate([inside.label, outside.label])
    truth = np.concatenate([part.labels, np.full(len(outside.level), -1)])
    one, two = inside.label_at, outside.label_at
    if one is None or two is None:
        return Answers(level, label), truth
    return Answers(level, label, lambda t: np.concatenate([one(t), two(t)])), truth


def _asked(part: Part, operator: str, mixed: bool) -> tuple[Answers, Int]:
    """The queries of the domain, alone or with those from outside, and their labels."""
    return stream(part, operator) if mixed else (part.inside[operator], part.labels)


def risk_table(
    name: str, fitted: Part, held: Part, target: float, delta: float, mixed: bool
) -> Table:
    """Thresholds for a risk, certified on one part, and what they do on another.

    Queries of the domain alone, or mixed with those from outside, each of which is an error.
    """
    rows = []
    for operator in fitted.inside:
        said, truth = _asked(fitted, operator, mixed)
        new, fresh = _asked(held, operator, mixed)
        if said.label_at is not None:
            rows.append((operator, "answers change with the threshold", *[""] * 5))
            continue
        found = threshold_for_risk(said.level, said.label != truth, target, delta)
        if not found.certified:
            rows.append((operator, "not certifiable", *[""] * 5))
            continue
        taken = new.level <= found.threshold
        failed = int((new.label != fresh)[taken].sum())
        rows.append(
            (
                operator,
                number(found.threshold),
                f"{found.errors} of {found.accepted}",
                share(found.bound),
                share(found.coverage),
                share(float(taken.mean())),
                f"{failed} of {int(taken.sum())}",
            )
        )
    header = (
        "operator",
        "threshold",
        "errors of the accepted",
        "bound on the risk",
        "coverage",
        "coverage held out",
        "errors held out",
    )
    what = "both kinds of queries" if mixed else "queries of the domain"
    title = f"Risk at most {target:g} over {what}, delta {delta:g}"
    return Table(name, title, header, tuple(rows))


def coverage_table(
    name: str, fitted: Part, held: Part, targets: tuple[float, ...], delta: float, mixed: bool
) -> Table:
    """What each operator accepts under a certificate for each of several risks.

    Each certificate stands by itself. As in `risk_table`, but for the coverage of the part held
    out and its errors alone.
    """
    rows = []
    for operator in fitted.inside:
        said, truth = _asked(fitted, operator, mixed)
        new, fresh = _asked(held, operator, mixed)
        if said.label_at is not None:
            continue
        cells = []
        for target in targets:
            found = threshold_for_risk(said.level, said.label != truth, target, delta)
            taken = new.level <= found.threshold
            failed = int((new.label != fresh)[taken].sum())
            cells.append(f"{failed} of {int(taken.sum())}" if found.certified else "-")
        rows.append((operator, *cells))
    what = "both kinds of queries" if mixed else "queries of the domain"
    title = f"Errors of the accepted, held out, by the certified risk over {what}, delta {delta:g}"
    return Table(name, title, ("operator", *(f"risk {t:g}" for t in targets)), tuple(rows))


def admission_table(name: str, fitted: Part, held: Part, rate: float, delta: float) -> Table:
    """Thresholds for a false-admission rate, certified on one part, and what they do on another."""
    rows = []
    for operator, said in fitted.outside.items():
        found = threshold_for_false_admission(said.level, rate, delta=delta)
        if not found.certified:
            rows.append((operator, "not certifiable", *[""] * 5))
            continue
        new, outside = held.inside[operator], held.outside[operator]
        taken = new.level <= found.threshold
        label = new.label if new.label_at is None else new.label_at(found.threshold)
        failed = int((label != held.labels)[taken].sum())
        rows.append(
            (
                operator,
                number(found.threshold),
                f"{found.admitted} of {found.samples}",
                share(found.bound),
                share(float((outside.level <= found.threshold).mean())),
                share(float(taken.mean())),
                f"{failed} of {int(taken.sum())}",
            )
        )
    header = (
        "operator",
        "threshold",
        "outside admitted",
        "bound on the rate",
        "outside admitted held out",
        "coverage held out",
        "errors held out",
    )
    return Table(name, f"False admissions at most {rate:g}, delta {delta:g}", header, tuple(rows))
