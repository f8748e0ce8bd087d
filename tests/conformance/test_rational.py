"""Exact numbers and squared distances against `fractions`."""

from __future__ import annotations

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from gd_attention.conformance import rational
from gd_attention.conformance.rational import Distances, Exact, dyadic, nearest_float
from hypothesis import given
from hypothesis import strategies as st

finite = st.floats(allow_nan=False, allow_infinity=False)
seeds = st.integers(0, 2**32 - 1)


def _value(number: Exact) -> Fraction:
    return Fraction(number.num, number.den) * Fraction(2) ** number.exp


def _squared(query: np.ndarray, key: np.ndarray) -> Fraction:
    pairs = zip(query.tolist(), key.tolist(), strict=True)
    return sum(((Fraction(k) - Fraction(q)) ** 2 for q, k in pairs), Fraction(0))


@pytest.mark.clause("GDA-conv-real")
@given(finite)
def test_a_float_is_taken_exactly(value: float) -> None:
    num, exp = dyadic(value)
    assert Fraction(num) * Fraction(2) ** exp == Fraction(value)
    assert Exact.of(value).nearest() == value


@pytest.mark.clause("GDA-conv-real")
@given(st.integers(-(2**80), 2**80), st.integers(-1200, 1100), st.integers(1, 2**60), finite)
def test_exact_orders_and_rounds_as_fractions_do(
    num: int, exp: int, den: int, other: float
) -> None:
    number = Exact(num, exp, den)
    value = _value(number)
    sign = (value > Fraction(other)) - (value < Fraction(other))
    assert number.sign_of_difference(Exact.of(other)) == sign
    assert Exact.of(other).sign_of_difference(number) == -sign
    try:
        rounded = float(value)
    except OverflowError:
        rounded = math.inf if value > 0 else -math.inf
    assert number.nearest() == rounded
    if num:
        assert abs(value) < Fraction(2) ** number.magnitude() <= 8 * abs(value)


@pytest.mark.clause("GDA-conv-real")
def test_rounding_at_the_ends_of_the_format() -> None:
    least = 5e-324
    assert nearest_float(1, 2**1075) == 0.0
    assert nearest_float(3, 2**1076) == least
    assert nearest_float(-3, 2**1076) == -least
    assert nearest_float(2**1024 - 2**970 - 1, 1) == sys.float_info.max
    assert nearest_float(2**1024 - 2**970, 1) == math.inf


def _draw(seed: int, queries: int, keys: int, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Data of one of several kinds: plain, integers, mixed scales, extremes, repeated rows."""
    rng = np.random.default_rng(seed)
    both = rng.normal(size=(queries + keys, dimension))
    kind = seed % 6
    if kind == 1:
        both = np.rint(both * 3)
    elif kind == 2:
        both *= 10.0 ** rng.integers(-160, 160, size=(queries + keys, 1))
    elif kind == 3:
        both = np.ldexp(both, rng.choice([-1080, -1060, 0, 1020], size=both.shape))
    elif kind == 4:
        both = both[rng.integers(0, min(3, queries + keys), size=queries + keys)]
    elif kind == 5:
        both = 1e8 + both * 1e-8
    both[rng.random(both.shape) < 0.1] = 0.0
    return both[:queries], both[queries:]


@pytest.mark.clause("GDA-select-exact-order", "GDA-def-separation", "GDA-thm-screening")
@given(seeds, st.integers(1, 3), st.integers(0, 9), st.integers(1, 5), st.booleans())
def test_ascending_order_is_that_of_fractions(
    seed: int, queries: int, keys: int, dimension: int, screen: bool
) -> None:
    query, key = _draw(seed, queries, keys, dimension)
    allowed = np.random.default_rng(seed + 1).random((queries, keys)) < 0.8
    with pytest.MonkeyPatch.context() as patch:
        # with the limit at 0 every row goes through the float64 screen
        patch.setattr(rational, "_SCREEN_FROM", 0 if screen else 1 << 30)
        distances = Distances(query, key, allowed)
        if screen:
            distances._small = None
        scale = Fraction(2) ** distances.unit
        for m in range(queries):
            expected = sorted((_squared(query[m], key[i]), i) for i in range(keys) if allowed[m, i])
            found = [(square * scale, i) for square, i in distances.ascending(m)]
            assert found == expected


@pytest.mark.clause("GDA-select-exact-order", "GDA-thm-screening")
def test_the_screen_forms_few_integers_and_finds_the_tie() -> None:
    rng = np.random.default_rng(7)
    keys = rng.normal(size=(400, 16))
    query = rng.normal(size=(1, 16))
    keys[377] = keys[20] = query[0] + 1e-3
    distances = Distances(query, keys, np.ones((1, 400), dtype=bool))
    order = distances.ascending(0)
    first, second = next(order), next(order)
    assert (first[1], second[1]) == (20, 377)
    assert first[0] == second[0]
    assert len(distances._squares) < 10


@pytest.mark.clause("GDA-select-exact-order")
@pytest.mark.parametrize("bits", range(24, 34))
def test_small_integers_do_not_overflow(bits: int) -> None:
    edge = 2.0**bits - 1
    query = np.full((1, 3), -edge)
    keys = np.stack([np.full(3, edge), np.full(3, edge - 1), np.zeros(3)])
    distances = Distances(query, keys, np.ones((1, 3), dtype=bool))
    assert [i for _, i in distances.ascending(0)] == [2, 1, 0]
    assert next(distances.ascending(0))[0] == 3 * (2**bits - 1) ** 2


@pytest.mark.clause("GDA-mask-unread")
def test_rows_that_no_pair_reads_may_hold_anything() -> None:
    query = np.array([[0.0, 1.0], [np.nan, 1e308]])
    keys = np.array([[1.0, 1.0], [np.inf, np.nan], [2.0, 1.0]])
    allowed = np.array([[True, False, True], [False, False, False]])
    distances = Distances(query, keys, allowed)
    assert [i for _, i in distances.ascending(0)] == [0, 2]
    assert list(distances.ascending(1)) == []
    # the unread rows do not refine the grid either
    assert distances.exponent == 0


@pytest.mark.clause("GDA-conf-contract")
@given(seeds, st.integers(1, 6), st.sampled_from([1.0, 0.5, 0.1, 3.0, 1e-300, 1e300, 5e-324]))
def test_separations_called_exact_round_nowhere(seed: int, dimension: int, beta: float) -> None:
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 30))
    scale = 2.0 ** float(rng.integers(-540, 505))
    query, key = (rng.integers(-(2**size), 2**size, size=(2, 1, dimension)) * scale).astype(float)
    distances = Distances(query, key, np.ones((1, 1), dtype=bool))
    exact = Fraction(beta) * _squared(query[0], key[0])
    claimed = distances.exact_in_float64(0, 0, dyadic(beta))
    agree = True
    with np.errstate(all="ignore"):
        for _ in range(6):
            jump = (key[0] - query[0])[rng.permutation(dimension)]
            total = np.float64(0)
            for part in jump:
                total = total + part * part
            computed = beta * total
            agree &= bool(np.isfinite(computed)) and Fraction(float(computed)) == exact
    if claimed:
        assert agree
    if dimension == 1 and beta == 1.0 and agree:
        # a sum of one square: equality means that no operation rounded
        assert claimed


@pytest.mark.clause("GDA-conf-contract")
@pytest.mark.parametrize(
    ("query", "key", "beta", "exact"),
    [
        ([0.0, 0.0], [3.0, 4.0], 1.0, True),
        ([1.0], [1.0 + 2.0**-52], 1.0, True),
        ([0.1], [0.3], 1.0, False),
        # the difference is no float
        ([1.0], [2.0**-60], 1.0, False),
        # the sum needs 54 bits in one order and another
        ([0.0, 0.0], [2.0**27, 1.0], 1.0, False),
        ([0.0, 0.0], [2.0**26, 1.0], 1.0, True),
        # an odd square of 54 bits
        ([0.0], [94906267.0], 1.0, False),
        # the sum is even and a float again
        ([0.0, 0.0], [94906267.0, 1.0], 1.0, False),
        # the product by beta rounds
        ([0.0], [3.0], 0.1, False),
        ([0.0], [2.0], 0.1, True),
        # underflow and overflow
        ([0.0], [2.0**-537], 1.0, True),
        ([0.0], [2.0**-538], 1.0, False),
        ([0.0], [2.0**511], 1.0, True),
        ([0.0], [2.0**512], 1.0, False),
        ([0.0], [2.0**511], 4.0, False),
        # the square leaves the format although the product by beta comes back
        ([0.0], [2.0**-538], 2.0**20, False),
        ([0.0], [2.0**512], 2.0**-20, False),
        ([7.0], [7.0], 0.1, True),
    ],
)
def test_exactness_of_known_separations(
    query: list[float], key: list[float], beta: float, exact: bool
) -> None:
    distances = Distances(np.array([query]), np.array([key]), np.ones((1, 1), dtype=bool))
    assert distances.exact_in_float64(0, 0, dyadic(beta)) is exact
