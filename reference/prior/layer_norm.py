"""[10] Layer normalisation of the Energy Transformer, as the gradient of a Lagrangian.

One token at a time: mean and variance are taken over its D coordinates. The gain is one scalar;
with it the Hessian of the Lagrangian is positive semidefinite, which makes the energy descend.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import non_negative_scalar
from .checks import floats, positive

__all__ = ["hessian", "lagrangian", "layer_norm"]

Float = NDArray[np.float64]


def layer_norm(
    x: ArrayLike, gain: ArrayLike = 1.0, shift: ArrayLike = 0.0, eps: ArrayLike = 1e-5
) -> Float:
    """``g = gain (x - mean x) / sqrt(var x + eps) + shift``.

    Legend: B... batch and token axes, D coordinates.

    Parameters
    ----------
    x : array_like (B..., D)
        D >= 1.
    gain : scalar
        Finite and non-negative: one number for all coordinates; a negative one breaks the descent.
    shift : array_like, broadcasting to (D,)
    eps : scalar
        Finite and positive, in the unit of x squared. The variance is the population's (1/D).

    Returns
    -------
    float64 (B..., D)
        `shift` for a token of equal coordinates.

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, naming the argument.

    Properties
    ----------
    - P-gradient: it is the gradient of `lagrangian`.
    - P-radius: without shift its norm is at most ``gain sqrt(D)``, and its mean is 0.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36.
    """
    centred, deviation, _, factor, offset = _parts(x, gain, shift, eps)
    return np.asarray(factor * (centred / deviation[..., None]) + offset)


def lagrangian(
    x: ArrayLike, gain: ArrayLike = 1.0, shift: ArrayLike = 0.0, eps: ArrayLike = 1e-5
) -> Float:
    """``L = D gain sqrt(var x + eps) + shift.x``, a number for each token.

    The authors' code takes the variance over all axes at once, which is this function for a single
    token only.

    Legend: B... batch and token axes, D coordinates.

    Parameters
    ----------
    x, gain, shift, eps
        As in `layer_norm`.

    Returns
    -------
    float64 (B...)

    Raises
    ------
    TypeError, ValueError
        As `layer_norm`, or if the value overflows.

    Properties
    ----------
    - P-per-token: the value of a token does not depend on the other tokens.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36.
    """
    centred, deviation, unit, factor, offset = _parts(x, gain, shift, eps)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = centred.shape[-1] * factor * deviation * unit[..., 0]
        value = np.asarray(spread + np.sum(offset * floats("x", x), axis=-1))
    if not np.isfinite(value).all():
        raise ValueError("x, gain, shift: expected a finite Lagrangian, got an overflow of float64")
    return value


def hessian(x: ArrayLike, gain: ArrayLike = 1.0, eps: ArrayLike = 1e-5) -> Float:
    """Hessian of the Lagrangian, the Jacobian of `layer_norm`.

    ``(gain/s) (I - 11^T/D - c c^T / (D s^2))`` with ``c = x - mean x`` and ``s^2 = var x + eps``:
    eigenvalue 0 along 1, ``gain eps / s^3`` along c, ``gain/s`` across.

    Legend: B... batch and token axes, D coordinates.

    Parameters
    ----------
    x, gain, eps
        As in `layer_norm`.

    Returns
    -------
    float64 (B..., D, D)

    Raises
    ------
    TypeError, ValueError
        As `layer_norm`.

    Properties
    ----------
    - P-semidefinite: it is symmetric and positive semidefinite with the eigenvalues above.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36; the eigenvalues are derived here.
    """
    centred, deviation, unit, factor, _ = _parts(x, gain, 0.0, eps)
    size = centred.shape[-1]
    scale = deviation[..., None, None]
    outer = centred[..., :, None] * centred[..., None, :]
    flat = np.eye(size) - 1.0 / size
    return np.asarray(factor / scale * (flat - outer / (size * scale**2)) / unit[..., None])


def _parts(
    x: ArrayLike, gain: ArrayLike, shift: ArrayLike, eps: ArrayLike
) -> tuple[Float, Float, Float, float, Float]:
    """``(x - mean x) / u``, ``sqrt(var x + eps) / u``, the unit u of each token, gain and shift.

    u is a power of two near the largest coordinate where squares would overflow, and 1 elsewhere.
    """
    tokens = floats("x", x)
    if tokens.ndim == 0 or tokens.shape[-1] == 0:
        raise ValueError(f"x: expected a last axis of coordinates, got shape {tokens.shape}")
    offset = floats("shift", shift)
    if offset.shape not in ((), (1,), tokens.shape[-1:]):
        raise ValueError(f"shift: expected shape {tokens.shape[-1:]}, got {offset.shape}")
    largest = np.max(np.abs(tokens), axis=-1, keepdims=True)
    unit = np.where(largest > 2.0**400, np.exp2(np.frexp(largest)[1] - 1.0), 1.0)
    scaled = tokens / unit
    centred = scaled - np.mean(scaled, axis=-1, keepdims=True)
    variance = np.mean(centred * centred, axis=-1)
    deviation = np.sqrt(variance + positive("eps", eps) / unit[..., 0] / unit[..., 0])
    return centred, np.asarray(deviation), unit, non_negative_scalar("gain", gain), offset
