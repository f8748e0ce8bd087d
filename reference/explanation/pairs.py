"""What is known about single pairs of one query and some keys, as the operator would return it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from gd_attention.alignment import align, ceiling, coherence
from gd_attention.arguments import as_float64
from gd_attention.counting import Regime, regime
from gd_attention.decide import compare_energies
from gd_attention.distances import pair_separations
from gd_attention.exact import exact_separation
from gd_attention.intervals import minor_weights
from gd_attention.landscape import jump
from gd_attention.selection import align_selected
from gd_attention.thresholds import admitted_pairs
from gd_attention.validation import Inputs, checked
from numpy.typing import NDArray

from .evidence import KeyEvidence, Labels, Standing

__all__ = ["Pairs", "margins"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs of one query and the keys ``rows``, none of them masked.

    Clauses: GDA-def-energy, GDA-def-admission, GDA-energy-value.
    """

    inputs: Inputs
    rows: NDArray[np.int64]
    separation: Float
    distance: Float
    energy: Float
    coordinate: Float
    alignment_point: Float
    unique: Bool
    admitted: Bool

    @classmethod
    def of(cls, inputs: Inputs, rows: NDArray[np.int64]) -> Pairs:
        """Read the keys, and compute."""
        count, width = len(rows), inputs.query.shape[1]
        query = np.broadcast_to(as_float64(inputs.query), (count, width))
        keys = as_float64(inputs.keys[rows])
        alpha, tau = inputs.alpha[rows], inputs.threshold[0, rows]
        # a call of its own for each key: every bit is that of a selection of the pair
        call = checked(query[:, None, :], keys[:, None, :], alpha=alpha[:, None], beta=inputs.beta)
        separation = pair_separations(query, keys, inputs.beta)
        energy, coordinate, point, unique = align_selected(
            call, np.zeros((count, 1), np.int64), separation[:, None]
        )

        def exact(pair: int) -> Fraction:
            return exact_separation(query[pair], keys[pair], inputs.beta)

        return cls(
            inputs, rows, separation, jump(query, keys).length, energy[:, 0], coordinate[:, 0],
            point[:, 0], unique[:, 0], admitted_pairs(separation, alpha, tau, width, exact),
        )  # fmt: skip

    def evidence(
        self, place: int, selected: int, rank: int | None, labels: Labels | None
    ) -> KeyEvidence:
        """The evidence of the pair at a place."""
        index = int(self.rows[place])
        alpha = float(self.inputs.alpha[index])
        unique, energy = bool(self.unique[place]), float(self.energy[place])
        return KeyEvidence(
            index=index,
            rank=rank,
            label=None if labels is None else str(labels[index]),
            standing=self._standing(place, selected),
            distance=float(self.distance[place]),
            separation=float(self.separation[place]),
            energy=energy,
            ceiling=float(ceiling(alpha)),
            threshold=float(self.inputs.threshold[0, index]),
            coherence=float(coherence(energy)),
            coordinate=float(self.coordinate[place]),
            unique=unique,
            regime=_regime(float(self.separation[place]), alpha, unique),
            alpha=alpha,
        )

    def _standing(self, place: int, selected: int) -> Standing:
        if self.rows[place] == selected:
            return Standing.SELECTED
        if not self.admitted[place]:
            return Standing.REFUSED
        best = int(np.flatnonzero(self.rows == selected)[0])
        pairs = [(self._exact(p), float(self.inputs.alpha[self.rows[p]])) for p in (place, best)]
        tied = compare_energies(*pairs[0], *pairs[1]) == 0
        return Standing.TIED if tied else Standing.ADMITTED

    def _exact(self, place: int) -> Fraction:
        key = self.inputs.keys[self.rows[place]]
        return exact_separation(self.inputs.query[0], key, self.inputs.beta)


def margins(first: KeyEvidence | None, second: KeyEvidence | None) -> tuple[float, float]:
    """Energy and distance of the second key less those of the first.

    Clauses: GDA-thm-closed-form, GDA-energy-saturation.
    """
    if first is None:
        return math.nan, math.nan
    if second is None:
        return math.inf, math.inf
    a, b = (align(key.separation, key.alpha) for key in (first, second))
    energy = second.energy - first.energy
    weights = minor_weights(np.array([first.alpha, second.alpha]))
    if weights[0] == weights[1] and first.energy > 0.5 * first.ceiling:
        # near their common ceiling energies agree in most digits, what is missing to it does not
        energy = float(a.deficit - b.deficit)
    return max(energy, 0.0), second.distance - first.distance


def _regime(separation: float, alpha: float, unique: bool) -> Regime:
    """The regime of a pair; at alpha = 1/2 decided by the exact separation, as ``unique`` is.

    Clause: GDA-thm-counting.
    """
    if alpha == 0.5 and separation > 0.0:
        return Regime.ONE if unique else Regime.THREE
    return Regime(int(regime(separation, alpha)))
