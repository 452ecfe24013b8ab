"""One window of one face, from crops to restored crops; reads top to bottom.

The pipeline never knows which backbone it drives: it needs a call `(x_t, t, conditions) -> x0`. Here it is the
compact one.
"""

from collections.abc import Generator
from dataclasses import dataclass, fields
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from likeness_core.api import RestorationSettings
from likeness_core.errors import ModelPackError, OutOfMemoryError
from likeness_core.packs import WEIGHTS, check_pack, read_manifest
from likeness_core.restorer.attributes import VOCABULARY
from likeness_core.restorer.blending import BlendingMemory, WindowLatents, blend, blend_strength
from likeness_core.restorer.compact import CompactConfig, CompactDenoiser, Conditions
from likeness_core.restorer.conditioning import AlignedPhoto, FaceClip, conditions
from likeness_core.restorer.process import keyed_noise, noisy_start, residual_shift, times

NEUTRAL = 0.5  # of the sliders `fidelity` and `likeness`


@dataclass(frozen=True, slots=True)
class RestoredClip:
    """What one window gave."""

    crops: npt.NDArray[np.float32]  # (T, S, S, 3) RGB, about [0, 1], not clipped
    latents: WindowLatents


class Restorer:
    """The compact backbone on a device, ready for windows."""

    def __init__(self, pack: Path, device: torch.device, dtype: torch.dtype) -> None:
        """Raises ModelPackError when the pack is missing, damaged or tampered with."""
        self.pack = check_pack(pack)
        self.manifest = read_manifest(pack)
        self._model = _load(pack, self.manifest.network).to(device, dtype).eval()
        self._model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._like = torch.empty(0, device=device, dtype=dtype)

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
            message = f"the device has too little memory for {len(clip.frames)} frames of {clip.crops.shape[1]} pixels"
            raise OutOfMemoryError("device.memory", message, "Close other programs, or use --device cpu.") from error

    def _sample(
        self,
        clip: FaceClip,
        photos: tuple[AlignedPhoto, ...],
        settings: RestorationSettings,
        memory: BlendingMemory,
    ) -> Generator[None, None, RestoredClip]:
        with torch.inference_mode():
            guided = conditions(self._model, clip, photos, self._like)
            unguided = (
                conditions(self._model, clip, (), self._like) if settings.likeness != NEUTRAL and photos else None
            )
        lq = guided.lq.float()
        noise = keyed_noise(settings.seed, list(clip.frames), clip.crops.shape[1], clip.monochrome).to(lq)
        schedule = times(settings.steps)
        x_t, x0 = noisy_start(lq, noise), lq
        seen = []
        for step, t in enumerate(schedule):
            with torch.inference_mode():
                x0 = self._estimate(x_t, t, guided, unguided, settings)
            x0 = blend(x0, step, blend_strength(t, schedule[-1]), list(clip.frames), memory)
            seen.append(x0[0].cpu())
            if step + 1 < len(schedule):
                # The same noise at every step: fresh noise is what costs identity with more steps.
                x_t = residual_shift(x0, lq, noise, torch.full((1,), schedule[step + 1]).to(lq))
            yield
        crops = ((x0[0].permute(0, 2, 3, 1) + 1) / 2).cpu().numpy()
        return RestoredClip(crops, WindowLatents(clip.frames, torch.stack(seen)))

    def _estimate(
        self,
        x_t: torch.Tensor,
        t: float,
        guided: Conditions,
        unguided: Conditions | None,
        settings: RestorationSettings,
    ) -> torch.Tensor:
        """x0 with the slider `likeness`: 0 ignores the reference, 0.5 is as trained, 1 follows it half again."""
        at = torch.full((1,), t, device=x_t.device)
        with_reference: torch.Tensor = self._model(x_t.to(self._like), at, guided).float()
        if unguided is None:
            return with_reference
        without: torch.Tensor = self._model(x_t.to(self._like), at, unguided).float()
        weight = settings.likeness / NEUTRAL if settings.likeness < NEUTRAL else settings.likeness + NEUTRAL
        return without + weight * (with_reference - without)


def _load(pack: Path, network: dict[str, object]) -> CompactDenoiser:
    """The network with the pack's weights. Raises ModelPackError `pack.format`."""
    hint = "Install the pack again, or update Likeness."
    try:
        config = _config(network)
        model = CompactDenoiser(config)
        model.load_state_dict({name: value.float() for name, value in load_file(pack / WEIGHTS).items()})
    except (msgspec.ValidationError, ValueError, RuntimeError, SafetensorError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise ModelPackError(
            "pack.format", f"{pack.name}: the weights do not fit the network ({reason})", hint
        ) from error
    return model


def _config(network: dict[str, object]) -> CompactConfig:
    """The network's shape from a manifest. Raises ValueError or msgspec.ValidationError."""
    unknown = network.keys() - {field.name for field in fields(CompactConfig)}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    config = msgspec.convert(network, CompactConfig)
    if config.attributes != VOCABULARY:  # what `measure_attributes` says would be read as something else
        raise ValueError("its attributes are not those of this version")
    return config
