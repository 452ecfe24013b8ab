"""Write the signed archives that `likeness packs add` takes: `dev.py build --sign KEYFILE --pack FOLDER`.

A key is made once, by `dev.py build --new-key KEYFILE`. The private half stays with whoever signs, outside the
repository; the public half is for `TRUSTED_KEYS` in `likeness_core/packs/archives.py`, or for `packs add --key`.
"""

import json
import os
import zipfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from likeness_core.packs import file_hash, read_manifest
from likeness_core.packs.archives import DESCRIPTION, FILES, FORMAT, SIGNATURE, SUFFIX, this_platform

from installer.contents import ROOT

_SAME_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that ZIP knows: the same files give the same archive


def new_key(path: Path) -> str:
    """Write a private key that only its owner may read, as PEM; returns the public half in hexadecimal.

    Raises ValueError for a place inside the repository, OSError (FileExistsError: a key is never written over).
    """
    if path.resolve().is_relative_to(ROOT):
        raise ValueError(f"{path} is inside the repository: a private key must never be committed")
    key = Ed25519PrivateKey.generate()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return public_half(key)


def public_half(key: Ed25519PrivateKey) -> str:
    """What `packs add --key` takes."""
    return key.public_key().public_bytes_raw().hex()


def read_key(path: Path) -> Ed25519PrivateKey:
    """The private key of a PEM file. Raises ValueError, OSError."""
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} holds no Ed25519 key")
    return key


def write_pack_archive(folder: Path, licence_file: Path, output: Path, key: Ed25519PrivateKey) -> Path:
    """Archive a model pack, with the text of its licence; returns the archive's path, in the folder `output`."""
    manifest = read_manifest(folder)
    files = {name: folder / name for name in ["manifest.json", *manifest.files]}
    about = {"kind": "pack", "name": manifest.name, "version": manifest.version, "licence": manifest.licence}
    return _write(about | {"platform": "any"}, files, licence_file, output, key)


def write_runtime_archive(
    packages: Path, about: dict[str, str], licence_file: Path, output: Path, key: Ed25519PrivateKey
) -> Path:
    """Archive a folder of installed packages that goes before the application's own.

    `about` holds name, version and licence. torch for a GPU with its vendor's libraries, or what latent packs need.
    """
    found = sorted(path for path in packages.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    files = {f"packages/{path.relative_to(packages).as_posix()}": path for path in found}
    return _write({"kind": "runtime", "platform": this_platform()} | about, files, licence_file, output, key)


def _write(
    about: dict[str, str], files: dict[str, Path], licence_file: Path, output: Path, key: Ed25519PrivateKey
) -> Path:
    files = {**files, "LICENSE": licence_file}
    described = {name: {"bytes": path.stat().st_size, "sha256": file_hash(path)} for name, path in files.items()}
    description = {"format": FORMAT, **about, "licence_file": "LICENSE", "files": described}
    text = json.dumps(description, indent=1, sort_keys=True, ensure_ascii=False).encode()
    output.mkdir(parents=True, exist_ok=True)
    archive = output / f"{about['name']}-{about['version']}{SUFFIX}"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as opened:
        opened.writestr(zipfile.ZipInfo(DESCRIPTION, _SAME_TIME), text)
        opened.writestr(zipfile.ZipInfo(SIGNATURE, _SAME_TIME), key.sign(text))
        for name, path in sorted(files.items()):
            member = zipfile.ZipInfo(FILES + name, _SAME_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, opened.open(member, "w", force_zip64=True) as target:
                while chunk := source.read(2**20):
                    target.write(chunk)
    return archive
