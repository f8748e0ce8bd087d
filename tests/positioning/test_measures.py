"""Records, families and measures of the map, on cases whose numbers are known."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from gd_attention.positioning.classes import (
    horizontal_class,
    selects_with_control,
    vertical_class,
)
from gd_attention.positioning.embedding import embed, place
from gd_attention.positioning.families import SHIFT, SWEEP, Family, digest, families
from gd_attention.positioning.measures import Vertical, auroc, exclusion, horizontal, vertical
from gd_attention.positioning.record import Record, record


def test_a_record_splits_what_the_weights_leave():
    found = record(np.array([[0.5, 0.25], [0.0, 0.0], [0.5, 0.5 - 2.0**-54]]),
                   structural=np.array([0.0, 2.0, 1.0]))  # fmt: skip
    assert found.none.tolist() == [0.25, 1.0, 0.0]  # rounding is no lost mass
    assert found.structural.tolist() == [0.0, 1.0, 0.0]
    assert found.evidential.tolist() == [0.25, 0.0, 0.0]


@pytest.mark.parametrize("weights", [[[-0.1, 0.5]], [[np.nan, 0.5]], [[0.7, 0.7]]])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(ValueError, match="weights: expected"):
        record(np.array(weights))


def test_the_families_are_what_their_names_say():
    made = families()
    assert set(made) == {
        "COH",
        "AMB",
        "SHD",
        "SING",
        "FLAT",
        "EMPTY",
        *(f"COH*{t:g}" for t in SWEEP),
    }
    for family in made.values():
        assert np.array_equal(family.scores * 4096, np.round(family.scores * 4096))
    assert np.array_equal(made["SHD"].scores, made["COH"].scores - SHIFT)
    top = np.sort(made["AMB"].scores, axis=1)
    assert (top[:, -2:] == 4.0).all()
    assert (top[:, -3] < 4.0).all()
    assert np.array_equal(made["SING"].scores[:, 0], made["COH"].scores.max(axis=1) - SHIFT)
    assert not made["EMPTY"].mask.any()
    # the raised entry leads clearly in most instances, and is anywhere
    assert set(made["COH"].scores.argmax(axis=1)) == set(range(8))
    assert np.median(top[:, -1]) == 4.0


def test_the_digest_is_that_of_the_bytes():
    family = Family("X", np.array([[1.0, -2.0]]), np.array([[True, False]]))
    expected = hashlib.sha256(np.array([1.0, -2.0]).tobytes() + b"\x01\x00").hexdigest()
    assert digest(family) == expected
    other = Family("X", np.array([[1.0, -2.0]]), np.array([[True, True]]))
    assert digest(other) != expected


def test_embedded_scores_are_inner_products_and_distances():
    scores = np.array([[3.0, -9.0, 3.0]])
    query, keys = embed(scores)
    # a product is exact but for s / 16 of a grid score: far below 256 eps = 6e-14; a squared norm
    # and a squared root of exp are off by a few eps of their size, 45 eps = 1e-14
    assert np.allclose(np.einsum("id,ind->in", query, keys), scores, rtol=0, atol=6e-14)
    assert np.allclose((keys**2).sum(axis=-1), 256.0, rtol=1e-14, atol=0)
    origin, placed = place(scores)
    squares = ((placed - origin[:, None, :]) ** 2).sum(axis=-1)
    assert np.allclose(squares, np.exp(-scores), rtol=1e-14, atol=0)
    assert squares[0, 0] == squares[0, 2]
    with pytest.raises(ValueError, match="scores: expected at most 256 in size, got 300"):
        embed(np.array([[300.0]]))


def test_horizontal_numbers_of_known_weights():
    found = horizontal(record(np.array([[1.0, 0.0, 0.0], [0.0, 0.25, 0.25], [0.0, 0.0, 0.0]])))
    assert found.one_hot == 0.5  # the rejected instance does not count
    assert (found.support.least, found.support.greatest) == (1 / 3, 2 / 3)
    # entropy log 2 of three candidates: 1 - (2 - 1)/(3 - 1)
    assert found.concentration.least == pytest.approx(0.5, abs=1e-15)
    assert found.concentration.greatest == 1.0
    assert found.distance.greatest == 0.5
    rejected = horizontal(record(np.zeros((2, 3))))
    assert math.isnan(rejected.one_hot)
    assert math.isnan(rejected.support.median)


def test_a_rounded_one_is_not_one_hot():
    assert horizontal(record(np.array([[1.0, 1e-300]]))).one_hot == 0.0


def _mass(*none: float, structural: float = 0.0) -> Record:
    mass = np.array(none)
    return record((1 - mass)[:, None] * np.array([[1.0, 0.0]]),
                  structural=np.full(len(mass), structural))  # fmt: skip


def test_vertical_numbers_are_differences_of_masses():
    records = {
        "COH": _mass(0.0, 0.5),
        "AMB": _mass(0.5, 0.5),
        "SHD": _mass(1.0, 1.0),
        "SING": _mass(0.25, 0.25),
        "EMPTY": _mass(1.0, 1.0, structural=1.0),
    }
    assert vertical(records) == Vertical(0.25, 0.75, 0.25, 1.0)


def _threshold(scores, mask):
    best = np.where(mask, scores, -np.inf).argmax(axis=1)
    hot = (best[:, None] == np.arange(scores.shape[1])) & mask & (scores >= 0)
    return record(hot.astype(float))


def test_exclusion_tells_thresholds_from_competition():
    family = Family("X", np.array([[2.0, 1.0, -1.0, -3.0]]), np.ones((1, 4), dtype=bool))
    found = _threshold(family.scores, family.mask)
    # of three losers one passes alone; only that one's acceptance depends on the others
    assert exclusion(_threshold, family, found) == (1 - 1 / 3, 1 / 3, 0.25)


def test_auroc_counts_ties_half():
    assert auroc(np.array([1.0, 2.0]), np.array([0.0, 1.0])) == 0.875


def test_the_classes_follow_their_rules():
    def sweep(weights):
        return {f"COH*{t:g}": record(np.array(weights)) for t in SWEEP}

    eight = np.full((1, 8), 0.125)
    pair = np.array([[0.5, 0.5, 0, 0, 0, 0, 0, 0]])
    assert horizontal_class(sweep(np.eye(8)[:2])) == "one"
    assert horizontal_class(sweep(eight)) == "full"
    assert horizontal_class(sweep(pair)) == "fixed-k"
    assert horizontal_class(sweep(np.concatenate([pair, eight]))) == "adaptive"
    none = Vertical(0.0, 0.0, 0.0, 1.0)
    kept, dropped = _mass(0.0), _mass(1.0)
    assert vertical_class({"COH": kept, "EMPTY": dropped}, none) == "none"
    full = _mass(1.0, structural=1.0)
    assert vertical_class({"COH": full}, none) == "structural"
    assert vertical_class({"COH": kept}, Vertical(0.5, 0.0, 0.0, 1.0)) == "ambiguity"
    assert vertical_class({"COH": kept}, Vertical(0.0, 1.0, 0.0, 1.0)) == "absolute"
    assert vertical_class({"COH": _mass(0.5)}, Vertical(0.0, 1.0, 1.0, 1.0)) == "soft-absolute"
    assert selects_with_control(1.0, 1.0, True)
    assert not selects_with_control(0.99, 1.0, True)
    assert not selects_with_control(1.0, 0.0, True)
    assert not selects_with_control(1.0, 1.0, False)
