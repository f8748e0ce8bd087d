"""The errata name what shows them, and the examples of the text are true.

The examples are recomputed from the landscape alone, in plain Python.
"""

from __future__ import annotations

import math
import re

import pytest
from gd_attention.cli.tracing import vector_entries
from gd_attention.spec import clauses, errata, text_files, vector_documents


def landscape(s: float, length: float) -> float:
    """Phi at alpha = 1/2, beta = 1, q = 0, k = length, on the axis."""
    return -math.log(0.5 * math.exp(-(s**2)) + 0.5 * math.exp(-((s - length) ** 2)))


def test_errata_are_numbered_and_registered() -> None:
    """E1 to E4 once each, each with its clause, and no erratum clause without an entry."""
    assert [entry.number for entry in errata()] == ["E1", "E2", "E3", "E4"]
    named = {entry.clause for entry in errata()}
    assert named == {name for name in clauses() if name.startswith("GDA-erratum-")}


def test_errata_have_their_vectors() -> None:
    """Each erratum names a vector that exists and carries the clause of the erratum."""
    carried = {
        entry["id"]: entry["clauses"]
        for _, document in vector_documents()
        for entry in vector_entries(document)
    }
    for erratum in errata():
        assert erratum.vector in carried, erratum.id
        assert erratum.clause in carried[erratum.vector], erratum.id


def test_numbers_in_the_text_are_those_of_the_registry() -> None:
    """The clause of an erratum opens with its number."""
    text = "\n".join(content for _, content in text_files())
    for erratum in errata():
        pattern = rf"^:::\{{clause\}} {erratum.clause}\n:kind: definition\n\n\*{erratum.number}\.\*"
        assert re.search(pattern, text, flags=re.MULTILINE), erratum.id


@pytest.mark.clause("GDA-erratum-uniqueness")
def test_two_minimisers_at_the_default() -> None:
    """E1: two points of equal energy, far apart, with a higher point between, and none lower."""
    near, far = 0.000371009, 2.999628991
    # both points are given to 9 decimals and are stationary: the error of phi is of second order,
    # (5e-10)^2 times a curvature of 2, far below one rounding of the sum, log and exp (4 eps)
    assert landscape(near, 3.0) == pytest.approx(landscape(far, 3.0), rel=4 * 2.0**-52, abs=0.0)
    assert f"{landscape(far, 3.0):.9f}" == "0.693023641"
    least = min(landscape(3.0 * step / 3000, 3.0) for step in range(3001))
    assert least >= landscape(far, 3.0) * (1 - 4 * 2.0**-52)


@pytest.mark.clause("GDA-erratum-bisection")
def test_midpoint_is_a_maximum() -> None:
    """E2: the midpoint is above its neighbours, and the largest of the passage at L = 3."""
    middle = landscape(1.5, 3.0)
    assert middle == 2.25
    assert max(landscape(3.0 * step / 3000, 3.0) for step in range(3001)) == middle
    # below the stated bound the ends of the passage are higher than the midpoint
    assert landscape(0.0, math.sqrt(2.43)) > landscape(math.sqrt(2.43) / 2, math.sqrt(2.43))
    assert landscape(0.0, math.sqrt(2.44)) < landscape(math.sqrt(2.44) / 2, math.sqrt(2.44))


@pytest.mark.clause("GDA-erratum-saturation")
def test_rounded_energies_tie() -> None:
    """E3: at distances 20, 11, 30 the deficit is far below half an ulp of the ceiling."""
    half_ulp = math.ulp(math.log(2.0)) / 2
    for length in (20.0, 11.0, 30.0):
        # deficit <= u <= exp(-(Lambda - 2)), from the proof of the asymptotics
        assert math.exp(-(length**2 - 2)) < half_ulp / 4
