"""The job folder: the record of one run, so that killing it at any moment loses at most one window.

    job.json        everything that decides bytes, frozen at the start
    analysis.json   shots, tracks, people;  landmarks.npy beside it
    journal         one line a finished window, written after everything the window left is on disk
    state-N.npz     what window N + 1 needs of window N
    store/          the changed parts of a movie's frames, until it is muxed
    faces.jsonl     per-frame identity scores
    done            the result, once it is complete

Files appear by write-to-temporary, fsync, rename.
"""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import platformdirs

from likeness_core.api import RestorationJob
from likeness_core.errors import InputError, MediaError

T = TypeVar("T")

LOCK = "lock"  # file of a job folder that a running process holds


def cache_folder() -> Path:
    """Where job folders live: `LIKENESS_CACHE`, else the platform's cache folder."""
    named = os.environ.get("LIKENESS_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("likeness", appauthor=False))


@contextmanager
def cache_at(folder: Path) -> Iterator[None]:
    """`LIKENESS_CACHE` names `folder`: an empty one is a cold cache."""
    before = os.environ.get("LIKENESS_CACHE")
    os.environ["LIKENESS_CACHE"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("LIKENESS_CACHE")
        if before is not None:
            os.environ["LIKENESS_CACHE"] = before


def job_folder(output_folder: Path) -> Path:
    """The job folder of a result; one result has one job."""
    key = hashlib.sha256(str(output_folder.resolve()).encode()).hexdigest()[:16]
    return cache_folder() / "jobs" / key


@dataclass(frozen=True, slots=True)
class _Sidecar:
    """What is needed of a result's `sidecar.json` to know its job."""

    job: RestorationJob


def job_of_result(output_folder: Path) -> RestorationJob:
    """The job that made, or is making, a result: its record, else (moved, another machine) the sidecar's.

    A sidecar's job has names in place of paths. Raises InputError `input.no_result`, `job.damaged`.
    """
    record = job_folder(output_folder) / "job.json"
    try:
        if record.is_file():
            return decode(record.read_bytes(), RestorationJob)
        return decode((output_folder / "sidecar.json").read_bytes(), _Sidecar).job
    except OSError as error:
        hint = "Name a movie, one file of an image sequence, or the output folder of a job."
        raise InputError("input.no_result", f"{output_folder} is no result of Likeness", hint) from error


def encode(value: object) -> bytes:
    """One of the vocabulary's dataclasses as JSON; rates become "24000/1001"."""
    return msgspec.json.encode(value, enc_hook=fraction_to_text)


def decode(data: bytes, kind: type[T]) -> T:
    """What `encode` wrote, as `kind`. Raises InputError `job.damaged`."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=text_to_fraction)
    except msgspec.MsgspecError as error:
        raise InputError(
            "job.damaged", f"the job's record is damaged ({error})", "Start again with --overwrite."
        ) from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, through a power cut too."""
    temporary = path.with_name(path.name + ".partial")
    try:
        with writing(path), temporary.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        with writing(path):
            temporary.replace(path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):  # gone already where all went well; Ctrl-C leaves nothing either
            temporary.unlink()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in our words why `path` cannot be written. Raises MediaError `media.no_space`, `media.not_writable`."""
    try:
        yield
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror})"
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise MediaError("media.no_space", message, "Free some space, then --resume.") from error
        raise MediaError("media.not_writable", message, "Choose a folder that you may write to.") from error


def sync_folder(folder: Path) -> None:
    """Make renames in a folder last; Windows does so by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Journal:
    """Which windows are finished: line N says that window N is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def finished(self) -> int:
        """How many windows are finished; a half-written last line does not count."""
        if not self._path.exists():
            return 0
        return self._path.read_bytes().count(b"\n")

    def add(self) -> None:
        """Note that the next window is finished."""
        count = self.finished()
        whole = sum(len(b"%d\n" % number) for number in range(count))
        with writing(self._path), self._path.open("r+b" if self._path.exists() else "wb") as handle:
            handle.truncate(whole)  # a half-written line goes
            handle.seek(whole)
            handle.write(b"%d\n" % count)
            handle.flush()
            os.fsync(handle.fileno())


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the job; a second process is refused. The operating system frees the lock of a dead process.

    Raises InputError `job.running`, MediaError `media.not_writable`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / LOCK).open("a+b")
    except OSError as error:
        message = f"the job folder {folder} cannot be written ({error.strerror})"
        raise MediaError("media.not_writable", message, "Let LIKENESS_CACHE name a folder you may write to.") from error
    try:
        try:
            _take_lock(handle)
        except OSError as error:
            hint = "Wait for it, or choose another output folder."
            raise InputError("job.running", "another Likeness is working on this output folder", hint) from error
        yield
    finally:
        handle.close()


def _take_lock(handle: Any) -> None:
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def fraction_to_text(value: object) -> str:
    """A rate as text, for msgspec's `enc_hook`."""
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    raise TypeError(f"{type(value).__name__} is not of the vocabulary")


def text_to_fraction(kind: type, value: object) -> object:
    """The rate that `fraction_to_text` wrote, for msgspec's `dec_hook`."""
    if kind is Fraction and isinstance(value, str):
        try:
            return Fraction(value)
        except ZeroDivisionError as error:
            raise ValueError(f"{value} is no rate") from error
    raise TypeError(f"{kind.__name__} is not of the vocabulary")
