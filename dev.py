"""Set up, run and check Likeness from a checkout: `python3 dev.py COMMAND [ARGUMENTS]`.

    setup       make .venv with the pinned packages and Likeness itself; nothing to do when it is up to date
    demo        restore the sample and say what came of it (arguments go to `likeness demo`)
    test        run the tests on every core; with arguments (they go to pytest) on one: --long adds the slow ones,
                -m gpu runs those that need CUDA
    bench       measure speed against other restorers, and the whole pipeline (--json FILE, --quick)
    check       format, lint, types, layers and the list of licences
    ofx         build the OpenFX plug-in for every system into dist/ofx/ (--native: for this one only)
    build       make what is installed, in dist/: application, packages, signed archives (--help says more)
    screenshots  every view of the window, from the real thing, into docs/screenshots/
    translate   take new texts of the window into its translations, and build those (edit the .ts files between)
    lock        resolve pyproject.toml into requirements/ (arguments go to uv: --upgrade, --upgrade-package NAME)
    licences    write LICENSES.md from the installed packages and requirements/why.toml

Standard library only and no shell, so that it runs alike on Linux, macOS and Windows before anything is installed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - this file is what a user's old Python runs first
    sys.exit("dev.py needs Python 3.11 or newer; this is {}.{}.".format(*sys.version_info[:2]))

import tomllib

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "likeness-setup.txt"
PYPROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "requirements" / "lock.txt"
CUDA_LOCK = ROOT / "requirements" / "cuda.txt"
WHY = ROOT / "requirements" / "why.toml"
LICENCES = ROOT / "LICENSES.md"
TRANSLATIONS = ROOT / "gui" / "likeness_gui" / "translations"

# A file's tests share what is dear to make, so a file goes to one process; more than four would want much memory.
ON_EVERY_CORE = ("-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile")

# Needed before the rest: what builds the two packages that have no wheel (one of them is ours), and torch.
FIRST = ("editables", "hatchling", "setuptools", "torch")
# What the lock holds of pyproject.toml beside `dependencies`; the other extras are for users who ask for them.
LOCKED_EXTRAS = ("aaf", "blind", "evaluate", "farm", "gui", "insightface", "latent")
LOCKED_GROUPS = ("dev", "landmarks")
# Packages that only the CUDA build of torch asks for. Kept apart so that a CPU build does not install gigabytes.
CUDA_PACKAGE = re.compile(r"(nvidia|cuda|triton)\b")


class DevError(Exception):
    """Something that the developer has to mend; one line."""


@dataclass(frozen=True)
class Pin:
    """One line of a lock file."""

    name: str  # normalised as PEP 503 has it
    version: str
    parents: tuple[str, ...]  # the packages that ask for it; ours is "likeness"


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    commands: dict[str, Callable[[list[str]], int]] = {
        "setup": lambda rest: 0 if set_up() else 1,
        "demo": lambda rest: call(set_up(), "-m", "likeness_core", "demo", *rest),
        "test": lambda rest: call(set_up(), "-m", "pytest", *(rest or ON_EVERY_CORE)),
        "bench": lambda rest: call(set_up(), "-m", "tests.bench", *rest),
        "check": lambda rest: check(set_up()),
        "translate": lambda rest: translate(set_up()),
        "screenshots": lambda rest: call(set_up(), "-m", "tests.gui.screenshots", *rest),
        "build": lambda rest: call(set_up(), "installer/build.py", *rest),
        "ofx": lambda rest: call(set_up(), "plugin/ofx/build.py", *rest),
        "lock": lambda rest: lock(set_up(), rest),
        "licences": lambda rest: write_licences(set_up()),
    }
    if not arguments or arguments[0] not in commands:
        print(__doc__)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    try:
        if arguments[0] in ("setup", "check", "licences") and arguments[1:]:
            raise DevError(f"{arguments[0]} takes no arguments, but got: {' '.join(arguments[1:])}")
        return commands[arguments[0]](arguments[1:])
    except DevError as error:
        print(f"dev.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def call(program: Path, *arguments: str) -> int:
    """Run a program at the repository root and return its exit status."""
    return subprocess.run([program, *arguments], cwd=ROOT, check=False).returncode


# --- the environment


def set_up() -> Path:
    """Make .venv match the lock; return its Python. Fast where the stamp says that nothing changed."""
    python = venv_program("python")
    inputs = (LOCK, CUDA_LOCK, PYPROJECT)
    fingerprint = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    if python.is_file() and STAMP.is_file() and STAMP.read_text() == fingerprint:
        return python
    if not python.is_file():
        print("Making .venv ...", flush=True)
        if subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False).returncode:
            raise DevError("no virtual environment could be made (Debian and Ubuntu: install python3-venv)")
    print("Installing the pinned packages into .venv; the first time takes minutes ...", flush=True)
    STAMP.unlink(missing_ok=True)
    # With dependencies, so that a CUDA build of torch gets its CUDA packages; all at the locked versions.
    install(python, "--constraint", str(LOCK), "--constraint", str(CUDA_LOCK), *FIRST)
    # Without: the lock is complete, and some packages ask for others that must not be here (see pyproject.toml).
    # No isolated builds: those would fetch unpinned build tools.
    install(python, "--no-deps", "--no-build-isolation", "--use-pep517", "--requirement", str(LOCK))
    install(python, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    STAMP.write_text(fingerprint)
    return python


def install(python: Path, *arguments: str) -> None:
    """Call pip, quietly where nobody watches."""
    quiet = () if sys.stdout.isatty() else ("--quiet",)
    if call(python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", *quiet, *arguments):
        raise DevError("pip could not install the packages: see above (is there a network and some GB of disk?)")


def venv_program(name: str) -> Path:
    """The path of a program of .venv, whatever the platform calls its folder."""
    folder = "Scripts" if os.name == "nt" else "bin"
    return VENV / folder / (f"{name}.exe" if os.name == "nt" else name)


# --- the checks


def check(python: Path) -> int:
    """Run every check, even after one failed, and name those that did."""
    steps: dict[str, Callable[[], int]] = {
        "format (mend with: ruff format)": lambda: call(python, "-m", "ruff", "format", "--check", "--quiet"),
        "lint": lambda: call(python, "-m", "ruff", "check", "--quiet"),
        "types": lambda: call(python, "-m", "mypy"),
        "layers": lambda: call(venv_program("lint-imports"), "--no-logo"),
        "licences": check_licences,
    }
    failed = []
    for name, run in steps.items():
        print(f"== {name}", flush=True)
        if run():
            failed.append(name)
    print(f"check: {', '.join(failed)} failed" if failed else "check: all is well", flush=True)
    return 1 if failed else 0


# --- the translations


def translate(python: Path) -> int:
    """Update the .ts files from the source, and make .qm files of them. English has only its plurals."""
    sources = [str(path) for path in sorted((ROOT / "gui" / "likeness_gui").rglob("*.py"))]
    options = ["-no-obsolete", "-locations", "none", "-source-language", "en", "-silent"]
    status = 0
    for language, more in (("de", []), ("en", ["-pluralonly"])):
        texts = str(TRANSLATIONS / f"likeness_{language}.ts")
        status |= call(venv_program("pyside6-lupdate"), *sources, *options, *more, "-ts", texts)
        status |= call(venv_program("pyside6-lrelease"), "-silent", texts)
    return status


# --- the lock


def lock(python: Path, arguments: list[str]) -> int:
    """Resolve for every platform at once; versions already locked stay unless the arguments ask for newer ones."""
    extras = [word for extra in LOCKED_EXTRAS for word in ("--extra", extra)]
    groups = [word for group in LOCKED_GROUPS for word in ("--group", group)]
    options = ["--universal", "--fork-strategy=fewest", "--python-version=3.11", "--annotation-style=line"]
    with tempfile.TemporaryDirectory() as folder:
        resolved = Path(folder) / "resolved.txt"
        resolved.write_text("".join(path.read_text() for path in (LOCK, CUDA_LOCK) if path.is_file()))
        compile_command = ("pip", "compile", str(PYPROJECT), "--quiet", "--no-header", "--output-file", str(resolved))
        if call(python, "-m", "uv", *compile_command, *options, *extras, *groups, *arguments):
            raise DevError("uv could not resolve the dependencies: see above")
        lines = [line for line in resolved.read_text().splitlines(keepends=True) if "== 'emscripten'" not in line]
    write_text(LOCK, "".join(line for line in lines if not CUDA_PACKAGE.match(line)))
    write_text(CUDA_LOCK, "".join(line for line in lines if CUDA_PACKAGE.match(line)))
    print("requirements/ is written; `python3 dev.py licences` next.")
    return 0


def read_lock(path: Path) -> list[Pin]:
    """The pins of a lock file, in its order."""
    line_form = re.compile(r"(?P<name>\S+)==(?P<version>\S+).*# via (?P<parents>.+)")
    pins = []
    for line in path.read_text().splitlines():
        found = line_form.fullmatch(line)
        if found is None:
            raise DevError(f"{path.name} has a line that pins nothing: {line}")
        parents = tuple(re.findall(r"(?:^|, )(\w[\w.-]*)", found["parents"]))
        pins.append(Pin(normalise(found["name"]), found["version"], parents))
    return pins


def normalise(name: str) -> str:
    """A package's name without what a requirement may append, as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", name, maxsplit=1)[0]).lower()


def write_text(path: Path, text: str) -> None:
    """Write with the same line ends on every platform."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


# --- the licences


def write_licences(python: Path) -> int:
    """Write LICENSES.md."""
    write_text(LICENCES, licences_text())
    return 0


def check_licences() -> int:
    """Fail where LICENSES.md is not what `dev.py licences` would write."""
    if LICENCES.is_file() and LICENCES.read_text(encoding="utf-8") == licences_text():
        return 0
    print("LICENSES.md is out of date: run `python3 dev.py licences`")
    return 1


def licences_text() -> str:
    """The whole of LICENSES.md."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
    notes = tomllib.loads(WHY.read_text(encoding="utf-8"))
    pins = read_lock(LOCK)
    groups, extras = project["dependency-groups"], project["project"]["optional-dependencies"]
    at_run_time = closure(pins, project["project"]["dependencies"] + groups["landmarks"])
    opt_in = closure(pins, [name for extra in LOCKED_EXTRAS for name in extras[extra]]) - at_run_time
    unlocked = sorted(normalise(name) for extra in extras.keys() - set(LOCKED_EXTRAS) for name in extras[extra])
    sections = (
        ("At run time", [pin for pin in pins if pin.name in at_run_time]),
        ("Evaluation and opt-in backends", [pin for pin in pins if pin.name in opt_in]),
        ("Development", [pin for pin in pins if pin.name not in at_run_time | opt_in]),
        ("What the CUDA build of torch brings on Linux", read_lock(CUDA_LOCK)),
        ("Extras that a user may ask for", [Pin(name, "not pinned", ("likeness",)) for name in unlocked]),
    )
    installed = installed_licences()
    lines = [notes["introduction"].strip(), ""]
    for title, members in sections:
        lines += [f"## {title}", "", "| package | version | licence | why |", "|---|---|---|---|"]
        lines += [licence_row(pin, notes, installed) for pin in members]
        lines.append("")
    return "\n".join([*lines, notes["weights"].strip(), ""])


def closure(pins: list[Pin], requirements: list[str]) -> set[str]:
    """The names of the required packages and of everything that they need."""
    reached = {normalise(requirement) for requirement in requirements}
    while True:
        more = {pin.name for pin in pins if reached.intersection(map(normalise, pin.parents))} - reached
        if not more:
            return reached
        reached |= more


def licence_row(pin: Pin, notes: dict[str, dict[str, dict[str, str]]], installed: dict[str, str]) -> str:
    """One row of a table; what why.toml says of a licence goes before what the package's metadata says."""
    note = notes["packages"].get(pin.name, {})
    licence = note.get("licence") or installed.get(pin.name)
    why = note.get("why") or "needed by " + ", ".join(pin.parents)
    if not licence:
        raise DevError(f"the licence of {pin.name} is not in its metadata: say it in {WHY.name}")
    if "likeness" in pin.parents and "why" not in note:
        raise DevError(f"{pin.name} is a direct dependency: say in {WHY.name} why")
    return f"| {pin.name} | {pin.version} | {licence} | {why} |"


def installed_licences() -> dict[str, str]:
    """The licence of every package of .venv whose metadata tells it, by normalised name."""
    site_packages = sysconfig.get_path("purelib", vars={"base": str(VENV)})
    licences = {}
    for distribution in importlib.metadata.distributions(path=[site_packages]):
        fields = distribution.metadata.json
        field = str(fields.get("license", "")).strip()
        short_field = field if "\n" not in field and len(field) <= 60 else ""  # some paste the whole licence there
        classifiers = [line for line in fields.get("classifier", []) if line.startswith("License ::")]
        named = ", ".join(line.split(" :: ")[-1] for line in classifiers)
        licence = str(fields.get("license_expression", "")) or short_field or named
        if licence:
            licences[normalise(str(fields["name"]))] = licence
    return licences


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
