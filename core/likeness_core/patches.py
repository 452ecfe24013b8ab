"""The part of a frame that restoring changes: all else is carried through as it was decoded, never converted.

A face covers a tenth of a frame or less, so converting, composing and storing only its surroundings costs a tenth.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.composite import Look, RestoredFace, compose
from likeness_core.crops import Alignment, box_around, cut
from likeness_core.media.frames import Pixels, alpha_of, to_float

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """The part of a frame that may differ from the source."""

    left: int  # in pixels of the result
    top: int
    rgb: Array  # (h, w, 3) of the result
    matte: Array  # (h, w) in [0, 1]

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns of the result."""
        height, width = self.matte.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """A finished frame: the source's numbers, and what takes the place of a part of them."""

    pixels: Pixels  # (H, W, 3 or 4) as decoded
    scale: int  # the result is so many times as large
    change: Change | None

    @property
    def rgb(self) -> Array:
        """The whole result, float32 (H, W, 3), 0 = black and 1 = white."""
        whole = enlarged(to_float(self.pixels), self.scale)
        if self.change is not None:
            whole[self.change.place] = self.change.rgb
        return whole

    @property
    def alpha(self) -> Array | None:
        """(H, W), 1 = opaque; None where the source has none."""
        alpha = alpha_of(self.pixels)
        return None if alpha is None else enlarged(alpha, self.scale)

    @property
    def matte(self) -> Array:
        """(H, W): how much of the result is ours, 0 to 1."""
        height, width = self.pixels.shape[:2]
        whole = np.zeros((height * self.scale, width * self.scale), np.float32)
        if self.change is not None:
            whole[self.change.place] = self.change.matte
        return whole

    def halves(self) -> npt.NDArray[np.float16] | None:
        """The whole result as half floats, alpha included, where the source comes as such; else None."""
        if self.pixels.dtype != np.float16 or self.scale != 1:
            return None
        if self.change is None:
            return self.pixels.astype(np.float16, copy=False)
        whole = self.pixels.astype(np.float16)
        whole[..., :3][self.change.place] = self.change.rgb
        return whole


def enlarged(picture: Array, scale: int) -> Array:
    """A picture, (H, W) or (H, W, 3), `scale` times as large."""
    if scale == 1:
        return picture
    size = (picture.shape[1] * scale, picture.shape[0] * scale)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.float32)


def cut_from(pixels: Pixels, scale: int, alignment: Alignment) -> Array:
    """The crop (side, side, 3) of a decoded frame, of which only the face's surroundings are converted.

    `alignment` is that of the frame enlarged by `scale`.
    """
    region, left, top = _region(pixels, scale, [alignment])
    return cut(region, alignment.within(left, top))


def changed_by(pixels: Pixels, index: int, faces: list[RestoredFace], look: Look) -> Change | None:
    """What `compose` makes of source frame `index`: where its faces are, and only there."""
    if not faces:
        return None
    region, left, top = _region(pixels, look.settings.scale, [face.alignment for face in faces])
    moved = [replace(face, alignment=face.alignment.within(left, top)) for face in faces]
    return Change(left, top, *compose(region, index, moved, look))


def _region(pixels: Pixels, scale: int, alignments: list[Alignment]) -> tuple[Array, int, int]:
    """The part of a frame around some faces, and its left and top in the result."""
    shape = (pixels.shape[0] * scale, pixels.shape[1] * scale)
    boxes = np.array([box_around(alignment, shape) for alignment in alignments])
    (left, top), (right, bottom) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    if scale == 1:
        return to_float(pixels[top:bottom, left:right]), left, top
    return np.ascontiguousarray(enlarged(to_float(pixels), scale)[top:bottom, left:right]), left, top
