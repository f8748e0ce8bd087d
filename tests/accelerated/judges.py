"""Who is right: the oracle's exact order, the reference's bits; data that rounding gets wrong."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import gd_attention
import numpy as np
from gd_attention import accelerated
from gd_attention.conformance.attempt import attempt
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.judge import judge
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.profile import find_profile
from gd_attention.conformance.rational import Distances
from gd_attention.conformance.verdict import Verdict
from numpy.typing import NDArray

__all__ = ["CLOUDS", "FIELDS", "equal_bits", "expected", "refused", "same", "sign"]

FIELDS = ("index", "output", "energy", "coordinate", "alignment_point", "unique")

Cloud = Callable[[np.random.Generator, int, int, int], tuple[NDArray, NDArray]]


def expected(query: NDArray, keys: NDArray) -> NDArray[np.int64]:
    """The nearest key of every query, ties to the least index, from the oracle's exact order."""
    order = Distances(
        query.astype(np.float64),
        keys.astype(np.float64),
        np.ones((len(query), len(keys)), np.bool_),
    )
    return np.array([next(iter(order.ascending(m)))[1] for m in range(len(query))], np.int64)


def equal_bits(want: gd_attention.Selection, got: gd_attention.Selection) -> None:
    """Every field equal in dtype, shape and bits."""
    for name in FIELDS:
        a, b = getattr(want, name), getattr(got, name)
        assert a.dtype == b.dtype, name
        assert a.shape == b.shape, name
        assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), name


def same(query: Any, keys: Any, values: Any = None, **given: Any) -> gd_attention.Selection:
    """The compiled operator's result, once it was found to be the reference's."""
    found = accelerated.gd_attention(query, keys, values, **given)
    equal_bits(gd_attention.gd_attention(query, keys, values, **given), found)
    return found


def refused(case: Case) -> list[Any]:
    """What the oracle finds wrong in the compiled operator's answer, or cannot decide."""
    profile = find_profile(accelerated.gd_attention, capabilities=("all",))
    outcome = attempt(accelerated.gd_attention, case)
    assert outcome.error is None
    findings = judge(case, solve(case, EXACT), outcome.response, profile)
    assert findings
    return [f for f in findings if f.verdict in (Verdict.WRONG, Verdict.UNDECIDED)]


def sign(query: NDArray, a: NDArray, b: NDArray) -> int:
    """The sign of ``|q - a|^2 - |q - b|^2`` by rationals."""

    def squared(key: NDArray) -> Fraction:
        return sum(
            (
                (Fraction(float(x)) - Fraction(float(y))) ** 2
                for x, y in zip(query, key, strict=True)
            ),
            Fraction(0),
        )

    left, right = squared(a), squared(b)
    return (left > right) - (left < right)


def _gaussian(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    return r.normal(size=(m, d)), r.normal(size=(n, d))


def _clustered(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    centres = r.normal(size=(5, d))
    return (
        centres[r.integers(0, 5, m)] + 0.01 * r.normal(size=(m, d)),
        centres[r.integers(0, 5, n)] + 0.01 * r.normal(size=(n, d)),
    )


def _offset(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    return r.normal(size=(m, d)) + 1000.0, r.normal(size=(n, d)) + 1000.0


def _tiny(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    return 1e-25 * r.normal(size=(m, d)), 1e-25 * r.normal(size=(n, d))


def _huge(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    return 1e37 * r.uniform(-1, 1, (m, d)), 1e37 * r.uniform(-1, 1, (n, d))


def _integers(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    """Coordinates of few values: exact ties everywhere, duplicates among the keys."""
    return r.integers(-1, 2, (m, d)).astype(float), r.integers(-1, 2, (n, d)).astype(float)


def _equal(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    """All keys equal: every key ties, and a strict test against the bound would never fire."""
    return r.normal(size=(m, d)), np.repeat(r.normal(size=(1, d)), n, axis=0)


def _exact_matches(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    keys = r.normal(size=(n, d))
    return keys[r.integers(0, n, m)], keys


def _one_ulp(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    """Keys that differ from one another in last bits: below every screen's resolution."""
    key = r.normal(size=(1, d)).astype(np.float32)
    keys = key.view(np.int32) + r.integers(-1, 2, (n, d)).astype(np.int32)
    return r.normal(size=(m, d)), keys.view(np.float32).astype(float)


def _permuted(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    """Keys are permutations of one row, queries constant rows: all distances tie, none in bits."""
    row = r.normal(size=d)
    keys = np.stack([r.permutation(row) for _ in range(n)])
    return np.repeat(r.normal(size=(m, 1)), d, axis=1), keys


def _norm_spread(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    return (
        np.exp(3 * r.normal(size=(m, 1))) * r.normal(size=(m, d)),
        np.exp(3 * r.normal(size=(n, 1))) * r.normal(size=(n, d)),
    )


def _far_orthogonal(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    """Queries far along an axis on which the keys agree: differences drown in the products."""
    query, keys = 0.1 * r.normal(size=(m, d)), r.normal(size=(n, d))
    query[:, 0] += 1000.0
    keys[:, 0] = 0.0
    return query, keys


def _far_queries(r: np.random.Generator, m: int, n: int, d: int) -> tuple[NDArray, NDArray]:
    return 1e25 * r.normal(size=(m, d)), r.normal(size=(n, d))


CLOUDS: dict[str, Cloud] = {
    name.removeprefix("_"): function
    for name, function in list(globals().items())
    if name.startswith("_") and getattr(function, "__module__", None) == __name__
}
