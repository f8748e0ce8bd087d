"""Compile the CUDA kernels without a device, and say what they need and what they could reach.

    python tools/cuda_report.py            # writes docs/cuda-report.md
    python tools/cuda_report.py --check    # fails if the file says something else; where the
                                           # compilers have other versions, on spills alone

Needs the extra ``cuda-report``: numba-cuda with its compilers, and ptxas. Fails if a kernel spills
registers or uses local memory on any of the architectures. The roofline is arithmetic, not a
measurement.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "docs" / "cuda-report.md"


class Limits(NamedTuple):
    """What a multiprocessor has."""

    registers: int
    threads: int
    blocks: int
    shared: int


# CUDA C++ Programming Guide 13.0, "Technical Specifications per Compute Capability"; every block
# takes 1 KB of shared memory for the system, registers are given to a warp in units of 256, and
# each of four partitions holds a quarter of registers and warps.
ARCHITECTURES = {
    (8, 0): Limits(65536, 2048, 32, 164 * 1024),
    (9, 0): Limits(65536, 2048, 32, 228 * 1024),
    (10, 0): Limits(65536, 2048, 32, 228 * 1024),
}

# NVIDIA H100 SXM data sheet: float32 outside the tensor cores, and HBM3.
FLOPS, BYTES = 67e12, 3.35e12
SHAPES = ((4096, 16384), (1024, 65536), (64, 262144), (1, 1048576))
DIMENSIONS = (16, 64, 128, 256, 768)
EPILOGUE = 8  # operations of a pair beside its products: subtract, two bounds, five comparisons


class Usage(NamedTuple):
    """What ptxas reports of a kernel."""

    kernel: str
    threads: int
    registers: int
    shared: int
    spills: int
    local: int


def occupancy(usage: Usage, limits: Limits) -> int:
    """Warps that a multiprocessor holds at once."""
    warps = -(-usage.threads // 32)
    of_warp = -(-usage.registers * 32 // 256) * 256
    by_registers = limits.registers // 4 // of_warp * 4 // warps
    by_shared = limits.shared // (usage.shared + 1024)
    by_threads = limits.threads // usage.threads
    return min(by_registers, by_shared, by_threads, limits.blocks) * warps


def kernels() -> dict[str, tuple[Any, tuple[Any, ...], int]]:
    """Every kernel with the types of its arguments and its threads a block."""
    from gd_attention.accelerated.cuda import energy, nearest, tiles
    from numba import types

    f4, f8, i4, i8, flag = (
        types.float32, types.float64, types.int32, types.int64, types.boolean,
    )  # fmt: skip

    def array(kind: Any, axes: int) -> Any:
        return types.Array(kind, axes, "C")

    tile = tiles.DEVICE_TILE
    lists = (array(i8, 1), array(i8, 2), array(f8, 2), array(f4, 2))
    pairs = (array(i8, 1), i8, i8, flag)
    bound = (f4, f4, f4)
    screened = (
        array(f4, 3), array(i8, 2), array(f4, 2), array(f4, 3), *lists, array(i8, 1),
        array(flag, 3), *pairs, i8,
    )  # fmt: skip
    record = (array(f4, 3), array(f4, 3), array(f4, 3), array(i8, 3))

    def judged(given: Any) -> tuple[Any, ...]:
        return (
            array(f4, 3), array(given, 3), array(i8, 2), array(f4, 2), array(f8, 2),
            array(f4, 3), array(given, 3), *lists, array(f8, 2), array(flag, 2), array(i8, 1),
            array(flag, 3), *pairs, array(f8, 3), *pairs, f8, array(f8, 1), f8, *bound,
            array(f8, 3), array(f4, 3), array(i4, 2), array(i8, 3),
        )  # fmt: skip

    made: dict[str, tuple[Any, tuple[Any, ...], int]] = {}
    for name, given in (("float32", f4), ("float64", f8)):
        frames = (array(i8, 1), array(f8, 1), array(f8, 2), array(f4, 3))
        made[f"encode, {name}"] = tiles.encode(), (array(given, 3), *frames), tile.threads
    made["measure"] = (
        tiles.measure(tile),
        (array(f4, 3), array(i8, 1), array(i8, 2), array(f8, 2), array(f4, 2), array(f4, 2)),
        tile.columns,
    )
    made["screen"] = nearest.screen(tile), (*screened, i8, *bound, *record), tile.threads
    made["join"] = nearest.join(), (*record, array(f4, 2), array(i8, 2)), tile.threads
    made["collect"] = (
        nearest.collect(tile),
        (*screened, *bound, array(f4, 2), array(i4, 2), array(i8, 3)),
        tile.threads,
    )
    for name, given in (("float32", f4), ("float64", f8)):
        made[f"survey, {name}"] = energy.survey(tile), judged(given), tile.threads
        made[f"gather, {name}"] = energy.gather(tile), judged(given), tile.threads
    return made


def compiled(capability: tuple[int, int]) -> list[Usage]:
    """Every kernel through PTX and ptxas; one architecture a process, as Numba keeps functions."""
    import numba.cuda.dispatcher as dispatcher
    from numba import cuda, types

    class Device:
        compute_capability = capability

    # device functions ask the current device what to compile for; there is none
    dispatcher.get_current_device = lambda: Device
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (kernel, arguments, threads) in kernels().items():
            ptx, _ = cuda.compile(
                kernel.py_func, types.void(*arguments), cc=capability, output="ptx", device=False,
                abi="numba",
            )  # fmt: skip
            path = Path(folder) / "kernel.ptx"
            path.write_text(ptx if isinstance(ptx, str) else ptx.decode())
            said = subprocess.run(
                [ptxas(), f"-arch=sm_{capability[0]}{capability[1]}", "-v", path.name,
                 "-o", "kernel.cubin"],
                cwd=folder, check=True, capture_output=True, text=True,
            ).stderr  # fmt: skip
            found.append(_usage(name, threads, said))
    return found


def _usage(name: str, threads: int, said: str) -> Usage:
    """Of the kernel and of every function that it calls."""

    def total(pattern: str) -> int:
        values = [int(value) for value in re.findall(pattern, said)]
        if not values:
            raise SystemExit(f"ptxas said nothing about {pattern!r} of {name}:\n{said}")
        return sum(values)

    return Usage(
        name,
        threads,
        max([0, *(int(value) for value in re.findall(r"Used (\d+) registers", said))]),
        max([0, *(int(value) for value in re.findall(r"(\d+) bytes smem", said))]),
        total(r"(\d+) bytes spill stores") + total(r"(\d+) bytes spill loads"),
        total(r"(\d+) bytes stack frame"),
    )


def compilers() -> str:
    """The versions that the numbers depend on: Python's bytecode is where compilation begins."""
    python = "{}.{}".format(*sys.version_info)
    return (
        f"Compiled under Python {python} by numba {version('numba')}, numba-cuda "
        f"{version('numba-cuda')} and NVVM {version('nvidia-nvvm')}, assembled by ptxas "
        f"{version('nvidia-cuda-nvcc')}."
    )


def ptxas() -> str:
    """The assembler of the extra, else the system's."""
    packaged = Path(sysconfig.get_path("purelib")) / "nvidia" / "cu13" / "bin" / "ptxas"
    return str(packaged) if packaged.exists() else "ptxas"


def table(capability: tuple[int, int], found: list[Usage]) -> str:
    """What the kernels need on one architecture."""
    limits = ARCHITECTURES[capability]
    most = limits.threads // 32
    lines = [
        f"### sm_{capability[0]}{capability[1]}",
        "",
        "| kernel | threads | registers | shared memory | spills | local memory | warps |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for usage in found:
        warps = occupancy(usage, limits)
        lines.append(
            f"| {usage.kernel} | {usage.threads} | {usage.registers} | {usage.shared} B "
            f"| {usage.spills} B | {usage.local} B | {warps} of {most} ({warps / most:.0%}) |"
        )
    return "\n".join(lines)


def roofline() -> str:
    """The least time that arithmetic and memory allow `screen`, by shape and dimension."""
    from gd_attention.accelerated.cuda.tiles import DEVICE_TILE as TILE

    lines = [
        "| M | N | D | rows computed | operations | at 67 TFLOP/s | bytes | at 3.35 TB/s | bound |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for m, n in SHAPES:
        for d in DIMENSIONS:
            rows = -(-m // TILE.rows) * TILE.rows
            operations = rows * n * (2 * d + EPILOGUE)
            # each row is read as given, written encoded, read by `measure` and read by `screen`
            moved = 4 * (m + n) * d * 4
            arithmetic, memory = operations / FLOPS, moved / BYTES
            bound = "arithmetic" if arithmetic > memory else "memory"
            lines.append(
                f"| {m} | {n} | {d} | {rows} | {operations:.3g} | {_time(arithmetic)} "
                f"| {moved:.3g} | {_time(memory)} | {_time(max(arithmetic, memory))}, {bound} |"
            )
    return "\n".join(lines)


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def report(usages: dict[tuple[int, int], list[Usage]]) -> str:
    """The document."""
    tables = "\n\n".join(table(capability, found) for capability, found in usages.items())
    return f"""# The CUDA kernels, compiled without a device

Written by `make cuda-report`; `make cuda-check` holds this file to its output. Nothing here was
measured on a device. {compilers()}

## What they need

No kernel spills registers or uses local memory. The last column is the number of warps that a
multiprocessor holds at once: registers, shared memory, threads and blocks allow no more. Limits
are those of the CUDA C++ Programming Guide 13.0, "Technical Specifications per Compute Capability":
65,536 registers, 2,048 threads and 32 blocks, and 164 KB (sm_80) or 228 KB (sm_90, sm_100) of
shared memory, of which a block takes 1 KB for the system. Registers go to a warp in units of 256.

{tables}

## What they could reach: an estimate

Least times of one call with one weight for all keys, float32, on the figures of an H100 SXM: 67
TFLOP/s of float32 and 3.35 TB/s. Counted for `screen`: 2 D operations of a pair, a multiply and an
add each, and {EPILOGUE} for its bound and comparisons; queries are computed in tiles of 64 rows, so
few queries cost as many. Bytes: every coordinate is read as given, written encoded, read to be
measured and read by the screen, 4 bytes each time; keys that a second tile of queries reads again
are assumed to come from the second-level cache. Copies between host and device, open queries, their
second pass and the exact decisions on the host come on top. The larger of the two times is a floor,
not a forecast.

{roofline()}
"""


def main() -> None:
    """Compile, check, and write or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the file, write nothing")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        major, minor = options.only.split(".")
        print(json.dumps(compiled((int(major), int(minor)))))
        return
    usages = {}
    for capability in ARCHITECTURES:
        done = subprocess.run(
            [sys.executable, __file__, "--only", "{}.{}".format(*capability)],
            check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        usages[capability] = [Usage(*row) for row in json.loads(done.stdout)]
    text = report(usages)
    print(text)
    bad = [
        f"{usage.kernel} on sm_{a}{b}: {usage.spills} bytes of spills, {usage.local} of stack"
        for (a, b), found in usages.items()
        for usage in found
        if usage.spills or usage.local
    ]
    if bad:
        raise SystemExit("; ".join(bad))
    if options.check:
        published = REPORT.read_text(encoding="utf-8")
        if compilers() not in published:
            print(f"docs/cuda-report.md was written with other compilers. {compilers()}")
        elif published != text:
            raise SystemExit("docs/cuda-report.md is not what the compilers say: make cuda-report")
    else:
        REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
