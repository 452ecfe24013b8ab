"""One window of one face, from crops to restored crops; reads top to bottom.

The pipeline never knows which backbone it drives: see `backbone`.
"""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch

from likeness_core.api import RestorationSettings
from likeness_core.errors import OutOfMemoryError
from likeness_core.packs import check_pack, read_manifest
from likeness_core.restorer.backbone import Backbone
from likeness_core.restorer.blending import BlendingMemory, WindowLatents, blend, blend_strength
from likeness_core.restorer.conditioning import AlignedPhoto, FaceClip, Guide
from likeness_core.restorer.detail import detail_gain, with_photo_detail
from likeness_core.restorer.guidance import negative_streams, steered
from likeness_core.restorer.opening import open_backbone


@dataclass(frozen=True, slots=True)
class RestoredClip:
    """What one window gave."""

    crops: npt.NDArray[np.float32]  # (T, S, S, 3) RGB, about [0, 1], not clipped
    latents: WindowLatents


class Restorer:
    """A model pack's backbone on a device, ready for windows."""

    def __init__(
        self, pack: Path, device: torch.device, dtype: torch.dtype, identity: dict[str, torch.Tensor] | None = None
    ) -> None:
        """`identity`: the LoRA of an identity pack.

        Raises ModelPackError when a pack is missing or tampered with, OutOfMemoryError.
        """
        self.pack = check_pack(pack)
        self.manifest = read_manifest(pack)
        try:
            self.backbone: Backbone[Any] = open_backbone(pack, self.manifest, device, dtype, identity)
        except torch.OutOfMemoryError as error:
            raise _out_of_memory(f"the model pack {self.pack.name}") from error

    def restore(
        self,
        clip: FaceClip,
        photos: tuple[AlignedPhoto, ...],
        settings: RestorationSettings,
        memory: BlendingMemory,
    ) -> Generator[None, None, RestoredClip]:
        """Restore up to 24 frames of one face; yields once a denoising step, so that a job can stop there.

        `photos` may be empty: then nobody guides. `memory` holds the latents of earlier windows of the same face and
        shot. Raises OutOfMemoryError.
        """
        try:
            return (yield from self._sample(clip, photos, settings, memory))
        except torch.OutOfMemoryError as error:
            raise _out_of_memory(f"{len(clip.frames)} frames of {clip.crops.shape[1]} pixels") from error

    def _sample(
        self,
        clip: FaceClip,
        photos: tuple[AlignedPhoto, ...],
        settings: RestorationSettings,
        memory: BlendingMemory,
    ) -> Generator[None, None, RestoredClip]:
        backbone, frames = self.backbone, list(clip.frames)
        whole = Guide(clip, photos)
        guide = whole.reduced(self.manifest.sides_px[-1])
        clip, photos, finer = guide.clip, guide.photos, clip.crops
        negatives = negative_streams(clip.attributes, settings, bool(photos))
        with torch.inference_mode():
            guided = backbone.conditions(guide)
            alone = (
                guided if all(stream.guided or not photos for stream in negatives) else backbone.conditions(Guide(clip))
            )
            streams = [guided]
            streams += [backbone.retold(guided if one.guided else alone, one.attributes) for one in negatives]
            lq = backbone.encode(torch.from_numpy(clip.crops).permute(0, 3, 1, 2)[None] * 2 - 1)
            noise = backbone.noise(settings.seed, frames, lq, clip.monochrome)
        schedule = backbone.times(settings.steps)
        x0, seen = lq, []
        for step, t in enumerate(schedule):
            with torch.inference_mode():
                estimates = backbone.estimate(backbone.noised(x0, lq, noise, t), t, streams)
                found = steered(estimates[0], [(n.weight, x) for n, x in zip(negatives, estimates[1:], strict=True)])
                x0 = backbone.advanced(x0, found, t)
            if "blending" not in settings.without:
                x0 = blend(x0, step, blend_strength(t, schedule[-1]), frames, memory)
            seen.append(x0[0].cpu())
            yield
        with torch.inference_mode():
            crops = ((backbone.decode(x0)[0].permute(0, 2, 3, 1) + 1) / 2).cpu().numpy()
        if finer.shape != crops.shape:  # than the network was shown: its change, enlarged
            size = finer.shape[1:3]
            crops = finer + np.stack(
                [cv2.resize(change, size, interpolation=cv2.INTER_CUBIC) for change in crops - clip.crops]
            )
            guide = whole
        if backbone.detail is not None and "detail" not in settings.without:
            crops = with_photo_detail(crops, guide, detail_gain(settings.likeness), backbone.detail)
        return RestoredClip(crops, WindowLatents(clip.frames, torch.stack(seen)))


def _out_of_memory(what: str) -> OutOfMemoryError:
    message = f"the device has too little memory for {what}"
    return OutOfMemoryError("device.memory", message, "Close other programs, or use --device cpu.")
