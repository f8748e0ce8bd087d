"""The paths of the attention SVM [8] towards the direction of the margin problem."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from gd_attention.prior.margin import max_margin
from gd_attention.prior.margin_model import attention_loss, attention_weights
from gd_attention.prior.margin_paths import gradient_path, regularisation_path

U = 2.0**-53


def problem(seed: int, space: int = 10) -> tuple[Any, Any, Any]:
    """Three inputs of four tokens; one is best and the others score alike, as the theorem asks."""
    rng = np.random.default_rng(seed)
    keys, chosen = rng.normal(size=(3, 4, space)), rng.integers(0, 4, 3)
    scores = np.zeros((3, 4))
    scores[np.arange(3), chosen] = 1.0
    return keys, chosen, scores


def cosines(points: Any, direction: Any) -> Any:
    lengths = np.linalg.norm(points, axis=1) * np.linalg.norm(direction)
    return points @ direction / lengths


@pytest.mark.property_of("margin_paths.gradient_path", "P-direction")
@pytest.mark.property_of("margin_paths.gradient_path", "P-grows")
@pytest.mark.property_of("margin_paths.gradient_path", "P-one-hot")
@pytest.mark.parametrize("seed", range(4))
def test_normalised_descent_tends_to_the_margin_direction(seed: int) -> None:
    keys, chosen, scores = problem(seed)
    path = gradient_path(keys, scores, 1500)
    assert not path.saturated
    assert len(path.points) == 1501
    cosine = cosines(path.points[[100, 400, 1500]], max_margin(keys, chosen).direction)
    # the theorem has no constant. Where the direction converges like 1/||p||, the angle squared
    # falls to a sixteenth as the path grows fourfold; a path that went elsewhere would stall
    gap = 1 - cosine
    assert gap[1] <= gap[0] / 2
    assert gap[2] <= gap[1] / 2
    assert cosine[2] >= 0.999
    assert (np.diff(path.norms[[10, 100, 400, 1500]]) > 0).all()
    # a path in one direction would have the length 150 exactly
    assert path.norms[-1] == pytest.approx(150, rel=0.1, abs=0.0)
    at_best = attention_weights(path.points[-1], keys)[np.arange(3), chosen]
    # the margin of the unit direction is over 0.1, so the constraints are over 13 and three others
    # weigh at most exp(-13) each
    assert at_best.min() >= 1 - 3 * math.exp(-13)


@pytest.mark.property_of("margin_paths.gradient_path", "P-grows")
def test_plain_descent_grows_like_a_logarithm() -> None:
    keys, chosen, scores = problem(1)
    path = gradient_path(keys, scores, 4000, 1.0, normalised=False)
    cosine = cosines(path.points[[40, 400, 4000]], max_margin(keys, chosen).direction)
    assert (np.diff(path.norms[[40, 400, 4000]]) > 0).all()
    assert (np.diff(cosine) > 0).all()
    # ten times the steps add about log(10) to the constraints, which is far from ten times the norm
    assert path.norms[4000] < 2 * path.norms[400]


@pytest.mark.parametrize("loss", ["logistic", "exponential", "linear"])
def test_descent_lowers_every_loss(loss: Any) -> None:
    keys, _, scores = problem(2)
    path = gradient_path(keys, scores, 30, 0.1, normalised=False, loss=loss)
    values = [attention_loss(p, keys, scores, loss=loss)[0] for p in path.points]
    assert all(after < before for before, after in itertools.pairwise(values))


def test_a_path_stops_where_the_gradient_underflows() -> None:
    keys, scores = [[[1.0], [0.0]]], [[1.0, 0.0]]
    path = gradient_path(keys, scores, 100, 50.0, loss="linear")
    assert path.saturated
    # exp(-745) is the least positive float: 0, 50, .., 750
    assert path.points[:, 0].tolist() == [50.0 * step for step in range(16)]
    flat = gradient_path(keys, [[1.0, 1.0]], 5)
    assert flat.saturated
    assert len(flat.points) == 1


def test_descent_starts_where_it_is_told_and_leaves_the_start_alone() -> None:
    keys, _, scores = problem(2)
    start = np.full(10, 0.25)
    path = gradient_path(keys, scores, 3, start=start)
    np.testing.assert_array_equal(path.points[0], np.full(10, 0.25))
    np.testing.assert_array_equal(start, np.full(10, 0.25))


@pytest.mark.property_of("margin_paths.regularisation_path", "P-direction")
@pytest.mark.property_of("margin_paths.regularisation_path", "P-inside")
@pytest.mark.property_of("margin_paths.regularisation_path", "P-decreases")
@pytest.mark.parametrize("seed", range(2))
def test_the_optimum_in_a_ball_tends_to_the_margin_direction(seed: int) -> None:
    keys, chosen, scores = problem(seed)
    solution, radii = max_margin(keys, chosen), [2.0, 10.0, 50.0, 250.0]
    path = regularisation_path(keys, scores, radii, loss="linear", starts=1)
    assert (path.norms <= np.array(radii) * (1 + 8 * U)).all()
    values = [attention_loss(p, keys, scores, loss="linear")[1] for p in path.points]
    assert all(after <= before for before, after in itertools.pairwise(values))
    unit = solution.direction * solution.margin
    for radius, point, value in zip(radii, path.points, values, strict=True):
        # no worse than the margin direction: the solver stops at changes of 1e-13 of the logarithm,
        # so far below 1e-6
        reference = attention_loss(radius * unit, keys, scores, loss="linear")[1]
        assert value <= reference * (1 + 1e-6)
        # Gaps are 0 or 1, so a point of excess x has constraints of at least -log(n T x), while the
        # direction reaches x <= (T - 1) exp(-R m). Hence its least constraint is at least
        # R m - log(n T (T - 1)), and since sum of multipliers = ||p||^2, its cosine with p is at
        # least 1 - log(n T (T - 1)) / (R m).
        bound = math.log(3 * 4 * 3) / (radius * solution.margin)
        assert cosines(point[None], unit)[0] >= 1 - bound - 1e-6
    assert bound < 0.05


@pytest.mark.property_of("margin_paths.regularisation_path", "P-decreases")
def test_in_the_plane_no_angle_is_better() -> None:
    rng = np.random.default_rng(7)
    keys, scores = rng.normal(size=(1, 4, 2)), rng.normal(size=(1, 4))
    path = regularisation_path(keys, scores, [0.5, 3.0])
    angles = np.linspace(0, 2 * np.pi, 721)
    for radius, point in zip([0.5, 3.0], path.points, strict=True):
        found = attention_loss(point, keys, scores)[0]
        for share in (0.25, 0.5, 0.75, 1.0):
            ring = share * radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
            # the whole ball, by rings: the solver stops within 1e-13 of its logarithmic objective
            assert found <= min(attention_loss(p, keys, scores)[0] for p in ring) + 1e-9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gradient_path([[[1.0]]], [[1.0]], 1, 0.0), "rate: expected"),
        (lambda: gradient_path([[[1.0]]], [[1.0]], -1), "steps: expected"),
        (lambda: regularisation_path([[[1.0]]], [[1.0]], [1.0]), "scores: expected a token below"),
        (
            lambda: regularisation_path([[[1.0], [0.0]]], [[1.0, 0.0]], [2.0, 1.0]),
            "radii: expected positive ascending",
        ),
        (
            lambda: regularisation_path([[[1.0], [0.0]]], [[1.0, 0.0]], [800.0]),
            "radii: expected values at which",
        ),
    ],
)
def test_errors_name_the_argument(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
