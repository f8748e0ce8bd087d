"""Formats: their numbers are those of the dtypes, and rounding is to nearest even."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest
from gd_attention.conformance.formats import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, FORMATS, plain
from gd_attention.conformance.rational import dyadic

ALL = list(FORMATS.values())
NARROW = ALL[1:]
named = pytest.mark.parametrize("form", ALL, ids=lambda form: form.name)
narrow = pytest.mark.parametrize("form", NARROW, ids=lambda form: form.name)


@named
@pytest.mark.clause("GDA-conf-contract-record")
def test_constants_are_those_of_the_dtype(form) -> None:
    known = ml_dtypes.finfo(form.dtype)
    assert form.eps == float(known.eps)
    assert form.largest == float(known.max)
    assert form.normal == float(known.smallest_normal)
    assert form.least == float(known.smallest_subnormal)


def numbers(form, count: int = 2000) -> np.ndarray:
    rng = np.random.default_rng(1)
    scale = rng.uniform(form.bottom - 3, form.top - 1, size=count)
    drawn = rng.normal(size=count) * 2.0 ** np.maximum(scale, -1060)
    # halfway between neighbours, and next to that
    middle = (1 + form.eps * (rng.integers(0, 50, size=60) + 0.5)) * 2.0 ** rng.integers(-5, 5, 60)
    return np.concatenate([drawn, middle, np.nextafter(middle, 9e9), [0.0, -0.0, 1.0]])


@narrow
@pytest.mark.clause("GDA-conf-contract-record")
def test_rounding_is_the_cast_of_the_dtype(form) -> None:
    given = numbers(form)
    with np.errstate(over="ignore"):
        cast = given.astype(np.float32 if form.name != "float16" else np.float16)
    if form.name == "bfloat16":
        # the cast to bfloat16 goes by way of float32; leave out where that rounds twice
        given = cast.astype(np.float64)
        cast = cast.astype(ml_dtypes.bfloat16)
    finite = np.isfinite(cast.astype(np.float64))
    rounded = form.rounded(given)
    assert (rounded[finite] == cast.astype(np.float64)[finite]).all()
    assert [form.nearest(x) for x in given.tolist()] == rounded.tolist()
    assert form.represents(rounded)


@narrow
@pytest.mark.clause("GDA-conf-contract-record")
def test_neighbours_are_those_of_the_dtype(form) -> None:
    own = np.unique(form.rounded(numbers(form, 300)))
    own = own[np.abs(own) < form.largest]
    for direction, step in ((np.inf, form.above), (-np.inf, form.below)):
        end = np.asarray(direction).astype(form.dtype)
        expected = np.nextafter(own.astype(form.dtype), end).astype(np.float64)
        assert [step(x) for x in own.tolist()] == expected.tolist()
    for x in (0.7, -0.7, 1e-3, form.least / 3):
        assert form.floor(x) < x < form.ceil(x)
        assert form.above(form.floor(x)) == form.ceil(x)
        assert form.ulp(x) == form.ceil(x) - form.floor(x)
    assert form.floor(form.largest) == form.nearest(form.largest * 1.9) == form.largest
    assert form.floor(-2 * form.largest) == -math.inf
    assert form.nearest(math.inf) == math.inf


@named
@pytest.mark.clause("GDA-conf-contract-record")
def test_membership(form) -> None:
    for value in (form.least, form.normal, form.largest, 1.0, 1.0 + form.eps):
        assert form.holds(*dyadic(value))
    assert not form.holds(1, form.bottom - 1)
    assert not form.holds(1, form.top)
    assert not form.holds(form.unit + 1, 0)
    assert form.represents(np.array([np.nan, np.inf, -0.0]))
    assert form.represents(np.arange(5))
    assert not form.represents(np.array([2**60 + 1]))
    if form.bits < 53:
        assert not form.represents([1.0 + form.eps / 2])


@pytest.mark.clause("GDA-conf-contract-record")
def test_which_format_holds_which() -> None:
    held = {form.name: {other.name for other in ALL if other in form} for form in ALL}
    assert held == {
        "float64": {"float64", "float32", "float16", "bfloat16"},
        "float32": {"float32", "float16", "bfloat16"},
        "float16": {"float16"},
        "bfloat16": {"bfloat16"},
    }


@pytest.mark.clause("GDA-conf-contract-record")
def test_float64_is_left_alone() -> None:
    assert FLOAT64.nearest(0.1) == FLOAT64.floor(0.1) == 0.1
    assert FLOAT64.above(0.1) == math.nextafter(0.1, 1)
    array = np.array([0.1])
    assert FLOAT64.rounded(array) is array
    assert plain(array) is array
    wide = plain(array.astype(BFLOAT16.dtype))
    assert (wide.dtype, wide[0]) == (np.float32, BFLOAT16.nearest(0.1))
    assert FLOAT32.dtype == np.float32 and FLOAT16.dtype == np.float16
