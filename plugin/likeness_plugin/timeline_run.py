"""Restore the ranges of a plan, each in a process of the core: a crash takes one range with it, never all."""

import json
import os
import re
import subprocess
import sys
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from likeness_core import errors
from likeness_core.api import Progress
from likeness_core.errors import FaceError, LikenessError

from likeness_plugin.timeline_plan import Task

INTERRUPTED = 130  # how the core ends when it is asked to stop
_STOP_TIMEOUT_S = 30.0  # it stops at its next step; on a busy machine that takes some seconds

_SAID = re.compile(r"likeness: (?P<message>.*)\n\s*hint: (?P<hint>.*?)\s+\[(?P<code>[\w.]+)\]")
# What goes wrong with one piece of footage, and not with the next: a night's work does not stop for it.
_OF_ONE_RANGE = (
    "core.died", "device.memory", "media.changed", "media.changes", "media.damaged", "media.gap", "media.truncated",
)  # fmt: skip
_OWN_OPTIONS = ("output", "resume", "overwrite", "progress", "help")


@dataclass(frozen=True, slots=True)
class Restored:
    """What one run of the core left."""

    task: Task
    first_file: Path  # the movie, or the first file of the sequence
    is_sequence: bool
    restored_frames: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A range of which there is no result: the person is not in it, or its footage cannot be restored."""

    task: Task
    reason: str
    status: int = 0  # the exit status of what went wrong; 0 where the person is not there


def keep_texts(parser: ArgumentParser) -> None:
    """Let `parser` check its options as before, but keep what was typed, so that it can be handed on."""

    def checked(kind: Callable[[str], object]) -> Callable[[str], str]:
        def check(text: str) -> str:
            kind(text)
            return text

        return check

    for action in parser._actions:
        if callable(action.type) and action.type is not Path and action.choices is None:
            action.type = checked(action.type)


def core_options(parser: ArgumentParser, given: Namespace) -> list[str]:
    """The options of a restoration, as they are typed for the core: whom, and what differs from its default.

    `parser` holds what `cli.add_restoration` added, after `keep_texts`. Paths become absolute.
    """
    typed: list[str] = []
    for action in parser._actions:
        value = getattr(given, action.dest, None)
        by_itself = value == action.default and action.dest != "person"  # whose default is another in the core
        if action.dest in _OWN_OPTIONS or by_itself:
            continue
        typed.append(action.option_strings[-1])
        if value is not True:
            values = value if isinstance(value, list) else [value]
            typed += [os.path.abspath(one) if isinstance(one, Path) else str(one) for one in values]
    return typed


def restore_task(
    task: Task, out: Path, options: list[str], again: str
) -> Generator[Progress, None, Restored | PassedOver]:
    """Restore one range into OUT/<its name>. Closing the generator stops the core, which keeps what is finished.

    `again`: "resume" or "overwrite". Raises the core's LikenessError where another range would fail in the same way.
    """
    media, frames, folder = task.range.media, task.range.frames, out / task.name
    command = [*_core(), "restore", media.path, "-o", str(folder), f"--{again}"]
    command += ["--range", f"{frames.start}:{frames.stop}", "--progress", "json"]
    # Not the source's name, by which a host would link the source itself.
    command += ["--name", f"{task.name.rpartition('.')[0]}_likeness"]
    if media.kind == "sequence":
        command += ["--rate", f"{media.rate.numerator}/{media.rate.denominator}"]
    try:
        result = yield from _run([*command, *options])
    except FaceError as error:
        with suppress(OSError):  # made by the core, and empty
            folder.rmdir()
        return PassedOver(task, error.message)
    except LikenessError as error:
        if error.code not in _OF_ONE_RANGE:
            raise
        return PassedOver(task, error.message, error.exit_status)
    sidecar = json.loads((folder / "sidecar.json").read_bytes())
    if not sidecar["frames_restored"]:
        return PassedOver(task, "no face in it can be restored")
    files = sorted(result.iterdir()) if result.is_dir() else [result]
    return Restored(task, files[0], result.is_dir(), sidecar["frames_restored"], tuple(sidecar["warnings"]))


def _core() -> list[str]:
    """How the core is started: in an installed application the command line is a program of its own."""
    if getattr(sys, "frozen", False):
        return [str(Path(sys.executable).with_name("likeness.exe" if os.name == "nt" else "likeness"))]
    return [sys.executable, "-m", "likeness_core"]


def _run(command: list[str]) -> Generator[Progress, None, Path]:
    """Run the core; returns the path that it prints. It is a session of its own: Ctrl-C stops it once, through us."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    printed: list[str] = []
    # A thread, because a full pipe would stop the core while its reports are read.
    reader = threading.Thread(target=printed.extend, args=(process.stdout,), daemon=True)
    reader.start()
    said: list[str] = []
    try:
        for line in process.stderr:
            if line.startswith("{"):
                yield Progress(**json.loads(line))
            else:
                said.append(line)
        process.wait()
    finally:
        _stop(process)
        reader.join()
        process.stdout.close()
        process.stderr.close()
    if process.returncode != 0:
        raise _error("".join(said), process.returncode)
    return Path(printed[-1].rstrip("\n"))


def _stop(process: "subprocess.Popen[str]") -> None:
    """End the core: first asked, then not."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _error(said: str, status: int) -> LikenessError:
    """The error that the core printed, as the class that it was."""
    match = next(_SAID.finditer(said), None)
    if match is None:
        tail = said.strip().splitlines()[-1:] or ["it printed nothing"]
        return LikenessError("core.died", f"the core ended with status {status}: {tail[0]}", "Go on with --resume.")
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, LikenessError)]
    kind = next((one for one in kinds if one.exit_status == status), LikenessError)
    return kind(match["code"], match["message"], match["hint"])
