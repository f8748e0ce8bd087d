"""What the figures show, checked against formulas of the text and not against the reference.

The drawn numbers have nine decimals, so two of them that should be equal differ by at most 1e-9.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
# two numbers rounded to nine decimals, and a few last bits
DRAWN = 1.0e-9 + 1e-13

Data = dict[str, Any]


def digits(value: float, places: int) -> str:
    """A positive number cut after some decimals, as the captions write it."""
    return f"{math.floor(value * 10**places) / 10**places:.{places}f}\\ldots"


def field(alpha: float) -> float:
    """The log-odds of the key."""
    return math.log((1.0 - alpha) / alpha)


def axis(t: Any, separation: float, alpha: float) -> Any:
    """The landscape along the axis, as the chapter on the jump states it."""
    return -np.log(
        alpha * np.exp(-separation * t**2) + (1.0 - alpha) * np.exp(-separation * (1.0 - t) ** 2)
    )


def residual(t: Any, separation: Any, alpha: float) -> Any:
    """T2: 0 at a stationary point; positive where the landscape rises."""
    return t - 1.0 / (1.0 + np.exp(-(field(alpha) + separation * (2.0 * t - 1.0))))


def root(separation: Any, alpha: float) -> Any:
    """t* by bisection: the one stationary point beyond 1/2 on the heavier side, T4."""
    if alpha > 0.5:
        return 1.0 - root(separation, 1.0 - alpha)
    low, high = np.full_like(separation, 0.5, float), np.ones_like(separation, float)
    for _ in range(60):
        middle = 0.5 * (low + high)
        above = residual(middle, separation, alpha) > 0.0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return high


def least(separation: Any, alpha: float) -> Any:
    """E*."""
    return axis(root(separation, alpha), separation, alpha)


def critical(alpha: float) -> float:
    """The separation at which the spinodal field of T3 is |h|."""
    low, high = 2.0, 20.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        m = math.sqrt(1.0 - 2.0 / middle)
        smaller = middle * m - 2.0 * math.atanh(m) < abs(field(alpha))
        low, high = (middle, high) if smaller else (low, middle)
    return high


def plane(data: Data) -> list[str]:
    """The landscape on the grid, and its stationary points on the passage."""
    x, y = np.meshgrid(data["x"], data["y"])
    assert data["levels"].tolist() == [0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2]
    for shown, length, points, heights, separation, alpha, count in zip(
        data["fields"], data["length"], data["points"], data["heights"],
        (1, 6, 6), (0.5, 0.5, 0.3), (1, 3, 3), strict=True,
    ):  # fmt: skip
        assert abs(length**2 - separation) < 10 * DRAWN
        wells = [np.exp(-((x - at) ** 2) - y**2) for at in (0.0, math.sqrt(separation))]
        assert np.abs(shown + np.log(alpha * wells[0] + (1 - alpha) * wells[1])).max() < DRAWN
        assert np.isfinite(points).sum() == np.isfinite(heights).sum() == count
        t = points[:count] / math.sqrt(separation)
        assert np.abs(heights[:count] - axis(t, separation, alpha)).max() < DRAWN
        # T11: the derivative of the residual is 1 - 2 Lambda t (1-t), below 2 in absolute value
        assert np.abs(residual(t, separation, alpha)).max() < 2 * DRAWN
    return []


def jump(data: Data) -> list[str]:
    """The parts of the point, at a right angle."""
    assert (data["foot"] == np.round(data["coordinate"] * data["delta"], 9)).all()
    assert data["length"] == 2.6 and data["delta"].tolist() == [2.4, 1.0]
    assert abs(data["direction"] @ data["direction"] - 1.0) < 4 * DRAWN
    assert abs(data["across"] @ data["delta"]) < 4 * DRAWN
    assert (
        np.abs(data["coordinate"] * data["delta"] + data["across"] - [0.5, 1.3]).max() < 4 * DRAWN
    )
    assert np.abs(data["aligned"] - root(1.69, 0.4) * data["delta"]).max() < 4 * DRAWN
    assert abs(data["alignment_coordinate"] - root(1.69, 0.4)) < DRAWN
    return ["1.69", digits((0.5 * 2.4 + 1.3) / 6.76, 4), digits(root(1.69, 0.4), 4)]


def regimes(data: Data) -> list[str]:
    """Profiles; one, one and three stationary points; where the further ones are born."""
    separation = critical(0.4)
    for name, alpha, separations in (
        ("half", 0.5, (1.0, 2.0, 6.0)),
        ("other", 0.4, (1.0, separation, 6.0)),
    ):
        assert np.abs(data[f"{name}_separations"] - separations).max() < DRAWN
        assert data[f"{name}_count"].tolist() == [1, 1, 3]
        for row, shown, points in zip(
            data[f"{name}_profiles"], separations, data[f"{name}_coordinates"], strict=True
        ):
            assert np.abs(row - axis(data["t"], shown, alpha)).max() < 4 * DRAWN
            known = points[~np.isnan(points)]
            assert np.abs(residual(known, shown, alpha)).max() < 2 * DRAWN
            heights = data[f"{name}_heights"][separations.index(shown)][: known.size]
            assert np.abs(heights - axis(known, shown, alpha)).max() < DRAWN
            assert abs(heights.min() - least(shown, alpha)) < DRAWN
    # both minima are global at one half, and drawn so: their heights are the same float
    assert data["half_heights"][2][0] == data["half_heights"][2][2]
    assert data["other_heights"][2][2] < data["other_heights"][2][0] < data["other_heights"][2][1]
    # a double zero: the residual and its derivative vanish where a pair of points is born
    born = float(data["born"])
    assert abs(residual(born, separation, 0.4)) < DRAWN
    assert abs(1.0 - 2.0 * separation * born * (1.0 - born)) < 10 * DRAWN
    assert abs(data["born_height"] - axis(born, separation, 0.4)) < DRAWN
    return [digits(separation, 4), digits(born, 4)]


def coordinate(data: Data) -> list[str]:
    """Stationarity, the side, the ends, the fork, and the mirror image."""
    x = data["separation"]
    # rounding moves the separation too, and 2t - 1 is at most 1
    for row, alpha in zip(data["coordinate"], (0.5, 0.49, 0.4, 0.2), strict=True):
        assert np.abs(residual(row, x, alpha)).max() < 4 * DRAWN
        assert abs(row[0] - (1.0 - alpha)) < DRAWN
        assert (row >= 0.5).all() and (np.diff(row) >= 0.0).all()
    half = data["coordinate"][0]
    assert (half[x <= 2.0] == 0.5).all() and (half[x > 2.0] > 0.5).all()
    assert np.abs(data["mirrored"] + data["coordinate"][3] - 1.0).max() < DRAWN
    return ["0.49", "0.4", "0.2", "0.8"]


def energy(data: Data) -> list[str]:
    """Values, ceilings above them, and the straight part."""
    x = data["separation"]
    said = []
    for row, top, alpha in zip(data["energy"], data["ceiling"], (0.5, 0.3, 0.1), strict=True):
        expected = least(x, alpha)
        assert np.abs(row - expected).max() < DRAWN
        assert abs(top + math.log(max(alpha, 1.0 - alpha))) < DRAWN
        assert (row < top).all() and (np.diff(row) > 0.0).all()
        said.append(digits(-math.log(1.0 - alpha), 4))
    assert (data["energy"][0][x <= 2.0] == x[x <= 2.0] / 4.0).all()
    return said


def radius(data: Data) -> list[str]:
    """The curve is that of E* at the length; the ceiling is its asymptote."""
    said = []
    for tau, r, top, alpha in zip(
        data["threshold"], data["radius"], data["ceiling"], (0.5, 0.3, 0.1), strict=True
    ):
        length = np.linspace(0.0, 5.0, 151)
        assert np.abs(tau[1:] - least(length[1:] ** 2, alpha)).max() < DRAWN
        # dE*/dL = 2 L u (1-u) (T6) with u at least 1/(1 + exp(|h| + L^2)) (T5), and the reference
        # states 16 eps for the energy: a large radius takes its rounding times the inverse
        least_u = 1.0 / (1.0 + np.exp(abs(field(alpha)) + length[1:] ** 2))
        allowed = 2 * 16 * 2.0**-52 * tau[1:] / (2.0 * length[1:] * least_u * (1.0 - least_u))
        assert (np.abs(r[1:] - length[1:]) < allowed + DRAWN).all()
        assert tau[0] == r[0] == 0.0 and (tau <= top).all()
        assert abs(top + math.log(1.0 - alpha)) < DRAWN
        said.append(digits(-math.log(1.0 - alpha), 4))
    return said


def cells(data: Data) -> list[str]:
    """Nearest keys, by weight, in a circle, each in its own circle; and the margins drawn."""
    keys = np.array([[-1.5, 0.75], [0.0, -1.0], [1.625, 1.0], [1.875, -1.25], [-1.875, -1.5]])
    weights = (0.5, 0.8, 0.5, 0.6, 0.5)
    offsets = data["queries"][:, None, :] - keys
    # exact, for dyadic queries and keys of few digits
    square = (offsets**2).sum(axis=-1)
    nearest = square.argmin(axis=1)
    side = np.arange(-48, 49) / 16
    assert (data["queries"] == [[x, y] for y in side for x in side]).all()
    shared = least(0.25 * square, 0.5)
    energies = np.stack(
        [least(0.25 * square[:, i], alpha) for i, alpha in enumerate(weights)], axis=1
    )
    assert (data["index"][0] == nearest).all()
    assert (data["index"][1] == energies.argmin(axis=1)).all()
    assert (data["index"][1] != nearest).mean() > 0.1
    inside = square.min(axis=1) <= 1.3**2
    assert (data["index"][2] == np.where(inside, nearest, -1)).all()
    own = square <= np.array([1.7, 0.6, 1.7, 1.7, 1.7]) ** 2
    filtered = np.where(own, square, np.inf)
    kept = np.where(own.any(axis=1), filtered.argmin(axis=1), -1)
    assert (data["index"][3] == kept).all()
    # the neighbours take what the small circle leaves
    assert ((kept != nearest) & (kept >= 0) & (nearest == 1)).any()
    # the cell of the largest weight goes around those of the keys 0 and 2
    assert (data["index"][1][data["queries"][:, 1] == 3.0] == 1).all()
    # the lines are where these margins vanish: own threshold, and every admitted rival
    radii = ([9.0] * 5, [9.0] * 5, [1.3] * 5, [1.7, 0.6, 1.7, 1.7, 1.7])
    for table, radius, index, margin in zip(
        (shared, energies, shared, shared), radii, data["index"], data["margin"], strict=True
    ):
        limit = [math.inf if r == 9.0 else least(0.25 * r * r, 0.5) for r in radius]
        for i in range(5):
            expected = np.minimum(limit[i] - table[:, i], 1.0)
            for j in set(range(5)) - {i}:
                rival = np.maximum(table[:, j] - limit[j], table[:, j] - table[:, i])
                expected = np.minimum(expected, rival)
            assert np.abs(margin[:, i] - expected).max() < DRAWN
            clear = np.abs(expected) > DRAWN
            assert ((expected > 0.0) == (index == i))[clear].all()
    return ["$\\beta = 1/4$", "1.3", "0.6", "1.7"]


def reconstruction(data: Data) -> list[str]:
    """Lengths by the recursion of T18, the ratio near the key, and the change of key."""
    for row, alpha in zip(data["lengths"], (0.5, 0.25, 0.75), strict=True):
        assert row[0] == 1.2
        for before, after in pairwise(row):
            # the rounded length moves (1 - t) L by less than twice its own error
            assert abs(after - (1.0 - root(before**2, alpha)) * before) < 2 * DRAWN
    # where the separation is below 2 the coordinate is 1/2 at equal weights
    assert np.abs(data["lengths"][0] - 1.2 * 0.5 ** np.arange(9)).max() < DRAWN
    # T13: t* is monotone in the separation and 1 - alpha at 0, so the factor nears alpha
    factors = data["lengths"][2][1:] / data["lengths"][2][:-1]
    assert (np.diff(factors) < 0.0).all() and 0.75 < factors[-1] < 0.78
    assert data["indices"].tolist() == [0, 1, 1, 1, 1, 1]
    assert data["path"][:3].tolist() == [[0.0, 0.0], [5.0, 0.0], [5.0, 1.5]]
    return ["1.2", "$\\beta = 1/100$", "$(10,0)$", "$(5,3)$", "0, 1, 1, "]


def saturation(data: Data) -> list[str]:
    """Deficits, and the share of the pairs whose energy rounds to the rounded ceiling."""
    assert np.abs(data["separation"] - np.logspace(-2.0, 4.0, 241)).max() < 1e-8
    for row, alpha in zip(data["log_deficit"], (0.5, 0.3, 0.1), strict=True):
        for separation, shown in zip(data["separation"], row, strict=True):
            expected = math.log10(max(deficit(separation, alpha), 1e-30))
            # the separation is rounded too, and the deficit falls like exp(-separation)
            assert abs(shown - expected) < 2 * DRAWN + 1e-13 * separation
    # log 2 exceeds its float by 2.3190...e-17, half the spacing of floats there is 2**-54
    reach = 2.319e-17 + 2.0**-54
    rows = list(csv.reader((ROOT / "spec" / "data" / "iris.csv").read_text().splitlines()))[1:]
    features = np.array([[float(value) for value in row[:4]] for row in rows])
    units = ((features - features.mean(axis=0)) / features.std(axis=0), features, 10.0 * features)
    said = []
    for part, shown, saturated in zip(units, data["pairs"], data["saturated"], strict=True):
        square = ((part[:, None] - part) ** 2).sum(axis=-1)[np.triu_indices(150, 1)]
        assert np.abs(np.sort(square) - shown).max() < DRAWN * 10
        beyond = np.mean([deficit(float(value), 0.5) < reach for value in square])
        assert abs(saturated - beyond) < 1e-9
        said.append(f"{100 * beyond:.1f} %")
    assert deficit(37.0, 0.5) > reach > deficit(37.5, 0.5) and data["onset"] == 37.5
    assert abs(data["log_reach"] - math.log10(reach)) < 1e-4
    assert square.size == 11175
    return [*said, "11175", "37.5"]


def deficit(separation: float, alpha: float) -> float:
    """-log(1-u) - Lambda u^2, from E* = Lambda u^2 + log((1-u)/(1-a)) with a the lesser weight."""
    h = abs(field(alpha))
    # u is the least solution below 1/2: iteration from below increases to it
    u = 0.0
    for _ in range(400 if separation > 2.5 or h > 0.0 else 0):
        u = 1.0 / (1.0 + math.exp(min(h + separation * (1.0 - 2.0 * u), 700.0)))
    if h == 0.0 and separation <= 2.5:
        u = 1.0 - root(separation, 0.5)
    return -math.log1p(-u) - separation * u * u


def spinodal(data: Data) -> list[str]:
    """The field by the formula of T3; three sign changes inside, one outside."""
    m = np.sqrt(1.0 - 2.0 / data["separation"])
    # dh_c / dLambda = m: the rounded separation moves the field by less than its own error
    assert np.abs(data["field"] - (data["separation"] * m - 2.0 * np.arctanh(m))).max() < 2 * DRAWN
    t = np.linspace(1e-6, 1.0 - 1e-6, 20001)
    for separation, edge in list(zip(data["separation"], data["field"], strict=True))[40::20]:
        for share, count in ((0.9, 3), (-0.9, 3), (1.1, 1), (-1.1, 1)):
            alpha = 1.0 / (1.0 + math.exp(share * edge))
            signs = np.sign(residual(t, separation, alpha))
            assert np.count_nonzero(np.diff(signs)) == count
            assert (root(separation, alpha) > 0.5) == (share > 0.0)
    return []


def midpoint(data: Data) -> list[str]:
    """The hill and the wells of erratum E2."""
    assert data["midpoint_energy"] == 2.25
    assert np.abs(data["energy"] - axis(data["s"] / 3.0, 9.0, 0.5)).max() < DRAWN * 4
    assert abs(data["aligned"] - 3.0 * root(9.0, 0.5)) < DRAWN
    assert abs(data["aligned_energy"] - least(9.0, 0.5)) < DRAWN
    assert abs(axis(1.0 - root(9.0, 0.5), 9.0, 0.5) - least(9.0, 0.5)) < 1e-15
    return [digits(3.0 * root(9.0, 0.5), 9), digits(least(9.0, 0.5), 9), "9/4"]


CLAIMS: dict[str, Callable[[Data], list[str]]] = {
    function.__name__: function
    for function in (
        plane, jump, regimes, coordinate, energy, radius, cells, reconstruction, saturation,
        spinodal, midpoint,
    )
}  # fmt: skip
