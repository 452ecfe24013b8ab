"""Model packs: a folder with a manifest, weights as safetensors, and the sha256 of every file.

    resources/packs/compact/
        manifest.json   what the pack is, its licence, its network's shape, the hash of each file
        weights.safetensors
        detail.safetensors  the network that adds photographs' fine detail, where the pack has one
        card.md         data, gates, known failures

Nothing is ever unpickled and nothing is fetched. `LIKENESS_PACKS` names further folders that hold packs, separated
as in PATH.
"""

import errno
import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

import likeness_core
from likeness_core.api import ModelPack
from likeness_core.errors import ModelPackError

FORMAT = 1
WEIGHTS = "weights.safetensors"
DETAIL = "detail.safetensors"  # of the network that adds photographs' fine detail; a pack may go without


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `manifest.json` says."""

    format: int
    name: str
    version: str
    backbone: str  # "compact", "latent" or "blind"
    licence: str
    sides_px: tuple[int, ...]  # crop sides that the weights were trained for, ascending
    network: dict[str, Any]  # the backbone's own configuration
    files: dict[str, str]  # name -> sha256


def resources() -> Path:
    """The folder of what ships: inside an installed package, else the checkout's."""
    package = Path(likeness_core.__file__).parent
    installed = package / "resources"
    return installed if installed.is_dir() else package.parents[1] / "resources"


def added_packs() -> Path:
    """Where `likeness packs add` puts packs."""
    return Path(platformdirs.user_data_dir("likeness", appauthor=False)) / "packs"


def find_packs() -> list[Path]:
    """Folders with a manifest: of `LIKENESS_PACKS`, then those that were added, then what ships; each name once."""
    named = [Path(part) for part in os.environ.get("LIKENESS_PACKS", "").split(os.pathsep) if part]
    found: dict[str, Path] = {}
    for root in [*named, added_packs(), resources() / "packs"]:
        folders = [root, *sorted(root.iterdir())] if root.is_dir() else []
        for folder in folders:
            if (folder / "manifest.json").is_file():
                found.setdefault(folder.name, folder)
    return list(found.values())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a pack, without checking its files. Raises ModelPackError `pack.missing` or `pack.format`."""
    hint = "Put the pack back as it was delivered, or install Likeness again."
    try:
        stored = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelPackError("pack.missing", f"no model pack at {folder} ({error.strerror})", hint) from error
    except ValueError as error:
        raise ModelPackError("pack.format", f"the manifest of {folder.name} is damaged", hint) from error
    names = {field.name for field in fields(Manifest)}
    if not isinstance(stored, dict) or set(stored) != names or stored["format"] != FORMAT:
        raise ModelPackError("pack.format", f"{folder.name} is of a format this version does not read", hint)
    try:
        manifest = msgspec.convert(stored, Manifest)
    except msgspec.ValidationError as error:
        raise ModelPackError("pack.format", f"the manifest of {folder.name} is damaged ({error})", hint) from error
    if WEIGHTS not in manifest.files:  # they would be loaded without a look at their hash
        raise ModelPackError("pack.format", f"the manifest of {folder.name} does not name {WEIGHTS}", hint)
    return manifest


def check_pack(folder: Path) -> ModelPack:
    """Hash every file of the pack against its manifest.

    Raises ModelPackError `pack.missing`, `pack.format` or `pack.tampered`.
    """
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            hint = "Put the pack back as it was delivered, or install Likeness again."
            raise ModelPackError("pack.missing", f"{folder.name}: {name} is missing", hint)
        if file_hash(path) != expected:
            raise ModelPackError(
                "pack.tampered",
                f"{folder.name}: {name} is not the file that the manifest names (sha256 differs)",
                "Do not use this pack. Install it again from where you trust it.",
            )
    digest = file_hash(folder / "manifest.json")
    return ModelPack(manifest.name, manifest.version, str(folder), digest, manifest.licence)


def write_pack(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json` for files that lie in `folder`; their hashes are taken now."""
    hashes = {name: file_hash(folder / name) for name in sorted(manifest.files)}
    stored = {**asdict(manifest), "files": hashes}
    (folder / "manifest.json").write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")


def file_hash(path: Path) -> str:
    """sha256 of a file, in hexadecimal. Raises OSError; a device or a pipe is refused: it may never end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a file", str(path))
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def combined_hash(hashes: list[str]) -> str:
    """One sha256 for a list of them, in order."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()
