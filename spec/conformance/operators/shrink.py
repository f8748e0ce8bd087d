"""A smaller call that is wrong in the same aspect.

Rows and columns are left out along the axes that the operator names, then numbers are replaced by
plainer ones; a step is kept if the aspect is still WRONG.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from gd_attention.conformance.operators.record import Call, Operator

__all__ = ["shrink", "size"]

# Calls of the target that one counterexample may cost.
_MOST = 600


def shrink(operator: Operator, call: Call, is_wrong: Callable[[Call], bool]) -> Call:
    """The smallest call found on which ``is_wrong`` holds; the given one at least."""
    spent = 0
    moved = True
    while moved:
        moved = False
        for smaller in (*_without(operator, call), *_plainer(call)):
            spent += 1
            if spent > _MOST:
                return call
            if is_wrong(smaller):
                call, moved = smaller, True
                break
    return call


def size(call: Call) -> int:
    """The count of numbers in a call."""
    return sum(int(np.size(value)) for value in call.arguments.values())


def _without(operator: Operator, call: Call) -> Iterator[Call]:
    """The call without one row or column of one letter; leading axes reduced to one element."""
    arrays = {n: v for n, v in call.arguments.items() if isinstance(v, np.ndarray)}
    leading = {n: v.ndim - len(operator.axes[n]) for n, v in arrays.items()}
    if any(extra > 0 for extra in leading.values()):
        yield _changed(
            call, {n: v.reshape((-1, *v.shape[leading[n] :]))[0] for n, v in arrays.items()}
        )
        return
    lengths = {
        letter: arrays[name].shape[axis]
        for name in arrays
        for axis, letter in enumerate(operator.axes[name])
    }
    for letter, length in lengths.items():
        for place in range(length if length > 1 else 0):
            cut = {}
            for name, value in arrays.items():
                letters = operator.axes[name]
                if letter in letters:
                    cut[name] = np.delete(value, place, axis=letters.index(letter))
            yield _changed(call, cut)


def _plainer(call: Call) -> Iterator[Call]:
    """The call with one number replaced by 0, 1 or its rounding."""
    for name, value in call.arguments.items():
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            continue
        for place in np.ndindex(value.shape):
            old = float(value[place])
            if not np.isfinite(old):
                continue
            for new in (0.0, 1.0, float(np.rint(old)), float(np.rint(4 * old) / 4)):
                if abs(new) > abs(old) or new == old or _digits(new) >= _digits(old):
                    continue
                copied = value.copy()
                copied[place] = new
                yield _changed(call, {name: copied})


def _digits(value: float) -> int:
    return len(repr(abs(value))) if value else 0


def _changed(call: Call, arguments: dict[str, Any]) -> Call:
    return Call(call.family, {**call.arguments, **arguments})
