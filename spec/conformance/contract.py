"""Precision contracts: the arithmetic that a target promises, as a record.

What an implementation of that arithmetic may answer follows from it by rounding-error analysis:
`spread` has the separations, `fields` the energies, coordinates and alignment points, `order` the
indices. The accuracy chapter of the text has the derivations.

Clause: GDA-conf-contract, GDA-conf-contract-record, GDA-conf-contract-name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from gd_attention.conformance import fields, spread
from gd_attention.conformance.certificate import Certified
from gd_attention.conformance.errors import HarnessError
from gd_attention.conformance.formats import FORMATS, Format
from gd_attention.conformance.rational import Exact
from gd_attention.conformance.spread import Spread

__all__ = [
    "CONTRACTS",
    "EXACT",
    "FLOAT64",
    "Contract",
    "ContractError",
    "Spread",
    "contract",
    "promised",
]

_DISTANCES = ("difference", "expanded")
_ORDERS = ("distance", "energy")
_KEYS = ("dtype", "accumulate", "distance", "order_by")
_EXACT = "exact"


class ContractError(HarnessError, ValueError):
    """A contract that does not exist; the message says what was expected and what came."""


@dataclass(frozen=True)
class Contract:
    """The arithmetic that a target promises.

    Parameters
    ----------
    dtype : {"float64", "float32", "float16", "bfloat16"}
        Format of the inputs: a case under the contract holds only its numbers. Real-valued results
        may be rounded to it.
    accumulate : str, optional
        Format of every operation after reading, at least as wide as ``dtype``. By default float32
        for the formats of 16 bits, else ``dtype``; under ``exact`` float64.
    distance : {"difference", "expanded"}
        Separations from ``k - q``, or from ``|q|^2 + |k|^2 - 2 q.k``.
    order_by : {"distance", "energy"}
        What is compared where all keys have one alpha: computed separations, or computed energies.
    exact_decisions : bool
        Index, admission, abstention and ``unique`` as in real arithmetic on the given numbers.

    Raises
    ------
    ContractError
        A `HarnessError` and a `ValueError`.

    Notes
    -----
    Clause: GDA-conf-contract-record.
    """

    dtype: str = "float64"
    accumulate: str | None = None
    distance: str = "difference"
    order_by: str = "distance"
    exact_decisions: bool = False

    def __post_init__(self) -> None:
        # a frozen record holds what was meant: names, and the default written out
        object.__setattr__(self, "dtype", _format_name("dtype", self.dtype))
        wide = self._default if self.accumulate is None else self.accumulate
        object.__setattr__(self, "accumulate", _format_name("accumulate", wide))
        _one_of("distance", self.distance, _DISTANCES)
        _one_of("order_by", self.order_by, _ORDERS)
        if self.inputs not in self.arithmetic:
            wider = [name for name, form in FORMATS.items() if self.inputs in form]
            raise ContractError(
                f"contract: accumulate: expected a format that holds {self.dtype}, one of "
                f"{', '.join(wider)}, got {self.accumulate}"
            )
        if self.exact_decisions and (self.distance, self.order_by) != ("difference", "distance"):
            raise ContractError(
                "contract: exact decides in exact arithmetic: expected neither distance nor "
                f"order_by, got distance={self.distance}, order_by={self.order_by}"
            )

    @property
    def _default(self) -> str:
        if self.exact_decisions:
            return "float64"
        return "float32" if self.dtype in ("float16", "bfloat16") else self.dtype

    @cached_property
    def inputs(self) -> Format:
        """The format of the inputs."""
        return FORMATS[self.dtype]

    @cached_property
    def arithmetic(self) -> Format:
        """The format of every operation."""
        return FORMATS[str(self.accumulate)]

    @cached_property
    def results(self) -> Format:
        """The narrowest format to which a real-valued result may be rounded."""
        return self.arithmetic if self.exact_decisions else self.inputs

    @cached_property
    def scaled(self) -> bool:
        """Whether separations of the fields are computed on data scaled by a power of two."""
        return self.exact_decisions

    @cached_property
    def name(self) -> str:
        """The shortest name that means this contract."""
        parts = [_EXACT] if self.exact_decisions else [self.dtype]
        if self.exact_decisions and self.dtype != "float64":
            parts.append(f"dtype={self.dtype}")
        if self.accumulate != self._default:
            parts.append(f"accumulate={self.accumulate}")
        if self.distance != "difference":
            parts.append(f"distance={self.distance}")
        if self.order_by != "distance":
            parts.append(f"order_by={self.order_by}")
        return ",".join(parts)

    @cached_property
    def about(self) -> str:
        """One line for a report."""
        inputs = "" if self.dtype == self.accumulate else f"{self.dtype} inputs, "
        if self.exact_decisions:
            return (
                f"{inputs}index, admission, abstention and uniqueness exact; fields within "
                f"{self.accumulate} allowances"
            )
        order = "separation (shared alpha) or energy (alpha per key)"
        if self.order_by == "energy":
            order = "energy"
        return f"{inputs}{self.accumulate}, {self.distance} form, order by {order}"

    def rounds_to_result(self) -> bool:
        """Whether results may carry one more rounding, from ``accumulate`` to ``dtype``."""
        return self.results != self.arithmetic

    def returned(self, interval: tuple[float, float]) -> tuple[float, float]:
        """The interval of a computed number, and of that number rounded to the result's format."""
        if not self.rounds_to_result():
            return interval
        low, high = interval
        return min(low, self.results.nearest(low)), max(high, self.results.nearest(high))

    def spread(
        self,
        squared: Exact,
        beta: tuple[int, int],
        dimension: int,
        *,
        rounds: bool,
        magnitude: Exact | None = None,
    ) -> Spread:
        """Bounds of the computed separation.

        Parameters
        ----------
        squared : Exact
            The exact |k - q|^2, an integer times a power of two.
        beta : tuple of int
            beta as integer and exponent.
        dimension : int
            D.
        rounds : bool
            False if every operation is known to be exact.
        magnitude : Exact, optional
            The exact sum((|q| + |k|)**2), for the expanded form.
        """
        if not rounds:
            exact = Exact(squared.num * beta[0], squared.exp + beta[1])
            return Spread(exact, exact)
        if self.distance == "expanded":
            assert magnitude is not None
            return spread.expanded(squared, magnitude, beta, dimension, self.arithmetic)
        return spread.difference(squared, beta, dimension, self.arithmetic, scaled=self.scaled)

    def energy(self, pair: Certified, separation: Exact, spread: Spread) -> tuple[float, float]:
        """Least and greatest float64 between which the computed energy lies."""
        sharp = self.distance == "expanded"
        return fields.energy(pair, separation, spread, self.arithmetic, sharp=sharp)

    def coordinate(self, alpha: float, separation: Exact, spread: Spread) -> tuple[float, float]:
        """Least and greatest float64 between which the computed coordinate lies."""
        return fields.coordinate(alpha, separation, spread, self.arithmetic)

    def components(
        self, query: list[int], key: list[int], exp: int, coordinate: tuple[float, float]
    ) -> list[tuple[float, float]]:
        """Bounds of the computed components of the alignment point, in units of ``2**exp``."""
        return fields.components(query, key, exp, coordinate, self.arithmetic)

    def unique(self, alpha: float, separation: Exact, spread: Spread) -> frozenset[bool]:
        """Admissible answers to whether the alignment point is unique."""
        if alpha != 0.5:
            return frozenset({True})
        answers = {not fields.exceeds(separation, 2)}
        if not self.exact_decisions:
            if not fields.exceeds(spread.lower, 2):
                answers.add(True)
            if spread.upper is None or fields.exceeds(spread.upper, 2):
                answers.add(False)
        return frozenset(answers)


def _one_of(key: str, value: Any, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ContractError(f"contract: {key}: expected one of {', '.join(known)}, got {value!r}")


def _format_name(key: str, value: Any) -> str:
    name = value
    if not isinstance(value, str):
        try:
            name = np.dtype(value).name
        except TypeError:
            name = value
    _one_of(key, name, tuple(FORMATS))
    return str(name)


EXACT = Contract(exact_decisions=True)
FLOAT64 = Contract()
CONTRACTS = {item.name: item for item in (EXACT, *(Contract(name) for name in FORMATS))}


def contract(given: Contract | str | Mapping[str, Any]) -> Contract:
    """The contract that is meant.

    Parameters
    ----------
    given : Contract, str or mapping
        A record; a short name, or short name and keys as ``float32,distance=expanded``; or the
        keys as a mapping, ``exact`` among them if its value is true.

    Raises
    ------
    ContractError
        It means no contract.

    Notes
    -----
    Clause: GDA-conf-contract-name.
    """
    if isinstance(given, Contract):
        return given
    if isinstance(given, str):
        return _parsed(given)
    if not isinstance(given, Mapping):
        raise ContractError(
            "contract: expected a Contract, a name or a mapping with the keys "
            f"{', '.join(_KEYS)}, got a {type(given).__name__}"
        )
    arguments = dict(given)
    exact = bool(arguments.pop(_EXACT, False))
    for key in arguments:
        _one_of("key", key, _KEYS)
    return Contract(**arguments, exact_decisions=exact)


def promised(target: Any, given: Contract | str | Mapping[str, Any] | None = None) -> Contract:
    """The contract of a target: the caller's, else its attribute ``gda_contract``, else float64.

    Clause: GDA-conf-contract-name.
    """
    if given is not None:
        return contract(given)
    declared = getattr(target, "gda_contract", None)
    if declared is None:
        return FLOAT64
    try:
        return contract(declared)
    except ContractError as error:
        raise ContractError(f"gda_contract of the target: {error}") from None


def _parsed(text: str) -> Contract:
    arguments: dict[str, str] = {}
    exact = False
    for part in (item.strip() for item in text.split(",")):
        key, equals, value = (word.strip() for word in part.partition("="))
        if not equals and part == _EXACT:
            exact = True
            continue
        if not equals and part in FORMATS:
            key, value = "dtype", part
        elif key not in _KEYS or not equals:
            raise ContractError(
                f"contract: expected one of {', '.join(CONTRACTS)}, or keys among "
                f"{', '.join(_KEYS)} as in float32,distance=expanded, got {part!r} in {text!r}"
            )
        if arguments.setdefault(key, value) != value:
            raise ContractError(
                f"contract: {key}: expected one value, got {arguments[key]!r} and {value!r}"
            )
    return Contract(**arguments, exact_decisions=exact)
