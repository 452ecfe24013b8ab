"""The `latent` backbone: the paper's scale, on public weights that a user brings.

The paper's (IP-FVR, arXiv 2507.10293): a latent diffusion restorer, clips of 24 frames, the low-quality frames as a
condition of every step, text and reference by decoupled cross-attentions. Our reading with what is public: a U-Net of
the Stable Diffusion 1.5 family, AnimateDiff's motion module over the clip, a tile ControlNet for the footage, CLIP for
the sentence and an IP-Adapter for the photographs, all by diffusers. The result starts from the footage's own latents
with noise, not from noise alone, and noise is the same at every step.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from likeness_core import color
from likeness_core.errors import ModelPackError
from likeness_core.packs import WEIGHTS, Manifest
from likeness_core.restorer.attributes import VOCABULARY
from likeness_core.restorer.conditioning import Guide
from likeness_core.restorer.detail_network import DetailNetwork
from likeness_core.restorer.latent_parts import LatentNetworks, Part, add_lora, assemble, libraries

STEPS_FACTOR = 4  # steps of the diffusion for each that is asked for: 1, 2, 4, 8 become 4, 8, 16, 32
START = 600  # of 1,000 training steps: noise that hides what is broken and keeps where everything is
# AnimateDiff was trained with a linear schedule, other than Stable Diffusion itself.
SCHEDULE = {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "linear"}
_AGES = {
    "child": "a child", "young": "a young person", "middle-aged": "a middle-aged person", "old": "an old person",
}  # fmt: skip
_WORN = ("beard", "moustache", "glasses", "long hair", "wrinkles", "freckles", "make-up")
_CLIP_MEAN, _CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, slots=True)
class LatentConditions:
    """What one stream of a clip is told."""

    text: Tensor  # (1, L, D) tokens of the sentence
    image: Tensor  # (1, R, ...) embeddings of the photographs, or one of zeros
    control: Tensor  # (T, 3, S, S) the footage, [0, 1]


class LatentBackbone:
    """See `backbone.Backbone`."""

    detail: DetailNetwork | None = None

    def __init__(self, networks: LatentNetworks, device: torch.device, dtype: torch.dtype) -> None:
        self.networks = networks
        for module in networks.modules():
            module.to(device, dtype).eval()
        self._like = torch.empty(0, device=device, dtype=dtype)
        diffusers, _ = libraries()
        self._alphas: Tensor = diffusers.DDIMScheduler(**SCHEDULE).alphas_cumprod.to(device)
        self._patches = _wants_patches(networks)

    def encode(self, crops: Tensor) -> Tensor:
        """The mode of the autoencoder's distribution, frame by frame: a draw of it would differ between windows."""
        vae = self.networks.vae
        latents = [vae.encode(frame[None].to(self._like)).latent_dist.mode() for frame in crops[0]]
        return torch.cat(latents)[None].float() * float(vae.config.scaling_factor)

    def decode(self, latents: Tensor) -> Tensor:
        """Frame by frame, so that memory does not grow with the clip."""
        vae = self.networks.vae
        scaled = (latents[0] / float(vae.config.scaling_factor)).to(self._like)
        return torch.cat([vae.decode(frame[None]).sample for frame in scaled])[None].float()

    def conditions(self, guide: Guide) -> LatentConditions:
        """Sentence, photographs and footage."""
        clip = guide.clip
        control = torch.from_numpy(np.ascontiguousarray(clip.crops.transpose(0, 3, 1, 2))).to(self._like)
        relied = 0.0 if "image" in clip.without else guide.relied_on  # nothing of a stranger's photographs
        image = self._seen([photo.crop for photo in guide.photos] if relied else [], clip.monochrome)
        if 0 < relied < 1:
            image = torch.lerp(self._seen([], clip.monochrome).expand_as(image), image, relied)
        said = np.zeros_like(clip.attributes) if "text" in clip.without else clip.attributes
        return LatentConditions(self._told(sentence(said)), image, control)

    def retold(self, conditions: LatentConditions, attributes: npt.NDArray[np.float32]) -> LatentConditions:
        """Another sentence."""
        return replace(conditions, text=self._told(sentence(attributes)))

    def estimate(self, x_t: Tensor, t: float, streams: Sequence[LatentConditions]) -> list[Tensor]:
        """Stream by stream: a clip of 24 frames fills a card's memory by itself."""
        step = _step(t)
        alpha = self._alphas[step]
        found = []
        for stream in streams:
            noise = self._noise_in(x_t.to(self._like), step, stream).float()
            found.append((x_t - (1 - alpha).sqrt() * noise) / alpha.sqrt())
        return found

    def times(self, steps: int) -> list[float]:
        """From 1 down, evenly spaced, STEPS_FACTOR for each that is asked for."""
        count = steps * STEPS_FACTOR
        return [1 - i / count for i in range(count)]

    def advanced(self, x0: Tensor, estimate: Tensor, t: float) -> Tensor:
        """The estimate: noise is taken out step by step."""
        return estimate

    def noise(self, seed: int, frames: list[int], latents: Tensor, monochrome: bool) -> Tensor:
        """Keyed by (seed, source frame); channels of latents are no colours, so black-and-white changes nothing."""
        shape = tuple(latents.shape[2:])
        drawn = [
            np.random.Generator(np.random.Philox(key=[seed, frame])).standard_normal(shape, np.float32)
            for frame in frames
        ]
        return torch.from_numpy(np.stack(drawn))[None].to(latents)

    def noised(self, x0: Tensor, lq: Tensor, noise: Tensor, t: float) -> Tensor:
        """`sqrt(alpha) x0 + sqrt(1 - alpha) noise`, from the footage at t = 1 (DDIM with the noise kept)."""
        alpha = self._alphas[_step(t)]
        return alpha.sqrt() * (lq if t == 1 else x0) + (1 - alpha).sqrt() * noise

    def _noise_in(self, x_t: Tensor, step: int, stream: LatentConditions) -> Tensor:
        """The noise that the network sees in x_t: (1, T, 4, h, w)."""
        networks, frames = self.networks, x_t.shape[1]
        text = stream.text.expand(frames, -1, -1)
        downs, middle = networks.controlnet(
            x_t[0], step, encoder_hidden_states=text, controlnet_cond=stream.control, return_dict=False
        )
        found: Tensor = networks.unet(
            x_t.transpose(1, 2),  # diffusers counts channels before frames
            step,
            encoder_hidden_states=text,
            added_cond_kwargs={"image_embeds": [stream.image]},
            down_block_additional_residuals=downs,
            mid_block_additional_residual=middle,
            return_dict=False,
        )[0]
        return found.transpose(1, 2)

    def _told(self, text: str) -> Tensor:
        """(1, L, D) tokens of a sentence."""
        tokenizer, encoder = self.networks.tokenizer, self.networks.text_encoder
        length = int(encoder.config.max_position_embeddings)
        ids = tokenizer(text, padding="max_length", max_length=length, truncation=True, return_tensors="pt").input_ids
        tokens: Tensor = encoder(ids.to(self._like.device))[0]
        return tokens

    def _seen(self, crops: list[npt.NDArray[np.float32]], monochrome: bool) -> Tensor:
        """Embeddings of photographs; without any, what IP-Adapters were trained to take for nobody.

        That is a zero embedding, or for those that read patches, the patches of an empty picture.
        """
        encoder = self.networks.image_encoder
        side = int(encoder.config.image_size)
        pictures = [_for_clip(crop, side, monochrome) for crop in crops] or [np.zeros((3, side, side), np.float32)]
        seen = encoder(torch.from_numpy(np.stack(pictures)).to(self._like), output_hidden_states=self._patches)
        if self._patches:
            return seen.hidden_states[-2][None]  # type: ignore[no-any-return]
        embeddings: Tensor = seen.image_embeds
        return (embeddings if crops else torch.zeros_like(embeddings))[None]


def open_latent(
    pack: Path, manifest: Manifest, device: torch.device, dtype: torch.dtype, lora: dict[str, Tensor] | None = None
) -> LatentBackbone:
    """The networks of a pack, and one person's part where there is one.

    Raises ModelPackError `pack.missing` (the extra `latent`), `pack.format`, `pack.component`, `identity.format`.
    """
    _, transformers = libraries()
    hint = "Build the pack again: likeness packs build --latent"
    try:
        stored = load_file(pack / WEIGHTS)
        configs = {str(name): dict(config) for name, config in manifest.network["configs"].items()}
        tokenizer = transformers.CLIPTokenizer.from_pretrained(pack, local_files_only=True)
    except (SafetensorError, OSError, KeyError, AttributeError, TypeError, ValueError) as error:
        raise ModelPackError("pack.format", f"{pack.name}: the pack cannot be read ({error})", hint) from error
    networks = assemble(split(configs, stored), tokenizer)
    if lora is not None:
        add_lora(networks.unet, lora)
    return LatentBackbone(networks, device, dtype)


def split(configs: dict[str, dict[str, object]], stored: dict[str, Tensor]) -> dict[str, Part]:
    """The parts of a pack's one weight file, whose names are `PART/NAME`."""
    return {
        name: Part(config, {k.removeprefix(f"{name}/"): v for k, v in stored.items() if k.startswith(f"{name}/")})
        for name, config in configs.items()
    }


def sentence(degrees: npt.NDArray[np.float32]) -> str:
    """What the attributes say, as CLIP's text encoder was trained to read it."""
    said = [word for word, degree in zip(VOCABULARY, degrees, strict=True) if degree >= 0.5]
    age = next((word for word in _AGES if word in said), None)
    worn = [word for word in said if word in _WORN]
    rest = [word for word in said if word not in (*_AGES, *_WORN)]
    text = f"a portrait photograph of {_AGES.get(age or '', 'a person')}"
    return ", ".join([f"{text} with {' and '.join(worn)}" if worn else text, *rest])


def _for_clip(crop: npt.NDArray[np.float32], side_px: int, monochrome: bool) -> npt.NDArray[np.float32]:
    """A photograph as CLIP sees pictures: (3, side, side)."""
    small = np.asarray(cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA), np.float32)
    if monochrome:
        small = np.repeat((small @ np.array(color.luma_weights(1), np.float32))[..., None], 3, axis=2)
    scaled = (small - np.array(_CLIP_MEAN, np.float32)) / np.array(_CLIP_STD, np.float32)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1), np.float32)


def _wants_patches(networks: LatentNetworks) -> bool:
    """Whether the IP-Adapter reads the patches of a picture ("plus"), not its one embedding."""
    (projection,) = networks.unet.encoder_hid_proj.image_projection_layers
    return type(projection).__name__ != "ImageProjection"


def _step(t: float) -> int:
    """The training step for a t of the pipeline."""
    return max(round(t * START) - 1, 0)


def stored_config(parts: dict[str, Part]) -> dict[str, object]:
    """The parts' configurations as a manifest holds them."""
    configs: dict[str, object] = json.loads(json.dumps({name: part.config for name, part in parts.items()}))
    return configs
