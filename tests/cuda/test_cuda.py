"""The CUDA kernels in Numba's simulator, in a process of its own.

Numba decides when it is imported whether it simulates, so these tests cannot share a process with
the others. The number of tests is asserted: a suite that collected nothing would pass.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PASSED = 165


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
