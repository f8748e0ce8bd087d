"""The correct implementation that the mutants patch: float64, difference form, NumPy only.

Every step is a method, so that a mutant overrides one of them and nothing else. It conforms under
the contract ``float64``; a test says so before any mutant is judged.

B... leading batch axes, M queries, N keys, D space, V value width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Base", "Call"]

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


class Base:
    """GD-Attention in float64."""

    gda_capabilities = "all"

    def __call__(
        self,
        query: Any,
        keys: Any,
        values: Any = None,
        *,
        alpha: Any = 0.5,
        beta: Any = 1.0,
        threshold: Any = np.inf,
        mask: Any = None,
        fill: Any = 0.0,
    ) -> Any:
        """The operator."""
        call = self.read(query, keys, values, alpha, beta, threshold, mask, fill)
        with np.errstate(all="ignore"):
            separation = self.separation(call)
            coordinate, energy = self.align(separation, call.alpha)
            admitted = self.admit(call, separation, energy)
            order = self.order(call, separation, energy)
            index = self.choose(call, admitted, order)
            return self.fields(call, index, separation, coordinate, energy)

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

    def separation(self, call: Call) -> Array:
        """The separation beta |k - q|^2 of all pairs, shape (B..., M, N)."""
        return call.beta * self.squares(call.query, call.keys)

    def squares(self, query: Array, keys: Array) -> Array:
        """|k - q|^2 of all pairs."""
        difference = keys[..., None, :, :] - query[..., :, None, :]
        return (difference * difference).sum(-1)

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        """Coordinate and energy of all pairs."""
        alpha = np.broadcast_to(alpha, separation.shape)
        light = np.minimum(alpha, 1.0 - alpha)
        # from 1e5 on the minor coordinate is 0 and the energy its ceiling
        lam = np.minimum(separation, 1e5)
        minor, energy = self.minor(lam, light)
        flat = (light == 0.5) & (lam <= 2.0)
        minor = np.where(flat, 0.5, minor)
        energy = np.where(flat, 0.25 * lam, energy)
        coordinate = self.side(alpha, minor)
        resting = lam == 0.0
        return (
            np.where(resting, self.at_rest(alpha), coordinate),
            np.where(resting, 0.0, energy),
        )

    def at_rest(self, alpha: Array) -> Array:
        """The coordinate at separation 0."""
        return 1.0 - alpha

    def side(self, alpha: Array, minor: Array) -> Array:
        """The coordinate, on the heavier side, the key's at alpha = 1/2."""
        return np.where(alpha <= 0.5, 1.0 - minor, minor)

    def log_odds(self, light: Array) -> Array:
        """|h|, without cancellation near 1/2 and without overflow near 0."""
        return np.where(
            light > 0.25,
            np.log1p((1.0 - 2.0 * light) / light),
            np.log1p(-light) - np.log(light),
        )

    def minor(self, lam: Array, light: Array) -> tuple[Array, Array]:
        """min(t, 1-t) and the energy."""
        push = lam * np.tanh(self.root(lam, self.log_odds(light)))
        return self.from_push(lam, light, push)

    def from_push(self, lam: Array, light: Array, push: Array) -> tuple[Array, Array]:
        """Both from lam tanh z, in the form that loses no digits."""
        fall = light * np.exp(-push)
        minor = fall / (fall + (1.0 - light))
        near = minor * np.expm1(np.minimum(push, 600.0))
        far = (1.0 - minor) * light / (1.0 - light) - minor
        return minor, lam * minor * minor + np.log1p(np.where(push < 30.0, near, far))

    def root(self, lam: Array, odds: Array) -> Array:
        """The largest root of z - odds/2 - (lam/2) tanh z: Newton's descent from the right."""
        z = 0.5 * (odds + lam)
        for _ in range(200):
            bend = np.tanh(z)
            slope = 1.0 - 0.5 * lam * (1.0 - bend * bend)
            following = z - (z - 0.5 * odds - 0.5 * lam * bend) / slope
            better = (slope > 0.0) & (following < z)
            if not better.any():
                break
            z = np.where(better, following, z)
        return z

    def admit(self, call: Call, separation: Array, energy: Array) -> Array:
        """Which pairs are admitted, shape (B..., M, N)."""
        return call.mask & self.below(call, separation, energy)

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        """Energy <= threshold; a zero threshold and an exact match are matters of equality."""
        tau = call.threshold
        if bool((tau == np.inf).all()):
            return np.ones(separation.shape, dtype=bool)
        match = (call.keys[..., None, :, :] == call.query[..., :, None, :]).all(-1)
        return np.where(match, tau >= 0.0, (tau > 0.0) & self.under(call, energy, separation))

    def under(self, call: Call, energy: Array, separation: Array) -> Array:
        """The comparison with a positive threshold."""
        return energy <= call.threshold

    def order(self, call: Call, separation: Array, energy: Array) -> Array:
        """What the selected key has the least of."""
        return np.where(call.shared, separation, energy)

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        """The first admitted key of least order, -1 where none is, shape (B..., M)."""
        if order.shape[-1] == 0:
            return np.full(order.shape[:-1], -1, dtype=np.int64)
        least = np.min(order, axis=-1, where=admitted, initial=np.inf, keepdims=True)
        return self.first(admitted & (order == least), admitted)

    def first(self, best: Array, admitted: Array) -> Array:
        """The least index among the best."""
        return np.where(admitted.any(-1), best.argmax(-1), -1).astype(np.int64)

    def fields(
        self, call: Call, index: Array, separation: Array, coordinate: Array, energy: Array
    ) -> dict[str, Array]:
        """The fields of a selection."""
        found = index >= 0
        if call.keys.shape[-2] == 0:
            shape = index.shape
            return self.abstained(call, found, np.zeros((6, *shape)), call.query, call.fill)
        at = np.where(found, index, 0)

        def pick(table: Array) -> Array:
            table = np.broadcast_to(table, separation.shape)
            return np.take_along_axis(table, at[..., None], -1)[..., 0]

        output = self.gather(call, index, at)
        lam, alpha, t = pick(separation), pick(call.alpha), pick(coordinate)
        key = np.take_along_axis(call.keys, at[..., None], -2)
        point = self.point(call.query, key, t[..., None])
        unique = self.unique(alpha, lam)
        table = np.stack([index, pick(energy), t, unique, alpha, lam])
        return self.abstained(call, found, table, point, output)

    def gather(self, call: Call, index: Array, at: Array) -> Array:
        """The output rows; those of abstained queries do not matter yet."""
        return np.take_along_axis(call.values, at[..., None], -2)

    def point(self, query: Array, key: Array, t: Array) -> Array:
        """A convex combination does not overflow where key - query does."""
        return np.where(query == key, query, (1.0 - t) * query + t * key)

    def unique(self, alpha: Array, separation: Array) -> Array:
        """Whether the alignment point is the only one."""
        return (alpha != 0.5) | (separation <= 2.0)

    def abstained(
        self, call: Call, found: Array, table: Array, point: Array, output: Array
    ) -> dict[str, Array]:
        """The fields with those of abstained queries put in."""
        return {
            "index": np.where(found, table[0], -1).astype(np.int64),
            "output": np.where(found[..., None], output, call.fill),
            "energy": np.where(found, table[1], np.inf),
            "coordinate": np.where(found, table[2], 0.0),
            "alignment_point": np.where(found[..., None], point, call.query),
            "unique": np.where(found, table[3], 0).astype(bool),
        }
