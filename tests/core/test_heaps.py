"""Threads share few heaps; glibc alone is asked how many there are."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.restoring import environment

_PROGRAM = """
import ctypes, sys, threading
from likeness_core import heaps
if sys.argv[1] == "shared":
    heaps.share()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
together = threading.Barrier(8)
def work():
    together.wait()
    for _ in range(1000):
        libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
heaps.trim()
libc.fopen.restype = ctypes.c_void_p
report = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, report)
libc.fclose(report)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives each thread a heap")
@pytest.mark.parametrize(("how", "at_most"), [("shared", 2), ("plain", 99)])
def test_threads_share_two_heaps(tmp_path: Path, how: str, at_most: int) -> None:
    report = tmp_path / "report.xml"
    command = [sys.executable, "-c", _PROGRAM, how, str(report)]
    plain = {name: value for name, value in environment(tmp_path).items() if name != "MALLOC_ARENA_MAX"}
    subprocess.run(command, env=plain, check=True)
    heaps = report.read_text().count("<heap nr=")
    assert heaps <= at_most
    assert how == "shared" or heaps > 2  # else this test could not fail
