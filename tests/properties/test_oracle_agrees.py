"""The reference under the oracle's eyes: every strategy family, judged as exact.

`make verify` does this over many more cases; here failures shrink within Hypothesis, and
`make explore` searches with fresh seeds.
"""

from __future__ import annotations

import pytest
from gd_attention import gd_attention
from gd_attention.conformance.attempt import attempt
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.judge import judge
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.profile import Profile, find_profile
from gd_attention.conformance.strategies import FAMILIES
from gd_attention.conformance.verdict import Verdict
from hypothesis import given


@pytest.fixture(scope="module")
def profile() -> Profile:
    """Everything that a target can be asked for."""
    return find_profile(gd_attention, capabilities=("all",))


@pytest.mark.clause("GDA-conf-oracle")
@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_nothing_is_wrong(family, profile: Profile) -> None:
    """No WRONG and no UNDECIDED finding, and no exception."""

    @given(family.strategy)
    def check(case: Case) -> None:
        outcome = attempt(gd_attention, case)
        assert outcome.error is None
        findings = judge(case, solve(case, EXACT), outcome.response, profile)
        assert findings
        refused = (Verdict.WRONG, Verdict.UNDECIDED)
        assert not [found for found in findings if found.verdict in refused]

    check()
