# %% [markdown]
# # The alignment energy: closed form, envelope, bounds, asymptotics
#
# Clauses served: GDA-thm-closed-form (T5), GDA-thm-envelope (T6), GDA-thm-asymptotics (T14).
#
# **Hypotheses.** $\alpha \in (0,1)$, $\Lambda \ge 0$, $t$ the alignment coordinate: a global
# minimiser of $f(t) = -\log(\alpha e^{-\Lambda t^2} + (1-\alpha)e^{-\Lambda(1-t)^2})$, and
# $E^* = f(t)$. By symmetry (GDA-thm-symmetry) let $\alpha \le 1/2$; then $a = \alpha$, $h \ge 0$,
# $u = 1-t \le 1/2$ and $m = 1-2u \ge 0$ (GDA-thm-uniqueness).
#
# **Claim.** $E^*$ has a closed form in $u$; it increases from 0 to a ceiling that it never reaches,
# it is concave, and it never amplifies a relative error of the separation.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T5 | GDA-thm-closed-form | symbolic | $E^* = -\log w + \Lambda u^2 + \log(1-u)$, the forms without cancellation, the deficit |
# | T5 | GDA-thm-closed-form | symbolic + rigorous enclosure | the deficit is positive |
# | T6 | GDA-thm-envelope | symbolic + written argument | $\mathrm{d}E^*/\mathrm{d}\Lambda = t(1-t) \in (0, 1/4]$; concave; $E^*(0) = 0$ |
# | T6 | GDA-thm-envelope | symbolic | $E^* <$ ceiling, $E^* \le \alpha(1-\alpha)\Lambda$; the curve parametrised by $t$ |
# | T6 | GDA-thm-envelope | symbolic + rigorous enclosure | $0 < \mathrm{d}\log E^*/\mathrm{d}\log\Lambda \le 1$ |
# | T14 | GDA-thm-asymptotics | symbolic + written argument | large and small $\Lambda$, and $\Lambda \to 2$ at $\alpha = 1/2$ |
# | T14 | GDA-thm-asymptotics | symbolic + rigorous enclosure | a remainder for small $\Lambda$: at most $0.55\,\alpha(1-\alpha)\Lambda^3$ for $\Lambda \le 1/2$ |

# %%
from fractions import Fraction

import sympy as sp
from enclose import assert_zero, ball, ball_function, enclose_root, prove_sign
from flint import ctx
from IPython.display import Math, display

alpha, a, u, Lam, X = sp.symbols("alpha a u Lambda X", positive=True)
h, t = sp.symbols("h t", real=True)
HALF = Fraction(1, 2)


def show(name: str, expression: sp.Expr) -> None:
    display(Math(name + " = " + sp.latex(expression)))


# %% [markdown]
# ## T5: the closed form
#
# At a stationary point the key's share is $p = t = 1-u$. The share is
# $(1-a)e^{-\Lambda u^2}/S$, so the mixture is $S = (1-a)e^{-\Lambda u^2}/(1-u)$, and
#
# $$ E^* = -\log S = -\log(1-a) + \Lambda u^2 + \log(1-u), \qquad w = 1-a. $$

# %%
S_of_u = (1 - a) * sp.exp(-Lam * u**2) / (1 - u)
key_term = (1 - a) * sp.exp(-Lam * (1 - t) ** 2)
assert_zero((key_term / S_of_u).subs(t, 1 - u) - (1 - u))
# the query's share is then u exactly where t is stationary: (1-u)/u = ((1-a)/a) exp(Lambda m)
query_term = a * sp.exp(-Lam * t**2)
stationary = (1 - u) / u - (1 - a) / a * sp.exp(Lam * (1 - 2 * u))
assert_zero(
    query_term.subs(t, 1 - u) / S_of_u / u
    - 1
    - a / (1 - a) * sp.exp(-Lam * (1 - 2 * u)) * stationary
)
E = -sp.log(1 - a) + Lam * u**2 + sp.log(1 - u)
show("E^*", E)

# %% [markdown]
# Solved for the $u$ on the left, with $X = \Lambda m$: $u = a/(a + (1-a)e^X)$. Then
# $u\,(e^X - 1) = (1-u)\frac{a}{1-a} - u$, and one more than this is $(1-u)/(1-a)$: the form without
# negative terms, and the form for large $X$. The deficit is what is missing to the ceiling.

# %%
u_of_X = a / (a + (1 - a) * sp.exp(X))
assert_zero(((1 - u) / u).subs(u, u_of_X) - (1 - a) / a * sp.exp(X))
product = u_of_X * (sp.exp(X) - 1)
assert_zero(product - ((1 - u_of_X) * a / (1 - a) - u_of_X))
assert_zero(1 + product - (1 - u_of_X) / (1 - a))
assert_zero(E - (Lam * u**2 + sp.log(1 - u) - sp.log(1 - a)))
ceiling = -sp.log(1 - a)
deficit = -sp.log(1 - u) - Lam * u**2
assert_zero(ceiling - E - deficit)
# at no separation u = a and E* = 0
assert_zero(E.subs({Lam: 0, u: a}))
assert_zero(u_of_X.subs(X, 0) - a)

# %% [markdown]
# *The deficit is positive.* The curvature $c = 1 - 2\Lambda u(1-u)$ is in $[0, 1]$ at the minimiser
# (GDA-thm-curvature). So $\Lambda u^2 = (1-c)\frac{u}{2(1-u)} \le u$ for $u \le 1/2$, while
# $-\log(1-u) > u$. The covering confirms it in $(u, c)$ on $[2^{-10}, \frac12] \times [0, 1]$, for
# the deficit over $u$; for smaller $u$ the deficit over $u$ is at least
# $1 - \frac{1}{2(1-u)} > 0$.

# %%
c = sp.Symbol("c", nonnegative=True)
Lam_of_c = (1 - c) / (2 * u * (1 - u))
assert_zero((1 - 2 * Lam * u * (1 - u)).subs(Lam, Lam_of_c) - c)
in_c = sp.cancel((Lam * u**2).subs(Lam, Lam_of_c) / u)
assert_zero(in_c - (1 - c) / (2 * (1 - u)))
assert_zero(sp.diff(-sp.log(1 - u) - u, u) - u / (1 - u))
parts = prove_sign(
    ball_function([u, c], -sp.log(1 - u) / u - in_c), [(Fraction(1, 1024), HALF), (0, 1)], "+"
)
print(f"deficit / u > 0: {parts} parts")

# %% [markdown]
# ## T6: the envelope
#
# 1. *Slope.* $\partial f/\partial\Lambda = (1-p)t^2 + p(1-t)^2$, which at the minimiser, $p = t$, is
#    $t(1-t)$. By the envelope theorem (Danskin: $t$ may be restricted to $[0,1]$) this is the slope
#    of $E^*$ wherever all minimisers give one value, and they do: they are $t$ and $1-t$. It is in
#    $(0, 1/4]$.
# 2. *Concave.* For fixed $t$, $\partial^2 f/\partial\Lambda^2 = -p(1-p)(2t-1)^2 \le 0$, and a
#    minimum of concave functions is concave. A differentiable concave function has a continuous
#    slope.
# 3. *On a smooth branch* the second derivative is $-t(1-t)(2t-1)^2/c$: again not positive.

# %%
S = alpha * sp.exp(-Lam * t**2) + (1 - alpha) * sp.exp(-Lam * (1 - t) ** 2)
f = -sp.log(S)
p = (1 - alpha) * sp.exp(-Lam * (1 - t) ** 2) / S
P = sp.Symbol("p", positive=True)
slope = (1 - P) * t**2 + P * (1 - t) ** 2
assert_zero(sp.diff(f, Lam) - slope.subs(P, p))
assert_zero(slope.subs(P, t) - t * (1 - t))
assert_zero(sp.Rational(1, 4) - t * (1 - t) - (2 * t - 1) ** 2 / 4)
assert_zero(sp.diff(f, Lam, 2) + p * (1 - p) * (2 * t - 1) ** 2)

branch = sp.Function("T", real=True)(Lam)
sigmoid = 1 / (1 + sp.exp(-(h + Lam * (2 * branch - 1))))
speed = t * (1 - t) * (2 * t - 1) / (1 - 2 * Lam * t * (1 - t))
rate = sp.Symbol("rate", real=True)
equation = sp.diff(branch - sigmoid, Lam).subs(sp.diff(branch, Lam), rate).subs(branch, t)
# sigma' = sigma (1 - sigma), and sigma = t at a stationary point
in_logit = sp.exp(-(h + Lam * (2 * t - 1)))
odds = sp.Symbol("odds", positive=True)
equation = equation.subs(in_logit, odds).subs(odds, (1 - t) / t)
assert_zero(sp.solve(equation, rate)[0] - speed)
second = (1 - 2 * t) * speed
assert_zero(second + t * (1 - t) * (2 * t - 1) ** 2 / (1 - 2 * Lam * t * (1 - t)))
show(r"\mathrm{d}^2 E^*/\mathrm{d}\Lambda^2", second)

# %% [markdown]
# 4. *At $\Lambda = 0$* every $t$ minimises. There
#    $f = \Lambda[\alpha t^2 + (1-\alpha)(1-t)^2] + O(\Lambda^2)$ uniformly in $[0,1]$, and the
#    bracket is $\alpha(1-\alpha)$ plus a square: slope $\alpha(1-\alpha)$, at $t = 1-\alpha$, as the
#    convention has it.
# 5. *Ceiling.* $f(0)$ and $f(1)$ are already below $-\log\alpha$ and $-\log(1-\alpha)$, as the other
#    term of the mixture is positive. The limit is the ceiling, since the deficit lies between 0 and
#    $-\log(1-u)$, and $u \to 0$ (below).
# 6. *Chord.* The slope $u(1-u)$ is at most $a(1-a)$ as $u \le a \le 1/2$: so
#    $E^* \le \alpha(1-\alpha)\Lambda$.

# %%
assert_zero(f.subs(Lam, 0))
bracket = alpha * t**2 + (1 - alpha) * (1 - t) ** 2
assert_zero(sp.diff(f, Lam).subs(Lam, 0) - bracket)
assert_zero(bracket - alpha * (1 - alpha) - (t - (1 - alpha)) ** 2)
other = sp.Symbol("other", positive=True)  # the weight 1 - alpha
above_alpha = (alpha * sp.exp(-Lam * t**2) + other * sp.exp(-Lam * (1 - t) ** 2)).subs(t, 0) - alpha
above_other = (alpha * sp.exp(-Lam * t**2) + other * sp.exp(-Lam * (1 - t) ** 2)).subs(t, 1) - other
assert above_alpha.is_positive and above_other.is_positive
assert_zero(a - u_of_X - a * (1 - a) * (sp.exp(X) - 1) / (a + (1 - a) * sp.exp(X)))
assert_zero(a * (1 - a) - u * (1 - u) - (a - u) * (1 - a - u))

# %% [markdown]
# ### The relative error of the separation is never amplified
#
# $\mathrm{d}\log E^*/\mathrm{d}\log\Lambda = \Lambda u(1-u)/E^*$ is positive. That it is at most 1
# follows from concavity and $E^*(0) = 0$; here is a direct reason. With
# $1/(1-a) = 1 + \frac{u}{1-u}e^X$,
#
# $$ E^* - \Lambda u(1-u) = \log\bigl(1 - u + u e^X\bigr) - uX =: B(u, X). $$
#
# $B$ vanishes at $X = 0$ and its derivative in $X$ is
# $u(1-u)(e^X-1)/(1-u+ue^X) \ge 0$. So $B \ge 0$, and $B > 0$ for $X > 0$. (It is Jensen's inequality
# for the exponential of a Bernoulli variable.)

# %%
B = sp.log(1 - u + u * sp.exp(X)) - u * X
a_of_u = u * sp.exp(X) / (1 - u + u * sp.exp(X))
assert_zero(u_of_X.subs(a, a_of_u) - u)
assert_zero(1 - a_of_u - (1 - u) / (1 - u + u * sp.exp(X)))
# E* - Lambda u (1-u) with X = Lambda (1 - 2u): the logarithm of (1-u)/(1-a), and the rest
assert_zero(((1 - u) / (1 - a)).subs(a, a_of_u) - (1 - u + u * sp.exp(X)))
assert_zero((Lam * u**2 - Lam * u * (1 - u)) - (-u * X).subs(X, Lam * (1 - 2 * u)))
assert_zero(B.subs(X, 0))
assert_zero(sp.diff(B, X) - u * (1 - u) * (sp.exp(X) - 1) / (1 - u + u * sp.exp(X)))
parts = prove_sign(ball_function([u, X], B), [(Fraction(1, 64), HALF), (HALF, 32)], "+")
print(f"B > 0 on [1/64, 1/2] x [1/2, 32]: {parts} parts")

# %% [markdown]
# *Parametrised by the coordinate.* For $\alpha \ne 1/2$ and $\Lambda > 0$, $2t - 1 \ne 0$ and the
# stationarity, solved for the separation, is $\Lambda = (\operatorname{logit} t - h)/(2t-1)$. At
# $\alpha = 1/2$, $\Lambda \le 2$: $t = 1/2$ and $E^* = \Lambda/4$.

# %%
logit = sp.Symbol("logit", real=True)
assert sp.solve(logit - h - Lam * (2 * t - 1), Lam) == [(logit - h) / (2 * t - 1)]
assert_zero(sp.expand_log(f.subs({alpha: sp.Rational(1, 2), t: sp.Rational(1, 2)})) - Lam / 4)

# %% [markdown]
# ## T14: asymptotics
#
# *Large $\Lambda$.* From $2\Lambda u(1-u) \le 1$ and $u \le 1/2$: $u \le 1/\Lambda$. Stationarity is
# $u\,e^{h+\Lambda} = (1-u)e^{2\Lambda u}$; with $2\Lambda u \le 2$ it gives $u \le e^{2-h-\Lambda}$,
# so $\Lambda u \to 0$, and the right side tends to 1. The deficit lies between $u - \Lambda u^2$ and
# $u + u^2$, so deficit$/u \to 1$.

# %%
e_h = (1 - a) / a
balance = u * e_h * sp.exp(Lam) - (1 - u) * sp.exp(2 * Lam * u)
assert_zero(balance - u * sp.exp(2 * Lam * u) * (-stationary))
upper = u + u**2 + sp.log(1 - u)
assert upper.subs(u, 0) == 0
assert_zero(sp.diff(upper, u) - u * (1 - 2 * u) / (1 - u))
assert sp.limit(deficit.subs(Lam, 1 / sp.sqrt(u)) / u, u, 0) == 1

# %% [markdown]
# *Small $\Lambda$.* The stationarity has a solution that is a power series in $\Lambda$ with the
# value $1-\alpha$ at 0, the only one for $\Lambda \le 2$. Integrating $t(1-t)$:

# %%
t1, t2 = sp.symbols("t1 t2", real=True)
series_t = (1 - alpha) + t1 * Lam + t2 * Lam**2
# sigma(h + Lambda m) with odds ((1-alpha)/alpha) exp(Lambda m)
exponential = sum((Lam * (2 * series_t - 1)) ** k / sp.factorial(k) for k in range(4))
residual = series_t * (alpha + (1 - alpha) * exponential) - (1 - alpha) * exponential
coefficients = [sp.expand(residual).coeff(Lam, k) for k in range(3)]
assert_zero(coefficients[0])
first = sp.solve(coefficients[1], t1)[0]
later = sp.solve(coefficients[2].subs(t1, first), t2)[0]
solved = series_t.subs({t1: first, t2: later})
slope_series = sp.expand(solved * (1 - solved))
E_series = [sp.factor(slope_series.coeff(Lam, k) / (k + 1)) for k in range(3)]
v = alpha * (1 - alpha)
assert_zero(E_series[0] - v)
assert_zero(E_series[1] + v * (1 - 2 * alpha) ** 2 / 2)
show("E^*", sum(term * Lam ** (k + 1) for k, term in enumerate(E_series)))

# %% [markdown]
# *With a remainder.* Put $s = t(1-t)$, so $E^{*\prime} = s$, $m^2 = 1-4s$, $c = 1 - 2\Lambda s$ and
# $s' = -s\,m^2/c$. Then $E^{*\prime\prime\prime} = s''$ is a rational function of $s$ and
# $\Lambda$, and $|s''| \le 3.3\,s \le 3.3\,\alpha(1-\alpha)$ on $[0,\frac14] \times [0,\frac12]$ by a
# covering: the remainder is at most $\frac{3.3}{6}\alpha(1-\alpha)\Lambda^3$ for $\Lambda \le 1/2$.

# %%
s = sp.Symbol("s", positive=True)
s_prime = -s * (1 - 4 * s) / (1 - 2 * Lam * s)
assert_zero(s_prime.subs(s, t * (1 - t)) - second)
s_second = sp.diff(s_prime, Lam) + sp.diff(s_prime, s) * s_prime
assert_zero(s_second.subs({s: v, Lam: 0}) - 6 * E_series[2])
relative = sp.cancel(s_second / s)
box = [(0, Fraction(1, 4)), (0, HALF)]
most = sp.Rational(33, 10)
parts = [prove_sign(ball_function([s, Lam], most + sign * relative), box, "+") for sign in (1, -1)]
print(f"|E'''| <= 3.3 alpha (1-alpha) for separations up to 1/2: {sum(parts)} parts")

# %% [markdown]
# *Above the critical point*, $\alpha = 1/2$: $\Lambda = A(m) = 2\operatorname{artanh}(m)/m$, which
# increases from 2 with $m$ (GDA-thm-uniqueness), so $m \to 0$ as $\Lambda \downarrow 2$, and
# $3(1 - 2/A(m))/m^2 \to 1$.

# %%
m = sp.Symbol("m", positive=True)
A = 2 * sp.atanh(m) / m
assert sp.limit(A, m, 0) == 2
assert sp.limit(3 * (1 - 2 / A) / m**2, m, 0) == 1

# %% [markdown]
# ## The reference against the closed forms
#
# `align` states 16 eps for the energy and $4(1+\Lambda+|h|)$ eps for $u$ and the deficit, `ceiling`
# 2 eps. They are compared with $f$ itself at an enclosure of the minimiser: of the largest zero of
# $z - h/2 - (\Lambda/2)\tanh z$, with $u = 1/(1+e^{2z})$.

# %%
from gd_attention import align
from gd_attention import ceiling as reference_ceiling

EPS = ball(Fraction(1, 2**52))
ctx.prec = 600
landscape = ball_function([alpha, Lam, t], f)
compared = 0
for weight in (0.5, 0.4375, 0.25, 0.0625, 2.0**-30):
    exact_odds = (1 - Fraction(weight)) / Fraction(weight)
    field = ball(exact_odds).log()
    for size in (2.0**-20, 0.25, 1.0, 1.9375, 2.0, 2.25, 4.0, 16.0, 40.0, 100.0):
        if weight == 0.5 and size <= 2.0:
            root = ball(0)
        else:
            root = enclose_root(
                lambda z, size=size, field=field: z - field / 2 - ball(size) / 2 * z.tanh(),
                0 if weight != 0.5 else Fraction(1, 4),
                20 + Fraction(size),
                560,
            )
        minor = 1 / (1 + (2 * root).exp())
        energy = landscape(ball(weight), ball(size), 1 - minor)
        top = -(1 - ball(weight)).log()
        found = align(size, weight)
        relative_minor = 4 * (1 + ball(size) + field) * EPS
        assert abs(ball(float(found.energy)) - energy) <= 16 * EPS * energy
        assert abs(ball(float(found.minor)) - minor) <= relative_minor * minor
        assert abs(ball(float(found.deficit)) - (top - energy)) <= relative_minor * (top - energy)
        assert abs(ball(float(reference_ceiling(weight))) - top) <= 2 * EPS * top
        compared += 4
print(f"{compared} values of the reference compared")
