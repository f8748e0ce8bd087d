"""A contract as a record, as a name and as a target's own declaration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from contracts import ROUNDING
from gd_attention.cli.app import app
from gd_attention.conformance import Contract, HarnessError, verify
from gd_attention.conformance.contract import CONTRACTS, EXACT, FLOAT64, contract, promised
from typer.testing import CliRunner

TARGETS = Path(__file__).parents[1] / "targets"


@pytest.mark.clause("GDA-conf-contract-record")
def test_defaults() -> None:
    assert len(ROUNDING) == len({form.name for form in ROUNDING}) == 36
    assert Contract() == FLOAT64
    for name, wide in (
        ("float64", "float64"),
        ("float32", "float32"),
        ("float16", "float32"),
        ("bfloat16", "float32"),
    ):
        form = contract(name)
        assert (form.dtype, form.accumulate, form.name) == (name, wide, name)
        assert not form.exact_decisions
    narrow = contract("exact,dtype=float32")
    assert (narrow.dtype, narrow.accumulate, narrow.exact_decisions) == ("float32", "float64", True)
    assert Contract(np.float32) == Contract(np.dtype("float32")) == contract("float32")
    assert Contract(ml_dtypes.bfloat16) == contract("bfloat16")


@pytest.mark.parametrize(
    "form", [*ROUNDING, EXACT, Contract("bfloat16", "float32", exact_decisions=True)]
)
@pytest.mark.clause("GDA-conf-contract-name")
def test_a_name_means_its_contract(form: Contract) -> None:
    assert contract(form.name) == form
    keys = {
        "dtype": form.dtype,
        "accumulate": form.accumulate,
        "distance": form.distance,
        "order_by": form.order_by,
    }
    assert contract({**keys, "exact": form.exact_decisions}) == form
    written = ",".join(f"{key}={value}" for key, value in keys.items())
    assert contract(f"exact, {written}" if form.exact_decisions else written) == form
    assert form.about


BAD = [
    ("fast", r"expected one of exact, float64, .*, got 'fast' in 'fast'"),
    ("", r"expected one of exact.*got ''"),
    ("float32,distance", r".*got 'distance' in 'float32,distance'"),
    ("distance=far", r"distance: expected one of difference, expanded, got 'far'"),
    ("order_by=index", r"order_by: expected one of distance, energy, got 'index'"),
    ("dtype=float8", r"dtype: expected one of float64, .*, got 'float8'"),
    ("float32,dtype=float16", r"dtype: expected one value, got 'float32' and 'float16'"),
    ("float64,accumulate=float32", r"accumulate: expected a format that holds float64, .* float32"),
    ("float16,accumulate=bfloat16", r".*one of float64, float32, float16, got bfloat16"),
    ("exact,distance=expanded", r"exact .* expected neither distance nor order_by"),
    ({"dtype": "float32", "speed": "high"}, r"key: expected one of dtype, .*, got 'speed'"),
    ({"dtype": object()}, r"dtype: expected one of float64"),
    (7, r"expected a Contract, a name or a mapping .*, got a int"),
]


@pytest.mark.parametrize(("given", "message"), BAD)
@pytest.mark.clause("GDA-conf-contract-name")
def test_a_bad_contract_is_a_fault_of_the_call(given, message) -> None:
    with pytest.raises(HarnessError, match="contract: " + message):
        contract(given)
    with pytest.raises(HarnessError, match=message):
        verify(lambda query, keys: np.zeros(len(query), int), contract=given, cases=0)


@pytest.mark.clause("GDA-conf-contract-name")
def test_the_caller_counts_before_the_target_and_that_before_float64() -> None:
    def target(query, keys):
        return np.zeros(len(query), int)

    assert promised(target) == FLOAT64
    for declared in ("float32", CONTRACTS["float32"], {"dtype": "float32"}):
        target.gda_contract = declared
        assert promised(target).name == "float32"
        assert promised(target, "bfloat16").name == "bfloat16"
    target.gda_contract = "float31"
    with pytest.raises(HarnessError, match=r"gda_contract of the target: contract: .*float31"):
        promised(target)
    # what the caller says counts, whatever the target says
    assert promised(target, EXACT) == EXACT


@pytest.mark.clause("GDA-conf-contract-name")
def test_a_contract_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TARGETS)
    name = "dtype=float32,accumulate=float64,distance=expanded,order_by=distance"
    run = CliRunner().invoke(app, ["verify", "single:select", "--contract", name, "--cases", "20"])
    assert "contract      float32,accumulate=float64,distance=expanded" in run.stdout
    assert "indices by case: " in run.stdout
    run = CliRunner().invoke(app, ["verify", "single:select", "--cases", "20"])
    assert "contract      float32,distance=expanded" in run.stdout


@pytest.mark.clause("GDA-conf-contract-record")
def test_results_may_carry_one_more_rounding_to_the_dtype_alone() -> None:
    assert contract("bfloat16").returned((0.7, 0.7)) == (0.69921875, 0.7)
    assert contract("bfloat16").returned((0.6999, 0.7001)) == (0.69921875, 0.7001)
    for name in ("float32", "exact,dtype=float32", "bfloat16,accumulate=bfloat16"):
        assert contract(name).returned((0.7, 0.7)) == (0.7, 0.7)
    assert replace(EXACT, dtype="float16").results.name == "float64"
