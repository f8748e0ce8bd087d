# %% [markdown]
# # When the order by energy is the order by distance, and when it is not
#
# **Serves** GDA-thm-nearest (T7), GDA-thm-symmetry (T8), GDA-thm-vacuous (T9) and
# GDA-thm-prior-monotone (T23).
#
# **Hypotheses.** $0 < \alpha < 1$, $\beta > 0$, keys and query in $\mathbb{R}^d$. The landscape on
# the axis is $f(t) = -\log S(t)$ with
# $S(t) = \alpha e^{-\Lambda t^2} + (1-\alpha) e^{-\Lambda(1-t)^2}$, and $E^*$ is its minimum, taken
# at some $0 < t < 1$ (T1). T7 needs one $\alpha$ and one $\beta$ for all keys; T8 shows what happens
# without that.
#
# **Claim.** With one weight the energy of a key is an increasing function of its distance, so the
# selected key is the nearest admitted one and a threshold is a radius. With a weight per key it is
# not, and the reason is that the energy also increases with $\min(\alpha, 1-\alpha)$.
#
# **How it is shown.** The two monotonicities need no uniqueness, no closed form and no envelope
# theorem: a minimum can only go up if the function under it goes up. SymPy shows that it does. Ball
# arithmetic encloses the numbers of the examples.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T7 order | GDA-thm-nearest | symbolic + written argument | with shared weight and precision, energy order is distance order |
# | T7 cells | GDA-thm-nearest | symbolic | cells are bounded by bisecting hyperplanes: Voronoi cells |
# | T7 radius | GDA-thm-nearest | symbolic + written argument | a threshold below the ceiling is a closed ball, whose radius is between two explicit bounds |
# | T7 inner product | GDA-thm-nearest | symbolic | with keys of one norm the selected key has the largest inner product |
# | T8 symmetry | GDA-thm-symmetry | symbolic + rigorous enclosure | exchanging the weight with its complement mirrors the landscape, but for the tie rule |
# | T8 order | GDA-thm-symmetry | symbolic + rigorous enclosure | with a weight per key the farther of two keys can win |
# | T9 | GDA-thm-vacuous | symbolic + written argument | thresholds that exclude nothing, everything, all but exact matches |
# | T23 | GDA-thm-prior-monotone | symbolic + written argument | the energy increases with min(alpha, 1 - alpha) |

# %%
import math
from fractions import Fraction as Q
from itertools import product

import numpy as np
import sympy as sp
from enclose import assert_zero, ball
from flint import arb, ctx
from IPython.display import Math, display
from pair import align_ball

ctx.prec = 128

# %% [markdown]
# ## Why the order by energy is the order by distance
#
# Write $b = 1-\alpha$ and $s = 1-t$. Both wells are Gaussian, and a larger separation pushes both
# exponents down at *every* inner point of the passage. So the landscape rises everywhere, and its
# minimum with it.

# %%
lam, alpha, b, t, s = sp.symbols("Lambda alpha b t s", positive=True)
h, m = sp.symbols("h m", real=True)

mixture = alpha * sp.exp(-lam * t**2) + b * sp.exp(-lam * s**2)
f = -sp.log(mixture)
rise = sp.diff(f, lam)
display(Math(r"\frac{\partial f}{\partial\Lambda} = " + sp.latex(sp.simplify(rise))))

assert_zero(rise * mixture - (alpha * t**2 * sp.exp(-lam * t**2) + b * s**2 * sp.exp(-lam * s**2)))
# all symbols are positive, so SymPy decides the sign: a sum of products of positive numbers
assert (rise * mixture).expand().is_positive and mixture.is_positive

# %% [markdown]
# Let $\Lambda_1 < \Lambda_2$, and let $t_2$ be a minimiser for $\Lambda_2$. Then
#
# $$
# E^*(\Lambda_1) \le f(t_2; \Lambda_1) < f(t_2; \Lambda_2) = E^*(\Lambda_2) .
# $$
#
# So $E^*$ is strictly increasing in $\Lambda = \beta|q-k|^2$, and with one $\alpha$ and one $\beta$
# the statements $E_i \le E_j$ and $|q-k_i| \le |q-k_j|$ are the same. Ties are the same too. The
# least index among the admitted keys of least energy is the least index among the admitted keys of
# least distance. Neither $\alpha$ nor $\beta$ appears: they decide what is admitted, not what comes
# first.
#
# **Where the hypothesis enters.** The comparison uses one function $E^*(\cdot, \alpha)$ for both
# keys. With two weights there are two functions.
#
# ## The cells
#
# $|q-k_i|^2 - |q-k_j|^2$ is an affine function of the query. It is a sum of one such term for each
# component, so one component shows it.

# %%
q1, ki, kj = sp.symbols("q k_i k_j", real=True)
component = sp.expand((q1 - ki) ** 2 - (q1 - kj) ** 2)
display(Math(r"(q-k_i)^2 - (q-k_j)^2 = " + sp.latex(sp.collect(component, q1))))
assert_zero(component - (2 * q1 * (kj - ki) + ki**2 - kj**2))
assert sp.degree(component, q1) == 1

# %% [markdown]
# So the queries that key $i$ wins against key $j$ are a half-space bounded by the bisecting
# hyperplane, and the cell of $i$ is the intersection: the Voronoi cell. If all keys have one norm,
# $|q-k|^2 = |q|^2 + |k|^2 - 2 q\cdot k$ decreases in $q \cdot k$ alone. In terms of the scalar
# products, which hold in every dimension:

# %%
qq, qi, qj, ii, jj = sp.symbols("qq qi qj ii jj", real=True)  # q.q, q.k_i, q.k_j, k_i.k_i, k_j.k_j
to_i, to_j = qq - 2 * qi + ii, qq - 2 * qj + jj
assert_zero((to_i - to_j).subs(jj, ii) - 2 * (qj - qi))

# %% [markdown]
# "Exactly equal norm" is meant exactly. Vectors that were normalised in floating point have norms
# that differ in the last bits, and then the two orders can differ. On a line, from the query $1/2$,
# the inner product prefers the key $1 + 2^{-52}$ to the key $1$, which is nearer:

# %%
longer = 1 + Q(1, 2**52)
assert Q(1, 2) * longer > Q(1, 2) * 1 and (Q(1, 2) - longer) ** 2 > (Q(1, 2) - 1) ** 2

# %% [markdown]
# ## Two bounds for the energy, and what a threshold is
#
# Let $w = \max(\alpha, 1-\alpha)$ and $a = 1-w$. For $t \ge 1/2$ the first exponential is at most
# $e^{-\Lambda/4}$ and the second at most 1; for $t \le 1/2$ the other way round. So
# $S \le \max(\alpha e^{-\Lambda/4} + 1-\alpha,\ \alpha + (1-\alpha)e^{-\Lambda/4})$. On the other
# side the minimum is not above the values at the ends of the passage,
# $S(0) = \alpha + (1-\alpha)e^{-\Lambda}$ and $S(1) = \alpha e^{-\Lambda} + 1-\alpha$. As $w + a = 1$
# and $0 < e^{-\Lambda} \le 1$, the larger one of each pair is the one with $w$ in front, and
#
# $$
# -\log(w + a e^{-\Lambda/4}) \ \le\ E^*(\Lambda)\ \le\ -\log(w + a e^{-\Lambda}) .
# $$

# %%
w, a, x, y = sp.symbols("w a x y", positive=True)  # x = exp(-Lambda) or exp(-Lambda/4)
excess = sp.symbols("epsilon", nonnegative=True)  # w = a + excess
# w + a x >= a + w x for 0 < x <= 1; with x = 1/(1+y), y >= 0, the difference is excess y/(1+y)
difference = sp.cancel((w + a * x - (a + w * x)).subs({w: a + excess, x: 1 / (1 + y)}))
display(Math(r"(w + a x) - (a + w x) = " + sp.latex(sp.factor(difference))))
assert difference.is_nonnegative

# the ends of the passage, in the formulas of the landscape
assert_zero(mixture.subs({t: 0, s: 1}) - (alpha + b * sp.exp(-lam)))
assert_zero(mixture.subs({t: 1, s: 0}) - (alpha * sp.exp(-lam) + b))
# the larger exponential is at most 1, the smaller one at most its value at t = 1/2
assert_zero(
    mixture.subs({t: sp.Rational(1, 2), s: sp.Rational(1, 2)}) / (alpha + b) - sp.exp(-lam / 4)
)

lower, upper = -sp.log(w + a * sp.exp(-lam / 4)), -sp.log(w + a * sp.exp(-lam))
# at separation 0 both bounds are 0; both tend to the ceiling; both stay below it
for bound in (lower, upper):
    assert_zero(bound.subs(lam, 0).subs(w, 1 - a))
    assert sp.limit(bound, lam, sp.oo) == -sp.log(w)
    assert sp.diff(bound, lam).is_positive

# %% [markdown]
# Read off, for every $\alpha$:
#
# - $E^*(0) = 0$, $E^* > 0$ for $\Lambda > 0$, and $E^* < -\log w$ for every $\Lambda$: the ceiling is
#   never reached, because $a e^{-\Lambda} > 0$ (T6 has this again, from the closed form);
# - $E^* \to -\log w$ as $\Lambda \to \infty$.
#
# **T9.** A threshold $\tau \ge -\log w$ is above every energy of that key: it excludes nothing. A
# threshold $\tau < 0$ is below every energy: it excludes everything. $\tau = 0$ admits exactly
# $\Lambda = 0$, and since $\beta > 0$ that is $q = k$.
#
# **A threshold is a radius.** $E^*$ is continuous, indeed
# $0 < \partial f/\partial\Lambda < 1$ at every point with $0 < t < 1$, so
# $|E^*(\Lambda_1) - E^*(\Lambda_2)| \le |\Lambda_1 - \Lambda_2|$ by the comparison above in both
# directions. It increases from 0 to the ceiling. So for $0 \le \tau < -\log w$ the set
# $\{L : E^*(\beta L^2) \le \tau\}$ is a closed interval $[0, r]$ with $E^*(\beta r^2) = \tau$.

# %%
# 1 - slope, times the mixture: positive, since 1 - t^2 and 1 - s^2 are, for 0 < t, s < 1
inner_t, inner_s = sp.symbols("A B", positive=True)  # 1 - t^2 and 1 - s^2
rest = sp.expand(mixture - rise * mixture)
as_products = alpha * inner_t * sp.exp(-lam * t**2) + b * inner_s * sp.exp(-lam * s**2)
assert_zero(rest - as_products.subs({inner_t: 1 - t**2, inner_s: 1 - s**2}))
assert as_products.is_positive

# %% [markdown]
# The two bounds turn into bounds of the radius: solving each for $\Lambda$ shows that
#
# $$
# \rho \le r \le 2\rho, \qquad \beta\rho^2 = \log\frac{a}{e^{-\tau} - w} .
# $$
#
# A radius of any threshold is so known to a factor of 2 before any equation is solved.

# %%
tau = sp.symbols("tau", positive=True)
rho_squared = sp.log(a / (sp.exp(-tau) - w))
assert_zero(upper.subs(lam, rho_squared) - tau)
assert_zero(lower.subs(lam, 4 * rho_squared) - tau)

# %% [markdown]
# No float equals a ceiling: the ceiling is a transcendental number. At $\alpha = 1/2$ the float
# nearest to $\log 2$ lies below it, so `threshold = log(2)` does exclude keys, from a separation
# between 38.3 and 38.4 on. "No threshold" is written $+\infty$.

# %%
nearest_to_log_2 = ball(Q(math.log(2.0)))
assert nearest_to_log_2 < arb(2).log()
assert align_ball(Q("38.3"), Q(1, 2)).energy < nearest_to_log_2
assert align_ball(Q("38.4"), Q(1, 2)).energy > nearest_to_log_2

# %% [markdown]
# ## The mirror image
#
# Exchanging $\alpha$ with $1-\alpha$ and $t$ with $1-t$ leaves $f$ as it is. So the minimum is the
# same number, and a minimiser for the one weight is the mirror image of a minimiser for the other.

# %%
x_ = sp.symbols("x", real=True)
weight = sp.symbols("alpha", positive=True)


def axis_energy(coordinate, weight):
    """The landscape on the axis, as a function of coordinate and weight."""
    return -sp.log(
        weight * sp.exp(-lam * coordinate**2) + (1 - weight) * sp.exp(-lam * (1 - coordinate) ** 2)
    )


assert_zero(axis_energy(1 - x_, 1 - weight) - axis_energy(x_, weight))

# %% [markdown]
# The minimiser is unique unless $\alpha = 1/2$ and $\Lambda > 2$ (T4), and then $t^*$ goes over into
# $1-t^*$. At $\alpha = 1/2$, $\Lambda > 2$ the exchange does nothing to the problem, and the rule
# picks the key's side both times. So there $t^*$ stays. At $\Lambda = 3$:

# %%
tie = align_ball(3, Q(1, 2))
assert tie.coordinate > arb(1) / 2
mirrored = 1 - tie.coordinate
energies = [
    -((-3 * c * c).exp() / 2 + (-3 * (1 - c) * (1 - c)).exp() / 2).log()
    for c in (tie.coordinate, mirrored)
]
assert all(abs(e - tie.energy) < arb(2) ** -100 for e in energies)
display(
    Math(
        rf"t^* = {tie.coordinate.str(12, radius=False)}\ldots,\quad "
        rf"E^* = {tie.energy.str(12, radius=False)}\ldots"
    )
)

# %% [markdown]
# **The complement is exact.** The theorem speaks of the number $1-\alpha$. The floats called 0.7 and
# 0.3 are not complements of each other: the complement of the first is another float, one that
# lies beside the second.

# %%
assert 1 - Q(0.7) != Q(0.3)
assert 1 - Q(0.7) == Q(1 - 0.7)  # this subtraction does not round: the complement is a float
assert abs(1 - Q(0.7) - Q(0.3)) < Q(1, 2**53)

# %% [markdown]
# ## A weight per key
#
# Two keys on a line, $q = 0$, $\beta = 1$: key $1$ with $\alpha = 1/2$ and key $2$ with
# $\alpha = 127/128$. The separations are 1 and 4.
#
# *First key.* The stationarity condition is $f'(t) = 0$, and
# $f'(t) = \Lambda\,[m - \tanh((h+\Lambda m)/2)]$ with $m = 2t-1$. At $h = 0$, $\Lambda = 1$ the
# bracket is $m - \tanh(m/2)$, which has the sign of $m$ as $|\tanh x| < |x|$ for $x \ne 0$. So
# $t = 1/2$ is the minimiser, and the energy is exactly $1/4$.
#
# *Second key.* Its ceiling is $-\log(127/128)$, and $-\log(1-x) < x/(1-x)$ makes that less than
# $1/127$.

# %%
t_of_m = (1 + m) / 2
weight_of_h = 1 / (1 + sp.exp(h))
slope = sp.diff(axis_energy(x_, weight), x_).subs({x_: t_of_m, weight: weight_of_h})
assert_zero(slope - lam * (m - sp.tanh((h + lam * m) / 2)))

first = sp.simplify(axis_energy(sp.Rational(1, 2), sp.Rational(1, 2)).subs(lam, 1))
assert sp.expand_log(first, force=True) == sp.Rational(1, 4)
assert align_ball(1, Q(1, 2)).energy == arb(1) / 4
second = align_ball(4, Q(127, 128)).energy
assert second < ball(Q(1, 127)) and second < ball(Q(1, 4))
display(Math(rf"E_1 = \tfrac14,\qquad E_2 = {second.str(10, radius=False)}\ldots"))

# %% [markdown]
# The farther key wins. One key has no order, so two keys are the least example; the reason is that
# the ceiling of a key with an uneven weight is low at every distance. How much a weight can lend is
# the next theorem.
#
# ## The energy increases with the evenness of the weight
#
# Take $\alpha \le 1/2$; the rest is the mirror image. Let $\Lambda > 0$.
#
# 1. *The minimiser is on the key's side.* For $t > 1/2$,
#    $S(t) - S(1-t) = (1-2\alpha)(e^{-\Lambda(1-t)^2} - e^{-\Lambda t^2}) \ge 0$, so among the
#    minimisers there is one with $t \ge 1/2$. If $\alpha < 1/2$, then $t > 1/2$, because
#    $f'(1/2) = -\Lambda\tanh(h/2) < 0$.
# 2. *There, the landscape rises with $\alpha$.* At fixed $t > 1/2$ weight moves from the nearer
#    well to the farther one.

# %%
plus, minus = axis_energy(x_, weight), axis_energy(1 - x_, weight)
gap = sp.exp(-lam * (1 - x_) ** 2) - sp.exp(-lam * x_**2)
assert_zero(sp.exp(-plus) - sp.exp(-minus) - (1 - 2 * weight) * gap)
# with t = 1/2 + c, c > 0, the gap is a positive number times sinh(Lambda c)
c = sp.symbols("c", positive=True)
at_c = sp.Rational(1, 2) + c
closed_gap = 2 * sp.exp(-lam * (c**2 + sp.Rational(1, 4))) * sp.sinh(lam * c)
assert_zero(gap.subs(x_, at_c) - closed_gap)
assert closed_gap.is_positive

h_pos = sp.symbols("h", positive=True)
assert_zero(slope.subs(m, 0) + lam * sp.tanh(h / 2))
assert (-lam * sp.tanh(h_pos / 2)).is_negative

by_weight = sp.diff(axis_energy(x_, weight), weight)
assert_zero(by_weight * sp.exp(-plus) - gap)
assert_zero(axis_energy(sp.Rational(1, 2), weight) - lam / 4)

# %% [markdown]
# 3. *Conclusion.* Let $\alpha_1 < \alpha_2 \le 1/2$, and $t_2 \ge 1/2$ a minimiser for $\alpha_2$. If
#    $t_2 > 1/2$, then $E^*(\alpha_1) \le f(t_2; \alpha_1) < f(t_2; \alpha_2) = E^*(\alpha_2)$. If
#    $t_2 = 1/2$ (only for $\alpha_2 = 1/2$), then $f(1/2; \alpha) = \Lambda/4$ for every $\alpha$, and
#    $1/2$ is not stationary for $\alpha_1$: $E^*(\alpha_1) < \Lambda/4 = E^*(\alpha_2)$.
#
# So $E^*$ is strictly increasing in $\min(\alpha, 1-\alpha)$: the same comparison as above, in the
# other variable.
#
# *Consequences.* With T7's monotonicity: if $\Lambda_i \le \Lambda_j$ and
# $\min(\alpha_i, 1-\alpha_i) \le \min(\alpha_j, 1-\alpha_j)$, then $E_i \le E_j$, with equality only
# if both hold with equality or $\Lambda_i = \Lambda_j = 0$. Only where separation and evenness
# disagree is an energy needed. And a best energy so far turns into a radius for a group of keys: no
# key beyond the radius of the group's least evenness can win.
#
# For keys whose weights are $\alpha$ or $1-\alpha$ with one $\alpha$, the order is that by distance
# still. That is as far as T7 goes with different weights: for any two weights of different evenness
# the order by distance fails somewhere, since the less even key has the lower ceiling.

# %%
even, uneven = align_ball(Q(40), Q(1, 3)), align_ball(Q(41), Q(3, 10))
assert uneven.energy < even.energy  # farther and lower
same = align_ball(Q(40), Q(2, 3))
assert abs(same.energy - even.energy) < arb(2) ** -100

# %% [markdown]
# ## The reference against the closed forms
#
# `align` states a relative error of at most 16 eps for the energy. Each energy is compared with its
# enclosure, within that bound. The index is compared with exact rational distances on integer
# points, where ties abound; thresholds with the two bounds of the radius.

# %%
import gd_attention as gd

eps = Q(1, 2**52)
for separation, weight_ in product((2.0**-20, 0.7, 2.0, 2.5, 17.0, 300.0), (0.5, 0.3, 0.7, 0.999)):
    true = align_ball(Q(separation), Q(weight_)).energy
    got = ball(Q(float(gd.align(separation, weight_).energy)))
    assert abs(got - true) <= ball(16 * eps) * true, (separation, weight_)

points = np.random.default_rng(7).integers(-3, 4, size=(60, 3)).astype(float)
queries, keys = points[:20], points[20:]
nearest = [
    min(range(len(keys)), key=lambda j, q=q: (sum(Q(v) ** 2 for v in q - keys[j]), j))
    for q in queries
]
for weight_ in (0.5, 0.3, 0.9):
    assert gd.gd_attention(queries, keys, alpha=weight_).index.tolist() == nearest

assert gd.gd_attention([[0.0]], [[1.0], [2.0]], alpha=[0.5, 127 / 128]).index.tolist() == [1]
assert gd.gd_attention([[0.0]], [[1.0], [2.0]], alpha=[0.5, 0.5]).index.tolist() == [0]

for weight_, threshold in product((0.5, 0.3, 0.9), (1e-9, 0.01, 0.1)):
    minor = min(Q(weight_), 1 - Q(weight_))
    squared = (ball(minor) / ((-ball(Q(threshold))).exp() - (1 - ball(minor)))).log()
    radius = ball(Q(float(gd.radius(threshold, weight_))))
    # the stated error of the radius, 4 eps, is far inside a factor of 1 + 2^-40
    slack = 1 + arb(2) ** -40
    assert squared.sqrt() < radius * slack and radius < 2 * squared.sqrt() * slack
assert float(gd.radius(-1e-300)) == -math.inf and float(gd.radius(0.0)) == 0.0
assert (
    float(gd.radius(math.log(2.0))) < math.inf == float(gd.radius(math.nextafter(math.log(2.0), 1)))
)
print("the reference agrees")
