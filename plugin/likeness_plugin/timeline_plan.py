"""What of an edit is restored: the chosen range and tracks, and the ranges of media that this takes."""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from likeness_core.api import FrameRange
from likeness_core.errors import InputError
from likeness_core.timing import Timecode, frames_per_day

from likeness_plugin.edits import Dissolve, Edit, EditRange, PlacedClip, merge

_FRAMES = re.compile(r"(\d*):(\d*)")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which part of an edit is meant."""

    frames: FrameRange  # record frames
    track: int | None = None  # None: all video tracks
    handles: int = 0  # media frames to restore beyond each end of a clip


@dataclass(frozen=True, slots=True)
class Task:
    """One run of the core."""

    name: str  # of its folder
    range: EditRange
    clips: tuple[PlacedClip, ...]  # those it serves


@dataclass(frozen=True, slots=True)
class Plan:
    """What is restored, and what stands where afterwards."""

    clips: tuple[PlacedClip, ...]  # cut to the choice
    dissolves: tuple[Dissolve, ...]  # those that lie wholly in the choice, between clips that are on their media
    tasks: tuple[Task, ...]


def record_start(edit: Edit) -> Timecode:
    """The timecode of an edit's first frame."""
    return Timecode(edit.start % frames_per_day(edit.rate, edit.drop), edit.rate, edit.drop)


def parse_record_range(text: str, edit: Edit) -> FrameRange:
    """The record frames that `text` names: START:STOP from 0, STOP left out, or TC-TC, both included.

    Raises InputError("timeline.range").
    """
    text = text.strip()
    if match := _FRAMES.fullmatch(text):
        start, stop = int(match[1] or 0), int(match[2]) if match[2] else edit.length
    else:
        first, separator, last = text.partition("-")
        if not separator:
            raise _not_a_range(text, edit)
        start, stop = _record_frame(first, text, edit), _record_frame(last, text, edit) + 1
    if not 0 <= start < stop <= edit.length:
        raise _not_a_range(text, edit)
    return FrameRange(start, stop)


def plan(edit: Edit, placed: Iterable[PlacedClip], choice: Choice) -> Plan:
    """Cut the clips to the choice and join what they need of each piece of media."""
    if choice.track is not None and not 1 <= choice.track <= edit.tracks:
        hint = f"The timeline has video tracks 1 to {edit.tracks}; 1 is the lowest."
        raise InputError("timeline.track", f"there is no video track {choice.track}", hint)
    chosen = [clip for clip in placed if choice.track in (None, clip.track)]
    dissolves = _whole_dissolves(edit, chosen, choice.frames)
    clips = [cut for clip in chosen if (cut := _cut(clip, edit, choice.frames, dissolves)) is not None]
    names: set[str] = set()
    tasks = []
    for one in merge(clips, choice.handles):
        served = tuple(c for c in clips if c.media == one.media and c.needed.intersection(one.frames) == c.needed)
        name = _folder_name(one, names)
        names.add(name)
        tasks.append(Task(name, one, served))
    return Plan(tuple(clips), dissolves, tuple(tasks))


def _whole_dissolves(edit: Edit, clips: list[PlacedClip], frames: FrameRange) -> tuple[Dissolve, ...]:
    """Dissolves between two clips that are both there, wholly inside `frames`."""
    starts = {(clip.track, clip.record.start) for clip in clips}
    stops = {(clip.track, clip.record.stop) for clip in clips}
    return tuple(
        one
        for one in edit.dissolves
        if (one.track, one.cut) in starts & stops and one.record.intersection(frames) == one.record
    )


def _cut(clip: PlacedClip, edit: Edit, frames: FrameRange, dissolves: tuple[Dissolve, ...]) -> PlacedClip | None:
    """A clip cut to record frames.

    Over a dissolve that cannot be made again (its other side is a title or missing, or the choice ends inside it) the
    timeline stays as it is: the clip ends where the dissolve begins.
    """
    start, stop = max(clip.record.start, frames.start), min(clip.record.stop, frames.stop)
    kept = {(one.track, one.cut) for one in dissolves}
    for one in edit.dissolves:
        if one.track == clip.track and (one.track, one.cut) not in kept:
            if one.cut == clip.record.start:
                start = max(start, one.record.stop)
            if one.cut == clip.record.stop:
                stop = min(stop, one.record.start)
    if stop <= start:
        return None
    edges = {one.cut for one in dissolves if one.track == clip.track}
    return cut_to(clip, FrameRange(start, stop), edges, edit)


def cut_to(clip: PlacedClip, record: FrameRange, edges: Container[int], edit: Edit) -> PlacedClip:
    """A clip cut to some of its record frames; an end keeps what its dissolve needs where it is one of `edges`."""
    in_media = clip.media.rate / edit.rate
    begin = clip.start + (record.start - clip.record.start) * in_media
    source = FrameRange(int(begin), int(begin + (len(record) - 1) * in_media) + 1)
    needed = FrameRange(
        clip.needed.start if record.start == clip.record.start and record.start in edges else source.start,
        clip.needed.stop if record.stop == clip.record.stop and record.stop in edges else source.stop,
    )
    return replace(clip, record=record, start=begin, source=source, needed=needed)


def _folder_name(one: EditRange, taken: set[str]) -> str:
    """NAME.000123 for what begins at source frame 123 of NAME; the file's own suffix where two have one stem."""
    path = Path(one.media.path)
    stem = path.stem.split("%")[0].rstrip("._- ") if one.media.kind == "sequence" else path.stem
    stem = re.sub(r'[\x00-\x1f<>:"/\\|?*%#]', "_", stem).strip(". ") or "clip"
    name = f"{stem}.{one.frames.start:06d}"
    number = 2
    while name in taken:  # two files of one name in different folders
        name = f"{stem}-{number}.{one.frames.start:06d}"
        number += 1
    return name


def _record_frame(text: str, whole: str, edit: Edit) -> int:
    """Frames from the edit's first to the one with a timecode."""
    start = record_start(edit)
    try:
        timecode = Timecode.parse(text, edit.rate)
    except InputError as error:
        raise InputError("timeline.range", f"'{whole}' is not a range: {error.message}", error.hint) from error
    if timecode.drop != edit.drop:
        mark = "';'" if edit.drop else "':'"
        hint = f"This timeline starts at {start}: write {mark} before the frames."
        raise InputError("timeline.range", f"'{whole}' mixes drop-frame and non-drop timecode.", hint)
    return (timecode.frames - start.frames) % frames_per_day(edit.rate, edit.drop)


def _not_a_range(text: str, edit: Edit) -> InputError:
    start = record_start(edit)
    hint = f"The timeline has frames 0:{edit.length}, or {start}-{start + max(0, edit.length - 1)} in timecode."
    return InputError("timeline.range", f"'{text}' is not a range of this timeline", hint)
