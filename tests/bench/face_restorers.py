"""Restorers per face, 512 x 512 in and out, side by side: ours as it ships, the others with random weights.

Speed does not depend on weights. GFPGAN, RestoreFormer and Real-ESRGAN come from spandrel (MIT); CodeFormer's
architecture is for non-commercial use: it is measured where the user has installed `spandrel_extra_arches`, or names a
folder that holds it, and is no part of this project.
"""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from likeness_core import packs
from likeness_core.api import Negatives, RestorationSettings
from likeness_core.restorer.attributes import VOCABULARY
from likeness_core.restorer.blending import BlendingMemory
from likeness_core.restorer.blind import _torchvision
from likeness_core.restorer.conditioning import AlignedPhoto, FaceClip
from likeness_core.restorer.pipeline import Restorer
from likeness_core.steps import carry_out
from torch.utils.flop_counter import FlopCounterMode

from tests.bench.measuring import Timing, in_turn
from tests.core.drawn_face import draw, landmarks

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
OURS = {
    "ours, fast (1 step)": RestorationSettings(steps=1),
    "ours, quality (2 steps)": RestorationSettings(steps=2),
    "ours, 4 steps": RestorationSettings(steps=4),
    "ours, fast, 3 negatives": RestorationSettings(steps=1, negatives=Negatives(0.5, 0.5, 0.5)),
}
FAST, QUALITY, CODEFORMER = "ours, fast (1 step)", "ours, quality (2 steps)", "CodeFormer"


@dataclass(frozen=True)
class FaceTiming:
    """One restorer in one number format."""

    name: str
    dtype: str
    seconds: Timing  # per face
    tflop: float  # per face, what the network multiplies and adds (2 each)


def measure(
    device: torch.device, batch: int, rounds: int, extra: Path | None, quick: bool = False
) -> tuple[list[FaceTiming], list[str]]:
    """Per face, for every restorer and number format; and what could not be measured, as lines.

    `quick`: 128 px, and of the others only the one that can be made small, with a tenth of its layers.
    """
    side_px = 128 if quick else 512
    calls: dict[tuple[str, str], Callable[[], object]] = {}
    flops: dict[str, float] = {}
    others, missing = _others(extra, 2 if quick else 23)
    if quick:
        others = {name: other for name, other in others.items() if name.startswith("Real-ESRGAN")}
    for dtype_name, dtype in DTYPES.items():
        restorer = Restorer(packs.resources() / "packs" / "compact", device, dtype)
        for name, settings in OURS.items():
            calls[name, dtype_name] = call = _ours(restorer, settings, batch, side_px)
            flops[name] = flops.get(name) or _tflop(call) / batch
        for name, (make, picture_px) in others.items():
            torch.manual_seed(0)
            model = make().eval().to(device, dtype)
            pictures = torch.rand(batch, 3, picture_px(side_px), picture_px(side_px), device=device, dtype=dtype)
            call = _called(model, pictures)
            try:
                flops[name] = _tflop(call) / batch
            except (RuntimeError, ValueError):  # some layers insist on float32: torch then casts layer by layer
                call = _cast(model.float(), pictures.float(), dtype)
                flops[name] = _tflop(call) / batch
            calls[name, dtype_name] = call
    labelled = {"/".join(key): call for key, call in calls.items()}
    timings = in_turn(labelled, rounds)
    found = [FaceTiming(name, dtype, timings[f"{name}/{dtype}"].over(batch), flops[name]) for name, dtype in calls]
    return found, missing


def best(found: list[FaceTiming], name: str, processor: bool = False) -> float | None:
    """Seconds per face in the faster number format; of the clock, or of the processor."""
    own = [one.seconds for one in found if one.name == name]
    return min((one.processor_s if processor else one.median_s for one in own), default=None)


def _ours(restorer: Restorer, settings: RestorationSettings, batch: int, side_px: int) -> Callable[[], object]:
    """The whole restorer on one window of `batch` frames: warping the photograph, tokens, network, x0 to pixels."""
    dense = landmarks()
    picture = draw(dense, side_px)
    embedding = np.full(128, 128**-0.5, np.float32)
    clip = FaceClip(
        tuple(range(batch)), np.stack([picture] * batch), np.stack([dense] * batch), embedding,
        np.zeros(len(VOCABULARY), np.float32), False,
    )  # fmt: skip
    photos = (AlignedPhoto(picture, dense, embedding, 0.8),)

    def call() -> object:
        return carry_out(restorer.restore(clip, photos, replace(settings), BlendingMemory()))

    return call


def _called(model: torch.nn.Module, pictures: torch.Tensor) -> Callable[[], object]:
    return lambda: model(pictures)


def _cast(model: torch.nn.Module, pictures: torch.Tensor, dtype: torch.dtype) -> Callable[[], object]:
    def call() -> object:
        with torch.autocast(pictures.device.type, dtype):
            return model(pictures)

    return call


def _tflop(call: Callable[[], object]) -> float:
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / 1e12


def _others(
    extra: Path | None, esrgan_blocks: int
) -> tuple[dict[str, tuple[Callable[[], Any], Callable[[int], int]]], list[str]]:
    """What makes each of the others, and the side of what goes in for a result of a side."""
    missing: list[str] = []
    if extra is not None:
        sys.path.insert(0, str(extra))
    with _torchvision():
        load = importlib.import_module
        try:
            architectures = {
                name: getattr(load(f"spandrel.architectures.{name}"), name)
                for name in ("GFPGAN", "RestoreFormer", "ESRGAN")
            }
        except ImportError:
            return {}, ["GFPGAN, RestoreFormer, Real-ESRGAN: spandrel is not installed (the extra `blind`)"]
        others: dict[str, tuple[Callable[[], Any], Callable[[int], int]]] = {
            "GFPGAN": (architectures["GFPGAN"], lambda side: 512),
            "RestoreFormer": (architectures["RestoreFormer"], lambda side: 512),
            "Real-ESRGAN x4plus (128 px in)": (
                lambda: architectures["ESRGAN"](scale=4, num_filters=64, num_blocks=esrgan_blocks),
                lambda side: side // 4,
            ),
        }  # fmt: skip
        try:
            others[CODEFORMER] = (load("spandrel_extra_arches.architectures.CodeFormer").CodeFormer, lambda side: 512)
        except ImportError:
            hint = "pip install --no-deps --target FOLDER spandrel_extra_arches, then --extra-arches FOLDER"
            missing.append(f"CodeFormer: its architecture (non-commercial) is not here; {hint}")
    return others, missing
