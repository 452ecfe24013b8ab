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
    """Frames of one piece of media that are restored in one go, and what the edit knows of them, in source frames."""

    media: Media
    frames: FrameRange
    cuts: tuple[int, ...] = ()  # first frames of shots
    through_edits: tuple[int, ...] = ()  # first frames after razor cuts: the footage itself goes on
    dissolves: tuple[FrameRange, ...] = ()  # frames that are seen mixed with another clip's


@dataclass(frozen=True, slots=True)
class EditPoints:
    """The edit points of one video track, in record frames: what a rendering of the timeline shows, and where."""

    cuts: tuple[int, ...]
    through_edits: tuple[int, ...]
    dissolves: tuple[FrameRange, ...]


def continues(one: PlacedClip, other: PlacedClip) -> bool:
    """Whether `other` goes on where `one` ends, in the timeline and in the media: a through-edit."""
    return (
        one.track == other.track
        and one.record.stop == other.record.start
        and one.media == other.media
        and one.source.stop == other.source.start
    )


def edit_points(clips: Iterable[PlacedClip], dissolves: Iterable[Dissolve], track: int) -> EditPoints:
    """The edit points of `track`; a dissolve's own cut is none of `cuts`."""
    ordered = sorted((clip for clip in clips if clip.track == track), key=lambda clip: clip.record.start)
    mixed = sorted((one for one in dissolves if one.track == track), key=lambda one: one.cut)
    through = {other.record.start for one, other in pairwise(ordered) if continues(one, other)}
    faded = {one.cut for one in mixed}
    edges = {edge for clip in ordered for edge in (clip.record.start, clip.record.stop)}
    cuts = tuple(sorted(edges - through - faded - {0}))
    return EditPoints(cuts, tuple(sorted(through)), tuple(one.record for one in mixed))


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
            inside = [clip for clip in clips_of if clip.needed.intersection(frames) == clip.needed]
            ranges.append(EditRange(media, frames, (), _through_edits(inside), _mixed(inside)))
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


def _through_edits(clips: list[PlacedClip]) -> tuple[int, ...]:
    ordered = sorted(clips, key=lambda clip: (clip.track, clip.record.start))
    return tuple(sorted({other.source.start for one, other in pairwise(ordered) if continues(one, other)}))


def _mixed(clips: list[PlacedClip]) -> tuple[FrameRange, ...]:
    """The source frames that a dissolve shows beyond a clip's own; the dissolve covers as many before its cut."""
    tails = {FrameRange(clip.needed.start, clip.source.start) for clip in clips}
    tails |= {FrameRange(clip.source.stop, clip.needed.stop) for clip in clips}
    return tuple(sorted((tail for tail in tails if len(tail)), key=lambda tail: tail.start))
