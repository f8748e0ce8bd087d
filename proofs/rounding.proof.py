# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Rounding: the energy, the coordinate and the separation of a float64 program
#
# Clauses: GDA-thm-closed-form, GDA-thm-computation, GDA-thm-conditioning, GDA-thm-screening,
# GDA-energy-value, GDA-coordinate-value, GDA-conf-contract.
#
# **Hypotheses.** Every sum, product, quotient and square root is correctly rounded to a binary
# format with unit roundoff $\varepsilon/2$. Every library function (`exp`, `expm1`, `log1p`,
# `tanh`) has a relative error of at most $c\,\varepsilon$; $c = 1$ means one unit in the last
# place. No result is subnormal.
#
# **Claims.**
#
# 1. The forms of T5, evaluated at the root of T22 as the reference does it, give $E^*$ with a
#    relative error of at most $10\,\varepsilon$ for $c = 1$, and at most $16\,\varepsilon$ still for
#    $c = 2$; so the 16 of GDA-energy-value leave room for a library that is off by two units.
# 2. The minor coordinate $u$ has a relative error of at most $4(1 + \Lambda + |h|)\,\varepsilon$,
#    next to the critical point too; the contract allows twice that.
# 3. A separation computed from differences has a relative error of at most $\gamma_{D+3}$; one
#    computed in the expanded form has an absolute error of at most
#    $\gamma_{2D+2}\,\beta\sum_c(|q_c| + |k_c|)^2$. Here $\gamma_n = n\mu/(1 - n\mu)$,
#    $\mu = \varepsilon/2$. These are the constants of the contracts, and so are the 16 of claim 1
#    and twice the 4 of claim 2.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T5 | GDA-thm-closed-form | rigorous enclosure + written argument | energy in floats: 10 eps, and 16 eps with functions off by 2 ulp |
# | T13 | GDA-thm-conditioning | rigorous enclosure + written argument | minor coordinate in floats: 4 (1 + separation + abs h) eps |
# | T22 | GDA-thm-computation | rigorous enclosure + written argument | the residual at which Newton's iteration stops |
# | T24 | GDA-thm-screening | rigorous enclosure + written argument | computed separations: difference and expanded form |

# %%
import itertools
import math
from fractions import Fraction

import enclose
import sympy as sp
from enclose import interval, prove_sign
from flint import arb, ctx
from IPython.display import Math, display

ctx.prec = 128

# %% [markdown]
# ## Two coordinates for every pair
#
# By T8 it is enough to look at $a = \min(\alpha, 1-\alpha)$, $h = \log\frac{1-a}{a} \ge 0$. Let $z$
# be the root of $F(z) = z - \tfrac h2 - \tfrac\Lambda2\tanh z$ (T22) and put
# $s = X/(2z)$ with the pull $X = \Lambda\tanh z$. Then
#
# $$ \Lambda = 2 s\,\frac{z}{\tanh z},\quad h = 2z(1-s),\quad X = 2sz,\quad
#    u = \frac1{1+e^{2z}},\quad z \ge 0,\ 0 \le s \le 1. $$
#
# All pairs of the operator lie in this strip: $s = 0$ is $\Lambda = 0$, $s = 1$ is $\alpha = 1/2$,
# and $(z, s) = (0, 1)$ is the critical point. Every claim becomes an inequality on it.

# %%
z, s, a, X = sp.symbols("z s a X", positive=True)
Lambda = 2 * s * z / sp.tanh(z)
h = 2 * z * (1 - s)
u = 1 / (1 + sp.exp(2 * z))
enclose.assert_zero(z - h / 2 - Lambda / 2 * sp.tanh(z))
# u of T5, read from a and X, is the u of this strip
weight = 1 / (1 + sp.exp(h))
read = weight * sp.exp(-2 * s * z) / (weight * sp.exp(-2 * s * z) + 1 - weight)
enclose.assert_zero(sp.simplify(read / u - 1))
display(Math(r"u = \frac{a e^{-X}}{a e^{-X} + (1-a)}\ \text{at}\ X = 2sz,\ h = 2z(1-s)"))

# %% [markdown]
# ## The energy: five places where it is rounded
#
# With $D = a e^{-X} + (1-a)$ and $p = a(1-e^{-X})/D$ the energy is $E^* = \Lambda u^2 + \log1p(p)$.
# Neither term is negative, so relative errors of the terms never grow in the sum. In units of
# $\varepsilon$:
#
# 1. **Log-odds.** For $a \ge 1/4$ the form $\log1p((1-2a)/a)$ has an exact numerator, one rounding
#    in the quotient and $c$ in the function; $\log1p$ has a condition number of at most 1. For
#    $a < 1/4$ the difference $\log1p(-a) - \log a$ of two functions does not cancel: its error is
#    at most $c\,\frac{|\log1p(-a)| + |\log a|}{h} + \frac12 < 1.53c + \frac12$, checked below.
# 2. **Root.** Suppose the iteration stops at a $z$ with $|F(z)| \le r$. Along $z$ the energy read
#    off changes by $4\Lambda u^2(1-u)F'(z)\,dz$, which integrates to at most
#    $4\Lambda u^2(1-u)\,r$; with $E^* \ge \Lambda u(1-u)$ (T6) that is at most $4u\,r$ of $E^*$.
# 3. **Pull.** $X$ is rounded twice, $c + \frac12$; $dE^*/dX = u(1 - 2\Lambda u(1-u))$.
# 4. **Reading.** $D$: $u(c+\frac12) + (1-u)\frac12 + \frac12$, weighted by the shares of its terms;
#    $u$ and $p$: $c + D + 1$ each. In $\Lambda u^2$: $2(c + D + 1) + 1$. In $\log1p(p)$:
#    $c + D + 1$ and the function's $c$, as the condition number is at most 1.
# 5. **Sum.** $\frac12$.

# %%
D = a * sp.exp(-X) + 1 - a
u_of_X = a * sp.exp(-X) / D
enclose.assert_zero(sp.simplify(sp.diff(-sp.log(D), X) - u_of_X))  # 1 + p = 1/D
enclose.assert_zero(sp.simplify(sp.diff(u_of_X, X) + u_of_X * (1 - u_of_X)))
# so with y = Lambda: dE/dX = -2 y u^2 (1-u) + u; and along z, dX/dz = y / cosh(z)^2
y = sp.Symbol("y", positive=True)
slope = y / sp.cosh(z) ** 2 * (u - 2 * y * u**2 * (1 - u))
F_prime = 1 - y / (2 * sp.cosh(z) ** 2)
enclose.assert_zero(sp.simplify((slope - 4 * y * u**2 * (1 - u) * F_prime).rewrite(sp.exp)))
display(Math(r"\frac{dE}{dz} = 4\Lambda u^2(1-u)\,F'(z)"))

# %% [markdown]
# **The log-odds**, $a < 1/4$: the error of the difference against $h$ itself. The quotient
# $(|\log1p(-a)| + |\log a|)/h$ increases with $a$, and tends to 1 for $a \to 0$; below $2^{-40}$ it
# is less than $1 + 2^{-38}$.


# %%
def log_odds_factor(weight):
    """(|log1p(-a)| + |log a|) / h on a ball of weights."""
    lost, kept = (-weight).log1p(), weight.log()
    return (-lost - kept) / (lost - kept)


prove_sign(
    lambda weight: arb("1.53") - log_odds_factor(weight),
    [(Fraction(1, 2**40), Fraction(1, 4))],
    "+",
)

# %% [markdown]
# **The residual where the iteration stops.** Newton's iteration stops in one of three ways; $r_0$
# is the rounding error of $F$, and $F' \le 1$, $|\widehat{F'} - F'| \le 5\varepsilon$ for $z < 1$.
#
# - *The step is at most $\varepsilon z$.* Then $z_{+} = z - \widehat F/\widehat{F'}$ up to a
#   rounding of at most $\frac12\varepsilon z$, and $F(z_+) = F(z) - \widehat F + (\ldots)$, so
#   $|F(z_+)| \le r_0 + \frac12\varepsilon z$ up to terms of second order.
# - *$\widehat F < 0$ a second time.* Above, $F \le r_0$. Below: Newton from the left of a convex
#   function ends at $F \ge 0$; the step was at most $2^{-10}z$, so its own errors and the error of
#   the slope add at most $(\frac12 + 2^{-10}\cdot 5)\varepsilon z$.
# - *$\widehat F < 0$ after a step from the right that was long against where it ended.* Above,
#   $F \le r_0$. Below, the errors of that step count at the size $z_q$ where it began: together
#   less than $9\,\varepsilon z_q$. It ends so only where $z F'(z)\,2^{-10} < 9\varepsilon z_q$, that
#   is $zF'(z) < 2.1\cdot10^{-12} z_q$; one step from $z_q \ge 0.36$ does not end there: it would
#   need $\Lambda$ so small that $z_q \approx h/2$ is the root itself. With $z_q < 0.36$ the energy
#   changes by less than $4u \cdot 9\,\varepsilon\,z_q < 6.5\,\varepsilon$, and near $z = 0$, where
#   this happens, the other places sum to less than 9: the bound of 16 holds there too.
#
# **The rounding error of $F$.** For $z < 1$, $F = (1 - \tfrac\Lambda2)z - \tfrac h2 +
# \tfrac\Lambda2(z - \tanh z)$. The continued fraction of $z - \tanh z$ is off by less than
# $2.75\varepsilon$ (positive terms; each level damps the error below it by at least 30), the
# product adds $\frac12$, the sums $\frac12$ each. With $C = z/\tanh z$:
#
# $$ \frac{r_0}{\varepsilon z} \le |1 - sC| + \bigl(1.53c + 0.5\bigr)(1-s) + 4s(C-1). $$
#
# For $z \ge 1$, $F = (z - \tfrac h2) - \tfrac\Lambda2\tanh z$ and
# $r_0/(\varepsilon z) \le (1.53c + 0.5)(1-s) + (c+1)s$.
#
# **Enclosures on the strip.** $C$, $u$ and $G(x, u) = \log1p(u\,\mathrm{expm1}\,x)/x$ are monotone:
# $C$ increases; $u$ falls; $G$ increases in $u$, and in $x$ because
# $\log(1 - u + u e^x)$ is convex in $x$ and 0 at 0. So their ranges on a box come from its corners,
# with the limits $C(0) = 1$ and $G(0, u) = u$; no enclosure degenerates at $z = 0$ or $s = 0$.
# After division by $2s$ the terms of the energy are $u^2C$ and $zG(2sz, u)$.

# %%
half = arb(0.5)
unit_interval = interval(0, 1)


def monotone(function, ball):
    """The range of a monotone function on a ball, from its ends."""
    return function(ball.lower()).union(function(ball.upper()))


def C(z):
    return monotone(lambda x: x / x.tanh() if x > 0 else arb(1), z)


def minor(z):
    return monotone(lambda x: 1 / (1 + (2 * x).exp()), z)


def G(x, u):
    def value(x, u):
        return (u * x.expm1()).log1p() / x if x > 0 else u

    return value(x.lower(), u.lower()).union(value(x.upper(), u.upper()))


def residual(z, s, c, below_one):
    """|F| / (eps z) where the iteration stops."""
    field = arb("1.53") * c + half
    rounding = arb(0.5)
    if below_one:
        return abs(1 - s * C(z)) + field * (1 - s) + 4 * s * (C(z) - 1) + rounding
    return field * (1 - s) + (c + 1) * s + rounding


def energy_error(z, s, c, below_one):
    """The relative error of the energy in units of eps, to first order."""
    u = minor(z)
    separation = 2 * s * C(z)
    square, logarithm = u * u * C(z), z * G(2 * s * z, u)
    energy = square + logarithm
    root = 4 * u * z * residual(z, s, c, below_one)
    pull = (c + half) * z * u * abs(1 - 2 * separation * u * (1 - u)) / energy
    share = u * (c + half) + (1 - u) * half + half
    of_square, of_logarithm = 2 * (c + share + 1) + 1, 2 * c + share + 1
    # a mean of the two, weighted with the shares of the terms in the energy
    part = (logarithm / energy).intersection(unit_interval)
    reading = of_logarithm + (of_square - of_logarithm) * (1 - part)
    return root + pull + reading + half


def covered(bound, c):
    parts = 0
    for below_one, edge in ((True, (0, 1)), (False, (1, 20))):
        parts += prove_sign(
            lambda z, s, below_one=below_one: arb(bound) - energy_error(z, s, c, below_one),
            [edge, (0, 1)],
            "+",
        )
    return parts


ENERGY_BOUNDS = {1: "9.5", 2: "13.5"}
for function_error, bound in ENERGY_BOUNDS.items():
    print(f"c = {function_error}: below {bound} eps on {covered(bound, function_error)} boxes")

# %% [markdown]
# **The tail, $z > 20$.** There $u < e^{-2z} < 10^{-17}$, so the root's term
# $4uz(\ldots)$ and the square's share $\Lambda u^2/E^* \le Cu/z$ are below $10^{-14}$; in the pull
# $zu/(zG) \le 1$, as $G \ge u$. What remains is $c + \frac12$ (pull), $2c + D + 1$ (logarithm)
# with $D \le 1 + 10^{-17}(c + 1)$, and $\frac12$: together $3c + 3 + 10^{-13}$, below the bounds above. Where
# $X > 30$ the reference takes ceiling minus deficit instead: the ceiling is off by $c$, the deficit
# is below $10^{-12}$ of it, the difference adds $\frac12$.
#
# **Second order.** Every relative perturbation above is below $400\,\varepsilon < 2^{-43}$ for
# $z \le 20$; condition numbers 1 of $\log1p$ and of sums of positive terms hold for perturbations
# of any size, and the others change by a factor below $1 + 2^{-40}$. The margins between 9.5 and
# 10, and 13.5 and 16, are far larger.

# %%
for function_error, bound in ENERGY_BOUNDS.items():
    tail = 3 * function_error + 3 + arb("1e-13")
    assert tail < arb(bound)
ENERGY_ULPS = 10

# %% [markdown]
# ## The coordinate
#
# $du/u = -2(1-u)\,dz$, and $dz = F/F'$. Both vanish at the critical point, $F'$ like $z^2$ and the
# rounding error of $F$ like $z^3$: that is why the root itself is accurate there. With
# $W = 1 - C/\cosh^2z$, $F' = (1-s) + sW$, and $|1-sC| \le (1-s) + s(C-1)$, so by the mediant
# inequality
#
# $$ \frac{r_0}{\varepsilon z F'} \le
#    \frac{(1 + 1.53c + 0.5)(1-s) + 5s(C-1)}{(1-s) + sW}
#    \le \max\Bigl(1.5 + 1.53c,\ 5\,\frac{C-1}{W}\Bigr). $$
#
# The quotient has a removable singularity: with $c_2 = (z\coth z - 1)/z^2$, which falls from $1/3$
# (its expansion is $\sum 2/(z^2 + n^2\pi^2)$), $\frac{C-1}{W} = c_2/(C^{-2} - c_2/\cosh^2z)$. The
# rounding of $z$ adds $\frac12$, the pull $(c+\frac12)(1-u)X$, the reading $c + D + 1$.


# %%
def quotient(z):
    """(C - 1) / W."""
    c2 = monotone(lambda x: (x / x.tanh() - 1) / (x * x) if x > 0 else arb(1) / 3, z)
    t = monotone(lambda x: x.tanh(), z)
    return c2 / (1 / C(z) ** 2 - c2 * (1 - t * t))


def coordinate_margin(z, s, below_one, constant, c=1):
    """Constant (1 + Lambda + h) minus the relative error of u over eps."""
    u = minor(z)
    t = monotone(lambda x: x.tanh(), z)
    if below_one:
        shift = (arb("1.53") * c + 1.5).max(5 * quotient(z))
    else:
        rounding = residual(z, s, c, below_one) - half
        shift = rounding / (1 - s * C(z) * (1 - t * t))
    share = u * (c + half) + (1 - u) * half + half
    error = 2 * (1 - u) * z * (shift + half)
    error += (c + half) * (1 - u) * 2 * s * z + c + share + 1
    return constant * (1 + 2 * s * C(z) + 2 * z * (1 - s)) - error


COORDINATE_CONSTANT = 4
for below_one, edge in ((True, (0, 1)), (False, (1, 20))):
    parts = prove_sign(
        lambda z, s, below_one=below_one: coordinate_margin(z, s, below_one, COORDINATE_CONSTANT),
        [edge, (0, 1)],
        "+",
    )
    print(f"{'z < 1' if below_one else 'z >= 1'}: proved on {parts} boxes")

# %% [markdown]
# **The tail, $z > 20$.** $F' \ge 1 - 4C u > 1 - 10^{-15}$, so the error is at most
# $2z(2.03 - 0.03s + \tfrac12) + 3sz + 3.1$, below $4(1 + 2sz + 2z(1-s)) = 4 + 8z$. Where $t$ is
# formed as $1 - u$ one rounding follows. The contract's constant is $K = 8$: twice what this
# evaluation needs, for another program's solver.

# %%
for share in (Fraction(0), Fraction(1)):  # linear in s, so the ends decide
    # 5.06 z - .06 s z + 3 s z + 3.1 against 4 + 8 z, at z = 20 and in the slopes
    slope_of_error = Fraction(506, 100) - Fraction(6, 100) * share + 3 * share
    assert slope_of_error <= 8
    assert slope_of_error * 20 + Fraction(31, 10) < 4 + 8 * 20

# %% [markdown]
# ## Separations
#
# **Difference form.** Each difference has one rounding, its exact square two factors
# $(1 + \delta)$, $|\delta| \le \mu$; the rounded square three; a sum of $D$ terms in any order at
# most $D - 1$ more; the product by $\beta$ one: at most $D + 3$ in all, and
# $\prod_{i=1}^n (1 + \delta_i)^{\pm1} = 1 + \theta_n$, $|\theta_n| \le \gamma_n$. All terms are
# squares, so nothing cancels: the error is relative.
#
# **Expanded form.** A squared component has one factor, its sum at most $D - 1$ more. The two sums
# and the $D$ products are $D + 2$ terms, added in at most $D + 1$ additions in any order, also where
# the accumulator starts at the norms; the product by $\beta$ is one: $1 + (D-1) + (D+1) + 1 = 2D+2$.
# The terms have both signs, so the error is relative to the sum of their absolute values,
# $\sum_c (q_c^2 + k_c^2 + 2|q_ck_c|) = \sum_c(|q_c| + |k_c|)^2$, and not to $|q - k|^2$: for
# $|q - k| \ll |q|$ nothing is left of it.
#
# The lemma on products is an induction; its two steps are polynomial inequalities in $\mu$.

# %%
mu, n = sp.symbols("mu n", positive=True)
gamma = n * mu / (1 - n * mu)
gamma_next = gamma.subs(n, n + 1)
# (1 + gamma_n)(1 + mu) <= 1 + gamma_{n+1}
up = sp.factor(sp.together((1 + gamma_next) - (1 + gamma) * (1 + mu)))
# 1/(1 - mu) factors: (1 + gamma_n)/(1 - mu) <= 1 + gamma_{n+1}
down = sp.factor(sp.together((1 + gamma_next) - (1 + gamma) / (1 - mu)))
display(Math(r"\gamma_{n+1} - \gamma_n - \mu - \gamma_n\mu = " + sp.latex(up)))
display(Math(r"1 + \gamma_{n+1} - (1+\gamma_n)/(1-\mu) = " + sp.latex(down)))
enclose.assert_zero(up - mu**2 * (n + 1) / ((1 - n * mu) * (1 - (n + 1) * mu)))
enclose.assert_zero(down - n * mu**2 / ((1 - mu) * (1 - n * mu) * (1 - (n + 1) * mu)))
# both are positive for (n + 1) mu < 1; downward, 1 - gamma_n <= (1 - n mu) <= (1 - mu)^n
assert all(
    (1 - Fraction(1, 8)) ** k >= 1 - k * Fraction(1, 8) >= 1 - Fraction(k, 8) / (1 - Fraction(k, 8))
    for k in range(1, 8)
)

# %% [markdown]
# **Every input of a small format.** A bound for all inputs can be checked on all inputs if the
# format is small: three bits of precision, unbounded exponents (so that nothing underflows, as
# assumed), numbers $0, \pm m\,2^e$ with $4 \le m < 8$, $0 \le e \le 2$. All forms in one and two
# dimensions, every query against every key of it, $\beta$ with a full mantissa.

# %%
BITS = 3
MU = Fraction(1, 2**BITS)


def rounded(x: Fraction) -> Fraction:
    """Round to nearest, ties to even, BITS bits, unbounded exponent."""
    if x == 0:
        return x
    exponent = math.floor(math.log2(abs(x)))
    while abs(x) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    while abs(x) < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (exponent - BITS + 1)
    return round(x / unit) * unit  # Fraction rounds half to even


def gamma_of(count: int) -> Fraction:
    return count * MU / (1 - count * MU)


def difference_form(query, key, beta):
    total = Fraction(0)
    for q, k in zip(query, key, strict=True):
        jump = rounded(k - q)
        total = rounded(total + rounded(jump * jump))
    return rounded(beta * total)


def dot(left, right):
    total = Fraction(0)
    for x, y in zip(left, right, strict=True):
        total = rounded(total + rounded(x * y))
    return total


def expanded_form(query, key, beta):
    """Three sums, then their sum."""
    both = rounded(dot(query, query) + dot(key, key))
    return rounded(beta * rounded(both - 2 * dot(query, key)))


def accumulated_form(query, key, beta):
    """The products one by one into an accumulator that starts at the norms."""
    total = rounded(dot(query, query) + dot(key, key))
    for q, k in zip(query, key, strict=True):
        total = rounded(total - 2 * rounded(q * k))
    return rounded(beta * total)


def difference_factors(dimension):
    return dimension + 3


def expanded_factors(dimension):
    return 2 * dimension + 2


def worst(dimension, numbers, beta):
    """The largest errors of both forms over their bounds."""
    points = list(itertools.product(numbers, repeat=dimension))
    ratios = [Fraction(0), Fraction(0)]
    for query, key in itertools.product(points, repeat=2):
        exact = beta * sum((k - q) ** 2 for q, k in zip(query, key, strict=True))
        size = beta * sum((abs(k) + abs(q)) ** 2 for q, k in zip(query, key, strict=True))
        if exact:
            bound = gamma_of(difference_factors(dimension)) * exact
            error = abs(difference_form(query, key, beta) - exact)
            ratios[0] = max(ratios[0], error / bound)
        if size:
            bound = gamma_of(expanded_factors(dimension)) * size
            for form in (expanded_form, accumulated_form):
                error = abs(form(query, key, beta) - exact)
                ratios[1] = max(ratios[1], error / bound)
    return ratios


mantissas = [Fraction(m) * 2**e for e in range(3) for m in range(4, 8)]
wide = [Fraction(0), *mantissas, *(-x for x in mantissas)]
narrow = [
    Fraction(0),
    *(Fraction(m) for m in (4, 5, 7)),
    *(Fraction(-m) for m in (5, 6)),
    Fraction(14),
]
for dimension, numbers in ((1, wide), (2, narrow)):
    for beta in (Fraction(1), Fraction(5), Fraction(7)):
        found = worst(dimension, numbers, beta)
        assert max(found) <= 1
        print(
            f"D = {dimension}, beta = {beta}: {float(found[0]):.3f}, {float(found[1]):.3f} of the bounds"
        )

# %% [markdown]
# The check can fail: with a single factor in place of $D + 3$ some input refutes the bound.

# %%
single = max(
    abs(difference_form((q,), (k,), Fraction(5)) - 5 * (k - q) ** 2)
    / (gamma_of(1) * 5 * (k - q) ** 2)
    for q, k in itertools.product(wide, repeat=2)
    if q != k
)
assert single > 1
print(f"largest error in units of gamma_1: {float(single):.3f}")

# %% [markdown]
# ## The reference against the closed forms
#
# The library's functions first, since the hypothesis $c$ is about them; then energies and
# coordinates of the reference, against enclosures of the closed form at the root. The bounds are
# those that were proved; the figures are what was found.

# %%
import numpy as np
from gd_attention import align
from gd_attention.conformance.fields import COORDINATE_K
from gd_attention.conformance.fields import ENERGY_ULPS as CONTRACT_ULPS

# what a contract allows is never less than what this arithmetic needs
assert CONTRACT_ULPS == 16 >= math.ceil(float(arb(ENERGY_BOUNDS[2]).upper()))
assert COORDINATE_K == 2 * COORDINATE_CONSTANT

rng = np.random.default_rng(1)
EPS = 2.0**-52


def function_error(name, values):
    """The largest relative error of a NumPy function on some values, in eps."""
    computed = getattr(np, name)(values).tolist()
    worst_error = 0.0
    for x, value in zip(values.tolist(), computed, strict=True):
        exact = getattr(arb(x), name)()
        worst_error = max(worst_error, float(abs((arb(value) - exact) / exact).upper()) / EPS)
    return worst_error


arguments = {
    "tanh": rng.uniform(1e-3, 20.0, 4000),
    "exp": -rng.uniform(0.0, 700.0, 4000),
    "expm1": -(10.0 ** rng.uniform(-12.0, 2.0, 4000)),
    "log1p": 10.0 ** rng.uniform(-12.0, 0.0, 4000),
    "log": 10.0 ** rng.uniform(-12.0, -0.7, 4000),
}
errors = {name: function_error(name, values) for name, values in arguments.items()}
print({name: round(value, 3) for name, value in errors.items()})
measured_c = max(1, math.ceil(max(errors.values())))
assert measured_c in ENERGY_BOUNDS, "this NumPy's functions are outside the hypothesis"


# %%
def exact_pair(separation: float, alpha: float):
    """Energy and minor coordinate, enclosed: interval Newton on F from the right, T22."""
    weight = arb(min(alpha, 1.0 - alpha))
    field = ((1 - weight) / weight).log()
    y = arb(separation)
    z = (field + y) / 2
    for _ in range(400):
        slope = 1 - y / 2 * (1 - z.tanh() ** 2)
        step = (z - field / 2 - y / 2 * z.tanh()) / slope
        z = (z - step).mid()
        if abs(step) < arb(2) ** -150 * (z + arb(2) ** -100):
            break
    # F is convex and increasing beyond its largest root: signs on both sides enclose it
    wide = z * arb(2) ** -120
    low, high = z - wide, z + wide
    assert low - field / 2 - y / 2 * low.tanh() < 0 < high - field / 2 - y / 2 * high.tanh()
    z = low.union(high)
    pull = y * z.tanh()
    minor = 1 / (1 + (2 * z).exp())
    return y * minor**2 + (minor * pull.expm1()).log1p(), minor


ctx.prec = 320
weights = np.concatenate(
    [10.0 ** rng.uniform(-12, -0.31, 600), 0.5 - 10.0 ** rng.uniform(-15, -1, 400)]
)
separations = np.concatenate(
    [
        10.0 ** rng.uniform(-280, 1.4, 600),
        2.0 + rng.normal(0, 1, 400) * 10.0 ** rng.uniform(-12, -1, 400),
    ]
)
found = align(separations, weights)
worst_energy = worst_minor = 0.0
for i, (separation, alpha) in enumerate(zip(separations.tolist(), weights.tolist(), strict=True)):
    energy, minor_part = exact_pair(separation, alpha)
    odds = ((1 - arb(alpha)) / arb(alpha)).log()
    worst_energy = max(worst_energy, float(abs(arb(found.energy[i]) / energy - 1).upper()) / EPS)
    scale = COORDINATE_CONSTANT * (1 + arb(separation) + odds)
    error = float((abs(arb(found.minor[i]) / minor_part - 1) / scale).upper()) / EPS
    worst_minor = max(worst_minor, error)
print(f"energy: {worst_energy:.2f} eps; minor coordinate: {worst_minor:.2f} of its bound")
assert worst_energy <= (ENERGY_ULPS if measured_c == 1 else 16)
assert worst_minor <= 1
