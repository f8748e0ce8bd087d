"""One fixed table per failure shape of the generated families, so that every language has them.

The tables are walks along one parameter: a gap, a scale, a separation, a weight. All numbers are
powers of two, their neighbours, or decimals read once, so that no library function can change a
bit from one machine to the next.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.realdata import iris_features, iris_labels
from vector_cases.make import make

THEME = "families"
ABOUT = "Every failure shape of the generated families, as walks along one parameter."

_ORDER = "select-exact-order select-index"
_FIELDS = "energy-value coordinate-value align-point-value"
_TINY = 2.0**-1074
_MAX = 1.7976931348623157e308
_LOG2 = 0.6931471805599453  # the float below log 2
_TOP_QUARTER = 0.2876820724517809  # a float next to -log(3/4)


def _near_ties() -> list[Case]:
    """Two keys whose squared distances differ by a relative gap, the nearer one last or first."""
    found = []
    for power in (52, 50, 46, 42, 36, 30, 26, 20, 15, 10):
        far, near = [1.0 + 2.0**-power], [1.0]
        found.append(
            make(f"family-gap-{power}", _ORDER, "near-tie permutation", [[0.0]], [far, near])
        )
        found.append(
            make(
                f"family-gap-{power}-saturated",
                f"{_ORDER} energy-saturation",
                "near-tie saturated",
                [[0.0]],
                [[32.0 * far[0]], [-32.0]],
                alpha=0.375,
            )
        )
    return found


def _offsets() -> list[Case]:
    """A common offset, against which the distances are small."""
    found = []
    for name, shift in (("1e2", 1e2), ("1e4", 1e4), ("1e8", 1e8), ("2-52", 2.0**52)):
        found += [
            make(
                f"family-offset-{name}",
                _ORDER,
                "offset",
                [[shift, -shift]],
                [[shift + 3.0, -shift], [shift + 1.0, 1.0 - shift], [shift, 1.0 - shift]],
            ),
            make(
                f"family-offset-{name}-tie",
                f"select-ties {_ORDER}",
                "offset mirror",
                [[shift]],
                [[shift + 2.0], [shift - 1.0], [shift + 1.0]],
            ),
        ]
    return found


def _lines() -> list[Case]:
    """Keys on one line through the query, in one to four dimensions."""
    found = []
    for dimension in (1, 2, 3, 4):
        direction = [float(1 + axis) for axis in range(dimension)]
        places = (4.0, -2.0, 1.0, -1.0, 0.5)
        keys = [[place * x for x in direction] for place in places]
        flags = "collinear line" if dimension == 1 else "collinear"
        found.append(
            make(
                f"family-line-{dimension}",
                f"select-index {_FIELDS}",
                flags,
                [[0.0] * dimension],
                keys,
            )
        )
        found.append(
            make(
                f"family-line-{dimension}-tie",
                "select-ties select-index",
                f"{flags} mirror",
                [[0.0] * dimension],
                keys[:-1],
            )
        )
    return found


def _scales() -> list[Case]:
    """One pair of keys from the least subnormal to the largest float."""
    found = []
    for power in (-1074, -1050, -1022, -538, -511, 511, 512, 700, 1022):
        unit = 2.0**power
        flag = "underflow" if power < 0 else "overflow"
        clauses = _ORDER if power < 0 else f"{_ORDER} energy-overflow"
        found.append(
            make(
                f"family-scale-{'m' if power < 0 else 'p'}{abs(power)}",
                clauses,
                flag,
                [[0.0, 0.0]],
                [[2 * unit if power < 1022 else 1.5 * unit, 0.0], [0.0, -unit]],
            )
        )
    return found


def _separations() -> list[Case]:
    """The separation walks from small to saturated; beta carries it, so that it is exact."""
    found = []
    for power in (60, 40, 27, 20, 10):
        found.append(
            make(
                f"family-small-{power}",
                f"{_FIELDS} align-unique",
                "small-separation beta",
                [[0.0]],
                [[1.0]],
                alpha=0.3125,
                beta=2.0**-power,
            )
        )
    for name, separation in (
        ("2-1-8", 2.125),
        ("2-1-2", 2.5),
        ("4", 4.0),
        ("9", 9.0),
        ("24", 24.0),
        ("36", 36.0),
    ):
        found.append(
            make(
                f"family-degenerate-{name}",
                f"{_FIELDS} align-unique align-half",
                "degenerate beta",
                [[-0.5, 2.0]],
                [[0.5, 2.0]],
                beta=separation,
            )
        )
    for name, length in (("6", 6.0), ("10", 10.0), ("32", 32.0), ("1000", 1000.0)):
        for alpha, word in ((0.5, "half"), (0.25, "quarter"), (0.9375, "high")):
            found.append(
                make(
                    f"family-saturated-{name}-{word}",
                    f"energy-saturation coordinate-rounding {_ORDER}",
                    "saturated",
                    [[1.0]],
                    [[1.0 + 2 * length], [1.0 - length]],
                    alpha=alpha,
                )
            )
    return found


def _critical() -> list[Case]:
    """Separations 2 (1 +- 2^-k) and weights 1/2 +- 2^-k."""
    found = []
    for power in (52, 40, 26, 13, 5):
        step = 2.0**-power
        above, below = 2.0 + 2.0 * step, 2.0 - 2.0 * step
        found += [
            make(
                f"family-critical-above-{power}",
                f"{_FIELDS} align-unique align-half",
                "critical degenerate beta",
                [[0.0]],
                [[1.0]],
                beta=above,
            ),
            make(
                f"family-critical-below-{power}",
                f"{_FIELDS} align-unique",
                "critical beta",
                [[0.0]],
                [[1.0]],
                beta=below,
            ),
            make(
                f"family-critical-weight-{power}",
                f"{_FIELDS} align-unique",
                "critical beta",
                [[0.0]],
                [[1.0]],
                alpha=0.5 - step,
                beta=above,
            ),
        ]
    return found


def _weights() -> list[Case]:
    """Weights from the least float to the last below 1, at a separation in each regime."""
    found = []
    weights = (
        ("least", _TINY),
        ("normal", 2.0**-1022),
        ("m500", 2.0**-500),
        ("m53", 2.0**-53),
        ("m10", 2.0**-10),
        ("high", 1.0 - 2.0**-10),
        ("last", 1.0 - 2.0**-53),
    )
    for name, alpha in weights:
        found.append(
            make(
                f"family-weight-{name}",
                f"{_FIELDS} {_ORDER}",
                "alpha-extreme",
                [[0.0], [1.0], [8.0]],
                [[2.0], [0.5], [-1.0]],
                alpha=alpha,
            )
        )
    for number, alpha in enumerate((0.125, 0.25, 0.375, 0.4375, 0.5)):
        found.append(
            make(
                f"family-complement-{number}",
                "select-priors select-ties",
                "alpha-per-key alpha-complement mirror",
                [[0.0]],
                [[3.0], [-1.0], [1.0]],
                alpha=np.array([alpha, 1.0 - alpha, alpha]),
            )
        )
    for number, lengths in enumerate(([1.0, 1.5], [0.25, 0.5], [2.0, 4.0], [6.0, 7.0], [0.5, 8.0])):
        found.append(
            make(
                f"family-prior-{number}",
                f"select-priors {_ORDER}",
                "alpha-per-key permutation",
                [[0.0]],
                [[x] for x in lengths],
                alpha=np.array([0.5, 2.0**-6]),
            )
        )
    return found


def _zero() -> list[Case]:
    """Query and key coincide; signed zeros; copies of the nearest key."""
    found = []
    for number, alpha in enumerate((0.125, 0.3, 0.5, 0.75, 1.0 - 2.0**-53)):
        found.append(
            make(
                f"family-zero-{number}",
                "align-zero coordinate-value energy-value",
                "zero-separation",
                [[0.1, -7.0]],
                [[0.1, 7.0], [0.1, -7.0]],
                alpha=alpha,
            )
        )
    for copies in (2, 3, 4, 5):
        found.append(
            make(
                f"family-copies-{copies}",
                "select-ties select-index",
                "duplicates",
                [[0.5]],
                [[3.0], *[[1.25]] * copies, [-2.0]],
            )
        )
    found.append(
        make(
            "family-signed-zero-key",
            "signed-zero select-ties",
            "signed-zero duplicates",
            [[0.0, -0.0]],
            [[-0.0, 1.0], [0.0, 1.0]],
        )
    )
    return found


def _orders() -> list[Case]:
    """The same three keys in every order: the position of the winner must not matter."""
    keys = ([2.0, 0.0], [0.0, 1.0], [-3.0, 0.0])
    return [
        make(
            "family-order-" + "".join(map(str, order)),
            "select-index output-gather",
            "permutation values",
            [[0.0, 0.25]],
            [keys[place] for place in order],
            values=[[float(10 * place)] for place in order],
        )
        for order in itertools.permutations(range(3))
    ]


def _thresholds() -> list[Case]:
    """Every kind of threshold, against keys at separations 1/4, 1 and 4."""
    query, keys = [[0.0]], [[2.0], [-1.0], [0.5]]
    none = "admit-threshold abstain-none abstain-fields output-fill"
    found = []
    for name, value in (("least", -_TINY), ("one", -1.0), ("most", -_MAX)):
        found.append(
            make(
                f"family-negative-{name}",
                f"{none} admit-zero",
                "threshold threshold-negative abstain",
                query,
                keys,
                threshold=value,
            )
        )
    for name, value in (("plus", math.inf), ("minus", -math.inf)):
        flags = "threshold-infinite" if value > 0 else "threshold-infinite abstain"
        clauses = "admit-threshold select-index" if value > 0 else none
        found.append(make(f"family-infinite-{name}", clauses, flags, query, keys, threshold=value))
        per_key = np.array([value, -value, -value])
        found.append(
            make(
                f"family-infinite-{name}-per-key",
                "admit-threshold select-index",
                "threshold-infinite threshold-per-key",
                query,
                keys,
                threshold=per_key,
            )
        )
    for name, value in (("next", math.nextafter(_LOG2, 1.0)), ("one", 1.0), ("most", _MAX)):
        found.append(
            make(
                f"family-above-{name}",
                "admit-threshold admit-ceiling",
                "threshold threshold-above",
                query,
                [[1e3], [-8.0]],
                threshold=value,
            )
        )
    for name, value in (
        ("below", math.nextafter(_TOP_QUARTER, 0.0)),
        ("at", _TOP_QUARTER),
        ("next", math.nextafter(_TOP_QUARTER, 1.0)),
    ):
        found.append(
            make(
                f"family-ceiling-{name}",
                "admit-threshold admit-ceiling",
                "threshold threshold-ceiling saturated",
                query,
                [[40.0], [-3.0]],
                alpha=0.25,
                threshold=value,
            )
        )
    for power in (2, 10, 40):
        quarter = 2.0 ** (-2 * power - 2)
        for word, value in (
            ("equal", quarter),
            ("below", math.nextafter(quarter, 0.0)),
            ("above", math.nextafter(quarter, 1.0)),
        ):
            flag = "threshold-equal" if word == "equal" else "threshold-near"
            found.append(
                make(
                    f"family-quarter-{power}-{word}",
                    "admit-threshold",
                    f"threshold {flag}" + (" abstain" if word == "below" else ""),
                    [[3.0]],
                    [[3.0 + 2.0**-power]],
                    threshold=value,
                )
            )
    return found


def _masks() -> list[Case]:
    """Masks that forbid the nearest key, all keys, or rows that hold anything."""
    query, keys = [[0.0, 0.0], [2.0, 2.0]], [[1.0, 0.0], [0.0, 3.0], [2.0, 1.0]]
    found = []
    for number, mask in enumerate(
        ([True, True, False], [False, True, True], [False, True, False], [False, False, False])
    ):
        found.append(
            make(
                f"family-mask-{number}",
                "admit-mask select-index" if any(mask) else "admit-mask abstain-none",
                "mask" if any(mask) else "mask abstain",
                query,
                keys,
                mask=mask,
            )
        )
    for name, junk in (("nan", math.nan), ("plus", math.inf), ("minus", -math.inf)):
        found.append(
            make(
                f"family-masked-{name}",
                "mask-unread admit-mask",
                "mask masked-nan",
                query,
                [[junk, 0.0], *keys],
                mask=[False, True, True, True],
            )
        )
        found.append(
            make(
                f"family-values-{name}",
                "values-nan output-gather",
                "values values-nan",
                query,
                keys,
                values=[[1.0, 2.0], [junk, 3.0], [junk, 4.0]],
            )
        )
    return found


def _single() -> list[Case]:
    """One key, in one to five dimensions."""
    return [
        make(
            f"family-single-{dimension}",
            f"select-index {_FIELDS} output-gather",
            "single" if dimension > 1 else "single line",
            [[0.5] * dimension],
            [[-0.25] * dimension],
            alpha=0.6875,
        )
        for dimension in (1, 2, 3, 4, 5)
    ]


def _large() -> list[Case]:
    """More keys than a tile of a blocked loop, the winner in the remainder; likewise components."""
    found = []
    for count in (129, 257):
        keys = [[float(2 + i)] for i in range(count)]
        keys[count - 1] = [1.0]
        found.append(
            make(f"family-keys-{count}", "select-index output-gather", "large", [[0.0]], keys)
        )
    for width in (129, 257):
        first = [0.0] * (width - 1)
        found.append(
            make(
                f"family-components-{width}",
                "select-index energy-value",
                "large",
                [[0.0] * width],
                [[*first, 1.5], [*first, 1.0], [*first, 1.25]],
            )
        )
    return found


def _iris() -> list[Case]:
    """Real measurements: flowers of one class against some of all classes."""
    features, labels = iris_features(), iris_labels()
    found = []
    for label in range(3):
        queries = features[labels == label][:4]
        keys = features[4::12]
        found.append(
            make(
                f"family-iris-{label}",
                f"select-index {_FIELDS}",
                "iris",
                queries,
                keys,
                alpha=0.4375,
            )
        )
        found.append(
            make(
                f"family-iris-{label}-threshold",
                "select-index admit-threshold",
                "iris threshold",
                queries,
                keys,
                threshold=0.03125,
            )
        )
    return found


def cases() -> list[Case]:
    """The cases of the file."""
    return [
        *_near_ties(),
        *_offsets(),
        *_lines(),
        *_scales(),
        *_separations(),
        *_critical(),
        *_weights(),
        *_zero(),
        *_orders(),
        *_thresholds(),
        *_masks(),
        *_single(),
        *_large(),
        *_iris(),
    ]
