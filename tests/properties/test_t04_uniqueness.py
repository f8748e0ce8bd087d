"""T4: the alignment point is unique iff alpha != 1/2 or separation <= 2; the rule at 1/2."""

from __future__ import annotations

import math

import pytest
import support as su
from flint import arb
from gd_attention.alignment import align
from hypothesis import example, given

pairs = su.st.one_of(
    su.st.tuples(su.separations, su.extreme_weights), su.st.tuples(su.separations, su.st.just(0.5))
)


@pytest.mark.clause("GDA-thm-uniqueness", "GDA-align-unique")
@given(pairs)
@example((math.nextafter(2.0, 3.0), 0.5))
@example((2.0, 0.5))
@example((3.0, math.nextafter(0.5, 0.0)))
def test_unique_is_what_phi_says(pair: tuple[float, float]) -> None:
    """Two minimisers: phi is even about the middle, and lower somewhere than in the middle.

    For alpha = 1/2, f(t) = f(1-t) exactly; a second minimiser exists iff the middle is not the
    minimum, which f''(1/2) decides in both directions: f'' is least there (T12).
    """
    separation, alpha = pair
    unique = bool(align(separation, alpha).unique)
    if alpha != 0.5 or separation == 0.0:
        assert unique
        return
    with su.precision(su.bits(separation)):
        lam, half = arb(separation), arb(0.5)
        curved = su.taylor(lambda t: su.landscape(lam, half, t), half, 2)[2]
        assert unique == (not curved < 0)


@pytest.mark.clause("GDA-thm-uniqueness", "GDA-align-half")
@given(su.st.tuples(su.positive_separations, su.extreme_weights))
@example((3.0, 0.5))
@example((1e-300, math.nextafter(0.5, 1.0)))
def test_minimiser_lies_on_the_heavier_side(pair: tuple[float, float]) -> None:
    """sign(2t - 1) = sign(h); at 1/2 the key's side. A coordinate may round to 1/2, not beyond."""
    separation, alpha = pair
    t = float(align(separation, alpha).coordinate)
    if alpha > 0.5:
        assert t <= 0.5
    else:
        assert t >= 0.5
    if abs(alpha - 0.5) > su.EPS:
        # |2t - 1| >= |1 - 2 alpha| > eps: the rounding by eps/2 cannot hide the side
        assert t != 0.5
    if alpha == 0.5 and separation <= 2.0:
        assert t == 0.5


@pytest.mark.clause("GDA-thm-uniqueness")
@given(su.positive_separations.filter(lambda y: y > 2.0))
@example(math.nextafter(2.0, 3.0))
def test_the_mirror_image_is_no_minimiser_off_one_half(separation: float) -> None:
    """Phi at t and 1 - t, at the weights next to 1/2 and at 1/2 itself."""
    with su.precision(su.bits(separation)):
        lam = arb(separation)
        for alpha in (math.nextafter(0.5, 0.0), 0.5, math.nextafter(0.5, 1.0)):
            u = arb(float(align(separation, alpha).minor))
            near, far = (u, 1 - u) if alpha > 0.5 else (1 - u, u)
            here, there = (su.landscape(lam, arb(alpha), t) for t in (near, far))
            if alpha == 0.5:
                assert here.overlaps(there)
            else:
                assert here < there or u == 0.5


@pytest.mark.clause("GDA-thm-uniqueness", "GDA-align-half")
@given(su.positive_separations.filter(lambda y: y > 2.0))
@example(math.nextafter(2.0, 3.0))
@example(3.0)
def test_rule_at_one_half_is_the_limit_from_below(separation: float) -> None:
    """T at alpha = 1/2 against the certificate at the weights below, which decrease towards it.

    t* increases with h, so the coordinate at 1/2 is not above the certified one at any lower
    weight; it is not below the certified one at 1/2 itself, which `align` meets within T13.
    """
    aligned = align(separation, 0.5)
    relative = su.minor_error(separation, 0.5)
    with su.precision(su.bits(separation)):
        # u at 1/2 lies between those for a separation off by ROOT either way
        low = su.certified(math.nextafter(separation * (1 + su.ROOT), math.inf), 0.5)
        high = su.certified(max(separation * (1 - su.ROOT), 2.0), 0.5)
        minor = arb(float(aligned.minor))
        assert not minor < low.minor * (1 - relative) - su.TINY
        assert not minor > high.minor * (1 + relative)
        below = su.certified(separation, 0.5 - 2.0**-50)
        assert below.coordinate > high.coordinate or below.minor < high.minor
    assert float(aligned.coordinate) >= 0.5
