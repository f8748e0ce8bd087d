"""Beta from a scale, against the operator; leave-one-out, against what cannot choose."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from gd_attention import admission, gd_attention
from gd_attention.calibration import beta_from_scale, leave_one_out
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

COORDINATES = st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0, -1.0, 2.0, 5.0, 1e-150, 1e150])
SHARES = st.sampled_from([0.1, 0.5, 0.8, 1.0])


def squares(query, keys, over):
    """Exact squared lengths of the nearest keys, or of all pairs."""
    table = [
        [sum((Fraction(float(a)) - Fraction(float(b))) ** 2 for a, b in zip(q, k, strict=True))
         for k in keys] for q in query
    ]  # fmt: skip
    return (
        sorted(min(row) for row in table)
        if over == "nearest"
        else sorted(s for row in table for s in row)
    )


@given(
    data=st.data(),
    m=st.integers(1, 5),
    n=st.integers(1, 4),
    d=st.integers(1, 3),
    share=SHARES,
    separation=st.sampled_from([2.0, 0.1, 30.0]),
    over=st.sampled_from(["nearest", "pairs"]),
)
def test_beta_is_the_largest_that_keeps_the_share(data, m, n, d, share, separation, over) -> None:
    query = data.draw(hnp.arrays(np.float64, (m, d), elements=COORDINATES))
    keys = data.draw(hnp.arrays(np.float64, (n, d), elements=COORDINATES))
    exact = squares(query, keys, over)
    k = next(k for k in range(1, len(exact) + 1) if k / len(exact) >= share)
    if not exact[k - 1]:
        with pytest.raises(ValueError, match="share: expected one above"):
            beta_from_scale(query, keys, share=share, separation=separation, over=over)
        return
    found = beta_from_scale(query, keys, share=share, separation=separation, over=over)

    def within(beta: float) -> int:
        return sum(Fraction(beta) * square <= Fraction(separation) for square in exact)

    assert within(found.beta) == found.achieved * len(exact) >= k
    assert within(math.nextafter(found.beta, math.inf)) < k
    assert found.samples == len(exact) and (np.diff(found.lengths) >= 0).all()


def test_the_share_is_that_of_the_unique_regime() -> None:
    """Separation 2 is energy 1/2 at alpha = 1/2: the operator counts it exactly."""
    rng = np.random.default_rng(5)
    query, keys = rng.normal(size=(301, 5)), rng.normal(size=(40, 5))
    found = beta_from_scale(query, keys, share=0.7)
    selected = gd_attention(query, keys, beta=found.beta)
    assert selected.unique.mean() == found.achieved == 211 / 301
    above = math.nextafter(found.beta, 9.0)
    assert gd_attention(query, keys, beta=above).unique.mean() == 210 / 301
    pairs = beta_from_scale(query, keys, share=0.25, over="pairs")
    assert admission(query, keys, beta=pairs.beta, threshold=0.5).admitted.mean() == 0.25
    assert pairs.limited_by == "nothing" and pairs.beta < found.beta


def test_a_mask_leaves_one_out() -> None:
    points = np.array([[0.0], [1.0], [3.0], [7.0]])
    left = beta_from_scale(points, points, mask=~np.eye(4, dtype=bool), share=1.0)
    assert left.beta == 2.0 / 16.0 and left.length == 4.0
    with pytest.raises(ValueError, match="share: expected one above 4/4"):
        beta_from_scale(points, points)
    tied = beta_from_scale([[0.0]] * 4, [[1.0]], share=0.5)
    assert tied.achieved == 1.0 and tied.limited_by == "a tie: 3 lengths are equal"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: beta_from_scale([[0.0]], [[1.0]], share=0.0), "share: expected a number in"),
        (lambda: beta_from_scale([[0.0]], [[1.0]], separation=0.0), "separation: expected"),
        (lambda: beta_from_scale([[0.0]], [[1.0]], over="all"), "over: expected one of"),
        (lambda: beta_from_scale([[[0.0]]], [[1.0]]), "query: expected shape"),
        (lambda: beta_from_scale([[0.0]], [[1.0]], mask=[[False]]), "mask: expected an allowed"),
        (lambda: beta_from_scale(np.zeros((0, 1)), [[1.0]]), "mask: expected an allowed"),
        (lambda: beta_from_scale([[0.0]], [[1e-170]]), "separation: no float64 beta"),
        (lambda: beta_from_scale([[-1e308]], [[1e308]]), "separation: no float64 beta"),
        (lambda: leave_one_out([[0.0]], [0], [1.0]), "points: expected shape"),
        (lambda: leave_one_out([[0.0], [1.0]], [0], [1.0]), "labels: expected shape"),
        (lambda: leave_one_out([[0.0], [1.0]], [0, 1], []), "betas: expected shape"),
        (lambda: leave_one_out([[0.0], [1.0]], [0, 1], [1.0, 1.0]), "betas: expected rising"),
        (lambda: leave_one_out([[0.0], [1.0]], [0, 1], [0.0]), "betas: expected a finite"),
        (lambda: leave_one_out([[0.0], [1.0]], [0, 0], [1.0]), "got no wrong one"),
        (lambda: leave_one_out([[0.0], [1.0]], [0, 1], [1.0]), "got no right one"),
        (lambda: leave_one_out([[0.0], [1.0]], [0, 1], [1.0], criterion="f1"), "criterion: exp"),
        (
            lambda: leave_one_out([[0.0], [1.0]], [0, 1], [1.0], criterion="accuracy"),
            "whatever beta is",
        ),
    ],
)
def test_bad_arguments_are_named(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def clusters():
    rng = np.random.default_rng(6)
    labels = rng.integers(0, 4, 160)
    return rng.normal(size=(160, 2)) + 2.0 * np.eye(4, 2)[labels], labels


@pytest.mark.parametrize("criterion", ["gap", "brier"])
def test_the_best_beta_is_the_best_of_a_direct_count(criterion: str) -> None:
    points, labels = clusters()
    betas = np.geomspace(0.01, 1000.0, 11)
    found = leave_one_out(points, labels, betas, criterion=criterion)
    scores = []
    for beta in betas:
        call = gd_attention(points, points, beta=beta, mask=~np.eye(160, dtype=bool))
        share, right = call.energy / math.log(2.0), labels[call.index] == labels
        assert right.mean() == found.accuracy[0]
        scores.append(
            share[~right].mean() - share[right].mean()
            if criterion == "gap"
            else ((1.0 - share - right) ** 2).mean()
        )
    # the energies agree to 2**-48; a difference of two means in [0, 1], or a mean square
    assert found.scores == pytest.approx(np.array(scores), abs=2.0**-46)
    best = np.argmax(scores) if criterion == "gap" else np.argmin(scores)
    assert found.beta == betas[best] and found.score == found.scores[best]
    # T7: the accuracy cannot choose
    assert len(set(found.accuracy.tolist())) == 1
    assert found.saturated[0] == 0.0 and found.saturated[-1] > 0.5


def test_what_leave_one_out_says_of_its_curve() -> None:
    """Two points at distance 1: beta is the separation of both pairs."""
    # what is missing to the ceiling log 2 is exp(-separation) and less than its square: more than
    # 2**-52 log 2 = 1.54e-16 at 36, where it is 2.3e-16, and less at 37, where it is 8.5e-17
    found = leave_one_out([[0.0], [1.0]], [0, 1], [1.0, 36.0, 37.0, 40.0], criterion="brier")
    assert found.saturated.tolist() == [0.0, 0.0, 1.0, 1.0]
    wrong = leave_one_out([[0.0], [1.0]], [0, 1], [1.0, 2.0, 4.0], criterion="brier")
    assert wrong.beta == 4.0 and wrong.limited_by.startswith("the betas given")
    right = leave_one_out([[0.0], [1.0]], [0, 0], [1.0, 2.0, 4.0], criterion="brier")
    assert right.beta == 1.0 and right.limited_by.startswith("the betas given")
    tied = leave_one_out([[0.0], [1.0]], [0, 1], [1.0, 1000.0, 2000.0], criterion="brier")
    assert tied.beta == 1000.0 and tied.limited_by.startswith("several betas")
    # right answers at distance 0.1, wrong ones at 1: told apart if 1 is a separation of some size
    inner = leave_one_out([[0.0], [0.1], [5.0], [6.0]], [0, 0, 1, 2], [0.001, 1.0, 1000.0])
    assert inner.limited_by == "nothing" and inner.beta == 1.0


def test_accuracy_chooses_where_alpha_differs() -> None:
    points, labels = clusters()
    alpha = np.where(labels == 0, 0.2, 0.5)
    betas = [0.001, 0.1, 1.0, 30.0]
    found = leave_one_out(points, labels, betas, alpha=alpha, criterion="accuracy")
    direct = []
    for beta in betas:
        call = gd_attention(points, points, alpha=alpha, beta=beta, mask=~np.eye(160, dtype=bool))
        direct.append((labels[call.index] == labels).mean())
    assert found.scores.tolist() == direct and len(set(direct)) > 1
    assert found.beta == betas[int(np.argmax(direct))]
    # alpha and its complement have one energy: shared
    with pytest.raises(ValueError, match="whatever beta is"):
        mirrored = np.where(labels == 0, 0.25, 0.75)
        leave_one_out(points, labels, betas, alpha=mirrored, criterion="accuracy")
