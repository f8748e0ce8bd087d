"""Programs of B-RASP [18, 19], written as they are explained.

Definitions here are rules to put into a `Program`; programs are whole.

[18] A. Yang, D. Chiang, D. Angluin (2024), Masked hard-attention transformers recognize exactly the
star-free languages. NeurIPS.
[19] S. Jerad, A. Svete, J. Li, R. Cotterell (2025), Unique hard attention: a tale of two sides.
ACL.
"""

from __future__ import annotations

from .brasp import FALSE, TRUE, Attention, Formula, Pointwise, Program, at_i, at_j

__all__ = [
    "alternating",
    "ends_in",
    "flip_flop",
    "leftmost_by_rightmost",
    "previous",
    "since",
]


def previous(name: str, predicate: str) -> Attention:
    """Yesterday: ``predicate`` at the position before, false at the first.

    Parameters
    ----------
    name, predicate : str
        The name that is defined, and the predicate that it asks for.

    Returns
    -------
    Attention

    Properties
    ----------
    - P-yesterday: equals the predicate shifted by one position
    - P-needs-rightmost: no leftmost, future-masked program separates what it separates, (ab)^n and
      (ab)^n a before an end mark, for all n

    References
    ----------
    [18] Yang, Chiang and Angluin (2024), Masked hard-attention transformers.
    """
    return Attention(name, "future", "rightmost", TRUE, at_j(predicate))


def since(name: str, held: str, began: str) -> Attention:
    """Strict since: some earlier position has ``began``, and all between it and here ``held``.

    Read at the rightmost earlier position that decides it: one that began, or one that breaks.

    Parameters
    ----------
    name, held, began : str

    Returns
    -------
    Attention

    Properties
    ----------
    - P-since: equals the definition by a search over all earlier positions

    References
    ----------
    [18] Yang, Chiang and Angluin (2024), Masked hard-attention transformers.
    """
    return Attention(name, "future", "rightmost", at_j(began) | ~at_j(held), at_j(began))


def leftmost_by_rightmost(
    name: str, score: str, value: str
) -> tuple[Attention, Pointwise, Attention]:
    """A leftmost attention whose score and value depend on j alone, by two rightmost ones.

    The leftmost position with the score is the only one with it that has none before it. Defines
    ``name_before`` and ``name_first`` on the way.

    Parameters
    ----------
    name, score, value : str

    Returns
    -------
    tuple of rules

    Properties
    ----------
    - P-two-rightmost: equals the leftmost attention with the same score and value

    References
    ----------
    [18] Yang, Chiang and Angluin (2024); [19] Jerad et al. (2025), Unique hard attention.
    """
    before, first = f"{name}_before", f"{name}_first"
    return (
        Attention(before, "future", "rightmost", at_j(score), TRUE),
        Pointwise(first, at_i(score) & ~at_i(before)),
        Attention(name, "future", "rightmost", at_j(first), at_j(value)),
    )


def alternating(alphabet: tuple[str, ...] = ("a", "b")) -> Program:
    """``(ab)+``: every a stands at the start or after b, every b after a, and b ends the word.

    Parameters
    ----------
    alphabet : tuple of str
        With "a" and "b"; words with other symbols are rejected.

    Returns
    -------
    Program

    Raises
    ------
    ValueError
        If "a" or "b" is not in the alphabet.

    Properties
    ----------
    - P-regular-expression: accepts exactly the words that (ab)+ matches

    References
    ----------
    [18] Yang, Chiang and Angluin (2024), Masked hard-attention transformers.
    """
    return Program(
        alphabet,
        (
            previous("after_a", "a"),
            previous("after_b", "b"),
            Attention("inside", "future", "rightmost", TRUE, TRUE),
            Pointwise(
                "fits",
                (at_i("a") & (~at_i("inside") | at_i("after_b"))) | (at_i("b") & at_i("after_a")),
            ),
            Attention("broken", "future", "rightmost", ~at_j("fits"), TRUE),
            Pointwise("accept", at_i("b") & at_i("fits") & ~at_i("broken")),
        ),
    )


def flip_flop(
    writes: tuple[tuple[str, bool], ...] = (("0", False), ("1", True)), read: str = "r"
) -> Program:
    """The value of the latest write at each position, false before the first.

    Parameters
    ----------
    writes : pairs of symbol and value
    read : str
        A symbol that leaves the memory as it is.

    Returns
    -------
    Program

    Raises
    ------
    ValueError
        If two symbols are the same.

    Properties
    ----------
    - P-memory: equals the memory of a machine that executes the word, before each position

    References
    ----------
    [18] Yang, Chiang and Angluin (2024), Masked hard-attention transformers.
    """
    score: Formula = FALSE
    value: Formula = FALSE
    for symbol, stored in writes:
        score = score | at_j(symbol)
        value = value | at_j(symbol) if stored else value
    rule = Attention("memory", "future", "rightmost", score, value)
    return Program((*(symbol for symbol, _ in writes), read), (rule,))


def ends_in(first: str, second: str, alphabet: tuple[str, ...]) -> Program:
    """The words that end in two given symbols: not R-trivial, so rightmost is needed.

    Parameters
    ----------
    first, second : str
    alphabet : tuple of str

    Returns
    -------
    Program

    Raises
    ------
    ValueError
        If a symbol is not in the alphabet.

    Properties
    ----------
    - P-suffix: accepts exactly the words with that suffix

    References
    ----------
    [18] Yang, Chiang and Angluin (2024), Masked hard-attention transformers.
    """
    return Program(
        alphabet, (previous("before", first), Pointwise("accept", at_i(second) & at_i("before")))
    )
