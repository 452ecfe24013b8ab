"""The same flow in a real window, on a screen that exists in memory (Xvfb)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
def test_the_flow_on_a_real_screen() -> None:
    """Long, because it is `test_flow` once more."""
    run = shutil.which("xvfb-run")
    if run is None:
        pytest.skip("no Xvfb")
    tests = ("tests/gui/test_flow.py::test_from_footage_to_result", "tests/gui/test_accessibility.py")
    screen = [run, "-a", "-s", "-screen 0 1600x1000x24"]
    command = [*screen, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"QT_QPA_PLATFORM": "xcb"}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if "could not load the Qt platform plugin" in (result.stdout + result.stderr).lower():
        pytest.skip("Qt lacks a library of X11 here (Debian: libxcb-cursor0)")
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-2000:]
