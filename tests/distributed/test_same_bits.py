"""The distributed operator gives one machine's bits, however its arrays are chunked."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import dask
import dask.array as da
import gd_attention as reference
import numpy as np
import pytest
from gd_attention.accelerated.distributed import computed, gd_attention
from gd_attention.accelerated.merging import candidates, first
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.clause("GDA-thm-merge", "GDA-select-ties", "GDA-select-exact-order")


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    with dask.config.set(scheduler="synchronous"):
        yield


def assert_same(found: Any, want: Any) -> None:
    for field in fields(want):
        a, b = getattr(found, field.name), getattr(want, field.name)
        assert a.dtype == b.dtype, field.name
        assert a.shape == b.shape, field.name
        # every bit: signed zeros of gathered rows and NaN of values included
        assert np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes(), field.name


def _cuts(draw: Any, size: int) -> tuple[int, ...]:
    """Chunk sizes of an axis, empty chunks included."""
    cuts = sorted(draw(st.lists(st.integers(0, size), max_size=4)))
    return tuple(int(step) for step in np.diff([0, *cuts, size]))


@st.composite
def calls(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A call on NumPy arrays, and the same call on dask arrays in arbitrary chunks.

    Coordinates of few values make exact ties across chunks; far ones saturate every energy.
    """
    r = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    batch, (m, n, d) = (
        draw(st.sampled_from([(), (2,), (2, 3)])),
        draw(st.tuples(st.integers(0, 4), st.integers(0, 9), st.integers(1, 3))),
    )
    scale = draw(st.sampled_from([0.5, 1.0, 40.0]))
    dtype = draw(st.sampled_from([np.float32, np.float64]))

    def points(*shape: int) -> Any:
        # zeros of both signs
        return (scale * r.integers(-2, 3, shape) * r.choice([1.0, -1.0], shape)).astype(dtype)

    shared = draw(st.booleans())
    call: dict[str, Any] = {
        "query": points(*batch, m, d),
        "keys": points(*(() if shared else batch), n, d),
    }
    if draw(st.booleans()):
        call["values"] = r.normal(size=(*batch, n, 2))
    if draw(st.booleans()):
        call["alpha"] = r.choice([0.25, 0.3, 0.5, 0.7, 0.75], n)
    if draw(st.booleans()):
        call["threshold"] = r.choice([0.0, 0.25, 0.5, 0.69, np.inf], (m, n))
    if draw(st.booleans()):
        call["mask"] = r.random((*batch, m, n)) < draw(st.sampled_from([0.0, 0.3, 0.8]))
    if draw(st.booleans()):
        call["fill"] = r.normal(size=(*batch, m, 1)).astype(np.float32)
    chunked = {
        name: da.from_array(a, chunks=tuple(_cuts(draw, size) for size in a.shape))
        for name, a in call.items()
    }
    return call, chunked


@settings(max_examples=30)
@given(calls())
def test_chunks_change_no_bit(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    call, chunked = pair
    assert_same(computed(gd_attention(**chunked)), reference.gd_attention(**call))


@given(st.integers(0, 2**32 - 1), st.permutations(range(5)), st.permutations(range(4)))
@settings(max_examples=30)
def test_order_of_chunks_and_shape_of_the_tree_change_nothing(
    seed: int, order: list[int], tree: list[int]
) -> None:
    r = np.random.default_rng(seed)
    query, keys = r.integers(-2, 3, (3, 2)) * 20.0, r.integers(-2, 3, (10, 2)) * 20.0
    alpha = r.choice([0.3, 0.5, 0.7], 10)
    parts = [
        candidates(
            query, keys[j : j + 2], None, alpha[j : j + 2], np.array(np.inf), None,
            np.arange(j, j + 2), beta=1.0,
        )
        for j in range(0, 10, 2)
    ]  # fmt: skip
    heap = [parts[i] for i in order]
    for step in tree:
        a = heap.pop(step % len(heap))
        b = heap.pop(0)
        heap.append(first(np.concatenate([a, b], axis=-1), -1, True))
    found = [winner.order.index for winner in heap[0][..., 0]]
    assert found == reference.gd_attention(query, keys, alpha=alpha).index.tolist()


def test_saturated_energies_are_merged_by_their_exact_order() -> None:
    """Separations 400 and 100 have one float64 energy; the nearer key lies in the later chunk."""
    query, keys = np.zeros((1, 1)), np.array([[20.0], [10.0], [-10.0]])
    energies = reference.admission(query, keys).energy
    assert energies[0, 0] == energies[0, 1]
    found = computed(gd_attention(query, da.from_array(keys, chunks=(1, 1))))
    assert found.index.tolist() == [1]


def test_nothing_is_computed_before_it_is_asked_for() -> None:
    def never(block: Any) -> Any:
        raise AssertionError("read too early")

    keys = da.zeros((6, 2), chunks=2).map_blocks(never, dtype=float, meta=np.empty((0, 0)))
    found = gd_attention(np.zeros((1, 2)), keys)
    assert all(isinstance(getattr(found, field.name), da.Array) for field in fields(found))
    with pytest.raises(AssertionError, match="read too early"):
        computed(found)


def test_errors_name_the_argument() -> None:
    keys = da.ones((6, 2), chunks=(2, 2))
    query = np.zeros((1, 2))
    with pytest.raises(ValueError, match=r"keys: expected known chunk sizes"):
        gd_attention(query, keys[keys[:, 0] > 0])
    with pytest.raises(ValueError, match=r"keys: expected D = 3"):
        gd_attention(np.zeros((1, 3)), keys)
    with pytest.raises(TypeError, match=r"query: expected real"):
        gd_attention(da.ones((1, 2), dtype=complex), keys)
    with pytest.raises(ValueError, match=r"mask: expected a shape"):
        gd_attention(query, keys, mask=da.ones((2, 1, 6), dtype=bool))
    lazy = gd_attention(query, da.where(da.arange(6, chunks=2)[:, None] == 4, np.nan, keys))
    with pytest.raises(ValueError, match=r"keys: expected finite .* keys start at 4"):
        computed(lazy)
    lazy = gd_attention(query, keys, alpha=da.full(6, 1.5, chunks=3))
    with pytest.raises(ValueError, match=r"alpha: expected values in \(0, 1\)"):
        computed(lazy)
