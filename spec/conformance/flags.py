"""The flags of cases and vectors: which failure a case probes, with a reason each.

Clause: GDA-conf-verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

__all__ = ["FLAGS", "reasons"]

FLAGS = MappingProxyType(
    {
        "basic": "A plain call; a target that fails it is broken or wrongly wired.",
        "abstain": "Nothing is admitted; index 0 or a stale value is a common slip.",
        "alpha-extreme": "alpha next to 0 or 1, where 1 - alpha or its quotient loses all digits.",
        "alpha-complement": "alpha and 1 - alpha give the same energy, so the keys may tie.",
        "alpha-per-key": "A nearer key may lose to one with a more extreme alpha.",
        "bad-call": "The arguments break a rule; the call must raise.",
        "batch": "Leading dimensions and broadcasting; a wrong axis gives a wrong row.",
        "beta": "The precision scales the separation; forgetting it moves energy and threshold.",
        "collinear": "Keys on one line through the query; directions carry no information.",
        "counterexample": "A shrunk case on which some implementation was wrong.",
        "critical": "Separation near 2 at alpha near 1/2, where the coordinate is ill conditioned.",
        "degenerate": "alpha = 1/2 and separation above 2: two alignment points, the key's counts.",
        "dtype": "Narrow, mixed or integer dtypes; they are taken exactly, not rounded together.",
        "duplicates": "Identical keys; the least index counts.",
        "empty": "No keys, no queries or no value columns.",
        "erratum": "Shows a fault of published material.",
        "fill": "The output row of an abstained query.",
        "iris": "Real data: standardised Iris features, each flower without itself.",
        "large": "More components, keys or queries than one block of a blocked loop holds.",
        "line": "One dimension.",
        "mask": "Keys that the mask forbids.",
        "masked-nan": "Masked rows hold NaN or infinity; they must never be read.",
        "mirror": "Keys placed symmetrically about the query tie exactly.",
        "near-tie": "Two energies differ by little; rounded scores may swap or merge them.",
        "offset": "A large common offset, where |q|^2 + |k|^2 - 2 q.k cancels.",
        "overflow": "A square or a difference overflows float64.",
        "permuted": "Differences with the same components in another order: an exact tie whose "
        "rounded sums differ.",
        "permutation": "The winner is not the first key.",
        "saturated": "All float64 energies round to the ceiling; they cannot give the order.",
        "signed-zero": "Zeros of both signs, which must not matter.",
        "single": "One key.",
        "small-separation": "Small energies, where phi cancels unless formed from expm1 and log1p.",
        "threshold": "A finite threshold.",
        "threshold-above": "A threshold above the ceiling excludes nothing.",
        "threshold-ceiling": "A threshold next to the ceiling, which no float equals.",
        "threshold-equal": "The threshold equals the energy exactly; admission is non-strict.",
        "threshold-infinite": "Infinite thresholds of both signs.",
        "threshold-near": "A threshold within a few ulp to 1e-3 of the energy.",
        "threshold-negative": "A negative threshold admits nothing.",
        "threshold-per-key": "Thresholds differ by key: a nearer key may be excluded alone.",
        "threshold-zero": "A zero threshold admits exact matches only, whatever underflows.",
        "underflow": "Squares underflow, so that float64 separations vanish or lose digits.",
        "values": "Values differ from keys.",
        "values-nan": "Values hold NaN or infinity; only the selected row may show them.",
        "zero-separation": "Query and key coincide: coordinate 1 - alpha by convention, energy 0.",
    }
)


def reasons(flags: Iterable[str]) -> dict[str, str]:
    """The reasons of the given flags, by flag in alphabetical order."""
    return {flag: FLAGS[flag] for flag in sorted(set(flags))}
