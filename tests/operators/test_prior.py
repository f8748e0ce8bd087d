"""The package's own prior operators under the oracle, in the calls that it makes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gd_attention.conformance.operators import verify_operator
from gd_attention.prior import (
    dot_product,
    entmax,
    hopfield,
    monotonic,
    monotonic_expected,
    sparsemax,
    topk,
    unique_hard,
)


def _topk(scores: Any, k: int) -> Any:
    # hidden entries come as a mask there, not as -inf
    seen = np.isfinite(scores)
    return topk.topk_weights(np.where(seen, scores, 0), k, seen)


def _hard(scores: Any, mask: Any, side: str) -> Any:
    return unique_hard.unique_hard_index(scores, mask, tie=side)


def _monotonic(chances: Any) -> Any:
    expected = monotonic_expected.expected_alignment(chances)
    stops = monotonic.hard_process(chances > 0.5)
    return {"expected": expected, "index": stops}


def _hopfield(patterns: Any, state: Any, beta: float) -> Any:
    return hopfield.update(patterns, state, beta), hopfield.energy(patterns, state, beta)


TARGETS = {
    "sparsemax": sparsemax.sparsemax,
    "entmax": entmax.entmax,
    "sdpa": dot_product.attention,
    "topk": _topk,
    "unique-hard": _hard,
    "monotonic": _monotonic,
    "hopfield": _hopfield,
}


@pytest.mark.parametrize("operator", TARGETS)
def test_own_operators_conform(operator: str) -> None:
    found = verify_operator(operator, TARGETS[operator], cases=150)
    assert found.verdict == "conforms", (found.reason, found.worst, found.counterexamples)
