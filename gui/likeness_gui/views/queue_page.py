"""Every job: where it is, how long it takes, and what can be done with it."""

from pathlib import PurePath

from likeness_core.api import JobState
from likeness_core.protocol import JobStatus
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from likeness_gui import theme
from likeness_gui.state.job_queue import JobQueue
from likeness_gui.state.notices import sentence
from likeness_gui.views.formats import format_names
from likeness_gui.views.next_step import progress_text
from likeness_gui.views.parts import Elided, column, icon, label, scrolled, set_role, tool

ICONS = {
    JobState.QUEUED: ("clock-outline", theme.MUTED),
    JobState.RUNNING: ("play-circle-outline", theme.ACCENT),
    JobState.PAUSED: ("pause-circle-outline", theme.WARNING),
    JobState.DONE: ("check-circle-outline", theme.ACCENT),
    JobState.FAILED: ("alert-circle-outline", theme.ERROR),
    JobState.CANCELLED: ("close-circle-outline", theme.FAINT),
    JobState.INTERRUPTED: ("power-plug-off-outline", theme.WARNING),
}
# What can be done in which state.
ACTIONS = {
    "pause": {JobState.RUNNING, JobState.QUEUED},
    "resume": {JobState.PAUSED, JobState.INTERRUPTED},
    "retry": {JobState.FAILED, JobState.CANCELLED},
    "cancel": {JobState.QUEUED, JobState.RUNNING, JobState.PAUSED, JobState.INTERRUPTED},
    "up": {JobState.QUEUED, JobState.PAUSED},
    "down": {JobState.QUEUED, JobState.PAUSED},
    "reveal": {JobState.DONE, JobState.RUNNING, JobState.PAUSED},
    "remove": {JobState.DONE, JobState.FAILED, JobState.CANCELLED},
}


class QueuePage(QWidget):
    """A row a job."""

    reveal_wanted = Signal(object)  # JobStatus

    def __init__(self, queue: JobQueue) -> None:
        super().__init__()
        self._queue = queue
        self._rows: dict[str, JobRow] = {}
        layout = column(self, margin=0, spacing=0)
        inner = QWidget()
        self._list = column(inner, margin=24, spacing=8)
        self._list.addWidget(label(self.tr("Queue"), "title"))
        self._about = label("", "muted", wrap=True)
        self._list.addWidget(self._about)
        self._list.addSpacing(8)
        self._list.addStretch(1)
        layout.addWidget(scrolled(inner))
        queue.listed.connect(self._show_all)
        queue.changed.connect(self._show_one)
        self._show_all()

    def _show_all(self) -> None:
        for job in [job for job in self._rows if job not in self._queue.jobs]:
            gone = self._rows.pop(job)
            gone.hide()
            gone.deleteLater()
        for place, job in enumerate(self._queue.jobs):
            if job not in self._rows:
                self._rows[job] = JobRow(self._queue, job)
                self._rows[job].reveal_wanted.connect(self.reveal_wanted)
            self._list.removeWidget(self._rows[job])
            self._list.insertWidget(place + 3, self._rows[job])
            self._show_one(job)
        self._say_how_many()

    def _show_one(self, job: str) -> None:
        if job in self._rows:
            self._rows[job].show_status(self._queue.jobs[job])
            self._say_how_many()

    def _say_how_many(self) -> None:
        left = len(self._queue.unfinished())
        if not self._queue.jobs:
            text = self.tr(
                "Nothing here yet. What you restore is queued here, and goes on after a crash or a power cut."
            )
        elif left:
            text = self.tr(
                "%n job(s) left. They run one after the other, and go on at the next start if you close the window.",
                "",
                left,
            )
        else:
            text = self.tr("All done.")
        self._about.setText(text)


class JobRow(QFrame):
    """One job."""

    reveal_wanted = Signal(object)

    def __init__(self, queue: JobQueue, job: str) -> None:
        super().__init__()
        self._queue, self._job = queue, job
        self.setObjectName("card")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 10, 10, 10)
        layout.setSpacing(12)
        self._mark = label()
        layout.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        self._name = Elided("", "heading")
        self._where = Elided("", "caption", Qt.TextElideMode.ElideMiddle)
        self._state = label("", "muted", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        for widget in (self._name, self._where, self._state, self._bar):
            words.addWidget(widget)
        layout.addLayout(words, 1)
        self._buttons = {
            "up": tool("arrow-up", self.tr("Earlier")),
            "down": tool("arrow-down", self.tr("Later")),
            "pause": tool("pause", self.tr("Pause")),
            "resume": tool("play", self.tr("Go on")),
            "retry": tool("refresh", self.tr("Try again, from where it was")),
            "cancel": tool("stop", self.tr("Cancel; what is finished is kept")),
            "reveal": tool("folder-open-outline", self.tr("Show its folder")),
            "remove": tool("close", self.tr("Take it off the list; the result stays")),
        }
        acts = {
            "up": lambda: queue.move(job, -1), "down": lambda: queue.move(job, 1), "pause": lambda: queue.pause(job),
            "resume": lambda: queue.resume(job), "retry": lambda: queue.retry(job), "cancel": lambda: queue.cancel(job),
            "reveal": lambda: self.reveal_wanted.emit(queue.jobs[job]), "remove": lambda: queue.remove(job),
        }  # fmt: skip
        for key, made in self._buttons.items():
            made.clicked.connect(lambda _=False, act=acts[key]: act())
            layout.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)

    def show_status(self, status: JobStatus) -> None:
        """As the core has it."""
        source = PurePath(status.request.footage.source).name
        self._name.put(f"{source}  –  {PurePath(status.output.folder).name}")
        frames = self.tr("%n frame(s)", "", len(status.frames))
        self._where.put(f"{frames}  ·  {format_names()[status.output.format]}  ·  {status.output.folder}")
        name, color = ICONS[status.state]
        self._mark.setPixmap(icon(name, color).pixmap(22, 22))
        self._state.setText(self._describe(status))
        set_role(self._state, "error" if status.state == JobState.FAILED else "muted")
        progress = status.progress
        halted = progress is not None and status.state in (JobState.PAUSED, JobState.INTERRUPTED)
        self._bar.setVisible(status.state == JobState.RUNNING or halted)
        self._bar.setRange(0, max(1, progress.total) if progress else 0)
        self._bar.setValue(progress.done if progress else 0)
        self.setAccessibleName(f"{self._name.toolTip()}: {self._state.text()}")
        for key, made in self._buttons.items():
            made.setVisible(status.state in ACTIONS[key])

    def _describe(self, status: JobStatus) -> str:
        if status.state == JobState.RUNNING:
            return progress_text(status)
        if status.state == JobState.FAILED and status.error is not None:
            return f"{sentence(status.error.message)}. {status.error.hint}"
        if status.state == JobState.DONE and status.result is not None:
            done = self.tr("{0} of {1} frames restored").format(status.result.restored_frames, status.result.frames)
            return "\n".join([done, *(sentence(warning) for warning in status.result.warnings)])
        return {
            JobState.QUEUED: self.tr("Waiting"),
            JobState.PAUSED: self.tr("Paused"),
            JobState.DONE: self.tr("Done"),
            JobState.FAILED: self.tr("Failed"),
            JobState.CANCELLED: self.tr("Cancelled. What was finished is kept; try again to go on."),
            JobState.INTERRUPTED: self.tr("Cut short. Nothing that was finished is lost; go on when you like."),
        }.get(status.state, "")
