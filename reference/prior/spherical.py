"""[16] Routing by spherical k-means: tokens on the sphere, centroids and their updates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number
from .checks import floats
from .gating import top_k
from .gibbs import finite_product

__all__ = ["assign", "balanced_members", "ema_update", "kmeans_update", "objective", "on_sphere"]

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]


def on_sphere(x: ArrayLike, *, centre: bool = False) -> Float:
    """Tokens scaled to unit length.

    With `centre` the mean over the coordinates is taken off first: the layer norm without gain and
    shift of the paper, up to its constant factor ``sqrt(D)``, which no assignment depends on.
    Without it, it is the normalisation of public code.

    Legend: B... batch axes, D space.

    Parameters
    ----------
    x : array_like (B..., D)
        Finite.
    centre : bool

    Returns
    -------
    float64 (B..., D)
        The zero vector stays zero: it has no direction.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes and for non-finite values.

    Properties
    ----------
    - P-unit: a vector that is not zero gets length 1, also where its square would overflow or
      underflow.
    - P-scale: a positive factor changes nothing.

    References
    ----------
    [16] Roy et al. (2021), Efficient content-based sparse attention with routing transformers, TACL
    9, 53-68.
    """
    vectors = floats("x", x)
    if vectors.ndim == 0 or vectors.shape[-1] == 0:
        raise ValueError(f"x: expected a last axis of coordinates, got shape {vectors.shape}")
    if centre:
        # an exact power of two first: the sum of large coordinates must not overflow
        vectors = _moderate(vectors)
        vectors = vectors - np.mean(vectors, axis=-1, keepdims=True)
    vectors = _moderate(vectors)
    length = np.sqrt(np.sum(vectors * vectors, axis=-1, keepdims=True))
    return np.asarray(vectors / np.where(length > 0.0, length, 1.0))


def assign(x: ArrayLike, centroids: ArrayLike) -> Int:
    """``argmax_c mu_c.x`` for each token; ties go to the lowest index.

    Legend: B... batch axes, D space, C centroids.

    Parameters
    ----------
    x : array_like (B..., D)
    centroids : array_like (C, D)
        Unit vectors, if "nearest by angle" is meant: a longer one attracts more.

    Returns
    -------
    int64 (B...)
        -1 where there is no centroid.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, and where an inner product overflows.

    Properties
    ----------
    - P-scale: a positive power of two on a token changes nothing (any positive factor, up to the
      rounding of ties).
    - P-nearest: among unit centroids it is the nearest one.

    References
    ----------
    [16] Roy et al. (2021), Efficient content-based sparse attention with routing transformers, TACL
    9, 53-68.
    """
    scores = _similarities(x, centroids)
    if scores.shape[-1] == 0:
        return np.full(scores.shape[:-1], -1, dtype=np.int64)
    return np.asarray(np.argmax(scores, axis=-1), dtype=np.int64)


def objective(x: ArrayLike, centroids: ArrayLike) -> float:
    """``sum_i max_c mu_c.x_i``, what spherical k-means raises.

    Legend: M tokens, D space, C centroids.

    Parameters
    ----------
    x : array_like (M, D)
    centroids : array_like (C, D)
        C >= 1.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        As `assign`; ValueError without a centroid.

    Properties
    ----------
    - P-rises: `kmeans_update` does not lower it, for unit centroids.

    References
    ----------
    [16] Roy et al. (2021), Efficient content-based sparse attention with routing transformers, TACL
    9, 53-68.
    """
    scores = _similarities(floats("x", x, ndim=2), centroids)
    if scores.shape[-1] == 0:
        raise ValueError("centroids: expected at least 1, got none")
    return float(np.sum(np.max(scores, axis=-1)))


def kmeans_update(x: ArrayLike, centroids: ArrayLike) -> Float:
    """Each centroid becomes the normalised sum of its tokens.

    A centroid without tokens, or whose tokens cancel, keeps its place.

    Legend: M tokens, D space, C centroids.

    Parameters
    ----------
    x : array_like (M, D)
    centroids : array_like (C, D)
        Unit vectors.

    Returns
    -------
    float64 (C, D)
        Unit vectors.

    Raises
    ------
    TypeError, ValueError
        As `assign`.

    Properties
    ----------
    - P-empty: a centroid without tokens stays.
    - P-best: for the tokens it has, no unit vector has a larger sum of inner products.

    References
    ----------
    [16] Roy et al. (2021), Efficient content-based sparse attention with routing transformers, TACL
    9, 53-68.
    """
    tokens, mu = floats("x", x, ndim=2), floats("centroids", centroids, ndim=2)
    moved = on_sphere(_sums(tokens, mu))
    still = ~np.any(moved != 0.0, axis=-1, keepdims=True)
    return np.asarray(np.where(still, mu, moved))


def ema_update(
    queries: ArrayLike,
    keys: ArrayLike,
    centroids: ArrayLike,
    decay: float = 0.999,
    *,
    renormalise: bool = True,
) -> Float:
    """``mu <- decay mu + (1 - decay)/2 (sum of its queries + sum of its keys)``.

    Without `renormalise`, as the formula stands, the centroids leave the sphere; then inner
    products no longer compare angles. An empty centroid keeps its place.

    Legend: M queries, N keys, D space, C centroids.

    Parameters
    ----------
    queries : array_like (M, D), keys : array_like (N, D)
    centroids : array_like (C, D)
    decay : float
        In [0, 1].
    renormalise : bool
        Scale the result to unit length.

    Returns
    -------
    float64 (C, D)

    Raises
    ------
    TypeError, ValueError
        As `assign`; ValueError for a decay outside [0, 1].

    Properties
    ----------
    - P-formula: without `renormalise` it is the formula.
    - P-sphere: with `renormalise` unit centroids stay unit vectors.

    References
    ----------
    [16] Roy et al. (2021), Efficient content-based sparse attention with routing transformers, TACL
    9, 53-68.
    """
    mu, share = floats("centroids", centroids, ndim=2), floats("decay", decay, ndim=0)
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"decay: expected a number in [0, 1], got {decay!r}")
    q, k = floats("queries", queries, ndim=2), floats("keys", keys, ndim=2)
    for name, tokens in (("queries", q), ("keys", k)):
        _similarities(tokens, mu, name)
    empty = ~np.isin(np.arange(len(mu)), np.concatenate([assign(q, mu), assign(k, mu)]))
    blended = share * mu + (1.0 - share) / 2.0 * (_sums(q, mu) + _sums(k, mu))
    moved = on_sphere(blended) if renormalise else blended
    # tokens that cancel the centroid leave no direction: it keeps its place as well
    still = empty | (renormalise & ~np.any(moved != 0.0, axis=-1))
    return np.asarray(np.where(still[:, None], mu, moved))


def balanced_members(x: ArrayLike, centroids: ArrayLike, width: int) -> Bool:
    """Each centroid takes the `width` tokens with the largest inner product.

    All clusters have equal size, at the price that a token may be in none or in several. Ties go
    to the lowest index.

    Legend: M tokens, D space, C centroids.

    Parameters
    ----------
    x : array_like (M, D)
    centroids : array_like (C, D)
    width : int
        At least 1; more than M takes all.

    Returns
    -------
    bool (C, M)

    Raises
    ------
    TypeError, ValueError
        As `assign`; ValueError for a bad width.

    Properties
    ----------
    - P-width: every centroid has exactly ``min(width, M)`` tokens.
    - P-uneven: a token may be in no cluster, and in several.

    References
    ----------
    [16] Roy et al. (2021), Efficient content-based sparse attention with routing transformers, TACL
    9, 53-68.
    """
    if natural_number("width", width) == 0:
        raise ValueError("width: expected at least 1, got 0")
    return top_k(_similarities(floats("x", x, ndim=2), centroids).T, width)


def _similarities(x: ArrayLike, centroids: ArrayLike, name: str = "x") -> Float:
    tokens, mu = floats(name, x), floats("centroids", centroids, ndim=2)
    if tokens.ndim == 0 or tokens.shape[-1] != mu.shape[-1]:
        raise ValueError(
            f"{name}: expected a last axis of {mu.shape[-1]}, got shape {tokens.shape}"
        )
    return finite_product(tokens, mu.T, f"{name}, centroids")


def _sums(tokens: Float, centroids: Float) -> Float:
    """Sum of the tokens of each centroid."""
    member = assign(tokens, centroids)[None, :] == np.arange(len(centroids))[:, None]
    return np.asarray(member.astype(np.float64) @ tokens)


def _moderate(vectors: Float) -> Float:
    """Each vector times the power of two that brings its largest coordinate to [1/2, 1)."""
    _, exponent = np.frexp(np.max(np.abs(vectors), axis=-1, keepdims=True))
    return np.asarray(np.ldexp(vectors, -exponent))
