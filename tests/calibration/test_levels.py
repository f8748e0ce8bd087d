"""Levels against the operator: it selects at the level and abstains just below it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gd_attention import PrecisionCapError, gd_attention
from gd_attention.calibration import energy_levels, levels
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

# few numbers, so that equal rows, ties and saturated pairs are common; 1e-170 has a square that
# underflows, 0.1 and 0.7 are not dyadic
COORDINATES = st.sampled_from([0.0, 0.1, 0.7, 1.0, -1.0, 2.0, 5.0, 40.0, 1e-170, 1e160])
WEIGHTS = st.sampled_from([0.5, 0.3, 0.7, 0.1, 1e-12, 0.49999999999999994])
BETAS = st.sampled_from([1.0, 0.5, 0.02, 1e-300])


@given(data=st.data(), m=st.integers(1, 4), n=st.integers(1, 4), d=st.integers(1, 3), beta=BETAS)
def test_a_level_is_the_least_threshold_that_selects(data, m, n, d, beta) -> None:
    query = data.draw(hnp.arrays(np.float64, (m, d), elements=COORDINATES))
    keys = data.draw(hnp.arrays(np.float64, (n, d), elements=COORDINATES))
    alpha = data.draw(hnp.arrays(np.float64, (n,), elements=WEIGHTS))
    mask = data.draw(hnp.arrays(np.bool_, (m, n)))
    found = energy_levels(query, keys, alpha=alpha, beta=beta, mask=mask)

    def index(threshold):
        return gd_attention(
            query, keys, alpha=alpha, beta=beta, mask=mask, threshold=threshold
        ).index

    free = index(math.inf)
    assert np.array_equal(found.index, free)
    assert np.array_equal(found.level == math.inf, free == -1)
    tau = found.level[:, None]
    assert np.array_equal(index(tau), free)
    below = np.where(tau < math.inf, np.nextafter(tau, -math.inf), tau)
    assert (index(below) == -1).all()
    # one threshold for all: what is admitted is told by the levels
    common = float(found.level[0])
    assert np.array_equal(index(common) >= 0, (found.level <= common) & (free >= 0))


def test_levels_tell_apart_what_a_threshold_can() -> None:
    # at alpha = 1/2, separations 400 and 100: both energies round to the same float
    query, keys = [[0.0]], [[20.0], [-10.0]]
    mask = np.eye(2, dtype=bool)
    found = energy_levels([[0.0], [0.0]], keys, mask=mask)
    # no float lies between the two, so no threshold tells them apart, and the levels agree
    assert found.level[0] == found.level[1] == math.nextafter(math.log(2.0), 1.0)
    assert gd_attention(query, keys, threshold=math.log(2.0)).index[0] == -1
    # neighbouring keys: a float lies between their energies
    near = energy_levels([[0.0], [0.0]], [[1.0], [1.0 + 2.0**-52]], beta=0.1, mask=mask).level
    assert near[0] < near[1]


def test_batches_and_empty_sets() -> None:
    query = np.arange(12.0).reshape(2, 3, 2)
    keys = np.array([[[0.0, 1.0]], [[6.0, 7.0]]])
    found = energy_levels(query, keys, beta=0.01)
    assert found.level.shape == found.index.shape == (2, 3)
    assert (found.level[:, 0] == 0.0).all() and found.level[0, 1] == found.level[1, 1] > 0.0
    none = energy_levels(query, np.zeros((0, 2)))
    assert (none.index == -1).all() and (none.level == math.inf).all()


def test_errors_are_those_of_the_operator() -> None:
    with pytest.raises(ValueError, match="keys: expected"):
        energy_levels([[0.0]], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="alpha: expected"):
        energy_levels([[0.0]], [[1.0]], alpha=1.0)


def test_an_open_rounding_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "_MOST_DIGITS", 1)
    with pytest.raises(PrecisionCapError, match="agrees with a float64"):
        energy_levels([[0.0]], [[1.0]], alpha=0.3)
