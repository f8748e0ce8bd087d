"""Precision contracts: what an implementation may answer, derived from the arithmetic it declares.

Every allowance of the conformance tests stands in this module, each with its derivation. u = 2^-53
is the unit roundoff of float64 and eps = 2 u.

**The form.** A contract is about this way of computing: differences k - q, their squares, the sum
in any order (with or without fused multiply-add, which only removes roundings), the product by
beta; from that separation and alpha the coordinate and the energy, careful in the sense of the
chapter on numerical semantics.

**Separation.** Each operation is exact times (1 + d), |d| <= u; only products can underflow
inexactly, then with an absolute error of at most 2^-1075 (sums and differences of floats are exact
in the subnormal range). The exact square of a rounded difference carries two factors, the rounded
square one more, the sum at most D - 1, the product by beta one: D + 3 factors, whose product is
1 + theta with |theta| <= g = (D+3)u / (1 - (D+3)u) (Higham, Accuracy and Stability, lemma 3.1).
The D underflow errors of the squares pass at most D later factors, hence at most double, and are
multiplied by beta: together at most beta D 2^-1074; that of the last product is at most 2^-1074.
    |computed - Lambda| <= g Lambda + beta D 2^-1074 + 2^-1074.
A term is left out where the grid of the data excludes it. If the sum or the product can exceed the
largest float, the computed separation may be infinite; its lower end stays the smaller of
Lambda (1 - g) less the absolute terms and the largest float.

**Scaled form** (the fields under ``exact``): the data are first scaled by a power of two so that
the largest difference lies near 1, and the result is scaled back. Scaling is exact; a square that
underflows is below 2^-1074 against a sum above 1/4, D of them together below one more u: D + 4
factors, no absolute term but that of a subnormal result, overflow only where Lambda overflows.

**No rounding, no allowance.** If every difference, every partial sum in any order and the product
by beta are floats (``Distances.exact_in_float64``), the separation is exact in both forms.

**Energy.** E* is concave and increasing in Lambda with E*(0) = 0 (T6), so E*(c Lambda) <= c E* for
c >= 1 and >= c E* for c <= 1: a relative error of the separation is never amplified; and E* stays
below the ceiling. From Lambda on, 16 ulp are allowed: max(16 eps E*, 16 * 2^-1074). They are what
the standard asks of an alignment energy (clause GDA-energy-value); the stable closed form needs
about 5. An implementation that evaluates phi as -log(a exp() + b exp()) has an absolute error of
about eps instead, which is outside for E* < 1/16: phi is to be evaluated with expm1 and log1p.
At Lambda = 0 no operation rounds: the energy is 0.

**Coordinate** (T13). t is monotone in Lambda: the interval [t(Lambda(1 - g - K eps)),
t(Lambda(1 + g + K eps))] holds what errors of Lambda do, also next to (2, 1/2) where a first-order
bound is invalid; then u has a relative error of at most K (1 + |h| + Lambda) eps. K = 8:
x = |h| + Lambda m is the exponent in u = 1/(1 + exp x). Careful log-odds have an error of at most
2 eps (1 + |h|) (two roundings in the argument of log1p, whose condition number is at most
1 + |log|, and one ulp of the function); m comes from a solve that stops at a residual of a few ulp
of m, 2 eps Lambda m; sum and product add eps |x|; an absolute error of x is a relative error of
u; exp, sum and quotient add 2 eps. Together below 4 (1 + |h| + Lambda) eps, and K doubles it for
the feedback 1/(1 - 2 Lambda t(1-t)) away from the critical point. Near it, a relative error of h or
of m acts like a relative error of Lambda of the same size, because there |h| <= Lambda m: the
interval has it. A solver that iterates on t instead of m loses m to cancellation and does not
meet this near (2, 1/2). Then the floats: where exp x overflows u is returned as 0, so 2^-1024 is
allowed absolutely; forming t = 1 - u or the quotient 1/(1 + exp(-x)) takes two roundings, 2 u t.
At Lambda = 0: 1 - alpha is one rounding; one ulp is allowed.

**Alignment point.** With t in [t_lo, t_hi], the component is q + t (k - q) for one of those t,
formed as q + t d, k - (1-t) d, or (1-t) q + t k: at most four roundings of numbers no larger than
|q| + |k|, and underflow of the products: 4 u (|q| + |k|) + 2^-1074. It is finite.

**Decisions** under ``float64``. With alpha shared by all keys of a batch entry the order is that of
the computed separations, otherwise that of the computed energies; admission compares the computed
energy with the threshold. A key may be selected iff it is possibly admitted and no certainly
admitted key certainly precedes it; abstention is allowed iff no key is certainly admitted. What
involves no rounding has no allowance: thresholds below 0, at 0 (componentwise equality) and
infinite; Lambda = 0; and, where the separation is exact, the equality E* = Lambda/4 = tau of T26
and the tie of keys of one alpha and one separation. Under ``exact`` decisions carry no allowance.

Clause: GDA-conf-contract. Source: T6, T13, T26 and the chapter on numerical semantics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from flint import arb
from gd_attention.conformance.balls import bounds, precision
from gd_attention.conformance.certificate import Certified, Prior, alignment, prior
from gd_attention.conformance.rational import FLOAT_MAX, Exact, dyadic, nearest_float

__all__ = ["CONTRACTS", "EXACT", "FLOAT64", "Contract", "Spread", "contract"]

# Relative allowance of the energy, as a multiple of eps: see "Energy".
ENERGY_ULPS = 16
# The constant of the coordinate's allowance: see "Coordinate".
COORDINATE_K = 8
# Bits of the enclosures from which allowances are formed: their own width, 2^-100, is far below an
# ulp and is taken outward.
_BITS = 100

_MAX = Exact(*FLOAT_MAX)
_LARGEST = _MAX.nearest()
_UNIT = 1 << 53


class Spread(NamedTuple):
    """The separations that the declared arithmetic can compute; ``upper`` None means +inf."""

    lower: Exact
    upper: Exact | None


@dataclass(frozen=True)
class Contract:
    """The arithmetic that a target promises.

    Attributes
    ----------
    name : str
        As given on the command line.
    exact_decisions : bool
        Index, admission, abstention and ``unique`` as in real arithmetic on the given floats.
    scaled : bool
        Separations of the fields are computed on data scaled by a power of two.
    about : str
        One line for a report.

    Notes
    -----
    Clause: GDA-conf-contract.
    """

    name: str
    exact_decisions: bool
    scaled: bool
    about: str

    def spread(
        self, squared: Exact, beta: tuple[int, int], dimension: int, *, rounds: bool
    ) -> Spread:
        """Bounds of the computed separation.

        Parameters
        ----------
        squared : Exact
            The exact |k - q|^2, an integer times a power of two.
        beta : tuple of int
            beta as integer and exponent.
        dimension : int
            D.
        rounds : bool
            False if every operation is known to be exact.
        """
        num, exp = squared.num * beta[0], squared.exp + beta[1]
        exact = Exact(num, exp)
        if not rounds or num == 0:
            return Spread(exact, exact)
        factors = dimension + (4 if self.scaled else 3)
        whole = _UNIT - factors
        absolute = 0
        if exp < -1074:
            absolute += 1 << (-1074 - exp)
        if not self.scaled and squared.exp < -1074:
            absolute += (beta[0] * dimension) << (-1074 - squared.exp)
        slack = absolute * whole
        lower = Exact(max(num * (whole - factors) - slack, 0), exp, whole)
        upper = Exact(num * (whole + factors) + slack, exp, whole)
        overflows = upper.sign_of_difference(_MAX) > 0
        if not self.scaled and not overflows:
            total = Exact(squared.num * (whole + factors), squared.exp, whole)
            overflows = total.sign_of_difference(_MAX) > 0
        if overflows:
            return Spread(lower if lower.sign_of_difference(_MAX) < 0 else _MAX, None)
        return Spread(lower, upper)

    def energy(self, pair: Certified, separation: Exact, spread: Spread) -> tuple[float, float]:
        """Least and greatest admissible float energy."""
        if separation.num == 0:
            return 0.0, 0.0
        with precision(_BITS + 28):
            exact = separation.ball()
            low = pair.energy * spread.lower.ball() / exact
            if spread.lower.num and spread.lower.magnitude() > 9:
                # From phi and u < 1/2: deficit <= exp(-Lambda (1-u)^2) a/(1-a)
                # < exp(-Lambda/4) a/(1-a), and a/(1-a) <= 2a <= 2 ceiling. Of use where the
                # exact separation is far above the largest float and the ratio says nothing.
                saturated = 1 - 2 * (-spread.lower.ball() / 4).exp()
                low = low.max(pair.prior.ceiling * saturated)
            high = pair.prior.ceiling
            if spread.upper is not None:
                high = high.min(pair.energy * spread.upper.ball() / exact)
            low -= _ulps(low)
            high += _ulps(high)
            return max(bounds(low)[0], 0.0), bounds(high)[1]

    def coordinate(self, alpha: float, separation: Exact, spread: Spread) -> tuple[float, float]:
        """Least and greatest admissible float coordinate."""
        odds = prior(alpha, _BITS)
        if separation.num == 0:
            rest = 1 - alpha
            return math.nextafter(rest, 0.0), math.nextafter(rest, 1.0)
        low, high = _widened(spread)
        with precision(_BITS):
            greatest = _allowed_minor(alignment(low, alpha, _BITS).minor, low, odds, 1)
            least = arb(0)
            if high is not None:
                least = _allowed_minor(alignment(high, alpha, _BITS).minor, high, odds, -1)
            if odds.key_side:
                least, greatest = 1 - greatest, 1 - least
            # two roundings in forming t, each u t
            forming = arb((1, -52))
            lower = bounds(least - least * forming)[0]
            upper = bounds(greatest + greatest * forming)[1]
        if odds.half and _exceeds(separation, 2):
            # the key-side minimiser: t >= 1/2 is a rule, not a matter of rounding
            lower = max(lower, 0.5)
        return max(lower, 0.0), min(upper, 1.0)

    def components(
        self, query: list[int], key: list[int], exp: int, coordinate: tuple[float, float]
    ) -> list[tuple[float, float]]:
        """Least and greatest admissible floats of the components of the alignment point.

        ``query`` and ``key`` are the components in units of ``2**exp``.
        """
        (low_num, low_exp), (high_num, high_exp) = (dyadic(value) for value in coordinate)
        # one grid for both coordinates and the relative slack; below 2^-500, for 2^-1074 too
        # (above it that is less than 2^-500 of the relative slack, which is not attained)
        place = min(low_exp, high_exp, -51)
        if exp < -500:
            place = min(place, -1074 - exp)
        low_num <<= low_exp - place
        high_num <<= high_exp - place
        least = 1 << (-1074 - exp - place) if exp < -500 else 0
        result = []
        for q, k in zip(query, key, strict=True):
            one, two = (k - q) * low_num, (k - q) * high_num
            if one > two:
                one, two = two, one
            start = q << -place
            slack = ((abs(q) + abs(k)) << (-51 - place)) + least
            result.append(
                (_floor(start + one - slack, exp + place), _ceil(start + two + slack, exp + place))
            )
        return result

    def unique(self, alpha: float, separation: Exact, spread: Spread) -> frozenset[bool]:
        """Admissible answers to whether the alignment point is unique."""
        if alpha != 0.5:
            return frozenset({True})
        answers = {not _exceeds(separation, 2)}
        if not self.exact_decisions:
            if not _exceeds(spread.lower, 2):
                answers.add(True)
            if spread.upper is None or _exceeds(spread.upper, 2):
                answers.add(False)
        return frozenset(answers)


def _exceeds(value: Exact, limit: int) -> bool:
    return value.sign_of_difference(Exact(limit, 0)) > 0


def _ulps(energy: Any) -> Any:
    """16 ulp of an energy; a subnormal ulp is 2^-1074."""
    return (energy * arb((ENERGY_ULPS, -52))).max(arb((ENERGY_ULPS, -1074)))


def _widened(spread: Spread) -> tuple[Exact, Exact | None]:
    """The spread with both ends moved outward by K eps, relatively."""
    low, high = spread
    lower = Exact(low.num * ((1 << 52) - COORDINATE_K), low.exp - 52, low.den)
    if high is None:
        return lower, None
    return lower, Exact(high.num * ((1 << 52) + COORDINATE_K), high.exp - 52, high.den)


def _allowed_minor(minor: Any, separation: Exact, odds: Prior, sign: int) -> Any:
    """The minor coordinate moved by its relative and its absolute allowance."""
    size = (1 + odds.log_odds + separation.ball()) * arb((COORDINATE_K, -52))
    return (minor + sign * (minor * size + arb((1, -1024)))).max(arb(0))


def _floor(num: int, exp: int) -> float:
    """The greatest finite float at most ``num * 2**exp``, or the least finite float."""
    if exp > 0:
        num, exp = num << exp, 0
    value = nearest_float(num, 1 << -exp)
    if math.isinf(value):
        return math.copysign(_LARGEST, value)
    part, whole = value.as_integer_ratio()
    if part << -exp > num * whole:
        value = math.nextafter(value, -math.inf)
    return max(value, -_LARGEST)


def _ceil(num: int, exp: int) -> float:
    """The least finite float at least ``num * 2**exp``, or the greatest finite float."""
    return -_floor(-num, exp)


EXACT = Contract(
    name="exact",
    exact_decisions=True,
    scaled=True,
    about="index, admission, abstention and uniqueness exact; fields within float64 allowances",
)
FLOAT64 = Contract(
    name="float64",
    exact_decisions=False,
    scaled=False,
    about="float64, difference form, order by separation (shared alpha) or energy (alpha per key)",
)
CONTRACTS = {item.name: item for item in (EXACT, FLOAT64)}


def contract(name: str) -> Contract:
    """The contract of that name; ValueError if there is none."""
    if name not in CONTRACTS:
        raise ValueError(f"contract: expected one of {sorted(CONTRACTS)}, got {name!r}")
    return CONTRACTS[name]
