"""T17: no shift shorter than the certificate changes the index; without thresholds it is tight."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import support as su
from clouds import Cloud, clouds, square, squares
from gd_attention import gd_attention, robustness_radius
from hypothesis import given
from hypothesis import strategies as st

kinds = ("gaussian", "integers", "circle", "offset")


def probes(cloud: Cloud, row: np.ndarray, radius: float) -> np.ndarray:
    """Points about as far as the radius: towards and away from every key, and anywhere."""
    towards = cloud.keys - row
    anywhere = cloud.rng.normal(size=(8, row.size))
    directions = np.concatenate([towards, -towards, anywhere])
    length = np.linalg.norm(directions, axis=1, keepdims=True)
    directions = directions[length[:, 0] > 0] / length[length[:, 0] > 0]
    return row + directions * min(radius, 1e3) * (1 - 1e-6)


@pytest.mark.clause("GDA-thm-robustness")
@given(
    clouds(kinds),
    st.sampled_from(["none", "common", "per key"]),
    st.booleans(),
    st.sampled_from([1.0, 0.1, 20.0]),
)
def test_no_shorter_shift_changes_the_index(
    cloud: Cloud, filtering: str, shared: bool, beta: float
) -> None:
    """A probe counts if its exact distance is below the radius: no rounding to allow for."""
    n = len(cloud.keys)
    alpha = 0.4 if shared else cloud.rng.uniform(0.05, 0.95, size=n)
    tau = {"none": np.inf, "common": 0.3, "per key": cloud.rng.uniform(-0.1, 0.6, size=n)}
    rest = {"alpha": alpha, "beta": beta, "threshold": tau[filtering]}
    radius = robustness_radius(cloud.query, cloud.keys, **rest)
    index = gd_attention(cloud.query, cloud.keys, **rest).index
    for row, reach, chosen in zip(cloud.query, radius.tolist(), index.tolist(), strict=True):
        assert reach >= 0
        shifted = probes(cloud, row, reach)
        limit = Fraction(min(reach, 1e300)) ** 2
        inside = [point for point in shifted if square(row, point) < limit]
        if inside:
            after = gd_attention(np.stack(inside), cloud.keys, **rest).index
            assert (after == chosen).all()


@pytest.mark.clause("GDA-thm-robustness")
@given(clouds(("gaussian", "integers", "circle")), st.sampled_from([0.5, 0.2]))
def test_tight_without_thresholds(cloud: Cloud, alpha: float) -> None:
    """A shift slightly beyond the radius, towards the key behind the boundary, changes the index.

    Beyond by 2**-20 of the radius, and by the rounding of the shifted point: at most 4 eps of
    coordinates below 8 in each of at most 4 components, so 256 eps.
    """
    radius = robustness_radius(cloud.query, cloud.keys, alpha=alpha)
    index = gd_attention(cloud.query, cloud.keys, alpha=alpha).index
    for row, reach, chosen in zip(cloud.query, radius.tolist(), index.tolist(), strict=True):
        if reach == np.inf:
            assert (cloud.keys == cloud.keys[chosen]).all()
            continue
        distances = squares(row, cloud.keys)
        apart = squares(cloud.keys[chosen], cloud.keys)
        # the square of the distance to the bisector with key j, exactly
        boundary = {
            j: (distances[j] - distances[chosen]) ** 2 / (4 * apart[j])
            for j in range(len(apart))
            if apart[j]
        }
        other = min(boundary, key=lambda j: (boundary[j], j))
        assert Fraction(reach) ** 2 <= boundary[other]
        step = cloud.keys[other] - cloud.keys[chosen]
        step /= np.linalg.norm(step)
        beyond = row + step * (reach * (1 + 2.0**-20) + 256 * su.EPS)
        assert gd_attention(beyond[None], cloud.keys, alpha=alpha).index[0] != chosen


@pytest.mark.clause("GDA-thm-robustness")
def test_known_radii() -> None:
    """Keys 1 and 2: 3/2, where half the difference of the distances would give 1/2."""
    assert robustness_radius([[0.0]], [[1.0], [2.0]]).tolist() == [1.5]
    assert robustness_radius([[0.0]], [[1.0], [-1.0]]).tolist() == [0.0]
    assert robustness_radius([[0.0]], [[1.0], [1.0]]).tolist() == [np.inf]
    assert robustness_radius([[0.0]], np.empty((0, 1))).tolist() == [np.inf]
    # an abstention: alpha = 1/2 and threshold 1/4 have the radius 1
    reach = robustness_radius([[0.0]], [[3.0]], threshold=0.25)[0]
    assert 2.0 - 1e-12 <= reach <= 2.0
