"""What the pipeline asks of a network, whichever it is.

Sampling, guidance, blending and identity packs know this protocol alone. Latents are float32 (1, T, C, h, w) on the
backbone's device; for the compact backbone they are the crops themselves. t runs from 1, all degradation, to 0.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from torch import Tensor

from likeness_core.restorer.conditioning import Guide
from likeness_core.restorer.detail_network import DetailNetwork

C = TypeVar("C")  # a backbone's own conditions of one call


class Backbone(Protocol[C]):
    """A denoiser with its process: `(x_t, t, conditions) -> x0`."""

    detail: DetailNetwork | None  # adds a photograph's fine detail, to networks that give the mean of what may be

    def encode(self, crops: Tensor) -> Tensor:
        """Low-quality crops (1, T, 3, S, S) RGB [-1, 1] as latents."""
        ...

    def decode(self, latents: Tensor) -> Tensor:
        """Latents as crops (1, T, 3, S, S), about [-1, 1]."""
        ...

    def conditions(self, guide: Guide) -> C:
        """Footage, attributes and references as the network reads them."""
        ...

    def retold(self, conditions: C, attributes: npt.NDArray[np.float32]) -> C:
        """The same with other attributes: degrees [0, 1] in the vocabulary of `attributes`."""
        ...

    def estimate(self, x_t: Tensor, t: float, streams: Sequence[C]) -> list[Tensor]:
        """x0 (1, T, C, h, w) for each stream of conditions; streams that can be are computed as one batch."""
        ...

    def advanced(self, x0: Tensor, estimate: Tensor, t: float) -> Tensor:
        """x0 after the step at t, from x0 before it and the step's estimate; at t = 1 the estimate itself."""
        ...

    def times(self, steps: int) -> list[float]:
        """The t of each denoising step, descending."""
        ...

    def noise(self, seed: int, frames: list[int], latents: Tensor, monochrome: bool) -> Tensor:
        """Noise like `latents`, keyed by (seed, source frame): the same for a frame in every window that holds it."""
        ...

    def noised(self, x0: Tensor, lq: Tensor, noise: Tensor, t: float) -> Tensor:
        """x_t from an estimate of x0 and the footage's latents `lq`; at t = 1 `x0` has no say."""
        ...
