"""Plain implementations of the prior operators, correct up to rounding in the dtype they get."""

from __future__ import annotations

from typing import Any

import numpy as np


def sparsemax(scores: Any) -> Any:
    if scores.shape[-1] == 0:
        return scores.copy()
    top = scores.max(-1, keepdims=True)
    z = np.where(np.isfinite(scores), scores - np.where(np.isfinite(top), top, 0), -np.inf)
    ordered = -np.sort(-z, axis=-1)
    ordered = np.where(np.isfinite(ordered), ordered, scores.dtype.type(-4))
    ranks = np.arange(1, z.shape[-1] + 1, dtype=scores.dtype)
    sums = np.cumsum(ordered, axis=-1)
    size = (1 + ranks * ordered > sums).sum(-1, keepdims=True).clip(1)
    tau = (np.take_along_axis(sums, size - 1, -1) - 1) / size.astype(scores.dtype)
    return np.maximum(z - tau, 0).astype(scores.dtype)


def entmax(scores: Any, alpha: float) -> Any:
    out = np.zeros_like(scores)
    for place in np.ndindex(scores.shape[:-1]):
        row = scores[place]
        if row.size and np.isfinite(row).any():
            out[place] = _entmax_row(row, alpha)
    return out


def _entmax_row(row: Any, alpha: float) -> Any:
    kind = row.dtype.type
    shifted = row - row.max()
    if alpha == 1:
        weights = np.exp(shifted)
        return weights / weights.sum()
    heights, exponent = kind(alpha - 1) * shifted, kind(1 / (alpha - 1))
    low, high = kind(-1), kind(0)
    for _ in range(1200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if (np.maximum(heights - middle, 0) ** exponent).sum() >= 1:
            low = middle
        else:
            high = middle
    return np.maximum(heights - low, 0) ** exponent


def topk_index(scores: Any, k: int) -> Any:
    k = min(k, scores.shape[-1])
    index = np.argsort(-scores, axis=-1, kind="stable")[..., :k]
    return np.where(np.isfinite(np.take_along_axis(scores, index, -1)), index, -1)


def topk_weights(scores: Any, k: int) -> Any:
    index = topk_index(scores, k)
    kept = np.zeros(scores.shape, bool)
    for place in np.ndindex(index.shape):
        if index[place] >= 0:
            kept[(*place[:-1], index[place])] = True
    return masked_softmax(scores, kept)


def masked_softmax(scores: Any, kept: Any) -> Any:
    hidden = np.where(kept, scores, -np.inf)
    top = hidden.max(-1, keepdims=True, initial=-np.inf)
    powers = np.exp(hidden - np.where(np.isfinite(top), top, 0))
    total = powers.sum(-1, keepdims=True)
    return (powers / np.where(total > 0, total, 1)).astype(scores.dtype)


def sdpa(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.dtype.type(query.shape[-1]))
    open_ = np.ones(scores.shape, bool) if mask is None else mask
    return masked_softmax(scores, open_) @ value


def hopfield(patterns: Any, state: Any, beta: float) -> Any:
    kind = patterns.dtype.type
    scores = kind(beta) * (state @ patterns.T)
    top = scores.max(-1)
    powers = np.exp(scores - top[:, None])
    total = powers.sum(-1)
    norms = (patterns * patterns).sum(-1).max()
    energy = (
        -(top + np.log(total)) / kind(beta)
        + (state * state).sum(-1) / 2
        + kind(np.log(len(patterns))) / kind(beta)
        + norms / 2
    )
    return (powers / total[:, None]) @ patterns, energy.astype(patterns.dtype)


def monotonic(chances: Any) -> Any:
    table = np.zeros_like(chances)
    before = np.zeros(chances.shape[1], chances.dtype)
    before[0] = 1
    stops, start = [], 0
    for i, row in enumerate(chances):
        waiting = chances.dtype.type(0)
        for j, chance in enumerate(row):
            waiting = waiting + before[j]
            table[i, j] = chance * waiting
            waiting = (1 - chance) * waiting
        before = table[i]
        while 0 <= start < len(row) and row[start] <= 0.5:
            start += 1
        start = start if start < len(row) and start >= 0 else -1
        stops.append(start)
    return {"expected": table, "index": np.array(stops)}


def unique_hard(scores: Any, mask: Any, side: str) -> Any:
    hidden = np.where(mask, scores, -np.inf)
    if side == "leftmost":
        index = hidden.argmax(-1)
    else:
        index = scores.shape[1] - 1 - hidden[:, ::-1].argmax(-1)
    return np.where(mask.any(-1), index, -1)
