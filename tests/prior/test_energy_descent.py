"""[10] Energy Transformer: the layer norm's Lagrangian, and the descent of the dynamics."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.prior.energy_descent import (
    Block,
    descent_rate,
    energy,
    force,
    relax,
    step,
)
from gd_attention.prior.layer_norm import hessian, lagrangian, layer_norm
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
FOURTHS = st.integers(-8, 8).map(lambda k: k / 4)
GAINS = st.sampled_from([0.0, 0.5, 1.0, 2.0])
# the smallest: deviations of 2**-4 still leave rounding errors far below the values
EPSILONS = st.sampled_from([2.0**-8, 1.0])


@st.composite
def tokens(draw, most=4):
    shape = draw(st.integers(1, most)), draw(st.integers(1, 4))
    return draw(hnp.arrays(np.float64, shape, elements=FOURTHS))


@st.composite
def systems(draw):
    x = draw(tokens(most=3))
    d = x.shape[-1]
    shapes = [(2, 2, d), (2, 2, d), (2, d), (d,)]
    parts = [draw(hnp.arrays(np.float64, shape, elements=FOURTHS)) / 2 for shape in shapes]
    activation = draw(st.sampled_from(["relu", "softmax"]))
    block = Block(*parts[:3], draw(GAINS), parts[3], 0.25, None, activation, draw(st.booleans()))
    return block, x


def norm_error(x, gain, eps):
    """Error of a layer norm g = gain c / s.

    c is off by (d + 2) EPS max|x| = e, and s, a norm of c divided by sqrt(d), by no more than e
    beside its own rounding; |c| / s is at most sqrt(d).
    """
    d = x.shape[-1]
    e = (d + 2) * EPS * np.abs(x).max(initial=0.0)
    return gain * (1 + np.sqrt(d)) * (e / np.sqrt(eps) + (d + 8) * EPS)


@pytest.mark.property_of("layer_norm.layer_norm", "P-gradient")
@given(x=tokens(), gain=GAINS, eps=EPSILONS)
def test_the_layer_norm_is_the_gradient_of_the_lagrangian(x, gain, eps):
    shift = np.arange(x.shape[-1]) / 4
    for row in x:

        def formula(v):
            centred = v - v.mean()
            return len(v) * gain * np.sqrt(np.mean(centred**2) + eps) + shift @ v

        steps = 1e-30j * np.eye(len(row))
        derivative = np.array([formula(row + step).imag / 1e-30 for step in steps])
        g = layer_norm(row, gain, shift, eps)
        assert np.abs(g - derivative).max() <= 2 * norm_error(row, gain, eps) + 8 * EPS
        value = lagrangian(row, gain, shift, eps)
        size = len(row) * (gain * np.sqrt(4 + eps) + 2)
        assert abs(value - formula(row)) <= 2 * (len(row) + 8) * EPS * size


@pytest.mark.property_of("layer_norm.layer_norm", "P-radius")
@given(x=tokens(), gain=GAINS, eps=EPSILONS)
def test_the_norm_is_bounded_and_the_mean_vanishes(x, gain, eps):
    g = layer_norm(x, gain, 0.0, eps)
    error, d = norm_error(x, gain, eps), x.shape[-1]
    assert (np.sqrt(np.sum(g * g, axis=-1)) <= (gain + error) * np.sqrt(d) * (1 + d * EPS)).all()
    assert np.abs(g.mean(axis=-1)).max() <= 2 * error


@pytest.mark.property_of("layer_norm.lagrangian", "P-per-token")
@given(x=tokens(), eps=EPSILONS)
def test_each_token_has_its_own_lagrangian(x, eps):
    # the same operations on each row: the same floats
    assert np.array_equal(lagrangian(x, 1.0, 0.5, eps), [lagrangian(r, 1.0, 0.5, eps) for r in x])


@pytest.mark.property_of("layer_norm.hessian", "P-semidefinite")
@given(x=tokens(), gain=GAINS, eps=EPSILONS)
def test_the_hessian_has_the_eigenvalues_of_the_formula(x, gain, eps):
    for row in x:
        d = len(row)
        s = np.sqrt(np.mean((row - row.mean()) ** 2) + eps)
        radial = gain * eps / s**3 if (row != row[0]).any() else gain / s
        across = [gain / s] * (d - 2)
        expected = np.sort([0.0, radial, *across]) if d > 1 else np.zeros(1)
        matrix = hessian(row, gain, eps)
        # the eigenvalues of a symmetric matrix move by no more than the error of the matrix, here
        # of relative size `norm_error` to gain/s, and by d roundings of the solver
        slack = gain / s * (16 * d * EPS + 4 * norm_error(row, 1.0, eps))
        assert np.abs(np.linalg.eigvalsh(matrix) - expected).max() <= slack
        assert np.abs(matrix - matrix.T).max() <= slack


def naive_energy(block, x):
    """The energy of the tokens x by the formulas as they stand, for complex x too."""
    centred = x - x.mean(axis=1, keepdims=True)
    deviation = np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + block.eps)
    g = block.gain * centred / deviation + block.shift
    beta, total = 1 / np.sqrt(block.query_weights.shape[1]), 0.0
    for w_query, w_key in zip(block.query_weights, block.key_weights, strict=True):
        terms = np.exp(beta * (g @ w_query.T) @ (g @ w_key.T).T)
        for c in range(len(g)):
            seen = [terms[c, b] for b in range(len(g)) if block.include_self or b != c]
            total = total - (np.log(sum(seen)) / beta if seen else 0.0)
    scores = g @ block.memories.T
    if block.activation == "relu":
        return total - 0.5 * np.sum(np.where(scores.real > 0, scores, 0) ** 2)
    return total - np.sum(np.log(np.sum(np.exp(scores), axis=1)))


def size_of(block, x):
    """Largest intermediate: weights at most 1, tokens at most gain sqrt(d) + 1, d coordinates."""
    d = x.shape[-1]
    return 2 + d * (block.gain * np.sqrt(d) + 1)


def energy_slack(block, x):
    """Rounding of energies and rates: about 200 operations on products of up to 4 intermediates,
    and the error of the layer norm carried through as many.
    """
    operations = 16 * len(x) ** 2 * x.shape[-1]
    error = EPS + norm_error(x, block.gain, block.eps)
    return operations * size_of(block, x) ** 4 * error


@pytest.mark.property_of("energy_descent.descent_rate", "P-rate")
@settings(max_examples=60)
@given(system=systems())
def test_the_rate_is_the_derivative_along_the_force(system):
    block, x = system
    along = naive_energy(block, x + 1e-30j * force(block, x)).imag / 1e-30
    # the rate is quadratic in the force, which the size bounds
    scale = energy_slack(block, x) * size_of(block, x) ** 2 / np.sqrt(block.eps)
    assert abs(descent_rate(block, x) - along) <= scale
    assert abs(energy(block, x) - naive_energy(block, x)) <= energy_slack(block, x)


@pytest.mark.property_of("energy_descent.descent_rate", "P-nonpositive")
@given(system=systems())
def test_the_energy_never_rises_along_the_flow(system):
    block, x = system
    # a quadratic form with a semidefinite matrix whose entries are off by `norm_error` at most
    pull = force(block, x)
    squared = np.sum(pull * pull) / np.sqrt(block.eps)
    d = x.shape[-1]
    slack = squared * d * (norm_error(x, block.gain, block.eps) + 8 * d * block.gain * EPS)
    assert descent_rate(block, x) <= slack


@pytest.mark.property_of("energy_descent.energy", "P-permutation")
@pytest.mark.property_of("energy_descent.force", "P-equivariance")
@given(system=systems(), data=st.data())
def test_permuting_tokens_leaves_the_energy_and_permutes_the_force(system, data):
    block, x = system
    order = data.draw(st.permutations(range(len(x))))
    assert abs(energy(block, x[order]) - energy(block, x)) <= energy_slack(block, x)
    moved = np.abs(force(block, x[order]) - force(block, x)[order])
    assert moved.max() <= energy_slack(block, x)


OVERSHOOT = Block(np.zeros((1, 1, 3)), np.zeros((1, 1, 3)), np.array([[1.0, -1.0, 0.0]]))


@pytest.mark.property_of("energy_descent.step", "P-overshoot")
def test_a_long_step_can_raise_the_energy():
    rng = np.random.default_rng(3)
    w = rng.normal(size=(2, 1, 2, 3))
    block = Block(w[0], w[1], rng.normal(size=(2, 3)))
    starts = rng.normal(size=(50, 4, 3))
    rises = energy(block, np.stack([step(block, x, 10.0) for x in starts])) - energy(block, starts)
    # far above the rounding of an energy, which is below 1e-11 for these sizes
    assert rises.max() > 1e-3
    # a relaxation halves such a step until it descends
    path = relax(block, starts[rises.argmax()], steps=1, rate=10.0)
    assert path.rates[0] < 10.0 and path.energies[1] < path.energies[0]


@pytest.mark.property_of("energy_descent.relax", "P-descent")
@settings(max_examples=30)
@given(system=systems())
def test_a_relaxation_never_raises_the_energy(system):
    block, x = system
    path = relax(block, x, steps=5, rate=16.0)
    assert (np.diff(path.energies) <= 0).all()
    assert path.energies[-1] == energy(block, path.tokens)
    assert len(path.rates) == len(path.energies) - 1 and (path.rates <= 16.0).all()


def test_a_relaxation_reaches_a_lower_energy():
    x = np.array([[0.5, 0.25, 0.0], [0.0, 1.0, 0.5]])
    path = relax(OVERSHOOT, x, steps=200)
    # g.xi is at most sqrt(3) |xi| = sqrt(6), so that a token has energy -3 at the least; the second
    # one has g.xi < 0 and no force
    assert path.energies[0] > -2.9 and -3.0 <= path.energies[-1] < -2.999
    assert np.array_equal(path.tokens[1], x[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layer_norm([[]]), "x: expected a last axis"),
        (lambda: layer_norm([1.0, 2.0], -1.0), "gain"),
        (lambda: layer_norm([1.0, 2.0], 1.0, [1.0, 2.0, 3.0]), "shift: expected shape"),
        (lambda: lagrangian([1.0], 1.0, 0.0, 0.0), "eps"),
        (lambda: step(OVERSHOOT, np.zeros((1, 3)), 0.0), "rate"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
