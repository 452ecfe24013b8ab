"""The `blind` backbone: a user's own face restorer, such as GFPGAN or RestoreFormer, inside our pipeline.

It restores each frame by itself and knows no references; tracking, alignment, cross-fading, colour lock, grain and
compositing are ours. The file is read by spandrel, which tells the architecture from the weights (extra `blind`).
Where the package spandrel_extra_arches is installed, its architectures (CodeFormer; not for commercial use) serve too.
"""

import importlib
import importlib.util
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from likeness_core.errors import ModelPackError
from likeness_core.packs import WEIGHTS
from likeness_core.restorer.conditioning import Guide
from likeness_core.restorer.detail_network import DetailNetwork

Restore = Callable[[Tensor], Tensor]  # (1, 3, S, S) RGB [0, 1] to the same


class BlindBackbone:
    """See `backbone.Backbone`: pixels are the latents, there is one step and no noise."""

    detail: DetailNetwork | None = None

    def __init__(self, restore: Restore, device: torch.device, dtype: torch.dtype) -> None:
        self._restore, self._like = restore, torch.empty(0, device=device, dtype=dtype)

    def encode(self, crops: Tensor) -> Tensor:
        """Pixels are the latents."""
        return crops.to(self._like.device).float()

    def decode(self, latents: Tensor) -> Tensor:
        """Nothing to do."""
        return latents

    def conditions(self, guide: Guide) -> None:
        """It is told nothing."""

    def retold(self, conditions: None, attributes: npt.NDArray[np.float32]) -> None:
        """It is told nothing."""

    def estimate(self, x_t: Tensor, t: float, streams: Sequence[None]) -> list[Tensor]:
        """Each frame by itself; every stream is told the same, so all get the same."""
        frames = [self._restore(((frame[None] + 1) / 2).to(self._like)).float() * 2 - 1 for frame in x_t[0]]
        return [torch.cat(frames)[None]] * len(streams)

    def times(self, steps: int) -> list[float]:
        """One, however many were asked for."""
        return [1.0]

    def advanced(self, x0: Tensor, estimate: Tensor, t: float) -> Tensor:
        """The estimate."""
        return estimate

    def noise(self, seed: int, frames: list[int], latents: Tensor, monochrome: bool) -> Tensor:
        """None: the footage itself goes in."""
        return torch.zeros_like(latents)

    def noised(self, x0: Tensor, lq: Tensor, noise: Tensor, t: float) -> Tensor:
        """The footage."""
        return lq


def open_blind(pack: Path, device: torch.device, dtype: torch.dtype) -> BlindBackbone:
    """The network of a pack. Raises ModelPackError `pack.missing` (spandrel), `pack.format`."""
    try:
        weights = load_file(pack / WEIGHTS)
    except (SafetensorError, OSError) as error:
        hint = "Build the pack again: likeness packs build --blind"
        raise ModelPackError("pack.format", f"{pack.name}: the weights cannot be read ({error})", hint) from error
    found = described(weights, pack.name)
    chosen = dtype if dtype != torch.bfloat16 or found.supports_bfloat16 else torch.float32
    found.model.to(device, chosen).eval()
    return BlindBackbone(_caller(found), device, chosen)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The state of a .safetensors, .pth, .pt or .ckpt file; nothing in it is executed. Raises ModelPackError."""
    try:
        if path.suffix.lower() == ".safetensors":
            stored: object = load_file(path)
        else:
            stored = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror or error})"
        raise ModelPackError("pack.missing", message, "Check the path.") from error
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        hint = "It must hold weights alone: save its state dict, or use a .safetensors file."
        raise ModelPackError("pack.format", f"{path.name} is no file of weights ({reason})", hint) from error
    if not isinstance(stored, dict):
        hint = "It must hold weights alone: save its state dict, or use a .safetensors file."
        raise ModelPackError("pack.format", f"{path.name} holds no weights", hint)
    canonical = _spandrel().canonicalize_state_dict(stored)
    return {name: value.contiguous().clone() for name, value in canonical.items() if isinstance(value, Tensor)}


def described(weights: dict[str, Tensor], name: str) -> Any:
    """The network that the weights belong to, with them, as spandrel's ImageModelDescriptor.

    Raises ModelPackError `pack.missing` (spandrel), `pack.architecture`.
    """
    spandrel = _spandrel()
    hint = "GFPGAN and RestoreFormer files are known; CodeFormer's with the package spandrel_extra_arches."
    try:
        found = spandrel.ModelLoader("cpu").load_from_state_dict(dict(weights))
    except (spandrel.UnsupportedModelError, RuntimeError, KeyError, ValueError) as error:
        message = f"{name} is of no architecture that is known here"
        raise ModelPackError("pack.architecture", message, hint) from error
    if (found.scale, found.input_channels, found.output_channels) != (1, 3, 3) or found.purpose == "Inpainting":
        message = f"{name} ({found.architecture.id}) does not restore faces: it is for {found.purpose} x{found.scale}"
        raise ModelPackError("pack.architecture", message, hint)
    return found


def _caller(found: Any) -> Restore:
    """How the network is called, RGB [0, 1] in and out."""
    model = found.model
    if found.architecture.id == "GFPGAN":
        # Spandrel hands [0, 1] to a network that was trained on [-1, 1], and draws fresh noise at every call: the noise
        # that lies in the file makes a result repeatable.
        return lambda picture: (model(picture * 2 - 1, randomize_noise=False)[0] + 1) / 2
    return found  # type: ignore[no-any-return]


def _spandrel() -> ModuleType:
    """The library, and what the user added to it. Raises ModelPackError `pack.missing`."""
    try:
        with _torchvision():
            spandrel = importlib.import_module("spandrel")
            with suppress(ImportError):
                extra = importlib.import_module("spandrel_extra_arches")
                extra.install(ignore_duplicates=True)
    except ImportError:
        message = "a blind restorer needs spandrel, which is not installed (the extra `blind`)"
        raise ModelPackError(
            "pack.missing", message, "Install it with: pip install --no-deps spandrel einops"
        ) from None
    return spandrel


@contextmanager
def _torchvision() -> Iterator[None]:
    """Stand in for torchvision while spandrel is imported, where it is not installed.

    Spandrel uses three names of it; there is no CPU build of torchvision for every torch. It is taken away again, so
    that no other library takes it for the real one.
    """
    if importlib.util.find_spec("torchvision") is not None:
        yield
        return
    names = ["torchvision", "torchvision.transforms", "torchvision.transforms.functional"]
    modules = [ModuleType(name) for name in names]
    modules[0].__dict__["transforms"] = modules[1]
    modules[1].__dict__["functional"] = modules[2]
    modules[2].__dict__.update(InterpolationMode=_InterpolationMode, rotate=_rotate, normalize=_normalize)
    sys.modules.update(zip(names, modules, strict=True))
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)


class _InterpolationMode(Enum):
    """Only named by spandrel's inpainting network, which never runs here."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"


def _rotate(*arguments: object, **options: object) -> Tensor:
    """Only called by spandrel's inpainting network, which never runs here."""
    raise NotImplementedError("rotation needs torchvision")


def _normalize(picture: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> Tensor:
    """(picture - mean) / std by channel: (..., C, H, W)."""
    centre, spread = (picture.new_tensor(values)[:, None, None] for values in (mean, std))
    return (picture - centre) / spread
