"""Arrays on a device: read through the CUDA array interface or DLPack, answered where they are.

A call holds arrays of one library on one device, or none on a device; lists and numbers go with
both. An array of any library that has `__cuda_array_interface__` (PyTorch, CuPy, Numba) or a DLPack
capsule (JAX and others) is read. Nothing is imported for it: the library is found by the type of
its array, and is loaded already.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields, replace
from importlib import import_module
from typing import Any, NamedTuple, ParamSpec, cast

import numpy as np
from gd_attention.interchange import any_library, library_of
from gd_attention.selection import Selection
from numba import cuda
from numpy.typing import NDArray

from .dlpack import interface_of

__all__ = ["any_device"]

P = ParamSpec("P")

# DLPack's device types of memory that a device of NVIDIA addresses: its own, and managed memory.
_DEVICE = frozenset({2, 13})


class _Place(NamedTuple):
    """Where an array is: the library it belongs to, and the number of its device, None unknown."""

    library: str
    device: int | None

    def __str__(self) -> str:
        return f"{self.library} on " + (
            "a device" if self.device is None else f"cuda:{self.device}"
        )


def any_device(function: Callable[P, Selection]) -> Callable[P, Selection]:
    """Let a function of NumPy arrays take and return arrays on a device, or of any CPU library.

    Raises
    ------
    TypeError
        Naming the argument: arrays on a device and on the host in one call, on two devices, of two
        libraries, or one that carries a gradient.

    Notes
    -----
    Clause: GDA-call-library.
    """
    names = tuple(inspect.signature(function).parameters)
    host = any_library(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Selection:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        places = {name: found for name, value in given.items() if (found := _place(value))}
        if not places:
            return host(*args, **kwargs)
        first = next(iter(places))
        for name, value in given.items():
            _check(name, value, places.get(name), first, places[first])
        positional = [
            _read(name, value) if name in places else value
            for name, value in zip(names, args, strict=False)
        ]
        named = {n: _read(n, value) if n in places else value for n, value in kwargs.items()}
        result = cast(Callable[..., Selection], function)(*positional, *args[len(names) :], **named)
        write = _writer(given[first], places[first])
        return replace(
            result, **{item.name: write(getattr(result, item.name)) for item in fields(result)}
        )

    return call


def _place(value: Any) -> _Place | None:
    """Where an array on a device is; None for all else."""
    if value is None or isinstance(value, (np.ndarray, np.generic, float, int, list, tuple)):
        return None
    if getattr(value, "__cuda_ndarray__", False):
        context = getattr(getattr(value, "gpu_data", None), "context", None)
        return _Place("numba", getattr(getattr(context, "device", None), "id", None))
    library = library_of(value) or type(value).__module__.partition(".")[0]
    if library == "torch":
        return _Place(library, value.device.index) if value.is_cuda else None
    if hasattr(value, "__dlpack_device__"):
        try:
            kind, number = value.__dlpack_device__()
        except Exception:  # a traced array of JAX: the host's reader says what is wrong with it
            return None
        return _Place(library, int(number)) if int(kind) in _DEVICE else None
    return _Place(library, None) if hasattr(value, "__cuda_array_interface__") else None


def _check(name: str, value: Any, place: _Place | None, first: str, expected: _Place) -> None:
    """Refuse what does not go with the first array on a device."""
    if place is None:
        host = library_of(value)
        if host is not None:
            raise TypeError(
                f"{name}: expected an array of {expected} as {first}, got one of {host} on the CPU"
            )
        return
    numbers = {place.device, expected.device} - {None}
    if place.library != expected.library or len(numbers) > 1:
        raise TypeError(f"{name}: expected an array of {expected} as {first}, got one of {place}")
    if (
        place.library == "torch"
        and value.requires_grad
        and import_module("torch").is_grad_enabled()
    ):
        raise TypeError(
            f"{name}: expected a tensor without a gradient, got one with requires_grad=True; "
            "selection passes no gradient on: give the tensor's detach(), or call under no_grad()"
        )


def _read(name: str, value: Any) -> NDArray[Any]:
    """A copy on the host."""
    try:
        if getattr(value, "__cuda_ndarray__", False):
            return np.asarray(value.copy_to_host())
        if str(getattr(value, "dtype", "")) == "torch.bfloat16":
            # the CUDA array interface has no such number: its 16 bits pass as an integer
            bits = value.detach().view(import_module("torch").int16)
            return _copied(bits).view(import_module("ml_dtypes").bfloat16)
        return _copied(value.detach() if hasattr(value, "detach") else value)
    except (AttributeError, BufferError, ImportError, NotImplementedError, ValueError) as error:
        raise TypeError(
            f"{name}: expected an array that the CUDA array interface or DLPack describes: {error}"
        ) from error


def _copied(value: Any) -> NDArray[Any]:
    if hasattr(value, "__cuda_array_interface__"):
        return np.asarray(cuda.as_cuda_array(value).copy_to_host())
    # the capsule owns the memory's description: it lives until the copy is made
    capsule = value.__dlpack__(stream=1)
    described = cuda.from_cuda_array_interface(interface_of(capsule), owner=capsule)
    return np.asarray(described.copy_to_host())


def _writer(example: Any, place: _Place) -> Callable[[NDArray[Any]], Any]:
    """What turns a NumPy array into one of the library, on the device."""
    if place.library == "torch":
        return functools.partial(_write_torch, example.device)
    if place.library == "cupy":
        return cast(Callable[[NDArray[Any]], Any], import_module("cupy").asarray)
    if place.library == "jax":
        return functools.partial(_write_jax, next(iter(example.devices())))
    return lambda array: cuda.to_device(np.ascontiguousarray(array))


def _write_torch(device: Any, array: NDArray[Any]) -> Any:
    torch = import_module("torch")
    owned = np.require(array, requirements=["C", "W"])
    if owned.dtype.name == "bfloat16":
        return torch.from_dlpack(owned.view(np.int16)).view(torch.bfloat16).to(device)
    return torch.from_dlpack(owned).to(device)


def _write_jax(device: Any, array: NDArray[Any]) -> Any:
    jax = import_module("jax")
    # int64 and float64 also where the caller computes with 32 bits: an index must not be narrowed
    with jax.enable_x64(True):
        return jax.device_put(array, device)
