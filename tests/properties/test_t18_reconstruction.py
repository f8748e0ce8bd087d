"""T18: the iterated control, on paths whose exact separations can be checked."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import support as su
from clouds import Cloud, clouds, square
from gd_attention import Status, gd_attention, reconstruct
from hypothesis import given
from hypothesis import strategies as st

kinds = ("gaussian", "integers", "circle")


@pytest.mark.clause("GDA-thm-reconstruction", "GDA-def-reconstruction")
@given(clouds(kinds), st.sampled_from([0.5, 0.2, 0.8]), st.sampled_from([np.inf, 0.3]))
def test_shared_weights_keep_the_index_and_contract(cloud: Cloud, alpha: float, tau: float) -> None:
    """One index, and |k - q| shrinks by the factor 1 - t, which is at most 1/2 for alpha <= 1/2.

    Exactly L' = (1-t) L, and t >= 1/2 for alpha <= 1/2 (T4); for alpha > 1/2 nothing but t > 0 is
    used. What the path holds is rounded: 1 - t by eps/2, and each of at most 4 components by 4 u of
    the coordinates involved; 64 eps of their sizes covers both.
    """
    path = reconstruct(cloud.query, cloud.keys, alpha=alpha, threshold=tau, max_steps=30, tol=1e-12)
    first = gd_attention(cloud.query, cloud.keys, alpha=alpha, threshold=tau).index
    assert (path.indices == first).all()
    for m, chosen in enumerate(first.tolist()):
        if chosen < 0:
            assert path.status[m] == Status.ABSTAINED
            continue
        assert path.status[m] != Status.ABSTAINED
        key = cloud.keys[chosen]
        lengths = [
            float(square(point, key)) ** 0.5 for point in path.queries[: path.steps[m] + 1, m]
        ]
        slack = 64 * su.EPS * (1 + float(np.abs(key).max()) + lengths[0])
        factor = 0.5 if alpha <= 0.5 else 1.0
        for before, after in pairwise(lengths):
            assert after <= factor * before + slack


@pytest.mark.clause("GDA-thm-reconstruction")
@given(clouds(kinds), st.floats(0.05, 0.95))
def test_the_rate_tends_to_alpha(cloud: Cloud, alpha: float) -> None:
    """|t - (1-alpha)| <= y/2 for y <= 1: T13 bounds dt/dy by (1/4) / (1 - y/2) <= 1/2."""
    path = reconstruct(cloud.query, cloud.keys, alpha=alpha, max_steps=40, tol=1e-10)
    for m, chosen in enumerate(path.indices[0].tolist()):
        key = cloud.keys[chosen]
        exact = [square(point, key) for point in path.queries[:, m]]
        for before, after in pairwise(exact):
            if 1e-8 <= before <= 1 and after:
                rate = float(after / before) ** 0.5
                # rounding: components below 8 to 4 u each, against a length of at least 1e-4
                assert abs(rate - alpha) <= float(before) / 2 + 64 * su.EPS * 1e4


@pytest.mark.clause("GDA-thm-reconstruction")
@given(clouds(kinds), st.integers(0, 2**20))
def test_energy_never_rises_whatever_differs_between_keys(cloud: Cloud, seed: int) -> None:
    """Weights and thresholds per key: the energy falls, and no step after the first abstains.

    Rounding of the path: a step moves the selected key's length by at most the slack of the test
    above, so its energy by sqrt(beta/2) times that (T10), and energies carry `support.ENERGY`.
    """
    rng = np.random.default_rng(seed)
    n = len(cloud.keys)
    path = reconstruct(
        cloud.query,
        cloud.keys,
        alpha=rng.uniform(0.1, 0.9, size=n),
        threshold=rng.uniform(0.0, 0.7, size=n),
        max_steps=20,
    )
    admitted = path.indices[0] >= 0
    assert (path.indices[:, admitted] >= 0).all()
    energies = path.energies[:, admitted]
    assert (energies[1:] <= energies[:-1] + 2048 * su.EPS).all()


@pytest.mark.clause("GDA-thm-reconstruction")
def test_the_index_can_change_with_weights_or_thresholds_per_key() -> None:
    """The two examples of the text."""
    weights = reconstruct([[0.0]], [[6.0], [5.0]], alpha=[0.7, 0.5], beta=0.05, max_steps=4)
    assert weights.indices[:, 0].tolist() == [0, 0, 1, 1, 1]
    radii = [np.inf, float(Fraction(16, 400))]  # alpha = 1/2: E* = beta L^2 / 4 at radius 4
    thresholds = reconstruct(
        [[0.0, 0.0]], [[10.0, 0.0], [5.0, 3.0]], beta=0.01, threshold=radii, max_steps=2
    )
    assert thresholds.indices[:2, 0].tolist() == [0, 1]


@pytest.mark.clause("GDA-thm-reconstruction")
@pytest.mark.parametrize(
    "query",
    [(0.8184808436607273, 0.8184808436607272), (0.9974042475543028, 0.9974042475543027)],
    ids=["from the query", "from the key"],
)
def test_rounded_iterates_keep_the_first_index(query: tuple[float, float]) -> None:
    """The two examples of the text: one for each way of forming the alignment point.

    The rounded path would select the other key; with shared weights the theorem is kept.
    """
    path = reconstruct([query], [[0.0, 1e-20], [1e-20, 0.0]], alpha=0.3, max_steps=200)
    assert set(path.indices[:, 0].tolist()) == {1}


@pytest.mark.clause("GDA-thm-reconstruction", "GDA-def-reconstruction-status")
def test_far_keys_with_a_heavy_query_stagnate() -> None:
    """Alpha = 0.9 at separation 100: the step is below the rounding of the query."""
    path = reconstruct([[1.0]], [[11.0]], alpha=0.9)
    assert path.status.tolist() == [Status.STAGNATED]
    assert path.steps.tolist() == [0]
