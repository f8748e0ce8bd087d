"""Judge one copy of the compiled package: how each trial ended, as JSON Lines on stdout.

    python trial.py FOLDER PACKAGE TRIAL...

FOLDER holds the copy PACKAGE. Answers are compared with the oracle's exact order and, for the
operator, judged as ``exact``; nothing of the package is asked about itself. Under
NUMBA_DISABLE_JIT the fused multiply-add, an LLVM intrinsic, is replaced by rational arithmetic
with one rounding, which is what it means, and reading ahead by nothing.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from gd_attention.conformance.attempt import attempt
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.judge import judge
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.profile import find_profile
from gd_attention.conformance.verdict import Verdict

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "accelerated"))

from judges import CLOUDS, expected

Trial = Callable[[Any], bool]


def _nearest(package: Any, query: Any, keys: Any, single: bool) -> bool:
    """Whether every engine, one-shot and packed, answers as the oracle."""
    query, keys = query.astype(single), keys.astype(single)
    want = expected(query, keys).tolist()
    engines = importlib.import_module(f"{package.__name__}.engines").available(keys.shape[1])
    return all(package.nearest(query, keys, engines=(e,)).tolist() == want for e in engines) and (
        package.nearest(query, keys, packed=package.pack(keys)).tolist() == want
    )


def clouds(package: Any) -> bool:
    """Ties, offsets, scales and near-ties in every engine."""
    return all(
        _nearest(package, *cloud(np.random.default_rng(7), 30, 400, 5), np.float32)
        for cloud in CLOUDS.values()
    )


def scanned(package: Any) -> bool:
    """Few keys, which no screen looks at: every key against every query."""
    found = []
    for cloud in CLOUDS.values():
        query, keys = cloud(np.random.default_rng(7), 5, 40, 5)
        found.append(package.nearest(query, keys).tolist() == expected(query, keys).tolist())
    # keys that differ in last bits of float64: below the rounding of their squared distances
    r = np.random.default_rng(13)
    key = r.normal(size=(1, 5))
    keys = (key.view(np.int64) + r.integers(-1, 2, (40, 5))).view(np.float64)
    query = r.normal(size=(20, 5))
    found.append(package.nearest(query, keys).tolist() == expected(query, keys).tolist())
    return all(found)


def line(package: Any) -> bool:
    """One dimension, where Cauchy-Schwarz is an equality and a bound has nothing to spare."""
    r = np.random.default_rng(1)
    return all(
        _nearest(package, r.uniform(-1, 1, (60, 1)), r.uniform(-1, 1, (n, 1)), np.float32)
        for n in (64, 300, 2000)
    )


def edges(package: Any) -> bool:
    """The last query of a partial tile, the last key of a partial panel, the last block."""
    r = np.random.default_rng(9)
    keys = r.normal(size=(129, 3)).astype(np.float32)
    # every key is the target of a query: whatever place sorting gave it
    if not all(_nearest(package, keys[-m:], keys, np.float32) for m in (1, 2, 5, 13, 129)):
        return False
    engines = importlib.import_module(f"{package.__name__}.engines").available(3)
    for engine in engines:
        keys = r.normal(size=(5 * 64 * engine.width, 3)).astype(np.float32)
        rows = np.array([0, len(keys) // 2, len(keys) - 1])
        if package.nearest(keys[rows], keys, engines=(engine,)).tolist() != rows.tolist():
            return False
    return True


def shares(package: Any) -> bool:
    """Keys shared out between threads, each share with a key as near as the next one's, or nearer.

    The first key repeats at the end, so that the shares tie and the least index is the answer;
    other queries are won by the first, a middle and the last share.
    """
    r = np.random.default_rng(3)
    keys = r.normal(size=(12_000, 3)).astype(np.float32)
    keys[-1] = keys[0]
    rows = np.array([0, 5_000, 11_998])
    engines = importlib.import_module(f"{package.__name__}.engines").available(3)
    return all(
        package.nearest(keys[rows], keys, packed=package.pack(keys), engines=(e,)).tolist()
        == rows.tolist()
        for e in engines
    )


def far(package: Any) -> bool:
    """Queries farther than float32 can square, and near ones among keys that it cannot square."""
    r = np.random.default_rng(4)
    query, keys = r.normal(size=(14, 6)), r.normal(size=(200, 6))
    with np.errstate(all="ignore"):
        return all(
            _nearest(package, 10.0**scale * query, keys, np.float64)
            for scale in (15, 19, 20, 25, 37, 38, 39, 60, 100, 150, 155, 160, 200, 300)
        ) and all(
            _nearest(package, 10.0**scale * query, 10.0**other * keys, np.float64)
            for scale, other in ((0, 20), (15, 25), (0, -25), (-25, -25), (20, 30))
        )


def central(package: Any) -> bool:
    """Queries next to the mean of the keys: their byte scale is tiny against the keys'."""
    r = np.random.default_rng(5)
    keys = r.normal(size=(400, 19))
    keys[::2] = -keys[1::2]
    return all(
        _nearest(package, scale * r.normal(size=(13, 19)), keys, np.float64)
        for scale in (1e-3, 1e-6, 1e-9, 1e-12)
    )


def _files(package: Any, alter: Callable[[Path, Any], None]) -> bool:
    r = np.random.default_rng(6)
    keys = r.normal(size=(300, 4)).astype(np.float32)
    index = package.KeyIndex(keys)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.gda"
        alter(path, index)
        try:
            loaded = package.KeyIndex.load(path)
        except package.IndexFileError:
            return True
        return loaded.nearest(keys[:40]).tolist() == list(range(40))


def stored(package: Any) -> bool:
    """A file with altered bytes of an array is refused."""

    def alter(path: Path, index: Any) -> None:
        index.save(path)
        whole = bytearray(path.read_bytes())
        whole[4096 : 4096 + 64] = bytes(64)  # of the first keys
        path.write_bytes(whole)

    r = _files(package, lambda path, index: index.save(path))
    return r and _files(package, alter)


def foreign(package: Any) -> bool:
    """A screen packed for other vectors holds nothing that this machine can read."""

    def alter(path: Path, index: Any) -> None:
        part = index.packed.part
        name, screen = next(iter(part.screens.items()))
        part.screens[name] = screen._replace(words=np.zeros_like(screen.words) + screen.words[0])
        contents = index._contents

        def of_others() -> Any:
            arrays, header = contents()
            return arrays, {**header, "widths": dict.fromkeys(header["widths"], 5)}

        index._contents = of_others
        index.save(path)

    return _files(package, alter)


def _judged(package: Any, **arguments: Any) -> bool:
    """Whether the operator's answer is exact, every field decided."""
    profile = find_profile(package.gd_attention, capabilities=("all",))
    case = Case(**arguments)
    outcome = attempt(package.gd_attention, case)
    if outcome.error is not None:
        raise RuntimeError(outcome.error)
    findings = judge(case, solve(case, EXACT), outcome.response, profile)
    return all(f.verdict not in (Verdict.WRONG, Verdict.UNDECIDED) for f in findings)


def _take(package: Any, route: str, budget: int = 2) -> None:
    """Every search by one function of `routes`, in tiles, panels and blocks of a few.

    The budget is that of a screen; the float64 tiles take over, and hide the screen, beyond it.
    """
    masked, routes, sorting = (
        importlib.import_module(f"{package.__name__}.{name}")
        for name in ("masked", "routes", "sorting")
    )
    masked._FEW_QUERIES = masked._FEW_PAIRS = sys.maxsize if route == "passed" else -1
    # beyond it no key fits the screen
    routes._SAFE_EXPONENT = -1 if route == "tiled" else 290
    routes._LEAST_TILE = routes._MOST_TILE = 5
    routes._MOST_ROWS = 2
    routes._MOST_COPIED = budget
    routes._PANELS = routes._PART_ELEMENTS = 1
    routes._LITTLE = 0
    routes._STRIDE = 4
    sorting._FEW = 0


_WEIGHTS: tuple[Callable[[np.random.Generator, int], Any], ...] = (
    lambda r, n: r.choice([0.25, 0.75], n),
    lambda r, n: r.beta(2, 2, n).clip(0.01, 0.99),
    lambda r, n: r.choice([1e-300, 1e-9, 0.3, 0.4], n),
)


def _weighted(package: Any, counts: tuple[int, ...]) -> bool:
    """Mirrored weights, spread ones, and some that are close to 0."""
    r = np.random.default_rng(8)
    return all(
        _judged(package, query=scale * r.normal(size=(5, d)), keys=scale * r.normal(size=(n, d)),
                alpha=weights(r, n), beta=beta)
        for n in counts
        for d in (1, 4, 5)
        for weights in _WEIGHTS
        for beta, scale in ((1.0, 1.0), (0.02, 3.0))
    )  # fmt: skip


def _filtered(package: Any, counts: tuple[int, ...]) -> bool:
    """A mask or a threshold of each pair."""
    r = np.random.default_rng(10)
    return all(
        _judged(package, query=r.normal(size=(5, 3)), keys=r.normal(size=(n, 3)), **given)
        for n in counts
        for given in (
            {"mask": r.random((5, n)) < 0.5},
            {"threshold": r.uniform(0, 0.7, (5, n))},
            {"mask": r.random((5, n)) < 0.5, "threshold": r.uniform(0, 0.7, (5, n)),
             "alpha": r.beta(2, 2, n).clip(0.01, 0.99)},
        )
    )  # fmt: skip


def _tied(package: Any, counts: tuple[int, ...]) -> bool:
    """Equal distances, in bits and only in real arithmetic, under a mask of each pair."""
    r = np.random.default_rng(11)
    found = []
    for name in ("integers", "permuted", "equal", "one_ulp"):
        for n in counts:
            query, keys = CLOUDS[name](r, 5, n, 7)
            mask = r.random((5, n)) < 0.8
            found.append(_judged(package, query=query, keys=keys, mask=mask))
            found.append(
                _judged(package, query=query, keys=keys, alpha=r.choice([0.25, 0.75, 0.4], n))
            )
    return all(found)


def priors(package: Any) -> bool:
    """A weight for each key, by float64 tiles; the tiles' edges inside."""
    _take(package, "tiled")
    return _weighted(package, (4, 5, 6, 16, 23))


def masks(package: Any) -> bool:
    """A mask or a threshold of each pair, by float64 tiles."""
    _take(package, "tiled")
    return _filtered(package, (4, 6, 11, 23))


def ties(package: Any) -> bool:
    """Equal distances, by float64 tiles."""
    _take(package, "tiled")
    return _tied(package, (6, 23, 40))


def rivals(package: Any) -> bool:
    """More keys that the bounds cannot order than a list holds; a key that is refused narrowly."""
    _take(package, "tiled")
    count = 40
    steps = np.arange(count)
    full = _judged(
        package, query=np.zeros((1, 1)), keys=(1.0 - steps * 2.0**-53)[:, None],
        alpha=0.3 + steps * 2.0**-54,
    )  # fmt: skip
    # at alpha = 1/2 and a separation below 2 the energy is a quarter of it: here 1/16
    tau = np.array([np.nextafter(1 / 16, 0.0), 1.0, 1.0])
    narrow = _judged(package, query=np.zeros((1, 1)), keys=[[0.5], [1.0], [1.25]], threshold=tau)
    return full and narrow


def passing(package: Any) -> bool:
    """Every key read once as it lies, in two ranges whose lists are joined."""
    _take(package, "passed")
    return _weighted(package, (5, 23)) and _filtered(package, (6, 23)) and _tied(package, (6, 23))


def unread(package: Any) -> bool:
    """Keys that no one has looked at before: what is not finite, where a pair reads it."""
    r = np.random.default_rng(15)
    found = []
    for bad in (np.nan, np.inf, -np.inf):
        for n in (1, 5, 300):
            keys = r.normal(size=(n, 3))
            keys[n // 2, 1] = bad
            mask = np.ones((2, n), bool)
            for given in ({}, {"alpha": r.beta(2, 2, n)}, {"mask": mask}):
                try:
                    package.gd_attention(r.normal(size=(2, 3)), keys, **given)
                except ValueError as error:
                    found.append(f"at index ({n // 2}, 1)" in str(error))
                else:
                    found.append(False)
            mask[:, n // 2] = False
            found.append(_judged(package, query=r.normal(size=(2, 3)), keys=keys, mask=mask))
    # finite, and its squares overflow
    far = _judged(package, query=np.zeros((1, 2)), keys=[[1e200, 0.0], [-1e180, 1e170]])
    return all(found) and far


def screened(package: Any) -> bool:
    """Panels of float32: parts of one, whole ones, blocks of one; what they cannot tell apart."""
    _take(package, "screened", 1000)
    return _weighted(package, (5, 75)) and _filtered(package, (33, 75)) and _tied(package, (23, 75))


def coarse(package: Any) -> bool:
    """Ties that spend the budget of the screen."""
    _take(package, "screened")
    return _tied(package, (75,))


def opposite(package: Any) -> bool:
    """Panels in one dimension, where keys on the other side alone may be selected.

    What rounding a key loses counts times its distance from the query, so near keys show nothing.
    """
    _take(package, "screened", 1000)
    r = np.random.default_rng(14)
    side = np.repeat([-1.0, 1.0], 400)
    found = []
    for spread in (2.0**-14, 2.0**-15, 2.0**-16, 2.0**-17):
        keys = (side * (1.0 + spread * r.random(800)))[:, None]
        query = r.choice([-1.0, 1.0], (12, 1)) * (1.0 + r.random((12, 1)))
        mask = (np.sign(query) != np.sign(keys.T)) & (r.random((12, 800)) < 0.5)
        best = package.gd_attention(query, keys, mask=mask).index
        want = [
            np.flatnonzero(m)[expected(q[None], keys[m])[0]]
            for q, m in zip(query, mask, strict=True)
        ]
        found.append(best.tolist() == want)
    return all(found)


def batches(package: Any) -> bool:
    """Entries with keys of their own."""
    r = np.random.default_rng(12)
    return _judged(package, query=r.normal(size=(3, 4, 3)), keys=r.normal(size=(3, 9, 3)))


TRIALS: dict[str, Trial] = {
    trial.__name__: trial
    for trial in (clouds, scanned, line, edges, shares, far, central, stored, foreign,
                  priors, masks, ties, rivals, passing, unread, screened, coarse, opposite, batches)
}  # fmt: skip


def main(folder: str, name: str, *trials: str) -> None:
    """Print how each trial ended, a line of JSON each; a crash is named and is no answer."""
    sys.path.insert(0, folder)
    package = importlib.import_module(name)
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        importlib.import_module(f"{name}.expansion")._fma = lambda x, y, z: float(
            Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
        )
        importlib.import_module(f"{name}.passers").bits_of = lambda x: int(
            np.float64(x).view(np.int64)
        )
    for trial in trials:
        passed, crash = False, ""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                passed = bool(TRIALS[trial](package))
            except Exception as error:
                crash = type(error).__name__
                print(f"{trial}: {error!r}", file=sys.stderr)
        print(json.dumps({"trial": trial, "passed": passed, "crash": crash}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
