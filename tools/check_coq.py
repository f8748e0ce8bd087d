"""Check the Coq proofs: compile them, list their axioms, and see altered statements rejected.

Four steps, each of which fails the run:

1. the sources contain no word that assumes what should be proved, and require nothing but Coq's
   standard library, Coquelicot and each other;
2. copies of them compile, outside the source folder;
3. the theorems rest on the four standard axioms of real numbers and classical logic at most;
4. every altered statement of ``proofs/coq/controls.toml`` is rejected, in the altered statement's
   proof or later and not for a slip of syntax, and every harmless alteration is accepted.

Only the standard library is used, so that the script runs before anything is installed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "proofs" / "coq"
CONTROLS = SOURCES / "controls.toml"
BUILD = ROOT / "build" / "coq"
LIBRARY = "GDAttention"
PACKAGES = ("coq", "libcoq-coquelicot")

# What Coq's real numbers and classical logic assume, and nothing more.
AXIOMS = frozenset(
    {
        "ClassicalDedekindReals.sig_forall_dec",
        "ClassicalDedekindReals.sig_not_dec",
        "Classical_Prop.classic",
        "FunctionalExtensionality.functional_extensionality_dep",
    }
)
REFUSED = re.compile(
    r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjecture|Declare|bypass_check|"
    r"Unset\s+(?:Guard|Positivity|Universe)\s+Checking|Require(?!\s+Import))\b"
)
REQUIRED_FROM = re.compile(r"(?:From\s+(\w+)\s+)?Require\s+Import")
THEOREM = re.compile(r"^Theorem\s+([\w']+)", re.MULTILINE)
ERROR_PLACE = re.compile(r'^File "[^"]*", line (\d+)', re.MULTILINE)
# Messages of an alteration that Coq did not understand: no verdict on the statement.
MALFORMED = ("Syntax error", "was not found in the current environment", "Cannot find a physical")


class CheckError(Exception):
    """A reason to fail the run, in a sentence."""


@dataclass(frozen=True)
class Control:
    """An altered source: where, what, and whether Coq has to reject or accept it."""

    name: str
    file: str
    old: str
    new: str
    verdict: str
    why: str


def missing_tools() -> str | None:
    """Say what is missing to run Coq here, or None."""
    coqc, coqdep = shutil.which("coqc"), shutil.which("coqdep")
    if coqc is None or coqdep is None:
        return "coqc and coqdep (Coq 8.16 or newer) are not on the path"
    where = subprocess.run([coqc, "-where"], capture_output=True, text=True, check=True)
    if not (Path(where.stdout.strip()) / "user-contrib" / "Coquelicot").is_dir():
        return "the Coq library Coquelicot is not installed"
    return None


def install() -> None:
    """Install Coq and Coquelicot with apt-get where this is possible, or say what to do."""
    missing = missing_tools()
    if missing is None:
        return
    advice = f"{missing}; install {' and '.join(PACKAGES)} (Debian names) and run again"
    if shutil.which("apt-get") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise CheckError(f"{advice}. It was not tried here: that takes apt-get and root.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(["apt-get", "-qq", *arguments], env=environment, check=False)
        if done.returncode:
            raise CheckError(f"apt-get {arguments[0]} failed; {advice}")
    if (missing := missing_tools()) is not None:
        raise CheckError(f"installed, but {missing}")


def without_comments(text: str) -> str:
    """The text with its (nested) comments blanked, lines kept."""
    kept, depth, position = [], 0, 0
    while position < len(text):
        pair = text[position : position + 2]
        if pair == "(*":
            depth, position = depth + 1, position + 2
        elif pair == "*)" and depth:
            depth, position = depth - 1, position + 2
        else:
            kept.append(text[position] if not depth or text[position] == "\n" else " ")
            position += 1
    return "".join(kept)


def check_words(path: Path) -> None:
    """Refuse words that assume, and libraries that could."""
    text = without_comments(path.read_text(encoding="utf-8"))
    for number, line in enumerate(text.splitlines(), 1):
        if found := REFUSED.search(line):
            raise CheckError(f"{path.name}:{number}: refused word {found[0]!r}")
        if (found := REQUIRED_FROM.search(line)) and found[1] not in ("Coq", "Coquelicot", LIBRARY):
            raise CheckError(f"{path.name}:{number}: requires a library other than Coq, Coquelicot")


def coqc(path: Path, library: Path) -> subprocess.CompletedProcess[str]:
    """Compile one file against the compiled ones in ``library``."""
    command = ["coqc", "-q", "-w", "-ambiguous-paths", "-Q", str(library), LIBRARY, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def build(sources: Path, library: Path) -> list[str]:
    """Compile copies of the sources in ``library``, in the order of their dependencies."""
    for path in sorted(sources.glob("*.v")):
        check_words(path)
    shutil.rmtree(library, ignore_errors=True)
    library.mkdir(parents=True)
    for path in sources.glob("*.v"):
        shutil.copy(path, library)
    names = sorted(path.name for path in library.glob("*.v"))
    command = ["coqdep", "-sort", "-Q", ".", LIBRARY, *names]
    order = subprocess.run(command, cwd=library, capture_output=True, text=True, check=True)
    files = order.stdout.split()
    if sorted(Path(name).name for name in files) != names:
        raise CheckError(f"coqdep did not order the files: {order.stderr.strip()}")
    for name in files:
        done = coqc(library / name, library)
        if done.returncode:
            raise CheckError(f"{name} does not compile:\n{done.stderr.strip()}")
    return [Path(name).stem for name in files]


def theorems(path: Path) -> list[str]:
    """The names of the theorems of a file, in its order."""
    return THEOREM.findall(without_comments(path.read_text(encoding="utf-8")))


def assumptions(library: Path, modules: list[str]) -> dict[str, set[str]]:
    """The axioms that the theorems of each file rest on, together; files without theorems not."""
    # One list for a file: Coq walks through all of its library for every list that it prints.
    stated = {module: theorems(library / f"{module}.v") for module in modules}
    stated = {module: names for module, names in stated.items() if names}
    lines = [f"From {LIBRARY} Require Import {' '.join(modules)}."]
    for module, names in stated.items():
        together = ", ".join(f"@{module}.{name}" for name in names)
        lines.append(f"Definition all_{module} := (tt, {together}).")
        lines.append(f'Goal True. idtac "== {module}". Abort.')
        lines.append(f"Print Assumptions all_{module}.")
    page = library.parent / f"{library.name}-axioms" / "Listing.v"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = coqc(page, library)
    if done.returncode:
        raise CheckError(f"the axioms cannot be listed:\n{done.stderr.strip()}")
    blocks = re.split(r"^== (\S+)$", done.stdout, flags=re.MULTILINE)[1:]
    found: dict[str, set[str]] = {}
    for module, printed in zip(blocks[::2], blocks[1::2], strict=True):
        if "Closed under the global context" in printed:
            found[module] = set()
        elif "Axioms:" in printed:
            # A block names each axiom at the start of a line, and its type is indented.
            listed = printed.split("Axioms:", 1)[1]
            found[module] = set(re.findall(r"^([A-Za-z_][\w.']*)", listed, re.MULTILINE))
        else:
            raise CheckError(f"{module}: no list of axioms in what Coq printed: {printed!r}")
    if list(found) != list(stated):
        raise CheckError("Coq did not print the axioms of every file")
    return found


def check_axioms(found: dict[str, set[str]]) -> None:
    """Refuse every axiom beyond the standard four."""
    for module, axioms in found.items():
        if extra := axioms - AXIOMS:
            raise CheckError(f"{module}.v rests on {', '.join(sorted(extra))}")


def controls(path: Path = CONTROLS) -> list[Control]:
    """The altered statements, as the file lists them."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["control"]
    return [Control(**entry) for entry in entries]


def try_control(control: Control, sources: Path, library: Path) -> str:
    """Compile an altered file, and return where Coq rejected it or that it accepted it."""
    text = (sources / control.file).read_text(encoding="utf-8")
    if text.count(control.old) != 1 or control.old == control.new:
        raise CheckError(f"{control.name}: the old text does not stand in {control.file} once")
    altered = library.parent / f"{library.name}-controls" / control.name / control.file
    altered.parent.mkdir(parents=True, exist_ok=True)
    altered.write_text(text.replace(control.old, control.new), encoding="utf-8")
    done = coqc(altered, library)
    if done.returncode == 0:
        if control.verdict != "accepted":
            raise CheckError(f"{control.name}: Coq accepts an altered statement: {control.why}")
        return "accepted"
    place = ERROR_PLACE.search(done.stderr)
    if place is None or any(message in done.stderr for message in MALFORMED):
        raise CheckError(f"{control.name}: no verdict on the statement:\n{done.stderr.strip()}")
    line, first = int(place[1]), text[: text.index(control.old)].count("\n") + 1
    if control.verdict != "rejected" or line < first:
        raise CheckError(f"{control.name}: rejected in line {line}:\n{done.stderr.strip()}")
    return f"rejected in line {line}, altered in line {first}"


def main() -> int:
    """Run the four steps and print what they found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--install", action="store_true", help="install Coq with apt-get if root")
    parser.add_argument("--only-install", action="store_true", help="check that Coq is there")
    arguments = parser.parse_args()
    try:
        if arguments.install:
            install()
        elif (missing := missing_tools()) is not None:
            raise CheckError(missing)
        if arguments.only_install:
            return 0
        modules = build(SOURCES, BUILD)
        found = assumptions(BUILD, modules)
        check_axioms(found)
        for module, axioms in found.items():
            short = sorted(axiom.rsplit(".", 1)[1] for axiom in axioms)
            print(f"{module}.v: {', '.join(theorems(BUILD / f'{module}.v'))}")
            print(f"    axioms: {', '.join(short) or 'none'}")
        for control in controls():
            print(f"control {control.name}: {try_control(control, SOURCES, BUILD)}")
    except CheckError as error:
        print(f"coq: {error}", file=sys.stderr)
        return 1
    used = set().union(*found.values())
    count = sum(len(theorems(BUILD / f"{module}.v")) for module in found)
    print(
        f"coq: {len(modules)} files, {count} theorems, {len(used)} axioms (of the standard "
        f"four), {len(controls())} altered sources judged as they must be"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
