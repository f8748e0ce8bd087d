"""Targets: found by name, normalised by what they return, profiled by what they do."""

from __future__ import annotations

import importlib
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from gd_attention.conformance.attempt import attempt, disagreement
from gd_attention.conformance.case import Case
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.profile import PROBES, find_profile, parse_capabilities
from gd_attention.conformance.target import (
    CAPABILITIES,
    FIELDS,
    ReturnTypeError,
    capabilities_of,
    describe,
    load,
    normalise,
)

TARGETS = Path(__file__).parents[1] / "targets"


@pytest.fixture(autouse=True)
def _targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TARGETS)


@pytest.fixture
def small():
    """The module of small targets."""
    return importlib.import_module("small")


CASE = Case(query=np.array([[0.0, 0.0]]), keys=np.array([[3.0, 0.0], [1.0, 0.0]]))


@pytest.mark.clause("GDA-conf-report")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("small", "expected package.module:callable"),
        ("small:", "expected package.module:callable"),
        (":index_list", "expected package.module:callable"),
        ("no_such_module:f", r"cannot import 'no_such_module'.*neither in the current folder"),
        ("small.py:index_list", "got the file 'small.py': write small:index_list"),
        ("small:no_such_name", "has no attribute 'no_such_name'"),
        ("small:NOT_CALLABLE", "not callable, it is a int"),
    ],
)
def test_missing_target_is_a_harness_fault(name, message):
    """What cannot be loaded is said as such."""
    with pytest.raises(HarnessError, match=message):
        load(name)


def test_a_package_that_the_target_misses_is_named(tmp_path, monkeypatch):
    """What the target itself imports is not said to be the target."""
    (tmp_path / "mine_with_need.py").write_text("import no_such_need\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(HarnessError, match=r"No module named 'no_such_need'$"):
        load("mine_with_need:f")


def test_load_and_describe(small):
    """A loaded target names itself."""
    assert load("small:index_list") is small.index_list
    assert describe(small.index_list) == "small:index_list"


@pytest.mark.clause("GDA-conf-profile")
@pytest.mark.parametrize(
    ("result", "fields"),
    [
        (np.array([1]), {"index"}),
        ([1, 0], {"index"}),
        ([], {"index"}),
        ({"index": [1], "energy": [0.5], "extra": "text"}, {"index", "energy"}),
        ({"index": [1], "energy": None}, {"index"}),
        (SimpleNamespace(index=np.array([1]), unique=[True]), {"index", "unique"}),
        (namedtuple("Pair", "index output")([0], [[1.0]]), {"index", "output"}),
    ],
)
def test_profile_follows_from_what_is_returned(result, fields):
    """Arrays, lists, mappings and objects; None is a missing field."""
    response = normalise(result)
    assert set(response.fields) == fields
    assert response.fields["index"].dtype.kind == "i"


@pytest.mark.clause("GDA-conf-report")
@pytest.mark.parametrize(
    "result",
    [
        None,
        "nearest",
        3,
        (1, 2),
        {"energy": [0.5]},
        np.array([0.5]),
        np.array([True]),
        ["a"],
        {"index": [0], "energy": ["a"]},
        {"index": [[0], [0, 1]]},
    ],
)
def test_wrong_return_type(result):
    """What holds no index array is refused."""
    with pytest.raises(ReturnTypeError, match=r"expected"):
        normalise(result)


@pytest.mark.clause("GDA-conf-profile")
def test_every_capability_has_a_probe_of_its_own():
    """For each capability one probe asks for it and for nothing but what it rests on."""
    rests = {
        "alpha-per-key": {"alpha"},
        "threshold-per-key": {"threshold"},
        "masked-nan": {"mask"},
    }
    asked = [capabilities_of(case) for case in PROBES]
    for name in CAPABILITIES:
        assert {name} | rests.get(name, set()) in asked, name
    assert frozenset() in asked


@pytest.mark.clause("GDA-conf-profile")
@pytest.mark.parametrize(
    ("name", "fields", "absent"),
    [
        ("fractions_order:select", set(FIELDS), {"errors"}),
        ("small:selection_like", {"index", "energy"}, {"errors"}),
        (
            "small:index_array",
            {"index"},
            set(CAPABILITIES) - {"alpha", "beta", "batch", "empty", "mixed-dtype"},
        ),
        ("small:index_list", {"index"}, set(CAPABILITIES) - {"batch", "empty", "mixed-dtype"}),
        (
            "bisection_midpoint:select",
            {"index", "energy", "coordinate"},
            set(CAPABILITIES) - {"alpha", "beta", "mixed-dtype"},
        ),
    ],
)
def test_probing(name, fields, absent):
    """Fields from the return value, capabilities from what does not raise."""
    profile = find_profile(load(name))
    assert profile.fields == fields
    assert profile.capabilities == set(CAPABILITIES) - absent
    assert not profile.declared
    assert {note.partition(":")[0] for note in profile.notes} == absent


@pytest.mark.clause("GDA-conf-profile")
def test_declared_capabilities_count(small):
    """By attribute, or by the caller, who overrides it; what they rest on comes along."""
    profile = find_profile(small.declared)
    assert profile.declared
    assert profile.capabilities == {"alpha", "alpha-per-key", "mask"}
    assert find_profile(small.declared, capabilities=["masked-nan"]).capabilities == {
        "mask",
        "masked-nan",
    }
    assert parse_capabilities("all") == {*CAPABILITIES, *FIELDS}
    whole = find_profile(small.declared, capabilities=["all"])
    assert (whole.fields, whole.capabilities) == (set(FIELDS), set(CAPABILITIES))
    assert parse_capabilities("") == frozenset()
    with pytest.raises(HarnessError, match="unknown telepathy"):
        parse_capabilities("mask,telepathy")


@pytest.mark.clause("GDA-conf-report")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("small:raises", "basic case probe-plain raised RuntimeError: not written yet"),
        ("small:returns_text", "wrong return type on the basic case probe-plain"),
        ("small:returns_output", "index: expected integers, got dtype float64"),
    ],
)
def test_failing_on_a_basic_case_is_a_harness_fault(name, message):
    """A target that fails a plain call was not judged."""
    with pytest.raises(HarnessError, match=message):
        find_profile(load(name))


@pytest.mark.clause("GDA-conf-profile")
@pytest.mark.parametrize(
    ("changes", "needs"),
    [
        ({}, set()),
        ({"alpha": 0.25}, {"alpha"}),
        ({"alpha": np.array(0.25)}, {"alpha"}),
        ({"alpha": np.array([0.25, 0.5])}, {"alpha", "alpha-per-key"}),
        ({"alpha": [0.25, 0.5]}, {"alpha", "alpha-per-key"}),
        ({"threshold": np.array([1.0, 2.0])}, {"threshold", "threshold-per-key"}),
        ({"beta": 2.0, "fill": 1.0}, {"beta", "fill"}),
        ({"keys": np.zeros((3, 2, 2))}, {"batch"}),
        ({"keys": np.zeros((0, 2))}, {"empty"}),
        (
            {"keys": np.array([[np.nan, 0.0], [1.0, 0.0]]), "mask": np.array([False, True])},
            {"mask", "masked-nan"},
        ),
        ({"values": np.zeros((2, 1), dtype=np.int8)}, {"values", "mixed-dtype"}),
        ({"query": "text", "expects": "TypeError"}, {"errors"}),
        ({"alpha": 1.5, "expects": "ValueError"}, {"alpha", "errors"}),
    ],
)
def test_capabilities_of(changes, needs):
    """What a call asks for, read from its arguments."""
    arguments = {"query": CASE.query, "keys": CASE.keys, **changes}
    assert capabilities_of(Case(**arguments)) == needs


@pytest.mark.clause("GDA-call-pure")
def test_changed_inputs_are_seen(small):
    """A write, a flag; never on the case itself."""
    keys = CASE.keys.copy()
    assert "keys: [[3.0, 0.0], [1.0, 0.0]] became" in attempt(small.mutates, CASE).modified
    assert attempt(small.freezes, CASE).modified.startswith("keys: shape, strides, dtype or flags")
    assert attempt(small.index_list, CASE).modified == ""
    assert np.array_equal(CASE.keys, keys) and CASE.keys.flags.writeable

    def appends(query, keys):
        keys.append([9.0, 9.0])
        return [0]

    lists = Case(query=[[0.0, 0.0]], keys=[[1.0, 0.0]])
    assert attempt(appends, lists).modified.startswith("keys: [[1.0, 0.0]] became")
    assert lists.keys == [[1.0, 0.0]]


@pytest.mark.clause("GDA-call-repeatable")
def test_disagreement():
    """Values, fields, exceptions; NaN agrees with NaN."""
    first = attempt(lambda query, keys: {"index": [0], "energy": [np.nan]}, CASE)
    assert first.response is not None
    kept = first.response.fingerprint()
    assert disagreement(first, kept, first) == ""
    # another NaN, by its bits
    signed = attempt(lambda query, keys: {"index": [0], "energy": [-np.nan]}, CASE)
    assert disagreement(first, kept, signed) == ""
    other = attempt(lambda query, keys: {"index": [1], "energy": [np.nan]}, CASE)
    assert disagreement(first, kept, other) == "index: first call [0], repeated call [1]"
    fewer = attempt(lambda query, keys: [0], CASE)
    assert "repeated call index" in disagreement(first, kept, fewer)
    fails = attempt(lambda query, keys: 1 / 0, CASE)
    assert "repeated call: ZeroDivisionError" in disagreement(first, kept, fails)
    assert disagreement(fails, None, fails) == ""


@pytest.mark.clause("GDA-call-repeatable")
def test_fingerprint_survives_a_reused_buffer(small):
    """A target that returns a view of one buffer is compared with what it first returned."""
    first = attempt(small.reuses, CASE)
    assert first.response is not None
    kept = first.response.fingerprint()
    attempt(small.reuses, Case(query=CASE.query + 3.0, keys=CASE.keys))
    assert first.response.fields["index"].tolist() != kept["index"].tolist()
    assert disagreement(first, kept, attempt(small.reuses, CASE)) == ""


@pytest.mark.clause("GDA-conf-profile")
def test_a_field_that_comes_and_goes_is_in_the_profile():
    """A field returned on any plain call counts; leaving it out elsewhere is then WRONG."""

    def sometimes(query, keys):
        index = [0] * len(query)
        return {"index": index, "energy": [0.5] * len(query)} if len(query) > 1 else index

    assert find_profile(sometimes, capabilities=()).fields == {"index", "energy"}
