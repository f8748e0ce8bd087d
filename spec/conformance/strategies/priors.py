"""A mixing weight per key.

What is generated. *any*: unrelated weights. *farther*: a nearer key with alpha 1/2 against a
farther one with a more extreme weight and less energy. *complement*: weights a and 1 - a on keys
at the same distance, an exact tie where the complement is exact, and no tie where it is not (0.7
and 0.3). *near*: two keys whose energies agree to a relative gap, log-uniform from 1e-15 to 1e-3,
though both their separations and their weights differ. *equal*: the same weight for each key,
which must act as the shared one. *saturated*: ceilings that differ by little, at separations
where the deficit is less.

Why that distribution. With weights per key no rational number gives the order, and random weights
are nearly always decided by the first digit. Energies made to agree are the only test of the
last.

What it shrinks to. Two keys, one query, one dimension.
"""

from __future__ import annotations

import math

import numpy as np
from gd_attention.conformance.case import Case
from gd_attention.conformance.expectation import Expectation
from gd_attention.conformance.formats import FORMATS, Format
from gd_attention.conformance.strategies.arrays import (
    Floats,
    direction,
    grid,
    insert,
    log_uniform,
    sign,
)
from gd_attention.conformance.strategies.energies import (
    alignment_energy,
    exact_separation,
    separation_of,
)
from gd_attention.conformance.strategies.family import Draw, Family, seeded

__all__ = ["PRIORS"]

_GREATEST_GAP = 1e-3


def _greatest(form: Format) -> float:
    """1e-3, or 32 eps where that is more: a narrow format has little between."""
    return max(_GREATEST_GAP, 32.0 * form.eps)


_FLAGS = {"complement": ("alpha-complement",), "near": ("near-tie",), "saturated": ("saturated",)}


def _pair(draw: Draw) -> tuple[float, float, float, float]:
    """Separations and weights of the two keys that compete."""
    rng, kind, form = draw.rng, draw.kind, draw.form
    separation = log_uniform(rng, 1e-2, 8.0)
    if kind == "farther":
        return separation, 0.5, separation * rng.uniform(1.1, 1.5), rng.uniform(0.01, 0.1)
    if kind == "complement":
        alpha = float(rng.integers(1, 64)) / 64.0 if rng.random() < 0.5 else rng.uniform(0.5, 1.0)
        # rounded before the complement is taken, which is then exact in the format too
        alpha = min(form.nearest(alpha), form.below(1.0))
        if rng.random() < 0.3:
            return separation, 0.3, separation, 0.7
        return separation, alpha, separation, 1.0 - alpha
    if kind == "saturated":
        separation = log_uniform(rng, 30.0, 1e4)
        alpha = rng.uniform(0.1, 0.5)
        other = alpha * (1.0 + sign(rng) * log_uniform(rng, 2.0**-50, 1e-1))
        return separation, alpha, separation * rng.uniform(0.5, 2.0), min(other, 0.5)
    if kind == "near":
        alpha = form.nearest(rng.uniform(0.2, 0.5))
        # A less extreme weight has the higher energy at one separation; the other key is nearer.
        other = form.nearest(rng.uniform(alpha, 1.0 - alpha))
        energy = alignment_energy(separation, alpha)
        gap = sign(rng) * log_uniform(rng, max(1e-15, form.eps), _greatest(form))
        return separation, alpha, separation_of(energy * (1.0 + gap), other), other
    return separation, rng.uniform(0.02, 0.98), log_uniform(rng, 1e-2, 8.0), rng.uniform(0.02, 0.98)


def _priors(draw: Draw) -> Case:
    rng = draw.rng
    n, d, beta = draw.keys, draw.dimension, draw.beta()
    flags = ("alpha-per-key", *_FLAGS.get(draw.kind, ()))
    query = np.zeros(d) if draw.kind in ("complement", "near") else grid(rng, d)
    queries = np.vstack([query, grid(rng, (draw.queries - 1, d))])
    first, alpha, second, other = _pair(draw)
    lengths = [math.sqrt(first / beta), math.sqrt(second / beta)]
    rows: list[Floats]
    if draw.kind in ("complement", "near"):
        # Along an axis from the origin a separation is one rounded square.
        rows = [sign(rng) * length * np.eye(1, d)[0] for length in lengths]
    else:
        rows = [query + length * direction(rng, d) for length in lengths]
    reach = 1.2 * max(lengths)
    others = [query + reach * (1.0 + rng.random()) * direction(rng, d) for _ in range(n - 2)]
    # The weight rides along as one more column, so that both are shuffled alike.
    tail = [np.append(row, _weak(rng, alpha, other)) for row in others]
    heads = [np.append(rows[0], alpha), np.append(rows[1], other)]
    if rng.random() < 0.5:
        heads.reverse()
    table = insert(rng, heads, tail)
    weights = np.full(n, alpha) if draw.kind == "equal" else table[:, d].copy()
    return Case(
        queries,
        table[:, :d].copy(),
        alpha=weights,
        beta=beta,
        flags=flags,
        clauses=("GDA-select-priors",),
    )


def _weak(rng: np.random.Generator, alpha: float, other: float) -> float:
    """A weight no more extreme than the two that compete: a farther key with it cannot win."""
    least = max(min(alpha, 1.0 - alpha), min(other, 1.0 - other))
    return float(rng.uniform(least, 1.0 - least))


def _has_priors(case: Case, expectation: Expectation) -> bool:
    if "near-tie" in case.flags:
        energies = sorted(
            alignment_energy(exact_separation(case.query[0], key, case.beta), alpha)
            for key, alpha in zip(case.keys, case.alpha.tolist(), strict=True)
        )
        # One part in a hundred more than the greatest gap, which is itself rounded into a key.
        return energies[1] - energies[0] <= 1.01 * _greatest(FORMATS[case.dtype]) * energies[1]
    return np.ndim(case.alpha) == 1


PRIORS = Family(
    "priors",
    seeded(
        "priors",
        _priors,
        kinds=("any", "farther", "complement", "near", "equal", "saturated"),
        keys=(2, 8),
    ),
    _has_priors,
    frozenset({"alpha", "alpha-per-key"}),
    "a mixing weight per key",
)
