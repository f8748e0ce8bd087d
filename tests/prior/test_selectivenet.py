"""[12] SelectiveNet: the selective risk, its gradient, the penalty and the calibrated gate."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.prior.selectivenet import (
    calibrated_threshold,
    coverage_penalty,
    loss,
    risk,
    risk_gradient,
    select,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
GATES = st.integers(0, 64).map(lambda k: k / 64)
LOSSES = st.integers(0, 256).map(lambda k: k / 64)


@st.composite
def batches(draw):
    m = draw(st.integers(1, 10))
    gate = draw(hnp.arrays(np.float64, m, elements=GATES))
    assume(gate.any())
    return draw(hnp.arrays(np.float64, m, elements=LOSSES)), gate


def rounding(losses):
    """M quotients, products and additions above and below, on losses up to the largest."""
    return (4 * len(losses) + 8) * EPS * (losses.max() + EPS)


@pytest.mark.property_of("selectivenet.risk", "P-scale")
@given(batch=batches(), t=st.floats(2.0**-1000, 1))
def test_the_risk_is_invariant_to_the_scale_of_the_gate(batch, t):
    losses, gate = batch
    # a tiny gate loses digits where it leaves the normal range
    assume((gate[gate > 0] * t > 2.0**-1000).all())
    assert abs(risk(losses, gate * t) - risk(losses, gate)) <= 2 * rounding(losses)


@pytest.mark.property_of("selectivenet.risk", "P-open")
@pytest.mark.property_of("selectivenet.risk", "P-hard")
@given(batch=batches())
def test_a_hard_gate_gives_the_mean_of_the_accepted(batch):
    losses, gate = batch
    hard = (gate > 0).astype(float)
    # sums of 64ths are exact and a quotient is rounded once
    assert risk(losses, hard) == sum(losses[gate > 0].tolist()) / int(hard.sum())
    assert risk(losses, np.ones(len(losses))) == sum(losses.tolist()) / len(losses)


@pytest.mark.property_of("selectivenet.risk", "P-between")
@given(batch=batches())
def test_the_risk_lies_between_the_accepted_losses(batch):
    losses, gate = batch
    inside = losses[gate > 0]
    slack = rounding(losses)
    assert inside.min() - slack <= risk(losses, gate) <= inside.max() + slack


def test_the_risk_is_divided_by_the_coverage():
    losses, gate = np.array([1.0, 3.0]), np.array([0.25, 0.25])
    assert risk(losses, gate) == 2.0
    # closing the gate does not lower it, as it would without the division
    assert risk(losses, gate / 2**20) == 2.0


@pytest.mark.property_of("selectivenet.risk_gradient", "P-derivative")
@given(batch=batches())
def test_the_gradient_is_the_derivative_of_the_risk(batch):
    losses, gate = batch
    derivative = []
    for i in range(len(gate)):
        moved = gate.astype(complex)
        moved[i] += 1e-30j
        derivative.append((np.sum(losses * moved) / np.sum(moved)).imag / 1e-30)
    gradient = risk_gradient(losses, gate)
    assert np.abs(gradient - derivative).max() <= 4 * rounding(losses) / gate.sum()
    value = risk(losses, gate)
    clear = np.abs(losses - value) > rounding(losses)
    assert np.array_equal((gradient < 0)[clear], (losses < value)[clear])


@pytest.mark.property_of("selectivenet.coverage_penalty", "P-one-sided")
@given(batch=batches(), target=GATES.filter(bool))
def test_the_penalty_vanishes_iff_the_target_is_reached(batch, target):
    _, gate = batch
    # the mean of 64ths is rounded once; the target is a 64th
    short = sum((64 * gate).astype(int).tolist()) < int(64 * target) * len(gate)
    penalty = coverage_penalty(gate, target)
    assert penalty > 0 if short else penalty == 0
    assert coverage_penalty(gate, target, 0.0) == 0


def test_the_known_penalty():
    assert coverage_penalty([0.5, 0.25], 0.5) == 32 * 0.125**2


@pytest.mark.property_of("selectivenet.loss", "P-plain")
@given(batch=batches(), mix=GATES)
def test_with_an_open_gate_the_loss_mixes_the_two_means(batch, mix):
    losses, auxiliary = batch
    expected = mix * losses.mean() + (1 - mix) * auxiliary.mean()
    value = loss(losses, auxiliary, np.ones(len(losses)), 0.75, mix=mix)
    assert abs(value - expected) <= 8 * EPS * (losses.max() + 1)


def test_the_loss_is_the_sum_of_its_parts():
    losses, auxiliary, gate = [1.0, 3.0], [2.0, 6.0], [0.5, 0.25]
    expected = 0.5 * (1.25 / 0.75 + 32 * 0.375**2) + 0.5 * 4.0
    # a handful of operations on numbers below 8
    assert abs(loss(losses, auxiliary, gate, 0.75) - expected) <= 16 * EPS * 8


@pytest.mark.property_of("selectivenet.select", "P-separate")
@given(batch=batches(), other=st.integers(0, 9), threshold=GATES)
def test_the_rejections_depend_on_the_gate_alone(batch, other, threshold):
    _, gate = batch
    labels = np.arange(len(gate))
    first = select(labels, gate, threshold)
    second = select(np.full(len(gate), other), gate, threshold)
    assert np.array_equal(first == -1, second == -1)
    # equality accepts
    assert np.array_equal(first >= 0, gate >= threshold)
    assert np.array_equal(first[first >= 0], labels[first >= 0])


@pytest.mark.property_of("selectivenet.calibrated_threshold", "P-reaches")
@given(batch=batches(), target=st.floats(0, 1, exclude_min=True))
def test_the_calibrated_threshold_is_the_largest_that_reaches_the_coverage(batch, target):
    _, gate = batch
    threshold = calibrated_threshold(gate, target)
    assert threshold in gate
    counts = [int(np.sum(gate >= t)) for t in (threshold, np.nextafter(threshold, 2))]
    # counts are whole and at most 10, and a target in (0, 1] times 10 keeps its comparison with
    # them in integers of its own ratio
    above, below = target.as_integer_ratio()
    assert counts[0] * below >= above * len(gate) > counts[1] * below


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: risk([1.0], [0.0]), "gate: .*coverage 0"),
        (lambda: risk([1.0], [1.5]), r"gate: expected values in \[0, 1\]"),
        (lambda: risk([], []), "gate: expected at least one sample"),
        (lambda: risk([1.0, 2.0], [1.0]), "losses: expected shape"),
        (lambda: risk_gradient([0.0, 4.0], [5e-324, 0.0]), "gate: .*overflow"),
        (lambda: coverage_penalty([1.0], 0.0), "target: expected"),
        (lambda: loss([1.0], [1.0, 2.0], [1.0], 0.5), "auxiliary: expected shape"),
        (lambda: loss([1.0], [1.0], [1.0], 0.5, mix=2.0), "mix: expected"),
        (lambda: select([1, 2], [0.5]), "gate: expected shape"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
