"""The inputs of a case in the format of a contract.

A case under a contract holds only numbers of the contract's dtype, and its arrays are handed to the
target in that dtype. A stored case that holds other numbers says nothing under the contract and is
skipped; drawn and measured numbers are rounded first, and judged as the numbers they then are.

Clause: GDA-conf-contract-record.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from gd_attention.conformance.case import ARGUMENTS, Case
from gd_attention.conformance.formats import FLOAT64, Format, plain

__all__ = ["belongs", "fit", "hand", "widened"]


def fit(case: Case, form: Format) -> Case:
    """A valid case with its numbers rounded into the format, its arrays in the dtype.

    Finite numbers stay finite, alpha stays inside (0, 1) and beta positive. Integers that the
    format holds stay integers.
    """
    if form == FLOAT64:
        return case
    changed = {name: _rounded(name, value, form) for name, value in case.arguments().items()}
    return _cast(replace(case, **changed), form)


def hand(case: Case, form: Format) -> tuple[Case, str]:
    """The case in the dtype, and which of its arguments are not representable, if any.

    A bad call keeps the arguments that the format does not hold: they may be what is bad.
    """
    if case.dtype == form.name:
        return case, ""
    if case.expects is not None:
        return _cast(case, form, bad=True), ""
    foreign = [
        name
        for name, value in case.arguments().items()
        if name != "mask" and not _is_copied(name, value) and not form.represents(value)
    ]
    if foreign:
        return case, f"not representable in {form.name}: {', '.join(foreign)}"
    return _cast(case, form), ""


def belongs(case: Case, form: Format) -> bool:
    """Whether a case, perhaps simplified since, is still one under a contract of the format."""
    if form == FLOAT64:
        return True
    for name, value in case.arguments().items():
        array = np.asarray(value)
        if name == "mask" or _is_copied(name, value):
            continue
        if not form.represents(value):
            return False
        if _is_real(array) and not np.isscalar(value) and array.dtype != form.dtype:
            return False
    return bool(np.all((np.asarray(case.alpha) > 0) & (np.asarray(case.alpha) < 1)))


def widened(case: Case) -> Case:
    """The same numbers in float64, for arithmetic on them."""
    if case.dtype == FLOAT64.name:
        return case
    changed: dict[str, Any] = {
        name: np.asarray(value).astype(np.float64)
        for name in ARGUMENTS
        if isinstance(value := getattr(case, name), np.ndarray) and _is_real(value)
    }
    return replace(case, **changed)


def _is_real(array: Any) -> bool:
    return bool(plain(array).dtype.kind == "f")


def _is_copied(name: str, value: Any) -> bool:
    """Integer values and fill: rows that are copied and never computed with."""
    return name in ("values", "fill") and np.asarray(value).dtype.kind in "iu"


def _rounded(name: str, value: Any, form: Format) -> Any:
    array = np.asarray(value)
    if name == "mask" or _is_copied(name, value) or form.represents(value):
        return value
    numbers = form.rounded(plain(array).astype(np.float64))
    if name == "alpha":
        numbers = np.clip(numbers, form.least, form.below(1.0))
    elif name == "beta":
        numbers = np.maximum(numbers, form.least)
    if np.isscalar(value):
        return numbers.item()
    return numbers


def _cast(case: Case, form: Format, *, bad: bool = False) -> Case:
    changed: dict[str, Any] = {}
    for name, value in case.arguments().items():
        if name == "mask" or np.isscalar(value) or value is None:
            continue
        if bad and not (isinstance(value, np.ndarray) and value.dtype == np.float64):
            continue
        array = np.asarray(value)
        if _is_real(array) and form.represents(array):
            changed[name] = array.astype(form.dtype)
    return replace(case, **changed, dtype=form.name)
