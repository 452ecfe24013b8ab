"""The source's sound beside a new picture: copied packet by packet where possible, else cut to the sample.

Sound is cut at the times of the first frame and of the end of the last one, on the clock that picture and sound share
in the source.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Protocol

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer

# What MOV holds as it is. Everything else, and any part of a clip, becomes PCM: packets cannot be cut.
_COPIED_INTO_MOV: Final = (
    "aac", "ac3", "alac", "eac3", "mp3", "pcm_f32be", "pcm_f32le", "pcm_s16be", "pcm_s16le", "pcm_s24be", "pcm_s24le",
    "pcm_s32be", "pcm_s32le",
)  # fmt: skip

# Sample formats whose every value fits 16 bits; the others are written with 24.
_SIXTEEN_BIT: Final = ("s16", "s16p", "u8", "u8p")

_SEEK_MARGIN_S: Final = Fraction(2)  # codecs need packets before the wanted one to start clean (Opus asks for 80 ms)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the source's clock."""

    start_s: Fraction
    stop_s: Fraction
    is_everything: bool  # all frames of the source, so that sound needs no cut


class AudioTrack(Protocol):
    """One track of sound on its way into the result."""

    def advance(self, until_s: Fraction) -> None:
        """Write the sound up to `until_s` after the first frame of the result."""
        ...

    def close(self) -> None:
        """Write what is left, and close the source."""
        ...


def open_tracks(source: Path, span: Span, output: OutputContainer, codec: str | None) -> list[AudioTrack]:
    """A track for each audio stream of `source`, added to `output`. `codec` None: copy or else PCM."""
    with av.open(str(source.absolute())) as container:
        names = {stream.index: stream.codec_context.name for stream in container.streams.audio}
    tracks: list[AudioTrack] = []
    for index, name in names.items():
        if codec is None and span.is_everything and name in _COPIED_INTO_MOV:
            tracks.append(_CopiedTrack(source, index, span, output))
        else:
            tracks.append(_EncodedTrack(source, index, span, output, codec))
    return tracks


class _CopiedTrack:
    """Packets as they are, on the new clock."""

    def __init__(self, source: Path, index: int, span: Span, output: OutputContainer) -> None:
        self._container, stream = _open(source, index)
        self._output = output
        self._target = output.add_stream_from_template(stream)
        self._start = round(span.start_s / _time_base(stream))
        self._packets = self._container.demux(stream)
        self._time_base = _time_base(stream)

    def advance(self, until_s: Fraction) -> None:
        for packet in self._packets:
            if packet.size == 0 or packet.dts is None or packet.pts is None:
                continue
            packet.pts -= self._start
            packet.dts -= self._start
            packet.stream = self._target
            time = packet.pts * self._time_base
            self._output.mux(packet)
            if time >= until_s:
                return

    def close(self) -> None:
        for packet in self._packets:
            if packet.size and packet.dts is not None and packet.pts is not None:
                packet.pts -= self._start
                packet.dts -= self._start
                packet.stream = self._target
                self._output.mux(packet)
        self._container.close()


class _EncodedTrack:
    """Decoded, cut to the sample, encoded again (PCM: 16 bits where the source has no more, else 24)."""

    def __init__(self, source: Path, index: int, span: Span, output: OutputContainer, codec: str | None) -> None:
        self._container, self._stream = _open(source, index)
        context = self._stream.codec_context
        sixteen = context.format.name in _SIXTEEN_BIT
        codec = codec or ("pcm_s16le" if sixteen else "pcm_s24le")
        self._format = "fltp" if codec == "aac" else "s16" if sixteen else "s32"
        self._rate = context.sample_rate
        self._layout = context.layout.name
        self._output = output
        target = output.add_stream(codec, rate=self._rate, layout=self._layout)
        assert isinstance(target, AudioStream)
        target.codec_context.flags |= Flags.bitexact  # else AAC packets name FFmpeg's version
        self._target = target
        self._start = round(span.start_s * self._rate)  # in samples of the source's clock
        self._length = round(span.stop_s * self._rate) - self._start
        self._written = 0
        margin = max(Fraction(0), span.start_s - _SEEK_MARGIN_S)
        if margin > 0:
            self._container.seek(int(margin / _time_base(self._stream)), stream=self._stream, backward=True)
        self._frames = self._cut()

    def advance(self, until_s: Fraction) -> None:
        wanted = min(self._length, int(until_s * self._rate))
        while self._written < wanted:
            samples = next(self._frames, None)
            if samples is None:
                return
            self._encode(samples)

    def close(self) -> None:
        for samples in self._frames:
            self._encode(samples)
        self._output.mux(self._target.encode(None))
        self._container.close()

    def _encode(self, samples: npt.NDArray[Any]) -> None:
        frame = av.AudioFrame.from_ndarray(samples, format=self._format, layout=self._layout)
        frame.sample_rate = self._rate
        frame.pts = self._written
        frame.time_base = Fraction(1, self._rate)
        self._written += frame.samples
        self._output.mux(self._target.encode(frame))

    def _cut(self) -> Iterator[npt.NDArray[Any]]:
        """Samples of the span, (planes, values) each; silence where the source has a gap, none after its end."""
        resampler = AudioResampler(format=self._format, layout=self._layout, rate=self._rate)
        planar = self._format.endswith("p")
        done = 0  # samples of the span
        for decoded in self._decoded():
            if decoded.pts is None or decoded.time_base is None:
                continue
            first = round(decoded.pts * decoded.time_base * self._rate) - self._start
            for frame in resampler.resample(decoded):
                values = frame.to_ndarray()
                per_sample = 1 if planar else len(frame.layout.channels)
                samples = values.shape[1] // per_sample
                if first > done:
                    gap = min(first, self._length) - done
                    yield np.zeros((values.shape[0], gap * per_sample), values.dtype)
                    done += gap
                begin, end = max(done - first, 0), min(samples, self._length - first)
                if begin < end:
                    yield np.ascontiguousarray(values[:, begin * per_sample : end * per_sample])
                    done += end - begin
                first += samples
            if done >= self._length:
                return

    def _decoded(self) -> Iterator[av.AudioFrame]:
        """Decode on past damage: what is missing becomes silence."""
        for packet in self._container.demux(self._stream):
            try:
                yield from packet.decode()
            except av.error.InvalidDataError:
                continue


def _open(source: Path, index: int) -> tuple[InputContainer, AudioStream]:
    container = av.open(str(source.absolute()), options={"protocol_whitelist": "file"})
    return container, next(stream for stream in container.streams.audio if stream.index == index)


def _time_base(stream: AudioStream) -> Fraction:
    return stream.time_base or Fraction(1, stream.codec_context.sample_rate)
