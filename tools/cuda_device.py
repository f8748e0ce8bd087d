"""On a machine with a device of NVIDIA: the simulator's tests, the sanitizer, the benchmark.

    python tools/cuda_device.py

Ends with status 0 and the reason where there is no device. Run by `make cuda-device`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUITE = ROOT / "tests" / "cuda" / "simulated"
# The sanitizer slows a kernel a hundredfold: every kernel and every route once, in tiles of both
# sizes.
SANITIZED = "clouds_on_every_route and (gaussian or integers) or tile_of_a_device or heads"


def main() -> None:
    """Run what needs a device."""
    from numba import cuda

    if not cuda.is_available():
        print("cuda-device: skipped, Numba finds no device or no driver")
        return
    cuda.detect()
    environment = {**os.environ, "GDA_CUDA_DEVICE": "1"}
    environment.pop("NUMBA_ENABLE_CUDASIM", None)
    tests = [sys.executable, "-m", "pytest", str(SUITE), "-p", "no:cacheprovider"]
    subprocess.run(tests, cwd=ROOT, env=environment, check=True)
    sanitizer = shutil.which("compute-sanitizer")
    if sanitizer is None:
        raise SystemExit(
            "cuda-device: compute-sanitizer is missing; it comes with the CUDA toolkit"
        )
    for check in ("memcheck", "racecheck", "synccheck"):
        print(f"compute-sanitizer --tool {check}")
        command = [sanitizer, "--tool", check, "--error-exitcode", "3", "--target-processes", "all"]
        subprocess.run([*command, *tests, "-k", SANITIZED], cwd=ROOT, env=environment, check=True)
    subprocess.run([sys.executable, "-m", "benchmarks.cuda"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
