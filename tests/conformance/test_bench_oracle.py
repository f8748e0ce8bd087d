"""The throughput of the oracle is printed; how fast it is is nobody's test."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "bench_oracle.py"


def test_every_kind_of_work_is_printed(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """On a few items: a line per regime, source and contract, with versions and load."""
    specification = importlib.util.spec_from_file_location("bench_oracle", TOOL)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "_PAIRS", 3)
    monkeypatch.setattr(module, "_A_FAMILY", 1)
    few = module.load_vectors()[:5]
    monkeypatch.setattr(module, "load_vectors", lambda: few)
    monkeypatch.setattr(sys, "argv", ["bench_oracle.py", "--repeats", "2"])
    module.main()
    printed = capsys.readouterr().out
    for line in ("certificates, ordinary", "certificates, next to critical", "2 repeats"):
        assert line in printed
    for contract in module.CONTRACTS:
        assert f"cases, vectors, {contract}" in printed
        assert f"cases, generated, {contract}" in printed
    assert "python-flint" in printed
