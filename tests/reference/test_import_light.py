"""`import gd_attention` stays light: NumPy is the cost."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "jax",
    "array_api_compat",
    "numba",
    "sympy",
    "hypothesis",
    "flint",
    "matplotlib",
    "typer",
    "rich",
    "jsonschema",
)


def modules(statement: str) -> set[str]:
    """Top-level names of the modules that a statement imports in a fresh interpreter."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", statement],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    names = {line.rsplit("|", 1)[1].strip() for line in lines[1:]}
    return names | {name.partition(".")[0] for name in names}


@pytest.mark.clause("GDA-scope-operator")
def test_import_is_light() -> None:
    loaded = modules("import gd_attention; gd_attention.gd_attention([[0.0]], [[1.0]])")
    assert {"numpy", "gd_attention", "gd_attention.selection"} <= loaded
    assert not loaded.intersection(HEAVY)
    assert not {"gd_attention.spec", "gd_attention.conformance", "gd_attention.cli"} & loaded


def test_the_probe_sees_a_heavy_import() -> None:
    assert "jsonschema" in modules("import jsonschema")


@pytest.mark.clause("GDA-scope-operator")
def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    import gd_attention

    assert gd_attention.__version__ == version("gd-attention")
    assert all(hasattr(gd_attention, name) for name in gd_attention.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = gd_attention.nonsense
