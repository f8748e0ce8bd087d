"""The playground's core is an implementation like any other: judged by the oracle, as `exact`.

And the judgement can fail: every planted fault, an edit of one place in the script, is found by the
run of the oracle or by the check that is named beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import playground_checks as checks
import playground_decisions as decisions
import pytest
from gd_attention.conformance import CAPABILITIES, CommandTarget, Report, verify
from gd_attention.conformance.operators import verify_operator
from playground_core import CORE, RUNNER, Core, node

CASES = 400
# Generous: a machine that is shared may stop the process for a while.
SECONDS = 120.0

FIELDS = {"index", "output", "energy", "coordinate", "alignment_point", "unique"}


def judged(runner: Path, **how: Any) -> Report:
    """The report on a runner."""
    with CommandTarget([node(), str(runner)], SECONDS) as target:
        return verify(target, **how)


@pytest.mark.clause("GDA-protocol-run", "GDA-select-exact-order", "GDA-select-index")
def test_the_core_conforms() -> None:
    """Under the contract that it declares, exact, with every capability and every field."""
    report = judged(RUNNER, cases=CASES)
    assert report.verdict == "conforms", report.reason
    assert report.contract == "exact"
    assert report.profile.declared
    assert report.profile.capabilities == set(CAPABILITIES)
    assert report.profile.fields == FIELDS
    # its fields are rounded correctly, which is more than the contract asks
    assert sum(clause.admissible for clause in report.clauses) == 0


# name, what stands in a script, what replaces it, the clause under which that is wrong
WRONG_CALLS = [
    (
        "a later key wins a tie",
        "pair.compare(best) < 0) &&",
        "pair.compare(best) <= 0) &&",
        "GDA-select-ties",
    ),
    (
        "equality excludes",
        "ball(dyadic(tau)), p)) <= 0);",
        "ball(dyadic(tau)), p)) < 0);",
        "GDA-admit-threshold",
    ),
    (
        "a rounded ceiling",
        "if (this.light > 1e-290 && -Math.log1p(-this.light) * (1 + TRUST) <= tau) return true;",
        "if (-Math.log1p(-this.light) <= tau) return true;",
        "GDA-admit-ceiling",
    ),
    (
        "an energy that underflows is an exact match",
        "if (tau === 0) return false;",
        "if (tau === 0) return this.separation() === 0;",
        "GDA-admit-zero",
    ),
    (
        "the query's side at one half",
        "const t = alpha <= 0.5 ? minus(integer(1), minor, p) : minor;",
        "const t = alpha < 0.5 ? minus(integer(1), minor, p) : minor;",
        "GDA-align-half",
    ),
    (
        "alpha for its complement at separation 0",
        "share = difference(whole, dyadic(alpha));",
        "share = dyadic(alpha);",
        "GDA-align-zero",
    ),
    (
        "not unique at separation 2",
        "return compareDyadic(this.exact(), TWO) <= 0;",
        "return compareDyadic(this.exact(), TWO) < 0;",
        "GDA-align-unique",
    ),
    (
        "close distances tie",
        "return compareDyadic(this.exactSquare(), other.exactSquare());",
        "return 0;",
        "GDA-select-exact-order",
    ),
    (
        "the nearest key, whatever the weights",
        "if (this.light === other.light) return this.compareSquares(other);",
        "return this.compareSquares(other);",
        "GDA-select-priors",
    ),
    (
        "a midpoint for every even weight",
        "const isMidpoint = (exact, light) => light === 0.5 && compareDyadic(exact, TWO) <= 0;",
        "const isMidpoint = (exact, light) => light === 0.5;",
        "GDA-energy-value",
    ),
    (
        "a masked key is selected",
        "if (given.mask !== undefined && !given.mask[i]) continue;",
        "",
        "GDA-admit-mask",
    ),
    (
        "the first row for the selected one",
        "values.items[at.values([...outer, one.index, c])]",
        "values.items[at.values([...outer, 0, c])]",
        "GDA-output-gather",
    ),
    (
        "a precision of one element",
        "if (beta.shape.length)",
        "if (beta.shape.length > 1)",
        "GDA-input-shape",
    ),
    (
        "an integer that is rounded",
        'if (mask.includes(true)) demandExact("query", start);',
        "",
        "GDA-input-dtype",
    ),
    (
        "a fill that wraps around",
        "if (cast !== integer) throw refused();",
        "",
        "GDA-fill-representable",
    ),
    (
        "an axis of a batch that is not broadcast",
        "if (array.shape[axis] !== 1) strides[axis + ahead] = step;",
        "strides[axis + ahead] = step;",
        "GDA-batch-broadcast",
    ),
]

# name, what stands in core.js, what replaces it, the check that sees it
WRONG_NUMBERS: list[tuple[str, str, str, Callable[[Core], None]]] = [
    (
        "a bound without its error",
        "TRUST = 2 ** -30;",
        "TRUST = 0;",
        decisions.check_close_energies,
    ),
    (
        "a wrong series of tanh",
        "CURVE.push(sum / (2 * n + 1));",
        "CURVE.push(sum / (2 * n + 1.001));",
        checks.check_align,
    ),
    (
        "cancellation in the landscape",
        "if (loss > -0.5) return -Math.log1p(loss);",
        "if (loss > -0.5) return -Math.log(1 + loss);",
        checks.check_landscape,
    ),
    (
        "a spinodal term too many",
        "sum = sum * m * m + (2 * n) / (2 * n + 1);",
        "sum = sum * m * m + (2 * n) / (2 * n + 2);",
        checks.check_regime,
    ),
    (
        "the regime by rounded fields",
        "if (Math.abs(gap) > 2 ** -30) return gap < 0 ? 3 : 1;",
        "return gap < 0 ? 3 : 1;",
        checks.check_regime,
    ),
    (
        "saddle and metastable exchanged",
        'kind: ["saddle", "metastable"][n]',
        'kind: ["metastable", "saddle"][n]',
        checks.check_stationary,
    ),
    (
        "weights exchanged in the coordinate",
        "const shrunk = (1 - light) * Math.exp(",
        "const shrunk = light * Math.exp(",
        checks.check_stationary,
    ),
    (
        "the barriers exchanged",
        "alpha > 0.5 ? points : [...points].reverse();",
        "points;",
        checks.check_barrier,
    ),
    (
        "the distance from a rounded ceiling",
        "[rounded(gap), rounded(over(gap, a, p))]",
        "[-Math.log1p(-light) - tau, 1]",
        checks.check_radius,
    ),
    (
        "an index that rounding changes",
        "if (index === null || !stays) index",
        "index",
        decisions.check_kept_index,
    ),
    (
        "converged one step late",
        "if (compareDyadic(pair.exact(), limit) <= 0) return",
        "if (path.steps > 0 && compareDyadic(pair.exact(), limit) <= 0) return",
        decisions.check_kept_index,
    ),
    (
        "ties away from even",
        "if (rest > half || (rest === half && whole & 1n)) whole += 1n;",
        "if (rest >= half) whole += 1n;",
        decisions.check_hexadecimal,
    ),
    (
        "squares that underflow",
        "sum > 1e-280 && sum < 1e290 ? sum : NaN",
        "sum",
        checks.check_jump,
    ),
]


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str, str], Path]:
    """Makes a copy of the scripts with one place changed, and returns the folder."""

    def edit(place: str, fault: str) -> Path:
        texts = {path.name: path.read_text(encoding="utf-8") for path in (CORE, RUNNER)}
        seen = sum(text.count(place) for text in texts.values())
        assert seen == 1, f"{place!r} stands {seen} times"
        for name, text in texts.items():
            (tmp_path / name).write_text(text.replace(place, fault), encoding="utf-8")
        return tmp_path

    return edit


@pytest.mark.clause("GDA-conf-report")
@pytest.mark.parametrize(
    ("place", "fault", "clause"),
    [one[1:] for one in WRONG_CALLS],
    ids=[one[0] for one in WRONG_CALLS],
)
def test_a_wrong_call_is_found(edited, place: str, fault: str, clause: str) -> None:
    """By the vectors and the real data alone."""
    report = judged(edited(place, fault) / RUNNER.name, cases=0, stop_at=[clause])
    assert report.exit_code == 1
    assert report.clause(clause).wrong


@pytest.mark.parametrize(
    ("place", "fault", "check"),
    [one[1:] for one in WRONG_NUMBERS],
    ids=[one[0] for one in WRONG_NUMBERS],
)
def test_a_wrong_number_is_found(edited, place: str, fault: str, check: Any) -> None:
    """By the check that holds the core to it."""
    with Core(edited(place, fault) / CORE.name) as core, pytest.raises(AssertionError):
        check(core)


def test_a_wrong_tie_of_an_operator_is_found(edited) -> None:
    """Top-k with the last of equal scores."""
    script = edited("scores[b] - scores[a] || a - b", "scores[b] - scores[a] || b - a") / CORE.name
    with Core(script) as core:

        def topk(scores: Any, k: int) -> Any:
            return np.array([core.call("prior.topK", row, k) for row in scores])

        report = verify_operator("topk", topk, cases=60)
    assert report.verdict == "fails"
