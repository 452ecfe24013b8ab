"""The progress bar of the command line."""

from collections.abc import Generator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from likeness_core.api import Progress
from likeness_core.steps import carry_out

T = TypeVar("T")

STAGES = {
    "index": "reading",
    "analyse": "finding faces",
    "restore": "restoring",
    "write": "writing movie",
    "store": "storing frames",
    "look": "looking",
    "try": "trying",
    "practise": "practising",
}


def follow(work: Generator[Progress, None, T], console: Console) -> T:
    """Carry work out with a progress bar, and return what it returns; Ctrl-C closes it cleanly."""
    columns = (
        TextColumn("{task.description:>14}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]:>9}"),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=console, transient=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def show(progress: Progress) -> None:
            if progress.stage not in tasks:
                label = STAGES.get(progress.stage, progress.stage)
                tasks[progress.stage] = bar.add_task(label, total=progress.total, speed="")
            task = tasks[progress.stage]
            rate = bar.tasks[task].speed
            bar.update(task, completed=progress.done, total=progress.total, speed=f"{rate:.1f} fps" if rate else "")

        return carry_out(work, show)
