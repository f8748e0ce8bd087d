"""These tests run in a process of their own: `tests/cuda/test_cuda.py` starts it.

Elsewhere nothing is collected. With ``NUMBA_ENABLE_CUDASIM=1`` the kernels run in Numba's
simulator, on coroutines; without it on a device, which must be there (`make cuda-device`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "accelerated")]

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
if not SIMULATED and os.environ.get("GDA_CUDA_DEVICE") != "1":
    collect_ignore_glob = ["*.py"]


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "simulator: needs Numba's simulator, skipped on a device")


@pytest.fixture(autouse=True, scope="session", params=["in order", "last first"])
def lanes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test runs with the threads of a block in order, then last first."""
    if not SIMULATED:
        if request.param == "last first":
            pytest.skip("a device orders its threads itself")
        yield
        return
    from lanes import coroutines

    with coroutines(last_first=request.param == "last first"):
        yield


@pytest.fixture(autouse=True)
def _simulated(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("simulator") and not SIMULATED:
        pytest.skip("needs the simulator")
