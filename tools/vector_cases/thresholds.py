"""Admission: thresholds below, at and next to every decision."""

from __future__ import annotations

import math

import numpy as np
from gd_attention.conformance.case import Case
from vector_cases.make import make

THEME = "thresholds"
ABOUT = "Admission: thresholds below, at and next to every decision."

_ADMIT = "admit-threshold"
_NONE = "admit-threshold abstain-none abstain-fields"
_LOG2 = math.log(2.0)  # the float below log 2
_TINY = 2.0**-1074


def _equal() -> list[Case]:
    """Equality in the two cases where it can hold: zero, and a quarter of the separation."""
    return [
        make(
            "equal-zero",
            f"{_ADMIT} admit-zero align-zero",
            "threshold threshold-equal threshold-zero",
            [[1.5, 2.0]],
            [[1.5, 2.5], [1.5, 2.0]],
            threshold=0.0,
        ),
        make(
            "equal-zero-alpha",
            f"{_ADMIT} admit-zero",
            "threshold threshold-equal threshold-zero",
            [[1.5, 2.0]],
            [[1.5, 2.0]],
            alpha=0.3,
            threshold=0.0,
        ),
        make(
            "equal-quarter",
            _ADMIT,
            "threshold threshold-equal",
            [[0.0, 0.0]],
            [[1.0, 0.5], [1.0, 0.25]],
            threshold=0.265625,
        ),
        make(
            "equal-quarter-critical",
            _ADMIT,
            "threshold threshold-equal critical",
            [[0.0, 0.0]],
            [[1.0, 1.0]],
            threshold=0.5,
        ),
        make(
            "equal-quarter-beta",
            _ADMIT,
            "threshold threshold-equal beta",
            [[1.0]],
            [[4.0]],
            beta=0.125,
            threshold=0.28125,
        ),
        make(
            "equal-quarter-below",
            _NONE,
            "threshold threshold-near abstain",
            [[0.0, 0.0]],
            [[1.0, 0.25]],
            threshold=math.nextafter(0.265625, 0.0),
        ),
        make(
            "equal-quarter-per-key",
            _ADMIT,
            "threshold threshold-equal threshold-per-key",
            [[0.0]],
            [[0.5], [1.0]],
            threshold=np.array([math.nextafter(0.0625, 0.0), 0.25]),
        ),
        make(
            "equal-quarter-per-query",
            _ADMIT,
            "threshold threshold-equal",
            [[0.0], [0.5]],
            [[1.0]],
            threshold=np.array([[0.25], [0.0625]]),
        ),
        make(
            "equal-quarter-tiny",
            _ADMIT,
            "threshold threshold-equal underflow",
            [[0.0]],
            [[2.0**-300]],
            threshold=2.0**-602,
        ),
        # Not a quarter: at separation 3 the energy is 0.69302, far below 0.75.
        make(
            "equal-not-above-two",
            _ADMIT,
            "threshold degenerate",
            [[0.0, 0.0, 0.0]],
            [[1.0, 1.0, 1.0]],
            threshold=0.75,
        ),
        # Not a quarter: at alpha = 0.3 the energy is less.
        make(
            "equal-not-off-half", _ADMIT, "threshold", [[0.0]], [[1.0]], alpha=0.3, threshold=0.25
        ),
    ]


def _least() -> list[Case]:
    """The least positive alpha, and thresholds of its size.

    E* = alpha (1 - exp(-separation)) + alpha^2/2, up to higher powers of alpha. So at the threshold
    alpha a key is refused once exp(-separation) < alpha/2: beyond 745.1, a length of 27.297.
    """
    return [
        make(
            f"least-alpha-{name}",
            clauses,
            f"threshold threshold-near alpha-extreme underflow{' abstain' * (clauses == _NONE)}",
            [[0.0]],
            [[length]],
            alpha=_TINY,
            threshold=threshold,
        )
        for name, length, threshold, clauses in (
            ("near", 1.0, _TINY, _ADMIT),
            ("below", 27.29, _TINY, _ADMIT),
            ("above", 27.3, _TINY, _NONE),
            ("overflow", 1e200, _TINY, _NONE),
            ("twice", 1e200, 2 * _TINY, _ADMIT),
            ("none", 2.0**-537, 0.0, _NONE),
        )
    ]


def _zero() -> list[Case]:
    return [
        make(
            "zero-negative-zero",
            f"{_ADMIT} admit-zero signed-zero",
            "threshold threshold-zero signed-zero",
            [[1.0]],
            [[1.0], [2.0]],
            threshold=-0.0,
        ),
        make(
            "zero-excludes-near",
            f"admit-zero {_NONE}",
            "threshold threshold-zero abstain",
            [[1.0]],
            [[math.nextafter(1.0, 2.0)]],
            threshold=0.0,
        ),
        # The square of 1e-200 underflows to zero; the energy does not.
        make(
            "zero-underflow",
            f"admit-zero {_NONE}",
            "threshold threshold-zero underflow abstain",
            [[0.0, 0.0]],
            [[1e-200, 0.0], [0.0, _TINY]],
            threshold=0.0,
        ),
        make(
            "zero-underflow-match",
            "admit-zero",
            "threshold threshold-zero underflow",
            [[0.0, 0.0]],
            [[1e-200, 0.0], [0.0, -0.0]],
            threshold=0.0,
        ),
        make(
            "zero-least-beta",
            f"admit-zero {_NONE}",
            "threshold threshold-zero underflow abstain beta",
            [[0.0]],
            [[0.5]],
            beta=_TINY,
            threshold=0.0,
        ),
        make(
            "zero-least-threshold",
            _ADMIT,
            "threshold underflow",
            [[0.0]],
            [[1e-200]],
            threshold=_TINY,
        ),
        make(
            "negative",
            f"admit-zero {_NONE}",
            "threshold threshold-negative abstain",
            [[1.0]],
            [[1.0]],
            threshold=-1.0,
        ),
        make(
            "negative-least",
            f"admit-zero {_NONE}",
            "threshold threshold-negative abstain",
            [[1.0], [2.0]],
            [[1.0]],
            threshold=-_TINY,
        ),
        make(
            "negative-infinite",
            _NONE,
            "threshold threshold-infinite abstain",
            [[1.0]],
            [[1.0], [2.0]],
            threshold=-math.inf,
        ),
        make(
            "infinite-signs",
            _ADMIT,
            "threshold threshold-infinite threshold-per-key",
            [[1.0]],
            [[1.0], [2.0]],
            threshold=np.array([-math.inf, math.inf]),
        ),
    ]


def _ceilings() -> list[Case]:
    ceiling = "admit-ceiling " + _ADMIT
    flags = "threshold threshold-ceiling saturated"
    above = math.nextafter(_LOG2, 1.0)
    return [
        # log(2) rounded lies below log 2 by 2.3e-17: it admits separation 36, not 49.
        make("ceiling-below", ceiling, flags, [[0.0]], [[6.0], [7.0]], threshold=_LOG2),
        make(
            "ceiling-below-excludes",
            f"{ceiling} abstain-none",
            f"{flags} abstain",
            [[0.0]],
            [[7.0], [1e3]],
            threshold=_LOG2,
        ),
        make("ceiling-above", ceiling, flags, [[0.0]], [[1e3], [7.0]], threshold=above),
        make(
            "ceiling-above-overflow",
            f"{ceiling} energy-overflow",
            f"{flags} overflow",
            [[0.0]],
            [[1e300]],
            threshold=above,
        ),
        make(
            "ceiling-alpha-below",
            f"{ceiling} abstain-none",
            f"{flags} abstain",
            [[0.0]],
            [[9.0]],
            alpha=0.25,
            threshold=float.fromhex("0x1.269621134db92p-2"),
        ),
        make(
            "ceiling-alpha-above",
            ceiling,
            flags,
            [[0.0]],
            [[9.0]],
            alpha=0.25,
            threshold=float.fromhex("0x1.269621134db93p-2"),
        ),
        make(
            "above-one-ceiling",
            f"{_ADMIT} select-priors",
            "threshold threshold-above saturated alpha-per-key",
            [[0.0]],
            [[10.0], [11.0]],
            alpha=np.array([0.5, 0.25]),
            threshold=0.5,
        ),
        make(
            "above-ceiling",
            _ADMIT,
            "threshold threshold-above",
            [[0.0]],
            [[1e6], [-1e5]],
            threshold=1.0,
        ),
        make(
            "above-greatest",
            _ADMIT,
            "threshold threshold-above",
            [[0.0]],
            [[3.0]],
            threshold=1.7976931348623157e308,
        ),
    ]


def _near() -> list[Case]:
    # At alpha = 1/2 and separations up to 2 the energy is a quarter of the separation.
    near = "threshold threshold-near"
    return [
        make("close-below-1e-3", _NONE, f"{near} abstain", [[0.0]], [[1.0]], threshold=0.24975),
        make("close-above-1e-3", _ADMIT, near, [[0.0]], [[1.0]], threshold=0.25025),
        make("close-tenths", _ADMIT, near, [[0.0]], [[0.2]], threshold=0.01),
        make("close-tenths-three", _ADMIT, near, [[0.0], [0.1]], [[0.6], [-0.2]], threshold=0.09),
        make(
            "filter-then-select",
            f"{_ADMIT} select-index",
            "threshold threshold-per-key",
            [[0.0]],
            [[1.0], [1.2]],
            threshold=np.array([0.2, 0.4]),
        ),
        make(
            "filter-table",
            f"{_ADMIT} abstain-fields",
            "threshold threshold-per-key",
            [[0.0], [2.0]],
            [[1.0], [1.2]],
            threshold=np.array([[0.2, 0.4], [0.1, 0.1]]),
        ),
    ]


def cases() -> list[Case]:
    """The cases of the file."""
    return [*_equal(), *_zero(), *_least(), *_ceilings(), *_near()]
