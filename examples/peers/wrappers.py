"""Public implementations of the prior operators, in the calls that the oracle makes.

Each wrapper renames arguments and nothing else; what a package does not offer raises
NotImplementedError and counts as skipped. For example, from this folder:

    gd-attention verify --operator topk wrappers:torch_topk --arrays torch --ties any
"""

from __future__ import annotations

from typing import Any

import numpy as np


def sparsemax_package(scores: Any) -> Any:
    """The package sparsemax."""
    from sparsemax import Sparsemax

    return Sparsemax(dim=-1)(scores)


def entmax15(scores: Any, alpha: float) -> Any:
    """entmax.entmax15, which has alpha = 1.5 alone."""
    from entmax import entmax15

    if alpha != 1.5:
        raise NotImplementedError("alpha = 1.5 alone")
    return entmax15(scores, dim=-1)


def entmax_bisect_shifted(scores: Any, alpha: float) -> Any:
    """entmax.entmax_bisect on scores whose maximum was subtracted, for alpha > 1."""
    from entmax import entmax_bisect

    if alpha == 1:
        raise NotImplementedError("alpha > 1 alone")
    return entmax_bisect(scores - scores.amax(-1, keepdim=True), alpha=alpha, dim=-1)


def torch_topk(scores: Any, k: int) -> Any:
    """torch.topk: indices."""
    import torch

    return torch.topk(scores, k, dim=-1).indices


def torch_topk_softmax(scores: Any, k: int) -> Any:
    """torch.topk, softmax, scatter: the weights of the top-k attention of Gupta et al. 2021."""
    import torch

    top = torch.topk(scores, k, dim=-1)
    return torch.zeros_like(scores).scatter(-1, top.indices, torch.softmax(top.values, -1))


def x_transformers_topk(scores: Any, k: int) -> Any:
    """x_transformers.attend.sparse_topk_attn: weights."""
    from x_transformers.attend import sparse_topk_attn

    return sparse_topk_attn(scores, k)


def scipy_sdpa(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    """scipy.special.softmax between two products."""
    from scipy.special import softmax

    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.dtype.type(query.shape[-1]))
    return softmax(scores if mask is None else np.where(mask, scores, -np.inf), axis=-1) @ value


def torch_hopfield(patterns: Any, state: Any, beta: float) -> Any:
    """Torch's attention with beta for the scale: one update of a modern Hopfield network."""
    from torch.nn.functional import scaled_dot_product_attention

    return scaled_dot_product_attention(state, patterns, patterns, scale=beta)


def torch_argmax(scores: Any, mask: Any, side: str) -> Any:
    """torch.argmax over scores with hidden ones at -inf, from the end for the rightmost."""
    import torch

    hidden = scores.masked_fill(~mask, -torch.inf)
    if side == "leftmost":
        index = hidden.argmax(-1)
    else:
        index = scores.shape[-1] - 1 - hidden.flip(-1).argmax(-1)
    return index.masked_fill(~mask.any(-1), -1)


def numpy_argmax(scores: Any, mask: Any, side: str) -> Any:
    """numpy.argmax in the same way."""
    hidden = np.where(mask, scores, -np.inf)
    if side == "leftmost":
        index = hidden.argmax(-1)
    else:
        index = scores.shape[-1] - 1 - hidden[..., ::-1].argmax(-1)
    return np.where(mask.any(-1), index, -1)
