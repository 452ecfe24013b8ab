"""The core's own ends of stdin and stdout, taken away from everything else that runs in the process.

A library that prints would corrupt the protocol, and a child process could eat requests. So both descriptors are
duplicated at the very start; then 0 reads nothing and 1 is where 2 goes, the log.

A windowed program of Windows has no console: Python's `sys.stdin` and its like are None there, and descriptors 0 to 2
are open only where the parent gave pipes, which a panel does. So only descriptors are used here, never `sys.stdin`; a
missing 2 becomes the null device, so that a library that prints still can.
"""

import contextlib
import os
import sys
from typing import BinaryIO

from likeness_core.errors import ProtocolError


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """(requests, answers): what stdin and stdout were. Raises ProtocolError `protocol.no_pipes`."""
    if not (_is_open(0) and _is_open(1)):
        hint = "`likeness serve` is started by the panel; it talks through its standard input and output."
        raise ProtocolError("protocol.no_pipes", "there is no standard input or output to talk through", hint)
    log_is_open = _is_open(2)
    nothing = os.open(os.devnull, os.O_RDWR)  # becomes 2 by itself where 2 is free: so before anything is duplicated
    if not log_is_open and nothing != 2:
        os.dup2(nothing, 2)
    requests, answers = os.dup(0), os.dup(1)  # not inherited by child processes
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    if nothing != 2:
        os.close(nothing)
    if os.name == "nt":  # else a newline becomes two bytes, and Ctrl-Z the end
        import msvcrt

        for descriptor in (requests, answers):
            msvcrt.setmode(descriptor, os.O_BINARY)  # type: ignore[attr-defined]
    if sys.stderr is None:  # `print` and tracebacks have a place to go
        sys.stderr = open(2, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115 - for good
    sys.stdout = sys.stderr
    return open(requests, "rb", buffering=1 << 16), open(answers, "wb", buffering=0)


def _is_open(descriptor: int) -> bool:
    with contextlib.suppress(OSError):
        os.fstat(descriptor)
        return True
    return False
