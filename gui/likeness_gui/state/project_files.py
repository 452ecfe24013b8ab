"""Project files: written whole, with a copy beside them that a damaged file is mended from.

The project is saved by itself a moment after every edit; there is no "save changes?". A project that has no name yet
lives in the application's data folder.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
from likeness_core.errors import InputError, LikenessError
from likeness_core.jobs import decode, encode, write_whole

from likeness_gui.state.project import SUFFIX, VERSION, Project


@dataclass(frozen=True, slots=True)
class Opened:
    """A project that was read."""

    project: Project
    recovered: bool  # the file was damaged; this is the copy


@dataclass(frozen=True, slots=True)
class _Version:
    version: int


class ProjectFiles:
    """Reads and writes projects; `data` is the application's data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data

    @property
    def unnamed(self) -> Path:
        """Where the project is kept that has no name yet."""
        return self._data / f"unnamed{SUFFIX}"

    @property
    def stills(self) -> Path:
        """Where faces are kept that were cut out of footage to serve as photographs."""
        return self._data / "stills"

    @property
    def identities(self) -> Path:
        """Where identity packs are kept."""
        return self._data / "identities"

    @property
    def hosts(self) -> Path:
        """Where it is remembered what was put into editing applications."""
        return self._data / "hosts"

    def copy_of(self, path: Path) -> Path:
        """The copy of a project that a damaged file is mended from."""
        key = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
        return self._data / "copies" / f"{path.stem}-{key}{SUFFIX}"

    def save(self, project: Project, path: Path) -> None:
        """Write the copy, then the project: at every moment one of them is whole. Raises MediaError."""
        data = msgspec.json.format(encode(project), indent=1)
        copy = self.copy_of(path)
        for target in (copy, path):
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, data)

    def open(self, path: Path) -> Opened:
        """Read a project, or its copy where the file is damaged or gone.

        Raises InputError `project.newer`, `project.damaged`, `project.missing`.
        """
        try:
            return Opened(_read(path), recovered=False)
        except LikenessError as error:
            copy = self.copy_of(path)
            if error.code == "project.newer" or not copy.is_file():
                raise
            return Opened(_read(copy), recovered=True)


def _read(path: Path) -> Project:
    hint = "Open another project, or start a new one with the footage."
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"the project {path.name} cannot be read ({error.strerror})"
        raise InputError("project.missing", message, "Bring the file or its drive back, or open another.") from error
    try:
        version = decode(data, _Version).version
        if version > VERSION:
            message = f"{path.name} was saved by a newer Likeness"
            raise InputError("project.newer", message, "Install that version; this one leaves the file untouched.")
        return decode(data, Project)
    except InputError as error:
        if error.code == "project.newer":
            raise
        raise InputError("project.damaged", f"the project {path.name} is damaged", hint) from error
