"""How much a picture of a face tells: its size, sharpness and frontality."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_core.api import Face
from likeness_core.faces import Picture, aligned_crop

# Standard deviation of the Laplacian over that of the luma, in the aligned crop. Faces of 210,
# 100, 70, 50, 34, 26 and 17 px gave 0.50, 0.45, 0.40, 0.32, 0.24, 0.19 and 0.13: up to here more is no gain.
_SHARP = 0.45
_FULL_SIZE_PX = 200.0  # width of a face that fills the largest crop that is restored (512 px)
_PROFILE = 0.6  # the nose's distance from the middle of the eyes, over the eyes' distance, where an eye vanishes


@dataclass(frozen=True, slots=True)
class FaceQuality:
    """Each 0 (tells nothing) to 1 (as good as it gets)."""

    size: float
    sharpness: float
    frontality: float

    @property
    def overall(self) -> float:
        """The three together, 0 to 1: their geometric mean, so that one good cannot hide one bad."""
        return float((self.size * self.sharpness * self.frontality) ** (1 / 3))


def face_quality(rgb: Picture, face: Face) -> FaceQuality:
    """The quality of the face at `face` in `rgb` (uint8 RGB (H, W, 3)).

    Noise counts as sharpness: compare faces of one footage with each other, or photographs with photographs.
    """
    return quality_of_crop(aligned_crop(rgb, face), face)


def quality_of_crop(crop: Picture, face: Face) -> FaceQuality:
    """As `face_quality`, where the aligned crop (uint8 RGB (112, 112, 3)) is at hand."""
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    margin = crop.shape[0] // 7  # leaves out hair and background
    inner = luma[margin:-margin, margin:-margin]
    contrast = max(float(inner.std()), 1.0)
    sharpness = float(cv2.Laplacian(inner, cv2.CV_32F).std()) / contrast / _SHARP
    size = face.box[2] / _FULL_SIZE_PX
    return FaceQuality(min(size, 1.0), min(sharpness, 1.0), max(0.0, 1 - abs(turn_of_head(face)) / _PROFILE))


def turn_of_head(face: Face) -> float:
    """How far the nose tip stands beside the middle of the eyes, over their distance: 0 frontal, beyond 0.6 profile.

    Negative to the left of the image. Tilting the head sideways does not change it.
    """
    left, right, nose = (np.array(point) for point in face.points[:3])
    along = right - left
    return float((nose - (left + right) / 2) @ along / max(float(along @ along), 1e-6))
