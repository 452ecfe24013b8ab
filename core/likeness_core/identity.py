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
from likeness_core.api import MOST_CARRIED, ModelPack, Progress, ReferencePhoto
from likeness_core.cast import aligned_photo
from likeness_core.errors import FaceError, InputError
from likeness_core.evaluation.judge import Judge
from likeness_core.faces import FaceAnalyser, open_face_analyser, sface_part
from likeness_core.identity_trial import DRAWS, Outcome, Trial, look_at, mirrored
from likeness_core.jobs import cache_folder, locked, write_whole
from likeness_core.media import to_uint8
from likeness_core.packs import WEIGHTS, check_pack, combined_hash, file_hash, read_manifest
from likeness_core.practice.batches import collate, picture_losses
from likeness_core.practice.degrade import degrade, draw
from likeness_core.practice.samples import FaceArrays, Faces, View, make_clip, make_sample
from likeness_core.references import MOST_PHOTOS, LoadedReferences, usable_references
from likeness_core.restorer.compact import CompactDenoiser
from likeness_core.restorer.compact_backbone import open_compact
from likeness_core.restorer.conditioning import AlignedPhoto
from likeness_core.restorer.feedback import feedback_loss, suffix_weights
from likeness_core.restorer.identity_pack import FORMAT, IdentityManifest, IdentityScores, PhotoRecord, save_identity
from likeness_core.restorer.lora import Lora
from likeness_core.restorer.overlay import reduced
from likeness_core.restorer.pipeline import Restorer
from likeness_core.restorer.process import noisy_start
from likeness_core.reward import SFace, aligned, open_sface

SIDE_PX = 256
KEPT_PX = 512  # of the photographs that a pack carries: large faces are given detail from them
LEARNING_RATE = 3e-4  # ten times as much unlearns more than four photographs teach (docs/training.md)
FEEDBACK_WEIGHT = 0.03  # lambda; ten times as much pleases the recogniser that rewards, and not the one that judges
CHECKPOINT_STEPS = 20
TURNS = 3  # trials: the best photographs, all of them, all of them with what was learnt
MOST_JUDGING = 4  # photographs that are held out
COPIES = 3  # degraded copies of each photograph whose landmark errors are kept
STILLS, CLIP = View(SIDE_PX, 208, 8.0), View(128, 128, 6.0)
CLIP_FRAMES = 5


@dataclass(frozen=True, slots=True)
class IdentityRequest:
    """Everything that decides the bytes of an identity pack."""

    name: str
    photos: tuple[str, ...]  # one to MOST_CARRIED, of one person
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

    The photographs that judge are held out: they are neither practised on nor shown while they judge; the pack carries
    them all the same. With one photograph alone its mirror image judges, which says less; `scores.held_out` tells.
    What was learnt is kept only where it helps, and a pack is saved only where it does better than the best MOST_PHOTOS
    photographs do without one. Raises ReferencePhotoError, ModelPackError (`pack.missing` where the judge is not
    installed), FaceError `identity.no_help` where the person would not come out more alike: then nothing is saved.
    Reports stages "look", "try" and "practise".
    """
    output = _checked_output(request)
    judge = Judge()
    pack = check_pack(Path(request.pack))
    if read_manifest(Path(request.pack)).backbone != "compact":
        raise InputError("identity.backbone", f"{pack.name} takes no identity packs", "Use the pack compact.")
    torch.set_num_threads(request.threads)
    analyser = open_face_analyser(request.threads)
    given = len(request.photos) + len(request.footage)
    loaded = yield from _looking(usable_references(_paths(request.photos), analyser), 0, given)
    carried = tuple(_aligned(photo, analyser, KEPT_PX) for photo in loaded.set.photos)
    photos = tuple(replace(photo, crop=reduced(photo.crop, SIDE_PX)) for photo in carried)
    judging = held_out_photos(photos)
    known = tuple(photo for i, photo in enumerate(photos) if i not in judging)
    # A still that is one of the photographs was looked at already, and may be one that judges.
    own = {photo.sha256 for photo in loaded.set.photos}
    stills: tuple[ReferencePhoto, ...] = ()
    if footage := tuple(path for path in _paths(request.footage) if not (path.is_file() and file_hash(path) in own)):
        stills = (yield from _looking(usable_references(footage, analyser), len(request.photos), given)).set.photos
    more = tuple(_aligned(still, analyser, SIDE_PX) for still in stills)
    truths = tuple(photos[i] for i in judging) or (mirrored(photos[0]),)
    named = ", ".join(Path(loaded.set.photos[i].path).name for i in judging) or "the photograph itself, mirrored"
    trial = Trial(truths, named, analyser, judge, request.seed)
    before = yield from _trying(trial, request, None, _best(known), 0)
    carrying = (yield from _trying(trial, request, None, known, 1)) if len(known) > MOST_PHOTOS else before
    seen = combined_hash([photo.sha256 for photo in (*loaded.set.photos, *stills)])
    folder = _folder(request, pack, seen)
    lora = yield from _learnt(request, folder, practice_faces(known + more, analyser, request.seed))
    practised = yield from _trying(trial, request, lora, known, 2)
    helps = practised.likeness > carrying.likeness
    scores = trial.scores(before, carrying, practised if helps else carrying)
    if scores.after <= scores.before:
        message = (
            f"the identity pack of {request.name} would not help: likeness {scores.before:.4f} without it,"
            f" {practised.likeness:.4f} with it"
        )
        hint = f"Nothing was saved. Use more photographs, up to {MOST_CARRIED}: a pack chooses among those it carries."
        raise FaceError("identity.no_help", message, hint)
    manifest = IdentityManifest(
        FORMAT, request.name, __version__, f"{pack.name} {pack.version}",
        read_manifest(Path(request.pack)).files[WEIGHTS], _records(loaded.set.photos), _records(stills),
        request.rank if helps else 0, request.steps, request.seed, scores,
    )  # fmt: skip
    save_identity(output, manifest, carried, lora if helps else {})
    _forget(folder)
    return IdentityResult(str(output), scores, loaded.warnings)


def _aligned(photo: ReferencePhoto, analyser: FaceAnalyser, side_px: int) -> AlignedPhoto:
    """Without what interpolation adds beyond black and white: these are stored, and degraded, as pictures are."""
    whole = aligned_photo(photo, analyser, side_px)
    return replace(whole, crop=np.clip(whole.crop, 0, 1))


def held_out_photos(photos: tuple[AlignedPhoto, ...]) -> tuple[int, ...]:
    """Which photographs judge: every fourth by quality from the second best on, four at most; none of one alone.

    The best still guides, and the poorest quarter, profiles mostly, judges nothing.
    """
    by_quality = sorted(range(len(photos)), key=lambda i: -photos[i].quality)
    return tuple(sorted(by_quality[: max(2, len(photos) * 3 // 4)][1::4][:MOST_JUDGING]))


def _best(photos: tuple[AlignedPhoto, ...]) -> tuple[AlignedPhoto, ...]:
    """As many as a job takes without a pack: what a pack has to do better than."""
    return tuple(sorted(photos, key=lambda photo: -photo.quality)[:MOST_PHOTOS])


def _looking(
    work: Generator[int, None, LoadedReferences], first: int, total: int
) -> Generator[Progress, None, LoadedReferences]:
    while True:
        try:
            yield Progress("look", first + next(work), total)
        except StopIteration as end:
            loaded: LoadedReferences = end.value
            return loaded


def _trying(
    trial: Trial, request: IdentityRequest, lora: dict[str, torch.Tensor] | None, known: tuple[AlignedPhoto, ...],
    turn: int,
) -> Generator[Progress, None, Outcome]:  # fmt: skip
    """`turn`: which of TURNS trials this is."""
    restorer = Restorer(Path(request.pack), torch.device(request.device), torch.float32, lora)
    work = trial.run(restorer, known)
    while True:
        try:
            yield Progress("try", turn * DRAWS + next(work), TURNS * DRAWS)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def _learnt(request: IdentityRequest, folder: Path, faces: Faces) -> Generator[Progress, None, dict[str, torch.Tensor]]:
    """What practice gives; its checkpoints lie in `folder`."""
    manifest, device = read_manifest(Path(request.pack)), torch.device(request.device)
    model = open_compact(Path(request.pack), manifest, device, torch.float32).model
    lora = Lora(model, request.rank, request.seed)
    with locked(folder):
        yield from _practise(request, model, lora, faces, folder)
    return lora.tensors()


def practice_faces(photos: tuple[AlignedPhoto, ...], analyser: FaceAnalyser, seed: int) -> Faces:
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
    return Faces(
        FaceArrays(
            images=np.stack([to_uint8(photo.crop) for photo in photos]),
            landmarks=np.stack([photo.dense for photo in photos]).astype(np.float32),
            errors=errors, error_scales=scales, identity=np.zeros(count, np.int64),
            monochrome=np.array([_is_grey(photo) for photo in photos]),
            embeddings=embeddings, validation=np.zeros(count, bool), paths=np.array([""] * count),
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


def _folder(request: IdentityRequest, pack: ModelPack, seen: str) -> Path:
    """Where the checkpoints of this very request, with these very pictures and this very network, lie."""
    key = hashlib.sha256(msgspec.json.encode((request, seen, __version__, pack.sha256))).hexdigest()[:16]
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


def _records(photos: tuple[ReferencePhoto, ...]) -> tuple[PhotoRecord, ...]:
    return tuple(PhotoRecord(Path(photo.path).name, photo.sha256) for photo in photos)


def _paths(names: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(Path(name) for name in names)


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
