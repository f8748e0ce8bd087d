"""Arrays on a device: taken and returned, and refused by name where they do not go together."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import gd_attention
import numpy as np
import pytest
from gd_attention.accelerated.cuda import arrays
from gd_attention.accelerated.cuda import gd_attention as on_device
from gd_attention.accelerated.cuda.dlpack import interface_of
from numba import cuda

pytestmark = pytest.mark.clause("GDA-call-library")

QUERY, KEYS = np.array([[0.0, 1.0]]), np.array([[3.0, 3.0], [0.0, 2.0]])


class Foreign:
    """An array of a device library that exports by DLPack alone; its memory is the host's."""

    def __init__(self, array: np.ndarray, device: tuple[int, int] = (2, 0)) -> None:
        self.array, self.where = array, device

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.where

    def __dlpack__(self, *, stream: int) -> Any:
        assert stream == 1  # the legacy default stream, on which the copy is made
        return self.array.__dlpack__()


@pytest.fixture
def host_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the described memory on the host, where the simulator cannot."""

    def read(described: dict[str, Any], owner: Any) -> Any:
        held = SimpleNamespace(__array_interface__=described, owner=owner)
        return SimpleNamespace(copy_to_host=lambda: np.array(np.asarray(held)))

    monkeypatch.setattr(arrays.cuda, "from_cuda_array_interface", read, raising=False)
    monkeypatch.setattr(
        arrays.cuda, "as_cuda_array", lambda value: read(value.__cuda_array_interface__, value),
        raising=False,
    )  # fmt: skip


def test_device_arrays_come_back_as_device_arrays() -> None:
    want = gd_attention.gd_attention(QUERY, KEYS, KEYS.astype(np.float32), alpha=[0.3, 0.4])
    found = on_device(
        cuda.to_device(QUERY), cuda.to_device(KEYS), cuda.to_device(KEYS.astype(np.float32)),
        alpha=[0.3, 0.4],
    )  # fmt: skip
    for name in ("index", "output", "energy", "coordinate", "alignment_point", "unique"):
        got = getattr(found, name)
        assert not isinstance(got, np.ndarray)
        assert got.copy_to_host().dtype == getattr(want, name).dtype
        assert np.array_equal(got.copy_to_host(), getattr(want, name)), name


def test_arrays_of_the_host_and_of_the_device_do_not_mix() -> None:
    with pytest.raises(TypeError, match=r"keys: expected an array of numba on .* as query, got"):
        on_device(cuda.to_device(QUERY), KEYS)
    with pytest.raises(TypeError, match=r"query: expected an array of numba on .* as keys, got"):
        on_device(QUERY, cuda.to_device(KEYS))
    with pytest.raises(TypeError, match=r"mask: expected an array of numba on .*numpy on the CPU"):
        on_device(cuda.to_device(QUERY), cuda.to_device(KEYS), mask=np.array([True, False]))


def test_arrays_of_two_devices_do_not_mix() -> None:
    with pytest.raises(TypeError, match=r"keys: expected .* on cuda:0 as query, got .* on cuda:1"):
        on_device(Foreign(QUERY), Foreign(KEYS, (2, 1)))
    with pytest.raises(TypeError, match=r"keys: expected an array of .* as query, got one"):
        on_device(Foreign(QUERY), cuda.to_device(KEYS))


@pytest.mark.simulator
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int16, np.uint8])
def test_dlpack_is_read(dtype: type, host_memory: None) -> None:
    """Every width, a view with strides and an offset, and a capsule of the older layout."""
    table = np.arange(24).astype(dtype).reshape(4, 6)
    found = on_device(Foreign(table[1:, 1::2]), Foreign(table[::2, :3].copy()))
    want = gd_attention.gd_attention(table[1:, 1::2], table[::2, :3])
    assert found.index.copy_to_host().tolist() == want.index.tolist()
    assert found.output.copy_to_host().dtype == dtype
    assert np.array_equal(found.alignment_point.copy_to_host(), want.alignment_point)


@pytest.mark.simulator
def test_the_cuda_array_interface_is_read(host_memory: None) -> None:
    class Array:
        def __init__(self, array: np.ndarray) -> None:
            self.array, self.__cuda_array_interface__ = array, array.__array_interface__

    found = on_device(Array(QUERY), Array(KEYS))
    assert found.index.copy_to_host().tolist() == [1]


def test_a_description_says_what_the_capsule_holds() -> None:
    table = np.arange(12.0, dtype=np.float32).reshape(3, 4)[:, 1:3]
    described = interface_of(table.__dlpack__())
    assert described["shape"] == (3, 2)
    assert described["strides"] in (table.strides, None)
    assert described["typestr"] == "<f4"
    assert described["data"][0] == table.__array_interface__["data"][0]
    assert interface_of(np.array([True]).__dlpack__())["typestr"] == "|b1"


def test_capsules_that_cannot_be_read_are_refused() -> None:
    capsule = QUERY.__dlpack__()
    np.from_dlpack(SimpleNamespace(__dlpack__=lambda **_: capsule,
                                   __dlpack_device__=lambda: (1, 0)))  # fmt: skip
    with pytest.raises(ValueError, match="expected an unused DLPack capsule"):
        interface_of(capsule)
    later = QUERY.__dlpack__(max_version=(1, 0))
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype = ctypes.c_void_p
    major = ctypes.c_uint32.from_address(pointer(later, b"dltensor_versioned"))
    assert interface_of(later)["typestr"] == "<f8"
    major.value = 2
    with pytest.raises(ValueError, match="expected a DLPack capsule of version 1, got 2"):
        interface_of(later)
    major.value = 1


def test_a_gradient_is_refused() -> None:
    """As on the host: a selection passes none on."""
    torch = pytest.importorskip("torch")
    leaf = torch.zeros(1, requires_grad=True)
    place = arrays._Place("torch", 0)
    with pytest.raises(TypeError, match="query: expected a tensor without a gradient"):
        arrays._check("query", leaf, place, "query", place)
    with torch.no_grad():
        arrays._check("query", leaf, place, "query", place)


def test_arrays_that_cannot_be_described_are_named() -> None:
    class Broken(Foreign):
        def __dlpack__(self, *, stream: int) -> Any:
            raise BufferError("no export")

    with pytest.raises(TypeError, match="query: expected an array that the CUDA array interface"):
        on_device(Broken(QUERY), Broken(KEYS))
