"""[16] Attention within the clusters of spherical k-means, strict and balanced.

Strict: a query attends to the keys of its own cluster. Balanced: each centroid takes equally many
queries and keys; a query in several clusters gets the mean of their outputs, a query in none gets
zero. Both are weights on the keys; the output is ``weights @ values``.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import floats, mask_for, positive
from .gibbs import finite_product, gibbs_weights
from .spherical import assign, balanced_members, on_sphere

__all__ = ["balanced_weights", "strict_weights"]

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


def strict_weights(
    queries: ArrayLike,
    keys: ArrayLike,
    centroids: ArrayLike,
    mask: ArrayLike | None = None,
    *,
    scale: ArrayLike | None = None,
    causal: bool = False,
) -> Float:
    """Softmax attention on the keys of the query's cluster.

    Queries and keys are assigned by angle; the scores are ``scale q.k`` of the vectors as given.

    Legend: M queries, N keys, D space, C centroids.

    Parameters
    ----------
    queries : array_like (M, D), keys : array_like (N, D)
    centroids : array_like (C, D)
        Unit vectors; none: every weight is zero.
    mask : array_like of bool, broadcasting to (M, N), optional
        True = may be selected.
    scale : scalar, optional
        Finite and positive; ``1/sqrt(D)`` unless given.
    causal : bool
        Key j is visible to query i iff j <= i: the same position is included.

    Returns
    -------
    float64 (M, N)
        Rows sum to 1; a row is zero where the cluster has no visible key (0/0 in the formula: the
        mass goes to "none"; falling back to the own position is the other convention).

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, and where an inner product overflows.

    Properties
    ----------
    - P-block: weights across clusters are zero.
    - P-one-cluster: with one centroid it is softmax attention.
    - P-within: within a cluster it is softmax attention on its keys alone.
    - P-causal: with `causal` a query's weights do not depend on later keys.

    References
    ----------
    [16] Roy et al. (2021), Efficient content-based sparse attention with routing transformers, TACL
    9, 53-68.
    """
    scores, factor, allowed = _scores(queries, keys, mask, scale, causal)
    own, theirs = assign(on_sphere(queries), centroids), assign(on_sphere(keys), centroids)
    same = (own[:, None] == theirs[None, :]) & (own >= 0)[:, None]
    return gibbs_weights(scores, factor, allowed & same)


def balanced_weights(
    queries: ArrayLike,
    keys: ArrayLike,
    centroids: ArrayLike,
    width: int,
    mask: ArrayLike | None = None,
    *,
    scale: ArrayLike | None = None,
    causal: bool = False,
) -> Float:
    """The mean, over the clusters that took the query, of softmax attention on the cluster's keys.

    Legend: M queries, N keys, D space, C centroids.

    Parameters
    ----------
    queries, keys, centroids, mask, scale, causal
        As in `strict_weights`.
    width : int
        Queries, and keys, that each centroid takes; at least 1.

    Returns
    -------
    float64 (M, N)
        A row is zero for a query that no cluster took. A cluster where the query sees no key
        contributes zero to the mean, and its share goes to "none".

    Raises
    ------
    TypeError, ValueError
        As `strict_weights`; ValueError for a bad width.

    Properties
    ----------
    - P-unassigned: a query that no cluster took has weights zero.
    - P-mean: a query in several clusters gets the mean of their weights.
    - P-everything: one centroid and a width of all tokens give softmax attention.

    References
    ----------
    [16] Roy et al. (2021), Efficient content-based sparse attention with routing transformers, TACL
    9, 53-68.
    """
    scores, factor, allowed = _scores(queries, keys, mask, scale, causal)
    takes_query = balanced_members(on_sphere(queries), centroids, width)
    takes_key = balanced_members(on_sphere(keys), centroids, width)
    inside = takes_query[:, :, None] & takes_key[:, None, :] & allowed
    clusters = gibbs_weights(np.broadcast_to(scores, inside.shape), factor, inside)
    count = np.maximum(np.sum(takes_query, axis=0), 1)
    return np.asarray(np.sum(clusters, axis=0) / count[:, None])


def _scores(
    queries: ArrayLike,
    keys: ArrayLike,
    mask: ArrayLike | None,
    scale: ArrayLike | None,
    causal: bool,
) -> tuple[Float, float, Bool]:
    q, k = floats("queries", queries, ndim=2), floats("keys", keys, ndim=2)
    if q.shape[-1] != k.shape[-1] or q.shape[-1] == 0:
        raise ValueError(f"keys: expected a last axis as queries {q.shape}, got {k.shape}")
    factor = 1.0 / math.sqrt(q.shape[-1]) if scale is None else positive("scale", scale)
    scores = finite_product(q, k.T, "queries, keys")
    allowed = mask_for("mask", mask, scores.shape)
    if causal:
        allowed = allowed & (np.arange(len(k))[None, :] <= np.arange(len(q))[:, None])
    return scores, factor, np.asarray(allowed)
