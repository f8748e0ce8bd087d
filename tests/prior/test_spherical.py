"""[16] Spherical k-means: the sphere, the assignment, and the updates of the centroids."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.prior.spherical import (
    assign,
    balanced_members,
    ema_update,
    kmeans_update,
    objective,
    on_sphere,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
FOURTHS = st.integers(-8, 8).map(lambda k: k / 4)


@st.composite
def clouds(draw):
    d = draw(st.integers(1, 3))
    tokens = draw(hnp.arrays(np.float64, (draw(st.integers(1, 8)), d), elements=FOURTHS))
    centroids = draw(hnp.arrays(np.float64, (draw(st.integers(1, 4)), d), elements=FOURTHS))
    centroids[~centroids.any(axis=1), 0] = 1.0
    return on_sphere(tokens), on_sphere(centroids)


def slack(tokens):
    """Sums of n unit vectors in d coordinates, and inner products with unit vectors."""
    n, d = tokens.shape
    return (4 * n + 4 * d + 16) * n * EPS


@pytest.mark.property_of("spherical.on_sphere", "P-unit")
@pytest.mark.property_of("spherical.on_sphere", "P-scale")
@given(
    x=hnp.arrays(np.float64, st.integers(1, 5), elements=FOURTHS),
    exponent=st.integers(-1000, 1000),
    centre=st.booleans(),
)
def test_vectors_are_scaled_to_the_sphere(x, exponent, centre):
    unit = on_sphere(x, centre=centre)
    centred = x - x.mean() if centre else x
    # 5 squares and their sum, a root and a quotient
    if np.abs(centred).max() > 8 * EPS:
        assert abs(np.sum(unit**2) - 1) <= 32 * EPS
        assert np.abs(unit * np.sqrt(np.sum(centred**2)) - centred).max() <= 64 * EPS
        if not centre:
            assert np.array_equal(on_sphere(np.ldexp(x, exponent)), unit)
    elif not x.any():
        assert not unit.any()
    assert abs(np.sum(on_sphere(3 * x) ** 2) - bool(x.any())) <= 32 * EPS


def test_the_centred_sphere_is_the_layer_norm():
    x = np.array([[1.0, 2.0, 6.0], [4e307, -1e308, 1.5e308]])
    scaled = x / np.array([[1.0], [2.0**1020]])
    deviation = scaled.std(axis=1, keepdims=True)
    norm = (scaled - scaled.mean(axis=1, keepdims=True)) / deviation
    assert np.abs(on_sphere(x, centre=True) * np.sqrt(3) - norm).max() <= 64 * EPS


@pytest.mark.property_of("spherical.assign", "P-scale")
@pytest.mark.property_of("spherical.assign", "P-nearest")
@given(cloud=clouds(), exponent=st.integers(-40, 40))
def test_tokens_go_to_the_nearest_centroid(cloud, exponent):
    tokens, centroids = cloud
    chosen = assign(tokens, centroids)
    assert np.array_equal(assign(np.ldexp(tokens, exponent), centroids), chosen)
    distances = np.sum((tokens[:, None] - centroids[None]) ** 2, axis=-1)
    own = distances[np.arange(len(tokens)), chosen]
    # unit vectors are off by a few EPS, and distances by as much
    assert (own <= distances.min(axis=1) + 64 * EPS).all()


def test_ties_go_to_the_first_and_no_centroid_is_none():
    assert assign([[0.0, 0.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]).tolist() == [0, 0]
    assert assign([[1.0]], np.zeros((0, 1))).tolist() == [-1]


@pytest.mark.property_of("spherical.objective", "P-rises")
@given(cloud=clouds())
def test_an_update_does_not_lower_the_objective(cloud):
    tokens, centroids = cloud
    for _ in range(3):
        moved = kmeans_update(tokens, centroids)
        assert objective(tokens, moved) >= objective(tokens, centroids) - slack(tokens)
        centroids = moved


@pytest.mark.property_of("spherical.kmeans_update", "P-empty")
@pytest.mark.property_of("spherical.kmeans_update", "P-best")
@given(cloud=clouds(), data=st.data())
def test_a_centroid_moves_to_the_best_place_for_its_tokens(cloud, data):
    tokens, centroids = cloud
    chosen, moved = assign(tokens, centroids), kmeans_update(tokens, centroids)
    probe = data.draw(hnp.arrays(np.float64, tokens.shape[1], elements=FOURTHS))
    for c in range(len(centroids)):
        own = tokens[chosen == c].sum(axis=0)
        if (chosen == c).any():
            for other in (on_sphere(probe), centroids[c]):
                # where the tokens cancel but for a rounding, every place is as good
                assert moved[c] @ own >= other @ own - slack(tokens)
        else:
            assert np.array_equal(moved[c], centroids[c])


def test_tokens_that_cancel_leave_the_centroid():
    tokens, centroids = np.array([[0.0, 1.0], [0.0, -1.0]]), np.array([[1.0, 0.0]])
    assert np.array_equal(kmeans_update(tokens, centroids), centroids)


@pytest.mark.property_of("spherical.ema_update", "P-formula")
@pytest.mark.property_of("spherical.ema_update", "P-sphere")
@given(cloud=clouds(), split=st.integers(0, 8), decay=st.sampled_from([0.0, 0.5, 0.999, 1.0]))
def test_the_moving_average(cloud, split, decay):
    tokens, centroids = cloud
    queries, keys = tokens[:split], tokens[split:]
    chosen = assign(tokens, centroids)
    moved = ema_update(queries, keys, centroids, decay, renormalise=False)
    unit = ema_update(queries, keys, centroids, decay)
    for c in range(len(centroids)):
        own = tokens[chosen == c].sum(axis=0)
        expected = decay * centroids[c] + (1 - decay) / 2 * own
        if not (chosen == c).any():
            expected = centroids[c]
        assert np.abs(moved[c] - expected).max() <= slack(tokens)
        assert abs(np.sum(unit[c] ** 2) - 1) <= 64 * EPS


def test_without_renormalising_the_centroids_leave_the_sphere():
    tokens, centroids = on_sphere([[1.0, 1.0], [1.0, -1.0]]), np.array([[1.0, 0.0]])
    moved = ema_update(tokens, np.zeros((0, 2)), centroids, 0.9, renormalise=False)
    assert np.sum(moved**2) < 0.95


@pytest.mark.property_of("spherical.balanced_members", "P-width")
@given(cloud=clouds(), width=st.integers(1, 9))
def test_every_centroid_takes_its_best_tokens(cloud, width):
    tokens, centroids = cloud
    members = balanced_members(tokens, centroids, width)
    assert (members.sum(axis=1) == min(width, len(tokens))).all()
    scores = centroids @ tokens.T
    for c, row in enumerate(members):
        left = scores[c][~row].max(initial=-np.inf)
        # the scores are formed here in another order
        assert scores[c][row].min() >= left - 16 * EPS


@pytest.mark.property_of("spherical.balanced_members", "P-uneven")
def test_balance_leaves_some_tokens_out_and_takes_others_twice():
    tokens = on_sphere([[1.0, 0.0], [1.0, 0.1], [-1.0, 0.0], [-1.0, 0.5]])
    centroids = on_sphere([[1.0, 0.0], [1.0, 0.1]])
    assert balanced_members(tokens, centroids, 2).sum(axis=0).tolist() == [2, 2, 0, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: on_sphere(1.0), "x: expected a last axis"),
        (lambda: assign([[1.0]], [[1.0, 2.0]]), "x: expected a last axis of 2"),
        (lambda: objective([[1.0]], np.zeros((0, 1))), "centroids: expected at least 1"),
        (lambda: ema_update([[1.0]], [[1.0]], [[1.0]], 2.0), "decay: expected"),
        (lambda: balanced_members([[1.0]], [[1.0]], 0), "width: expected at least 1"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
