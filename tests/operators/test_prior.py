"""The package's own prior operators under the oracle, in the calls that it makes."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from gd_attention.conformance.operators import verify_operator


def _part(module: str, name: str) -> Any:
    return getattr(import_module(f"gd_attention.prior.{module}"), name)


def _topk(scores: Any, k: int) -> Any:
    # hidden entries come as a mask there, not as -inf
    seen = np.isfinite(scores)
    return _part("topk", "topk_weights")(np.where(seen, scores, 0), k, seen)


def _hard(scores: Any, mask: Any, side: str) -> Any:
    return _part("unique_hard", "unique_hard_index")(scores, mask, tie=side)


def _monotonic(chances: Any) -> Any:
    expected = _part("monotonic_expected", "expected_alignment")(chances)
    stops = _part("monotonic", "hard_process")(chances > 0.5)
    return {"expected": expected, "index": stops}


def _hopfield(patterns: Any, state: Any, beta: float) -> Any:
    update, energy = _part("hopfield", "update"), _part("hopfield", "energy")
    return update(patterns, state, beta), energy(patterns, state, beta)


@pytest.mark.parametrize(
    ("operator", "module", "target"),
    [
        ("topk", "topk", _topk),
        ("unique-hard", "unique_hard", _hard),
        ("monotonic", "monotonic_expected", _monotonic),
        ("hopfield", "hopfield", _hopfield),
    ],
    ids=["topk", "unique-hard", "monotonic", "hopfield"],
)
def test_own_operators_conform(operator: str, module: str, target: Any) -> None:
    if find_spec(f"gd_attention.prior.{module}") is None:
        pytest.skip(f"gd_attention.prior.{module} is not part of this version")
    found = verify_operator(operator, target, cases=150)
    assert found.verdict == "conforms", (found.reason, found.worst, found.counterexamples)
