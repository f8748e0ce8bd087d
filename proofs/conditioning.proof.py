# %% [markdown]
# # How the coordinate moves: implicit derivatives and conditioning
#
# Clauses served: GDA-thm-conditioning (T13).
#
# **Hypotheses.** $\alpha \in (0,1)$, $\Lambda > 0$, $t$ the alignment coordinate, $m = 2t-1$,
# $u = \min(t, 1-t)$, $c = 1 - 2\Lambda t(1-t)$ the curvature, which is positive but at
# $\Lambda = 2$, $\alpha = 1/2$ (GDA-thm-curvature). Stationarity is $t = \sigma(h + \Lambda m)$.
#
# **Claim.** Away from the critical point the derivatives of $t$ are those of an implicit function. At
# the critical point they are infinite, and no allowance proportional to a derivative is valid near
# it. What is valid everywhere is an interval, because $t$ is monotone in $\Lambda$.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T13 | GDA-thm-conditioning | symbolic | $\partial t/\partial\Lambda = t(1-t)(2t-1)/c$ and $\partial t/\partial h = t(1-t)/c$ |
# | T13 | GDA-thm-conditioning | symbolic + written argument | $u$ does not increase with $\Lambda$, at the critical point too |
# | T13 | GDA-thm-conditioning | symbolic + rigorous enclosure | an error of $h$: the constants 1.2 and 6, for finite errors |
# | T13 | GDA-thm-conditioning | symbolic + rigorous enclosure | square root in $\Lambda$, cube root in $h$ at $(2, 1/2)$ |

# %%
from fractions import Fraction

import sympy as sp
from enclose import assert_zero, ball, ball_function, enclose_root, prove_sign
from flint import arb, ctx
from IPython.display import Math, display

Lam = sp.Symbol("Lambda", positive=True)
m = sp.Symbol("m", positive=True)
h, t, delta = sp.symbols("h t delta", real=True)


def show(name: str, expression: sp.Expr) -> None:
    display(Math(name + " = " + sp.latex(expression)))


# %% [markdown]
# ## The derivatives
#
# Differentiate $t = \sigma(h + \Lambda(2t-1))$. As $\sigma' = \sigma(1-\sigma)$ and $\sigma = t$:
# $\dot t = t(1-t)\,[\dot h + \dot\Lambda(2t-1) + 2\Lambda\dot t\,]$.

# %%
y, rate = sp.symbols("y rate", real=True)
sigmoid = 1 / (1 + sp.exp(-y))
assert_zero(sp.diff(sigmoid, y) - sigmoid * (1 - sigmoid))
dh, dLam = sp.symbols("dh dLambda", real=True)
equation = rate - t * (1 - t) * (dh + dLam * (2 * t - 1) + 2 * Lam * rate)
(solution,) = sp.solve(equation, rate)
curvature = 1 - 2 * Lam * t * (1 - t)
in_separation = t * (1 - t) * (2 * t - 1) / curvature
in_field = t * (1 - t) / curvature
assert_zero(solution - (dh * in_field + dLam * in_separation))
show(r"\partial t/\partial\Lambda", in_separation)
show(r"\partial t/\partial h", in_field)

# %% [markdown]
# *A second way.* Solved for the other quantities, $h = \operatorname{logit} t - \Lambda(2t-1)$ and
# $\Lambda = (\operatorname{logit} t - h)/(2t-1)$ are explicit functions of $t$; their derivatives are
# the reciprocals.

# %%
logit = sp.log(t) - sp.log(1 - t)
assert_zero(sp.diff(logit - Lam * (2 * t - 1), t) - 1 / in_field)
separation_of_t = (logit - h) / (2 * t - 1)
inverse = sp.diff(separation_of_t, t)
at_solution = inverse.subs(h, logit - Lam * (2 * t - 1))
assert_zero(at_solution - 1 / in_separation)

# %% [markdown]
# ## Monotone in the separation
#
# By symmetry let $h \ge 0$, so $m \ge 0$ and $u = (1-m)/2$. On $m > 0$ stationarity is
# $m\,(A(m) - \Lambda) = h$ with $A(m) = 2\operatorname{artanh}(m)/m$, which increases strictly from 2
# to infinity (GDA-thm-uniqueness).
#
# For $h > 0$ the left side, where it is positive, increases strictly in $m$ and decreases strictly in
# $\Lambda$: so $m$ increases strictly with $\Lambda$. For $h = 0$: $m = 0$ up to $\Lambda = 2$, then
# $A(m) = \Lambda$, again increasing. Nothing was differentiated in $\Lambda$, so the critical point is
# no exception. The derivative agrees: it has the sign of $m$.
#
# A relative error $\delta$ of $\Lambda$ therefore moves $t$ inside the interval between its values at
# $\Lambda(1-|\delta|)$ and $\Lambda(1+|\delta|)$.

# %%
A = 2 * sp.atanh(m) / m
K = 2 * sp.atanh(m) - Lam * m - h
assert_zero(m * (A - Lam) - h - K)
assert_zero(sp.diff(m * (A - Lam), Lam) + m)
N = m / (1 - m**2) - sp.atanh(m)
assert_zero(sp.diff(A, m) - 2 * N / m**2)
assert N.subs(m, 0) == 0
assert_zero(sp.diff(N, m) - 2 * m**2 / (1 - m**2) ** 2)
speed_of_m = sp.diff(2 * t - 1, t) * in_separation
assert_zero(speed_of_m.subs(t, (1 + m) / 2) - m * (1 - m**2) / (2 - Lam * (1 - m**2)))

# %% [markdown]
# ## An error of the log-odds
#
# Replace $h > 0$ by $h(1+\delta)$, $|\delta| < 1$, and let $m_1$ be the new solution:
# $m_1(A(m_1) - \Lambda) = h(1+\delta)$. The same $m_1$ solves the equation for the old $h$ with
# $\Lambda + h\delta/m_1$ in place of $\Lambda$. So the error acts like the relative change
#
# $$ \delta\,\frac{h}{\Lambda m_1} = \frac{\delta}{1+\delta}\Bigl(\frac{A(m_1)}{\Lambda} - 1\Bigr) $$
#
# of the separation. For $m_1 \le 1/2$ and $\Lambda \ge 1$ the bracket is at most
# $A(1/2) - 1 = 2\log 3 - 1 < 1.2$, as $A$ increases. No limit $\delta \to 0$ is taken: the statement
# holds for finite errors, with $1.2\,|\delta|/(1-|\delta|)$.

# %%
assert_zero((m * (A - (Lam + h * delta / m)) - h) - (m * (A - Lam) - h * (1 + delta)))
h_of_m = m * (A - Lam) / (1 + delta)
assert_zero(delta * h_of_m / (Lam * m) - delta / (1 + delta) * (A / Lam - 1))
at_half = ball_function([m], A - 1)(ball(Fraction(1, 2)))
assert at_half < arb("1.2")
assert at_half.overlaps(2 * ball(3).log() - 1)
print("A(1/2) - 1 =", at_half.str(8))

# %% [markdown]
# Elsewhere $u$ itself is well conditioned: $\partial\log u/\partial h = -t/c$ with $u = 1-t$. If
# $\Lambda \le 1$, $c \ge 1/2$. If $m \ge 1/2$, $h \ge 0$ gives $\Lambda \le A(m)$ and so
#
# $$ 1 - c = \tfrac{\Lambda}{2}(1-m^2) \le R(m) = (1-m^2)\frac{\operatorname{artanh} m}{m} , $$
#
# which decreases: its derivative is $-((1+m^2)\operatorname{artanh} m - m)/m^2$, and
# $\operatorname{artanh} m \ge m$. $R(1/2) < 0.83$, so $|\partial\log u/\partial h| < 1/0.17 < 6$. Integrated
# over the change of $h$: $|\Delta\log u| \le 6|h||\delta|$, if the whole change is in this region; it
# is if its ends are, since $m$ is monotone in $h$.

# %%
assert_zero(-in_field / (1 - t) + t / curvature)
assert_zero((1 - curvature).subs(t, (1 + m) / 2) - Lam * (1 - m**2) / 2)
R = (1 - m**2) * sp.atanh(m) / m
assert_zero(Lam * (1 - m**2) / 2 - R - (Lam - A) * (1 - m**2) / 2)
assert_zero(sp.diff(R, m) + ((1 + m**2) * sp.atanh(m) - m) / m**2)
assert_zero(sp.diff(sp.atanh(m) - m, m) - m**2 / (1 - m**2))
assert ball_function([m], R)(ball(Fraction(1, 2))) < arb("0.83")
assert 1 / (1 - arb("0.83")) < 6

# %% [markdown]
# *Enclosed, without the derivative:* $0.83 - R > 0$ on $[\frac12, 1-2^{-20}]$ by a covering. Beyond,
# with $\varepsilon = 1-m$, $R \le 2\varepsilon\cdot\frac12\log(2/\varepsilon)/m$, which is below
# $10^{-4}$ at $2^{-20}$ and decreases with $\varepsilon$.

# %%
edge = 1 - Fraction(1, 2**20)
parts = prove_sign(ball_function([m], sp.Rational(83, 100) - R), [(Fraction(1, 2), edge)], "+")
tail = ball(Fraction(1, 2**20)) * (ball(2**21)).log() / ball(edge)
assert tail < arb("1e-4")
print(f"R < 0.83 on [1/2, 1 - 2^-20]: {parts} parts")

# %% [markdown]
# ## The critical point
#
# At $\alpha = 1/2$, above $\Lambda = 2$: $\Lambda - 2 = A(m) - 2 \sim \frac23 m^2$, a square root. At
# $\Lambda = 2$, $h > 0$: $h = m(A(m) - 2) \sim \frac23 m^3$, a cube root. From below in $\Lambda$
# the derivative at $\alpha = 1/2$ is 0, so a first-order allowance there would be *nothing at all*,
# while a relative error of $2^{-52}$ of the separation moves $m$ by more than $10^{-8}$.

# %%
assert sp.limit((A - 2) / m**2, m, 0) == sp.Rational(2, 3)
assert sp.limit(m * (A - 2) / m**3, m, 0) == sp.Rational(2, 3)
ctx.prec = 200
step = Fraction(1, 2**52)
moved = enclose_root(
    lambda x: 2 * x.atanh() - 2 * (1 + ball(step)) * x, Fraction(1, 2**40), Fraction(1, 2), 190
)
assert moved > arb("2.5e-8")
by_field = enclose_root(
    lambda x: 2 * x.atanh() - 2 * x - ball(step), Fraction(1, 2**40), Fraction(1, 2), 190
)
assert by_field > arb("6e-6")
assert in_separation.subs(t, sp.Rational(1, 2)) == 0
print("m at separation 2 (1 + 2^-52), alpha 1/2:", moved.str(6))
print("m at separation 2, log-odds 2^-52:", by_field.str(6))

# %% [markdown]
# ## The reference against the closed forms
#
# `coordinate_derivatives` against secants of the enclosed coordinate, not against the formulas: the
# secant over $[\Lambda, \Lambda + 2^{-100}]$ differs from the derivative by less than $2^{-60}$ of it
# at these points, far from the critical one. The allowance is that of the parts: $u$ to
# $4(1+\Lambda+|h|)$ eps, the curvature to 16 eps, $m$ to 18 eps of the separation times
# $\mathrm{d}\log m/\mathrm{d}\log\Lambda \le 1/c$ and 30 more, four operations. It and the interval
# are also tried on the critical point itself.

# %%
from gd_attention import align, coordinate_derivatives

EPS = ball(Fraction(1, 2**52))
ctx.prec = 500


def coordinate(separation: Fraction, field: arb) -> arb:
    """The alignment coordinate for h > 0 from the sign of F(z) = z - h/2 - (Lambda/2) tanh z."""
    root = enclose_root(
        lambda z: z - field / 2 - ball(separation) / 2 * z.tanh(), 0, 20 + separation, 480
    )
    return 1 / (1 + (-2 * root).exp())


compared = 0
tiny = Fraction(1, 2**100)
for weight in (0.4375, 0.25, 0.0625, 2.0**-20):
    field = ball((1 - Fraction(weight)) / Fraction(weight)).log()
    for size in (0.0625, 0.5, 1.0, 1.5, 3.0, 6.0, 20.0):
        here = coordinate(Fraction(size), field)
        across = (coordinate(Fraction(size) + tiny, field) - here) / ball(tiny)
        upwards = (coordinate(Fraction(size), field + ball(tiny)) - here) / ball(tiny)
        bend = 1 - 2 * ball(size) * here * (1 - here)
        allowed = 4 * (1 + ball(size) + field) + 16 + 18 / bend + 30 + 4
        # 1 - weight is exact for these weights
        for given, sign in ((weight, 1), (1 - weight, -1)):
            found = coordinate_derivatives(size, given)
            relative = (allowed + 1) * EPS
            assert abs(ball(float(found.separation)) - sign * across) <= relative * abs(across)
            assert abs(ball(float(found.log_odds)) - upwards) <= relative * upwards
            compared += 2

# at the critical point: infinite, and the coordinate stays in the interval around it
assert float(coordinate_derivatives(2.0, 0.5).log_odds) == float("inf")
for size in (2.0, 2.0000000000000004, 2.000000000001):
    m_found = 1 - 2 * ball(float(align(size, 0.5).minor))
    most = enclose_root(
        lambda x, size=size: 2 * x.atanh() - ball(size) * (1 + 18 * EPS) * x,
        Fraction(1, 2**40),
        Fraction(1, 2),
        400,
    )
    # u = 1/2 - m/2 is returned to 4 (1 + 2) eps
    assert m_found <= most + 12 * EPS
    compared += 1
print(f"{compared} values of the reference compared")
