"""Measures how long the window's thread leaves events waiting, and how much of that is the machine's doing."""

import subprocess
import sys
import time

from PySide6.QtCore import QTimer

BEAT_MS = 2
# Sleeps like the heart does, and prints its longest oversleep when its input is closed: what the machine alone costs.
MACHINE = f"""
import select, sys, time
longest, last = 0.0, time.perf_counter()
while not select.select([sys.stdin], [], [], {BEAT_MS / 1000})[0]:
    now = time.perf_counter()
    longest, last = max(longest, now - last), now
print(longest * 1000)
"""


class Heartbeat:
    """Beats on the window's thread until it is stopped."""

    def __init__(self) -> None:
        self.longest_ms = 0.0  # between two beats
        self.worked_ms = 0.0  # the most that the thread computed between two beats
        self.machine_ms = 0.0  # the longest that a process of its own was kept waiting meanwhile
        self._machine = subprocess.Popen(
            [sys.executable, "-c", MACHINE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._last, self._last_worked = time.perf_counter(), time.thread_time()
        self._timer = QTimer(interval=BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def stop(self) -> None:
        """No more beats; the figures stand."""
        self._timer.stop()
        said, _ = self._machine.communicate("")
        self.machine_ms = float(said)

    def _beat(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self.longest_ms = max(self.longest_ms, (now - self._last) * 1000)
        self.worked_ms = max(self.worked_ms, (worked - self._last_worked) * 1000)
        self._last, self._last_worked = now, worked
