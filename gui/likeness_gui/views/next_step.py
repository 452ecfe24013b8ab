"""The one button that is always right, with a line that says why; and progress in its place while something runs."""

from likeness_core.api import JobState, Progress
from likeness_core.protocol import JobStatus
from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from likeness_gui.state.core import CoreState
from likeness_gui.state.steps import Step
from likeness_gui.state.timecodes import duration
from likeness_gui.state.workspace import Workspace
from likeness_gui.views.parts import button, column, label, row


class NextStep(QWidget):
    """At the foot of the inspector."""

    open_wanted = Signal()
    photographs_wanted = Signal()
    reveal_wanted = Signal(object)  # JobStatus
    queue_wanted = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        layout = column(self, margin=0, spacing=8)
        self._why = label("", "muted", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._main = button("", role="primary")
        self._second = button("")
        self._third = button("")
        self._main.clicked.connect(self._do_main)
        self._second.clicked.connect(self._do_second)
        self._third.clicked.connect(self._do_third)
        layout.addWidget(self._why)
        layout.addWidget(self._bar)
        layout.addWidget(self._main)
        line = row(self._second, self._third)
        line.setStretch(0, 1)
        line.setStretch(1, 1)
        layout.addLayout(line)
        workspace.step_changed.connect(self.refresh)
        workspace.queue.changed.connect(self.refresh)
        workspace.core.state_changed.connect(self.refresh)
        workspace.playhead.moved.connect(self.refresh)
        workspace.host.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Say what is next."""
        step = self._workspace.step
        if self._stopped():
            main, second, third = self.tr("Restart and go on"), "", ""
        else:
            main, second, third = self._texts(step)
        self._why.setText(self._reason(step))
        for made, text in ((self._main, main), (self._second, second), (self._third, third)):
            made.setText(text)
        self._show_buttons()
        self._show_progress(step)

    def _show_buttons(self) -> None:
        """Those that say something; the keyboard stays here where the one that had it goes."""
        buttons = (self._main, self._second, self._third)
        held = any(made.hasFocus() for made in buttons)
        for made in (made for made in buttons if made.text()):
            made.setVisible(True)
        first = next((made for made in buttons if made.text()), None)
        if held and first is not None and not any(made.hasFocus() and made.text() for made in buttons):
            first.setFocus()
        for made in (made for made in buttons if not made.text()):
            made.setVisible(False)

    def _texts(self, step: Step) -> tuple[str, str, str]:
        preview, restore = self.tr("Preview this frame"), self._restore_text()
        return {
            Step.OPEN: (self.tr("Open footage …"), "", ""),
            Step.ANALYSE: (self.tr("Analyse"), "", ""),
            Step.ANALYSING: ("", self.tr("Stop"), ""),
            Step.NOBODY: (self.tr("Analyse again"), "", ""),
            Step.CHOOSE: (self._choose_text(), "", ""),
            Step.REFERENCE: (self.tr("Choose photographs …"), self.tr("Preview without"), ""),
            Step.PREVIEW: (preview, restore, ""),
            Step.PREVIEWING: ("", self.tr("Stop"), ""),
            Step.RESTORE: (restore, preview, ""),
            Step.RESTORING: ("", self.tr("Pause") if self._running() else self.tr("Show queue"), self.tr("Cancel")),
            Step.RESULT: (self._result_text(), preview, self._result_third()),
        }[step]

    def _choose_text(self) -> str:
        """Where there is but one person, one click says it."""
        people = self._workspace.clip.people if self._workspace.clip else ()
        return self.tr("Yes, choose {0}").format(people[0].name) if len(people) == 1 else ""

    def _result_text(self) -> str:
        placeable = self._workspace.host.can_place(self._workspace.clip)
        return self.tr("Put it into the timeline") if placeable else self.tr("Show the result's folder")

    def _result_third(self) -> str:
        placeable = self._workspace.host.can_place(self._workspace.clip)
        return self.tr("Show its folder") if placeable else self.tr("Queue")

    def _restore_text(self) -> str:
        clip = self._workspace.clip
        return self.tr("Restore %n frame(s)", "", len(clip.range)) if clip else ""

    def _reason(self, step: Step) -> str:
        clip = self._workspace.clip
        frames = len(clip.range) if clip else 0
        if self._workspace.core.state == CoreState.STARTING:
            return self.tr("Starting …")
        if self._stopped():
            return self.tr("The restoring engine has stopped.")
        if self._workspace.opening:
            return self.tr("Opening …")
        return {
            Step.OPEN: self.tr("A movie, one file of an image sequence, a timeline or a project."),
            Step.ANALYSE: self.tr("Finds shots and people in {0} frames. Mark in and out to take fewer.").format(
                frames
            ),
            Step.ANALYSING: self._analysing(),
            Step.NOBODY: self.tr("No faces were found. Set other marks, then try again."),
            Step.CHOOSE: self._who(),
            Step.REFERENCE: self.tr("Photographs show who this is. Without one there is only the footage to go by."),
            Step.PREVIEW: self.tr("See one frame before you restore all of them."),
            Step.PREVIEWING: self.tr("Restoring one frame …"),
            Step.RESTORE: self._what_comes(),
            Step.RESTORING: self._restoring(),
            Step.RESULT: self.tr("Restored. Compare it, and look at the frames that are marked under it, if any."),
        }[step]

    def _who(self) -> str:
        if self._choose_text():
            return self.tr("One person was found. Is this who is to be restored?")
        return self.tr("Tick the people who are to be restored: on the left, or click a face in the picture.")

    def _what_comes(self) -> str:
        people = self._workspace.chosen()
        if len(people) < 2:
            return self.tr("The source stays as it is; the result is a new clip.")
        names = ", ".join(person.name for person in people)
        return self.tr("{0} are restored together; the result is a new clip.").format(names)

    def _analysing(self) -> str:
        progress = self._progress(Step.ANALYSING)
        if progress is None:
            return self.tr("Looking for faces …")
        return self.tr("Looking for faces: {0} of {1} frames").format(progress.done, progress.total)

    def _restoring(self) -> str:
        job = self._workspace.job()
        if job is None or job.state != JobState.RUNNING:
            return self.tr("Waiting in the queue.")
        return progress_text(job)

    def _progress(self, step: Step) -> Progress | None:
        clip, job = self._workspace.clip, self._workspace.job()
        if step == Step.ANALYSING and clip is not None:
            return self._workspace.analyses.progress.get(clip.key)
        if step == Step.PREVIEWING:
            return self._workspace.preview.progress
        return job.progress if job is not None and step == Step.RESTORING else None

    def _show_progress(self, step: Step) -> None:
        busy = step in (Step.ANALYSING, Step.PREVIEWING, Step.RESTORING)
        self._bar.setVisible(busy and not self._stopped())
        progress = self._progress(step)
        if progress is None or step == Step.PREVIEWING:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, max(1, progress.total))
            self._bar.setValue(progress.done)

    def _stopped(self) -> bool:
        """Whether the core ended; before it was ever started it only waits."""
        core = self._workspace.core
        return core.state == CoreState.ENDED and core.has_run

    def _running(self) -> bool:
        job = self._workspace.job()
        return job is not None and job.state == JobState.RUNNING

    def _do_main(self) -> None:
        workspace, step = self._workspace, self._workspace.step
        job = workspace.result()
        if self._stopped():
            workspace.restart_core()
        elif step == Step.OPEN:
            self.open_wanted.emit()
        elif step in (Step.ANALYSE, Step.NOBODY):
            workspace.analyse()
        elif step == Step.CHOOSE and workspace.clip is not None:
            workspace.choose(workspace.clip.people[0], True)
        elif step == Step.REFERENCE:
            self.photographs_wanted.emit()
        elif step == Step.PREVIEW:
            workspace.start_preview()
        elif step == Step.RESTORE:
            workspace.restore()
        elif step == Step.RESULT and job is not None:
            if workspace.host.can_place(workspace.clip):
                workspace.place_result(job)
            else:
                self.reveal_wanted.emit(job)

    def _do_second(self) -> None:
        workspace, step = self._workspace, self._workspace.step
        clip, job = workspace.clip, workspace.job()
        if step == Step.ANALYSING and clip is not None:
            workspace.analyses.cancel(clip.key)
        elif step == Step.PREVIEWING:
            workspace.preview.cancel()
        elif step == Step.PREVIEW:
            workspace.restore()
        elif step == Step.RESTORING and job is not None and job.state == JobState.RUNNING:
            workspace.queue.pause(job.job)
        elif step == Step.RESTORING:
            self.queue_wanted.emit()
        else:
            workspace.start_preview()

    def _do_third(self) -> None:
        workspace, job, result = self._workspace, self._workspace.job(), self._workspace.result()
        if workspace.step == Step.RESTORING and job is not None:
            workspace.queue.cancel(job.job)
        elif result is not None and workspace.host.can_place(workspace.clip):
            self.reveal_wanted.emit(result)
        else:
            self.queue_wanted.emit()


def progress_text(job: JobStatus) -> str:
    """Where a job is: stage, frames, speed, time left."""
    translate = QCoreApplication.translate
    stages = {
        "index": translate("Progress", "Reading"),
        "analyse": translate("Progress", "Finding faces"),
        "restore": translate("Progress", "Restoring"),
        "write": translate("Progress", "Writing"),
    }
    if job.progress is None:
        return translate("Progress", "Starting …")
    parts = [f"{stages.get(job.progress.stage, job.progress.stage)} {job.progress.done} / {job.progress.total}"]
    if job.frames_per_second:
        parts.append(translate("Progress", "{0:.1f} frames/s").format(job.frames_per_second))
    if job.seconds_left is not None:
        parts.append(translate("Progress", "{0} left").format(duration(job.seconds_left)))
    return "  ·  ".join(parts)
