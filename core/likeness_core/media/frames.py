"""A decoded frame, and the one set of conversions between file numbers and float signal levels.

Rounding is to nearest, ties to even, in every direction and for every format.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8 | np.uint16 | np.float16 | np.float32]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of footage, as displayed (rotation applied), in the source's own transfer curve."""

    index: int  # source frame, from 0
    pixels: Pixels  # (H, W, 3) RGB or (H, W, 4) RGBA, full range; integers: 0 = black, maximum = white; floats: 0 and 1
    seconds: Fraction  # from the first frame of the media; exact, also where the rate varies


@dataclass(frozen=True, slots=True)
class RestoredFrame:
    """One frame to write."""

    index: int  # source frame, from 0
    rgb: npt.NDArray[np.float32]  # (H, W, 3), the source's own transfer curve, 0 = black, 1 = white
    alpha: npt.NDArray[np.float32] | None = None  # (H, W), 1 = opaque


def to_float(pixels: Pixels) -> npt.NDArray[np.float32]:
    """RGB float32 (H, W, 3), 0 = black and 1 = white, of any `Frame.pixels`; alpha is left out.

    Float footage keeps its values below 0 and above 1. `to_integers` at the source's depth undoes it exactly.
    """
    return _levels(pixels[..., :3])


def alpha_of(pixels: Pixels) -> npt.NDArray[np.float32] | None:
    """The alpha of `Frame.pixels` as float32 (H, W), 1 = opaque; None where there is none."""
    if pixels.shape[2] < 4:
        return None
    return _levels(pixels[..., 3])


def to_integers(levels: npt.NDArray[np.float32], bits: int) -> npt.NDArray[np.uint16]:
    """Levels float32 (any shape, 0 to 1; beyond is clipped, NaN is 0) as full-range integers 0 to 2**bits - 1, uint16.

    Exact for levels that came from integers of up to 16 bits.
    """
    scaled = np.fmin(np.fmax(levels, np.float32(0)), np.float32(1)) * np.float32(2**bits - 1)
    return np.rint(scaled, out=scaled).astype(np.uint16)


def to_uint8(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """RGB uint8 (H, W, 3) of any `Frame.pixels`, clipped and rounded: for detectors and previews, not for results."""
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels[..., :3], np.uint8)
    if pixels.dtype == np.float16:  # there are only 65,536 of them: looking them up is three times as fast
        return _eight_bits_of_halves()[pixels[..., :3].view(np.uint16)]
    return to_integers(to_float(pixels), 8).astype(np.uint8)


@cache
def _eight_bits_of_halves() -> npt.NDArray[np.uint8]:
    """What each half float, by its bits, is as an 8-bit level: (65536,)."""
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    return to_integers(halves.astype(np.float32), 8).astype(np.uint8)


def _levels(numbers: Pixels) -> npt.NDArray[np.float32]:
    levels = numbers.astype(np.float32)
    if numbers.dtype in (np.uint8, np.uint16):
        levels /= np.float32(255 if numbers.dtype == np.uint8 else 65535)
    return levels
