# %% [markdown]
# # Every public derivative, and the second-order condition
#
# Clauses served: GDA-thm-gradients (T10), GDA-thm-curvature (T11), GDA-thm-conditioning (T13).
#
# The package offers four functions that return derivatives: `landscape_gradient`,
# `landscape_hessian`, `energy_gradient` (fields `query`, `key`, `alpha`, `beta`, `separation`) and
# `coordinate_derivatives` (fields `separation`, `log_odds`).
#
# **Claim.** Each is the derivative of what the definition says; the gradient of the landscape
# vanishes at the alignment point, and its Hessian there is not negative in any direction.
#
# **How it is checked.** The formula of each is identified symbolically, by total differentiation: the
# alignment coordinate is carried along as an implicit function, and the envelope theorem is a
# *result*. Then every returned number is compared with a *complex step*: for a function that is real
# on the axis and analytic, $\operatorname{Im} F(x + i\eta)/\eta$ is $F'(x)$ up to $O(\eta^2)$, with no
# difference and so no cancellation; $\eta = 2^{-120}$, in arithmetic of 500 bits. The steps go through
# the definition and the stationarity equation and use no formula of a derivative.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T10 | GDA-thm-gradients | symbolic | each field of `energy_gradient` is a total derivative of $E^*$ |
# | T13 | GDA-thm-conditioning | symbolic | each field of `coordinate_derivatives` |
# | T11 | GDA-thm-curvature | symbolic + written argument | first- and second-order conditions at the alignment point |

# %%
from fractions import Fraction
from itertools import product

import sympy as sp
from enclose import assert_zero, ball, enclose_root
from flint import acb, arb, ctx
from IPython.display import Math, display

alpha, beta, Lam, L = sp.symbols("alpha beta Lambda L", positive=True)
t, h, r = sp.symbols("t h r", real=True)


def show(name: str, expression: sp.Expr) -> None:
    display(Math(name + " = " + sp.latex(expression)))


# %% [markdown]
# ## The landscape: gradient and Hessian
#
# Two generic coordinates stand for all; the others enter through constants $A$, $B$.

# %%
si, sj, qi, qj, ki, kj = sp.symbols("s_i s_j q_i q_j k_i k_j", real=True)
A, B = sp.symbols("A B", nonnegative=True)
to_query = (si - qi) ** 2 + (sj - qj) ** 2 + A
to_key = (si - ki) ** 2 + (sj - kj) ** 2 + B
mixture = alpha * sp.exp(-beta * to_query) + (1 - alpha) * sp.exp(-beta * to_key)
p = (1 - alpha) * sp.exp(-beta * to_key) / mixture
phi = -sp.log(mixture)
gradient = 2 * beta * ((1 - p) * (si - qi) + p * (si - ki))
rank_one = 4 * beta**2 * p * (1 - p)
assert_zero(sp.diff(phi, si) - gradient)
assert_zero(sp.diff(phi, si, sj) + rank_one * (ki - qi) * (kj - qj))
assert_zero(sp.diff(phi, si, 2) - (2 * beta - rank_one * (ki - qi) ** 2))

# %% [markdown]
# **First order.** At the alignment point $s - q = t\Delta$, $s - k = -(1-t)\Delta$ and $p = t$: the
# gradient vanishes.
#
# **Second order.** For a direction $v = xg + y$, $y \perp g$, the Hessian
# $2\beta I - 4\beta^2 p(1-p)\Delta\Delta^{\mathsf T}$ gives $2\beta(|y|^2 + c\,x^2)$ with
# $c = 1 - 2\Lambda t(1-t)$. A global minimiser has no direction of descent, so $c \ge 0$; and
# $c = 0$ only at $\Lambda = 2$, $\alpha = 1/2$ (GDA-thm-curvature, proved with the axis form).

# %%
P, jump_i = sp.Symbol("p", positive=True), sp.Symbol("Delta_i", real=True)
first = 2 * beta * ((1 - P) * t * jump_i + P * (-(1 - t) * jump_i))
assert_zero(first.subs(P, t))
assert sp.solve(first / (beta * jump_i), P) == [t]
x = sp.Symbol("x", real=True)
curvature = 1 - 2 * Lam * t * (1 - t)
# v.v = x^2 + r and v.Delta = x L
form = 2 * beta * (x**2 + r) - 4 * beta**2 * t * (1 - t) * (x * L) ** 2
assert_zero(form - 2 * beta * (r + curvature.subs(Lam, beta * L**2) * x**2))
show(r"v^{\mathsf T}\nabla^2\phi\,v", 2 * beta * (r + sp.Symbol("c") * x**2))

# %% [markdown]
# ## The energy and the coordinate: total derivatives
#
# Let $T(\Lambda, h)$ solve $T = \sigma(h + \Lambda(2T-1))$. Its derivatives come from the equation.
# $E^* = f(T, \Lambda, \alpha)$ is then differentiated with everything that depends on the parameter;
# the terms with the derivatives of $T$ cancel.

# %%
logit = sp.log(t) - sp.log(1 - t)
equation = logit - h - Lam * (2 * t - 1)
T_separation = -sp.diff(equation, Lam) / sp.diff(equation, t)
T_field = -sp.diff(equation, h) / sp.diff(equation, t)
assert_zero(T_separation - t * (1 - t) * (2 * t - 1) / curvature)
assert_zero(T_field - t * (1 - t) / curvature)

S = alpha * sp.exp(-Lam * t**2) + (1 - alpha) * sp.exp(-Lam * (1 - t) ** 2)
f = -sp.log(S)
# at a stationary point the odds of the key's term are those of t
on_branch = {sp.exp(-Lam * (1 - t) ** 2): alpha * t / ((1 - alpha) * (1 - t)) * sp.exp(-Lam * t**2)}


def at_stationary(expression: sp.Expr) -> sp.Expr:
    """The expression with the key's exponential eliminated by stationarity."""
    return sp.cancel(expression.subs(on_branch))


assert_zero(at_stationary(sp.diff(f, t)))
total_separation = at_stationary(sp.diff(f, Lam) + sp.diff(f, t) * T_separation)
assert_zero(total_separation - t * (1 - t))
field_of_alpha = sp.log(1 - alpha) - sp.log(alpha)
total_alpha = at_stationary(
    sp.diff(f, alpha) + sp.diff(f, t) * T_field * sp.diff(field_of_alpha, alpha)
)
in_alpha = (t - (1 - alpha)) / (alpha * (1 - alpha))
assert_zero(total_alpha - in_alpha)
show(r"\partial E^*/\partial\alpha", in_alpha)

# %% [markdown]
# The chain rule for $\Lambda = \beta\sum_i (k_i - q_i)^2$ gives the rest: $\partial E^*/\partial q_i =
# -2\beta t(1-t)\Delta_i = -\partial E^*/\partial k_i$, and $\partial E^*/\partial\beta = L^2 t(1-t)$.

# %%
squared = (ki - qi) ** 2 + A
slope = t * (1 - t)
in_query = sp.diff(beta * squared, qi) * slope
in_key = sp.diff(beta * squared, ki) * slope
in_beta = sp.diff(beta * squared, beta) * slope
assert_zero(in_query + 2 * beta * t * (1 - t) * (ki - qi))
assert_zero(in_key + in_query)
assert_zero(in_beta - squared * t * (1 - t))

# %% [markdown]
# **The kink.** At $\alpha = 1/2$, $\Lambda > 2$ the branch of the key side is analytic in $\alpha$
# through $1/2$, so the formula is the derivative of that branch. To the left of $1/2$ the branch *is*
# the minimum: left derivative, $2(2t-1)$. **No separation**: all vanish but
# $\partial E^*/\partial\Lambda = \alpha(1-\alpha)$.

# %%
half = sp.Rational(1, 2)
assert_zero(in_alpha.subs(alpha, half) - 2 * (2 * t - 1))
assert_zero(in_alpha.subs(t, 1 - alpha))
assert_zero(in_query.subs(qi, ki))

# %% [markdown]
# ## The reference against the closed forms
#
# ### Complex steps
#
# The definition and the stationarity equation, in complex balls. The coordinate is enclosed for real
# parameters, and then followed by Newton's iteration on $F(z) = z - h/2 - (\Lambda/2)\tanh z$ to the
# complex ones; $F(z) = 0$ is confirmed afterwards.

# %%
ctx.prec = 500
ETA = ball(Fraction(1, 2**120))
STEP = acb(0, ETA)
EPS = ball(Fraction(1, 2**52))


def point(number: float | Fraction) -> acb:
    return acb(ball(Fraction(number)))


def landscape(s: list[acb], q: list[acb], k: list[acb], weight: acb, precision: acb) -> acb:
    """The landscape as it is defined, at complex arguments."""
    near = sum(((a - b) ** 2 for a, b in zip(s, q, strict=True)), acb(0))
    far = sum(((a - b) ** 2 for a, b in zip(s, k, strict=True)), acb(0))
    return -(weight * (-precision * near).exp() + (1 - weight) * (-precision * far).exp()).log()


def root(size: arb, weight: Fraction) -> arb:
    """The zero of F for real parameters: the largest for h >= 0, mirrored for h < 0."""
    odds = (1 - weight) / weight
    field = abs(ball(odds).log())
    if odds == 1 and size <= 2:
        return arb(0)
    # at h = 0 the start lies between the zero 0 and the largest: tanh z > 2z/Lambda there
    found = enclose_root(
        lambda z: z - field / 2 - size / 2 * z.tanh(),
        Fraction(1, 4) if odds == 1 else 0,
        Fraction(60),
        480,
    )
    return -found if odds < 1 else found


def followed(size: acb, weight: acb, start: arb) -> acb:
    """The coordinate at complex parameters next to real ones."""
    field = (1 - weight).log() - weight.log()
    z = acb(start.mid())
    for _ in range(8):
        bend = z.tanh()
        value = z - field / 2 - size / 2 * bend
        z = acb((z - value / (1 - size / 2 * (1 - bend * bend))).mid())
    assert abs(z - field / 2 - size / 2 * z.tanh()) < arb(2) ** -400
    return 1 / (1 + (-2 * z).exp())


def aligned_energy(size: acb, weight: acb, start: arb) -> acb:
    place = followed(size, weight, start)
    return landscape([place], [acb(0)], [acb(1)], weight, size)


def separation_of(q: list[acb], k: list[acb], precision: acb) -> acb:
    return precision * sum(((b - a) ** 2 for a, b in zip(q, k, strict=True)), acb(0))


def moved(vector: list[acb], place: int) -> list[acb]:
    return [entry + STEP if i == place else entry for i, entry in enumerate(vector)]


# %% [markdown]
# ### `landscape_gradient`, `landscape_hessian`
#
# Errors, with $\ell = |s-q|_\infty + |s-k|_\infty$: the exponent of the odds is a product of a
# difference and a dot product, off by $(D+8)$ eps of $X = \beta D|\Delta|_\infty\ell$; a share moves
# by a quarter of that and 4 eps of itself. The gradient moves by $2\beta|\Delta_i|$ times as much,
# and its products and sums add 6 eps of $2\beta\ell$. In the Hessian $p(1-p) \le 1/4$ moves at most
# as $p$ does, with 8 eps for the products.

# %%
from gd_attention import (
    align,
    coordinate_derivatives,
    energy_gradient,
    landscape_gradient,
    landscape_hessian,
)

D = 3
Q = [0.5, -1.0, 2.0]
K = [1.75, 0.25, 1.5]
POINTS = [[0.0, 0.0, 0.0], [1.0, -0.5, 1.75], [-3.0, 2.0, 8.0]]
WEIGHTS = [0.5, 0.25, 0.4375, 0.875, 2.0**-20]
q, k = [point(e) for e in Q], [point(e) for e in K]
jump = [Fraction(b) - Fraction(a) for a, b in zip(Q, K, strict=True)]
longest = max(abs(entry) for entry in jump)


def step_of(value: acb) -> arb:
    return value.imag / ETA


compared = 0
for place, weight, precision in product(POINTS, WEIGHTS, (0.125, 1.0)):
    s, w, b = [point(e) for e in place], point(weight), point(precision)
    reach = max(abs(e - a) for e, a in zip(place, Q, strict=True))
    reach += max(abs(e - a) for e, a in zip(place, K, strict=True))
    exponent = D * ball(precision) * ball(longest) * ball(reach)
    share = ((D + 8) * exponent / 4 + 4) * EPS
    found = landscape_gradient(place, Q, K, weight, precision)
    for i in range(D):
        exact = step_of(landscape(moved(s, i), q, k, w, b))
        allowed = 2 * ball(precision) * (ball(longest) * share + 6 * EPS * ball(reach))
        assert abs(ball(float(found[i])) - exact) <= allowed
        compared += 1
    hessian = landscape_hessian(place, Q, K, weight, precision)

    def slope_at(where: list[acb], i: int, w: acb = w, b: acb = b) -> acb:
        """The gradient at a complex point, by a central difference.

        Over a real step of 2^-120: its error is of the order of 2^-240, the working precision
        leaves 380 of 500 bits.
        """
        forward = [e + (ETA if n == i else 0) for n, e in enumerate(where)]
        back = [e - (ETA if n == i else 0) for n, e in enumerate(where)]
        return (landscape(forward, q, k, w, b) - landscape(back, q, k, w, b)) / (2 * ETA)

    for i, j in product(range(D), range(D)):
        exact = step_of(slope_at(moved(s, j), i))
        size = 4 * ball(precision) ** 2 * ball(abs(jump[i] * jump[j]))
        allowed = size * (share + 2 * EPS) + 2 * ball(precision) * EPS
        assert abs(ball(float(hessian[i, j])) - exact) <= allowed
        compared += 1
print(f"landscape: {compared} derivatives compared with complex steps")

# %% [markdown]
# ### `energy_gradient`
#
# The slope $v = u(1-u)$: the computed separation is off by $(D+4)$ eps, the root by 18 eps of the
# separation (GDA-thm-conditioning), and
# $|\mathrm{d}\log v/\mathrm{d}\log\Lambda| = \Lambda m^2/c$; $u$ has $4(1+\Lambda+|h|)$ eps, products
# 8 eps. The field `alpha` is $\pm(1-e^{-X})/(ae^{-X} + 1-a)$ and needs no small difference; it follows
# the separation with $\Lambda v|m|/(c\,|t-(1-\alpha)|)$, and everything else is below 48 eps.

# %%
energies = 0
for weight, precision in product(WEIGHTS, (0.125, 0.5, 0.75, 4.0)):
    w, b = point(weight), point(precision)
    size = separation_of(q, k, b)
    start = root(size.real, Fraction(weight))
    t_star = 1 / (1 + (-2 * start).exp())
    v, magnetisation = t_star * (1 - t_star), abs(2 * t_star - 1)
    bend = 1 - 2 * size.real * v
    field = abs(ball((1 - Fraction(weight)) / Fraction(weight)).log())
    errors = (D + 4 + 18) * size.real * magnetisation**2 / bend
    errors = (errors + 4 * (1 + size.real + field) + 8) * EPS
    found = energy_gradient(Q, K, weight, precision)
    for i in range(D):
        exact = step_of(aligned_energy(separation_of(moved(q, i), k, b), w, start))
        assert abs(ball(float(found.query[i])) - exact) <= errors * abs(exact)
        exact = step_of(aligned_energy(separation_of(q, moved(k, i), b), w, start))
        assert abs(ball(float(found.key[i])) - exact) <= errors * abs(exact)
    exact = step_of(aligned_energy(separation_of(q, k, b + STEP), w, start))
    assert abs(ball(float(found.beta)) - exact) <= errors * abs(exact)
    exact = step_of(aligned_energy(size + STEP, w, start))
    assert abs(ball(float(found.separation)) - exact) <= errors * abs(exact)
    exact = step_of(aligned_energy(size, w + STEP, start))
    if weight == 0.5 and size.real <= 2:
        assert float(found.alpha) == 0.0 and abs(exact) < arb(2) ** -100
    else:
        away = abs(t_star - 1 + ball(weight))
        follows = size.real * v * magnetisation / (bend * away)
        allowed = ((D + 4 + 18) * follows + 48) * EPS
        assert abs(ball(float(found.alpha)) - exact) <= allowed * abs(exact)
    energies += 2 * D + 3
same = energy_gradient(Q, Q, 0.25, 1.0)
assert not same.query.any() and not same.key.any()
assert float(same.alpha) == float(same.beta) == 0.0
assert float(same.separation) == 0.1875
print(f"energy: {energies} derivatives compared with complex steps")

# %% [markdown]
# ### `coordinate_derivatives`
#
# $v/c$ and $mv/c$: $u$ as before, the curvature to 16 eps, $m$ to 30 eps and 18 eps of the separation
# times $1/c$; four operations.

# %%
coordinates = 0
for weight, size in product(WEIGHTS, (0.0625, 0.75, 1.5, 3.0, 7.0, 20.0)):
    start = root(ball(size), Fraction(weight))
    t_star = 1 / (1 + (-2 * start).exp())
    bend = 1 - 2 * ball(size) * t_star * (1 - t_star)
    field = abs(ball((1 - Fraction(weight)) / Fraction(weight)).log())
    errors = (4 * (1 + ball(size) + field) + 16 + 30 + 18 / bend + 4) * EPS
    found = coordinate_derivatives(size, weight)
    exact = step_of(followed(point(size) + STEP, point(weight), start))
    assert abs(ball(float(found.separation)) - exact) <= errors * abs(exact)
    # d alpha = -alpha (1 - alpha) dh
    w = point(weight)
    exact = step_of(followed(point(size), w - w * (1 - w) * STEP, start))
    assert abs(ball(float(found.log_odds)) - exact) <= errors * exact
    coordinates += 2
print(f"coordinate: {coordinates} derivatives compared with complex steps")

# %% [markdown]
# ### The conditions at the minimiser, for the returned alignment point
#
# The gradient there is that of a point off by $\delta t$ along the jump and a rounding of each
# component; the Hessian's eigenvalues lie between $2\beta(1-\Lambda/2)$ and $2\beta$
# (GDA-thm-convexity). The quadratic form of the returned Hessian is positive on the jump, where
# $c > 0$ by more than its error, and on directions across.

# %%
import numpy as np

conditions = 0
for weight, precision in product(WEIGHTS, (0.125, 0.5, 4.0)):
    size = separation_of(q, k, point(precision)).real
    found = align(float(size), weight)
    along = np.array(K) - np.array(Q)
    place = np.array(Q) + float(found.coordinate) * along
    field = abs(ball((1 - Fraction(weight)) / Fraction(weight)).log())
    # u, the coordinate's rounding, 18 eps of the separation times dt/dlog(separation)
    off = 4 * (1 + size + field) * ball(float(found.minor)) + 1
    off += 18 * size / (4 * ball(float(found.curvature)))
    reach = ball(float(np.abs(place - Q).max() + np.abs(place - K).max()))
    exponent = D * ball(precision) * ball(longest) * reach
    evaluation = ball(longest) * ((D + 8) * exponent / 4 + 4) + 6 * reach
    stretch = 1 + size / 2
    allowed = 2 * ball(precision) * (stretch * (off * ball(longest) + 3) * D + evaluation) * EPS
    slope = landscape_gradient(place, Q, K, weight, precision)
    assert all(abs(ball(float(entry))) <= allowed for entry in slope)
    hessian = landscape_hessian(place, Q, K, weight, precision)
    across = np.array([along[1], -along[0], 0.0])
    assert along @ hessian @ along > 0.0
    # across the jump the form is 2 beta |y|^2; D products and sums of entries below 2 beta stretch
    form = ball(float(across @ hessian @ across))
    exact = 2 * ball(precision) * ball(float(across @ across))
    assert abs(form - exact) <= exact * 4 * D * D * stretch * EPS
    conditions += 1
print(f"conditions at {conditions} alignment points")
