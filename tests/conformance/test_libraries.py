"""Targets that take arrays of another library: what they get, what is read, what is noticed."""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gd_attention import gd_attention
from gd_attention.conformance import LIBRARIES, HarnessError, Report, adapt, verify
from gd_attention.conformance.attempt import attempt
from gd_attention.conformance.bench import Bench
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import contract
from gd_attention.conformance.profile import find_profile
from gd_attention.conformance.target import ReturnTypeError
from gd_attention.conformance.verdict import Verdict

TARGETS = Path(__file__).parents[1] / "targets"
DTYPES = (
    "float64",
    "float32",
    "float16",
    *(f"{s}int{b}" for s in ("", "u") for b in (8, 16, 32, 64)),
)

QUERY = np.array([[0.0, 1.0]])
KEYS = np.array([[1.0, 1.0], [0.5, 3.0], [2.0, -1.0]])
CASE = Case(QUERY, KEYS, mask=np.array([True, False, True]), alpha=0.25, id="masked")


def libraries() -> pytest.MarkDecorator:
    """One test per library."""
    return pytest.mark.parametrize("library", LIBRARIES)


@pytest.fixture(autouse=True)
def _targets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TARGETS)


class Spy:
    """Keeps what it was called with, and answers with index 0."""

    def __call__(self, query, keys, **arguments):
        self.given = {"query": query, "keys": keys, **arguments}
        return np.zeros(np.shape(query)[:-1], dtype=np.int64)


@pytest.mark.clause("GDA-conf-arrays")
@libraries()
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_arrive_as_they_are(library, dtype):
    """Of the library, with the dtype, the shape and the numbers of the case; numbers as numbers."""
    case = Case(QUERY.astype(dtype), KEYS, values=np.arange(3, dtype=dtype)[:, None], alpha=0.25)
    spy = Spy()
    target = adapt(spy, library)
    if library == "strict" and dtype == "float16":
        assert "no dtype float16" in target.gda_unfit(case)
        return
    assert not target.gda_unfit(case)
    case.call(target)
    module = {"numpy": "numpy", "torch": "torch", "jax": "jaxlib", "strict": "array_api_strict"}
    for name, value in case.arguments().items():
        came = spy.given[name]
        if name == "alpha":
            assert came == 0.25 and type(came) is float
            continue
        assert type(came).__module__.partition(".")[0] == module[library]
        assert str(came.dtype).rpartition(".")[2] == value.dtype.name
        assert tuple(came.shape) == value.shape
        assert np.array_equal(np.from_dlpack(came), value)


@pytest.mark.clause("GDA-conf-arrays")
@libraries()
def test_masks_and_scalars_of_a_dtype(library):
    """A mask is boolean; a NumPy scalar becomes an array without dimensions, of its dtype."""
    spy = Spy()
    Case(QUERY, KEYS, mask=CASE.mask, beta=np.float32(2.0)).call(adapt(spy, library))
    assert str(spy.given["mask"].dtype).rpartition(".")[2] == "bool"
    assert spy.given["beta"].shape == () and float(spy.given["beta"]) == 2.0
    assert str(spy.given["beta"].dtype).rpartition(".")[2] == "float32"


@pytest.mark.clause("GDA-conf-arrays")
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_every_layout_occurs(library):
    """Views as well as fresh arrays, the same for the same contents; numbers stay the same."""
    seen = set()
    spy = Spy()
    target = adapt(spy, library)
    for shift in range(40):
        case = Case(QUERY + shift, np.arange(12.0).reshape(4, 3)[:, :2] + shift)
        for _ in range(2):
            case.call(target)
            keys = spy.given["keys"]
            strides = keys.stride() if library == "torch" else tuple(s // 8 for s in keys.strides)
            writeable = library == "torch" or keys.flags.writeable
            seen.add((strides, writeable))
            assert np.array_equal(np.asarray(keys), case.keys)
        assert len(seen) <= 5
    expected = {((2, 1), True), ((1, 4), True), ((4, 2), True)}
    if library == "numpy":
        expected |= {((2, -1), True), ((2, 1), False)}
    assert seen == expected


def writes(query, keys, **arguments):
    """Changes a number of an input."""
    keys[0, 0] = 7.0
    return np.zeros(query.shape[0], dtype=np.int64)


def marks(query, keys, **arguments):
    """Asks for gradients of its input."""
    keys.requires_grad_()
    return np.zeros(query.shape[0], dtype=np.int64)


def transposes(query, keys, **arguments):
    """Turns its input around."""
    keys.t_()
    return np.zeros(query.shape[0], dtype=np.int64)


def gives_away(query, keys, **arguments):
    """Lets JAX reuse the memory of its input."""
    keys.delete()
    return np.zeros(query.shape[0], dtype=np.int64)


@pytest.mark.clause("GDA-conf-arrays", "GDA-call-pure")
@pytest.mark.parametrize(
    ("function", "library", "message"),
    [
        (writes, "numpy", "keys: [[1.0, 1.0]"),
        (writes, "torch", "keys: [[1.0, 1.0]"),
        (writes, "strict", "keys: [[1.0, 1.0]"),
        (marks, "torch", "keys: "),
        (transposes, "torch", "keys: "),
        (gives_away, "jax", "given away"),
    ],
)
def test_a_modified_input_is_noticed(function, library, message):
    """Numbers, layout, gradient and ownership; and it counts under its clause."""
    case = Case(QUERY, np.array([[1.0, 1.0], [0.5, 3.0], [2.0, -4.0]]))
    target = adapt(function, library)
    assert message in attempt(target, case).modified
    findings = Bench(target, contract("float64"), find_profile(target)).first(case).findings
    assert [f.verdict for f in findings if f.clause == "GDA-call-pure"] == [Verdict.WRONG]
    # what an earlier call did is not held against a later one
    target.function = Spy()
    assert attempt(target, case).modified == ""


@pytest.mark.clause("GDA-conf-arrays")
@libraries()
@pytest.mark.parametrize("form", ["array", "mapping", "object"])
def test_results_are_read_back(library, form):
    """In every form that a target may use; a field that is no library array is left alone."""

    def target(query, keys, **arguments):
        found = gd_attention(query, keys, **arguments)
        if form == "array":
            return found.index
        if form == "mapping":
            return {"index": found.index, "energy": found.energy, "unique": [True]}
        return found

    response = attempt(adapt(target, library), CASE).response
    assert response is not None
    direct = CASE.call(gd_attention)
    assert response.fields["index"].tolist() == direct.index.tolist()
    assert all(isinstance(value, np.ndarray) for value in response.fields.values())
    if form != "array":
        assert response.fields["energy"].dtype == np.float64
        assert response.fields["energy"].tobytes() == direct.energy.tobytes()


@pytest.mark.clause("GDA-conf-arrays")
def test_results_with_a_gradient_or_elsewhere():
    """A gradient is no fault of an answer; an array on another device cannot be read."""
    torch = pytest.importorskip("torch")
    target = adapt(
        lambda query, keys: {"index": [0], "energy": torch.zeros(1).requires_grad_()}, "torch"
    )
    assert attempt(target, Case(QUERY, KEYS)).response is not None
    target = adapt(lambda query, keys: torch.zeros(1, dtype=torch.int64, device="meta"), "torch")
    error = attempt(target, Case(QUERY, KEYS)).error
    assert isinstance(error, ReturnTypeError) and "on meta" in str(error)


@pytest.mark.clause("GDA-conf-arrays")
def test_faults_of_the_call(monkeypatch):
    """An unknown library; one that is not installed, with the command that installs it."""
    with pytest.raises(HarnessError, match="unknown library 'cupy'; known are numpy, torch"):
        verify(gd_attention, arrays="cupy")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(HarnessError, match="pip install torch"):
        adapt(gd_attention, "torch")


@functools.cache
def judged(name: str, library: str | None) -> Report:
    """The report on a target, made once."""
    if name == "gd_attention":
        return verify("gd_attention:gd_attention", contract="exact", cases=20, arrays=library)
    return verify(f"array_api:{name}", cases=20, arrays=library)


def wrong(report: Report) -> set[str]:
    """The clauses with a WRONG case."""
    return {clause.id for clause in report.clauses if clause.wrong}


@pytest.mark.clause("GDA-conf-arrays", "GDA-call-library")
@libraries()
def test_the_reference_conforms_with_the_arrays_of(library):
    """Under exact, bad calls included."""
    report = judged("gd_attention", library)
    assert report.verdict == "conforms", report.reason
    assert report.profile.capabilities == judged("gd_attention", None).profile.capabilities
    assert report.arrays is not None and report.arrays.startswith(
        "array-api-strict" if library == "strict" else library
    )


@pytest.mark.clause("GDA-conf-arrays")
@pytest.mark.parametrize("library", ["numpy", "torch", "strict"])
def test_one_implementation_for_all_libraries_conforms(library):
    """Written once against the array API, judged with the arrays of each."""
    report = judged("select", library)
    assert report.verdict == "conforms", report.reason
    assert report.clause("GDA-input-exact").decided


@pytest.mark.clause("GDA-conf-arrays")
@libraries()
def test_one_fault_for_all_libraries_fails_alike(library):
    """The same clauses, and a counterexample that runs as pasted with that library's arrays."""
    report = judged("last_tie", library)
    assert report.verdict == "fails"
    assert wrong(report) == wrong(judged("last_tie", None))
    example = report.clause("GDA-select-ties").counterexample
    assert example is not None
    assert f"adapt(last_tie, {library!r})" in example.snippet
    run = subprocess.run(
        [sys.executable, "-c", example.snippet], cwd=TARGETS, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert "1" in run.stdout


@pytest.mark.clause("GDA-conf-arrays")
def test_subnormal_numbers_in_jax():
    """XLA takes them for zero: the judge shows it, and does not excuse it."""
    from array_api import select

    case = Case(QUERY[:, :1], np.array([[1e-160]]), id="underflow")
    verdicts = {}
    for library in ("numpy", "jax"):
        target = adapt(select, library)
        findings = Bench(target, contract("float64"), find_profile(target)).first(case).findings
        (verdicts[library],) = (f.verdict for f in findings if f.clause == "GDA-energy-value")
    assert verdicts["numpy"] is not Verdict.WRONG and verdicts["jax"] is Verdict.WRONG


@pytest.mark.clause("GDA-conf-arrays")
def test_the_command_line(tmp_path):
    """``--arrays`` says in the report what it fed."""
    run = subprocess.run(
        [
            *(sys.executable, "-m", "gd_attention.cli", "verify", "array_api:select"),
            *("--cases", "0", "--arrays", "strict"),
        ],
        cwd=TARGETS,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "arrays        array-api-strict 2" in run.stdout
