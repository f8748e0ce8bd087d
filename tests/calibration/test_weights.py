"""Weights from counts, the boundary they move, and how far a key reaches."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gd_attention import admission, ceiling, gd_attention
from gd_attention.calibration import alpha_from_counts, pair_boundary, reach
from hypothesis import given
from hypothesis import strategies as st


def test_the_rule() -> None:
    found = alpha_from_counts([0, 1, 3, 7])
    # smoothed counts 1, 2, 4, 8: odds of the key's well against the query's
    assert found.alpha == pytest.approx([1 / 2, 1 / 3, 1 / 5, 1 / 9], rel=2.0**-50, abs=0.0)
    assert found.alpha[0] == 0.5 and found.samples == 11
    half = alpha_from_counts([0, 1, 3, 7], strength=0.5)
    assert half.log_odds == pytest.approx(0.5 * found.log_odds, rel=2.0**-50, abs=0.0)
    assert (alpha_from_counts([5, 1, 9], strength=0).alpha == 0.5).all()
    assert found.limited_by.startswith("key 3 has the least ceiling")
    # a power of the counts alone matters once nothing is added
    scaled = alpha_from_counts([3, 300], smoothing=0)
    # logarithms below 7, each rounded once, and exponentials of their differences
    same = alpha_from_counts([7, 700], smoothing=0).alpha
    assert scaled.alpha == pytest.approx(same, rel=2.0**-48, abs=0.0)


def test_the_rarest_key_has_to_be_nearer_by_the_advantage() -> None:
    """Far below saturation the two energies agree, and the operator tells them apart."""
    found = alpha_from_counts([0, 1, 3, 7])
    assert found.advantage[0] == 1.0 and (np.diff(found.advantage) > 0.0).all()
    for common in (1, 2, 3):
        times = float(found.advantage[common])
        # E* = w separation (1 + O(separation)): 2e-6 off where separations are below 1e-6
        for factor, expected in ((1.0 - 1e-5, 0), (1.0 + 1e-5, 1)):
            keys = [[factor], [-times]]
            chosen = gd_attention([[0.0]], keys, alpha=found.alpha[[0, common]], beta=1e-7)
            assert chosen.index[0] == expected


@given(
    counts=st.lists(st.integers(0, 1000), min_size=1, max_size=6),
    strength=st.sampled_from([0.0, 0.25, 1.0, 2.0]),
    threshold=st.sampled_from([-1.0, 0.0, 0.001, 0.05, 0.3, math.log(2.0), 0.7, math.inf]),
)
def test_the_guard_refuses_exactly_the_thresholds_that_admit_at_any_distance(
    counts, strength, threshold
) -> None:
    plain = alpha_from_counts(counts, strength=strength)
    # a separation of 1e300 is at the ceiling for every purpose: the operator decides exactly
    far = admission([[0.0]], np.full((len(counts), 1), 1e150), alpha=plain.alpha,
                    threshold=threshold).admitted[0]  # fmt: skip
    if not far.any():
        guarded = alpha_from_counts(counts, strength=strength, threshold=threshold)
        assert np.array_equal(guarded.alpha, plain.alpha) and guarded.threshold == threshold
        return
    with pytest.raises(ValueError, match="threshold: expected one below every ceiling") as caught:
        alpha_from_counts(counts, strength=strength, threshold=threshold)
    advice = str(caught.value).rsplit(";", 1)[1]
    if "below" in advice:
        # printed to six digits; what is advised passes, what is above does not
        limit = float(advice.split("below ")[1].split(" ")[0])
        assert alpha_from_counts(counts, strength=limit * 0.9999, threshold=threshold)
        with pytest.raises(ValueError):
            alpha_from_counts(counts, strength=limit * 1.0001, threshold=threshold)
    elif threshold > math.log(2.0):
        assert "no strength would do" in advice
    else:
        # the float lies below the ceiling at alpha = 1/2 alone
        assert "strength 0 alone would do" in advice and threshold == math.log(2.0)


@given(
    one=st.sampled_from([0.5, 0.3, 0.1, 0.01, 0.9]),
    two=st.sampled_from([0.5, 0.4, 0.1, 0.02]),
    length=st.sampled_from([0.01, 0.5, 2.0, 5.0]),
    beta=st.sampled_from([0.3, 1.0, 2.0]),
)
def test_the_operator_changes_its_selection_at_the_boundary(one, two, length, beta) -> None:
    found = pair_boundary(length, [one, two], beta)
    # 2**-40 of the passage aside: what float64 energies tell apart at these separations
    step = 2.0**-30 * length
    keys, alpha = [[0.0], [length]], [one, two]
    sides = gd_attention([[found.position - step], [found.position + step]], keys,
                         alpha=alpha, beta=beta).index  # fmt: skip
    assert sides.tolist() == [0, 1]
    if beta * length**2 < 1e-3:
        # energies are w separation up to a relative separation (T14)
        assert found.position == pytest.approx(found.unsaturated, rel=1e-3, abs=0.0)
    if min(one, 1 - one) == min(two, 1 - two):
        assert found.position == pytest.approx(found.middle, rel=2.0**-30, abs=0.0)
    # the lighter prior, of larger min(alpha, 1 - alpha), loses ground
    elif min(one, 1 - one) > min(two, 1 - two):
        assert found.position < found.middle


def test_the_boundary_of_saturated_keys_of_one_weight_is_the_middle() -> None:
    """Separations of 112 there: the energies agree, what is missing to the ceiling does not."""
    assert pair_boundary(15.0, [0.25, 0.75], 2.0).position == pytest.approx(
        7.5, rel=2.0**-40, abs=0.0
    )


@given(data=st.data(), beta=st.sampled_from([0.5, 1.0]))
def test_no_key_is_selected_beyond_its_reach(data, beta) -> None:
    weights = data.draw(st.lists(st.sampled_from([0.5, 0.4, 0.2, 0.1]), min_size=1, max_size=4))
    place = st.integers(-12, 12).map(lambda k: k / 4)
    keys = np.array([[data.draw(place), data.draw(place)] for _ in weights])
    query = np.array([[x, y] for x in np.linspace(-6, 6, 25) for y in (-2.0, 0.3, 1.7)])
    limits = reach(weights, beta)
    index = gd_attention(query, keys, alpha=weights, beta=beta).index
    assert (np.linalg.norm(query - keys[index], axis=1) <= limits[index]).all()
    assert (limits[np.array(weights) == min(weights)] == math.inf).all()


def test_the_reach_is_where_the_energy_meets_the_least_ceiling() -> None:
    weights, beta = [0.5, 0.1], 0.7
    limit = float(reach(weights, beta)[0])
    # one key alone, and the other's ceiling as its threshold
    for factor, admitted in [(1 - 2.0**-40, True), (1 + 2.0**-40, False)]:
        table = admission([[0.0]], [[limit * factor]], alpha=0.5, beta=beta,
                          threshold=float(ceiling(0.1)))  # fmt: skip
        assert bool(table.admitted[0, 0]) is admitted
    # and it is attained by a far key of the other kind
    far = gd_attention([[0.0]], [[limit * (1 - 1e-9)], [1e3]], alpha=weights, beta=beta)
    near = gd_attention([[0.0]], [[limit * (1 + 1e-9)], [1e3]], alpha=weights, beta=beta)
    assert (far.index[0], near.index[0]) == (0, 1)


def test_thresholds_at_a_radius_reject_every_prior() -> None:
    found = alpha_from_counts([1, 10, 1000])
    tau = found.thresholds_at(1.5, beta=2.0)
    keys = np.array([[1.4], [1.4], [1.4]])
    inside = admission([[0.0]], keys, alpha=found.alpha, beta=2.0, threshold=tau)
    outside = admission([[0.0]], keys + 0.2, alpha=found.alpha, beta=2.0, threshold=tau)
    assert inside.admitted.all() and not outside.admitted.any()
    assert np.array_equal(found.reach(2.0), reach(found.alpha, 2.0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: alpha_from_counts([]), "counts: expected shape"),
        (lambda: alpha_from_counts([1, -1]), "counts: expected numbers >= 0"),
        (lambda: alpha_from_counts([1, math.inf]), "counts: expected finite numbers"),
        (lambda: alpha_from_counts([0, 1], smoothing=0), "smoothing: expected a positive number"),
        (lambda: alpha_from_counts([1], strength=-1), "strength: expected"),
        (lambda: alpha_from_counts([0, 9], strength=400), "strength: the weight of key 1"),
        (lambda: alpha_from_counts([1], threshold=[0.1]), "threshold: expected a scalar"),
        (lambda: pair_boundary(0.0, [0.5, 0.5]), "length: expected"),
        (lambda: pair_boundary(1.0, [0.5]), "alpha: expected shape"),
        (lambda: pair_boundary(1.0, [0.5, 1.0]), "alpha: expected values in"),
        (lambda: reach(0.5), "alpha: expected shape"),
    ],
)
def test_bad_arguments_are_named(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()
