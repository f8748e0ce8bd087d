"""[12] SelectiveNet: the selective risk with a soft gate, its loss, and the gate at test time.

The heads are given as numbers: losses of the prediction f and of the auxiliary head h, and gate
values g in [0, 1]. What produces them is no part of the operator.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import non_negative_scalar
from .checks import floats

__all__ = [
    "calibrated_threshold",
    "coverage_penalty",
    "loss",
    "risk",
    "risk_gradient",
    "select",
]

Float = NDArray[np.float64]
Int = NDArray[np.int64]


def risk(losses: ArrayLike, gate: ArrayLike) -> float:
    """Selective risk of a batch, ``r = sum_i l_i g_i / sum_i g_i``.

    It is divided by the coverage, as in the paper. The authors' code omits the division: then the
    risk can be lowered by closing the gate, with only the penalty against it.

    Legend: M samples.

    Parameters
    ----------
    losses : array_like (M,)
        Of the prediction head.
    gate : array_like (M,)
        In [0, 1].

    Returns
    -------
    float
        In the unit of the losses.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains; ValueError at coverage 0: 0/0 has no value.

    Properties
    ----------
    - P-scale: multiplying the gate by t in (0, 1] changes nothing.
    - P-open: with ``g = 1`` it is the mean loss.
    - P-hard: with g in {0, 1} it is the mean loss of the accepted samples.
    - P-between: it lies between the smallest and the largest loss of those with g > 0.

    References
    ----------
    [12] Geifman and El-Yaniv (2019), SelectiveNet, ICML, PMLR 97.
    """
    values, relative = _relative(losses, gate)
    return float(np.sum(values * relative) / np.sum(relative))


def risk_gradient(losses: ArrayLike, gate: ArrayLike) -> Float:
    """``dr/dg_i = (l_i - r) / (M phi)`` with the coverage phi, the mean of the gate.

    Legend: M samples.

    Parameters
    ----------
    losses, gate
        As in `risk`.

    Returns
    -------
    float64 (M,)

    Raises
    ------
    TypeError, ValueError
        As `risk`; ValueError where it overflows.

    Properties
    ----------
    - P-derivative: it is the derivative of `risk`: descent opens the gate exactly for losses below
      the risk.

    References
    ----------
    [12] Geifman and El-Yaniv (2019), SelectiveNet, ICML, PMLR 97; the formula is derived here.
    """
    values, _ = _relative(losses, gate)
    with np.errstate(over="ignore"):
        gradient = (values - risk(losses, gate)) / np.sum(floats("gate", gate))
    if not np.isfinite(gradient).all():
        raise ValueError("gate: expected a coverage whose gradient is finite, got an overflow")
    return np.asarray(gradient)


def coverage_penalty(gate: ArrayLike, target: float, weight: ArrayLike = 32.0) -> float:
    """``lambda max(0, c - phi)^2`` with the coverage phi, the mean of the gate.

    It binds the batch, not the sample.

    Legend: M samples.

    Parameters
    ----------
    gate : array_like (M,)
        In [0, 1].
    target : float
        Coverage c, in (0, 1].
    weight : scalar
        lambda, finite and non-negative; 32 in the paper. (The attribute ``lamda`` of the authors'
        class is the target coverage.)

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-one-sided: 0 iff the coverage reaches the target, or the weight is 0.

    References
    ----------
    [12] Geifman and El-Yaniv (2019), SelectiveNet, ICML, PMLR 97.
    """
    shortfall = max(0.0, _coverage_target(target) - float(np.mean(_gate(gate))))
    return non_negative_scalar("weight", weight) * shortfall**2


def loss(
    losses: ArrayLike,
    auxiliary: ArrayLike,
    gate: ArrayLike,
    target: float,
    weight: ArrayLike = 32.0,
    mix: float = 0.5,
) -> float:
    """``a (r + penalty) + (1 - a) mean(auxiliary)``.

    Legend: M samples.

    Parameters
    ----------
    losses, auxiliary : array_like (M,)
        Of the prediction head and of the auxiliary head.
    gate : array_like (M,)
        In [0, 1].
    target, weight
        As in `coverage_penalty`.
    mix : float
        a in [0, 1]; 1/2 in the paper.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains; ValueError at coverage 0.

    Properties
    ----------
    - P-plain: with ``g = 1`` it is the mixture of the two mean losses.

    References
    ----------
    [12] Geifman and El-Yaniv (2019), SelectiveNet, ICML, PMLR 97.
    """
    share = floats("mix", mix, ndim=0)
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"mix: expected a number in [0, 1], got {mix!r}")
    second = floats("auxiliary", auxiliary, ndim=1)
    if second.shape != np.shape(gate):
        raise ValueError(f"auxiliary: expected shape {np.shape(gate)}, got {second.shape}")
    selective = risk(losses, gate) + coverage_penalty(gate, target, weight)
    return float(share * selective + (1.0 - share) * np.mean(second))


def select(labels: ArrayLike, gate: ArrayLike, threshold: float = 0.5) -> Int:
    """The label where ``g >= threshold``, else -1.

    Equality accepts, as in the paper; the authors' code has ``>``.

    Legend: B... batch axes.

    Parameters
    ----------
    labels : array_like of int (B...)
        Non-negative, or -1 where there is none.
    gate : array_like (B...)
        In [0, 1].
    threshold : float
        1/2, or that of `calibrated_threshold`.

    Returns
    -------
    int64 (B...)

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-separate: which samples are rejected depends on the gate alone.

    References
    ----------
    [12] Geifman and El-Yaniv (2019), SelectiveNet, ICML, PMLR 97.
    """
    named = np.asarray(labels)
    if not np.issubdtype(named.dtype, np.integer):
        raise TypeError(f"labels: expected integers, got dtype {named.dtype}")
    g, theta = _gate(gate), floats("threshold", threshold, ndim=0)
    if g.shape != named.shape:
        raise ValueError(f"gate: expected shape {named.shape}, got {g.shape}")
    return np.asarray(np.where(g >= theta, named, -1), dtype=np.int64)


def calibrated_threshold(gate: ArrayLike, target: float) -> float:
    """The largest threshold that accepts at least the share c of a validation sample.

    The paper's percentile ``100 (1 - c)``, made exact: the ``ceil(c M)``-th largest gate value,
    with c M formed exactly. Interpolated percentiles can accept fewer.

    Legend: M samples.

    Parameters
    ----------
    gate : array_like (M,)
        In [0, 1], M >= 1; unlabelled.
    target : float
        Coverage c, in (0, 1].

    Returns
    -------
    float
        A value of the gate.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains.

    Properties
    ----------
    - P-reaches: the share accepted is at least c, and any larger threshold accepts less than c.

    References
    ----------
    [12] Geifman and El-Yaniv (2019), SelectiveNet, ICML, PMLR 97.
    """
    g = _gate(gate)
    wanted = math.ceil(Fraction(_coverage_target(target)) * g.size)
    return float(np.sort(g, axis=None)[g.size - wanted])


def _relative(losses: ArrayLike, gate: ArrayLike) -> tuple[Float, Float]:
    """The losses, and the gate relative to its largest value: a tiny gate does not underflow."""
    values, g = floats("losses", losses, ndim=1), _gate(gate)
    if values.shape != g.shape:
        raise ValueError(f"losses: expected shape {g.shape}, got {values.shape}")
    largest = np.max(g)
    if largest == 0.0:
        raise ValueError("gate: expected a positive value, got coverage 0: the risk is 0/0")
    return values, np.asarray(g / largest)


def _gate(gate: ArrayLike) -> Float:
    g = floats("gate", gate)
    if g.size == 0:
        raise ValueError(f"gate: expected at least one sample, got shape {g.shape}")
    if not ((g >= 0.0) & (g <= 1.0)).all():
        raise ValueError(f"gate: expected values in [0, 1], got {np.min(g)} to {np.max(g)}")
    return g


def _coverage_target(target: float) -> float:
    number = floats("target", target, ndim=0)
    if not 0.0 < number <= 1.0:
        raise ValueError(f"target: expected a coverage in (0, 1], got {target!r}")
    return float(number)
