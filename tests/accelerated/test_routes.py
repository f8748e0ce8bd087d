"""Every route to the selected key on data that rounding gets wrong: judged by the oracle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import gd_attention
import numpy as np
import pytest
from gd_attention import accelerated
from gd_attention.accelerated import pretenders, routes
from gd_attention.accelerated.micro import MAX_HEIGHT
from gd_attention.accelerated.screen import CUT_STEPS
from gd_attention.conformance.case import Case
from judges import CLOUDS, equal_bits, refused, same
from numpy.typing import NDArray
from shrunk import ROUTES, shrink, take, use_threads

pytestmark = pytest.mark.clause(
    "GDA-select-index", "GDA-select-ties", "GDA-select-exact-order", "GDA-select-priors",
    "GDA-thm-screening", "GDA-thm-prior-monotone",
)  # fmt: skip

M, N, D = 5, 75, 5  # two whole panels at 512 bits and a partial one

Data = Callable[[np.random.Generator], tuple[NDArray[Any], NDArray[Any]]]


def _cloud(name: str, scale: float = 1.0, offset: float = 0.0, dtype: Any = np.float32) -> Data:
    def draw(r: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
        query, keys = CLOUDS[name](r, M, N, D)
        return (scale * query + offset).astype(dtype), (scale * keys + offset).astype(dtype)

    return draw


def _below_float32(r: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    """Keys that differ by less than the screen's smallest number."""
    query, keys = (2.0**-160 * r.integers(-9, 9, (n, D)) for n in (M, N))
    query[:, 0] += 1.0
    keys[:, 0] = 1.0
    return query, keys


DATA: dict[str, Data] = {
    "offset 1e6": _cloud("gaussian", offset=1e6),
    "offset 1e6, float64": _cloud("gaussian", offset=1e6, dtype=np.float64),
    "scale 1e-30": _cloud("gaussian", 1e-30),
    "scale 1e30": _cloud("gaussian", 1e30),
    "ties": _cloud("integers"),
    "permuted": _cloud("permuted", dtype=np.float64),
    "subnormal": _cloud("integers", 1e-44),
    "subnormal, float64": _cloud("integers", 5e-324, dtype=np.float64),
    "below float32": _below_float32,
    "last bits": _cloud("one_ulp"),
    "equal keys": _cloud("equal"),
    "far queries": _cloud("far_queries", dtype=np.float64),
    "norms spread": _cloud("norm_spread"),
}
WEIGHTS: dict[str, Callable[[np.random.Generator], NDArray[np.float64]]] = {
    "beta": lambda r: r.beta(2, 2, N),
    "equal": lambda r: np.full(N, 0.3),
    "mirrored": lambda r: r.choice([0.25, 0.75], N),
    "near 0": lambda r: 5e-324 * r.integers(1, 4, N),
    "near 0 and not": lambda r: r.choice([5e-324, 1e-300, 1e-9, 0.4], N),
    "near 1/2": lambda r: 0.5 + 2.0**-54 * r.integers(-3, 4, N),
}


@pytest.mark.parametrize("route", ROUTES[:3])
@pytest.mark.parametrize("data", DATA)
def test_the_oracle_agrees(data: str, route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights of every kind, plain and with a mask whose refused rows hold NaN, in small tiles."""
    shrink(monkeypatch)
    take(monkeypatch, route)
    r = np.random.default_rng(20)
    query, keys = DATA[data](r)
    for weights in WEIGHTS.values():
        mask = r.random((M, N)) < 0.5
        alpha, beta = weights(r), float(r.choice([0.02, 1.0]))
        same(query, keys, alpha=alpha, beta=beta, mask=mask)
        unread = query.copy(), keys.copy()
        mask[1], mask[:, ::7] = False, False
        unread[0][1], unread[1][::7] = np.nan, np.nan
        same(*unread, alpha=alpha, beta=beta, mask=mask)
        assert not refused(Case(query, keys, alpha=alpha, beta=beta, dtype=str(query.dtype)))


@pytest.mark.parametrize("weights", WEIGHTS)
def test_every_hit_is_counted(weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget of any size, and thresholds that refuse what is near, change nothing."""
    shrink(monkeypatch)
    take(monkeypatch, "screened")
    r = np.random.default_rng(21)
    query, keys = CLOUDS["clustered"](r, M, N, D)
    tau = r.choice([0.0, 0.1, 0.5, np.inf], N)
    for budget in (0, 1, 3, N):
        monkeypatch.setattr(routes, "_MOST_COPIED", budget)
        same(query, keys, alpha=WEIGHTS[weights](r), threshold=tau)


@pytest.mark.parametrize("dimension", [1, 15, 16, 17, CUT_STEPS, CUT_STEPS + 3])
@pytest.mark.parametrize("queries", [1, 4, 5, MAX_HEIGHT, MAX_HEIGHT + 1, 2 * MAX_HEIGHT + 3])
def test_edges_of_tiles_and_panels(
    dimension: int, queries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The winner in every place of the panels, at every height of the register tile."""
    take(monkeypatch, "screened")
    monkeypatch.setattr(routes, "_PANELS", 2)
    r = np.random.default_rng(22)
    for count in (1, 31, 32, 33, 64, 65, 131):
        keys = r.normal(size=(count, dimension)).astype(np.float32)
        place = r.integers(0, count, queries)
        place[0] = count - 1
        query = keys[place] + np.float32(2.0**-20)
        alpha = r.permutation(np.linspace(0.4, 0.41, count))
        found = accelerated.gd_attention(query, keys, alpha=alpha, beta=2.0**20)
        if dimension > 1:
            assert found.index.tolist() == place.tolist()
        else:
            equal_bits(gd_attention.gd_attention(query, keys, alpha=alpha, beta=2.0**20), found)


def test_keys_that_leave_the_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample that misses the far keys, a block of which does not fit float32's reach."""
    shrink(monkeypatch)
    take(monkeypatch, "screened")
    monkeypatch.setattr(routes, "_SAMPLE", 3)
    r = np.random.default_rng(23)
    query, keys = r.normal(size=(M, D)), r.normal(size=(N, D))
    keys[50:] *= 1e6
    query[1] *= 1e6
    same(query, keys, alpha=np.linspace(0.2, 0.3, N))
    same(query, keys, alpha=np.linspace(0.3, 0.2, N))


def test_the_screen_screens(monkeypatch: pytest.MonkeyPatch) -> None:
    """On ordinary data few distances are formed: the tests above do not pass by the way out."""

    def unused(*_: Any) -> None:
        raise AssertionError("a query went to the float64 tiles")

    monkeypatch.setattr(routes, "tiled", unused)
    use_threads(monkeypatch, 1)
    r = np.random.default_rng(24)
    query, keys = (r.normal(size=(n, 16)).astype(np.float32) for n in (40, 20_000))
    same(query, keys, alpha=r.beta(2, 2, 20_000))
    assert pretenders.pretend.signatures


def _call() -> dict[str, Any]:
    r = np.random.default_rng(25)
    query, keys = (r.integers(-2, 3, (n, 5)).astype(np.float32) for n in (13, 900))
    alpha = np.where(r.random(900) < 0.5, r.choice([0.2, 0.3, 0.7], 900), r.beta(2, 2, 900))
    return {"query": query + np.float32(0.5), "keys": keys, "alpha": alpha, "beta": 0.3,
            "mask": r.random((13, 900)) < 0.4}  # fmt: skip


@pytest.fixture(scope="module")
def answer() -> gd_attention.Selection:
    """The reference's."""
    return gd_attention.gd_attention(**_call())


@pytest.mark.clause("GDA-call-repeatable")
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("route", ROUTES)
def test_threads_tiles_and_panels_change_nothing(
    route: str, count: int, answer: gd_attention.Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ties between keys that different threads hold, whole and in small pieces."""
    take(monkeypatch, route)
    use_threads(monkeypatch, count)
    call = _call()
    equal_bits(answer, accelerated.gd_attention(**call))
    call["mask"] = call["mask"].copy()
    for tile, panels in ((1, 1), (5, 2), (64, 3)):
        shrink(monkeypatch, tile)
        monkeypatch.setattr(routes, "_PANELS", panels)
        equal_bits(answer, accelerated.gd_attention(**call))


_CHILD = """
import json, sys
import numpy as np
from gd_attention.accelerated import gd_attention, threads
from gd_attention.accelerated.micro import REGISTER_BYTES
r = np.random.default_rng(26)
query, keys = (r.integers(-2, 3, (n, 7)).astype(np.float32) for n in (30, 700))
answers = []
for rows in (query, query[:2]):
    for alpha in (r.beta(2, 2, 700), r.choice([0.2, 0.3, 0.7], 700), np.full(700, 0.3)):
        for mask in (None, r.random((len(rows), 700)) < 0.5):
            found = gd_attention(rows + np.float32(0.25), keys, alpha=alpha, mask=mask)
            answers.append([found.index.tolist(), found.energy.tobytes().hex()])
    found = gd_attention(rows, keys, alpha=alpha, threshold=r.uniform(0, 0.7, 700))
    answers.append([found.index.tolist(), found.alignment_point.tobytes().hex()])
print(json.dumps([threads.thread_count(), REGISTER_BYTES, answers]))
"""


@pytest.mark.clause("GDA-call-repeatable")
def test_a_cpu_without_wide_registers_and_more_threads_agree() -> None:
    found = []
    for environment in (
        {"NUMBA_NUM_THREADS": "1"},
        {"NUMBA_NUM_THREADS": "3"},
        {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma"},
    ):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", _CHILD],
            env={**os.environ, **environment}, check=True, capture_output=True, text=True,
        )  # fmt: skip
        found.append(json.loads(done.stdout))
    assert [threads for threads, _, _ in found[:2]] == [1, 3]
    assert found[2][1] == 32
    assert found[0][2] == found[1][2] == found[2][2]


@pytest.mark.parametrize(("budget", "leaves"), [(N, False), (N - 1, True)])
def test_a_query_spends_all_of_its_budget(
    budget: int, leaves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every key is nearer than all before it: N distances are formed, and N may be."""
    went = []
    tiled = routes.tiled
    monkeypatch.setattr(routes, "tiled", lambda *given: went.append(given) or tiled(*given))
    monkeypatch.setattr(routes, "_MOST_COPIED", budget - N // 16)
    take(monkeypatch, "screened")
    use_threads(monkeypatch, 1)
    keys = np.arange(N, 0.0, -1.0)[:, None]
    mask = np.ones((2, N), np.bool_)
    mask[1, -1] = False
    query = np.zeros((2, 1))
    found = same(query, keys, alpha=np.full(N, 0.3), mask=mask)
    assert found.index.tolist() == [N - 1, N - 2]
    assert [given[1].tolist() for given in went] == ([[0]] if leaves else [])
