"""Practice samples as tensors, and what a restored picture is asked for."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from likeness_core.faces import LEAST_EXPECTED
from likeness_core.practice.samples import Sample
from likeness_core.restorer.compact import CompactDenoiser, Conditions
from likeness_core.restorer.conditioning import reliance


@dataclass(slots=True)
class Batch:
    """Samples as tensors on the device; pictures in [-1, 1]."""

    conditions: Conditions
    truth: Tensor
    points: Tensor  # (B, T, 5, 2)
    target_embedding: Tensor


def collate(samples: list[Sample], model: CompactDenoiser, device: torch.device) -> Batch:
    """Stack samples; the reference tokens are computed here, with gradient."""

    def picture(name: str) -> Tensor:
        stacked = torch.from_numpy(np.stack([np.ascontiguousarray(getattr(s, name)) for s in samples]))
        return stacked.permute(0, 1, 4, 2, 3).to(device)  # (B, T, C, S, S)

    references = torch.from_numpy(np.stack([np.ascontiguousarray(s.reference) for s in samples])).to(device)
    embeddings = torch.from_numpy(np.stack([s.embedding for s in samples])).to(device)
    relied = torch.tensor([reliance(s.match, LEAST_EXPECTED) for s in samples], device=device)
    missing = (relied == 0) | torch.tensor([s.kind == "none" for s in samples], device=device)
    tokens = model.encode_references(references.permute(0, 3, 1, 2)[:, None] * 2 - 1, embeddings[:, None])
    tokens = torch.where(missing[:, None, None], model.null_image_tokens(len(samples)).to(tokens.dtype), tokens)
    mask = picture("mask") * relied[:, None, None, None, None]
    conditions = Conditions(
        lq=picture("lq") * 2 - 1,
        warped=(picture("warped") * relied[:, None, None, None, None] * 2 - 1) * (mask > 0),
        warped_mask=mask,
        image_tokens=tokens,
        text_tokens=model.encode_attributes(torch.from_numpy(np.stack([s.attributes for s in samples])).to(device)),
        match=torch.tensor([s.match for s in samples], dtype=torch.float32, device=device)[:, None]
        * (relied > 0)[:, None],
    )
    return Batch(
        conditions,
        picture("truth") * 2 - 1,
        torch.from_numpy(np.stack([s.points for s in samples])).float().to(device),
        torch.from_numpy(np.stack([s.target_embedding for s in samples])).to(device),
    )


def picture_losses(x0: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """(L1, L1 of the gradient) of pictures (B, T, 3, H, W) in [-1, 1], weighted to the face in the middle."""
    error = (x0 - truth).float()
    height, width = error.shape[-2:]
    y = torch.linspace(-1, 1, height, device=error.device)[:, None]
    x = torch.linspace(-1, 1, width, device=error.device)[None]
    weight = 0.4 + 0.8 * torch.exp(-((x / 0.55) ** 4 + ((y - 0.08) / 0.65) ** 4))
    pixel = (torch.sqrt(error**2 + 1e-5) * weight).mean()
    gradient = (error.diff(dim=-1).abs() * weight[:, 1:]).mean() + (error.diff(dim=-2).abs() * weight[1:]).mean()
    return pixel, gradient
