"""Patches that look like mutants and change nothing, each with the proof that it changes nothing.

They are judged like the base and must conform: a judge that killed one of them would be wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gd_attention.conformance.target import CAPABILITIES

from mutants.base import Array, Base, Call

__all__ = ["EQUIVALENTS"]


class PositiveCommonThresholdAfterSelection(Base):
    """Where a query has one positive threshold for all keys it is applied to the winner alone.

    Proof (T25). Let tau be common and let key i be the winner among the unmasked keys, in the order
    of E*. If E*_i <= tau, i is admitted, and as it precedes every unmasked key it precedes every
    admitted one: filtering first selects i too. If E*_i > tau, every unmasked key j has
    E*_j >= E*_i > tau, so none is admitted: both abstain. Rounded energies can differ in that only
    where they differ by their own rounding, and there the contract admits both answers. At
    threshold 0 it admits one: an exact match, which a computed order does not tell from a
    separation that underflows. There the filter comes first.
    """

    def choose(self, call: Call, admitted: Array, order: Array) -> Array:
        n = order.shape[-1]
        if n == 0:
            return super().choose(call, admitted, order)
        one = call.threshold[..., :1]
        common = ((call.threshold == one) & (one > 0.0)).all(-1)
        late = super().choose(call, call.mask, order)
        at = np.maximum(late, 0)[..., None]
        late = np.where(np.take_along_axis(admitted, at, -1)[..., 0], late, -1)
        return np.where(common, late, super().choose(call, admitted, order))


class AlphaSwappedWithoutCoordinate(Base):
    """The alpha of each well is swapped where 1 - alpha is a float, and no coordinate is returned.

    Proof (T8). E*(Lambda, alpha) = E*(Lambda, 1 - alpha): reflecting the passage about its midpoint
    exchanges the wells. For alpha in [1/2, 1) the difference 1 - alpha is exact (Sterbenz), so the
    swapped problem has the same energies, hence the same admissions, order, ties and index, and
    `unique` asks whether alpha is 1/2, which the swap keeps. Only coordinate and alignment point
    tell the two apart, and neither is returned.
    """

    gda_capabilities = CAPABILITIES

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        return super().align(separation, np.where(alpha >= 0.5, 1.0 - alpha, alpha))

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        found = super().__call__(*arguments, **named)
        return {name: found[name] for name in ("index", "output", "energy", "unique")}


class NewtonFromFartherRight(Base):
    """Newton's descent starts one unit to the right of its usual start.

    Proof (T22). F(z) = z - h/2 - (Lambda/2) tanh z is convex on z >= 0, and its largest root lies
    at most at (h + Lambda)/2, where F >= 0. From any point to the right of that root, where F > 0
    and F' > 0, Newton descends monotonically to it: the tangent of a convex function lies below it.
    So both starts end at the same root, up to the rounding of the last step, which the allowance of
    the coordinate holds.
    """

    def root(self, lam: Array, odds: Array) -> Array:
        z = 0.5 * (odds + lam) + 1.0
        for _ in range(200):
            bend = np.tanh(z)
            slope = 1.0 - 0.5 * lam * (1.0 - bend * bend)
            following = z - (z - 0.5 * odds - 0.5 * lam * bend) / slope
            better = (slope > 0.0) & (following < z)
            if not better.any():
                break
            z = np.where(better, following, z)
        return z


EQUIVALENTS = (
    PositiveCommonThresholdAfterSelection,
    AlphaSwappedWithoutCoordinate,
    NewtonFromFartherRight,
)
