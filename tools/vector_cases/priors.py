"""A mixing weight per key."""

from __future__ import annotations

import math

import numpy as np
from gd_attention.conformance.case import Case
from vector_cases.make import make

THEME = "priors"
ABOUT = "A mixing weight per key: the order is that of energy, not of distance."

_PRIORS = "select-priors select-index"


def _case(
    name: str, keys: list[float], alpha: list[float], flags: str = "", **others: object
) -> Case:
    clauses = str(others.pop("clauses", _PRIORS))
    rows = [[key] for key in keys]
    words = f"alpha-per-key {flags}"
    return make(name, clauses, words, [[0.0]], rows, alpha=np.array(alpha), **others)


def cases() -> list[Case]:
    """The cases of the file."""
    return [
        _case("prior-farther-wins", [1.0, 1.1], [0.5, 0.05]),
        _case("prior-farther-wins-above-half", [1.0, 1.1], [0.5, 0.95]),
        _case("prior-nearer-wins", [1.0, 3.0], [0.5, 0.4]),
        _case("prior-equal-acts-shared", [2.0, 1.0, 3.0], [0.3, 0.3, 0.3]),
        _case(
            "prior-complement-tie",
            [1.0, -1.0],
            [0.25, 0.75],
            "alpha-complement",
            clauses=f"{_PRIORS} select-ties",
        ),
        _case(
            "prior-complement-tie-reversed",
            [1.0, -1.0],
            [0.75, 0.25],
            "alpha-complement",
            clauses=f"{_PRIORS} select-ties",
        ),
        # 0.7 and 0.3 as floats do not add up to 1: no tie, and the order depends on their bits.
        _case("prior-not-complement", [1.0, -1.0], [0.3, 0.7], "alpha-complement near-tie"),
        _case(
            "prior-not-complement-reversed", [1.0, -1.0], [0.7, 0.3], "alpha-complement near-tie"
        ),
        _case(
            "prior-complement-order",
            [math.nextafter(1.0, 2.0), 1.0],
            [0.25, 0.75],
            "alpha-complement near-tie",
            clauses=f"{_PRIORS} select-exact-order",
        ),
        _case("prior-one-ulp", [1.0, 1.0], [0.5, math.nextafter(0.5, 1.0)], "near-tie"),
        _case("prior-one-ulp-small", [2.0, -2.0], [1e-9, math.nextafter(1e-9, 0.0)], "near-tie"),
        _case(
            "prior-zero-tie", [0.0, 0.0], [0.7, 0.2], clauses=f"{_PRIORS} select-ties align-zero"
        ),
        _case(
            "prior-saturated",
            [30.0, 20.0],
            [0.4, 0.5],
            "saturated",
            clauses=f"{_PRIORS} energy-saturation",
        ),
        # The ceilings differ by one ulp of alpha; both deficits lie far below that.
        _case(
            "prior-saturated-near",
            [9.0, 10.0],
            [0.5, math.nextafter(0.5, 0.0)],
            "saturated near-tie",
            clauses=f"{_PRIORS} select-exact-order",
        ),
        _case(
            "prior-saturated-complement",
            [9.0, 8.5],
            [0.25, 0.75],
            "saturated alpha-complement",
            clauses=f"{_PRIORS} select-exact-order",
        ),
        _case(
            "prior-overflow",
            [1e200, 1e250],
            [0.5, 0.4],
            "overflow saturated",
            clauses=f"{_PRIORS} energy-overflow",
        ),
        _case(
            "prior-overflow-same",
            [1e250, 1e200],
            [0.25, 0.75],
            "overflow alpha-complement",
            clauses=f"{_PRIORS} energy-overflow select-exact-order",
        ),
        _case(
            "prior-underflow",
            [1e-200, 1e-200],
            [0.5, 0.25],
            "underflow",
            clauses=f"{_PRIORS} select-exact-order",
        ),
        _case("prior-extreme", [3.0, 0.01], [1e-12, 0.5], "alpha-extreme"),
        _case(
            "prior-threshold",
            [1.0, 1.5, 0.5],
            [0.5, 0.1, 0.5],
            "threshold",
            threshold=0.05,
            clauses="select-priors admit-threshold",
        ),
        _case(
            "prior-mask",
            [1.0, 1.1, 1.2],
            [0.5, 0.05, 0.05],
            "mask",
            mask=[True, False, True],
            clauses="select-priors admit-mask",
        ),
        make(
            "prior-two-queries",
            _PRIORS,
            "alpha-per-key",
            [[0.0], [3.0]],
            [[1.0], [1.1], [4.0]],
            alpha=np.array([0.5, 0.05, 0.5]),
        ),
    ]
