"""T9: thresholds at or above the ceiling, below 0, and at 0."""

from __future__ import annotations

import math

import numpy as np
import pytest
import support as su
from flint import arb
from gd_attention import admission, ceiling, radius
from hypothesis import assume, example, given
from hypothesis import strategies as st

# Keys at every distance from one query: equal, next to it, near, far, beyond overflow.
QUERY = np.array([[1.0]])
KEYS = np.array([[1.0], [math.nextafter(1.0, 2.0)], [1.5], [40.0], [-1e150], [1.7e308]])


def admitted(threshold: float, alpha: float) -> list[bool]:
    return admission(QUERY, KEYS, alpha=alpha, threshold=threshold).admitted[0].tolist()


def at_or_above_ceiling(threshold: float, alpha: float) -> bool:
    """Against the real ceiling. No float equals it, so some precision decides."""
    with su.precision(400 + su.bits(1.0, alpha)):
        top = -(1 - arb(alpha)).log() if alpha <= 0.5 else -arb(alpha).log()
        return bool(arb(threshold) > top)


@st.composite
def near_ceiling(draw: st.DrawFn) -> tuple[float, float]:
    """The float ceiling, some floats or some relative distance away, and its weight."""
    alpha = draw(su.extreme_weights)
    value = float(ceiling(alpha))
    if draw(st.booleans()):
        return value * (1 + draw(st.sampled_from([1, -1])) * draw(su._power(-15, 1))), alpha
    steps = draw(st.integers(-3, 3))
    for _ in range(abs(steps)):
        value = math.nextafter(value, math.copysign(math.inf, steps))
    return value, alpha


@pytest.mark.clause("GDA-thm-vacuous", "GDA-def-radius", "GDA-admit-ceiling")
@given(near_ceiling())
@example((math.log(2.0), 0.5))
@example((5e-324, 5e-324))
def test_radius_is_infinite_from_the_ceiling_on(pair: tuple[float, float]) -> None:
    """Infinite iff the threshold is above the real ceiling, negative iff below 0."""
    threshold, alpha = pair
    value = float(radius(threshold, alpha))
    assert (value == math.inf) == at_or_above_ceiling(threshold, alpha)
    assert (value == -math.inf) == (threshold < 0.0)


@pytest.mark.clause("GDA-thm-vacuous", "GDA-admit-ceiling")
@given(near_ceiling())
@example((math.log(2.0), 0.5))
@example((math.nextafter(math.log(2.0), 1.0), 0.5))
def test_ceiling_admits_every_key(pair: tuple[float, float]) -> None:
    """From the ceiling on all keys are admitted; below it the farthest, saturated one is not."""
    threshold, alpha = pair
    # nearer than exp(-1e300) to its ceiling a farthest key has no threshold of its own to pass
    result = admitted(threshold, alpha)
    if at_or_above_ceiling(threshold, alpha):
        assert all(result)
    else:
        assert not result[-1]


@pytest.mark.clause("GDA-thm-vacuous", "GDA-admit-zero")
@given(su._power(-300, 300).map(lambda x: -x), su.extreme_weights)
@example(-5e-324, 0.5)
@example(-math.inf, 0.5)
def test_negative_thresholds_exclude_every_key(threshold: float, alpha: float) -> None:
    """Energies are not negative: an equal key is excluded as well."""
    assert not any(admitted(threshold, alpha))
    assert radius(threshold, alpha) == -math.inf


@pytest.mark.clause("GDA-thm-vacuous", "GDA-admit-zero", "GDA-signed-zero")
@given(su.extreme_weights, st.sampled_from([0.0, -0.0]))
def test_zero_admits_equal_keys_only(alpha: float, zero: float) -> None:
    """Not the key next to the query, whose energy is far below one rounding."""
    assert admitted(zero, alpha) == [True] + [False] * (len(KEYS) - 1)
    assert radius(zero, alpha) == 0.0


@pytest.mark.clause("GDA-thm-vacuous", "GDA-admit-zero")
@given(su._power(-323, -170))
def test_zero_is_not_fooled_by_underflow(step: float) -> None:
    """Keys whose squared distance underflows differ from the query."""
    assume(step > 0.0)
    result = admission([[0.0]], [[step], [0.0], [-0.0]], threshold=0.0)
    assert result.admitted[0].tolist() == [False, True, True]
