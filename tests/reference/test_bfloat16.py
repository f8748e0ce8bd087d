"""bfloat16 arrays are taken exactly, though NumPy does not know the dtype."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from gd_attention import gd_attention

BF16 = ml_dtypes.bfloat16


@pytest.mark.clause("GDA-input-exact", "GDA-output-dtype")
def test_bfloat16_gives_the_result_of_the_same_numbers() -> None:
    rng = np.random.default_rng(3)
    query, keys = (rng.normal(size=shape).astype(BF16) for shape in ((3, 4), (6, 4)))
    alpha = rng.uniform(0.1, 0.9, size=6).astype(BF16)
    threshold = np.array([[0.5], [0.0], [np.inf]], BF16)
    found = gd_attention(query, keys, alpha=alpha, threshold=threshold, fill=-2.5)
    same = gd_attention(
        query.astype(float),
        keys.astype(float),
        alpha=alpha.astype(float),
        threshold=threshold.astype(float),
        fill=-2.5,
    )
    assert found.index.tolist() == same.index.tolist()
    assert found.energy.tolist() == same.energy.tolist()
    assert found.energy.dtype == np.float64
    # the output is a row of the values, in their dtype
    assert found.output.dtype == BF16
    assert found.output.astype(float).tolist() == same.output.tolist()
    scalar = gd_attention(query, keys, alpha=BF16(0.25), beta=BF16(2.0), threshold=BF16(0.5))
    plain = gd_attention(query, keys, alpha=0.25, beta=2.0, threshold=0.5)
    assert scalar.energy.tolist() == plain.energy.tolist()


@pytest.mark.clause("GDA-input-exact")
def test_nothing_is_summed_in_bfloat16() -> None:
    query = np.zeros((1, 2), BF16)
    keys = np.array([[16.0, 1.0], [16.0, 0.5]], BF16)
    # 257 and 256.25 are one bfloat16
    assert gd_attention(query, keys).index.tolist() == [1]


@pytest.mark.clause("GDA-fill-representable")
def test_a_fill_between_two_bfloat16_is_refused() -> None:
    values = np.zeros((1, 1), BF16)
    with pytest.raises(ValueError, match="fill: expected values that dtype bfloat16 represents"):
        gd_attention([[0.0]], [[1.0]], values, fill=0.1)


@pytest.mark.clause("GDA-input-finite", "GDA-input-dtype")
def test_bad_bfloat16_and_other_void_dtypes_are_refused() -> None:
    with pytest.raises(ValueError, match="query"):
        gd_attention(np.array([[np.nan]], BF16), [[1.0]])
    with pytest.raises(TypeError, match="query"):
        gd_attention(np.zeros((1, 1), "V2"), [[1.0]])
