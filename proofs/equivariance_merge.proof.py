# %% [markdown]
# # What the operator does not see, and how parts are put together
#
# **Serves** GDA-thm-equivariance (T15) and GDA-thm-merge (T16).
#
# **Hypotheses.** T15: $U$ maps $\mathbb{R}^d$ to itself and preserves distances; $c > 0$. T16: two
# disjoint parts of one key set with global indices. Energies are the exact real numbers.
#
# **Claim.** The operator depends on query and keys through their distances only, so it moves with
# every isometry; a joint scaling of space and precision changes nothing; a permutation of the keys
# permutes the answer where no tie has to be broken. Selections over parts combine by the least pair
# (energy, global index).
#
# **How it is shown.** T15 by identities between scalar products, which hold in every dimension. T16
# and the permutations speak of order alone. A law about three elements of an ordered set is proved
# by going through the finitely many ways in which three elements can be ordered, and that is done
# here by program; laws about a set of any size follow by induction.
#
# | theorem | clause | check | statement |
# | --- | --- | --- | --- |
# | T15 isometries | GDA-thm-equivariance | symbolic + written argument | separations stay, the alignment point moves along, for every distance-preserving map |
# | T15 scaling | GDA-thm-equivariance | symbolic | (q, k, beta) to (cq, ck, beta/c^2) changes nothing but the scale of the alignment point |
# | T15 permutations | GDA-thm-equivariance | written argument | least energy and tie class are permuted, the index off exact ties |
# | T16 merge | GDA-thm-merge | written argument | the pair of a union is the lexicographic minimum of the pairs |
# | T16 laws | GDA-thm-merge | written argument | associative, commutative, idempotent, the abstention as unit; all order types are gone through |
# | T16 exactness | GDA-thm-merge | rigorous enclosure | returned energies cannot be merged: two different ones round to one float |

# %%
import math
from fractions import Fraction as Q
from itertools import permutations, product

import numpy as np
import sympy as sp
from enclose import assert_zero, ball
from flint import ctx
from IPython.display import Math, display
from pair import align_ball

ctx.prec = 256

# %% [markdown]
# ## Isometries
#
# A separation is $\beta|q-k|^2$, so it stays if distances stay, and with it energy, coordinate,
# admission and index. What is left is the alignment point: is $s^*(Uq, Uk) = U(s^*(q, k))$?
#
# It is, and no linearity is needed. The alignment point has distance $tL$ from $q$ and $(1-t)L$ from
# $k$, and there is only one such point. For let $s$ have these two distances. With $v = s - q$ the
# second says $|v - \Delta|^2 = (1-t)^2L^2$, which gives the scalar product $v\cdot\Delta$; then
# $|v - t\Delta|^2$ comes out as 0. Only scalar products occur, so this holds in every dimension.

# %%
t, L, c, beta = sp.symbols("t L c beta", positive=True)
vv, vd = sp.symbols("vv vd", real=True)  # v.v and v.Delta; Delta.Delta = L^2

on_first_sphere = {vv: t**2 * L**2}
[v_dot_delta] = sp.solve(sp.Eq(vv - 2 * vd + L**2, (1 - t) ** 2 * L**2).subs(on_first_sphere), vd)
display(Math(r"v\cdot\Delta = " + sp.latex(v_dot_delta)))
distance_to_alignment_point = (vv - 2 * t * vd + t**2 * L**2).subs(on_first_sphere)
assert_zero(distance_to_alignment_point.subs(vd, v_dot_delta))

# %% [markdown]
# $U(s^*)$ has these distances from $Uq$ and $Uk$, because $U$ preserves distances. So it *is* the
# alignment point of the moved pair. The same reasoning shows that $U$ is affine.
#
# As an example with formulas, every rotation of space near the identity is
# $U = (I - A)^{-1}(I + A)$ with a skew matrix $A$ (Cayley), followed by a shift:

# %%
p1, p2, p3 = sp.symbols("p1:4", real=True)
skew = sp.Matrix([[0, -p3, p2], [p3, 0, -p1], [-p2, p1, 0]])
rotation = ((sp.eye(3) - skew).inv() * (sp.eye(3) + skew)).applyfunc(sp.factor)
shift = sp.Matrix(sp.symbols("r1:4", real=True))
q, k = sp.Matrix(sp.symbols("q1:4", real=True)), sp.Matrix(sp.symbols("k1:4", real=True))


def moved(point):
    """A rotation and a shift."""
    return rotation * point + shift


for entry in rotation.T * rotation - sp.eye(3):
    assert_zero(entry)
assert_zero((moved(k) - moved(q)).dot(moved(k) - moved(q)) - (k - q).dot(k - q))
for entry in moved(q) + t * (moved(k) - moved(q)) - moved(q + t * (k - q)):
    assert_zero(entry)

# %% [markdown]
# ## Scaling
#
# If space is stretched by $c$ and the precision divided by $c^2$, separations stay. The alignment
# point is stretched too, as it is affine in $q$ and $k$ at a fixed coordinate. So $\beta$ is a unit of
# length and nothing else.

# %%
scaled_beta = beta / c**2
assert_zero(scaled_beta * (c * k - c * q).dot(c * k - c * q) - beta * (k - q).dot(k - q))
for entry in (c * q + t * (c * k - c * q)) - c * (q + t * (k - q)):
    assert_zero(entry)

# %% [markdown]
# These are statements about numbers. In floating point a rotation is rounded, and a rounded rotation
# is no isometry: with the floats nearest to 3/5 and 4/5 it turns the exact tie of the keys
# $(3, 4)$ and $(5, 0)$ into a difference.

# %%
cosine, sine = 0.6, 0.8
assert Q(cosine) ** 2 + Q(sine) ** 2 != 1
tied = [(3.0, 4.0), (5.0, 0.0)]
rotated = [(cosine * x - sine * y, sine * x + cosine * y) for x, y in tied]
before = [Q(x) ** 2 + Q(y) ** 2 for x, y in tied]
after = [Q(x) ** 2 + Q(y) ** 2 for x, y in rotated]
assert before[0] == before[1] and after[0] != after[1]

# %% [markdown]
# Permutations of the components, changes of their signs, and scalings by powers of two that neither
# overflow nor underflow are exact on floats.
#
# ## Permutations of the keys
#
# Selection reads of every key whether it is admitted and how its energy compares with others. Let the
# keys be permuted together with their weights, thresholds and mask. Admission is a property of one
# key, so it is permuted. The least energy over the admitted keys is a minimum over a set, and does not
# see the order in which the set is listed; the keys that attain it are permuted. If there is one such
# key, it is selected before and after. If there are several, the index that is selected is the least
# of the new indices, and that need not be the image of the least old one.
#
# The program goes through all cases for up to four keys: all ways to order their energies, ties
# included, all admissions and all permutations.


# %%
def selected(energies, admitted):
    """Lexicographically least (energy, index) over the admitted keys; None for an abstention."""
    return min(((e, i) for i, e in enumerate(energies) if admitted[i]), default=None)


def tie_class(energies, admitted):
    """The admitted keys of least energy."""
    found = selected(energies, admitted)
    return {i for i, e in enumerate(energies) if admitted[i] and found and e == found[0]}


cases = ties_that_move = 0
for n in (1, 2, 3, 4):
    for energies in product(range(n), repeat=n):
        for admitted in product((False, True), repeat=n):
            old = tie_class(energies, admitted)
            for order in permutations(range(n)):  # key order[j] goes to place j
                new_energies = [energies[i] for i in order]
                new_admitted = [admitted[i] for i in order]
                new = tie_class(new_energies, new_admitted)
                cases += 1
                assert {order[j] for j in new} == old
                if len(old) == 1:
                    assert order[selected(new_energies, new_admitted)[1]] == min(old)
                elif old:
                    ties_that_move += order[selected(new_energies, new_admitted)[1]] != min(old)
assert ties_that_move > 0  # so "off exact ties" cannot be dropped
print(f"{cases} cases; the index moves off its key in {ties_that_move}, all of them ties")

# %% [markdown]
# ## Merging selections over parts
#
# To a set of keys belongs the lexicographically least pair (exact energy, global index) over its
# admitted keys, and $(+\infty, \infty)$ if none is admitted. Let $A$ and $B$ be disjoint.
#
# *The pair of a union is the minimum of the pairs.* Whether a key is admitted does not depend on the
# part that it is in. The pairs are totally ordered, and the minimum of a union is the minimum of the
# minima. The abstention is the greatest element.
#
# *Laws.* They speak of at most three pairs, and they use comparisons only. Three pairs with energies
# from four levels and indices from four, with equal indices only for one key (then the energies are
# equal too), and abstentions, show every way in which three pairs can be ordered.

# %%
ABSTAINED = (math.inf, math.inf)
pairs = [(e, i) for e in range(4) for i in range(4)] + [ABSTAINED]


def consistent(*several):
    """One global index has one energy."""
    energy_of = {}
    return all(energy_of.setdefault(i, e) == e for e, i in several)


def merge(x, y):
    """The lexicographic minimum."""
    return x if x[0] < y[0] or (x[0] == y[0] and x[1] <= y[1]) else y


triples = [three for three in product(pairs, repeat=3) if consistent(*three)]
for x, y, z in triples:
    assert merge(merge(x, y), z) == merge(x, merge(y, z))
    assert merge(x, y) == merge(y, x)
    assert merge(x, x) == x
    assert merge(x, ABSTAINED) == x == merge(ABSTAINED, x)

# the pair of a union: all splits of up to five keys with four levels of energy
for n in range(1, 6):
    for energies in product((0, 1, 2, None), repeat=n):  # None: not admitted
        pair_of = [ABSTAINED if e is None else (e, i) for i, e in enumerate(energies)]
        whole = min(pair_of)
        for side in product((False, True), repeat=n):
            parts = [
                min(
                    (p for p, s in zip(pair_of, side, strict=True) if s is which), default=ABSTAINED
                )
                for which in (False, True)
            ]
            assert merge(*parts) == whole
print(f"{len(triples)} triples")

# %% [markdown]
# Two shortcuts that are wrong.
#
# **Merging returned energies.** At $\alpha = 1/2$ the separations 100 and 400 have different energies,
# both within half a unit in the last place of the float nearest to $\log 2$. So both round to that
# float, and a merge of the floats sees a tie and takes the lesser index, which may be the farther key.

# %%
near, far = align_ball(100, Q(1, 2)).energy, align_ball(400, Q(1, 2)).energy
assert near < far
the_float = math.log(2.0)
half_unit = ball(Q(math.ulp(the_float)) / 2)
for energy in (near, far):
    assert abs(energy - ball(Q(the_float))) < half_unit
float_of_far, float_of_near = (the_float, 0), (the_float, 1)
assert merge((2, 0), (1, 1)) == (1, 1) and merge(float_of_far, float_of_near) == float_of_far

# %% [markdown]
# **Adding an offset to $-1$.** A part that abstained returns the index $-1$. Shifted by the offset of
# the part it is the index of the last key of the part before, a key that was never selected.

# %%
offset_of_second_part, abstained_index = 4, -1
assert 0 <= abstained_index + offset_of_second_part < offset_of_second_part

# %% [markdown]
# ## The reference against the closed forms
#
# Signed permutations of the components and scalings by powers of two are exact on floats. On small
# integers the separations are exact as well, whatever the order of the sum, so the results have to
# agree to the last bit. Merged order keys have to give the selection over the whole.

# %%
import gd_attention as gd

rng = np.random.default_rng(11)
queries = rng.integers(-4, 5, size=(6, 3)).astype(float)
keys = rng.integers(-4, 5, size=(24, 3)).astype(float)
weights = rng.choice([0.5, 0.3, 0.7, 0.9], size=24)
thresholds = rng.choice([0.05, 0.2, np.inf], size=24)
options = {"alpha": weights, "threshold": thresholds}
base = gd.gd_attention(queries, keys, beta=0.125, **options)

signed = [2, 0, 1], np.array([1.0, -1.0, -1.0])
turned = gd.gd_attention(
    queries[:, signed[0]] * signed[1], keys[:, signed[0]] * signed[1], beta=0.125, **options
)
stretched = gd.gd_attention(queries * 8, keys * 8, beta=0.125 / 64, **options)
for other in (turned, stretched):
    assert (other.index == base.index).all() and (other.energy == base.energy).all()
assert (stretched.alignment_point == 8 * base.alignment_point).all()
assert (turned.alignment_point == base.alignment_point[:, signed[0]] * signed[1]).all()

order = rng.permutation(24)
shuffled = gd.gd_attention(
    queries, keys[order], beta=0.125, alpha=weights[order], threshold=thresholds[order]
)
same_pair = [
    gd.order_keys(
        queries[i : i + 1], keys[[base.index[i]]], beta=0.125, alpha=weights[[base.index[i]]]
    )[0]
    == gd.order_keys(queries[i : i + 1], keys[[order[j]]], beta=0.125, alpha=weights[[order[j]]])[0]
    for i, j in enumerate(shuffled.index)
    if base.index[i] >= 0
]
assert all(same_pair) and len(same_pair) > 0
assert ((shuffled.index < 0) == (base.index < 0)).all()

parts = [
    gd.order_keys(
        queries,
        keys[start:stop],
        beta=0.125,
        alpha=weights[start:stop],
        threshold=thresholds[start:stop],
        offset=start,
    )
    for start, stop in ((0, 7), (7, 8), (8, 24))
]
merged = gd.merge(parts[2], gd.merge(parts[0], parts[1]))
assert [key.index for key in merged] == base.index.tolist()

saturated = gd.gd_attention([[0.0]], [[20.0], [10.0]])
assert saturated.index.tolist() == [1]
two = [gd.order_keys([[0.0]], [[length]], offset=i) for i, length in enumerate((20.0, 10.0))]
assert gd.merge(*two)[0].index == 1
print("the reference agrees")
