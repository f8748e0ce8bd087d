"""The numbers behind the pictures: the oracle's, and the landscape of the text."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx
from gd_attention.conformance.balls import precision
from gd_attention.conformance.case import Case
from gd_attention.conformance.certificate import alignment, phi, prior
from gd_attention.conformance.rational import Exact
from gd_attention.conformance.reports.passage import landscape
from gd_attention.conformance.reports.scene import scene
from made import example

CLAUSE = "GDA-conf-report"
ALPHAS = (0.5, 0.25, 0.75, 1e-3, 1 - 2**-30, 2.0**-1000)


@pytest.mark.clause(CLAUSE, "GDA-def-landscape")
@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("separation", [2.0**-1000, 1e-8, 0.5, 1.0, 3.0, 40.0, 300.0])
def test_the_curve_is_the_landscape(separation, alpha):
    """The ball drawn meets the oracle's own enclosure of the landscape, and is narrow."""
    exact = Exact.of(separation)
    for t in (0.0, 0.125, 0.5, 0.7, 1.0):
        drawn = landscape(exact, alpha, t)
        with precision(2048):
            place = arb(t)
            minor = 1 - place if alpha <= 0.5 else place
            certified = phi(exact.ball(), prior(alpha, 2048), minor)
        assert drawn.overlaps(certified)
        assert drawn.rel_accuracy_bits() > 60 or abs(float(certified.mid())) < 1e-250


@pytest.mark.clause(CLAUSE, "GDA-def-landscape")
@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("separation", [1e-8, 0.5, 3.0, 40.0, 1e6, 1e300])
def test_the_mark_lies_on_the_curve(separation, alpha):
    """F at the rounded coordinate exceeds the least energy by at most Lambda times ulp squared.

    f is stationary at t*, and f'' = 2 Lambda (1 - 2 Lambda p (1-p)) <= 2 Lambda; the rounded
    coordinate is off by at most 2^-53, so that f grows by at most Lambda 2^-106.
    """
    exact = Exact.of(separation)
    certified = alignment(exact, alpha, 192)
    t = float(certified.coordinate.mid())
    ctx.prec, former = 192, ctx.prec
    try:
        above = landscape(exact, alpha, t) - certified.energy
        assert not above < 0
        assert not above > arb(separation) * arb((1, -106))
    finally:
        ctx.prec = former


def masked_case() -> Case:
    """Four keys on a line: masked with a NaN, excluded by its threshold, two admitted."""
    return Case(
        query=np.array([[1.0]]),
        keys=np.array([[np.nan], [1.5], [3.0], [2.5]]),
        mask=np.array([False, True, True, True]),
        threshold=np.array([1.0, 0.01, 5.0, 5.0]),
    )


@pytest.mark.clause(CLAUSE)
def test_a_scene_by_hand():
    """States, exact jumps, both passages, and what the target returned on its own."""
    found = scene(example(masked_case(), index=[2], coordinate=[0.25], energy=[0.5]))
    assert found is not None
    assert [key.state for key in found.keys] == ["masked", "excluded", "admitted", "admitted"]
    assert [key.jump for key in found.keys] == [
        (),
        (Fraction(1, 2),),
        (Fraction(2),),
        (Fraction(3, 2),),
    ]
    assert [key.separation for key in found.keys] == [None, Fraction(1, 4), 4, Fraction(9, 4)]
    assert (found.expected, found.returned) == (3, 2)
    expected, returned = found.passages
    assert (expected.index, expected.role, expected.returned) == (3, "expected", None)
    assert (returned.index, returned.role, returned.returned) == (2, "returned", (0.25, 0.5))
    # separation 1/4 at alpha = 1/2: the energy is a quarter of it
    assert found.keys[1].energy == 0.0625


@pytest.mark.clause(CLAUSE)
def test_scenes_without_a_returned_key():
    """An abstention, a masked key, an index outside, no index at all, a bad call, no query."""
    case = masked_case()
    for index, roles in ((-1, ["expected"]), (0, ["expected"]), (9, ["expected"])):
        found = scene(example(case, index=[index]))
        assert found is not None
        assert found.returned == index
        assert [item.role for item in found.passages] == roles
    for arguments in ({}, {"index": [[0, 1]]}):
        found = scene(example(case, **arguments))
        assert found is not None
        assert found.returned is None
    everything = Case(query=np.array([[0.0]]), keys=np.array([[1.0]]), threshold=-1.0)
    found = scene(example(everything, index=[0]))
    assert found is not None
    assert (found.expected, [item.role for item in found.passages]) == (-1, ["returned"])
    bad = Case(query=np.array([[0.0]]), keys=np.array([[np.inf]]), expects="ValueError")
    assert scene(example(bad)) is None
    assert scene(example(Case(query=np.empty((0, 1)), keys=np.ones((1, 1))))) is None


@pytest.mark.clause(CLAUSE)
def test_the_query_that_went_wrong_is_shown():
    """Of three queries and two batches, the first whose index is not the exact one."""
    query = np.array([[[0.0], [2.0]], [[0.0], [2.0]]])
    case = Case(query=query, keys=np.array([[0.0], [2.0]]))
    found = scene(example(case, index=[[0, 1], [0, 0]], coordinate=np.full((2, 2), 0.5)))
    assert found is not None
    assert (found.position, found.queries) == ((1, 1), 4)
    assert (found.expected, found.returned, found.query) == (1, 0, (2.0,))
    right = scene(example(case, index=[[0, 1], [0, 1]]))
    assert right is not None
    assert right.position == (0, 0)
    assert [item.role for item in right.passages] == ["both"]
    (passage,) = right.passages
    assert passage.returned is None or all(map(math.isnan, passage.returned))
