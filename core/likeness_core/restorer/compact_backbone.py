"""The compact network behind the pipeline's protocol: pixels are its latents, `process` is its process."""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from likeness_core.errors import ModelPackError
from likeness_core.packs import DETAIL, WEIGHTS, Manifest
from likeness_core.restorer.attributes import VOCABULARY
from likeness_core.restorer.compact import CompactConfig, CompactDenoiser, Conditions
from likeness_core.restorer.conditioning import Guide, conditions
from likeness_core.restorer.detail_network import DetailNetwork
from likeness_core.restorer.lora import adapted
from likeness_core.restorer.process import is_mirrored, keyed_noise, look_of, noise_of, noisy_start, times

# Of the network's change, where no photograph guides it: by itself it draws what faces have on average. Of 33
# validation pictures by the field's recipe, all of it opens 7 % of dlib's distance at x4 and closes 1 % at x8; .7: -.7
# and +2.1 %, with +1.46 and +.87 dB over the input in place of +1.61 and +.84; .6: +1.0 and +2.4 %, +1.33 and +.82 dB.
# Of the clips P007 at x8 comes out .0005 below its input with .6, .0001 with .5.
UNGUIDED = 0.4


class CompactBackbone:
    """See `backbone.Backbone`."""

    def __init__(
        self, model: CompactDenoiser, device: torch.device, dtype: torch.dtype, detail: DetailNetwork | None = None
    ) -> None:
        self.detail = detail.to(device).eval() if detail is not None else None
        self.model = model.to(device, dtype).eval()
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._like = torch.empty(0, device=device, dtype=dtype)

    def encode(self, crops: Tensor) -> Tensor:
        """Pixels are the latents; as the network's number format holds them."""
        return crops.to(self._like).float()

    def decode(self, latents: Tensor) -> Tensor:
        """Nothing to do."""
        return latents

    def conditions(self, guide: Guide) -> Conditions:
        """See `conditioning.conditions`."""
        return conditions(self.model, guide, self._like)

    def retold(self, conditions: Conditions, attributes: npt.NDArray[np.float32]) -> Conditions:
        """Other text tokens."""
        said = torch.from_numpy(attributes)[None].to(self._like)
        return replace(conditions, text_tokens=self.model.encode_attributes(said))

    def estimate(self, x_t: Tensor, t: float, streams: Sequence[Conditions]) -> list[Tensor]:
        """Streams with references are one batch, those without another: their tokens differ in number."""
        found: dict[int, Tensor] = {}
        turned = is_mirrored(look_of(t))
        for count in sorted({stream.image_tokens.shape[1] for stream in streams}):
            members = [i for i, stream in enumerate(streams) if stream.image_tokens.shape[1] == count]
            together = _stacked([streams[i] for i in members])
            at = torch.ones(len(members), device=x_t.device)
            start = x_t.to(self._like).expand(len(members), -1, -1, -1, -1)
            if turned:
                x0 = self.model(start.flip(-1), at, _mirrored(together)).float().flip(-1)
            else:
                x0 = self.model(start, at, together).float()
            x0 = torch.lerp(together.lq.float(), x0, _change(together.warped_mask.float()))
            found |= {i: x0[position : position + 1] for position, i in enumerate(members)}
        return [found[i] for i in range(len(streams))]

    def times(self, steps: int) -> list[float]:
        """See `process.times`."""
        return times(steps)

    def noise(self, seed: int, frames: list[int], latents: Tensor, monochrome: bool) -> Tensor:
        """See `process.keyed_noise`."""
        return keyed_noise(seed, frames, latents.shape[-1], monochrome).to(latents)

    def noised(self, x0: Tensor, lq: Tensor, noise: Tensor, t: float) -> Tensor:
        """Every look is at the footage."""
        return noisy_start(lq, noise_of(noise, look_of(t)))

    def advanced(self, x0: Tensor, estimate: Tensor, t: float) -> Tensor:
        """The mean of all looks so far."""
        return torch.lerp(x0, estimate, t)


def open_compact(
    pack: Path, manifest: Manifest, device: torch.device, dtype: torch.dtype, lora: dict[str, Tensor] | None = None
) -> CompactBackbone:
    """The network with the pack's weights, and one person's part where there is one.

    Raises ModelPackError `pack.format`, `identity.format`.
    """
    hint = "Install the pack again, or update Likeness."
    try:
        model = CompactDenoiser(_config(manifest.network))
        model.load_state_dict({name: value.float() for name, value in load_file(pack / WEIGHTS).items()})
        detail = DetailNetwork().eval() if DETAIL in manifest.files else None
        if detail is not None:
            detail.load_state_dict(load_file(pack / DETAIL))
    except (msgspec.ValidationError, ValueError, RuntimeError, SafetensorError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise ModelPackError(
            "pack.format", f"{pack.name}: the weights do not fit the network ({reason})", hint
        ) from error
    if lora is not None:
        try:
            model.load_state_dict(adapted(dict(model.named_parameters()), lora), strict=False)
        except (KeyError, RuntimeError) as error:
            hint = "Make it anew from the photographs: likeness identity create"
            raise ModelPackError("identity.format", "the identity pack does not fit this network", hint) from error
    return CompactBackbone(model, device, dtype, detail)


def _mirrored(streams: Conditions) -> Conditions:
    return replace(
        streams, lq=streams.lq.flip(-1), warped=streams.warped.flip(-1), warped_mask=streams.warped_mask.flip(-1)
    )


def _change(warped_mask: Tensor) -> Tensor:
    """(B, T, 1, 1, 1): how much of the network's change is made in each frame; all where a photograph lies on the face.

    warped_mask: (B, T, 1, H, W), see `Conditions`.
    """
    return UNGUIDED + (1 - UNGUIDED) * warped_mask.amax((2, 3, 4), keepdim=True).clamp(max=1)


def _config(network: dict[str, object]) -> CompactConfig:
    """The network's shape from a manifest. Raises ValueError or msgspec.ValidationError."""
    unknown = network.keys() - {field.name for field in fields(CompactConfig)}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    config = msgspec.convert(network, CompactConfig)
    if config.attributes != VOCABULARY:  # what `measure_attributes` says would be read as something else
        raise ValueError("its attributes are not those of this version")
    return config


def _stacked(streams: list[Conditions]) -> Conditions:
    """Several streams of one clip as a batch."""
    if len(streams) == 1:
        return streams[0]
    return Conditions(*(torch.cat([getattr(one, field.name) for one in streams]) for field in fields(Conditions)))
