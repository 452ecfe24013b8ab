"""A face in a photograph as points, axes and displacement grids: what `motion`, `morph` and `expression` share."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8 | np.float32]  # (H, W, 3) RGB, uint8 or float32 [0, 1]

# Points of the 468-point face mesh; rows run from the image's left to its right on an upright face.
LEFT_EYE_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LEFT_EYE_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
LEFT_BROW_LOWER = (46, 53, 52, 65, 55)
RIGHT_EYE_UPPER = (362, 398, 384, 385, 386, 387, 388, 466, 263)
RIGHT_EYE_LOWER = (362, 382, 381, 380, 374, 373, 390, 249, 263)
RIGHT_BROW_LOWER = (285, 295, 282, 283, 276)
INNER_LIP_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LIP_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
BROWS = ((70, 63, 105, 66, 107), (336, 296, 334, 293, 300))
LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, LIP_CORNERS = (33, 133), (362, 263), (61, 291)
NOSE_TIP, FOREHEAD, CHIN, LEFT_CHEEK, RIGHT_CHEEK = 4, 10, 152, 234, 454
# The outline, clockwise on screen from the forehead.
OVAL_RIGHT_HALF = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
OVAL_LEFT_HALF = (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
OVAL = OVAL_RIGHT_HALF + OVAL_LEFT_HALF


@dataclass(frozen=True, slots=True)
class FacePhoto:
    """One photograph with one face: `pixels` (H, W, 3) RGB, uint8 or float32 [0, 1]; `landmarks` (468, 2) px."""

    pixels: Pixels
    landmarks: FloatArray

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) px."""
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True, slots=True)
class FaceAxes:
    """The face's own coordinates in the photograph."""

    centre: FloatArray  # (2,) px, between eyes and mouth
    across: FloatArray  # (2,) unit vector from the left eye to the right one
    down: FloatArray  # (2,) unit vector
    eyes: float  # px between the centres of the eyes
    half_width: float  # px, cheek to cheek over two
    half_height: float  # px, hairline to chin over two
    mouth_width: float  # px
    chin: FloatArray  # (2,) px


def face_axes(landmarks: FloatArray) -> FaceAxes:
    """Axes and measures of a face from its landmarks (468, 2) px."""
    left, right = landmarks[list(LEFT_EYE_CORNERS)].mean(0), landmarks[list(RIGHT_EYE_CORNERS)].mean(0)
    eyes = float(np.linalg.norm(right - left))
    across = (right - left) / eyes
    mouth = landmarks[list(LIP_CORNERS)]
    return FaceAxes(
        centre=np.asarray((left + right + mouth[0] + mouth[1]) / 4, np.float32),
        across=np.asarray(across, np.float32),
        down=np.array([-across[1], across[0]], np.float32),
        eyes=eyes,
        # A face turned away shows little between cheek and cheek; its head is as wide as ever.
        half_width=max(float(np.linalg.norm(landmarks[RIGHT_CHEEK] - landmarks[LEFT_CHEEK])) / 2, 0.8 * eyes),
        half_height=float(np.linalg.norm(landmarks[CHIN] - landmarks[FOREHEAD])) / 2,
        mouth_width=float(np.linalg.norm(mouth[1] - mouth[0])),
        chin=np.asarray(landmarks[CHIN], np.float32),
    )


@dataclass(frozen=True, slots=True)
class CoarseGrid:
    """Grid points that cover a photograph and one step beyond; what moves smoothly is computed there."""

    points: FloatArray  # (rows, columns, 2) px
    step: float  # px

    @classmethod
    def over(cls, size: tuple[int, int], step: float) -> "CoarseGrid":
        """The grid for a photograph of `size` (width, height) px."""
        x = np.arange(-1, int(np.ceil((size[0] - 1) / step)) + 2, dtype=np.float32) * step
        y = np.arange(-1, int(np.ceil((size[1] - 1) / step)) + 2, dtype=np.float32) * step
        return cls(np.stack(np.meshgrid(x, y), -1).astype(np.float32), step)

    def sampled(self, field: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
        """A field given on the grid, (rows, columns, ...), at any pixels of the photograph."""
        found = cv2.remap(field, x / self.step + 1, y / self.step + 1, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.float32)


def falling(distance: FloatArray, near: float, far: float) -> FloatArray:
    """1 up to `near`, 0 from `far` on, smooth between."""
    share = np.clip((far - distance) / (far - near), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)
