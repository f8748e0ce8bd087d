"""A threshold with a certified risk, from labelled queries in a file."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from gd_attention.files.errors import FileError
from gd_attention.files.reading import open_labelled
from gd_attention.files.rows import Rows, Texts
from gd_attention.files.scratch import Scratch
from gd_attention.files.streaming import Operator, Sizes, Task, selections

if TYPE_CHECKING:
    from gd_attention.calibration import RiskThreshold

__all__ = ["NotCertifiable", "certified_threshold", "certifies", "statement"]


class NotCertifiable(Exception):
    """No threshold keeps the wanted risk with the wanted confidence."""


def certifies(risk: float | None, delta: float | None, labelled: str | None) -> bool:
    """Whether a certificate is wanted.

    Raises
    ------
    ValueError
        If one of the three options is given without the others.
    """
    given = {"--calibrate-risk": risk, "--delta": delta, "--labelled": labelled}
    missing = [name for name, value in given.items() if value is None]
    if missing and len(missing) < len(given):
        raise ValueError(f"expected {' and '.join(missing)} too: a certificate needs all of them")
    return not missing


def certified_threshold(
    task: Task,
    labels: Texts | None,
    labelled: str,
    risk: float,
    delta: float,
    operator: Operator,
    rows: Callable[[Task], Sizes],
    scratch: Scratch,
    advance: Callable[[int], None],
) -> RiskThreshold:
    """The threshold of largest coverage whose risk is certified; the risk is that of a wrong label.

    Parameters
    ----------
    task : Task
        The call to be made, without a threshold.
    labels : Texts
        Of the keys.
    labelled : str
        File of queries with their true labels, drawn like the queries to come, none of them a key.
    risk, delta : float
        A certified threshold has a risk above `risk` with a probability of at most `delta`.
    operator, rows, advance
        As in `streaming.selections`; `rows` gives the sizes of a task.

    Raises
    ------
    NotCertifiable
        If there is none.
    FileError, ValueError, TypeError
        If a file or an option does not fit.
    """
    from gd_attention.calibration import energy_levels, threshold_for_risk

    if labels is None:
        raise ValueError("--calibrate-risk: expected --labels, to tell right from wrong")
    if task.threshold != math.inf:
        raise ValueError("--threshold: not with --calibrate-risk, which chooses it")
    queries, truth = open_labelled("labelled", labelled, scratch)
    _check(task, queries)
    task = replace(task, queries=queries, values=None, fill=0.0)
    level, wrong = np.full(len(queries), math.inf), np.zeros(len(queries), np.bool_)
    for first, found in selections(task, operator, rows(task), advance):
        here = slice(first, first + len(found.index))
        chosen = found.index >= 0
        index = found.index[chosen]
        alpha = task.alpha.take(index) if isinstance(task.alpha, Rows) else task.alpha
        # the winners are known: each is a call of its own, with one key
        level[here][chosen] = energy_levels(
            queries.part(here.start, here.stop)[chosen][:, None, :],
            found.output[chosen][:, None, :],
            alpha=alpha,
            beta=task.beta,
        ).level[:, 0]
        answers = labels.take(index)
        expected = truth.take(first + np.flatnonzero(chosen))
        wrong[here][chosen] = [a != b for a, b in zip(answers, expected, strict=True)]
    result = threshold_for_risk(level, wrong, risk, delta)
    if not result.certified:
        raise NotCertifiable(
            f"not certifiable: no threshold has a risk of at most {risk:g} but for a probability "
            f"of {delta:g}, by {len(queries)} labelled queries; limited by {result.limited_by}"
        )
    return result


def statement(found: RiskThreshold) -> str:
    """What was certified, in a line."""
    return (
        f"certified: threshold {found.threshold!r} has a risk of at most {found.target:g}, but for "
        f"a probability of {found.delta:g}; it accepts {found.accepted} of {found.samples} "
        f"labelled queries, {found.errors} of them wrong; limited by {found.limited_by}"
    )


def _check(task: Task, queries: Rows) -> None:
    if not len(queries):
        raise queries.source.error("expected at least one labelled query, got none")
    if queries.source.path.samefile(task.keys.source.path):
        raise queries.source.error(
            "expected queries that are no keys, got the file of the keys: each would find itself, "
            "and the certificate would mean nothing"
        )
    if task.mask is not None and task.mask.shape != (len(task.keys), 1):
        raise FileError("mask: expected one for the keys with --calibrate-risk, got one for pairs")
