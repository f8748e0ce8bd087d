"""T12: phi is convex iff separation <= 2, strongly convex iff < 2, modulus 2 beta (1 - y/2)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import support as su
from gd_attention.gradients import landscape_hessian
from gd_attention.landscape import energy
from hypothesis import example, given
from hypothesis import strategies as st

# The jump of all tests here; the coordinates below are measured along and across it.
KEY = np.array([3.0, 4.0])
ACROSS = np.array([-4.0, 3.0])
SQUARED = 25.0

points = st.tuples(st.floats(-2.0, 3.0), st.floats(-2.0, 2.0))


def place(t: float, y: float) -> np.ndarray:
    return t * KEY + y * ACROSS


def flattest(separation: float, alpha: float) -> float:
    """The coordinate where both wells have the same share, p = 1/2: h + y (2t-1) = 0."""
    return 0.5 - math.log((1 - alpha) / alpha) / (2 * separation)


@pytest.mark.clause("GDA-thm-convexity")
@given(points, su.moderate, su.weights)
def test_least_eigenvalue_is_at_least_the_modulus(
    where: tuple[float, float], separation: float, alpha: float
) -> None:
    """Everywhere, at every separation: 2 beta (1 - separation/2) is a lower bound.

    2 beta (1 - 2 separation p(1-p)) with p(1-p) <= 1/4 also in floats, up to the D + 8 roundings of
    beta^2 |Delta|^2 p(1-p) and those of `eigvalsh`, few eps of a norm 2 beta (1 + separation).
    """
    beta = separation / SQUARED
    values = np.linalg.eigvalsh(landscape_hessian(place(*where), np.zeros(2), KEY, alpha, beta))
    slack = 2 * beta * (1 + separation) * 24 * su.EPS
    assert values[0] >= 2 * beta * (1 - separation / 2) - slack


@pytest.mark.clause("GDA-thm-convexity")
@given(su.moderate, su.weights.filter(lambda a: 1e-3 < a < 1 - 1e-3), st.floats(-1.0, 1.0))
@example(2.0, 0.5, 0.0)
@example(math.nextafter(2.0, 3.0), 0.5, 0.0)
def test_modulus_is_attained(separation: float, alpha: float, y: float) -> None:
    """At p = 1/2 the least eigenvalue is the modulus: negative iff the separation exceeds 2.

    An error e of the odds' exponent changes p(1-p) by at most e^2/16, so the place need not be
    exact: e is at most 20 eps (|h| + separation (|t| + 1)), its square far below eps.
    """
    beta = separation / SQUARED
    t = flattest(separation, alpha)
    values = np.linalg.eigvalsh(landscape_hessian(place(t, y), np.zeros(2), KEY, alpha, beta))
    # the exponent grows with the distance of the place, h / separation jumps away
    reach = abs(math.log((1 - alpha) / alpha)) + separation * (abs(t) + 1 + y * y)
    odds_error = 20 * su.EPS * reach
    slack = 2 * beta * (1 + separation) * (24 * su.EPS + odds_error**2)
    assert abs(values[0] - 2 * beta * (1 - separation / 2)) <= slack


def gap(one: tuple[float, float], two: tuple[float, float], alpha: float, beta: float) -> float:
    """Mean of phi at two points minus phi in the middle."""
    ends = energy(np.stack([place(*one), place(*two)]), np.zeros(2), KEY, alpha, beta)
    middle = energy((place(*one) + place(*two)) / 2, np.zeros(2), KEY, alpha, beta)
    return float(ends.sum() / 2 - middle)


@pytest.mark.clause("GDA-thm-convexity")
@given(points, points, su.moderate.filter(lambda y: y <= 2.0), su.weights)
@example((0.4, 0.0), (0.6, 0.0), 2.0, 0.5)
def test_midpoints_lie_below_chords(
    one: tuple[float, float], two: tuple[float, float], separation: float, alpha: float
) -> None:
    """Strong convexity: the gap is at least modulus |s - s'|^2 / 8.

    Each energy is off by (D + 12) eps (T1's test), and by its slope times the rounding of its
    place: |grad phi| <= 2 beta (|s| + |s-k|), the place to 2 eps of 4 |KEY|.
    """
    beta = separation / SQUARED
    distance = float(np.sum((place(*one) - place(*two)) ** 2))
    modulus = 2 * beta * (1 - separation / 2)
    # |s| <= 3.7 |KEY|, |s-k| <= 3.7 |KEY|; energies <= beta (3.7 |KEY|)^2 + 28
    largest = 14 * separation + 28
    slack = 2 * su.EPS * (14 * largest + 2 * separation * 8 * 8)
    assert gap(one, two, alpha, beta) >= modulus * distance / 8 - slack


@pytest.mark.clause("GDA-thm-convexity")
@given(st.floats(2.05, 50.0), su.weights.filter(lambda a: 1e-3 < a < 1 - 1e-3))
def test_chords_fail_beyond_two(separation: float, alpha: float) -> None:
    """Around p = 1/2 the middle lies above the chord: phi is not convex.

    f'' = 2y (1 - 2y p(1-p)) and logit p = 2y (t - t0), so p(1-p) >= 1/4 - (y r)^2/4 for
    |t - t0| <= r. With r = sqrt((y-2)/(2y))/y this is 1/4 - (y-2)/(8y), where f'' <= -y(y-2)/2:
    the gap is at most -y (y-2) r^2/4. Rounding: 14 eps an energy (T1's test) and, the place being
    known to 2 eps, 2 beta |s| times 2 eps |s|: 40 eps of the largest energy in all.
    """
    t = flattest(separation, alpha)
    r = math.sqrt((separation - 2) / (2 * separation)) / separation
    bound = -(separation - 2) * separation * r * r / 4
    largest = separation * (1 + abs(t) + r) ** 2 + 28
    assert (
        gap((t - r, 0.0), (t + r, 0.0), alpha, separation / SQUARED)
        <= bound + 40 * su.EPS * largest
    )
