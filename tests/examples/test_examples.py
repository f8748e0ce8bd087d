"""The examples in other languages conform, and a fault in one line of each is caught.

They need node and a C compiler. Where one is missing the tests are skipped, but not in continuous
integration, where a skip would hide that nothing was tested.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from gd_attention.conformance import CommandTarget, Report, verify

EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCES = {"javascript": EXAMPLES / "javascript" / "gda.js", "c": EXAMPLES / "c" / "gda.c"}
PROGRAMS = {"javascript": "node", "c": "gcc"}

# What both can do. The JavaScript one reads other dtypes too.
COMMON = {
    "alpha",
    "alpha-per-key",
    "beta",
    "threshold",
    "threshold-per-key",
    "mask",
    "values",
    "fill",
    "batch",
    "empty",
    "masked-nan",
}


def command(language: str, source: Path, folder: Path) -> list[str]:
    """What runs a source file, compiled if it has to be."""
    program = shutil.which(PROGRAMS[language])
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(f"{PROGRAMS[language]} is not installed")
        pytest.skip(f"{PROGRAMS[language]} is not installed")
    if language == "javascript":
        return [program, str(source)]
    binary = folder / "gda"
    build = [program, "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", binary, source, "-lm"]
    subprocess.run(build, check=True)
    return [str(binary)]


def judged(run: list[str], cases: int) -> Report:
    """The report on a command."""
    with CommandTarget(run) as target:
        return verify(target, contract="float64", cases=cases)


@pytest.mark.clause("GDA-protocol-run")
@pytest.mark.parametrize("language", SOURCES)
def test_the_example_conforms(language, tmp_path):
    """Under float64, with its capabilities declared."""
    report = judged(command(language, SOURCES[language], tmp_path), 400)
    assert report.verdict == "conforms", report.reason
    assert report.profile.declared
    extra = {"mixed-dtype"} if language == "javascript" else set()
    assert report.profile.capabilities == COMMON | extra
    assert {"index", "output", "energy", "coordinate"} <= report.profile.fields


@pytest.mark.parametrize("language", SOURCES)
def test_the_example_is_short(language):
    """Something to read in one go."""
    lines = SOURCES[language].read_text(encoding="utf-8").splitlines()
    assert len(lines) < 200
    assert max(map(len, lines)) <= 100


# language, the line, what replaces it, a clause under which that is wrong
FAULTS = [
    (
        "javascript",
        "      if (admitted && (best === null || rank < best.rank))",
        "      if (admitted && (best === null || rank <= best.rank))",
        "GDA-select-ties",
    ),
    (
        "javascript",
        "      const admitted = same ? limit >= 0 : limit > 0 && pair.energy <= limit;",
        "      const admitted = same ? limit >= 0 : limit > 0 && pair.energy < limit;",
        "GDA-admit-threshold",
    ),
    (
        "javascript",
        "  const [left, right] = alpha <= 0.5 ? [minor, 1 - minor] : [1 - minor, minor];",
        "  const [left, right] = [minor, 1 - minor];",
        "GDA-coordinate-value",
    ),
    (
        "javascript",
        "        ? given.values.data[at.values([...b, best.i, c])]",
        "        ? toHex(toNumber(given.values.data[at.values([...b, best.i, c])]) + 0.25)",
        "GDA-output-gather",
    ),
    (
        "c",
        "    if (admitted && (best.index < 0 || rank < best.rank))",
        "    if (admitted && (best.index < 0 || rank <= best.rank))",
        "GDA-select-ties",
    ),
    (
        "c",
        "    double rank = shared ? separation : pair.energy;",
        "    double rank = separation + 0 * shared;",
        "GDA-select-priors",
    ),
    (
        "c",
        "    if (!*element(&in[MASK], rows, row, i, -1)) continue;  // and read no key",
        "    if (n < 0) continue;",
        "GDA-admit-mask",
    ),
]


@pytest.mark.clause("GDA-conf-report", "GDA-protocol-run")
@pytest.mark.parametrize(("language", "line", "fault", "clause"), FAULTS)
def test_a_fault_in_one_line_is_caught(language, line, fault, clause, tmp_path):
    """The command exits with 1 and shows the clause."""
    text = SOURCES[language].read_text(encoding="utf-8")
    assert text.splitlines().count(line) == 1
    source = tmp_path / SOURCES[language].name
    source.write_text(text.replace(f"{line}\n", f"{fault}\n"), encoding="utf-8")
    report = judged(command(language, source, tmp_path), 0)
    assert report.exit_code == 1
    assert report.clause(clause).wrong


@pytest.mark.clause("GDA-conf-report")
@pytest.mark.parametrize("language", SOURCES)
def test_the_counterexample_runs_as_pasted(language, tmp_path):
    """Given to a shell, it repeats the wrong answer."""
    line, fault = next((line, fault) for name, line, fault, _ in FAULTS if name == language)
    text = SOURCES[language].read_text(encoding="utf-8")
    source = tmp_path / SOURCES[language].name
    source.write_text(text.replace(line, fault), encoding="utf-8")
    example = judged(command(language, source, tmp_path), 0).clause("GDA-select-ties")
    assert example.counterexample is not None
    snippet = example.counterexample.snippet
    assert snippet.startswith("# GDA-select-ties\n# query 0: expected index 0")
    run = subprocess.run(["sh"], input=snippet, capture_output=True, text=True, check=True)
    _, answer = map(json.loads, run.stdout.splitlines())
    assert answer["result"]["index"]["data"][0] != 0
