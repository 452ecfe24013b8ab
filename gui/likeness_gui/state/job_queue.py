"""The core's queue as the panel knows it."""

from collections.abc import Callable

from likeness_core.api import FrameRange, JobState
from likeness_core.errors import LikenessError
from likeness_core.protocol import (
    JobParams,
    JobsResult,
    JobStatus,
    MoveParams,
    Nothing,
    RestoreRequest,
    SubmitParams,
)
from PySide6.QtCore import QObject, Signal

from likeness_gui.state.core import Core
from likeness_gui.state.project import Clip

UNFINISHED = (JobState.QUEUED, JobState.RUNNING, JobState.PAUSED, JobState.INTERRUPTED)
MOST_NUMBERED = 50  # OUT, OUT 2, OUT 3 ...: results of earlier settings are never written over


class JobQueue(QObject):
    """Jobs in order. The core decides; this asks, listens and remembers."""

    listed = Signal()  # jobs came, went or moved
    changed = Signal(str)  # one job has news
    finished = Signal(object)  # JobStatus that has just become DONE
    went_wrong = Signal(object)  # JobStatus that has just become FAILED
    failed = Signal(object)  # a LikenessError: what was asked for could not be done

    def __init__(self, core: Core, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.jobs: dict[str, JobStatus] = {}
        core.job_changed.connect(self._changed)

    def refresh(self, then: Callable[[], None] | None = None) -> None:
        """Ask for the whole queue."""

        def done(result: JobsResult) -> None:
            self._take(result)
            if then is not None:
                then()

        self._core.call("job/list", Nothing(), done, self.failed.emit)

    def submit(self, request: RestoreRequest, number: int = 1) -> None:
        """Queue a job; where its output folder holds something, the next free name takes it."""
        base = request.output
        numbered = request if number == 1 else _with_output(request, f"{base} {number}")

        def failed(error: LikenessError) -> None:
            if error.code == "output.exists" and number < MOST_NUMBERED:
                self.submit(request, number + 1)
            else:
                self.failed.emit(error)

        self._core.call("job/submit", SubmitParams(numbered), self._added, failed)

    def pause(self, job: str) -> None:
        """Stop after the step that runs; nothing is lost."""
        self._ask("job/pause", job)

    def resume(self, job: str) -> None:
        """Go on with a paused or interrupted job."""
        self._ask("job/resume", job)

    def cancel(self, job: str) -> None:
        """Give a job up; what was finished is kept."""
        self._ask("job/cancel", job)

    def retry(self, job: str) -> None:
        """Try again a job that failed or was cancelled; it goes on where it was."""
        self._ask("job/retry", job)

    def remove(self, job: str) -> None:
        """Take a job off the list; its result stays."""
        self._core.call("job/remove", JobParams(job), self._take, self.failed.emit)

    def move(self, job: str, by: int) -> None:
        """Move a job up (negative) or down."""
        place = list(self.jobs).index(job) + by
        if 0 <= place < len(self.jobs):
            self._core.call("job/move", MoveParams(job, place), self._take, self.failed.emit)

    def interrupted(self) -> list[JobStatus]:
        """Jobs that were running when a core ended without notice."""
        return [job for job in self.jobs.values() if job.state == JobState.INTERRUPTED]

    def unfinished(self) -> list[JobStatus]:
        """Jobs with work left that nobody gave up."""
        return [job for job in self.jobs.values() if job.state in UNFINISHED]

    def of(self, clip: Clip) -> list[JobStatus]:
        """The jobs of a clip, the latest first."""
        bounds = clip.bounds or FrameRange(0, clip.media.frame_count)
        jobs = [job for job in self.jobs.values() if job.request.footage.source == clip.media.path]
        return [job for job in reversed(jobs) if len(job.frames.intersection(bounds))]

    def _ask(self, method: str, job: str) -> None:
        self._core.call(method, JobParams(job), self._changed, self.failed.emit)

    def _added(self, status: JobStatus) -> None:
        self._changed(status)
        self.refresh()

    def _take(self, result: JobsResult) -> None:
        self.jobs = {job.job: job for job in result.jobs}
        self.listed.emit()

    def _changed(self, status: JobStatus) -> None:
        before = self.jobs.get(status.job)
        self.jobs[status.job] = status
        if before is None:
            self.listed.emit()
        self.changed.emit(status.job)
        if before is not None and before.state == status.state:
            return
        if status.state == JobState.DONE and before is not None:
            self.finished.emit(status)
        elif status.state == JobState.FAILED and before is not None:
            self.went_wrong.emit(status)


def _with_output(request: RestoreRequest, output: str) -> RestoreRequest:
    from dataclasses import replace

    return replace(request, output=output)
