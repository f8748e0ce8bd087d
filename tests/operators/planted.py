"""Faults planted in the prior operators: by operator, the name of each and a wrong function."""

from __future__ import annotations

from typing import Any

import honest
import numpy as np


def _softmax(scores: Any) -> Any:
    return honest.masked_softmax(scores, np.isfinite(scores))


def _sparsemax_unsorted(scores: Any) -> Any:
    # the closed form of the full support, clipped once: right only where nothing is clipped
    n = scores.shape[-1]
    return np.maximum(scores - (scores.sum(-1, keepdims=True) - 1) / n, 0).astype(scores.dtype)


def _sparsemax_unshifted(scores: Any) -> Any:
    ordered = -np.sort(-scores, axis=-1)
    ranks = np.arange(1, scores.shape[-1] + 1, dtype=scores.dtype)
    sums = np.cumsum(ordered, axis=-1)
    size = (1 + ranks * ordered > sums).sum(-1, keepdims=True)
    tau = (np.take_along_axis(sums, size - 1, -1) - 1) / size.astype(scores.dtype)
    return np.maximum(scores - tau, 0)


def _sparsemax_bisected(scores: Any) -> Any:
    # a search that stops early leaves a threshold that is a little low
    return np.maximum(honest.sparsemax(scores) - scores.dtype.type(1e-5), 0)


def _sparsemax_leak(scores: Any) -> Any:
    return np.maximum(honest.sparsemax(scores), np.finfo(scores.dtype).tiny)


def _sparsemax_in_place(scores: Any) -> Any:
    answer = honest.sparsemax(scores)
    scores -= scores.max(-1, keepdims=True)
    return answer


def _entmax_fixed(scores: Any, alpha: float) -> Any:
    return honest.entmax(scores, 1.5)


def _entmax_unscaled(scores: Any, alpha: float) -> Any:
    if alpha in (1.0, 2.0):
        return honest.entmax(scores, alpha)
    return honest.entmax(scores / scores.dtype.type(alpha - 1), alpha)


def _entmax_softmax_limit(scores: Any, alpha: float) -> Any:
    return honest.entmax(scores, 1.0625 if alpha == 1 else alpha)


def _entmax_half(scores: Any, alpha: float) -> Any:
    return honest.entmax(scores.astype(np.float16), alpha).astype(scores.dtype)


def _entmax_leak(scores: Any, alpha: float) -> Any:
    return np.maximum(honest.entmax(scores, alpha), np.finfo(scores.dtype).tiny)


def _topk_any_tie(scores: Any, k: int) -> Any:
    n = scores.shape[-1]
    return n - 1 - honest.topk_index(scores[..., ::-1], k)


def _topk_smallest(scores: Any, k: int) -> Any:
    return honest.topk_index(-np.abs(scores - 100), k + 1)[..., 1:]


def _topk_one_short(scores: Any, k: int) -> Any:
    index = honest.topk_index(scores, k)
    index[..., -1] = index[..., 0]
    return index


def _topk_single(scores: Any, k: int) -> Any:
    return honest.topk_index(scores.astype(np.float16), k)


def _topk_unnormalised(scores: Any, k: int) -> Any:
    return np.where(honest.topk_weights(scores, k) > 0, _softmax(scores), 0).astype(scores.dtype)


def _topk_threshold(scores: Any, k: int) -> Any:
    level = -np.sort(-scores, axis=-1)[..., k - 1 : k]
    return honest.masked_softmax(scores, scores >= level)


def _sdpa_unscaled(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    return honest.sdpa(query * np.sqrt(query.dtype.type(query.shape[-1])), key, value, mask)


def _sdpa_value_width(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    kind = query.dtype.type
    factor = np.sqrt(kind(query.shape[-1]) / kind(value.shape[-1]))
    return honest.sdpa(query * factor, key, value, mask)


def _sdpa_mask_inverted(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    return honest.sdpa(query, key, value, None if mask is None else ~mask)


def _sdpa_no_shift(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.dtype.type(query.shape[-1]))
    powers = np.exp(scores) if mask is None else np.where(mask, np.exp(scores), 0)
    return (powers / powers.sum(-1, keepdims=True)) @ value


def _sdpa_half(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    parts = (x.astype(np.float16) for x in (query, key, value))
    return honest.sdpa(*parts, mask).astype(query.dtype)


def _hopfield_twice(patterns: Any, state: Any, beta: float) -> Any:
    return honest.hopfield(patterns, honest.hopfield(patterns, state, beta)[0], beta)[0]


def _hopfield_root(patterns: Any, state: Any, beta: float) -> Any:
    return honest.hopfield(patterns, state, beta / np.sqrt(patterns.shape[1]))[0]


def _hopfield_normalised(patterns: Any, state: Any, beta: float) -> Any:
    norms = np.linalg.norm(patterns, axis=1, keepdims=True)
    return honest.hopfield(patterns / np.where(norms > 0, norms, 1), state, beta)[0]


def _hopfield_no_count(patterns: Any, state: Any, beta: float) -> Any:
    update, energy = honest.hopfield(patterns, state, beta)
    return update, energy - patterns.dtype.type(np.log(len(patterns)) / beta)


def _hopfield_mean_norm(patterns: Any, state: Any, beta: float) -> Any:
    update, energy = honest.hopfield(patterns, state, beta)
    norms = (patterns * patterns).sum(-1)
    return update, (energy - norms.max() / 2 + norms.mean() / 2).astype(patterns.dtype)


def _monotonic_clipped(chances: Any) -> Any:
    # the parallel form, with the clip that keeps it from dividing by zero
    table, before = np.zeros_like(chances), np.eye(1, chances.shape[1], dtype=chances.dtype)[0]
    for i, row in enumerate(chances):
        left = np.concatenate([[1], np.cumprod(1 - row)[:-1]]).astype(chances.dtype)
        table[i] = row * left * np.cumsum(before / np.clip(left, 1e-10, 1))
        before = table[i]
    return table


def _monotonic_exclusive(chances: Any) -> Any:
    table = honest.monotonic(chances)["expected"].copy()
    for i in range(1, len(chances)):
        moved = np.concatenate([[0], table[i - 1][:-1]]).astype(chances.dtype)
        waiting = chances.dtype.type(0)
        for j, chance in enumerate(chances[i]):
            waiting = waiting + moved[j]
            table[i, j] = chance * waiting
            waiting = (1 - chance) * waiting
    return table


def _monotonic_normalised(chances: Any) -> Any:
    table = honest.monotonic(chances)["expected"]
    total = table.sum(-1, keepdims=True)
    return (table / np.where(total > 0, total, 1)).astype(chances.dtype)


def _monotonic_at_half(chances: Any) -> Any:
    return honest.monotonic(np.where(chances == 0.5, 1, chances))["index"]


def _monotonic_restarts(chances: Any) -> Any:
    return np.array([honest.monotonic(row[None])["index"][0] for row in chances])


def _hard_other_side(scores: Any, mask: Any, side: str) -> Any:
    return honest.unique_hard(scores, mask, "leftmost")


def _hard_no_mask(scores: Any, mask: Any, side: str) -> Any:
    return honest.unique_hard(scores, np.ones_like(mask), side)


def _hard_sees_itself(scores: Any, mask: Any, side: str) -> Any:
    return honest.unique_hard(scores, mask | np.eye(len(mask), dtype=bool), side)


def _hard_first_if_empty(scores: Any, mask: Any, side: str) -> Any:
    return np.maximum(honest.unique_hard(scores, mask, side), 0)


def _hard_finite_mask(scores: Any, mask: Any, side: str) -> Any:
    # -1e9 stands for hidden: below it no visible score may lie
    index = honest.unique_hard(np.where(mask, scores, -1e9), np.ones_like(mask), side)
    return np.where(mask.any(-1), index, -1)


def _hard_single(scores: Any, mask: Any, side: str) -> Any:
    return honest.unique_hard(scores.astype(np.float16), mask, side)


MUTANTS = {
    "sparsemax": (
        _softmax,
        _sparsemax_unsorted,
        _sparsemax_unshifted,
        _sparsemax_bisected,
        _sparsemax_leak,
        _sparsemax_in_place,
    ),
    "entmax": (
        _entmax_fixed,
        _entmax_unscaled,
        _entmax_softmax_limit,
        _entmax_half,
        _entmax_leak,
    ),
    "topk": (
        _topk_any_tie,
        _topk_smallest,
        _topk_one_short,
        _topk_single,
        _topk_unnormalised,
        _topk_threshold,
    ),
    "sdpa": (
        _sdpa_unscaled,
        _sdpa_value_width,
        _sdpa_mask_inverted,
        _sdpa_no_shift,
        _sdpa_half,
    ),
    "hopfield": (
        _hopfield_twice,
        _hopfield_root,
        _hopfield_normalised,
        _hopfield_no_count,
        _hopfield_mean_norm,
    ),
    "monotonic": (
        _monotonic_clipped,
        _monotonic_exclusive,
        _monotonic_normalised,
        _monotonic_at_half,
        _monotonic_restarts,
    ),
    "unique-hard": (
        _hard_other_side,
        _hard_no_mask,
        _hard_sees_itself,
        _hard_first_if_empty,
        _hard_finite_mask,
        _hard_single,
    ),
}
