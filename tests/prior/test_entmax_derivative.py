"""The derivative of alpha-entmax by its order [4], against balls of 1500 bits."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb, ctx
from gd_attention.prior.entmax import entmax, entmax_order_derivative
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
NEAR = [1.0 + 10.0**-k for k in range(1, 17)]
FAR = [2.0, float(np.nextafter(2.0, 3.0)), 2.5, 3.0, 5.0, 20.0, 50.0, 200.0, 1000.0]
ORDERS = [1.0, 1.125, 1.25, 1.5, 1.75, *NEAR, *FAR]
WEIGHTS = [
    [1.0],
    [0.5, 0.5],
    [0.75, 0.25, 0.0],
    [1.0, 5e-324, 1e-300],
    [0.5, 0.5, 1e-200, 1e-16],
    [1.0 - 2.0**-53, 2.0**-53],
    [0.9, 0.1 - 1e-9, 1e-9, 0.0],
    [0.0, 0.0],
]


def check(weights: np.ndarray, order: float) -> None:
    """From the stationarity equation ``p^k = k z - tau``, whose derivative by the order gives
    ``p' = (p / k) (1 / k - log p - c p^(-k))`` with c such that the p' add to zero; at order 1
    from its limit. The bound is the one stated: sizes of the two terms that are subtracted.
    """
    got = entmax_order_derivative(weights, order)
    assert np.isfinite(got).all()
    assert not got[weights == 0].any()
    before, ctx.prec = ctx.prec, 1500
    try:
        inside = np.flatnonzero(weights)
        p = [arb(float(weights[i])) for i in inside]
        log = [x.log() for x in p]
        k = arb(order) - 1
        power = [x * (-k * y).exp() for x, y in zip(p, log, strict=True)]
        whole = sum(power, arb(0))
        if order == 1.0:
            second = [x * y * y / 2 for x, y in zip(p, log, strict=True)]
            first = None
        else:
            first = [x * (1 - k * y) / k**2 for x, y in zip(p, log, strict=True)]
            second = [w / k**2 - t for w, t in zip(power, first, strict=True)]
        curved = sum(second, arb(0))
        plain = None if first is None else sum(first, arb(0))
        use_second = plain is None or (order <= 2 and not curved > plain)
        reach = (
            0.0
            if order <= 2
            else 16 * (order - 2) * float(np.abs(np.log(weights[inside])).max(initial=0.0))
        )
        factor = arb((40 + len(weights) + reach) * EPS)
        tiny = arb(2) ** -1070 * (1 if order == 1.0 else 1 + 1 / k**2)
        for n, i in enumerate(inside):
            share = power[n] / whole
            if first is None or plain is None:
                exact = share * curved - second[n]
            else:
                exact = first[n] - share * plain
            if use_second:
                size = share * curved + second[n]
            else:
                assert first is not None and plain is not None
                size = first[n] + share * plain
            assert abs(arb(float(got[i])) - exact) <= factor * size + tiny, (weights, order, i)
    finally:
        ctx.prec = before


@pytest.mark.property_of("entmax.entmax_order_derivative", "P-derivative")
@pytest.mark.parametrize("order", ORDERS)
def test_it_is_the_derivative_at_given_weights(order):
    for weights in WEIGHTS:
        check(np.array(weights), order)


@pytest.mark.parametrize("order", [3.0, 5.0, 20.0, 50.0, 200.0, 1000.0])
def test_orders_whose_powers_overflow(order):
    lead = 1.0 / (order - 1.0)
    for inside in (2.0**-40, 2.0**-6, 0.5):
        check(entmax([0.0, -lead * (1.0 - inside)], order), order)
    check(entmax([0.0, -0.02040816326530612], order), order)


@pytest.mark.parametrize("order", [1e16, 1e200, 1.7e308])
def test_the_largest_orders_leave_no_nan(order):
    for weights in WEIGHTS:
        assert np.isfinite(entmax_order_derivative(weights, order)).all()


@given(
    z=hnp.arrays(np.float64, 4, elements=st.integers(-128, 128).map(lambda k: k / 64)),
    order=st.sampled_from(ORDERS),
)
def test_it_is_the_derivative_at_drawn_weights(z, order):
    check(entmax(z, order), order)


@pytest.mark.property_of("entmax.entmax_order_derivative", "P-sum")
@given(
    z=hnp.arrays(np.float64, 4, elements=st.integers(-128, 128).map(lambda k: k / 64)),
    order=st.sampled_from(ORDERS),
)
def test_a_row_sums_to_zero(z, order):
    p = entmax(z, order)
    k = order - 1.0
    inside = p > 0
    log = np.log(p[inside])
    # sum p e^(-k log p) is at most N^k; the smaller of the two sums of sizes that are stated, with
    # p q <= (p/2) log^2 p e^(-k log p), each entry off by (44 + reach) eps of them
    reach = 16 * max(order - 2.0, 0.0) * np.abs(log).max()
    sizes = 2 * np.sum(p[inside] * log**2 * np.exp(-min(k, 1.0) * log)) if order <= 2 else np.inf
    if k > 0:
        sizes = min(sizes, 2 * np.sum(p[inside] * (1.0 - k * log)) / k**2)
    assert abs(entmax_order_derivative(p, order).sum()) <= (48 + reach) * EPS * sizes


def test_rows_are_taken_apart_and_empty_ones_stay():
    rows = np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.9, 0.1, 0.0]])
    for order in (1.0, 1.5, 2.0, 3.0):
        together = entmax_order_derivative(rows, order)
        alone = [entmax_order_derivative(row, order) for row in rows]
        assert np.array_equal(together, alone)
        assert not together[1:3].any()
        assert entmax_order_derivative(np.zeros((2, 0)), order).shape == (2, 0)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([2.0], r"weights: expected numbers in \[0, 1\]"),
        (0.5, "weights: expected an axis of candidates, got a scalar"),
    ],
)
def test_bad_weights_are_named(weights, message):
    with pytest.raises(ValueError, match=message):
        entmax_order_derivative(weights, 1.5)
