"""Which frame is which: an index of presentation times, made by reading a movie's packets without decoding them.

Frames are numbered in the order they are shown. Nothing is concluded from "time times rate": the index holds for
variable rates, edit lists, reordered frames, streams that start late or in the middle of a group of pictures.
"""

from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.index import IndexEntry
from av.video.stream import VideoStream

Ticks = npt.NDArray[np.int64]

_NTSC: Final = tuple(Fraction(fps * 1000, 1001) for fps in (24, 30, 48, 60))
_USUAL_RATES: Final = (*_NTSC, *(Fraction(fps) for fps in (24, 25, 30, 48, 50, 60, 10, 12, 15, 16, 18, 20)))

# MPEG program, transport and elementary streams: seeking is a guess by byte position, and packets read after a seek
# begin in the middle of a frame.
STREAMS_WITHOUT_INDEX: Final = ("mpeg", "mpegts", "mpegvideo")
_SPLICE_GAP_FRAMES: Final = 250

_DISCARDED: Final = int(np.iinfo(np.int64).max)  # an edit list hides this packet's frame


@dataclass(frozen=True, slots=True)
class PtsIndex:
    """Presentation times of all frames that can be shown, ascending, in ticks of `time_base`.

    Where packets carry no times (raw streams, B-frames in AVI) `times` only counts and `timed` is False: frames are
    then found by counting from the start.
    """

    times: Ticks  # (frames,) ascending
    time_base: Fraction  # seconds a tick
    timed: bool
    packet_times: Ticks  # (packets,) presentation times in decoding order
    packet_sizes: Ticks  # (packets,) bytes, in decoding order
    keyframes: Ticks  # positions in decoding order where decoding can start

    def __len__(self) -> int:
        return len(self.times)

    def seconds(self, frame: int) -> Fraction:
        """Time from the first frame to `frame`; one mean frame after the last where `frame` is their number."""
        if frame < len(self):
            return int(self.times[frame] - self.times[0]) * self.time_base
        if len(self) < 2:
            return Fraction(0)
        whole = int(self.times[-1] - self.times[0]) * self.time_base
        return whole * len(self) / (len(self) - 1)

    def frame_at(self, pts: int) -> int:
        """The frame whose time is nearest to `pts`; the first of those with the same."""
        right = int(np.searchsorted(self.times, pts))
        if right == len(self):
            return int(np.searchsorted(self.times, self.times[-1]))
        if right and pts - self.times[right - 1] < self.times[right] - pts:
            return int(np.searchsorted(self.times, self.times[right - 1]))
        return right

    def keyframes_before(self, frame: int) -> Iterator[int]:
        """Positions in decoding order where decoding `frame` may start, nearest first.

        A frame shown before a keyframe but decoded after it (open group of pictures) needs the one before.
        """
        key_times = self.packet_times[self.keyframes]
        for number in np.flatnonzero(key_times <= self.times[frame])[::-1].tolist():
            if number == 0 or key_times[number - 1] != key_times[number]:
                yield int(self.keyframes[number])

    def time_of_packet(self, position: int) -> int | None:
        """Presentation time of the packet at a position in decoding order; None where its frame is not shown."""
        if position >= len(self.packet_times) or self.packet_times[position] == _DISCARDED:
            return None
        return int(self.packet_times[position])

    def is_unique(self, position: int, sizes: list[int]) -> bool:
        """Whether packets of these sizes in a row are found at `position` and nowhere else."""
        run = np.ones(max(0, len(self.packet_sizes) - len(sizes) + 1), np.bool_)
        for offset, size in enumerate(sizes):
            run &= self.packet_sizes[offset : offset + len(run)] == size
        return np.flatnonzero(run).tolist() == [position]


def read_index(container: InputContainer, stream: VideoStream) -> PtsIndex:
    """Index a stream from the start of its freshly opened container, at three numbers a packet.

    Where MOV's own table says it all, that is read and no packet; else all packets are.
    """
    times, decode_times, sizes, keyframes = array("q"), array("q"), array("q"), array("q")
    timed = True
    for packet in _listed_packets(container, stream) or shown_packets(container, stream):
        pts, dts = (packet.timestamp,) * 2 if isinstance(packet, IndexEntry) else (packet.pts, packet.dts)
        timed = timed and pts is not None
        if packet.is_keyframe:
            keyframes.append(len(times))
        time = len(times) if pts is None else pts
        times.append(_DISCARDED if packet.is_discard else time)
        decode_times.append(time if dts is None else dts)
        sizes.append(packet.size)
    packet_times = np.array(times, np.int64)
    if timed and container.format.name in STREAMS_WITHOUT_INDEX:
        frame_ticks = round(1 / ((stream.guessed_rate or Fraction(25)) * (stream.time_base or Fraction(1, 90000))))
        orders = stream.codec_context.name in ("mpeg1video", "mpeg2video")
        packet_times = continuous_times(packet_times, np.array(decode_times, np.int64), frame_ticks, orders)
    shown = np.sort(packet_times[packet_times != _DISCARDED])
    return PtsIndex(
        times=shown if timed else np.arange(len(shown), dtype=np.int64),
        time_base=stream.time_base if timed and stream.time_base else 1 / (stream.guessed_rate or Fraction(24)),
        timed=timed,
        packet_times=packet_times,
        packet_sizes=np.array(sizes, np.int64),
        keyframes=np.array(keyframes if len(keyframes) else [0] * bool(times), np.int64),
    )


def continuous_times(times: Ticks, decode_times: Ticks, frame_ticks: int, orders: bool) -> Ticks:
    """Presentation times, in decoding order, of a broadcast or DVD stream, whose clock may start anew at any splice.

    A step backwards or over a gap of seconds becomes one frame. `orders`: MPEG-1 and MPEG-2 times are not relied on
    for the order of frames (a program stream times some pictures only, and FFmpeg's guesses between can repeat):
    a B-frame, shown when it is decoded, comes at once, every other frame after those.
    """
    if len(times) < 2:
        return times
    far = round(_SPLICE_GAP_FRAMES * frame_ticks)
    if not orders:
        steps = np.diff(decode_times)
        splices = np.where((steps < 0) | (steps > far), frame_ticks - steps, 0)
        return times + np.concatenate([[0], np.cumsum(splices)]).astype(np.int64)
    order: list[int] = []
    held: list[int] = []  # the reference frame that waits for the next one
    for position, at_once in enumerate((times == decode_times).tolist()):
        if at_once:
            order.append(position)
        else:
            order += held
            held = [position]
    order += held
    steps = np.diff(times[order])
    steps[(steps <= 0) | (steps > far)] = frame_ticks
    result = np.empty_like(times)
    result[order] = times[order[0]] + np.concatenate([[0], np.cumsum(steps)])
    return result


def _listed_packets(container: InputContainer, stream: VideoStream) -> list[IndexEntry] | None:
    """MOV's table of samples, where it can be trusted for presentation times: an hour of ProRes is 100 GB to read.

    That is: every frame is a keyframe, so that they are shown in the order stored; no edit list took frames out; all
    samples lie within the file.
    """
    if "mov" not in container.format.name or not stream.codec_context.codec.intra_only:
        return None
    entries = list(stream.index_entries)
    if len(entries) != stream.frames or not entries:
        return None
    end = max(entry.pos + entry.size for entry in entries)
    return entries if end <= container.size and all(entry.is_keyframe for entry in entries) else None


def shown_packets(container: InputContainer, stream: VideoStream) -> Iterator["av.Packet[VideoStream]"]:
    """The packets of a stream in decoding order, from wherever its container stands.

    The empty one at the end is left out, and so is one cut short by the end of a truncated file. (Broadcast streams
    mark packets for a jump in a counter, which says little about the picture.) They end where the container is so
    damaged that nothing more can be read.
    """
    whole = container.format.name in STREAMS_WITHOUT_INDEX
    with suppress(av.error.FFmpegError):
        for packet in container.demux(stream):
            if packet.size > 0 and (whole or not packet.is_corrupt):
                yield packet


def without(index: PtsIndex, lost: Ticks) -> PtsIndex:
    """The index less the frames at these times: those that turned out not to decode."""
    return replace(index, times=index.times[~np.isin(index.times, lost)])


def rate_of(index: PtsIndex, stream: VideoStream) -> tuple[Fraction, bool]:
    """Frames per second, and whether they vary (then it is the average).

    A rate is constant when every frame lies within one tick of its place: containers round times to their ticks
    (Matroska to a millisecond). The stream's own word is tried first, then the usual rates near the measured mean.
    """
    # A program stream (DVD) times some pictures only; FFmpeg's guesses between were seen to be a frame or two off.
    guessed = stream.container.format.name == "mpeg"
    stated = [rate for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate) if rate]
    if not index.timed or len(index) < 2:
        return (stated or [Fraction(24)])[0], False
    span = int(index.times[-1] - index.times[0]) * index.time_base
    if span == 0:
        return (stated or [Fraction(24)])[0], False
    mean = (len(index) - 1) / span
    near = sorted((rate for rate in _USUAL_RATES if abs(rate / mean - 1) < 0.02), key=lambda rate: abs(rate - mean))
    for rate in (*(rate for rate in stated if rate in _USUAL_RATES), *near, *stated, mean):
        if _is_constant(index, rate, 3 / rate if guessed else index.time_base):
            return rate, False
    return mean.limit_denominator(1001), True


def _is_constant(index: PtsIndex, rate: Fraction, tolerance_s: Fraction) -> bool:
    """Whether every frame lies so near to its place at a rate."""
    ticks = 1 / (rate * index.time_base)
    expected = np.arange(len(index), dtype=np.float64) * float(ticks)
    tolerance = float(tolerance_s / index.time_base) + 1e-3
    return bool(np.abs(index.times - index.times[0] - expected).max() <= tolerance)
