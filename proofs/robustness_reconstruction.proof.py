# %% [markdown]
# # How far a query may move, and what happens if it moves by itself
#
# **Serves** GDA-thm-robustness (T17) and GDA-thm-reconstruction (T18).
#
# **Hypotheses.** Keys, weights, thresholds and mask are fixed; only the query moves. $L_j = |q-k_j|$,
# $E_j$ is the alignment energy and $r_j$ the radius of the threshold of key $j$ ($-\infty$ for a
# negative threshold, $+\infty$ at or above the ceiling). Key $i$ is the selected one.
#
# **Claim.** T17: an explicit length within which no shift changes the index. T18: replacing the query
# by its alignment point again and again lowers the energy of the selected key; with one weight and one
# threshold it never changes the index, otherwise it can.
#
# **How it is shown.** Both rest on one identity each between scalar products, valid in every
# dimension; SymPy checks them. The examples are computed with rational numbers and enclosures.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T17.1 | GDA-thm-robustness | symbolic + written argument | shared weight: bisectors and threshold spheres bound the shift |
# | T17.2 | GDA-thm-robustness | symbolic | without thresholds the bisector radius is the best possible, the distance form the best by distances alone |
# | T17.3 | GDA-thm-robustness | symbolic + written argument | weight per key: energy gaps over the Lipschitz constant sqrt(beta/2) |
# | T18.1 | GDA-thm-reconstruction | symbolic + written argument | the selected energy strictly decreases, no later abstention |
# | T18.2 | GDA-thm-reconstruction | symbolic + written argument | one weight and threshold: constant index, lengths shrink by 1 - t, asymptotically by alpha |
# | T18.3 | GDA-thm-reconstruction | rigorous enclosure + written argument | with weights or thresholds per key the index can change |

# %%
import math
from fractions import Fraction as Q

import numpy as np
import sympy as sp
from enclose import assert_zero, ball
from flint import arb, ctx
from IPython.display import Math, display
from pair import align_ball

ctx.prec = 192


def opens(number, decimals):
    """Whether the decimal expansion of the number in the ball certainly begins like this."""
    start = Q(decimals)
    unit = Q(1, 10 ** len(decimals.partition(".")[2]))
    return bool(ball(start) <= number < ball(start + unit))


# %% [markdown]
# ## T17: the bisector
#
# Shift the query by $\delta$. Write $v_j = q - k_j$ and $g = k_j - k_i$, so that $v_i = v_j + g$. Then
#
# $$
# |v_j + \delta|^2 - |v_i + \delta|^2 = L_j^2 - L_i^2 - 2\,\delta\cdot g .
# $$
#
# The difference of two squared distances is affine in the shift. Key $j$ stays farther than $i$ as
# long as $\delta \cdot g < (L_j^2 - L_i^2)/2$, and by the inequality of Cauchy and Schwarz that holds
# while $|\delta| < b_j = (L_j^2 - L_i^2) / (2|g|)$: the distance to the bisecting hyperplane.

# %%
vv, vg, vd, gg, gd, dd = sp.symbols("vv vg vd gg gd dd", real=True)  # v_j.v_j, v_j.g, ...
Lj2, Li2 = vv, vv + 2 * vg + gg
shifted_j = vv + 2 * vd + dd
shifted_i = Li2 + 2 * (vd + gd) + dd
assert_zero(shifted_j - shifted_i - (Lj2 - Li2 - 2 * gd))

# %% [markdown]
# If $k_j = k_i$, nothing separates the two, wherever the query goes: the tie is broken by the index,
# for ever in the same way. So $b_j = +\infty$ for $j > i$. For $j < i$ key $j$ is kept out by its
# threshold or mask alone, and $b_j = -\infty$ says that the bisector gives no protection.
#
# **The theorem, part 1.** Let $|\delta|$ be less than the stated minimum. Key $i$ stays admitted:
# $|q + \delta - k_i| \le L_i + |\delta| < r_i$. Any other key $j$ either is not admitted, because
# $|q + \delta - k_j| \ge L_j - |\delta| > r_j$, or is behind $i$ in the order, by the identity. An
# abstention persists while no key comes within its radius.
#
# **The form with distances alone.** By the triangle inequality $G = |g|$ is at most $L_i + L_j$, so
# $b_j \ge (L_j - L_i)/2$ where $L_j \ge L_i$. The difference of the two shows when they agree.

# %%
Li, G, gap, slack = sp.symbols("L_i G gap s", positive=True)  # L_j = L_i + gap
Lj = Li + gap
bisector = (Lj**2 - Li**2) / (2 * G)
surplus = sp.factor(bisector - (Lj - Li) / 2)
display(Math(r"b_j - \tfrac12(L_j - L_i) = " + sp.latex(surplus)))
assert_zero(surplus - gap * (Li + Lj - G) / (2 * G))
# with L_i + L_j = G + slack it is a positive number times the slack
assert sp.simplify(surplus.subs(Li, (G + slack - gap) / 2) - gap * slack / (2 * G)) == 0

# %% [markdown]
# It is 0 only if $L_j = L_i$, or $G = L_i + L_j$: the query lies between the two keys.
#
# **Part 2, sharpness.** Let $b_j$ be the least and finite. Move by $x$ along $g$: the difference of
# squared distances is $2G(b_j - x)$. At $x = b_j$ the keys tie, beyond it key $j$ is strictly nearer
# than $i$, and $i$ is not selected. So no larger radius is right.

# %%
x = sp.symbols("x", positive=True)
along = (Lj**2 - Li**2) - 2 * (x / G) * G**2  # delta = (x/G) g, so delta.g = x G
assert_zero(along - 2 * G * (bisector - x))

# %% [markdown]
# Knowing distances only, the query may lie between the two keys that matter, where the two forms
# agree. So no larger radius can be computed from distances. But it is not sharp in the given
# configuration: for $q = 0$ and the keys 1 and 2 on a line it is $1/2$, the bisector is at $3/2$.

# %%
example = {Li: 1, gap: 1, G: 1}
assert bisector.subs(example) == sp.Rational(3, 2)
assert ((Lj - Li) / 2).subs(example) == sp.Rational(1, 2)

# %% [markdown]
# ## T17, part 3: a weight per key
#
# Now the order is by energy. How fast can an energy change? By T6 $\mathrm{d}E^*/\mathrm{d}\Lambda
# = X$ with $X = t(1-t) \le 1/4$, and $\Lambda = \beta L^2$, so $\mathrm{d}E^*/\mathrm{d}L = 2\beta L X$.
# At a minimiser the curvature along the passage is not negative: $2\Lambda X \le 1$ (T11). The square
# of the slope is $4\beta^2L^2X^2 = (2\Lambda X)(2\beta X)$, a product of two bounded factors.

# %%
beta, L, lam, t, p, h = sp.symbols("beta L Lambda t p h", positive=True)
X = sp.symbols("X", positive=True)
slope = 2 * beta * L * X
assert_zero(slope**2 - (2 * beta * L**2 * X) * (2 * beta * X))

# the second derivative of the landscape on the axis, p = sigma(h + Lambda (2t - 1))
axis = -sp.log(sp.exp(-lam * t**2) + sp.exp(h) * sp.exp(-lam * (1 - t) ** 2))
share = 1 / (1 + sp.exp(-(h + lam * (2 * t - 1))))
assert_zero(sp.diff(axis, t) - 2 * lam * (t - share))
assert_zero(sp.diff(axis, t, 2) - 2 * lam * (1 - 2 * lam * share * (1 - share)))

# 2 Lambda X = 1 - k and 4 X = 1/(1 + l), for k, l >= 0 and k <= 1: the slope is within the bound
k, l_, rest = sp.symbols("k l rest", nonnegative=True)
room = beta / 2 - (1 - k) * 2 * beta / (4 * (1 + l_))
assert (
    sp.cancel(sp.together(room) * 2 * (1 + l_) / beta - (k + l_)) == 0 and (k + l_).is_nonnegative
)

# %% [markdown]
# So $|\mathrm{d}E^*/\mathrm{d}L| \le c = \sqrt{\beta/2}$, and $L$ changes by at most $|\delta|$: energies
# change by at most $c|\delta|$. Key $i$ stays admitted while $E_i + c|\delta| < \tau_i$; key $j$ stays
# out while $E_j - c|\delta| > \tau_j$ or behind $i$ while $E_j - E_i > 2c|\delta|$. That is part 3. The
# constant cannot be smaller: at $\alpha = 1/2$, $E^* = \beta L^2/4$ up to $\beta L^2 = 2$, where its
# slope is $c$.

# %%
at_critical = sp.diff(beta * L**2 / 4, L).subs(L, sp.sqrt(2 / beta))
assert_zero(at_critical - sp.sqrt(beta / 2))

# %% [markdown]
# ## T18: one step of reconstruction
#
# The selected key is $i$, and $q' = q + t\Delta$ with $\Delta = k_i - q$ and $0 < t < 1$. For any key
# $j$ let $w = k_j - q$. Then (the theorem of Stewart)
#
# $$
# |q' - k_j|^2 - |q' - k_i|^2 = (1-t)\,(L_j^2 - L_i^2) + t\,|k_j - k_i|^2 .
# $$

# %%
ww, wD, DD = sp.symbols("ww wD DD", real=True)  # w.w = L_j^2, w.Delta, Delta.Delta = L_i^2
after_j = ww - 2 * t * wD + t**2 * DD
after_i = (1 - t) ** 2 * DD
between_keys = ww - 2 * wD + DD
stewart = (1 - t) * (ww - DD) + t * between_keys
assert_zero(after_j - after_i - stewart)

# %% [markdown]
# **Part 1.** The separation of the selected key shrinks from $\Lambda$ to $(1-t)^2\Lambda$. Its energy
# is strictly increasing in the separation (T6, T7), so it strictly decreases while $\Lambda > 0$. The
# key stays admitted; some key is selected at $q'$, and its energy is at most that. So the selected
# energy strictly decreases whatever the weights and thresholds, and nothing abstains later.
#
# **Part 2.** With one weight and one threshold a key that was admitted has $L_j \ge L_i$, as $i$ is the
# nearest of these; one that was not has $L_j > r \ge L_i$. In the identity both terms are then
# non-negative: no key overtakes. Equality needs $k_j = k_i$ and then $L_j = L_i$: key $j$ tied already
# at $q$ and, if $j < i$, would have been selected. So the index stays, duplicates and ties included.
# Repeating the step, $L_{n+1} = (1 - t_n)L_n$.

# %%
first, second = (1 - t) * (ww - DD), t * between_keys
d1, d2, r1 = sp.symbols("d_1 d_2 r_1", nonnegative=True)
as_signs = stewart.subs(wD, (ww + DD - d2) / 2).subs(ww, DD + d1).subs(t, 1 / (1 + r1))
assert sp.factor(as_signs).is_nonnegative  # d1 = L_j^2 - L_i^2 >= 0, d2 = |k_j - k_i|^2 >= 0

# %% [markdown]
# **Speed.** From $t = \sigma(h + \Lambda m)$ with $|m| \le 1$ (T2): $t \ge \sigma(h - \Lambda)$, and as
# separations decrease, $t_n \ge \sigma(h - \Lambda_0) > 0$. So $L_n \to 0$ at least geometrically. Then
# $\Lambda_n \to 0$, both bounds $\sigma(h \pm \Lambda_n)$ tend to $\sigma(h) = 1 - \alpha$, and
# $L_{n+1}/L_n = 1 - t_n \to \alpha$. For $\alpha \le 1/2$ each step goes at least half of the way, as
# $t \ge 1/2$ (T4).

# %%
alpha = sp.symbols("alpha", positive=True)
sigma = 1 / (1 + sp.exp(-sp.log((1 - alpha) / alpha)))
assert_zero(sigma - (1 - alpha))
for bound in (1 / (1 + sp.exp(-(h - lam))), 1 / (1 + sp.exp(-(h + lam)))):
    assert_zero(sp.limit(bound, lam, 0) - 1 / (1 + sp.exp(-h)))

# %% [markdown]
# For $\alpha > 1/2$ the start can be slow, because $t \approx \sigma(h - \Lambda)$ really is that small
# far away. At $\alpha = 9/10$, $\Lambda = 10$ it takes more than eleven thousand steps until
# $\Lambda \le 10^{-12}$; every step is enclosed. At $\Lambda = 100$ a step is $4\cdot 10^{-45}$ of the
# way, which no float64 query with components of ordinary size can show.

# %%
separation, steps = ball(10), 0
tolerance = ball(Q(1, 10**12))
while not separation <= tolerance:
    assert separation > tolerance  # otherwise the count would not be known
    coordinate = align_ball(separation, Q(9, 10)).coordinate
    separation, steps = (1 - coordinate) ** 2 * separation, steps + 1
print(f"{steps} steps")
assert steps == 11340
assert align_ball(100, Q(9, 10)).coordinate < ball(Q(1, 2**53))

# %% [markdown]
# ## T18, part 3: the index can change
#
# **Weights.** On a line, $\beta = 1/20$, $q_0 = 0$, key 0 at 6 with $\alpha = 7/10$, key 1 at 5 with
# $\alpha = 1/2$. The farther key 0 has the lower ceiling and is selected. Moving towards it also
# approaches key 1.

# %%
places, weights = (6, 5), (Q(7, 10), Q(1, 2))
query, path = ball(0), []
for _ in range(6):
    pairs = [
        align_ball((place - query) ** 2 / 20, weight)
        for place, weight in zip(places, weights, strict=True)
    ]
    energies = [pair.energy for pair in pairs]
    assert energies[0] < energies[1] or energies[1] < energies[0]  # decided
    index = 0 if energies[0] < energies[1] else 1
    path.append((query, index, energies))
    query = query + pairs[index].coordinate * (places[index] - query)
for step, (_, index, energies) in enumerate(path):
    print(step, index, [energy.str(8, radius=False) for energy in energies])

assert [index for _, index, _ in path] == [0, 0, 1, 1, 1, 1]
assert opens(path[0][2][0], "0.2778") and path[0][2][1] == ball(Q(5, 16))
assert opens(path[1][2][0], "0.2492") and opens(path[1][2][1], "0.2493")

# %% [markdown]
# From step 2 on the index is 1 for ever. There $\alpha = 1/2$ and $\Lambda \le 2$, so $t = 1/2$ and the
# query halves its distance to 5, always between $q_2$ and 5. Let $c = \Lambda_0(q)/\Lambda_0(q_2) < 1$
# for such a $q$. As $E^*(c\Lambda) \ge c E^*(\Lambda)$ (T6), the energy of key 0 has fallen at most by
# the factor $c = (6-q)^2/(6-q_2)^2$ since step 2. The energy of key 1, $(5-q)^2/80$, has fallen exactly
# by the factor $(5-q)^2/(5-q_2)^2$, which is smaller, because $(5-q)/(6-q)$ decreases in $q$. It was
# lower at step 2, so it is lower ever after.

# %%
place = sp.symbols("place", real=True)
falling = sp.diff((5 - place) / (6 - place), place)
assert_zero(falling * (6 - place) ** 2 + 1)
q2, _, (energy_0, energy_1) = path[2]
assert energy_1 < energy_0 and (5 - q2) ** 2 / 20 < 2 and q2 < 5

# %% [markdown]
# **Thresholds.** In the plane, $\beta = 1/100$, $\alpha = 1/2$, $q_0 = (0, 0)$, keys $(10, 0)$ without
# threshold and $(5, 3)$ with the threshold of radius 4, which is $E^*(16/100) = 4/100$. All
# separations are at most 2, so $t = 1/2$ and everything is rational.

# %%
keys, tau = ((10, 0), (5, 3)), (None, Q(16, 100) / 4)
query, indices = (Q(0), Q(0)), []
for _ in range(4):
    squares = [sum((a - b) ** 2 for a, b in zip(query, key, strict=True)) for key in keys]
    separations = [Q(square) / 100 for square in squares]
    assert all(value <= 2 for value in separations)
    admitted = [j for j in (0, 1) if tau[j] is None or separations[j] / 4 <= tau[j]]
    index = min(admitted, key=lambda j: (separations[j], j))
    indices.append(index)
    if len(indices) == 1:
        assert squares[1] == 34 and 34 > 16 and admitted == [0]
    if len(indices) == 2:
        assert query == (5, 0) and squares == [25, 9] and admitted == [0, 1]
    query = tuple((a + b) / 2 for a, b in zip(query, keys[index], strict=True))
assert indices == [0, 1, 1, 1]

# %% [markdown]
# **Rounded iterates.** Part 2 is about real numbers. Two keys $(0, 10^{-20})$ and $(10^{-20}, 0)$ with
# $\alpha = 3/10$ are told apart by queries whose components differ in the last bits. Exactly, the
# second key stays selected. In float64, with $t$ or $1-t$ rounded correctly from its enclosure, the
# components of the query become equal after one step, and then the first key is taken. From one query
# this happens in the form $q + t(k-q)$, from another in that form and in $k - (1-t)(k-q)$.


# %%
def one_step(here, form):
    """A float64 step towards the key (1e-20, 0), with t (or 1 - t) rounded from its ball."""
    key = (1e-20, 0.0)
    squared = sum((Q(a) - Q(b)) ** 2 for a, b in zip(here, key, strict=True))
    coordinate = align_ball(squared, Q(0.3)).coordinate
    if form == "from the query":
        factor = float(coordinate)
        return tuple(a + factor * (b - a) for a, b in zip(here, key, strict=True))
    factor = float(1 - coordinate)
    return tuple(b - factor * (b - a) for a, b in zip(here, key, strict=True))


def second_is_nearer(place):
    """The exact comparison of the two keys; in a tie the first is selected."""
    first_key, second_key = (0.0, 1e-20), (1e-20, 0.0)
    squares = [
        sum((Q(a) - Q(b)) ** 2 for a, b in zip(place, key, strict=True))
        for key in (first_key, second_key)
    ]
    return squares[1] < squares[0]


one, both = (0.8184808436607273, 0.8184808436607272), (0.9974042475543028, 0.9974042475543027)
assert second_is_nearer(one) and second_is_nearer(both)
assert not second_is_nearer(one_step(one, "from the query"))
assert second_is_nearer(one_step(one, "from the key"))
for form in ("from the query", "from the key"):
    equal = one_step(both, form)
    assert equal[0] == equal[1] and not second_is_nearer(equal)

# %% [markdown]
# ## The reference against the closed forms
#
# `robustness_radius` promises a number that is never above the exact one; without thresholds and with
# one weight it is the distance to the bisector rounded down, up to a relative $2^{-118}$ in its root.
# With a weight per key it is compared with the enclosure of part 3.

# %%
import gd_attention as gda

rng = np.random.default_rng(5)
queries = rng.integers(-40, 41, size=(12, 3)) / 8.0
points = rng.integers(-40, 41, size=(9, 3)) / 8.0


def square(a, b):
    """Exact squared distance."""
    return sum((Q(x) - Q(y)) ** 2 for x, y in zip(a, b, strict=True))


radii = gda.robustness_radius(queries, points, alpha=0.3)
for place, got in zip(queries, radii.tolist(), strict=True):
    lengths = [square(place, key) for key in points]
    chosen = min(range(len(points)), key=lambda j: (lengths[j], j))
    exact_squares = [
        (lengths[j] - lengths[chosen]) ** 2 / (4 * square(points[j], points[chosen]))
        for j in range(len(points))
        if j != chosen and square(points[j], points[chosen])
    ]
    assert Q(got) ** 2 <= min(exact_squares)
    assert Q(math.nextafter(got, math.inf)) ** 2 * (1 + Q(1, 2**116)) >= min(exact_squares)

weights = [0.5, 0.3, 0.9, 0.7, 0.5, 0.2, 0.6, 0.4, 0.8]
radii = gda.robustness_radius(queries, points, alpha=weights, beta=0.125)
constant = (ball(Q(0.125)) / 2).sqrt()
for place, got in zip(queries, radii.tolist(), strict=True):
    energies = [
        align_ball(square(place, key) / 8, Q(weight)).energy
        for key, weight in zip(points, weights, strict=True)
    ]
    chosen = min(range(len(points)), key=lambda j: energies[j].mid())
    others = [energy for j, energy in enumerate(energies) if j != chosen]
    assert all(ball(Q(got)) <= (other - energies[chosen]) / (2 * constant) for other in others)

# one threshold: at alpha = 1/2 and tau = 1/4 the radius is sqrt(4 tau/beta) = sqrt(8). The reference
# brackets it by floats within a relative 2^-50 and rounds down, so it loses less than 2^-48 of it
outer = arb(8).sqrt()
radii = gda.robustness_radius(queries, points, beta=0.125, threshold=0.25)
index = gda.gd_attention(queries, points, beta=0.125, threshold=0.25).index
assert (index < 0).any() and (index >= 0).any()
for place, chosen, got in zip(queries, index.tolist(), radii.tolist(), strict=True):
    lengths = [ball(square(place, key)).sqrt() for key in points]
    if chosen < 0:
        terms = [length - outer for length in lengths]
    else:
        terms = [outer - lengths[chosen]]
        for j, key in enumerate(points):
            apart = ball(square(key, points[chosen])).sqrt()
            if j != chosen:
                bisects = ball(square(place, key) - square(place, points[chosen])) / (2 * apart)
                terms.append(bisects.max(lengths[j] - outer))
    exact = terms[0]
    for term in terms[1:]:
        exact = exact.min(term)
    assert exact - outer * arb(2) ** -48 <= ball(Q(got)) <= exact

result = gda.reconstruct([[0.0]], [[6.0], [5.0]], alpha=[0.7, 0.5], beta=0.05)
assert result.indices[:4, 0].tolist() == [0, 0, 1, 1]
# A step of the reference errs by at most 16 eps in the coordinate (4 (1 + Lambda + |h|) eps, as `align`
# states) and 2 eps in the point, each times a length of at most 6. An earlier error is multiplied by
# 1 - t - 2 Lambda dt/dLambda, which is less than 2 here; so it stays below 18 * 6 * (1 + 2 + 4) eps.
for place, index, _ in path[:3]:
    value = (places[index] - place) ** 2 / 20
    t_ball = align_ball(value, (Q(7, 10), Q(1, 2))[index]).coordinate
    product = t_ball * (1 - t_ball)
    factor = 1 - t_ball - 2 * value * product * (2 * t_ball - 1) / (1 - 2 * value * product)
    assert abs(factor) < 2
for got, (place, _, _) in zip(result.queries[:4, 0, 0].tolist(), path, strict=False):
    assert abs(ball(Q(got)) - place) <= ball(Q(18 * 6 * 7, 2**52))
radius_four = float(gda.threshold_from_radius(4.0, 0.5, 0.01))
result = gda.reconstruct(
    [[0.0, 0.0]], [[10.0, 0.0], [5.0, 3.0]], beta=0.01, threshold=[math.inf, radius_four]
)
assert result.indices[:4, 0].tolist() == [0, 1, 1, 1]
for start in (one, both):
    kept = gda.reconstruct([start], [[0.0, 1e-20], [1e-20, 0.0]], alpha=0.3)
    assert set(kept.indices.ravel().tolist()) == {1}
print("the reference agrees")
