"""A face restorer of a published architecture at a size that runs in milliseconds: real classes, random weights."""

from pathlib import Path

import torch
from likeness_core.restorer.blind import _spandrel
from safetensors.torch import save_file


def weights(seed: int = 0) -> dict[str, torch.Tensor]:
    """RestoreFormer with 2 levels of 32 channels, perturbed so that it changes what it is given."""
    _spandrel()
    from spandrel.architectures.RestoreFormer import RestoreFormer

    torch.manual_seed(seed)
    model = RestoreFormer(
        n_embed=16, embed_dim=32, ch=32, ch_mult=(1, 2), num_res_blocks=1, attn_resolutions=(16,), resolution=512,
        z_channels=32, head_size=8,
    )  # fmt: skip
    return {name: value.contiguous() for name, value in model.state_dict().items()}


def write(path: Path, seed: int = 0) -> Path:
    """Such weights as a file."""
    if path.suffix == ".safetensors":
        save_file(weights(seed), path)
    else:
        torch.save({"state_dict": weights(seed)}, path)
    return path
