# %% [markdown]
# # Filter and select; and which questions can be decided
#
# **Serves** GDA-thm-filter-select (T25) and GDA-thm-decidability (T26).
#
# **Hypotheses.** T25: exact energies; one threshold for all keys, or one per key. T26: all components,
# $\alpha$, $\beta$ and $\tau$ are rational, as floats are.
#
# **Claim.** T25: with one threshold, filtering and then selecting is selecting and then checking the
# winner; with a threshold per key it is not. T26: which comparisons are comparisons of rationals, which
# equalities hold, and that no others hold if Schanuel's conjecture is true.
#
# **How it is shown.** T25: order types, gone through by program, and an argument for any number of
# keys. T26: parts 1 to 3 rest on theorems that are proved, the theorem of Hermite and Lindemann among
# them. Part 4 is a reduction to Schanuel's conjecture; SymPy checks its algebra, and nothing can check
# the conjecture.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T25 one threshold | GDA-thm-filter-select | written argument | filtering first and checking the winner agree; all order types of up to four keys are gone through |
# | T25 per key | GDA-thm-filter-select | rigorous enclosure | example in which the filter selects and the check abstains |
# | T26.1 | GDA-thm-decidability | written argument | order with one weight, and uniqueness, compare rationals |
# | T26.2 | GDA-thm-decidability | symbolic + written argument | no rational is a ceiling; no rational separation beyond 2 and rational weight lie on the spinodal |
# | T26.3 | GDA-thm-decidability | rigorous enclosure + written argument | the equalities that hold |
# | T26.4 threshold | GDA-thm-decidability | symbolic + written argument | if Schanuel's conjecture holds, no other energy equals a rational threshold |
# | T26.4 two keys | GDA-thm-decidability | symbolic + written argument | if Schanuel's conjecture holds, no other two energies are equal |
# | T26.4 precision | GDA-thm-decidability | rigorous enclosure + written argument | different numbers are told apart by rising precision; equal ones never are |

# %%
from fractions import Fraction as Q
from itertools import product

import sympy as sp
from enclose import assert_zero, ball
from flint import arb, ctx
from IPython.display import Math, display
from pair import align_ball

ctx.prec = 128

# %% [markdown]
# ## T25: the filter as a reject option
#
# Let $j$ be the lexicographically least $(E_j, j)$ among *all* keys, and $\tau$ their common threshold.
# If $E_j \le \tau$, then $j$ is admitted, and as the least among all it is the least among the admitted.
# If $E_j > \tau$, every other energy is above $\tau$ too, and nothing is admitted. Both readings give
# $j$ in the first case and abstain in the second. The weights do not matter.


# %%
def filter_then_select(energies, thresholds):
    """The definition: the least admitted key, or None."""
    admitted = [
        (e, j) for j, (e, tau) in enumerate(zip(energies, thresholds, strict=True)) if e <= tau
    ]
    return min(admitted)[1] if admitted else None


def select_then_check(energies, thresholds):
    """The least key of all, rejected if its own threshold excludes it."""
    energy, j = min((e, j) for j, e in enumerate(energies))
    return j if energy <= thresholds[j] else None


cases = differences = 0
for n in (1, 2, 3, 4):
    # thresholds at the levels of the energies, between, below and above them
    between = [Q(level, 2) for level in range(-1, 2 * n)]
    for energies in product(range(n), repeat=n):
        for tau in between:
            common = [tau] * n
            assert filter_then_select(energies, common) == select_then_check(energies, common)
            cases += 1
        if n == 2:
            for thresholds in product(between, repeat=2):
                first, second = (
                    read(energies, thresholds) for read in (filter_then_select, select_then_check)
                )
                differences += first != second
assert differences > 0
print(f"{cases} cases with one threshold; {differences} differences with two")

# %% [markdown]
# **Per key.** $d = 1$, $\beta = 1$, $\alpha = 1/2$, $q = 0$, keys $1/2$ and $1$ with thresholds $0$ and
# $+\infty$. The separations are $1/4$ and $1$, the energies a quarter of that. The nearer key is excluded
# by its own threshold; the filter selects the farther one, the check abstains.

# %%
separations = [Q(1, 4), Q(1)]
energies = [separation / 4 for separation in separations]
for separation, energy in zip(separations, energies, strict=True):
    assert align_ball(separation, Q(1, 2)).energy == ball(energy)
own_thresholds = [Q(0), Q(10**9)]  # in place of +infinity
assert energies[0] == Q(1, 16)
assert filter_then_select(energies, own_thresholds) == 1
assert select_then_check(energies, own_thresholds) is None

# %% [markdown]
# Stated plainly: a common threshold is a reject option on the winner. Where the thresholds differ among
# the keys the filter decides *which* key wins.
#
# ## T26: the tools
#
# - **Hermite and Lindemann** (proved): $e^x$ is transcendental for algebraic $x \ne 0$.
# - **Schanuel's conjecture** (not proved): if $x_1, \dots, x_n$ are linearly independent over the
#   rationals, the field generated by $x_1, \dots, x_n, e^{x_1}, \dots, e^{x_n}$ has transcendence degree
#   at least $n$. For $n = 1$ it is Hermite and Lindemann.
#
# | question about rational data | what it rests on |
# | --- | --- |
# | order of two keys with one $\min(\alpha, 1-\alpha)$ | nothing: separations are rational, $E^*$ is strictly increasing (T6) |
# | is the alignment point unique | nothing: is $\alpha = 1/2$, is $\Lambda \le 2$ (T4) |
# | order of two keys where separation and evenness agree in order | nothing: T6 and T23 |
# | $E^*$ against $\tau \le 0$, or at $\Lambda = 0$, or at $\alpha = 1/2$, $\Lambda \le 2$ | nothing: $E^*$ is $0$ or $\Lambda/4$, or positive |
# | $\tau$ against the ceiling; $E^*$ against $\tau$ at or above it | Hermite and Lindemann |
# | one or three stationary points | Hermite and Lindemann |
# | $E^*$ against $0 < \tau <$ ceiling otherwise | an inequality is always found; that there is no equality rests on Schanuel |
# | order of two keys where separation and evenness disagree | the same |
#
# **Part 1** is the first two lines.
#
# **Part 2.** Let $w = \max(\alpha, 1-\alpha)$ and suppose $-\log w = \tau$ with $\tau$ rational. Then
# $e^{-\tau} = w$ is rational, hence algebraic, so $\tau = 0$ and $w = 1$; but $w < 1$. For the spinodal
# let $\Lambda > 2$ be rational and $|h| = h_c = \Lambda m_c - 2\operatorname{artanh} m_c$ with
# $m_c^2 = 1 - 2/\Lambda$. Take the exponential: $e^{\Lambda m_c}$ is a product of algebraic numbers.

# %%
lam, m_c = sp.symbols("Lambda m_c", positive=True)
spinodal = lam * m_c - 2 * sp.atanh(m_c)
ratio = sp.symbols("rho", positive=True)  # e^|h|, a rational number
at_spinodal = sp.exp(lam * m_c) * (1 - m_c) / (1 + m_c)
assert_zero((sp.exp(spinodal) / at_spinodal).rewrite(sp.log).simplify() - 1)
[as_algebraic] = sp.solve(sp.Eq(sp.Symbol("X") * (1 - m_c) / (1 + m_c), ratio), sp.Symbol("X"))
display(Math(r"e^{\Lambda m_c} = " + sp.latex(sp.factor(as_algebraic))))
exponent_squared = lam**2 - 2 * lam
assert_zero(((lam * m_c) ** 2 - exponent_squared).subs(m_c, sp.sqrt(1 - 2 / lam)))
beyond = sp.symbols("epsilon", positive=True)
assert sp.expand(exponent_squared.subs(lam, 2 + beyond)).is_positive

# %% [markdown]
# $\Lambda m_c = \sqrt{\Lambda^2 - 2\Lambda}$ is algebraic and, for $\Lambda > 2$, not 0. So
# $e^{\Lambda m_c}$ is transcendental: a contradiction. Rational data have one or three stationary points
# when $\Lambda > 2$, never two.
#
# **Part 3.** $E^* = 0$ at $\Lambda = 0$, and $E^* = \Lambda/4$ at $\alpha = 1/2$, $\Lambda \le 2$ (T6).
# $E_i = E_j$ if both separations are 0, or if separations and $\min(\alpha, 1-\alpha)$ agree (T8).

# %%
for separation in (Q(0), Q(1, 3), Q(1), Q(2)):
    assert align_ball(separation, Q(1, 2)).energy.contains(ball(separation / 4))
# just beyond 2 the energy is below the line: the range of the equality is not larger
assert align_ball(2 + Q(1, 10**6), Q(1, 2)).energy < ball((2 + Q(1, 10**6)) / 4)
# and no other weight has energy Lambda/4
assert align_ball(1, Q(49, 100)).energy < ball(Q(1, 4))
assert align_ball(3, Q(3, 10)).energy.overlaps(align_ball(3, Q(7, 10)).energy)

# %% [markdown]
# ## Part 4: the reduction
#
# Call a pair *generic* if $\Lambda > 0$, and not both $\alpha = 1/2$ and $\Lambda \le 2$. Then
# $2t^* - 1 \ne 0$. With $\alpha \le 1/2$ (T8) and $u = 1-t$, $0 < u < 1/2$:
#
# $$
# e^{\Lambda(1-2u)} = \frac{1-u}{u}\cdot\frac{\alpha}{1-\alpha}, \qquad
# e^{E^* - \Lambda u^2} = \frac{1-u}{1-\alpha} .
# $$

# %%
u, alpha = sp.symbols("u alpha", positive=True)
# stationarity, logit t = h + Lambda (2t - 1), exponentiated
left = sp.exp(sp.log((1 - u) / u) - sp.log((1 - alpha) / alpha))
assert_zero(left - (1 - u) / u * alpha / (1 - alpha))
# closed form, E* = -log(1 - alpha) + Lambda u^2 + log(1 - u) (T5)
energy = -sp.log(1 - alpha) + lam * u**2 + sp.log(1 - u)
assert_zero(sp.exp(energy - lam * u**2) - (1 - u) / (1 - alpha))
# for example at separation 3, weight 3/10
pair = align_ball(3, Q(3, 10))
minor = pair.minor
assert (3 * (1 - 2 * minor)).exp().overlaps((1 - minor) / minor * ball(Q(3, 7)))
assert (pair.energy - 3 * minor * minor).exp().overlaps((1 - minor) / ball(Q(7, 10)))

# %% [markdown]
# **$u$ is transcendental** (no conjecture needed): were it algebraic, $\Lambda(1-2u)$ would be algebraic
# and not 0, and its exponential, an algebraic expression in $u$, would be algebraic too.
#
# **A threshold.** Suppose $E^* = \tau$ is rational. Put $A = \Lambda(1-2u)$, $B = \tau - \Lambda u^2$. A
# rational relation $xA + yB = 0$ is a polynomial relation for the transcendental $u$, so all its
# coefficients are 0.


# %%
def relations(expression, *transcendentals):
    """Coefficients of a polynomial relation between algebraically independent numbers."""
    return sp.Poly(sp.expand(expression), *transcendentals).coeffs()


x, y, z = sp.symbols("x y z", real=True)
tau = sp.symbols("tau", real=True)
A, B = lam * (1 - 2 * u), tau - lam * u**2
assert sp.solve(relations(x * A + y * B, u), [x, y], dict=True) == [{x: 0, y: 0}]

# %% [markdown]
# So $A$ and $B$ are linearly independent, and the conjecture asks for transcendence degree 2 of the field
# generated by $A, B, e^A, e^B$. By the two relations all four lie in $\mathbb{Q}(u)$, whose degree is 1.
# Contradiction: no generic pair has a rational energy.
#
# **Two keys.** If neither pair is generic, both energies are rational and known. If one is generic and
# the other is not, the energy of the other is rational, and the case of a threshold excludes equality.
# Let both be generic with $E_i = E_j$, and put
#
# $$
# A = \Lambda_i(1 - 2u_i), \qquad B = \Lambda_j(1-2u_j), \qquad C = \Lambda_i u_i^2 - \Lambda_j u_j^2 .
# $$
#
# The exponentials of all three lie in $\mathbb{Q}(u_i, u_j)$; for $C$ by dividing the second relations.

# %%
ui, uj, Li, Lj = sp.symbols("u_i u_j Lambda_i Lambda_j", positive=True)
ai, aj = sp.symbols("alpha_i alpha_j", positive=True)
A, B, C = Li * (1 - 2 * ui), Lj * (1 - 2 * uj), Li * ui**2 - Lj * uj**2
E = sp.symbols("E", real=True)
assert_zero(sp.exp(C) - sp.exp((E - Lj * uj**2) - (E - Li * ui**2)))
assert_zero(
    ((1 - uj) / (1 - aj)) / ((1 - ui) / (1 - ai)) - (1 - uj) * (1 - ai) / ((1 - ui) * (1 - aj))
)

# %% [markdown]
# *If $u_i$ and $u_j$ are algebraically independent,* $A, B, C$ are linearly independent, and the
# conjecture asks for degree 3 in a field of degree 2.

# %%
independent = sp.solve(relations(x * A + y * B + z * C, ui, uj), [x, y, z], dict=True)
assert independent == [{x: 0, y: 0, z: 0}]

# %% [markdown]
# *Otherwise the degree of that field is 1,* since each of the two is transcendental, and any two of
# $A, B, C$ are linearly dependent. As $A \ne 0$, $B = \rho A$ and $C = \varsigma A$ with rational factors.
# The first says $u_j = P + Qu_i$ with rational $P, Q$. Both are polynomial identities in the
# transcendental $u_i$. SymPy solves them for everything but $\Lambda_i$:

# %%
P, Qf, rho, sigma = sp.symbols("P Q rho varsigma", real=True)
line = P + Qf * ui
system = relations((B - rho * A).subs(uj, line), ui) + relations((C - sigma * A).subs(uj, line), ui)
solutions = sp.solve(system, [P, Qf, rho, sigma, Lj], dict=True)
for solution in solutions:
    display(Math(r",\quad ".join(f"{sp.latex(k)} = {sp.latex(v)}" for k, v in solution.items())))
found = {(solution[P], solution[Qf], solution[Lj] / Li) for solution in solutions}
assert found == {(0, 1, 1), (1, -1, 1)}

# %% [markdown]
# - $P = 0$, $Q = 1$: $u_j = u_i$ and $\Lambda_j = \Lambda_i$. Then stationarity gives
#   $\alpha_j = \alpha_i$, one of the listed cases.
# - $P = 1$, $Q = -1$: $u_j = 1 - u_i > 1/2$, which is false, since $u$ is the minor coordinate.
#
# So a generic equality of two keys is a listed one. $\alpha$ is determined by $\Lambda$ and $u$:

# %%
odds = sp.symbols("omega", positive=True)  # alpha / (1 - alpha)
[determined] = sp.solve(sp.Eq(sp.exp(lam * (1 - 2 * u)), (1 - u) / u * odds), odds)
assert_zero(determined - sp.exp(lam * (1 - 2 * u)) * u / (1 - u))
assert not (1 - ui).subs(ui, sp.Rational(1, 4)) < sp.Rational(1, 2)

# %% [markdown]
# ## What precision does, and what it cannot do
#
# Two different real numbers are told apart by enclosures of small enough width; T22 provides enclosures
# of any width. This direction needs no conjecture: if $E^* \ne \tau$, rising precision ends. It is the
# other direction that needs it: equal numbers are *never* told apart, so the equalities have to be known
# beforehand. If the conjecture were false, there might be an input for which the loop does not end; a
# program with a cap then reports that it could not decide, and gives no wrong answer.


# %%
def bits_to_separate(first, second, cap=4096):
    """The precision at which the enclosures are disjoint, None at the cap."""
    before, bits = ctx.prec, 64
    try:
        while bits <= cap:
            ctx.prec = bits
            if not first().overlaps(second()):
                return bits
            bits *= 2
        return None
    finally:
        ctx.prec = before


def rational_near(number, bits):
    """A dyadic rational within 2^-bits of the number in a ball."""
    scaled = (number * arb(2) ** bits).mid().floor().unique_fmpz()
    return Q(int(scaled), 2**bits)


# thresholds that agree with the energy to 100 and to 1000 bits
ctx.prec = 1200
close = {bits: rational_near(align_ball(3, Q(3, 10)).energy, bits) for bits in (100, 1000)}
ctx.prec = 128
for bits, threshold in close.items():
    needed = bits_to_separate(lambda: align_ball(3, Q(3, 10)).energy, lambda t=threshold: ball(t))
    print(f"a threshold that agrees to {bits} bits is decided at {needed}")
    assert needed is not None and needed > bits

# two keys with different weights whose energies agree to about 200 bits
ctx.prec = 512
target = align_ball(3, Q(3, 10)).energy
low, high = Q(3), Q(100)
for _ in range(210):
    middle = (low + high) / 2
    low, high = (middle, high) if align_ball(middle, Q(29, 100)).energy < target else (low, middle)
ctx.prec = 128
needed = bits_to_separate(
    lambda: align_ball(3, Q(3, 10)).energy, lambda: align_ball(low, Q(29, 100)).energy
)
print(f"two keys that agree to about 200 bits are decided at {needed}")
assert needed is not None and needed >= 256

# the listed equality of two keys: the enclosures overlap at every precision
assert (
    bits_to_separate(
        lambda: align_ball(3, Q(3, 10)).energy, lambda: align_ball(3, Q(7, 10)).energy, cap=1024
    )
    is None
)

# %% [markdown]
# **For testing.** A strict comparison in place of $E^* \le \tau$ is visible only where $E^* = \tau$: at
# $\Lambda = \tau = 0$, and at $\alpha = 1/2$, $\Lambda \le 2$, $\tau = \Lambda/4$. Such cases have to be
# built.
#
# ## The reference against the closed forms
#
# Equalities are admitted, the neighbours below are not; the order keys of a listed equality tie, and a
# near-equality of two keys is decided as the enclosures say.

# %%
import math

import gd_attention as gd

assert gd.gd_attention([[0.0]], [[0.5], [1.0]], threshold=[0.0, math.inf]).index.tolist() == [1]
assert gd.gd_attention([[0.0]], [[0.5], [1.0]], threshold=0.0).index.tolist() == [-1]
for length in (0.0, 0.5, 1.0, 1.25):
    equal = length**2 / 4
    assert gd.gd_attention([[0.0]], [[length]], threshold=equal).index.tolist() == [0]
    below = math.nextafter(equal, -math.inf)
    assert gd.gd_attention([[0.0]], [[length]], threshold=below).index.tolist() == [-1]

# thresholds next to the energy of a generic pair: the nearest floats on both sides
generic = align_ball(Q(9, 4), Q(0.25)).energy
nearest = float(generic)
for threshold in (nearest, math.nextafter(nearest, 0.0), math.nextafter(nearest, 1.0)):
    admitted = gd.gd_attention([[0.0]], [[1.5]], alpha=0.25, threshold=threshold).index[0] == 0
    assert admitted == (generic < ball(Q(threshold)))

one = gd.order_keys([[0.0]], [[1.5]], alpha=0.25)[0]
other = gd.order_keys([[0.0]], [[-1.5]], alpha=0.75)[0]
assert one == other

# the energies of two keys, of different evenness, on both sides of each other by one float of length
shorter, longer = 0.5, 2.0
while math.nextafter(shorter, longer) < longer:
    length = shorter + (longer - shorter) / 2
    below = align_ball(Q(length) ** 2, Q(0.125)).energy < ball(Q(1, 16))
    shorter, longer = (length, longer) if below else (shorter, length)
for candidate in (shorter, longer):
    second = align_ball(Q(candidate) ** 2, Q(0.125)).energy
    index = gd.gd_attention([[0.0]], [[candidate], [0.5]], alpha=[0.125, 0.5]).index[0]
    assert index == (0 if second < ball(Q(1, 16)) else 1)
print("the reference agrees")
