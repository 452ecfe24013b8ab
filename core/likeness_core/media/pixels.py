"""Between FFmpeg's pixel formats and RGB: exact matrix, range and chroma siting, all stated, none left to a default.

FFmpeg's scaler only changes layout here (packed to planar at the same depth and chroma size, which is exact). The
colour maths is ours: the scaler's 16-bit RGB has its white at 65280 of 65535 and its chroma half a pixel off.
"""

from dataclasses import dataclass
from typing import Any, Final

import av
import numpy as np
import numpy.typing as npt
from av.video.format import VideoFormat
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from likeness_core import color
from likeness_core.media.frames import Pixels, RestoredFrame

_LAYOUT_ONLY: Final = Interpolation.POINT | Interpolation.ACCURATE_RND | Interpolation.BITEXACT

# Codecs whose 4:2:0 and 4:2:2 chroma lies between pixels, not on every other one.
_CENTRED_CHROMA_CODECS: Final = ("mpeg1video", "mjpeg")

_SAMPLING: Final = {(1, 1): "444", (2, 1): "422", (2, 2): "420", (4, 1): "411", (4, 4): "410", (1, 2): "440"}

# Half floats hold 11 significant bits: enough to give back every code of a 10-bit source, not of a 12-bit one.
HALF_FLOAT_BITS: Final = 10


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """What is needed to turn one file's decoded frames into RGB."""

    matrix: int  # H.273 code point to convert with, known weights
    full_range: bool
    centred_chroma: bool
    interlaced: bool  # chroma of 4:2:0 belongs to every other line pair of its own field
    rotation: int  # degrees clockwise to display
    mirrored: bool  # left-right, before rotation


def is_rgb(pixel_format: VideoFormat) -> bool:
    """Whether the format holds RGB (palettes and one-bit pictures included) rather than luma and chroma or grey."""
    return pixel_format.is_rgb or pixel_format.has_palette or pixel_format.is_bit_stream


def is_grey(pixel_format: VideoFormat) -> bool:
    """Whether the format has luma alone (with or without alpha)."""
    return not is_rgb(pixel_format) and len(pixel_format.components) <= 2


def has_alpha(pixel_format: VideoFormat) -> bool:
    """Whether the format carries transparency."""
    return len(pixel_format.components) in (2, 4) or pixel_format.has_palette


def has_centred_chroma(codec: str) -> bool:
    """Whether subsampled chroma of this codec lies between pixels horizontally (JPEG, MPEG-1)."""
    return codec in _CENTRED_CHROMA_CODECS


def is_float(pixel_format: VideoFormat) -> bool:
    """Whether components are floating-point numbers."""
    return pixel_format.name.startswith(("gbrpf", "gbrapf", "grayf", "yaf", "rgbf", "rgbaf"))


def bit_depth(pixel_format: VideoFormat) -> int:
    """Bits per component."""
    return (
        8
        if pixel_format.has_palette or pixel_format.is_bit_stream
        else max(component.bits for component in pixel_format.components)
    )


def pixels_of(frame: av.VideoFrame, layout: PixelLayout) -> Pixels:
    """RGB(A) of a decoded frame, as displayed.

    8-bit RGB gives uint8 (H, W, 3|4). All else gives levels, 0 = black and 1 = white, not clipped: float16 up to 10
    bits (the nearest half float), float32 above (the nearest 1/65535).
    """
    pixel_format = frame.format
    if is_rgb(pixel_format) and bit_depth(pixel_format) <= 8:
        target = "rgba" if has_alpha(pixel_format) else "rgb24"
        return _displayed(_reformatted(frame, target).to_ndarray(), layout)
    channels = _rgb_planes(frame) if is_rgb(pixel_format) else _converted_planes(frame, layout)
    height, width = channels[0].shape
    if bit_depth(pixel_format) <= HALF_FLOAT_BITS:
        halves = np.empty((height, width, len(channels)), np.float16)
        for number, channel in enumerate(channels):
            halves[..., number] = channel
        return _displayed(halves, layout)
    floats = np.stack(channels, axis=-1)
    if not is_float(pixel_format):
        floats *= np.float32(65535)
        np.rint(floats, out=floats)
        floats /= np.float32(65535)
    return _displayed(floats, layout)


def _displayed(pixels: Pixels, layout: PixelLayout) -> Pixels:
    """Apply the display matrix."""
    if layout.mirrored:
        pixels = pixels[:, ::-1]
    # np.rot90 turns anticlockwise for positive counts
    return np.ascontiguousarray(np.rot90(pixels, -layout.rotation // 90))


def _rgb_planes(frame: av.VideoFrame) -> list[color.Plane]:
    """R, G, B (and alpha) levels of an RGB frame of more than 8 bits."""
    alpha = "a" if has_alpha(frame.format) else ""
    if is_float(frame.format):
        green, blue, red, *rest = _planes(_reformatted(frame, f"gbr{alpha}pf32le"))
        return [red, green, blue, *rest]
    bits = next(depth for depth in (10, 12, 14, 16) if depth >= bit_depth(frame.format))
    planes = _planes(_reformatted(frame, f"gbr{alpha}p{bits}le"))
    green, blue, red, *rest = (_levels(plane, 0.0, 2.0**bits - 1) for plane in planes)
    return [red, green, blue, *rest]


def _converted_planes(frame: av.VideoFrame, layout: PixelLayout) -> list[color.Plane]:
    """R, G, B (and alpha) levels of a YCbCr or grey frame."""
    planes = _planes(_planar(frame))
    if is_float(frame.format):
        return [planes[0], planes[0], planes[0]]
    bits = bit_depth(frame.format)
    codes = color.Quantisation(bits, layout.full_range)
    luma = _levels(planes[0], *codes.luma_scale())
    alpha = [_levels(planes[-1], 0.0, 2.0**bits - 1)] if has_alpha(frame.format) else []
    if is_grey(frame.format):
        return [luma, luma, luma, *alpha]
    chroma = [_levels(plane, *codes.chroma_scale()) for plane in planes[1:3]]
    chroma_blue, chroma_red = (_full_size(plane, luma.shape, layout) for plane in chroma)
    return [*color.ycbcr_to_rgb(luma, chroma_blue, chroma_red, layout.matrix), *alpha]


def _full_size(chroma: color.Plane, shape: tuple[int, ...], layout: PixelLayout) -> color.Plane:
    """A chroma plane at the size of luma. Odd sizes are cut: their chroma covers a pixel more."""
    down, across = (1 << (-(-full // part) - 1).bit_length() for full, part in zip(shape, chroma.shape, strict=True))
    if layout.interlaced and down > 1 and len(chroma) % 2 == 0:
        # Each field is a picture of its own, so its chroma lines are interpolated among themselves. The fields' siting
        # differs from a frame's by an eighth of a chroma line, which is left out.
        tall = np.empty((len(chroma) * down, chroma.shape[1]), np.float32)
        for field in (0, 1):
            tall[field::2] = color.upsample(np.ascontiguousarray(chroma[field::2]), down, 0, cosited=False)
    else:
        tall = color.upsample(chroma, down, 0, cosited=False)
    wide = color.upsample(np.ascontiguousarray(tall[: shape[0]]), across, 1, cosited=not layout.centred_chroma)
    return wide[:, : shape[1]]


def _planar(frame: av.VideoFrame) -> av.VideoFrame:
    """The same codes, one component a plane; grey with alpha stays interleaved."""
    pixel_format = frame.format
    bits = bit_depth(pixel_format)
    depth = f"{bits}le" if bits > 8 else ""
    if is_grey(pixel_format):
        name = "ya" if has_alpha(pixel_format) else "gray"
        return _reformatted(
            frame, f"{name}f32le" if is_float(pixel_format) else f"{name}{depth or (8 if name == 'ya' else '')}"
        )
    alpha = "a" if has_alpha(pixel_format) else ""
    return _reformatted(frame, f"yuv{alpha}{chroma_sampling(pixel_format)}p{depth}")


def chroma_sampling(pixel_format: VideoFormat) -> str:
    """How chroma is subsampled, as "420", "422", "444", "411", "410" or "440"."""
    across = 16 // pixel_format.chroma_width(16)
    down = 16 // pixel_format.chroma_height(16)
    return _SAMPLING[across, down]


def _reformatted(frame: av.VideoFrame, target: str) -> av.VideoFrame:
    """The frame in another layout of the same depth; matrix and range are declared equal, so that no code changes."""
    if frame.format.name.replace("yuvj", "yuv") == target:
        return frame
    return frame.reformat(
        format=target,
        src_colorspace=Colorspace.ITU709,
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=_LAYOUT_ONLY,
        threads=1,
    )


def _planes(frame: av.VideoFrame) -> list[npt.NDArray[Any]]:
    """The planes of a frame, (height, width) each in their own type, without the padding at the end of lines."""
    bits = bit_depth(frame.format)
    dtype: np.dtype[Any] = np.dtype(np.float32 if is_float(frame.format) else np.uint8 if bits == 8 else np.uint16)
    planes = [
        np.frombuffer(memoryview(plane), dtype).reshape(plane.height, plane.line_size // dtype.itemsize)
        for plane in frame.planes
    ]
    if len(planes) == 1 and len(frame.format.components) == 2:
        return [planes[0][:, 0 : 2 * frame.width : 2], planes[0][:, 1 : 2 * frame.width : 2]]
    return [lines[:, : plane.width] for lines, plane in zip(planes, frame.planes, strict=True)]


def _levels(codes: npt.NDArray[np.uint8] | npt.NDArray[np.uint16], zero: float, span: float) -> color.Plane:
    levels = codes.astype(np.float32)
    levels -= np.float32(zero)
    levels *= np.float32(1.0 / span)
    return levels


def frame_of(picture: RestoredFrame, target: str, matrix: int, full_range: bool) -> av.VideoFrame:
    """A frame to encode, in a planar YCbCr format of FFmpeg's ("yuv422p10le", "yuva444p10le").

    Chroma is low-pass filtered and sited as MPEG-2 and later have it. Levels beyond what the codes reach are clipped.
    """
    height, width = picture.rgb.shape[:2]
    frame = av.VideoFrame(width, height, target)
    codes = color.Quantisation(bit_depth(frame.format), full_range)
    luma, chroma_blue, chroma_red = color.rgb_to_ycbcr(picture.rgb, matrix)
    across = 16 // frame.format.chroma_width(16)
    down = 16 // frame.format.chroma_height(16)
    planes = [_codes(luma, *codes.luma_scale(), codes.bits)]
    for chroma in (chroma_blue, chroma_red):
        small = color.downsample(color.downsample(chroma, down, 0, cosited=False), across, 1, cosited=True)
        planes.append(_codes(small, *codes.chroma_scale(), codes.bits))
    if has_alpha(frame.format):
        alpha = picture.alpha if picture.alpha is not None else np.ones((height, width), np.float32)
        planes.append(_codes(alpha, 0.0, 2.0**codes.bits - 1, codes.bits))
    for plane, numbers in zip(frame.planes, planes, strict=True):
        lines = np.zeros((plane.height, plane.line_size // numbers.itemsize), numbers.dtype)
        lines[:, : plane.width] = numbers
        plane.update(lines.tobytes())
    return frame


def _codes(levels: color.Plane, zero: float, span: float, bits: int) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    numbers = np.rint(levels * np.float32(span) + np.float32(zero))
    clipped: color.Plane = np.fmin(np.fmax(numbers, np.float32(0)), np.float32(2**bits - 1))
    return clipped.astype(np.uint8) if bits == 8 else clipped.astype(np.uint16)
