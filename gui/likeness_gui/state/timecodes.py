"""Frames as editors read them."""

from likeness_core.api import FrameRange, Media
from likeness_core.timing import start_of


def timecode(media: Media, frame: int) -> str:
    """The label of a frame of a clip."""
    return str(start_of(media) + frame)


def span(media: Media, frames: FrameRange) -> str:
    """First and last frame, both included, as editors say it."""
    return f"{timecode(media, frames.start)} – {timecode(media, max(frames.start, frames.stop - 1))}"


def describe(media: Media) -> str:
    """Size, rate and codec in a few words."""
    rate = f"{float(media.rate):.3f}".rstrip("0").rstrip(".")
    return f"{media.width} × {media.height}  ·  {rate} fps  ·  {media.codec} {media.bit_depth} bit"


def duration(seconds: float) -> str:
    """A span of time, coarse as a guess should be."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
