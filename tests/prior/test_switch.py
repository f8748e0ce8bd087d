"""[15] Switch routing: capacity, order, and what the auxiliary loss does and does not say."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from gd_attention.prior.gibbs import gibbs_weights
from gd_attention.prior.switch import (
    auxiliary_gradient,
    auxiliary_loss,
    capacity,
    combine,
    route,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
SHAPES = st.tuples(st.integers(1, 8), st.integers(1, 4))
# few values, so that ties are common
LOGITS = hnp.arrays(np.float64, SHAPES, elements=st.integers(-3, 3).map(lambda k: k / 2))
FACTORS = st.sampled_from([0.5, 1.0, 1.25, 2.0, 4.0])


@pytest.mark.property_of("switch.capacity", "P-floor")
@given(tokens=st.integers(0, 200), experts=st.integers(1, 9), factor=st.floats(0.01, 8))
def test_the_capacity_is_an_exact_floor(tokens, experts, factor):
    room = capacity(tokens, experts, factor)
    assert room * experts <= tokens * Fraction(factor) < (room + 1) * experts


def test_a_rounded_capacity_would_be_one_off():
    # 10 / 3 rounds up and its product with 0.3 rounds to 1; the float 0.3 is below 3/10
    assert math.floor(10 / 3 * 0.3) == 1 and capacity(10, 3, 0.3) == 0


@pytest.mark.property_of("switch.route", "P-one")
@pytest.mark.property_of("switch.route", "P-capacity")
@pytest.mark.property_of("switch.route", "P-first")
@pytest.mark.property_of("switch.route", "P-room")
@given(z=LOGITS, factor=FACTORS)
def test_each_expert_takes_its_first_tokens(z, factor):
    routing = route(z, factor)
    taken = [0] * z.shape[1]
    for t, row in enumerate(z.tolist()):
        expert = row.index(max(row))
        assert routing.expert[t] == expert
        assert routing.kept[t] == (taken[expert] < routing.capacity)
        taken[expert] += bool(routing.kept[t])
        largest = routing.probability[t].max()
        assert routing.gate[t] == (largest if routing.kept[t] else 0.0)
    assert max(taken) <= routing.capacity
    assert route(z, z.shape[1]).kept.all()


@pytest.mark.property_of("switch.route", "P-shift")
@given(z=LOGITS, shift=st.integers(-64, 64), factor=FACTORS)
def test_a_common_shift_changes_nothing(z, shift, factor):
    plain, moved = route(z, factor), route(z + shift / 64, factor)
    assert np.array_equal(plain.gate, moved.gate)
    assert np.array_equal(plain.expert, moved.expert)


@pytest.mark.property_of("switch.combine", "P-dropped")
@given(z=LOGITS, factor=FACTORS)
def test_a_dropped_token_gets_zero(z, factor):
    routing = route(z, factor)
    outputs = np.arange(1.0, 2 * z.size + 1).reshape(*z.shape, 2)
    y = combine(routing, outputs)
    for t in range(len(z)):
        if routing.kept[t]:
            assert np.array_equal(y[t], routing.gate[t] * outputs[t, routing.expert[t]])
        else:
            assert not y[t].any()


def test_batch_rows_have_rooms_of_their_own_and_masks_leave_none():
    z = np.zeros((2, 3, 2))
    routing = route(z, 1.0, [[True, False], [True, True], [False, False]])
    assert routing.capacity == 1
    assert routing.expert.tolist() == [[0, 0, -1]] * 2
    assert routing.kept.tolist() == [[True, False, False]] * 2
    assert routing.probability[:, 2].any() == False  # noqa: E712
    assert not combine(routing, np.ones((2, 3, 2, 1)))[:, 1:].any()


def test_logits_that_differ_by_a_rounding_are_told_apart():
    # as probabilities both are 1/2
    assert route([[1e-17, np.nextafter(1e-17, 1.0)]]).expert[0] == 1


@pytest.mark.property_of("switch.auxiliary_loss", "P-uniform")
@given(z=LOGITS, weight=st.integers(0, 64).map(lambda k: k / 64))
def test_a_uniform_share_or_probability_gives_alpha(z, weight):
    t, n = z.shape
    expert = np.argmax(z, axis=1)
    slack = 4 * (t + n) * EPS
    uniform = auxiliary_loss(np.full(z.shape, 1 / n), expert, weight)
    assert abs(uniform - weight) <= slack
    spread = auxiliary_loss(np.tile(gibbs_weights(z), (n, 1)), np.repeat(np.arange(n), t), weight)
    assert abs(spread - weight) <= slack * n


@pytest.mark.property_of("switch.auxiliary_loss", "P-bounds")
@given(z=LOGITS)
def test_the_loss_lies_between_the_squared_shares_and_n(z):
    t, n = z.shape
    routing = route(z)
    value = auxiliary_loss(routing.probability, routing.expert, 1.0)
    shares = np.bincount(routing.expert, minlength=n) / t
    slack = 4 * (t + n) * n * EPS
    assert np.sum(shares**2) - slack <= value <= n + slack


@pytest.mark.property_of("switch.auxiliary_loss", "P-comonotone")
@given(z=LOGITS)
def test_shares_and_probabilities_in_one_order_give_1_at_least(z):
    t, n = z.shape
    routing = route(z)
    shares = np.bincount(routing.expert, minlength=n) / t
    means = routing.probability.mean(axis=0)
    assume((np.subtract.outer(shares, shares) * np.subtract.outer(means, means) >= 0).all())
    value = auxiliary_loss(routing.probability, routing.expert, 1.0)
    assert value >= 1 - 4 * (t + n) * n * EPS


@pytest.mark.property_of("switch.auxiliary_loss", "P-not-minimal")
def test_the_loss_is_not_smallest_at_uniform_routing():
    p = [[0.34, 0.33, 0.33], [0.34, 0.33, 0.33], [0.0, 0.5001, 0.4999], [0.0, 0.4999, 0.5001]]
    expert = np.argmax(p, axis=1)
    # 3 (1/2 17/100 + 1/4 83/200 + 1/4 83/200) in rationals
    assert abs(auxiliary_loss(p, expert, 1.0) - 0.8775) <= 32 * EPS


@pytest.mark.property_of("switch.auxiliary_loss", "P-permutation")
@given(z=LOGITS, data=st.data())
def test_renaming_the_experts_changes_nothing(z, data):
    order = np.array(data.draw(st.permutations(range(z.shape[1]))))
    routing = route(z)
    renamed = np.argsort(order)[routing.expert]
    value = auxiliary_loss(routing.probability, routing.expert, 1.0)
    moved = auxiliary_loss(routing.probability[:, order], renamed, 1.0)
    assert abs(value - moved) <= 4 * (sum(z.shape)) * z.shape[1] * EPS


@pytest.mark.property_of("switch.auxiliary_gradient", "P-linear")
@given(z=LOGITS)
def test_the_loss_is_linear_in_the_probabilities(z):
    routing = route(z)
    gradient = auxiliary_gradient(routing.probability, routing.expert)
    value = auxiliary_loss(routing.probability, routing.expert)
    assert abs(np.sum(gradient * routing.probability) - value) <= 4 * z.size * EPS
    assert (gradient == gradient[0]).all()


def test_the_routing_is_that_of_a_public_package():
    torch = pytest.importorskip("torch", reason="the peer needs torch")
    pytest.importorskip("transformers", reason="the peer")
    from transformers.models.switch_transformers import configuration_switch_transformers as config
    from transformers.models.switch_transformers import modeling_switch_transformers as model

    rng = np.random.default_rng(4)
    z = rng.normal(size=(2, 12, 3)).astype(np.float32)
    settings = config.SwitchTransformersConfig(hidden_size=3, num_experts=3, expert_capacity=4)
    router = model.SwitchTransformersTop1Router(settings).eval()
    router.classifier.weight.data = torch.eye(3)
    with torch.no_grad():
        dispatch, gate, logits = router(torch.from_numpy(z))
        probability = torch.softmax(logits, dim=-1)
        peer = model.load_balancing_loss_func(probability, torch.argmax(probability, dim=-1))
    ours = route(z, 1.0)
    assert ours.capacity == 4
    chosen = (ours.expert[..., None] == np.arange(3)) & ours.kept[..., None]
    assert np.array_equal(dispatch.numpy().astype(bool), chosen)
    # float32: a softmax of three numbers, relative error below 16 roundings of 2**-24
    ungated = np.max(ours.probability, axis=-1)
    assert np.abs(gate.numpy()[..., 0] - ungated).max() <= 16 * 2.0**-24
    # the peer's is the mean over the batch rows, without alpha
    values = [auxiliary_loss(*row, 1.0) for row in zip(ours.probability, ours.expert, strict=True)]
    assert abs(float(peer) - np.mean(values)) <= 64 * 2.0**-24


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: route([1.0]), "logits: expected"),
        (lambda: route([[1.0]], 0.0), "factor"),
        (lambda: capacity(1, 0, 1.0), "experts: expected at least 1"),
        (lambda: combine(route([[1.0]]), [[1.0]]), "outputs: expected"),
        (lambda: auxiliary_loss([[1.0]], [1]), "expert: expected indices"),
        (lambda: auxiliary_loss([[1.0]], [0, 0]), "expert: expected shape"),
        (lambda: auxiliary_gradient(np.zeros((0, 2)), np.zeros(0, int)), "probability: expected"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
