"""T16: selections over disjoint key sets combine by (exact E*, global index)."""

from __future__ import annotations

import numpy as np
import pytest
from clouds import Cloud, clouds
from gd_attention import gd_attention, merge, order_keys
from hypothesis import given
from hypothesis import strategies as st

thresholds = st.sampled_from([np.inf, 0.2, 0.6, -1.0])


@pytest.mark.clause("GDA-thm-merge")
@given(clouds(most_keys=9), thresholds, st.booleans(), st.integers(0, 9), st.integers(0, 9))
def test_parts_merge_to_the_whole(
    cloud: Cloud, tau: float, shared: bool, first: int, second: int
) -> None:
    """Three parts, empty ones included, in every order and association."""
    n = len(cloud.keys)
    alpha = np.full(n, 0.5) if shared else cloud.rng.choice([0.5, 0.3, 0.7, 0.9], size=n)
    low, high = sorted((min(first, n), min(second, n)))
    parts = [
        order_keys(cloud.query, cloud.keys[a:b], alpha=alpha[a:b], threshold=tau, offset=a)
        for a, b in ((0, low), (low, high), (high, n))
    ]
    whole = gd_attention(cloud.query, cloud.keys, alpha=alpha, threshold=tau).index.tolist()
    x, y, z = parts
    for merged in (merge(merge(x, y), z), merge(x, merge(y, z)), merge(merge(z, x), y)):
        assert [key.index for key in merged] == whole
    assert (merge(x, x) == x).all()
    assert (merge(x, y) == merge(y, x)).all()


@pytest.mark.clause("GDA-thm-merge")
def test_equal_float_energies_do_not_tie() -> None:
    """Alpha = 1/2, separations 400 and 100: one float64 energy, two exact ones."""
    far, near = [[20.0]], [[10.0]]
    energies = [gd_attention([[0.0]], keys).energy[0] for keys in (far, near)]
    assert energies[0] == energies[1]
    merged = merge(order_keys([[0.0]], far), order_keys([[0.0]], near, offset=1))
    assert merged[0].index == 1


@pytest.mark.clause("GDA-thm-merge")
def test_the_abstention_is_the_unit_and_keeps_its_index() -> None:
    """An offset is never added to -1, and the unit loses against anything."""
    nothing = order_keys([[0.0]], [[1.0]], threshold=-1.0, offset=7)
    something = order_keys([[0.0]], [[1e200]], offset=3)
    assert nothing[0].index == -1
    assert merge(nothing, something)[0].index == 3
    assert merge(something, nothing)[0].index == 3
    assert merge(nothing, nothing)[0].index == -1


@pytest.mark.clause("GDA-thm-merge")
def test_only_order_keys_merge() -> None:
    """A float energy is refused: it is what the law forbids."""
    key = order_keys([[0.0]], [[1.0]])
    with pytest.raises(TypeError, match=r"^b: expected order keys, got float at index \(0,\)$"):
        merge(key, np.array([0.25], dtype=object))
