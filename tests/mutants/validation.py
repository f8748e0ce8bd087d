"""Faults of validation: a bad call that is answered, or answered with the wrong exception."""

from __future__ import annotations

from typing import Any

import numpy as np

from mutants.base import Array, Base
from mutants.registry import mutant

_SHAPE = "GDA-input-shape"
_DTYPE = "GDA-input-dtype"
_DOMAIN = "GDA-input-domain"


@mutant(_SHAPE, why="atleast_2d is convenient for a single query.")
class OneAxisAccepted(Base):
    """An argument of one axis gets another in front."""

    def real(self, name: str, given: Any) -> Array:
        array = super().real(name, given)
        points = name in ("query", "keys", "values")
        return np.atleast_2d(array) if points else array


@mutant(_SHAPE, why="NumPy broadcasts one row of values to all keys.")
class OneRowOfValuesAccepted(Base):
    """One row of values serves all keys."""

    def check_sizes(self, query: Array, keys: Array, values: Array) -> None:
        super().check_sizes(query, keys, keys if values.shape[-2] == 1 else values)

    def gather(self, call: Any, index: Array, at: Array) -> Array:
        rows = (*call.keys.shape[:-1], call.values.shape[-1])
        return np.take_along_axis(np.broadcast_to(call.values, rows), at[..., None], -2)


@mutant(_SHAPE, why="A dimension of 1 broadcasts.")
class OneDimensionBroadcasts(Base):
    """Keys of dimension 1 are compared with every component of the query."""

    def check_sizes(self, query: Array, keys: Array, values: Array) -> None:
        if keys.shape[-1] != 1:
            super().check_sizes(query, keys, values)

    def convert(self, query: Array, keys: Array) -> tuple[Array, Array]:
        query, keys = super().convert(query, keys)
        return query, np.broadcast_to(keys, (*keys.shape[:-1], query.shape[-1]))


@mutant(_SHAPE, why="Arguments are broadcast together, whichever is larger.")
class ParametersEnlarge(Base):
    """alpha, threshold and mask of a wrong shape are cut to fit."""

    def fit(self, name: str, array: Array, shape: tuple[int, ...]) -> Array:
        try:
            return super().fit(name, array, shape)
        except ValueError:
            return np.broadcast_to(array.ravel()[0], shape)


@mutant(_DTYPE, why="0 and 1 are booleans too.")
class IntegerMaskAccepted(Base):
    """A mask of integers or floats is taken for booleans."""

    def allowed(self, mask: Any) -> Array:
        return super().allowed(mask if mask is None else np.asarray(mask).astype(bool))


@mutant(_DTYPE, why="True is 1.")
class BooleansAccepted(Base):
    """Boolean points and parameters are taken for numbers."""

    def real(self, name: str, given: Any) -> Array:
        array = np.asarray(given)
        return super().real(name, array.astype(float) if array.dtype == bool else given)


@mutant(_DTYPE, why="astype(float64) drops the imaginary part with a warning.")
class ImaginaryPartDropped(Base):
    """Complex arguments lose their imaginary part."""

    def real(self, name: str, given: Any) -> Array:
        array = np.asarray(given)
        return super().real(name, array.real if array.dtype.kind == "c" else given)


@mutant(_DTYPE, why="Every error of an argument is a ValueError.")
class ValueErrorForTypes(Base):
    """A wrong dtype is a ValueError."""

    def real(self, name: str, given: Any) -> Array:
        try:
            return super().real(name, given)
        except TypeError as error:
            raise ValueError(str(error)) from None


@mutant(_DTYPE, why="Integers convert to float64, says NumPy.")
class IntegersRounded(Base):
    """Integers beyond 2^53 are rounded."""

    def check_integers(self, name: str, array: Array) -> None:
        pass


@mutant(_DOMAIN, why="Probabilities include 0 and 1.")
class AlphaClosedInterval(Base):
    """alpha = 0 and alpha = 1 are accepted."""

    def check_domain(self, alpha: Array, beta: Array, threshold: Array) -> None:
        super().check_domain(np.where((alpha == 0) | (alpha == 1), 0.5, alpha), beta, threshold)


@mutant(_DOMAIN, why="`not alpha < 0 and not alpha > 1` lets NaN pass.")
class AlphaNanAccepted(Base):
    """alpha may be NaN."""

    def check_domain(self, alpha: Array, beta: Array, threshold: Array) -> None:
        super().check_domain(np.where(np.isnan(alpha), 0.5, alpha), beta, threshold)


@mutant(_DOMAIN, why="A precision is positive; who would pass anything else.")
class BetaUnchecked(Base):
    """beta may be zero, negative, infinite or NaN."""

    def check_domain(self, alpha: Array, beta: Array, threshold: Array) -> None:
        super().check_domain(alpha, np.array(1.0), threshold)


@mutant(_DOMAIN, why="A comparison with NaN is false, so nothing is admitted: fine.")
class NanThresholdAccepted(Base):
    """A NaN threshold admits nothing."""

    def check_domain(self, alpha: Array, beta: Array, threshold: Array) -> None:
        super().check_domain(alpha, beta, np.nan_to_num(threshold))


@mutant("GDA-input-finite", why="NaN in, NaN out.")
class NonFiniteAccepted(Base):
    """Rows that are not finite are never the nearest."""

    def check_finite(self, query: Array, keys: Array, mask: Array) -> None:
        pass


@mutant("GDA-input-finite", why="isnan() looks like the check for bad numbers.")
class InfinityAccepted(Base):
    """Infinite components are accepted, NaN is not."""

    def check_finite(self, query: Array, keys: Array, mask: Array) -> None:
        super().check_finite(
            np.nan_to_num(query, nan=np.nan), np.nan_to_num(keys, nan=np.nan), mask
        )


@mutant("GDA-fill-representable", why="astype() truncates silently.")
class FillTruncated(Base):
    """A fill that the dtype of values cannot hold is converted."""

    def fitting_fill(self, fill: Any, dtype: np.dtype) -> Array:
        with np.errstate(all="ignore"):
            return self.real("fill", fill).astype(dtype)


@mutant("GDA-fill-representable", why="The fill is looked at where a query abstains.")
class FillCheckedLate(Base):
    """A bad fill raises only if some query abstains."""

    def fitting_fill(self, fill: Any, dtype: np.dtype) -> Array:
        self.late = None
        try:
            return super().fitting_fill(fill, dtype)
        except ValueError as error:
            self.late = error
            return np.zeros((), dtype=dtype)

    def abstained(self, call: Any, found: Array, *rest: Array) -> dict[str, Array]:
        if self.late is not None and not bool(found.all()):
            raise self.late
        return super().abstained(call, found, *rest)
