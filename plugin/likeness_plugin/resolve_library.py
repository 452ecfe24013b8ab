"""Resolve Studio's scripting library, in a process of its own that is killed when an answer is late.

The library can hang while it is imported, can crash, and loads in some versions of Python only: so it never enters
the panel's process, and other Pythons of this machine are tried where ours is refused.
"""

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from likeness_core.errors import HostCallFailedError, HostError

from likeness_plugin import resolve_worker
from likeness_plugin.resolve_calls import connection_error

FIRST_ANSWER_S = 15.0  # importing the library and finding Resolve; seconds where it works
PYTHON_VERSIONS = ("3.12", "3.11", "3.10")  # the least trouble with any Resolve from 19.1


def commands() -> list[list[str]]:
    """Command lines of the worker to try, by Python; `LIKENESS_RESOLVE_PYTHON` goes first.

    An installed program has no Python of its own to run a file with: there the worker is a hidden command of it.
    """
    named = os.environ.get("LIKENESS_RESOLVE_PYTHON")
    pythons = [[named]] if named else []
    found = []
    if getattr(sys, "frozen", False):
        program = Path(sys.executable).with_name("likeness" + Path(sys.executable).suffix)
        found.append([str(program), "hosts", "worker"])
    else:
        pythons.append([sys.executable])
    for version in PYTHON_VERSIONS:
        python = shutil.which(f"python{version}")
        if python:
            pythons.append([python])
        elif sys.platform == "win32" and shutil.which("py"):
            pythons.append(["py", f"-{version}"])
    worker = Path(resolve_worker.__file__)
    return found + [[*python, "-I", str(worker)] for python in pythons if worker.is_file()]


def open_library() -> "LibraryConnection":
    """A connection with the first Python that the library accepts.

    Raises HostNotRunningError, ScriptingDisabledError, HostCallFailedError.
    """
    refusal: HostError | None = None
    for command in commands():
        connection = LibraryConnection(command)
        try:
            connection.exchange([], False, FIRST_ANSWER_S)
            return connection
        except HostError as error:
            connection.close()
            refusal = error
            if error.code != "host.library_refused":
                raise
    hint = "Install Python 3.12, or choose Workspace > Scripts > Likeness in Resolve."
    raise refusal or HostError("host.no_python", "no Python was found that could load Resolve's library", hint)


class LibraryConnection:
    """Calls through the library's process, one JSON line each way."""

    name = "library"

    def __init__(self, command: list[str]) -> None:
        """Start the worker with a command line of `commands`."""
        self._number = 0
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows only: no console flashes up
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=flags,
        )  # fmt: skip
        self._lines: queue.Queue[bytes] = queue.Queue()
        # A pipe cannot be read with a time-out on Windows. The thread ends with the process.
        self._reader = threading.Thread(target=self._read, name="resolve-library", daemon=True)
        self._reader.start()

    def exchange(self, calls: list[dict[str, Any]], forget: bool, timeout_s: float) -> list[dict[str, Any]]:
        """See `Connection`. After a time-out the process is gone; open another."""
        self._number += 1
        request = json.dumps({"number": self._number, "forget": forget, "calls": calls})
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request.encode("ascii") + b"\n")
            self._process.stdin.flush()
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            self.close()
            hint = "Close any window that Resolve shows; if that does not help, restart Resolve."
            raise HostCallFailedError("host.timeout", f"Resolve has not answered for {timeout_s:.0f} s", hint) from None
        except OSError as error:
            raise _died() from error
        if not line:
            raise _died()
        reply = json.loads(line)
        if reply.get("number") != self._number:
            raise connection_error("number", "an answer to another question")
        if "error" in reply:
            raise connection_error(str(reply["error"]), str(reply.get("message", "")))
        answers: list[dict[str, Any]] = reply["answers"]
        return answers

    def close(self) -> None:
        """End the process; twice is no harm."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join(timeout=1)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue  # what was waiting to be written has nobody to read it

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(b"")


def _died() -> HostCallFailedError:
    hint = "Try again; if it happens again, choose Workspace > Scripts > Likeness in Resolve."
    return HostCallFailedError("host.library_died", "the process of Resolve's scripting library ended", hint)
