"""T25: with one threshold the filter is a reject option on the winner; per key it is not."""

from __future__ import annotations

import numpy as np
import pytest
from clouds import Cloud, clouds
from gd_attention import admission, gd_attention
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.clause("GDA-thm-filter-select")
@given(clouds(), st.booleans(), st.floats(-0.1, 0.8))
def test_a_common_threshold_checks_the_winner(cloud: Cloud, shared: bool, tau: float) -> None:
    """Three ways to the same index: the call, the checked winner, the filtered mask."""
    n = len(cloud.keys)
    alpha = 0.3 if shared else cloud.rng.uniform(0.05, 0.95, size=n)
    called = gd_attention(cloud.query, cloud.keys, alpha=alpha, threshold=tau).index
    winner = gd_attention(cloud.query, cloud.keys, alpha=alpha).index
    table = admission(cloud.query, cloud.keys, alpha=alpha, threshold=tau).admitted
    passed = np.take_along_axis(table, winner[:, None], axis=1)[:, 0]
    assert called.tolist() == np.where(passed, winner, -1).tolist()
    assert (
        called.tolist()
        == gd_attention(cloud.query, cloud.keys, alpha=alpha, mask=table).index.tolist()
    )


@pytest.mark.clause("GDA-thm-filter-select", "GDA-def-selection")
@given(clouds(), st.integers(0, 2**20))
def test_thresholds_per_key_filter_first(cloud: Cloud, seed: int) -> None:
    """Selecting under per-key thresholds is selecting among the admitted."""
    rng = np.random.default_rng(seed)
    tau = rng.uniform(-0.1, 0.8, size=(len(cloud.query), len(cloud.keys)))
    table = admission(cloud.query, cloud.keys, threshold=tau).admitted
    called = gd_attention(cloud.query, cloud.keys, threshold=tau).index
    assert called.tolist() == gd_attention(cloud.query, cloud.keys, mask=table).index.tolist()


@pytest.mark.clause("GDA-thm-filter-select")
def test_per_key_the_two_differ() -> None:
    """The example of the text: the nearer key is excluded and the farther one selected."""
    rest = {"keys": [[0.5], [1.0]], "threshold": [0.0, np.inf]}
    assert gd_attention([[0.0]], **rest).index.tolist() == [1]
    assert gd_attention([[0.0]], rest["keys"]).index.tolist() == [0]
    assert admission([[0.0]], **rest).admitted.tolist() == [[False, True]]
