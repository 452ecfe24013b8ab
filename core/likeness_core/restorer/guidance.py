"""Multi-stream negatives, and the slider `likeness` as one of them.

The paper's (IP-FVR, arXiv 2507.10293): a multi-stream negative prompt steers towards the relevant facial attributes
and away from low quality and incorrect features. Our reading:

    x~ = x_c + sum_j s_j (x_c - x_nj)

over three streams. Quality: the words for low quality are said of the result. Attributes: the opposite of what was
measured is said. Identity: no reference. With s = -1 the identity stream alone remains, so the slider `likeness`,
from "ignore the photographs" over "as trained" to "half as much again", is this stream's weight.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from likeness_core.api import RestorationSettings
from likeness_core.restorer.attributes import negated, with_defects

NEUTRAL = 0.5  # of the sliders `fidelity` and `likeness`


@dataclass(frozen=True, slots=True)
class NegativeStream:
    """One thing to steer away from."""

    weight: float  # s_j
    attributes: npt.NDArray[np.float32]  # what the text stream is told
    guided: bool  # whether the references are shown


def negative_streams(
    attributes: npt.NDArray[np.float32], settings: RestorationSettings, has_references: bool
) -> list[NegativeStream]:
    """The streams that count at these settings; none by default."""
    negatives = settings.negatives
    identity = likeness_weight(settings.likeness) + negatives.identity if has_references else 0.0
    streams = [
        NegativeStream(negatives.quality, with_defects(attributes), has_references),
        NegativeStream(negatives.attributes, negated(attributes), has_references),
        NegativeStream(identity, attributes, False),
    ]
    return [stream for stream in streams if stream.weight != 0]


def likeness_weight(likeness: float) -> float:
    """The identity stream's weight for a place of the slider: -1 at 0, 0 at 0.5, 0.5 at 1."""
    return likeness / NEUTRAL - 1 if likeness < NEUTRAL else likeness - NEUTRAL


def steered(positive: Tensor, negatives: list[tuple[float, Tensor]]) -> Tensor:
    """`x_c + sum_j s_j (x_c - x_nj)`."""
    out = positive
    for weight, negative in negatives:
        out = out + weight * (positive - negative)
    return out
