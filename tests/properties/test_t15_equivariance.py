"""T15: isometries, joint scalings and permutations, those that are exact on floats."""

from __future__ import annotations

import numpy as np
import pytest
import support as su
from clouds import Cloud, clouds
from gd_attention import Selection, gd_attention
from hypothesis import given
from hypothesis import strategies as st

weights = st.sampled_from([0.5, 0.3, 0.9])
thresholds = st.sampled_from([np.inf, 0.2, 0.6, -1.0, 0.0])


def same_energy(one: Selection, two: Selection, dimension: int) -> bool:
    """Equal up to twice the stated error: 16 eps and (D + 3) u, u = eps/2, of separation (T6)."""
    bound = 2 * (16 + 0.5 * (dimension + 3)) * su.EPS
    chosen = one.index >= 0
    gap = np.abs(one.energy[chosen] - two.energy[chosen])
    return bool((gap <= bound * one.energy[chosen] + su.TINY).all())


@pytest.mark.clause("GDA-thm-equivariance")
@given(clouds(), weights, thresholds)
def test_signed_permutations_of_the_axes(cloud: Cloud, alpha: float, tau: float) -> None:
    """An isometry without rounding: s* moves with it, all else stays."""
    d = cloud.query.shape[1]
    axes, signs = cloud.rng.permutation(d), cloud.rng.choice([-1.0, 1.0], size=d)
    moved = lambda rows: rows[..., axes] * signs  # noqa: E731
    one = gd_attention(cloud.query, cloud.keys, alpha=alpha, threshold=tau)
    two = gd_attention(moved(cloud.query), moved(cloud.keys), alpha=alpha, threshold=tau)
    assert one.index.tolist() == two.index.tolist()
    assert one.unique.tolist() == two.unique.tolist()
    assert same_energy(one, two, d)
    # the order of summation may differ, so the coordinate by its conditioning; the point lies on
    # the moved passage: between the moved query and key in every component
    low = np.minimum(moved(one.alignment_point), moved(cloud.query))
    high = np.maximum(moved(one.alignment_point), moved(cloud.query))
    keys = moved(cloud.keys)[np.maximum(two.index, 0)]
    keys = np.where(two.index[:, None] >= 0, keys, moved(cloud.query))
    assert (two.alignment_point >= np.minimum(low, keys)).all()
    assert (two.alignment_point <= np.maximum(high, keys)).all()


@pytest.mark.clause("GDA-thm-equivariance")
@given(clouds(("gaussian", "integers", "circle", "offset")), weights, st.integers(-60, 60))
def test_joint_scaling_by_powers_of_two(cloud: Cloud, alpha: float, power: int) -> None:
    """(q, k, beta) -> (cq, ck, beta/c^2): no operation rounds differently, so bit by bit."""
    c = 2.0**power
    one = gd_attention(cloud.query, cloud.keys, alpha=alpha, beta=0.7)
    two = gd_attention(c * cloud.query, c * cloud.keys, alpha=alpha, beta=0.7 / c / c)
    assert one.index.tolist() == two.index.tolist()
    assert one.energy.tolist() == two.energy.tolist()
    assert one.coordinate.tolist() == two.coordinate.tolist()
    assert (c * one.alignment_point).tolist() == two.alignment_point.tolist()


@pytest.mark.clause("GDA-thm-equivariance")
@given(clouds(), thresholds)
def test_permutations_of_the_keys(cloud: Cloud, tau: float) -> None:
    """Energy and tie class stay; off exact ties the index moves with the keys."""
    n = len(cloud.keys)
    alpha, order = cloud.rng.uniform(0.05, 0.95, size=n), cloud.rng.permutation(n)
    one = gd_attention(cloud.query, cloud.keys, alpha=alpha, threshold=tau)
    two = gd_attention(cloud.query, cloud.keys[order], alpha=alpha[order], threshold=tau)
    assert (one.index < 0).tolist() == (two.index < 0).tolist()
    assert same_energy(one, two, cloud.keys.shape[1])
    for i, j in zip(one.index.tolist(), two.index.tolist(), strict=True):
        if i >= 0 and order[j] != i:
            # a tie: random weights differ, so only separation 0 ties (T26), with energy 0
            assert one.energy[one.index == i].max() == 0.0
