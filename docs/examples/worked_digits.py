"""The handwritten digits of scikit-learn, 1797 x 64, with two classes held out of the domain."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from gd_attention.calibration import threshold_for_risk
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from worked_curves import Part, admission_table, comparison, risk_table
from worked_operators import Fitted, answers, fit
from worked_tables import Table, share

__all__ = ["Study", "study", "tables"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]

# fixed before any number was seen: the last two
OUTSIDE = (8, 9)
TARGET, MIXED, RATE, DELTA = 0.02, 0.05, 0.05, 0.05


@dataclass(frozen=True, eq=False)
class Study:
    """The operators on their keys, and their answers to both parts."""

    fitted: Fitted
    calibration: Part
    held: Part
    queries: Float


@cache
def study() -> Study:
    """A third of the known digits as keys, a third to calibrate, a third held out.

    The images are shuffled by a hash, the same on every machine: they come writer by writer.
    """
    data = load_digits()
    images, labels = np.asarray(data.data, dtype=np.float64), np.asarray(data.target)
    order = np.array(sorted(range(len(labels)), key=_hash))
    images, labels = images[order], labels[order].astype(np.int64)
    known = ~np.isin(labels, OUTSIDE)
    pictures, names, strange = images[known], labels[known], images[~known]
    first, second = len(names) // 3, 2 * len(names) // 3
    half = len(strange) // 2
    fitted = fit(pictures[:first], names[:first])
    parts = []
    for inside, outside in (
        (slice(first, second), slice(half)),
        (slice(second, None), slice(half, None)),
    ):
        said, others = answers(fitted, pictures[inside]), answers(fitted, strange[outside])
        parts.append(Part(said, names[inside], others))
    return Study(fitted, parts[0], parts[1], pictures[first:second])


def tables() -> tuple[Table, ...]:
    """Sizes, comparison, both kinds of certificates, and what alpha changes."""
    found = study()
    one, two = found.calibration, found.held
    return (
        _sizes(found),
        comparison("digits-operators", two),
        risk_table("digits-risk", one, two, TARGET, DELTA, mixed=False),
        risk_table("digits-risk-mixed", one, two, MIXED, DELTA, mixed=True),
        admission_table("digits-admission", one, two, RATE, DELTA),
        _alphas(found),
    )


def _hash(number: int) -> bytes:
    return hashlib.sha256(f"digits {number}".encode()).digest()


def _sizes(found: Study) -> Table:
    one, two = found.calibration, found.held
    rows = [
        ("keys", str(len(found.fitted.labels)), ""),
        ("calibration", str(len(one.labels)), str(len(one.outside["Chow"].level))),
        ("held out", str(len(two.labels)), str(len(two.outside["Chow"].level))),
    ]
    rows += [(f"beta of {name}", f"{beta:g}", "") for name, beta in found.fitted.beta.items()]
    return Table(
        "digits-parts", "Parts, and precisions", ("part", "inside", "outside"), tuple(rows)
    )


def _alphas(found: Study) -> Table:
    """One alpha for all keys moves the threshold of a certificate, and not what it accepts."""
    part, rows = found.calibration, []
    base = part.inside["GD-Attention"].level
    for alpha in (0.5, 0.3, 0.1):
        said = answers(found.fitted, found.queries, alpha)["GD-Attention"]
        limit = threshold_for_risk(said.level, said.label != part.labels, TARGET, DELTA)
        order = bool(np.array_equal(_signs(said.level), _signs(base)))
        rows.append(
            (
                f"{alpha:g}",
                f"{limit.threshold:.5g}",
                f"{limit.accepted} of {limit.samples}",
                share(limit.bound),
                "yes" if order else "no",
            )
        )
    header = ("alpha", "threshold", "accepted", "bound on the risk", "same order as alpha 0.5")
    return Table("digits-alpha", "One alpha for all keys", header, tuple(rows))


def _signs(level: Float) -> Float:
    return np.sign(level[:, None] - level[None, :])
