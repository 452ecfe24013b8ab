"""The queue of jobs: on disk, so that it survives the death of panel and core.

    CACHE/queue/queue.json   every job that was submitted, in order, with the state it was last seen in
    CACHE/queue/lock         held by the core that works on the queue
    CACHE/jobs/ID/           the job folders (`jobs`); `log` in them says what the queue did with each

One job runs at a time. A core that is asked to stop puts its job back, and the next one goes on with it unasked. A
core that dies leaves it RUNNING on disk; the next one shows it as INTERRUPTED and waits to be told: what killed one
core may kill the next. Jobs behind it are carried out.
"""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

from likeness_core.api import JobResult, JobState, Progress, RestorationJob
from likeness_core.errors import InputError, LikenessError, MediaError
from likeness_core.jobs import cache_folder, decode, encode, job_folder, locked, write_whole
from likeness_core.protocol import (
    ErrorData,
    JobParams,
    JobsResult,
    JobStatus,
    MoveParams,
    RestoreRequest,
    SubmitParams,
    data_of,
)
from likeness_core.service.lanes import Lane, Task

_REPORT_EVERY_S: Final = 0.1
_SPEED_OVER_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """One job in queue.json."""

    id: str
    state: JobState
    request: RestoreRequest
    job: RestorationJob
    result: JobResult | None = None
    error: ErrorData | None = None


@dataclass(slots=True)
class _Pace:
    """How fast a stage goes."""

    stage: str = ""
    seen: deque[tuple[float, int]] = field(default_factory=deque)  # when, how many were done

    def add(self, now: float, progress: Progress) -> None:
        if progress.stage != self.stage:
            self.stage = progress.stage
            self.seen.clear()
        if not self.seen or progress.done > self.seen[-1][1]:
            self.seen.append((now, progress.done))
        while len(self.seen) > 2 and now - self.seen[0][0] > _SPEED_OVER_S:
            self.seen.popleft()

    def per_second(self) -> float | None:
        if len(self.seen) < 2:
            return None
        (start, before), (end, after) = self.seen[0], self.seen[-1]
        return (after - before) / max(end - start, 1e-3)


@dataclass(slots=True)
class _Running:
    """The job that runs."""

    id: str
    task: Task
    then: JobState | None = None  # where it shall stand when it was stopped
    progress: Progress | None = None
    pace: _Pace = field(default_factory=_Pace)
    reported: float = 0.0


class JobQueue:
    """Carries jobs out, one after the other. Safe to call from any thread."""

    def __init__(self, changed: Callable[[JobStatus], None]) -> None:
        """`changed` is told of every change, from any thread."""
        self._changed = changed
        self._lane = Lane("job")
        self._lock = threading.RLock()
        self._held = ExitStack()
        self._jobs: list[QueuedJob] | None = None  # None: another core has the queue
        self._running: _Running | None = None
        self._stopping = False

    def start(self) -> None:
        """Take the queue over, if no other core has it, and go on with it."""
        with suppress(LikenessError), self._lock:  # whoever asks for jobs is told
            self._open()
            self._next()

    def stop(self) -> None:
        """Put the running job back and let the queue go."""
        with self._lock:
            self._stopping = True
        self._lane.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait for the running job's next yield; False where it does not come."""
        ended = self._lane.join(timeout_s)
        if ended:
            self._held.close()
        return ended

    def answer(self, method: str, params: Any) -> JobStatus | JobsResult:
        """Carry out a request of `protocol.METHODS` that begins with "job/". Raises LikenessError."""
        if method == "job/submit":
            return self._submit(params)
        waiting = (JobState.QUEUED, JobState.PAUSED, JobState.INTERRUPTED, JobState.FAILED)
        answers: dict[str, Callable[[], JobStatus | JobsResult]] = {
            "job/list": self._list,
            "job/pause": lambda: self._halt(params, JobState.PAUSED, (JobState.QUEUED,)),
            "job/cancel": lambda: self._halt(params, JobState.CANCELLED, waiting),
            "job/resume": lambda: self._queue_again(params, (JobState.PAUSED, JobState.INTERRUPTED)),
            "job/retry": lambda: self._queue_again(params, (JobState.FAILED, JobState.CANCELLED)),
            "job/move": lambda: self._move(params),
            "job/remove": lambda: self._remove(params),
        }
        with self._lock:
            self._open()
            return answers[method]()

    # -- requests ---------------------------------------------------------------------------------------------------

    def _submit(self, params: SubmitParams) -> JobStatus:
        from likeness_core.request import prepare_output
        from likeness_core.service.submission import job_of

        with self._lock:
            self._open()
        job = job_of(params.request, params.existing)  # hashes the source: not under the lock
        folder = job_folder(Path(job.output.folder))
        with self._lock:
            earlier = next((one for one in self._all() if one.id == folder.name), None)
            if earlier is not None and earlier.state in (JobState.QUEUED, JobState.RUNNING):
                hint = "Cancel that job first, or choose another folder for the result."
                raise InputError("job.queued", f"a job for {job.output.folder} is in the queue already", hint)
            prepare_output(job, params.existing == "resume", params.existing == "overwrite")
            new = QueuedJob(folder.name, JobState.QUEUED, params.request, job)
            self._jobs = [one for one in self._all() if one.id != new.id] + [new]
            self._save()
            self._log(new, "submitted")
            status = self._status(new)
            self._next()
            return status

    def _list(self) -> JobsResult:
        return JobsResult(tuple(self._status(one) for one in self._all()))

    def _halt(self, params: JobParams, state: JobState, waiting: tuple[JobState, ...]) -> JobStatus:
        """Pause or cancel: at once where it waits, at its next yield where it runs."""
        one = self._find(params.job)
        if self._running is not None and self._running.id == one.id:
            self._running.then = state
            self._running.task.cancelled.set()
            return self._status(one)
        self._require(one, (*waiting, state))
        return self._set(replace(one, state=state, error=None))

    def _queue_again(self, params: JobParams, from_states: tuple[JobState, ...]) -> JobStatus:
        one = self._find(params.job)
        if self._running is not None and self._running.id == one.id and self._running.then is not None:
            self._running.then = JobState.QUEUED  # it was being paused, and has not come to its next yield yet
            return self._status(one)
        self._require(one, from_states)
        status = self._set(replace(one, state=JobState.QUEUED, error=None))
        self._next()
        return status

    def _move(self, params: MoveParams) -> JobsResult:
        one = self._find(params.job)
        others = [other for other in self._all() if other.id != one.id]
        others.insert(max(0, params.position), one)
        self._jobs = others
        self._save()
        return self._list()

    def _remove(self, params: JobParams) -> JobsResult:
        one = self._find(params.job)
        self._require(one, tuple(state for state in JobState if state is not JobState.RUNNING))
        self._jobs = [other for other in self._all() if other.id != one.id]
        self._save()
        if one.state is not JobState.DONE:  # finished frames of an unfinished job; the result's folder stays
            rmtree(self._folder(one), ignore_errors=True)
        return self._list()

    # -- carrying out -----------------------------------------------------------------------------------------------

    def _next(self) -> None:
        """Start the first job that waits, unless one runs."""
        if self._running is not None or self._stopping:
            return
        one = next((one for one in self._all() if one.state is JobState.QUEUED), None)
        if one is None:
            return
        task = Task(
            0,
            0,
            work=lambda: self._work(one),
            report=self._report,
            answer=lambda result: self._ended(one.id, JobState.DONE, result=result),
            fail=lambda error: self._stopped(one.id, error),
        )
        self._running = _Running(one.id, task)
        self._note(replace(one, state=JobState.RUNNING))
        self._log(one, "started")
        self._lane.add(task)

    def _work(self, one: QueuedJob) -> Generator[Progress, None, JobResult]:
        from likeness_core.request import prepare_output
        from likeness_core.restore import restore
        from likeness_core.service.analyses import bring_to_job

        if (self._folder(one) / "job.json").is_file():
            prepare_output(one.job, resume=True, overwrite=False)
        else:  # was made ready when it was submitted
            Path(one.job.output.folder).mkdir(parents=True, exist_ok=True)
        bring_to_job(one.job, self._folder(one))
        with closing(restore(one.job)) as work:
            return (yield from work)

    def _report(self, progress: Progress) -> None:
        with self._lock:
            running = self._running
            assert running is not None
            now = time.monotonic()
            running.progress = progress
            running.pace.add(now, progress)
            if now - running.reported < _REPORT_EVERY_S:
                return
            running.reported = now
            status = self._status(self._find(running.id))
        self._changed(status)

    def _stopped(self, identifier: str, error: LikenessError | None) -> None:
        if error is not None:
            self._ended(identifier, JobState.FAILED, error=data_of(error))
            return
        with self._lock:
            then = self._running.then if self._running is not None else None
        self._ended(identifier, then or JobState.QUEUED)

    def _ended(
        self, identifier: str, state: JobState, result: JobResult | None = None, error: ErrorData | None = None
    ) -> None:
        with self._lock:
            one = self._find(identifier)
            self._running = None
            self._log(one, state.value if error is None else f"{state.value}: {error.message} [{error.code}]")
            self._note(replace(one, state=state, result=result, error=error))
            self._next()

    # -- on disk ----------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Read the queue. Raises InputError `job.queue_taken` where another core has it."""
        if self._jobs is not None:
            return
        folder = cache_folder() / "queue"
        try:
            self._held.enter_context(locked(folder))
        except InputError as error:
            hint = "Close the other window of Likeness; it works on the queue."
            raise InputError("job.queue_taken", "another Likeness is working on the queue", hint) from error
        stored = _read(folder / "queue.json")
        died = JobState.INTERRUPTED
        self._jobs = [replace(one, state=died) if one.state is JobState.RUNNING else one for one in stored]

    def _save(self) -> None:
        write_whole(cache_folder() / "queue" / "queue.json", encode(tuple(self._all())))

    def _set(self, one: QueuedJob) -> JobStatus:
        """Put a job's new state in the place of the old one, on disk and at the panel."""
        self._jobs = [one if other.id == one.id else other for other in self._all()]
        self._save()
        status = self._status(one)
        self._changed(status)
        return status

    def _note(self, one: QueuedJob) -> None:
        """As `_set`, where nobody waits for the answer: a full disk must not end the queue."""
        try:
            self._set(one)
        except MediaError as error:
            print(f"the queue was not saved: {error.message}", file=sys.stderr)
            self._changed(self._status(one))

    def _all(self) -> list[QueuedJob]:
        assert self._jobs is not None
        return self._jobs

    def _find(self, identifier: str) -> QueuedJob:
        one = next((one for one in self._all() if one.id == identifier), None)
        if one is None:
            raise InputError("job.unknown", f"there is no job {identifier[:40]!r}", "List the jobs again.")
        return one

    def _require(self, one: QueuedJob, states: tuple[JobState, ...]) -> None:
        if one.state not in states:
            message = f"the job for {one.job.output.folder} is {one.state.value}"
            raise InputError("job.state", message, f"That works when it is {' or '.join(s.value for s in states)}.")

    def _status(self, one: QueuedJob) -> JobStatus:
        running = self._running if self._running is not None and self._running.id == one.id else None
        progress = running.progress if running else None
        speed = running.pace.per_second() if running else None
        return JobStatus(
            one.id,
            one.state,
            one.request,
            one.job.output,
            one.job.frames,
            str(self._folder(one)),
            progress,
            speed,
            (progress.total - progress.done) / speed if progress and speed else None,
            one.result,
            one.error,
        )

    def _folder(self, one: QueuedJob) -> Path:
        return cache_folder() / "jobs" / one.id

    def _log(self, one: QueuedJob, text: str) -> None:
        """For people who look into a job folder; a log that cannot be written stops no job."""
        with suppress(OSError), (self._folder(one) / "log").open("a", encoding="utf-8") as handle:
            handle.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")


def _read(path: Path) -> tuple[QueuedJob, ...]:
    """The stored queue; one that cannot be read is set aside, so that it does not keep every later one away."""
    if not path.exists():
        return ()
    try:
        return decode(path.read_bytes(), tuple[QueuedJob, ...])
    except InputError as error:
        path.replace(path.with_name("queue.damaged.json"))
        print(f"the queue was set aside as queue.damaged.json: {error.message}", file=sys.stderr)
        return ()
