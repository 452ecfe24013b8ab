"""Movies out: ProRes with the source's sound, and an H.264 preview. Written under a temporary name, renamed when whole.

The source's tags, timecode, pixel aspect, field order and timing go with the picture; docs/media.md says, measured,
what each format can hold. The same frames give the same bytes on any day: no date, no library version.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.stream import VideoStream

from likeness_core import color
from likeness_core.api import ColorTags, FrameRange, Media, OutputSpec
from likeness_core.errors import InputError, MediaError
from likeness_core.media.audio import Span, open_tracks
from likeness_core.media.frames import RestoredFrame
from likeness_core.media.movie import MovieReader
from likeness_core.media.pixels import frame_of
from likeness_core.media.write import make_folder, replacing, tag_attributes
from likeness_core.timing import start_of


@dataclass(frozen=True, slots=True)
class MovieFormat:
    """One kind of movie."""

    suffix: str
    container: str
    encoder: str
    options: Mapping[str, str]
    pixel_format: str
    pixel_format_with_alpha: str | None
    audio: str | None  # encoder; None = copy, else PCM
    is_prores: bool
    even_size: bool
    packet_filter: str | None  # FFmpeg's bit stream filter


# Four threads everywhere: x264's result depends on how many there are, so the number must not be the machine's.
_THREADS: Final = 4

_FIELD_ORDERS: Final = {"progressive": 1, "tff": 2, "bff": 3}  # AVFieldOrder

MOVIE_FORMATS: Final = {
    "prores": MovieFormat(
        ".mov", "mov", "prores_ks", {"profile": "hq", "vendor": "apl0"}, "yuv422p10le", None, None, True, False, None
    ),
    "prores4444": MovieFormat(
        ".mov", "mov", "prores_ks", {"profile": "4444", "vendor": "apl0", "alpha_bits": "16"},
        "yuv444p10le", "yuva444p10le", None, True, False, None,
    ),
    # x264's macroblock tree reads memory that nobody wrote: with it one run in four gave other bytes (core 165).
    "h264": MovieFormat(
        ".mp4", "mp4", "libx264", {"crf": "17", "preset": "medium", "mbtree": "0"}, "yuv420p", None, "aac", False, True,
        "filter_units=remove_types=6",  # the SEI units in which x264 writes its version and options
    ),
}  # fmt: skip


def mux_movie(
    output: OutputSpec,
    media: Media,
    wanted: FrameRange,
    frames: Iterable[RestoredFrame],
    destination: Path,
    attributes: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Write the frames of `wanted`, in order, as the movie `destination`; yields how many are written, after each.

    Closing the generator early leaves no file. The frames may be larger than the source's, all alike. `attributes`
    become metadata of the file. Errors as in `write`; InputError("media.unknown_format").
    """
    kind = _format(output)
    make_folder(destination.parent)
    pictures = iter(frames)
    first = next(pictures, None)
    if first is None:
        raise ValueError("a movie needs a frame")
    timing = _Timing.of(media, wanted)
    with replacing(destination) as temporary, _opened(temporary, kind) as movie:
        movie.metadata.update({**tag_attributes(media), **(attributes or {})})
        paint = _Paint.of(kind, media, first)
        video = _VideoTrack(movie, kind, media, paint, timing)
        if media.start_timecode is not None:
            video.stream.metadata["timecode"] = str(start_of(media) + wanted.start)
        tracks = open_tracks(Path(media.path), timing.span, movie, kind.audio) if media.has_audio else []
        for done, (picture, ticks) in enumerate(zip(itertools.chain((first,), pictures), timing.ticks, strict=True), 1):
            frame = paint.frame(picture)
            frame.pts = ticks
            frame.time_base = timing.time_base
            video.write(frame)
            for track in tracks:
                track.advance(ticks * timing.time_base)
            yield done
        video.write(None)
        for track in tracks:
            track.close()


def check_encoders() -> None:
    """Raises MediaError `media.no_encoder` where this build of FFmpeg lacks an encoder that a movie format needs."""
    missing = sorted({kind.encoder for kind in MOVIE_FORMATS.values()} - av.codecs_available)
    if missing:
        hint = "Install Likeness again: the video library was replaced."
        raise MediaError("media.no_encoder", f"the video library has no encoder {', '.join(missing)}", hint)


def movie_path(output: OutputSpec) -> Path:
    """The movie of a result: OUT/NAME.mov or .mp4."""
    return Path(output.folder) / f"{output.name}{_format(output).suffix}"


def _format(output: OutputSpec) -> MovieFormat:
    if output.format not in MOVIE_FORMATS:
        names = ", ".join(MOVIE_FORMATS)
        raise InputError("media.unknown_format", f"'{output.format}' is not a movie format.", f"Choose from {names}.")
    return MOVIE_FORMATS[output.format]


@dataclass(frozen=True, slots=True)
class _Timing:
    """When the frames of the result are shown."""

    time_base: Fraction
    ticks: tuple[int, ...]
    span: Span

    @classmethod
    def of(cls, media: Media, wanted: FrameRange) -> "_Timing":
        everything = len(wanted) == media.frame_count
        if media.kind == "sequence" or not (media.variable_rate or media.has_audio):
            return cls(
                1 / media.rate, tuple(range(len(wanted))), Span(Fraction(0), len(wanted) / media.rate, everything)
            )
        with MovieReader(Path(media.path)) as reader:
            index = reader.index
        origin = int(index.times[0]) * index.time_base
        if not media.variable_rate:  # the rate is more exact than times that a container rounded to milliseconds
            span = Span(origin + wanted.start / media.rate, origin + wanted.stop / media.rate, everything)
            return cls(1 / media.rate, tuple(range(len(wanted))), span)
        span = Span(origin + index.seconds(wanted.start), origin + index.seconds(wanted.stop), everything)
        times = index.times[wanted.start : wanted.stop]
        return cls(index.time_base, tuple((times - times[0]).tolist()), span)


@dataclass(frozen=True, slots=True)
class _Paint:
    """How pictures become frames of the movie, and what those are tagged with."""

    pixel_format: str
    matrix: int  # to convert with
    tags: ColorTags
    width: int
    height: int

    @classmethod
    def of(cls, kind: MovieFormat, media: Media, first: RestoredFrame) -> "_Paint":
        height, width = first.rgb.shape[:2]
        if kind.even_size:
            height, width = height + height % 2, width + width % 2
        matrix = color.effective_matrix(media.color, media.width, media.height)
        # An unspecified matrix stays so where a player's guess by the new size is still right; RGB gets what we used.
        # ProRes has one code (6) for the two of BT.601 and no full range.
        guessable = media.color.matrix == color.UNSPECIFIED and color.guess_matrix(width, height) == matrix
        said = color.UNSPECIFIED if guessable else 6 if kind.is_prores and matrix == 5 else matrix
        full_range = media.color.full_range and not kind.is_prores and media.color.matrix != 0
        tags = ColorTags(media.color.primaries, media.color.transfer, said, full_range)
        with_alpha = first.alpha is not None and kind.pixel_format_with_alpha is not None
        pixel_format = kind.pixel_format_with_alpha if with_alpha else kind.pixel_format
        return cls(pixel_format or kind.pixel_format, matrix, tags, width, height)

    def frame(self, picture: RestoredFrame) -> av.VideoFrame:
        """A frame to encode; edges are repeated where the format asks for even sizes."""
        height, width = picture.rgb.shape[:2]
        if (height, width) != (self.height, self.width):
            padding = ((0, self.height - height), (0, self.width - width))
            rgb = np.pad(picture.rgb, (*padding, (0, 0)), mode="edge")
            alpha = None if picture.alpha is None else np.pad(picture.alpha, padding, mode="edge")
            picture = RestoredFrame(picture.index, rgb, alpha)
        frame = frame_of(picture, self.pixel_format, self.matrix, self.tags.full_range)
        # ProRes takes its tags from the frames; those of the encoder alone come out unspecified.
        frame.color_primaries = self.tags.primaries
        frame.color_trc = self.tags.transfer
        frame.colorspace = self.tags.matrix
        frame.color_range = 2 if self.tags.full_range else 1
        return frame


@contextmanager
def _opened(path: Path, kind: MovieFormat) -> Iterator[OutputContainer]:
    """The movie to write into, closed (its index written) at the end; FFmpeg's refusals become ours."""
    options = {"fflags": "+bitexact", "movflags": "use_metadata_tags"}
    try:
        with av.open(str(path.absolute()), "w", format=kind.container, options=options) as movie:
            yield movie
    except (av.error.ArgumentError, av.error.InvalidDataError, av.error.ExperimentalError) as error:
        message = f"{path.stem} cannot be written as {kind.container} ({error})."
        raise MediaError("media.encoder", message, "Write an image sequence instead.") from error


class _VideoTrack:
    """The picture on its way into the movie."""

    def __init__(self, movie: OutputContainer, kind: MovieFormat, media: Media, paint: _Paint, timing: _Timing) -> None:
        stream = movie.add_stream(kind.encoder, rate=media.rate, options=dict(kind.options))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = paint.width, paint.height, paint.pixel_format
        context = stream.codec_context
        context.time_base = timing.time_base
        context.sample_aspect_ratio = media.pixel_aspect
        context.color_primaries = paint.tags.primaries
        context.color_trc = paint.tags.transfer
        context.colorspace = paint.tags.matrix
        context.color_range = 2 if paint.tags.full_range else 1
        context.field_order = _FIELD_ORDERS[media.field_order]
        context.thread_count = _THREADS
        context.flags |= Flags.bitexact
        self.stream = stream
        self._movie = movie
        self._filter_name = kind.packet_filter
        self._filter: BitStreamFilterContext | None = None

    def write(self, frame: av.VideoFrame | None) -> None:
        """Encode a frame; None writes what the encoder holds back."""
        for packet in self.stream.encode(frame):
            if self._filter_name is not None and self._filter is None:
                self._filter = BitStreamFilterContext(self._filter_name, self.stream)  # needs an open encoder
            self._movie.mux(packet if self._filter is None else self._filter.filter(packet))
