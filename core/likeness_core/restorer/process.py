"""The diffusion process: from the truth to the low-quality picture plus a little noise.

After ResShift (Yue et al. 2023): `x_t = x0 + t (lq - x0) + kappa sqrt(t) eps`. Our reading keeps kappa small, since
much noise throws away what the footage knows, and carries the same noise from step to step (deterministic
sampling), since fresh noise at every step is what costs identity with more steps. Noise is keyed by (seed, source
frame).
"""

import numpy as np
import torch
from torch import Tensor

KAPPA = 0.1  # standard deviation of the noise at t = 1, where white minus black is 2


def residual_shift(x0: Tensor, lq: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """x_t for (B, T, 3, H, W) clips in [-1, 1] and t: (B,) in [0, 1]."""
    share = t.view(-1, 1, 1, 1, 1).to(x0.dtype)
    return x0 + share * (lq - x0) + KAPPA * share.sqrt() * noise


def noisy_start(lq: Tensor, noise: Tensor) -> Tensor:
    """x at t = 1."""
    return lq + KAPPA * noise


def times(steps: int) -> list[float]:
    """The t of each denoising step, from 1 down: evenly spaced."""
    return [1 - i / steps for i in range(steps)]


def keyed_noise(seed: int, frames: list[int], side_px: int, monochrome: bool = False) -> Tensor:
    """(1, T, 3, side, side) standard normal noise, the same for a source frame in every window that holds it.

    `monochrome`: one noise for all three channels.
    """
    shape = (1 if monochrome else 3, side_px, side_px)
    drawn = [
        np.random.Generator(np.random.Philox(key=[seed, frame])).standard_normal(shape, np.float32) for frame in frames
    ]
    return torch.from_numpy(np.stack(drawn))[None].expand(1, -1, 3, -1, -1)
