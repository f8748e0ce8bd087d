"""T26: the equalities that exist are met exactly, and their neighbours are not equal."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from clouds import square
from gd_attention import admission, gd_attention
from hypothesis import given
from hypothesis import strategies as st

# dyadic, so that the separation and its quarter are floats
lengths = st.integers(1, 2**20).map(lambda k: k * 2.0**-20)


@pytest.mark.clause("GDA-thm-decidability", "GDA-admit-threshold")
@given(lengths)
def test_a_quarter_of_the_separation_is_met(length: float) -> None:
    """Alpha = 1/2, separation <= 2: the threshold separation/4 admits, the float below does not."""
    tau = length**2 / 4
    assert Fraction(tau) == Fraction(length) ** 2 / 4
    keys = [[length], [length], [length]]
    row = [tau, math.nextafter(tau, 0.0), math.nextafter(tau, 1.0)]
    assert admission([[0.0]], keys, threshold=row).admitted.tolist() == [[True, False, True]]


@pytest.mark.clause("GDA-thm-decidability", "GDA-select-ties")
@given(lengths, st.integers(1, 2**52 - 1).map(lambda k: k * 2.0**-53))
def test_mirrored_weights_tie_at_equal_separations(length: float, alpha: float) -> None:
    """min(alpha, 1 - alpha) agrees as rationals: a tie, so the least index, in either order."""
    keys = [[length], [-length]]
    for weights in ([alpha, 1.0 - alpha], [1.0 - alpha, alpha]):
        assert gd_attention([[0.0]], keys, alpha=weights).index.tolist() == [0]


@pytest.mark.clause("GDA-thm-decidability", "GDA-select-priors")
@given(lengths, st.floats(1e-300, 0.5, exclude_max=True))
def test_neighbouring_weights_do_not_tie(length: float, alpha: float) -> None:
    """One ulp of the weight decides, in T23's direction: the energy rises with min(a, 1-a)."""
    above = math.nextafter(alpha, 1.0)
    keys = [[length], [-length]]
    assert gd_attention([[0.0]], keys, alpha=[above, alpha]).index.tolist() == [1]
    assert gd_attention([[0.0]], keys, alpha=[alpha, above]).index.tolist() == [0]


@pytest.mark.clause("GDA-thm-decidability", "GDA-align-unique")
@given(st.integers(0, 2**32), st.integers(1, 5), st.sampled_from([1.0, 0.3, 7.0]))
def test_unique_is_a_rational_question(seed: int, d: int, beta: float) -> None:
    """Separations within a few ulp of 2, on both sides and on it."""
    rng = np.random.default_rng(seed)
    keys = rng.normal(size=(16, d))
    keys *= np.sqrt(2.0 / beta / (keys**2).sum(axis=1, keepdims=True))
    keys = np.nextafter(keys, rng.choice([-9.0, 9.0], size=keys.shape))
    keys[0], keys[0, 0] = 0.0, 1.0
    query = np.zeros(d)
    for key in keys:
        exact = Fraction(beta) * square(query, key)
        result = gd_attention(query[None], key[None], beta=beta)
        assert bool(result.unique[0]) == (exact <= 2)
        assert bool(result.coordinate[0] == 0.5) == (exact <= 2) or exact == 0


@pytest.mark.clause("GDA-thm-decidability", "GDA-admit-ceiling")
@given(st.floats(1e-300, 1.0, exclude_max=True), st.integers(0, 600))
def test_no_float_is_the_ceiling(alpha: float, exponent: int) -> None:
    """Far away, a threshold admits iff it lies above the real ceiling: monotone, with one step."""
    top = -math.log1p(-min(alpha, 1.0 - alpha))
    taus = [math.nextafter(math.nextafter(top, 0.0), 0.0)]
    while len(taus) < 5:
        taus.append(math.nextafter(taus[-1], 1.0))
    keys = [[2.0**exponent * 1e3]] * 5
    admitted = admission([[0.0]], keys, alpha=alpha, threshold=taus).admitted[0].tolist()
    assert admitted == sorted(admitted)
    assert (admitted[0], admitted[-1]) == (False, True)


@pytest.mark.clause("GDA-thm-decidability", "GDA-admit-ceiling")
def test_the_float_of_log_two_lies_below_it() -> None:
    """float(log 2) < log 2: it excludes keys with separation above 38.3, and inf does not."""
    keys = [[math.sqrt(38.0)], [math.sqrt(39.0)], [1e200]]
    table = admission([[0.0]], keys, threshold=math.log(2)).admitted
    assert table.tolist() == [[True, False, False]]
    assert admission([[0.0]], keys).admitted.all()
