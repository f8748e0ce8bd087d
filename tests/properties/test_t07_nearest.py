"""T7: with one alpha and beta the selected key is the nearest."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from clouds import Cloud, clouds, squares
from gd_attention import admission, gd_attention
from hypothesis import given
from hypothesis import strategies as st

weights = st.sampled_from([0.5, 0.3, 0.9, 1e-12, 1 - 2.0**-53])


@pytest.mark.clause("GDA-thm-nearest")
@given(clouds(), weights, st.sampled_from([1.0, 1e-300, 3e7]))
def test_the_index_is_the_nearest_key(cloud: Cloud, alpha: float, beta: float) -> None:
    """Judged by exact squared distances; alpha and beta do not matter."""
    index = gd_attention(cloud.query, cloud.keys, alpha=alpha, beta=beta).index
    for row, chosen in zip(cloud.query, index.tolist(), strict=True):
        distances = squares(row, cloud.keys)
        assert chosen == min(range(len(distances)), key=lambda j: (distances[j], j))


@pytest.mark.clause("GDA-thm-nearest", "GDA-def-radius")
@given(clouds(), weights, st.floats(0.0, 0.8))
def test_a_threshold_is_a_radius(cloud: Cloud, alpha: float, tau: float) -> None:
    """Admitted keys are nearer than those that are not: a ball, whatever its radius."""
    admitted = admission(cloud.query, cloud.keys, alpha=alpha, threshold=tau).admitted
    for row, inside in zip(cloud.query, admitted, strict=True):
        distances = squares(row, cloud.keys)
        farthest = max(
            (d for d, i in zip(distances, inside, strict=True) if i), default=Fraction(-1)
        )
        assert all(d > farthest for d, i in zip(distances, inside, strict=True) if not i)


@pytest.mark.clause("GDA-thm-nearest")
@given(clouds(("gaussian", "integers")), weights)
def test_equal_norms_make_it_the_largest_inner_product(cloud: Cloud, alpha: float) -> None:
    """Keys that are signed permutations of one row have exactly equal norms."""
    base = cloud.keys[0]
    keys = np.stack(
        [
            cloud.rng.permutation(base) * cloud.rng.choice([-1.0, 1.0], size=base.shape)
            for _ in range(6)
        ]
    )
    index = gd_attention(cloud.query, keys, alpha=alpha).index
    for row, chosen in zip(cloud.query.tolist(), index.tolist(), strict=True):
        products = [
            sum(Fraction(x) * Fraction(y) for x, y in zip(row, key, strict=True))
            for key in keys.tolist()
        ]
        assert chosen == max(range(6), key=lambda j: (products[j], -j))
