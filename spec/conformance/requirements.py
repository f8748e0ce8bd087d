"""What a target must return and be able to do for a clause to apply to it.

Clause: GDA-conf-profile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

__all__ = ["ALWAYS", "CLAUSES", "MAIN", "MISSING", "TELLING", "Profile", "Requirement"]


@dataclass(frozen=True)
class Profile:
    """What a target returns and can do.

    Attributes
    ----------
    fields, capabilities : frozenset of str
        Inside them a skip or an exception is WRONG; outside, a case is SKIPPED.
    declared : bool
        The capabilities were declared, not found by probing.
    notes : tuple of str
        What the probes found, for the report.
    """

    fields: frozenset[str]
    capabilities: frozenset[str]
    declared: bool = False
    notes: tuple[str, ...] = ()

    @cached_property
    def silent(self) -> tuple[str, ...]:
        """The clauses that never apply because the target returns none of their fields."""
        return tuple(
            clause
            for clause, need in CLAUSES.items()
            if need.fields and not need.fields & self.fields
        )

    def covers(self, clause: str) -> bool:
        """Whether the clause applies to a target of this profile."""
        return CLAUSES[clause].met(self)


@dataclass(frozen=True)
class Requirement:
    """Any of the fields, all of the capabilities ``needs``, any of the capabilities ``one_of``."""

    fields: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()

    def met(self, profile: Profile) -> bool:
        """Whether a target of this profile meets the requirement."""
        return (
            (not self.fields or bool(self.fields & profile.fields))
            and self.needs <= profile.capabilities
            and (not self.one_of or bool(self.one_of & profile.capabilities))
        )


def _requires(
    fields: Iterable[str] = (), needs: Iterable[str] = (), one_of: Iterable[str] = ()
) -> Requirement:
    return Requirement(frozenset(fields), frozenset(needs), frozenset(one_of))


# Abstaining takes one of these: with all keys admitted every query selects.
_ABSTAINS = ("threshold", "mask", "empty")

# Every clause of kind must, in the order of the registry.
CLAUSES = MappingProxyType(
    {
        "GDA-input-shape": _requires(needs=["errors"]),
        "GDA-input-dtype": _requires(needs=["errors"]),
        "GDA-input-exact": _requires(needs=["mixed-dtype"]),
        "GDA-input-domain": _requires(needs=["errors"], one_of=["alpha", "beta", "threshold"]),
        "GDA-input-finite": _requires(needs=["errors"]),
        "GDA-mask-unread": _requires(needs=["mask", "masked-nan"]),
        "GDA-values-default": _requires(["output"]),
        "GDA-values-nan": _requires(["output"], needs=["values"]),
        "GDA-batch-broadcast": _requires(needs=["batch"]),
        "GDA-output-dtype": _requires(),
        "GDA-fill-representable": _requires(["output"], needs=["errors", "fill"]),
        "GDA-signed-zero": _requires(),
        "GDA-align-zero": _requires(["energy", "coordinate"]),
        "GDA-align-unique": _requires(["unique"]),
        "GDA-align-half": _requires(["coordinate"]),
        "GDA-coordinate-value": _requires(["coordinate"]),
        "GDA-coordinate-rounding": _requires(["coordinate"]),
        "GDA-align-point-value": _requires(["alignment_point"]),
        "GDA-align-point-finite": _requires(["alignment_point"]),
        "GDA-energy-value": _requires(["energy"]),
        "GDA-energy-saturation": _requires(["energy"]),
        "GDA-energy-overflow": _requires(["energy"]),
        "GDA-admit-threshold": _requires(needs=["threshold"]),
        "GDA-admit-ceiling": _requires(needs=["threshold"]),
        "GDA-admit-zero": _requires(needs=["threshold"]),
        "GDA-admit-mask": _requires(needs=["mask"]),
        "GDA-select-index": _requires(),
        "GDA-select-ties": _requires(),
        "GDA-select-exact-order": _requires(),
        "GDA-select-priors": _requires(needs=["alpha-per-key"]),
        "GDA-abstain-none": _requires(one_of=["threshold", "mask"]),
        "GDA-abstain-empty": _requires(needs=["empty"]),
        "GDA-abstain-fields": _requires(
            ["energy", "coordinate", "alignment_point", "unique"], one_of=_ABSTAINS
        ),
        "GDA-output-gather": _requires(["output"]),
        "GDA-output-fill": _requires(["output"], one_of=_ABSTAINS),
        "GDA-call-pure": _requires(),
        "GDA-call-repeatable": _requires(),
    }
)

# Without them no target conforms, whatever its profile.
ALWAYS = ("GDA-select-index", "GDA-select-ties")

# They get the verdict of any case that happens to hold their inputs, and say least about a fault.
_INCIDENTAL = (
    "GDA-input-exact",
    "GDA-mask-unread",
    "GDA-batch-broadcast",
    "GDA-signed-zero",
    "GDA-values-default",
)

# The clauses in the order in which their counterexamples are looked for and shown: selection first,
# as its counterexamples carry nothing that the fault does not need.
TELLING = tuple(
    sorted(CLAUSES, key=lambda clause: (clause in _INCIDENTAL, "GDA-select-" not in clause))
)

# The clause that speaks for a field: for a wrong shape, or where the oracle could not decide.
MAIN = MappingProxyType(
    {
        "index": "GDA-select-index",
        "output": "GDA-output-gather",
        "energy": "GDA-energy-value",
        "coordinate": "GDA-coordinate-value",
        "alignment_point": "GDA-align-point-value",
        "unique": "GDA-align-unique",
    }
)

# The clauses under which a case is skipped when a capability is missing.
MISSING = MappingProxyType(
    {
        "alpha": (),
        "alpha-per-key": ("GDA-select-priors",),
        "beta": (),
        "threshold": ("GDA-admit-threshold",),
        "threshold-per-key": ("GDA-admit-threshold",),
        "mask": ("GDA-admit-mask",),
        "values": ("GDA-output-gather",),
        "fill": ("GDA-output-fill",),
        "batch": ("GDA-batch-broadcast",),
        "empty": ("GDA-abstain-empty",),
        "masked-nan": ("GDA-mask-unread",),
        "mixed-dtype": ("GDA-input-exact",),
        "errors": (),
    }
)
