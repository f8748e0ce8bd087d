"""The mutants: what each breaks, and why someone would write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mutants.base import Base

__all__ = ["MUTANTS", "Mutant", "mutant"]


@dataclass(frozen=True)
class Mutant:
    """A wrong implementation.

    Attributes
    ----------
    name : str
        Unique; what is wrong, in a few words.
    theme : str
        The module it stands in.
    target : callable
        A fresh instance for every judgement.
    what : str
        What is wrong, in a sentence.
    why : str
        Why someone would write it.
    breaks : tuple of str
        The clauses of which at least one must see it.
    contract : str
        The contract that it claims.
    control : bool
        It must die in every run, or the run says nothing.
    """

    name: str
    theme: str
    target: type[Base]
    what: str
    why: str
    breaks: tuple[str, ...]
    contract: str
    control: bool


MUTANTS: dict[str, Mutant] = {}


def mutant(
    *breaks: str, why: str, contract: str = "float64", control: bool = False
) -> Callable[[type[Base]], type[Base]]:
    """Register a class; its name and the first line of its docstring say what is wrong."""

    def register(target: type[Base]) -> type[Base]:
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", target.__name__).lower()
        if name in MUTANTS:
            raise ValueError(f"mutant {name}: registered twice")
        theme = target.__module__.rpartition(".")[2]
        what = " ".join((target.__doc__ or "").split())
        MUTANTS[name] = Mutant(name, theme, target, what, why, breaks, contract, control)
        return target

    return register
