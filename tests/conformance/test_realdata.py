"""Iris and the digits: the published accuracy, and the exact ties."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.realdata import (
    digits_cases,
    digits_data,
    iris_cases,
    iris_features,
    iris_labels,
)


@pytest.mark.clause("GDA-erratum-iris")
def test_features_are_standardised() -> None:
    features = iris_features()
    assert features.shape == (150, 4)
    # 150 summands of order one, each with a rounding error of 2^-53 or so
    assert np.abs(features.mean(axis=0)).max() <= 150 * 2.0**-52
    assert np.abs(features.std(axis=0) - 1.0).max() <= 150 * 2.0**-52


@pytest.mark.clause("GDA-erratum-iris")
def test_data_is_that_of_scikit_learn() -> None:
    from gd_attention.spec import read_data
    from sklearn.datasets import load_iris

    rows = [line.split(",") for line in read_data("iris.csv").splitlines()[1:]]
    bunch = load_iris()
    assert np.array_equal(np.array([row[:4] for row in rows], dtype=float), bunch.data)
    assert [row[4] for row in rows] == [bunch.target_names[c] for c in bunch.target]


@pytest.mark.parametrize("case", iris_cases()[:2], ids=lambda case: case.id)
@pytest.mark.clause("GDA-erratum-iris", "GDA-select-index", "GDA-select-ties", "GDA-thm-nearest")
def test_iris_accuracy_and_ties(case: object) -> None:
    """142 of 150, as published; queries 113 and 121 tie exactly between 101 and 142."""
    from gd_attention.conformance.case import Case

    assert isinstance(case, Case)
    expectation = solve(case, EXACT)
    rows = [expectation.row((m,)) for m in range(150)]
    labels = iris_labels()
    right = sum(labels[row.exact] == labels[m] for m, row in enumerate(rows))
    assert right == 142
    assert f"{right / 150:.4f}" == "0.9467"
    assert {m: rows[m].exact for m in range(150) if rows[m].tied} == {113: 101, 121: 101}


@pytest.mark.clause("GDA-admit-threshold", "GDA-abstain-none")
def test_iris_threshold_rejects_isolated_flowers() -> None:
    case = next(case for case in iris_cases() if case.id == "iris-threshold")
    expectation = solve(case, EXACT)
    assert sum(expectation.row((m,)).exact < 0 for m in range(150)) == 24


@pytest.mark.clause("GDA-select-ties")
def test_digits_tie_exactly_eighteen_times() -> None:
    """Pixels are integers, so int64 arithmetic is exact: this is a proof, not a measurement."""
    data, labels = digits_data()
    whole = data.astype(np.int64)
    assert np.array_equal(whole, data)
    assert 0 <= whole.min() <= whole.max() == 16
    gram = whole @ whole.T
    norms = gram.diagonal()
    squares = norms[:, None] + norms[None, :] - 2 * gram
    np.fill_diagonal(squares, np.iinfo(np.int64).max)
    least = squares.min(axis=1)
    ties = (squares == least[:, None]).sum(axis=1) > 1
    assert int(ties.sum()) == 18
    assert int((labels[squares.argmin(axis=1)] == labels).sum()) == 1776


@pytest.mark.clause("GDA-select-ties", "GDA-conf-oracle")
def test_oracle_agrees_on_a_block_of_digits_with_ties() -> None:
    data, _ = digits_data()
    whole = data.astype(np.int64)
    blocks = digits_cases()
    assert sum(len(case.query) for case in blocks) == len(data) == 1797
    case = blocks[0]
    expectation = solve(case, EXACT)
    for m in range(len(case.query)):
        squares = ((whole - whole[m]) ** 2).sum(axis=1)
        squares[m] = np.iinfo(np.int64).max
        row = expectation.row((m,))
        assert row.exact == squares.argmin()
        assert row.tied == (int((squares == squares.min()).sum()) > 1)
