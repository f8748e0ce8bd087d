"""T11: the Hessian of phi at the alignment point."""

from __future__ import annotations

import math

import numpy as np
import pytest
import support as su
from flint import arb
from gd_attention.alignment import align
from gd_attention.gradients import landscape_hessian
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.mark.clause("GDA-thm-curvature")
@given(su.pairs)
@example((2.0, 0.5))
@example((math.nextafter(2.0, 3.0), 0.5))
@example((1e300, 0.3))
def test_curvature_is_the_second_derivative_of_phi(pair: tuple[float, float]) -> None:
    """`align`'s curvature against f''(t)/(2 separation), by power series of phi as defined.

    For a separation y below 8 it is formed as (1 - y/2) + (y/2) m^2. A relative change `ROOT` of y
    moves it by at most y (1/2 + y m dm/dy) ROOT, where y m dm/dy = y m^2 (1-m^2)/(2c) is below 4
    (T10's test of dlog v/dlog y); what else moves m is as for u. From 8 on, 2 y u(1-u) has the
    relative error of u and two roundings.
    """
    separation, alpha = pair
    value = float(align(separation, alpha).curvature)
    with su.precision(su.bits(separation, alpha)):
        lam = arb(separation)
        found = su.certified(separation, alpha, su.bits(separation, alpha))
        second = su.taylor(lambda t: su.landscape(lam, arb(alpha), t), found.coordinate, 2)[2] / (
            2 * lam
        )
        spread = 2 * lam * found.minor * (1 - found.minor)
        slack = 8 * min(separation, 8.0) * su.ROOT + spread * su.minor_error(separation, alpha)
        assert abs(arb(value) - second) <= slack + 2 * su.EPS


@pytest.mark.clause("GDA-thm-curvature")
@given(su.st.tuples(su.positive_separations, su.extreme_weights))
@example((2.0, 0.5))
@example((2.0, math.nextafter(0.5, 0.0)))
@example((math.nextafter(2.0, 3.0), 0.5))
def test_degenerate_only_at_the_critical_point(pair: tuple[float, float]) -> None:
    """The curvature is 0 at separation 2 and alpha = 1/2, positive elsewhere.

    Next to that point it is at least of the order of eps^(2/3), far from a rounding's size, or of
    the order of the distance in the separation, which (1 - separation/2) holds exactly.
    """
    separation, alpha = pair
    value = float(align(separation, alpha).curvature)
    assert (value == 0.0) == (pair == (2.0, 0.5))
    assert 0.0 <= value <= 1.0


@pytest.mark.clause("GDA-thm-curvature")
@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=4).filter(any),
    su.moderate,
    su.weights,
    st.integers(-30, 30),
)
@example([3, 4], 2.0, 0.5, 0)
def test_hessian_eigenvalues_at_the_alignment_point(
    delta: list[int], separation: float, alpha: float, exponent: int
) -> None:
    """2 beta across the jump, d-1 times, and 2 beta curvature along it, with q = 0.

    The eigenvalue along the jump is 2 beta (1 - 2 separation p(1-p)), with p taken at a rounded
    point: t off by `ROOT` and eps moves p by separation times as much at most, and p(1-p) no more
    than p. In beta^2 |Delta|^2 p(1-p) there are D + 8 roundings. Both are multiplied by
    2 beta (2 separation). `eigvalsh` is backward stable: D times a few eps of the norm.
    """
    key = np.ldexp(np.array(delta, dtype=np.float64), exponent)
    size = len(delta)
    beta = separation / float(np.sum(key * key))
    aligned = align(separation, alpha)
    point = float(aligned.coordinate) * key
    values = np.linalg.eigvalsh(landscape_hessian(point, np.zeros(size), key, alpha, beta))
    across, along = 2.0 * beta, 2.0 * beta * float(aligned.curvature)
    scale = 2.0 * beta * (1.0 + 2.0 * separation)
    # the coordinate's error times separation: the exponent of the odds; see support.ROOT
    moved = separation * (2.0 * su.EPS + su.minor_error(separation, alpha) * float(aligned.minor))
    slack = scale * ((size + 16) * size * su.EPS + moved + 8 * su.ROOT)
    assert abs(values[0] - along) <= slack
    assert np.all(np.abs(values[1:] - across) <= slack)


@pytest.mark.clause("GDA-thm-curvature")
def test_hessian_without_a_jump_is_twice_beta() -> None:
    """L = 0: the landscape is the parabola beta |s-q|^2, whose Hessian is exact."""
    hessian = landscape_hessian([1.0, 7.0], [1.0, 2.0], [1.0, 2.0], 0.3, 1.5)
    assert np.array_equal(hessian, 3.0 * np.eye(2))
