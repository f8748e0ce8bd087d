"""T24: screening in float32 with a proved bound never loses the exact winner."""

from __future__ import annotations

import numpy as np
import pytest
from clouds import Cloud, clouds, squares
from gd_attention import gd_attention
from hypothesis import given
from hypothesis import strategies as st


def screened(query: np.ndarray, keys: np.ndarray, certain: np.ndarray) -> np.ndarray:
    """Which keys remain, by float32 separations (beta = 1) and their bound.

    Inputs are float32 values. A difference rounds to (1 + d), |d| <= v = 2**-24, a square to one
    factor more, a sum of D terms in any order to at most D - 1: |error| <= g(D+2) times the exact
    value, g(n) = n v / (1 - n v), and the exact value is at most the computed one over 1 - g. What
    underflows loses at most 2**-150 a square. Bound and ends are taken in float64, where (D+4) v in
    place of (D+2) v covers their own rounding. Overflow or NaN: the whole line.
    """
    d = query.size
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        jump = keys.astype(np.float32) - query.astype(np.float32)
        value = (jump * jump).sum(axis=-1, dtype=np.float32).astype(np.float64)
    relative = (d + 4) * 2.0**-24
    lost = ~np.isfinite(value)
    value = np.where(lost, 0.0, value)
    error = np.where(lost, np.inf, value * relative / (1 - 2 * relative) + d * 2.0**-149)
    low, high = value - error, value + error
    least = high[certain].min() if certain.any() else np.inf
    return low <= least


def single(cloud: Cloud) -> Cloud:
    """The cloud with float32 coordinates: screening starts from exact inputs."""
    with np.errstate(over="ignore", under="ignore"):
        query = cloud.query.astype(np.float32).astype(np.float64)
        keys = cloud.keys.astype(np.float32).astype(np.float64)
    return Cloud(query, keys, cloud.rng)


float32_clouds = clouds(("gaussian", "integers", "offset", "circle"), most_keys=40).map(single)
scales = st.sampled_from([1.0, 2.0**-70, 2.0**70])


@pytest.mark.clause("GDA-thm-screening")
@given(float32_clouds, scales, st.integers(0, 2**20))
def test_the_exact_winner_remains(cloud: Cloud, scale: float, seed: int) -> None:
    """With a mask, at scales where float32 squares underflow or overflow too."""
    query, keys = cloud.query * scale, cloud.keys * scale
    mask = np.random.default_rng(seed).random((len(query), len(keys))) < 0.8
    index = gd_attention(query, keys, mask=mask).index
    for row, allowed, chosen in zip(query, mask, index.tolist(), strict=True):
        remaining = screened(row, keys, allowed) & allowed
        if chosen < 0:
            assert not allowed.any()
            continue
        # deciding the remaining keys exactly is exact, ties included
        exact = squares(row, keys)
        candidates = np.nonzero(remaining)[0].tolist()
        assert min(candidates, key=lambda j: (exact[j], j)) == chosen


@pytest.mark.clause("GDA-thm-screening")
def test_only_certainly_admitted_keys_may_screen() -> None:
    """With a threshold per key a near key that is not admitted must not screen the winner out."""
    keys = np.array([[0.5], [1.0], [8.0]])
    tau = np.array([0.0, np.inf, np.inf])
    chosen = gd_attention([[0.0]], keys, threshold=tau).index[0]
    assert chosen == 1
    assert screened(np.zeros(1), keys, np.array([False, True, True]))[chosen]
    assert not screened(np.zeros(1), keys, np.array([True, True, True]))[chosen]


@pytest.mark.clause("GDA-thm-screening")
@given(st.integers(1, 6), st.integers(1, 5))
def test_equal_keys_all_remain(n: int, d: int) -> None:
    """The comparison is not strict: with all keys equal and error 0 a strict one keeps none."""
    assert screened(np.zeros(d), np.zeros((n, d)), np.ones(n, dtype=bool)).all()


@pytest.mark.clause("GDA-thm-screening")
@given(float32_clouds)
def test_screening_screens(cloud: Cloud) -> None:
    """The statement would be empty if every key remained: a key far away does not."""
    far = np.full((1, cloud.keys.shape[1]), 2.0**40)
    keys = np.concatenate([cloud.keys, far])
    for row in cloud.query:
        assert not screened(row, keys, np.ones(len(keys), dtype=bool))[-1]
