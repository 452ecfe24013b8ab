"""Memory does not grow with the length of the range: frames stream."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.core.openpeople_footage import portrait, put, room
from tests.core.restoring import environment, film, photograph

SHORT, LONG = 240, 1200
SIZE = (1920, 1080)


@cache
def picture(number: int) -> npt.NDArray[np.uint8]:
    return put(room(*SIZE), portrait(1, 1024), 480 + 3.0 * number, 60 + number, 960)


def loop(number: int) -> npt.NDArray[np.uint8]:
    """Twelve pictures, forth and back."""
    return picture(abs((number + 12) % 24 - 12))


@pytest.mark.long
@pytest.mark.timeout(3 * 3600)
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the peak of another process cannot be asked for here")
@pytest.mark.parametrize("format", ["h264"])
def test_peak_memory_is_that_of_a_short_range(tiny_pack: Path, tmp_path: Path, format: str) -> None:
    source = film(tmp_path / "reel.mp4", loop, LONG, options={"crf": "18", "preset": "ultrafast"})
    photo = photograph(tmp_path / "anna.jpg")
    peaks_kb = {}
    for frames in (SHORT, LONG):
        command = [
            sys.executable, "-m", "likeness_core", "restore", str(source), "--reference", str(photo), "--no-fading",
            "--pack", str(tiny_pack), "--threads", "1", "--range", f"0:{frames}", "--format", format,
            "-o", str(tmp_path / str(frames)),
        ]  # fmt: skip
        process = subprocess.Popen(command, env=environment(tmp_path / "cache"), stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        peaks_kb[frames] = usage.ru_maxrss
    print(peaks_kb, f"{peaks_kb[LONG] / peaks_kb[SHORT] - 1:+.2%}")
    assert peaks_kb[LONG] < peaks_kb[SHORT] * 1.05, peaks_kb
