# %% [markdown]
# # The error bound of the CUDA screen, fused or not
#
# Clause served: GDA-thm-screening (T24).
#
# **Hypotheses.** Floating-point arithmetic rounds to nearest: a computed operation is the real one
# times $1+\delta$, $|\delta| \le u$, with $u = 2^{-24}$ (float32) or $u_{64} = 2^{-53}$; underflow
# and flushing to zero add a tiny absolute error, carried apart. A compiler may contract $xy + z$
# to one rounding, at any place or at none. $1 \le D \le 2^{20}$.
#
# **Claim.** With $w$ the float32 rows, $n \ge |w_q|$ and $N \ge |w_k|$ the measured norms, the
# computed half score $x$ of a pair and $e = P n N + Q N^2 + T (1+n)(1+N)$ as
# `accelerated/cuda/bounds.py` states $P, Q, T$, the computed numbers $x - e$ and $x + e$ enclose
# the real half score. So the screen keeps every key that can be nearest (T24).
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T24 contraction | GDA-thm-screening | symbolic + written argument | a fused operation is a case of the unfused model |
# | T24 recursive sum | GDA-thm-screening | symbolic + written argument | $D$ products summed in a row stay within $\gamma_{D+1}$, fused or not |
# | T24 float32 rows | GDA-thm-screening | symbolic + rigorous enclosure | what rounding the rows to float32 changes in a half score |
# | T24 device norms | GDA-thm-screening | written argument | a measured norm bounds the real one of the row |
# | T24 device bound | GDA-thm-screening | rigorous enclosure | $P$ and $Q$ carry all roundings, those of $x \mp e$ and of $e$ included |
# | T24 two least | GDA-thm-screening | written argument | one key below the least upper bound is the nearest |

# %%
from fractions import Fraction

import sympy as sp
from enclose import assert_zero, ball_function, prove_sign

D, u = sp.symbols("D u", positive=True)
MOST = 2**20
UNIT32, UNIT64 = Fraction(1, 2**24), Fraction(1, 2**53)


def gamma(count: sp.Expr, unit: sp.Expr = u) -> sp.Expr:
    """The bound of so many roundings."""
    return count * unit / (1 - count * unit)


def nonnegative_to_most(expression: sp.Expr) -> None:
    """Prove expression >= 0 for 1 <= D <= 2^20 at the float32 roundoff, by a covering."""
    numerator, denominator = sp.fraction(sp.together(expression))
    for part in (sp.cancel(numerator / u), denominator):
        f = ball_function([D], part.subs(u, sp.Rational(1, 2**24)))
        prove_sign(f, [(1, MOST)], "+")


# %% [markdown]
# ## Contraction
#
# Unfused, $xy+z$ becomes $(xy(1+\delta_1)+z)(1+\delta_2)$; fused, $(xy+z)(1+\delta_2)$: the unfused
# form at $\delta_1 = 0$. A bound that holds for all $|\delta_i| \le u$ independently holds there.
# No step below, and none in `solve.energy_bounds`, uses that a rounding repeats or cancels
# another. The same for $xy - z$ and for a product fused into either side of a sum.

# %%
x, y, z, d1, d2 = sp.symbols("x y z delta1 delta2", real=True)
unfused = (x * y * (1 + d1) + z) * (1 + d2)
fused = (x * y + z) * (1 + d2)
assert_zero(sp.expand(unfused.subs(d1, 0) - fused))

# %% [markdown]
# ## The recursive sum
#
# $s_0 = 0$, $s_c = \mathrm{fl}(s_{c-1} + \mathrm{fl}(w_{q,c}\,w_{k,c}))$. Product $c$ passes its own
# rounding and those of sums $c, \dots, D$: at most $1 + D$ factors, whatever is fused. By the lemma
# of `screening` they multiply to $1+\theta$, $|\theta| \le \gamma_{D+1}$, and
# $\sum |w_{q,c} w_{k,c}| \le |w_q||w_k|$. The symbolic step: three products written out, each
# with the factors that the recursion gives it.

# %%
p = sp.symbols("p1:4", real=True)
eps, eta = sp.symbols("epsilon1:4", real=True), sp.symbols("eta1:4", real=True)
total = sp.Integer(0)
for c in range(3):
    total = (total + p[c] * (1 + eps[c])) * (1 + eta[c])
expanded = sum(p[c] * (1 + eps[c]) * sp.prod([1 + eta[j] for j in range(c, 3)]) for c in range(3))
assert_zero(sp.expand(total - expanded))
factors_of_first = 1 + 3
assert factors_of_first <= 3 + 1

# %% [markdown]
# ## Rows in float32
#
# A real centred coordinate is $\hat x$. `encode` forms $\mathrm{fl}_{64}(x\,\mathrm{unit} - c)$, where
# the product is exact, then rounds to float32: $|w - \hat x| \le v|\hat x|$ with
# $v = u + u_{64} + u\,u_{64}$. So $|w - \hat x| \le \frac{v}{1-v}|w| = \mu |w|$. With $a = |w_q|$,
# $b = |w_k|$, the half scores differ by at most
# $(2\mu + \mu^2)(ab + b^2/2)$: from $\langle w_q,w_k\rangle - \langle\hat q,\hat k\rangle
# = \langle w_q - \hat q, w_k\rangle + \langle \hat q, w_k - \hat k\rangle$ and
# $|\hat q| \le (1+\mu) a$. The factor $2.1 u$ is enough.

# %%
q, k, wq, wk = (sp.Matrix(sp.symbols(f"{name}1:3", real=True)) for name in ("q", "k", "v", "w"))
assert_zero(sp.expand(wq.dot(wk) - q.dot(k) - ((wq - q).dot(wk) + q.dot(wk - k))))
v = UNIT32 + UNIT64 + UNIT32 * UNIT64
mu = v / (1 - v)
encoding = Fraction(21, 10)
assert v <= UNIT32 * (1 + Fraction(1, 2**20))
assert 2 * mu + mu**2 <= encoding * UNIT32

# %% [markdown]
# ## Norms
#
# `measure` sums exact squares of float32 numbers in float64: relative error at most
# $\gamma_{D+1}(u_{64})$; a root, a product by $1 + 2^{-20}$ and two roundings to float64 follow, and
# one to float32. The result is at least $|w|$:

# %%
largest = Fraction(MOST + 4) * UNIT64
measured = (1 - largest) * (1 + Fraction(1, 2**20)) * (1 - UNIT64) ** 3 * (1 - UNIT32)
assert measured > 1
# and not so much above that the half square, at most b^2 / 2, would miss N^2 / 2
assert (1 + largest) * (1 + UNIT32) * (1 + UNIT64) < (1 + Fraction(1, 2**20)) ** 2

# %% [markdown]
# ## The bound
#
# In units of the products: the coefficient of $nN$ collects the encoding $2.1u$, the sum
# $g = \gamma_{D+1}$, and the roundings of $x = \mathrm{fl}(H - s)$ and of $x \mp e$, each at most
# $u (1+u)(1 + g)$ of $|s| \le (1+g) nN$. The coefficient of $N^2/2$ collects the encoding, the two
# roundings of $H$ and the two of $x$ and $x \mp e$, each with the factors of those before. The
# last rounding is also of $e$ itself, and $e$ is computed with at most 8 roundings of positive
# numbers: a computed $e$ is at least $(1-u)^8$ of the real one, and the subtraction takes away
# $u e$. So it is enough that the real $e$ times $(1-u)^8 - u$ is at least what is collected:

# %%
g = gamma(D + 1)
outer = (1 - u) ** 8 - u
collected_product = sp.Rational(21, 10) * u + g + 2 * u * (1 + u) * (1 + g)
collected_square = sp.Rational(21, 10) * u + 2 * u + u**2 + 2 * u * (1 + u) * (1 + u) ** 2
slack_product, slack_square = 16, 10
nonnegative_to_most(gamma(D + slack_product) * outer - collected_product)
# of N^2, not N^2 / 2: half as much is collected
nonnegative_to_most(gamma(sp.Integer(slack_square)) * outer - collected_square / 2 + 0 * D)

# %% [markdown]
# ## Tiny numbers
#
# An operand, product or sum that underflows or is flushed loses at most $2^{-126}$ times 1, $|w_q|$
# or $|w_k|$. There are fewer than $8 D$ such events in a half score and a bound, so
# $8 D\, 2^{-126} = D\, 2^{-123}$ times $(1+n)(1+N)$ covers them; the code has $D\,2^{-118}$.

# %%
events = Fraction(8, 2**126)
assert events < Fraction(1, 2**119)

# %% [markdown]
# ## Nothing overflows
#
# The screen runs for $n \le 2^{60}$. Keys have coordinates up to 1 before centring and 2 after it,
# so $N \le 2\sqrt{D}\,(1+2^{-19}) < 2^{12}$, and every intermediate result stays below $2^{127}$.

# %%
far, longest = 2**60, 2**12
assert (1 + Fraction(1, 4)) * (far * longest + longest**2) * 4 < 2**127

# %% [markdown]
# ## The two least
#
# Let $U$ be the least upper bound $x_j + e_j$ of an unmasked key, and let all unmasked keys but $i$
# have $x - e > U$. Then $s_j > U \ge s_{j'}$ for the key $j'$ that attains $U$; the key $j'$ itself
# has $x - e \le U$, so $j' = i$, and every other key is strictly farther. The kernels keep the two
# least lower bounds: a key that is not the least loses to it in a thread, a block or a split exactly
# once, and there enters the minimum of the second. A tie of lower bounds leaves the second equal to
# the first, which is at most $U$: undecided, and listed.
#
# ## The code against the formulas

# %%
from gd_attention.accelerated.cuda import bounds

compared = 0
assert bounds.MOST_DIMENSION == MOST
assert Fraction(bounds.FAR) == far
for dimension in (1, 2, 3, 16, 63, 64, 768, 1025, 4096, 100_003, 2**19, MOST):
    found = bounds.coefficients(dimension)
    for name, count in (("product", dimension + slack_product), ("square", slack_square)):
        exact = count * UNIT32 / (1 - count * UNIT32)
        assert Fraction(getattr(found, name)) >= exact
        compared += 1
    assert Fraction(found.tiny) >= Fraction(dimension, 2**119)
    compared += 1
print(f"{compared} constants of the code compared")
