"""What the core decides, held to the oracle's exact answers: paths, and energies that nearly tie.

Each check takes a core and asserts, as in `playground_checks`.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from gd_attention.conformance.balls import nearest
from gd_attention.conformance.case import Case
from gd_attention.conformance.contract import EXACT
from gd_attention.conformance.oracle import solve
from gd_attention.conformance.problem import within
from gd_attention.conformance.rational import Exact
from playground_balls import certificate
from playground_core import Core


def check_reconstruct(core: Core) -> None:
    """Every step is the oracle's: the index, the rounded point, the energy, and why it stops."""
    rng = np.random.default_rng(8)
    statuses = set()
    for trial in range(40):
        n, d = int(rng.integers(1, 6)), int(rng.integers(1, 4))
        query, keys = rng.normal(0, 2, d), rng.normal(0, 2, (n, d))
        per_key = trial % 2
        alpha = rng.uniform(0.1, 0.9, n) if per_key else float(rng.uniform(0.2, 0.8))
        threshold = float(rng.choice([math.inf, 0.4, 0.02]))
        beta, most = 10.0 ** rng.uniform(-2, 1.5), int(rng.choice([3, 25]))
        problem = {
            "query": query,
            "keys": keys,
            "alpha": alpha,
            "beta": beta,
            "threshold": threshold,
        }
        path = core.call("reconstruct", problem, {"tolerance": 1e-9, "maxSteps": most})
        statuses.add(path["status"])
        steps = int(path["steps"])
        assert len(path["queries"]) == len(path["indices"]) == len(path["energies"]) == steps + 1
        assert path["queries"][0] == query.tolist()
        for step in range(steps + 1):
            now = np.array([path["queries"][step]])
            case = Case(now, keys, alpha=alpha, beta=beta, threshold=threshold)
            answer = solve(case, EXACT)
            index = int(path["indices"][step])
            # generic data: the oracle's index on the rounded path is that of exact steps
            assert answer.row((0,)).exact == index, (trial, step)
            last = step == steps
            if index < 0:
                assert last and path["status"] == "abstained" and path["energies"][step] == math.inf
                break
            pair = answer.pair((0,), index)
            assert path["energies"][step] == pair.energy.nearest
            assert path["coordinates"][step] == pair.coordinate.nearest
            moved = [part.nearest for part in pair.alignment_point]
            converged = pair.separation <= 1e-9
            if last:
                stuck = moved == path["queries"][step]
                reasons = [converged, steps == most, stuck]
                names = ["converged", "max_steps", "stagnated"]
                assert path["status"] == names[reasons.index(True)]
            else:
                assert not converged
                assert moved == path["queries"][step + 1]
    assert {"converged", "max_steps", "abstained"} <= statuses


def check_close_energies(core: Core) -> None:
    """Two keys of different weights, one moved float by float over the place where energies tie.

    No float lies exactly there. On both sides the decision is the oracle's, and both indices occur.
    """
    rng = np.random.default_rng(9)
    seen = []
    for _ in range(40):
        alphas = [float(rng.uniform(0.02, 0.5)), float(rng.uniform(0.5, 0.98))]
        first = 10.0 ** rng.uniform(-3, 0.7)
        level = certificate(first * first, alphas[0]).energy
        low, high = 0.0, 40.0
        if not certificate(high * high, alphas[1]).energy > level:
            continue
        for _ in range(70):
            middle = (low + high) / 2
            above = bool(certificate(middle * middle, alphas[1]).energy > level)
            low, high = (low, middle) if above else (middle, high)
        for second in (math.nextafter(low, 0), low, high, math.nextafter(high, 99)):
            keys = np.array([[first], [second]])
            case = Case(np.zeros((1, 1)), keys, alpha=np.array(alphas))
            exact = solve(case, EXACT).row((0,)).exact
            problem = {"query": [0.0], "keys": keys, "alpha": alphas}
            assert core.call("select", problem)["index"] == exact, (keys, alphas)
            seen.append(exact)
            # the energy's own float as a threshold admits or excludes by the last half ulp
            for one, place in zip(alphas, (first, second), strict=True):
                tau = nearest(certificate(place * place, one).energy)
                for limit in (tau, math.nextafter(tau, 0)):
                    alone = {"query": [0.0], "keys": [[place]], "alpha": one, "threshold": limit}
                    square = Fraction(place) ** 2
                    expected = within(Exact(square.numerator, 0, square.denominator), one, limit)
                    entry = core.call("admission", alone)[0]
                    assert entry["admitted"] is expected
                    assert entry["reason"] == (None if expected else "threshold")
                    assert core.call("select", alone)["index"] == (0 if expected else -1)
    assert {0, 1} <= set(seen)
    assert len(seen) > 80


def check_kept_index(core: Core) -> None:
    """Where rounded steps would change an index that exact steps keep, and where exact ones do.

    The examples are those of the text (chapter 10 and T18), and two more: the
    points here are rounded correctly, so that other queries than those of the text break.
    """
    keys = [[0.0, 1e-20], [1e-20, 0.0]]
    for query in (
        [0.8184808436607273, 0.8184808436607272],
        [0.9974042475543028, 0.9974042475543027],
        [0.5098765431200001, 0.50987654312],
        [0.5148148146800001, 0.51481481468],
    ):
        path = core.call("reconstruct", {"query": query, "keys": keys, "alpha": 0.3})
        assert set(path["indices"]) == {1.0}
    problem = {"query": [0.0], "keys": [[6.0], [5.0]], "alpha": [0.7, 0.5], "beta": 0.05}
    assert core.call("reconstruct", problem)["indices"][:3] == [0.0, 0.0, 1.0]
    arrived = core.call("reconstruct", {**problem, "query": [5.0]})
    assert (arrived["status"], arrived["steps"]) == ("converged", 0.0)
    far = {"query": [0.3], "keys": [[10.5]], "alpha": 0.9}
    assert core.call("reconstruct", far)["status"] == "stagnated"


def check_hexadecimal(core: Core) -> None:
    """Every bit both ways, and the nearest double to a number that is none, ties to even."""
    for value in (0.1, -0.0, 5e-324, 1.7976931348623157e308, -2.5, 2.0**-1030 * 1.5):
        text = core.call("toHex", value)
        assert text == value.hex()
        back = core.call("fromHex", text)
        assert back == value and math.copysign(1, back) == math.copysign(1, value)
    for text in (
        "0x1.00000000000008p+0",
        "0x1.00000000000018p+0",
        "0x1.000000000000081p+0",
        "0x0.8p-1074",
        "0x1.8p-1074",
        "0x18p+1",
        "0x1.fffffffffffff7p+1023",
        "-inf",
    ):
        assert core.call("fromHex", text) == float.fromhex(text), text
    assert core.call("fromHex", "0x1p+1024") == math.inf
    assert math.isnan(core.call("fromHex", core.call("toHex", math.nan)))
