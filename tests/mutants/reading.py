"""What the correct implementation does with its arguments: validate, convert, broadcast.

B... leading batch axes, M queries, N keys, D space, V value width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Array", "Call", "Reader"]

Array = np.ndarray


@dataclass
class Call:
    """The arguments of a call, validated and broadcast.

    query (B..., M, D), keys (B..., N, D), values (B..., N, V), alpha (B..., 1, N), threshold and
    mask (B..., M, N), fill (B..., M, V) in the dtype of values, beta a float.
    """

    query: Array
    keys: Array
    values: Array
    alpha: Array
    beta: float
    threshold: Array
    mask: Array
    fill: Array

    @property
    def shared(self) -> Array:
        """Whether one alpha serves all keys, shape (B..., 1, 1)."""
        first = self.alpha[..., :1]
        same: Array = (self.alpha == first).all(-1, keepdims=True)
        return same


class Reader:
    """Reads the arguments of a call, a method for each rule."""

    def read(
        self,
        query: Any,
        keys: Any,
        values: Any,
        alpha: Any,
        beta: Any,
        threshold: Any,
        mask: Any,
        fill: Any,
    ) -> Call:
        """Validate, convert to float64, broadcast."""
        query, keys = self.real("query", query), self.real("keys", keys)
        values = keys if values is None else self.real("values", values)
        for name, array in (("query", query), ("keys", keys), ("values", values)):
            self.check_axes(name, array)
        m, d = query.shape[-2:]
        n = keys.shape[-2]
        self.check_sizes(query, keys, values)
        lead = np.broadcast_shapes(query.shape[:-2], keys.shape[:-2], values.shape[:-2])
        alpha = self.number("alpha", alpha)
        beta = self.number("beta", beta)
        threshold = self.number("threshold", threshold)
        if beta.ndim:
            raise ValueError("beta: one number")
        self.check_domain(alpha, beta, threshold)
        mask = self.allowed(mask)
        alpha = self.fit("alpha", alpha, (*lead, n))[..., None, :]
        threshold = self.fit("threshold", threshold, (*lead, m, n))
        mask = self.fit("mask", mask, (*lead, m, n))
        fill = self.fitting_fill(fill, values.dtype)
        fill = self.fit("fill", fill, (*lead, m, values.shape[-1]))
        query, keys = self.convert(query, keys)
        query = np.broadcast_to(query, (*lead, m, d))
        keys = np.broadcast_to(keys, (*lead, n, d))
        self.check_finite(query, keys, mask)
        values = np.broadcast_to(values, (*lead, n, values.shape[-1]))
        return Call(query, keys, values, alpha, float(beta), threshold, mask, fill)

    def real(self, name: str, given: Any) -> Array:
        """A real array of at most 64 bits; integers must be exact in float64."""
        array = np.asarray(given)
        if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
            raise TypeError(f"{name}: expected a real array of at most 64 bits, got {array.dtype}")
        if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
            self.check_integers(name, array)
        return array

    def check_integers(self, name: str, array: Array) -> None:
        """Beyond 2^53 float64 does not represent every integer."""
        if not all(int(float(item)) == item for item in array.ravel().tolist()):
            raise ValueError(f"{name}: holds an integer that float64 does not represent")

    def number(self, name: str, given: Any) -> Array:
        """A parameter in float64."""
        return self.real(name, given).astype(np.float64)

    def check_axes(self, name: str, array: Array) -> None:
        """At least two axes."""
        if array.ndim < 2:
            raise ValueError(f"{name}: expected at least 2 axes, got shape {array.shape}")

    def check_sizes(self, query: Array, keys: Array, values: Array) -> None:
        """Sizes that agree."""
        if query.shape[-1] != keys.shape[-1] or query.shape[-1] < 1:
            raise ValueError(f"keys: dimension {keys.shape[-1]}, query has {query.shape[-1]}")
        if values.shape[-2] != keys.shape[-2]:
            raise ValueError(f"values: {values.shape[-2]} rows for {keys.shape[-2]} keys")

    def check_domain(self, alpha: Array, beta: Array, threshold: Array) -> None:
        """Checks: alpha inside (0, 1), beta finite and positive, no NaN threshold."""
        if not bool(((alpha > 0.0) & (alpha < 1.0)).all()):
            raise ValueError("alpha: expected numbers inside (0, 1)")
        if not 0.0 < float(beta) < np.inf:
            raise ValueError("beta: expected a finite positive number")
        if bool(np.isnan(threshold).any()):
            raise ValueError("threshold: NaN")

    def allowed(self, mask: Any) -> Array:
        """The mask, True where a pair may be selected."""
        mask = np.asarray(True if mask is None else mask)
        if mask.dtype != np.bool_:
            raise TypeError(f"mask: expected booleans, got {mask.dtype}")
        return mask

    def fit(self, name: str, array: Array, shape: tuple[int, ...]) -> Array:
        """Broadcast to a shape that the argument may not enlarge."""
        try:
            return np.broadcast_to(array, shape)
        except ValueError:
            raise ValueError(f"{name}: {array.shape} does not broadcast to {shape}") from None

    def fitting_fill(self, fill: Any, dtype: np.dtype) -> Array:
        """The fill in the dtype of values, without loss."""
        given = self.real("fill", fill)
        with np.errstate(all="ignore"):
            converted = given.astype(dtype)
            same = (converted == given) | (np.isnan(given) & (dtype.kind == "f"))
        if not bool(same.all()):
            raise ValueError(f"fill: not representable in {dtype}")
        return converted

    def convert(self, query: Array, keys: Array) -> tuple[Array, Array]:
        """The points in float64."""
        return query.astype(np.float64), keys.astype(np.float64)

    def check_finite(self, query: Array, keys: Array, mask: Array) -> None:
        """Rows that an unmasked pair reads are finite."""
        if bool((mask.any(-1) & ~np.isfinite(query).all(-1)).any()):
            raise ValueError("query: not finite")
        if bool((mask.any(-2) & ~np.isfinite(keys).all(-1)).any()):
            raise ValueError("keys: not finite")
