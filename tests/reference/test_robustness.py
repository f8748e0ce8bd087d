"""The certificate of T17: shifts shorter than it change nothing, and where it is tight it is."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from gd_attention import gd_attention, robustness_radius
from gd_attention.decide import compare_threshold
from gd_attention.robustness import _radius_bounds

LARGEST = float(np.finfo(np.float64).max)
TINY = 5e-324


def index(query: Any, keys: Any, **rest: Any) -> list[int]:
    found: list[int] = gd_attention(query[None, :], keys, **rest).index.tolist()
    return found


def certificate(query: Any, keys: Any, **rest: Any) -> float:
    return float(robustness_radius(query[None, :], keys, **rest)[0])


def squared(x: Any, y: Any) -> Fraction:
    return sum(((Fraction(a) - Fraction(b)) ** 2 for a, b in zip(x, y, strict=True)), Fraction(0))


def cell_boundaries(query: Any, keys: Any, chosen: int) -> list[Fraction]:
    """Squared distances from the query to the bisectors of the chosen key, exactly."""
    own = squared(query, keys[chosen])
    return [
        (squared(query, key) - own) ** 2 / (4 * squared(key, keys[chosen]))
        for j, key in enumerate(keys)
        if j != chosen
    ]


@pytest.mark.clause("GDA-thm-robustness", "GDA-thm-nearest")
@pytest.mark.parametrize("seed", range(6))
def test_shared_alpha_is_the_distance_to_the_cell_boundary(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scale = (1.0, 1e200, 1e-200)[seed % 3]
    alpha = rng.choice([0.25, 0.75], size=8) if seed % 2 else 0.4  # one min(alpha, 1 - alpha)
    for _ in range(20):
        keys, query = rng.normal(size=(8, 3)) * scale, rng.normal(size=3) * scale
        (chosen,) = index(query, keys, alpha=alpha)
        found = certificate(query, keys, alpha=alpha)
        nearest = min(cell_boundaries(query, keys, chosen))
        # the greatest float that is not above the exact distance
        assert Fraction(found) ** 2 <= nearest < Fraction(math.nextafter(found, math.inf)) ** 2


@pytest.mark.clause("GDA-thm-robustness")
@pytest.mark.parametrize("alpha", [0.5, 0.3, 0.9])
def test_a_shift_beyond_it_changes_the_index(alpha: float) -> None:
    rng = np.random.default_rng(11)
    for _ in range(40):
        keys, query = rng.normal(size=(9, 4)), rng.normal(size=4)
        (chosen,) = index(query, keys, alpha=alpha)
        found = certificate(query, keys, alpha=alpha)
        distances = cell_boundaries(query, keys, chosen)
        others = [j for j in range(9) if j != chosen]
        other = others[distances.index(min(distances))]
        towards = keys[other] - keys[chosen]
        towards /= np.linalg.norm(towards)
        # 1e-9 of the shift is far above its rounding, about 1e-16
        assert index(query + towards * found * (1.0 - 1e-9), keys, alpha=alpha) == [chosen]
        assert index(query + towards * found * (1.0 + 1e-9), keys, alpha=alpha) == [other]


@pytest.mark.clause("GDA-thm-robustness", "GDA-def-radius", "GDA-thm-filter-select")
@pytest.mark.parametrize("priors", [False, True])
@pytest.mark.parametrize("per_key", [False, True])
def test_no_probe_inside_it_changes_anything(priors: bool, per_key: bool) -> None:
    rng = np.random.default_rng(23)
    seen = {"abstained": 0, "chosen": 0}
    for _ in range(60):
        keys, query = rng.normal(size=(5, 2)), rng.normal(size=2)
        rest = {
            "alpha": rng.uniform(0.1, 0.9, size=5) if priors else 0.45,
            "beta": float(rng.uniform(0.2, 2.0)),
            "threshold": rng.uniform(0.0, 0.5, size=5) if per_key else float(rng.uniform(0, 0.5)),
            "mask": rng.random(5) < 0.8,
        }
        before = index(query, keys, **rest)
        found = certificate(query, keys, **rest)
        seen["abstained" if before == [-1] else "chosen"] += found > 0.0
        reach = found if math.isfinite(found) else 1e3
        angles = rng.uniform(0.0, 2.0 * math.pi, size=24)
        shifts = reach * (1.0 - 1e-9) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        moved = gd_attention(query + shifts, keys, **rest).index
        assert set(moved.tolist()) == set(before)
    assert min(seen.values()) >= 5


@pytest.mark.clause("GDA-thm-robustness", "GDA-def-radius")
@pytest.mark.parametrize("alpha", [0.5, 0.2])
def test_one_key_and_its_threshold_sphere(alpha: float) -> None:
    key, tau = np.array([[1.0, 0.0]]), 0.15
    for start in (0.5, -3.0):
        query = np.array([start, 0.0])
        inside = index(query, key, alpha=alpha, threshold=tau) == [0]
        found = certificate(query, key, alpha=alpha, threshold=tau)
        assert found > 0.0
        # out of the sphere from inside, into it from outside
        away = np.array([-1.0 if inside else 1.0, 0.0])
        kept, lost = query + away * found * (1 - 1e-9), query + away * found * (1 + 1e-9)
        assert index(kept, key, alpha=alpha, threshold=tau) == ([0] if inside else [-1])
        assert index(lost, key, alpha=alpha, threshold=tau) == ([-1] if inside else [0])


@pytest.mark.clause("GDA-thm-robustness", "GDA-admit-ceiling")
@pytest.mark.parametrize("alpha", [0.5, 0.3, 1e-5, TINY, 1.0 - 2.0**-53])
@pytest.mark.parametrize("beta", [1.0, 1e-300, 1e300])
def test_the_sphere_of_a_threshold_is_never_too_wide(alpha: float, beta: float) -> None:
    ceiling = -math.log1p(-min(alpha, 1.0 - alpha))
    far = Fraction(10) ** 900
    for tau in (TINY, ceiling / 3, math.nextafter(ceiling, 0.0), ceiling, 2.0 * ceiling):
        # at the key itself, what is left is the radius alone
        found = certificate(np.zeros(1), np.zeros((1, 1)), alpha=alpha, beta=beta, threshold=tau)
        if found == math.inf:
            assert compare_threshold(far, alpha, tau) < 0
        else:
            length = Fraction(found)
            assert compare_threshold(Fraction(beta) * length**2, alpha, tau) <= 0
            if min(tau, alpha) < 2.0**-1000:
                continue  # the estimate has few digits there, and only the side is promised
            # 2**-40 is far above the margins, 2**-50 and a few units, and below any real looseness
            wider = length * (1 + Fraction(1, 2**40)) + 2 * Fraction(TINY)
            assert compare_threshold(Fraction(beta) * wider**2, alpha, tau) > 0


@pytest.mark.clause("GDA-thm-robustness", "GDA-def-radius")
@pytest.mark.parametrize("factor", [0.0, 1e-3, 1e3])
def test_a_poor_estimate_of_the_radius_costs_width_and_no_truth(
    factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the cached function itself: a wrong estimate must not stay in the cache
    bounds = _radius_bounds.__wrapped__
    true = 2.0 * math.sqrt(0.1)  # alpha = 1/2, L^2 <= 2
    monkeypatch.setattr("gd_attention.robustness.radius", lambda *_: np.float64(factor * true))
    inner, outer = bounds(0.1, 0.5, 1.0)
    assert Fraction(inner) ** 2 <= 4 * Fraction(0.1)
    assert outer == math.inf or Fraction(outer) ** 2 > 4 * Fraction(0.1)


@pytest.mark.clause("GDA-thm-robustness", "GDA-abstain-empty", "GDA-admit-mask", "GDA-thm-vacuous")
def test_nothing_can_change() -> None:
    query, keys = np.zeros(2), np.array([[1.0, 2.0], [3.0, 4.0]])
    assert certificate(query, keys[:0]) == math.inf
    assert certificate(query, keys, mask=np.zeros(2, dtype=bool)) == math.inf
    assert certificate(query, keys, mask=np.array([True, False])) == math.inf
    assert certificate(query, keys[:1], threshold=0.7) == math.inf
    assert certificate(query, keys, threshold=-0.1) == math.inf
    assert certificate(query, keys, threshold=np.array([math.inf, -1.0])) == math.inf
    assert certificate(query, keys, alpha=np.array([0.4, 0.3]), threshold=-math.inf) == math.inf
    # a later duplicate never wins, wherever the query goes
    assert certificate(query, np.ones((3, 2))) == math.inf


@pytest.mark.clause("GDA-thm-robustness", "GDA-select-ties")
def test_at_a_tie_it_is_zero() -> None:
    assert certificate(np.zeros(1), np.array([[1.0], [-1.0]])) == 0.0
    assert certificate(np.zeros(1), np.array([[1.0], [-1.0]]), alpha=np.array([0.3, 0.3])) == 0.0
    assert certificate(np.zeros(1), np.zeros((2, 1)), alpha=np.array([0.3, 0.4])) == 0.0
    # an earlier key at the same place, kept out by its threshold, may come back by its sphere only
    keys, tau = np.ones((2, 1)), np.array([0.01, math.inf])
    assert index(np.zeros(1), keys, threshold=tau) == [1]
    # alpha = 1/2, L^2 <= 2: the radius is 2 sqrt(tau) = 0.2
    assert certificate(np.zeros(1), keys, threshold=tau) == pytest.approx(
        0.8, rel=2.0**-45, abs=0.0
    )


@pytest.mark.clause("GDA-thm-robustness", "GDA-thm-gradients")
def test_alpha_per_key_follows_the_lipschitz_bound() -> None:
    # alpha a hair from 1/2 and separations below 2: energies are separation / 4 to 1e-12
    query, keys = np.zeros(1), np.array([[0.5], [-1.0]])
    alpha = np.array([0.5, 0.5 - 2.0**-40])
    expected = (1.0 - 0.25) / 4.0 / (2.0 * math.sqrt(0.5))
    found = certificate(query, keys, alpha=alpha)
    assert found < expected
    assert found == pytest.approx(expected, rel=1e-9, abs=0.0)
    threshold = np.array([0.1, math.inf])
    limited = certificate(query, keys, alpha=alpha, threshold=threshold)
    assert limited == pytest.approx((0.1 - 0.0625) / math.sqrt(0.5), rel=1e-9, abs=0.0)
    abstained = certificate(query, keys, alpha=alpha, threshold=0.05)
    assert abstained == pytest.approx((0.0625 - 0.05) / math.sqrt(0.5), rel=1e-9, abs=0.0)


@pytest.mark.clause("GDA-thm-robustness", "GDA-batch-broadcast")
def test_extremes_and_shapes() -> None:
    # k - q overflows: the distances are exact nevertheless
    keys = np.array([[LARGEST], [-LARGEST]])
    assert certificate(np.array([LARGEST]), keys) == LARGEST
    # half of the least float rounds down to 0
    assert certificate(np.zeros(1), np.array([[0.0], [TINY]])) == 0.0
    assert certificate(np.zeros(1), np.array([[0.0], [3 * TINY]])) == TINY
    shape = robustness_radius(np.zeros((2, 1, 4, 3)), np.ones((5, 6, 3))).shape
    assert shape == (2, 5, 4)
    assert robustness_radius(np.zeros((0, 3)), np.ones((6, 3))).shape == (0,)
