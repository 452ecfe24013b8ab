"""Make an identity pack: practise on photographs of one person, and keep what was learnt only if it helps.

    for progress in create_identity(request): ...

Each yield is a report and a point to stop at; the same call goes on from the last checkpoint, to the same bytes.
"""

import hashlib
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch.func import functional_call

from likeness_core import __version__
from likeness_core.api import Progress
from likeness_core.cast import aligned_photo
from likeness_core.errors import FaceError, InputError
from likeness_core.evaluation.judge import Judge
from likeness_core.faces import FaceAnalyser, open_face_analyser, sface_part
from likeness_core.identity_trial import Trial, look_at
from likeness_core.jobs import cache_folder, locked, write_whole
from likeness_core.packs import check_pack, combined_hash, file_hash, read_manifest
from likeness_core.practice.batches import collate, picture_losses
from likeness_core.practice.degrade import degrade, draw
from likeness_core.practice.samples import FaceArrays, Faces, View, make_clip, make_sample
from likeness_core.references import load_references
from likeness_core.restorer.compact import CompactDenoiser
from likeness_core.restorer.compact_backbone import open_compact
from likeness_core.restorer.conditioning import AlignedPhoto, reduced
from likeness_core.restorer.feedback import feedback_loss, suffix_weights
from likeness_core.restorer.identity_pack import FORMAT, IdentityManifest, IdentityScores, PhotoRecord, save_identity
from likeness_core.restorer.lora import Lora
from likeness_core.restorer.process import noisy_start
from likeness_core.reward import SFace, aligned, open_sface

SIDE_PX = 256
KEPT_PX = 512  # of the photographs that a pack carries: large faces are given detail from them
LEARNING_RATE = 3e-4  # ten times as much unlearns more than four photographs teach (docs/training.md)
FEEDBACK_WEIGHT = 0.03  # lambda; ten times as much pleases the recogniser that rewards, and not the one that judges
CHECKPOINT_STEPS = 20
COPIES = 3  # degraded copies of each photograph whose landmark errors are kept
STILLS, CLIP = View(SIDE_PX, 208, 8.0), View(128, 128, 6.0)
CLIP_FRAMES = 5


@dataclass(frozen=True, slots=True)
class IdentityRequest:
    """Everything that decides the bytes of an identity pack."""

    name: str
    photos: tuple[str, ...]  # one to five, of one person
    output: str  # NAME.identity.safetensors
    pack: str  # folder of the model pack
    footage: tuple[str, ...] = ()  # further stills of the person, practised on but not shown as references
    steps: int = 120
    rank: int = 8
    seed: int = 0
    device: str = "cpu"
    threads: int = 2


@dataclass(frozen=True, slots=True)
class IdentityResult:
    """What came of it."""

    path: str
    scores: IdentityScores
    warnings: tuple[str, ...]


def create_identity(request: IdentityRequest) -> Generator[Progress, None, IdentityResult]:
    """Practise, judge, save.

    The photograph that judges is held out: it is neither practised on nor shown while it judges. With one photograph
    alone its mirror image judges, which says less; `scores.held_out` tells. Raises ReferencePhotoError, ModelPackError
    (`pack.missing` where the judge is not installed), FaceError `identity.no_help` where the person would not come out
    more alike: then nothing is saved.
    """
    output = _checked_output(request)
    judge = Judge()
    pack = check_pack(Path(request.pack))
    if read_manifest(Path(request.pack)).backbone != "compact":
        raise InputError("identity.backbone", f"{pack.name} takes no identity packs", "Use the pack compact.")
    torch.set_num_threads(request.threads)
    analyser = open_face_analyser(request.threads)
    loaded = load_references(tuple(Path(path) for path in request.photos), analyser)
    carried = tuple(aligned_photo(photo, analyser, KEPT_PX) for photo in loaded.set.photos)
    photos = tuple(replace(photo, crop=reduced(photo.crop, SIDE_PX)) for photo in carried)
    more = tuple(
        aligned_photo(photo, analyser, SIDE_PX)
        for path in request.footage
        for photo in load_references((Path(path),), analyser).set.photos
    )
    held_out = held_out_photo(photos)
    faces = practice_faces(photos + more, held_out, analyser, request.seed)
    backbone = open_compact(
        Path(request.pack), read_manifest(Path(request.pack)), torch.device(request.device), torch.float32
    )
    trial = Trial(photos, held_out, analyser, judge, request.seed)
    before = trial.run(Path(request.pack), request.device, None)
    lora = Lora(backbone.model, request.rank, request.seed)
    with locked(_folder(request)):
        yield from _practise(request, backbone.model, lora, faces, _folder(request))
    after = trial.run(Path(request.pack), request.device, lora.tensors())
    scores = trial.scores(before, after)
    if scores.after <= scores.before:
        message = (
            f"the identity pack of {request.name} would not help: likeness {scores.before:.4f} without it,"
            f" {scores.after:.4f} with it"
        )
        raise FaceError("identity.no_help", message, "Nothing was saved. Use more or sharper photographs.")
    manifest = IdentityManifest(
        FORMAT, request.name, __version__, f"{pack.name} {pack.version}", pack.sha256, _records(request.photos),
        _records(request.footage), request.rank, request.steps, request.seed, scores,
    )  # fmt: skip
    save_identity(output, manifest, carried, lora.tensors())
    _forget(_folder(request))
    return IdentityResult(str(output), scores, loaded.warnings)


def held_out_photo(photos: tuple[AlignedPhoto, ...]) -> int | None:
    """Which photograph judges: the second best, so that the best still guides; None where there is but one."""
    if len(photos) < 2:
        return None
    return sorted(range(len(photos)), key=lambda i: -photos[i].quality)[1]


def practice_faces(photos: tuple[AlignedPhoto, ...], held_out: int | None, analyser: FaceAnalyser, seed: int) -> Faces:
    """The photographs as practice material: with the landmark errors and embeddings of degraded copies."""
    rng = np.random.default_rng([seed, 1])
    count = len(photos)
    errors = np.zeros((count, COPIES, 468, 2), np.float32)
    scales = np.ones((count, COPIES), np.float32)
    embeddings = np.zeros((count, 1 + COPIES, 128), np.float32)
    for i, photo in enumerate(photos):
        embeddings[i, 0] = photo.embedding
        for copy in range(COPIES):
            parameters = draw(rng, 8.0, monochrome=False, archival=False)
            poor = degrade(photo.crop[None], parameters, rng)[0]
            scales[i, copy] = parameters.scale
            points, seen = look_at(poor, photo, analyser)
            errors[i, copy] = points - photo.dense
            embeddings[i, 1 + copy] = sface_part(tuple(seen.embedding.tolist()))
    validation = np.array([i == held_out for i in range(count)])
    return Faces(
        FaceArrays(
            images=np.stack([np.rint(photo.crop * 255).astype(np.uint8) for photo in photos]),
            landmarks=np.stack([photo.dense for photo in photos]).astype(np.float32),
            errors=errors, error_scales=scales, identity=np.zeros(count, np.int64),
            monochrome=np.array([_is_grey(photo) for photo in photos]),
            embeddings=embeddings, validation=validation, paths=np.array([""] * count),
        )
    )  # fmt: skip


def _practise(
    request: IdentityRequest, model: CompactDenoiser, lora: Lora, faces: Faces, folder: Path
) -> Generator[Progress, None, None]:
    """Train the LoRA alone; every other weight is a constant here."""
    reward = open_sface().to(next(model.parameters()).device)
    optimiser = torch.optim.AdamW(lora.parameters(), lr=LEARNING_RATE, weight_decay=0.0)
    first = _resume(folder, lora, optimiser)
    for step in range(first, request.steps):
        rate = LEARNING_RATE * min(1.0, (step + 1) / 10) * max(0.05, 1 - step / request.steps)
        for group in optimiser.param_groups:
            group["lr"] = rate
        _step(request, model, lora, faces, reward, optimiser, step)
        if (step + 1) % CHECKPOINT_STEPS == 0 or step + 1 == request.steps:
            _keep(folder, lora, optimiser, step + 1)
        yield Progress("practise", step + 1, request.steps)


def _step(
    request: IdentityRequest, model: CompactDenoiser, lora: Lora, faces: Faces, reward: SFace,
    optimiser: torch.optim.Optimizer, step: int,
) -> None:  # fmt: skip
    """One step; everything random in it is keyed by (seed, step), so that a resumed run draws the same."""
    rng = np.random.default_rng([request.seed, 2, step])
    device = next(model.parameters()).device
    samples = (
        [make_clip(faces, CLIP, CLIP_FRAMES, rng)] if step % 2 else [make_sample(faces, STILLS, rng) for _ in range(2)]
    )
    noise_rng = torch.Generator().manual_seed(request.seed * 1_000_003 + step)
    with torch.autocast(device.type, torch.bfloat16):
        with torch.no_grad():
            batch = collate(samples, model, device)
        lq = batch.conditions.lq
        start = noisy_start(lq, torch.randn(lq.shape, generator=noise_rng).to(lq))
        at = torch.ones(len(samples), device=device)
        x0 = functional_call(model, lora.weights(model), (start, at, batch.conditions))
        pixel, gradient = picture_losses(x0, batch.truth)
    count, frames = x0.shape[:2]
    crops = aligned((x0.float().flatten(0, 1) + 1) / 2, batch.points.flatten(0, 1))
    person = torch.nn.functional.normalize(torch.from_numpy(faces.embeddings[faces.train, 0].mean(axis=0)), dim=0)
    likeness = (reward(crops) @ person.to(device)).view(count, frames)
    loss = pixel + 0.5 * gradient + FEEDBACK_WEIGHT * feedback_loss(likeness, suffix_weights(frames))
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(lora.parameters(), 1.0)
    optimiser.step()


def _folder(request: IdentityRequest) -> Path:
    """Where the checkpoints of this very request lie."""
    content = combined_hash([file_hash(Path(path)) for path in (*request.photos, *request.footage)])
    key = hashlib.sha256(msgspec.json.encode((request, content, __version__))).hexdigest()[:16]
    return cache_folder() / "identities" / key


def _keep(folder: Path, lora: Lora, optimiser: torch.optim.Optimizer, step: int) -> None:
    tensors = {f"lora/{name}": value for name, value in lora.tensors().items()}
    for number, state in optimiser.state_dict()["state"].items():
        tensors |= {f"adam/{number}/{name}": value.contiguous() for name, value in state.items()}
    tensors["step"] = torch.tensor([step])
    write_whole(folder / "checkpoint.safetensors", save(tensors))


def _resume(folder: Path, lora: Lora, optimiser: torch.optim.Optimizer) -> int:
    """The steps that a checkpoint holds; a damaged one counts as none."""
    path = folder / "checkpoint.safetensors"
    if not path.exists():
        return 0
    with suppress(SafetensorError, KeyError, ValueError):
        tensors = load(path.read_bytes())
        lora.load({name.removeprefix("lora/"): value for name, value in tensors.items() if name.startswith("lora/")})
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("adam/"):
                _, number, part = name.split("/")
                state.setdefault(int(number), {})[part] = value
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
        return int(tensors["step"][0])
    return 0


def _forget(folder: Path) -> None:
    (folder / "checkpoint.safetensors").unlink(missing_ok=True)


def _records(paths: tuple[str, ...]) -> tuple[PhotoRecord, ...]:
    return tuple(PhotoRecord(Path(path).name, file_hash(Path(path))) for path in paths)


def _checked_output(request: IdentityRequest) -> Path:
    """Raises InputError, before minutes of work."""
    output = Path(request.output)
    if not output.name.endswith(".safetensors"):
        hint = f"Say -o {output.name}.identity.safetensors"
        raise InputError("identity.name", f"an identity pack's name ends in .safetensors, not {output.name}", hint)
    if not output.parent.is_dir():
        raise InputError("identity.name", f"there is no folder {output.parent}", "Make it first.")
    return output


def _is_grey(photo: AlignedPhoto) -> bool:
    return float(np.ptp(photo.crop, axis=2).mean()) < 0.01
