"""The panel's end of the file mailbox to `Likeness.lua`, which runs inside Resolve.

    token            a secret of this user, made once; only who can read the folder knows it
    heartbeat.json   written by the script every second: who it is, which run (epoch), the last request's number
    request.json     calls, with token, epoch and a number higher than any before; taken by the script
    response.json    their answers, with the same number
    bridge.log       what the script did not carry out, and why
    panel.txt        the program that the script may open; optional

The folder is this user's alone (0700): whoever else can write there could script Resolve.
"""

import json
import os
import secrets
import stat
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likeness_core.errors import HostCallFailedError, HostError, HostNotRunningError, InputError
from likeness_core.jobs import locked

from likeness_plugin.resolve_calls import connection_error

PROTOCOL = 1
POLL_S = 0.005
FRESH_S = 5.0  # a heartbeat comes every second, but for calls that take long
UNTAKEN_S = 5.0  # a request that nobody takes for so long has no reader
READS = 5  # of a heartbeat: Windows has no rename onto a file, so for a moment there is none
LARGEST_REPLY = 256 * 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The script's last sign of life."""

    epoch: str
    last: int  # number of the last request that it took
    product: str
    age_s: float


def make_mailbox(folder: Path) -> Path:
    """Make the folder and its token where they are missing; returns the folder. Raises as `check_mailbox` does."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    token = folder / "token"
    if not token.exists():
        descriptor = os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(secrets.token_hex(32))
    check_mailbox(folder)
    return folder


def check_mailbox(folder: Path) -> None:
    """Refuse a folder that others may write to. Raises HostError `host.mailbox_unsafe`."""
    if os.name == "nt":
        return  # inside the user's profile, which Windows keeps from others
    for path in (folder, folder / "token"):
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
            hint = f"Delete {folder} and run `likeness hosts repair`."
            raise HostError("host.mailbox_unsafe", f"{path} is not this user's alone", hint)


def read_heartbeat(folder: Path) -> Heartbeat | None:
    """The last sign of life; None where the script never ran here, or said that it ended."""
    for _ in range(READS):
        try:
            path = folder / "heartbeat.json"
            beat = json.loads(path.read_text(encoding="utf-8", errors="replace"))
            age_s = time.time() - path.stat().st_mtime
            if beat.get("stopped"):
                return None
            return Heartbeat(str(beat["epoch"]), int(beat["last"]), str(beat["product"]), age_s)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            time.sleep(POLL_S)
    return None


def is_alive(folder: Path) -> bool:
    """Whether a script answers here now."""
    beat = read_heartbeat(folder)
    return beat is not None and beat.age_s < FRESH_S


class MailboxConnection:
    """Calls through the mailbox. One process at a time holds it."""

    name = "mailbox"

    def __init__(self, folder: Path) -> None:
        """Raises HostNotRunningError where no script answers, HostError `host.busy` where another panel does."""
        check_mailbox(folder)
        self._folder = folder
        self._number = 0
        self._open = ExitStack()
        if not is_alive(folder):
            raise _no_script()
        try:
            self._open.enter_context(locked(folder))
        except InputError as error:
            hint = "Use the panel that is open, or close it."
            raise HostError("host.busy", "another Likeness is connected to Resolve", hint) from error

    def exchange(self, calls: list[dict[str, Any]], forget: bool, timeout_s: float) -> list[dict[str, Any]]:
        """See `Connection`."""
        reply = self._ask({"calls": calls, "forget": forget}, timeout_s)
        if "error" in reply:
            raise connection_error(str(reply["error"]), str(reply.get("message", "")))
        answers: list[dict[str, Any]] = reply["answers"]
        return answers

    def stop_script(self) -> None:
        """End the script inside Resolve."""
        self._ask({"calls": [], "quit": True}, UNTAKEN_S)

    def close(self) -> None:
        """Let another process connect; the script goes on."""
        self._open.close()

    def _ask(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        beat = read_heartbeat(self._folder)
        if beat is None:
            raise _no_script()
        self._number = max(self._number, beat.last) + 1
        token = (self._folder / "token").read_text(encoding="ascii").strip()
        head = {"protocol": PROTOCOL, "token": token, "epoch": beat.epoch, "number": self._number}
        (self._folder / "response.json").unlink(missing_ok=True)
        self._put(json.dumps(head | request).encode("ascii"))
        return self._await(beat, timeout_s)

    def _put(self, data: bytes) -> None:
        temporary = self._folder / "request.json.part"
        temporary.write_bytes(data)
        temporary.replace(self._folder / "request.json")

    def _await(self, beat: Heartbeat, timeout_s: float) -> dict[str, Any]:
        started = time.monotonic()
        request = self._folder / "request.json"
        while (waited := time.monotonic() - started) < timeout_s:
            reply = self._reply()
            if reply is not None:
                return reply
            if waited > UNTAKEN_S and request.exists():
                request.unlink(missing_ok=True)
                raise _no_script()
            time.sleep(POLL_S)
        request.unlink(missing_ok=True)
        hint = "Close any window that Resolve shows, and try again."
        raise HostCallFailedError("host.timeout", f"Resolve has not answered for {timeout_s:.0f} s", hint)

    def _reply(self) -> dict[str, Any] | None:
        path = self._folder / "response.json"
        with suppress(OSError, ValueError):
            if path.stat().st_size > LARGEST_REPLY:
                return None
            reply = json.loads(path.read_bytes().decode("utf-8", errors="replace"))
            if isinstance(reply, dict) and reply.get("number") == self._number:
                path.unlink(missing_ok=True)
                return reply
        return None


def _no_script() -> HostNotRunningError:
    hint = "In Resolve choose Workspace > Scripts > Likeness. If it is not listed, run `likeness hosts install`."
    return HostNotRunningError("host.no_script", "the Likeness script does not answer inside Resolve", hint)
