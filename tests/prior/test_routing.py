"""[16] Attention within clusters, strict and balanced."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from gd_attention.prior.gibbs import gibbs_weights
from gd_attention.prior.routing import balanced_weights, strict_weights
from gd_attention.prior.spherical import assign, balanced_members, on_sphere
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
FOURTHS = st.integers(-8, 8).map(lambda k: k / 4)


class Drawn(NamedTuple):
    queries: np.ndarray
    keys: np.ndarray
    centroids: np.ndarray


@st.composite
def inputs(draw):
    d = draw(st.integers(1, 3))
    sizes = draw(st.integers(1, 5)), draw(st.integers(1, 5)), draw(st.integers(1, 3))
    parts = [draw(hnp.arrays(np.float64, (size, d), elements=FOURTHS)) for size in sizes]
    return Drawn(parts[0], parts[1], on_sphere(parts[2]))


def softmax(drawn, allowed):
    """Attention with the scale 1/sqrt(D), by rows."""
    scores = drawn.queries @ drawn.keys.T / np.sqrt(drawn.keys.shape[1])
    terms = np.where(allowed, np.exp(scores), 0.0)
    total = terms.sum(axis=1, keepdims=True)
    return terms / np.where(total > 0, total, 1.0)


# scores up to 12, scaled and then rounded in another order than in the code: a relative 32 EPS in
# the terms, and n <= 5 of them are added
SLACK = 128 * EPS


@pytest.mark.property_of("routing.strict_weights", "P-block")
@pytest.mark.property_of("routing.strict_weights", "P-within")
@given(drawn=inputs(), data=st.data())
def test_a_query_attends_to_its_own_cluster(drawn, data):
    mask = data.draw(hnp.arrays(np.bool_, (len(drawn.queries), len(drawn.keys))))
    own = assign(on_sphere(drawn.queries), drawn.centroids)
    theirs = assign(on_sphere(drawn.keys), drawn.centroids)
    allowed = mask & (own[:, None] == theirs[None])
    weights = strict_weights(*drawn, mask)
    assert not weights[~allowed].any()
    assert np.abs(weights - softmax(drawn, allowed)).max() <= SLACK
    assert np.array_equal(weights.any(axis=1), allowed.any(axis=1))


@pytest.mark.property_of("routing.strict_weights", "P-one-cluster")
@given(drawn=inputs())
def test_one_cluster_is_attention(drawn):
    torch = pytest.importorskip("torch", reason="the peer is torch's attention")
    one = Drawn(drawn.queries, drawn.keys, drawn.centroids[:1])
    weights = strict_weights(*one)
    assert np.abs(weights - softmax(one, True)).max() <= SLACK
    values = np.arange(1.0, len(drawn.keys) + 1)[:, None]
    peer = torch.nn.functional.scaled_dot_product_attention(
        *(torch.from_numpy(x.copy()) for x in (drawn.queries, drawn.keys, values))
    ).numpy()
    # five values up to 5
    assert np.abs(weights @ values - peer).max() <= 32 * SLACK


@pytest.mark.property_of("routing.strict_weights", "P-causal")
@given(drawn=inputs(), data=st.data())
def test_later_keys_do_not_matter(drawn, data):
    i = data.draw(st.integers(0, len(drawn.queries) - 1))
    weights = strict_weights(*drawn, causal=True)
    keys = drawn.keys.copy()
    keys[i + 1 :] = data.draw(hnp.arrays(np.float64, keys[i + 1 :].shape, elements=FOURTHS))
    changed = strict_weights(drawn.queries, keys, drawn.centroids, causal=True)
    assert np.array_equal(weights[: i + 1], changed[: i + 1])
    assert not np.triu(weights, 1).any()


def test_no_centroid_selects_nothing():
    assert not strict_weights([[1.0]], [[1.0]], np.zeros((0, 1))).any()
    assert not balanced_weights([[1.0]], [[1.0]], np.zeros((0, 1)), 1).any()


def test_the_scale_is_the_caller_s():
    q, k = np.array([[2.0]]), np.array([[1.0], [0.5]])
    expected = gibbs_weights([[2.0, 1.0]], 0.25)
    assert np.array_equal(strict_weights(q, k, [[1.0]], scale=0.25), expected)


@pytest.mark.property_of("routing.balanced_weights", "P-unassigned")
@pytest.mark.property_of("routing.balanced_weights", "P-mean")
@given(drawn=inputs(), width=st.integers(1, 5))
def test_a_query_gets_the_mean_of_its_clusters(drawn, width):
    weights = balanced_weights(*drawn, width)
    queries = balanced_members(on_sphere(drawn.queries), drawn.centroids, width)
    keys = balanced_members(on_sphere(drawn.keys), drawn.centroids, width)
    for m in range(len(drawn.queries)):
        clusters = np.flatnonzero(queries[:, m])
        parts = [softmax(drawn, keys[c][None])[m] for c in clusters]
        expected = np.mean(parts, axis=0) if parts else np.zeros(len(drawn.keys))
        assert np.abs(weights[m] - expected).max() <= SLACK


@pytest.mark.property_of("routing.balanced_weights", "P-everything")
@given(drawn=inputs())
def test_one_wide_cluster_is_attention(drawn):
    wide = balanced_weights(drawn.queries, drawn.keys, drawn.centroids[:1], 5)
    assert np.abs(wide - softmax(drawn, True)).max() <= SLACK


def test_the_balanced_form_is_that_of_a_public_package():
    torch = pytest.importorskip("torch", reason="the peer needs torch")
    peer = pytest.importorskip(
        "routing_transformer.routing_transformer", reason="the peer is routing-transformer"
    )
    rng = np.random.default_rng(8)
    q, k, v = (rng.normal(size=(12, 4)) for _ in range(3))
    centroids = on_sphere(rng.normal(size=(3, 4)))
    attention = peer.KmeansAttention(3, 4, 1, 4).double().eval()
    attention.kmeans.means.data = torch.from_numpy(centroids[None].copy())
    attention.kmeans.initted.data = torch.tensor(True)
    with torch.no_grad():
        out, _ = attention(*(torch.from_numpy(x[None, None].copy()) for x in (q, k, v)))
    ours = balanced_weights(q, k, centroids, 4) @ v
    assert (~balanced_members(on_sphere(q), centroids, 4).any(axis=0)).any()
    # its mean divides by the count plus 1e-5: relative 1e-5 of outputs up to 3
    assert np.abs(ours - out.numpy()[0, 0]).max() <= 4e-5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: strict_weights([[1.0]], [[1.0, 2.0]], [[1.0]]), "keys: expected a last axis"),
        (lambda: strict_weights([[1.0]], [[1.0]], [[1.0]], scale=0.0), "scale"),
        (lambda: strict_weights([[1e200]], [[1e200]], [[1.0]]), "queries, keys: expected finite"),
        (lambda: balanced_weights([[1.0]], [[1.0]], [[1.0]], 0), "width: expected at least 1"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
