"""What an operator's oracle consists of: its statement, its cases, its judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gd_attention.conformance.verdict import Finding
from numpy.typing import NDArray

__all__ = ["Call", "Family", "Judged", "Operator", "Setting"]


@dataclass(frozen=True)
class Call:
    """One call of a target.

    Attributes
    ----------
    family : str
        The family that made it.
    arguments : mapping of str to array or number
        By name, in the order in which the target gets them, as positional arguments.
    """

    family: str
    arguments: Mapping[str, Any]

    def array(self, name: str) -> NDArray[Any]:
        """An argument as an array."""
        return np.asarray(self.arguments[name])


@dataclass(frozen=True)
class Setting:
    """Under which a case is judged.

    Attributes
    ----------
    contract : {"float64", "float32"}
        Dtype of the inputs and of the declared arithmetic.
    ties : {"lowest", "any", "all"}
        The tie rule that a top-k target declares.
    """

    contract: str = "float64"
    ties: str = "lowest"

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the inputs."""
        return np.dtype(self.contract)


@dataclass(frozen=True)
class Family:
    """Generated cases of one kind.

    Attributes
    ----------
    name : str
    says : str
        What it probes.
    draw : callable
        From a NumPy generator and the setting to the arguments of one call.
    needs : str
        The capability without which its cases are skipped; empty if every target owes them.
    """

    name: str
    says: str
    draw: Callable[[np.random.Generator, Setting], dict[str, Any]]
    needs: str = ""


@dataclass(frozen=True)
class Judged:
    """The findings about one answer, and the exact answer for a vector.

    Attributes
    ----------
    findings : tuple of Finding
        One for every aspect that the answer has.
    exact : mapping
        Field to nested lists: ``{"low": ..., "high": ...}`` with ends outward as hexadecimal
        floats for real numbers, integers for indices and sets.
    """

    findings: tuple[Finding, ...]
    exact: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Operator:
    """An operator that can be judged.

    Attributes
    ----------
    name, statement, call, returns : str
        Name; the definition in one sentence; what a target is called with, and what it returns.
    aspects : mapping of str to str
        What is judged apart, and what each means.
    owed : tuple of tuple of str
        Groups of aspects: of each group, at least one must have been decided.
    families : tuple of Family
        The first is the wiring: cases that any implementation gets right.
    axes : mapping of str to tuple of str
        The letters of every array argument, for shrinking.
    judge : callable
        ``judge(call, result, setting)``; the result is what the target returned, as NumPy arrays.
    blank : callable
        ``blank(call)``: an answer of the right shape, which lets the judge say the exact one where
        the target gave none.
    needs : callable
        ``needs(call)``: the capabilities without which a call is outside the definition; a
        counterexample is not shrunk to there.
    """

    name: str
    statement: str
    call: str
    returns: str
    aspects: Mapping[str, str]
    owed: Sequence[tuple[str, ...]]
    families: tuple[Family, ...]
    axes: Mapping[str, tuple[str, ...]]
    judge: Callable[[Call, Any, Setting], Judged]
    blank: Callable[[Call], NDArray[Any]]
    needs: Callable[[Call], frozenset[str]] = lambda call: frozenset()
