"""Measures how long the window's thread leaves events waiting, and how much of that is the machine's doing.

A loaded machine keeps a thread waiting for a processor for hundreds of milliseconds; Linux counts that time for each
thread, and it is taken off.
"""

import time
from pathlib import Path

from PySide6.QtCore import QTimer

BEAT_MS = 2
_WAITED = Path("/proc/thread-self/schedstat")  # ns run, ns waited for a processor, slices


class Heartbeat:
    """Beats on the window's thread until it is stopped."""

    def __init__(self) -> None:
        self.longest_ms = 0.0  # between two beats, by the clock
        self.own_ms = 0.0  # the same without what the thread waited for a processor
        self.worked_ms = 0.0  # the most that the thread computed between two beats
        self._last = self._now()
        self._timer = QTimer(interval=BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def stop(self) -> None:
        """No more beats; the figures stand."""
        self._timer.stop()

    @staticmethod
    def _now() -> tuple[float, float, float]:
        waited_ns = int(_WAITED.read_text().split()[1]) if _WAITED.exists() else 0
        return time.perf_counter() * 1000, time.thread_time() * 1000, waited_ns / 1e6

    def _beat(self) -> None:
        now = self._now()
        clock, worked, waited = (one - other for one, other in zip(now, self._last, strict=True))
        self.longest_ms = max(self.longest_ms, clock)
        self.own_ms = max(self.own_ms, clock - waited)
        self.worked_ms = max(self.worked_ms, worked)
        self._last = now
