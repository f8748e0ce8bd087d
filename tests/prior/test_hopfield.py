"""[9] Modern Hopfield: the energy's inequalities, the limits, and the bound of one retrieval.

Patterns and states are 64ths and beta is a power of two, so that inner products and exponents are
exact; what rounds is the softmax and what follows it.
"""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.prior.hopfield import energy, gradient, limit_weights, update, weights
from gd_attention.prior.hopfield_retrieval import lipschitz, retrieval_bound, retrieve, separation
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
SIXTY_FOURTHS = st.integers(-128, 128).map(lambda k: k / 64)
BETAS = st.sampled_from([0.125, 0.5, 1.0, 2.0, 8.0])


@st.composite
def memories(draw, states=1):
    n, d = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    patterns = draw(hnp.arrays(np.float64, (n, d), elements=SIXTY_FOURTHS))
    state = draw(hnp.arrays(np.float64, (states, d), elements=SIXTY_FOURTHS))
    return patterns, state if states > 1 else state[0]


@st.composite
def sign_patterns(draw):
    """Patterns of equal norm: entries +1 and -1."""
    n, d = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    patterns = draw(hnp.arrays(np.int64, (n, d), elements=st.sampled_from([-1, 1])))
    return patterns.astype(float), draw(hnp.arrays(np.float64, d, elements=SIXTY_FOURTHS))


def norm(x):
    return float(np.sqrt(np.sum(np.square(x), axis=-1).max(initial=0.0)))


def update_error(patterns):
    """Of each coordinate: n weights of relative error (n + 4) EPS, n products and n additions."""
    return (3 * len(patterns) + 6) * EPS * norm(patterns)


def energy_error(patterns, state, beta):
    """Error of an energy, and of its change when the state moves by the error of an update.

    Four terms, each a sum of at most n + d + 8 roundings of parts no larger than `size`; the
    gradient is at most |xi| + M, and a state is off by sqrt(d) times `update_error`.
    """
    n, d = patterns.shape
    m, length = norm(patterns), norm(state)
    size = m * length + length**2 + m**2 + 2 * np.log(n) / beta
    return (n + d + 8) * EPS * 4 * size + (length + m) * np.sqrt(d) * update_error(patterns) * 2


@pytest.mark.property_of("hopfield.weights", "P-singleton")
@given(memory=memories())
def test_one_pattern_is_always_retrieved(memory):
    patterns, state = memory
    assert np.array_equal(weights(patterns[:1], state, 2.0), [1.0])
    assert np.array_equal(update(patterns[:1], 1e3 * state, 2.0), patterns[0])


@pytest.mark.property_of("hopfield.weights", "P-not-by-distance")
def test_a_long_pattern_wins_against_a_nearer_one():
    patterns, state = np.array([[1.0, 0.0], [3.0, 0.0]]), np.array([1.0, 0.0])
    assert weights(patterns, state, 4.0).argmax() == 1
    assert np.array_equal(limit_weights(patterns, state), [0.0, 1.0])


@pytest.mark.property_of("hopfield.weights", "P-duplicates")
@given(memory=memories(), beta=BETAS)
def test_copies_share_and_weigh_more_together(memory, beta):
    patterns, state = memory
    alone = weights(patterns, state, beta)
    doubled = weights(np.concatenate([patterns[:1], patterns]), state, beta)
    assert doubled[0] == doubled[1]
    # 2e/(2e + r) against e/(e + r); relative error (n + 5) EPS on either side
    assert 2 * doubled[0] >= alone[0] * (1 - (2 * len(patterns) + 12) * EPS)


@pytest.mark.property_of("hopfield.limit_weights", "P-limit")
@given(memory=memories(), beta=BETAS)
def test_the_limit_is_approached_exponentially(memory, beta):
    patterns, state = memory
    scores = patterns @ state
    below = scores.max() - scores[scores < scores.max()]
    gap = below.min() if below.size else np.inf
    n = len(patterns)
    distance = np.abs(weights(patterns, state, beta) - limit_weights(patterns, state))
    assert (distance <= n * np.exp(-beta * gap) + (n + 6) * EPS).all()


@pytest.mark.property_of("hopfield.limit_weights", "P-nearest")
@given(memory=sign_patterns())
def test_among_equal_norms_the_limit_is_the_nearest_pattern(memory):
    patterns, state = memory
    # 64ths: differences and squares are exact
    squares = np.sum((patterns - state) ** 2, axis=1)
    nearest = squares == squares.min()
    assert np.array_equal(limit_weights(patterns, state), nearest / nearest.sum())


@pytest.mark.property_of("hopfield.update", "P-hull")
@given(memory=memories(states=2), beta=BETAS)
def test_an_update_lies_in_the_convex_hull(memory, beta):
    patterns, (state, direction) = memory
    new = update(patterns, state, beta)
    for axis in [direction, *np.eye(len(state)), *-np.eye(len(state))]:
        slack = update_error(patterns) * np.abs(axis).sum() + 4 * EPS * norm(axis) * norm(patterns)
        assert new @ axis <= (patterns @ axis).max() + slack


@pytest.mark.property_of("hopfield.update", "P-lipschitz")
@given(memory=memories(states=2), beta=BETAS)
def test_two_states_come_no_farther_apart_than_the_constant(memory, beta):
    patterns, states = memory
    new = update(patterns, states, beta)
    bound = lipschitz(patterns, beta) * norm(states[0] - states[1])
    slack = 2 * np.sqrt(len(states[0])) * update_error(patterns) + 8 * EPS * bound
    assert norm(new[0] - new[1]) <= bound + slack


@pytest.mark.property_of("hopfield.update", "P-attention")
@given(memory=memories(states=3))
def test_one_update_is_scaled_dot_product_attention(memory):
    torch = pytest.importorskip("torch", reason="the peer is torch's attention")
    patterns, states = memory
    peer = torch.nn.functional.scaled_dot_product_attention(
        *(torch.from_numpy(x.copy()) for x in (states, patterns, patterns))
    ).numpy()
    ours = update(patterns, states, 1.0 / np.sqrt(patterns.shape[1]))
    # the exponents, up to M |xi|, are rounded too: twice, on either side
    slack = 2 * update_error(patterns) + 8 * EPS * norm(patterns) ** 2 * norm(states)
    assert np.abs(ours - peer).max() <= slack


@pytest.mark.property_of("hopfield.energy", "P-descent")
@given(memory=memories(), beta=BETAS)
def test_an_update_lowers_the_energy_by_half_the_squared_step(memory, beta):
    patterns, state = memory
    new = update(patterns, state, beta)
    drop = energy(patterns, state, beta) - energy(patterns, new, beta)
    slack = energy_error(patterns, state, beta) + energy_error(patterns, new, beta)
    assert drop >= 0.5 * norm(state - new) ** 2 - slack


@pytest.mark.property_of("hopfield.energy", "P-lower")
@pytest.mark.property_of("hopfield.energy", "P-upper")
@given(memory=memories(), beta=BETAS)
def test_the_energy_lies_between_the_two_squares(memory, beta):
    patterns, state = memory
    value, m, length = energy(patterns, state, beta), norm(patterns), norm(state)
    slack = energy_error(patterns, state, beta)
    assert 0.5 * (length - m) ** 2 - slack <= value <= 0.5 * (length + m) ** 2 + slack


@pytest.mark.property_of("hopfield.energy", "P-none")
@given(memory=memories(), data=st.data())
def test_without_a_pattern_the_energy_is_infinite_and_the_weights_vanish(memory, data):
    patterns, state = memory
    mask = data.draw(hnp.arrays(np.bool_, len(patterns)))
    assert np.isinf(energy(patterns, state, 1.0, mask)) == (not mask.any())
    if not mask.any():
        assert not weights(patterns, state, 1.0, mask).any()
        assert not limit_weights(patterns, state, mask).any()
        assert not update(patterns, state, 1.0, mask).any()
    else:
        # the masked patterns are as good as absent, in the norm and the count too
        for function in (energy, update):
            full, part = function(patterns, state, 1.0, mask), function(patterns[mask], state, 1.0)
            assert np.allclose(full, part, rtol=0, atol=energy_error(patterns, state, 1.0))


@pytest.mark.property_of("hopfield.gradient", "P-derivative")
@given(memory=memories(), beta=BETAS)
def test_the_gradient_is_the_derivative_of_the_energy(memory, beta):
    patterns, state = memory

    def formula(xi):
        shifted = patterns @ xi - (patterns @ state).max()
        return -np.log(np.sum(np.exp(beta * shifted))) / beta + xi @ xi / 2

    # the imaginary part at a step of 1e-30 is the derivative without cancellation
    steps = 1e-30j * np.eye(len(state))
    derivative = np.array([formula(state + step).imag / 1e-30 for step in steps])
    slack = 3 * update_error(patterns) + 8 * EPS * (norm(state) + norm(patterns))
    assert np.abs(gradient(patterns, state, beta) - derivative).max() <= slack


@pytest.mark.property_of("hopfield_retrieval.separation", "P-equal-norm")
@given(memory=sign_patterns())
def test_separation_is_half_the_squared_distance_to_the_nearest(memory):
    patterns, _ = memory
    squares = np.sum((patterns[:, None] - patterns[None]) ** 2, axis=-1)
    np.fill_diagonal(squares, np.inf)
    assert np.array_equal(separation(patterns), squares.min(axis=1) / 2)


@pytest.mark.property_of("hopfield_retrieval.retrieval_bound", "P-retrieval")
@given(memory=memories(), beta=st.sampled_from([1.0, 8.0, 64.0]), data=st.data())
def test_one_retrieval_is_as_close_as_the_bound_says(memory, beta, data):
    patterns, offset = memory
    i = data.draw(st.integers(0, len(patterns) - 1))
    state = patterns[i] + offset / 16
    bound = retrieval_bound(patterns, state, beta, i)
    distance = norm(update(patterns, state, beta) - patterns[i])
    slack = np.sqrt(len(state)) * update_error(patterns)
    # the exponent is a sum of numbers up to 4 beta M^2, each rounded a few times
    relative = 16 * EPS * (1 + beta * norm(patterns) * (norm(patterns) + norm(state)))
    assert distance <= bound * (1 + relative) + slack


@pytest.mark.property_of("hopfield_retrieval.lipschitz", "P-unique")
@given(memory=memories(states=2))
def test_a_contraction_has_one_fixed_point(memory):
    patterns, states = memory
    # a power of two at which the constant is at most 1/2
    beta = 1.0
    while lipschitz(patterns, beta) > 0.5:
        beta /= 2
    ends = retrieve(patterns, states, beta, steps=64).state
    # each update halves the distance and adds its own error on either side: a geometric sum
    slack = 2.0**-64 * norm(states[0] - states[1])
    slack += 4 * np.sqrt(patterns.shape[1]) * (update_error(patterns) + 8 * EPS * norm(patterns))
    assert norm(ends[0] - ends[1]) <= slack


@pytest.mark.property_of("hopfield_retrieval.retrieve", "P-steps")
@given(memory=memories(), beta=BETAS, steps=st.integers(0, 4))
def test_n_steps_are_n_updates(memory, beta, steps):
    patterns, state = memory
    expected = state
    for _ in range(steps):
        expected = update(patterns, expected, beta)
    # a stop at an exact fixed point changes nothing
    assert np.array_equal(retrieve(patterns, state, beta, steps=steps).state, expected)


@pytest.mark.property_of("hopfield_retrieval.retrieve", "P-energies")
@given(memory=memories(), beta=BETAS)
def test_the_energies_never_rise(memory, beta):
    patterns, state = memory
    energies = retrieve(patterns, state, beta, steps=8).energies
    assert (np.diff(energies) <= 2 * energy_error(patterns, state, beta)).all()


@pytest.mark.property_of("hopfield_retrieval.retrieve", "P-metastable")
def test_high_beta_retrieves_a_pattern_and_low_beta_the_mean():
    patterns, state = np.eye(3), np.array([0.875, 0.125, 0.0])
    high = retrieve(patterns, state, 64.0, steps=20)
    assert norm(high.state - patterns[0]) <= retrieval_bound(patterns, patterns[0], 64.0, 0)
    beta = 2.0**-12
    low = retrieve(patterns, state, beta, steps=20, tolerance=1e-15)
    # the scores differ by at most 2 M |xi| <= 2, so each weight is within exp(2 beta) of 1/3
    assert low.converged and norm(low.state - 1 / 3) <= np.expm1(2 * beta)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: weights([[1.0]], [1.0, 2.0], 1.0), "state: expected a last axis of 1"),
        (lambda: weights([1.0], [1.0], 1.0), "patterns"),
        (lambda: weights([[1e200]], [1e200], 1.0), "patterns, state: expected finite"),
        (lambda: update([[1.0]], [1.0], -1.0), "beta"),
        (lambda: gradient([[1.0]], [1.0], 1.0, [False]), "mask: expected a pattern"),
        (lambda: retrieval_bound([[1.0]], [1.0], 1.0, 1), "index: expected less than 1"),
        (lambda: retrieve([[1.0]], [1.0], 1.0, tolerance=-1.0), "tolerance"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
