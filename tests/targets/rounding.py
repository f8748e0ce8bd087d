"""Honest rounding implementations: every operation in the declared format, one after the other.

Nothing here is exact and nothing is corrected afterwards. An instance computes in one format, by
one form of the distance, in one order of its sums; it is careful in the sense of the standard:
energies from expm1 and log1p, the minor coordinate from its exponent, thresholds of 0 and infinity
by rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import ml_dtypes
import numpy as np
from gd_attention.conformance.target import CAPABILITIES

FORMS = ("forward", "backward", "pairs")


def dtype_of(name: str) -> np.dtype:
    """The NumPy dtype of a format."""
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def added(terms: list, form: str):
    """The sum of arrays in one of three orders, each addition rounded."""
    terms = terms[::-1] if form == "backward" else list(terms)
    if form == "pairs":
        while len(terms) > 1:
            odd = terms[-1:] if len(terms) % 2 else []
            terms = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)] + odd
        return terms[0]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


@dataclass
class Rounding:
    """The operator in the arithmetic of a rounding contract."""

    dtype: str = "float64"
    accumulate: str = "float64"
    distance: str = "difference"
    order_by: str = "distance"
    form: str = "forward"
    narrow_results: bool = False
    gda_contract: dict = field(init=False)
    # it does all but refuse bad calls
    gda_capabilities = tuple(name for name in CAPABILITIES if name != "errors")

    def __post_init__(self) -> None:
        self.gda_contract = {
            "dtype": self.dtype,
            "accumulate": self.accumulate,
            "distance": self.distance,
            "order_by": self.order_by,
        }

    def __call__(
        self,
        query,
        keys,
        values=None,
        *,
        alpha=0.5,
        beta=1.0,
        threshold=math.inf,
        mask=None,
        fill=0.0,
    ):
        """The operator; batch entries and queries one by one."""
        wide = dtype_of(self.accumulate)
        narrow = dtype_of(self.dtype) if self.narrow_results else wide
        query, keys = np.asarray(query), np.asarray(keys)
        values = keys if values is None else np.asarray(values)
        lead = np.broadcast_shapes(query.shape[:-2], keys.shape[:-2], values.shape[:-2])
        m, n, d, v = query.shape[-2], keys.shape[-2], query.shape[-1], values.shape[-1]
        query = np.broadcast_to(query, (*lead, m, d)).astype(wide)
        keys = np.broadcast_to(keys, (*lead, n, d)).astype(wide)
        values = np.broadcast_to(values, (*lead, n, v))
        alpha = np.broadcast_to(np.asarray(alpha), (*lead, n)).astype(wide)
        beta = np.asarray(beta).astype(wide)
        threshold = np.broadcast_to(np.asarray(threshold), (*lead, m, n)).astype(wide)
        mask = np.broadcast_to(True if mask is None else mask, (*lead, m, n))
        shape = (*lead, m)
        found = {
            "index": np.full(shape, -1, dtype=np.int64),
            "output": np.array(np.broadcast_to(fill, (*shape, v)), dtype=values.dtype),
            "energy": np.full(shape, math.inf, dtype=narrow),
            "coordinate": np.zeros(shape, dtype=narrow),
            "alignment_point": np.array(query, dtype=narrow),
            "unique": np.zeros(shape, dtype=bool),
        }
        for place in np.ndindex(shape) if n else ():
            batch = place[:-1]
            prior, open_keys = alpha[batch], np.flatnonzero(mask[place])
            if not len(open_keys):
                continue
            rows = keys[batch][open_keys]
            weights = prior[open_keys]
            score = self.separations(query[place], rows, beta)
            # a NaN, where the expanded form overflowed, is read as the largest separation
            score = np.where(np.isnan(score), np.inf, score).astype(wide)
            lam = np.maximum(score, 0).astype(wide)
            minor, energy = align(lam, weights, wide)
            tau = threshold[place][open_keys]
            equal = (rows == query[place]).all(axis=-1)
            admitted = np.where(tau == np.inf, True, (tau > 0) & (energy <= tau))
            admitted |= (tau == 0) & equal
            if not admitted.any():
                continue
            shared = len(set(prior.tolist())) == 1
            rank = score if shared and self.order_by == "distance" else energy
            rank = np.where(admitted, rank.astype(np.float64), np.inf)
            # all admitted keys may be infinitely far
            best = next(
                i for i in np.flatnonzero(admitted).tolist() if rank[i] == rank[admitted].min()
            )
            i = int(open_keys[best])
            near, u = weights[best] <= 0.5, minor[best]
            one = np.ones((), dtype=wide)
            found["index"][place] = i
            found["output"][place] = values[(*batch, i)]
            found["energy"][place] = energy[best]
            resting = lam[best] == 0
            t = one - weights[best] if resting else (one - u if near else u)
            found["coordinate"][place] = t
            left, right = query[place], rows[best]
            point = (one - t) * left + t * right
            low, high = np.minimum(left, right), np.maximum(left, right)
            found["alignment_point"][place] = np.minimum(np.maximum(point, low), high)
            found["unique"][place] = weights[best] != 0.5 or lam[best] <= 2
        return found

    def separations(self, left, rows, beta):
        """The computed separations of one query from some keys."""
        columns = range(rows.shape[-1])
        two = np.asarray(2).astype(left.dtype)
        if self.distance == "difference":
            jumps = [rows[:, c] - left[c] for c in columns]
            return added([jump * jump for jump in jumps], self.form) * beta
        far = added([rows[:, c] * rows[:, c] for c in columns], self.form)
        own = added([left[c] * left[c] for c in columns], self.form)
        products = [rows[:, c] * left[c] for c in columns]
        if self.form == "forward":
            return ((own + far) - two * added(products, self.form)) * beta
        if self.form == "backward":
            # beta first, and the query's norm last
            return (beta * far - two * (beta * added(products, self.form))) + beta * own
        # a matrix product whose accumulator starts at the norms
        total = own + far
        for product in products:
            total = total - two * product
        return total * beta


def align(lam, alpha, wide):
    """Minor coordinates and energies, every operation in the format ``wide``."""
    one, half, two, four = (np.asarray(x).astype(wide) for x in (1, 0.5, 2, 4))
    light = np.where(alpha <= half, alpha, one - alpha).astype(wide)
    heavy = one - light
    odds = np.where(
        light > 0.25,
        np.log1p((one - two * light) / np.maximum(light, 0.25).astype(wide)),
        np.log1p(-light) - np.log(light),
    ).astype(wide)
    finite = np.where(np.isinf(lam), np.finfo(np.float64).max, 0) == 0
    held = np.where(finite, lam, 0).astype(wide)
    x = odds + held
    for _ in range(60):
        bend = np.tanh(x / two)
        value = (x - held * bend) - odds
        slope = one - held / two * (one - bend * bend)
        step = np.where(slope > 0, value / np.where(slope > 0, slope, one), 0).astype(wide)
        following = x - step
        going = (following < x) & (following >= 0)
        if not going.any():
            break
        x = np.where(going, following, x).astype(wide)
    u = one / (one + np.exp(x))
    half_way = (alpha == half) & (held <= two)
    u = np.where(half_way, half, u).astype(wide)
    u = np.where(finite & ~np.isinf(x), u, 0).astype(wide)
    rest = one - u
    inner = light * np.expm1(-held * rest * rest) + heavy * np.expm1(-held * u * u)
    energy = -np.log1p(inner.astype(wide))
    energy = np.where(half_way, held / four, energy)
    energy = np.where(finite, energy, -np.log1p(-light)).astype(wide)
    return u, np.maximum(energy, 0).astype(wide)
