"""A few queries: keys in strides, and what is not finite found by the search itself."""

from __future__ import annotations

from typing import Any

import gd_attention
import ml_dtypes
import numpy as np
import pytest
from gd_attention import accelerated
from judges import CLOUDS, same


@pytest.mark.clause("GDA-select-index", "GDA-select-ties", "GDA-select-priors")
@pytest.mark.parametrize("count", [1, 255, 256, 257, 511, 513, 5000])
@pytest.mark.parametrize("cloud", ["integers", "one_ulp"])
def test_a_few_queries_pass_keys_in_strides(cloud: str, count: int) -> None:
    """Sizes around the stride of real calls, in one range of keys and in two."""
    r = np.random.default_rng(count)
    query, keys = CLOUDS[cloud](r, 3, count, 16)
    same(query, keys)
    same(query, keys, alpha=r.beta(2, 2, count), beta=0.02)
    same(query, keys, alpha=r.beta(2, 2, count), mask=r.random((3, count)) < 0.5)
    # the winner last, first and across the edge of a stride
    for winner in {0, min(256, count - 1), count - 1}:
        near = keys.copy()
        near[winner] = query[1] + 2.0**-10
        assert same(query, near, alpha=0.3).index[1] == winner


@pytest.mark.clause("GDA-input-finite", "GDA-mask-unread")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_is_not_finite_is_found_by_the_search(bad: float, dtype: type, route: None) -> None:
    """Keys that nobody looked at before: the reference's error where a pair reads one."""
    r = np.random.default_rng(4)

    def told(query: Any, keys: Any, **options: Any) -> bool:
        """Whether both refuse the call, in the same words; else they return the same bits."""
        try:
            gd_attention.gd_attention(query, keys, **options)
        except ValueError as expected:
            with pytest.raises(ValueError) as found:
                accelerated.gd_attention(query, keys, **options)
            assert str(found.value) == str(expected)
            return True
        same(query, keys, **options)
        return False

    # a fault that comes first stays the first: query, keys, then values
    inexact = np.full((3, 1), 2**53 + 1)
    assert told(np.full((1, 2), bad, dtype), np.zeros((3, 2), dtype), values=inexact)
    assert told(np.ones((1, 2), dtype), np.full((3, 2), bad, dtype), values=inexact)
    assert told(np.full((1, 2), bad, dtype), np.full((3, 2), 2**53 + 1))
    for count in (1, 40):
        query = r.normal(size=(2, 3)).astype(dtype)
        keys = r.normal(size=(count, 3)).astype(dtype)
        keys[count // 2, 1] = bad
        mask = np.ones((2, count), bool)
        assert told(query, keys)
        assert told(query, keys, alpha=r.beta(2, 2, count))
        assert told(query, keys, mask=mask)
        assert told(query, keys, values=np.zeros((3, count, 1)))
        assert told(keys[count // 2 :][:2], np.zeros((count, 3), dtype))
        mask[1, count // 2] = False
        assert told(query, keys, mask=mask)
        mask[0, count // 2] = False
        assert not told(query, keys, mask=mask)
    far = np.array([[1e200, 0.0], [-1e180, 1e170]])
    assert not told(np.zeros((1, 2)), far)


@pytest.mark.clause("GDA-input-finite", "GDA-mask-unread")
def test_a_nan_that_signals_is_a_nan_like_others() -> None:
    """No warning; refused where a pair reads it, and not where none does."""
    rows = np.zeros((3, 2), np.float32)
    rows.view(np.uint32)[1, 0] = 0x7F800001
    brain = np.zeros((3, 2), ml_dtypes.bfloat16)
    brain[1, 0] = np.nan
    for bad in (rows, brain):
        for operator in (gd_attention.gd_attention, accelerated.gd_attention):
            with pytest.raises(ValueError, match="query: expected finite values"):
                operator(bad, np.ones((2, 2), np.float32))
            with pytest.raises(ValueError, match="keys: expected finite values"):
                operator(np.ones((2, 2), np.float32), bad)
        same(np.ones((2, 2)), bad, mask=np.array([True, False, True]))
