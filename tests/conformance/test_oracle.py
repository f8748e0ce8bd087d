"""The oracle's decisions against brute force in rationals and `decimal`, and at the known traps."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from gd_attention.conformance import balls, rational
from gd_attention.conformance.balls import precision
from gd_attention.conformance.case import Case
from gd_attention.conformance.certificate import alignment
from gd_attention.conformance.contract import EXACT, FLOAT64
from gd_attention.conformance.errors import Undecided
from gd_attention.conformance.expectation import Interval, Row
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.problem import ceiling, compare, within
from gd_attention.conformance.rational import Exact
from hypothesis import given
from hypothesis import strategies as st

seeds = st.integers(0, 2**32 - 1)


def _row(contract: Any = EXACT, **arguments: Any) -> Row:
    return solve(Case(**arguments), contract).row((0,))


def _separation(query: np.ndarray, key: np.ndarray, beta: float) -> Fraction:
    pairs = zip(query.tolist(), key.tolist(), strict=True)
    return Fraction(beta) * sum(((Fraction(k) - Fraction(q)) ** 2 for q, k in pairs), Fraction(0))


def _energy(separation: Fraction, alpha: float) -> Decimal:
    """E* to about 50 digits by bisection on the sign of phi', for separations up to 100."""
    with localcontext() as context:
        context.prec = 70
        lam = Decimal(separation.numerator) / Decimal(separation.denominator)
        light, heavy = sorted([Decimal(alpha), 1 - Decimal(alpha)])
        low, high = Decimal(0), Decimal("0.5")
        for _ in range(100):
            u = (low + high) / 2
            far, near = light * (-lam * (1 - u) ** 2).exp(), heavy * (-lam * u * u).exp()
            low, high = (u, high) if (1 - u) * far > u * near else (low, u)
        return -(light * (-lam * (1 - low) ** 2).exp() + heavy * (-lam * low * low).exp()).ln()


@pytest.mark.clause("GDA-select-index", "GDA-select-priors", "GDA-admit-threshold")
@given(seeds, st.booleans(), st.booleans())
def test_selection_by_brute_force(seed: int, per_key: bool, thresholds: bool) -> None:
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    query, keys = rng.normal(size=(1, d)), rng.normal(size=(n, d))
    alpha = rng.uniform(0.05, 0.95, size=n) if per_key else np.full(n, rng.uniform(0.05, 0.95))
    threshold = rng.uniform(0.0, 0.6, size=(1, n)) if thresholds else np.full((1, n), np.inf)
    mask = rng.random((1, n)) < 0.8
    beta = float(rng.uniform(0.1, 3.0))
    energies = [_energy(_separation(query[0], keys[i], beta), alpha[i]) for i in range(n)]
    admitted = [
        i
        for i in range(n)
        if mask[0, i] and (not thresholds or energies[i] <= Decimal(threshold[0, i]))
    ]
    expected = min(admitted, key=lambda i: (energies[i], i), default=-1)
    case = Case(query, keys, alpha=alpha, beta=beta, threshold=threshold, mask=mask)
    exact = solve(case, EXACT).row((0,))
    assert exact.exact == expected
    assert exact.admissible == {expected}
    assert exact.priors is (len(set(alpha.tolist())) > 1)
    assert exact.masked is bool((~mask).any())
    loose = solve(case, FLOAT64).row((0,))
    assert loose.exact == expected
    # generic data leave float64 no choice: the contract is not vacuous at top 1
    assert loose.admissible == {expected}
    for i in range(n):
        if mask[0, i]:
            pair = solve(case, EXACT).pair((0,), i)
            # energies near 0 keep about 50 digits, far more than an ulp
            assert abs(Decimal(pair.energy.nearest) - energies[i]) <= Decimal(
                math.ulp(pair.energy.nearest)
            )


@pytest.mark.clause("GDA-select-ties", "GDA-note-ties")
def test_exact_ties_go_to_the_least_index() -> None:
    keys = np.array([[9.0, 9.0], [0.0, 5.0], [3.0, 4.0], [0.0, 5.0]])
    row = _row(query=np.zeros((1, 2)), keys=keys)
    assert (row.exact, row.tied, row.close) == (1, True, False)
    # squares of integers round nowhere: float64 has no allowance either
    assert _row(FLOAT64, query=np.zeros((1, 2)), keys=keys).admissible == {1}
    # divided by 3 they round: the tie of the equal rows may be broken
    loose = _row(FLOAT64, query=np.zeros((1, 2)), keys=keys / 3)
    assert loose.exact in loose.admissible
    assert {1, 3} <= loose.admissible <= {1, 2, 3}


@pytest.mark.clause("GDA-select-exact-order")
def test_near_ties_are_decided_and_labelled() -> None:
    step = 2.0**-52
    keys = np.array([[1 + step], [1.0], [2.0]])
    row = _row(query=np.zeros((1, 1)), keys=keys)
    assert (row.exact, row.tied, row.close) == (1, False, True)
    # (1 + 2^-52)^2 rounds; its computed value may come down to 1 + 2^-51, never to 1
    assert _row(FLOAT64, query=np.zeros((1, 1)), keys=keys).admissible <= {0, 1}
    assert not _row(query=np.zeros((1, 1)), keys=keys[1:]).close


@pytest.mark.clause("GDA-select-exact-order", "GDA-energy-overflow", "GDA-erratum-saturation")
@pytest.mark.parametrize("scale", [1.0, 1e3, 1e150, 1e160, 1e300])
def test_saturated_and_overflowed_orders(scale: float) -> None:
    keys = np.array([[30.0], [20.0], [11.0], [-11.0]]) * scale
    for alpha in (0.5, 0.3):
        row = _row(query=np.zeros((1, 1)), keys=keys, alpha=alpha)
        assert (row.exact, row.tied) == (2, True)
        assert not row.close or scale >= 1.0
    loose = _row(FLOAT64, query=np.zeros((1, 1)), keys=keys)
    # where the squares overflow float64 cannot tell any of them apart
    assert loose.admissible == ({0, 1, 2, 3} if scale >= 1e160 else loose.admissible)
    assert scale >= 1e160 or loose.admissible <= {2, 3}


@pytest.mark.clause("GDA-select-exact-order")
def test_underflowed_orders() -> None:
    keys = np.array([[3e-200], [-1e-200], [2e-300]])
    row = _row(query=np.zeros((1, 1)), keys=keys)
    assert (row.exact, row.close) == (2, True)
    assert _row(FLOAT64, query=np.zeros((1, 1)), keys=keys).admissible == {0, 1, 2}


@pytest.mark.clause("GDA-select-priors", "GDA-thm-symmetry")
def test_with_priors_the_nearest_need_not_win() -> None:
    # T8: key 0 is nearer, key 1 has the lower ceiling
    keys, alpha = np.array([[5.0], [6.0]]), np.array([0.5, 0.1])
    row = _row(query=np.zeros((1, 1)), keys=keys, alpha=alpha)
    assert (row.exact, row.priors) == (1, True)
    # complements are equal only where 1 - alpha is exact
    same = np.array([[1.0], [-1.0]])
    assert _row(query=np.zeros((1, 1)), keys=same, alpha=np.array([0.75, 0.25])).tied
    unequal = _row(query=np.zeros((1, 1)), keys=same, alpha=np.array([0.7, 0.3]))
    assert not unequal.tied
    # 1 - 0.7 = 0.3000000000000000444 exceeds 0.3: E* grows with min(alpha, 1-alpha)
    assert unequal.exact == 1
    # one alpha and one separation: one computed energy, the least index
    twins = _row(FLOAT64, query=np.zeros((1, 1)), keys=same[[0, 1, 0]], alpha=[0.25, 0.25, 0.3])
    assert twins.admissible == {0}


@pytest.mark.clause("GDA-thm-decidability", "GDA-thm-prior-monotone")
def test_comparisons_that_need_precision() -> None:
    # E* = alpha (1-alpha) Lambda to first order: 3/16 * 4c = 1/4 * 3c; the second order decides
    small = Exact(4, -3000)
    other = Exact(3, -3000)
    # second-order coefficient alpha(1-alpha)(1-2alpha)^2/2 vanishes at alpha = 1/2
    assert compare((small, 0.25), (other, 0.5)) == -1
    assert compare((other, 0.5), (small, 0.25)) == 1
    assert compare((Exact(0, 0), 0.3), (Exact(0, 0), 0.6)) == 0
    assert compare((Exact(0, 0), 0.3), (small, 0.3)) == -1
    assert compare((small, 0.25), (small, 0.75)) == 0
    huge = Exact(1, 2060)
    assert compare((huge, 5e-324), (huge, 1e-323)) == -1
    assert compare((huge, 0.5), (huge, math.nextafter(0.5, 0))) == 1
    assert compare((huge, 0.3), (Exact(3, 2059), 0.3)) == -1


@pytest.mark.clause("GDA-admit-threshold", "GDA-thm-decidability")
@given(st.floats(-323, 308).map(lambda power: 10.0**power), st.floats(0.01, 0.99))
def test_thresholds_next_to_an_energy(lam: float, alpha: float) -> None:
    separation = Exact.of(lam)
    energy = float(alignment(separation, alpha).energy.mid())
    for threshold in (math.nextafter(energy, 0), energy, math.nextafter(energy, 1)):
        with precision(2000):
            exact = alignment(separation, alpha, 1500).energy
            if exact < arb(threshold) or exact > arb(threshold):
                assert within(separation, alpha, threshold) is bool(exact < arb(threshold))


@pytest.mark.clause("GDA-admit-threshold", "GDA-thm-decidability")
@pytest.mark.parametrize("contract", [EXACT, FLOAT64])
def test_equality_with_the_threshold_is_admitted(contract: Any) -> None:
    """T26: the only place where strict and non-strict differ, apart from zero."""
    case = {"query": np.zeros((1, 1)), "keys": np.array([[1.0]])}
    assert _row(contract, **case, threshold=0.25).admissible == {0}
    assert _row(contract, **case, threshold=math.nextafter(0.25, 1)).exact == 0
    assert _row(contract, **case, threshold=math.nextafter(0.25, 0)).exact == -1
    # at Lambda = 2 as well, beyond it no longer: E* < Lambda/4
    assert _row(contract, query=[[0.0, 0.0]], keys=[[1.0, 1.0]], threshold=0.5).admissible == {0}
    assert within(Exact.of(2.5), 0.5, 2.5 / 4)


@pytest.mark.clause("GDA-admit-zero")
@pytest.mark.parametrize("contract", [EXACT, FLOAT64])
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_zero_threshold_means_componentwise_equality(contract: Any, zero: float) -> None:
    query = np.array([[0.0, 1.0]])
    # the separation of key 0 underflows in float64; key 1 equals the query up to signed zeros
    keys = np.array([[5e-324, 1.0], [-0.0, 1.0]])
    row = _row(contract, query=query, keys=keys, threshold=zero)
    assert (row.exact, row.admissible, row.threshold_zero) == (1, {1}, True)
    assert _row(contract, query=query, keys=keys[:1], threshold=zero).admissible == {-1}
    assert _row(contract, query=query, keys=keys, threshold=-5e-324).admissible == {-1}
    assert _row(contract, query=query, keys=keys, threshold=-np.inf).admissible == {-1}


@pytest.mark.clause("GDA-admit-ceiling", "GDA-thm-vacuous")
def test_the_real_ceiling_not_its_rounding() -> None:
    log2 = math.log(2)
    assert ceiling(0.5) == log2
    # float(log 2) lies below log 2: Lambda > 38.3 is excluded
    for length, admitted in ((6.0, True), (6.18, True), (6.2, False), (1e200, False)):
        row = _row(query=np.zeros((1, 1)), keys=[[length]], threshold=log2)
        assert (row.exact == 0) is admitted
        assert row.threshold_ceiling
    above = _row(query=np.zeros((1, 1)), keys=[[1e200]], threshold=math.nextafter(log2, 1))
    assert above.exact == 0
    far = _row(query=np.zeros((1, 1)), keys=[[1.0]], threshold=0.6)
    assert not far.threshold_ceiling
    # within an ulp of the ceiling a float64 energy decides nothing
    loose = _row(FLOAT64, query=np.zeros((1, 1)), keys=[[7.0]], threshold=log2)
    assert loose.admissible == {-1, 0}


@pytest.mark.clause("GDA-thm-filter-select")
def test_per_key_thresholds_filter_before_selection() -> None:
    case = {"query": np.zeros((1, 1)), "keys": np.array([[1.0], [2.0]])}
    row = _row(**case, threshold=np.array([0.1, np.inf]))
    assert (row.exact, row.threshold) == (1, True)
    assert _row(**case, threshold=0.1).exact == -1


@pytest.mark.clause("GDA-admit-mask", "GDA-abstain-none", "GDA-abstain-empty", "GDA-mask-unread")
def test_masks_and_abstention() -> None:
    keys = np.array([[np.nan, np.inf], [3.0, 4.0], [1.0, 1.0]])
    query = np.array([[0.0, 0.0], [np.nan, 0.0]])
    mask = np.array([[False, True, False], [False, False, False]])
    answer = solve(Case(query, keys, mask=mask), FLOAT64)
    assert answer.row((0,)).admissible == {1}
    assert answer.row((1,)).admissible == {-1}
    assert answer.row((0,)).masked
    assert answer.pair((0,), 1).separation == 25.0
    empty = solve(Case(np.zeros((2, 3)), np.zeros((0, 3))), FLOAT64)
    assert (empty.shape, empty.keys, empty.dimension, empty.width) == ((2,), 0, 3, 3)
    assert empty.row((1,)).admissible == {-1}


@pytest.mark.clause("GDA-batch-broadcast", "GDA-input-exact")
def test_batches_and_dtypes() -> None:
    rng = np.random.default_rng(5)
    query = rng.normal(size=(2, 1, 3, 2)).astype(np.float32)
    keys = rng.normal(size=(4, 5, 2)).astype(np.float16)
    values = rng.normal(size=(2, 4, 5, 7))
    threshold = rng.uniform(0.05, 0.7, size=(3, 1))
    alpha = rng.uniform(0.1, 0.9, size=(4, 1))
    mask = rng.random((2, 4, 3, 5)) < 0.7
    answer = solve(Case(query, keys, values, alpha=alpha, threshold=threshold, mask=mask), EXACT)
    assert (answer.shape, answer.keys, answer.dimension, answer.width) == ((2, 4, 3), 5, 2, 7)
    for a, b, m in np.ndindex(2, 4, 3):
        single = solve(
            Case(
                query[a, 0, m : m + 1].astype(float),
                keys[b].astype(float),
                alpha=float(alpha[b, 0]),
                threshold=float(threshold[m, 0]),
                mask=mask[a, b, m : m + 1],
            ),
            EXACT,
        )
        row = answer.row((a, b, m))
        assert row == single.row((0,))
        if row.exact >= 0:
            assert answer.pair((a, b, m), row.exact) == single.pair((0,), row.exact)
    integers = solve(Case(np.array([[1, 2]]), [[4, 6], [1, 2]]), EXACT)
    assert integers.row((0,)).exact == 1
    assert integers.pair((0,), 0).separation == 25.0


@pytest.mark.clause("GDA-energy-value", "GDA-align-zero", "GDA-align-unique", "GDA-align-half")
def test_fields_of_known_pairs() -> None:
    answer = solve(Case([[0.0]], [[0.0], [1.0], [math.sqrt(2.0)], [3.0]], alpha=0.5), EXACT)
    resting, near, critical, far = (answer.pair((0,), i) for i in range(4))
    assert resting.energy == Interval(0.0, 0.0, 0.0)
    assert resting.separation_is_zero and resting.unique
    assert resting.coordinate.nearest == 0.5
    assert near.energy.nearest == 0.25
    assert (near.coordinate.nearest, near.alignment_point[0].nearest) == (0.5, 0.5)
    # float(sqrt 2)^2 exceeds 2 by 4e-16
    assert critical.degenerate and not critical.unique
    assert critical.unique_admissible == {False}
    assert critical.coordinate.nearest > 0.5
    assert critical.coordinate.lower >= 0.5
    assert far.degenerate and f"{far.energy.nearest:.5f}" == "0.69302"
    assert far.alignment_point[0].nearest > 2.99
    open_pair = solve(Case([[0.0]], [[math.sqrt(2.0)]]), FLOAT64).pair((0,), 0)
    assert open_pair.unique_admissible == {True, False}
    shut = solve(Case([[0.0, 0.0]], [[1.0, 1.0]]), FLOAT64).pair((0,), 0)
    assert shut.unique_admissible == {True}


@pytest.mark.clause("GDA-align-point-finite", "GDA-energy-overflow", "GDA-align-point-value")
def test_fields_where_the_jump_overflows() -> None:
    case = Case([[-1.7e308, 1.0]], [[1.7e308, 1.0]], alpha=0.3)
    for contract in (EXACT, FLOAT64):
        pair = solve(case, contract).pair((0,), 0)
        assert pair.jump_overflows and pair.overflow and pair.separation == math.inf
        assert pair.coordinate.nearest == 1.0
        assert [interval.nearest for interval in pair.alignment_point] == [1.7e308, 1.0]
        assert all(math.isfinite(interval.upper) for interval in pair.alignment_point)
        assert pair.energy.nearest == ceiling(0.3)
    # t -> 0 on the other side
    pair = solve(Case([[0.0]], [[1e200]], alpha=0.7), EXACT).pair((0,), 0)
    assert pair.coordinate == Interval(0.0, 0.0, pair.coordinate.upper)
    assert pair.coordinate.upper <= 2.0**-1023
    assert not pair.jump_overflows


@pytest.mark.clause("GDA-conf-oracle")
@given(seeds)
def test_intervals_hold_the_nearest_floats(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-200, 200, size=(3, 1))
    query, keys = rng.normal(size=(1, 2)), rng.normal(size=(3, 2)) * scale
    alpha = rng.choice([0.5, 0.3, 1e-20, 1 - 1e-12])
    for contract in (EXACT, FLOAT64):
        answer = solve(Case(query, keys, alpha=alpha), contract)
        assert answer.row((0,)).exact in answer.row((0,)).admissible
        for i in range(3):
            pair = answer.pair((0,), i)
            for interval in (pair.energy, pair.coordinate, *pair.alignment_point):
                assert interval.lower <= interval.nearest <= interval.upper
            t = Fraction(pair.coordinate.nearest)
            for q, k, interval in zip(query[0], keys[i], pair.alignment_point, strict=True):
                reach = abs(Fraction(float(k)) - Fraction(float(q)))
                point = Fraction(float(q)) + t * (Fraction(float(k)) - Fraction(float(q)))
                error = abs(point - Fraction(interval.nearest))
                assert error <= reach * Fraction(1, 2**53) + Fraction(math.ulp(interval.nearest))


@pytest.mark.clause("GDA-conf-oracle", "GDA-thm-screening")
def test_screened_rows_agree_with_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(11)
    keys = rng.normal(size=(60, 3))
    keys[40] = keys[7]
    case = Case(keys, keys, mask=~np.eye(60, dtype=bool), threshold=0.2)
    for contract in (EXACT, FLOAT64):
        plain = solve(case, contract)
        with monkeypatch.context() as patch:
            patch.setattr(rational, "_SCREEN_FROM", 0)
            screened = solve(case, contract)
            for m in range(60):
                assert screened.row((m,)) == plain.row((m,))


@pytest.mark.clause("GDA-conf-verdict", "GDA-conf-oracle")
def test_undecided_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balls, "CAP", 512)
    keys, alpha = np.array([[1.0], [math.sqrt(0.75)]]) * 1e-160, np.array([0.25, 0.5])
    keys[1] = 1.0
    with pytest.raises(Undecided):
        compare((Exact(4, -3000), 0.25), (Exact(3, -3000), 0.5))
    # the same through a call: squares 1 and 3 of 2^-500, so 3/16 * 4 against 1/4 * 3
    tiny = 2.0**-500
    query = np.zeros((1, 4))
    keys = np.array([[2.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]]) * tiny
    answer = solve(Case(query, keys, alpha=alpha), EXACT)
    with pytest.raises(Undecided):
        answer.row((0,))
    monkeypatch.undo()
    assert answer.row((0,)).exact == 0


@pytest.mark.clause("GDA-conf-contract")
def test_float64_may_abstain_only_where_nothing_is_certain() -> None:
    # E* is 0.1875 in exact arithmetic at Lambda = 0.75, reached by data that round
    length = math.sqrt(0.75)
    case = {"query": np.zeros((1, 1)), "keys": np.array([[length], [9.0]])}
    energy = solve(Case(**case), EXACT).pair((0,), 0).energy
    inside = _row(FLOAT64, **case, threshold=energy.nearest)
    assert inside.admissible == {-1, 0}
    assert _row(FLOAT64, **case, threshold=energy.nearest * 1.001).admissible == {0}
    assert _row(FLOAT64, **case, threshold=energy.nearest * 0.999).admissible == {-1}
    # a certain key behind an uncertain one: either may be selected, abstention may not
    mixed = np.array([[energy.nearest, np.inf]])
    assert _row(FLOAT64, **case, threshold=mixed).admissible == {0, 1}
