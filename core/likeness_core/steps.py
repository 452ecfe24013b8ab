"""Long work is a generator: each step is a report and a point to stop at; what it returns is the result."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

Step = TypeVar("Step")
Result = TypeVar("Result")


def carry_out(work: Generator[Step, None, Result], report: Callable[[Step], object] | None = None) -> Result:
    """Run work to its end and return its result; `report` hears of each step. Closes the work, whatever happens."""
    with closing(work):
        while True:
            try:
                step = next(work)
            except StopIteration as stop:
                result: Result = stop.value
                return result
            if report is not None:
                report(step)
