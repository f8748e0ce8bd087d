"""What `benchmarks.operator` measures: the operator and what it is held against.

As in `peers`: a peer is a function of the keys that returns a function of the queries. Weights,
thresholds and masks are drawn when the keys are prepared or at the first call, and not timed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .pairs import least_energy
from .peers import Answer, Rows, gemm

__all__ = ["BETA_002", "BETA_1", "GRID", "OPERATOR", "SPEED", "VARIANTS"]

_ONE_ALPHA = 0.3  # one half has a closed form of its own
_BETA = 0.02  # at d = 64, separations of 2.5: all terms of the energy count

BETA_002, BETA_1 = "Beta(2,2), beta 0.02", "Beta(2,2), beta 1"


@cache
def _priors(keys: int) -> NDArray[np.float64]:
    return np.random.default_rng([1, keys]).beta(2.0, 2.0, keys)


@cache
def _thresholds(keys: int) -> NDArray[np.float64]:
    """Of each key, up to log 2, which no energy exceeds: some pairs are refused, some admitted."""
    return np.random.default_rng([2, keys]).uniform(0.0, math.log(2.0), keys)


@cache
def _mask(queries: int, keys: int) -> NDArray[np.bool_]:
    """Every second pair, at random."""
    return np.random.default_rng([3, queries, keys]).random((queries, keys)) < 0.5


def _operator(keys: Rows, alpha: Callable[[int], Any], beta: float) -> Answer:
    from gd_attention.accelerated import gd_attention

    prior = alpha(len(keys))
    return lambda query: gd_attention(query, keys, alpha=prior, beta=beta).index


GRID: dict[str, Callable[[Rows], Answer]] = {
    "GEMM": gemm,
    "scalar alpha": partial(_operator, alpha=lambda _: _ONE_ALPHA, beta=_BETA),
    "equal alphas": partial(_operator, alpha=lambda n: np.full(n, _ONE_ALPHA), beta=_BETA),
    BETA_002: partial(_operator, alpha=_priors, beta=0.02),
    BETA_1: partial(_operator, alpha=_priors, beta=1.0),
}

# per-key weights, thresholds of each key, a mask of pairs
VARIANTS: dict[str, tuple[bool, bool, bool]] = {
    "shared alpha": (False, False, False),
    "per-key alpha": (True, False, False),
    "shared alpha, thresholds of keys": (False, True, False),
    "per-key alpha, thresholds of keys": (True, True, False),
    "shared alpha, mask of pairs": (False, False, True),
    "per-key alpha, mask of pairs": (True, False, True),
}


def _options(variant: str, queries: int, keys: int) -> dict[str, Any]:
    per_key, thresholds, masked = VARIANTS[variant]
    found: dict[str, Any] = {"alpha": _priors(keys) if per_key else _ONE_ALPHA, "beta": _BETA}
    if thresholds:
        found["threshold"] = _thresholds(keys)
    if masked:
        found["mask"] = _mask(queries, keys)
    return found


def _ours(keys: Rows, variant: str) -> Answer:
    from gd_attention.accelerated import gd_attention

    return lambda q: gd_attention(q, keys, **_options(variant, len(q), len(keys))).index


def _reference(keys: Rows, variant: str) -> Answer:
    from gd_attention import gd_attention

    return lambda q: gd_attention(q, keys, **_options(variant, len(q), len(keys))).index


def _pairs(keys: Rows, variant: str, threads: bool) -> Answer:
    return lambda q: least_energy(q, keys, threads=threads, **_options(variant, len(q), len(keys)))


SPEED: dict[str, Callable[..., Answer]] = {
    "ours": _ours,
    "reference": _reference,
    "pairs, one thread": partial(_pairs, threads=False),
    "pairs, all threads": partial(_pairs, threads=True),
}

# what a worker can be told to be
OPERATOR: dict[str, Callable[[Rows], Answer]] = {f"grid: {n}": peer for n, peer in GRID.items()}
OPERATOR.update(
    {
        f"{name}: {variant}": partial(peer, variant=variant)
        for name, peer in SPEED.items()
        for variant in VARIANTS
    }
)
