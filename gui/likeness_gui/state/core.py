"""The core process: started, spoken to over its standard streams, and noticed when it dies.

    core.call("probe", ProbeParams(path), done=self._opened, failed=self._refused)

`done` gets the decoded result, `failed` a LikenessError; both are called on the window's thread, later. A request that
was cancelled, or that the core took with it when it died, calls neither: whoever asked listens to `ended`.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from likeness_core import __version__
from likeness_core.api import Progress
from likeness_core.errors import LikenessError, ProtocolError
from likeness_core.protocol import (
    PROTOCOL,
    CancelParams,
    HelloParams,
    JobStatus,
    PictureNote,
    ProgressNote,
    RequestCancelledError,
)
from likeness_core.service.messages import Notification, Response, decode_result, encode_request, read_from_core
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

LOG_LINES = 400  # of the core's stderr that are kept for a diagnosis


class CoreState(Enum):
    """Whether the core can be asked anything."""

    STARTING = "starting"
    READY = "ready"
    ENDED = "ended"


@dataclass(slots=True)
class _Waiting:
    """A request without its answer yet."""

    method: str
    done: Callable[[Any], None]
    failed: Callable[[LikenessError], None] | None
    progress: Callable[[Progress], None] | None
    picture: Callable[[int, str], None] | None


def core_command() -> list[str]:
    """The program beside this one in an installation, else this Python's module."""
    if getattr(sys, "frozen", False):
        name = "likeness.exe" if sys.platform == "win32" else "likeness"
        return [str(Path(sys.executable).with_name(name)), "serve"]
    return [sys.executable, "-m", "likeness_core", "serve"]


class Core(QObject):
    """Client of `likeness serve`."""

    state_changed = Signal()
    ended = Signal(str)  # unasked; the last lines of its log
    job_changed = Signal(object)  # JobStatus
    refused = Signal(object)  # a LikenessError that nobody asked to hear

    def __init__(self, command: list[str], environment: dict[str, str], parent: QObject | None = None) -> None:
        """`environment`: variables beside this process's own."""
        super().__init__(parent)
        self._command, self._environment = command, environment
        self._process: QProcess | None = None
        self._waiting: dict[int, _Waiting] = {}
        self._last_id = 0
        self.state = CoreState.ENDED
        self.has_run = False  # whether it was ever started
        self.version = ""
        self.log: list[str] = []

    @property
    def pid(self) -> int:
        """Of the running process; 0 where there is none."""
        return int(self._process.processId()) if self._process else 0

    def start(self) -> None:
        """Start the process and say hello; `state_changed` tells when it answers."""
        if self._process is not None:
            return
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        for name, value in self._environment.items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_log)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._not_started)
        self._process = process
        self.has_run = True
        self._set_state(CoreState.STARTING)
        process.start(self._command[0], self._command[1:])
        self.call("hello", HelloParams(PROTOCOL, f"likeness-panel {__version__}"), self._greeted)

    def stop(self) -> None:
        """Close its input, which ends it; what it was doing is kept and goes on next time."""
        process, self._process = self._process, None
        if process is None:
            return
        self._waiting.clear()
        process.finished.disconnect(self._finished)
        process.errorOccurred.disconnect(self._not_started)
        process.closeWriteChannel()
        if not process.waitForFinished(3000):
            process.kill()
            process.waitForFinished(1000)
        process.deleteLater()
        self._set_state(CoreState.ENDED)

    def call(
        self,
        method: str,
        params: object,
        done: Callable[[Any], None],
        failed: Callable[[LikenessError], None] | None = None,
        progress: Callable[[Progress], None] | None = None,
        picture: Callable[[int, str], None] | None = None,
    ) -> int:
        """Ask; returns the request's id, 0 where there is no core to ask."""
        if self._process is None:
            return 0
        self._last_id += 1
        self._waiting[self._last_id] = _Waiting(method, done, failed, progress, picture)
        self._process.write(encode_request(self._last_id, method, params))
        return self._last_id

    def cancel(self, request: int) -> None:
        """Stop a request; neither of its callbacks is called."""
        if self._waiting.pop(request, None) is not None:
            self.call("cancel", CancelParams(request), lambda _: None, lambda _: None)

    def _greeted(self, hello: Any) -> None:
        self.version = hello.version
        self._set_state(CoreState.READY)

    def _read(self) -> None:
        while self._process is not None and self._process.canReadLine():
            line = bytes(self._process.readLine().data())
            try:
                message = read_from_core(line)
            except ProtocolError as error:
                self.refused.emit(error)
                continue
            if isinstance(message, Response):
                self._answered(message)
            else:
                self._notified(message)

    def _answered(self, response: Response) -> None:
        waiting = self._waiting.pop(response.id, None) if isinstance(response.id, int) else None
        if waiting is None:
            return
        try:
            if response.error is not None:
                response.error.throw()
            result = decode_result(waiting.method, response.result or {})
        except RequestCancelledError:
            return
        except LikenessError as error:
            (waiting.failed or self.refused.emit)(error)
            return
        waiting.done(result)

    def _notified(self, message: Notification) -> None:
        said = message.params
        if isinstance(said, JobStatus):
            self.job_changed.emit(said)
            return
        waiting = self._waiting.get(said.id)
        if waiting is None:
            return
        if isinstance(said, ProgressNote) and waiting.progress is not None:
            waiting.progress(said.progress)
        elif isinstance(said, PictureNote) and waiting.picture is not None:
            waiting.picture(said.frame, said.path)

    def _read_log(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
            self.log = [*self.log, *text.splitlines()][-LOG_LINES:]

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.log.append(f"{self._command[0]} cannot be started")
            self._finished()

    def _finished(self) -> None:
        """It ended unasked: a crash, the system's out-of-memory killer, or somebody's hand."""
        self._read()
        self._read_log()
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self._waiting.clear()
        self._set_state(CoreState.ENDED)
        self.ended.emit("\n".join(self.log[-6:]))

    def _set_state(self, state: CoreState) -> None:
        self.state = state
        self.state_changed.emit()
