"""What a movie file says of itself: size, rate, depth, colour, timecode, fields, orientation."""

import math
import struct
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.video.stream import VideoStream

from likeness_core import color
from likeness_core.api import ColorTags, Media
from likeness_core.errors import InputError, MediaError
from likeness_core.media import pixels
from likeness_core.media.index import PtsIndex, rate_of
from likeness_core.timing import Timecode

# AVFieldOrder 2 to 5 (TT, BB, TB, BT): the second letter is the field shown first.
_FIELD_ORDERS: Final = {2: "tff", 3: "bff", 4: "bff", 5: "tff"}


def describe(path: Path, stream: VideoStream, index: PtsIndex, first: av.VideoFrame) -> Media:
    """The movie as it plays. `first` is its first frame, decoded. Raises MediaError("media.unsupported_colour")."""
    rate, varies = rate_of(index, stream)
    rotation, _ = _orientation(first)
    turned = rotation in (90, 270)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    pixel_format = first.format
    return Media(
        path=str(path),
        kind="movie",
        width=first.height if turned else first.width,
        height=first.width if turned else first.height,
        rate=rate,
        frame_count=len(index),
        codec=stream.codec_context.name,
        pixel_format=pixel_format.name,
        bit_depth=pixels.bit_depth(pixel_format),
        is_float=pixels.is_float(pixel_format),
        has_alpha=pixels.has_alpha(pixel_format),
        color=_tags(path, stream, first),
        start_timecode=_timecode(stream, rate),
        rotation=rotation,
        pixel_aspect=(1 / aspect if turned else aspect) if aspect > 0 else Fraction(1),
        field_order=_field_order(stream, first),
        variable_rate=varies,
        has_audio=bool(stream.container.streams.audio),
        lost_frames=max(0, stream.frames - len(index.packet_times)) if "mov" in stream.container.format.name else 0,
    )


def _tags(path: Path, stream: VideoStream, first: av.VideoFrame) -> ColorTags:
    """What the file says: the frame's own tags, else the stream's; RGB is always full range."""
    context = stream.codec_context
    unknown = color.UNSPECIFIED
    matrix = _said(int(first.colorspace), int(context.colorspace))
    if pixels.is_rgb(first.format):
        matrix = 0
    elif matrix not in (unknown, *color.SUPPORTED_MATRICES):
        message = f"{path.name} has a colour matrix that is not supported (H.273 code {matrix})."
        raise MediaError("media.unsupported_colour", message, "Convert it to BT.709 or BT.2020 non-constant luminance.")
    said_range = int(first.color_range) or int(context.color_range)
    by_nature = pixels.is_rgb(first.format) or first.format.name.startswith("yuvj")
    grey = pixels.is_grey(first.format) and said_range == 0  # FFmpeg's rule: grey is full unless it says otherwise
    return ColorTags(
        primaries=_said(int(first.color_primaries), int(context.color_primaries)),
        transfer=_said(int(first.color_trc), int(context.color_trc)),
        matrix=matrix,
        full_range=by_nature or grey or said_range == 2,
    )


def _said(of_frame: int, of_stream: int) -> int:
    """The first of two code points that says something; 0 is reserved in primaries and transfer, RGB in matrix."""
    for code in (of_frame, of_stream):
        if code not in (0, color.UNSPECIFIED):
            return code
    return color.UNSPECIFIED


def layout_of(media: Media, first: av.VideoFrame) -> pixels.PixelLayout:
    """How its frames become RGB as displayed."""
    rotation, mirrored = _orientation(first)
    return pixels.PixelLayout(
        matrix=color.effective_matrix(media.color, media.width, media.height),
        full_range=media.color.full_range,
        centred_chroma=pixels.has_centred_chroma(media.codec),
        interlaced=media.field_order != "progressive",
        rotation=rotation,
        mirrored=mirrored,
    )


def _orientation(frame: av.VideoFrame) -> tuple[int, bool]:
    """Degrees clockwise, and whether to mirror left-right before, so that a frame shows as its display matrix says.

    The matrix maps x' = a x + c y, y' = b x + d y, y downwards; only quarter turns and mirrors are meant by cameras.
    """
    try:
        stored = frame.side_data["DISPLAYMATRIX"]  # type: ignore[typeddict-item]  # missing in PyAV's stubs
    except KeyError:
        return 0, False
    a, b, _, c, d = struct.unpack("=9i", bytes(stored))[:5]
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    return round(math.degrees(math.atan2(b, a)) / 90) % 4 * 90, mirrored


def _field_order(stream: VideoStream, first: av.VideoFrame) -> str:
    order = _FIELD_ORDERS.get(int(stream.codec_context.field_order))
    return order or ("tff" if first.interlaced_frame else "progressive")


def _timecode(stream: VideoStream, rate: Fraction) -> str | None:
    """The start timecode, from the video stream, the file or a timecode track; None where none fits the rate."""
    sources = [stream.metadata, stream.container.metadata, *(other.metadata for other in stream.container.streams)]
    for metadata in sources:
        text = metadata.get("timecode")
        if text:
            try:
                return str(Timecode.parse(text, rate))
            except InputError:
                continue
    return None
