"""Is it rounding or a bug? The sentence that goes with an index.

An index that is not the exact one stands for one of three things: an exact tie, whose rule the
rounding of the declared arithmetic may break; a winner that is unique but that this arithmetic
cannot tell from others; or a wrong answer. For a wrong one the sentence gives the size of the gap
in units of the allowance, and names a contract under which it would have been rounding.

Clause: GDA-conf-three-way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from gd_attention.conformance.contract import Contract, Spread
from gd_attention.conformance.errors import Undecided
from gd_attention.conformance.expectation import Row
from gd_attention.conformance.formats import FORMATS
from gd_attention.conformance.order import selectable
from gd_attention.conformance.problem import Problem
from gd_attention.conformance.rational import Exact

__all__ = ["alternatives", "explain", "would_be_rounding"]


def explain(problem: Problem, m: int, row: Row, got: int, contract: Contract) -> str:
    """Why ``got`` is not the exact index of query m, and what that makes it."""
    if got == row.exact:
        return ""
    if got in row.admissible:
        return _admissible(problem, m, row, got, contract)
    return f"wrong: {_wrong(problem, m, row, got, contract)}{_elsewhere(problem, m, got, contract)}"


def _admissible(problem: Problem, m: int, row: Row, got: int, contract: Contract) -> str:
    if min(got, row.exact) >= 0 and problem.compare(m, got, row.exact) == 0:
        return (
            f"exact tie: keys {row.exact} and {got} have the least energy exactly and the rule "
            f"takes the least index, but {contract.name} computes them with rounding, which may "
            "split a tie"
        )
    if min(got, row.exact) < 0:
        key = max(got, row.exact)
        return (
            f"unresolvable at this precision: whether key {key} is admitted is "
            f"closer than {contract.name} can tell"
        )
    gap, allowance = _gap(problem, m, row.exact, got, contract)
    return (
        f"unresolvable at this precision: key {row.exact} alone is the exact one, but key {got} is "
        f"behind it by only {_times(gap, allowance)} of what the rounding of {contract.name} may "
        "move them"
    )


def _wrong(problem: Problem, m: int, row: Row, got: int, contract: Contract) -> str:
    keys = len(problem.alpha)
    if not -1 <= got < keys:
        return f"there is no key {got}, there are {keys}"
    if got >= 0 and not problem.allowed[m, got]:
        return f"the mask forbids key {got}"
    if got < 0:
        return f"key {row.exact} is admitted{_by_how_much(problem, m, row.exact, contract)}"
    if not problem.admitted(m, got):
        return f"key {got} is not admitted{_by_how_much(problem, m, got, contract)}"
    if problem.compare(m, got, row.exact) == 0:
        return f"keys {row.exact} and {got} tie exactly, and the rule takes the least index"
    gap, allowance = _gap(problem, m, row.exact, got, contract)
    if contract.exact_decisions:
        return f"key {got} is behind key {row.exact}, and the contract exact allows no rounding"
    if not allowance:
        return (
            f"key {got} is behind key {row.exact}, and no operation of {contract.name} rounds here"
        )
    return (
        f"key {got} is behind key {row.exact} by {_more(gap, allowance)} what the rounding "
        f"of {contract.name} may move them"
    )


def _by_how_much(problem: Problem, m: int, i: int, contract: Contract) -> str:
    """How far an energy lies from its threshold, where rounding has a say."""
    threshold = float(problem.threshold[m, i])
    if contract.exact_decisions or not 0.0 < threshold < float("inf"):
        return ""
    low, high = contract.energy(
        problem.pair(m, i), problem.separation(m, i), problem.spread(m, i, contract)
    )
    energy = float(problem.pair(m, i).energy.mid())
    allowance = energy - low if threshold < energy else high - energy
    gap = Fraction(abs(threshold - energy))
    if not allowance > 0.0:
        return ": no operation rounds here"
    return (
        f": its energy is off its threshold by {_more(gap, Fraction(allowance))} what the "
        f"rounding of {contract.name} may move it"
    )


def _gap(
    problem: Problem, m: int, first: int, second: int, contract: Contract
) -> tuple[Fraction, Fraction]:
    """By how much the second key is behind the first, and what rounding may move both together.

    In separations where the contract orders by them, else in energies. Where the computed
    separations have no bound the allowance is negative.
    """
    spreads = [problem.spread(m, i, contract) for i in (first, second)]
    if problem.shared and contract.order_by == "distance":
        near, far = (_fraction(problem.separation(m, i)) for i in (first, second))
        return far - near, _moved(spreads, near, far)
    lows, highs, energies = [], [], []
    for i, spread in zip((first, second), spreads, strict=True):
        pair = problem.pair(m, i)
        low, high = contract.energy(pair, problem.separation(m, i), spread)
        lows.append(Fraction(low))
        highs.append(Fraction(high))
        energies.append(_fraction(Exact(*_dyadic(pair.energy.mid()))))
    return energies[1] - energies[0], highs[0] - energies[0] + energies[1] - lows[1]


def _moved(spreads: list[Spread], near: Fraction, far: Fraction) -> Fraction:
    upper = spreads[0].upper
    if upper is None or spreads[1].unbounded:
        return Fraction(-1)
    return max(_fraction(upper) - near, Fraction(0)) + far - _fraction(spreads[1].lower)


def _dyadic(point: object) -> tuple[int, int]:
    mantissa, exponent = point.man_exp()  # type: ignore[attr-defined]
    return int(mantissa), int(exponent)


def _fraction(number: Exact) -> Fraction:
    scale = Fraction(1 << number.exp) if number.exp >= 0 else Fraction(1, 1 << -number.exp)
    return Fraction(number.num, number.den) * scale


def _more(gap: Fraction, allowance: Fraction) -> str:
    quotient = gap / allowance
    return "a little more than" if quotient < Fraction(3, 2) else f"{_times(gap, allowance)} times"


def _times(gap: Fraction, allowance: Fraction) -> str:
    """The quotient for a reader."""
    if allowance < 0:
        return "an unknown part"
    quotient = gap / allowance if allowance else Fraction(0)
    if quotient >= 10**6:
        return "over a million"
    if quotient < Fraction(1, 10**6):
        return "less than a millionth"
    return f"{float(quotient):.2g}" if quotient < 100 else f"{float(quotient):.0f}"


def _elsewhere(problem: Problem, m: int, got: int, contract: Contract) -> str:
    """Another contract under which the index would have been rounding, if there is one."""
    for other in alternatives(problem, contract):
        try:
            if got not in selectable(problem, m, other):
                continue
        except Undecided:
            continue
        return would_be_rounding(other, contract)
    return ""


def would_be_rounding(other: Contract, contract: Contract) -> str:
    """That an answer is admissible under another contract than the one declared, and why."""
    why = ""
    if other.accumulate != contract.accumulate:
        why = f": this looks like arithmetic in {other.accumulate}"
    elif other.distance != contract.distance:
        why = ": |q|^2 + |k|^2 - 2 q.k cancels where query and key share an offset"
    elif other.order_by != contract.order_by:
        why = ": computed energies saturate, and do not order far keys"
    return f"; it would be rounding under {other.name}{why}"


def alternatives(problem: Problem, contract: Contract) -> Iterator[Contract]:
    """Looser contracts over the same inputs, the closest first."""
    base = replace(contract, exact_decisions=False)
    wide = base.arithmetic
    narrower = [form for form in FORMATS.values() if form in wide and form != wide]
    if contract.exact_decisions:
        yield base
    yield replace(base, distance="expanded")
    yield replace(base, order_by="energy")
    yield replace(base, distance="expanded", order_by="energy")
    for form in narrower:
        if all(form.represents(data) for data in problem.data):
            yield Contract(form.name, form.name)
            yield Contract(form.name, form.name, "expanded")
