"""T8: E*(Lambda, alpha) = E*(Lambda, 1 - alpha), and what per-key weights change."""

from __future__ import annotations

import numpy as np
import pytest
import support as su
from clouds import Cloud, clouds
from gd_attention import align, gd_attention
from hypothesis import given
from hypothesis import strategies as st

# weights whose complement is a float: 1 - alpha must be exact, and 1 - 0.7 is not 0.3
mirrored = st.integers(1, 2**52 - 1).map(lambda k: k * 2.0**-53)


@pytest.mark.clause("GDA-thm-symmetry")
@given(su.separations, mirrored)
def test_the_energy_is_symmetric_and_the_coordinate_mirrored(
    separation: float, alpha: float
) -> None:
    """Bit by bit: the reference has nothing but min(alpha, 1 - alpha) to work with."""
    left, right = align(separation, alpha), align(separation, 1.0 - alpha)
    assert left.energy == right.energy
    assert left.minor == right.minor
    # for alpha < 1/2 the key's side; 1 - u rounds once
    assert left.coordinate == 1.0 - right.coordinate


@pytest.mark.clause("GDA-thm-symmetry")
def test_at_one_half_beyond_two_both_stay_on_the_key_side() -> None:
    """The exception of T8: alpha = 1/2 is its own mirror image, and the rule breaks the tie."""
    assert align(3.0, 0.5).coordinate > 0.5


@pytest.mark.clause("GDA-thm-symmetry", "GDA-select-priors")
@given(clouds(), st.lists(mirrored, min_size=7, max_size=7), st.integers(0, 127))
def test_mirroring_weights_changes_no_selection(
    cloud: Cloud, weights: list[float], flips: int
) -> None:
    """Any subset of the keys may have its weight mirrored: energies, so the index, stay."""
    alpha = np.array(weights[: len(cloud.keys)])
    flip = np.array([flips >> j & 1 for j in range(len(alpha))], dtype=bool)
    mirrored_alpha = np.where(flip, 1.0 - alpha, alpha)
    one = gd_attention(cloud.query, cloud.keys, alpha=alpha)
    two = gd_attention(cloud.query, cloud.keys, alpha=mirrored_alpha)
    assert one.index.tolist() == two.index.tolist()
    assert one.energy.tolist() == two.energy.tolist()


@pytest.mark.clause("GDA-thm-symmetry", "GDA-select-priors")
def test_a_farther_key_can_win() -> None:
    """Separations 1 and 2: at weight 1/2 the energy is 1/4, at 0.9 at most 0.9 * 0.1 * 2 (T6)."""
    result = gd_attention([[0.0, 0.0]], [[1.0, 0.0], [1.0, 1.0]], alpha=[0.5, 0.9])
    assert result.index.tolist() == [1]
    assert result.energy[0] <= 0.18
