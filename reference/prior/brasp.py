"""B-RASP [18]: programs of Boolean predicates on the positions of a word.

A program defines predicates one after another from those that ask for a symbol. A definition is
either a Boolean combination at the same position, or an attention

    P(i) = V(i, j) at the leftmost | rightmost j with mask(i, j) and S(i, j),  D(i) if none exists,

which is unique-hard attention with a Boolean score, in which S is absolute: no position qualifies
by being better than others. `brasp_run` interprets programs.

Build predicates with `at_i` and `at_j`, and combine them by ``&``, ``|``, ``~``:

    Attention("since", "future", "rightmost", at_j("a") | ~at_j("b"), at_j("a"))

[18] A. Yang, D. Chiang, D. Angluin (2024), Masked hard-attention transformers recognize exactly the
star-free languages. NeurIPS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .unique_hard import Mask, Tie, position_mask, unique_hard_index

__all__ = [
    "FALSE",
    "TRUE",
    "Atom",
    "Attention",
    "Combined",
    "Constant",
    "Formula",
    "Pointwise",
    "Program",
    "at_i",
    "at_j",
]


class Formula:
    """A Boolean combination of predicates at position i and at position j."""

    def __and__(self, other: Formula) -> Formula:
        """Both."""
        return Combined("and", (self, other))

    def __or__(self, other: Formula) -> Formula:
        """At least one."""
        return Combined("or", (self, other))

    def __invert__(self) -> Formula:
        """Not."""
        return Combined("not", (self,))


@dataclass(frozen=True)
class Atom(Formula):
    """The predicate ``name`` at one of the two positions."""

    name: str
    side: Literal["i", "j"]


@dataclass(frozen=True)
class Constant(Formula):
    """True or false."""

    value: bool


@dataclass(frozen=True)
class Combined(Formula):
    """A connective and its operands."""

    connective: Literal["and", "or", "not"]
    operands: tuple[Formula, ...]


TRUE, FALSE = Constant(True), Constant(False)


def at_i(name: str) -> Formula:
    """The predicate or symbol at the position that is defined."""
    return Atom(name, "i")


def at_j(name: str) -> Formula:
    """The predicate or symbol at the position that is read."""
    return Atom(name, "j")


@dataclass(frozen=True)
class Pointwise:
    """``name(i) = formula(i)``."""

    name: str
    formula: Formula


@dataclass(frozen=True)
class Attention:
    """``name(i) = value(i, j)`` at the first or last j with mask and score, else default(i)."""

    name: str
    masking: Mask
    tie: Tie
    score: Formula
    value: Formula
    default: Formula = FALSE


@dataclass(frozen=True)
class Program:
    """Symbols and definitions, checked: a program that exists can be run.

    Parameters
    ----------
    alphabet : tuple of str
        Distinct symbols, each the name of the predicate that asks for it.
    definitions : tuple of Pointwise and Attention
        At least one; the last is the output.

    Raises
    ------
    ValueError
        If there is no definition, a name is defined twice, a formula uses one that is not defined
        before, a pointwise formula or a default uses position j, or a mask or tie rule is unknown.
    """

    alphabet: tuple[str, ...]
    definitions: tuple[Pointwise | Attention, ...]

    def __post_init__(self) -> None:
        """Check every definition against those before it."""
        known = list(self.alphabet)
        if len(set(known)) < len(known):
            raise ValueError(f"alphabet: expected distinct symbols, got {self.alphabet}")
        if not self.definitions:
            raise ValueError("definitions: expected at least one, got none")
        for rule in self.definitions:
            pairs: tuple[Formula, ...]
            if isinstance(rule, Attention):
                position_mask(0, rule.masking)
                unique_hard_index(np.zeros((0, 0)), tie=rule.tie)
                here, pairs = rule.default, (rule.score, rule.value)
            else:
                here, pairs = rule.formula, ()
            for atom in (atom for formula in (here, *pairs) for atom in _atoms(formula)):
                if atom.name not in known:
                    raise ValueError(
                        f"definitions: expected {rule.name!r} to use {known}, got {atom.name!r}"
                    )
            for atom in _atoms(here):
                if atom.side == "j":
                    raise ValueError(
                        f"definitions: expected only position i in {rule.name!r} outside score and "
                        f"value, got {atom.name!r} at j"
                    )
            if rule.name in known:
                raise ValueError(f"definitions: expected a new name, got {rule.name!r} twice")
            known.append(rule.name)


def _atoms(formula: Formula) -> Iterator[Atom]:
    if isinstance(formula, Atom):
        yield formula
    elif isinstance(formula, Combined):
        for operand in formula.operands:
            yield from _atoms(operand)
