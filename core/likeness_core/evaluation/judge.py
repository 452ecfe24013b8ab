"""The recogniser that judges: dlib's ResNet, which nothing in this project conditions on, rewards with or trains on.

Of the recognisers at hand it agrees least with SFace, which conditions and rewards (correlation of the two
over pairs of strangers: .72), so a restorer that learns to please SFace does not please this one for free.
Its cosines live high up: two strangers have .84 in the median, one in twenty pairs over .89 (SFace: .11 and .26).
"""

import importlib
from typing import Final, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core import carried_weights
from likeness_core.carried_weights import CarriedWeights
from likeness_core.errors import ModelPackError
from likeness_core.faces import similarity

FloatArray = npt.NDArray[np.float32]

DLIB_RESNET: Final = CarriedWeights(
    name="dlib's face recogniser (2017, ResNet)",
    distribution="face-recognition-models",
    version="0.3.0",
    path="face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
    sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    licence="CC0-1.0",
)

CHIP_PX: Final = 150
# Where left eye, right eye, nose tip and the corners of the mouth lie in the chips that dlib cuts with its own
# landmarks (padding 0.25): medians over 157 frontal training crops (spread 1 px at the eyes, 4 px at the mouth),
# made symmetric. dlib's landmarks themselves would move with the restoration that is being judged.
CHIP_POINTS: Final = np.array([(45.9, 45.8), (100.5, 45.8), (73.2, 75.0), (48.4, 99.4), (98.0, 99.4)], np.float32)


class EmbeddingNetwork(Protocol):
    """What is used of dlib."""

    def compute_face_descriptor(self, img: npt.NDArray[np.uint8]) -> list[float]:
        """128 numbers for a 150 x 150 RGB chip."""
        ...


class Judge:
    """dlib's recogniser on chips aligned by points that the caller gives.

    For comparisons of several versions of one frame, give all of them the points found in the truth: then
    geometry is the same and only the picture differs.
    """

    def __init__(self) -> None:
        """Raises ModelPackError `pack.missing` or `pack.damaged` where the extra `evaluate` is not installed whole."""
        try:
            dlib = importlib.import_module("dlib")
        except ImportError:
            hint = (
                "Install it with: pip install dlib-bin==20.0.1 && pip install --no-deps face-recognition-models==0.3.0"
            )
            message = "the judging recogniser needs dlib, which is not installed (the extra `evaluate`)"
            raise ModelPackError("pack.missing", message, hint) from None
        carried_weights.read(DLIB_RESNET)  # for its check
        path = str(carried_weights.locate(DLIB_RESNET))
        self._network: EmbeddingNetwork = dlib.face_recognition_model_v1(path)

    def embed(self, rgb: FloatArray, points: FloatArray) -> FloatArray:
        """(128,) float32 of unit length; the cosine of two is their identity similarity.

        `rgb` (H, W, 3) float32 [0, 1]; `points` (5, 2) px: left eye, right eye, nose tip, left and right mouth
        corner as seen in the image.
        """
        chip = np.ascontiguousarray(face_chip(rgb, points))
        found = np.array(self._network.compute_face_descriptor(chip), np.float32)
        return np.asarray(found / np.linalg.norm(found), np.float32)


def face_chip(rgb: FloatArray, points: FloatArray) -> npt.NDArray[np.uint8]:
    """The 150 x 150 RGB uint8 chip that the judge sees; see `Judge.embed` for the arguments.

    Large faces are first blurred to the chip's resolution, so that detail beyond it does not alias into it.
    """
    transform = similarity(points, CHIP_POINTS)
    scale = float(np.sqrt(abs(np.linalg.det(transform[:, :2]))))
    if scale < 0.8:
        rgb = np.asarray(cv2.GaussianBlur(rgb, (0, 0), 0.5 * np.sqrt(1 / scale**2 - 1)), np.float32)
    chip = cv2.warpAffine(rgb, transform, (CHIP_PX, CHIP_PX), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.rint(np.clip(chip, 0, 1) * 255).astype(np.uint8)
