"""Keys by rising weight, by parts of the range and by comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gd_attention.accelerated import sorting


@pytest.mark.parametrize("count", [1, 3, 4, 5, 40, 1024, 1025, 5000])
@pytest.mark.parametrize(
    "draw",
    [
        lambda r, n: r.beta(2, 2, n),
        lambda r, n: r.choice([0.25, 0.75], n),
        lambda r, n: np.nextafter(0.0, 1.0) * r.integers(1, 9, n),
        lambda r, n: 0.25 + 2.0**-54 * r.integers(0, 2 * n, n),
        lambda r, n: np.exp(-700.0 * r.random(n)),
    ],
    ids=["spread", "mirrored", "least", "crowded", "octaves"],
)
def test_keys_are_sorted_by_weight(draw: Any, count: int, tiles: None) -> None:
    """By parts, and by comparisons where weights crowd; some keys of all, each once."""
    r = np.random.default_rng(count)
    alpha = draw(r, 2 * count)
    alpha.setflags(write=False)
    keys = np.sort(r.permutation(2 * count)[:count])
    light = np.minimum(alpha, 1.0 - alpha)
    order = sorting.by_weight(alpha, keys, float(light[keys].min()), float(alpha.max()))
    assert sorted(order) == keys.tolist()
    assert (np.diff(light[order]) >= 0.0).all()
