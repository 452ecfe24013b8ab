"""Small footage made at test time: every frame shows its own number as a bar code.

The bars are coarse and black or white, so that they survive any codec, and they stand in the upper third only; below
lies a soft colour ramp, so that colour conversions have something to get wrong.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from likeness_core.api import ColorTags

WIDTH, HEIGHT = 96, 64
_BITS = 8


@dataclass(frozen=True)
class Recipe:
    """How to encode a test movie."""

    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    rate: Fraction = Fraction(24)
    frames: int = 30
    first: int = 0  # number that the first frame shows
    size: tuple[int, int] = (WIDTH, HEIGHT)  # width, height
    options: Mapping[str, str] = field(default_factory=dict)
    container_options: Mapping[str, str] = field(default_factory=dict)
    times: Sequence[int] | None = None  # in ticks of `time_base`; None: one frame after the other at `rate`
    time_base: Fraction | None = None
    timecode: str | None = None
    tags: ColorTags | None = None
    pixel_aspect: Fraction | None = None
    field_order: int = 0  # AVFieldOrder
    rotation: int = 0  # degrees anticlockwise, as PyAV takes it
    audio: str | None = None  # encoder
    sample_rate: int = 48000
    picture: Callable[[int], npt.NDArray[np.uint8 | np.uint16]] | None = None  # of a frame; None: its bar code


def bar_code(number: int, width: int = WIDTH, height: int = HEIGHT) -> npt.NDArray[np.uint8]:
    """The picture of frame `number` (0 to 255), RGB uint8 (height, width, 3)."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = np.linspace(60, 180, width).astype(np.uint8)
    picture[..., 1] = np.linspace(180, 60, height).astype(np.uint8)[:, None]
    picture[..., 2] = 40 + number % 128
    for bit in range(_BITS):
        picture[: height // 3, bit * width // _BITS : (bit + 1) * width // _BITS] = 220 if number >> bit & 1 else 30
    return picture


def read_bar_code(rgb: npt.NDArray[np.float32]) -> int:
    """The number in a picture, float RGB (H, W, 3), 0 to 1."""
    height, width = rgb.shape[:2]
    number = 0
    for bit in range(_BITS):
        middle = (2 * bit + 1) * width // (2 * _BITS)
        number |= int(rgb[2 : height // 3 - 2, middle - 1 : middle + 2].mean() > 0.5) << bit
    return number


def click_times(recipe: Recipe) -> list[int]:
    """At which samples the sound of a test movie clicks: with every frame."""
    return [round(number / recipe.rate * recipe.sample_rate) for number in range(recipe.frames)]


def make_movie(path: Path, recipe: Recipe) -> Path:
    """Encode a test movie."""
    options = dict(recipe.container_options)
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(recipe.codec, rate=recipe.rate, options=dict(recipe.options))
        stream.width, stream.height = recipe.size
        stream.pix_fmt = recipe.pixel_format
        context = stream.codec_context
        context.thread_count = 1
        if recipe.timecode:
            stream.metadata["timecode"] = recipe.timecode
        if recipe.pixel_aspect:
            context.sample_aspect_ratio = recipe.pixel_aspect
        if recipe.field_order:
            context.field_order = recipe.field_order
        if recipe.time_base:
            context.time_base = recipe.time_base
        if recipe.rotation:
            stream.set_display_rotation(recipe.rotation)
        if recipe.tags:
            context.color_primaries, context.color_trc = recipe.tags.primaries, recipe.tags.transfer
            context.colorspace, context.color_range = recipe.tags.matrix, 1 + recipe.tags.full_range
        sound = container.add_stream(recipe.audio, rate=recipe.sample_rate, layout="stereo") if recipe.audio else None
        for number in range(recipe.frames):
            picture = recipe.picture(number) if recipe.picture else bar_code(recipe.first + number, *recipe.size)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24" if picture.dtype == np.uint8 else "rgb48le")
            frame = frame.reformat(
                format=recipe.pixel_format, dst_color_range=1 + bool(recipe.tags and recipe.tags.full_range)
            )
            if recipe.tags:
                frame.color_primaries, frame.color_trc = recipe.tags.primaries, recipe.tags.transfer
                frame.colorspace, frame.color_range = recipe.tags.matrix, 1 + recipe.tags.full_range
            frame.pts = number if recipe.times is None else recipe.times[number]
            frame.time_base = recipe.time_base or 1 / recipe.rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound:
            _add_clicks(container, sound, recipe)
    return path


def _add_clicks(container: av.container.OutputContainer, sound: av.AudioStream, recipe: Recipe) -> None:
    samples = np.zeros((round(recipe.frames / recipe.rate * recipe.sample_rate), 2), np.int16)
    samples[click_times(recipe)] = 20000
    for start in range(0, len(samples), 1000):
        block = np.ascontiguousarray(samples[start : start + 1000].reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = recipe.sample_rate, start, Fraction(1, recipe.sample_rate)
        container.mux(sound.encode(frame))
    container.mux(sound.encode(None))
