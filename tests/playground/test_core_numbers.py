"""The core's numbers where a judgement by calls does not reach."""

from __future__ import annotations

import math
from collections.abc import Iterator

import playground_checks as checks
import playground_decisions as decisions
import pytest
from playground_core import Core


@pytest.fixture(scope="module")
def core() -> Iterator[Core]:
    """One process for all tests."""
    with Core() as process:
        yield process


@pytest.mark.clause("GDA-def-landscape", "GDA-thm-axis")
def test_the_landscape_is_that_of_the_definition(core: Core) -> None:
    """At points of the space and along the passage."""
    checks.check_landscape(core)


@pytest.mark.clause("GDA-def-jump", "GDA-def-separation")
def test_jumps_and_separations(core: Core) -> None:
    """Of ordinary data, and where squares overflow or underflow."""
    checks.check_jump(core)


@pytest.mark.clause("GDA-def-alignment-point", "GDA-def-energy", "GDA-def-coherence")
def test_alignment_in_doubles(core: Core) -> None:
    """Energy, coordinate, deficit, coherence and uniqueness of a separation."""
    checks.check_align(core)


@pytest.mark.clause("GDA-thm-counting")
def test_the_number_of_stationary_points(core: Core) -> None:
    """Exactly, next to the spinodal too."""
    checks.check_regime(core)


@pytest.mark.clause("GDA-thm-stationarity", "GDA-thm-barriers")
def test_stationary_points(core: Core) -> None:
    """Where they are, what they are, and how high."""
    checks.check_stationary(core)


@pytest.mark.clause("GDA-thm-barriers")
def test_barriers(core: Core) -> None:
    """Heights of the saddle above both minima."""
    checks.check_barrier(core)


@pytest.mark.clause("GDA-def-radius", "GDA-admit-ceiling")
def test_radius_and_threshold(core: Core) -> None:
    """Inverse to each other, with the real ceiling between two floats."""
    checks.check_radius(core)


@pytest.mark.clause("GDA-def-reconstruction", "GDA-def-reconstruction-status")
def test_reconstruction_step_by_step(core: Core) -> None:
    """Each step against the oracle's row and pair for the same query."""
    decisions.check_reconstruct(core)


@pytest.mark.clause("GDA-thm-reconstruction")
def test_reconstruction_keeps_the_index_that_rounding_would_break(core: Core) -> None:
    """The two examples of the text, with one weight; and the one of two weights, which changes."""
    decisions.check_kept_index(core)


@pytest.mark.clause("GDA-select-priors", "GDA-admit-threshold", "GDA-thm-decidability")
def test_energies_that_agree_in_all_their_bits(core: Core) -> None:
    """Selection and admission on both sides of equality."""
    decisions.check_close_energies(core)


def test_the_functions_are_as_good_as_assumed(core: Core) -> None:
    """The bound that the filter of doubles rests on."""
    checks.check_functions(core)


@pytest.mark.clause("GDA-thm-nearest", "GDA-def-selection")
def test_the_selector_gives_the_index_of_select(core: Core) -> None:
    """For queries on a grid, on which distances tie exactly."""
    for extra in ({}, {"alpha": [0.3, 0.7, 0.5]}, {"threshold": [0.3, 0.2, 0.6], "alpha": 0.4}):
        problem = {"query": [0.0, 0.0], "keys": [[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]], **extra}
        index = core.call("selector", problem)["kept"]
        for x in range(-2, 4):
            for y in range(-2, 4):
                query = [float(x), float(y)]
                one = core.call("select", {**problem, "query": query})
                assert core.call(int(index), query) == one["index"]


@pytest.mark.clause("GDA-admit-mask", "GDA-mask-unread", "GDA-abstain-fields")
def test_the_table_of_keys(core: Core) -> None:
    """Masked keys are not read, excluded ones say why, and an abstention has its fields."""
    problem = {
        "query": [0.0],
        "keys": [[math.nan], [1.0], [3.0]],
        "mask": [False, True, True],
        "threshold": [1.0, 0.25, 0.5],
        "alpha": 0.5,
        "fill": -7.0,
    }
    table = core.call("admission", problem)
    assert [one["reason"] for one in table] == ["masked", None, "threshold"]
    assert math.isnan(table[0]["energy"]) and table[1]["energy"] == 0.25
    assert core.call("select", problem)["index"] == 1.0
    none = core.call("select", {**problem, "threshold": 0.125})
    assert none == {
        "index": -1.0,
        "output": [-7.0],
        "energy": math.inf,
        "coordinate": 0.0,
        "alignmentPoint": [0.0],
        "unique": False,
    }


def test_hexadecimal_numbers_travel_both_ways(core: Core) -> None:
    """Also spellings that other languages write, and those between two doubles."""
    decisions.check_hexadecimal(core)
