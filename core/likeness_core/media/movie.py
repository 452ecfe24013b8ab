"""Movies in: what a file is, and its frames by number.

The only errors that leave here are MediaError, with these codes: media.not_found, media.is_directory, media.empty,
media.not_a_file, media.not_readable, media.truncated,
media.not_media, media.no_video, media.unsupported_codec, media.unsupported_colour,
media.damaged.
"""

import itertools
import struct
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

import av
import numpy as np
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from likeness_core.api import FrameRange, Media
from likeness_core.errors import MediaError
from likeness_core.media import pixels
from likeness_core.media.describe import describe, layout_of
from likeness_core.media.frames import Frame
from likeness_core.media.index import STREAMS_WITHOUT_INDEX, PtsIndex, read_index, shown_packets, without

# Files only: a playlist inside a movie file must not reach the network.
_OPEN_OPTIONS: Final = {"protocol_whitelist": "file"}

# Demuxers that accept text or single pictures and would call them a video.
_NOT_MOVIES: Final = ("tty", "image2", "png_pipe", "concat", "hls", "dash", "srt", "webvtt", "ass")

_SIZES_COMPARED: Final = 5  # packets; five sizes in a row do not repeat by chance
_EARLY_S: Final = 1  # how much too far such a seek may go, in seconds: it was seen to miss by a picture or two
_PACKETS_SEARCHED: Final = 2000  # a minute of video between keyframes, and more
_KEYFRAMES_TRIED: Final = 3

_Decoding = Iterator[tuple[int, av.VideoFrame]]


def probe_movie(path: Path) -> Media:
    """What a movie file is. Reads all its packets (for the exact number of frames) and decodes the first frame."""
    with MovieReader(path) as reader:
        return reader.media


class MovieReader:
    """An open movie: its `media`, and frames by number. Use it as a context manager, from one thread at a time."""

    def __init__(self, path: Path) -> None:
        _check_file(path)
        self._path = path
        self._container, self._stream = _open(path)
        try:
            self._index = read_index(self._container, self._stream)
            first = self._first_frame()
            self.media = describe(path, self._stream, self._index, first)
            self._layout = layout_of(self.media, first)
        except BaseException:
            self._container.close()
            raise
        self._decoded: _Decoding = iter(())
        self._next = -1  # the frame that `_decoded` gives next at the earliest; -1 where it cannot go on

    def __enter__(self) -> "MovieReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; frames can no longer be read."""
        self._decoded = iter(())  # knows this reader: the decoder's threads would live on until garbage is collected
        self._container.close()

    @property
    def index(self) -> PtsIndex:
        """Presentation times of the frames."""
        return self._index

    def frames(self, wanted: FrameRange) -> Iterator[Frame]:
        """The frames of a range, in order. Consecutive ranges go on decoding; others seek.

        Raises MediaError("media.damaged") naming the first frame that does not decode whole.
        """
        for number in wanted.frames():
            yield Frame(number, pixels.pixels_of(self._frame(number), self._layout), self._index.seconds(number))

    def _frame(self, number: int) -> av.VideoFrame:
        if self._next >= 0 and self._continues_to(number):
            frame = self._take(number)
            if frame is not None:
                return frame
        for decoded in self._decodings_of(number):
            self._decoded = decoded
            frame = self._take(number)
            if frame is not None:
                return frame
        self._next = -1
        message = f"{self._path.name} is damaged at frame {number}."
        raise MediaError(
            "media.damaged", message, f"Restore a range that leaves frame {number} out, or repair the file."
        )

    def _take(self, number: int) -> av.VideoFrame | None:
        """Decode on to a frame; None where it does not come out whole."""
        for index, frame in self._decoded:
            self._next = index + 1
            if index >= number:
                return frame if index == number and not frame.is_corrupt else None
        return None

    def _continues_to(self, number: int) -> bool:
        """Whether decoding on reaches a frame sooner than seeking would."""
        if self._next >= number or not self._index.timed:
            return self._next <= number
        key = next(self._index.keyframes_before(number), 0)
        time = self._index.time_of_packet(key)
        return time is None or time < self._index.times[self._next]

    def _decodings_of(self, number: int) -> Iterator[_Decoding]:
        """Ways to come to a frame: from the keyframes before it, nearest first, and from the start.

        A nearer keyframe may not do where the stream refreshes gradually.
        """
        if self._index.timed:
            for position in itertools.islice(self._index.keyframes_before(number), _KEYFRAMES_TRIED):
                packets = self._seek(position)
                if packets is not None:
                    yield self._numbered(packets, position)
        self._reopen()
        yield self._numbered(shown_packets(self._container, self._stream), 0)

    def _numbered(self, packets: Iterator["av.Packet[VideoStream]"], position: int) -> _Decoding:
        """Frames with their numbers, of the packets from a position in decoding order on."""
        if not self._index.timed:
            yield from enumerate(_decoded(packets))
            return
        last = -1
        for frame in _decoded(self._stamped(packets, position)):
            if frame.pts is None:
                continue
            number = self._index.frame_at(frame.pts)
            # Frames that share one time come in order.
            while number <= last and number + 1 < len(self._index) and self._index.times[number + 1] == frame.pts:
                number += 1
            if number > last:
                last = number
                yield number, frame

    def _stamped(
        self, packets: Iterator["av.Packet[VideoStream]"], position: int
    ) -> Iterator["av.Packet[VideoStream]"]:
        """Packets with the times of the index: after a seek, program streams give them other ones."""
        for offset, packet in enumerate(packets):
            time = self._index.time_of_packet(position + offset)
            if time is not None:
                packet.pts = time
            yield packet

    def _seek(self, position: int) -> Iterator["av.Packet[VideoStream]"] | None:
        """Packets from a keyframe's position in decoding order on; None where the container does not lead there."""
        time = self._index.time_of_packet(position)
        if time is None:
            return None
        guesses = self._container.format.name in STREAMS_WITHOUT_INDEX
        early = round(_EARLY_S / self._index.time_base) if guesses else 0
        try:
            self._container.seek(time - early, stream=self._stream, backward=True)
        except av.error.FFmpegError:
            return None
        self._stream.codec_context.flush_buffers()
        packets = shown_packets(self._container, self._stream)
        if guesses:
            return self._found_by_size(packets, position)
        for packet in packets:
            if packet.pts == time and packet.size == self._index.packet_sizes[position]:
                return itertools.chain((packet,), packets)
            if packet.is_keyframe and packet.pts is not None and packet.pts > time:
                break
        return None

    def _found_by_size(
        self, packets: Iterator["av.Packet[VideoStream]"], position: int
    ) -> Iterator["av.Packet[VideoStream]"] | None:
        """Packets from a position on, known by the sizes of the first few: after a seek the times are guesses."""
        sizes = self._index.packet_sizes[position : position + _SIZES_COMPARED].tolist()
        if len(sizes) < _SIZES_COMPARED or not self._index.is_unique(position, sizes):
            return None
        latest: deque[av.Packet[VideoStream]] = deque(maxlen=_SIZES_COMPARED)
        for packet in itertools.islice(packets, _PACKETS_SEARCHED):
            latest.append(packet)
            if [packet.size for packet in latest] == sizes:
                return itertools.chain(latest, packets)
        return None

    def _reopen(self) -> None:
        self._container.close()
        self._container, self._stream = _open(self._path)

    def _first_frame(self) -> av.VideoFrame:
        """Decode the start; drop from the index what should be shown before the first keyframe but does not decode.

        A stream cut out of another begins with frames that refer to what was left behind; decoders skip them.
        """
        self._reopen()
        index = self._index
        head = index.time_of_packet(int(index.keyframes[0])) if len(index.keyframes) else None
        seen: list[int] = []
        first: av.VideoFrame | None = None
        for frame in _decoded(shown_packets(self._container, self._stream)):
            if frame.is_corrupt:
                continue
            first = first or frame
            if not index.timed or frame.pts is None:
                break
            seen.append(frame.pts)
            if head is None or frame.pts >= head:
                break
        if first is None:
            raise MediaError(
                "media.damaged", f"No frame of {self._path.name} can be decoded.", "Check the file in another player."
            )
        if index.timed and head is not None:
            leading = index.times[index.times < head]
            self._index = without(index, np.setdiff1d(leading, np.array(seen, np.int64)))
        return first


def _decoded(packets: Iterator["av.Packet[VideoStream]"]) -> Iterator[av.VideoFrame]:
    """Decode, and on past damaged packets: the frames they should have given are found missing by their number."""
    context: VideoCodecContext | None = None
    for packet in packets:
        context = packet.stream.codec_context
        try:
            frames = context.decode(packet)
        except av.error.FFmpegError:
            continue
        yield from frames
    if context is not None:
        with suppress(av.error.FFmpegError):  # the damage may lie among the last packets, which decoders hold back
            yield from context.decode(None)


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise MediaError(
            "media.is_directory", f"{path} is a folder.", "Name a movie, or one file of an image sequence."
        )
    if not path.exists():
        raise MediaError("media.not_found", f"{path} does not exist.", "Check the path.")
    if not path.is_file():  # a device or a pipe: it may never end
        raise MediaError("media.not_a_file", f"{path} is a device, not a file.", "Name a movie.")
    if path.stat().st_size == 0:
        raise MediaError("media.empty", f"{path.name} is empty (0 bytes).", "Copy the file again from its source.")


def _open(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open a movie and its main video stream. The path is made absolute: names like `a:b.mov` are not protocols."""
    try:
        container = av.open(str(path.absolute()), options=_OPEN_OPTIONS)
    except PermissionError as error:
        raise MediaError(
            "media.not_readable", f"{path.name} cannot be read.", "Check the file's permissions."
        ) from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise _not_a_movie(path) from error
    try:
        stream = _main_stream(path, container)
    except BaseException:
        container.close()
        raise
    stream.thread_type = "AUTO"
    return container, stream


def _main_stream(path: Path, container: InputContainer) -> VideoStream:
    if any(name in _NOT_MOVIES for name in container.format.name.split(",")):
        raise _not_a_movie(path)
    cover = av.stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not stream.disposition & cover]
    if not streams:
        if _lacks_moov(path):  # FFmpeg opens what is left of it
            raise _not_a_movie(path)
        raise MediaError(
            "media.no_video", f"{path.name} has no picture, only sound or data.", "Name a file with video."
        )
    # PyAV leaves out the decoder where FFmpeg has none for the codec.
    stream = streams[0]
    if stream.codec_context is None or stream.codec_context.codec is None or not stream.codec_context.is_decoder:
        raise _unsupported(path, "an unknown codec")
    return stream


def _not_a_movie(path: Path) -> MediaError:
    if _lacks_moov(path):
        message = f"{path.name} ends before its index (the moov atom): the recording or the copy was cut off."
        return MediaError("media.truncated", message, "Copy the file again, or repair it with the camera maker's tool.")
    return MediaError(
        "media.not_media", f"{path.name} is not a movie file.", "Name a movie, or one file of an image sequence."
    )


def _unsupported(path: Path, codec: str) -> MediaError:
    message = f"{path.name} is compressed with {codec}, which cannot be decoded."
    return MediaError("media.unsupported_codec", message, "Convert it to ProRes or DNxHR first.")


def _lacks_moov(path: Path) -> bool:
    """Whether this is an MP4 or MOV file whose top-level boxes end without a whole moov."""
    names: list[bytes] = []
    end = path.stat().st_size
    with path.open("rb") as file:
        while len(header := file.read(8)) == 8:
            size, name = struct.unpack(">I4s", header)
            if size == 1:
                size = struct.unpack(">Q", file.read(8).rjust(8, b"\0"))[0] - 8
            if name == b"moov" and file.tell() + size - 8 > end:
                break
            names.append(name)
            if size < 8:
                break
            file.seek(size - 8, 1)
    return names[:1] in ([b"ftyp"], [b"mdat"], [b"wide"]) and b"moov" not in names
