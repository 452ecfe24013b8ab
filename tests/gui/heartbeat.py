"""Measures how long the window's thread leaves events waiting, and how much of that is the machine's doing.

A loaded machine keeps a thread waiting for a processor for hundreds of milliseconds. Linux counts that time for each
thread. A beat in which any thread of this process waited so (the window's own, or one that reads pictures and has
Python's lock meanwhile) counts by what the window's thread computed. On a quiet machine every beat counts by the clock.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QTimer

BEAT_MS = 2
DISTURBED_MS = 3.0
_THREADS = Path("/proc/self/task")  # in each folder `schedstat`: ns run, ns waited for a processor, slices


class Heartbeat:
    """Beats on the window's thread until it is stopped."""

    def __init__(self) -> None:
        self.longest_ms = 0.0  # between two beats, by the clock
        self.own_ms = 0.0  # the same, but by what was computed where another process had the processor
        self.worked_ms = 0.0  # the most that the thread computed between two beats
        self._beats_ms: list[float] = []
        self._last = self._now()
        self._timer = QTimer(interval=BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def stop(self) -> None:
        """No more beats; the figures stand."""
        self._timer.stop()

    def percentile(self, share: float) -> float:
        """So many of the beats were no further apart, in ms by the clock."""
        return sorted(self._beats_ms)[int(share * (len(self._beats_ms) - 1))]

    @staticmethod
    def _now() -> tuple[float, float, float]:
        return time.perf_counter() * 1000, time.thread_time() * 1000, _waited_ms()

    def _beat(self) -> None:
        now = self._now()
        clock, worked, waited = (one - other for one, other in zip(now, self._last, strict=True))
        self._beats_ms.append(clock)
        self.longest_ms = max(self.longest_ms, clock)
        self.own_ms = max(self.own_ms, worked if waited > DISTURBED_MS else clock)
        self.worked_ms = max(self.worked_ms, worked)
        self._last = now


def is_busy() -> bool:
    """Whether more wants to run on this machine than it has processors."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1)


def _waited_ms() -> float:
    """What all threads of this process have waited for a processor so far."""
    waited_ns = 0
    for thread in _THREADS.iterdir() if _THREADS.is_dir() else ():
        with suppress(OSError):  # it has ended meanwhile
            waited_ns += int((thread / "schedstat").read_text().split()[1])
    return waited_ns / 1e6
