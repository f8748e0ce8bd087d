"""The expanded form: what |q|^2 + |k|^2 - 2 q.k can come to, and what follows from it."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import Contract, contract
from gd_attention.conformance.formats import FORMATS
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.rational import Distances, Exact, dyadic
from gd_attention.conformance.spread import Spread
from hypothesis import example, given
from hypothesis import strategies as st

formats = st.sampled_from(list(FORMATS.values()))
seeds = st.integers(0, 2**32 - 1)


def _value(number: Exact) -> Fraction:
    return Fraction(number.num, number.den) * Fraction(2) ** number.exp


def _spread(form, query, key, beta: float) -> tuple[Spread, Distances, bool]:
    row = Contract(form.name, form.name, "expanded")
    distances = Distances(query[None], key[None], np.ones((1, 1), dtype=bool))
    exact = distances.exact_expanded(0, 0, dyadic(beta), form)
    spread = row.spread(
        Exact(distances.squared(0, 0), distances.unit),
        dyadic(beta),
        len(query),
        rounds=not exact,
        magnitude=Exact(distances.magnitude(0, 0), distances.unit),
    )
    return spread, distances, exact


def _computed(query, key, beta, rng):
    """The expanded form in the dtype of the arrays, in several orders."""
    for _ in range(3):
        order = rng.permutation(len(query))
        own = far = both = None
        for c in order:
            squares = query[c] * query[c], key[c] * key[c], query[c] * key[c]
            own = squares[0] if own is None else own + squares[0]
            far = squares[1] if far is None else far + squares[1]
            both = squares[2] if both is None else both + squares[2]
        two = np.asarray(2).astype(query.dtype)
        yield beta * ((own + far) - two * both)
        yield beta * (far - two * both + own)
        yield (beta * own - two * (beta * both)) + beta * far
        total = far + own
        for c in order:
            total = total - two * query[c] * key[c]
        yield total * beta


@given(formats, seeds, st.integers(1, 12), st.floats(-1, 1), st.booleans())
@example(FORMATS["float16"], 4, 3, 1.0, False)
@example(FORMATS["bfloat16"], 5, 12, -1.0, True)
@pytest.mark.clause("GDA-conf-set-separation")
def test_computed_separations_stay_in_the_spread(form, seed, dimension, place, offset) -> None:
    rng = np.random.default_rng(seed)
    # over most of the range, both ends of the squares included
    scale = 2.0 ** (place * 0.55 * min(form.top, -form.bottom))
    query, key = rng.normal(size=(2, dimension))
    if offset:
        key = query + rng.normal(size=dimension) * 2.0 ** -rng.integers(0, form.bits)
    query, key = form.rounded(query * scale), form.rounded(key * scale)
    beta = form.nearest(float(rng.choice([1.0, 0.3, 2.0, 0.01, 100.0])))
    spread, distances, exact = _spread(form, query, key, beta)
    true = Fraction(beta) * _value(Exact(distances.squared(0, 0), distances.unit))
    given_arrays = (query.astype(form.dtype), key.astype(form.dtype), np.asarray(beta, form.dtype))
    with np.errstate(all="ignore"):
        for computed in map(float, _computed(*given_arrays, rng)):
            if not math.isfinite(computed):
                assert spread.unbounded
                continue
            assert _value(spread.lower) <= Fraction(computed)
            assert spread.upper is None or Fraction(computed) <= _value(spread.upper)
            assert not exact or Fraction(computed) == true
    assert _value(spread.lower) <= true


@given(formats, seeds, st.integers(1, 8))
@pytest.mark.clause("GDA-conf-set-separation")
def test_the_spread_is_as_narrow_as_derived(form, seed, dimension) -> None:
    rng = np.random.default_rng(seed)
    query, key = form.rounded(rng.normal(size=(2, dimension)))
    spread, distances, exact = _spread(form, query, key, 1.0)
    assert spread.upper is not None
    size = _value(Exact(distances.magnitude(0, 0), distances.unit))
    count = 2 * dimension + 2
    relative = Fraction(count, form.unit - count)
    width = _value(spread.upper) - _value(spread.lower)
    absolute = Fraction(2) ** form.bottom * 4 * (dimension + 1)
    assert width == 0 if exact else width <= 2 * (relative * size + absolute)


@pytest.mark.clause("GDA-conf-set-separation")
def test_small_integers_are_exact_in_every_format() -> None:
    for form in FORMATS.values():
        spread, _, exact = _spread(form, np.array([1.0, 2.0]), np.array([3.0, -1.0]), 0.5)
        assert exact
        assert spread.lower == spread.upper
        assert _value(spread.lower) == Fraction(13, 2)
        # a factor with more digits may round before the sums cancel
        _, _, exact = _spread(form, np.array([1.0, 2.0]), np.array([3.0, -1.0]), form.nearest(0.1))
        assert not exact


@pytest.mark.clause("GDA-conf-set-separation")
def test_equal_points_far_out_are_not_exact() -> None:
    point = np.array([1000.3, 2000.7])
    spread, _, exact = _spread(FORMATS["float64"], point, point, 1.0)
    assert not exact
    assert _value(spread.lower) < 0 < _value(spread.upper)
    assert spread.floor.num == 0
    pair = solve(Case(point[None], point[None], alpha=0.3), contract("float64,distance=expanded"))
    energy = pair.pair((0,), 0).energy
    assert (energy.lower, energy.nearest) == (0.0, 0.0)
    assert 0.0 < energy.upper < 1e-8
    # the rule of a threshold of 0 asks for equal components, and is not a matter of rounding
    zero = Case(point[None], point[None], threshold=0.0)
    assert solve(zero, contract("float64,distance=expanded")).row((0,)).admissible == {0}


@pytest.mark.clause("GDA-conf-set-separation", "GDA-conf-set-index")
def test_an_overflow_leaves_everything_open_and_nothing_else() -> None:
    form = contract("float16,accumulate=float16,distance=expanded")
    query = np.array([[300.0]], np.float16)
    keys = np.array([[301.0], [299.5]], np.float16)
    answer = solve(Case(query, keys), form)
    assert answer.problem(()).spread(0, 0, form).unbounded
    assert answer.row((0,)).admissible == {0, 1}
    assert answer.pair((0,), 0).energy.lower == 0.0
    # accumulated in float32, or by differences, the nearer key alone
    for name in ("float16,distance=expanded", "float16,accumulate=float16"):
        assert solve(Case(query, keys), contract(name)).row((0,)).admissible == {1}
    # a NaN satisfies no threshold: a possible overflow admits no key with certainty
    held = Case(query, keys, threshold=5.0)
    assert solve(held, form).row((0,)).admissible == {-1, 0, 1}


@pytest.mark.clause("GDA-conf-set-index")
def test_a_key_off_in_norm_is_not_screened_away() -> None:
    """Spreads do not ascend with the separation: a farther key of larger norm may still win."""
    form = contract("float32,distance=expanded")
    length = float(np.float32(1.1))
    # 1 and 2 are equally far, and 0 is nearer than both; the norm of 2 is large, that of 1 is zero
    keys = np.array([[float(np.float32(1e-6)), 0.0], [0.0, 0.0], [2.0 * length, 0.0]])
    assert solve(Case(np.array([[length, 0.0]]), keys), form).row((0,)).admissible == {0, 2}
    query = np.array([[4096.0, 0.0]])
    keys = np.array([[4096.5, 0.0], [4097.0, 0.0], [4096.75, 0.0], [4200.0, 0.0]])
    assert solve(Case(query, keys), form).row((0,)).admissible == {0, 1, 2}
