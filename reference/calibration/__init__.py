"""From definition to use: beta, thresholds and weights chosen from data, with their evidence.

Needs SciPy, and matplotlib for the plots alone. Nothing here is part of the standard; the
statements are proved in docs/calibration.md.
"""

from __future__ import annotations

from .cells import PairBoundary, pair_boundary, reach
from .coverage import CoverageThreshold, threshold_for_coverage
from .leave_one_out import LeaveOneOut, leave_one_out
from .levels import EnergyLevels, energy_levels
from .novelty import AdmissionThreshold, conformal_p_value, threshold_for_false_admission
from .risk import RiskCurve, RiskThreshold, threshold_for_risk
from .scale import ScaledBeta, beta_from_scale
from .walk import Boundary, boundary
from .weights import PriorWeights, alpha_from_counts

__all__ = [
    "AdmissionThreshold",
    "Boundary",
    "CoverageThreshold",
    "EnergyLevels",
    "LeaveOneOut",
    "PairBoundary",
    "PriorWeights",
    "RiskCurve",
    "RiskThreshold",
    "ScaledBeta",
    "alpha_from_counts",
    "beta_from_scale",
    "boundary",
    "conformal_p_value",
    "energy_levels",
    "leave_one_out",
    "pair_boundary",
    "reach",
    "threshold_for_coverage",
    "threshold_for_false_admission",
    "threshold_for_risk",
]
