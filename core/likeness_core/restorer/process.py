"""The compact network's process: a few looks at the same footage, each from the low-quality picture and a little noise.

After ResShift (Yue et al. 2023), which goes from the truth to the low-quality picture and little noise: much throws
away what the footage knows. The paper's restorer denoises step by step. Our reading does not: going on from its own
estimate cost this network identity with every step (of 33 validation pictures at x4: 50.1, 48.4 and 42.1 % of dlib's
distance closed with one, two and four). So each further step looks at the footage anew, mirrored at every other one and
with other noise, and the result is the mean of all looks: it closes half a point to a point more, with .05 dB
(docs/training.md). A step's t is the weight of its look, 1, 1/2, 1/3 and so on; noise is keyed by (seed, source frame).
"""

import numpy as np
import torch
from torch import Tensor

KAPPA = 0.1  # standard deviation of the noise at t = 1, where white minus black is 2


def noisy_start(lq: Tensor, noise: Tensor) -> Tensor:
    """What a look starts from."""
    return lq + KAPPA * noise


def times(steps: int) -> list[float]:
    """The t of each look."""
    return [1 / (look + 1) for look in range(steps)]


def look_of(t: float) -> int:
    """The number of the look whose weight is t, from 0."""
    return round(1 / t) - 1


def is_mirrored(look: int) -> bool:
    """Whether the network is shown everything mirrored."""
    return look % 2 == 1


def noise_of(noise: Tensor, look: int) -> Tensor:
    """(B, T, 3, H, W) of a look, from that of the first: the same for a pair, turned round for the next, then moved."""
    turned = -noise if look // 2 % 2 else noise
    return turned.roll(7 * (look // 4), dims=-1)


def keyed_noise(seed: int, frames: list[int], side_px: int, monochrome: bool = False) -> Tensor:
    """(1, T, 3, side, side) standard normal noise, the same for a source frame in every window that holds it.

    `monochrome`: one noise for all three channels.
    """
    shape = (1 if monochrome else 3, side_px, side_px)
    drawn = [
        np.random.Generator(np.random.Philox(key=[seed, frame])).standard_normal(shape, np.float32) for frame in frames
    ]
    return torch.from_numpy(np.stack(drawn))[None].expand(1, -1, 3, -1, -1)
