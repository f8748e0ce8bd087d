"""Merging on exact order keys: the law of T16, where returned energies would fail."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from gd_attention import gd_attention, merge, order_keys

LARGEST = float(np.finfo(np.float64).max)


def parts(query: Any, keys: Any, cuts: list[int], **rest: Any) -> list[Any]:
    """Order keys of consecutive slices of the keys, with global indices."""
    ends = [0, *cuts, keys.shape[-2]]
    result = []
    for low, high in itertools.pairwise(ends):
        given = {
            name: value[..., low:high] if np.ndim(value) else value for name, value in rest.items()
        }
        result.append(order_keys(query, keys[..., low:high, :], offset=low, **given))
    return result


def indices(order: Any) -> Any:
    return np.array([key.index for key in order.ravel()], dtype=np.int64).reshape(order.shape)


def fold(items: list[Any]) -> Any:
    result = items[0]
    for item in items[1:]:
        result = merge(result, item)
    return result


@pytest.mark.clause("GDA-thm-merge", "GDA-select-priors")
@pytest.mark.parametrize("seed", range(6))
def test_merged_slices_give_the_selection_of_all_keys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # small integers: many exact ties, also across the slices
    query = rng.integers(-2, 3, size=(2, 6, 3)).astype(float)
    keys = rng.integers(-2, 3, size=(2, 9, 3)).astype(float)
    rest = {
        "alpha": 0.5 if seed % 2 else rng.choice([0.25, 0.3, 0.75], size=(2, 9)),
        "beta": 0.3,
        "threshold": rng.choice([0.1, 0.4, math.inf], size=(2, 6, 9)),
        "mask": rng.random((2, 6, 9)) < 0.6,
    }
    whole = gd_attention(query, keys, **rest).index
    for order in itertools.permutations(parts(query, keys, [3, 4], **rest)):
        np.testing.assert_array_equal(indices(fold(list(order))), whole)


@pytest.mark.clause("GDA-thm-merge", "GDA-select-exact-order", "GDA-energy-saturation")
@pytest.mark.parametrize("alpha", [0.5, 0.3])
def test_saturated_energies_do_not_tie(alpha: float) -> None:
    # separations 400 and 100: the returned energies are the same float64
    query, keys = np.zeros((1, 1)), np.array([[20.0], [10.0]])
    energies = [gd_attention(query, keys[j : j + 1], alpha=alpha).energy[0] for j in (0, 1)]
    assert energies[0] == energies[1]
    far, near = parts(query, keys, [1], alpha=alpha)
    assert indices(merge(far, near)).tolist() == [1]
    assert indices(merge(near, far)).tolist() == [1]
    # overflowing separations, next to each other
    keys = np.array([[LARGEST], [math.nextafter(LARGEST, 0.0)]])
    far, near = parts(-np.ones((1, 1)), keys, [1], alpha=alpha)
    assert indices(merge(far, near)).tolist() == [1]


@pytest.mark.clause("GDA-thm-merge", "GDA-abstain-none", "GDA-abstain-empty")
def test_the_abstention_is_the_unit_and_gets_no_offset() -> None:
    query, keys = np.zeros((1, 2)), np.ones((3, 2))
    chosen = order_keys(query, keys, offset=7)
    nothing = order_keys(query, keys, threshold=-1.0, offset=7)
    empty = order_keys(query, keys[:0], offset=7)
    assert indices(chosen).tolist() == [7]
    for unit in (nothing, empty):
        assert indices(unit).tolist() == [-1]
        assert merge(chosen, unit).tolist() == chosen.tolist() == merge(unit, chosen).tolist()
    assert indices(merge(nothing, empty)).tolist() == [-1]
    assert nothing[0] == empty[0]
    assert not nothing[0] < empty[0]
    assert chosen[0] < nothing[0]


@pytest.mark.clause("GDA-thm-merge", "GDA-select-ties")
def test_the_order_is_total_and_the_merge_a_semilattice() -> None:
    query = np.zeros((1, 1))
    pool = [
        order_keys(query, np.array([[key]]), alpha=alpha, threshold=threshold, offset=offset)[0]
        for key, alpha, threshold, offset in [
            (1.0, 0.5, math.inf, 4),
            (-1.0, 0.5, math.inf, 2),
            (1.0, 0.3, math.inf, 0),
            (1.0, 0.75, math.inf, 1),
            (-1.0, 0.25, math.inf, 9),
            (0.0, 0.1, math.inf, 5),
            (0.0, 0.9, math.inf, 5),
            (30.0, 0.5, math.inf, 8),
            (1.0, 0.5, -1.0, 3),
        ]
    ]
    ordered = sorted(pool)
    assert [key.index for key in ordered] == [5, 5, 1, 9, 0, 2, 4, 8, -1]
    for a, b, c in itertools.product(pool, repeat=3):
        assert merge(merge(a, b), c) == merge(a, merge(b, c))
        assert merge(a, b) == merge(b, a)
        assert (a < b) + (b < a) + (a == b) == 1
        if a == b:
            assert hash(a) == hash(b)
    assert all(merge(a, a) == a for a in pool)


@pytest.mark.clause("GDA-thm-merge", "GDA-batch-broadcast")
def test_shapes() -> None:
    query, keys = np.zeros((2, 1, 4, 3)), np.ones((5, 6, 3))
    order = order_keys(query, keys)
    assert order.shape == (2, 5, 4)
    assert merge(order, order[:1, :, :1]).shape == (2, 5, 4)
    assert merge(order, order).dtype == object
    assert merge(order[0, 0, 0], order).shape == (2, 5, 4)
    assert order_keys(np.zeros((0, 3)), keys[0]).shape == (0,)
    assert merge(order[:, :, :0], order[:, :, :0]).shape == (2, 5, 0)


@pytest.mark.clause("GDA-thm-merge", "GDA-input-dtype", "GDA-input-domain")
def test_bad_calls_name_the_argument() -> None:
    query, keys = np.zeros((1, 1)), np.ones((1, 1))
    order = order_keys(query, keys)
    with pytest.raises(TypeError, match=r"b: expected order keys, got float at index \(0,\)"):
        merge(order, np.array([0.5], dtype=object))
    with pytest.raises(TypeError, match="a: expected order keys"):
        merge(3, order)
    with pytest.raises(ValueError, match="offset"):
        order_keys(query, keys, offset=-1)
    with pytest.raises(TypeError, match="offset"):
        order_keys(query, keys, offset=1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        assert order[0] < 3
