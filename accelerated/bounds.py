"""The constants of the error bounds, each with its derivation.

Those of the CUDA screen are in `cuda.bounds`; no other file states one.

``u`` is the unit roundoff of the arithmetic: half the gap above 1.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "MOST_DIMENSION",
    "UNIT",
    "UNIT32",
    "Coefficients",
    "gamma",
    "screen_coefficients",
    "square_error",
]

# The derivations below hold up to this D; beyond it no screen runs.
MOST_DIMENSION = 1 << 24

# Unit roundoff of float64 and float32, round to nearest.
UNIT = 2.0**-53
UNIT32 = 2.0**-24


def gamma(operations: int, unit: float) -> float:
    """A float above ``n u / (1 - n u)``, the relative error of n roundings in a row.

    Factors 1 + delta with abs(delta) <= u, up to n of them, multiply to 1 + theta with
    abs(theta) <= n u / (1 - n u) while n u < 1 (Higham, Accuracy and Stability of Numerical
    Algorithms, Lemma 3.1). The factor 1 + 2^-40 covers the roundings of this function.
    """
    product = operations * unit
    if product >= 0.25:
        raise ValueError(f"operations: expected fewer than {0.25 / unit:g}, got {operations}")
    return product / (1.0 - product) * (1.0 + 2.0**-40)


class Coefficients(NamedTuple):
    """What a screen adds to a computed half score to enclose the real one.

    With n the computed norm of a centred query, l of what its rounding lost, and for a block of
    keys N the largest norm, L of what was lost, K of what was kept, h the largest half square,
    the screened half score x of every pair of the block differs from the real one by at most

        lost (n L + l K) + product n N + half h + tiny (1 + n) + 0.51 S,

    S the product of the two byte scales, 0 for engines in floating point. Dimensionless; each
    coefficient is derived in the function below.
    """

    lost: float
    product: float
    half: float
    tiny: float


def screen_coefficients(dimension: int, roundings: int, unit: float, stored: float) -> Coefficients:
    """The coefficients of a screen.

    Parameters
    ----------
    dimension : int
        D.
    roundings : int
        Roundings that a score passes from its start to its end, 0 for an exact accumulation.
    unit : float
        Unit roundoff of the accumulation.
    stored : float
        Unit roundoff of the stored half squares.

    Notes
    -----
    Clause: GDA-thm-screening. `proofs/screening.proof.py` checks every inequality used.

    A hat marks real vectors after centring, v their float64 values, a tilde what the words decode
    to. The half score is s = |k^|^2/2 - <q^, k^>, the screened one x = H - <q~, k~>.

    Norms. ``v = fl(x unit - centre)`` has |v - q^| <= u |q^| + tiny, and a computed sum of D
    squares with its root is within 1 +- gamma(D + 4). So 1 + iota with iota = gamma(D + 8) takes a
    computed norm to a bound on the real one, and each of the four computed norms alike.

    Encoding. <q^,k^> - <q~,k~> = <q^-v_q,k^> + <v_q,k^-v_k> + <v_q,v_k-k~> + <v_q-q~,k~>. By
    Cauchy-Schwarz the last two are at most (1 + iota)^2 (n L + l K) and the first two together
    3 u (1 + iota)^2 n N; 8 u also carries the two roundings with which the screen reads a score
    and subtracts the bound.

    Half squares. H differs from |k^|^2/2 by gamma(D + 8) h in float64 and by the rounding on
    storing, ``stored`` h.

    Accumulation. A score starts at H - t, t the limit, and ends at x - t. Every term of
    |H| + |t| + sum |q~_c k~_c| passes at most ``roundings`` roundings, so the error is at most
    g = gamma(roundings) times it. The screen holds |t| <= 1.02 (h + n N + e), e the whole bound,
    and the sum is at most |q~||k~| <= 1.01 n N, where N is at least K and the engines round
    queries by less than 0.4 %. So e (1 - 1.02 g) >= everything else + 2.1 g (h + n N) is asked;
    1.02 g is below 0.35.

    Tiny. Underflow of float64 costs below 2^-900 with norms below 2^60. In float32, flushing of
    subnormal inputs and results included, a step loses at most 2^-126 (1 + |k~_c|) or
    2^-126 (1 + |q~_c|) for each of its operands and results: below 2^-120 D (1 + n), since
    |k~_c| <= 4.
    """
    iota = gamma(dimension + 8, UNIT)
    squared = (1.0 + iota) ** 2
    g = gamma(roundings, unit) if roundings else 0.0
    share = 1.0 / (1.0 - 1.02 * g)
    slack = 1.0 + 2.0**-30  # the roundings of these lines and of the sum in the screen
    return Coefficients(
        lost=slack * share * squared,
        product=slack * share * (8.0 * UNIT * squared + 2.1 * g),
        half=slack * share * (iota + stored + 2.1 * g),
        tiny=dimension * 2.0**-119,
    )


def square_error(dimension: int) -> float:
    """Relative error of a squared distance summed in float64, for comparisons of two of them.

    A jump and its square are D terms with three roundings each, two of them shared by the square,
    and D - 1 sums in any order: gamma(D + 2). Against the computed value instead of the real one,
    and with the roundings of the comparison, D + 8 is enough up to MOST_DIMENSION. Where
    `half_bound` sets it against the square of a centred query, whose terms carry gamma(D + 4), it
    keeps a factor of 2 in hand.
    """
    return gamma(dimension + 8, UNIT)
