"""Results kept for another time, by the content that they were made of.

    CACHE/KIND/ab/ab12...   one entry: arrays as .npz, whose checksums are tested whenever it is read

The name of an entry is a hash of everything that decides it, so an entry is never out of date, only no longer wanted:
what was used least recently goes when there is too much. A damaged entry counts as absent. Nothing here can fail a
job: where the disk is full or closed, nothing is kept.
"""

import hashlib
import os
import shutil
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from likeness_core import __version__
from likeness_core.jobs import cache_folder

Arrays = dict[str, npt.NDArray[Any]]

LIMIT_GB = 10.0  # about eleven minutes of one face at 25 frames a second and 256 px
_SHARE_OF_FREE = 0.25  # of the disk, at most


@dataclass(frozen=True, slots=True)
class Reuse:
    """One kind of entries."""

    folder: Path
    limit_bytes: int

    @classmethod
    def of(cls, kind: str, limit_gb: float = LIMIT_GB) -> "Reuse":
        """The entries of a kind in the user's cache."""
        return cls(cache_folder() / kind, round(limit_gb * 1e9))

    def load(self, key: str) -> Arrays | None:
        """What was stored under a key; None where nothing is, or where it is damaged."""
        path = self._path(key)
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            os.utime(path)  # when it was last used: file systems no longer say when a file was read
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            with suppress(OSError):
                path.unlink()
            return None
        return arrays

    def store(self, key: str, arrays: Arrays) -> None:
        """Keep arrays under a key, whole or not at all; what was used least recently makes room."""
        path = self._path(key)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not self._make_room(sum(array.nbytes for array in arrays.values())):
                return
            with temporary.open("wb") as handle:
                np.savez(handle, **arrays)  # type: ignore[arg-type]
            temporary.replace(path)
        except OSError:
            pass
        finally:
            with suppress(OSError):
                temporary.unlink()

    def _make_room(self, wanted: int) -> bool:
        """Whether so many bytes may be added, once older entries are gone."""
        entries = []
        for path in self.folder.glob("*/*"):
            with suppress(OSError):  # another process may have removed it
                status = path.stat()
                entries.append((status.st_mtime_ns, status.st_size, path))
        held = sum(size for _, size, _ in entries)
        limit = min(self.limit_bytes, round((shutil.disk_usage(self.folder).free + held) * _SHARE_OF_FREE))
        for _, size, path in sorted(entries):
            if held + wanted <= limit:
                break
            with suppress(OSError):
                path.unlink()
            held -= size
        return held + wanted <= limit

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key


def content_key(*parts: object) -> str:
    """A hash of numbers, strings, tuples and arrays, and of the version of Likeness: 64 hex digits."""
    digest = hashlib.sha256(code_version().encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(repr(part).encode("utf-8", "surrogateescape"))
        digest.update(b"\0")
    return digest.hexdigest()


@cache
def code_version() -> str:
    """The version, and in a checkout a hash of the code: what changed code made differently is never taken for new."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
