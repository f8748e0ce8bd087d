"""A DLPack capsule described by the CUDA array interface, which Numba reads.

The layout is DLPack's `dlpack.h`, version 0 to 1: a managed tensor begins with the tensor; from
version 1 on a versioned one begins with its version, a context, a deleter and flags. Only the
description is read. The capsule keeps its name, so its own destructor frees it.
"""

from __future__ import annotations

import ctypes
from typing import Any

__all__ = ["interface_of"]


class _Device(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_int32), ("number", ctypes.c_int32))


class _Type(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16))


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device", _Device),
        ("ndim", ctypes.c_int32),
        ("dtype", _Type),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class _Versioned(ctypes.Structure):
    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("tensor", _Tensor),
    )


_KINDS = {0: "i", 1: "u", 2: "f", 5: "c", 6: "b"}  # bool has a code of its own since version 0.8


def interface_of(capsule: Any) -> dict[str, Any]:
    """The `__cuda_array_interface__` of the array that a capsule holds.

    Raises
    ------
    ValueError
        If the capsule is used up, of an unknown version, or of a type without a NumPy name.
    """
    tensor = _tensor_of(capsule)
    kind, size = _KINDS.get(tensor.dtype.code), tensor.dtype.bits // 8
    if kind is None or tensor.dtype.lanes != 1 or tensor.dtype.bits % 8:
        raise ValueError(
            f"DLPack type code {tensor.dtype.code} of {tensor.dtype.bits} bits has no NumPy name"
        )
    shape = tuple(tensor.shape[i] for i in range(tensor.ndim))
    strides = (
        tuple(tensor.strides[i] * size for i in range(tensor.ndim)) if tensor.strides else None
    )
    return {
        "shape": shape,
        "strides": strides,
        "typestr": f"{'|' if size == 1 else '<'}{kind}{size}",
        "data": ((tensor.data or 0) + tensor.byte_offset, True),
        "version": 3,
    }


def _tensor_of(capsule: Any) -> _Tensor:
    python = ctypes.pythonapi
    valid, pointer = python.PyCapsule_IsValid, python.PyCapsule_GetPointer
    valid.argtypes = pointer.argtypes = (ctypes.py_object, ctypes.c_char_p)
    valid.restype, pointer.restype = ctypes.c_int, ctypes.c_void_p
    if valid(capsule, b"dltensor"):
        return _Tensor.from_address(pointer(capsule, b"dltensor"))
    if not valid(capsule, b"dltensor_versioned"):
        raise ValueError("expected an unused DLPack capsule")
    managed = _Versioned.from_address(pointer(capsule, b"dltensor_versioned"))
    if managed.major != 1:
        raise ValueError(f"expected a DLPack capsule of version 1, got {managed.major}")
    tensor: _Tensor = managed.tensor
    return tensor
