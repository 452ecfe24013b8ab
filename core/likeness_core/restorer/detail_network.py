"""Where how much of a photograph's fine luma goes: a small network that weighs, and never draws.

Not the paper's. For each place it gives six gains, of three bands of the result and of the same bands of the photograph
that lies over it. What is added is those bands, weighed: nothing comes of it that is in neither. Gains are found at a
quarter of the resolution and are smooth, so they can leave no pattern of their own. At run time the gains of the
result's own fine bands have bounds: they may make room for the photograph's, and add as much again at most, for they
hold the footage's grain too; so have the photograph's. Practised without: with them it asks for more everywhere else
(docs/training.md).
Planes are luma [0, 1], float32 (N, 1, H, W) of crops whose side is `side_px`; a part of a crop will do.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Spreads of the Gaussians between the bands, in shares of the crop's side.
FINEST, FINE, COARSE = 0.8 / 256, 1.5 / 256, 6 / 256
BANDS = 3
_WIDTH = 40
_DILATIONS = (1, 2, 4, 1)
_CELL = 4  # pixels to a side that share their gains
_EDGE = 4.0  # a place that the photograph is trusted with a quarter of may be sharpened in full
_CONTRAST = (0.3, 0.5, 1.0)  # what is ordinary in each band, over that of the coarsest
_LEAST_OWN, _MOST_OWN = -1.5, 1.0  # gains of the result's two finest bands
_MOST_OF_PHOTO = 8.0  # ordinary is 4; at the face's edge, where it is hardly trusted, 200 etched the hair


class DetailNetwork(nn.Module):
    """Result, photograph and how far it is trusted, to what the result lacks."""

    def __init__(self) -> None:
        super().__init__()
        self.look = nn.Conv2d((2 * BANDS + 1) * _CELL**2 + 1, _WIDTH, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Conv2d(_WIDTH, _WIDTH, 3, padding=dilation, dilation=dilation) for dilation in _DILATIONS
        )
        self.gains = nn.Conv2d(_WIDTH, 2 * BANDS, 3, padding=1)
        nn.init.zeros_(self.gains.weight)
        assert self.gains.bias is not None
        nn.init.zeros_(self.gains.bias)

    def forward(self, own: Tensor, photo: Tensor, mask: Tensor, side_px: int) -> Tensor:
        """(N, 1, H, W): what to add to the luma of the result `own`.

        `mask`: 0 to 1, how far `photo` shows what the footage shows; H and W are multiples of 4.
        """
        seen = torch.cat([bands(own, side_px), bands(photo, side_px)], dim=1)
        contrast = seen[:, BANDS - 1 : BANDS].square().mean((2, 3), keepdim=True).sqrt()
        ordinary = contrast * torch.tensor(_CONTRAST * 2, device=own.device).view(1, -1, 1, 1) + 1e-4
        told = F.pixel_unshuffle(torch.cat([torch.asinh(seen / ordinary), mask], dim=1), _CELL)
        large = torch.full_like(told[:, :1], float(side_px > 256))  # than the crops that the restorer's weights show
        hidden = F.relu(self.look(torch.cat([told, large], dim=1)))
        for block in self.blocks:
            hidden = hidden + F.relu(block(hidden))
        gains = self.gains(hidden)
        if not self.training:
            own_fine, own_coarse, photo = gains.tensor_split([BANDS - 1, BANDS], dim=1)
            own_fine, photo = own_fine.clamp(_LEAST_OWN, _MOST_OWN), photo.clamp(-_MOST_OF_PHOTO, _MOST_OF_PHOTO)
            gains = torch.cat([own_fine, own_coarse, photo], dim=1)
        gains = F.interpolate(gains, scale_factor=_CELL, mode="bilinear", align_corners=False)
        of_result, of_photo = seen.chunk(2, dim=1)
        inside = (_EDGE * mask).clamp(0, 1)  # nothing beside the face
        return (gains * torch.cat([of_result * inside, of_photo * mask], dim=1)).sum(1, keepdim=True)


def bands(luma: Tensor, side_px: int) -> Tensor:
    """(N, 3, H, W): luma between the spreads, the finest first."""
    finest, fine = (blurred(luma, side_px * spread) for spread in (FINEST, FINE))
    quarter = blurred(F.avg_pool2d(fine, _CELL), side_px * COARSE / _CELL)
    coarse = F.interpolate(quarter, scale_factor=_CELL, mode="bilinear", align_corners=False)
    return torch.cat([luma - finest, finest - fine, fine - coarse], dim=1)


def blurred(planes: Tensor, spread_px: float) -> Tensor:
    """Planes (N, C, H, W) through a Gaussian of this spread, cut at three; edges are mirrored."""
    reach = max(1, round(3 * spread_px))
    at = torch.arange(-reach, reach + 1, device=planes.device)
    kernel = torch.exp(-0.5 * (at / spread_px) ** 2)
    kernel = (kernel / kernel.sum()).to(planes)
    count, channels, height, width = planes.shape
    flat = F.pad(planes.reshape(count * channels, 1, height, width), (reach,) * 4, mode="reflect")
    flat = F.conv2d(F.conv2d(flat, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))
    return flat.view(count, channels, height, width)
