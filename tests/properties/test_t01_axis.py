"""T1: across the passage phi only adds beta |y|^2, so its minimisers lie on the passage."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
import support as su
from flint import arb
from gd_attention.alignment import align
from gd_attention.gradients import landscape_gradient
from gd_attention.landscape import energy
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray


@dataclass
class Placed:
    """A point s = q + t Delta + y with y orthogonal to Delta, every coordinate an exact float."""

    query: NDArray[np.float64]
    key: NDArray[np.float64]
    s: NDArray[np.float64]
    t: Fraction
    across: Fraction
    squared: Fraction
    dimension: int


@st.composite
def placed(draw: st.DrawFn) -> Placed:
    """Integers, times a power of two: the projection w (Delta.Delta) - Delta (w.Delta) is exact."""
    size = draw(st.integers(1, 4))
    vectors = st.lists(st.integers(-9, 9), min_size=size, max_size=size)
    query, delta, lift = draw(vectors), draw(vectors), draw(vectors)
    squared = sum(x * x for x in delta)
    assume(squared > 0)
    t = Fraction(draw(st.integers(-24, 40)), 16)
    dot = sum(w * x for w, x in zip(lift, delta, strict=True))
    across = [w * squared - x * dot for w, x in zip(lift, delta, strict=True)]
    share = Fraction(draw(st.integers(0, 16)), 1024)
    unit = Fraction(2) ** draw(st.integers(-40, 40))
    rows = [
        query,
        [q + x for q, x in zip(query, delta, strict=True)],
        [q + t * x + share * y for q, x, y in zip(query, delta, across, strict=True)],
    ]
    # integers below 2^16 in units of 2^-10: exact in float64
    q, k, s = (np.array([float(unit * x) for x in row]) for row in rows)
    length = sum((share * y) ** 2 for y in across)
    return Placed(q, k, s, t, unit * unit * length, unit * unit * squared, size)


def _beta(place: Placed, separation: float) -> float:
    return float(Fraction(separation) / place.squared)


def energy_error(dimension: int) -> float:
    """The relative error of `energy`.

    Both separations carry (D + 4) eps, and phi at most that: it is concave and 0 at 0 along
    (A, B) -> c (A, B). Then, near the wells: expm1, a product, 1 - alpha and a sum of one sign,
    3 eps, times the conditioning x / ((1+x) log1p(x)) <= 1.45 of log1p on [-1/2, 0], and 1 eps.
    Far from them phi >= log 2, and the two exponents, off by 1.5 eps each, count by their shares
    p: sum p |log p + log S| <= phi + log 2 <= 2 phi gives 3 eps, logaddexp 3 more. Both below 8.
    """
    return (dimension + 12) * su.EPS


@pytest.mark.clause("GDA-thm-axis", "GDA-def-landscape")
@given(placed(), su.moderate, su.weights)
def test_energy_splits_into_across_and_along(
    place: Placed, separation: float, alpha: float
) -> None:
    """`energy` in R^d against beta |y|^2 plus the one-dimensional phi in ball arithmetic."""
    beta = _beta(place, separation)
    value = float(energy(place.s, place.query, place.key, alpha, beta))
    with su.precision(300):
        along = su.landscape(
            su.rational(Fraction(beta) * place.squared), arb(alpha), su.rational(place.t)
        )
        exact = along + su.rational(Fraction(beta) * place.across)
        assert su.within(value, exact, energy_error(place.dimension))


@pytest.mark.clause("GDA-thm-axis")
@given(placed(), su.moderate, su.weights)
def test_no_point_lies_below_the_passage_minimum(
    place: Placed, separation: float, alpha: float
) -> None:
    """phi(s) >= beta |y|^2 + E*: off the passage by |y| there is no minimiser."""
    beta = _beta(place, separation)
    value = float(energy(place.s, place.query, place.key, alpha, beta))
    least = float(align(float(Fraction(beta) * place.squared), alpha).energy)
    with su.precision(300):
        floor = su.rational(Fraction(beta) * place.across) + arb(least) * (
            # the rounding of the separation, at most eps/2, carries over with factor 1 (T6)
            1 - su.ENERGY - su.EPS
        )
        assert arb(value) * (1 + 2 * energy_error(place.dimension)) + su.TINY >= floor


@pytest.mark.clause("GDA-thm-axis", "GDA-def-alignment-point")
@given(placed(), su.moderate, su.weights)
def test_the_minimum_is_attained_at_the_alignment_point(
    place: Placed, separation: float, alpha: float
) -> None:
    """phi(q + t* Delta) comes down to E*.

    The returned t is the minimiser for a separation off by at most `ROOT`, moved by at most du.
    dphi/dseparation lies in [0, 1] for t in [0, 1], which gives 2 ROOT separation where the
    separation is below 4; beyond it (T13) the coordinate is well conditioned. phi curves by at most
    2 beta in every direction, so du and the rounding of the point cost their squared lengths.
    """
    beta = _beta(place, separation)
    aligned = align(float(Fraction(beta) * place.squared), alpha)
    t = float(aligned.coordinate)
    point = place.query + t * (place.key - place.query)
    value = float(energy(point, place.query, place.key, alpha, beta))
    # each component: a product and a sum
    rounding = su.EPS * float(
        np.linalg.norm(np.abs(place.query) + 2 * np.abs(place.key - place.query))
    )
    moved = su.minor_error(separation, alpha) * float(aligned.minor) + su.EPS
    excess = 2 * su.ROOT * min(separation, 4.0) + 2 * separation * moved**2 + 2 * beta * rounding**2
    allowed = su.ENERGY + 2 * su.EPS + energy_error(place.dimension)
    assert value <= float(aligned.energy) * (1 + allowed) + excess + su.TINY


@pytest.mark.clause("GDA-thm-axis")
@given(placed(), su.moderate, su.weights)
def test_slope_across_the_passage_leads_back_to_it(
    place: Placed, separation: float, alpha: float
) -> None:
    """Y . grad phi = 2 beta |y|^2: no stationary point off the passage.

    The gradient is 2 beta ((1-p)(s-q) + p(s-k)). The shares p enter through beta times a dot
    product, of at most separation (2|t| + 1) (D + 4) eps, which a derivative p(1-p) <= 1/4 turns
    into an error of p along Delta only, orthogonal to y; what is left are roundings of at most
    8 eps of each of the two terms' sizes, |y| times |s-q| + |s-k|.
    """
    beta = _beta(place, separation)
    slope = landscape_gradient(place.s, place.query, place.key, alpha, beta)
    foot = [
        Fraction(q) + place.t * (Fraction(k) - Fraction(q))
        for q, k in zip(place.query, place.key, strict=True)
    ]
    lift = [Fraction(s) - f for s, f in zip(place.s, foot, strict=True)]
    along = sum((Fraction(g) * y for g, y in zip(slope, lift, strict=True)), Fraction(0))
    reach = np.linalg.norm(place.s - place.query) + np.linalg.norm(place.s - place.key)
    allowed = 2 * beta * 8 * su.EPS * float(np.sqrt(float(place.across))) * float(reach)
    # dimension: a component of the error on each of D terms
    assert abs(along - 2 * Fraction(beta) * place.across) <= place.dimension * Fraction(allowed)


@pytest.mark.clause("GDA-thm-axis")
def test_without_a_jump_phi_is_the_parabola() -> None:
    """L = 0: phi(s) = beta |s-q|^2 for every alpha, with the one minimiser q."""
    # 5 and 25 are exact; the mixture's weights sum to 1 only up to rounding
    values = energy([3.0, 4.0], [0.0, 0.0], [0.0, 0.0], np.array([0.1, 0.5, 0.9]), 1.0)
    assert np.all(np.abs(values - 25.0) <= 25.0 * energy_error(2))
    assert energy([1.0, 2.0], [1.0, 2.0], [1.0, 2.0], 0.3, 7.0) == 0.0
