"""Less memory at the price of some time: the frames of a window in parts, where frames do not know of each other.

The residual blocks hold most of what a window needs, and convolve and normalise each frame by itself. With one thread
of a CPU the network that ships gives the same bits in any number of parts of two frames and more; with several, torch
shares sums out otherwise, and float32 differs by up to 1e-6 (both tested). A frame alone lies otherwise in memory,
and products of matrices are rounded otherwise; so attention stays whole: at low resolutions it holds little.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from likeness_core.restorer.compact import CompactDenoiser, ResidualBlock

MOST_PARTS = 12  # two frames at a time


def set_parts(model: CompactDenoiser, parts: int) -> None:
    """Compute the blocks of a network in so many parts from now on; 1 is all frames at once."""
    for module in model.modules():
        if isinstance(module, ResidualBlock):
            whole = partial(ResidualBlock.forward, module)
            module.forward = whole if parts == 1 else _in_parts(module, parts)  # type: ignore[method-assign,assignment]


def _in_parts(block: ResidualBlock, parts: int) -> Callable[[Tensor, Tensor], Tensor]:
    def forward(x: Tensor, condition: Tensor) -> Tensor:
        count = max(1, min(parts, len(x) // 2))
        pairs = zip(x.tensor_split(count), block.condition(condition).tensor_split(count), strict=True)
        return torch.cat([block.modulated(frames, scale_shift) for frames, scale_shift in pairs])

    return forward
