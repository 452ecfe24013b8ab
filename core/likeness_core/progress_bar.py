"""The progress bar of the command line."""

from collections.abc import Generator
from contextlib import closing
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from likeness_core.api import Progress

T = TypeVar("T")

STAGES = {
    "index": "reading",
    "analyse": "finding faces",
    "restore": "restoring",
    "write": "writing movie",
    "store": "storing frames",
    "practise": "practising",
}


def follow(work: Generator[Progress, None, T], console: Console) -> T:
    """Carry work out with a progress bar, and return what it returns; Ctrl-C closes it cleanly."""
    columns = (
        TextColumn("{task.description:>14}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]:>9}"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=console, transient=not console.is_terminal) as bar, closing(work):
        stage, task = "", None
        while True:
            try:
                progress = next(work)
            except StopIteration as stop:
                result: T = stop.value
                return result
            if progress.stage != stage or task is None:
                stage = progress.stage
                task = bar.add_task(STAGES.get(stage, stage), total=progress.total, speed="")
            rate = bar.tasks[task].speed
            bar.update(task, completed=progress.done, total=progress.total, speed=f"{rate:.1f} fps" if rate else "")
