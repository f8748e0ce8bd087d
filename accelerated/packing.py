"""Keys packed for the screens.

A `Part` is a range of keys with what the screens need, each screen packed when it is first used.
`Packed` is the keys with one part for all of them; a one-shot search instead makes and drops parts
of bounded size, so its memory beyond the inputs does not grow with the keys.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .bounds import MOST_DIMENSION
from .encode import pack_block, row_squares
from .engines import Engine
from .threads import run, thread_count

__all__ = [
    "PANELS", "Frame", "Packed", "Part", "Screen", "aligned_zeros", "frame_of", "pack", "parts",
    "read_only", "spread", "squares_of",
]  # fmt: skip

PANELS = 64  # in a block: 2048 keys at 512 bits, and one byte scale for them
_PART_ELEMENTS = 1 << 26  # coordinates in a part of a one-shot search
_CENTRE_ELEMENTS = 1 << 22  # coordinates that the centre is the mean of
_FEW_ROWS = 64  # sorting fewer gains nothing
_SAFE_EXPONENT = 300  # of the largest key: squares of jumps then stay inside float64

Rows = NDArray[np.floating[Any]]


class Screen(NamedTuple):
    """Keys as one engine wants them; see `encode.pack_block`."""

    words: NDArray[Any]
    half: NDArray[np.floating[Any]]
    facts: NDArray[np.float64]


class Frame(NamedTuple):
    """The coordinates of the screens: ``x * unit - centre``."""

    unit: float
    centre: NDArray[np.float64]


@dataclass(eq=False)
class Part:
    """Keys ``order``, in that order, and their screens."""

    keys: Rows
    frame: Frame
    order: NDArray[np.int64]
    screens: dict[str, Screen] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def screen(self, engine: Engine) -> Screen:
        """The keys packed for the engine."""
        with self._lock:
            if engine.name not in self.screens:
                self.screens[engine.name] = self._packed(engine)
            return self.screens[engine.name]

    def _packed(self, engine: Engine) -> Screen:
        width, steps = engine.width, engine.steps(self.keys.shape[1])
        panels = -(-len(self.order) // width)
        block = PANELS * width
        words = aligned_zeros(panels * steps * width, engine.word)
        half = np.empty(panels * width, engine.stored)
        facts = np.zeros((-(-panels // PANELS), 5))
        run(
            partial(
                pack_block,
                self.keys,
                self.order[g * block : (g + 1) * block],
                self.frame.unit,
                self.frame.centre,
                words[g * block * steps : (g + 1) * block * steps],
                half[g * block : (g + 1) * block],
                width,
                facts[g],
            )
            for g in range(len(facts))
        )
        return Screen(read_only(words), read_only(half), read_only(facts))


@dataclass(frozen=True, eq=False)
class Packed:
    """Keys packed for repeated use; see `pack`.

    Attributes
    ----------
    keys : (N, D), contiguous and read-only
        The keys times ``2**shift``, exactly.
    shift : int
        Zero unless the largest key is outside [2^-300, 2^300].
    frame : Frame or None
        None if no power of two brings all keys into the range of the screens without rounding, or
        D is beyond their bounds: then every query is decided by `plain`.
    part : Part or None
    """

    keys: Rows
    shift: int
    frame: Frame | None
    part: Part | None


def pack(keys: Rows) -> Packed:
    """Pack keys for repeated calls of `nearest.nearest`.

    Parameters
    ----------
    keys : float32 or float64, shape (N, D)
        Finite, N >= 1. Kept, not copied, if they are contiguous.

    Notes
    -----
    Clause: GDA-thm-screening.
    """
    shifted, shift, frame = frame_of(keys)
    part = None if frame is None else _part(shifted, frame, 0, len(shifted))
    return Packed(shifted, shift, frame, part)


def frame_of(keys: Rows) -> tuple[Rows, int, Frame | None]:
    """Contiguous keys in the range of the screens, the power of two applied, and the frame."""
    kept = read_only(np.ascontiguousarray(keys))
    if keys.shape[1] > MOST_DIMENSION:
        return kept, 0, None
    top = max(float(kept.max(initial=0.0)), -float(kept.min(initial=0.0)))
    exponent, shift = int(np.frexp(top)[1]), 0
    if abs(exponent) > _SAFE_EXPONENT:
        shift = -exponent
        shifted = np.ldexp(kept, shift)
        if not np.array_equal(np.ldexp(shifted, -shift), kept):
            return kept, 0, None
        kept, exponent = read_only(shifted), 0
    unit = 2.0**-exponent if top > 0.0 else 1.0
    step = max(1, kept.size // _CENTRE_ELEMENTS)
    centre = kept[::step].mean(axis=0, dtype=np.float64) * unit
    return kept, shift, Frame(unit, read_only(centre))


def parts(keys: Rows, frame: Frame) -> Iterator[Part]:
    """The keys in parts of bounded size, packed one after the other."""
    size = max(1, _PART_ELEMENTS // keys.shape[1])
    for first in range(0, len(keys), size):
        yield _part(keys, frame, first, min(first + size, len(keys)))


def spread(squares: NDArray[np.float64]) -> bool:
    """Whether norms differ enough for a common scale to waste the bits of most rows.

    Sorted by norm, rows that share a scale and a bound then are alike. Twice the median norm is
    where a byte loses its first bit.
    """
    return len(squares) >= _FEW_ROWS and bool(squares.max() > 4.0 * np.median(squares))


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written: one type for the kernels, whatever the caller passed."""
    view = array.view()
    view.flags.writeable = False
    return view


def squares_of(rows: Rows, first: int, last: int, frame: Frame) -> NDArray[np.float64]:
    """Squared norms of centred rows, on all threads."""
    squares = np.empty(last - first)
    step = max(1, -(-len(squares) // thread_count()))
    run(
        partial(row_squares, rows[first + i : min(first + i + step, last)], frame.unit,
                frame.centre, squares[i : i + step])
        for i in range(0, len(squares), step)
    )  # fmt: skip
    return squares


def _part(keys: Rows, frame: Frame, first: int, last: int) -> Part:
    order = np.arange(first, last)
    squares = squares_of(keys, first, last, frame)
    if spread(squares):
        order = order[np.argsort(squares, kind="stable")]
    return Part(keys, frame, read_only(order))


def aligned_zeros(count: int, dtype: Any) -> NDArray[Any]:
    """Zeros that begin on a cache line: a panel's vectors then never straddle two."""
    size = np.dtype(dtype).itemsize
    room = np.zeros(count + 64 // size, dtype)
    skip = -room.ctypes.data % 64 // size
    return room[skip : skip + count]
