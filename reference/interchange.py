"""Arrays of other libraries: read through DLPack, answered in the library they came from.

A call may hold arrays of one library on the CPU: NumPy, PyTorch, JAX, or any other that follows the
array API standard. Lists and numbers go with every library. Nothing is imported for it: the library
of an array is found by its type, and is loaded already. The arithmetic stays NumPy's.

Gradients do not pass through a selection, and a result that silently lost them would be a fault
that trains on. So a tensor that carries one is refused while PyTorch records gradients, as
``numpy.asarray`` refuses it; under ``torch.no_grad()`` it is read.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from importlib import import_module
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

__all__ = ["any_library", "library_of"]

P = ParamSpec("P")
R = TypeVar("R")

# Types that need no second look.
_PLAIN = frozenset({np.ndarray, float, int, bool, list, tuple, str, type(None)})
# DLPack's device types of memory that the host can address: CPU, and host memory that CUDA or ROCm
# has pinned.
_HOST = frozenset({1, 3, 11})


def any_library(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function of NumPy arrays take and return CPU arrays of one other library.

    Raises
    ------
    TypeError
        Naming the argument: arrays of two libraries in one call, an array on another device, one
        that carries a gradient, or one that holds no numbers yet (a traced array).

    Notes
    -----
    Clause: GDA-call-library.
    """
    names = tuple(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        if all(type(value) in _PLAIN for value in given.values()):
            return function(*args, **kwargs)
        library = _common(given)
        if library in (None, "numpy"):
            return function(*args, **kwargs)

        def read(name: str, value: Any) -> Any:
            return value if library_of(value) is None else _read(name, value, library)

        positional = [read(name, value) for name, value in zip(names, args, strict=False)]
        named = {name: read(name, value) for name, value in kwargs.items()}
        result = cast(Callable[..., R], function)(*positional, *args[len(names) :], **named)
        return cast(R, _written(result, _writer(given, library)))

    return call


def library_of(value: Any) -> str | None:
    """The name of the library that an array belongs to; None for lists, numbers and the like."""
    if isinstance(value, np.ndarray):
        return "numpy"
    if type(value) in _PLAIN or isinstance(value, np.generic):
        return None
    for base in type(value).__mro__:
        if base.__name__ == "Tensor" and base.__module__.partition(".")[0] == "torch":
            return "torch"
    if not hasattr(value, "__array_namespace__"):
        return None
    return str(value.__array_namespace__().__name__).partition(".")[0]


def _common(given: dict[str, Any]) -> str | None:
    """The library of all arrays of a call."""
    first, library = "", None
    for name, value in given.items():
        found = library_of(value)
        if found is None:
            continue
        if library is None:
            first, library = name, found
        elif found != library:
            raise TypeError(
                f"{name}: expected an array of {library} as {first}, got one of {found}"
            )
    return library


def _read(name: str, value: Any, library: str | None) -> NDArray[Any]:
    """The numbers of a library's array, without a copy where the library allows it."""
    reader = {"torch": _read_torch, "jax": _read_jax}.get(library or "", _read_standard)
    return reader(name, value)


def _read_torch(name: str, value: Any) -> NDArray[Any]:
    torch = import_module("torch")
    if value.requires_grad and torch.is_grad_enabled():
        raise TypeError(
            f"{name}: expected a tensor without a gradient, got one with requires_grad=True; "
            "selection passes no gradient on: give the tensor's detach(), or call under no_grad()"
        )
    _on_host(name, value.device.type == "cpu", value.device)
    if value.layout != torch.strided:
        raise TypeError(f"{name}: expected a dense tensor, got layout {value.layout}")
    plain = value.detach().resolve_conj().resolve_neg()
    if plain.dtype == torch.bfloat16:
        # NumPy has no such dtype of its own and DLPack none that NumPy reads
        return np.from_dlpack(plain.view(torch.int16)).view(_bfloat16(name))
    return _from_dlpack(name, plain)


def _read_jax(name: str, value: Any) -> NDArray[Any]:
    try:
        places = {device.platform for device in value.devices()}
    except Exception as error:
        # what a traced array raises differs between versions
        raise TypeError(
            f"{name}: expected an array that holds numbers, got a traced one "
            f"({type(value).__name__}): call outside jit, grad and vmap"
        ) from error
    _on_host(name, places == {"cpu"}, ", ".join(sorted(places)))
    return np.asarray(value)


def _read_standard(name: str, value: Any) -> NDArray[Any]:
    try:
        kind = int(value.__dlpack_device__()[0])
    except Exception as error:
        raise TypeError(f"{name}: expected an array that DLPack can read: {error}") from error
    device = getattr(value, "device", "cpu")
    # array-api-strict simulates devices, in memory that DLPack calls the CPU's
    simulated = type(value).__module__.startswith("array_api_strict") and "CPU" not in str(device)
    _on_host(name, kind in _HOST and not simulated, device)
    return _from_dlpack(name, value)


def _from_dlpack(name: str, value: Any) -> NDArray[Any]:
    try:
        return np.from_dlpack(value)
    except Exception as error:
        # a dtype that NumPy does not have, or memory that the library does not export
        kind = getattr(value, "dtype", type(value).__name__)
        raise TypeError(
            f"{name}: expected real numbers: floats of 64 bits or fewer, or integers, got {kind}, "
            f"which NumPy cannot read: {error}"
        ) from error


def _on_host(name: str, here: bool, device: Any) -> None:
    if not here:
        raise TypeError(f"{name}: expected an array on the CPU, got one on {device}")


def _bfloat16(name: str) -> np.dtype[Any]:
    try:
        found: np.dtype[Any] = np.dtype(import_module("ml_dtypes").bfloat16)
        return found
    except ImportError:
        raise TypeError(
            f"{name}: got dtype bfloat16, which NumPy reads with the package ml_dtypes only: "
            "pip install ml_dtypes"
        ) from None


def _writer(given: dict[str, Any], library: str | None) -> Callable[[NDArray[Any]], Any]:
    """What turns a NumPy array into one of the library."""
    if library == "torch":
        return _write_torch
    if library == "jax":
        return _write_jax
    example = next(value for value in given.values() if library_of(value) == library)
    space = example.__array_namespace__()
    return lambda array: space.from_dlpack(np.require(array, requirements=["C", "W"]))


def _write_torch(array: NDArray[Any]) -> Any:
    torch = import_module("torch")
    # in C order and writeable: PyTorch takes no negative strides and knows no read-only memory
    owned = np.require(array, requirements=["C", "W"])
    if owned.dtype.name == "bfloat16":
        return torch.from_dlpack(owned.view(np.int16)).view(torch.bfloat16)
    return torch.from_dlpack(owned)


def _write_jax(array: NDArray[Any]) -> Any:
    jax = import_module("jax")
    # int64 and float64 also where the caller computes with 32 bits: an index must not be narrowed
    with jax.enable_x64(True):
        return jax.numpy.asarray(array)


def _written(result: Any, write: Callable[[NDArray[Any]], Any]) -> Any:
    """The result with its arrays in the caller's library; arrays of objects stay as they are."""
    if isinstance(result, (np.ndarray, np.generic)):
        array = np.asarray(result)
        return result if array.dtype == np.object_ else write(array)
    if is_dataclass(result) and not isinstance(result, type):
        changed = {
            item.name: _written(getattr(result, item.name), write) for item in fields(result)
        }
        return replace(result, **changed)
    if type(result) is tuple:
        return tuple(_written(item, write) for item in result)
    return result
