"""`likeness serve`: the core as a process that the panel talks to; see `protocol` for what is said.

The reader (the main thread) only reads, decodes and hands over; it never works and never waits for work. Each kind of
request has its lane (`lanes`), the jobs have theirs (`job_queue`), and one thread writes. Nothing heavy is imported
before a request needs it, so that `hello` is answered at once.
"""

import contextlib
import itertools
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import msgspec

from likeness_core import __version__
from likeness_core import protocol as p
from likeness_core.api import Progress
from likeness_core.errors import LikenessError, ProtocolError
from likeness_core.jobs import cache_folder
from likeness_core.service.job_queue import JobQueue
from likeness_core.service.lanes import Lane, Task
from likeness_core.service.messages import (
    Failure,
    Request,
    decode_params,
    encode_failure,
    encode_notification,
    encode_result,
    read_request,
)
from likeness_core.service.pipes import take_pipes

MOST_WAITING: Final = 1000  # requests without an answer
_MOST_UNREAD: Final = 10_000  # messages that a panel which does not read may leave standing
_STOP_S: Final = 10.0  # what work may take to come to its next yield when the panel is gone
_REPORT_EVERY_S: Final = 0.1

# Which lane, and how urgent in it. `hello` and `cancel` are answered by the reader.
_LANES: Final[dict[str, tuple[str, int]]] = {
    "doctor": ("engine", 2),
    "packs": ("look", 0),
    "probe": ("look", 0),
    "analyse": ("engine", 3),
    "frames": ("pictures", 0),
    "references/check": ("engine", 1),
    "references/suggest": ("engine", 1),
    "preview": ("engine", 0),
    "identity/create": ("engine", 4),  # minutes; everything else goes first, at its next step
    "job/submit": ("submit", 0),  # hashes the source, which takes a while
    **{name: ("jobs", 0) for name in p.METHODS if name.startswith("job/") and name != "job/submit"},
}


def serve() -> int:
    """Talk until stdin ends or a signal comes; returns the exit status."""
    requests, answers = take_pipes()
    os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))  # else it writes to the home folder
    server = Server(answers)
    with contextlib.suppress(KeyboardInterrupt):  # the panel's terminal, or a supervisor: the same clean stop
        server.read(requests)
    server.stop()
    # Not sys.exit: a native call that does not return must not keep the process alive without a panel.
    sys.stderr.flush()
    os._exit(0)


class Server:
    """Everything between the two pipes."""

    def __init__(self, answers: BinaryIO) -> None:
        self._writer = _Writer(answers)
        self._jobs = JobQueue(lambda status: self._writer.put(encode_notification("job/changed", status)))
        self._lanes = {name: Lane(name) for name in {lane for lane, _ in _LANES.values()}}
        self._open: dict[p.RequestId, tuple[Lane, Task]] = {}  # requests without an answer
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._greeted = False
        self._desk: Any = None

    def read(self, requests: BinaryIO) -> None:
        """Take requests until there are no more."""
        while line := requests.readline(p.MOST_BYTES + 1):
            if len(line) > p.MOST_BYTES:
                while line and not line.endswith(b"\n"):
                    line = requests.readline(p.MOST_BYTES)
                self._refuse(None, p.INVALID_REQUEST, "protocol.too_long", f"a message of over {p.MOST_BYTES} bytes")
            elif line.strip():
                self._take(line)

    def stop(self) -> None:
        """End what is under way at its next yield, and wait for that a little."""
        for lane in self._lanes.values():
            lane.stop()
        self._jobs.stop()
        until = time.monotonic() + _STOP_S
        joins = [*(lane.join for lane in self._lanes.values()), self._jobs.join, self._writer.join]
        for join in joins:
            join(max(0.0, until - time.monotonic()))

    def _take(self, line: bytes) -> None:
        try:
            request = read_request(line)
        except ProtocolError as error:
            code = p.PARSE_ERROR if error.code == "protocol.json" else p.INVALID_REQUEST
            self._fail(_id_in(line), code, error)
            return
        if request.method not in p.METHODS:
            self._refuse(request.id, p.METHOD_NOT_FOUND, "protocol.method", f"there is no '{request.method[:80]}'")
            return
        try:
            params = decode_params(request.method, request.params)
        except ProtocolError as error:
            self._fail(request.id, p.INVALID_PARAMS, error)
            return
        if request.method == "hello":
            self._hello(request.id, params)
        elif not self._greeted:
            self._refuse(request.id, p.INVALID_REQUEST, "protocol.hello_first", "the first message must be hello")
        elif request.method == "cancel":
            self._cancel(params.id)
            self._writer.put(encode_result(request.id, p.Nothing()))
        else:
            self._hand_over(request, params)

    def _hello(self, identifier: p.RequestId, params: p.HelloParams) -> None:
        if params.protocol != p.PROTOCOL:
            text = f"the panel speaks protocol {params.protocol}, the core {p.PROTOCOL}"
            self._refuse(identifier, p.INVALID_REQUEST, "protocol.version", text)
            return
        if not self._greeted:
            print(f"likeness {__version__} serves {params.client[:80]!r}", file=sys.stderr, flush=True)
        self._greeted = True
        self._writer.put(encode_result(identifier, p.Hello(p.PROTOCOL, __version__, os.getpid())))
        self._jobs.start()

    def _cancel(self, identifier: p.RequestId) -> None:
        with self._lock:
            lane, task = self._open.get(identifier, (None, None))
        if lane is not None and task is not None:
            task.cancelled.set()
            if lane.withdraw(task):
                task.fail(None)

    def _hand_over(self, request: Request, params: Any) -> None:
        name, urgency = _LANES[request.method]
        lane = self._lanes[name]
        task = Task(
            urgency,
            next(self._numbers),
            work=lambda: self._answer(request, params),
            report=self._reporter(request.id),
            answer=lambda result: self._close(request.id, encode_result(request.id, result)),
            fail=lambda error: self._close(request.id, _failed(request.id, error)),
        )
        with self._lock:
            known, full = request.id in self._open, len(self._open) >= MOST_WAITING
            if not (known or full):
                self._open[request.id] = lane, task
        if known:
            self._refuse(request.id, p.INVALID_REQUEST, "protocol.id", f"request {request.id!r} is not answered yet")
        elif full:
            self._refuse(request.id, p.INVALID_REQUEST, "protocol.busy", f"{MOST_WAITING} requests wait already")
        else:
            lane.add(task)

    def _answer(self, request: Request, params: Any) -> Any:
        """Carry a request out, in its lane: an answer, or a generator that returns it."""
        if request.method.startswith("job/"):
            return self._jobs.answer(request.method, params)
        with self._lock:
            if self._desk is None:
                from likeness_core.service.desk import Desk  # everything heavy comes with it

                self._desk = Desk()
        return self._desk.answer(request.method, params, lambda note: self._picture(request.id, note))

    def _picture(self, identifier: p.RequestId, picture: tuple[int, str]) -> None:
        self._writer.put(encode_notification("picture", p.PictureNote(identifier, *picture)))

    def _reporter(self, identifier: p.RequestId) -> Callable[[Progress], None]:
        last = 0.0

        def report(progress: Progress) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _REPORT_EVERY_S:
                last = now
                self._writer.put(encode_notification("progress", p.ProgressNote(identifier, progress)))

        return report

    def _close(self, identifier: p.RequestId, line: bytes) -> None:
        with self._lock:
            self._open.pop(identifier, None)
        self._writer.put(line)

    def _refuse(self, identifier: p.RequestId | None, number: int, code: str, message: str) -> None:
        hint = "Panel and core may be of different versions; install Likeness again."
        self._fail(identifier, number, ProtocolError(code, message, hint))

    def _fail(self, identifier: p.RequestId | None, number: int, error: ProtocolError) -> None:
        self._writer.put(encode_failure(identifier, Failure(number, error.message, p.data_of(error))))


def _failed(identifier: p.RequestId, error: LikenessError | None) -> bytes:
    if error is None:
        return encode_failure(identifier, Failure(p.CANCELLED, "cancelled"))
    number = p.INTERNAL_ERROR if error.code == "core.defect" else p.FAILED
    return encode_failure(identifier, Failure(number, error.message, p.data_of(error)))


def _id_in(line: bytes) -> p.RequestId | None:
    """The id of a message that is no request, so that whoever waits for its answer learns why there is none."""
    try:
        found = msgspec.json.decode(line, type=dict[str, Any]).get("id")
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    return found if isinstance(found, int | str) and not isinstance(found, bool) else None


class _Writer:
    """The one thread that writes. A panel that does not read makes others wait, but keeps no lock."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._lines: queue.Queue[bytes | None] = queue.Queue(_MOST_UNREAD)
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def put(self, line: bytes) -> None:
        """Write a line when its turn comes; waits where the panel has long not read."""
        self._lines.put(line)

    def join(self, timeout_s: float) -> None:
        """Write what is left, for at most so long."""
        try:
            self._lines.put(None, timeout=timeout_s)
        except queue.Full:
            return
        self._thread.join(timeout_s)

    def _run(self) -> None:
        gone = False
        while (line := self._lines.get()) is not None:
            rest = memoryview(line)
            while rest and not gone:
                try:
                    rest = rest[self._answers.write(rest) :]
                except OSError:  # the panel is gone: the reader sees that too; nobody shall wait for a place here
                    gone = True
