# %% [markdown]
# # Stationary points: the equation, their number, the barriers between them
#
# Clauses served: GDA-thm-stationarity (T2), GDA-thm-counting (T3), GDA-thm-barriers (T21).
#
# **Hypotheses.** $\Lambda > 0$, $h$ real. By GDA-thm-axis everything happens on the axis, where
# $f(t) = -\log(\alpha e^{-\Lambda t^2} + (1-\alpha)e^{-\Lambda(1-t)^2})$ and
# $f'(t) = 2\Lambda(t-p)$ with $p = \sigma(h + \Lambda(2t-1))$.
#
# **Claim.** With $m = 2t-1$ the stationary points are the solutions of the mean-field equation of
# Curie and Weiss. There are one, two or three of them, and the spinodal field $h_c(\Lambda)$ says
# which. Where there are three, the middle one separates two minima by barriers that are areas under
# one curve.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T2 | GDA-thm-stationarity | symbolic | $t = \sigma(h+\Lambda(2t-1))$, that is $m = \tanh((h+\Lambda m)/2)$ |
# | T2 | GDA-thm-stationarity | symbolic | why Curie-Weiss: the same free energy, coupling $\Lambda/2$, field $h/2$ |
# | T3 | GDA-thm-counting | symbolic + written argument | one, two or three stationary points; $h_c > 0$ |
# | T3 | GDA-thm-counting | rigorous enclosure | the counts on both sides of the spinodal, and $h_c > 0$ again |
# | T21 | GDA-thm-barriers | symbolic + written argument | barriers are areas; which one vanishes, and where |
# | T21 | GDA-thm-barriers | rigorous enclosure | the bounds of the barriers at given separations and fields |

# %%
from fractions import Fraction

import sympy as sp
from enclose import assert_zero, ball, ball_function, enclose_root, interval, prove_sign
from flint import arb, ctx
from IPython.display import Math, display

Lam, alpha = sp.symbols("Lambda alpha", positive=True)
c = sp.Symbol("c", positive=True)
h, t, m, y = sp.symbols("h t m y", real=True)


def show(name: str, expression: sp.Expr) -> None:
    display(Math(name + " = " + sp.latex(expression)))


# %% [markdown]
# ## T2: the equation
#
# $f'(t) = 2\Lambda(t - p)$ vanishes if and only if $t = p$. As $2\sigma(y) - 1 = \tanh(y/2)$, this is
# $m = \tanh((h + \Lambda m)/2)$. (At $\Lambda = 0$ the slope is 0 for every $t$: all name one point.)

# %%
S = alpha * sp.exp(-Lam * t**2) + (1 - alpha) * sp.exp(-Lam * (1 - t) ** 2)
sigma = 1 / (1 + sp.exp(-y))
with_odds = {alpha: 1 / (1 + sp.exp(h))}
p = sigma.subs(y, h + Lam * (2 * t - 1))
assert_zero(sp.diff(-sp.log(S), t).subs(with_odds) - 2 * Lam * (t - p))
assert_zero(2 * sigma - 1 - sp.tanh(y / 2))
assert_zero((2 * p - 1).subs(t, (1 + m) / 2) - sp.tanh((h + Lam * m) / 2))

# %% [markdown]
# In logits: $K(m) = 2\operatorname{artanh} m - \Lambda m - h$ is
# $\operatorname{logit} t - \operatorname{logit} p$, and the logit increases; so $K$ has the sign of
# $t - p$, hence of $f'$.

# %%
K = 2 * sp.atanh(m) - Lam * m - h
logit_of_t = sp.log(1 + m) - sp.log(1 - m)
assert_zero(2 * sp.atanh(m) - logit_of_t)
assert_zero(K - (logit_of_t - (h + Lam * (2 * t - 1)).subs(t, (1 + m) / 2)))
show("K(m)", K)

# %% [markdown]
# ## Why Curie and Weiss
#
# The mixture asks of every point $s$: which well? Call the answer a spin, $-1$ for the query and
# $+1$ for the key. Gibbs' principle writes minus the logarithm of a sum as a least free energy over
# the distribution of the spin: for weights $w_i$ and exponents $A_i$,
#
# $$ -\log\sum_i w_i e^{-A_i} = \min_p \sum_i p_i\Bigl(A_i + \log\frac{p_i}{w_i}\Bigr), $$
#
# attained at the shares $p_i$. So $E^* = \min_t \min_p$ of
# $\Lambda[(1-p)t^2 + p(1-t)^2] + (1-p)\log\frac{1-p}{\alpha} + p\log\frac{p}{1-\alpha}$.
# Take the minimum over $t$ first: the best place is the mean of the wells, $t = p$, and the bracket
# becomes $p(1-p)$. What is left is a function of the magnetisation $m = 2p - 1$ alone:
#
# $$ g(m) = \frac{\Lambda}{4}(1 - m^2) - \frac{h}{2}m - s(m) + \text{const}, $$
#
# with the entropy $s$ of a spin of mean $m$: the free energy of the Curie-Weiss magnet with coupling
# $J = \Lambda/2$ and field $h/2$. The wells act on the point, which sits at their mean; the point acts
# on the shares of the wells. That feedback is a mean field. $\Lambda = 2$ is its critical coupling
# $J = 1$, $\alpha \ne 1/2$ is an outer field, and the tie at $\alpha = 1/2$, $\Lambda > 2$ is
# spontaneous magnetisation.

# %%
P = sp.Symbol("p", positive=True)
Q, wq, wk, Aq, Ak = sp.symbols("Q w_q w_k A_q A_k", positive=True)
# Gibbs' principle: at the shares of the two terms the bracket is the logarithm itself
total = wq * sp.exp(-Aq) + wk * sp.exp(-Ak)
gibbs = Q * (Aq + sp.log(Q / wq)) + P * (Ak + sp.log(P / wk))
shares = {Q: wq * sp.exp(-Aq) / total, P: wk * sp.exp(-Ak) / total}
assert_zero(sp.expand_log(gibbs.subs(shares)) + sp.log(total))
# and it is a minimum: with Q = 1 - p the bracket is strictly convex
assert_zero(sp.diff(gibbs.subs(Q, 1 - P), P, 2) - 1 / (P * (1 - P)))

inner = (1 - P) * t**2 + P * (1 - t) ** 2
assert sp.solve(sp.diff(inner, t), t) == [P]
assert sp.diff(inner, t, 2) == 2
assert_zero(inner.subs(t, P) - P * (1 - P))

entropy = -(1 + m) / 2 * sp.log((1 + m) / 2) - (1 - m) / 2 * sp.log((1 - m) / 2)
relative = (1 - P) * (sp.log(1 - P) - sp.log(alpha)) + P * (sp.log(P) - sp.log(1 - alpha))
free = (Lam * P * (1 - P) + relative).subs(P, (1 + m) / 2)
log_alpha, log_beta = sp.log(alpha), sp.log(1 - alpha)
magnet = Lam / 4 * (1 - m**2) - (log_beta - log_alpha) / 2 * m - entropy
constant = -(log_alpha + log_beta) / 2
assert_zero(free - magnet - constant)

# %% [markdown]
# The slope of $g$ is half of $K$: the equation of state, $\operatorname{artanh} m = Jm + h/2$. At a
# stationary point $f$ and $g$ agree, which turns differences of the landscape into areas under $K$:
#
# $$ f(t_b) - f(t_a) = \tfrac12\int_{m_a}^{m_b} K(m)\,\mathrm{d}m . $$

# %%
slope = sp.diff(magnet, m).subs(log_beta, h + log_alpha)
assert_zero(sp.expand_log(slope.rewrite(sp.log), force=False) - K.rewrite(sp.log) / 2)
# f = -log S with S = (1-alpha) exp(-Lam (1-t)^2) / p; both forms of f at t = p, in logarithms
at_key = Lam * (1 - P) ** 2 + sp.log(P) - log_beta
at_query = Lam * P**2 + sp.log(1 - P) - log_alpha
# their weighted mean is g, so f = g wherever the two agree: at stationary points
assert_zero((1 - P) * at_query + P * at_key - Lam * P * (1 - P) - relative)
stationary = sp.log(P) - sp.log(1 - P) - (log_beta - log_alpha) - Lam * (2 * P - 1)
assert_zero(at_key - at_query - stationary)

# %% [markdown]
# ## T3: how many
#
# $K$ runs from $-\infty$ at $m = -1$ to $+\infty$ at $m = 1$. Its slope is
# $K' = 2/(1-m^2) - \Lambda = (2 - \Lambda) + 2m^2/(1-m^2)$. For $\Lambda \le 2$ it is positive but
# perhaps at $m = 0$: $K$ increases strictly and has one zero.
#
# For $\Lambda > 2$ put $m_c = \sqrt{1 - 2/\Lambda}$: $K'$ is positive outside $[-m_c, m_c]$ and
# negative inside. The local maximum is $K(-m_c) = h_c - h$, the local minimum $K(m_c) = -h_c - h$,
# with $h_c = \Lambda m_c - 2\operatorname{artanh} m_c$. So on the three monotone branches there are
# three zeros if $-h_c < h < h_c$; if $h$ is beyond, one; if $|h| = h_c$, the extremum is a zero, a
# double one as $K'' = 4m/(1-m^2)^2 \ne 0$ there, and one zero is left on the far branch: two.

# %%
K_prime = sp.diff(K, m)
assert_zero(K_prime - ((2 - Lam) + 2 * m**2 / (1 - m**2)))
# in terms of c = m_c, which runs over (0, 1) as Lambda runs over (2, oo)
Lam_of_c = 2 / (1 - c**2)
assert_zero(sp.sqrt(1 - 2 / Lam_of_c) - c)
h_c = (Lam * c - 2 * sp.atanh(c)).subs(Lam, Lam_of_c)
assert_zero(K_prime.subs(Lam, Lam_of_c) - 2 * (m**2 - c**2) / ((1 - m**2) * (1 - c**2)))
assert_zero(K.subs({m: -c, Lam: Lam_of_c}) - (h_c - h))
assert_zero(K.subs({m: c, Lam: Lam_of_c}) + (h_c + h))
assert_zero(sp.diff(K, m, 2) - 4 * m / (1 - m**2) ** 2)
show("h_c", h_c)

# %% [markdown]
# $h_c$ vanishes at $m_c = 0$ and has the derivative $4m_c^2/(1-m_c^2)^2 > 0$ in $m_c$: positive and
# increasing for $\Lambda > 2$. The covering says it again without the derivative, on
# $[2^{-4}, 1 - 2^{-10}]$; to the left $h_c = 2\sum_{n\ge1}\frac{2n}{2n+1}m_c^{2n+1}$ has positive
# terms only, to the right $\Lambda m_c$ exceeds $2\operatorname{artanh} m_c = \log\frac{1+m_c}{1-m_c}
# \le \log\Lambda + \log 2$ (as $1 - m_c \ge 1/\Lambda$, and $1 + m_c \le 2$).

# %%
assert h_c.subs(c, 0) == 0
assert_zero(sp.diff(h_c, c) - 4 * c**2 / (1 - c**2) ** 2)
edge = 1 - Fraction(1, 2**10)
parts = prove_sign(ball_function([c], h_c), [(Fraction(1, 16), edge)], "+")
n = sp.Symbol("n", positive=True, integer=True)
assert_zero(2 - 2 / (2 * n + 1) - 2 * (2 * n) / (2 * n + 1))
# on the right Lambda > 1000: Lambda m_c - log(2 Lambda) increases from a positive value
start = Fraction(1000)
assert 2 / (1 - edge**2) > start
assert ball(edge) * ball(start) - (2 * ball(start)).log() > 0
print(f"h_c > 0 on [1/16, 1 - 2^-10]: {parts} parts")

# %% [markdown]
# *The counts, enclosed.* For given $\Lambda$ and $h$ the range $|m| \le 1 - 2^{-60}$ is halved until
# each part has $K \ne 0$, or $K' \ne 0$, and then the signs at its ends decide. Outside,
# $K' > 0$ and $K$ has the sign of $m$: no zero.


# %%
def count(separation: Fraction, field: arb) -> int:
    """The number of zeros of K, every one simple, by a covering."""
    reach = 1 - Fraction(1, 2**60)
    size = ball(separation)

    def K_at(x: arb) -> arb:
        return 2 * x.atanh() - size * x - field

    def K_prime_at(x: arb) -> arb:
        return 2 / (1 - x * x) - size

    assert K_at(ball(-reach)) < 0 < K_at(ball(reach))
    assert 2 / (1 - ball(reach) ** 2) > size
    # not symmetric about 0, which is a zero for h = 0
    open_parts, zeros = [(-reach, Fraction(1, 7)), (Fraction(1, 7), reach)], 0
    for _ in range(100_000):
        if not open_parts:
            return zeros
        low, high = open_parts.pop()
        part = interval(low, high)
        if K_at(part) > 0 or K_at(part) < 0:
            continue
        if K_prime_at(part) > 0 or K_prime_at(part) < 0:
            ends = K_at(ball(low)), K_at(ball(high))
            assert all(end > 0 or end < 0 for end in ends)
            zeros += (ends[0] > 0) != (ends[1] > 0)
            continue
        middle = (low + high) / 2
        open_parts += [(low, middle), (middle, high)]
    raise AssertionError("the covering did not end")


ctx.prec = 128
spinodal = ball_function([c], h_c)
for separation in (
    Fraction(1, 2),
    Fraction(2) - Fraction(1, 64),
    Fraction(17, 8),
    Fraction(3),
    Fraction(9),
):
    if separation > 2:
        critical = spinodal((1 - 2 / ball(separation)).sqrt())
        for share, expected in ((0, 3), (Fraction(99, 100), 3), (Fraction(101, 100), 1), (2, 1)):
            for sign in (1, -1):
                assert count(separation, sign * ball(share) * critical) == expected
    else:
        for field in (0, Fraction(1, 100), Fraction(-3)):
            assert count(separation, ball(field)) == 1

# %% [markdown]
# ## T21: barriers
#
# Let $\Lambda > 2$, $|h| < h_c$, and $m_1 < -m_c < m_2 < m_c < m_3$ the zeros. $f'$ has the sign of
# $K$, so $t_1$ and $t_3$ are minima and $t_2$ is a maximum on the axis; across the jump $\phi$ curves
# upwards (GDA-thm-axis), so it is a saddle. By symmetry let $h \ge 0$. Then $K(0) = -h \le 0$ puts
# $m_2 \le 0$, and the global minimum is at $t_3$ (GDA-thm-uniqueness). The barriers are areas,
#
# $$ B_{\mathrm{meta}} = \tfrac12\int_{m_1}^{m_2} K, \qquad
#    B_{\mathrm{glob}} = \tfrac12\int_{m_2}^{m_3} (-K), $$
#
# both positive; their difference is $f(t_{\mathrm{meta}}) - E^* \ge 0$.
#
# *The metastable one vanishes at the spinodal.* Between $m_1$ and $m_2$, $0 \le K \le h_c - h$, over
# a length below 2: $B_{\mathrm{meta}} \le h_c - h$.
#
# *The global one does not.* $[0, m_c] \subset [m_2, m_3]$, and there
# $-K = h + (\Lambda m - 2\operatorname{artanh} m) \ge 0$ with both parts non-negative. So, whatever
# $h$ is, $B_{\mathrm{glob}} \ge G(\Lambda)$ with
#
# $$ G = \tfrac12\int_0^{m_c} (\Lambda m - 2\operatorname{artanh} m)\,\mathrm{d}m . $$

# %%
integrand = Lam * m - 2 * sp.atanh(m)
primitive = Lam * m**2 / 2 - 2 * m * sp.atanh(m) - sp.log(1 - m**2)
assert_zero(sp.diff(primitive, m) - integrand)
assert primitive.subs(m, 0) == 0
G = (primitive / 2).subs(m, c).subs(Lam, Lam_of_c)
show("G", G)

# %% [markdown]
# $G$ vanishes at $\Lambda = 2$ and increases: its derivative in $m_c$ is
# $\tfrac12 h_c + m_c^3/(1-m_c^2)^2 > 0$. Conversely $-K \le h + h_c \le 2h_c$ between $m_2$ and
# $m_3$, so $B_{\mathrm{glob}} \le 2h_c$, which tends to 0 as $\Lambda \to 2$. Together: the barrier
# from the global minimum tends to 0 if and only if $\Lambda \to 2$ (and then $|h| < h_c \to 0$). No
# bound on $\Lambda$ has to be assumed.

# %%
assert G.subs(c, 0) == 0
assert_zero(sp.diff(G, c) - (h_c / 2 + c**3 / (1 - c**2) ** 2))

# %% [markdown]
# *Enclosed.* At given separations and fields the zeros are enclosed, and the barriers taken from
# $f$ itself, not from the areas: the bounds hold with room, and the areas give the same numbers.


# %%
def zeros(separation: Fraction, field: arb) -> list[arb]:
    """The three zeros of K, h >= 0, one on each monotone branch."""
    size = ball(separation)
    turn = (1 - 2 / size).sqrt()
    # an exact number next to m_c serves as the border of the branches
    border = Fraction(int((turn * 2**80).mid().floor().fmpz()), 2**80)
    near_one = 1 - Fraction(1, 2**100)

    def K_at(x: arb) -> arb:
        return 2 * x.atanh() - size * x - field

    edges = [(-near_one, -border), (-border, border), (border, near_one)]
    return [enclose_root(K_at, low, high, 150) for low, high in edges]


def landscape(separation: Fraction, weight: Fraction, x: arb) -> arb:
    """The landscape on the axis at m = x, as it is defined."""
    size, place = ball(separation), (1 + x) / 2
    query = ball(weight) * (-size * place**2).exp()
    return -(query + (1 - ball(weight)) * (-size * (1 - place) ** 2).exp()).log()


def barriers(separation: Fraction, weight: Fraction) -> tuple[arb, arb]:
    """Heights of the saddle above the global and above the metastable minimum, weight <= 1/2."""
    field = ball((1 - weight) / weight).log()
    low, saddle, high = (landscape(separation, weight, x) for x in zeros(separation, field))
    return saddle - high, saddle - low


ctx.prec = 160
CASES = [
    (Fraction(separation), Fraction(weight))
    for separation, weight in (
        (2.125, 0.49609375),
        (3, 0.453125),
        (3, 0.40625),
        (6, 0.25),
        (12, 0.125),
    )
]
# half the integral of K from 0
area = ball_function([Lam, h, m], -(primitive + h * m) / 2)
lower = ball_function([c], G)
for separation, weight in CASES:
    field = ball((1 - weight) / weight).log()
    turn = (1 - 2 / ball(separation)).sqrt()
    deep, shallow = barriers(separation, weight)
    assert 0 < shallow <= spinodal(turn) - field
    assert lower(turn) <= deep - field * turn / 2
    assert shallow < deep < 2 * spinodal(turn)
    first, second, third = zeros(separation, field)
    at_zero = [area(ball(separation), field, x) for x in (first, second, third)]
    assert (at_zero[1] - at_zero[0]).overlaps(shallow)
    assert (at_zero[1] - at_zero[2]).overlaps(deep)
    assert shallow.rad() < arb("1e-25")

# %% [markdown]
# ## The reference against the closed forms
#
# `spinodal` states 64 eps. `regime` is compared with the sign of $h_c - |h|$, which is exact.
# `barrier` states a few $(1+\Lambda)$ eps, absolute; in detail: it evaluates
# $\Lambda(1-t)^2 + \log t$ at two stationary points. A point that belongs to a separation off by
# 18 eps costs $18\Lambda$ eps (the singular factor cancels, as the slope in $t$ is $c/t$ while
# $\mathrm{d}t/\mathrm{d}\Lambda$ has $c$ below); relative errors of $t$ cost $4(1+\Lambda+h)$ at the
# minimum and $4(1+h)(1+\Lambda/2)$ at the saddle; sums of terms up to $1 + 2\Lambda + h$ add eight
# roundings.

# %%
from gd_attention import barrier, regime
from gd_attention import spinodal as reference_spinodal

EPS = ball(Fraction(1, 2**52))
for size in (2.0000000000000004, 2.0001, 2.5, 3.0, 7.0, 1e3, 1e12):
    ctx.prec = 400
    exact = spinodal((1 - 2 / ball(size)).sqrt())
    assert abs(ball(float(reference_spinodal(size))) - exact) <= 64 * EPS * exact
compared = 7
ctx.prec = 200
for separation in (Fraction(1), Fraction(2), Fraction(17, 8), Fraction(3), Fraction(12)):
    for weight in (0.5, 0.49609375, 0.453125, 0.25, 0.875, 0.0009765625):
        field = abs((ball((1 - Fraction(weight)) / Fraction(weight))).log())
        three = separation > 2 and spinodal((1 - 2 / ball(separation)).sqrt()) > field
        assert int(regime(float(separation), weight)) == (3 if three else 1)
        compared += 1
for separation, weight in CASES:
    ctx.prec = 160
    field = ball((1 - weight) / weight).log()
    found = barrier(float(separation), float(weight))
    allowed = 2 * 18 * ball(separation) + 4 * (1 + ball(separation) + field)
    allowed += 4 * (1 + field) * (1 + ball(separation) / 2) + 8 * (1 + 2 * ball(separation) + field)
    for value, exact in zip(
        (found.from_global, found.from_metastable), barriers(separation, weight), strict=True
    ):
        assert abs(ball(float(value)) - exact) <= allowed * EPS
        compared += 1
print(f"{compared} values of the reference compared")
