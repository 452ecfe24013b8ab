"""Colour maths, and nothing else does any: H.273 code points, luma weights, YCbCr, chroma sampling, monochrome.

Signals stay in their own transfer curve throughout; nothing here linearises. RGB is float32 with 0 = black and
1 = white, and values outside are kept (camera footage holds highlights up to 109 %).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.api import ColorTags

Plane = npt.NDArray[np.float32]

UNSPECIFIED: Final = 2  # H.273 gives every field the same code point for it
LINEAR_TRANSFER: Final = 8
SRGB_TRANSFER: Final = 13

# ITU-T H.273 (07/2024), tables 2, 3 and 4. Names as FFmpeg prints them, which editors know from its tools.
PRIMARIES: Final = {
    1: "bt709", 2: "unspecified", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film",
    9: "bt2020", 10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213",
}  # fmt: skip
TRANSFERS: Final = {
    1: "bt709", 2: "unspecified", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear", 9: "log100",
    10: "log316", 11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12",
    16: "smpte2084", 17: "smpte428", 18: "arib-std-b67",
}  # fmt: skip
MATRICES: Final = {
    0: "rgb", 1: "bt709", 2: "unspecified", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco",
    9: "bt2020nc", 10: "bt2020c",
}  # fmt: skip

# (red, blue) weights of luma by matrix code point, H.273 table 4; green is what is left of 1.
_LUMA: Final = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}

SUPPORTED_MATRICES: Final = tuple(_LUMA)

# CIE x, y of red, green, blue and white by primaries code point, H.273 table 2.
_CHROMATICITIES: Final = {
    1: (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, 0.3127, 0.3290),
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290),
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.310, 0.316),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, 0.3127, 0.3290),
}

# Catmull-Rom: passes through its samples, so chroma that was sited on a pixel comes back unchanged.
_CUBIC_TAPS: Final = (-1, 0, 1, 2)


def chromaticities_of(primaries: int) -> tuple[float, ...] | None:
    """CIE x, y of red, green, blue and white (8 numbers) of an H.273 primaries code point; None where not defined."""
    return _CHROMATICITIES.get(primaries)


def primaries_of(chromaticities: tuple[float, ...]) -> int:
    """The H.273 primaries code point with these eight CIE x, y (within 0.0015); 2 where none has them."""
    for code, known in _CHROMATICITIES.items():
        if np.allclose(known, chromaticities, atol=0.0015):
            return code
    return UNSPECIFIED


def guess_matrix(width: int, height: int) -> int:
    """The matrix to assume where a file names none: BT.601 up to SD size, BT.709 above, as players do."""
    return 6 if max(width, height) <= 1024 and min(width, height) <= 576 else 1


def effective_matrix(tags: ColorTags, width: int, height: int) -> int:
    """The matrix code point to convert with: the file's where we know its weights, else `guess_matrix`."""
    return tags.matrix if tags.matrix in _LUMA else guess_matrix(width, height)


def luma_weights(matrix: int) -> tuple[float, float, float]:
    """Weights of R, G, B in luma for an H.273 matrix code point; those of BT.709 where it defines none."""
    red, blue = _LUMA.get(matrix, _LUMA[1])
    return red, 1.0 - red - blue, blue


def rgb_to_ycbcr(rgb: npt.NDArray[np.float32], matrix: int) -> tuple[Plane, Plane, Plane]:
    """Luma [0, 1] and chroma [-0.5, 0.5] planes, float32 (H, W), of RGB float32 (H, W, 3)."""
    red, green, blue = luma_weights(matrix)
    luma = np.float32(red) * rgb[..., 0] + np.float32(green) * rgb[..., 1] + np.float32(blue) * rgb[..., 2]
    chroma_blue = (rgb[..., 2] - luma) * np.float32(0.5 / (1 - blue))
    chroma_red = (rgb[..., 0] - luma) * np.float32(0.5 / (1 - red))
    return luma, chroma_blue, chroma_red


def ycbcr_to_rgb(luma: Plane, chroma_blue: Plane, chroma_red: Plane, matrix: int) -> tuple[Plane, Plane, Plane]:
    """R, G, B planes, float32 (H, W), not clipped, of luma [0, 1] and chroma [-0.5, 0.5] of the same shape."""
    red, green, blue = luma_weights(matrix)
    red_plane = luma + np.float32(2 * (1 - red)) * chroma_red
    blue_plane = luma + np.float32(2 * (1 - blue)) * chroma_blue
    green_plane = luma - np.float32(2 * blue * (1 - blue) / green) * chroma_blue
    green_plane -= np.float32(2 * red * (1 - red) / green) * chroma_red
    return red_plane, green_plane, blue_plane


@dataclass(frozen=True, slots=True)
class Quantisation:
    """How numbers of a YCbCr or RGB file stand for signal levels: depth in bits, and full or narrow ("video") range."""

    bits: int
    full_range: bool

    def luma_scale(self) -> tuple[float, float]:
        """(black, span): code = black + span * level."""
        return (0.0, 2.0**self.bits - 1) if self.full_range else (16.0 * self._step(), 219.0 * self._step())

    def chroma_scale(self) -> tuple[float, float]:
        """(zero, span): code = zero + span * level, level in [-0.5, 0.5]."""
        span = 2.0**self.bits - 1 if self.full_range else 224.0 * self._step()
        return 2.0 ** (self.bits - 1), span

    def _step(self) -> float:
        return 2.0 ** (self.bits - 8)


def upsample(plane: Plane, factor: int, axis: int, cosited: bool) -> Plane:
    """Make a chroma plane `factor` times longer along `axis` by cubic (Catmull-Rom) interpolation.

    `cosited`: the first of every `factor` pixels is where the sample was taken (MPEG-2 and later, horizontally);
    else it lies in their middle (JPEG and MPEG-1; vertically everywhere). FFmpeg's scaler takes the middle in
    both directions, which shifts colour by half a pixel against brightness.
    """
    if factor == 1:
        return plane
    shape = list(plane.shape)
    shape[axis] *= factor
    result = np.empty(shape, np.float32)
    offset = 0.0 if cosited else (factor - 1) / 2
    for phase in range(factor):
        target = result[phase::factor] if axis == 0 else result[:, phase::factor]
        target[...] = _interpolated(plane, (phase - offset) / factor, axis)
    return result


def downsample(plane: Plane, factor: int, axis: int, cosited: bool) -> Plane:
    """Make a chroma plane `factor` times shorter (rounded up) along `axis`, low-pass filtered; `cosited` as above."""
    if factor == 1:
        return plane
    if cosited:  # a triangle centred on the kept pixel
        kernel = np.concatenate([np.arange(1, factor + 1), np.arange(factor - 1, 0, -1)])
        anchor = factor - 1
    else:
        kernel = np.ones(factor)
        anchor = 0
    filtered = _filtered(plane, (kernel / kernel.sum()).astype(np.float32), anchor, axis)
    return np.ascontiguousarray(filtered[::factor] if axis == 0 else filtered[:, ::factor])


def _interpolated(plane: Plane, position: float, axis: int) -> Plane:
    """The plane read `position` (-1 < position < 1) samples further along `axis`."""
    whole = int(np.floor(position))
    t = position - whole
    if t == 0 and whole == 0:
        return plane
    weights = (
        (-t + 2 * t**2 - t**3) / 2,
        (2 - 5 * t**2 + 3 * t**3) / 2,
        (t + 4 * t**2 - 3 * t**3) / 2,
        (-(t**2) + t**3) / 2,
    )
    kernel = np.zeros(5, np.float32)  # centred; taps reach from -2 to 2 since `whole` is -1 or 0
    for tap, weight in zip(_CUBIC_TAPS, weights, strict=True):
        kernel[2 + tap + whole] = weight
    return _filtered(plane, kernel, 2, axis)


def _filtered(plane: Plane, kernel: npt.NDArray[np.float32], anchor: int, axis: int) -> Plane:
    """Correlate along one axis, edges repeated."""
    shaped = kernel.reshape(-1, 1) if axis == 0 else kernel.reshape(1, -1)
    position = (0, anchor) if axis == 0 else (anchor, 0)
    filtered = cv2.filter2D(plane, cv2.CV_32F, shaped, anchor=position, borderType=cv2.BORDER_REPLICATE)
    return filtered.astype(np.float32, copy=False)


# Half-width, in chroma units, of the noise that a black-and-white signal may carry (see `is_monochrome`).
_MONOCHROME_MEAN: Final = 2.0 / 255
_MONOCHROME_SPREAD: Final = 3.0 / 255
_MONOCHROME_BLOCK: Final = 8


def is_monochrome(rgb: npt.NDArray[np.float32]) -> bool:
    """Whether a picture, RGB float32 (H, W, 3), is black and white (a single neutral or near-neutral tint of grey).

    Black-and-white film on a colour carrier is not exactly grey: codecs leave chroma noise of a few codes. Noise has
    no area, so chroma is averaged over blocks of 8 x 8 pixels first, which divides independent noise by 8: noise as
    strong as 8 codes of 255 (VHS) falls to about 1. What must stay small is then the mean over the picture (a cast:
    2 codes, the rounding of a matrix and a range mistake together) and the departure of the blocks from it (99th
    percentile, 3 codes: three times that noise). The palest skin lies 15 codes away from grey.
    """
    height, width = rgb.shape[:2]
    size = (max(1, width // _MONOCHROME_BLOCK), max(1, height // _MONOCHROME_BLOCK))
    # Averaged before the matrix, which is linear: a sixty-fourth of the work.
    blocks = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32)
    chroma = np.stack(rgb_to_ycbcr(blocks, 1)[1:])
    mean = chroma.mean(axis=(1, 2), keepdims=True)
    spread = np.percentile(np.abs(chroma - mean), 99, axis=(1, 2))
    return bool(np.abs(mean).max() <= _MONOCHROME_MEAN and spread.max() <= _MONOCHROME_SPREAD)
