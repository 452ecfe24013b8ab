"""Train the compact backbone.

    python -m likeness_core.training.train_compact DATA RUN [--minutes 60] [--stage patches]

DATA is what `prepare` wrote. RUN holds `checkpoint.pt` (weights, average, optimiser; the run goes on from it) and
`log.csv`. The same command runs on a CPU (bfloat16) and on a GPU.

Losses: L1 and gradient L1, weighted to the face; identity (cosine to the undegraded face) and features of SFace, and
of a second recogniser where DATA has one, on a part of each batch, from the first step: without it the result is
prettier and less the person.
"""

import argparse
import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from likeness_core.packs import WEIGHTS
from likeness_core.practice.batches import Batch, collate, picture_losses
from likeness_core.practice.samples import Faces, Sample, View, make_clip, make_sample, read_faces
from likeness_core.restorer.attributes import VOCABULARY
from likeness_core.restorer.compact import CompactConfig, CompactDenoiser
from likeness_core.restorer.feedback import suffix_weights, uniform_weights
from likeness_core.restorer.process import noisy_start
from likeness_core.reward import SFace, aligned, load_sface
from likeness_core.training.mobile_face import SECOND, MobileFace, load_mobile_face

AVERAGE_DECAY = 0.999
IDENTITY_SHARE = 0.2  # of each batch; a face costs the recogniser as much as the denoiser
FEATURE_SHARE = 0.25  # of the identity weight: what SFace sees on its way, beside what it concludes
CROP_JITTER = 0.01  # of the side: no single crop is to be pleased
VALIDATION_PICTURES = 32


@dataclass(frozen=True, slots=True)
class Mix:
    """One kind of batch."""

    view: View
    batch: int
    weight: float  # share of the batches
    frames: int = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """A mix of batches, each of one kind."""

    mixes: tuple[Mix, ...]
    learning_rate: float
    identity_weight: float
    frame_weights: Callable[[int], Tensor] = suffix_weights  # of a clip's frames in the reward


SMALL, LARGE = View(128, 128, 4.5), View(256, 208, 8.0)
STAGES = {
    "small": Stage((Mix(SMALL, 16, 1.0),), 6e-4, 0.05),
    "patches": Stage((Mix(LARGE, 8, 0.75), Mix(SMALL, 16, 0.25)), 4e-4, 0.12),
    # Small batches: on a CPU the number of steps is what is short, not the quality of each.
    # .1 costs PSNR that dlib does not pay back, .02 costs identity (docs/training.md).
    "clips": Stage(
        (Mix(LARGE, 3, 0.62), Mix(SMALL, 6, 0.2), Mix(SMALL, 1, 0.1, 6), Mix(LARGE, 1, 0.08, 4)), 5e-4, 0.05
    ),
}


class Batches(IterableDataset[list[Sample]]):
    """Endless batches, of one kind each; every worker draws its own."""

    def __init__(self, faces: Faces, stage: Stage, seed: int, factor: int) -> None:
        self._faces, self._stage, self._seed, self._factor = faces, stage, seed, factor

    def __iter__(self) -> Iterator[list[Sample]]:
        cv2.setNumThreads(1)
        worker = get_worker_info()
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        weights = [mix.weight for mix in self._stage.mixes]
        while True:
            mix = self._stage.mixes[int(rng.choice(len(weights), p=weights))]
            yield [draw_sample(self._faces, mix, rng) for _ in range(mix.batch * self._factor)]


def sample_batches(batches: Batches, workers: int) -> Iterator[list[Sample]]:
    """Batches made ahead of time by so many processes."""
    return iter(DataLoader(batches, batch_size=None, num_workers=workers, prefetch_factor=4))


def draw_sample(faces: Faces, mix: Mix, rng: np.random.Generator) -> Sample:
    """A still or a clip, as the mix has it."""
    if mix.frames == 1:
        return make_sample(faces, mix.view, rng)
    return make_clip(faces, mix.view, mix.frames, rng)


@dataclass(frozen=True, slots=True)
class Recognisers:
    """Who rewards: SFace, which also conditions and validates, and a second one that keeps it honest."""

    sface: SFace
    second: MobileFace | None

    def losses(self, x0: Tensor, truth: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """(1 - cosine, mean over recognisers; distance of SFace's features as a share of their size).

        x0, truth: (B, 3, S, S) in [-1, 1], the same faces; points: (B, 5, 2) shares of the side.
        """
        points = points + torch.randn_like(points) * CROP_JITTER
        crops, wanted = (
            aligned((faces.float() + 1) / 2, points).contiguous(memory_format=torch.channels_last)
            for faces in (x0, truth)
        )
        with torch.no_grad():
            wanted_embedding, wanted_features = self.sface.features(wanted)
            wanted_second = self.second(wanted) if self.second else None
        embedding, features = self.sface.features(crops)
        identity = 1 - (embedding * wanted_embedding).sum(dim=1).mean()
        if self.second is not None and wanted_second is not None:
            identity = (identity + 1 - (self.second(crops) * wanted_second).sum(dim=1).mean()) / 2
        wanted_features = wanted_features.float()
        distance = (features.float() - wanted_features).abs().mean() / wanted_features.abs().mean()
        return identity, distance


def open_recognisers(data: Path, device: torch.device) -> Recognisers:
    """What `prepare` put into DATA."""
    second = data / SECOND
    return Recognisers(
        load_sface(data / "sface.safetensors").to(device),
        load_mobile_face(second).to(device) if second.exists() else None,
    )


def losses(x0: Tensor, batch: Batch, recognisers: Recognisers, stage: Stage) -> tuple[Tensor, dict[str, float]]:
    """Everything the denoiser is asked for; x0 in [-1, 1]."""
    pixel, gradient = picture_losses(x0, batch.truth)
    share = IDENTITY_SHARE if x0.device.type == "cpu" else 1.0
    count = max(1, round(len(x0) * share))
    # One frame of each, drawn with the suffix weights: on average that is the suffix-weighted reward.
    frame = torch.multinomial(stage.frame_weights(x0.shape[1]), count, replacement=True).to(x0.device)
    faces = torch.arange(count, device=x0.device)
    identity, features = recognisers.losses(x0[faces, frame], batch.truth[faces, frame], batch.points[faces, frame])
    total = pixel + 0.5 * gradient + stage.identity_weight * (identity + FEATURE_SHARE * features)
    parts = {"pixel": pixel, "gradient": gradient, "identity": identity, "features": features}
    return total, {name: part.item() for name, part in parts.items()}


@dataclass(frozen=True, slots=True)
class Pace:
    """How much at a time; one thing on two cores, another on a data-centre GPU."""

    minutes: float
    factor: int = 1  # times the stage's batches
    workers: int = 1  # processes that make samples
    compiled: bool = False


def train(
    data: Path, run: Path, stage: Stage, pace: Pace, device: torch.device, seed: int, start: Path | None = None
) -> None:
    """Run or continue; saves every ten minutes and at the end. A new run may start from a pack's weights."""
    minutes = pace.minutes
    run.mkdir(parents=True, exist_ok=True)
    faces = read_faces(data)
    recognisers = open_recognisers(data, device)
    model, average = (CompactDenoiser(CompactConfig(attributes=VOCABULARY)).to(device) for _ in range(2))
    for network in (model, average):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    trained = [p for name, p in model.named_parameters() if ".lora." not in name]
    optimiser = torch.optim.AdamW(trained, lr=stage.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
    seen = resume(run, model, average, optimiser)
    for group in optimiser.param_groups:
        group["lr"] = stage.learning_rate
    if seen == 0:
        if start is not None:
            start_from(start, model)
        average.load_state_dict(model.state_dict())
    call = torch.compile(model, dynamic=True) if pace.compiled else model
    started = saved = time.monotonic()
    first = seen
    running: dict[str, float] = {}
    batches = Batches(faces, stage, seed + seen, pace.factor)
    for batch_number, samples in enumerate(sample_batches(batches, pace.workers)):
        elapsed = (time.monotonic() - started) / 60
        warm = min(1.0, (batch_number + 1) / 100)
        rate = stage.learning_rate * warm * max(0.05, 1 - elapsed / minutes) ** 0.7
        for group in optimiser.param_groups:
            group["lr"] = rate
        parts = step(model, call, recognisers, samples, optimiser, stage)
        with torch.no_grad():
            decay = min(AVERAGE_DECAY, (seen / 16 + 1) / (seen / 16 + 10))
            for mean, value in zip(average.parameters(), model.parameters(), strict=True):
                mean.lerp_(value, 1 - decay)
        seen += len(samples)
        for name, part in parts.items():
            running[name] = running.get(name, part) * 0.98 + part * 0.02
        if batch_number % 50 == 0:
            speed = (seen - first) / (time.monotonic() - started)
            print(f"{seen} {speed:.1f}/s " + " ".join(f"{k} {v:.4f}" for k, v in running.items()), flush=True)
        over = elapsed >= minutes
        if over or time.monotonic() - saved > 600:
            save(run, model, average, optimiser, seen)
            validate(average, recognisers.sface, faces, run, seen, device)
            saved = time.monotonic()
        if over:
            return


def step(
    model: CompactDenoiser, call: Callable[..., Tensor], recognisers: Recognisers, samples: list[Sample],
    optimiser: torch.optim.Optimizer, stage: Stage,
) -> dict[str, float]:  # fmt: skip
    """One optimiser step.

    `call` is the model, or what the compiler made of it.
    """
    device = next(model.parameters()).device
    with torch.autocast(device.type, torch.bfloat16):
        batch = collate(samples, model, device)
        lq = batch.conditions.lq
        x0 = call(noisy_start(lq, torch.randn_like(lq)), torch.ones(len(samples), device=device), batch.conditions)
        total, parts = losses(x0, batch, recognisers, stage)
    optimiser.zero_grad(set_to_none=True)
    total.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return parts


@torch.no_grad()
def validate(
    model: CompactDenoiser, recogniser: SFace, faces: Faces, run: Path, seen: int, device: torch.device
) -> None:
    """PSNR and SFace identity on people never trained on, for the input and for each kind of reference."""
    counts = np.bincount(faces.identity)
    pictures = [int(i) for i in np.flatnonzero(faces.validation) if counts[faces.identity[i]] > 1][:VALIDATION_PICTURES]
    for scale in (4.0, 8.0):
        table: dict[str, list[tuple[float, float]]] = {"input": [], "none": [], "right": [], "wrong": []}
        for number, index in enumerate(pictures):
            for kind in ("none", "right", "wrong"):
                rng = np.random.default_rng(number)
                sample = make_sample(faces, View(256, 256, scale), rng, index, kind)
                with torch.autocast(device.type, torch.bfloat16):
                    batch = collate([sample], model, device)
                    x0 = model(
                        noisy_start(batch.conditions.lq, torch.randn_like(batch.truth)),
                        torch.ones(1, device=device),
                        batch.conditions,
                    )
                if kind == "none":
                    table["input"].append(score(batch.conditions.lq, batch, recogniser))
                table[kind].append(score(x0, batch, recogniser))
        means = {name: np.mean(values, axis=0) for name, values in table.items()}
        print(f"x{scale:.0f} " + " ".join(f"{k} {v[0]:.2f}/{v[1]:.4f}" for k, v in means.items()), flush=True)
        with (run / "log.csv").open("a", newline="") as handle:
            csv.writer(handle).writerow([seen, scale, *(f"{x:.4f}" for v in means.values() for x in v)])


def score(x0: Tensor, batch: Batch, recogniser: SFace) -> tuple[float, float]:
    """(PSNR of the face's middle, SFace cosine to the undegraded face) of one sample."""
    side = x0.shape[-1]
    box = (..., slice(int(side * 0.25), int(side * 0.9)), slice(int(side * 0.2), int(side * 0.8)))
    error = ((x0.float().clamp(-1, 1) - batch.truth)[box] / 2).square().mean()
    cosine = (
        recogniser(aligned((x0[:, 0].float().clamp(-1, 1) + 1) / 2, batch.points[:, 0])) * batch.target_embedding
    ).sum()
    return float(-10 * torch.log10(error)), float(cosine)


def save(
    run: Path, model: CompactDenoiser, average: CompactDenoiser, optimiser: torch.optim.Optimizer, seen: int
) -> None:
    """Write the checkpoint whole, then rename it."""
    state = {
        "model": model.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
        "seen": seen,
    }
    torch.save(state, run / "checkpoint.tmp")
    (run / "checkpoint.tmp").replace(run / "checkpoint.pt")


def start_from(pack: Path, model: CompactDenoiser) -> None:
    """Load a pack's weights into a network of the same shape; the optimiser starts afresh."""
    weights = load_file(pack / WEIGHTS)
    model.load_state_dict({name: value.float() for name, value in weights.items()})


def resume(run: Path, model: CompactDenoiser, average: CompactDenoiser, optimiser: torch.optim.Optimizer) -> int:
    """Load the run's checkpoint where there is one; the samples seen so far."""
    path = run / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    average.load_state_dict(state["average"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["seen"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--stage", choices=sorted(STAGES), default="patches")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--factor", type=int, default=1, help="batches so many times as large, for a large GPU")
    parser.add_argument("--workers", type=int, default=1, help="processes that make samples")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--learning-rate", type=float, help="in place of the stage's")
    parser.add_argument("--uniform", action="store_true", help="reward every frame of a clip alike, for comparison")
    parser.add_argument("--start", type=Path, metavar="PACK", help="begin a new run with a pack's weights")
    options = parser.parse_args()
    chosen = STAGES[options.stage]
    if options.learning_rate:
        chosen = replace(chosen, learning_rate=options.learning_rate)
    if options.uniform:
        chosen = replace(chosen, frame_weights=uniform_weights)
    pace = Pace(options.minutes, options.factor, options.workers, options.compile)
    train(options.data, options.run, chosen, pace, torch.device(options.device), options.seed, options.start)
