"""[1] Additive attention: a small network scores each annotation, softmax blends them.

[1] D. Bahdanau, K. Cho, Y. Bengio (2015), Neural machine translation by jointly learning to align
and translate, ICLR.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import floats, mask_for
from .gibbs import finite_product, gibbs_weights

__all__ = ["additive_attention", "additive_scores", "largest_ratio"]

Float = NDArray[np.float64]


def additive_scores(
    query: ArrayLike,
    annotations: ArrayLike,
    query_weights: ArrayLike,
    annotation_weights: ArrayLike,
    v: ArrayLike,
) -> Float:
    """``e_j = v . tanh(W_q q + W_h h_j)``.

    Legend: N annotations, Q and H their widths, A width of the hidden layer.

    Parameters
    ----------
    query : array_like (Q,)
    annotations : array_like (N, H)
    query_weights : array_like (A, Q), annotation_weights : array_like (A, H), v : array_like (A,)

    Returns
    -------
    float64 (N,)
        Dimensionless.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, for entries that are not finite, and where a product overflows.

    Properties
    ----------
    - P-bounded: ``|e_j| <= |v|_1``, whatever the query and the annotations.
    - P-pairwise: a score does not depend on the other annotations or on the position.

    References
    ----------
    [1] Bahdanau, Cho and Bengio (2015), Neural machine translation by jointly learning to align and
    translate, ICLR 2015.
    """
    q, h = floats("query", query, 1), floats("annotations", annotations, 2)
    to_q = floats("query_weights", query_weights, 2)
    to_h = floats("annotation_weights", annotation_weights, 2)
    weights = floats("v", v, 1)
    for name, matrix, width in (
        ("query_weights", to_q, q.shape[0]),
        ("annotation_weights", to_h, h.shape[1]),
    ):
        if matrix.shape != (weights.shape[0], width):
            expected = (weights.shape[0], width)
            raise ValueError(f"{name}: expected shape {expected}, got {matrix.shape}")
    of_query = finite_product(to_q, q, "query_weights, query")
    of_annotations = finite_product(h, to_h.T, "annotations, annotation_weights")
    with np.errstate(over="ignore"):
        # a sum of finite numbers that overflows has the tanh of an infinity, 1 or -1
        hidden = of_query + of_annotations
    return np.asarray(finite_product(np.tanh(hidden), weights, "v"))


def additive_attention(
    scores: ArrayLike, annotations: ArrayLike, mask: ArrayLike | None = None
) -> tuple[Float, Float]:
    """``w = softmax(e)`` and the context ``c = sum_j w_j h_j``.

    The values are the annotations themselves.

    Legend: N annotations, H width.

    Parameters
    ----------
    scores : array_like (N,)
        As `additive_scores` returns them.
    annotations : array_like (N, H)
    mask : array_like of bool (N,), optional
        True = may be selected.

    Returns
    -------
    weights : float64 (N,)
        Sum to 1; all zero where nothing may be selected (N = 0 included).
    context : float64 (H,)
        Zero where the weights are. Ties share.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes, naming the argument.

    Properties
    ----------
    - P-open: every weight is above 0 and they sum to 1.
    - P-permutation: permuting scores and annotations together permutes the weights and keeps the
      context.
    - P-hull: each coordinate of the context lies between those of the annotations.
    - P-duplicates: m copies of an annotation weigh m times one of them.
    - P-singleton: one annotation alone has weight 1 whatever its score.
    - P-empty: where nothing may be selected, weights and context are zero (a masked softmax with
      a large negative number would be uniform, one with minus infinity not a number).

    References
    ----------
    [1] Bahdanau, Cho and Bengio (2015), Neural machine translation by jointly learning to align and
    translate, ICLR 2015.
    """
    e, h = floats("scores", scores, 1), floats("annotations", annotations, 2)
    if len(h) != len(e):
        raise ValueError(f"annotations: expected {len(e)} rows, got shape {h.shape}")
    weights = gibbs_weights(e, 1.0, mask_for("mask", mask, e.shape))
    return weights, np.asarray(finite_product(weights, h, "annotations"))


def largest_ratio(v: ArrayLike) -> float:
    """``exp(2 |v|_1)``: the most that one weight can exceed another, for any input.

    Parameters
    ----------
    v : array_like (A,)

    Returns
    -------
    float
        Dimensionless; infinity beyond the range of float64.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes or shapes.

    Properties
    ----------
    - P-never-sharp: for fixed v no input makes two weights differ by a larger factor.

    References
    ----------
    From the bound on the scores of [1].
    """
    norm = float(np.abs(floats("v", v, 1)).sum())
    return math.exp(2 * norm) if norm < 350.0 else math.inf
