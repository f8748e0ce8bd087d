"""Selection and admission against a brute force in fractions and 60-digit decimals.

The brute force knows nothing of the closed forms: it finds the coordinate by bisection of the
stationarity equation and evaluates the landscape there.
"""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from gd_attention.selection import admission, gd_attention

LARGEST = float(np.finfo(np.float64).max)
TINY = 5e-324
DIGITS = 60


def decimal(x: Fraction) -> Decimal:
    return Decimal(x.numerator) / Decimal(x.denominator)


def exact_separation(query: Any, key: Any, beta: float) -> Fraction:
    jumps = [Fraction(float(k)) - Fraction(float(q)) for q, k in zip(query, key, strict=True)]
    return Fraction(beta) * sum(j * j for j in jumps)


@cache
def brute_energy(separation: Fraction, weight: Fraction) -> Decimal:
    """E* to a relative 1e-50 or so; weight is min(alpha, 1 - alpha), so t >= 1/2 (T8)."""
    if separation < Fraction(1, 10**55):
        # T14: E* = a (1-a) separation to a relative error of the separation
        with localcontext() as context:
            context.prec, context.Emin = DIGITS, -(10**9)
            return decimal(weight * (1 - weight) * separation)
    with localcontext() as context:
        # the logarithm of 1 - a separation loses the leading digits of a and of the separation
        context.prec = DIGITS + magnitude(weight) + magnitude(separation)
        context.Emin, context.Emax = -(10**9), 10**9
        a = decimal(weight)
        # beyond 300 the deficit is below exp(-300) of the ceiling
        lam = decimal(min(separation, Fraction(300)))
        h = ((1 - a) / a).ln()
        low, high = Decimal("0.5"), Decimal(1)
        if h == 0 and lam <= 2:
            high = low
        elif h == 0:
            # t = 1/2 is stationary too; the minimiser lies above the inflection 2 lam t (1-t) = 1
            low = (1 + (1 - 2 / lam).sqrt()) / 2
        # the energy is flat at t: half of the digits are enough
        for _ in range(int(1.7 * context.prec) + 10):
            t = (low + high) / 2
            if t < 1 / (1 + (-(h + lam * (2 * t - 1))).exp()):
                low = t
            else:
                high = t
        t = (low + high) / 2
        density = a * (-lam * t * t).exp() + (1 - a) * (-lam * (1 - t) * (1 - t)).exp()
        return -density.ln()


def magnitude(x: Fraction) -> int:
    """Decimal digits between a small x and 1."""
    return max(0, int((x.denominator.bit_length() - x.numerator.bit_length()) * 0.302) + 1)


def minor(alpha: float) -> Fraction:
    return min(Fraction(alpha), 1 - Fraction(alpha))


def less(one: tuple[Fraction, float], two: tuple[Fraction, float]) -> int:
    """The sign of E*(one) - E*(two) for pairs (separation, alpha)."""
    (x, a), (y, b) = one, two
    if x == 0 or y == 0:
        return (x > 0) - (y > 0)
    weights = [minor(a), minor(b)]
    if weights[0] == weights[1]:
        return (x > y) - (x < y)
    if x == y:
        return (weights[0] > weights[1]) - (weights[0] < weights[1])
    if (x > y) == (weights[0] > weights[1]):
        return 1 if x > y else -1  # T6, T23
    if min(x, y) >= 300:
        return 1 if weights[0] > weights[1] else -1
    return sign(brute_energy(x, weights[0]), brute_energy(y, weights[1]))


def sign(one: Decimal, two: Decimal) -> int:
    with localcontext() as context:
        context.prec, context.Emin, context.Emax = DIGITS, -(10**9), 10**9
        difference = one - two
        assert abs(difference) > Decimal(10) ** -40 * one, "the brute force cannot tell"
        return 1 if difference > 0 else -1


def admits(separation: Fraction, alpha: float, threshold: float) -> bool:
    if threshold == math.inf or separation == 0:
        return threshold >= 0
    if threshold <= 0:
        return False
    if alpha == 0.5 and separation <= 2:
        return separation / 4 <= Fraction(threshold)
    return sign(brute_energy(separation, minor(alpha)), Decimal(threshold)) < 0


def brute(query: Any, keys: Any, alpha: Any, beta: float, threshold: Any, mask: Any) -> list[int]:
    index = []
    for m in range(len(query)):
        best: tuple[Fraction, float] | None = None
        chosen = -1
        for n in range(len(keys)):
            if not mask[m, n]:
                continue
            pair = (exact_separation(query[m], keys[n], beta), float(alpha[n]))
            if not admits(*pair, float(threshold[m, n])):
                continue
            if best is None or less(pair, best) < 0:
                best, chosen = pair, n
        index.append(chosen)
    return index


def points(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Vectors of one of the shapes that break float orders."""
    kind = rng.integers(7)
    if kind == 0:
        return rng.normal(size=shape)
    if kind == 1:  # ties and duplicates
        return rng.integers(-1, 2, size=shape) * float(rng.choice([1.0, 0.1, 1e-200, 1e200]))
    if kind == 2:  # components of wildly different magnitude
        return rng.normal(size=shape) * 10.0 ** rng.integers(-320, 308, size=shape)
    if kind == 3:  # subnormal
        return rng.integers(-4, 5, size=shape) * TINY
    if kind == 4:  # k - q overflows
        return np.clip(rng.normal(size=shape), -1, 1) * LARGEST
    if kind == 5:  # a common offset
        return 1e8 + rng.integers(-3, 4, size=shape) * 2.0**-20
    return 1.0 + rng.integers(-2, 3, size=shape) * 2.0**-52  # near-ties


@pytest.mark.clause(
    "GDA-select-index",
    "GDA-select-ties",
    "GDA-select-exact-order",
    "GDA-select-priors",
    "GDA-admit-threshold",
    "GDA-admit-mask",
    "GDA-def-selection",
    "GDA-def-admission",
)
@pytest.mark.parametrize("seed", range(24))
def test_index_and_admission_are_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(5):
        m, n, d = int(rng.integers(1, 3)), int(rng.integers(1, 6)), int(rng.integers(1, 4))
        query, keys = points(rng, (m, d)), points(rng, (n, d))
        if rng.random() < 0.5:
            keys = 0.5 * query[rng.integers(m, size=n)] + keys * 2.0**-30
            query = 0.5 * query
        # a precision that brings one pair near separation 1
        scale = min(max(exact_separation(query[0], keys[0], 1.0), Fraction(1, 10**300)), 10**300)
        near_one = float(1 / Fraction(scale))
        beta = float(rng.choice([1.0, TINY, LARGEST, near_one, near_one]))
        weights = [0.5, 0.3, 0.7, 1 - 0.7, math.nextafter(0.5, 1), 1e-15, 1 - 2.0**-53, TINY]
        alpha = (
            rng.choice(weights, size=n) if rng.random() < 0.6 else np.full(n, rng.choice(weights))
        )
        mask = rng.random((m, n)) < 0.8
        threshold = rng.choice([0.0, -0.0, 0.1, math.log(2), 0.356, math.inf, 0.5], size=(m, n))
        threshold[rng.random((m, n)) < 0.3] = math.inf
        if rng.random() < 0.5:
            threshold = np.broadcast_to(threshold[:, :1], (m, n))
        expected = brute(query, keys, alpha, beta, threshold, mask)
        got = gd_attention(query, keys, alpha=alpha, beta=beta, threshold=threshold, mask=mask)
        assert got.index.tolist() == expected
        table = admission(query, keys, alpha=alpha, beta=beta, threshold=threshold, mask=mask)
        for i, j in np.ndindex(m, n):
            separation = exact_separation(query[i], keys[j], beta)
            allowed = bool(mask[i, j]) and admits(
                separation, float(alpha[j]), float(threshold[i, j])
            )
            assert table.admitted[i, j] == allowed


@pytest.mark.clause("GDA-select-priors", "GDA-thm-symmetry")
def test_a_farther_key_can_win_by_its_weight() -> None:
    # the smallest example: energies 0.278 at distance 6, 0.3125 at distance 5
    got = gd_attention([[0.0]], [[6.0], [5.0]], alpha=[0.7, 0.5], beta=0.05)
    assert got.index.tolist() == [0]
    # alpha and its exact complement tie at one separation; 0.3 is not the complement of 0.7
    both = [[1.0], [-1.0]]
    assert gd_attention([[0.0]], both, alpha=[0.25, 0.75]).index.tolist() == [0]
    assert gd_attention([[0.0]], both, alpha=[0.75, 0.25]).index.tolist() == [0]
    assert 1 - Fraction(0.7) > Fraction(0.3)
    assert gd_attention([[0.0]], both, alpha=[0.7, 0.3]).index.tolist() == [1]


@pytest.mark.clause("GDA-select-ties", "GDA-select-priors", "GDA-align-zero")
def test_equal_rows_tie_whatever_their_weights() -> None:
    got = gd_attention([[1.0]], [[2.0], [1.0], [1.0]], alpha=[1e-9, 0.5, 0.1])
    assert (got.index.tolist(), got.energy.tolist()) == ([1], [0.0])
    assert got.coordinate.tolist() == [0.5]
    assert gd_attention([[1.0]], [[1.0]], alpha=0.3).coordinate.tolist() == [0.7]
    # an energy that underflows to 0 is not 0
    assert gd_attention([[0.0]], [[TINY], [0.0]], alpha=[TINY, 0.5]).index.tolist() == [1]


@pytest.mark.clause("GDA-select-priors", "GDA-select-exact-order", "GDA-energy-saturation")
def test_saturated_keys_with_priors() -> None:
    # all separations beyond 100, where energies show the ceiling alone; 0.3 and 0.7 have ceilings
    # that agree to 1e-17 and differ
    rng = np.random.default_rng(7)
    keys = rng.uniform(20.0, 30.0, size=(40, 1))
    alpha = rng.choice([0.3, 0.7], size=40)
    weights = [minor(a) for a in alpha]
    least = min(weights)
    expected = min((float(keys[n, 0]), n) for n in range(40) if weights[n] == least)[1]
    assert gd_attention([[0.0]], keys, alpha=alpha).index.tolist() == [expected]
    # one weight, as a scalar and per key
    for scalar in (0.5, 0.3, 1e-300):
        one = gd_attention([[0.0]], keys, alpha=scalar)
        other = gd_attention([[0.0]], keys, alpha=np.full(40, scalar))
        assert one.index.tolist() == other.index.tolist() == [int(np.argmin(keys))]
    # published: at distances 20, 11, 30 the demo's rule picks 30
    assert gd_attention([[0.0]], [[20.0], [11.0], [30.0]]).index.tolist() == [1]


@pytest.mark.clause("GDA-admit-ceiling", "GDA-thm-vacuous")
def test_thousands_of_saturated_keys_against_the_rounded_ceiling() -> None:
    # float(log 2) < log 2: it admits separations up to 38.3; the next float admits all
    keys = np.sqrt(np.linspace(30.0, 5000.0, 4000))[:, None]
    low = admission([[0.0]], keys, threshold=math.log(2)).admitted[0]
    assert low.any()
    last = int(np.flatnonzero(low)[-1])
    assert low[: last + 1].all()
    assert float(keys[last, 0]) ** 2 < 38.4
    assert float(keys[last + 1, 0]) ** 2 > 38.2
    for edge in (last, last + 1):
        separation = exact_separation([0.0], keys[edge], 1.0)
        assert admits(separation, 0.5, math.log(2)) == (edge == last)
    assert admission([[0.0]], keys, threshold=math.nextafter(math.log(2), 1)).admitted.all()
    huge = np.geomspace(1e155, 1e300, 500)[:, None]
    assert admission([[0.0]], huge, threshold=math.nextafter(math.log(2), 1)).admitted.all()
    assert not admission([[0.0]], huge, threshold=math.log(2)).admitted.any()


@pytest.mark.clause("GDA-admit-zero", "GDA-admit-threshold", "GDA-thm-decidability")
def test_thresholds_at_the_two_equalities() -> None:
    for zero in (0.0, -0.0):
        got = gd_attention([[0.0]], [[TINY], [-0.0]], threshold=zero, beta=TINY)
        assert got.index.tolist() == [1]
        assert gd_attention([[0.0]], [[TINY]], threshold=zero, beta=TINY).index.tolist() == [-1]
    assert gd_attention([[0.0]], [[0.0]], threshold=-TINY).index.tolist() == [-1]
    assert gd_attention([[0.0]], [[0.0]], threshold=-math.inf).index.tolist() == [-1]
    # alpha = 1/2, separation <= 2: the energy is a quarter of it, and the filter is not strict
    for separation in (0.25, 1.0, 2.0):
        keys = [[math.sqrt(separation)]] if separation != 2.0 else [[1.0]]
        beta = 1.0 if separation != 2.0 else 2.0
        at = separation / 4
        assert gd_attention([[0.0]], keys, beta=beta, threshold=at).index.tolist() == [0]
        below = math.nextafter(at, 0)
        assert gd_attention([[0.0]], keys, beta=beta, threshold=below).index.tolist() == [-1]


@pytest.mark.clause("GDA-thm-filter-select", "GDA-admit-threshold")
def test_thresholds_per_key_are_applied_before_the_selection() -> None:
    # the nearer key is excluded by its own threshold, the farther one selected
    query, keys = [[0.0]], [[1.0], [2.0]]
    got = gd_attention(query, keys, threshold=[0.1, math.inf])
    assert got.index.tolist() == [1]
    # one threshold for both rejects the winner, and no farther key takes its place
    assert gd_attention(query, keys, threshold=0.1).index.tolist() == [-1]
    assert gd_attention(query, keys, threshold=[[0.25]]).index.tolist() == [0]
    assert admission(query, keys, threshold=0.3).admitted.tolist() == [[True, False]]


@pytest.mark.clause("GDA-def-admission", "GDA-admit-mask", "GDA-energy-value")
def test_the_table_of_energies() -> None:
    got = admission(
        [[0.0], [1.0]], [[1.0], [1.0]], threshold=0.1, mask=[[True, False], [True, True]]
    )
    assert got.energy.tolist() == [[0.25, math.inf], [0.0, 0.0]]
    assert got.admitted.tolist() == [[False, False], [True, True]]
    assert admission(np.empty((0, 1)), np.empty((3, 1))).admitted.shape == (0, 3)
    assert admission(np.ones((2, 5, 1)), np.empty((0, 1))).energy.shape == (2, 5, 0)


@pytest.mark.clause("GDA-energy-value", "GDA-energy-overflow", "GDA-energy-saturation")
@pytest.mark.parametrize("alpha", [0.5, 0.3, 1 - 1e-9, 1e-12])
def test_energy_of_the_selected_pair(alpha: float) -> None:
    rng = np.random.default_rng(3)
    for scale in (1e-160, 1e-150, 1e-40, 1e-8, 0.1, 1.0, 1.5, 4.0, 6.0, 1e5, 1e200, 1e308):
        dimension = int(rng.integers(1, 6))
        query = rng.normal(size=(1, dimension)) * 0.1
        key = np.clip(rng.normal(size=(1, dimension)), -1.5, 1.5) * scale
        if scale < 1:
            key = query + key if scale > 1e-17 else key
            query = query if scale > 1e-17 else -0.5 * key
        energy = float(gd_attention(query, key, alpha=alpha).energy[0])
        separation = exact_separation(query[0], key[0], 1.0)
        exact = brute_energy(separation, minor(alpha))
        # 16 eps of the closed form, (D + 3) u of the separation, and half a subnormal spacing
        # for each of the separation and the energy where they underflow
        allowed = Decimal(16 * 2.0**-52 + (dimension + 3) * 2.0**-53) * exact + Decimal(TINY)
        assert abs(Decimal(energy) - exact) <= allowed, scale


@pytest.mark.clause("GDA-align-point-finite", "GDA-align-point-value", "GDA-coordinate-value")
def test_alignment_point() -> None:
    # k - q overflows; t is 1/2 at this precision
    got = gd_attention([[-LARGEST, 1.0]], [[LARGEST, 3.0]], beta=TINY, alpha=0.4)
    assert np.isfinite(got.alignment_point).all()
    t = float(got.coordinate[0])
    assert t > 0.5
    exact = -LARGEST * (1 - 2 * Fraction(t))
    assert abs(Fraction(float(got.alignment_point[0, 0])) - exact) <= Fraction(LARGEST) * 2**-50
    # at beta = 1 the jump completes: the key itself, and for alpha > 1/2 the query itself
    assert gd_attention([[-LARGEST]], [[LARGEST]]).alignment_point.tolist() == [[LARGEST]]
    assert gd_attention([[-LARGEST]], [[LARGEST]], alpha=0.6).alignment_point.tolist() == [
        [-LARGEST]
    ]
    # the point keeps the digits of the small end: 1 - t is far below eps here
    got = gd_attention([[8.0, 1.0]], [[0.0, 1.0]], alpha=0.5)
    assert got.coordinate.tolist() == [1.0]
    # T14: 1 - t tends to exp(-64), and the query is 8 (1 - t) from the key
    assert got.alignment_point[0, 0] == pytest.approx(8 * math.exp(-64), rel=1e-12, abs=0.0)
    # alpha = 1/2 at separation 1: the midpoint, exactly
    assert gd_attention([[0.0]], [[1.0]]).alignment_point.tolist() == [[0.5]]


@pytest.mark.clause("GDA-align-unique", "GDA-align-half", "GDA-thm-uniqueness")
def test_uniqueness_is_exact_next_to_two() -> None:
    half = math.sqrt(0.5)  # its square is not 1/2: separations on both sides of 2
    for q in (half, math.nextafter(half, 1), 1.0, 1.0 + 2.0**-52, 1.0 - 2.0**-53):
        for beta in (1.0, 2.0, 4.0, math.nextafter(2.0, 3), math.nextafter(2.0, 1)):
            for other in (0.0, 1.0, half, 2.0**-30, 2.0**-600):
                key = [[q, other]]
                exact = exact_separation([0.0, 0.0], key[0], beta)
                got = gd_attention([[0.0, 0.0]], key, beta=beta)
                assert got.unique.tolist() == [exact <= 2]
                assert (got.coordinate[0] > 0.5) == (exact > 2)
    # 2 + 2**-1200: the difference is lost in the float separation, not in the answer
    got = gd_attention([[0.0, 0.0]], [[1.0, 2.0**-600]], beta=2.0)
    assert (got.unique.tolist(), got.coordinate[0] > 0.5) == ([False], True)
    assert gd_attention([[0.0]], [[9.0]], alpha=math.nextafter(0.5, 1)).unique.tolist() == [True]


@pytest.mark.clause(
    "GDA-abstain-none", "GDA-abstain-empty", "GDA-abstain-fields", "GDA-output-fill"
)
def test_abstention() -> None:
    query = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    values = np.ones((1, 1), dtype=np.int16)
    got = gd_attention(query, [[1.0, 2.0]], values, mask=[[True], [False]], fill=[[7], [9]])
    assert got.index.tolist() == [[0, -1]]
    assert got.output.tolist() == [[[1], [9]]]
    empty = gd_attention(query, np.empty((0, 2)), np.empty((0, 3), dtype=np.float32), fill=math.nan)
    assert empty.index.tolist() == [[-1, -1]]
    assert empty.output.shape == (1, 2, 3) and np.isnan(empty.output).all()
    for result, row in ((got, np.s_[:, 1:]), (empty, np.s_[:])):
        assert (result.energy[row] == math.inf).all()
        assert (result.coordinate[row] == 0).all()
        assert (result.alignment_point[row] == query[row]).all()
        assert not result.unique[row].any()


@pytest.mark.clause("GDA-output-gather", "GDA-values-nan", "GDA-output-dtype", "GDA-values-default")
def test_output_is_copied_and_keeps_its_dtype() -> None:
    values = np.array([[math.nan, 1.0], [math.inf, -0.0], [2.0, 3.0]])
    got = gd_attention([[0.0], [1.0]], [[5.0], [1.0], [0.0]], values).output
    np.testing.assert_array_equal(got, [[2.0, 3.0], [math.inf, 0.0]])
    for dtype in ("f2", "f4", "f8", ">f8", "i1", "u8", ">i2"):
        table = np.array([[1], [2]]).astype(dtype)
        for mask in ([True, True], [False, False]):
            assert (
                gd_attention([[0.0]], [[1.0], [0.0]], table, mask=mask).output.dtype == table.dtype
            )
    got_default = gd_attention([[0.0]], [[5.0], [1.0]])
    assert got_default.output.tolist() == [[1.0]]
    for field in (got_default.energy, got_default.coordinate, got_default.alignment_point):
        assert field.dtype == np.float64
    assert (got_default.index.dtype, got_default.unique.dtype) == (np.int64, np.bool_)
    assert gd_attention([[0.0]], [[1.0]], np.empty((1, 0))).output.shape == (1, 0)


@pytest.mark.clause("GDA-batch-broadcast")
def test_a_batch_is_its_entries() -> None:
    rng = np.random.default_rng(5)
    query, keys = rng.normal(size=(2, 1, 4, 3)), rng.normal(size=(3, 6, 3))
    values = rng.normal(size=(2, 1, 6, 2))
    alpha = rng.uniform(0.1, 0.9, size=(3, 6))
    threshold = rng.uniform(0.0, 0.6, size=(2, 1, 1, 6))
    mask = rng.random((3, 4, 6)) < 0.7
    got = gd_attention(query, keys, values, alpha=alpha, threshold=threshold, mask=mask, fill=9.0)
    assert got.index.shape == (2, 3, 4) and got.output.shape == (2, 3, 4, 2)
    for i, j in np.ndindex(2, 3):
        one = gd_attention(
            query[i, 0], keys[j], values[i, 0],
            alpha=alpha[j], threshold=threshold[i, 0], mask=mask[j], fill=9.0,
        )  # fmt: skip
        for name in ("index", "output", "energy", "coordinate", "alignment_point", "unique"):
            np.testing.assert_array_equal(getattr(got, name)[i, j], getattr(one, name))
    # blocks of queries, and queries without keys
    many = gd_attention(rng.normal(size=(3000, 1)), rng.normal(size=(700, 1)))
    assert many.index.min() >= 0


@pytest.mark.clause("GDA-call-pure", "GDA-call-repeatable", "GDA-input-exact", "GDA-signed-zero")
def test_layouts_signs_and_purity() -> None:
    rng = np.random.default_rng(11)
    query, keys = rng.integers(-2, 3, size=(4, 3)) * 0.5, rng.integers(-2, 3, size=(9, 3)) * 0.5
    expected = gd_attention(query, keys)
    big = np.full((18, 6), math.nan)
    big[::2, ::2] = keys
    readonly = keys.copy()
    readonly.flags.writeable = False
    layouts = [big[::2, ::2], np.asfortranarray(keys), readonly, keys.astype(">f8"), keys.tolist()]
    layouts += [keys.astype(np.float16), np.where(keys == 0, -0.0, keys), keys[::-1][::-1]]
    for layout in layouts:
        before = np.array(layout, copy=True)
        for _ in range(2):
            got = gd_attention(query, layout)
            for name in ("index", "output", "energy", "coordinate", "alignment_point", "unique"):
                np.testing.assert_array_equal(getattr(got, name), getattr(expected, name))
        assert np.array(layout).tobytes() == before.tobytes()


def near_circle(rng: np.random.Generator, count: int) -> np.ndarray:
    """Points in space whose squared lengths agree to a few ulp, on both sides of their mean."""
    base = rng.uniform(0.3, 0.7, size=3)
    base /= np.linalg.norm(base)
    keys = np.array([rng.permutation(base) for _ in range(count)])
    return (
        keys * rng.choice([-1, 1], size=keys.shape)
        + rng.integers(-1, 2, size=keys.shape) * 2.0**-54
    )


@pytest.mark.clause("GDA-select-exact-order", "GDA-thm-nearest", "GDA-select-ties")
def test_near_ties_that_float_squares_order_wrongly() -> None:
    rng = np.random.default_rng(12)
    misled = 0
    for _ in range(60):
        keys = near_circle(rng, 12)
        exact = [exact_separation([0.0] * 3, key, 1.0) for key in keys]
        expected = exact.index(min(exact))
        assert gd_attention([[0.0] * 3], keys).index.tolist() == [expected]
        misled += int(np.argmin((keys * keys).sum(axis=1)) != expected)
    # the cases are hard: the float order fails on a good part of them
    assert misled >= 10


@pytest.mark.clause("GDA-admit-threshold", "GDA-thm-decidability")
def test_many_pairs_within_the_float_bound_of_one_threshold() -> None:
    # alpha = 1/2, separation <= 2: the energy is a quarter of the separation
    keys = near_circle(np.random.default_rng(13), 60)
    exact = [exact_separation([0.0] * 3, key, 1.0) for key in keys]
    threshold = float(sorted(exact)[30]) / 4
    expected = [separation <= 4 * Fraction(threshold) for separation in exact]
    assert 5 < sum(expected) < 55
    got = admission([[0.0] * 3], keys, threshold=threshold).admitted[0]
    assert got.tolist() == expected
