"""From a host's clips to what the core is told of the edit: one vocabulary for hosts and timeline files."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from likeness_core.api import FrameRange, Media

from likeness_plugin.bridge import HostClip, Placement, Route
from likeness_plugin.edits import Dissolve, EditRange, PlacedClip, merge


def placed_clip(clip: HostClip, media: Media, rate: Fraction) -> PlacedClip:
    """A clip whose media the core has described; `rate`: the timeline's. Raises ValueError for one with no source."""
    if clip.source is None:
        raise ValueError(f"{clip.name} has no source frames: {clip.reason}")
    speed = (clip.media_rate or media.rate) / rate  # the host may play a sequence, or any file, at a rate of its own
    head, tail = -(-clip.dissolve_in[0] * speed // 1), -(-clip.dissolve_out[1] * speed // 1)
    needed = FrameRange(max(0, clip.source.start - int(head)), min(media.frame_count, clip.source.stop + int(tail)))
    return PlacedClip(
        clip.name, clip.track, 0, clip.record, media, Fraction(clip.source.start), clip.source, needed
    )  # fmt: skip


def dissolves(clips: Iterable[HostClip]) -> tuple[Dissolve, ...]:
    """The transitions at the ends of clips; one between two clips is told once."""
    found = {
        Dissolve(clip.track, clip.record.start, *clip.dissolve_in) for clip in clips if any(clip.dissolve_in)
    }  # fmt: skip
    found |= {Dissolve(clip.track, clip.record.stop, *clip.dissolve_out) for clip in clips if any(clip.dissolve_out)}
    return tuple(sorted(found, key=lambda one: (one.track, one.cut)))


def edit_ranges(
    clips: Iterable[HostClip], media: Mapping[str, Media], rate: Fraction, handles: int
) -> tuple[EditRange, ...]:
    """What has to be restored for clips of Route.DECODE; `media` by `HostClip.media`, `handles` in media frames."""
    return merge(
        (placed_clip(clip, media[clip.media], rate) for clip in clips if clip.route is Route.DECODE), handles
    )  # fmt: skip


def placement(clip: HostClip, media: Media, pattern: str, frames: FrameRange) -> Placement:
    """Where finished frames go: `frames` are the source frames that were written, numbered like the source's files."""
    if clip.source is None:
        raise ValueError(f"{clip.name} has no source frames: {clip.reason}")
    first = media.first_number
    numbers = FrameRange(frames.start + first, frames.stop + first)
    return Placement(clip, pattern, numbers, clip.source.start + first, clip.media_rate or media.rate)
