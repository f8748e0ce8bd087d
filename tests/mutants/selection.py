"""Faults of the order, the tie rule, and what is compared with what."""

from __future__ import annotations

import numpy as np

from mutants.base import Array, Base, Call
from mutants.registry import mutant

_INDEX = "GDA-select-index"
_TIES = "GDA-select-ties"
_ORDER = "GDA-select-exact-order"
_PRIORS = "GDA-select-priors"


@mutant(_INDEX, why="Attention takes the greatest score.", control=True)
class FarthestKey(Base):
    """The greatest energy is selected."""

    def order(self, call: Call, separation: Array, energy: Array) -> Array:
        return -super().order(call, separation, energy)


@mutant(_ORDER, _INDEX, why="The definition says least energy, and the energies are at hand.")
class RoundedEnergyOrder(Base):
    """The order is that of the float energies, which saturate."""

    def order(self, call: Call, separation: Array, energy: Array) -> Array:
        return energy


@mutant(_ORDER, _INDEX, why="A Gaussian kernel is a similarity; its argmax is the nearest key.")
class ExponentiatedScores(Base):
    """The greatest exp(-separation) is selected; far keys all have 0."""

    def order(self, call: Call, separation: Array, energy: Array) -> Array:
        return np.where(call.shared, -np.exp(-separation), energy)


@mutant(_INDEX, why="Attention multiplies query and key.")
class DotProductOrder(Base):
    """The greatest dot product is selected."""

    def order(self, call: Call, separation: Array, energy: Array) -> Array:
        return -(call.query[..., :, None, :] * call.keys[..., None, :, :]).sum(-1)


@mutant(_INDEX, why="Retrieval ranks by cosine.")
class CosineOrder(Base):
    """The greatest cosine is selected."""

    def order(self, call: Call, separation: Array, energy: Array) -> Array:
        dot = (call.query[..., :, None, :] * call.keys[..., None, :, :]).sum(-1)
        norms = np.linalg.norm(call.keys, axis=-1)[..., None, :]
        return -dot / (norms + 1e-12)


@mutant(_INDEX, why="cdist with the wrong metric.")
class ManhattanOrder(Base):
    """The least sum of absolute differences is selected."""

    def order(self, call: Call, separation: Array, energy: Array) -> Array:
        difference = call.keys[..., None, :, :] - call.query[..., :, None, :]
        return np.abs(difference).sum(-1)


@mutant(_PRIORS, why="By T7 the nearest key wins; that alpha is shared there is overlooked.")
class DistanceOrderUnderPriors(Base):
    """The nearest key is selected also where alpha differs among the keys."""

    def order(self, call: Call, separation: Array, energy: Array) -> Array:
        return separation


@mutant(_PRIORS, why="A prior is usually added to the score as its logarithm.")
class PriorAsBias(Base):
    """The order is that of separation + log alpha."""

    def order(self, call: Call, separation: Array, energy: Array) -> Array:
        return np.where(call.shared, separation, separation + np.log(call.alpha))


@mutant(_PRIORS, "GDA-coordinate-value", why="alpha is one number in the demo.")
class AlphaOfTheFirstKey(Base):
    """Every key gets the alpha of the first."""

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        return super().align(separation, alpha[..., :1])


@mutant(_PRIORS, "GDA-coordinate-value", why="alpha[:, None] where alpha[None, :] is meant.")
class AlphaAlongQueries(Base):
    """The alphas of the keys are dealt out to the queries."""

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        m, n = separation.shape[-2:]
        if n == 0:
            return super().align(separation, alpha)
        column = np.swapaxes(alpha[..., np.arange(m) % n], -1, -2)
        return super().align(separation, column)


@mutant(_TIES, why="`<=` in the running comparison keeps the latest.")
class LastTie(Base):
    """Exact ties go to the greatest index."""

    def first(self, best: Array, admitted: Array) -> Array:
        last = best.shape[-1] - 1 - best[..., ::-1].argmax(-1)
        return np.where(admitted.any(-1), last, -1).astype(np.int64)


@mutant(_TIES, "GDA-call-repeatable", why="Ties are broken at random to be fair.")
class RandomTie(Base):
    """Exact ties go to a random one."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def first(self, best: Array, admitted: Array) -> Array:
        chosen = np.where(best, self.rng.random(best.shape), -1.0).argmax(-1)
        return np.where(admitted.any(-1), chosen, -1).astype(np.int64)


@mutant(_ORDER, why="Floats are never compared for equality.")
class TieWithinTolerance(Base):
    """Keys within 1e-9 of the least count as tied."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        if order.shape[-1] == 0:
            return super().choose(call, admitted, order)
        least = np.min(order, axis=-1, where=admitted, initial=np.inf, keepdims=True)
        return self.first(admitted & (order <= least * (1.0 + 1e-9)), admitted)


@mutant(_ORDER, why="Rounding makes ties reproducible across machines.")
class OrderToSixDigits(Base):
    """The ordering quantity is rounded to six decimals."""

    def order(self, call: Call, separation: Array, energy: Array) -> Array:
        return np.round(super().order(call, separation, energy), 6)


@mutant(_ORDER, "GDA-energy-value", why="The accelerator's accumulator is float32.")
class Float32Accumulation(Base):
    """Differences, squares and sums are float32 where float64 is promised."""

    def squares(self, query: Array, keys: Array) -> Array:
        return super().squares(query.astype(np.float32), keys.astype(np.float32)).astype(float)


@mutant(_ORDER, "GDA-energy-value", why="One matrix product in place of all the differences.")
class ExpandedDistance(Base):
    """|q|^2 + |k|^2 - 2 q.k where the difference form is promised."""

    def squares(self, query: Array, keys: Array) -> Array:
        norms = (query * query).sum(-1)[..., :, None] + (keys * keys).sum(-1)[..., None, :]
        return np.maximum(norms - 2.0 * (query @ np.swapaxes(keys, -1, -2)), 0.0)


@mutant(
    _ORDER,
    _TIES,
    _INDEX,
    why="Careful float64 is taken for exact.",
    contract="exact",
)
class Float64DeclaredExact(Base):
    """Plain float64 distances under the contract that promises the exact order."""


@mutant("GDA-admit-mask", "GDA-admit-threshold", why="Keys are compressed, then argmin.")
class IndexIntoAdmitted(Base):
    """The index counts the admitted keys only."""

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        index = super().choose(call, admitted, order)
        if order.shape[-1] == 0:
            return index
        place = np.cumsum(admitted, axis=-1) - 1
        at = np.maximum(index, 0)[..., None]
        return np.where(index >= 0, np.take_along_axis(place, at, -1)[..., 0], -1)


@mutant("GDA-output-gather", why="Attention blends; argmax is not differentiable.")
class SoftmaxBlend(Base):
    """The output is the softmax average of the values."""

    def gather(self, call: Call, index: Array, at: Array) -> Array:
        score = -self.separation(call)
        score = np.where(call.mask, score, -np.inf)
        weights = np.exp(score - score.max(-1, keepdims=True))
        weights = np.nan_to_num(weights / weights.sum(-1, keepdims=True))
        return (weights @ call.values).astype(call.values.dtype)


@mutant("GDA-output-gather", why="Two neighbours are more robust than one.")
class TopTwoAverage(Base):
    """The output is the average of the values of the two nearest keys."""

    def gather(self, call: Call, index: Array, at: Array) -> Array:
        order = np.where(call.mask, self.separation(call), np.inf)
        two = order.argsort(-1, kind="stable")[..., :2]
        lead = call.values.shape[:-2]
        m, v = two.shape[-2], call.values.shape[-1]
        rows = np.take_along_axis(call.values, two.reshape(*lead, -1)[..., None], -2)
        return rows.reshape(*lead, m, two.shape[-1], v).mean(-2).astype(call.values.dtype)
