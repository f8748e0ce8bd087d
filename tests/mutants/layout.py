"""Faults of batch axes, dtypes, values, and of what is kept between calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from mutants.base import Array, Base, Call
from mutants.registry import mutant

_BATCH = "GDA-batch-broadcast"
_DTYPE = "GDA-output-dtype"
_GATHER = "GDA-output-gather"
_EXACT = "GDA-input-exact"
_PURE = "GDA-call-pure"


@mutant(_BATCH, why="keys[0] in a loop over the batch.")
class KeysOfTheFirstEntry(Base):
    """Every batch entry gets the keys of the first."""

    def squares(self, query: Array, keys: Array) -> Array:
        if keys.ndim > 2 and keys.size:
            keys = np.broadcast_to(keys[:1], keys.shape)
        return super().squares(query, keys)


@mutant(_BATCH, why="An index into the batch runs one ahead.")
class BatchAxesMixed(Base):
    """Every batch entry gets the keys of the next."""

    def squares(self, query: Array, keys: Array) -> Array:
        return super().squares(query, np.roll(keys, 1, axis=0) if keys.ndim > 2 else keys)


@mutant(_BATCH, why="reshape where a transposition is meant.")
class HeadsMixed(Base):
    """With two leading axes the keys are read in the wrong order of heads."""

    def squares(self, query: Array, keys: Array) -> Array:
        if keys.ndim == 4:
            first, second = keys.shape[:2]
            keys = np.swapaxes(keys, 0, 1).reshape(first, second, *keys.shape[2:])
        return super().squares(query, keys)


@mutant(_BATCH, _GATHER, why="The offset of the batch entry is forgotten in the gather.")
class ValuesOfTheFirstEntry(Base):
    """The output is taken from the values of the first batch entry."""

    def gather(self, call: Call, index: Array, at: Array) -> Array:
        values = call.values
        if values.ndim > 2 and values.size:
            values = np.broadcast_to(values[(0,) * (values.ndim - 2)], values.shape)
        return np.take_along_axis(values, at[..., None], -2)


@mutant(_BATCH, why="squeeze() removes the axes of length 1 that were added before.")
class LeadingAxesSqueezed(Base):
    """Leading axes of length 1 are missing from the index."""

    def fields(self, call: Call, index: Array, *rest: Array) -> dict[str, Array]:
        found = super().fields(call, index, *rest)
        if index.ndim > 1 and index.shape[0] == 1:
            found["index"] = found["index"][0]
        return found


@mutant(_GATHER, why="Selection returns keys; values are an afterthought.")
class KeysForValues(Base):
    """The output is made of keys, cut or padded to the width of the values."""

    def gather(self, call: Call, index: Array, at: Array) -> Array:
        width = call.values.shape[-1]
        keys = np.take_along_axis(call.keys, at[..., None], -2)
        cut = np.zeros((*keys.shape[:-1], width))
        shared = min(width, keys.shape[-1])
        cut[..., :shared] = keys[..., :shared]
        return cut.astype(call.values.dtype)


@mutant("GDA-values-nan", why="A one-hot matrix times the values: NaN times 0 is NaN.")
class OneHotProduct(Base):
    """The output is a matrix product."""

    def gather(self, call: Call, index: Array, at: Array) -> Array:
        hot = (np.arange(call.values.shape[-2]) == at[..., None]).astype(np.float64)
        return (hot @ call.values).astype(call.values.dtype)


@mutant("GDA-values-nan", why="Values are validated like keys.")
class ValuesMustBeFinite(Base):
    """NaN in values is a ValueError."""

    def check_sizes(self, query: Array, keys: Array, values: Array) -> None:
        super().check_sizes(query, keys, values)
        if values is not keys and not bool(np.isfinite(values).all()):
            raise ValueError("values: not finite")


@mutant("GDA-values-default", why="Without values there is nothing to return.")
class NoValuesNoOutput(Base):
    """values=None means values of 0."""

    def __call__(self, query: Any, keys: Any, values: Any = None, **rest: Any) -> Any:
        found = super().__call__(query, keys, values, **rest)
        if values is None:
            found["output"] = np.zeros_like(found["output"])
        return found


@mutant(_DTYPE, why="Everything is float64 inside.")
class OutputInFloat64(Base):
    """The output is float64 whatever the dtype of values."""

    def abstained(self, call: Call, *rest: Any) -> dict[str, Array]:
        found = super().abstained(call, *rest)
        found["output"] = found["output"].astype(np.float64)
        return found


@mutant(_DTYPE, why="Nobody needs more digits of an energy.")
class EnergyInFloat32(Base):
    """The energy is returned in float32."""

    def abstained(self, call: Call, *rest: Any) -> dict[str, Array]:
        found = super().abstained(call, *rest)
        found["energy"] = found["energy"].astype(np.float32)
        return found


@mutant(_DTYPE, why="Booleans are awkward in the other language.")
class UniqueAsInteger(Base):
    """unique is returned as 0 or 1."""

    def abstained(self, call: Call, *rest: Any) -> dict[str, Array]:
        found = super().abstained(call, *rest)
        found["unique"] = found["unique"].astype(np.int8)
        return found


@mutant("GDA-select-index", why="An index fits into a byte, for 127 keys.")
class IndexInInt8(Base):
    """The index is returned as int8."""

    def abstained(self, call: Call, *rest: Any) -> dict[str, Array]:
        found = super().abstained(call, *rest)
        found["index"] = found["index"].astype(np.int8)
        return found


@mutant(_EXACT, why="Inputs are brought to one dtype, the narrower of the two.")
class NarrowerDtypeForBoth(Base):
    """Query and keys are converted to the narrower floating dtype."""

    def convert(self, query: Array, keys: Array) -> tuple[Array, Array]:
        floats = [array.dtype for array in (query, keys) if array.dtype.kind == "f"]
        if len(floats) == 2:
            narrow = min(floats, key=lambda dtype: dtype.itemsize)
            query, keys = query.astype(narrow), keys.astype(narrow)
        return super().convert(query, keys)


@mutant(_EXACT, why="Integers become the default float of the framework.")
class IntegersThroughFloat32(Base):
    """Integers are rounded to float32."""

    def convert(self, query: Array, keys: Array) -> tuple[Array, Array]:
        if query.dtype.kind in "iu":
            query = query.astype(np.float32)
        if keys.dtype.kind in "iu":
            keys = keys.astype(np.float32)
        return super().convert(query, keys)


@mutant(_EXACT, why="k - q is formed in the dtype in which it came.")
class IntegerDifferencesWrap(Base):
    """Integers are subtracted in their own width, which wraps."""

    def convert(self, query: Array, keys: Array) -> tuple[Array, Array]:
        self.given = (query, keys)
        return super().convert(query, keys)

    def squares(self, query: Array, keys: Array) -> Array:
        one, two = self.given
        if one.dtype.kind in "iu" and one.dtype == two.dtype:
            query = np.broadcast_to(one, query.shape)
            keys = np.broadcast_to(two, keys.shape)
        return super().squares(query, keys).astype(np.float64)


@mutant("GDA-input-exact", why="float16 inputs stay float16: the hardware is fast there.")
class HalfStaysHalf(Base):
    """float16 inputs are subtracted, squared and added in float16."""

    def convert(self, query: Array, keys: Array) -> tuple[Array, Array]:
        self.half = query.dtype == np.float16 or keys.dtype == np.float16
        return super().convert(query, keys)

    def squares(self, query: Array, keys: Array) -> Array:
        if self.half:
            query, keys = query.astype(np.float16), keys.astype(np.float16)
        return super().squares(query, keys).astype(np.float64)


@mutant("GDA-select-index", why="Distances are cached, with the shape for a key.")
class StaleState(Base):
    """Distances of an earlier call of the same shape are used again."""

    def __init__(self) -> None:
        self.kept: dict[Any, Array] = {}

    def squares(self, query: Array, keys: Array) -> Array:
        return self.kept.setdefault((query.shape, keys.shape), super().squares(query, keys))


@mutant("GDA-call-repeatable", why="Newton starts from the last root, which is near.")
class WarmStart(Base):
    """The energy carries a trace of the call before."""

    def __init__(self) -> None:
        self.last = 0.0

    def align(self, separation: Array, alpha: Array) -> tuple[Array, Array]:
        t, energy = super().align(separation, alpha)
        moved = np.where(energy > 0.0, energy + np.spacing(energy) * (self.last > 0.5), energy)
        finite = separation[np.isfinite(separation)]
        self.last = float(finite.flat[0] % 1.0) if finite.size else 0.0
        return t, moved


@mutant(_PURE, why="Centring in place saves a copy.")
class CentresInPlace(Base):
    """The mean of the keys is subtracted from the caller's arrays."""

    def __call__(self, query: Any, keys: Any, *rest: Any, **named: Any) -> Any:
        found = super().__call__(query, keys, *rest, **named)
        if isinstance(keys, np.ndarray) and keys.dtype == np.float64 and keys.size:
            keys -= keys.mean()
        return found


@mutant(_PURE, why="sort() of the array, where sorted() is meant.")
class SortsInPlace(Base):
    """The thresholds of the caller are sorted."""

    def __call__(self, query: Any, keys: Any, *rest: Any, **named: Any) -> Any:
        found = super().__call__(query, keys, *rest, **named)
        if isinstance(named.get("threshold"), np.ndarray) and named["threshold"].ndim:
            named["threshold"].sort()
        return found


@mutant(_PURE, why="Nobody should write into what was validated.")
class FreezesItsInput(Base):
    """The caller's arrays are made read-only."""

    def __call__(self, query: Any, keys: Any, *rest: Any, **named: Any) -> Any:
        if isinstance(query, np.ndarray):
            query.flags.writeable = False
        return super().__call__(query, keys, *rest, **named)


@mutant(_PURE, why="-0.0 is normalised in place.")
class NormalisesZeros(Base):
    """0.0 is added to the caller's keys."""

    def __call__(self, query: Any, keys: Any, *rest: Any, **named: Any) -> Any:
        found = super().__call__(query, keys, *rest, **named)
        if isinstance(keys, np.ndarray) and keys.dtype == np.float64:
            keys += 0.0
        return found


@mutant("GDA-signed-zero", why="Rows are compared by their bytes to find exact matches.")
class ZerosByTheirBytes(Base):
    """With a zero threshold 0.0 and -0.0 do not match."""

    def below(self, call: Call, separation: Array, energy: Array) -> Array:
        signs = np.signbit(call.keys[..., None, :, :]) == np.signbit(call.query[..., :, None, :])
        admitted = super().below(call, separation, energy)
        return admitted & ((call.threshold != 0.0) | signs.all(-1))
