"""Judge public implementations of the prior operators and write down what was found.

Writes docs/peer-verdicts.json, the reports, and docs/peer-verdicts.md, which is made from them
alone. A peer that fails is a result, one that is not installed is an error: the record would lose
it without a word.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from gd_attention.conformance.files import write_files
from gd_attention.conformance.operators import verify_operator

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "docs" / "peer-verdicts.json"
PAGE = ROOT / "docs" / "peer-verdicts.md"


class Peer(NamedTuple):
    """A public implementation and how it is judged."""

    operator: str
    target: str
    packages: tuple[str, ...]
    arrays: str = "torch"
    ties: str = "lowest"
    capabilities: tuple[str, ...] = ()


PEERS = (
    Peer("sparsemax", "entmax:sparsemax", ("entmax", "torch")),
    Peer("sparsemax", "wrappers:sparsemax_package", ("sparsemax", "torch")),
    Peer("sparsemax", "entmax:sparsemax_bisect", ("entmax", "torch")),
    Peer("entmax", "wrappers:entmax15", ("entmax", "torch")),
    Peer("entmax", "entmax:entmax_bisect", ("entmax", "torch")),
    Peer("entmax", "wrappers:entmax_bisect_shifted", ("entmax", "torch")),
    Peer("topk", "wrappers:torch_topk", ("torch",)),
    Peer("topk", "wrappers:torch_topk", ("torch",), ties="any"),
    Peer("topk", "wrappers:torch_topk_softmax", ("torch",), ties="any"),
    Peer("topk", "wrappers:x_transformers_topk", ("x-transformers", "torch"), ties="any"),
    Peer("topk", "wrappers:x_transformers_topk", ("x-transformers", "torch"), ties="all"),
    Peer(
        "sdpa",
        "torch.nn.functional:scaled_dot_product_attention",
        ("torch",),
        capabilities=("empty",),
    ),
    Peer("sdpa", "wrappers:scipy_sdpa", ("scipy", "numpy"), arrays="numpy"),
    Peer("hopfield", "wrappers:torch_hopfield", ("torch",)),
    Peer("unique-hard", "wrappers:torch_argmax", ("torch",)),
    Peer("unique-hard", "wrappers:numpy_argmax", ("numpy",), arrays="numpy"),
)


def judge(named: list[str]) -> list[dict[str, Any]]:
    """The reports of all peers, under both contracts; of those not named, the stored ones."""
    stored = json.loads(DATA.read_text(encoding="utf-8")) if named else []
    sys.path.insert(0, str(ROOT / "examples" / "peers"))
    found = []
    for peer in PEERS:
        for contract in ("float64", "float32"):
            if named and peer.target not in named:
                found += [
                    report
                    for report in stored
                    if (report["target"], report["contract"]) == (peer.target, contract)
                    and report["ties"] == (peer.ties if peer.operator == "topk" else "")
                ]
                continue
            report = verify_operator(
                peer.operator,
                peer.target,
                contract=contract,
                ties=peer.ties,
                arrays=peer.arrays,
                capabilities=peer.capabilities,
            )
            packages = {name: version(name) for name in peer.packages}
            found.append({"packages": packages, **report.to_json()})
            print(f"{peer.operator:12} {peer.target:50} {contract} {report.verdict}", flush=True)
    return found


def page(reports: list[dict[str, Any]]) -> str:
    """The page of a list of reports."""
    versions = ", ".join(f"{name} {number}" for name, number in reports[0]["versions"].items())
    lines = [
        "# What the oracle says about public implementations",
        "",
        "Each line is a run of `gd-attention verify --operator` on a public implementation, as it",
        "is installed. The wrappers stand in `examples/peers/wrappers.py` and only rename",
        "arguments. What each operator's call is, and what is judged, is in",
        "[operators.md](operators.md). `make peers` writes this page and the data behind it,",
        "`peer-verdicts.json`, which holds every count and every counterexample as a vector.",
        "",
        "*Fails* means: under the definition and the arithmetic that operators.md states. A",
        "package may promise less, such as scores near zero, or alpha above 1 alone; the",
        "counterexample says what the finding is about.",
        "",
        f"Versions: {versions}; seed {reports[0]['seed']}.",
        "",
        "| operator | implementation | packages | contract | verdict | decided | admissible "
        "| wrong |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for report in reports:
        families = report["families"].values()
        decided = sum(f["exact"] + f["admissible"] + f["wrong"] for f in families)
        packages = ", ".join(f"{name} {number}" for name, number in report["packages"].items())
        cells = (
            report["operator"] + (f", ties {report['ties']}" if report["ties"] else ""),
            f"`{report['target']}`",
            packages,
            report["contract"],
            f"{report['verdict']}",
            decided,
            sum(family["admissible"] for family in families),
            sum(family["wrong"] for family in families),
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += ["", "## Counterexamples", ""]
    for report in reports:
        if not report["counterexamples"]:
            continue
        ties = f", ties {report['ties']}" if report["ties"] else ""
        title = f"{report['target']} as {report['operator']}{ties}, {report['contract']}"
        wrong = ", ".join(
            f"{name} {counts['wrong']}"
            for name, counts in report["families"].items()
            if counts["wrong"]
        )
        lines += [f"### {title}", "", f"Wrong cases by family: {wrong}.", ""]
        for vector in report["counterexamples"].values():
            lines += ["```python", vector["snippet"].rstrip(), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Judge the peers named by their targets, all by default, and write."""
    named = sys.argv[1:]
    if unknown := sorted(set(named) - {peer.target for peer in PEERS}):
        raise SystemExit(f"no such peer: {', '.join(unknown)}")
    reports = judge(named)
    write_files({DATA: json.dumps(reports, indent=1) + "\n", PAGE: page(reports)})


if __name__ == "__main__":
    main()
