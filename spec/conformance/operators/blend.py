"""Scaled dot-product attention and modern Hopfield's update: softmax blends of rows.

Both are ``softmax(c Q K^T) V`` with a scale c; the Hopfield update has its patterns for keys and
values. The answers are balls, the allowances those of the softmax of computed scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from flint import arb, fmpq
from gd_attention.conformance.balls import precision
from gd_attention.conformance.operators.allowances import (
    energy_slack,
    score_slack,
    softmax_slack,
    tiny,
    unit,
)
from gd_attention.conformance.operators.draws import grid, integers, normals
from gd_attention.conformance.operators.reading import (
    ReturnFault,
    ends,
    judge_values,
    rational,
    real_array,
    worst,
)
from gd_attention.conformance.operators.record import Call, Family, Judged, Operator, Setting
from gd_attention.conformance.verdict import Finding, Verdict

__all__ = ["HOPFIELD", "SDPA"]

# Scores of some 2^14 lose their last 14 bits in exp's argument: these are the hard cases here.
_BITS = 512


class _Blend:
    """One row of softmax(c q K^T), exactly: scores, weights, slack."""

    def __init__(self, query: Any, keys: Any, scale: Any, u: Any) -> None:
        self.u, self.scale, self.query = u, scale, query
        raw = [sum((a * b for a, b in zip(query, key, strict=True)), fmpq(0)) for key in keys]
        sizes = [
            sum((abs(a * b) for a, b in zip(query, key, strict=True)), fmpq(0)) for key in keys
        ]
        self.count, self.top = len(raw), max(raw)
        self.off = score_slack(scale * max(sizes), len(query), u)
        self.spread = scale * (self.top - min(raw))
        self.powers = [(scale * (score - self.top)).exp() for score in raw]
        self.total = sum(self.powers, arb(0))
        self.slack = softmax_slack(self.off, self.spread, self.count, u)

    def mean(self, values: list[Any], least: Any) -> tuple[Any, tuple[Any, Any]]:
        """The blend of one component of the values, and where it may lie.

        The sum over the keys adds n + 2 roundings of its terms; weights below the least normal
        number, and a sum below it, may be lost.
        """
        exact = sum((w * v for w, v in zip(self.powers, values, strict=True)), arb(0)) / self.total
        size = sum((w * abs(v) for w, v in zip(self.powers, values, strict=True)), arb(0))
        size = size / self.total
        slack = self.slack + (self.count + 2) * self.u * (1 + self.slack)
        room = size * slack + least * (1 + self.count * max(abs(v) for v in values))
        return exact, (exact - room, exact + room)


def _exact(array: Any) -> list[list[Any]]:
    return [[rational(x) for x in row] for row in array]


def _judge_sdpa(call: Call, result: Any, setting: Setting) -> Judged:
    query, keys, values = (call.array(name) for name in ("query", "key", "value"))
    mask = call.array("mask") if "mask" in call.arguments else None
    shape = (*query.shape[:-1], values.shape[-1])
    got = real_array(result, shape, setting.dtype, "output")
    found, exact = Finding("value", Verdict.EXACT), []
    u, least = unit(setting.dtype), tiny(setting.dtype)
    for batch in np.ndindex(query.shape[:-2]):
        one_keys, one_values = _exact(keys[batch]), _exact(values[batch])
        for m, row in enumerate(_exact(query[batch])):
            open_ = [j for j in range(len(one_keys)) if mask is None or mask[batch][m, j]]
            place = (*batch, m)
            name = f"output{list(place)}"
            if not open_:
                bad = bool(got[place].any() or np.isnan(got[place]).any())
                said = f"{name}: every key is hidden, expected zeros, got {got[place].tolist()}"
                verdict = Verdict.WRONG if bad else Verdict.EXACT
                found = worst(found, Finding("value", verdict, said if bad else ""))
                exact.append([_pair(0) for _ in got[place]])
                continue
            with precision(_BITS):
                scale = 1 / arb(len(row)).sqrt()
                blend = _Blend(row, [one_keys[j] for j in open_], scale, u)
                columns = zip(*(one_values[j] for j in open_), strict=True)
                means = [blend.mean(list(column), least) for column in columns]
            answers = [mean for mean, _ in means]
            found = worst(
                found,
                judge_values("value", got[place], answers, [room for _, room in means], name),
            )
            exact.append([_pair(answer) for answer in answers])
    return Judged((found,), {"output": exact})


def _needs(call: Call) -> frozenset[str]:
    hidden = "mask" in call.arguments and not call.array("mask").any(axis=-1).all()
    return frozenset({"empty"}) if hidden else frozenset()


def _blank(call: Call) -> Any:
    query, values = call.array("query"), call.array("value")
    return np.zeros((*query.shape[:-1], values.shape[-1]), query.dtype)


def _judge_hopfield(call: Call, result: Any, setting: Setting) -> Judged:
    patterns, states = _exact(call.array("patterns")), _exact(call.array("state"))
    beta = rational(call.arguments["beta"])
    update, energy = _parts(result)
    shape = call.array("state").shape
    u, least = unit(setting.dtype), tiny(setting.dtype)
    got = real_array(update, shape, setting.dtype, "update")
    energies = None if energy is None else real_array(energy, shape[:1], setting.dtype, "energy")
    found, exact = Finding("value", Verdict.EXACT), []
    level, levels = Finding("energy", Verdict.EXACT), []
    for m, state in enumerate(states):
        with precision(_BITS):
            blend = _Blend(state, patterns, arb(beta), u)
            means = [blend.mean(list(column), least) for column in zip(*patterns, strict=True)]
            value, room = _energy(blend, patterns, state, beta)
        answers = [mean for mean, _ in means]
        one = judge_values("value", got[m], answers, [r for _, r in means], f"update[{m}]")
        found = worst(found, one)
        exact.append([_pair(answer) for answer in answers])
        levels.append((value, (value - room, value + room)))
    if energies is not None:
        answers, rooms = [value for value, _ in levels], [room for _, room in levels]
        level = judge_values("energy", energies, answers, rooms, "energy")
    findings = (found,) if energies is None else (found, level)
    return Judged(findings, {"update": exact, "energy": [_pair(value) for value, _ in levels]})


def _energy(blend: _Blend, patterns: Any, state: Any, beta: Any) -> tuple[Any, Any]:
    """``-lse(beta, X xi) + |xi|^2/2 + log(N)/beta + M^2/2``, and how far it may be off."""
    count = len(patterns)
    peak = arb(blend.top) + blend.total.log() / beta
    half = arb(sum((x * x for x in state), fmpq(0)) / 2)
    logs = arb(count).log() / beta
    norm = arb(max(sum((x * x for x in row), fmpq(0)) for row in patterns) / 2)
    room = energy_slack(
        blend.off,
        blend.spread,
        count,
        len(state),
        arb(beta),
        abs(peak) + abs(arb(blend.top)) + half + logs + norm,
        blend.u,
    )
    return -peak + half + logs + norm, room


def _parts(result: Any) -> tuple[Any, Any]:
    if isinstance(result, Mapping):
        if "update" not in result:
            raise ReturnFault(f"update: expected this key, got {', '.join(map(str, result))}")
        return result["update"], result.get("energy")
    if isinstance(result, tuple):
        if len(result) != 2:
            raise ReturnFault(f"result: expected (update, energy), got a tuple of {len(result)}")
        return result
    return result, None


def _pair(value: Any) -> dict[str, str]:
    low, high = ends(value)
    return {"low": low, "high": high}


def _attend(make: Any, mask: str = "", batch: tuple[int, ...] = (), most: int = 7) -> Any:
    def draw(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
        m, n, d, c = (int(rng.integers(1, top)) for top in (4, most, 6, 4))
        # several dimensions, so that the root is no power of two, and not that of the values
        d += 1
        c = c + 1 if c == d else c
        given = {
            name: make(rng, (*batch, rows, width), setting.dtype)
            for name, rows, width in (("query", m, d), ("key", n, d), ("value", n, c))
        }
        if mask:
            table = rng.random((*batch, m, n)) < (0.6 if mask == "some" else -1.0)
            if mask == "some":
                kept = rng.integers(0, n, (*batch, m))
                np.put_along_axis(table, kept[..., None], True, axis=-1)
            given["mask"] = table
        return given

    return draw


def _recall(make: Any, most: int = 6, scale: float = 1.0) -> Any:
    def draw(rng: np.random.Generator, setting: Setting) -> dict[str, Any]:
        m, n, d = (int(rng.integers(1, top)) for top in (4, most, 5))
        return {
            "patterns": make(rng, (n, d), setting.dtype),
            "state": make(rng, (m, d), setting.dtype),
            "beta": float(scale * rng.choice([0.25, 0.5, 1.0, 2.0, 3.0])),
        }

    return draw


def _big(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return grid(rng, shape, dtype) * dtype.type(2.0**5)


def _small(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return grid(rng, shape, dtype) * dtype.type(2.0**-18)


def _shifted(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    return grid(rng, shape, dtype) + dtype.type(64.0)


SDPA = Operator(
    name="sdpa",
    statement="softmax(Q K^T / sqrt(d)) V over the keys that the mask leaves, d the width of Q.",
    call="f(query, key, value) or f(query, key, value, mask): (..., m, d), (..., n, d), "
    "(..., n, c), mask (..., m, n), True where a key takes part",
    returns="output (..., m, c), in the dtype of the inputs",
    aspects={"value": "the output, in real numbers"},
    owed=(("value",),),
    families=(
        Family("wiring", "one key: its value", _attend(grid, most=2)),
        Family("grid", "any", _attend(grid)),
        Family("ties", "equal scores", _attend(integers)),
        Family("normal", "full significands", _attend(normals)),
        Family("large", "scores of some thousands", _attend(_big)),
        Family("small", "scores near zero", _attend(_small)),
        Family("shifted", "keys far from the origin", _attend(_shifted)),
        Family("masked", "some keys hidden", _attend(grid, "some")),
        Family("batch", "leading axes", _attend(grid, "some", (2, 2))),
        Family("long", "many keys", _attend(normals, most=120)),
        Family("all masked", "every key hidden: zeros", _attend(grid, "none"), "empty"),
    ),
    axes={"query": ("m", "d"), "key": ("n", "d"), "value": ("n", "c"), "mask": ("m", "n")},
    judge=_judge_sdpa,
    blank=_blank,
    needs=_needs,
)

HOPFIELD = Operator(
    name="hopfield",
    statement="One update X^T softmax(beta X xi) of modern Hopfield networks, and the energy "
    "-lse(beta, X xi) + |xi|^2/2 + log(N)/beta + M^2/2 of xi, M the largest norm of a pattern.",
    call="f(patterns, state, beta): (N, d), (m, d), a number",
    returns="update (m, d), or (update, energy), or a mapping with these keys; energy (m,)",
    aspects={"value": "the update", "energy": "the energy of the given state, where returned"},
    owed=(("value",),),
    families=(
        Family("wiring", "one pattern: it is the update", _recall(grid, most=2)),
        Family("grid", "any", _recall(grid)),
        Family("ties", "equal and repeated patterns", _recall(integers)),
        Family("normal", "full significands", _recall(normals)),
        Family("sharp", "large beta", _recall(grid, scale=64.0)),
        Family("flat", "small beta", _recall(grid, scale=2.0**-12)),
        Family("large", "large norms", _recall(_big)),
        Family("long", "many patterns", _recall(normals, most=100)),
    ),
    axes={"patterns": ("n", "d"), "state": ("m", "d")},
    judge=_judge_hopfield,
    blank=lambda call: np.zeros_like(call.array("state")),
)
