# %% [markdown]
# # The axis, the curvature, the gradient
#
# Clauses served: GDA-thm-axis (T1), GDA-thm-curvature (T11), GDA-thm-gradients (T10).
#
# **Hypotheses.** $\alpha \in (0,1)$, $\beta > 0$, $q, k \in \mathbb{R}^d$ with $d \ge 1$,
# $\Delta = k - q$, $L = |\Delta|$, $\Lambda = \beta L^2$, $h = \log((1-\alpha)/\alpha)$, and
# $\phi(s) = -\log(\alpha e^{-\beta|s-q|^2} + (1-\alpha) e^{-\beta|s-k|^2})$. Nothing else is used.
#
# **Claim.** Across the jump $\phi$ is a parabola, so everything happens on the passage between $q$
# and $k$; the landscape there is flat to second order only at the critical point
# $\Lambda = 2$, $\alpha = 1/2$; and the derivatives of the alignment energy are those of $\phi$ at
# the minimiser, because the minimiser itself does not count to first order.
#
# **How it is checked.** Identities by SymPy, each for every dimension $d$: either only the
# bilinearity of the inner product is used, or two generic coordinates stand for all. Signs on
# intervals by a derivative of known sign and, independently, by a covering with balls. What is left
# (existence of a minimiser, the envelope theorem where the minimiser is not unique) is written out.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T1 | GDA-thm-axis | symbolic | $\phi(q+xg+y) = \beta \lvert y\rvert^2 + \phi(q+xg)$, and $\phi(q+t\Delta) = f(t)$ |
# | T1 | GDA-thm-axis | symbolic + written argument | stationary points lie on the passage, strictly inside; a minimiser exists |
# | T11 | GDA-thm-curvature | symbolic | eigenvalues of the Hessian: $2\beta$ across the jump, $2\beta(1-2\Lambda t(1-t))$ along it |
# | T11 | GDA-thm-curvature | symbolic + rigorous enclosure + written argument | at the minimiser it is degenerate only at $\Lambda=2$, $\alpha=1/2$ |
# | T10 | GDA-thm-gradients | symbolic + written argument | the derivatives of $E^*$ in $q$, $k$, $\alpha$, $\beta$ |
# | T10 | GDA-thm-gradients | symbolic | $\lvert\nabla_q E^*\rvert \le \min(\beta L/2, 1/L) \le \sqrt{\beta/2}$, a constant that cannot be lowered |
# | T10 | GDA-thm-gradients | symbolic + rigorous enclosure | the kink at $\alpha=1/2$, $\Lambda>2$; $\pm 1.7171\ldots$ at $\Lambda = 3$ |

# %%
from fractions import Fraction

import sympy as sp
from enclose import assert_zero, ball, ball_function, enclose_root, prove_sign
from flint import arb, ctx
from IPython.display import Math, display

alpha, beta, L, Lam = sp.symbols("alpha beta L Lambda", positive=True)
h, t, x, r = sp.symbols("h t x r", real=True)


def show(name: str, expression: sp.Expr) -> None:
    display(Math(name + " = " + sp.latex(expression)))


# %% [markdown]
# ## T1: across the jump a parabola
#
# Write $s = q + xg + y$ with $g = \Delta/L$ and $y \perp g$. Then $s - q = xg + y$ and
# $s - k = (x-L)g + y$. The inner product is bilinear, so the square of $a\,g + b\,y$ is
# $a^2\, g\!\cdot\!g + 2ab\, g\!\cdot\!y + b^2\, y\!\cdot\!y$, in every dimension; the hypotheses
# are $g\cdot g = 1$ and $g \cdot y = 0$, and $r$ stands for $y\cdot y$.

# %%
gg, gy = sp.symbols("gg gy", real=True)
hypotheses = {gg: 1, gy: 0}


def square(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """The square of a g + b y."""
    return (a**2 * gg + 2 * a * b * gy + b**2 * r).subs(hypotheses)


def mixture(from_query: sp.Expr, from_key: sp.Expr) -> sp.Expr:
    """The mixture of which phi is minus the logarithm, from the two squared distances."""
    return alpha * sp.exp(-beta * from_query) + (1 - alpha) * sp.exp(-beta * from_key)


whole = mixture(square(x, 1), square(x - L, 1))
on_axis = mixture(square(x, 0), square(x - L, 0))
show(r"|s-q|^2", square(x, 1))
show(r"|s-k|^2", square(x - L, 1))
assert_zero(whole - sp.exp(-beta * r) * on_axis)

# %% [markdown]
# The factor $e^{-\beta r}$ leaves the logarithm: $\phi(s) = \beta|y|^2 + \phi(q + xg)$. Its gradient
# in $y$ is $2\beta y$, so a stationary point has $y = 0$. With $x = tL$ and $\Lambda = \beta L^2$
# the rest is a function of $t$, and of two numbers.

# %%
M = sp.Symbol("M", positive=True)
assert_zero(sp.expand_log(-sp.log(sp.exp(-beta * r) * M)) - beta * r + sp.log(M))

S = alpha * sp.exp(-Lam * t**2) + (1 - alpha) * sp.exp(-Lam * (1 - t) ** 2)
f = -sp.log(S)
assert_zero(on_axis.subs(x, t * L) - S.subs(Lam, beta * L**2))
show("f(t)", f)

# %% [markdown]
# The share of the key's term in the mixture is $p$. Its odds are $e^{h + \Lambda(2t-1)}$, so
# $p = \sigma(h + \Lambda(2t-1))$ and $0 < p < 1$. The slope of $f$ is $2\Lambda(t - p)$.

# %%
p = (1 - alpha) * sp.exp(-Lam * (1 - t) ** 2) / S
of_h = {alpha: 1 / (1 + sp.exp(h))}
assert_zero((p / (1 - p)).subs(of_h) - sp.exp(h + Lam * (2 * t - 1)))
assert_zero(sp.diff(f, t) - 2 * Lam * (t - p))
show("f'(t)", 2 * Lam * (t - sp.Symbol("p")))

# %% [markdown]
# At or left of $q$, $t = -\tau$ with $\tau \ge 0$, and at or right of $k$, $t = 1 + \tau$: the slope
# is $-2\Lambda(\tau + p)$ and $2\Lambda(\tau + 1 - p)$, with $p$ and $1-p$ quotients of positive
# numbers. So stationary points have $0 < t < 1$.

# %%
tau = sp.Symbol("tau", nonnegative=True)
query_share = sp.exp(-h) * sp.exp(-Lam * t**2)
key_share = sp.exp(-Lam * (1 - t) ** 2)
odds_form = key_share / (query_share + key_share)
assert_zero(p.subs(of_h) - odds_form)
assert (tau + odds_form.subs(t, -tau)).is_positive
assert (tau + (query_share / (query_share + key_share)).subs(t, 1 + tau)).is_positive

# %% [markdown]
# *Existence.* The mixture is at most $e^{-\beta\min(|s-q|^2, |s-k|^2)}$, as its weights sum to 1. So
# $\phi(s) \ge \beta\min(|s-q|^2, |s-k|^2)$, which tends to infinity with $|s|$; $\phi$ is continuous
# and attains its minimum, at a stationary point.
#
# *No jump.* For $L = 0$ the two terms are one: $\phi(s) = \beta|s-q|^2$, with the minimiser $q$.

# %%
A = sp.Symbol("A", nonnegative=True)
assert_zero(mixture(A, A) - sp.exp(-beta * A))

# %% [markdown]
# ## T11: the Hessian
#
# A second derivative in the coordinates $i$ and $j$ sees only these two coordinates of $s$, $q$ and
# $k$; the others enter through the constants $A$ and $B$. So two generic coordinates prove the
# formula in every dimension:
#
# $$ \nabla\phi = 2\beta\,[(1-p)(s-q) + p(s-k)], \qquad
#    \nabla^2\phi = 2\beta I - 4\beta^2 p(1-p)\,\Delta\Delta^{\mathsf T}. $$

# %%
B = sp.Symbol("B", nonnegative=True)
si, sj, qi, qj, ki, kj = sp.symbols("s_i s_j q_i q_j k_i k_j", real=True)
to_query = (si - qi) ** 2 + (sj - qj) ** 2 + A
to_key = (si - ki) ** 2 + (sj - kj) ** 2 + B
phi = -sp.log(mixture(to_query, to_key))
share = (1 - alpha) * sp.exp(-beta * to_key) / mixture(to_query, to_key)
assert_zero(sp.diff(phi, si) - 2 * beta * ((1 - share) * (si - qi) + share * (si - ki)))
assert_zero(sp.diff(share, sj) - 2 * beta * share * (1 - share) * (kj - qj))
spread = 4 * beta**2 * share * (1 - share)
assert_zero(sp.diff(phi, si, sj) + spread * (ki - qi) * (kj - qj))
assert_zero(sp.diff(phi, si, 2) - 2 * beta + spread * (ki - qi) ** 2)

# %% [markdown]
# On $y \perp \Delta$ the second term vanishes: eigenvalue $2\beta$, $d-1$ times. On $\Delta$ it is
# $4\beta^2 p(1-p) L^2 = 2\beta \cdot 2\Lambda p(1-p)$; at a stationary point $p = t$. So the
# eigenvalue along the jump is $2\beta c$ with the *curvature* $c = 1 - 2\Lambda t(1-t)$; it agrees
# with $f''(t)/L^2$. For $L = 0$ the formula gives $2\beta I$, as it should.

# %%
P = sp.Symbol("p", positive=True)
curvature = 1 - 2 * Lam * t * (1 - t)
along = (2 * beta - 4 * beta**2 * P * (1 - P) * L**2).subs(L, sp.sqrt(Lam / beta))
assert_zero(along.subs(P, t) - 2 * beta * curvature)
assert_zero(sp.diff(f, t, 2) - 2 * Lam * (1 - 2 * Lam * p * (1 - p)))

# %% [markdown]
# ### Degenerate only at the critical point
#
# At a global minimum $f'' \ge 0$, so $c \ge 0$. If $c = 0$ the third derivative must vanish as well.
# With $p' = 2\Lambda p(1-p)$ it is $-2\Lambda(2\Lambda)^2 p(1-p)(1-2p)$, so $p = t = 1/2$. Then
# $c = 1 - \Lambda/2 = 0$ gives $\Lambda = 2$, and $p = 1/2$ at $t = 1/2$ gives $h = 0$.
# Conversely, at that point the fourth derivative is $32 > 0$: a strict minimum, flat to third
# order.

# %%
slope_of_p = 2 * Lam * P * (1 - P)
assert_zero(sp.diff(p, t) - slope_of_p.subs(P, p))
second = 2 * Lam * (1 - slope_of_p)
third = sp.diff(second, P) * slope_of_p
fourth = sp.diff(third, P) * slope_of_p
assert_zero(third + 2 * Lam * (2 * Lam) ** 2 * P * (1 - P) * (1 - 2 * P))
assert sp.solveset(third / (8 * Lam**3), P, sp.Interval.open(0, 1)) == sp.FiniteSet(
    sp.Rational(1, 2)
)
critical = {P: sp.Rational(1, 2), Lam: 2}
assert second.subs(critical) == third.subs(critical) == 0
assert fourth.subs(critical) == 32
show("f''''", sp.factor(fourth))

# %% [markdown]
# *Elsewhere.* With $m = 2t-1$ and $K(m) = 2\operatorname{artanh} m - \Lambda m - h$, whose zeros are the
# stationary points (GDA-thm-stationarity), $c = \tfrac12(1-m^2)K'(m)$: a degenerate stationary point
# is a double zero of $K$, which is $|h| = h_c$ (GDA-thm-counting).

# %%
m = sp.Symbol("m", positive=True)
K = 2 * sp.atanh(m) - Lam * m - h
assert_zero(curvature.subs(t, (1 + m) / 2) - (1 - m**2) * sp.diff(K, m) / 2)

# %% [markdown]
# *A second way, by a bound.* Let $h \ge 0$ and let the minimiser have $m = 2t - 1 > 0$ (it does for
# $h > 0$, see GDA-thm-uniqueness). Stationarity reads $h = 2\operatorname{artanh} m - \Lambda m$, so
# $h \ge 0$ means $\Lambda \le 2\operatorname{artanh}(m)/m$, and
#
# $$ c = 1 - \tfrac{\Lambda}{2}(1-m^2) \ \ge\ c_0(m) = 1 - (1-m^2)\frac{\operatorname{artanh} m}{m}. $$
#
# $m\,c_0$ vanishes at 0 and has the derivative $2m\operatorname{artanh} m > 0$; so $c_0 > 0$ on
# $(0,1)$.

# %%
assert_zero(curvature.subs(t, (1 + m) / 2) - (1 - Lam * (1 - m**2) / 2))
numerator = m - (1 - m**2) * sp.atanh(m)
assert numerator.subs(m, 0) == 0
assert_zero(sp.diff(numerator, m) - 2 * m * sp.atanh(m))

# %% [markdown]
# The covering confirms it on $[2^{-4}, 1 - 2^{-20}]$, without the derivative. Left of it
# $c_0 = \sum_{n\ge1} 2m^{2n}/(4n^2-1)$, a series of positive terms. Right of it put
# $\varepsilon = 1 - m$: $(1-m^2)\operatorname{artanh} m \le \varepsilon\log(2/\varepsilon)$, which
# increases for $\varepsilon < 2/e$ and at $2^{-20}$ is below $2\cdot 10^{-5}$, less than $m$.

# %%
low, high = Fraction(1, 16), 1 - Fraction(1, 2**20)
parts = prove_sign(ball_function([m], numerator), [(low, high)], "+")
tail = ball(Fraction(1, 2**20)) * (ball(2) * 2**20).log()
assert tail < arb("2e-5")
n = sp.Symbol("n", positive=True, integer=True)
# (1 - m^2) sum m^(2n)/(2n+1), collected by powers of m^2
assert_zero(1 / (2 * n + 1) - 1 / (2 * n - 1) + 2 / (4 * n**2 - 1))
print(f"c_0 > 0 on [1/16, 1 - 2^-20]: {parts} parts")

# %% [markdown]
# ## T10: derivatives of the alignment energy
#
# $E^* = \min_t f(t)$. Along a smooth branch $T$ of stationary points the chain rule gives
# $\frac{d}{d\theta} f(T(\theta), \theta) = f_t T' + f_\theta$, and $f_t = 2\Lambda(T - p) = 0$ there:
# only the partial derivative remains. Where the minimiser is degenerate or not unique there is no smooth branch; then
# Danskin's theorem holds for the compact set $t \in [0,1]$, which contains all minimisers: the
# one-sided derivatives of $E^*$ are the least and the greatest of $f_\theta$ over the minimisers. At
# $\alpha = 1/2$, $\Lambda > 2$ these are $t$ and $1-t$.
#
# In $\Lambda$, with $p = t$:

# %%
T = sp.Function("T", real=True)(Lam)
along_branch = sp.diff(f.subs(t, T), Lam)
to_first_order = 2 * Lam * (T - p.subs(t, T)) * sp.diff(T, Lam) + sp.diff(f, Lam).subs(t, T)
assert_zero(along_branch - to_first_order)

in_separation = sp.diff(f, Lam)
assert_zero(in_separation - ((1 - p) * t**2 + p * (1 - t) ** 2))
at_minimiser = sp.factor(((1 - P) * t**2 + P * (1 - t) ** 2).subs(P, t))
assert_zero(at_minimiser - t * (1 - t))
# both minimisers of a tie give the same value: E* is differentiable there too
assert_zero(at_minimiser - at_minimiser.subs(t, 1 - t))
show(r"\partial E^*/\partial\Lambda", at_minimiser)

# %% [markdown]
# $\Lambda = \beta\sum_i(k_i-q_i)^2$, so $\partial\Lambda/\partial q_i = -2\beta\Delta_i$,
# $\partial\Lambda/\partial k_i = 2\beta\Delta_i$ and $\partial\Lambda/\partial\beta = L^2$. As $h$
# does not depend on them, these times $t(1-t)$ are the derivatives of $E^*$.

# %%
separation = beta * ((ki - qi) ** 2 + A)
assert_zero(sp.diff(separation, qi) + 2 * beta * (ki - qi))
assert_zero(sp.diff(separation, ki) - 2 * beta * (ki - qi))
assert_zero(sp.diff(separation, beta) - separation / beta)

# %% [markdown]
# In $\alpha$, at fixed $t$ and $\Lambda$, the derivative of $f$ is $-(1-p)/\alpha + p/(1-\alpha)$;
# at a stationary point it is $(t - (1-\alpha))/(\alpha(1-\alpha))$.

# %%
in_alpha = p / (1 - alpha) - (1 - p) / alpha
assert_zero(sp.diff(f, alpha) - in_alpha)
closed = (t - (1 - alpha)) / (alpha * (1 - alpha))
assert_zero((P / (1 - alpha) - (1 - P) / alpha).subs(P, t) - closed)
show(r"\partial E^*/\partial\alpha", closed)

# %% [markdown]
# **The kink.** At $\alpha = 1/2$, $\Lambda > 2$ the two minimisers $t > 1/2$ and $1-t$ give
# $\pm 2(2t-1)$. $E^*$ is a minimum, so its left derivative is the greatest of the two: that of the
# key-side minimiser, which the tie rule takes. At $\Lambda = 3$, $m = 2t - 1$ is the zero of
# $2\operatorname{artanh} m - 3m$ right of $m_c = \sqrt{1/3}$, and the derivative is $2m$.

# %%
half = {alpha: sp.Rational(1, 2)}
assert_zero(closed.subs(half) - 2 * (2 * t - 1))
assert_zero(closed.subs(half).subs(t, 1 - t) + 2 * (2 * t - 1))
kink = 2 * enclose_root(lambda z: 2 * z.atanh() - 3 * z, Fraction(3, 5), Fraction(99, 100), 100)
assert arb("1.7171") < kink < arb("1.7172")
print("left derivative in alpha at alpha = 1/2, separation 3:", kink.str(12))

# %% [markdown]
# **The length of the gradient** is $2\beta L\,t(1-t)$. Its distances to $\beta L/2$ and to $1/L$ are
# a square and a multiple of the curvature, so both are bounds; the second needs the minimiser, where
# $c \ge 0$. Their product is $\beta/2$, so the smaller one is at most $\sqrt{\beta/2}$: $E^*$ is
# $\sqrt{\beta/2}$-Lipschitz in $q$ (integrate along the segment), and in $k$.

# %%
length = 2 * beta * L * t * (1 - t)
assert_zero(beta * L / 2 - length - beta * L / 2 * (2 * t - 1) ** 2)
assert_zero(1 / L - length - curvature.subs(Lam, beta * L**2) / L)
assert_zero((beta * L / 2) * (1 / L) - beta / 2)
# the constant is attained, at the critical point: no smaller one will do
attained = length.subs({t: sp.Rational(1, 2), L: sp.sqrt(2 / beta)})
assert_zero(attained - sp.sqrt(beta / 2))

# %% [markdown]
# *The output.* Away from ties, from equality with a threshold and from changes of abstention, all
# comparisons that fix the index are strict inequalities between continuous functions of $q$ and
# $k_i$, so they persist nearby: the output is $v_{i^*}$ with a locally constant index. Its derivative
# is 0 in $q$ and $k$ and one-hot in the values.

# %% [markdown]
# ## The reference against the closed forms
#
# `energy` at points beside the passage, against $\beta|y|^2 + f(t)$ in balls, to $(D+12)$ eps: both
# separations carry $(D+4)$ eps, which $\phi$ passes on with factor at most 1 as it is concave along
# rays of the two exponents; what follows is below 8 eps. `align` states 16 eps for the curvature. It
# is compared with $c$ at $t = \sigma(2z)$, $z$ the largest zero of
# $z - h/2 - (\Lambda/2)\tanh z$ (the stationarity in another variable), for $\alpha \le 1/2$.

# %%
import numpy as np
from gd_attention import align, energy, energy_gradient

EPS = Fraction(1, 2**52)
ctx.prec = 200
compared = 0
landscape = ball_function([alpha, Lam, t], f)
for weight in (0.5, 0.25, 0.875, 2.0**-20):
    for numerator_t in (-8, 0, 5, 8, 13, 16, 40):
        # s = q + t Delta + y with Delta = (3, 4, 0), y = (0, 0, 2): exact floats
        s = np.array([1.0, 1.0, 1.0]) + numerator_t / 16 * np.array([3.0, 4.0, 0.0])
        s[2] += 2.0
        for precision in (2.0**-6, 0.125, 1.0):
            value = energy(s, [1.0, 1.0, 1.0], [4.0, 5.0, 1.0], weight, precision)
            exact = ball(precision) * 4 + landscape(
                ball(weight), ball(precision) * 25, ball(Fraction(numerator_t, 16))
            )
            assert abs(ball(float(value)) - exact) <= (3 + 12) * ball(EPS) * abs(exact)
            compared += 1
for weight in (0.5, 0.25, 0.4375, 2.0**-20):
    field = (ball((1 - Fraction(weight)) / Fraction(weight))).log()
    for size in (0.125, 1.0, 1.9375, 2.25, 3.0, 12.0):
        if weight == 0.5 and size <= 2:
            root = ball(0)
        else:
            # F < 0 at 0 if h > 0, and at the turning point if Lambda > 2
            start = Fraction(0) if weight != 0.5 else Fraction(1, 4)
            root = enclose_root(
                lambda z, size=size, field=field: z - field / 2 - ball(size) / 2 * z.tanh(),
                start,
                20 + Fraction(size),
                190,
            )
        exact = 1 - ball(size) / 2 * (1 - root.tanh() ** 2)
        value = ball(float(align(size, weight).curvature))
        assert abs(value - exact) <= 16 * ball(EPS) * exact
        compared += 1
# formed as (1 - exp(-X))/(a exp(-X) + 1 - a) with X = 3m: the root counts as 18 eps of the
# separation at most, and d log m / d log separation <= 1/c = 2.6; X and the quotient add 5
found = ball(float(energy_gradient([0.0], [1.0], 0.5, 3.0).alpha))
assert abs(found - kink) <= (18 * ball(2.6) + 5) * ball(EPS) * kink
print(f"{compared + 1} values of the reference compared")
