"""Small targets, each with one habit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from fractions_order import select
from gd_attention import gd_attention

NOT_CALLABLE = 1


def index_array(query, keys, *, alpha=0.5, beta=1.0):
    """The index array alone; one alpha, no thresholds, no mask."""
    if np.ndim(alpha):
        raise TypeError("alpha: one number")
    return select(query, keys, alpha=alpha, beta=beta)["index"]


def index_list(query, keys):
    """The index as a list; query and keys alone."""
    return select(query, keys)["index"].tolist()


@dataclass
class Pair:
    """A Selection-like object with some fields."""

    index: np.ndarray
    energy: np.ndarray
    output: None = None


def selection_like(query, keys, **arguments):
    """An object with index and energy."""
    found = select(query, keys, **arguments)
    return Pair(found["index"], found["energy"])


def returns_text(query, keys, **arguments):
    """No index at all."""
    return "nearest"


def returns_output(query, keys, **arguments):
    """The output rows, as attention usually returns them."""
    return select(query, keys, **arguments)["output"]


def raises(query, keys, **arguments):
    """Fails on every call."""
    raise RuntimeError("not written yet")


def raises_on_ties(query, keys, **arguments):
    """Fails where two keys are equal."""
    if np.ndim(keys) == 2 and len(np.unique(keys, axis=0)) < len(keys):
        raise RuntimeError("two keys are equal")
    return select(query, keys, **arguments)


def mutates(query, keys, **arguments):
    """Writes into its input."""
    found = select(query, keys, **arguments)
    if isinstance(keys, np.ndarray) and keys.dtype == np.float64 and keys.size:
        keys -= keys.mean()
    return found


def freezes(query, keys, **arguments):
    """Makes its input read-only."""
    if isinstance(keys, np.ndarray):
        keys.flags.writeable = False
    return select(query, keys, **arguments)


_calls = 0


def drifts(query, keys, **arguments):
    """The energy depends on how often it was called."""
    global _calls
    _calls += 1
    found = select(query, keys, **arguments)
    found["energy"] = found["energy"] + np.spacing(found["energy"]) * (_calls % 3)
    return found


_buffer = np.zeros(100_000, dtype=np.int64)


def reuses(query, keys, **arguments):
    """Returns a view of one buffer, every time; right as long as nobody keeps the result."""
    found = select(query, keys, **arguments)
    view = _buffer[: found["index"].size].reshape(found["index"].shape)
    view[...] = found["index"]
    return view


def narrows(query, keys, **arguments):
    """Returns its energy in single precision and its output in double."""
    found = select(query, keys, **arguments)
    found["energy"] = found["energy"].astype(np.float32)
    return found


def last_tie(query, keys, *, alpha=0.5, beta=1.0):
    """Exact ties go to the last index."""
    if np.ndim(alpha) or np.ndim(query) != 2 or np.ndim(keys) != 2:
        raise TypeError("one batch, one alpha")
    found = select(query, np.asarray(keys)[::-1], alpha=alpha, beta=beta)
    return np.where(found["index"] < 0, -1, len(keys) - 1 - found["index"])


def follows_keys(query, keys):
    """Casts the query to the dtype of the keys before it computes."""
    if isinstance(keys, np.ndarray) and keys.dtype.kind == "f":
        query = np.asarray(query).astype(keys.dtype)
    return select(query, keys)["index"]


def first_components(query, keys):
    """Looks at the first 64 components: a blocked loop without its remainder."""
    return select(np.asarray(query)[..., :64], np.asarray(keys)[..., :64])["index"]


def first_keys(query, keys):
    """Looks at the first 64 keys."""
    return select(query, np.asarray(keys)[..., :64, :])["index"]


def first_queries(query, keys):
    """Answers the first 64 queries."""
    index = select(query, keys)["index"]
    index[..., 64:] = 0
    return index


def first_fill(query, keys, values=None, *, threshold=math.inf, fill=0.0):
    """Takes the first row of fill for every query."""
    if np.ndim(fill) >= 2:
        fill = np.asarray(fill)[..., :1, :]
    return select(query, keys, values, threshold=threshold, fill=fill)


def squeezes_beta(query, keys, *, beta=1.0):
    """Validates, but takes an array of one element for a number."""
    return gd_attention(query, keys, beta=np.squeeze(beta)).index


def forgives_masked_weights(query, keys, *, alpha=0.5, mask=None):
    """Validates, but not the weights of keys that the mask forbids."""
    if mask is not None and np.shape(alpha) == np.shape(mask):
        alpha = np.where(mask, alpha, 0.5)
    return gd_attention(query, keys, alpha=alpha, mask=mask).index


def reads_anything(query, keys):
    """Validates numbers, but makes a number of objects, strings and None first."""

    def read(value):
        array = np.asarray(value)
        if array.dtype.kind in "biufc" and array.dtype.char not in "gG":
            return value
        return np.zeros((1, 3)) if value is None else array.astype(float)

    return gd_attention(read(query), read(keys)).index


def ignores_mask(query, keys, *, mask=None):
    """Takes a mask and does not look at it."""
    return select(query, keys)["index"]


def declared(query, keys, **arguments):
    """Says what it can do."""
    return select(query, keys, **arguments)["index"]


declared.gda_capabilities = ("alpha-per-key", "mask")
