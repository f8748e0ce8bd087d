"""Which altered kernels give themselves away in the simulator: a program, run by `test_mutants`.

Each mutant is one edit of the source of `accelerated/cuda`. The altered module is written to a
folder of its own and imported in place of the real one, with everything that imports it. The calls
below are then judged by the oracle until one is found wrong, or raises, or reads outside an array:
with the threads of a block in order, and then last first. Prints one line of JSON for each mutant.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import json
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import numpy as np
from gd_attention.conformance.bench import Bench
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.profile import find_profile
from gd_attention.conformance.verdict import Verdict
from gd_attention.interchange import any_library
from gd_attention.validation import checked
from lanes import coroutines

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "gd_attention.accelerated.cuda"
MUTANTS = Path(__file__).parents[1] / "mutants.toml"


class _Altered(importlib.abc.MetaPathFinder):
    """Finds one module of the package in another file."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path)


def imported(altered: _Altered | None) -> Callable[..., Any]:
    """The operator with tiles of four rows, from a package imported anew."""
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]
    if altered is not None:
        sys.meta_path.insert(0, altered)
    try:
        operator = importlib.import_module(f"{PACKAGE}.operator")
        tiles = importlib.import_module(f"{PACKAGE}.tiles")
        upload = importlib.import_module(f"{PACKAGE}.upload")
    finally:
        if altered is not None:
            sys.meta_path.remove(altered)
    small = upload.Settings(tiles.Tile(4, 4, 2, 2, 2), blocks=4, part=40)

    @any_library
    def attend(
        query: Any, keys: Any, values: Any = None, *, alpha: Any = 0.5, beta: Any = 1.0,
        threshold: Any = float("inf"), mask: Any = None, fill: Any = 0.0,
    ) -> Any:  # fmt: skip
        inputs = checked(query, keys, values, alpha, beta, threshold, mask, fill, narrow=True)
        return operator.selected(inputs, small)

    return attend


def cases() -> list[Case]:
    """Calls that reach every kernel, edge and filter; the cheap and telling first."""
    r = np.random.default_rng(1)
    whole = r.integers(-2, 3, (5, 3)).astype(float), r.integers(-2, 3, (19, 3)).astype(float)
    plain = r.normal(size=(5, 3)), r.normal(size=(11, 3))
    ulps = np.array([[0.1, 0.2, 0.3]]) + 2.0**-30 * r.integers(-3, 4, (13, 3))
    mirrored = np.concatenate([[[3.0, 3.0]], r.choice([-1.0, 1.0], (40, 2))])
    heads = r.normal(size=(3, 2, 2)), 5.0 * r.normal(size=(3, 1, 2)) + r.normal(size=(3, 6, 2))
    far = np.array([[1.0, 0.0, 2.0], [1e200, -1e200, 5e199], [1e25, 1.0, 1.0]])
    masked = np.where(np.arange(11) % 3 == 0, np.nan, plain[1].T).T
    saturated = 50.0 * r.normal(size=(3, 2)), 50.0 * r.normal(size=(90, 2))
    pairs = r.uniform(0.0, 0.6, (5, 11))
    equal = np.array([[1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    mixed = np.array([[9.0], [5.0], [6.0], [7.0], [8.0], [0.5], [3.0]])
    # two ties in one split, found by different threads; the least index by the later one
    across = np.array([[9.0, 9], [9, 9], [1, 2], [9, 9], [2, 1], [9, 9], [9, 9], [9, 9]])
    # the nearest key comes last, by less than a float32 shows
    late = np.stack([1.0 + 2.0**-40 * (np.arange(40) < 39), 5.0 - 10.0 * (np.arange(40) % 2)], 1)
    # permutations: all distances tie, their rounded sums do not
    shuffled = np.stack([r.permutation(plain[0].ravel()[:7]) for _ in range(10)])
    # an infinite product times zero is NaN
    axes = np.array([[1.0, 0], [-1, 0], [0.4, 0.4], [-0.4, -0.4]])
    made = [
        {"query": np.zeros((13, 2)), "keys": across},
        {"query": np.zeros((1, 2)), "keys": late},
        {"query": np.zeros((1, 2)), "keys": late[20:]},
        {"query": np.outer([0.3, 0.7, -1.1], np.ones(7)), "keys": shuffled},
        {"query": np.full((1, 2), 1e200), "keys": axes},
        {"query": whole[0], "keys": whole[1]},
        {"query": plain[0], "keys": plain[1]},
        {"query": plain[0][:1], "keys": np.vstack([plain[1], plain[0][:1]])},
        {"query": plain[0], "keys": np.vstack([plain[0], plain[0] + 0.5])},
        {"query": whole[0], "keys": whole[1], "mask": r.random((5, 19)) < 0.4},
        {"query": whole[0], "keys": whole[1], "mask": np.tri(5, 19, 10, bool)},
        {"query": ulps[:5] + 1.0, "keys": ulps},
        {"query": 1000.0 + plain[0], "keys": 1000.0 + np.round(plain[1], 1)},
        {"query": np.zeros((2, 2)), "keys": mirrored},
        {"query": heads[0], "keys": heads[1]},
        {"query": heads[0], "keys": heads[1], "alpha": r.choice([0.3, 0.4], (3, 6))},
        {"query": far, "keys": plain[1]},
        {"query": far, "keys": plain[1], "alpha": r.beta(2, 2, 11)},
        {"query": plain[0], "keys": masked, "mask": np.arange(11) % 3 != 0},
        {"query": plain[0], "keys": plain[1], "alpha": r.beta(2, 2, 11)},
        {"query": plain[0], "keys": plain[1], "alpha": r.beta(2, 2, 11), "beta": 0.05},
        {"query": plain[0], "keys": plain[1], "alpha": r.beta(2, 2, 11), "mask": pairs < 0.3},
        {"query": saturated[0], "keys": saturated[1], "alpha": np.repeat([0.3, 0.6, 0.2], 30)},
        {"query": plain[0], "keys": plain[1], "threshold": pairs},
        {"query": plain[0], "keys": plain[1], "threshold": pairs[0]},
        {"query": plain[0], "keys": plain[1], "threshold": pairs, "alpha": r.beta(2, 2, 11)},
        # E* = 1/4 at separation 1, alpha 1/2: admitted, and refused an ulp below
        {"query": np.zeros((1, 3)), "keys": equal, "threshold": [0.25, 5.0, -1.0]},
        {"query": np.zeros((1, 3)), "keys": equal, "threshold": [np.nextafter(0.25, 0), 5.0, -1.0]},
        # a near key of great weight, a far one of small weight
        {"query": np.zeros((1, 1)), "keys": mixed, "alpha": [0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.35]},
        {"query": np.zeros((1, 1)), "keys": mixed, "beta": 0.01,
         "alpha": [0.01, 0.2, 0.3, 0.4, 0.45, 0.5, 0.35]},
    ]  # fmt: skip
    found = [Case(**call, id=f"call {i}") for i, call in enumerate(made)]  # type: ignore[arg-type]
    for seed in range(12):
        s = np.random.default_rng(seed)
        weights = s.beta(0.6, 0.6, 14).clip(1e-6, 1 - 1e-6)
        found.append(
            Case(
                s.normal(size=(3, 2)), 2.0 * s.normal(size=(14, 2)), alpha=weights, beta=0.4,
                id=f"priors {seed}",
            )
        )  # fmt: skip
    return found


def judged(attend: Callable[..., Any], calls: list[Case], bench: Bench) -> str:
    """What gave the mutant away, or nothing."""
    for case in calls:
        try:
            findings = bench.first(case).findings
        except Exception as error:  # an index outside an array, a kernel that does not end well
            return f"{case.id}: {type(error).__name__}"
        for finding in findings:
            if finding.verdict in (Verdict.WRONG, Verdict.UNDECIDED):
                return f"{case.id}: {finding.clause}"
    return _high_base(attend)


def _high_base(attend: Callable[..., Any]) -> str:
    """Keys counted from 2^32 on, as in a later part of a long list: an index of 32 bits wraps."""
    upload, operator = (sys.modules[f"{PACKAGE}.{name}"] for name in ("upload", "operator"))
    original, winners, seen = upload.KeyParts.__iter__, operator._winners, []

    def moved(self: Any) -> Any:
        for part in original(self):
            yield replace(part, base=part.base + 2**32)

    def kept(inputs: Any, plan: Any, settings: Any) -> Any:
        answer = operator.searched(plan, inputs.beta, settings)
        seen.extend(answer.winner.ravel().tolist())
        seen.extend(key for keys in answer.lists.values() for key in keys.tolist())
        return np.zeros_like(answer.winner)

    r = np.random.default_rng(2)
    try:
        upload.KeyParts.__iter__, operator._winners = moved, kept
        attend(r.normal(size=(3, 2)), r.normal(size=(7, 2)))
        attend(np.zeros((1, 2)), np.array([[1.0, 0.0], [0.0, 1.0]]))
    except Exception as error:
        return f"keys beyond 2^32: {type(error).__name__}"
    finally:
        upload.KeyParts.__iter__, operator._winners = original, winners
    right = all(2**32 <= key < 2**32 + 7 or key == -2 for key in seen) and len(seen) == 6
    return "" if right else "keys beyond 2^32: index"


def main() -> None:
    """Judge every mutant of the file."""
    mutants = tomllib.loads(MUTANTS.read_text(encoding="utf-8"))["mutant"]
    wanted = set(sys.argv[1:])
    calls = cases()
    with coroutines():
        original = imported(None)
        profile = find_profile(original, capabilities=("all",))
    answers = {case.id: solve(case, EXACT) for case in calls}
    with tempfile.TemporaryDirectory() as folder:
        for number, mutant in enumerate(mutants):
            if wanted and mutant["name"] not in wanted:
                continue
            source = (ROOT / "accelerated" / "cuda" / mutant["file"]).read_text(encoding="utf-8")
            if source.count(mutant["old"]) != mutant.get("count", 1):
                raise SystemExit(f"{mutant['name']}: the text to replace occurs "
                                 f"{source.count(mutant['old'])} times")  # fmt: skip
            path = Path(folder) / str(number) / mutant["file"]
            path.parent.mkdir()
            path.write_text(source.replace(mutant["old"], mutant["new"]), encoding="utf-8")
            attend = imported(_Altered(f"{PACKAGE}.{path.stem}", path))
            bench = Bench(attend, EXACT, profile, lambda case, contract: answers[case.id])
            killer = ""
            for last_first in (False, True):
                with coroutines(last_first=last_first):
                    killer = killer or judged(attend, calls, bench)
            print(json.dumps({"name": mutant["name"], "killer": killer}), flush=True)


if __name__ == "__main__":
    main()
