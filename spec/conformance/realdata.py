"""Real data as cases: Iris leave-one-out, and the raw digits of scikit-learn.

Iris is stored with the standard. Its features are standardised, x' = (x - mean) / deviation with
the population deviation, each sum correctly rounded (`math.fsum`), so that every machine gets the
same floats. Each flower asks for its nearest other flower: the keys are the queries, and the mask
forbids the diagonal.

The digits are integers from 0 to 16, so that squared distances are integers and int64 arithmetic
decides ties exactly. They are not stored; scikit-learn holds them.

Clause: GDA-erratum-iris.
"""

from __future__ import annotations

import csv
import io
import math
from functools import cache
from typing import Any

import numpy as np
from gd_attention import spec
from gd_attention.conformance.case import Case
from numpy.typing import NDArray

__all__ = [
    "digits_cases",
    "digits_data",
    "iris_cases",
    "iris_features",
    "iris_labels",
]

_BLOCK = 128


@cache
def _iris() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rows = list(csv.reader(io.StringIO(spec.read_data("iris.csv"))))[1:]
    names = list(dict.fromkeys(row[-1] for row in rows))
    features = np.array([[float(cell) for cell in row[:-1]] for row in rows])
    return features, np.array([names.index(row[-1]) for row in rows], dtype=np.int64)


def iris_labels() -> NDArray[np.int64]:
    """Class of each flower, shape (150,): 0 setosa, 1 versicolor, 2 virginica."""
    return _iris()[1].copy()


def iris_features() -> NDArray[np.float64]:
    """Standardised features, shape (150, 4), dimensionless.

    Each column is (x - mean) / deviation, the population deviation, in float64 with correctly
    rounded sums.
    """
    columns = []
    for column in _iris()[0].T.tolist():
        mean = math.fsum(column) / len(column)
        steps = [x - mean for x in column]
        deviation = math.sqrt(math.fsum(step * step for step in steps) / len(column))
        columns.append([step / deviation for step in steps])
    return np.array(columns).T.copy()


def iris_cases(step: int = 1) -> tuple[Case, ...]:
    """Leave-one-out selection on Iris: 150 queries, 150 keys, the diagonal masked.

    Clause: GDA-erratum-iris, GDA-select-index, GDA-admit-mask.

    Parameters
    ----------
    step : int
        Only every so many flowers ask; all of them stay keys.

    Returns
    -------
    tuple of Case
        alpha 1/2 (the published setting); alpha 0.3; alpha 1/2 with a threshold that rejects the
        isolated flowers; the row number as value, one column.
    """
    features = iris_features()
    others = ~np.eye(len(features), dtype=bool)
    rows = np.arange(len(features), dtype=np.int64)[:, None]
    clauses = ("GDA-admit-mask", "GDA-select-index")
    common: dict[str, Any] = {
        "query": features[::step].copy(),
        "keys": features,
        "mask": others[::step].copy(),
    }
    return (
        Case(**common, id="iris-half", family="iris", flags=("iris", "mask"), clauses=clauses),
        Case(
            **common,
            alpha=0.3,
            id="iris-alpha",
            family="iris",
            flags=("iris", "mask"),
            clauses=clauses,
        ),
        # At 0.05 the radius is sqrt(0.2), about 0.45 deviations: 24 of the 150 flowers abstain.
        Case(
            **common,
            threshold=0.05,
            id="iris-threshold",
            family="iris",
            flags=("iris", "mask", "threshold"),
            clauses=(*clauses, "GDA-admit-threshold"),
        ),
        Case(
            **common,
            values=rows,
            fill=-1,
            id="iris-values",
            family="iris",
            flags=("iris", "mask", "values"),
            clauses=(*clauses, "GDA-output-gather"),
        ),
    )


@cache
def digits_data() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Raw digits (1797, 64), integers from 0 to 16 as float64, and their classes (1797,).

    Raises
    ------
    ImportError
        If scikit-learn is not installed; it belongs to the extra ``test``.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return np.asarray(bunch.data, dtype=np.float64), np.asarray(bunch.target, dtype=np.int64)


def digits_cases(block: int = _BLOCK) -> tuple[Case, ...]:
    """Leave-one-out selection on the digits, in blocks of queries against all 1797 keys.

    Clause: GDA-select-ties, GDA-select-index.

    Parameters
    ----------
    block : int
        Queries per case.
    """
    data, _ = digits_data()
    others = ~np.eye(len(data), dtype=bool)
    return tuple(
        Case(
            data[start : start + block],
            data,
            mask=others[start : start + block],
            id=f"digits-{start}",
            family="digits",
            flags=("mask",),
            clauses=("GDA-select-ties", "GDA-select-index"),
        )
        for start in range(0, len(data), block)
    )
