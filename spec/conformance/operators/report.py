"""The report of an operator's run: counts, verdict, counterexamples as vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from gd_attention.conformance.encoding import encode_array
from gd_attention.conformance.operators.attempt import Outcome
from gd_attention.conformance.operators.record import Call, Operator, Setting

__all__ = ["Counts", "OperatorReport", "snippet", "vector"]

FORMAT = "gd-attention operator report 1"

_EXIT = {"conforms": 0, "fails": 1, "undecided": 1}


@dataclass
class Counts:
    """Cases by verdict, under one family or one aspect."""

    exact: int = 0
    admissible: int = 0
    wrong: int = 0
    undecided: int = 0
    skipped: int = 0

    @property
    def decided(self) -> int:
        """Cases with an answer, right or wrong."""
        return self.exact + self.admissible + self.wrong


@dataclass(frozen=True)
class OperatorReport:
    """What a run says.

    Attributes
    ----------
    verdict : {"conforms", "fails", "undecided"}
    reason : str
    families, aspects : dict of str to Counts
    worst : dict of str to str
        By aspect: the worst admissible or wrong finding.
    counterexamples : dict of str to vector
        By aspect.
    """

    operator: str
    target: str
    contract: str
    ties: str
    arrays: str
    capabilities: tuple[str, ...]
    seed: int
    versions: dict[str, str]
    planned: int
    judged: int
    families: dict[str, Counts]
    aspects: dict[str, Counts]
    worst: dict[str, str]
    counterexamples: dict[str, dict[str, Any]]
    verdict: str
    reason: str

    @property
    def exit_code(self) -> int:
        """0 conforms, 1 fails or undecided."""
        return _EXIT[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON document."""
        return {"format": FORMAT, **asdict(self), "capabilities": list(self.capabilities)}


def vector(
    operator: Operator, call: Call, outcome: Outcome, message: str, target: str, setting: Setting
) -> dict[str, Any]:
    """A counterexample that any language reads: inputs and returned arrays as hexadecimal floats.

    ``exact`` holds the exact answer, real numbers as the ends of an enclosure.
    """
    return {
        "operator": operator.name,
        "call": operator.call,
        "family": call.family,
        "contract": setting.contract,
        "ties": setting.ties,
        "arguments": {name: _encoded(value) for name, value in call.arguments.items()},
        "exact": dict(outcome.judged.exact),
        "returned": _encoded(outcome.returned),
        "raised": outcome.raised,
        "message": message,
        "snippet": "",
    }


def snippet(call: Call, message: str, target: str, library: str) -> str:
    """Python that repeats the call as pasted."""
    module, _, path = target.partition(":")
    lines = [f"# {line}" for line in message.splitlines()]
    lines += ["import numpy as np"]
    if library == "torch":
        lines += ["import torch"]
    lines += [f"import {module}", ""]
    for name, value in call.arguments.items():
        lines.append(f"{name} = {_literal(value, library)}")
    lines.append(f"print({module}.{path}({', '.join(call.arguments)}))")
    return "\n".join(lines) + "\n"


def _literal(value: Any, library: str) -> str:
    if not isinstance(value, np.ndarray):
        return repr(value)
    text = repr(value.tolist()).replace("inf", "np.inf").replace("nan", "np.nan")
    made = f"np.array({text}, np.{value.dtype.name})"
    if value.size == 0:
        made = f"np.zeros({value.shape}, np.{value.dtype.name})"
    made = made.replace("np.bool)", "bool)")
    return {"torch": f"torch.from_numpy({made})", "jax": f"jax.numpy.asarray({made})"}.get(
        library, made
    )


def _encoded(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {name: _encoded(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_encoded(item) for item in value]
    try:
        return encode_array(value)
    except (TypeError, ValueError):
        return repr(value)
