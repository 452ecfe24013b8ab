"""Identity-preserving feedback: how a recogniser's likeness over a clip becomes one reward.

The paper's (IP-FVR, arXiv 2507.10293): cosine-similarity rewards from a face recogniser, aggregated with suffix
weights against drift inside a clip. Our reading: the mean of all suffix means, so that a loss of identity late in the
clip, which every suffix holds, counts most.
"""

import torch
from torch import Tensor

ENOUGH = 0.95  # tau: a likeness that asks for no more; rewarding beyond it teaches to please the recogniser


def suffix_weights(frames: int) -> Tensor:
    """(frames,) float32, summing to 1: w_i = (1/N) sum_{k<=i} 1 / (N - k + 1), i and k from 1.

    For 24 frames from 0.0017 to 0.157.
    """
    suffix_shares = 1 / torch.arange(frames, 0, -1, dtype=torch.float64)
    return (suffix_shares.cumsum(0) / frames).float()


def uniform_weights(frames: int) -> Tensor:
    """(frames,): every frame alike; for comparison."""
    return torch.full((frames,), 1 / frames)


def feedback_loss(likeness: Tensor, weights: Tensor, enough: float = ENOUGH) -> Tensor:
    """`relu(tau - R)` with R = sum_i w_i s_i, averaged over clips.

    likeness: (B, T) cosines of each frame to the person; weights: (T,).
    """
    return torch.relu(enough - likeness @ weights.to(likeness)).mean()
