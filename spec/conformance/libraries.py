"""Targets that take arrays of another library: the same cases, in that library's arrays.

A case holds NumPy arrays. `adapt` makes of a target that takes arrays of NumPy, PyTorch, JAX or
array-api-strict one that takes NumPy arrays: it hands them over through DLPack on the CPU, with
the dtype they have, and reads the results back. Numbers stay numbers.

An implementation that meets only freshly made arrays is not known to work on views. So each call
gets its arrays in one of the layouts that the library has, picked by their contents and hence the
same in every repetition: in C order, transposed in memory, as a strided view, and read-only in
NumPy alone. JAX has one layout.

After the call the inputs are read again: JAX arrays cannot be written, but may be given away
(donated); all others are compared with what went in, layout and flags included.

Clauses: GDA-conf-arrays, GDA-call-pure.
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np
from gd_attention.conformance.badcalls import is_portable
from gd_attention.conformance.case import ARGUMENTS, Case
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.target import FIELDS, ReturnTypeError, describe
from numpy.typing import NDArray

__all__ = ["LIBRARIES", "Adapted", "Library", "adapt", "library_named"]

Array = NDArray[Any]


class Library(ABC):
    """One library of arrays, as the harness uses it.

    Attributes
    ----------
    package : str
        The distribution that installs it.
    layouts : tuple of str
        The layouts in memory that its arrays can have.
    absent : tuple of str
        Dtypes of the vectors that it does not have.
    """

    package = "numpy"
    layouts: tuple[str, ...] = ("contiguous", "transposed", "strided")
    absent: tuple[str, ...] = ()

    @abstractmethod
    def made(self, array: Array) -> Any:
        """An array of the library with these numbers, on this memory where the library can."""

    @abstractmethod
    def read(self, value: Any) -> Array:
        """The numbers of an array of the library."""

    @abstractmethod
    def layout(self, value: Any) -> object:
        """What a call may not change in an array beside its numbers."""

    def owns(self, value: Any) -> bool:
        """Whether a returned object is an array that `read` takes; NumPy's need no reading."""
        return hasattr(value, "__dlpack__") and not isinstance(value, np.ndarray)


class _NumPy(Library):
    layouts = ("contiguous", "transposed", "strided", "reversed", "read-only")

    def made(self, array: Array) -> Any:
        return array

    def read(self, value: Any) -> Array:
        return np.asarray(value)

    def layout(self, value: Any) -> object:
        return value.shape, value.strides, value.dtype, value.flags.writeable


class _Strict(Library):
    package = "array-api-strict"
    absent = ("float16", "bfloat16")

    def __init__(self) -> None:
        self.module = import_module("array_api_strict")

    def made(self, array: Array) -> Any:
        return self.module.from_dlpack(array)

    def read(self, value: Any) -> Array:
        return np.from_dlpack(value)

    def layout(self, value: Any) -> object:
        return value.shape, value.dtype, value.device


class _Torch(Library):
    package = "torch"

    def __init__(self) -> None:
        self.module = import_module("torch")

    def made(self, array: Array) -> Any:
        if array.dtype.name == "bfloat16":
            return self.module.from_dlpack(array.view(np.int16)).view(self.module.bfloat16)
        return self.module.from_dlpack(array)

    def read(self, value: Any) -> Array:
        if value.device.type != "cpu":
            raise TypeError(f"expected a tensor on the CPU, got one on {value.device}")
        plain = value.detach().resolve_conj().resolve_neg()
        if plain.dtype == self.module.bfloat16:
            narrow = import_module("ml_dtypes").bfloat16
            return np.from_dlpack(plain.view(self.module.int16)).view(narrow)
        return np.from_dlpack(plain)

    def layout(self, value: Any) -> object:
        return tuple(value.shape), value.stride(), value.dtype, value.requires_grad


class _Jax(Library):
    package = "jax"
    layouts = ("contiguous",)

    def __init__(self) -> None:
        self.module = import_module("jax")
        # without it JAX rounds every float64 to float32 and every int64 to int32
        self.module.config.update("jax_enable_x64", True)

    def made(self, array: Array) -> Any:
        # a copy: JAX takes its arrays for constants, the memory of a case is not
        return self.module.numpy.array(array, copy=True)

    def read(self, value: Any) -> Array:
        return np.asarray(value)

    def layout(self, value: Any) -> object:
        return value.shape, value.dtype, "given away" if value.is_deleted() else "held"


_KINDS: dict[str, type[Library]] = {
    "numpy": _NumPy,
    "torch": _Torch,
    "jax": _Jax,
    "strict": _Strict,
}

# The names that `adapt` knows.
LIBRARIES = tuple(_KINDS)


class Adapted:
    """A target that is called with NumPy arrays and calls another with a library's arrays.

    Attributes
    ----------
    function : callable
        The target behind it; its attributes ``gda_...`` are this one's.
    library : str
        One of `LIBRARIES`.
    gda_arrays : str
        Library and version, for the report.
    gda_modified : str
        The input that the last call modified and how, empty if none.
    """

    def __init__(self, function: Callable[..., Any], library: str) -> None:
        self._library = library_named(library)
        self.function = function
        self.library = library
        self.gda_arrays = f"{self._library.package} {version(self._library.package)}"
        self.gda_modified = ""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("gda_"):
            return getattr(self.function, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @property
    def gda_name(self) -> str:
        """The name of the target behind it."""
        return describe(self.function)

    def gda_snippet(self, case: Case, name: str) -> str:
        """Python that repeats the call as pasted, in the same library and layout."""
        return case.snippet(name, arrays=self.library)

    def gda_unfit(self, case: Case) -> str:
        """Why the library cannot hold a case; empty if it can."""
        if not is_portable(case):
            return "an argument is no array of numbers"
        for name, value in case.arguments().items():
            dtype = getattr(value, "dtype", None)
            if dtype is not None and dtype.name in self._library.absent:
                return f"{name}: {self._library.package} has no dtype {dtype.name}"
        return ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the target with the library's arrays; the fields come back as NumPy arrays."""
        self.gda_modified = ""
        given = {**dict(zip(ARGUMENTS, args, strict=False)), **kwargs}
        arrays = {name: np.asarray(value) for name, value in given.items() if _is_array(value)}
        layout = self._picked(arrays)
        memory = {name: _laid_out(array, layout) for name, array in arrays.items()}
        held = {name: self._library.made(array) for name, array in memory.items()}
        before = {name: self._library.layout(value) for name, value in held.items()}
        try:
            result = self.function(
                *(held.get(name, value) for name, value in zip(ARGUMENTS, args, strict=False)),
                **{name: held.get(name, value) for name, value in kwargs.items()},
            )
            return self._fields(result)
        finally:
            self.gda_modified = self._changed(arrays, held, before)

    def _picked(self, arrays: Mapping[str, Array]) -> str:
        digest = 0
        for array in arrays.values():
            digest = zlib.crc32(array.tobytes(), digest)
        return self._library.layouts[digest % len(self._library.layouts)]

    def _fields(self, result: Any) -> Any:
        if self._library.owns(result):
            return self._read("index", result)
        given = (
            {name: result.get(name) for name in FIELDS}
            if isinstance(result, Mapping)
            else {name: getattr(result, name, None) for name in FIELDS}
        )
        found = {name: value for name, value in given.items() if value is not None}
        if "index" not in found:
            # what a target without an index returned is named by its own type
            return result
        return {
            name: self._read(name, value) if self._library.owns(value) else value
            for name, value in found.items()
        }

    def _read(self, name: str, value: Any) -> Array:
        try:
            return self._library.read(value)
        except Exception as error:
            raise ReturnTypeError(
                f"{name}: expected an array of {self._library.package} on the CPU, "
                f"got {type(value).__name__}: {error}"
            ) from error

    def _changed(
        self, arrays: Mapping[str, Array], held: Mapping[str, Any], before: Mapping[str, object]
    ) -> str:
        for name, value in held.items():
            now = self._library.layout(value)
            if now != before[name]:
                return f"{name}: {before[name]} became {now}"
            after = self._library.read(value)
            if after.tobytes() != arrays[name].tobytes():
                return f"{name}: {arrays[name].tolist()} became {after.tolist()}"
        return ""


def library_named(name: str) -> Library:
    """The library of that name; HarnessError where it is unknown or not installed."""
    if name not in _KINDS:
        known = ", ".join(LIBRARIES)
        raise HarnessError(f"arrays: unknown library {name!r}; known are {known}")
    kind = _KINDS[name]
    try:
        return kind()
    except ImportError as error:
        raise HarnessError(
            f"arrays: {name} needs the package {kind.package}, which is not installed "
            f"({error}): pip install {kind.package}, or gd-attention[arrays] for all of them"
        ) from error


def adapt(function: Callable[..., Any], library: str) -> Adapted:
    """A target of NumPy arrays from one that takes arrays of a library.

    Parameters
    ----------
    function : callable
        The implementation: it takes CPU arrays of the library, and returns such arrays in the
        forms that any target may use.
    library : {"numpy", "torch", "jax", "strict"}
        ``jax`` switches JAX to 64-bit numbers for the whole process (``jax_enable_x64``).

    Returns
    -------
    Adapted

    Raises
    ------
    HarnessError
        The library is unknown or not installed.

    Notes
    -----
    Clause: GDA-conf-arrays.
    """
    return Adapted(function, library)


def _is_array(value: Any) -> bool:
    return isinstance(value, (np.ndarray, np.generic))


def _laid_out(array: Array, layout: str) -> Array:
    """A copy of the array in a layout; every layout of a 0-d array is the same."""
    if layout == "transposed":
        return np.array(array, order="F", copy=True)
    if layout in ("strided", "reversed") and array.ndim:
        # every other element of rows that are twice as long, or the rows from their end
        if layout == "strided":
            return np.repeat(array, 2, axis=-1)[..., ::2]
        return np.array(array[..., ::-1], order="C", copy=True)[..., ::-1]
    copied = np.array(array, order="C", copy=True)
    if layout == "read-only":
        copied.flags.writeable = False
    return copied
