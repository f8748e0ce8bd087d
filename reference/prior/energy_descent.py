"""[10] Energy Transformer: the block, its dynamics and their descent.

``tau dx/dt = -dE/dg``: the gradient is taken in the normalised tokens ``g = layer_norm(x)``, not in
x. Since the Jacobian H of g in x is positive semidefinite, ``dE/dt = -(dE/dg)^T H (dE/dg) / tau``
is never positive. A step of finite length may still raise the energy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import natural_number
from .checks import floats, positive
from .energy_transformer import (
    Activation,
    attention_energy,
    attention_gradient,
    memory_energy,
    memory_gradient,
)
from .layer_norm import hessian, layer_norm

__all__ = ["Block", "Path", "descent_rate", "energy", "force", "relax", "step"]

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Block:
    """Parameters of a block; they are checked where they are used.

    Legend: H heads, Y width of a head, D coordinates, K memories.

    Attributes
    ----------
    query_weights, key_weights : array_like (H, Y, D)
    memories : array_like (K, D)
    gain : scalar >= 0, shift : array_like (D,), eps : scalar > 0
        Of `layer_norm`.
    beta : scalar, optional
        Of attention; ``1/sqrt(Y)`` unless given.
    activation : 'relu' or 'softmax'
        Of the memories.
    include_self : bool
        Whether a token attends to itself; not in the paper.
    """

    query_weights: ArrayLike
    key_weights: ArrayLike
    memories: ArrayLike
    gain: float = 1.0
    shift: ArrayLike = 0.0
    eps: float = 1e-5
    beta: float | None = None
    activation: Activation = "relu"
    include_self: bool = False

    def normalised(self, x: ArrayLike) -> Float:
        """The tokens g that the energy is a function of."""
        return layer_norm(x, self.gain, self.shift, self.eps)


@dataclass(frozen=True, eq=False)
class Path:
    """A descent.

    Attributes
    ----------
    tokens : float64 (N, D)
        Where it ended.
    energies : float64 (T + 1,)
        Of the start and after each of T steps.
    rates : float64 (T,)
        The step lengths taken.
    """

    tokens: Float
    energies: Float
    rates: Float


def energy(block: Block, x: ArrayLike) -> Float:
    """``E = E_ATT + E_HN`` at the tokens ``layer_norm(x)``.

    Legend: B... batch axes, N tokens, D coordinates.

    Parameters
    ----------
    block : Block
    x : array_like (B..., N, D)

    Returns
    -------
    float64 (B...)

    Raises
    ------
    TypeError, ValueError
        For bad dtypes, shapes or domains, naming the argument.

    Properties
    ----------
    - P-permutation: permuting the tokens changes nothing.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36.
    """
    g = block.normalised(x)
    attention = attention_energy(
        g, block.query_weights, block.key_weights, block.beta, include_self=block.include_self
    )
    return np.asarray(attention + memory_energy(g, block.memories, block.activation))


def force(block: Block, x: ArrayLike) -> Float:
    """``-dE/dg`` at ``g = layer_norm(x)``: the right side of the dynamics.

    Legend: B... batch axes, N tokens, D coordinates.

    Parameters
    ----------
    block, x
        As in `energy`.

    Returns
    -------
    float64 (B..., N, D)

    Raises
    ------
    TypeError, ValueError
        As `energy`.

    Properties
    ----------
    - P-equivariance: permuting the tokens permutes the force.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36.
    """
    g = block.normalised(x)
    attention = attention_gradient(
        g, block.query_weights, block.key_weights, block.beta, include_self=block.include_self
    )
    return np.asarray(-attention - memory_gradient(g, block.memories, block.activation))


def descent_rate(block: Block, x: ArrayLike) -> Float:
    """``dE/dt`` along the dynamics with ``tau = 1``: ``-sum_C F_C^T H_C F_C``.

    Legend: B... batch axes, N tokens, D coordinates.

    Parameters
    ----------
    block, x
        As in `energy`.

    Returns
    -------
    float64 (B...)
        At most 0 up to rounding.

    Raises
    ------
    TypeError, ValueError
        As `energy`.

    Properties
    ----------
    - P-rate: it is the derivative of the energy along the force.
    - P-nonpositive: it is never positive.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36.
    """
    pull = force(block, x)
    jacobian = hessian(x, block.gain, block.eps)
    return np.asarray(-np.einsum("...ci,...cij,...cj->...", pull, jacobian, pull))


def step(block: Block, x: ArrayLike, rate: ArrayLike) -> Float:
    """One explicit Euler step ``x + rate F(x)``.

    Legend: B... batch axes, N tokens, D coordinates.

    Parameters
    ----------
    block, x
        As in `energy`.
    rate : scalar
        ``dt / tau``, finite and positive.

    Returns
    -------
    float64 (B..., N, D)

    Raises
    ------
    TypeError, ValueError
        As `energy`.

    Properties
    ----------
    - P-overshoot: a long step can raise the energy; descent belongs to the flow, not to every step.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36.
    """
    return np.asarray(floats("x", x) + positive("rate", rate) * force(block, x))


def relax(block: Block, x: ArrayLike, steps: int, rate: ArrayLike = 1.0) -> Path:
    """Steps that are halved until the energy does not rise.

    Legend: N tokens, D coordinates.

    Parameters
    ----------
    block : Block
    x : array_like (N, D)
    steps : int
        The largest number of steps.
    rate : scalar
        Length of the first trial; each step starts from twice the last length, at most `rate`.

    Returns
    -------
    Path
        It ends early where the force vanishes, or no step down to ``2^-53 rate`` avoids a rise.

    Raises
    ------
    TypeError, ValueError
        As `energy`, and for bad `steps` or `rate`.

    Properties
    ----------
    - P-descent: the energies, as computed, never rise.

    References
    ----------
    [10] Hoover et al. (2023), Energy Transformer, NeurIPS 36. The halving is not in the paper,
    which takes fixed small steps.
    """
    tokens = floats("x", x, ndim=2)
    longest = positive("rate", rate)
    # a shorter step moves nothing beyond the rounding of the energy
    trial, shortest = longest, longest * 2.0**-53
    energies, rates = [float(energy(block, tokens))], []
    for _ in range(natural_number("steps", steps)):
        moved = step(block, tokens, trial)
        while (reached := float(energy(block, moved))) > energies[-1] and trial > shortest:
            trial /= 2.0
            moved = step(block, tokens, trial)
        if reached > energies[-1] or np.array_equal(moved, tokens):
            break
        tokens = moved
        energies.append(reached)
        rates.append(trial)
        trial = min(2.0 * trial, longest)
    return Path(tokens, np.asarray(energies), np.asarray(rates))
