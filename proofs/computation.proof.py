# %% [markdown]
# # How the alignment point is computed, and which keys need not be looked at
#
# **Serves** GDA-thm-computation (T22) and GDA-thm-screening (T24).
#
# **Hypotheses.** T22: $h \ge 0$ (the other half is the mirror image, T8) and $\Lambda > 0$. T24: one
# $\alpha$ for all keys, and for each key an interval that contains its separation.
#
# **Claim.** With $z = \tfrac12\operatorname{logit} t$ stationarity is $F(z) = 0$ for
#
# $$
# F(z) = z - \frac h2 - \frac\Lambda2 \tanh z .
# $$
#
# $F$ is convex on $z \ge 0$, and Newton's iteration from $z_0 = (h+\Lambda)/2$ descends to its largest
# zero, which belongs to the alignment point. Only at $\Lambda = 2$, $h = 0$ is that zero multiple. T24:
# keys whose interval lies above the upper end of some certainly admitted key cannot win.
#
# **How it is shown.** SymPy derives the identities. One of them replaces a distinction of cases: at
# every positive zero the slope of $F$ is at least $1 - 2z/\sinh 2z > 0$. That sign is proved by a
# series near 0, a covering in the middle and an estimate of the tail. T24 is a chain of three
# inequalities; all order types are gone through.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T22 equation | GDA-thm-computation | symbolic | F(z) = 0 is stationarity; F is convex on z >= 0, F(0) <= 0 <= F(z_0) |
# | T22 zero | GDA-thm-computation | symbolic + rigorous enclosure + written argument | at most one positive zero, it is simple, and it belongs to the alignment point |
# | T22 Newton | GDA-thm-computation | symbolic + written argument | the iteration from z_0 never increases, never passes the zero, converges |
# | T22 triple | GDA-thm-computation | symbolic | at separation 2, h = 0 the zero is triple, and a step leaves 2/3 |
# | T22 reading | GDA-thm-computation | symbolic + rigorous enclosure | u from the closed form keeps the digits of z; the logistic form loses 2z times |
# | T24 | GDA-thm-screening | written argument | screening by intervals keeps the selected key and all that tie with it |
# | T24 limits | GDA-thm-screening | written argument | a strict test, an excluded key in C, or weights per key break it |

# %%
from fractions import Fraction as Q
from itertools import product

import numpy as np
import sympy as sp
from enclose import assert_zero, ball, prove_sign
from flint import arb, ctx
from IPython.display import Math, display
from pair import align_ball

ctx.prec = 128

# %% [markdown]
# ## The equation

# %%
z, lam = sp.symbols("z Lambda", positive=True)
h = sp.symbols("h", nonnegative=True)
F = z - h / 2 - lam / 2 * sp.tanh(z)
dF, ddF = sp.diff(F, z), sp.diff(F, z, 2)
display(Math("F'(z) = " + sp.latex(sp.simplify(dF)) + r",\qquad F''(z) = " + sp.latex(ddF)))

# logit t = 2z turns t = sigma(h + Lambda (2t - 1)) into F(z) = 0
t = 1 / (1 + sp.exp(-2 * z))
assert_zero(2 * t - 1 - sp.tanh(z))
assert_zero(sp.expand_log(sp.log(t / (1 - t)), force=True).simplify() - 2 * z)
assert_zero((2 * z - (h + lam * (2 * t - 1))) - 2 * F)
# and 2 F is the function K(m) = 2 artanh m - Lambda m - h at m = tanh z
m = sp.symbols("m", real=True)
K = 2 * sp.atanh(m) - lam * m - h
assert_zero((K.subs(m, sp.tanh(z)) - 2 * F).rewrite(sp.log).simplify())

# convex for z >= 0
assert_zero(ddF - lam * sp.tanh(z) * sp.sech(z) ** 2)
assert (lam * sp.tanh(z) * sp.sech(z) ** 2).is_positive
# not above 0 at 0, not below 0 at z_0
assert_zero(F.subs(z, 0) + h / 2)
z_0 = (h + lam) / 2
assert_zero(F.subs(z, z_0) - lam / 2 * (1 - sp.tanh(z_0)))
assert_zero((1 - sp.tanh(z)).rewrite(sp.exp) - 2 / (sp.exp(2 * z) + 1))
assert (2 / (sp.exp(2 * z) + 1)).is_positive

# %% [markdown]
# ## Every positive zero is crossed upwards
#
# Let $F(z) = 0$ with $z > 0$. Then $\tfrac\Lambda2\tanh z = z - \tfrac h2 \le z$, so
# $\tfrac\Lambda2 \le z/\tanh z$ and
#
# $$
# F'(z) = 1 - \frac\Lambda2\operatorname{sech}^2 z \ \ge\ 1 - \frac{z}{\sinh z\cosh z}
#       = 1 - \frac{2z}{\sinh 2z} .
# $$
#
# The right side is positive, because $\sinh x > x$ for $x > 0$. So at each positive zero $F$ passes
# from negative to positive. Two such zeros would need a third between them that is crossed downwards:
# there is at most one, it is simple, $F < 0$ before it (down to 0, or to the next zero, which is 0
# itself), and $F > 0$ beyond.

# %%
slope_bound = 1 - (z / sp.tanh(z)) * sp.sech(z) ** 2
assert_zero(dF.subs(lam, 2 * (z - h / 2) / sp.tanh(z)) - slope_bound - h / sp.sinh(2 * z))
assert (h / sp.sinh(2 * z)).is_nonnegative
assert_zero(slope_bound - (1 - 2 * z / sp.sinh(2 * z)))

# %% [markdown]
# The sign of $\sinh x - x$ for all $x > 0$. *Near 0* it vanishes to third order; the series of
# $(\sinh x - x)/x^3$ is $1/6 + x^2/120 + \dots$ with positive terms only. *In the middle* a covering
# decides. *In the tail*, $x \ge 4$: $\sinh x \ge (e^x - 1)/2 \ge (x + x^2/2)/2 \ge \tfrac32 x > x$.

# %%
x = sp.symbols("x", positive=True)
series = sp.series(sp.sinh(x), x, 0, 12).removeO() - x
assert all(c > 0 for c in sp.Poly(series, x).coeffs()) and series.coeff(x, 3) == sp.Rational(1, 6)
parts = prove_sign(lambda x_: x_.sinh() - x_, [(Q(1, 4), Q(4))], "+")
print(f"sinh x > x on [1/4, 4]: {parts} parts")
from_four = sp.symbols("y", nonnegative=True)
tail = sp.factor(((x + x**2 / 2) / 2 - sp.Rational(3, 2) * x).subs(x, 4 + from_four))
assert tail.is_nonnegative

# %% [markdown]
# **Which zero.** Let $h > 0$. The alignment point has $t > 1/2$ (T4, and the comparison of the two
# sides under T23), so it is a positive zero, and there is only one. Let $h = 0$. If $\Lambda \le 2$,
# then $F(z) \ge z - \tanh z > 0$ for $z > 0$: the only zero is 0, and $t = 1/2$. If $\Lambda > 2$, then
# $F'(0) = 1 - \Lambda/2 < 0$ and $F \to \infty$: there is one positive zero, and $z = 0$ is no minimum
# of the landscape; by symmetry the positive zero and its mirror image are the minimisers, and the
# key's side is the positive one. In every case the largest zero $z^* \ge 0$ is the alignment point's.

# %%
f_second = sp.simplify(dF.subs(z, 0))
assert_zero(f_second - (1 - lam / 2))
excess = sp.symbols("epsilon", positive=True)
assert (1 - (2 + excess) / 2).is_negative
assert_zero(F.subs({h: 0, lam: 2}) - (z - sp.tanh(z)))
assert_zero(sp.diff(F.subs(h, 0), lam) + sp.tanh(z) / 2)  # F falls as Lambda grows
assert_zero(sp.diff(z - sp.tanh(z), z) - sp.tanh(z) ** 2)  # so z - tanh z > 0 for z > 0

# %% [markdown]
# ## Newton's iteration
#
# Let $z^* < z$, and $N(z) = z - F(z)/F'(z)$.
#
# - $F(z) > 0$, as there is no zero beyond $z^*$ and $F \to \infty$.
# - $F'(z) > 0$: for $z^* > 0$ because $F'$ increases and $F'(z^*) > 0$. For $z^* = 0$ (then $h = 0$ and
#   $\Lambda \le 2$) because $F'(z) > F'(0) = 1 - \Lambda/2 \ge 0$.
# - So $N(z) < z$. And the graph lies above its tangent: for some $\zeta$ between,
#
# $$
# 0 = F(z^*) = F(z) + F'(z)(z^* - z) + \tfrac12 F''(\zeta)(z^*-z)^2
# \quad\Longrightarrow\quad N(z) - z^* = \frac{F''(\zeta)}{2F'(z)}(z - z^*)^2 \ge 0 .
# $$
#
# Started at $z_0$, where $F(z_0) > 0$ and so $z_0 > z^*$ (the zeros before $z^*$ are not followed by a
# positive value; $F \le 0$ on $[0, z^*]$), the iterates decrease and stay above $z^*$. Their limit is a
# fixed point of $N$, a zero of $F$ that is not below $z^*$: it is $z^*$. The convergence is quadratic
# where $F'(z^*) > 0$, with a factor that tends to $F''(z^*)/(2F'(z^*))$.

# %%
value, slope, bend = sp.symbols("F dF ddF", positive=True)
distance = sp.symbols("d", positive=True)  # z - z*
# F(z*) = 0 solved for F(z), put into N(z) - z*
newton = distance - (slope * distance - bend / 2 * distance**2) / slope
assert_zero(newton - bend / (2 * slope) * distance**2)

# %% [markdown]
# The monotone descent of one hard and one easy case, in ball arithmetic: each iterate certainly below
# the one before, certainly not below the zero.

# %%
for separation, weight in ((Q(5, 2), Q(1, 2)), (Q(12), Q(1, 3)), (Q(2), Q(49, 100))):
    half_field = (ball((1 - weight) / weight)).log() / 2
    pair = align_ball(separation, weight)
    root = ((1 - pair.minor) / pair.minor).log() / 2
    place, iterates = half_field + ball(separation) / 2, 0
    while place - root > arb(2) ** -40:
        tanh = place.tanh()
        following = place - (place - half_field - ball(separation) / 2 * tanh) / (
            1 - ball(separation) / 2 * (1 - tanh * tanh)
        )
        assert following < place and following > root - arb(2) ** -100
        place, iterates = following, iterates + 1
    print(f"separation {separation}, alpha {weight}: {iterates} steps to 2^-40")

# %% [markdown]
# **The triple zero.** $F'(z^*) = 0$ is possible only at $z^* = 0$ with $\Lambda = 2$ and $h = 0$. There
# $F = z - \tanh z = z^3/3 + O(z^5)$, and a Newton step leaves $2/3$ of the distance: plain Newton would
# crawl. The case is known in closed form, and nothing is iterated.

# %%
triple = F.subs({h: 0, lam: 2})
assert sp.series(triple, z, 0, 5).removeO() == z**3 / 3
assert sp.limit((z - triple / sp.diff(triple, z)) / z, z, 0) == sp.Rational(2, 3)

# %% [markdown]
# **Reading off $u$.** From $z$ one could take $u = 1/(1 + e^{2z})$. A relative error $\delta$ of $z$
# then becomes a relative error $-2z(1-u)\delta$ of $u$, about $2z$ times as large. Stationarity offers
# $u = a/(a + (1-a)e^{\Lambda\tanh z})$ instead, in which $z$ enters through the flat $\tanh$. At the
# zero, with $\Lambda\tanh z \le 2z$, the factor is
#
# $$
# (1-u)\,\Lambda z \operatorname{sech}^2 z \le \frac{(2z)^2}{\sinh 2z} < 1.11 .
# $$

# %%
logistic = 1 / (1 + sp.exp(2 * z))
assert_zero(z * sp.diff(logistic, z) / logistic + 2 * z * (1 - logistic))

a = sp.symbols("a", positive=True)
reading = a / (a + (1 - a) * sp.exp(lam * sp.tanh(z)))
factor = z * sp.diff(reading, z) / reading
assert_zero(factor + (1 - reading) * lam * z * sp.sech(z) ** 2)
assert_zero((2 * z / sp.tanh(z)) * z * sp.sech(z) ** 2 - (2 * z) ** 2 / sp.sinh(2 * z))

# x^2 < 1.11 sinh x for x > 0. Up to 1: sinh x >= x >= x^2, and x^2 = 0 only at 0. Beyond 8:
# sinh x >= x^3/6 > x^2. Between, a covering
parts = prove_sign(lambda x_: ball(Q("1.11")) * x_.sinh() - x_ * x_, [(Q(1), Q(8))], "+")
print(f"x^2 < 1.11 sinh x on [1, 8]: {parts} parts")

# %% [markdown]
# ## Screening
#
# The separation of key $i$ is in $[\lambda_i, \mu_i]$; ends may be infinite. $C$ is a set of unmasked
# keys that are certainly admitted, and $\mu$ the least $\mu_j$ over $C$ ($+\infty$ if $C$ is empty). With
# one $\alpha$ the selected key, and every key that ties with it, has the least separation of the
# admitted keys (T7). Let $i$ be such a key, and $j \in C$. Then
#
# $$
# \lambda_i \le \Lambda_i \le \Lambda_j \le \mu_j ,
# $$
#
# so $\lambda_i \le \mu$, and $i$ is kept. The chain speaks of four numbers. Numbers from four levels show
# every way to order them; the program goes through all that satisfy the hypotheses.

# %%
levels = range(4)
checked = 0
for low_i, own_i, own_j, high_j in product(levels, repeat=4):
    if low_i <= own_i and own_j <= high_j and own_i <= own_j:
        assert low_i <= high_j
        checked += 1
print(f"{checked} order types")


def kept(intervals, certain, strict=False):
    """Indices that the screening keeps: lambda_i <= mu, or < with `strict`."""
    mu = min((intervals[j][1] for j in certain), default=float("inf"))
    return {i for i, (low, _) in enumerate(intervals) if low < mu or (low == mu and not strict)}


def attain_least(separations, admitted):
    """The admitted keys of least separation."""
    least = min((separations[i] for i in admitted), default=None)
    return {i for i in admitted if separations[i] == least}


def subsets(items):
    """All subsets."""
    items = list(items)
    return [
        {item for item, chosen in zip(items, flags, strict=True) if chosen}
        for flags in product((False, True), repeat=len(items))
    ]


# the theorem itself, for three keys: separations, errors 0, 1 or infinite, admitted, C
cases = 0
for separations in product(range(3), repeat=3):
    for errors in product((0, 1, float("inf")), repeat=3):
        intervals = [(v - e, v + e) for v, e in zip(separations, errors, strict=True)]
        for admitted in subsets(range(3)):
            for certain in subsets(admitted):
                assert attain_least(separations, admitted) <= kept(intervals, certain)
                cases += 1
print(f"{cases} cases of three keys")

# %% [markdown]
# What breaks it.
#
# - *A strict test.* Equal separations with error 0: $\lambda_i = \mu$ for all, and a strict test keeps
#   none.
# - *A key in $C$ that is not admitted.* The nearest key has a threshold that excludes it; its $\mu$ is
#   below everything, and the true winner is thrown away.
# - *Weights per key.* The order is then not that of the separations: in the example of T8 the key at
#   separation 4 wins against the one at separation 1, and screening would drop it.
# - *A computed value that is NaN.* No comparison with NaN is true. Its interval has to be the whole
#   line.

# %%
equal = [(5, 5)] * 3
assert kept(equal, {0, 1, 2}) == {0, 1, 2} and kept(equal, {0, 1, 2}, strict=True) == set()

near_but_excluded, winner = (1, 1), (3, 3)
assert 1 not in kept([near_but_excluded, winner], {0}) and 1 in kept(
    [near_but_excluded, winner], {1}
)

assert align_ball(4, Q(127, 128)).energy < align_ball(1, Q(1, 2)).energy
assert 1 not in kept([(1, 1), (4, 4)], {0, 1})

nan = float("nan")
assert not nan <= 1.0 and not nan > 1.0
whole_line = (-float("inf"), float("inf"))
assert 0 in kept([whole_line, (1, 1)], {0, 1})

# %% [markdown]
# ## The reference against the closed forms
#
# `align` promises $u$ and the deficit to $4(1 + \Lambda + |h|)$ eps, at every separation, next to the
# critical point too. Its coordinates and its Newton are held to the enclosures of the largest zero.

# %%
import gd_attention as gd

eps = Q(1, 2**52)
separations = (2.0**-30, 0.9, 1.9999999, 2.0, 2.0000000001, 2.2, 8.0, 60.0, 600.0)
weights = (0.5, 0.49999999, 0.3, 0.7, 2.0**-20, 1 - 2.0**-20)
worst = 0.0
for separation, weight in product(separations, weights):
    true = align_ball(Q(separation), Q(weight))
    got = gd.align(separation, weight)
    minor = min(Q(weight), 1 - Q(weight))
    log_odds = ball((1 - minor) / minor).log()
    allowed = 4 * (1 + ball(Q(separation)) + log_odds) * ball(eps)
    for name in ("minor", "deficit"):
        error = abs(ball(Q(float(getattr(got, name)))) / getattr(true, name) - 1)
        assert error <= allowed, (separation, weight, name)
        worst = max(worst, float(error / allowed))
print(f"largest error, as a part of what is promised: {worst:.2f}")
assert float(gd.align(2.0, 0.5).coordinate) == 0.5

# screening in float32 with a bound, decided exactly, gives the index of the reference
rng = np.random.default_rng(9)
queries = rng.integers(-64, 65, size=(8, 4)).astype(float)
keys = rng.integers(-64, 65, size=(50, 4)).astype(float)
index = gd.gd_attention(queries, keys, alpha=0.3).index
for row, chosen in zip(queries, index.tolist(), strict=True):
    screened = ((keys - row).astype(np.float32) ** 2).sum(axis=1)
    # differences and squares are integers below 2^24, so float32 is exact here; blur it on purpose
    blurred = [Q(float(v)) + (1 if i % 2 else -1) for i, v in enumerate(screened)]
    candidates = kept([(v - 1, v + 1) for v in blurred], set(range(50)))
    exact = {
        j: sum((Q(x) - Q(y)) ** 2 for x, y in zip(row, keys[j], strict=True)) for j in candidates
    }
    assert min(candidates, key=lambda j, exact=exact: (exact[j], j)) == chosen
print("the reference agrees")
