"""The worked examples: their tables byte for byte, and what their curves must obey."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_examples", ROOT / "tools/make_examples.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = _tool()


@pytest.mark.clause("GDA-erratum-iris")
@pytest.mark.parametrize("module", TOOL.EXAMPLES)
def test_the_tables_regenerate_byte_for_byte(module: str) -> None:
    written = TOOL.written(module)
    assert written
    for path, text in written.items():
        assert path.read_bytes().decode() == text, path.name


def test_no_table_is_left_over() -> None:
    stems = {path.stem.partition("-")[0] for path in (ROOT / "docs/examples/tables").iterdir()}
    assert stems == {module.removeprefix("worked_") for module in TOOL.EXAMPLES}


@pytest.mark.clause("GDA-thm-filter-select")
def test_a_threshold_accepts_what_hard_monotonic_attention_accepts_at_its_radius() -> None:
    import worked_digits

    part = worked_digits.study().held
    for said in (part.inside, part.outside):
        energy, square = said["GD-Attention"].level, said["hard monotonic"].level
        assert np.array_equal(
            np.sign(np.subtract.outer(energy, energy)), np.sign(np.subtract.outer(square, square))
        )
        at = float(np.median(square))
        label = said["hard monotonic"].label_at(at)
        assert np.array_equal(label >= 0, square <= at)


def test_risk_by_hand() -> None:
    worked_curves = sys.modules.get("worked_curves") or importlib.import_module("worked_curves")
    answers = importlib.import_module("worked_operators").Answers
    said = answers(np.array([0.1, 0.3, 0.1, 0.7]), np.array([0, 1, 1, 1]))
    coverage, risk = worked_curves.risk(said, np.array([0, 0, 0, 1]))
    assert coverage.tolist() == [0.5, 0.75, 1.0]
    assert risk.tolist() == [0.5, 2 / 3, 0.5]
    # the two of the tie count with the risk of the tie
    assert worked_curves.area(coverage, risk) == pytest.approx(
        (0.5 + 0.5 + 2 / 3 + 0.5) / 4, abs=4 * np.finfo(float).eps
    )
    other = answers(np.array([0.3, 0.8]), np.array([0, 0]))
    # of the eight pairs: two below 0.3, one equal to it, four below 0.8
    assert worked_curves.separation(said, other) == (2 + 0.5 + 4) / 8


@pytest.mark.clause("GDA-thm-nearest")
def test_a_run_of_the_model_selects_as_the_committed_vectors_do() -> None:
    worked_sentences = importlib.import_module("worked_sentences")
    ((queries, proved),) = worked_sentences.certificate().rows
    assert int(queries) == len(worked_sentences.study().queries) == 256
    assert proved == queries


def test_a_selection_is_the_same_where_its_lead_exceeds_the_shift() -> None:
    same = importlib.import_module("worked_embedding").same_selection
    query, keys = np.array([[0.0], [0.9]]), np.array([[0.0], [2.0]])
    # leads of 2 and 0.2; the key that moves most moves by 0.0625, the queries by 0.0625
    for shift, expected in ((0.0625, [True, False]), (0.015625, [True, True])):
        moved = keys + np.array([[0.0], [shift]])
        assert same(query, keys, query - shift, moved).tolist() == expected


def test_vectors_that_the_grid_cannot_hold_are_refused() -> None:
    embedding = importlib.import_module("worked_embedding")
    held = embedding.to_grid(np.array([[2.0**-17, -0.125, 0.2]], np.float32))
    assert held[0, :2].tolist() == [1, -(2**14)]
    with pytest.raises(ValueError, match="coordinates below 1/4"):
        embedding.to_grid(np.array([[0.25]], np.float32))
