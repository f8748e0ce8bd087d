"""Merging selections over disjoint key sets (T16), on exact order keys.

Returned energies saturate, so a merge that compared them would tie where the exact energies differ.
An order key holds what the exact comparison needs: separation, weight and global index.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import total_ordering
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .decide import compare_energies
from .enclosure import minor_weight
from .exact import exact_separation
from .interchange import any_library
from .search import search
from .validation import checked, natural_number

__all__ = ["ABSTENTION", "OrderKey", "merge", "order_key", "order_keys"]


@total_ordering
@dataclass(frozen=True, eq=False)
class OrderKey:
    """The place of a selection in the order by (exact E*, global index); opaque but for `index`.

    Order keys compare by their exact alignment energies, ties by their index. The abstention comes
    after every selection.

    Attributes
    ----------
    index : int
        Global index of the selected key; -1 for an abstention.

    Notes
    -----
    Clauses: GDA-thm-merge, GDA-select-exact-order.
    """

    index: int
    _separation: Fraction
    _weight: float

    def __eq__(self, other: object) -> bool:
        """Whether both have the same exact energy and index."""
        if not isinstance(other, OrderKey):
            return NotImplemented
        return self.index == other.index and _compare(self, other) == 0

    def __lt__(self, other: OrderKey) -> bool:
        """Whether this selection comes first."""
        if not isinstance(other, OrderKey):
            return NotImplemented
        if self.index < 0 or other.index < 0:
            return self.index >= 0
        return (_compare(self, other), self.index) < (0, other.index)

    def __hash__(self) -> int:
        """Equal keys have equal separations, and equal weights but at separation 0 (T26)."""
        return hash((self.index, self._separation, self._separation and self._weight))


def _compare(a: OrderKey, b: OrderKey) -> int:
    return compare_energies(a._separation, a._weight, b._separation, b._weight)


ABSTENTION = OrderKey(-1, Fraction(0), 0.5)


def order_key(
    index: int, query: NDArray[np.float64], key: NDArray[np.float64], alpha: float, beta: float
) -> OrderKey:
    """The order key of a selected pair: rows (D,), checked by the caller; `index` is global.

    Clause: GDA-thm-merge.
    """
    return OrderKey(index, exact_separation(query, key, beta), minor_weight(alpha))


@any_library
def order_keys(
    query: ArrayLike,
    keys: ArrayLike,
    *,
    alpha: ArrayLike = 0.5,
    beta: ArrayLike = 1.0,
    threshold: ArrayLike = math.inf,
    mask: ArrayLike | None = None,
    offset: int = 0,
) -> NDArray[Any]:
    """Order keys of the selections over one set of keys.

    Parameters
    ----------
    query, keys, alpha, beta, threshold, mask
        As in `gd_attention`.
    offset : int
        Global index of the first key, >= 0.

    Returns
    -------
    object array (B..., M) of OrderKey
        ``index`` is the selected key's plus `offset`; an abstention keeps -1.

    Raises
    ------
    TypeError, ValueError, PrecisionCapError
        As in `gd_attention`; also if `offset` is not an integer >= 0.

    Notes
    -----
    Clauses: GDA-thm-merge, GDA-def-selection.
    """
    inputs = checked(query, keys, None, alpha, beta, threshold, mask)
    first = natural_number("offset", offset)
    index, _ = search(inputs)
    result = np.full(index.shape, ABSTENTION, dtype=object)
    for place in zip(*np.nonzero(index >= 0), strict=True):
        entry, chosen = place[:-1], int(index[place])
        result[place] = order_key(
            first + chosen,
            inputs.query[place],
            inputs.keys[entry][chosen],
            float(inputs.alpha[entry][chosen]),
            inputs.beta,
        )
    return result


def merge(a: Any, b: Any) -> Any:
    """The selection over the union of two disjoint key sets.

    Parameters
    ----------
    a, b : OrderKey or object array of OrderKey
        Arrays broadcast against each other.

    Returns
    -------
    OrderKey or object array
        The lexicographic minimum of (exact E*, global index). Associative, commutative and
        idempotent, with the abstention as unit.

    Raises
    ------
    TypeError
        If something else than order keys comes.
    PrecisionCapError
        As in `gd_attention`.

    Notes
    -----
    Clause: GDA-thm-merge.
    """
    left, right = np.asarray(a, dtype=object), np.asarray(b, dtype=object)
    for name, array in (("a", left), ("b", right)):
        for place in np.ndindex(array.shape):
            if not isinstance(array[place], OrderKey):
                raise TypeError(
                    f"{name}: expected order keys, got {type(array[place]).__name__} "
                    f"at index {place}"
                )
    left, right = np.broadcast_arrays(left, right)
    result = np.empty(left.shape, dtype=object)
    for place in np.ndindex(left.shape):
        result[place] = min(left[place], right[place])
    return result if result.ndim else result[()]
