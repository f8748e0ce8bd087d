"""Shrunk cases on which some implementation was wrong."""

from __future__ import annotations

import math

from gd_attention.conformance.case import Case
from vector_cases.make import make

THEME = "counterexamples"
ABOUT = "Shrunk cases on which some implementation was wrong; new ones are added, none removed."


def cases() -> list[Case]:
    """The cases of the file."""
    flag = "counterexample"
    return [
        # bisection of the derivative stops at the midpoint, a local maximum: energy 9/4
        make(
            "counterexample-bisection",
            "energy-value align-half",
            f"{flag} degenerate",
            [[0.0]],
            [[3.0]],
        ),
        # argmin of rounded energies: both are the float log(2)
        make(
            "counterexample-rounded-energies",
            "select-index select-exact-order",
            f"{flag} saturated",
            [[0.0]],
            [[8.0], [7.0]],
        ),
        # a strict comparison excludes the key whose energy is the threshold
        make(
            "counterexample-strict",
            "admit-threshold",
            f"{flag} threshold threshold-equal",
            [[0.0]],
            [[1.0]],
            threshold=0.25,
        ),
        make(
            "counterexample-strict-zero",
            "admit-threshold admit-zero",
            f"{flag} threshold threshold-zero",
            [[0.0]],
            [[0.0]],
            threshold=0.0,
        ),
        # expanding the square loses the difference
        make(
            "counterexample-expanded",
            "select-index select-exact-order",
            f"{flag} offset",
            [[1e8]],
            [[1e8 + 2.0], [1e8 + 1.0]],
        ),
        # the last of two equal distances
        make("counterexample-last-tie", "select-ties", f"{flag} mirror", [[0.0]], [[1.0], [-1.0]]),
        # NaN * 0 under a mask
        make(
            "counterexample-masked-nan",
            "mask-unread admit-mask",
            f"{flag} mask masked-nan",
            [[0.0]],
            [[math.nan], [1.0]],
            mask=[False, True],
        ),
    ]
