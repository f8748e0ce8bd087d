"""Relation R4: the landscape of a pair against the energy of a Hopfield network of two patterns.

The statements and their proofs are in docs/prior-relations.md. With the origin at
``o = q + x (k - q)``, ``x = (1 - h/Lam)/2``, the landscape of a pair is 2 beta times the Hopfield
energy of q - o and k - o at inverse temperature 2 beta, up to a constant.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from flint import arb
from gd_attention import energy, gd_attention, stationary_points
from gd_attention.alignment import align
from gd_attention.conformance import certificate
from gd_attention.conformance.balls import precision
from gd_attention.conformance.rational import Exact
from gd_attention.prior import hopfield
from gd_attention.prior.hopfield_retrieval import lipschitz, retrieve
from hypothesis import given
from hypothesis import strategies as st

EPS = 2.0**-52

point = st.tuples(st.integers(-16, 16), st.integers(-16, 16)).map(lambda p: np.array(p) / 8)
alphas = st.one_of(st.just(0.5), st.floats(0.02, 0.98))
betas = st.sampled_from([0.125, 0.5, 1.0, 2.0])


def odds(alpha: float) -> float:
    """The log-odds h of the key; alpha is not small here."""
    return math.log1p(-alpha) - math.log(alpha)


def origin(q: Any, k: Any, alpha: float, beta: float) -> Any:
    """Where the two patterns have to be seen from: h = beta (|k - o|^2 - |q - o|^2)."""
    separation = beta * float((k - q) @ (k - q))
    return q + (1 - odds(alpha) / separation) / 2 * (k - q)


@given(point, point, point, alphas, betas)
def test_the_landscape_is_a_hopfield_energy(
    q: Any, k: Any, s: Any, alpha: float, beta: float
) -> None:
    """phi(s) = 2 beta E(s - o) - log 2 - log alpha + beta (|q - o|^2 - M^2)."""
    if (q == k).all():
        return
    o = origin(q, k, alpha, beta)
    patterns = np.stack([q - o, k - o])
    norms = (patterns**2).sum(axis=1)
    constant = -math.log(2) - math.log(alpha) + beta * (norms[0] - norms.max())
    expected = 2 * beta * float(hopfield.energy(patterns, s - o, 2 * beta)) + constant
    # each term is formed from products of differences from o, in the plane: at most 16 roundings
    # of terms of at most this size; log-odds and origin have 8 more
    size = 8 + beta * (4 * norms.max() + 2 * float((s - o) @ (s - o)))
    assert abs(float(energy(s, q, k, alpha, beta)) - expected) <= 32 * EPS * size


@given(point, point, point, betas)
def test_at_one_half_seen_from_the_midpoint_there_is_no_constant(
    q: Any, k: Any, s: Any, beta: float
) -> None:
    o = (q + k) / 2
    found = 2 * beta * float(hopfield.energy(np.stack([q - o, k - o]), s - o, 2 * beta))
    size = 8 + beta * float((q - o) @ (q - o) + 2 * (s - o) @ (s - o))
    assert abs(float(energy(s, q, k, 0.5, beta)) - found) <= 32 * EPS * size


def test_the_origin_is_needed() -> None:
    """Norms that do not fit alpha: the difference of the two energies is not constant in s."""
    q, k = np.array([0.0]), np.array([2.0])
    differences = {
        round(float(energy([s], q, k)) - 2 * float(hopfield.energy(np.stack([q, k]), [s], 2.0)), 6)
        for s in (0.0, 1.0, 2.0)
    }
    assert len(differences) == 3


@given(st.floats(0.01, 60.0), alphas)
def test_the_alignment_point_is_a_fixed_point_of_the_update(lam: float, alpha: float) -> None:
    """One update maps the coordinate t to ``sigmoid(h + Lam (2t - 1))``; t* stays, in balls."""
    separation = Exact(*(lam.as_integer_ratio()[0], 0, lam.as_integer_ratio()[1]))
    with precision(800):
        t = certificate.alignment(separation, alpha, 400).coordinate
        h = (1 - arb(alpha)).log() - arb(alpha).log()
        image = 1 / (1 + (-(h + arb(lam) * (2 * t - 1))).exp())
        assert (image - t).contains(0)
        # and the ball decides something: it is narrow
        assert float((image - t).rad()) < 2.0**-60


@given(point, point, alphas, betas)
def test_the_computed_point_is_a_fixed_point_to_rounding(
    q: Any, k: Any, alpha: float, beta: float
) -> None:
    """The update of the prior operator, on the patterns seen from o, at the computed point."""
    if (q == k).all():
        return
    lam, h = beta * float((k - q) @ (k - q)), odds(alpha)
    o = origin(q, k, alpha, beta)
    s = gd_attention([q], [k], alpha=alpha, beta=beta).alignment_point[0]
    moved = hopfield.update(np.stack([q - o, k - o]), s - o, 2 * beta) + o
    # `align` solves the equation of a separation within 18 eps of its own (T22), or has u within
    # (16 + 4 (|h| + lam)) eps relative; either moves t - sigmoid(...) by at most
    # (18 lam / 4 + 16 + 4 (|h| + lam)) eps, as |d residual / dt| <= 1 at the minimum. The exponent
    # has 16 roundings of terms of the size of beta times squared distances from o.
    far = beta * max(float((p - o) @ (p - o)) for p in (q, k))
    coordinate = (20 + 9 * lam + 5 * abs(h) + 4 * 16 * far / 4) * EPS
    length = float(np.linalg.norm(k - q))
    rounding = 16 * EPS * (float(np.abs([q, k, o]).max()) + length)
    assert float(np.linalg.norm(moved - s)) <= coordinate * length + rounding


@pytest.mark.parametrize(
    ("alpha", "squared", "reached"),
    [
        (0.3, 9.0, False),
        (0.5, 9.0, False),
        (0.7, 9.0, True),
        (0.3, 1.0, True),
        (0.5, 1.0, True),
        (0.02, 4.0, True),
    ],
)
def test_from_the_query_the_update_goes_to_the_smallest_stationary_point(
    alpha: float, squared: float, reached: bool
) -> None:
    """Which is the alignment point iff alpha > 1/2 or there is only one."""
    q, k = np.zeros(1), np.array([math.sqrt(squared)])
    points = stationary_points(squared, alpha)
    smallest = float(points.coordinate[0])
    o = origin(q, k, alpha, 1.0)
    end = retrieve(np.stack([q - o, k - o]), q - o, 2.0, steps=2000)
    found = float((end.state + o)[0] / k[0])
    # slopes 2 lam t (1 - t) are at most 1/2 there: the roundings of all steps, about 20 lam eps
    # each, add up to twice one step's
    assert found == pytest.approx(smallest, rel=0, abs=40 * squared * EPS)
    aligned = float(align(squared, alpha).coordinate)
    # where they are two points, they lie on the two sides of 1/2
    assert (aligned == pytest.approx(smallest, rel=0, abs=40 * squared * EPS)) == reached
    assert reached == (alpha > 0.5 or int(points.count) == 1)


def test_the_pair_is_judged_by_distance_and_the_network_by_inner_product() -> None:
    query, keys = np.array([1.0, 0.0]), np.array([[1.0, 0.0], [10.0, 0.0]])
    assert int(gd_attention([query], keys).index[0]) == 0
    assert int(hopfield.weights(keys, query, 2.0).argmax()) == 1


@given(st.lists(st.integers(0, 7), min_size=1, max_size=6), point)
def test_with_equal_norms_both_prefer_the_same_key(turns: list[int], query: Any) -> None:
    circle = [[3, 4], [4, 3], [-3, 4], [4, -3], [3, -4], [-4, 3], [-3, -4], [-4, -3]]
    keys = np.array([circle[i] for i in turns]) / 8
    weights = hopfield.weights(keys, query, 2.0)
    assert int(gd_attention([query], keys).index[0]) == int(weights.argmax())


def test_the_network_averages_where_the_operator_selects() -> None:
    """Below ``beta diam^2/4 = 1`` every state is retrieved as the mean, which is no key at all."""
    keys, beta = np.array([[1.0], [-1.0]]), 0.5
    assert lipschitz(keys, beta) == 0.5
    end = retrieve(keys, np.array([0.75]), beta, steps=80)
    # each update halves the distance to 0 at least, and adds at most 8 eps of rounding
    assert abs(float(end.state[0])) <= 2.0**-80 + 16 * EPS
    assert int(gd_attention([[0.75]], keys).index[0]) == 0


@given(st.lists(point, min_size=1, max_size=5), point)
def test_the_query_is_a_well_of_the_pair_and_no_pattern_of_the_network(
    rows: list[Any], query: Any
) -> None:
    """The alignment point lies between query and key, the retrieved state in the keys' hull."""
    keys = np.array(rows)
    result = gd_attention([query], keys)
    key = keys[int(result.index[0])]
    a, b = np.minimum(query, key), np.maximum(query, key)
    aligned = result.alignment_point[0]
    assert ((a - 4 * EPS <= aligned) & (aligned <= b + 4 * EPS)).all()
    state = hopfield.update(keys, query, 2.0)
    assert (state >= keys.min(axis=0) - 32 * EPS).all()
    assert (state <= keys.max(axis=0) + 32 * EPS).all()
