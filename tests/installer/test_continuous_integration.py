"""What continuous integration runs always, and what only on request: with a Python that notes its calls."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".ci" / "run"
pytestmark = pytest.mark.skipif(sys.platform == "win32" or not shutil.which("git"), reason="needs a shell and git")
ALWAYS = ["dev.py check", "dev.py test"]
ON_REQUEST = ["dev.py build", "dev.py test --long tests/installer"]


def called(folder: Path, message: str, **variables: str) -> list[str]:
    """The commands that the script gives to Python, in a repository whose newest commit has this message."""
    tools = folder / "tools"
    tools.mkdir()
    for name, text in {"python3": f'echo "$*" >> "{folder}/calls"', "apt-get": "true", "makensis": "true"}.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    copy = folder / "repository" / ".ci" / "run"
    copy.parent.mkdir(parents=True)
    shutil.copy(SCRIPT, copy)
    who = ["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", ".ci/run"], [*who, "commit", "-q", "-m", message]):
        subprocess.run(["git", *words], cwd=copy.parents[1], check=True)
    environment = {name: value for name, value in os.environ.items() if name != "LIKENESS_CI_BUILD"}
    environment |= {"PATH": f"{tools}:{os.environ['PATH']}"} | variables
    subprocess.run(["bash", copy], env=environment, check=True, capture_output=True)
    return (folder / "calls").read_text().splitlines()


def test_the_long_build_is_left_out(tmp_path: Path) -> None:
    assert called(tmp_path, "Change something\n\nNo CI-Build: yes is meant here.\n\nThe end.") == ALWAYS


def test_a_commit_can_ask_for_it(tmp_path: Path) -> None:
    assert called(tmp_path, "Change the recipe\n\nWhy it was changed.\n\nCI-Build: yes") == ALWAYS + ON_REQUEST


def test_a_variable_can_ask_for_it_or_forbid_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert called(tmp_path / "a", "Change something", LIKENESS_CI_BUILD="yes") == ALWAYS + ON_REQUEST
    assert called(tmp_path / "b", "Change\n\nCI-Build: yes", LIKENESS_CI_BUILD="no") == ALWAYS
