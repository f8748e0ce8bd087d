"""One implementation for every library: written against the array API standard.

Separations by the difference form, order by distance for one alpha and by energy otherwise, the
coordinate by Newton's method on whole arrays. It knows its arrays through `array_api_compat` alone.
"""

from __future__ import annotations

import math

from array_api_compat import array_namespace


def align(xp, lam, alpha):
    """Energy of pairs with separation ``lam`` and weight ``alpha``."""
    light = xp.minimum(alpha, 1.0 - alpha)
    odds = xp.where(
        light > 0.25,
        xp.log1p((1.0 - 2.0 * light) / light),
        xp.log1p(-light) - xp.log(light),
    )
    ceiling = -xp.log1p(-light)
    bounded = xp.minimum(lam, xp.full_like(lam, 1e5))
    z = odds / 2.0 + bounded / 2.0
    # from the right, where the function is convex and increases, until no step falls any more
    for _ in range(200):
        tanh = xp.tanh(z)
        slope = 1.0 - bounded / 2.0 * (1.0 - tanh * tanh)
        value = z - odds / 2.0 - bounded / 2.0 * tanh
        good = slope > 0.0
        after = z - value / xp.where(good, slope, xp.ones_like(slope))
        falls = good & (after < z)
        z = xp.where(falls, after, z)
        if not bool(xp.any(falls)):
            break
    push = bounded * xp.tanh(z)
    near = xp.minimum(push, xp.full_like(push, 30.0))
    minor = light / (light + (1.0 - light) * xp.exp(near))
    inner = bounded * minor * minor + xp.log1p(minor * xp.expm1(near))
    faded = light * xp.exp(-push)
    minor = faded / (faded + 1.0 - light)
    outer = bounded * minor * minor + xp.log1p((1.0 - minor) * light / (1.0 - light) - minor)
    energy = xp.where(push < 30.0, inner, xp.where(lam > 1e5, ceiling, outer))
    return xp.where((alpha == 0.5) & (lam <= 2.0), lam / 4.0, xp.where(lam == 0.0, lam, energy))


def select(query, keys, *, alpha=0.5, beta=1.0, threshold=math.inf, mask=None):
    """Index and energy."""
    xp = array_namespace(query, keys)
    query, keys = xp.astype(query, xp.float64), xp.astype(keys, xp.float64)
    alpha = xp.asarray(alpha, dtype=xp.float64)
    shared = alpha.ndim == 0 or bool(xp.all(alpha == xp.max(alpha)))
    difference = keys[..., None, :, :] - query[..., :, None, :]
    lam = beta * xp.sum(difference * difference, axis=-1)
    same = xp.all(difference == 0.0, axis=-1)
    energy = align(
        xp, lam, xp.broadcast_to(alpha[..., None, :] if alpha.ndim else alpha, lam.shape)
    )
    threshold = xp.asarray(threshold, dtype=xp.float64)
    # an energy that underflows must not pass for an exact match
    admitted = xp.where(threshold == 0.0, same, energy <= threshold)
    if mask is not None:
        admitted = admitted & mask
    order = xp.where(admitted, lam if shared else energy, xp.full_like(lam, math.inf))
    # a separation that overflows is still ahead of a key that is not admitted
    order = xp.where(admitted, xp.minimum(order, xp.full_like(order, 1.7e308)), order)
    index = xp.astype(xp.argmin(order, axis=-1), xp.int64)
    chosen = xp.any(admitted, axis=-1)
    best = xp.take_along_axis(energy, index[..., None], axis=-1)[..., 0]
    return {
        "index": xp.where(chosen, index, xp.full_like(index, -1)),
        "energy": xp.where(chosen, best, xp.full_like(best, math.inf)),
    }


def last_tie(query, keys, **arguments):
    """The same with a fault: exact ties go to the last index."""
    xp = array_namespace(query, keys)
    found = select(query, xp.flip(keys, axis=-2), **arguments)["index"]
    return xp.where(found < 0, found, keys.shape[-2] - 1 - found)


select.gda_capabilities = (
    "alpha",
    "alpha-per-key",
    "beta",
    "threshold",
    "threshold-per-key",
    "mask",
    "batch",
    "mixed-dtype",
)
last_tie.gda_capabilities = ("beta",)
