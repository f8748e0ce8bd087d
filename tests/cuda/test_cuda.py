"""The CUDA kernels in Numba's simulator, in processes of its own; and wrong kernels there.

Numba decides when it is imported whether it simulates, so these tests cannot share a process with
the others. The number of tests is asserted: a suite that collected nothing would pass.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PASSED = 156


def test_the_simulated_suite_passes(capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(HERE / "simulated"), "-p", "no:cacheprovider"],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=900,
    )
    summary = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr
    with capsys.disabled():
        print(f"\nCUDA kernels in the simulator: {summary}")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    found = re.search(r"(\d+) passed", summary)
    assert found is not None
    assert int(found.group(1)) == PASSED
    assert "skipped" not in summary


def test_the_suite_passes_on_a_device() -> None:
    """The same tests on a device, where there is one; `make cuda-device` does more."""
    environment = {**os.environ, "GDA_CUDA_DEVICE": "1"}
    environment.pop("NUMBA_ENABLE_CUDASIM", None)
    ask = "from numba import cuda; print(cuda.is_available())"
    asked = subprocess.run(
        [sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True
    )
    if asked.stdout.strip() != "True":
        pytest.skip("no device: numba.cuda.is_available() is false")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(HERE / "simulated"), "-p", "no:cacheprovider"],
        env=environment,
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_wrong_kernels_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    """Every mutant dies in the simulator, or its entry says why it cannot, and then it lives.

    Two controls: nothing changed, which must live, and the first key always, which must die.
    """
    mutants = tomllib.loads((HERE / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
    done = subprocess.run(
        [sys.executable, str(HERE / "simulated" / "killing.py")],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    killers = {row["name"]: row["killer"] for row in map(json.loads, done.stdout.splitlines())}
    assert list(killers) == [mutant["name"] for mutant in mutants]
    dead = sum(map(bool, killers.values()))
    with capsys.disabled():
        print(f"\nCUDA mutants in the simulator: {dead} dead, {len(mutants) - dead} explained")
    controls = {name: bool(killer) for name, killer in killers.items() if "control" in name}
    assert list(controls.values()) == [False, True], killers
    wrong = {
        mutant["name"]: killers[mutant["name"]]
        for mutant in mutants
        if ("survives" in mutant) == bool(killers[mutant["name"]])
    }
    assert wrong == {}
    assert all(("why" in mutant) != ("survives" in mutant) for mutant in mutants)
