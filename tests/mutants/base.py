"""The correct implementation that the mutants patch: float64, difference form, NumPy only.

Every step is a method, so that a mutant overrides one of them and nothing else. It conforms under
the contract ``float64``; a test says so before any mutant is judged.

B... leading batch axes, M queries, N keys, D space, V value width.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mutants.reading import Array, Call, Reader

__all__ = ["Array", "Base", "Call"]


class Base(Reader):
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
