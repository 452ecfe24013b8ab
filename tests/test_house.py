"""The repository itself: its size, its cleanliness, its pins, its licences, its layers."""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dev

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("core", "gui", "plugin")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK_FILES = (ROOT / "requirements" / "lock.txt", ROOT / "requirements" / "cuda.txt")
RUN_TIME = [Requirement(text) for text in PROJECT["project"]["dependencies"]]


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every file that git tracks and that is still there."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listing.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_the_tracked_tree_is_small_enough_to_travel(tracked: list[Path]) -> None:
    assert sum(path.stat().st_size for path in tracked) < 48 * 2**20


def test_no_text_names_a_machine_or_a_registry(tracked: list[Path]) -> None:
    # Written so that this file does not hold what it looks for.
    forbidden = re.compile(
        "|".join((r"/wor[k]/", r"/roo[t]/", r"/hom[e]/\w", r"pyp[i]\.", r"index-ur[l]", r"find-link[s]"))
    )
    found = []
    for path in tracked:
        content = path.read_bytes()
        if b"\0" in content:
            continue
        lines = content.decode("utf-8").splitlines()
        found += [f"{path.relative_to(ROOT)}:{n}: {line}" for n, line in enumerate(lines, 1) if forbidden.search(line)]
    assert found == []


def test_the_licence_is_there_and_is_the_one_declared() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert "Apache License" in text and "Version 2.0, January 2004" in text and "END OF TERMS AND CONDITIONS" in text


def test_every_command_of_the_readme_exists() -> None:
    commands = set(re.findall(r"python3 dev\.py (\w+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    described = set(re.findall(r"^    (\w+)  ", (ROOT / "dev.py").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert {"demo", "test", "setup", "check"} <= commands
    assert commands <= described
    for command in described:
        assert f'"{command}": ' in (ROOT / "dev.py").read_text(encoding="utf-8")


def test_an_unknown_command_prints_the_help_and_fails() -> None:
    result = subprocess.run([sys.executable, ROOT / "dev.py", "tset"], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "python3 dev.py COMMAND" in result.stdout


def test_an_argument_that_would_be_ignored_is_refused() -> None:
    command = [sys.executable, ROOT / "dev.py", "check", "--fast"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.strip() == "dev.py: check takes no arguments, but got: --fast"


def test_an_old_python_is_told_what_is_needed() -> None:
    source = (ROOT / "dev.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))  # an older Python must get as far as the message
    script = (
        "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); runpy.run_path('dev.py', run_name='__main__')"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.strip() == "dev.py needs Python 3.11 or newer; this is 3.9."


def test_a_lock_line_that_pins_nothing_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("numpy==2.0 ; sys_platform == 'linux'  # via likeness (pyproject.toml), scipy, -c (workspace)\n")
    assert dev.read_lock(lock) == [dev.Pin("numpy", "2.0", ("likeness", "scipy"))]
    lock.write_text("numpy>=2.0  # via scipy\n")
    with pytest.raises(dev.DevError, match="pins nothing"):
        dev.read_lock(lock)


def test_what_packages_need_is_followed_to_the_end() -> None:
    pins = [
        dev.Pin("torch", "1", ("likeness",)),
        dev.Pin("mpmath", "1", ("sympy",)),
        dev.Pin("sympy", "1", ("torch",)),
        dev.Pin("ruff", "1", ("likeness",)),
    ]
    assert dev.closure(pins, ["torch>=2"]) == {"torch", "sympy", "mpmath"}


@pytest.mark.parametrize("path", LOCK_FILES, ids=lambda path: path.name)
def test_the_lock_pins_one_exact_version_of_everything(path: Path) -> None:
    names = []
    for line in path.read_text(encoding="utf-8").splitlines():
        requirement = Requirement(line.split("  #")[0].strip())
        (specifier,) = requirement.specifier
        assert specifier.operator == "==" and "*" not in specifier.version, line
        assert requirement.url is None and "+" not in specifier.version, line
        names.append(canonicalize_name(requirement.name))
    assert len(names) == len(set(names))


def locked_versions() -> dict[str, str]:
    lines = [line for path in LOCK_FILES for line in path.read_text(encoding="utf-8").splitlines()]
    pins = [Requirement(line.split("  #")[0].strip()) for line in lines]
    return {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pins}


def test_the_lock_has_what_the_project_asks_for() -> None:
    extras, groups = PROJECT["project"]["optional-dependencies"], PROJECT["dependency-groups"]
    asked = extras["evaluate"] + extras["insightface"] + groups["dev"] + groups["landmarks"]
    versions = locked_versions()
    for requirement in [*RUN_TIME, *map(Requirement, asked)]:
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), str(requirement)


def test_there_is_one_opencv_and_torch_is_the_agreed_one() -> None:
    versions = locked_versions()
    assert [name for name in versions if name.startswith("opencv")] == ["opencv-python-headless"]
    assert "tensorflow" not in versions
    assert versions["torch"] == "2.13.0"


def test_what_the_packages_import_is_declared() -> None:
    extras = [text for texts in PROJECT["project"]["optional-dependencies"].values() for text in texts]
    declared = {canonicalize_name(need.name) for need in [*RUN_TIME, *map(Requirement, extras)]} | {"likeness"}
    providers = importlib.metadata.packages_distributions()
    undeclared = []
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for module in imported_modules(path):
            names = {canonicalize_name(name) for name in providers.get(module, ())}
            if names and not names & declared:
                undeclared.append(f"{path.relative_to(ROOT)} imports {module} of {', '.join(names)}")
    assert undeclared == []


def imported_modules(path: Path) -> set[str]:
    """The top-level names of everything that a file imports, inside functions too."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    of = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.split(".")[0] for name in plain | of}


def needed_at_run_time() -> set[str]:
    """What the installed packages say they need, followed to the end; pyproject.toml corrects what some of them say."""
    corrected = {
        canonicalize_name(package["name"]): package["requires-dist"]
        for package in PROJECT["tool"]["uv"]["dependency-metadata"]
    }
    reached: set[str] = set()
    waiting = [requirement.name for requirement in RUN_TIME]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in reached:
            continue
        reached.add(name)
        requirements = map(
            Requirement, corrected[name] if name in corrected else importlib.metadata.requires(name) or []
        )
        waiting += [need.name for need in requirements if need.marker is None or need.marker.evaluate({"extra": ""})]
    return reached


def test_every_installed_run_time_dependency_has_its_licence_listed() -> None:
    rows = dict(re.findall(r"^\| (\S+) \| \S+ \| (.+?) \|", (ROOT / "LICENSES.md").read_text("utf-8"), re.MULTILINE))
    cuda_only = {name for name in needed_at_run_time() if name.startswith(("nvidia-", "cuda-", "triton"))}
    for name in needed_at_run_time() - cuda_only:
        assert rows.get(name, "").strip() not in ("", "UNKNOWN"), name


def test_the_vocabulary_is_light() -> None:
    heavy = ("av", "cv2", "numpy", "onnxruntime", "OpenEXR", "OpenImageIO", "PySide6", "torch")
    script = (
        "import sys, likeness_core.api, likeness_core.errors, likeness_core.timing\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


# --- which tests run

MARKED_TESTS = """
import pytest

def test_plain(): pass

@pytest.mark.long
def test_slow(): pass

@pytest.mark.gpu
def test_cuda(): pass

def test_data(shared): pass
"""


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        ((), {"plain": "PASSED", "data": "SKIPPED"}),
        (("--long",), {"plain": "PASSED", "slow": "PASSED", "data": "SKIPPED"}),
        (("-m", "long"), {"slow": "PASSED"}),
    ],
)
def test_slow_and_gpu_tests_run_only_when_asked_for(
    arguments: tuple[str, ...], outcome: dict[str, str], tmp_path: Path
) -> None:
    tests = tmp_path / "checkout" / "tests"
    tests.mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "conftest.py", tests)
    shutil.copy(ROOT / "pyproject.toml", tests.parent)
    (tests / "test_marked.py").write_text(MARKED_TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *arguments]
    output = subprocess.run(command, cwd=tests.parent, capture_output=True, text=True, check=False).stdout
    assert dict(re.findall(r"::test_(\w+) (PASSED|SKIPPED|FAILED|ERROR)", output)) == outcome, output


# --- the layers: each contract must notice its own violation

VIOLATIONS = [
    ("direction", "core/likeness_core/intruder.py", "import likeness_plugin"),
    ("direction", "plugin/likeness_plugin/intruder.py", "import likeness_gui"),
    ("qt", "core/likeness_core/intruder.py", "from PySide6 import QtCore"),
    ("qt", "plugin/likeness_plugin/intruder.py", "def late():\n    import PySide6.QtWidgets"),
    ("torch", "gui/likeness_gui/intruder.py", "import torch"),
    ("torch", "plugin/likeness_plugin/intruder.py", "import likeness_core.through\n"),
    ("light", "core/likeness_core/api.py", "import numpy"),
    ("light", "core/likeness_core/errors.py", "import likeness_core.through"),
    ("light", "core/likeness_core/timing.py", "import av"),
    ("light-package", "core/likeness_core/__init__.py", "import likeness_core.through"),
    ("pyav", "core/likeness_core/intruder.py", "import av"),
    ("pyav", "core/likeness_core/restorer/intruder.py", "from av.container import open"),
    ("training", "core/likeness_core/intruder.py", "import likeness_core.training"),
    ("training", "core/likeness_core/restorer/intruder.py", "from likeness_core.training import export"),
]


def lint_layers(folder: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """Check one contract on the copy of the packages in a folder, not on the installed ones."""
    pytest.importorskip("importlinter")
    paths = os.pathsep.join(str(folder / package) for package in PACKAGES)
    call = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    command = [sys.executable, "-c", call, "--no-logo", "--no-cache", "--contract", contract]
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def copy_packages(folder: Path) -> None:
    """The packages and the contracts, without anything built or downloaded."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)


@pytest.mark.parametrize(("contract", "file", "line"), VIOLATIONS)
def test_the_layers_bite(contract: str, file: str, line: str, tmp_path: Path) -> None:
    copy_packages(tmp_path)
    assert lint_layers(tmp_path, contract).returncode == 0, "broken before anything was planted"
    (tmp_path / "core/likeness_core/through.py").write_text("import torch\n", encoding="utf-8")
    target = tmp_path / file
    before = target.read_text(encoding="utf-8") if target.exists() else ""
    target.write_text(f"{before}\n{line}\n", encoding="utf-8")
    result = lint_layers(tmp_path, contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 broken" in result.stdout


def test_every_contract_is_tried() -> None:
    contracts = {contract["id"] for contract in PROJECT["tool"]["importlinter"]["contracts"]}
    assert contracts == {contract for contract, _, _ in VIOLATIONS}


def test_media_and_training_may_do_what_others_may_not(tmp_path: Path) -> None:
    copy_packages(tmp_path)
    additions = (("media/__init__.py", "import av"), ("training/another.py", "import likeness_core.training.export"))
    for file, line in additions:
        with (tmp_path / "core/likeness_core" / file).open("a", encoding="utf-8") as stream:
            stream.write(f"\n{line}\n")
    assert lint_layers(tmp_path, "pyav").returncode == 0
    assert lint_layers(tmp_path, "training").returncode == 0
