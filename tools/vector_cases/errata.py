"""Faults of published material, each with a case that shows it."""

from __future__ import annotations

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.realdata import iris_features
from vector_cases.make import make

THEME = "errata"
ABOUT = "Faults of published material: the answers here are the exact ones, not the published ones."


def cases() -> list[Case]:
    """The cases of the file."""
    # Every tenth flower, each without itself: the nearest other flower is selected.
    flowers = iris_features()[::10]
    others = ~np.eye(len(flowers), dtype=bool)
    return [
        make(
            "erratum-e1-two-minimisers",
            "align-unique align-half erratum-uniqueness",
            "erratum degenerate",
            [[0.0]],
            [[3.0]],
        ),
        make(
            "erratum-e1-unique-at-two",
            "align-unique erratum-uniqueness",
            "erratum critical",
            [[0.0, 0.0]],
            [[1.0, 1.0]],
        ),
        make(
            "erratum-e2-midpoint",
            "energy-value coordinate-value align-half erratum-bisection",
            "erratum degenerate",
            [[0.0]],
            [[3.0]],
        ),
        make(
            "erratum-e2-order",
            "select-index energy-value erratum-bisection",
            "erratum degenerate",
            [[0.0]],
            [[3.5], [3.0], [2.0]],
        ),
        make(
            "erratum-e3-far-keys",
            "select-index energy-saturation erratum-saturation",
            "erratum saturated",
            [[0.0]],
            [[20.0], [11.0], [30.0]],
        ),
        make(
            "erratum-e3-far-keys-alpha",
            "select-index energy-saturation erratum-saturation",
            "erratum saturated",
            [[0.0]],
            [[20.0], [11.0], [30.0]],
            alpha=0.3,
        ),
        make(
            "erratum-e4-iris",
            "select-index admit-mask erratum-iris",
            "erratum iris mask",
            flowers,
            flowers,
            mask=others,
        ),
    ]
