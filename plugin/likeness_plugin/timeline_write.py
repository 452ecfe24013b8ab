"""Timeline files out: the edit with the restored clips on tracks of their own, right above the tracks they came from.

Three files: OpenTimelineIO in the shape that Resolve takes (labels in timecode, bare paths, `name.[0001-0100].exr`
for sequences, tracks called "Video 1"), Final Cut Pro 7 XML for Premiere, and EDLs, one a restored track. The OTIO
keeps all that the edit holds; the XML the clips whose media was found; an EDL the restored track alone.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
from likeness_core.api import FrameRange, Media
from likeness_core.jobs import write_whole
from likeness_core.timing import Timecode, frames_per_day, start_of

from likeness_plugin.edits import Dissolve, Edit, PlacedClip
from likeness_plugin.timeline_edl import EdlEvent, reel_of
from likeness_plugin.timeline_edl import written as written_edl
from likeness_plugin.timeline_plan import Plan, cut_to, record_start
from likeness_plugin.timeline_read import ReadEdit, video_tracks
from likeness_plugin.timeline_run import Restored
from likeness_plugin.timeline_xmeml import XmlClip, XmlSequence, XmlTransition
from likeness_plugin.timeline_xmeml import written as written_xml

NAME_SUFFIX = " (Likeness)"  # a host refuses a timeline of a name that it has


@dataclass(frozen=True, slots=True)
class Footage:
    """Media as a timeline file refers to it."""

    path: Path  # a movie, or the first file of a sequence
    media: Media  # of exactly these frames
    start: Timecode  # the label of the first frame
    first: int  # which frame of the clip's own media the first frame is

    @property
    def name(self) -> str:
        """The file name; of a sequence with the numbers of its first and last file."""
        if self.media.kind == "movie":
            return self.path.name
        number = self.path.stem[len(self.path.stem.rstrip("0123456789")) :]
        last = f"{int(number) + self.media.frame_count - 1:0{len(number)}d}" if number else ""
        ranged = f"{self.path.stem.removesuffix(number)}[{number}-{last}]" if number else self.path.stem
        return f"{ranged}{self.path.suffix}"


@dataclass(frozen=True, slots=True)
class TrackClip:
    """A clip on a track that is written."""

    clip: PlacedClip
    footage: Footage
    restored: bool

    @property
    def start(self) -> Fraction:
        """Media frames from the footage's first frame to the in point."""
        return self.clip.start - self.footage.first


def restored_tracks(
    edit: Edit, plan: Plan, results: Iterable[Restored], scale: int
) -> dict[int, tuple[TrackClip, ...]]:
    """What goes above each source track, by its number: the restored clips, and what dissolves into them."""
    by_name = {result.task.name: result for result in results}
    tracks: dict[int, list[TrackClip]] = {}
    left: list[PlacedClip] = []
    for task in plan.tasks:
        result = by_name.get(task.name)
        if result is None:
            left += task.clips
            continue
        for clip in task.clips:
            tracks.setdefault(clip.track, []).append(TrackClip(clip, _restored_footage(result, scale), True))
    for clip in left:
        own = [one.clip for one in tracks.get(clip.track, [])]
        part = _dissolving_part(clip, own, edit, plan.dissolves)
        if part is not None:
            tracks[clip.track].append(TrackClip(part, original_footage(clip.media), False))
    return {number: tuple(sorted(tracks[number], key=_begin)) for number in sorted(tracks)}


def write_timelines(
    read: ReadEdit, placed: tuple[PlacedClip, ...], plan: Plan, tracks: dict[int, tuple[TrackClip, ...]], stem: Path
) -> list[Path]:
    """Write every kind of timeline file as STEM.otio, STEM.xml and STEM.edl; returns what was written."""
    timeline = _otio(read, placed, plan, tracks)
    texts = {".otio": otio.adapters.write_to_string(timeline, "otio_json")}
    texts[".xml"] = written_xml(_xml(read.edit, placed, plan, tracks))
    for number, clips in tracks.items():
        suffix = ".edl" if len(tracks) == 1 else f".V{number}.edl"
        texts[suffix] = _edl(read.edit, clips, plan.dissolves, stem.name)
    paths = []
    for suffix, text in texts.items():
        paths.append(stem.with_name(stem.name + suffix))
        write_whole(paths[-1], text.encode())
    return paths


def original_footage(media: Media) -> Footage:
    """The clip's own media."""
    path = Path(media.path)
    if media.kind == "sequence":
        from likeness_core.media.sequence import path_of

        path = path_of(media.path, media.first_number)
    return Footage(path, media, _label(media, 0, media.kind == "sequence"), 0)


def _restored_footage(result: Restored, scale: int) -> Footage:
    frames, media = result.task.range.frames, result.task.range.media
    own = replace(
        media, kind="sequence" if result.is_sequence else "movie", path=str(result.first_file),
        frame_count=len(frames), width=media.width * scale, height=media.height * scale,
    )  # fmt: skip
    return Footage(result.first_file, own, _label(media, frames.start, result.is_sequence), frames.start)


def _label(media: Media, frame: int, is_sequence: bool) -> Timecode:
    """What hosts call frame `frame` of the media: its timecode, else the number of its file, else they count from 0."""
    if media.start_timecode is not None:
        return start_of(media) + frame
    number = media.first_number + frame if is_sequence else 0
    return Timecode(number % frames_per_day(media.rate, False), media.rate)


def _dissolving_part(
    clip: PlacedClip, restored: list[PlacedClip], edit: Edit, dissolves: tuple[Dissolve, ...]
) -> PlacedClip | None:
    """As much of a clip as a dissolve from or into a restored one shows, and a frame more; None where none does.

    Not all of it: above its own dissolve into a third clip it would hide that.
    """
    cuts = {one.cut: one for one in dissolves if one.track == clip.track}
    first, last = cuts.get(clip.record.start), cuts.get(clip.record.stop)
    after = any(one.record.stop == clip.record.start for one in restored) and first is not None
    before = any(one.record.start == clip.record.stop for one in restored) and last is not None
    if after and before:
        return clip
    if after and first is not None:
        stop = min(clip.record.start + max(first.after, 1), clip.record.stop)
        return cut_to(clip, FrameRange(clip.record.start, stop), cuts, edit)
    if before and last is not None:
        start = max(clip.record.stop - last.before - 1, clip.record.start)  # a list needs a frame to dissolve from
        return cut_to(clip, FrameRange(start, clip.record.stop), cuts, edit)
    return None


def _cuts_between(clips: tuple[TrackClip, ...], dissolves: tuple[Dissolve, ...]) -> dict[int, Dissolve]:
    """The dissolves of a track by their cut, where both sides are on it."""
    starts = {(one.clip.track, one.clip.record.start) for one in clips}
    stops = {(one.clip.track, one.clip.record.stop) for one in clips}
    return {one.cut: one for one in dissolves if (one.track, one.cut) in starts & stops}


# --- OpenTimelineIO


def _otio(
    read: ReadEdit, placed: tuple[PlacedClip, ...], plan: Plan, tracks: dict[int, tuple[TrackClip, ...]]
) -> otio.schema.Timeline:
    """The timeline as it was read, its media in the shape that Resolve takes, and the new tracks."""
    timeline = copy.deepcopy(read.timeline)
    timeline.name = read.edit.name + NAME_SUFFIX
    timeline.global_start_time = _time(Fraction(read.edit.start), read.edit.rate)
    sources = video_tracks(timeline)
    for clip in placed:
        child = sources[clip.track - 1][clip.position]
        child.source_range = _source_range(clip, clip.start, original_footage(clip.media), read.edit)
        child.media_reference = _reference(original_footage(clip.media))
    for number, source in enumerate(sources, start=1):
        if number in tracks:
            above = otio.schema.Track(kind=otio.schema.TrackKind.Video)
            above.metadata["likeness"] = {"restored_from": source.name or f"Video {number}"}
            _fill(above, tracks[number], plan.dissolves, read.edit)
            timeline.tracks.insert(list(timeline.tracks).index(source) + 1, above)
    for number, track in enumerate(video_tracks(timeline), start=1):
        track.name = f"Video {number}"
    return timeline


def _fill(track: otio.schema.Track, clips: tuple[TrackClip, ...], dissolves: tuple[Dissolve, ...], edit: Edit) -> None:
    cursor = 0
    cuts = _cuts_between(clips, dissolves)
    for one in clips:
        record = one.clip.record
        if record.start > cursor:
            gap = otio.opentime.TimeRange(
                _time(Fraction(0), edit.rate), _time(Fraction(record.start - cursor), edit.rate)
            )
            track.append(otio.schema.Gap(source_range=gap))
        if record.start in cuts:
            before, after = cuts[record.start].before, cuts[record.start].after
            track.append(
                otio.schema.Transition(
                    "Cross Dissolve", otio.schema.TransitionTypes.SMPTE_Dissolve,
                    _time(Fraction(before), edit.rate), _time(Fraction(after), edit.rate),
                )
            )  # fmt: skip
        child = otio.schema.Clip(_name(one), _reference(one.footage))
        child.source_range = _source_range(one.clip, one.start, one.footage, edit)
        if one.restored:
            child.metadata["likeness"] = {"media": Path(one.clip.media.path).name, "first_frame": one.clip.source.start}
        track.append(child)
        cursor = record.stop


def _source_range(clip: PlacedClip, start: Fraction, footage: Footage, edit: Edit) -> otio.opentime.TimeRange:
    """In labels of the media, at its rate; the length at the edit's rate where that is another."""
    rate = clip.media.rate
    return otio.opentime.TimeRange(
        _time(footage.start.frames + start, rate), _time(Fraction(len(clip.record)), edit.rate)
    )


def _reference(footage: Footage) -> otio.schema.ExternalReference:
    path = footage.path.with_name(footage.name)
    rate = footage.media.rate
    available = otio.opentime.TimeRange(
        _time(Fraction(footage.start.frames), rate), _time(Fraction(footage.media.frame_count), rate)
    )
    reference = otio.schema.ExternalReference(path.as_posix(), available)
    reference.name = footage.name
    return reference


def _time(frames: Fraction, rate: Fraction) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(float(frames), float(rate))


def _name(one: TrackClip) -> str:
    return one.clip.name + NAME_SUFFIX if one.restored else one.clip.name


# --- Final Cut Pro 7 XML


def _xml(
    edit: Edit, placed: tuple[PlacedClip, ...], plan: Plan, tracks: dict[int, tuple[TrackClip, ...]]
) -> XmlSequence:
    written = []
    for number in range(1, edit.tracks + 1):
        originals = tuple(TrackClip(one, original_footage(one.media), False) for one in placed if one.track == number)
        written.append(_xml_items(tuple(sorted(originals, key=_begin)), edit.dissolves))
        if number in tracks:
            written.append(_xml_items(tracks[number], plan.dissolves))
    start = record_start(edit)
    return XmlSequence(edit.name + NAME_SUFFIX, start, edit.length, placed[0].media, tuple(written))


def _begin(one: TrackClip) -> int:
    return one.clip.record.start


def _xml_items(clips: tuple[TrackClip, ...], dissolves: tuple[Dissolve, ...]) -> tuple[XmlClip | XmlTransition, ...]:
    cuts = _cuts_between(clips, dissolves)
    items: list[XmlClip | XmlTransition] = []
    for one in clips:
        record = one.clip.record
        if record.start in cuts:
            items.append(XmlTransition(cuts[record.start].record, record.start))
        start = int(one.start)
        items.append(
            XmlClip(
                name=_name(one), record=record, source=FrameRange(start, start + len(one.clip.source)),
                path=one.footage.path, media=one.footage.media, start=one.footage.start,
                head=cuts[record.start].before if record.start in cuts else 0,
                tail=cuts[record.stop].after if record.stop in cuts else 0,
                from_transition=record.start in cuts, into_transition=record.stop in cuts,
            )
        )  # fmt: skip
    return tuple(items)


# --- EDL


def _edl(edit: Edit, clips: tuple[TrackClip, ...], dissolves: tuple[Dissolve, ...], title: str) -> str:
    """An EDL counts source and record at one rate: clips of another rate are left out of it."""
    clips = tuple(one for one in clips if one.footage.media.rate == edit.rate)
    cuts = _cuts_between(clips, dissolves)
    events = []
    for one in clips:
        record, start = one.clip.record, int(one.start)
        # In a list the next clip begins where the dissolve does.
        head = cuts[record.start].before if record.start in cuts else 0
        tail = cuts[record.stop].before if record.stop in cuts else 0
        begin, length = one.footage.start + (start - head), len(record) + head - tail
        at = record_start(edit) + (record.start - head)
        events.append(
            EdlEvent(
                reel=reel_of(Path(one.footage.name.split("[")[0]).stem),
                source=(begin, begin + length), record=(at, at + length),
                clip_name=one.footage.name, path=one.footage.path.with_name(one.footage.name).as_posix(),
                dissolve_frames=len(cuts[record.start].record) if record.start in cuts else 0,
            )
        )  # fmt: skip
    return written_edl(title, events, edit.drop)
