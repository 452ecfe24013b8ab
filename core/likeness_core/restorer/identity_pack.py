"""Identity packs: one small file per person, made of that person's photographs.

The paper's: "After fine-tuning for each identity, we store the corresponding LoRA parameters psi_id, which can be
plug-and-play in inference." Our reading of the file: safetensors that hold the LoRA, where it helps, the aligned
photographs with their landmarks and embeddings, so that the pack is all a job needs, and a manifest in the file's
metadata. It carries more photographs than a job takes without one: the nearest in pose and expression is chosen for
each track.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor, from_numpy

from likeness_core.api import ModelPack, Role
from likeness_core.errors import InputError, ModelPackError
from likeness_core.jobs import write_whole
from likeness_core.media import to_uint8
from likeness_core.packs import WEIGHTS, read_manifest
from likeness_core.restorer.conditioning import AlignedPhoto

FORMAT = "likeness.identity.2"
_LARGEST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """A photograph that a pack was made of."""

    name: str  # of the file
    sha256: str


@dataclass(frozen=True, slots=True)
class IdentityScores:
    """How a pack did on what it was not made of: cosines to the photographs that were held out, undegraded."""

    judge: str  # the recogniser; never the one that rewarded
    held_out: str  # what was restored
    before: float  # the same restorer guided by the best photographs, as many as a job takes without a pack
    carried: float  # guided by all of them, with nothing learnt
    after: float  # as the pack does it
    degraded: float  # before any restoration
    psnr_before_db: float
    psnr_after_db: float


@dataclass(frozen=True, slots=True)
class IdentityManifest:
    """What a pack says of itself."""

    format: str
    name: str
    version: str  # of Likeness
    pack: str  # name of the model pack that it adapts
    weights_sha256: str  # of that pack's network
    photos: tuple[PhotoRecord, ...]
    footage: tuple[PhotoRecord, ...]
    rank: int  # 0 where nothing was kept of the practice: the photographs alone did better
    steps: int
    seed: int
    scores: IdentityScores


@dataclass(frozen=True, slots=True, eq=False)
class IdentityPack:
    """One person, ready to be plugged in."""

    manifest: IdentityManifest
    photos: tuple[AlignedPhoto, ...]
    lora: dict[str, Tensor] | None  # None: the network as it is
    sha256: str  # of the file


def save_identity(
    path: Path, manifest: IdentityManifest, photos: tuple[AlignedPhoto, ...], lora: dict[str, Tensor]
) -> None:
    """Write a pack whole or not at all. Raises MediaError where the disk refuses."""
    arrays: dict[str, npt.NDArray[np.generic]] = {f"lora/{k}": v.numpy().astype(np.float16) for k, v in lora.items()}
    arrays["photos/crops"] = np.stack([to_uint8(photo.crop) for photo in photos])
    arrays["photos/dense"] = np.stack([photo.dense.astype(np.float32) for photo in photos])
    arrays["photos/embeddings"] = np.stack([photo.embedding.astype(np.float32) for photo in photos])
    arrays["photos/qualities"] = np.array([photo.quality for photo in photos], np.float32)
    write_whole(path, save(arrays, {"manifest": json.dumps(asdict(manifest))}))


def load_identity(path: Path, pack: ModelPack | None = None) -> IdentityPack:
    """Read a pack; `pack`: that it is to be used with. What was learnt is of one network; photographs serve any.

    Raises ModelPackError `identity.missing`, `identity.format`, `identity.other_pack`.
    """
    manifest = read_identity_manifest(path)
    if pack is not None and manifest.rank and manifest.weights_sha256 != read_manifest(Path(pack.path)).files[WEIGHTS]:
        message = f"the identity pack {path.name} was made for another model pack ({manifest.pack})"
        raise ModelPackError(
            "identity.other_pack", message, "Make it anew from the photographs: likeness identity create"
        )
    try:
        with safe_open(path, framework="numpy") as stored:
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - no mapping
        photos = tuple(
            AlignedPhoto(crop.astype(np.float32) / np.float32(255), dense, embedding, float(quality))
            for crop, dense, embedding, quality in zip(
                arrays["photos/crops"], arrays["photos/dense"], arrays["photos/embeddings"],
                arrays["photos/qualities"], strict=True,
            )
        )  # fmt: skip
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise _damaged(path) from error
    lora = {
        name.removeprefix("lora/"): from_numpy(value.astype(np.float32))
        for name, value in arrays.items()
        if name.startswith("lora/")
    }
    return IdentityPack(manifest, photos, lora or None, hashlib.sha256(path.read_bytes()).hexdigest())


def identity_of(role: Role, model: ModelPack) -> IdentityPack | None:
    """The identity pack of a role, made for this model pack; None where it has none.

    Raises ModelPackError as `load_identity`, InputError `job.differs` where the file is another by now.
    """
    if not role.identity:
        return None
    pack = load_identity(Path(role.identity), model)
    if role.identity_sha256 not in ("", pack.sha256):
        hint = "Start afresh with --overwrite, or put the earlier identity pack back."
        raise InputError("job.differs", "the identity pack is not the one that this job was begun with", hint)
    return pack


def read_identity_manifest(path: Path) -> IdentityManifest:
    """What a pack says of itself. Raises ModelPackError `identity.missing`, `identity.format`."""
    if not path.is_file():
        raise ModelPackError(
            "identity.missing", f"there is no identity pack {path}", "Check the path after --identity."
        )
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise _damaged(path)
        with safe_open(path, framework="numpy") as stored:
            text = (stored.metadata() or {}).get("manifest", "")
        manifest = msgspec.json.decode(text.encode(), type=IdentityManifest)
    except (SafetensorError, OSError, msgspec.MsgspecError) as error:
        raise _damaged(path) from error
    if manifest.format != FORMAT:
        raise _damaged(path)
    return manifest


def _damaged(path: Path) -> ModelPackError:
    message = f"{path.name} is no identity pack that this version reads, or it is damaged"
    return ModelPackError("identity.format", message, "Make it anew from the photographs: likeness identity create")
