"""What an edit says of its clips: plain values, with no library of any file format or host behind them.

Record frames count from the first frame of the edit, at the edit's rate. Source frames count from the first frame of
the media, at the media's own rate. Both ranges are half-open. Every host's and every file's own way of counting ends
where these values are made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from likeness_core.api import FrameRange, Media


@dataclass(frozen=True, slots=True)
class EditItem:
    """A clip as the edit tells it; its media is not looked up yet."""

    name: str
    track: int  # 1 is the lowest video track
    position: int  # of the item in its track, as the file lists it
    record: FrameRange
    path: str  # of the media (a sequence: its first file); "" where the edit gives a name only
    names: tuple[str, ...]  # file names, reels: what the media may be called on this machine, the surest first
    source_start: Fraction  # frames at `source_rate`, counted as the edit labels them: often timecode
    source_rate: Fraction  # frames per second
    media_start: Fraction | None  # the label of the media's first frame, where the edit tells it


@dataclass(frozen=True, slots=True)
class SkippedItem:
    """An item that cannot be restored, and why."""

    name: str
    track: int
    record: FrameRange
    reason: str  # for the editor; begins in lower case


@dataclass(frozen=True, slots=True)
class Dissolve:
    """A transition between two clips of a track: over it both are seen."""

    track: int
    cut: int  # record frame where the one clip gives way to the other in the file
    before: int  # frames from its start to the cut: the next clip is seen so much earlier
    after: int  # frames from the cut to its end: the clip before is seen so much longer

    @property
    def record(self) -> FrameRange:
        """Where it stands."""
        return FrameRange(self.cut - self.before, self.cut + self.after)


@dataclass(frozen=True, slots=True)
class Edit:
    """A timeline."""

    name: str
    rate: Fraction  # frames per second
    start: int  # frames from timecode 00:00:00:00 to its first frame
    drop: bool  # whether its timecode is drop-frame
    length: int  # frames
    tracks: int  # video tracks
    items: tuple[EditItem, ...]  # by track, then by record
    dissolves: tuple[Dissolve, ...]
    skipped: tuple[SkippedItem, ...]


@dataclass(frozen=True, slots=True)
class PlacedClip:
    """A clip whose media was found: which of its frames stand where."""

    name: str
    track: int
    position: int
    record: FrameRange
    media: Media
    start: Fraction  # media frames from its first frame to the clip's in point; whole where the rates are equal
    source: FrameRange  # the media frames that are shown, dissolves left out
    needed: FrameRange  # `source` and what the dissolves at its ends show


@dataclass(frozen=True, slots=True)
class EditRange:
    """Frames of one piece of media that are restored in one go, and what the edit knows of them, in source frames.

    Of a rendering of the timeline the edit knows every cut. Of the media itself it knows none: two clips that meet in
    it may be one shot that a razor parted, or two that scene detection did; the core looks for itself.
    """

    media: Media
    frames: FrameRange
    cuts: tuple[int, ...] = ()  # first frames of shots
    through_edits: tuple[int, ...] = ()  # first frames after razor cuts in footage that goes on
    dissolves: tuple[FrameRange, ...] = ()  # frames that show two shots at once


def continues(one: PlacedClip, other: PlacedClip) -> bool:
    """Whether `other` goes on where `one` ends, in the timeline and in the media: a through-edit."""
    return (
        one.track == other.track
        and one.record.stop == other.record.start
        and one.media == other.media
        and one.source.stop == other.source.start
    )


def rendered(
    media: Media, start: int, clips: Iterable[PlacedClip], dissolves: Iterable[Dissolve], track: int
) -> EditRange:
    """What the edit knows of `media`, a rendering of `track` whose first frame is record frame `start`.

    A dissolve's own cut is none of the cuts: the picture changes over all of it.
    """
    frames = FrameRange(0, media.frame_count)
    ordered = sorted((clip for clip in clips if clip.track == track), key=lambda clip: clip.record.start)
    mixed = sorted((one for one in dissolves if one.track == track), key=lambda one: one.cut)
    through = {other.record.start - start for one, other in pairwise(ordered) if continues(one, other)}
    edges = {edge - start for clip in ordered for edge in (clip.record.start, clip.record.stop)}
    cuts = edges - through - {one.cut - start for one in mixed}
    return EditRange(
        media,
        frames,
        tuple(sorted(cut for cut in cuts if 0 < cut < frames.stop)),
        tuple(sorted(cut for cut in through if 0 < cut < frames.stop)),
        tuple(
            FrameRange(max(0, one.record.start - start), min(frames.stop, one.record.stop - start))
            for one in mixed
            if one.record.stop > start and one.record.start - start < frames.stop
        ),
    )


def merge(clips: Iterable[PlacedClip], handles: int) -> tuple[EditRange, ...]:
    """What has to be restored for `clips`: ranges of one media that touch or overlap are one.

    `handles`: media frames to add at either end, as far as the media goes. Sorted by media and frame.
    """
    by_media: dict[str, list[PlacedClip]] = {}
    for clip in clips:
        by_media.setdefault(clip.media.path, []).append(clip)
    ranges = []
    for path in sorted(by_media):
        clips_of = by_media[path]
        media = clips_of[0].media
        for frames in _joined(_with_handles(clip.needed, handles, media.frame_count) for clip in clips_of):
            ranges.append(EditRange(media, frames))
    return tuple(ranges)


def _with_handles(frames: FrameRange, handles: int, count: int) -> FrameRange:
    return FrameRange(max(0, frames.start - handles), min(count, frames.stop + handles))


def _joined(ranges: Iterable[FrameRange]) -> list[FrameRange]:
    joined: list[FrameRange] = []
    for frames in sorted(ranges, key=lambda one: (one.start, one.stop)):
        if joined and frames.start <= joined[-1].stop:
            joined[-1] = FrameRange(joined[-1].start, max(joined[-1].stop, frames.stop))
        else:
            joined.append(frames)
    return joined
