"""The parts of the `latent` backbone: read from folders that a user has, kept in one file of a pack, put together.

Everything is read from disk; no hub is asked for anything. Weights are safetensors only.
"""

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from likeness_core.errors import ModelPackError

CLIP_FRAMES = 24  # the paper's clip length: the motion module must reach as far
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
_IP_WEIGHTS = ("image_proj.", "ip_adapter.")


@dataclass(frozen=True, slots=True)
class Part:
    """One component: its configuration and its weights."""

    config: dict[str, Any]
    weights: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class LatentNetworks:
    """All networks of the backbone, ready to run."""

    unet: Any  # diffusers' UNetMotionModel, the IP-Adapter in it
    controlnet: Any
    vae: Any
    text_encoder: Any
    tokenizer: Any
    image_encoder: Any

    def modules(self) -> tuple[nn.Module, ...]:
        """The networks among them."""
        return self.unet, self.controlnet, self.vae, self.text_encoder, self.image_encoder


def libraries() -> tuple[Any, Any]:
    """diffusers and transformers, told to stay off the network. Raises ModelPackError `pack.missing`."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # read when the hub's library is first imported: nothing leaves the machine
    try:
        diffusers: Any = importlib.import_module("diffusers")
        transformers: Any = importlib.import_module("transformers")
    except ImportError as error:
        message = f"the latent backbone needs diffusers and transformers, which cannot be imported ({error})"
        hint = "Install the extra with pip install 'likeness[latent]'."
        if getattr(sys, "frozen", False):
            hint = "Add an archive that holds both with likeness packs add."
        raise ModelPackError("pack.missing", message, hint) from error
    for library in (diffusers, transformers):  # their notes and bars are no part of our command line
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    return diffusers, transformers


def read_parts(folders: dict[str, Path]) -> tuple[dict[str, Part], Any]:
    """The parts in a user's folders (`unet`, `motion`, `controlnet`, `vae`, `clip`, `ip-adapter`), and the tokenizer.

    Raises ModelPackError `pack.component`, which names the one that is missing or something else.
    """
    diffusers, transformers = libraries()
    parts = {
        "unet": _read("unet", folders["unet"], "unet", diffusers.UNet2DConditionModel),
        "motion": _read("motion", folders["motion"], "motion_adapter", diffusers.MotionAdapter),
        "controlnet": _read("controlnet", folders["controlnet"], "controlnet", diffusers.ControlNetModel),
        "vae": _read("vae", folders["vae"], "vae", diffusers.AutoencoderKL),
        "text": _read("clip", folders["clip"], "text_encoder", transformers.CLIPTextModel),
        "image": _read(
            "ip-adapter", folders["ip-adapter"], "image_encoder", transformers.CLIPVisionModelWithProjection
        ),
        "ip": Part({}, _ip_weights(folders["ip-adapter"])),
    }
    return parts, _tokenizer(folders["clip"], transformers)


def _read(option: str, folder: Path, inner: str, kind: Any) -> Part:
    """A component in `folder`, or in the folder `inner` below it, as a whole pipeline's folder has it."""
    place = next((at for at in (folder / inner, folder) if (at / "config.json").is_file()), None)
    if place is None:
        raise missing(option, folder, f"there is no config.json of a {kind.__name__} in it")
    half = [] if list(place.glob("*.safetensors")) != list(place.glob("*.fp16.safetensors")) else ["fp16"]
    options = {"variant": half[0]} if half else {}
    try:
        named = kind.load_config(place) if hasattr(kind, "load_config") else {}
        if named.get("_class_name", kind.__name__) != kind.__name__:
            raise missing(option, folder, f"it holds a {named['_class_name']}, not a {kind.__name__}")
        model = kind.from_pretrained(place, local_files_only=True, use_safetensors=True, **_plainly(kind), **options)
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise missing(option, folder, f"no {kind.__name__} can be read from it ({reason})") from error
    config = dict(model.config) if isinstance(model.config, dict) else model.config.to_dict()
    return Part(_plain(config), {name: value.contiguous() for name, value in model.state_dict().items()})


def _plainly(kind: Any) -> dict[str, Any]:
    """diffusers would rather use accelerate, which we do not need."""
    return {"low_cpu_mem_usage": False} if kind.__module__.startswith("diffusers") else {}


def _plain(config: dict[str, Any]) -> dict[str, Any]:
    """What JSON can hold of a configuration; a path of the user's machine is no part of it."""
    kept = {}
    for name, value in config.items():
        if name == "_name_or_path" or name == "dtype" or name == "torch_dtype":
            continue
        kept[name] = list(value) if isinstance(value, tuple) else value
    return kept


def _ip_weights(folder: Path) -> dict[str, Tensor]:
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise missing("ip-adapter", folder, "there are no weights (.safetensors) in it")
    if len(files) > 1:
        raise missing("ip-adapter", folder, f"it holds {len(files)} weight files: keep the one to use")
    try:
        weights = load_file(files[0])
    except (SafetensorError, OSError) as error:
        raise missing("ip-adapter", folder, f"{files[0].name} cannot be read ({error})") from error
    if not weights or not all(name.startswith(_IP_WEIGHTS) for name in weights):
        raise missing("ip-adapter", folder, f"{files[0].name} holds no IP-Adapter")
    return weights


def _tokenizer(folder: Path, transformers: Any) -> Any:
    place = folder / "tokenizer" if (folder / "tokenizer").is_dir() else folder
    if not ((place / "vocab.json").is_file() or (place / "tokenizer.json").is_file()):
        raise missing("clip", folder, "there is no tokenizer/ with vocab.json and merges.txt in it")
    try:
        return transformers.CLIPTokenizer.from_pretrained(place, local_files_only=True)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise missing("clip", folder, f"its tokenizer cannot be read ({reason})") from error


def missing(option: str, folder: Path, reason: str) -> ModelPackError:
    """A component that is not what it should be."""
    hint = "Each is a folder as diffusers saves it; likeness packs build --help says what belongs where."
    return ModelPackError("pack.component", f"--{option} {folder}: {reason}", hint)


def assemble(parts: dict[str, Part], tokenizer: Any) -> LatentNetworks:
    """Put the parts together. Raises ModelPackError `pack.component` where they do not fit each other."""
    diffusers, transformers = libraries()
    reach = int(parts["motion"].config["motion_max_seq_length"])
    if reach < CLIP_FRAMES:
        hint = "Use a motion module for at least 24 frames, such as AnimateDiff's for Stable Diffusion 1.5."
        message = f"the motion module reaches over {reach} frames, a clip has {CLIP_FRAMES}"
        raise ModelPackError("pack.component", message, hint)
    try:
        flat = _filled(diffusers.UNet2DConditionModel.from_config, parts["unet"])
        motion = _filled(diffusers.MotionAdapter.from_config, parts["motion"])
        unet = diffusers.UNetMotionModel.from_unet2d(flat, motion)
        unet._load_ip_adapter_weights([_nested(parts["ip"].weights)], low_cpu_mem_usage=False)
        text_config = transformers.CLIPTextConfig(**parts["text"].config)
        image_config = transformers.CLIPVisionConfig(**parts["image"].config)
        return LatentNetworks(
            unet=unet,
            controlnet=_filled(diffusers.ControlNetModel.from_config, parts["controlnet"]),
            vae=_filled(diffusers.AutoencoderKL.from_config, parts["vae"]),
            text_encoder=_filled(lambda _: transformers.CLIPTextModel(text_config), parts["text"]),
            tokenizer=tokenizer,
            image_encoder=_filled(lambda _: transformers.CLIPVisionModelWithProjection(image_config), parts["image"]),
        )
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        hint = "All must be of the Stable Diffusion 1.5 family."
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelPackError("pack.component", f"the components do not fit each other ({reason})", hint) from error


def _filled(make: Callable[[dict[str, Any]], Any], part: Part) -> Any:
    network = make(part.config)
    network.load_state_dict(part.weights)
    return network


def _nested(weights: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """As diffusers wants an IP-Adapter: the projection's weights and the attentions'."""
    groups = [(prefix.removesuffix("."), prefix) for prefix in _IP_WEIGHTS]
    return {
        name: {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}
        for name, prefix in groups
    }


def add_lora(unet: nn.Module, factors: dict[str, Tensor]) -> None:
    """One person's part: `h = z + up(down(z))` before the cross-attentions, which stay as they are (the paper's).

    `factors`: `latent:PATH:down` (r, C) and `latent:PATH:up` (C, r) for the path of each cross-attention (`attn2`).
    Raises ModelPackError `identity.format` where they belong to another network.
    """
    hint = "Make it anew for this model pack."
    modules = dict(unet.named_modules())
    paths = {name.split(":")[1] for name in factors if name.count(":") == 2}
    wanted = {f"latent:{path}:{part}" for path in paths for part in ("down", "up")}
    if not factors or wanted != factors.keys() or not all(path.endswith("attn2") and path in modules for path in paths):
        raise ModelPackError("identity.format", "the identity pack does not fit this network", hint)
    for path in paths:
        down, up = factors[f"latent:{path}:down"], factors[f"latent:{path}:up"]
        width = modules[path].get_submodule("to_q").get_parameter("weight").shape[1]
        if down.shape[1] != width or up.shape != down.shape[::-1]:
            raise ModelPackError("identity.format", "the identity pack does not fit this network", hint)
        modules[path].register_forward_pre_hook(_Adds(down, up), with_kwargs=True)


class _Adds:
    """Adds a low-rank step to what an attention is given."""

    def __init__(self, down: Tensor, up: Tensor) -> None:
        self._down, self._up = down, up

    def __call__(
        self, module: nn.Module, arguments: tuple[Tensor, ...], options: dict[str, Any]
    ) -> tuple[tuple[Tensor, ...], dict[str, Any]]:
        z = arguments[0]
        down, up = (factor.to(z) for factor in (self._down, self._up))
        return (z + torch.nn.functional.linear(torch.nn.functional.linear(z, down), up), *arguments[1:]), options
