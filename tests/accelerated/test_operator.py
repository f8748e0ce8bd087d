"""The compiled operator against the oracle, and against every bit of the reference's result."""

from __future__ import annotations

import gc
import math
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gd_attention
import numpy as np
import pytest
from gd_attention import accelerated
from gd_attention.accelerated import masked, rivals
from gd_attention.conformance import verify
from gd_attention.conformance.case import Case
from gd_attention.conformance.strategies import FAMILIES
from hypothesis import given, settings
from hypothesis import strategies as st
from judges import CLOUDS, FIELDS, equal_bits, refused, same
from shrunk import ROUTES, TILE, shrink, take, use_threads

SELECT = pytest.mark.clause(
    "GDA-select-index", "GDA-select-ties", "GDA-select-exact-order", "GDA-select-priors"
)


def test_the_oracle_finds_nothing_wrong() -> None:
    """Vectors, real data and three cases of every family, judged as exact."""
    report = verify(
        "gd_attention.accelerated:gd_attention",
        contract="exact",
        capabilities=("all",),
        cases=3 * len(FAMILIES),
    )
    wrong = {clause.id: clause.wrong for clause in report.clauses if clause.wrong}
    assert (wrong, sum(clause.undecided for clause in report.clauses)) == ({}, 0)


@SELECT
@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_every_family_in_tiles_of_two(family: Any) -> None:
    """The oracle's own strategies on every route, with tile edges inside the few keys they draw."""

    @given(family.strategy, st.sampled_from(ROUTES))
    @settings(max_examples=40)
    def check(case: Case, route: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            shrink(patch, 2)
            take(patch, route)
            assert not refused(case)

    check()


_ALPHAS = ("default", "shared", "equal", "mirrored", "few", "each", "near")
_THRESHOLDS = ("none", "scalar", "query", "key", "pair", "ceiling")
_MASKS = ("none", "key", "query", "pair", "entry", "empty")


@st.composite
def calls(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of a call: shapes around the tile edges, clouds with ties, every kind of filter."""
    r = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    batch = draw(st.sampled_from([(), (2,), (2, 1), (2, 2)]))
    m, d = draw(st.integers(0, 5)), draw(st.integers(1, 9))
    n = draw(st.sampled_from([0, 1, TILE - 1, TILE, TILE + 1, 3 * TILE, 3 * TILE + 1, 40, 100]))
    query, keys = CLOUDS[draw(st.sampled_from(sorted(CLOUDS)))](r, max(m, 1), max(n, 1), d)
    query, keys = query[:m], keys[:n]
    dtypes = st.sampled_from([np.float32, np.float64])
    scale = draw(st.sampled_from([1.0, 1e-3, 2.0**-100]))
    query, keys = (scale * query).astype(draw(dtypes)), (scale * keys).astype(draw(dtypes))
    query = np.broadcast_to(query, (*batch, m, d))
    if draw(st.booleans()):
        query = query * r.integers(1, 3, (*batch, 1, 1)).astype(query.dtype)
    if draw(st.booleans()):
        keys = keys[r.permuted(np.broadcast_to(np.arange(n), (*batch, n)), axis=-1)]
    alpha = {
        "default": lambda: 0.5,
        "shared": lambda: draw(st.sampled_from([0.5, 0.3, 1e-9, 0.9])),
        "equal": lambda: np.full(n, draw(st.sampled_from([0.5, 0.3, 1e-9]))),
        "mirrored": lambda: r.choice([0.25, 0.75], n),
        "few": lambda: r.choice([0.2, 0.5, 0.7], (*batch, n)),
        "each": lambda: r.beta(2, 2, n).clip(1e-9, 1 - 1e-9),
        "near": lambda: 0.3 + 2.0**-54 * r.integers(0, 9, n),
    }[draw(st.sampled_from(_ALPHAS))]()
    threshold = {
        "none": lambda: math.inf,
        "scalar": lambda: draw(st.sampled_from([0.0, -0.0, 0.25, 0.6, -1.0])),
        "query": lambda: r.uniform(0, 0.7, (m, 1)),
        "key": lambda: r.choice([0.0, 0.1, 0.5, 0.6, math.inf, -1.0], n),
        "pair": lambda: r.uniform(0, 0.7, (*batch, m, n)),
        "ceiling": lambda: r.choice([math.log(2), math.nextafter(math.log(2), 1)], n),
    }[draw(st.sampled_from(_THRESHOLDS))]()
    mask = {
        "none": lambda: None,
        "key": lambda: r.random(n) < 0.6,
        "query": lambda: r.random((m, 1)) < 0.6,
        "pair": lambda: r.random((m, n)) < 0.5,
        "entry": lambda: r.random((*batch, m, n)) < 0.3,
        "empty": lambda: False,
    }[draw(st.sampled_from(_MASKS))]()
    beta = draw(st.sampled_from([1.0, 0.02, 1e3, 2.0**190]))
    return {"query": query, "keys": keys, "alpha": alpha, "beta": beta,
            "threshold": threshold, "mask": mask}  # fmt: skip


@SELECT
@pytest.mark.clause("GDA-admit-mask", "GDA-admit-threshold", "GDA-call-pure")
@given(call=calls(), route=st.sampled_from(ROUTES))
@settings(max_examples=400)
def test_every_bit_is_the_references(call: dict[str, Any], route: str) -> None:
    """In tiles of five and blocks of a panel, so that few keys make several."""
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch, TILE)
        take(patch, route)
        same(**call)


@SELECT
@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f4", "f8"])
def test_many_keys(cloud: str, dtype: type, tiles: None) -> None:
    """Several tiles, blocks of rows, and every route, on each cloud."""
    r = np.random.default_rng(3)
    query, keys = (x.astype(dtype) for x in CLOUDS[cloud](r, 9, 600, 7))
    assert query.shape[0] > masked._FEW_QUERIES
    assert len(query) * len(keys) > masked._FEW_PAIRS
    same(query, keys)
    same(query, keys, mask=r.random((9, 600)) < 0.5)
    same(query, keys, alpha=r.beta(2, 2, 600), beta=0.02)
    same(query, keys, alpha=r.choice([0.3, 0.7], 600), mask=np.tri(9, 600, 60, bool))
    same(query, keys, threshold=r.uniform(0, 0.7, 600), beta=0.1)
    same(query, keys, alpha=r.beta(2, 2, 600), threshold=r.uniform(0, 0.5, (9, 600)))
    same(query, keys, alpha=np.full(600, 0.3), threshold=r.uniform(0, 0.7, (9, 1)))
    few = query[:3]
    same(few, keys, alpha=r.beta(2, 2, 600))
    same(few, keys, mask=r.random((3, 600)) < 0.5)
    same(few, keys, alpha=r.beta(2, 2, 600), beta=0.02, threshold=r.uniform(0, 0.7, (3, 600)))


@SELECT
@pytest.mark.parametrize("scale", [1e-160, 1e-140, 1e140, 1e160])
def test_scales_that_lists_do_not_hold(scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one weight the nearest key is found by `nearest`, not pair by pair in Python."""
    r = np.random.default_rng(16)
    query, keys = scale * r.normal(size=(9, 4)), scale * r.normal(size=(700, 4))
    keys[50] = keys[600]
    query[3] = keys[600]
    mask = r.random(700) < 0.5

    def asked(*_: Any) -> None:
        raise AssertionError("the reference was asked")

    with monkeypatch.context() as patch:
        patch.setattr(masked, "_ask", asked)
        found = [accelerated.gd_attention(query, keys, alpha=0.3)]
        found.append(accelerated.gd_attention(query[:2], keys, threshold=0.5))
        found.append(accelerated.gd_attention(query, keys, mask=mask))
    equal_bits(gd_attention.gd_attention(query, keys, alpha=0.3), found[0])
    equal_bits(gd_attention.gd_attention(query[:2], keys, threshold=0.5), found[1])
    equal_bits(gd_attention.gd_attention(query, keys, mask=mask), found[2])


@SELECT
def test_keys_at_the_end_of_the_range(route: None) -> None:
    """Norms that no float64 holds: no warning, and the reference's bits."""
    r = np.random.default_rng(6)
    largest = np.finfo(np.float64).max
    query, keys = (largest * r.choice([-1.0, -0.7, 0.7, 1.0], (n, 6)) for n in (9, 600))
    same(query, keys)
    same(query, keys, alpha=r.beta(2, 2, 600))


@pytest.mark.clause("GDA-select-exact-order", "GDA-thm-decidability")
def test_more_rivals_than_a_list_holds(route: None) -> None:
    """Saturated keys of weights an ulp apart: bounds order none of them, the reference all."""
    keys = np.arange(100.0, 140.0)[:, None]
    weights = 0.25 + 2.0**-54 * np.arange(40)[::-1]
    found = same(np.zeros((2, 1)), keys, alpha=weights)
    assert found.index.tolist() == [39, 39]
    tau = np.where(np.arange(40) % 2 == 0, math.log(2), 0.0)
    assert same(np.zeros((2, 1)), keys, threshold=tau).index.tolist() == [-1, -1]


@pytest.mark.clause("GDA-select-ties")
def test_keys_equal_to_the_query_tie_whatever_their_weights(route: None) -> None:
    """Energy 0 at separation 0: the least index wins, though it is looked at last."""
    keys = np.ones((12, 3))
    keys[:4] = 2.0
    found = same(np.ones((1, 3)), keys, alpha=np.linspace(0.5, 0.1, 12))
    assert found.index.tolist() == [4]


@pytest.mark.clause("GDA-mask-unread")
def test_what_no_pair_reads_may_hold_anything(route: None) -> None:
    """NaN and infinities in masked keys and queries, on every route."""
    r = np.random.default_rng(4)
    query, keys = r.normal(size=(6, 4)), r.normal(size=(50, 4))
    mask = r.random((6, 50)) < 0.5
    mask[2], mask[:, ::3] = False, False
    query[2], keys[::3] = np.nan, np.inf
    for alpha in (0.5, r.beta(2, 2, 50)):
        found = same(query, keys, alpha=alpha, mask=mask)
        assert found.index[2] == -1
        same(query[:2], keys, alpha=alpha, mask=mask[0])


@pytest.mark.clause("GDA-energy-overflow", "GDA-thm-screening")
@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e-140, 1e140, 1e200, 1e307])
def test_squares_outside_the_range_of_floats(scale: float, route: None) -> None:
    r = np.random.default_rng(5)
    query, keys = scale * r.normal(size=(3, 4)), scale * r.normal(size=(30, 4))
    for beta in (1.0, 2.0**-1070, 1e300):
        same(query, keys, beta=beta, mask=r.random((3, 30)) < 0.7)
        same(query, keys, beta=beta, alpha=r.beta(2, 2, 30))
        same(query, keys, beta=beta, threshold=r.uniform(0, 0.7, 30))


@pytest.mark.clause("GDA-call-pure")
def test_any_layout_and_no_change_of_the_arguments(tiles: None) -> None:
    """Read-only, strided, reversed and Fortran-ordered arguments give the bits of their copies."""
    r = np.random.default_rng(6)
    call = {
        "query": r.normal(size=(7, 10))[::-1, ::2],
        "keys": np.asfortranarray(r.normal(size=(80, 5)))[::-1],
        "values": r.normal(size=(160, 3))[::2],
        "alpha": r.beta(2, 2, 80)[::-1],
        "threshold": np.asfortranarray(r.uniform(0.2, 0.7, (7, 80))),
        "mask": (r.random((80, 7)) < 0.8).T,
    }
    before = {name: array.copy() for name, array in call.items()}
    for array in call.values():
        array.flags.writeable = False
    found = same(**call)
    for name, array in call.items():
        assert np.array_equal(array, before[name]), name
    copied = accelerated.gd_attention(**before)
    for name in FIELDS:
        assert np.array_equal(getattr(found, name), getattr(copied, name)), name


@pytest.mark.clause("GDA-input-dtype", "GDA-output-dtype")
@pytest.mark.parametrize("dtype", ["f2", ">f4", ">f8", "i8", "u1"])
def test_other_dtypes(dtype: str, tiles: None) -> None:
    r = np.random.default_rng(7)
    query, keys = (r.integers(0, 9, shape).astype(dtype) for shape in ((3, 4), (20, 4)))
    same(query, keys)
    same(query, keys, alpha=r.beta(2, 2, 20))


BAD: list[tuple[type[Exception], dict[str, Any]]] = [
    (ValueError, {"query": np.zeros(3)}),
    (ValueError, {"query": np.full((1, 3), np.nan, np.float32)}),
    (ValueError, {"keys": np.full((2, 3), np.inf, np.float32)}),
    (ValueError, {"alpha": 1.0}),
    (TypeError, {"mask": np.ones((1, 2))}),
    (ValueError, {"threshold": math.nan}),
    (ValueError, {"beta": 0.0}),
    (ValueError, {"fill": 0.1, "values": np.zeros((2, 1), np.float32)}),
]


@pytest.mark.clause("GDA-input-shape", "GDA-input-domain", "GDA-input-finite")
@pytest.mark.parametrize(("error", "change"), BAD, ids=[next(iter(c)) for _, c in BAD])
def test_bad_calls_get_the_references_words(error: type[Exception], change: dict[str, Any]) -> None:
    call = {"query": np.zeros((1, 3)), "keys": np.ones((2, 3)), **change}
    with pytest.raises(error) as expected:
        gd_attention.gd_attention(**call)
    with pytest.raises(error) as found:
        accelerated.gd_attention(**call)
    assert str(found.value) == str(expected.value)


@pytest.mark.clause("GDA-call-repeatable")
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_threads_change_nothing(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    use_threads(monkeypatch, count)
    r = np.random.default_rng(8)
    query, keys = (x.astype(np.float32) for x in CLOUDS["integers"](r, 40, 900, 6))
    same(query, keys, mask=r.random((40, 900)) < 0.4)
    same(query, keys, alpha=r.choice([0.2, 0.3, 0.7], 900), threshold=r.uniform(0, 0.7, 900))


def test_importing_compiles_nothing() -> None:
    """No specialisation exists until the first call."""
    code = (
        "from gd_attention.accelerated import contenders, contest, encode, panels, passers\n"
        "from gd_attention.accelerated import pretenders, rivals, screen, solve, weights\n"
        "for module in (contenders, contest, encode, panels, passers, pretenders, rivals,\n"
        "               screen, solve, weights):\n"
        "    for name, f in vars(module).items():\n"
        "        assert not getattr(f, 'signatures', None), name\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=Path.home())


@pytest.fixture
def traced() -> Iterator[None]:
    """Whatever happens, nothing is traced after the test."""
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("route", ["shared", "mask", "prior"])
def test_memory_beyond_the_inputs(route: str, traced: None) -> None:
    """No float64 copy of float32 keys, and no table of queries and keys.

    A table of bytes of M N would be 32 MiB, one of M N floats 128 MiB, a copy of the keys in
    float64 32 MiB. The allowance: keys packed as floats (16 MiB) and their order, a block of the
    mask's rows on every thread, and the tiles.
    """
    r = np.random.default_rng(10)
    m, n, d = 512, 1 << 16, 64
    query = r.normal(size=(m, d)).astype(np.float32)
    keys = r.normal(size=(n, d)).astype(np.float32)
    arguments: dict[str, Any] = {
        "shared": {},
        "mask": {"mask": np.tri(m, n, n - m, dtype=bool)},
        "prior": {"alpha": r.beta(2, 2, n)},
    }[route]
    accelerated.gd_attention(query, keys, **arguments)  # compiles
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    accelerated.gd_attention(query, keys, **arguments)
    peak = tracemalloc.get_traced_memory()[1] - before
    assert peak < 24 * 2**20


def test_a_list_is_long_enough_to_matter() -> None:
    """The tests above overflow it: their 40 rivals are more than it holds."""
    assert rivals.LISTED < 40


@pytest.mark.clause("GDA-admit-threshold")
def test_a_key_refused_inside_the_bound_hides_no_other() -> None:
    """E* = 1/4 misses its threshold by an ulp: the farther key without one is selected."""
    tau = np.array([math.nextafter(0.25, 0.0), math.inf])
    for alpha in (0.5, np.array([0.5, 0.4])):
        found = same(np.zeros((1, 1)), np.array([[1.0], [8.0]]), alpha=alpha, threshold=tau)
        assert found.index.tolist() == [1]
    assert same(np.zeros((1, 1)), np.array([[1.0], [8.0]]), threshold=[0.25, 0.9]).index[0] == 0
