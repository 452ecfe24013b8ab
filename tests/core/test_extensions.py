"""Commands that other layers add: found when they are asked for, and not imported when they are not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = """
import sys
print("imported", file=sys.stderr)

def add_parser(commands):
    parser = commands.add_parser("colour", help="a command of another package")
    parser.add_argument("--depth", type=int, default=0)
    parser.set_defaults(run=run)

def run(given):
    print("depth", given.depth)
    return given.depth
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder for the import path, with an installed distribution in it that adds the command `colour`."""
    (tmp_path / "colour_command.py").write_text(COMMAND, encoding="utf-8")
    metadata = tmp_path / "colour-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: colour\nVersion: 1.0\n", encoding="utf-8")
    entry = "[likeness.commands]\ncolour = colour_command:add_parser\n"
    (metadata / "entry_points.txt").write_text(entry, encoding="utf-8")
    return tmp_path


def likeness(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "likeness_core", *arguments]
    return subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_command_of_another_package_runs_with_its_options_and_its_exit_status(package: Path) -> None:
    done = likeness(package, "colour", "--depth", "3")
    assert (done.returncode, done.stdout) == (3, "depth 3\n")


def test_the_help_lists_it(package: Path) -> None:
    assert "a command of another package" in likeness(package, "--help").stdout


def test_a_misspelt_command_is_told_that_it_exists(package: Path) -> None:
    done = likeness(package, "color")
    assert done.returncode == 2 and "colour" in done.stderr


def test_it_is_not_imported_for_commands_of_our_own(package: Path) -> None:
    done = likeness(package, "restore", "--help")
    assert (done.returncode, done.stderr) == (0, "")
