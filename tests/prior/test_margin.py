"""The margin problem of the attention SVM [8], certified by duality in rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from gd_attention.prior.margin import kkt, max_margin
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

U = 2.0**-53
seeds = st.integers(0, 10**6)


def problem(seed: int, inputs: int = 3, tokens: int = 4, space: int = 10) -> tuple[Any, Any]:
    """More dimensions than constraints: separable with probability one."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(inputs, tokens, space)), rng.integers(0, tokens, inputs)


def differences(keys: Any, chosen: Any) -> Any:
    return np.array(
        [keys[i, c] - key for i, c in enumerate(chosen) for t, key in enumerate(keys[i]) if t != c]
    )


def rounding(keys: Any, chosen: Any) -> float:
    """Relative error of p and of the multipliers: two least squares problems, backward stable.

    Each is off by its dimensions (at most n T D, far less in practice) times u times the condition
    of the active rows, which is at most that of all rows.
    """
    rows = differences(keys, chosen)
    return rows.size * U * float(np.linalg.cond(rows))


@pytest.mark.property_of("margin.max_margin", "P-kkt")
@pytest.mark.property_of("margin.max_margin", "P-tight")
@given(seeds)
def test_the_conditions_of_optimality_hold(seed: int) -> None:
    keys, chosen = problem(seed)
    found = max_margin(keys, chosen)
    residuals = kkt(keys, chosen, found.direction, found.multipliers)
    bound = rounding(keys, chosen)
    length = float(np.linalg.norm(found.direction))
    # a constraint is a product with rows of norm at most 2 max ||k||
    size = length * 2 * np.linalg.norm(keys, axis=2).max()
    assert residuals.primal <= bound * size
    assert residuals.dual == 0
    assert residuals.stationarity <= bound * length
    # the multipliers sum to ||p||^2
    assert residuals.complementarity <= bound * size * length**2 * 2
    assert abs(found.constraints.min() - 1) <= bound * size
    assert found.margin == pytest.approx(1 / length, rel=4 * U, abs=0.0)
    at_chosen = np.arange(4) == chosen[:, None]
    assert not found.multipliers[at_chosen].any()
    assert np.isinf(found.constraints[at_chosen]).all()


@pytest.mark.property_of("margin.kkt", "P-sufficient")
@pytest.mark.property_of("margin.max_margin", "P-margin")
@pytest.mark.parametrize("seed", range(8))
def test_the_length_is_enclosed_by_weak_duality_in_rationals(seed: int) -> None:
    keys, chosen = problem(seed)
    found = max_margin(keys, chosen)
    p = [Fraction(x) for x in found.direction]
    # the differences of the given floats, exactly
    rows = [
        [Fraction(a) - Fraction(b) for a, b in zip(keys[i, c], keys[i, t], strict=True)]
        for i, c in enumerate(chosen)
        for t in range(4)
        if t != c
    ]
    weights = [
        Fraction(found.multipliers[i, t]) for i, c in enumerate(chosen) for t in range(4) if t != c
    ]
    least = min(sum(a * b for a, b in zip(row, p, strict=True)) for row in rows)
    assert least > 0
    # p / least is feasible: an upper bound of ||p||^2 / 2; any weights >= 0 give a lower one
    upper = sum(x * x for x in p) / least**2 / 2
    combined = [sum(w * row[k] for w, row in zip(weights, rows, strict=True)) for k in range(10)]
    lower = sum(weights) - sum(x * x for x in combined) / 2
    assert 0 <= upper - lower <= 8 * rounding(keys, chosen) * upper


@pytest.mark.property_of("margin.max_margin", "P-margin")
@given(seeds)
def test_no_unit_vector_has_a_larger_margin(seed: int) -> None:
    keys, chosen = problem(seed, space=3, inputs=1)
    rows = differences(keys, chosen)
    try:
        found = max_margin(keys, chosen)
    except ValueError:
        margin = 0.0
    else:
        margin = found.margin
    directions = np.random.default_rng(seed).normal(size=(4000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    # separable or not: where it was refused no direction separates
    assert (directions @ rows.T).min(axis=1).max() <= margin + rounding(keys, chosen)


def test_another_solver_finds_the_same() -> None:
    keys, chosen = problem(3)
    rows, found = differences(keys, chosen), max_margin(keys, chosen)
    other = minimize(
        lambda p: p @ p / 2,
        np.zeros(10),
        jac=lambda p: p,
        method="SLSQP",
        constraints=[{"type": "ineq", "fun": lambda p: rows @ p - 1, "jac": lambda p: rows}],
        options={"ftol": 1e-15, "maxiter": 500},
    ).x
    # the objective is 1-strongly convex: within 1e-15 of the least, p is within sqrt(2e-15); an
    # infeasibility of 1e-8 is what SLSQP itself calls feasible
    assert np.linalg.norm(other - found.direction) <= 1e-7 + 1e-8 * np.linalg.norm(found.direction)


@pytest.mark.property_of("margin.max_margin", "P-shift")
@given(seeds)
def test_a_shift_of_one_input_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys = rng.integers(-64, 65, size=(2, 3, 6)) / 16
    chosen = rng.integers(0, 3, 2)
    # sixteenths: the shift is exact, and so are all differences
    shifted = keys + np.array([[[3.0] * 6], [[-7.5] * 6]])
    try:
        found = max_margin(keys, chosen)
    except ValueError:
        with pytest.raises(ValueError, match="chosen: expected tokens"):
            max_margin(shifted, chosen)
    else:
        np.testing.assert_array_equal(max_margin(shifted, chosen).direction, found.direction)


@pytest.mark.property_of("margin.max_margin", "P-scale")
@pytest.mark.parametrize("scale", [2.0**-400, 0.25, 2.0**400])
def test_keys_scaled_give_the_inverse(scale: float) -> None:
    keys, chosen = problem(5)
    found, scaled = max_margin(keys, chosen), max_margin(keys * scale, chosen)
    # powers of two are exact
    np.testing.assert_array_equal(scaled.direction, found.direction / scale)
    np.testing.assert_array_equal(scaled.constraints, found.constraints)


@pytest.mark.property_of("margin.max_margin", "P-infeasible")
@pytest.mark.parametrize(
    "keys",
    [
        [[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0]],
        [[0.25, 0.25], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]],
        [[1.0, 2.0], [1.0, 2.0]],
        [[0.0, 0.0], [0.0, 0.0], [1.0, 3.0]],
    ],
    ids=["between", "inside", "equal", "one equal"],
)
def test_a_token_in_the_hull_of_the_others_is_refused(keys: Any) -> None:
    with pytest.raises(ValueError, match="chosen: expected tokens that some direction separates"):
        max_margin([keys], [0])


def test_known_answers() -> None:
    # one constraint: p = d / ||d||^2
    found = max_margin([[[3.0, 4.0], [0.0, 0.0]]], [0])
    # a division, a square sum and a least squares solution of one row
    np.testing.assert_allclose(found.direction, [0.12, 0.16], rtol=16 * U, atol=0)
    assert found.margin == pytest.approx(5, rel=16 * U, abs=0.0)
    # a second token behind the first is slack
    slack = max_margin([[[3.0, 4.0], [0.0, 0.0], [-3.0, -4.0]]], [0])
    np.testing.assert_allclose(slack.direction, found.direction, rtol=16 * U, atol=0)
    assert slack.multipliers[0, 2] == 0
    assert slack.constraints[0, 2] == pytest.approx(2, rel=16 * U, abs=0.0)


def test_masked_tokens_do_not_constrain() -> None:
    keys = [[[1.0, 0.0], [0.0, 0.0], [5.0, 0.0]], [[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]]
    mask = [[True, True, False], [True, True, True]]
    found = max_margin(keys, [0, 0], mask)
    np.testing.assert_allclose(found.direction, [1, 1], rtol=16 * U, atol=0)
    alone = max_margin(keys, [0, 0], [[True, False, False]] * 2)
    assert alone.margin == np.inf
    assert not alone.direction.any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: max_margin([[1.0]], [0]), ValueError, "keys: expected 3 axes"),
        (lambda: max_margin([[[1.0]]], [0.0]), TypeError, "chosen: expected integers"),
        (lambda: max_margin([[[1.0]]], [0, 0]), ValueError, "chosen: expected shape"),
        (lambda: max_margin([[[1.0]]], [1]), ValueError, "chosen: expected an unmasked token"),
        (lambda: max_margin([[[1.0]]], [0], [[False]]), ValueError, "chosen: expected an unmasked"),
        (lambda: kkt([[[1.0]]], [0], [1.0, 2.0], [[0.0]]), ValueError, "direction: expected shape"),
        (lambda: kkt([[[1.0]]], [0], [1.0], [[0.0, 1.0]]), ValueError, "multipliers: expected"),
    ],
)
def test_errors_name_the_argument(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
