"""What the core's numbers about one pair are held to: certificates, and definitions in balls.

Each check takes a core and asserts; the tests call it with the core as it is, and with cores that
hold a planted fault.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from gd_attention.conformance.balls import bounds, nearest, precision
from gd_attention.conformance.certificate import alignment
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.problem import within
from gd_attention.conformance.rational import Exact
from gd_attention.conformance.spread import Spread
from playground_balls import (
    BITS,
    EPS,
    along,
    certificate,
    close,
    exact_roots,
    mixture,
    number,
    odds,
    pairs,
    spinodal_pairs,
    three,
)
from playground_core import Core


def check_align(core: Core) -> None:
    """Energies and coordinates inside the interval of `exact` around the certificate.

    The accuracy chapter derives it for careful float64 arithmetic from an exact separation: 16 ulp
    of the energy, and the coordinate's own; that of the minor coordinate is 8 (1 + |h| + y) eps,
    multiplied by 1/(1 - 2 y t (1-t)) away from the critical point. The deficit is
    -log1p(-u) - y u^2 for a u of that interval, formed with a function of one ulp, two products and
    a difference: 4 eps of each term.
    """
    for separation, alpha in [*pairs(250, 1), (0.0, 0.5), (0.0, 0.3), (4.0, 0.5), (1e5, 0.2)]:
        got = core.call("align", separation, alpha)
        exact = Exact.of(separation)
        spread = Spread(exact, exact)
        pair = certificate(separation, alpha)
        low, high = EXACT.energy(pair, exact, spread)
        assert low <= got["energy"] <= high, (separation, alpha, got, low, high)
        low, high = EXACT.coordinate(alpha, exact, spread)
        assert low <= got["coordinate"] <= high, (separation, alpha, got, low, high)
        assert got["unique"] is (alpha != 0.5 or separation <= 2.0)
        assert close(got["coherence"], (-pair.energy).exp(), 20 * EPS)
        if separation:
            t = float(pair.minor.mid())
            bend = 1 - 2 * separation * t * (1 - t)
            if bend > 2.0**-10:
                slack = 8 * (1 + abs(float(odds(alpha).mid())) + separation) * EPS / bend
                assert close(got["minor"], pair.minor, slack), (separation, alpha, got)
            with precision(BITS):
                u = number(got["minor"])
                first, second = -((-u).log1p()), number(separation) * u * u
                slack = 4 * EPS * float(first + second) + 2.0**-1060
                assert close(got["deficit"], first - second, 0, slack)


def check_landscape(core: Core) -> None:
    """Against the definition in balls: relative error below (D + 24) eps.

    A separation has D + 3 roundings, (D + 3) eps/2. The landscape is concave along rays of its two
    separations and 0 at 0, so a common relative error is not amplified. Evaluating it costs 16 eps
    (the derivation of the accuracy chapter holds at every point of the passage, and beyond it the
    conditions are the same); where the mixture is below 1/2 it is a sum of logarithms of size at
    most the result's and 1, and the result exceeds log 2: 4 roundings of each, below 8 eps more.
    """
    rng = np.random.default_rng(2)
    for _ in range(150):
        d = int(rng.integers(1, 5))
        scale = 10.0 ** rng.uniform(-4, 2)
        s, q, k = (scale * rng.standard_normal(d) for _ in range(3))
        alpha, beta = float(rng.uniform(0.01, 0.99)), 10.0 ** rng.uniform(-2, 1)
        got = core.call("landscape", s, q, k, alpha, beta)
        with precision(BITS):
            x, y = (
                number(beta)
                * number(sum((Fraction(a) - Fraction(b)) ** 2 for a, b in zip(s, p, strict=True)))
                for p in (q, k)
            )
            exact = mixture(x, y, alpha)
        assert close(got, exact, (d + 24) * EPS), (s, q, k, alpha, beta)
        separation, t = float(beta * np.sum((q - k) ** 2)), float(rng.uniform(-0.5, 1.5))
        got = core.call("passage", t, separation, alpha)
        with precision(BITS):
            assert close(got, along(separation, alpha, number(t)), 28 * EPS), (separation, alpha, t)


def check_regime(core: Core) -> None:
    """The count beside the spinodal down to the last bits, and its field to 64 eps.

    The field: 60 terms of one sign in Horner's form, or a difference that loses a factor below 5.
    """
    for separation, alpha in [*pairs(80, 3), *spinodal_pairs(150, 4, 1e-16)]:
        expected = 3 if three(separation, alpha) else 1
        assert core.call("regime", separation, alpha) == expected, (separation, alpha)
        if separation > 2:
            with precision(BITS):
                y = number(separation)
                m = (1 - 2 / y).sqrt()
                field = y * m - ((1 + m) / (1 - m)).log()
            assert close(core.call("spinodal", separation), field, 64 * EPS), separation
    assert core.call("regime", 0.0, 0.3) == 0
    # the two floats between which the field passes the log-odds
    for alpha in (0.4, 0.3, 0.7, 0.05, 0.01, 0.95, 1e-4):
        low, high = 2.0, 64.0
        while (middle := (low + high) / 2) not in (low, high):
            low, high = (low, middle) if three(middle, alpha) else (middle, high)
        for y in (math.nextafter(low, 0), low, high, math.nextafter(high, 99)):
            assert core.call("regime", y, alpha) == (3 if y >= high else 1), (y, alpha)


def check_stationary(core: Core) -> None:
    """Every point lies beside a sign change of the derivative, which is thereby proved to exist.

    The minor coordinate is 1/(1 + e^x) with an x that is off by less than 8 (1 + |h| + y) eps (the
    accuracy chapter), and a solved equation multiplies that by 1/|1 - 2 y t (1-t)|; forming t from
    it takes eps more. The derivative has the sign of logit t - h - y (2t - 1). Energies: the
    landscape's 28 eps, and what a wrong t adds is of second order.
    """
    found = set()
    for separation, alpha in [*spinodal_pairs(120, 5, 1e-2), (9.0, 0.5), (2.5, 0.5), (1.5, 0.3)]:
        points = core.call("stationaryPoints", separation, alpha)
        assert len(points) == (3 if three(separation, alpha) else 1), (separation, alpha)
        kinds = ["metastable", "saddle", "global"] if alpha < 0.5 else ["global", "saddle"]
        if len(points) == 3:
            last = "global" if alpha == 0.5 else "metastable"
            expected = [*kinds, last][:3] if alpha != 0.5 else ["global", "saddle", "global"]
            assert [one["kind"] for one in points] == expected
        else:
            assert points[0]["kind"] == "global"
        found.add(len(points))
        previous = -1.0
        for one in points:
            t = one["coordinate"]
            assert previous < t
            previous = t
            minor = min(t, 1 - t)
            bend = abs(1 - 2 * separation * t * (1 - t))
            h = abs(float(odds(alpha).mid()))
            reach = 8 * (1 + h + separation) * EPS / bend * minor + 2 * EPS * t
            with precision(BITS):
                sign = -1 if one["kind"] == "saddle" else 1
                for side in (-1, 1):
                    at = number(t) + side * number(reach)
                    if not 0 < at < 1:
                        continue
                    pull = (at / (1 - at)).log() - odds(alpha) - number(separation) * (2 * at - 1)
                    assert sign * side * pull > 0, (separation, alpha, one)
                exact = along(separation, alpha, number(t))
            assert close(one["energy"], exact, 32 * EPS), (separation, alpha, one)
    assert found == {1, 3}


def check_barrier(core: Core) -> None:
    """Differences of the landscape at coordinates that are proved to be stationary.

    Two energies with 32 eps each, and three roundings of their differences. And the first barrier
    is never the smaller one.
    """
    seen = 0
    for separation, alpha in [
        *spinodal_pairs(80, 6, 1e-2),
        (9.0, 0.5),
        (2.0000001, math.nextafter(0.5, 0)),
    ]:
        got = core.call("barrier", separation, alpha)
        if not three(separation, alpha):
            assert got is None
            continue
        seen += 1
        roots = exact_roots(separation, alpha)
        with precision(BITS):
            heights = [along(separation, alpha, t) for t in roots]
            low, high = (2, 0) if alpha <= 0.5 else (0, 2)
            slack = 68 * EPS * float(abs(heights[1]).upper())
            assert got["fromGlobal"] >= got["fromMetastable"]
            for name, well in (("fromGlobal", low), ("fromMetastable", high)):
                assert close(got[name], heights[1] - heights[well], 0, slack), (separation, alpha)
    assert seen > 20


def check_radius(core: Core) -> None:
    """The energy at the radius is the threshold, up to a relative change of the separation.

    From below half of the ceiling the energy has 16 eps, and its elasticity is above 1/4 there:
    64 eps of the separation. Above, the deficit has 16 (1 + |h| + y) eps, and its logarithm a slope
    of about -1 in y. The square root and beta add 3 eps. A weight may be subnormal.
    """
    rng = np.random.default_rng(7)
    for _ in range(120):
        broad = [0.5, rng.uniform(0.05, 0.95), 10.0 ** rng.uniform(-8, -1)]
        alpha = float(rng.choice([*broad, 10.0 ** rng.uniform(-320, -20)]))
        beta = 10.0 ** rng.uniform(-2, 2)
        ceiling = -math.log1p(-min(alpha, 1 - alpha))
        share = float(rng.choice([rng.uniform(0.001, 1), 1 - 10.0 ** rng.uniform(-13, -1)]))
        tau = ceiling * share
        r = core.call("radius", tau, alpha, beta)
        y = Fraction(beta) * Fraction(r) ** 2
        h = abs(float(odds(alpha).mid()))
        slack = Fraction(EPS) * (72 + math.ceil(32 * (1 + h + float(y)) / max(float(y), 1.0)))
        for side in (-1, 1):
            exact = y * (1 + side * slack)
            energy = alignment(Exact(exact.numerator, 0, exact.denominator), alpha, 200).energy
            assert side * (energy - number(tau)) > 0, (tau, alpha, beta, side)
        assert close(core.call("threshold", r, alpha, beta), number(tau), 1e-9, 1.5 * 2.0**-1074)
    assert core.call("radius", -1e-300, 0.5, 1.0) == -math.inf
    assert core.call("radius", 0.0, 0.5, 1.0) == 0.0
    assert core.call("radius", math.inf, 0.5, 1.0) == math.inf
    # the float nearest to log 2 is below the real ceiling, its neighbour above
    reach = core.call("radius", math.log(2), 0.5, 1.0) ** 2
    assert within(Exact.of(reach * (1 - 1e-9)), 0.5, math.log(2))
    assert not within(Exact.of(reach * (1 + 1e-9)), 0.5, math.log(2))
    assert core.call("radius", math.nextafter(math.log(2), 1), 0.5, 1.0) == math.inf


def check_functions(core: Core) -> None:
    """What the core assumes of the engine's functions: relative errors below 2^-40."""
    rng = np.random.default_rng(10)
    ranges = {
        "exp": (-700, 700),
        "expm1": (-700, 700),
        "log1p": (-0.5, 1e3),
        "log": (1e-290, 1e3),
        "tanh": (0, 30),
        "cosh": (0, 700),
    }
    for name, (low, high) in ranges.items():
        wide = [float(x) for x in rng.uniform(low, high, 60)]
        small = [10.0 ** float(e) for e in rng.uniform(-12, 0, 60)]
        signed = [-x for x in small if low < -x]
        for x in [*wide, *small, *signed]:
            with precision(BITS):
                exact = getattr(number(x), name)()
            assert close(core.call(f"Math.{name}", x), exact, 2.0**-40), (name, x)


def check_jump(core: Core) -> None:
    """Length and separation by exact squares: a rounded sum of D squares, its root, beta."""
    rng = np.random.default_rng(11)
    for _ in range(60):
        d = int(rng.integers(1, 5))
        scale = 10.0 ** float(rng.choice([0, -200, 200, -160, -318, rng.uniform(-5, 5)]))
        q, k = scale * rng.standard_normal(d), scale * rng.standard_normal(d)
        got = core.call("jump", q, k)
        square = sum((Fraction(a) - Fraction(b)) ** 2 for a, b in zip(q, k, strict=True))
        assert math.isfinite(got["length"])
        with precision(BITS):
            assert close(got["length"], number(square).sqrt(), (d + 4) * EPS)
            for c in range(d):
                part = number(Fraction(k[c]) - Fraction(q[c])) / number(square).sqrt()
                assert close(got["direction"][c], part, (d + 6) * EPS)
            assert got["delta"] == (k - q).tolist()
            beta = float(rng.choice([0.75, 1e200]))
            exact = number(square) * number(beta)
            value = core.call("separation", q, k, beta)
            low, high = bounds(exact)
            if low > 1e-300 and high < 1e300:
                assert close(value, exact, (d + 3) * EPS)
            else:
                assert value == nearest(exact) or value == math.inf == high
    assert core.call("jump", [1.0, 2.0], [1.0, 2.0]) == {
        "delta": [0.0, 0.0],
        "length": 0.0,
        "direction": [0.0, 0.0],
    }
