# %% [markdown]
# # Pruning by a radius, with its margins
#
# Clauses served: GDA-thm-prior-monotone (T23), GDA-thm-envelope (T6), GDA-thm-screening (T24).
#
# **Hypotheses.** $0 < a \le 1/2$ is a weight, $y = \beta s \ge 0$ a separation, $u$ the minor
# coordinate of the minimiser. Operations round to nearest with unit roundoff $v$, gradual
# underflow included: a product or quotient is the real one times $1+\delta$, $|\delta| \le v$, plus
# $\eta$, $|\eta| \le 2^{-1075}$; a sum has no $\eta$; rounding is monotone and keeps floats. A
# computed squared distance $\hat s \ge 2^{-900}$ is the real $s$ times $1+\theta$,
# $|\theta| \le r$; one that overflowed stands for a real one that is above every float below
# $2^{1000}$. $5v \le r \le 1/16$.
#
# **Claim.** Let $U$ be at least the energy of an admitted key, and let the lower end of the interval
# of `energy_bounds` at a float $X$ and a weight $a$ lie above $U$. Then a key of weight at least $a$
# whose computed squared distance is above the limit that the code forms from $X$ has energy above
# $U$: it neither wins nor ties. The same holds of the limit formed from the distance of an admitted
# key of no greater weight. So dropping such keys, in any order and in groups of which only the
# least weight is known, drops no winner.
#
# **Where it is used.** `accelerated/rivals.py`: $\hat b(1+4r) + 2^{-900}$ is `near_limit`,
# $X/\beta\,(1+2^{-40}) + 2^{-900}$ is in `tightened`, with $X$ from `solve.separation_beyond`.
# `contenders`, `pretenders` and `passers` form their limits by these two functions; the group of
# which only the least weight is known is a tile, a panel, or a class of leading bits.
#
# **How it is checked.** The derivatives by SymPy from the energy at a stationary point, their signs
# by an argument; inequalities in $r$ and $k = v/r$ by covering; constants in rational arithmetic.
# That the interval of `energy_bounds` holds the energy of every separation between its ends
# `below` and `above` is proved in `reference/intervals.py` and a hypothesis here.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T23 pruning | GDA-thm-prior-monotone | symbolic + written argument | the energy rises with separation and weight, so a radius of the least weight serves a group |
# | T6 slope | GDA-thm-envelope | symbolic | the slopes by separation, weight and log-odds are $u(1-u)$, $(a-u)/(a(1-a))$, $u-a$ |
# | T24 margins | GDA-thm-screening | rigorous enclosure + written argument | the margins of distance, separation and radius hold for every $r$ up to $1/16$, underflow and overflow included |
# | T24 panels | GDA-thm-screening | rigorous enclosure + written argument | what keys rounded to float32 lose, without measuring it |
# | T23 weights | GDA-thm-prior-monotone | written argument | $\min(\alpha, 1-\alpha)$ is exact in floats |

# %%
from fractions import Fraction

import sympy as sp
from enclose import assert_zero, ball_function, prove_sign

y, a, u, r, k = sp.symbols("y a u r k", positive=True)

# %% [markdown]
# ## Slopes of the energy
#
# At the minor coordinate $u$ the energy is the value of
# $f = -\log\left((1-a)e^{-y u^2} + a e^{-y(1-u)^2}\right)$, stationary in $u$: there the share of the
# farther well, $m$, equals $u$. By the envelope theorem the derivative of the minimum by a
# parameter is the partial one.

# %%
near, far = (1 - a) * sp.exp(-y * u**2), a * sp.exp(-y * (1 - u) ** 2)
f = -sp.log(near + far)


def at_stationary(expression: sp.Expr) -> sp.Expr:
    """The two terms, scaled to the sum 1, are 1 - u and u; quotients of them keep their value."""
    terms = {sp.exp(-y * u**2): (1 - u) / (1 - a), sp.exp(-y * (1 - u) ** 2): u / a}
    return expression.subs(terms)


share = far / (near + far)
# stationarity in u is share = u
assert_zero(sp.diff(f, u) - 2 * y * (u - share))
by_separation = (u**2 * near + (1 - u) ** 2 * far) / (near + far)
assert_zero(sp.diff(f, y) - by_separation)
assert_zero(at_stationary(by_separation) - u * (1 - u))
by_weight = (near / (1 - a) - far / a) / (near + far)
assert_zero(sp.diff(f, a) - by_weight)
slope_a = (a - u) / (a * (1 - a))
assert_zero(at_stationary(by_weight) - slope_a)
# by the log-odds h = log((1-a)/a): dh/da = -1/(a(1-a))
odds = sp.log((1 - a) / a)
slope_h = u - a
assert_zero(slope_a / sp.diff(odds, a) - slope_h)

# %% [markdown]
# Signs. $u(1-u) > 0$. At the minimiser $u < 1/2$ for $a < 1/2$ and $y > 0$, so the far term is below
# $a/(1-a)$ of the near one and $m = u < a$: both slopes are positive, the one by log-odds lies in
# $[-1/2, 0]$. At $a = 1/2$, $y \le 2$ the minimiser is $u = 1/2$; the energy is continuous in $a$,
# so it still rises up to $a = 1/2$. Hence a key of weight $a' \ge a$ and separation $y' > y$ has
# more energy than $(y, a)$: in two steps, first the separation, then the weight. A log-odds known
# within $\delta$ moves the energy by at most $\delta/2$.

# %%
# the far share against a: its ratio of terms is a/(1-a) times exp(-y (1-2u))
assert_zero(sp.simplify(far / near - a / (1 - a) * sp.exp(-y * (1 - 2 * u))))
assert_zero((a / (1 - a)) / (1 + a / (1 - a)) - a)

# %% [markdown]
# ## Weights
#
# $a = \min(\alpha, \mathrm{fl}(1-\alpha))$ is exact. For $1/2 \le \alpha < 1$ the difference is a
# multiple of the last place of $\alpha$, at most $1/2$, hence a float (Sterbenz). For
# $\alpha < 1/2$ the real difference is above $1/2$, and so, rounding being monotone, the computed one
# is at least $1/2$: the minimum is $\alpha$. The order of the weights is therefore real, and equal
# floats are equal weights.
#
# ## The distance's margin
#
# Let $\hat b$ belong to an admitted key: $\hat b \in [2^{-900}, 2^{900}]$, or 0 for a key that equals
# the query, where $b = 0$ exactly. The limit is at least $P = \mathrm{fl}(\hat b\,\mathrm{fl}(1+4r))$:
# adding $2^{-900} > 0$ and rounding leaves no less, since $P$ is a float. Let $\hat s$ be above it.
# It is above $2^{-900}$ then, so that its relative error holds. If $b = 0$, $s > 0 = b$. Else $P$ does
# not underflow and $s/b \ge (1+4r)(1-v)^2(1-r)/(1+r)$, which is above 1. In a list the distances are
# compared without the constant; both are in that range or 0, and the same follows. An overflowed
# $\hat s$ is farther by hypothesis.
#
# The difference has a factor $r$, divided out; what remains is covered for $0 \le r \le 1/16$,
# $0 \le k = v/r \le 1/5$.

# %%
BOX = [(0, Fraction(1, 16)), (0, Fraction(1, 5))]


def positive(difference: sp.Expr) -> None:
    """Prove that r times a polynomial is positive on the box for r > 0."""
    prove_sign(ball_function([r, k], sp.expand(sp.cancel(difference / r))), BOX, "+")


distance_margin = 4
positive((1 + distance_margin * r) * (1 - k * r) ** 2 * (1 - r) - (1 + r))

# %% [markdown]
# ## The separation's margin
#
# Let $x = \mathrm{fl}(\beta\hat s)$. The ends are
# $\mathrm{fl}(\mathrm{fl}(x\,\mathrm{fl}(1-2r)) - 2^{-1070})$, or 0 if that is negative, and
# $\mathrm{fl}(\mathrm{fl}(x\,\mathrm{fl}(1+2r)) + 2^{-1070})$. Two products, the factor and the sum
# round: four roundings. The products underflow by less than $2^{-1075}$ each, which the factor
# $1 \pm 2r < 2$ of the second product makes $2^{-1075}(1 + 2) < 2^{-1070}$ in all. Hence
#
# - below $\le \beta\hat s\,(1-2r)(1+v)^4 \le \beta\hat s/(1+r) \le y$,
# - above $\ge \beta\hat s\,(1+2r)(1-v)^4 \ge \beta\hat s/(1-r) \ge y$.
#
# If $x$ overflows, $\beta\hat s$ is at least the largest float, which the lower end takes for $x$;
# the upper end is infinite.

# %%
separation_margin = 2
positive(1 - (1 + r) * (1 - separation_margin * r) * (1 + k * r) ** 4)
positive((1 - r) * (1 + separation_margin * r) * (1 - k * r) ** 4 - 1)
largest_loss = Fraction(1, 2**1075) * 3
assert largest_loss < Fraction(1, 2**1070)

# %% [markdown]
# ## The radius as a squared distance
#
# `separation_beyond` returns $X$ with the lower end of its energy interval above $U$. Let a key of
# weight at least $a$ have $\mathrm{fl}(\beta\hat s) \ge X$. Both ends are monotone in $x$, since
# rounding is, so the key's real separation is at least below$(X)$, whose energy at weight $a$ is in
# the interval of $X$ and so above $U$; the energy rises with separation and weight. No margin enters.
#
# The limit is $L = \mathrm{fl}(P + 2^{-900})$, $P = \mathrm{fl}(Q m)$, $Q = \mathrm{fl}(X/\beta)$,
# $m = 1 + 2^{-40}$, which is a float. If $Q$ or $P$ overflows, nothing is dropped. Else
#
# $$L \ge \left(\frac X\beta\,m(1-v)^2 - 2^{-1075}(m+1) + 2^{-900}\right)(1-v)
#    \ge \frac X\beta\,m(1-v)^3 \ge \frac X\beta,$$
#
# underflow of the quotient and of the product included. So $\hat s > L$ gives $\beta\hat s \ge X$
# between real numbers, and $\mathrm{fl}(\beta\hat s) \ge X$ because $X$ is a float and rounding is
# monotone, wherever $\beta\hat s$ lies. A limit found for a lighter weight stays a limit for heavier
# ones.

# %%
UNIT = Fraction(1, 2**53)
radius_margin = Fraction(1, 2**40)
assert (1 + radius_margin) * (1 - UNIT) ** 3 >= 1
underflow_room = Fraction(1, 2**900)
assert underflow_room >= Fraction(1, 2**1075) * (2 + radius_margin)

# %% [markdown]
# ## A limit handed to a screen
#
# A limit $L$ is handed to a screen of half scores as the squared distance in `contest.half_bound`.
# What that bound rests on is one statement: no pair whose computed squared distance is at most its
# argument has a half score above it (`screening.proof.py`, the contest). So a pair that the screen
# does not report has $\hat s > L$, formed or not, and the two sections above drop it.
#
# ## Keys rounded to float32 without measuring the loss
#
# $\tilde k = \mathrm{fl}_{32}(w)$ of a centred key $w$, $|\tilde k_c - w_c| \le v|w_c|$ with
# $v = 2^{-24}$; underflow to the subnormal range, below $2^{-149}$ a coordinate, is in the constant
# `tiny` of the screens. A sum of $D \le 2^{20}$ squares in float64 is within $\gamma_{D+2} < 2^{-32}$,
# and the root and the product with $1+4v$ round twice more. With $g = 2^{-32}$ for all of them:
#
# - the norm $n = |\tilde k|\,(1+4v)(1-g)$ is at least $|w| \le |\tilde k|/(1-v)$, and the loss
#   $v|w|$ is at most $v\,n$;
# - the half square of $\tilde k$ differs from that of $w$, $h$, by at most $(2v+v^2)h$, and storing it
#   rounds by $v(1+v)^2 h$; $3.001\,v$ is charged for both, the float64 sum being charged apart.

# %%
UNIT32 = Fraction(1, 2**24)
SUMMED = Fraction(1, 2**32)
assert (2**20 + 2) * UNIT / (1 - (2**20 + 2) * UNIT) + 2 * UNIT < SUMMED
norm_margin = 4
assert (1 + norm_margin * UNIT32) * (1 - SUMMED) * (1 - UNIT32) >= 1
half_margin = Fraction(3001, 1000)
assert half_margin * UNIT32 >= (2 + UNIT32) * UNIT32 + UNIT32 * (1 + UNIT32) ** 2

# %% [markdown]
# ## The reference against the closed forms
#
# The hypothesis $5v \le r \le 1/16$ for the package's error; and the ends of the interval at the
# returned radius, in rational arithmetic, at both ends of the range of floats.

# %%
import numpy as np
from gd_attention.accelerated.rivals import near_limit, tightened
from gd_attention.accelerated.solve import energy_bounds, separation_beyond
from gd_attention.accelerated.weights import minor
from gd_attention.distances import relative_error

INFINITE = float("inf")

compared = 0
for dimension in (1, 2, 3, 64, 1025, 8192, 2**20, 2**24):
    error = Fraction(relative_error(dimension))
    assert 5 * UNIT <= error <= Fraction(1, 16)
    compared += 1
    for met in (0.0, 2.0**-900, 1e-9, 1.0, 2.0**900):
        room = Fraction(near_limit(met, float(error)))
        assert room >= Fraction(met) * (1 + distance_margin * error) * (1 - UNIT) ** 2
        compared += 1
    for weight in (2.0**-900, 1e-9, 0.2, 0.5):
        for start in (1e-300, 1e-9, 1.0, 30.0):
            energy = energy_bounds(start, weight, float(error))[1]
            radius = separation_beyond(energy, weight, float(error))
            for beta in (1e-3, 1.0, 300.0):
                limit = tightened(INFINITE, INFINITE, energy, weight, False, beta, float(error))
                # a radius of infinity limits nothing, and the limit must then be infinite
                assert limit == INFINITE or Fraction(limit) * Fraction(beta) >= Fraction(radius)
                assert radius < INFINITE or limit == INFINITE
                compared += 1
            if radius < INFINITE:
                assert energy_bounds(radius, weight, float(error))[0] > energy
                assert radius > start
                compared += 1
for alpha in (5e-324, 0.1, 0.3, 0.5, 1 - 2.0**-53, 0.7, 0.5 - 2.0**-54, 0.5 + 2.0**-53):
    assert Fraction(minor(np.array([alpha]))[0]) == min(Fraction(alpha), 1 - Fraction(alpha))
    compared += 1
print(f"{compared} comparisons")
assert compared > 100
