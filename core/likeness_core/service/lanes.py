"""Lanes: threads that carry out requests, urgent ones first.

Long work is a generator. A lane that is at long work looks up at each of its yields: something more urgent is carried
out first, from beginning to end, and what was cancelled is closed there. Nothing is ever interrupted between yields.
"""

import heapq
import itertools
import sys
import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from likeness_core.api import Progress
from likeness_core.errors import LikenessError

# What carries a request out: answers at once, or yields reports and returns the answer.
Work = Callable[[], Any]


@dataclass(frozen=True, slots=True, order=True)
class Task:
    """A request on its way. Exactly one of `answer` and `fail` is called."""

    urgency: int  # 0 is the most urgent
    number: int  # unique in its lane; tasks of one urgency go in the order of their numbers
    work: Work = field(compare=False)
    report: Callable[[Progress], None] = field(compare=False)
    answer: Callable[[Any], None] = field(compare=False)
    fail: Callable[[LikenessError | None], None] = field(compare=False)  # None: it was cancelled
    cancelled: threading.Event = field(compare=False, default_factory=threading.Event)


class Lane:
    """One thread and what waits for it."""

    def __init__(self, name: str) -> None:
        self._tasks: list[Task] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._numbers = itertools.count()
        self._thread = threading.Thread(target=self._run, name=f"lane {name}", daemon=True)

    def add(self, task: Task) -> None:
        """Carry a task out when its turn comes."""
        with self._changed:
            heapq.heappush(self._tasks, task)
            if not self._thread.is_alive() and not self._stopping:
                self._thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """Take nothing new; work that is under way is closed at its next yield."""
        with self._changed:
            self._stopping = True
            waiting, self._tasks = self._tasks, []
            self._changed.notify()
        for task in waiting:
            task.fail(None)

    def withdraw(self, task: Task) -> bool:
        """Take back a task that waits; False where it does not wait any more."""
        with self._changed:
            if task not in self._tasks:
                return False
            self._tasks.remove(task)
            heapq.heapify(self._tasks)
            return True

    def join(self, timeout_s: float) -> bool:
        """Wait until the thread has ended; False where it has not after `timeout_s`."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._tasks or self._stopping)
                if self._stopping:
                    return
                task = heapq.heappop(self._tasks)
            self._carry_out(task)

    def _carry_out(self, task: Task) -> None:
        result: Any = None
        error: LikenessError | None = None
        try:
            if not task.cancelled.is_set():
                result = task.work()
            if isinstance(result, Generator):
                with closing(result):
                    result = self._follow(result, task)
        except LikenessError as expected:
            error = expected
        except Exception as unexpected:  # noqa: BLE001 - a defect in one request must not end the others
            error = defect(unexpected)
        if error is not None or task.cancelled.is_set() or self._stopping:
            task.fail(error)
        else:
            task.answer(result)

    def _follow(self, work: Generator[Progress, None, Any], task: Task) -> Any:
        while True:
            try:
                progress = next(work)
            except StopIteration as stop:
                return stop.value
            task.report(progress)
            while (urgent := self._more_urgent(task)) is not None:
                self._carry_out(urgent)
            if task.cancelled.is_set() or self._stopping:
                return None

    def _more_urgent(self, task: Task) -> Task | None:
        with self._changed:
            if self._tasks and self._tasks[0].urgency < task.urgency:
                return heapq.heappop(self._tasks)
            return None


def defect(error: Exception) -> LikenessError:
    """A mistake of ours as an error that the panel can show; the whole of it goes to the log."""
    traceback.print_exception(error, file=sys.stderr)
    hint = "Try again; if it stays, report it with the log."
    return LikenessError("core.defect", f"something in the core broke ({type(error).__name__}: {error})", hint)
