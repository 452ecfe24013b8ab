"""One window a user: a second one would write over the first one's unnamed project."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("PySide6")
ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="places data by XDG_DATA_HOME")


def open_window(folder: Path) -> "subprocess.Popen[str]":
    environment = os.environ | {
        "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config"),
        "QT_QPA_PLATFORM": "offscreen",
        "LIKENESS_CACHE": str(folder / "cache"),
        "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("core", "gui", "plugin")),
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-m", "likeness_gui"], env=environment, stderr=subprocess.PIPE, text=True)


def wait_for(lock: Path, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while not (lock.exists() and lock.read_text().startswith(f"{process.pid}\n")):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_second_window_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    lock = tmp_path / "data" / "likeness" / "window.lock"
    first = open_window(tmp_path)
    try:
        wait_for(lock, first)
        second = open_window(tmp_path)
        said = second.communicate(timeout=60)[1]
        assert second.returncode == 4 and "Likeness is open already" in said
        assert first.poll() is None
    finally:
        first.send_signal(signal.SIGKILL)  # its lock file stays
        first.communicate()
    assert lock.exists()
    third = open_window(tmp_path)
    try:
        wait_for(lock, third)
    finally:
        third.kill()
        third.communicate()
