"""Archives that bring model packs, or a GPU's libraries, to a machine without a network.

    compact-0.2.likeness-pack       a ZIP archive
        extra.json                  what it is, its licence, the size and sha256 of every file
        extra.sig                   Ed25519 signature of extra.json, 64 bytes
        files/...                   the files

Everything is verified before anything is written, and written beside its place before it is moved there: an archive
that was cut short, changed or signed by another leaves no trace, and neither does an `add` that was interrupted.
"""

import errno
import hashlib
import os
import platform
import shutil
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec
import platformdirs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from likeness_core.errors import InputError, ModelPackError
from likeness_core.jobs import locked, sync_folder
from likeness_core.packs import check_pack

FORMAT = 1
DESCRIPTION, SIGNATURE, FILES = "extra.json", "extra.sig", "files/"
SUFFIX = ".likeness-pack"

# Whose archives are taken without being asked: raw public keys of Ed25519, in hexadecimal. None: nobody publishes
# archives of this project yet. Who does adds theirs here; see installer/README.md, "Keys".
TRUSTED_KEYS: tuple[str, ...] = ()

# Kinds, and the folder of the user's data that each goes into.
FOLDERS = {"pack": "packs", "runtime": "runtimes"}

# Terms that ask nothing of somebody who only uses the files; any other has to be accepted by name.
FREE_TERMS = frozenset(
    ("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0", "CC0-1.0", "GPL-3.0-or-later", "ISC", "MIT")
)

LARGEST_DESCRIPTION = 16 * 2**20  # bytes; a runtime has some ten thousand files of about 150 bytes each
SPARE = 64 * 2**20  # bytes that stay free: a full disk harms the job that runs now
CHUNK = 2**20
# What a damaged archive makes the library raise: RuntimeError where a member claims to be encrypted.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_ADDING = "adding"  # folder of what is not in its place yet


class ArchivedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of an archive."""

    bytes: int
    sha256: str


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `extra.json` says."""

    format: int
    kind: str  # a key of FOLDERS
    name: str
    version: str
    licence: str  # as SPDX names it, else the name that its terms give themselves
    licence_file: str  # its text, one of `files`
    platform: str  # "any", or what `this_platform` says there
    files: dict[str, ArchivedFile]  # by path below files/, with forward slashes

    @property
    def bytes(self) -> int:
        """What the files take once they are unpacked."""
        return sum(file.bytes for file in self.files.values())


@dataclass(frozen=True, slots=True)
class Added:
    """An archive that was added."""

    description: Description
    folder: Path


def data_folder() -> Path:
    """Where what a user adds lies; an upgrade and a removal of the application leave it alone."""
    return Path(platformdirs.user_data_dir("likeness", appauthor=False))


def this_platform() -> str:
    """Operating system, processor and Python that compiled files have to fit."""
    return f"{sys.platform}-{platform.machine().lower()}-cp{sys.version_info.major}{sys.version_info.minor}"


def add(archive: Path, target: Path | None = None, accepted: str = "", keys: tuple[str, ...] = TRUSTED_KEYS) -> Added:
    """Verify an archive, then put what it holds into `target` (default: the user's data folder).

    `accepted` is the name of a licence that the user has agreed to, `keys` are the public keys whose archives are
    taken. An older or other version of the same name gives way. Raises ModelPackError `pack.archive`,
    `pack.signature`, `pack.tampered`, `pack.platform`, `pack.licence`, `pack.no_space`, `pack.not_writable`,
    `pack.busy`, InputError `input.missing`.
    """
    root = target or data_folder()
    with _opened(archive) as opened:
        description = _describe(opened, archive, keys)
        _check_members(opened, description, archive)
        _check_fit(description, accepted)
        _check_space(description, root)
        for name, file in description.files.items():
            _check_file(opened, name, file, archive, None)
        with _written(root), _alone(root / _ADDING):
            folder = _put_in_place(opened, description, archive, root)
    return Added(description, folder)


def _describe(opened: zipfile.ZipFile, archive: Path, keys: tuple[str, ...]) -> Description:
    """The description, once its signature is known to be of one of the keys."""
    try:
        largest = max(opened.getinfo(DESCRIPTION).file_size, opened.getinfo(SIGNATURE).file_size)
        if largest > LARGEST_DESCRIPTION:
            raise _bad_archive(archive, "its description is too large")
        text, signature = opened.read(DESCRIPTION), opened.read(SIGNATURE)
    except KeyError:
        raise _bad_archive(archive, "it has no signed description") from None
    except _DAMAGE as error:
        raise _bad_archive(archive, "its description is damaged") from error
    if not keys:
        message = f"{archive.name} cannot be verified: this build of Likeness knows no key of those who sign archives"
        hint = "Ask its maker for their public key, in a way that you trust, and add: --key KEY; nothing was changed."
        raise ModelPackError("pack.signature", message, hint)
    if not any(_is_signed(text, signature, key) for key in keys):
        hint = "Get it again from where you trust it; nothing was changed."
        raise ModelPackError("pack.signature", f"{archive.name} is not signed with a key that is trusted here", hint)
    try:
        description = msgspec.json.decode(text, type=Description)
    except msgspec.MsgspecError as error:
        raise _bad_archive(archive, f"its description is not understood ({error})") from error
    if description.format != FORMAT or description.kind not in FOLDERS or not _is_plain(description.name):
        raise _bad_archive(archive, "it is of a kind that this version does not know")
    return description


def _is_signed(text: bytes, signature: bytes, key: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def public_key(text: str) -> str:
    """A public key as somebody typed it, in lower-case hexadecimal. Raises InputError `input.key`."""
    try:
        raw = bytes.fromhex(text)
        Ed25519PublicKey.from_public_bytes(raw)
    except ValueError as error:
        hint = "It is 64 digits and letters from a to f, as `dev.py build --new-key` prints it."
        raise InputError("input.key", f"'{text}' is not a public key", hint) from error
    return raw.hex()


def _is_plain(name: str) -> bool:
    return name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum() and name[0] != "."


def _check_members(opened: zipfile.ZipFile, description: Description, archive: Path) -> None:
    """The archive holds what is described, each file once, and no path leads out of its folder."""
    named = [name for name in opened.namelist() if name not in (DESCRIPTION, SIGNATURE)]
    if sorted(named) != sorted(FILES + name for name in description.files):
        raise _tampered(archive, "it holds other files than its description names")
    if len({name.casefold() for name in description.files}) != len(description.files):
        raise _bad_archive(archive, "two of its files have one name on some systems")
    for name, file in description.files.items():
        parts = PurePosixPath(name).parts
        if PurePosixPath(name).is_absolute() or ".." in parts or "\\" in name or ":" in name or not parts:
            raise _bad_archive(archive, f"'{name}' leads out of its folder")
        if opened.getinfo(FILES + name).file_size != file.bytes:
            raise _tampered(archive, f"{name} has another size than its description names")


def _check_fit(description: Description, accepted: str) -> None:
    if description.platform not in ("any", this_platform()):
        message = f"{description.name} is made for {description.platform}; this machine needs {this_platform()}"
        raise ModelPackError("pack.platform", message, "Get the archive for this system.")
    if description.licence_file not in description.files:
        message = f"{description.name} comes without the text of its licence"
        raise ModelPackError("pack.licence", message, "Ask for an archive that holds it.")
    if description.licence not in FREE_TERMS and accepted != description.licence:
        message = f"{description.name} comes under '{description.licence}', which has terms of its own"
        hint = f"Read {description.licence_file} in it, then add: --accept-licence '{description.licence}'"
        raise ModelPackError("pack.licence", message, hint)


def _check_space(description: Description, root: Path) -> None:
    there = next(parent for parent in (root, *root.parents) if parent.exists())
    free, needed = shutil.disk_usage(there).free, description.bytes + SPARE
    if free < needed:
        message = f"{description.name} needs {needed / 1e9:.2f} GB in {there}, and {free / 1e9:.2f} GB are free"
        raise ModelPackError("pack.no_space", message, "Free some space and add it again; nothing was changed.")


def _check_file(opened: zipfile.ZipFile, name: str, file: ArchivedFile, archive: Path, copy: IO[bytes] | None) -> None:
    """Read one file of the archive against its hash, and copy it where asked to."""
    digest, read = hashlib.sha256(), 0
    try:
        with opened.open(FILES + name) as source:
            while chunk := source.read(CHUNK):
                read += len(chunk)
                if read > file.bytes:
                    break
                digest.update(chunk)
                if copy is not None:
                    copy.write(chunk)
    except _DAMAGE as error:
        raise _tampered(archive, f"{name} is damaged") from error
    if read != file.bytes or digest.hexdigest() != file.sha256:
        raise _tampered(archive, f"{name} is not the file that its description names (sha256 differs)")


def _put_in_place(opened: zipfile.ZipFile, description: Description, archive: Path, root: Path) -> Path:
    """Unpack beside, check, swap; whatever stops this, the next call clears away."""
    adding = root / _ADDING
    place = root / FOLDERS[description.kind] / description.name
    fresh, old = adding / f"new-{description.name}", adding / f"old-{description.kind}-{description.name}"
    _clear(fresh, old, place)  # what a killed call may have left
    try:
        for name, file in description.files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as copy:
                _check_file(opened, name, file, archive, copy)
                copy.flush()
                os.fsync(copy.fileno())
        if description.kind == "pack":
            check_pack(fresh)
        else:
            (fresh / DESCRIPTION).write_bytes(opened.read(DESCRIPTION))
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            place.rename(old)
        fresh.rename(place)
        sync_folder(place.parent)
    finally:
        _clear(fresh, old, place)
    return place


def _clear(fresh: Path, old: Path, place: Path) -> None:
    """Remove what is not in its place, and put back what was moved out of it for nothing."""
    if old.exists() and not place.exists():
        old.rename(place)
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def _alone(adding: Path) -> Iterator[None]:
    """Hold the folder in which archives are unpacked; it goes when nothing in it is needed."""
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(adding))
        except InputError as error:
            raise ModelPackError("pack.busy", "another archive is being added", "Wait for it.") from error
        try:
            yield
        finally:
            shutil.rmtree(adding, ignore_errors=True)


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        opened = zipfile.ZipFile(archive)
    except zipfile.BadZipFile as error:
        raise _bad_archive(archive, "it is no whole archive") from error
    except OSError as error:
        message = f"{archive} cannot be read ({error.strerror})"
        raise InputError("input.missing", message, f"Name a {SUFFIX} file.") from error
    with opened:
        yield opened


@contextmanager
def _written(root: Path) -> Iterator[None]:
    """Say in our words why something cannot be written, and leave no empty folder that this made."""
    made = [path for path in (root / FOLDERS["pack"], root / FOLDERS["runtime"], root) if not path.exists()]
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            hint = "Free some space and add it again; nothing was changed."
            raise ModelPackError("pack.no_space", f"{root} is full", hint) from error
        message = f"{root} cannot be written ({error.strerror})"
        raise ModelPackError("pack.not_writable", message, "Check the permissions of the folder.") from error
    finally:
        for path in made:
            with suppress(OSError):
                path.rmdir()  # only where it is empty


def _bad_archive(archive: Path, why: str) -> ModelPackError:
    hint = "Copy or download it again; nothing was changed."
    return ModelPackError("pack.archive", f"{archive.name} cannot be used: {why}", hint)


def _tampered(archive: Path, why: str) -> ModelPackError:
    hint = "Do not use it. Get it again from where you trust it; nothing was changed."
    return ModelPackError("pack.tampered", f"{archive.name}: {why}", hint)
