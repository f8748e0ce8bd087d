"""The nearest key is exact, whichever engine, size, scale or tie."""

from __future__ import annotations

import numpy as np
import pytest
from gd_attention.accelerated import engines, nearest, pack, squared_distance_sign
from gd_attention.accelerated.engines import Engine, available
from gd_attention.accelerated.micro import MAX_HEIGHT, REGISTER_BYTES
from hypothesis import given, settings
from hypothesis import strategies as st
from judges import CLOUDS, expected, sign

WIDTH = 2 * REGISTER_BYTES // 4
ENGINES = available(1)
each_engine = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f4", "f8"])

pytestmark = pytest.mark.clause("GDA-thm-nearest", "GDA-thm-screening", "GDA-select-ties")


@each_dtype
@each_engine
@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_engine_alone_is_exact(engine: Engine, dtype: type, cloud: str) -> None:
    """Each screen decides every cloud, prebuilt and one-shot."""
    r = np.random.default_rng(7)
    query, keys = (x.astype(dtype) for x in CLOUDS[cloud](r, 30, 400, 19))
    want = expected(query, keys)
    assert nearest(query, keys, engines=(engine,)).tolist() == want.tolist()
    assert nearest(query, keys, packed=pack(keys), engines=(engine,)).tolist() == want.tolist()


@each_dtype
@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_chain_of_engines_is_exact(dtype: type, cloud: str) -> None:
    """Enough queries that a sample chooses, and keys in more than one block."""
    r = np.random.default_rng(8)
    query, keys = (x.astype(dtype) for x in CLOUDS[cloud](r, 520, 2100, 5))
    few = np.arange(0, 520, 40)
    want = expected(query[few], keys)
    assert nearest(query, keys)[few].tolist() == want.tolist()


@each_engine
@pytest.mark.parametrize("queries", [0, 1, 2, 3, 4, 5, MAX_HEIGHT - 1, MAX_HEIGHT, MAX_HEIGHT + 1])
@pytest.mark.parametrize("count", [1, WIDTH - 1, WIDTH, WIDTH + 1, 2 * WIDTH + 1])
def test_edges_of_the_tile(engine: Engine, queries: int, count: int) -> None:
    """No query, no key and no padding is dropped or invented where a tile ends."""
    r = np.random.default_rng(9)
    for dimension in (1, 2, 3, 4, 5, 8, 9):
        query = r.normal(size=(queries, dimension)).astype(np.float32)
        keys = r.normal(size=(count, dimension)).astype(np.float32)
        got = nearest(query, keys, engines=(engine,))
        assert got.dtype == np.int64
        assert got.tolist() == expected(query, keys).tolist()


@each_engine
def test_the_last_key_of_every_block_can_win(engine: Engine) -> None:
    """Keys around the ends of blocks of panels, each the target of its own query."""
    r = np.random.default_rng(10)
    block = 64 * engine.width
    keys = r.normal(size=(2 * block + 3, 3)).astype(np.float32)
    targets = np.array([0, block - 1, block, block + 1, 2 * block - 1, 2 * block, 2 * block + 2])
    assert nearest(keys[targets], keys, engines=(engine,)).tolist() == targets.tolist()
    with_few = nearest(keys[targets[2:3]], keys, packed=pack(keys), engines=(engine,))
    assert with_few.tolist() == [block]


@each_engine
@pytest.mark.parametrize("dimension", [1023, 1024, 1025, 4097, 8192, 9000])
def test_long_rows_are_cut_along_the_dimension(engine: Engine, dimension: int) -> None:
    """Sums that resume after a cut, at and beyond the longest row of the byte engine."""
    if dimension > engine.most:
        pytest.skip(f"{engine.name} takes rows up to {engine.most}")
    r = np.random.default_rng(11)
    keys = r.normal(size=(70, dimension)).astype(np.float32)
    query = keys[::5] + 0.5 * r.normal(size=(14, dimension)).astype(np.float32)
    assert nearest(query, keys, engines=(engine,)).tolist() == expected(query, keys).tolist()


def test_bytes_do_not_overflow_at_their_longest_row() -> None:
    """Largest levels of one sign everywhere, at the largest dimension."""
    keys = np.ones((40, 8192), np.float32)
    keys[::2] = -1.0
    keys[7, 5] = 0.5
    query = np.stack([keys[7], -keys[7], keys[0]])
    for engine in available(8192):
        got = nearest(query, keys, engines=(engine,))
        assert got.tolist() == expected(query, keys).tolist()


@pytest.mark.parametrize(
    ("query_scale", "key_scale"),
    [(1e-300, 1e-300), (1e300, 1e300), (5e-324, 5e-324), (1.0, 1e-310), (1e-310, 1.0),
     (1e307, 1.0), (1.0, 1e307), (1e200, 1e-200), (1e-150, 1e-170)],
)  # fmt: skip
def test_scales_of_float64(query_scale: float, key_scale: float) -> None:
    """No square overflows or underflows into a wrong order, and no NaN leaks."""
    r = np.random.default_rng(12)
    query = query_scale * r.integers(-9, 10, (6, 4)).astype(float)
    keys = key_scale * r.integers(-9, 10, (90, 4)).astype(float)
    with np.errstate(all="raise", under="ignore"):
        got = nearest(query, keys)
        prebuilt = nearest(query, keys, packed=pack(keys))
    assert got.tolist() == expected(query, keys).tolist() == prebuilt.tolist()


def test_a_range_that_no_scale_holds() -> None:
    keys = np.array([[1e300, 5e-324], [1e300, 1e-323], [1e300, 0.0]])
    query = np.array([[1e300, 1.1e-323], [1e300, 5e-324], [0.0, -1.0]])
    assert nearest(query, keys).tolist() == expected(query, keys).tolist()


def test_a_difference_in_the_last_of_1000_bits() -> None:
    """The decision is exact, not merely careful: two keys that double-double would call a tie."""
    query = np.array([[1.0, 2.0**-60, 0.0]])
    keys = np.array([[0.0, 0.0, 2.0**-200], [2.0, 2.0**-59, 0.0]])
    assert nearest(query, keys).tolist() == [1]
    assert nearest(query, keys[::-1]).tolist() == [0]
    keys[0, 2] = 0.0
    assert nearest(query, keys).tolist() == [0]


def test_inputs_are_left_alone_and_may_be_of_any_layout() -> None:
    """Read-only, strided and reversed inputs answer as their copies do."""
    r = np.random.default_rng(13)
    query = r.normal(size=(9, 14))[:, ::2]
    keys = np.asfortranarray(r.normal(size=(300, 7)))[::-1]
    before = query.copy(), keys.copy()
    query.flags.writeable = keys.flags.writeable = False
    got = nearest(query, keys)
    assert got.tolist() == expected(*before).tolist()
    assert np.array_equal(query, before[0])
    assert np.array_equal(keys, before[1])
    mixed = nearest(query.astype(np.float32), keys)
    assert mixed.tolist() == expected(query.astype(np.float32), keys).tolist()


_coordinate = st.one_of(
    st.integers(-2, 2).map(float),
    st.floats(-4, 4, width=32),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)


@st.composite
def _calls(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    dimension = draw(st.integers(1, 6))
    scale = draw(st.sampled_from([1.0, 1e-25, 2.0**-100, 1e10]))
    offset = draw(st.sampled_from([0.0, 100.0, 1e6]))
    pool = draw(st.lists(_coordinate, min_size=2, max_size=12))
    seed = draw(st.integers(0, 2**32 - 1))
    r = np.random.default_rng(seed)
    rows = draw(st.integers(1, 14)), draw(st.integers(1, 80))
    with np.errstate(over="ignore"):
        query, keys = (
            np.clip(scale * (r.choice(pool, (n, dimension)) + offset), -3e38, 3e38) for n in rows
        )
    return query, keys


@each_dtype
@given(call=_calls(), engine=st.sampled_from(ENGINES))
@settings(max_examples=300)
def test_any_finite_input_is_decided_exactly(
    dtype: type, call: tuple[np.ndarray, np.ndarray], engine: Engine
) -> None:
    """Coordinates from a small pool: ties, near-ties, offsets, scales, subnormals."""
    query, keys = (x.astype(dtype) for x in call)
    assert nearest(query, keys, engines=(engine,)).tolist() == expected(query, keys).tolist()


@each_dtype
@given(call=_calls())
@settings(max_examples=300)
def test_the_sign_of_two_distances(dtype: type, call: tuple[np.ndarray, np.ndarray]) -> None:
    query, keys = (x.astype(dtype) for x in call)
    a, b = keys[0], keys[-1]
    assert squared_distance_sign(query[0], a, b) == sign(query[0], a, b)


def test_the_engines_of_a_call_are_those_that_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bf16 instruction that is slower than two of float32 is not chosen by itself."""
    names = [engine.name for engine in available(9)]
    for cpu, kept in (("sapphirerapids", False), ("znver3", False), ("znver5", True)):
        monkeypatch.setattr(engines, "cpu_name", lambda cpu=cpu: cpu)
        expected = [name for name in names if name != "bf16" or kept]
        assert [engine.name for engine in engines.offered(9)] == expected
