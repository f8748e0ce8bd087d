# %% [markdown]
# # The root of the energy is a metric; the softmin of the energies tends to the selection
#
# **Serves** GDA-thm-metric (T19) and GDA-thm-relaxation (T20).
#
# **Hypotheses.** T19: one $\alpha$ and one $\beta$; points $x, y, z$ of $\mathbb{R}^d$. T20: $n$ admitted
# keys, the least energy attained by one of them, $T > 0$.
#
# **Claim.** $\sqrt{E^*}$ satisfies the triangle inequality, and no larger power of $E^*$ does. The
# total-variation distance of the softmin weights to the one-hot selection is at most
# $(n-1)e^{-\mathit{gap}/T}$, and the factor $n-1$ cannot be improved.
#
# **How it is shown.** T19 needs three facts about $E^*$ as a function of the separation: it is 0 at 0,
# it increases, and it lies above its chords from 0. The last one follows from the concavity of the
# landscape in $\Lambda$ at fixed $t$, which SymPy shows. T20 is a statement about finitely many
# positive numbers.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T19 chord | GDA-thm-metric | symbolic + written argument | the energy at a part of the separation is at least that part of the energy |
# | T19 metric | GDA-thm-metric | symbolic + written argument | the root of the energy is a bounded metric |
# | T19 sharpness | GDA-thm-metric | symbolic + rigorous enclosure | no power of the energy beyond the root is a metric |
# | T20 bound | GDA-thm-relaxation | symbolic + written argument | the distance to the selection is at most (n - 1) exp(-gap/T) |
# | T20 sharpness | GDA-thm-relaxation | symbolic | the factor n - 1 is attained in the limit; a tie does not resolve |

# %%
import math
from fractions import Fraction as Q

import numpy as np
import sympy as sp
from enclose import assert_zero, ball, prove_sign
from flint import arb, ctx
from IPython.display import Math, display
from pair import align_ball

ctx.prec = 128

# %% [markdown]
# ## The energy lies above its chords
#
# At fixed $t$ the landscape is minus the logarithm of a mixture of two exponentials of $\Lambda$. Its
# second derivative is minus a variance: with the shares $1-p$ and $p$ of the two wells,
#
# $$
# \frac{\partial^2 f}{\partial\Lambda^2} = -p(1-p)\,(t^2 - s^2)^2 , \qquad s = 1-t .
# $$

# %%
lam, alpha, b, t, s = sp.symbols("Lambda alpha b t s", positive=True)
near, far = alpha * sp.exp(-lam * t**2), b * sp.exp(-lam * s**2)
mixture = near + far
f = -sp.log(mixture)
share = far / mixture
second = sp.diff(f, lam, 2)
assert_zero(second + share * (1 - share) * (t**2 - s**2) ** 2)
assert (near * far * (t**2 - s**2) ** 2 / mixture**2).is_nonnegative
assert_zero(f.subs(lam, 0).subs(b, 1 - alpha))
display(Math(r"\frac{\partial^2 f}{\partial\Lambda^2} = " + sp.latex(sp.factor(second))))

# %% [markdown]
# So $f(t; \cdot)$ is concave with the value 0 at 0, and $f(t; c\Lambda) \ge c f(t; \Lambda)$ for
# $0 \le c \le 1$. Let $t'$ be a minimiser at $c\Lambda$. Then
#
# $$
# E^*(c\Lambda) = f(t'; c\Lambda) \ge c f(t'; \Lambda) \ge c E^*(\Lambda) .
# $$
#
# In other words, $E^*/\Lambda$ does not increase. As a check with enclosures that does not use the
# argument: on a compact range of separations, $E^*(\Lambda) - \tfrac12 E^*(2\Lambda)$ is positive. (It
# vanishes only where the chord is the graph: at $\alpha = 1/2$, $2\Lambda \le 2$, where $E^* =
# \Lambda/4$, and at 0. So the range starts at $1/2$, and the weight is $3/10$.)


# %%
chord_weight = Q(3, 10)


def chord_excess(separation):
    """E*(x) - E*(2x)/2 at alpha = 3/10; a ball too wide for the root finder decides nothing."""
    try:
        whole = align_ball(2 * separation, chord_weight).energy
        return align_ball(separation, chord_weight).energy - whole / 2
    except ValueError:
        return arb("nan")


parts = prove_sign(chord_excess, [(Q(1, 2), Q(8))], "+")
print(f"E*(x) > E*(2x)/2 on [1/2, 8]: {parts} parts")
# beyond: E*(2x)/2 is below half of the ceiling, and E*(8) above it; E* increases
assert align_ball(8, chord_weight).energy > (1 / ball(1 - chord_weight)).log() / 2

# %% [markdown]
# ## The metric
#
# Put $F(L) = \sqrt{E^*(\beta L^2)}$ and $d(x, y) = F(|x-y|)$.
#
# - *Symmetry, zero.* $d$ depends on $|x-y|$, and $E^* = 0$ exactly at separation 0 (T9).
# - *Bounded.* By the root of the ceiling.
# - *Triangle inequality.* Let $L, L' > 0$ and $M = L + L'$. From the chords with
#   $c = L^2/M^2$: $F(L) \ge (L/M)\,F(M)$, and the same for $L'$. Adding, $F(L) + F(L') \ge F(M)$. As $F$
#   increases and $|x-z| \le |x-y| + |y-z|$,
#   $d(x,z) \le F(|x-y| + |y-z|) \le d(x,y) + d(y,z)$.

# %%
L, L2, E_M, k1, k2 = sp.symbols("L L' E_M k_1 k_2", positive=True)
M = L + L2
# the chord inequality with slack: E*(L) = (L/M)^2 E_M (1 + k)^2, k >= 0, for both parts
F_L, F_L2 = (
    sp.sqrt((L / M) ** 2 * E_M * (1 + k1) ** 2),
    sp.sqrt((L2 / M) ** 2 * E_M * (1 + k2) ** 2),
)
surplus = sp.simplify((F_L + F_L2 - sp.sqrt(E_M)) / sp.sqrt(E_M))
assert_zero(surplus - (L * k1 + L2 * k2) / M)
assert ((L * k1 + L2 * k2) / M).is_positive
assert_zero(surplus.subs({k1: 0, k2: 0}))

# %% [markdown]
# **The root is the right power.** $(E^*)^r$ with $r > 1/2$ violates the triangle inequality for three
# equidistant points of a line that are close enough, for every $\alpha$. As $L \to 0$,
# $E^*(\beta L^2)/L^2 \to \alpha(1-\alpha)\beta$ (T14), so the ratio of the whole to the sum of the
# parts tends to $4^r/2$, which exceeds 1. The energy itself, $r = 1$, is no metric; at $\alpha = 1/2$
# and the points 0, 1/2, 1 the numbers are rational.

# %%
r = sp.symbols("r", positive=True)
leading = sp.symbols("kappa", positive=True)  # alpha (1 - alpha) beta
ratio = (leading * (2 * L) ** 2) ** r / (2 * (leading * L**2) ** r)
assert_zero(sp.powsimp(sp.expand_power_base(ratio / (4**r / 2), force=True)) - 1)
assert (4**r / 2).subs(r, sp.Rational(1, 2)) == 1 and sp.diff(4**r / 2, r).is_positive

whole, half = align_ball(1, Q(1, 2)).energy, align_ball(Q(1, 4), Q(1, 2)).energy
assert whole == arb(1) / 4 and half == arb(1) / 16
assert whole > half + half and whole.sqrt() <= half.sqrt() + half.sqrt()

# %% [markdown]
# The hypothesis of one $\alpha$ is needed to speak of a metric at all. With weights 1/2 for the pair
# $x, z$ and 127/128 for the pairs $x, y$ and $y, z$ the inequality fails:

# %%
uneven = align_ball(4, Q(127, 128)).energy
assert align_ball(16, Q(1, 2)).energy.sqrt() > 2 * uneven.sqrt()

# %% [markdown]
# ## Relaxation
#
# Let $i$ be the one key of least energy and $p_j = e^{-E_j/T}/Z$ over the $n$ admitted keys. The
# total-variation distance of $p$ to the one-hot selection is half the sum of
# $|p_j - \mathbf 1_{j=i}|$. The weight that $i$ lacks is what the others have, so the distance is
# $1 - p_i$. Divide numerator and denominator by $e^{-E_i/T}$ and write $x = e^{-\mathit{gap}/T}$ and
# $y_j = e^{-(E_j - E_i - \mathit{gap})/T}$, which is in $(0, 1]$:
#
# $$
# 1 - p_i = \frac{x\sum_{j \ne i} y_j}{1 + x\sum_{j\ne i} y_j} \le x \sum_{j \ne i} y_j \le (n-1)\,x .
# $$

# %%
T, gap, E_i, x = sp.symbols("T gap E_i x", positive=True)
for n in (2, 3, 4):
    extra = sp.symbols(f"e1:{n}", nonnegative=True)
    energies = [E_i, *(E_i + gap + e for e in extra)]
    boltzmann = [sp.exp(-energy / T) for energy in energies]
    weights = [weight / sum(boltzmann) for weight in boltzmann]
    lacking = 1 - weights[0]
    # half the sum of the distances; all others count with their weight
    assert_zero((lacking + sum(weights[1:])) / 2 - lacking)
    ys = sp.symbols(f"y1:{n}", positive=True)
    closed = x * sum(ys) / (1 + x * sum(ys))
    in_energies = {x: sp.exp(-gap / T)} | {
        y: sp.exp(-e / T) for y, e in zip(ys, extra, strict=True)
    }
    assert_zero(closed.subs(in_energies) - lacking)
    # y = 1/(1 + k) with k >= 0: the numerator of bound minus distance has no negative coefficient
    ks = sp.symbols(f"k1:{n}", nonnegative=True)
    room = (n - 1) * x - closed.subs({y: 1 / (1 + k) for y, k in zip(ys, ks, strict=True)})
    numerator, denominator = sp.fraction(sp.cancel(sp.together(room)))
    assert all(c > 0 for c in sp.Poly(numerator, x, *ks).coeffs())
    assert all(c > 0 for c in sp.Poly(denominator, x, *ks).coeffs())

# %% [markdown]
# The program shows it for two to four keys; the displayed chain is the same for any number, because
# each $y_j \le 1$ and the denominator is at least 1. As $T \to 0$, $x \to 0$: the softmin tends to the
# selection.
#
# **The factor $n-1$ is needed.** If all other keys are at the second least energy, the distance over
# $x$ tends to $n - 1$. **So is the hypothesis of one least key.** With two keys of the same least
# energy the weights are equal at every temperature: the softmin does not break ties, the least-index
# rule does.

# %%
n = sp.symbols("n", integer=True, positive=True)
all_equal = (n - 1) * x / (1 + (n - 1) * x)
assert_zero(sp.limit(all_equal / x, x, 0) - (n - 1))
assert sp.limit(sp.exp(-gap / T), T, 0, "+") == 0
tied = sp.exp(-E_i / T) / (2 * sp.exp(-E_i / T))
assert tied == sp.Rational(1, 2)

# %% [markdown]
# Between saturated keys a gap is a difference of deficits, not of floats: at $\alpha = 1/2$ and the
# separations 50 and 60 it is about $2\cdot 10^{-22}$, and the bound is useful for temperatures below
# that. The float energies are equal, and their softmin is a tie at every temperature.

# %%
first, later = align_ball(50, Q(1, 2)), align_ball(60, Q(1, 2))
real_gap = first.deficit - later.deficit
assert 0 < real_gap < ball(Q(1, 10**21)) and float(first.energy) == float(later.energy)

# %% [markdown]
# ## The reference against the closed forms
#
# `relaxation` returns weights and an upper bound of the distance. The bound has to be at least the
# enclosed distance, also for saturated keys. The weights are compared with enclosures. The separations
# here are exact and at most 12. `align` states 16 eps for energies and $4(1 + \Lambda + |h|)$ eps, so at
# most 56 eps, for deficits; a difference of two is off by at most 112 eps of $\log 2$, a weight by that
# over the temperature, and the roundings of the quotient, exp, sum and division add less than 16 eps
# for six keys.

# %%
import gd_attention as gd

rng = np.random.default_rng(3)
query, keys = rng.integers(-8, 9, size=(1, 3)) / 8.0, rng.integers(-8, 9, size=(6, 3)) / 8.0
for weight in (0.5, 0.3):
    for temperature in (1.0, 0.05, 0.01):
        got = gd.relaxation(query, keys, temperature=temperature, alpha=weight)
        squares = [
            sum((Q(x) - Q(y)) ** 2 for x, y in zip(query[0], key, strict=True)) for key in keys
        ]
        energies = [align_ball(square, Q(weight)).energy for square in squares]
        terms = [(-energy / ball(Q(temperature))).exp() for energy in energies]
        least = min(range(6), key=lambda j, squares=squares: (squares[j], j))
        distance = 1 - terms[least] / sum(terms)
        assert ball(Q(float(got.bound[0]))) >= distance
        off = 112 * arb(2).log() / ball(Q(temperature)) + 16
        for term, value in zip(terms, got.weights[0].tolist(), strict=True):
            assert abs(ball(Q(value)) - term / sum(terms)) <= off * arb(2) ** -52

saturated = gd.relaxation([[0.0]], [[7.0], [8.0]], temperature=1e-24)
gap_ball = align_ball(49, Q(1, 2)).deficit - align_ball(64, Q(1, 2)).deficit
distance = (-gap_ball / ball(Q(1e-24))).exp()
assert ball(Q(float(saturated.bound[0]))) >= distance / (1 + distance)
assert saturated.weights[0, 0] == 1.0 and saturated.weights[0, 1] < 1e-200

roots = [math.sqrt(float(gd.align(length**2, 0.3).energy)) for length in (1.0, 2.0, 3.0)]
# strict in exact arithmetic by far more than the rounding of three roots
assert roots[2] < roots[0] + roots[1]
print("the reference agrees")
