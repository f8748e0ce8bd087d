"""The sentence of an index: a tie, unresolvable at this precision, or wrong, and by how much."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import contract
from gd_attention.conformance.judge import judge
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.requirements import Profile
from gd_attention.conformance.target import Response
from gd_attention.conformance.verdict import Finding, Kind, Verdict

INDEX = Profile(frozenset({"index"}), frozenset())


def _finding(name: str, got: int, clause: str = "GDA-select-index", **arguments) -> Finding:
    """The finding on an index of one query."""
    arguments = {"query": np.zeros((1, 2)), **arguments}
    case, response = Case(**arguments), Response({"index": np.array([got])})
    found = judge(case, solve(case, contract(name)), response, INDEX, explain=True)
    (one,) = [item for item in found if item.clause == clause]
    return one


TIED = {"keys": np.array([[0.1, 0.3], [0.3, 0.1], [1.0, 1.0]])}
CLOSE = {"keys": np.array([[0.1, 0.3], [0.3, 0.1 - 2.0**-56]])}
OFFSET = {
    "query": np.array([[-1470.0]], np.float32),
    "keys": np.array([[-1467.5], [-1467.6875]], np.float32),
}


@pytest.mark.clause("GDA-conf-three-way")
def test_exact_tie() -> None:
    for got, verdict in ((0, Verdict.EXACT), (1, Verdict.ADMISSIBLE)):
        found = _finding("float64", got, **TIED)
        assert (found.verdict, found.kind) == (verdict, Kind.TIE)
    assert "exact tie: keys 0 and 1 have the least energy exactly" in found.message
    wrong = _finding("exact", 1, **TIED)
    assert (wrong.verdict, wrong.kind) == (Verdict.WRONG, Kind.WRONG)
    assert "keys 0 and 1 tie exactly, and the rule takes the least index" in wrong.message
    assert "it would be rounding under float64" in wrong.message


@pytest.mark.clause("GDA-conf-three-way")
def test_unresolvable_at_this_precision() -> None:
    for got, verdict in ((1, Verdict.EXACT), (0, Verdict.ADMISSIBLE)):
        found = _finding("float64", got, **CLOSE)
        assert (found.verdict, found.kind) == (verdict, Kind.UNRESOLVABLE)
    assert "unresolvable at this precision: key 1 alone is the exact one" in found.message
    wrong = _finding("exact", 0, **CLOSE)
    assert "key 0 is behind key 1, and the contract exact allows no rounding" in wrong.message
    # whether a key is admitted can be open too
    keys = np.array([[0.7, 0.9]])
    energy = solve(Case(np.zeros((1, 2)), keys), contract("exact")).pair((0,), 0).energy.nearest
    found = _finding("float64", -1, keys=keys, threshold=energy * (1 + 2**-52))
    assert found.kind is Kind.UNRESOLVABLE
    assert "whether key 0 is admitted is closer than float64 can tell" in found.message


@pytest.mark.clause("GDA-conf-three-way")
def test_plain() -> None:
    found = _finding("float64", 0, keys=np.array([[1.0, 0.0], [2.0, 0.0]]))
    assert (found.verdict, found.kind, found.message) == (Verdict.EXACT, Kind.PLAIN, "")


WRONG = [
    ("float64", 0, {"keys": [[0.1, 0.3], [0.3, 0.0999]]}, "key 0 is behind key 1 by over a mil"),
    ("float64", 1, {"keys": [[1.0, 0.0], [2.0, 0.0]]}, "no operation of float64 rounds here"),
    ("float64", 7, {"keys": [[1.0, 0.0]]}, "there is no key 7, there are 1"),
    ("float64", 0, {"keys": [[0.1, 0.0], [1.0, 0.0]], "mask": [False, True]}, "the mask forbids"),
    ("float64", 0, {"keys": [[5.0, 0.0], [0.1, 0.0]], "threshold": 0.5}, "key 0 is not admitted"),
    ("float64", -1, {"keys": [[0.1, 0.0]], "threshold": 0.5}, "key 0 is admitted: its energy is"),
    ("float32", 0, OFFSET, "it would be rounding under float32,distance=expanded: |q|^2"),
    (
        "float64",
        0,
        {"query": [[0.0]], "keys": [[12.0], [11.0]]},
        "it would be rounding under float64,order_by=energy: computed energies saturate",
    ),
    (
        "float64",
        0,
        {"query": [[0.0, 0.0]], "keys": [[1.0, 2.0**-12], [1.0, 0.0]]},
        "it would be rounding under float32: this looks like arithmetic in float32",
    ),
]


@pytest.mark.parametrize(("name", "got", "arguments", "said"), WRONG)
@pytest.mark.clause("GDA-conf-three-way")
def test_wrong(name: str, got: int, arguments: dict, said: str) -> None:
    given = {key: np.asarray(value) for key, value in arguments.items()}
    if "threshold" in arguments:
        given["threshold"] = arguments["threshold"]
    found = _finding(name, got, **given)
    assert (found.verdict, found.kind) == (Verdict.WRONG, Kind.WRONG)
    assert "; wrong: " in found.message
    assert said in found.message, found.message


@pytest.mark.clause("GDA-conf-three-way")
def test_the_size_of_the_gap_is_in_units_of_the_allowance() -> None:
    """Twice the gap, twice the number: the nearest key is exact, so the allowance hardly moves."""
    sizes = []
    for step in (2.0**-46, 2.0**-45):
        keys = np.array([[0.3 + step, 0.7], [0.3, 0.7]])
        said = _finding("float64", 0, keys=keys).message
        sizes.append(float(said.partition(" by ")[2].partition(" times")[0]))
    assert sizes[0] > 1.5
    assert sizes[1] == pytest.approx(2 * sizes[0], rel=0.1, abs=0.0)


@pytest.mark.clause("GDA-conf-set-index", "GDA-conf-set-separation", "GDA-conf-set-fields")
def test_the_examples_of_the_accuracy_chapter() -> None:
    def answer(name, **arguments):
        return solve(Case(**arguments), contract(name))

    def ends(name):
        spread = answer(name, **OFFSET).problem(()).spread(0, 0, contract(name))
        return tuple(float(end.num) / end.den * 2.0**end.exp for end in spread)

    assert ends("float32") == (6.25, 6.25)
    assert ends("float32,distance=expanded") == pytest.approx((4.19, 8.31), abs=0.005)
    assert answer("float32", **OFFSET).row((0,)).admissible == {1}
    assert answer("float32,distance=expanded", **OFFSET).row((0,)).admissible == {0, 1}

    half = "float16,accumulate=float16"
    three = {"query": np.zeros((1, 1)), "keys": np.array([[5.0], [4.0], [1.0]])}
    energies = [answer(half, **three).pair((0,), i).energy for i in range(3)]
    assert [(round(e.lower, 4), round(e.upper, 4)) for e in energies] == [
        (0.6823, 0.7040),
        (0.6823, 0.7040),
        (0.2461, 0.2539),
    ]
    two = {"query": np.zeros((1, 1)), "keys": np.array([[5.0], [4.0]])}
    for name in (half, half + ",order_by=energy"):
        assert answer(name, **three).row((0,)).admissible == {2}
    assert answer(half, **two).row((0,)).admissible == {1}
    assert answer(half + ",order_by=energy", **two).row((0,)).admissible == {0, 1}
    assert answer("float64,order_by=energy", **two).row((0,)).admissible == {1}

    origin = {"query": np.zeros((1, 2))}
    assert answer("float64", **origin, **TIED).row((0,)).admissible == {0, 1}
    assert answer("float64", **origin, **CLOSE).row((0,)).admissible == {0, 1}
