"""Make a model pack of the components of a latent diffusion restorer that a user has."""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from likeness_core.errors import InputError, ModelPackError
from likeness_core.packs import WEIGHTS, Manifest
from likeness_core.packs.building import check_sides, finished, new_folder
from likeness_core.restorer.attributes import VOCABULARY
from likeness_core.restorer.conditioning import FaceClip, Guide
from likeness_core.restorer.latent import LatentBackbone, stored_config
from likeness_core.restorer.latent_parts import TOKENIZER_FILES, LatentNetworks, assemble, read_parts

_TRIAL_PX, _TRIAL_FRAMES = 64, 2


def build_latent(folders: dict[str, Path | None], folder: Path, licence: str, sides_px: tuple[int, ...]) -> Manifest:
    """A pack of the components in `folders` (see `read_parts`), as `folder`, which is new.

    The components are put together and run once on two small frames, so that what does not fit is said now. Raises
    ModelPackError `pack.missing` (the extra `latent`), `pack.component`; InputError; MediaError for the folder.
    """
    absent = [name for name, path in folders.items() if path is None]
    if absent:
        hint = "A latent pack needs all six; likeness packs build --help says what each is."
        raise InputError("input.component", f"--{absent[0]} is missing", hint)
    given = {name: path for name, path in folders.items() if path is not None}
    check_sides(sides_px, 64)
    parts, tokenizer = read_parts(given)
    networks = assemble(parts, tokenizer)
    _try(networks)
    new_folder(folder)
    stored = {f"{name}/{key}": value for name, part in parts.items() for key, value in part.weights.items()}
    save_file({name: value.contiguous().clone() for name, value in stored.items()}, folder / WEIGHTS)
    tokenizer.save_pretrained(folder)
    unwanted = [path for path in folder.iterdir() if path.name not in (WEIGHTS, *TOKENIZER_FILES)]
    for path in unwanted:
        path.unlink()
    sources = {name: path.resolve().name for name, path in given.items()}
    lines = [f"- {name}: `{source}`" for name, source in sources.items()]
    card = (
        f"# {folder.name}\n\nLatent diffusion, built of:\n\n" + "\n".join(lines) + "\n\n"
        f"Licence, as stated by whoever built this pack: {licence}\n\n"
        "Each component has its own licence; the strictest holds for the pack.\n"
    )
    network: dict[str, object] = {"configs": stored_config(parts), "made_of": sources}
    return finished(folder, "latent", licence, sides_px, network, card)


def _try(networks: LatentNetworks) -> None:
    """One step on two grey frames. Raises ModelPackError `pack.component`."""
    backbone = LatentBackbone(networks, torch.device("cpu"), torch.float32)
    grey = np.full((_TRIAL_FRAMES, _TRIAL_PX, _TRIAL_PX, 3), 0.5, np.float32)
    nothing = np.zeros(len(VOCABULARY), np.float32)
    dense, embedding = np.zeros((_TRIAL_FRAMES, 468, 2), np.float32), np.zeros(128, np.float32)
    clip = FaceClip(tuple(range(_TRIAL_FRAMES)), grey, dense, embedding, nothing, False)
    try:
        with torch.inference_mode():
            told = backbone.conditions(Guide(clip))
            latents = backbone.encode(torch.zeros((1, _TRIAL_FRAMES, 3, _TRIAL_PX, _TRIAL_PX)))
            (x0,) = backbone.estimate(latents, 1.0, [told])
            back = backbone.decode(x0)
    except (RuntimeError, ValueError, IndexError) as error:
        hint = "All must be of the Stable Diffusion 1.5 family."
        reason = str(error).splitlines()[0]
        raise ModelPackError("pack.component", f"the components do not fit each other ({reason})", hint) from error
    if back.shape[-2:] != (_TRIAL_PX, _TRIAL_PX):
        hint = "Use the autoencoder that belongs to the U-Net."
        raise ModelPackError("pack.component", "the autoencoder gives back another size", hint)
