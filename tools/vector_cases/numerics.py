"""Where floats end: scales, saturation, the critical point, alpha next to 0 and 1."""

from __future__ import annotations

import math

from gd_attention.conformance.case import Case
from vector_cases.make import make

THEME = "numerics"
ABOUT = "Where floats end: scales, saturation, the critical point, alpha next to 0 and 1."

_TINY = 2.0**-1074
_MAX = 1.7976931348623157e308
_FIELDS = "energy-value coordinate-value align-point-value"


def _scales() -> list[Case]:
    order = "select-exact-order select-index"
    over = f"{order} energy-overflow align-point-finite"
    return [
        make("scale-subnormal", order, "underflow", [[0.0]], [[3 * _TINY], [-2 * _TINY]]),
        make(
            "scale-squares-underflow",
            order,
            "underflow",
            [[0.0, 0.0]],
            [[2e-200, 1e-200], [2e-200, 0.0]],
        ),
        make(
            "scale-squares-lose-digits", order, "underflow", [[0.0]], [[1.00000001e-160], [1e-160]]
        ),
        make(
            "scale-underflow-energy",
            f"energy-value {order}",
            "underflow",
            [[0.0]],
            [[1e-160]],
            alpha=0.3,
        ),
        make("scale-squares-overflow", over, "overflow", [[0.0]], [[3e200], [2e200]]),
        make(
            "scale-squares-overflow-tie",
            f"{over} select-ties",
            "overflow mirror",
            [[0.0]],
            [[3e200], [-2e200], [2e200]],
        ),
        make("scale-difference-overflows", over, "overflow", [[-_MAX]], [[_MAX], [0.5 * _MAX]]),
        make(
            "scale-difference-overflows-low",
            f"{over} align-point-value",
            "overflow",
            [[-_MAX, 0.0]],
            [[_MAX, 1.0]],
            alpha=0.75,
        ),
        make(
            "scale-sum-overflows",
            over,
            "overflow",
            [[0.0, 0.0]],
            [[1.2e154, 1.2e154], [1.1e154, 1.2e154]],
        ),
        make("scale-all-far", order, "overflow", [[1e300]], [[1e-300], [-1e300], [5e299]]),
        make(
            "scale-mixed",
            order,
            "overflow underflow",
            [[0.0, 0.0]],
            [[1e200, 1e-200], [1e200, 0.0]],
        ),
        make(
            "scale-beta-undoes-large",
            f"{order} {_FIELDS}",
            "overflow beta",
            [[0.0]],
            [[2.0**500], [-(2.0**499)]],
            beta=2.0**-1000,
        ),
        make(
            "scale-beta-undoes-small",
            f"{order} {_FIELDS}",
            "underflow beta",
            [[0.0]],
            [[2.0**-500], [-(2.0**-501)]],
            beta=2.0**1000,
        ),
        make(
            "scale-beta-least",
            f"{order} energy-value",
            "underflow beta",
            [[0.0]],
            [[2.0], [1.0]],
            beta=_TINY,
        ),
        make("scale-beta-greatest", over, "overflow beta", [[0.0]], [[2.0], [1.5]], beta=_MAX),
    ]


def _saturation() -> list[Case]:
    order = "energy-saturation select-exact-order"
    return [
        make("saturated-energy", f"{order} coordinate-rounding", "saturated", [[0.0]], [[6.0]]),
        make(
            "saturated-alpha",
            f"{order} coordinate-rounding",
            "saturated",
            [[0.0]],
            [[6.0]],
            alpha=0.3,
        ),
        make(
            "saturated-order", f"{order} select-index", "saturated", [[0.0]], [[9.0], [8.0], [7.0]]
        ),
        make(
            "saturated-order-alpha",
            f"{order} select-index",
            "saturated",
            [[0.0]],
            [[90.0], [80.0], [85.0]],
            alpha=0.45,
        ),
        make(
            "saturated-coordinate-one",
            "coordinate-rounding align-half align-point-value",
            "saturated",
            [[1.0]],
            [[101.0]],
        ),
        make(
            "saturated-coordinate-zero",
            "coordinate-rounding align-point-value",
            "saturated",
            [[1.0]],
            [[101.0]],
            alpha=0.75,
        ),
        make(
            "saturated-same-energy",
            f"{order} select-index",
            "saturated",
            [[0.0]],
            [[20.0], [-10.0]],
        ),
        make(
            "saturated-unnormalised",
            f"{order} select-index",
            "saturated",
            [[5.1, 3.5, 1.4, 0.2]],
            [[70.0, 32.0, 47.0, 14.0], [63.0, 33.0, 60.0, 25.0]],
        ),
    ]


def _critical() -> list[Case]:
    up, down = math.nextafter(2.0, 3.0), math.nextafter(2.0, 1.0)
    half = math.nextafter(0.5, 1.0)
    unique = f"align-unique {_FIELDS}"
    return [
        make("critical-exact", unique, "critical", [[0.0, 0.0]], [[1.0, 1.0]]),
        make(
            "critical-above",
            f"{unique} align-half",
            "critical degenerate beta",
            [[0.0]],
            [[1.0]],
            beta=up,
        ),
        make("critical-below", unique, "critical beta", [[0.0]], [[1.0]], beta=down),
        make("critical-rounded-square", unique, "critical", [[0.0]], [[math.sqrt(2.0)]]),
        # (1, 1 + 2^-52): the square exceeds 1 by 2^-51 + 2^-104, so the separation exceeds 2.
        make(
            "critical-one-ulp",
            f"{unique} align-half",
            "critical degenerate",
            [[0.0, 0.0]],
            [[1.0, math.nextafter(1.0, 2.0)]],
        ),
        # 2 + 2^-104: above 2, but no float64 sum shows it.
        make(
            "critical-invisible",
            f"{unique} align-half",
            "critical degenerate",
            [[0.0, 0.0, 0.0]],
            [[1.0, 1.0, 2.0**-52]],
        ),
        make("critical-alpha-above", unique, "critical", [[0.0, 0.0]], [[1.0, 1.0]], alpha=half),
        make(
            "critical-alpha-below",
            unique,
            "critical",
            [[0.0, 0.0]],
            [[1.0, 1.0]],
            alpha=math.nextafter(0.5, 0.0),
        ),
        make("critical-alpha-0.499", unique, "critical", [[0.0]], [[1.4]], alpha=0.499),
        make("degenerate-just-above", f"{unique} align-half", "degenerate", [[0.0]], [[1.42]]),
        make("degenerate-three", f"{unique} align-half", "degenerate", [[0.0] * 3], [[1.0] * 3]),
        make("degenerate-off-half", unique, "degenerate", [[0.0] * 3], [[1.0] * 3], alpha=half),
    ]


def _weights() -> list[Case]:
    return [
        make("alpha-least", _FIELDS, "alpha-extreme", [[0.0]], [[1.0]], alpha=_TINY),
        make("alpha-small", _FIELDS, "alpha-extreme", [[0.0]], [[1.0], [0.5]], alpha=1e-300),
        make(
            "alpha-near-one",
            _FIELDS,
            "alpha-extreme",
            [[0.0]],
            [[1.0], [0.5]],
            alpha=1.0 - 2.0**-53,
        ),
        make(
            "alpha-small-saturated",
            "energy-saturation select-exact-order",
            "alpha-extreme saturated",
            [[0.0]],
            [[9.0], [8.0]],
            alpha=1e-12,
        ),
        make(
            "zero-separation",
            "align-zero coordinate-value",
            "zero-separation",
            [[2.0]],
            [[2.0]],
            alpha=0.3,
        ),
        make(
            "zero-separation-extreme",
            "align-zero coordinate-rounding",
            "alpha-extreme",
            [[2.0]],
            [[2.0]],
            alpha=1e-300,
        ),
        make("small-separation", _FIELDS, "small-separation", [[0.0]], [[1e-5]], alpha=0.3),
    ]


def cases() -> list[Case]:
    """The cases of the file."""
    return [*_scales(), *_saturation(), *_critical(), *_weights()]
