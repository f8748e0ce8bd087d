"""The reference takes and returns arrays of the caller's library."""

from __future__ import annotations

import inspect
import math
from typing import Any

import gd_attention as package
import numpy as np
import pytest
from gd_attention import admission, align, energy, gd_attention, order_keys, reconstruct, regime
from gd_attention.interchange import library_of

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
strict = pytest.importorskip("array_api_strict")

QUERY = np.array([[0.0, 1.0], [2.0, 0.5]])
KEYS = np.array([[1.0, 1.0], [0.5, 3.0], [2.0, -1.0]])
MASK = np.array([True, False, True])


def jax_array(value: Any) -> Any:
    """A JAX array of 64 bits, whatever the mode."""
    with jax.enable_x64(True):
        return jax.numpy.asarray(value)


MAKERS = {"torch": torch.asarray, "jax": jax_array, "array_api_strict": strict.asarray}


def numbers(value: Any) -> np.ndarray:
    """A library's array, to compare."""
    return np.asarray(np.from_dlpack(value))


@pytest.mark.clause("GDA-call-library")
@pytest.mark.parametrize("library", MAKERS)
@pytest.mark.parametrize(
    "call",
    [
        lambda make: gd_attention(make(QUERY), make(KEYS), mask=make(MASK), alpha=0.25),
        lambda make: gd_attention(make(QUERY), keys=make(KEYS), threshold=[0.5, 0.5, 0.5]),
        lambda make: gd_attention(make(QUERY), make(KEYS), make(np.array([[1], [2], [3]]))),
        lambda make: gd_attention(QUERY.tolist(), make(KEYS), fill=np.float64(2.0), threshold=-1.0),
        lambda make: gd_attention(make(QUERY), make(np.empty((0, 2)))),
        lambda make: admission(make(QUERY), make(KEYS), beta=make(np.array(2.0))),
        lambda make: align(make(np.array([0.5, 2.0, math.inf])), 0.25),
        lambda make: align(0.5, make(np.array(0.25))),
        lambda make: energy(make(QUERY), make(QUERY), make(KEYS[:2])),
        lambda make: reconstruct(make(QUERY), make(KEYS), alpha=make(np.array([0.5, 0.25, 0.5]))),
        lambda make: regime(make(np.array([1.0, 3.0]))),
    ],
)
def test_the_fields_are_those_of_numpy_in_the_caller_s_library(call, library):
    """Same dtypes, same bits."""
    found, expected = call(MAKERS[library]), call(np.asarray)
    pairs = [(found, expected)]
    if not isinstance(expected, np.ndarray):
        pairs = [(value, getattr(expected, name)) for name, value in vars(found).items()]
    for came, direct in pairs:
        assert library_of(came) == library
        assert numbers(came).dtype == direct.dtype
        assert numbers(came).tobytes() == direct.tobytes()
        assert tuple(came.shape) == direct.shape


@pytest.mark.clause("GDA-call-library")
def test_every_public_function_of_arrays_takes_any_library():
    """All but `merge`, which takes order keys."""
    plain = [
        name
        for name in package.__all__
        if inspect.isfunction(function := getattr(package, name)) and name != "merge"
        if not hasattr(function, "__wrapped__")
    ]
    assert plain == []
    assert (
        gd_attention.__name__ == "gd_attention" and "alpha" in inspect.signature(align).parameters
    )


@pytest.mark.clause("GDA-call-library")
def test_order_keys_stay_objects():
    """They are no numbers of any library."""
    found = order_keys(torch.asarray(QUERY), torch.asarray(KEYS))
    assert isinstance(found, np.ndarray) and found.dtype == np.object_


@pytest.mark.clause("GDA-call-library")
@pytest.mark.parametrize("dtype", ["float16", "float32", "int8", "uint8", "int64"])
def test_dtypes_are_those_of_the_caller(dtype):
    """The output has the dtype of the values; narrow inputs are exact."""
    values = torch.asarray(np.arange(6).reshape(3, 2).astype(dtype))
    found = gd_attention(torch.asarray(QUERY.astype(np.float16)), torch.asarray(KEYS), values)
    assert found.output.dtype == values.dtype and found.index.dtype == torch.int64
    assert found.energy.dtype == torch.float64 and found.unique.dtype == torch.bool


@pytest.mark.clause("GDA-call-library")
def test_jax_in_either_mode():
    """The index has 64 bits also where JAX computes with 32."""
    for wide in (False, True):
        with jax.enable_x64(wide):
            query = jax.numpy.asarray(QUERY)
            found = gd_attention(query, jax.numpy.asarray(KEYS))
            assert query.dtype == ("float64" if wide else "float32")
        assert found.index.dtype == "int64" and found.energy.dtype == "float64"
        assert found.output.dtype == query.dtype


@pytest.mark.clause("GDA-call-library", "GDA-call-pure")
def test_views_and_read_only_memory():
    """Transposed, strided, expanded; the result shares no memory with an input."""
    wide = np.repeat(KEYS, 2, axis=1)
    frozen = KEYS.copy()
    frozen.flags.writeable = False
    expected = gd_attention(QUERY, KEYS)
    for query, keys in [
        (torch.asarray(QUERY), torch.asarray(wide)[:, ::2]),
        (torch.asarray(QUERY), torch.asarray(KEYS.T.copy()).T),
        (strict.asarray(QUERY), strict.asarray(KEYS)[::-1, :][::-1, :]),
        (QUERY, wide[:, ::2]),
        (QUERY, frozen),
        (QUERY[::-1][::-1], KEYS[::-1][::-1]),
    ]:
        found = gd_attention(query, keys)
        assert numbers(found.index).tolist() == expected.index.tolist()
        assert numbers(found.output).tobytes() == expected.output.tobytes()
    values = torch.asarray(KEYS.copy())
    before = values.clone()
    gd_attention(torch.asarray(QUERY), torch.asarray(KEYS), values).output.fill_(9.0)
    assert torch.equal(values, before)
    expanded = torch.asarray(np.array([[0.5]])).expand(3, 2)
    assert gd_attention(torch.asarray(QUERY), expanded).index.tolist() == [0, 0]


@pytest.mark.clause("GDA-call-library")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: gd_attention(torch.asarray(QUERY), KEYS),
            "keys: expected an array of torch as query, got one of numpy",
        ),
        (
            lambda: gd_attention(QUERY, KEYS, mask=torch.asarray(MASK)),
            "mask: expected an array of numpy as query, got one of torch",
        ),
        (
            lambda: align(jax_array(QUERY), alpha=strict.asarray(0.5)),
            "alpha: expected an array of jax as separation, got one of array_api_strict",
        ),
        (
            lambda: gd_attention(torch.asarray(QUERY), torch.zeros((3, 2), device="meta")),
            "keys: expected an array on the CPU, got one on meta",
        ),
        (
            lambda: align(strict.asarray([1.0], device=strict.Device("device1"))),
            "separation: expected an array on the CPU, got one on array_api_strict.Device",
        ),
        (
            lambda: gd_attention(torch.asarray(QUERY).requires_grad_(), torch.asarray(KEYS)),
            "query: expected a tensor without a gradient, got one with requires_grad=True",
        ),
        (
            lambda: gd_attention(torch.asarray(QUERY).to_sparse(), torch.asarray(KEYS)),
            "query: expected a dense tensor",
        ),
        (
            lambda: gd_attention(torch.asarray(QUERY) > 0, torch.asarray(KEYS)),
            "query: expected real numbers: floats of 64 bits or fewer, or integers, got dtype bool",
        ),
        (
            lambda: align(torch.asarray([1.0]).to(torch.float8_e4m3fn)),
            "separation: expected real numbers",
        ),
        (
            lambda: gd_attention(torch.asarray(QUERY), torch.asarray(KEYS), mask=torch.ones(3)),
            "mask: expected dtype bool, got dtype float32",
        ),
        (
            lambda: jax.jit(lambda query: gd_attention(query, jax_array(KEYS)).index)(QUERY),
            "query: expected an array that holds numbers, got a traced one",
        ),
        (
            lambda: jax.grad(lambda s: align(s).energy.sum())(1.0),
            "separation: expected an array that holds numbers, got a traced one",
        ),
    ],
)
def test_what_is_refused(call, message):
    """A TypeError that names the argument, what was expected and what came."""
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value).startswith(message)


@pytest.mark.clause("GDA-call-library")
def test_gradients_that_nobody_records():
    """Parameters are read under no_grad, and after detach."""
    weights = torch.nn.Parameter(torch.asarray(KEYS))
    with torch.no_grad():
        found = gd_attention(torch.asarray(QUERY), weights)
    assert not found.energy.requires_grad
    again = gd_attention(torch.asarray(QUERY), weights.detach())
    assert torch.equal(found.index, again.index)


@pytest.mark.clause("GDA-call-library")
def test_errors_of_the_call_stay_what_they_were():
    """Wrong calls fail like those of any function, and bad values like those of NumPy."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'alphas'"):
        gd_attention(torch.asarray(QUERY), torch.asarray(KEYS), alphas=0.5)
    with pytest.raises(TypeError, match="positional argument"):
        align(torch.asarray(1.0), 0.5, 3)
    with pytest.raises(ValueError, match=r"alpha: expected values in \(0, 1\)"):
        gd_attention(torch.asarray(QUERY), torch.asarray(KEYS), alpha=torch.asarray(1.5))


@pytest.mark.clause("GDA-call-library")
def test_what_belongs_to_no_library():
    """Lists and numbers, and objects that only offer to become arrays."""

    class Boxed:
        def __array__(self, dtype=None, copy=None):
            return QUERY

    assert library_of([[1.0]]) is None and library_of(np.float32(1.0)) is None
    assert library_of(Boxed()) is None
    assert isinstance(gd_attention(Boxed(), KEYS).index, np.ndarray)
    assert gd_attention(Boxed(), torch.asarray(KEYS)).index.tolist() == [0, 0]
