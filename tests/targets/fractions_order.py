"""An independent implementation: exact order by ``fractions``, energies in plain floats.

Written from the definition in plain Python loops. With one alpha it compares exact squared
distances; with alpha per key it compares float energies, as the contract ``float64`` allows. It
validates nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import numpy as np


# Leave-one-out over the same rows asks for the same pairs again and again.
@lru_cache(maxsize=100_000)
def separation(query: tuple, key: tuple, beta: float) -> Fraction:
    """The exact separation of a pair."""
    total = Fraction(0)
    for left, right in zip(query, key, strict=True):
        total += (Fraction(left) - Fraction(right)) ** 2
    return total * Fraction(beta)


@lru_cache(maxsize=100_000)
def to_float(number: Fraction) -> float:
    """The nearest float, infinity where there is none."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


@lru_cache(maxsize=100_000)
def align(lam: float, alpha: float) -> tuple[float, float, float]:
    """Weight of the query, weight of the key, and energy, at the alignment point.

    Newton on z - h/2 - (lam/2) tanh z from the right, where the function is convex and
    increasing; z is half the log-odds of the heavier side.
    """
    light = min(alpha, 1.0 - alpha)
    if light > 0.25:
        odds = math.log1p((1.0 - 2.0 * light) / light)
    else:
        odds = math.log1p(-light) - math.log(light)
    if lam == 0.0:
        return alpha, 1.0 - alpha, 0.0
    if alpha == 0.5 and lam <= 2.0:
        return 0.5, 0.5, lam / 4.0
    if math.isinf(lam):
        minor, energy = 0.0, -math.log1p(-light)
    else:
        z = odds / 2.0 + lam / 2.0
        for _ in range(200):
            tanh = math.tanh(z)
            slope = 1.0 - lam / 2.0 * (1.0 - tanh * tanh)
            value = z - odds / 2.0 - lam / 2.0 * tanh
            if slope <= 0.0 or not z - value / slope < z:
                break
            z -= value / slope
        push = lam * math.tanh(z)
        if push < 30.0:
            minor = light / (light + (1.0 - light) * math.exp(push))
            energy = lam * minor * minor + math.log1p(minor * math.expm1(push))
        else:
            faded = light * math.exp(-push)
            minor = faded / (faded + 1.0 - light)
            rest = (1.0 - minor) * light / (1.0 - light) - minor
            energy = lam * minor * minor + math.log1p(rest)
    # at alpha = 1/2 the key's side is the heavier one
    if alpha <= 0.5:
        return minor, 1.0 - minor, energy
    return 1.0 - minor, minor, energy


def admits(exact: Fraction, energy: float, threshold: float) -> bool:
    """Non-strict admission; a zero threshold asks for an exact match."""
    if exact == 0:
        return threshold >= 0.0
    return threshold > 0.0 and energy <= threshold


def distance_order(exact: Fraction, energy: float, shared: bool):
    """What the selected key has the least of."""
    return exact if shared else energy


def run(
    query,
    keys,
    values,
    alpha,
    beta,
    threshold,
    mask,
    fill,
    admission: Callable[[Fraction, float, float], bool] = admits,
    order: Callable = distance_order,
) -> dict[str, np.ndarray]:
    """The operator, with admission and order as given."""
    query, keys = np.asarray(query), np.asarray(keys)
    values = keys if values is None else np.asarray(values)
    lead = np.broadcast_shapes(query.shape[:-2], keys.shape[:-2], values.shape[:-2])
    m, n, d, v = query.shape[-2], keys.shape[-2], query.shape[-1], values.shape[-1]
    query = np.broadcast_to(query, (*lead, m, d))
    keys = np.broadcast_to(keys, (*lead, n, d))
    values = np.broadcast_to(values, (*lead, n, v))
    alpha = np.broadcast_to(alpha, (*lead, n))
    threshold = np.broadcast_to(threshold, (*lead, m, n))
    mask = np.broadcast_to(True if mask is None else mask, (*lead, m, n))
    shape = (*lead, m)
    result = {
        "index": np.full(shape, -1, dtype=np.int64),
        "output": np.array(np.broadcast_to(fill, (*shape, v)), dtype=values.dtype),
        "energy": np.full(shape, math.inf),
        "coordinate": np.zeros(shape),
        "alignment_point": np.array(query, dtype=np.float64),
        "unique": np.zeros(shape, dtype=bool),
    }
    for place in np.ndindex(shape):
        batch = place[:-1]
        prior = alpha[batch].tolist()
        shared = len(set(prior)) <= 1
        best = None
        left_row = tuple(query[place].tolist())
        rows = [tuple(row) for row in keys[batch].tolist()]
        for i in range(n):
            if not mask[(*place, i)]:
                continue
            exact = separation(left_row, rows[i], float(beta))
            weights = align(to_float(exact), prior[i])
            if not admission(exact, weights[2], float(threshold[(*place, i)])):
                continue
            rank = order(exact, weights[2], shared)
            if best is None or rank < best[0]:
                best = rank, i, exact, weights
        if best is None:
            continue
        _, i, exact, (left, right, energy) = best
        result["index"][place] = i
        result["output"][place] = values[(*batch, i)]
        result["energy"][place] = energy
        result["coordinate"][place] = right
        # a convex combination never overflows, k - q may
        result["alignment_point"][place] = [
            a if a == b else left * a + right * b
            for a, b in zip(
                map(float, query[place].tolist()),
                map(float, keys[(*batch, i)].tolist()),
                strict=True,
            )
        ]
        result["unique"][place] = prior[i] != 0.5 or exact <= 2
    return result


def select(
    query, keys, values=None, *, alpha=0.5, beta=1.0, threshold=math.inf, mask=None, fill=0.0
) -> dict[str, np.ndarray]:
    """The operator."""
    return run(query, keys, values, alpha, beta, threshold, mask, fill)
