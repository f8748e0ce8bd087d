# %% [markdown]
# # The error bounds of the screens
#
# Clause served: GDA-thm-screening (T24).
#
# **Hypotheses.** Floating-point arithmetic rounds to nearest: a computed operation is the real one
# times $1+\delta$, $|\delta| \le u$, with $u = 2^{-53}$ (float64) or $2^{-24}$ (float32);
# underflow adds a tiny absolute error, carried apart. An int32 sum that does not overflow is exact.
# vdpbf16ps multiplies exactly and rounds each sum at most four times a pair. $1 \le D \le 2^{24}$.
#
# **Claim.** The half score $s = |\hat k|^2/2 - \langle\hat q,\hat k\rangle$ of every pair lies
# within the bound $e$ that `accelerated/bounds.py` computes of the screened one. By T24 a search
# that keeps every key with screened score at most $T + e$, $T$ an upper bound on the least half
# score, and decides those in exact arithmetic, is exact.
#
# **How it is checked.** Identities by SymPy in generic coordinates. Inequalities in $D$ and $u$ are
# brought to one polynomial whose sign is read off or covered with balls. The constants of the code
# are then compared with these formulas in rational arithmetic.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T24 score | GDA-thm-screening | symbolic | the order by half score is the order by distance; centring changes neither |
# | T24 roundings | GDA-thm-screening | symbolic + written argument | $n$ roundings stay within $\gamma_n = nu/(1-nu)$ |
# | T24 norms | GDA-thm-screening | symbolic + written argument | computed norms times $1+\gamma_{D+8}$ bound the real ones |
# | T24 encoding | GDA-thm-screening | symbolic + written argument | what rounding to words loses in the product |
# | T24 accumulation | GDA-thm-screening | symbolic + rigorous enclosure | the bound that contains itself, solved |
# | T24 bytes | GDA-thm-screening | written argument | the int32 sums cannot overflow up to $D = 8192$ |
# | T24 panels | GDA-thm-screening | symbolic + rigorous enclosure | keys rounded to float32 without measuring the loss: norm, loss and half square |
# | T24 radius | GDA-thm-screening | written argument | a limit on computed squared distances, turned into one on half scores, loses no pair below it |
# | T24 contest | GDA-thm-screening | symbolic + written argument | two rounded distances further apart than the gap are ordered rightly |

# %%
from fractions import Fraction

import sympy as sp
from enclose import assert_zero, ball_function, prove_sign

D, u, n = sp.symbols("D u n", positive=True)
MOST = 2**24
UNIT, UNIT32 = Fraction(1, 2**53), Fraction(1, 2**24)


def gamma(count: sp.Expr, unit: sp.Expr = u) -> sp.Expr:
    """The bound of so many roundings."""
    return count * unit / (1 - count * unit)


def nonnegative_to_most(expression: sp.Expr, width: Fraction = UNIT) -> None:
    """Prove expression >= 0 for 1 <= D <= 2^24 at the unit roundoff, by a covering.

    The numerator over a positive denominator is divided by u, so that it is of the order of D.
    """
    numerator, denominator = sp.fraction(sp.together(expression))
    for part in (sp.cancel(numerator / u), denominator):
        f = ball_function([D], part.subs(u, sp.Rational(width.numerator, width.denominator)))
        prove_sign(f, [(1, MOST)], "+")


# %% [markdown]
# ## The half score
#
# $|q-k|^2 = |q|^2 + 2s$ with $s = |k|^2/2 - \langle q,k\rangle$: for one query the order of the
# half scores is the order of the distances, and so are the ties. Subtracting one vector $c$ from
# query and keys changes no distance. Two generic coordinates stand for all: both sides are sums
# over coordinates.

# %%
q, k, c, w = (sp.Matrix(sp.symbols(f"{name}1:3", real=True)) for name in "qkcw")


def half_score(a: sp.Matrix, b: sp.Matrix) -> sp.Expr:
    return b.dot(b) / 2 - a.dot(b)


assert_zero((q - k).dot(q - k) - q.dot(q) - 2 * half_score(q, k))
assert_zero((q - k).dot(q - k) - ((q - c) - (k - c)).dot((q - c) - (k - c)))

# %% [markdown]
# ## Roundings in a row
#
# If $n$ factors $1+\delta_i$ multiply to $1+\theta$ with $|\theta| \le \gamma_n$, one more gives
# $|\theta'| \le \gamma_n + u + u\gamma_n$, and that is at most $\gamma_{n+1}$ while $(n+1)u < 1$:
# the difference has a numerator that is a square. So the lemma holds by induction; $\gamma_1 \ge u$
# begins it. Dividing by $1+\delta$ is no worse: $1/(1-u) = 1 + \gamma_1$.

# %%
step = sp.factor(gamma(n + 1) - (gamma(n) + u + u * gamma(n)))
assert_zero(
    step - n * u**2 / ((1 - n * u) * (1 - (n + 1) * u)) - u**2 / (1 - (n + 1) * u) / (1 - n * u)
)
assert_zero(gamma(1) - (1 / (1 - u) - 1))

# %% [markdown]
# ## Norms
#
# $v$ is the rounded $\hat q$: $|v - \hat q| \le u|\hat q|$. A sum of $D$ computed squares, in any
# order, passes $D$ roundings a term ($D+2$ for the residuals, whose jump is rounded too and enters
# squared), its root one more. So the real norm is at most the computed one divided by
# $(1-u)^2\sqrt{1-\gamma_{D+2}}$, and $\sqrt{1-x} \ge 1-x$. The claim is that multiplying by
# $1+\gamma_{D+8}$ is enough.

# %%
nonnegative_to_most((1 + gamma(D + 8)) * (1 - u) ** 2 * (1 - gamma(D + 2)) - 1)
# the computed norm may also be too large against the real one; only the half square uses that
nonnegative_to_most((1 + gamma(D + 8)) - (1 + gamma(D)) * (1 + gamma(1)) ** 2)

# %% [markdown]
# ## Encoding
#
# With $\tilde q, \tilde k$ what the words decode to, the error of the product telescopes into four
# products, each with one difference. Cauchy-Schwarz bounds them by
# $u|\hat q||\hat k|$, $(1+u)u|\hat q||\hat k|$, $|v_q|\,|v_k-\tilde k|$ and
# $|v_q-\tilde q|\,|\tilde k|$.

# %%
vq, vk, tq, tk = (sp.Matrix(sp.symbols(f"{name}1:3", real=True)) for name in ("v", "x", "y", "z"))
telescope = (q - vq).dot(k) + vq.dot(k - vk) + vq.dot(vk - tk) + (vq - tq).dot(tk)
assert_zero(sp.expand(q.dot(k) - tq.dot(tk) - telescope))
encoding_constant = 3
assert_zero(sp.expand(u + (1 + u) * u - (2 * u + u**2)))
assert encoding_constant * UNIT >= 2 * UNIT + UNIT**2
# reading a score and subtracting the bound: two roundings of at most 1.1 (h + n N) each
reading = Fraction(22, 10)
assert encoding_constant + reading <= 8

# %% [markdown]
# ## Accumulation
#
# A float sum starts at $H - t$ and takes one rounding for it and `roundings` for its words:
# its error is at most $g\,(|H| + |t| + \sum|\tilde q_c\tilde k_c|)$ with $g = \gamma$. The screen
# clamps $|t| \le 1.02\,(h + nN + e)$; $|H| \le (1+2^{-24})h$; and
# $\sum|\tilde q_c\tilde k_c| \le |\tilde q||\tilde k| \le 1.01\,nN$, since bfloat16, the coarsest of
# the floats, rounds by $2^{-8}$. The bound $e$ is on both sides; solved for it,
# $e = (\text{rest} + 2.1\,g\,(h+nN)) / (1 - 1.02\,g)$ is enough:

# %%
g, h, nN, rest = sp.symbols("g h p r", positive=True)
clamp = Fraction(102, 100)
charged = Fraction(21, 10)
e = (rest + charged * g * (h + nN)) / (1 - clamp * g)
needed = rest + g * (
    (1 + sp.Rational(1, 2**24)) * h + clamp * (h + nN + e) + sp.Rational(101, 100) * nN
)
difference = sp.expand(sp.simplify((e - needed) / g))
slack_h, slack_p = difference.coeff(h), difference.coeff(nN)
assert slack_h > 0
assert slack_p > 0
assert_zero(difference - slack_h * h - slack_p * nN)
# bfloat16 after float32, both rounded, and the norms' own factor
assert (1 + Fraction(1, 2**8)) * (1 + UNIT32) * (1 + Fraction(1, 2**20)) ** 2 < Fraction(101, 100)
# gamma is asked for at most a quarter: 1 - 1.02 g stays away from 0
quarter = ball_function([n], 1 - clamp * n / (1 - n))
prove_sign(quarter, [(0, Fraction(1, 4))], "+")
# the clamp: 1.01, and the step of the limit by 2^-22 and its rounding to float32
assert Fraction(101, 100) * (1 + Fraction(1, 2**22)) * (1 + UNIT32) < clamp

# %% [markdown]
# ## The limit is strictly above what must pass
#
# A pair with half score at most $T$ has a computed score of at most $T + e - t$ and must be
# negative, so $t > T + e$. The screen takes $y = \mathrm{fl}(T+e)$,
# $t = \mathrm{fl}_{32}(y + 2^{-22}|y| + 2^{-140})$. For $y > 0$ and for $y < 0$:

# %%
for sign in (1, -1):
    outward = 1 + sign * Fraction(1, 2**22)
    # rounding to float32, and three roundings in float64, all the wrong way
    worst = outward * (1 - sign * UNIT32) * (1 - sign * UNIT) ** 3
    assert (worst > 1) if sign > 0 else (worst < 1)

# %% [markdown]
# ## Bytes
#
# Everything is an integer. With $D$ coordinates, levels up to 127 and key bytes up to 255, in units
# of the product $S$ of the scales: a start is at most $2^{29}$, the scales being chosen so; a limit
# is at most $1.01\,(2^{29} + nN/S + e/S) + 2$, plus $128 \cdot 127\, D$ for the bytes' offset; the
# partial sums of a row stay within $255 \cdot 127\, D$. A scale is the largest magnitude over 127,
# rounded to float32, so $n/S_q \le 127\,(1+2^{-23})\sqrt D$ and likewise for keys; a level misses
# by at most $1/2 + 127 \cdot 2^{-23}$ (the clamp), so $nL + lK \le 127\,(1+2^{-10})\,D\,S$.

# %%
longest = 8192
level, start = 127, 2**29
products = level**2 * longest * (1 + Fraction(1, 2**22))
error = level * longest * (1 + Fraction(1, 2**10)) + start * Fraction(1, 2**22) + 1
limit = Fraction(101, 100) * (start + products + error) + 2 + 128 * level * longest
assert start + limit + 255 * level * longest < 2**31
# the half square in units is rounded to an integer: half a unit, and 2^-20 for the quotient
assert Fraction(1, 2) + Fraction(1, 2**20) + Fraction(1, 2**20) < Fraction(51, 100)

# %% [markdown]
# ## Keys as panels, their loss not measured
#
# `panels` writes $\tilde k = \mathrm{fl}_{32}(v_k)$ and one number of a block: $\nu$, the largest
# computed $|\tilde k|$ times $1+4w$, $w = 2^{-24}$. Rounding to nearest gives, coordinate by
# coordinate and so for the norms, $|v_k - \tilde k| \le w|v_k|$, hence $|v_k| \le |\tilde k|/(1-w)$.
# The bound of the screens asks for norms "as computed", which it takes to real ones by
# $1+\gamma_{D+8}$. The computed root of the computed sum and the product with $1+4w$ take $D+2$
# roundings of float64; with $1+\gamma_{D+8}$ for those, $\nu$ stands for $|v_k|$ and $|\tilde k|$ if
# $(1+4w)(1-w) \ge 1$, and $w\nu$ for what was lost. The margin is large enough to carry those
# roundings as well, up to the largest $D$ of the screen, so $\nu$ itself is above both norms.
#
# The half square is formed from $\tilde k$: $||\tilde k|^2 - |v_k|^2| \le (2w+w^2)|v_k|^2$, and
# storing it rounds the result by $w$ once more. The bound charges half squares
# `stored` times $h$ beside the $\gamma_{D+8}$ of the sum, $h = \nu^2/2$; what is left of the $3.001$
# carries the product of the two.

# %%
w32 = sp.symbols("w", positive=True)
norm_margin = 4
norm_written = sp.expand(((1 + norm_margin * w32) * (1 - w32) - 1) / w32)
prove_sign(ball_function([w32], norm_written), [(0, UNIT32)], "+")
reached = 2**20
summed = (reached + 8) * UNIT / (1 - (reached + 8) * UNIT)
assert (1 + norm_margin * UNIT32) * (1 - UNIT32) * (1 - summed) >= 1
# the two signs of the rounding errors of a coordinate, stored with an error of w
for sign in (1, -1):
    assert_zero((1 + sign * w32) ** 2 - 1 - sign * (2 * w32 + sign * w32**2))
half_margin = Fraction(3001, 1000)
half_loss = (1 + w32) ** 2 * (1 + w32) - 1
remaining = half_margin - sp.expand(half_loss / w32) * (
    1 + sp.Rational(summed.numerator, summed.denominator)
)
prove_sign(ball_function([w32], remaining), [(0, UNIT32)], "+")

# %% [markdown]
# A coordinate below float32's normal range is off by at most $2^{-150}$ more, which moves a norm by
# $2^{-150}\sqrt D$ and a half score by at most $2^{-150}\,\sqrt D\,(|\hat q| + |\tilde k| + 1)$: with
# $|\tilde k| \le 4$ and $D \le 2^{20}$ that is a small part of `tiny`, which keeps a factor of 2 over
# what its derivation needs. A squared norm is half of it again; its rounding to a subnormal
# $H$ is another $2^{-150}$.

# %%
for length in (1, reached):
    subnormal = Fraction(1, 2**150) * length * 6
    assert subnormal <= length * (Fraction(1, 2**119) - Fraction(1, 2**120)) / 2

# %% [markdown]
# ## A limit on distances, as a limit on half scores
#
# `pretenders` and `passers` drop keys whose computed squared distance is above a limit $S$; that no
# such key wins is proved in `pruning.proof.py`. The screen never forms that distance. Let a pair's
# computed one, $a$, be at most $S$. Then its half score in the frame is at most
# $T(a) = (a - |v_q|^2)/2 + r(a + |v_q|^2)$ by the section on the contest, in units of the frame, whose
# factor is a power of two, squared. $T$ rises with $a$, for $1/2 + r > 0$, and so does its computed
# value, each operation being monotone; hence $T(a) \le T(S)$ as computed. So a pair that is not
# reported, with screened score above $T(S) + e$, has $a > S$, formed or not. In the last test before
# a distance is formed, $\mathrm{fl}(\mathrm{fl}(x + t) - e)$ is compared with $T$: two roundings of at
# most $u\cdot 1.1\,(h + nN)$ each, as in the section on encoding.

# %% [markdown]
# ## The contest
#
# Two computed squared distances $a, b$, each within $\gamma_{D+2}$ of the real ones relative to the
# real ones, so within $\gamma_{D+2}/(1-\gamma_{D+2})$ relative to the computed ones. The code
# declares an order if $a > \mathrm{fl}(b + \mathrm{fl}(r(a+b)))$ with $r = \gamma_{D+8}$: with its
# three roundings that still implies $a - b > (r - 2u)(a+b)$, and:

# %%
nonnegative_to_most(gamma(D + 8) - 2 * u - gamma(D + 2) / (1 - gamma(D + 2)))

# %% [markdown]
# The bound $T = (a - |v_q|^2)/2 + r(a + |v_q|^2)$ needs half of either relative error and three
# roundings of at most $u(a + |v_q|^2)$ each; $|\hat q|^2$ against $|v_q|^2$ as computed is within
# $\gamma_{D+4}/(1-\gamma_{D+4})$.

# %%
nonnegative_to_most(gamma(D + 8) - 3 * u - gamma(D + 4) / (1 - gamma(D + 4)) / 2)

# %% [markdown]
# ## The reference against the closed forms
#
# The code's constants, as floats, are at least the formulas above, in rational arithmetic, for
# every engine and a range of dimensions.

# %%
import numpy as np
from gd_attention.accelerated import bounds, panels
from gd_attention.accelerated.engines import ENGINES

compared = 0


def exact_gamma(count: int, unit: Fraction) -> Fraction:
    return count * unit / (1 - count * unit)


assert bounds.MOST_DIMENSION == MOST
assert Fraction(bounds.UNIT) == UNIT
assert Fraction(bounds.UNIT32) == UNIT32
assert next(engine for engine in ENGINES if engine.name == "int8").most == longest
for dimension in (1, 2, 3, 16, 63, 64, 768, 1025, 4096, 8192, 100_003, 2**20, MOST):
    iota = exact_gamma(dimension + 8, UNIT)
    assert iota <= Fraction(bounds.square_error(dimension))
    for engine in ENGINES:
        if dimension > engine.most:
            continue
        found = engine.coefficients(dimension)
        roundings = engine.roundings_per_word * engine.steps(dimension)
        unit = UNIT if engine.name == "float64" else UNIT32
        total = exact_gamma(roundings + 1, unit) if roundings else Fraction(0)
        share = 1 / (1 - clamp * total)
        assert Fraction(found.lost) >= share * (1 + iota) ** 2
        assert Fraction(found.product) >= share * (8 * UNIT * (1 + iota) ** 2 + charged * total)
        assert Fraction(found.half) >= share * (iota + unit + charged * total)
        assert Fraction(found.tiny) >= Fraction(dimension, 2**120)
        compared += 4
assert next(engine for engine in ENGINES if engine.name == "float32").most == reached
for dimension in (1, 2, 16, 64, 1025, 2**16, reached):
    iota = exact_gamma(dimension + 8, UNIT)
    total = exact_gamma(dimension + 1, UNIT32)
    share = 1 / (1 - clamp * total)
    found = panels.coefficients(dimension)
    assert Fraction(found.half) >= share * (iota + half_margin * UNIT32 + charged * total)
    for own, lost, norm in ((1.0, 2.0**-25, 2.0), (0.0, 0.0, 0.5), (2.0**40, 2.0**15, 2.0**-30)):
        real_own, real_lost, real_norm = Fraction(own), Fraction(lost), Fraction(norm)
        needed_error = share * (
            (1 + iota) ** 2 * (real_own * UNIT32 * real_norm + real_lost * real_norm)
            + (8 * UNIT * (1 + iota) ** 2 + charged * total) * real_own * real_norm
            + (iota + half_margin * UNIT32 + charged * total) * real_norm**2 / 2
        ) + Fraction(dimension, 2**120) * (1 + real_own)
        assert Fraction(panels.score_error(own, lost, norm, tuple(found))) >= needed_error
        compared += 1
# the norm as written: at least the norm of the row and of its float32 form
row = np.random.default_rng(1).normal(size=(1, 33)) / 8
words, half, written = np.zeros(33 * 32, np.float32), np.zeros(32, np.float32), np.zeros(1)
panels.pack_panels(row, np.zeros(1, np.int64), 1.0, np.zeros(33), words, half, 32, written)
decoded = words.reshape(33, 32)[:, 0]
for real_row in (row[0], decoded):
    squared = sum(Fraction(float(x)) ** 2 for x in real_row)
    assert Fraction(written[0]) ** 2 >= squared
    assert abs(2 * Fraction(float(half[0])) - squared) <= half_margin * UNIT32 * squared
    compared += 2
print(f"{compared} constants of the code compared")
