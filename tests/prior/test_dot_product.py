"""Scaled dot-product attention [2]."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.prior.dot_product import attention, attention_weights, causal_mask, multi_head
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

EPS = 2.0**-52
EIGHTHS = st.integers(-16, 16).map(lambda k: k / 8)


def arrays(*shape: int) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.float64, shape, elements=EIGHTHS)


@pytest.mark.property_of("dot_product.attention_weights", "P-sum")
@given(q=arrays(3, 2), k=arrays(4, 2), mask=hnp.arrays(np.bool_, (3, 4)))
def test_rows_sum_to_one_or_are_zero(q, k, mask):
    w = attention_weights(q, k, mask)
    assert (w[~mask] == 0).all()
    assert np.abs(w.sum(axis=1) - mask.any(axis=1)).max() <= 8 * EPS


@pytest.mark.property_of("dot_product.attention_weights", "P-shift")
@given(q=arrays(3, 2), k=arrays(4, 2), u=arrays(2))
def test_a_vector_added_to_all_keys_changes_nothing(q, k, u):
    # products and sums of eighths are exact, and so are the differences to the largest
    assert np.array_equal(
        attention_weights(q, k + u, scale=1.0), attention_weights(q, k, scale=1.0)
    )


@pytest.mark.property_of("dot_product.attention_weights", "P-causal")
@given(q=arrays(4, 2), k=arrays(4, 2), later=arrays(4, 2))
def test_a_causal_row_ignores_later_keys(q, k, later):
    for row in range(4):
        changed = np.where(np.arange(4)[:, None] > row, later, k)
        before, after = (attention_weights(q, x, causal_mask(4, 4))[row] for x in (k, changed))
        assert np.array_equal(before, after)


@pytest.mark.property_of("dot_product.attention_weights", "P-cold")
@given(q=arrays(2, 2), k=arrays(4, 2))
def test_a_large_scale_gives_the_average_of_the_best(q, k):
    scores = q @ k.T
    best = scores == scores.max(axis=1, keepdims=True)
    # products of eighths differ by at least 1/64: exp(-1e5/64) underflows to 0
    w = attention_weights(q, k, scale=1e5)
    assert np.abs(w - best / best.sum(axis=1, keepdims=True)).max() <= EPS


@pytest.mark.property_of("dot_product.attention_weights", "P-hot")
@given(q=arrays(2, 2), k=arrays(4, 2))
def test_a_small_scale_is_uniform(q, k):
    # |score| <= 8, so each weight is exp(+-1.6e-11)/4 up to rounding
    assert np.abs(attention_weights(q, k, scale=1e-12) - 0.25).max() <= 0.25 * 3.3e-11


@pytest.mark.property_of("dot_product.attention", "P-permutation")
@given(q=arrays(3, 2), k=arrays(4, 2), v=arrays(4, 2), order=st.permutations(range(4)))
def test_keys_and_values_permute_together(q, k, v, order):
    first, second = attention(q, k, v), attention(q, k[order], v[order])
    # sums of four terms of size 2 in another order
    assert np.abs(first - second).max() <= 64 * EPS
    turned = attention(q[::-1], k, v)
    assert np.abs(turned - first[::-1]).max() <= 64 * EPS


@pytest.mark.property_of("dot_product.attention", "P-hull")
@given(q=arrays(3, 2), k=arrays(4, 2), v=arrays(4, 2))
def test_outputs_stay_in_the_hull(q, k, v):
    o = attention(q, k, v)
    assert (o <= v.max(axis=0) + 32 * EPS).all()
    assert (o >= v.min(axis=0) - 32 * EPS).all()


@pytest.mark.property_of("dot_product.causal_mask", "P-aligned")
def test_causal_masks_of_unequal_sizes():
    assert causal_mask(2, 4).tolist() == [[True, False, False, False], [True, True, False, False]]
    last = [[True, True, True, False], [True, True, True, True]]
    assert causal_mask(2, 4, "last").tolist() == last
    assert np.array_equal(causal_mask(3, 3), causal_mask(3, 3, "last"))
    with pytest.raises(ValueError, match="align: expected"):
        causal_mask(1, 1, "middle")  # type: ignore[arg-type]


@pytest.mark.property_of("dot_product.multi_head", "P-heads")
@given(
    x=arrays(3, 4), wq=arrays(2, 4, 2), wk=arrays(2, 4, 2), wv=arrays(2, 4, 2), wo=arrays(2, 2, 4)
)
def test_heads_add_up(x, wq, wk, wv, wo):
    both = multi_head(x, x, x, wq, wk, wv, wo)
    each = [multi_head(x, x, x, *(w[h : h + 1] for w in (wq, wk, wv, wo))) for h in (0, 1)]
    # values of size 2*2*4 = 16, outputs of size 64 at most, a few roundings
    assert np.abs(both - each[0] - each[1]).max() <= 64 * 16 * EPS


def test_a_masked_row_is_zero_and_the_width_of_the_keys_scales():
    q, k, v = np.ones((1, 4)), np.eye(4)[:2], np.arange(6.0).reshape(2, 3)
    assert attention(q, k, v, [[False, False]]).tolist() == [[0.0, 0.0, 0.0]]
    sharper = attention_weights([[4.0, 0, 0, 0]], [[1.0, 0, 0, 0], [0, 0, 0, 0]])
    assert abs(sharper[0, 0] / sharper[0, 1] - np.exp(2.0)) <= 16 * EPS * np.exp(2.0)


def test_agrees_with_torch():
    torch = pytest.importorskip("torch", reason="a peer of the comparison")
    draws = np.random.default_rng(2)
    q, k, v = (
        draws.normal(size=(2, 5, 8)),
        draws.normal(size=(2, 7, 8)),
        draws.normal(size=(2, 7, 3)),
    )
    mask = draws.random((2, 5, 7)) < 0.5
    mask[0, 0] = False
    ours = attention(q, k, v, mask)
    theirs = torch.nn.functional.scaled_dot_product_attention(
        *(torch.from_numpy(x) for x in (q, k, v)), attn_mask=torch.from_numpy(mask)
    ).numpy()
    # scores below 10 with relative errors of 10 eps move weights by 100 eps; values are below 4
    assert np.abs(ours - theirs).max() <= 1000 * EPS
    assert (ours[0, 0] == 0).all() and (theirs[0, 0] == 0).all()
    square = attention(q, k, v, causal_mask(5, 7))
    causal = torch.nn.functional.scaled_dot_product_attention(
        *(torch.from_numpy(x) for x in (q, k, v)), is_causal=True
    ).numpy()
    assert np.abs(square - causal).max() <= 1000 * EPS  # torch aligns at the first key
