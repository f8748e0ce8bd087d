"""The interpreter of B-RASP programs [18].

[18] A. Yang, D. Chiang, D. Angluin (2024), Masked hard-attention transformers recognize exactly the
star-free languages. NeurIPS.
[19] S. Jerad, A. Svete, J. Li, R. Cotterell (2025), Unique hard attention: a tale of two sides.
ACL.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .brasp import Atom, Combined, Constant, Formula, Pointwise, Program
from .unique_hard import position_mask, unique_hard_index

__all__ = ["accepts", "run"]

Bool = NDArray[np.bool_]
Int = NDArray[np.int64]


def run(program: Program, words: str | ArrayLike) -> dict[str, Bool]:
    """Every predicate of the program at every position.

    Axes: N positions.

    Parameters
    ----------
    program : Program
    words : str, or int (..., N)
        One word whose letters are symbols, or a batch of words of one length as indices into the
        alphabet (then symbols may have several letters).

    Returns
    -------
    dict of bool (..., N)
        By name, symbols included.

    Raises
    ------
    TypeError
        If words is neither a string nor of integers.
    ValueError
        If a letter is not in the alphabet.

    Properties
    ----------
    - P-semantics: equals the definition evaluated position by position
    - P-attention-is-uha: an attention reads what `unique_hard_index` reads at score S in {0, 1}
      among the positions with S
    - P-leftmost-law: with k attentions, all leftmost and future-masked, and words u, v not both
      empty, (uv)^n and (uv)^n u are alike at an appended end mark for all n >= k

    Notes
    -----
    The law is that of R-trivial languages [19]. Why n >= k: the predicates after t attentions, at
    position i, depend on the symbol at i and on the order of the first occurrences of the
    predicates after t - 1 attentions before i. By induction they depend, for i > t m with
    m = |uv|, on i modulo m alone, so that all of them have occurred after (t + 1) m positions. The
    end mark of either word follows at least k m positions, and those that u adds repeat earlier
    ones, so at every t <= k it sees the same first occurrences.

    References
    ----------
    [18] Yang, Chiang and Angluin (2024); [19] Jerad et al. (2025), Unique hard attention.
    """
    symbols = _indices(program, words)
    predicates: dict[str, Bool] = {
        symbol: symbols == index for index, symbol in enumerate(program.alphabet)
    }
    length = symbols.shape[-1]
    for rule in program.definitions:
        if isinstance(rule, Pointwise):
            result = _evaluate(rule.formula, predicates)[..., 0]
            predicates[rule.name] = np.broadcast_to(result, symbols.shape)
            continue
        pairs = (*symbols.shape, length)
        eligible = np.broadcast_to(_evaluate(rule.score, predicates), pairs)
        eligible = eligible & position_mask(length, rule.masking)
        # among the positions with S all scores are 1: the tie rule alone decides
        index = unique_hard_index(np.ones(pairs, dtype=np.int64), eligible, tie=rule.tie)
        values = np.broadcast_to(_evaluate(rule.value, predicates), pairs)
        default = np.broadcast_to(_evaluate(rule.default, predicates)[..., 0], symbols.shape)
        read = np.take_along_axis(values, np.maximum(index, 0)[..., None], axis=-1)[..., 0]
        predicates[rule.name] = np.where(index >= 0, read, default)
    return predicates


def accepts(program: Program, words: str | ArrayLike) -> Bool:
    """Whether the last predicate holds at the last position.

    The empty word has no last position and is refused; append an end mark to admit it.

    Parameters
    ----------
    program, words
        As `run`.

    Returns
    -------
    bool (...), () for a string

    Raises
    ------
    TypeError
        As `run`.
    ValueError
        As `run`, or if the words are empty.

    Properties
    ----------
    - P-last: reads the last definition at the last position

    References
    ----------
    [18] Yang, Chiang and Angluin (2024), Masked hard-attention transformers.
    """
    symbols = _indices(program, words)
    if not symbols.shape[-1]:
        raise ValueError("words: expected at least one position, got none")
    return np.asarray(run(program, symbols)[program.definitions[-1].name][..., -1])


def _indices(program: Program, words: str | ArrayLike) -> Int:
    if isinstance(words, str):
        for position, letter in enumerate(words):
            if letter not in program.alphabet:
                raise ValueError(
                    f"words: expected letters of {program.alphabet}, got {letter!r} at {position}"
                )
        return np.array([program.alphabet.index(letter) for letter in words], dtype=np.int64)
    symbols = np.asarray(words)
    if symbols.dtype.kind not in "iu":
        raise TypeError(f"words: expected a string or integers, got {symbols.dtype}")
    if symbols.ndim < 1:
        raise ValueError(f"words: expected at least 1 axis, got shape {symbols.shape}")
    if symbols.size and not (symbols.min() >= 0 and symbols.max() < len(program.alphabet)):
        raise ValueError(
            f"words: expected 0..{len(program.alphabet) - 1}, got {symbols.min()}..{symbols.max()}"
        )
    return symbols.astype(np.int64)


def _evaluate(formula: Formula, predicates: Mapping[str, Bool]) -> Bool:
    """The value at pairs (i, j); axes that a formula does not depend on have length 1."""
    if isinstance(formula, Atom):
        predicate = predicates[formula.name]
        return predicate[..., :, None] if formula.side == "i" else predicate[..., None, :]
    if isinstance(formula, Constant):
        return np.full((1, 1), formula.value)
    assert isinstance(formula, Combined)
    values = [_evaluate(operand, predicates) for operand in formula.operands]
    if formula.connective == "not":
        return ~values[0]
    return values[0] & values[1] if formula.connective == "and" else values[0] | values[1]
