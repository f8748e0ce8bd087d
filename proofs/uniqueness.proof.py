# %% [markdown]
# # Uniqueness of the alignment point, and convexity
#
# Clauses served: GDA-thm-uniqueness (T4), GDA-thm-convexity (T12).
#
# **Hypotheses.** $\alpha \in (0,1)$, $\Lambda \ge 0$; on the axis
# $f(t) = -\log S(t)$, $S = \alpha e^{-\Lambda t^2} + (1-\alpha)e^{-\Lambda(1-t)^2}$. For
# $\Lambda > 0$ the stationary points are the zeros of $K(m) = 2\operatorname{artanh} m - \Lambda m - h$
# with $m = 2t-1$, and $K$ has the sign of $f'$ (GDA-thm-stationarity).
#
# **Claim.** The minimiser is unique if and only if $\alpha \ne 1/2$ or $\Lambda \le 2$; it lies on
# the side of the heavier well. $\phi$ is convex if and only if $\Lambda \le 2$, whatever $\alpha$ is.
# So convexity explains uniqueness up to $\Lambda = 2$ only; beyond it, something else does.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T4 | GDA-thm-uniqueness | symbolic + written argument | unique for $\alpha \ne 1/2$ or $\Lambda \le 2$, with $\operatorname{sign}(2t^*-1) = \operatorname{sign}(h)$ |
# | T4 | GDA-thm-uniqueness | symbolic + written argument | exactly two mirror images for $\alpha = 1/2$, $\Lambda > 2$; the limit from $\alpha < 1/2$ |
# | T4 | GDA-thm-uniqueness | rigorous enclosure | the monotone quotient; two minima at $\Lambda = 3$, and what the midpoint is |
# | T12 | GDA-thm-convexity | symbolic + written argument | convex iff $\Lambda \le 2$; strongly iff $\Lambda < 2$, with modulus $2\beta(1-\Lambda/2)$ |
# | T12 | GDA-thm-convexity | rigorous enclosure | the least eigenvalue over a box of separations |

# %%
import math
from fractions import Fraction

import sympy as sp
from enclose import assert_zero, ball, ball_function, enclose_root, prove_sign
from flint import arb, ctx
from IPython.display import Math, display

alpha, beta, Lam = sp.symbols("alpha beta Lambda", positive=True)
m = sp.Symbol("m", positive=True)
h, t, p = sp.symbols("h t p", real=True)


def show(name: str, expression: sp.Expr) -> None:
    display(Math(name + " = " + sp.latex(expression)))


S = alpha * sp.exp(-Lam * t**2) + (1 - alpha) * sp.exp(-Lam * (1 - t) ** 2)

# %% [markdown]
# ## T4
#
# *No jump.* At $\Lambda = 0$ the landscape is $\beta|s-q|^2$, with one minimiser (GDA-thm-axis). Let
# $\Lambda > 0$ from here on.
#
# *Symmetry.* Exchanging the weights and reflecting $t$ changes nothing. So let $h \ge 0$, that is
# $\alpha \le 1/2$.

# %%
assert_zero(S.subs({alpha: 1 - alpha, t: 1 - t}, simultaneous=True) - S)

# %% [markdown]
# *Step 1: minimisers lie on the heavier side.* Reflect a point $t > 1/2$. The mixture there exceeds
# the mixture at $1-t$ by $(1-2\alpha)\,(e^{-\Lambda(1-t)^2} - e^{-\Lambda t^2})$, and the second
# factor is positive, because $t^2 - (1-t)^2 = 2t-1 > 0$. So for $\alpha < 1/2$: $f(t) < f(1-t)$, and
# no point left of the middle is a global minimiser. The middle is not even stationary: $K(0) = -h$.

# %%
gain = (1 - 2 * alpha) * (sp.exp(-Lam * (1 - t) ** 2) - sp.exp(-Lam * t**2))
assert_zero(S - S.subs(t, 1 - t) - gain)
assert_zero(t**2 - (1 - t) ** 2 - (2 * t - 1))
K = 2 * sp.atanh(m) - Lam * m - h
assert_zero(K.subs(m, 0) + h)

# %% [markdown]
# *Step 2: on that side there is one stationary point at most.* For $m > 0$ write $K = 0$ as
# $m\,(A(m) - \Lambda) = h$ with $A(m) = 2\operatorname{artanh}(m)/m$. $A$ increases strictly: its
# derivative is $\frac{2}{m^2}N(m)$, $N = \frac{m}{1-m^2} - \operatorname{artanh} m$, where $N$
# vanishes at 0 and has the derivative $2m^2/(1-m^2)^2 > 0$. It runs from 2 (as $m \to 0$) to
# infinity.
#
# Let $h > 0$. A solution needs $A > \Lambda$. There both factors are positive and increase strictly,
# so the product does, from 0 (or from $m=0$) to infinity: it takes the value $h$ exactly once. With
# step 1 and the existence of a minimiser: **for $\alpha \ne 1/2$ it is unique, for every
# $\Lambda$, and on the side of the heavier well.**

# %%
A = 2 * sp.atanh(m) / m
N = m / (1 - m**2) - sp.atanh(m)
assert_zero(m * (A - Lam) - h - K)
assert_zero(sp.diff(A, m) - 2 * N / m**2)
assert N.subs(m, 0) == 0
assert_zero(sp.diff(N, m) - 2 * m**2 / (1 - m**2) ** 2)
assert sp.limit(A, m, 0) == 2
show("A'(m)", sp.diff(A, m))

# %% [markdown]
# *Step 3: $\alpha = 1/2$.* Now $h = 0$, and $m = 0$ is stationary. The others solve
# $A(m) = \Lambda$, or are mirror images of such: none if $\Lambda \le 2$, exactly one $m_0 > 0$ if
# $\Lambda > 2$. In the second case $K' = 2 - \Lambda < 0$ at 0: a strict local maximum of $f$. So
# the global minimisers are $\pm m_0$, equal by symmetry. **Two, exactly.**
#
# *Step 4: the limit.* For $\Lambda > 2$ the map $m \mapsto m(A(m)-\Lambda)$ is a continuous strictly
# increasing bijection from $[m_0, 1)$ to $[0, \infty)$; so is its inverse, and as $h \downarrow 0$
# ($\alpha \uparrow 1/2$) the unique minimiser tends to $m_0$: the key-side one.

# %%
K_prime = sp.diff(K, m)
assert_zero(K_prime.subs(m, 0) - (2 - Lam))
third_slope = sp.diff(m * (A - Lam), m)
assert_zero(third_slope - ((A - Lam) + m * sp.diff(A, m)))

# %% [markdown]
# *Enclosed.* $N > 0$ on $[2^{-4}, 1 - 2^{-10}]$ by a covering, without its derivative. To the left
# $N = \sum_{n \ge 1} \frac{2n}{2n+1} m^{2n+1}$, a series of positive terms. To the right, with
# $\varepsilon = 1 - m$: $N \ge \frac{m}{2\varepsilon} - \frac12\log\frac2\varepsilon$, and
# $\frac{m}{2\varepsilon}$ exceeds 500 while $\log(2/\varepsilon) < 2\sqrt{2/\varepsilon}$.

# %%
edge = 1 - Fraction(1, 2**10)
parts = prove_sign(ball_function([m], N), [(Fraction(1, 16), edge)], "+")
n = sp.Symbol("n", positive=True, integer=True)
assert_zero(1 - 1 / (2 * n + 1) - 2 * n / (2 * n + 1))
# m/(2e) - sqrt(2/e) with e <= 2^-10 and m >= 1/2: 1/(4e) > sqrt(2/e) as 1/(16 e) > 2
assert Fraction(2**10, 16) > 2
print(f"N > 0 on [1/16, 1 - 2^-10]: {parts} parts")

# %% [markdown]
# ## What exactly fails at $\alpha = 1/2$
#
# Not convexity. That ends at $\Lambda = 2$ for every $\alpha$ (below), and for $\alpha \ne 1/2$ the
# minimiser stays unique beyond. What decides between the two halves of the axis is one factor in
# step 1, $1 - 2\alpha$: for $\alpha \ne 1/2$, reflecting a point from the lighter side to the heavier
# strictly lowers the energy; at $\alpha = 1/2$ reflection is a symmetry, and lowers nothing. Steps 2
# and 3 are the same in both cases: one minimum to a side.
#
# So at $\alpha = 1/2$, $\Lambda > 2$:
#
# - the *alignment energy* is well defined, and continuous in $\alpha$; it has a kink there
#   (GDA-thm-gradients);
# - the *alignment point* is not: no choice is continuous in $\alpha$. As $\alpha$ passes through
#   $1/2$, $m$ jumps from $m_0$ to $-m_0$. The rule takes $m_0$: the jump to the key completes;
# - the *midpoint*, where a search for a zero of the slope ends that starts with the symmetric
#   interval $[0, 1]$, is a strict local maximum, with the value $\Lambda/4$. At $\Lambda = 3$ it lies
#   above the true minimum by more than a tenth, and from the separation $2.4375\ldots$ on, where
#   $\Lambda/4$ meets $f(0) = f(1)$, also above the wells themselves.

# %%
half = {alpha: sp.Rational(1, 2)}
assert_zero(gain.subs(half))
f = -sp.log(S)
midpoint = f.subs(half).subs(t, sp.Rational(1, 2))
assert_zero(sp.expand_log(midpoint) - Lam / 4)
assert_zero(sp.diff(f, t, 2).subs(half).subs(t, sp.Rational(1, 2)) - Lam * (2 - Lam))

ctx.prec = 128
value = ball_function([alpha, Lam, t], f)
three, even = ball(3), ball(Fraction(1, 2))
m_0 = enclose_root(lambda x: 2 * x.atanh() - 3 * x, Fraction(3, 5), Fraction(99, 100), 120)
key_side, query_side = (value(even, three, (1 + sign * m_0) / 2) for sign in (1, -1))
assert key_side.overlaps(query_side)
assert key_side < ball(Fraction(3, 4)) - arb("0.1")
assert arb("0.63480") < key_side < arb("0.63481")
# -1 at alpha just above 1/2, +1 at alpha just below: a jump of 2 m_0
assert arb("0.8585") < m_0 < arb("0.8586")
# Lambda/4 against f(0) = log 2 - log(1 + exp(-Lambda))
crossing = enclose_root(
    lambda size: size / 4 - (2 / (1 + (-size).exp())).log(), Fraction(2), Fraction(3), 100
)
assert arb("2.4375") < crossing < arb("2.4376")
print("separation from which the midpoint lies above the wells:", crossing.str(12))

# %% [markdown]
# *Unique without convexity.* At $\Lambda = 3$, $\alpha = 15/32$ there are three stationary points,
# two of them minima, and one global minimiser. The other minimum is higher by a proved amount.

# %%
weight = ball(Fraction(15, 32))
odds = (ball(Fraction(17, 15))).log()
ends = [(Fraction(-99, 100), Fraction(-3, 5)), (Fraction(3, 5), Fraction(99, 100))]
minima = [
    enclose_root(lambda x: 2 * x.atanh() - 3 * x - odds, low, high, 120) for low, high in ends
]
assert all(2 / (1 - x * x) - 3 > 0 for x in minima)
metastable, least = (value(weight, three, (1 + x) / 2) for x in minima)
assert least < metastable - arb("0.05")

# %% [markdown]
# ## T12: convexity
#
# The Hessian has the eigenvalues $2\beta$ across the jump and $2\beta(1 - 2\Lambda p(1-p))$ along it
# (GDA-thm-curvature), $p$ the share of the key's term. The second exceeds $2\beta(1-\Lambda/2)$ by a
# square. The value $p = 1/2$ occurs, at $t = \frac12 - \frac{h}{2\Lambda}$ (every value does, since
# $\operatorname{logit} p = h + \Lambda(2t-1)$ takes every real). So the least eigenvalue over all of
# $\mathbb{R}^d$ is exactly $2\beta(1-\Lambda/2)$, for every $\alpha$:
#
# - $\Lambda < 2$: strongly convex, and no larger modulus will do;
# - $\Lambda = 2$: convex, not strongly; $\Lambda > 2$: not convex.
#
# At $\Lambda = 0$ the Hessian is $2\beta I$, which the formula gives as well.

# %%
eigenvalue = 2 * beta * (1 - 2 * Lam * p * (1 - p))
modulus = 2 * beta * (1 - Lam / 2)
assert_zero(eigenvalue - modulus - beta * Lam * (2 * p - 1) ** 2)
assert_zero(2 * beta - modulus - beta * Lam)
logit_p = h + Lam * (2 * t - 1)
(place,) = sp.solve(logit_p, t)
assert_zero(place - (sp.Rational(1, 2) - h / (2 * Lam)))
assert_zero(eigenvalue.subs(p, sp.Rational(1, 2)) - modulus)
assert modulus.subs(Lam, 0) == 2 * beta
show(r"\lambda_{\min}", sp.factor(modulus))

# %% [markdown]
# *Enclosed.* $1 - 2\Lambda p(1-p) > 0$ on the box $\Lambda \in [0, 2 - 2^{-6}]$, $p \in [0,1]$, and
# it is negative at $p = 1/2$ on $\Lambda \in [2 + 2^{-6}, 100]$.

# %%
reduced = ball_function([Lam, p], 1 - 2 * Lam * p * (1 - p))
gap = Fraction(1, 64)
below = prove_sign(reduced, [(0, 2 - gap), (0, 1)], "+")
above = prove_sign(reduced, [(2 + gap, 100), (Fraction(1, 2), Fraction(1, 2))], "-")
print(f"convex below: {below} parts; not convex above: {above} parts")

# %% [markdown]
# So a proof of uniqueness by strong convexity is a proof for $\Lambda < 2$. For $\alpha \ne 1/2$ and
# larger $\Lambda$ the conclusion is true and the reason is step 1; for $\alpha = 1/2$ it is false.

# %% [markdown]
# ## The reference against the closed forms
#
# `unique` is a statement about the given floats, compared exactly at the border. The coordinate is
# judged by signs: the residual $z - h/2 - (\Lambda/2)\tanh z$ changes sign between the values of $u$
# that lie $4(1+\Lambda+|h|)$ eps to either side, the bound that `align` states, or those for a
# separation moved by 18 eps, which is how the root's residual may count (GDA-thm-conditioning).

# %%
from gd_attention import align

above_half, below_half = math.nextafter(0.5, 1.0), math.nextafter(0.5, 0.0)
above_two = math.nextafter(2.0, 3.0)
for size in (0.0, 1.0, 2.0, above_two, 3.0, 1e300):
    for given in (below_half, 0.5, above_half, 0.1, 0.9):
        assert bool(align(size, given).unique) == (given != 0.5 or size <= 2.0)
        found = align(size, given)
        if size > 0.0 and not (given == 0.5 and size <= 2.0):
            # the coordinate may round to 1/2 from the side of h; u does not
            side = float(found.coordinate) - 0.5
            assert side >= 0.0 if given <= 0.5 else side <= 0.0
            assert float(found.minor) < 0.5
assert float(align(2.0, 0.5).coordinate) == float(align(1.0, 0.5).coordinate) == 0.5

EPS = Fraction(1, 2**52)
ctx.prec = 200
compared = 0
for size in (0.25, 1.5, 2.0, 2.5, 3.0, 20.0):
    for given in (0.5, below_half, 0.484375, 0.25, 2.0**-30):
        if given == 0.5 and size <= 2.0:
            continue
        odds = (ball((1 - Fraction(given)) / Fraction(given))).log()
        u = ball(float(align(size, given).minor))
        allowed = 4 * (1 + ball(size) + odds) * ball(EPS)
        signs = []
        for step in (-1, 1):
            moved = u * (1 + step * allowed)
            separation = ball(size) * (1 + step * 18 * ball(EPS))
            # decreasing in u and in the separation, as m > 0
            logit = (1 / moved - 1).log()
            signs.append(logit - odds - separation * (1 - 2 * moved))
        assert signs[0] > 0 > signs[1]
        compared += 1
# the limit from below is the rule's choice: h is 2 eps there, dt/dh = t(1-t)/c is below 1/4, and
# each coordinate is off by 16 u eps and a rounding
limit = float(align(3.0, below_half).coordinate) - float(align(3.0, 0.5).coordinate)
assert abs(limit) <= 4 * 2.0**-52
print(f"{compared} coordinates of the reference compared")
