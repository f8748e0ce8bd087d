"""The operators beside the selection, judged by the oracle of prior operators."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from gd_attention.conformance.operators import verify_operator
from playground_core import Core

CASES = 120


@pytest.fixture(scope="module")
def core() -> Iterator[Core]:
    """One process for all tests."""
    with Core() as process:
        yield process


def rows(function: Any, scores: Any) -> Any:
    """A function of one row of scores, applied to every row."""
    out = np.empty(scores.shape)
    for place in np.ndindex(scores.shape[:-1]):
        out[place] = function(scores[place])
    return out


def targets(core: Core) -> dict[str, tuple[Any, list[str]]]:
    """What the oracle calls, and what is promised beyond the definition."""

    def attention(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
        out = np.empty((*query.shape[:-1], value.shape[-1]))
        for place in np.ndindex(query.shape[:-1]):
            batch = place[:-1]
            allowed = [True] * key.shape[-2] if mask is None else mask[place].tolist()
            args = query[place], key[batch], value[batch], allowed
            out[place] = core.call("prior.attention", *args)["output"]
        return out

    def hopfield(patterns: Any, state: Any, beta: float) -> Any:
        return np.array([core.call("prior.hopfield", patterns, s, beta)["output"] for s in state])

    def hard(scores: Any, mask: Any, side: str) -> Any:
        hidden = np.where(mask, scores, -math.inf)
        return np.array([int(core.call("prior.hard", row, side)) for row in hidden], ndmin=1)

    return {
        "sparsemax": (lambda z: rows(lambda r: core.call("prior.sparsemax", r), z), ["all"]),
        "topk": (lambda z, k: rows(lambda r: core.call("prior.topK", r, k), z), ["all"]),
        "sdpa": (attention, ["all"]),
        "hopfield": (hopfield, []),
        "unique-hard": (hard, []),
    }


@pytest.mark.parametrize("name", ["sparsemax", "topk", "sdpa", "hopfield", "unique-hard"])
def test_the_operator_is_the_published_one(core: Core, name: str) -> None:
    """Nothing wrong, nothing undecided; with its conventions for empty sets."""
    target, capabilities = targets(core)[name]
    report = verify_operator(name, target, cases=CASES, capabilities=capabilities)
    assert report.verdict == "conforms", report.reason
    assert report.judged >= CASES


@pytest.mark.clause("GDA-thm-nearest")
def test_hard_attention_on_distances_is_the_selection(core: Core) -> None:
    """R2 of the relations: one weight, no threshold; ties on a grid included."""
    rng = np.random.default_rng(12)
    for _ in range(40):
        keys = rng.integers(-2, 3, (5, 2)).astype(float)
        query = rng.integers(-2, 3, 2).astype(float)
        scores = core.call("prior.distanceScores", query, keys, 0.5)
        assert scores == [-0.5 * float(x) for x in ((keys - query) ** 2).sum(axis=1)]
        problem = {"query": query, "keys": keys, "alpha": 0.3, "beta": 0.5}
        assert core.call("prior.hard", scores) == core.call("select", problem)["index"]


@pytest.mark.clause("GDA-thm-relaxation")
def test_the_softmin_tends_to_the_selection(core: Core) -> None:
    """The bound of T20, (n - 1) exp(-gap/T), with the rounding of a softmax beside it."""
    problem = {
        "query": [0.0],
        "keys": [[1.0], [1.5], [9.0], [1.25]],
        "threshold": [1.0, 1.0, 1.0, 0.1],
    }
    energies = [one["energy"] for one in core.call("admission", problem)]
    gap = energies[1] - energies[0]
    for temperature in (1.0, 0.1, 0.005):
        weights = core.call("prior.softmin", problem, temperature)
        assert weights[3] == 0.0
        assert abs(sum(weights) - 1) < 8 * 2.0**-52
        assert 1 - weights[0] <= 2 * math.exp(-gap / temperature) + 8 * 2.0**-52
    assert weights[0] == 1.0


def test_a_blend_keeps_out_what_has_no_weight(core: Core) -> None:
    """NaN times zero is not zero."""
    assert core.call("prior.blend", [0.0, 1.0], [[math.nan, 1.0], [2.0, 3.0]]) == [2.0, 3.0]
