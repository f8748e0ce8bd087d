"""[13] Quality of a model with a reject option, from its four counts.

True and false follow the survey: was the decision right. A true rejection rejects what would have
been a wrong prediction. (Public code exists with the two rejections exchanged.)
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import natural_number

__all__ = ["Outcomes", "outcomes"]


@dataclass(frozen=True)
class Outcomes:
    """Counts of a sample; the measures are floats of exact quotients.

    Attributes
    ----------
    true_accept : int
        Correct and accepted.
    false_accept : int
        Wrong and accepted.
    true_reject : int
        Wrong and rejected.
    false_reject : int
        Correct and rejected.
    """

    true_accept: int
    false_accept: int
    true_reject: int
    false_reject: int

    def __post_init__(self) -> None:
        """Refuse what is no count."""
        for name in ("true_accept", "false_accept", "true_reject", "false_reject"):
            natural_number(name, getattr(self, name))

    @property
    def total(self) -> int:
        """Size of the sample."""
        return self.true_accept + self.false_accept + self.true_reject + self.false_reject

    @property
    def coverage(self) -> float:
        """``(TA + FA) / total``; ValueError for an empty sample."""
        return _quotient("coverage", self.true_accept + self.false_accept, self.total)

    @property
    def prediction_quality(self) -> float:
        """Accuracy on the accepted, ``TA / (TA + FA)``; ValueError at coverage 0."""
        accepted = self.true_accept + self.false_accept
        return _quotient("prediction_quality", self.true_accept, accepted)

    @property
    def classification_quality(self) -> float:
        """Share of right decisions, ``(TA + TR) / total``; ValueError for an empty sample."""
        return _quotient("classification_quality", self.true_accept + self.true_reject, self.total)

    @property
    def rejection_quality(self) -> float:
        """``(TR / FR) / ((FA + TR) / (TA + FR))``: odds of wrong among the rejected, against all.

        Plus infinity where some wrong and no correct prediction is rejected while a correct one
        exists; ValueError where numerator and denominator vanish together.
        """
        above = self.true_reject * (self.true_accept + self.false_reject)
        below = self.false_reject * (self.false_accept + self.true_reject)
        if below == 0 and above > 0:
            return float("inf")
        return _quotient("rejection_quality", above, below)


def outcomes(errors: ArrayLike, accepted: ArrayLike) -> Outcomes:
    """Count a sample.

    Parameters
    ----------
    errors : array_like of bool (M,)
        Whether the model's prediction was wrong, also where it was rejected.
    accepted : array_like of bool (M,)

    Returns
    -------
    Outcomes

    Raises
    ------
    TypeError, ValueError
        For dtypes that are not bool, or shapes that differ.

    Properties
    ----------
    - P-total: the four counts add up to the sample.
    - P-perfect: the classification quality is 1 iff all correct and no wrong are accepted.
    - P-prediction: the prediction quality is 1 minus the selective risk of the 0-1 loss.
    - P-undefined: a quotient 0/0 is refused by name, and never a NaN.
    - P-blind: rejecting in proportion to the errors has rejection quality 1.

    References
    ----------
    [13] Hendrickx et al. (2024), Machine learning with a reject option: a survey, Machine Learning
    113(5), 3073-3110.
    """
    wrong, taken = np.asarray(errors), np.asarray(accepted)
    for name, array in (("errors", wrong), ("accepted", taken)):
        if array.dtype != np.bool_:
            raise TypeError(f"{name}: expected dtype bool, got dtype {array.dtype}")
    if wrong.ndim != 1 or taken.shape != wrong.shape:
        raise ValueError(f"accepted: expected one axis as errors has, got {taken.shape}")
    return Outcomes(
        int(np.sum(~wrong & taken)),
        int(np.sum(wrong & taken)),
        int(np.sum(wrong & ~taken)),
        int(np.sum(~wrong & ~taken)),
    )


def _quotient(name: str, above: int, below: int) -> float:
    if below == 0:
        raise ValueError(f"{name}: expected a positive denominator, got {above}/0")
    return float(Fraction(above, below))
