"""A core as a process of its own, and a panel that asks it: what the tests of `likeness serve` share."""

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from likeness_core import protocol as p
from likeness_core.api import FrameRange, RestorationSettings
from likeness_core.service.messages import (
    Failure,
    Notification,
    Response,
    decode_result,
    encode_request,
    read_from_core,
)

from tests.core.conftest import Set
from tests.core.restoring import environment

PLAIN = RestorationSettings(confidence_fading=False)
WAIT_S = 120.0
ENDED = ("done", "failed", "cancelled", "paused", "interrupted")

# A core that says on a signal which of our modules each of its threads is in: how a test knows what it was doing.
# (faulthandler's own dump of a running process now and then crashes it.)
_TELLING = """
import os, signal, sys
def tell(number, frame):
    modules = []
    for frame in sys._current_frames().values():
        while frame is not None and "/likeness_core/" not in frame.f_code.co_filename:
            frame = frame.f_back
        modules.append(os.path.basename(frame.f_code.co_filename)[:-3] if frame else "-")
    os.write(2, ("IN " + " ".join(modules) + "\\n").encode())
signal.signal(signal.SIGUSR1, tell)
from likeness_core.__main__ import main
sys.exit(main(["serve"]))
"""


class Core:
    """`likeness serve`, and what it has said so far."""

    def __init__(self, cache: Path, program: list[str] | None = None, **options: Any) -> None:
        command = program or [sys.executable, "-m", "likeness_core", "serve"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, **{**pipes, "env": environment(cache), **options})
        self.notes: list[Notification] = []
        self.lines: list[bytes] = []
        self._answers: dict[p.RequestId | None, queue.Queue[Response]] = {}
        self._lock = threading.Lock()
        self._count = 0
        self._seen = 0  # of the notes
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            said = read_from_core(line)
            if isinstance(said, Notification):
                self.notes.append(said)
            else:
                self.answers_to(said.id).put(said)

    def answers_to(self, identifier: p.RequestId | None) -> "queue.Queue[Response]":
        with self._lock:
            return self._answers.setdefault(identifier, queue.Queue())

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, method: str, params: object) -> int:
        self._count += 1
        self.write(encode_request(self._count, method, params))
        return self._count

    def answer(self, identifier: p.RequestId | None, timeout_s: float = WAIT_S) -> Response:
        return self.answers_to(identifier).get(timeout=timeout_s)

    def call(self, method: str, params: object = p.Nothing()) -> Any:
        """Ask and wait. Raises what the core answers."""
        response = self.answer(self.send(method, params))
        if response.error is not None:
            response.error.throw()
        assert response.result is not None
        return decode_result(method, response.result)

    def refusal(self, method: str, params: object = p.Nothing()) -> Failure:
        """Ask for what the core cannot do."""
        error = self.answer(self.send(method, params)).error
        assert error is not None
        return error

    def hello(self) -> "Core":
        self.call("hello", p.HelloParams(p.PROTOCOL, "test"))
        return self

    def job(self, job: str) -> p.JobStatus:
        return next(one for one in self.call("job/list").jobs if one.job == job)

    def until(self, job: str, reached: Callable[[p.JobStatus], bool], timeout_s: float = WAIT_S) -> p.JobStatus:
        """Wait until the core says something of a job; what it said before the last such wait ended does not count."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            while self._seen < len(self.notes):
                note = self.notes[self._seen]
                self._seen += 1
                if note.method == "job/changed" and note.params.job == job and reached(note.params):
                    return note.params
            assert self.process.poll() is None, "the core died"
            time.sleep(0.02)
        raise AssertionError(f"{job} did not come to it: {self.job(job)}")

    def ended(self, job: str, timeout_s: float = WAIT_S) -> p.JobStatus:
        """Wait until a job stands still, and say how."""
        status = self.until(job, lambda one: one.state.value in ENDED, timeout_s)
        assert status.error is None, status.error
        self._seen = len(self.notes)
        return status

    def forget(self) -> None:
        """What was said so far is of no interest any more."""
        self.notes.clear()
        self.lines.clear()
        self._seen = 0

    def close(self, timeout_s: float = 30) -> int:
        """End as a panel does."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def core(cache: Path, **options: Any) -> Iterator[Core]:
    """A core that has been greeted; killed at the end where it still runs."""
    one = Core(cache, **options)
    try:
        yield one.hello()
    finally:
        one.kill()


def telling() -> list[str]:
    """The program of a core that tells what it does; see `_TELLING`."""
    return [sys.executable, "-c", _TELLING]


def asked(given: Set, out: Path, frames: FrameRange | None = None, **more: Any) -> p.RestoreRequest:
    """What a panel asks for, for a job on `given`."""
    machine = p.Machine("cpu", 1, str(given.pack))
    return p.RestoreRequest(
        p.Footage(str(given.film), frames=frames),
        str(out),
        (str(given.photo),),
        settings=PLAIN,
        machine=machine,
        **more,
    )
