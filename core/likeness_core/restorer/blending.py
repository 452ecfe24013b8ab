"""Exponential blending: latents of earlier windows steer the window that overlaps them.

The paper's: latents of previous clips are blended in at each denoising iteration, exponentially weighted. Our reading:

    z_k <- (1 - b_t) z_k + b_t * sum_{j=1..J} l (1 - l)^(j-1) z_(k-j) / (1 - (1 - l)^J)

on the frames where window k overlaps window k-j, with b_t strong at high noise (identity, low frequencies) and 0 at the
last step (local detail). What is blended is each step's x0 estimate: noise is keyed by (seed, source frame), so x_t
itself is the same in overlapping windows at t = 1, and averaging noised latents would lose variance. With one step b
is 0 throughout; the cross-fade of the finished frames does the rest.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

DECAY = 0.6  # l: weight of the latest earlier window
STRENGTH = 0.5  # b_t at t = 1: both windows count alike
REACH = 3  # J: how many earlier windows are kept; more never overlap a frame at the window plans in use


@dataclass(slots=True)
class WindowLatents:
    """What later windows may need of one window."""

    frames: tuple[int, ...]  # source frames
    latents: Tensor  # (steps, T, 3, S, S) on the CPU: the x0 estimate of each step

    def since(self, frame: int) -> "WindowLatents":
        """The part from source frame `frame` on."""
        kept = [i for i, number in enumerate(self.frames) if number >= frame]
        return WindowLatents(tuple(self.frames[i] for i in kept), self.latents[:, kept])


@dataclass(slots=True)
class BlendingMemory:
    """The latents of up to REACH earlier windows of one face in one shot, the latest first."""

    windows: list[WindowLatents] = field(default_factory=list)

    def remember(self, window: WindowLatents, next_start: int) -> "BlendingMemory":
        """With `window` in front, cut down to what frames from `next_start` on can still meet."""
        kept = [older.since(next_start) for older in [window, *self.windows][:REACH]]
        return BlendingMemory([older for older in kept if older.frames])


def blend_strength(t: float, last_t: float) -> float:
    """b_t: STRENGTH at t = 1, falling to 0 at the last step."""
    return STRENGTH * (t - last_t) / (1 - last_t) if last_t < 1 else 0.0


def blend(x0: Tensor, step: int, strength: float, frames: list[int], memory: BlendingMemory) -> Tensor:
    """Blend earlier windows' estimates of denoising step number `step` into this window's x0: (1, T, 3, S, S)."""
    if strength == 0 or not memory.windows:
        return x0
    blended = x0.clone()
    for position, frame in enumerate(frames):
        total, weight_sum = torch.zeros_like(x0[0, position]), 0.0
        for distance, window in enumerate(memory.windows):
            if frame in window.frames:
                weight = DECAY * (1 - DECAY) ** distance
                earlier = window.latents[step, window.frames.index(frame)]
                total += weight * earlier.to(x0)
                weight_sum += weight
        if weight_sum:
            blended[0, position] = (1 - strength) * x0[0, position] + strength * total / weight_sum
    return blended


def identity_states(shown: list[npt.NDArray[np.float32]]) -> list[npt.NDArray[np.float32]]:
    """What is carried across cuts: one person's identity state in each of their shots, in order.

    shown: each shot's own embedding (128,) of the reference that guides it, unit length. The state is their
    exponentially weighted mean, s_k = (1 - l) s_(k-1) + l e_k, of unit length: so two shots that are guided by
    different photographs still show the same person to the network. Latents never cross a cut. The states depend on
    nothing that was restored, so shots can be worked through in any order.
    """
    states: list[npt.NDArray[np.float32]] = []
    for embedding in shown:
        mixed = embedding if not states else (1 - DECAY) * states[-1] + DECAY * embedding
        states.append(np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-6), np.float32))
    return states


def cross_fade_weights(frames: list[int], earlier_stop: int) -> npt.NDArray[np.float32]:
    """(T,) share of this window's result for each frame: rises over the frames that the earlier window holds too."""
    shared = sum(frame < earlier_stop for frame in frames)
    weights = np.ones(len(frames), np.float32)
    weights[:shared] = (np.arange(shared) + 1) / (shared + 1)
    return weights
