"""What the report of the compiled kernels computes from what the assembler says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAID = """ptxas info    : Compiling entry function 'k' for 'sm_90'
    16 bytes stack frame, 24 bytes spill stores, 28 bytes spill loads
ptxas info    : Used 128 registers, used 1 barriers, 26112 bytes smem
ptxas info    : Function properties for __internal_accurate_pow
    8 bytes stack frame, 0 bytes spill stores, 4 bytes spill loads
"""


@pytest.fixture(scope="module")
def report():
    spec = importlib.util.spec_from_file_location("cuda_report", ROOT / "tools" / "cuda_report.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["cuda_report"] = module
    spec.loader.exec_module(module)
    return module


def test_spills_of_called_functions_count(report) -> None:
    assert report._usage("k", 256, SAID) == ("k", 256, 128, 26112, 56, 24)


def test_an_assembler_that_says_nothing_is_an_error(report) -> None:
    """An empty report must not read as a kernel without spills."""
    with pytest.raises(SystemExit, match="said nothing"):
        report._usage("k", 256, "")


@pytest.mark.parametrize(
    ("threads", "registers", "shared", "warps"),
    [
        (256, 32, 0, 64),  # threads: 2048 / 256 blocks
        (256, 40, 0, 48),  # registers: 12 warps of 1280 in each quarter of 16384
        (256, 128, 0, 16),
        (256, 255, 0, 8),  # 2 warps of 8192 a quarter
        (32, 16, 0, 32),  # blocks: 32 of one warp
        (64, 16, 56 * 1024, 8),  # shared memory: 4 blocks of 57 KB in 228
    ],
)
def test_occupancy(report, threads: int, registers: int, shared: int, warps: int) -> None:
    """Each limit in turn, by hand."""
    usage = report.Usage("k", threads, registers, shared, 0, 0)
    assert report.occupancy(usage, report.ARCHITECTURES[(9, 0)]) == warps


def test_the_published_report_shows_no_spill() -> None:
    """Three architectures, ten kernels each, no spill and no local memory."""
    text = (ROOT / "docs" / "cuda-report.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.count(" | ") == 6]
    kernels = [row for row in rows if row[1].isdigit()]
    assert len(kernels) == 30
    assert {(row[4], row[5]) for row in kernels} == {("0 B", "0 B")}
