"""Which key wins: ties, near-ties, order of the keys, position in space."""

from __future__ import annotations

import math

import numpy as np
from gd_attention.conformance.case import Case
from vector_cases.make import make

THEME = "selection"
ABOUT = "Which key wins: exact ties, near-ties, the order of the keys and their place in space."

_TIE = "select-ties select-index"
_ORDER = "select-exact-order select-index"


def _ties() -> list[Case]:
    rough = [0.1, 0.2, 0.3]
    return [
        make("tie-duplicates", _TIE, "duplicates", [[0.0, 0.0]], [[3.0, 0.0], [1.0, 1.0]] * 2),
        make("tie-mirror", _TIE, "mirror", [[1.0]], [[3.0], [0.5], [1.5], [-1.0]]),
        make(
            "tie-pythagoras", _TIE, "permuted", [[1.0, 1.0]], [[9.0, 9.0], [6.0, 1.0], [4.0, 5.0]]
        ),
        make(
            "tie-reflected",
            _TIE,
            "permuted",
            [[0.0, 0.0, 0.0]],
            [[2.0, -1.0, 0.5], [0.5, 2.0, 1.0], [1.0, 0.5, -2.0]],
        ),
        # Equal as reals; (0.1^2 + 0.2^2) + 0.3^2 and (0.3^2 + 0.2^2) + 0.1^2 differ as floats.
        make("tie-rounded-sums", _TIE, "permuted", [[0.0] * 3], [rough, rough[::-1]]),
        make("tie-rounded-sums-reversed", _TIE, "permuted", [[0.0] * 3], [rough[::-1], rough]),
        make(
            "tie-eight-terms",
            _TIE,
            "permuted",
            [[0.0] * 8],
            [[0.1 * (1 + (3 * i + s) % 8) for i in range(8)] for s in range(4)],
        ),
        make("tie-at-zero", f"{_TIE} align-zero", "duplicates", [[2.5, 1.0]], [[2.5, 1.0]] * 3),
        make("tie-saturated", _TIE, "mirror saturated", [[0.0]], [[40.0], [-30.0], [30.0]]),
        make(
            "tie-threshold",
            f"{_TIE} admit-threshold",
            "mirror threshold threshold-per-key",
            [[0.0]],
            [[-1.0], [1.0], [1.0]],
            threshold=np.array([0.1, 0.5, 0.5]),
        ),
        make(
            "tie-mask",
            f"{_TIE} admit-mask",
            "mirror mask",
            [[0.0]],
            [[-1.0], [1.0], [1.0]],
            mask=[False, True, True],
        ),
    ]


def _near_ties() -> list[Case]:
    up = math.nextafter(1.0, 2.0)
    return [
        make("near-one-ulp", _ORDER, "near-tie", [[0.0]], [[up], [1.0]]),
        make("near-one-ulp-first", _ORDER, "near-tie", [[0.0]], [[1.0], [-up]]),
        # 1 + 2^-60 as a sum of squares: float64 returns 1 for both.
        make("near-absorbed", _ORDER, "near-tie", [[0.0, 0.0]], [[1.0, 2.0**-30], [1.0, 0.0]]),
        make(
            "near-absorbed-twice",
            _ORDER,
            "near-tie",
            [[0.0, 0.0]],
            [[1.0, 2.0**-30], [1.0, 2.0**-31], [-1.0, 2.0**-32]],
        ),
        # Squares 0.36 + 0.64 and 1: 0.6 and 0.8 are rounded, so that this is no tie.
        make("near-six-eight-ten", _ORDER, "near-tie", [[0.0, 0.0]], [[0.6, 0.8], [1.0, 0.0]]),
        make("near-ten-six-eight", _ORDER, "near-tie", [[0.0, 0.0]], [[1.0, 0.0], [0.6, 0.8]]),
        make("near-tenths", _ORDER, "near-tie", [[0.3]], [[0.1], [0.5]]),
        make("near-tenths-swapped", _ORDER, "near-tie", [[0.3]], [[0.5], [0.1]]),
        make("near-gap-1e-9", _ORDER, "near-tie", [[0.0]], [[1.000000001], [1.0]], alpha=0.25),
        make("near-gap-1e-3", _ORDER, "near-tie", [[0.0, 2.0]], [[1.0005, 2.0], [1.0, 2.0]]),
        make(
            "near-saturated",
            _ORDER,
            "near-tie saturated",
            [[0.0]],
            [[math.nextafter(50.0, 51.0)], [50.0]],
        ),
    ]


def _places() -> list[Case]:
    line = [[-3.0, -3.0], [2.0, 2.0], [-1.0, -1.0], [5.0, 5.0]]
    shift = 1e8
    return [
        make(
            "place-descending", "select-index", "permutation", [[0.0]], [[4.0], [3.0], [2.0], [1.0]]
        ),
        make("place-last", "select-index", "permutation", [[0.0]], [[2.0], [4.0], [3.0], [1.0]]),
        make(
            "place-after-copies",
            "select-index",
            "permutation duplicates",
            [[0.0]],
            [[2.0], [2.0], [2.0], [1.0]],
        ),
        make("place-collinear", "select-index", "collinear", [[0.25, 0.25]], line),
        # The key of greatest dot product with the query is the last, the nearest is the third.
        make("place-dot-product", "select-index", "collinear", [[-0.5, -0.5]], line),
        make(
            "place-norms-differ",
            "select-index",
            "permutation",
            [[1.0, 0.0]],
            [[10.0, 0.0], [0.5, 0.5], [-1.0, 0.0]],
        ),
        make(
            "place-offset",
            _ORDER,
            "offset",
            [[shift, shift]],
            [[shift + 1.0, shift + 1.0], [shift + 1.0, shift + 0.5], [shift - 2.0, shift]],
        ),
        make(
            "place-offset-near",
            _ORDER,
            "offset near-tie",
            [[shift, -shift]],
            [[shift + 1.0, 2.0**-26 - shift], [shift - 1.0, -shift]],
        ),
        make(
            "place-many-components",
            "select-index",
            "large",
            [[0.0] * 67],
            [[0.0] * 66 + [1.5], [1.0] + [0.0] * 66],
        ),
        make(
            "place-many-keys",
            "select-index",
            "large permutation",
            [[0.0]],
            [[2.0]] * 66 + [[1.0]],
        ),
        make("place-many-queries", "select-index", "large", [[0.0]] * 66 + [[2.0]], [[0.5], [1.5]]),
        make("place-offset-line", _ORDER, "offset line", [[1e4]], [[1e4 + 1.001], [1e4 - 1.0]]),
    ]


def cases() -> list[Case]:
    """The cases of the file."""
    return [*_ties(), *_near_ties(), *_places()]
