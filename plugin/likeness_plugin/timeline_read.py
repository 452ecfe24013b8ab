"""Timeline files in: OpenTimelineIO's timelines become our own `Edit`.

What the readers get wrong or leave out is put right here or in the file of the format (`timeline_edl`,
`timeline_xmeml`, `timeline_fcpxml`); nothing that follows knows which format an edit came from.
"""

import json
import re
import sys
import xml.etree.ElementTree
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import opentimelineio as otio
from likeness_core.api import FrameRange
from likeness_core.errors import InputError
from likeness_core.timing import DROP_FRAME_RATES, parse_rate

from likeness_plugin import timeline_edl, timeline_fcpxml, timeline_xmeml
from likeness_plugin.edits import Dissolve, Edit, EditItem, SkippedItem

SUFFIXES = (".otio", ".otioz", ".otiod", ".xml", ".edl", ".fcpxml", ".fcpxmld", ".aaf")

_RANGE_IN_NAME = re.compile(r"\[(\d+)-(\d+)\](?=\.\w+$)")  # name.[0001-0100].exr, as Resolve and Nuke write it


@dataclass(frozen=True, slots=True, eq=False)
class ReadEdit:
    """An edit, and the timeline it was read from."""

    edit: Edit
    timeline: otio.schema.Timeline


def read_edit(path: Path, rate: Fraction | None = None) -> ReadEdit:
    """Read a timeline file. `rate`: the edit's, where the file does not say it (an EDL never does).

    Raises InputError `timeline.not_found`, `timeline.unknown_format`, `timeline.not_readable`, `timeline.rate`,
    `timeline.empty`.
    """
    if not path.exists():
        raise InputError("timeline.not_found", f"there is no timeline file {path}", "Check the path.")
    if path.suffix.lower() not in SUFFIXES:
        hint = "Export the timeline as OTIO, FCP 7 XML, EDL, FCPXML or AAF."
        raise InputError("timeline.unknown_format", f"{path.name} is no kind of timeline file that is read", hint)
    try:
        timeline, drop, rate = _load(path, rate)
        edit = _Reader(timeline, rate or _rate_of(timeline)).edit(path.stem, drop)
    except _errors_of_readers() as error:
        message = f"{path.name} cannot be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        raise InputError("timeline.not_readable", message, "Export it again, best as .otio.") from error
    if not edit.items and not edit.skipped:
        raise InputError("timeline.empty", f"{path.name} has no video clip", "Export a timeline with clips.")
    return ReadEdit(edit, timeline)


def _errors_of_readers() -> tuple[type[Exception], ...]:
    """What OpenTimelineIO and its adapters raise for files that are not in order."""
    common = (
        otio.exceptions.OTIOError, xml.etree.ElementTree.ParseError, OSError, ValueError, LookupError, TypeError,
        AttributeError, ArithmeticError, AssertionError, NotImplementedError,
    )  # fmt: skip
    of_aaf = sys.modules.get("aaf2.exceptions")  # loaded by the adapter, where that is installed
    return (*common, of_aaf.AAFError) if of_aaf else common


def exact_rate(rate: float) -> Fraction:
    """The rate, in frames per second, that OpenTimelineIO's float means."""
    return parse_rate(f"{rate:.5f}".rstrip("0").rstrip("."))


def frames_of(time: otio.opentime.RationalTime, rate: Fraction) -> Fraction:
    """A time as exact frames at `rate`."""
    return Fraction(time.value).limit_denominator(10_000) * rate / exact_rate(time.rate)


def _load(path: Path, rate: Fraction | None) -> tuple[otio.schema.Timeline, bool, Fraction | None]:
    """The timeline, whether its timecode is drop-frame, and its rate where that is known already."""
    suffix = path.suffix.lower()
    if suffix == ".edl":
        text, rate = timeline_edl.prepared(path.read_text(encoding="utf-8", errors="replace"), rate)
        timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=float(rate))
        _begin_at_the_hour(timeline, rate)
        return timeline, timeline_edl.is_drop_frame(text), rate
    if suffix in (".xml", ".fcpxml", ".fcpxmld"):
        document = path / "Info.fcpxml" if path.is_dir() else path
        root = xml.etree.ElementTree.fromstring(document.read_bytes())
        if root.tag == "fcpxml":
            timeline = timeline_fcpxml.read(root)
            return timeline, timeline_fcpxml.is_drop_frame(root), rate
        timeline = otio.adapters.read_from_string(timeline_xmeml.prepared(root), "fcp_xml")
        return _one_timeline(timeline), timeline_xmeml.is_drop_frame(root), rate
    if suffix == ".otio":
        text = path.read_text(encoding="utf-8")
        json.loads(text)  # OpenTimelineIO 0.18 crashes on some text that is no JSON; this raises ValueError
        return _one_timeline(otio.adapters.read_from_string(text, "otio_json")), False, rate
    try:
        return _one_timeline(otio.adapters.read_from_file(str(path))), False, rate
    except otio.exceptions.NoKnownAdapterForExtensionError as error:
        hint = "Install the adapter (pip install likeness[aaf]), or export as .otio."
        raise InputError("timeline.unknown_format", f"the reader for {suffix} files is not installed", hint) from error


def _one_timeline(read: Any) -> otio.schema.Timeline:
    """The timeline of a file that may hold a collection of them. Raises InputError where it holds several."""
    if isinstance(read, otio.schema.Timeline):
        return read
    found = list(read.find_children(descended_from_type=otio.schema.Timeline)) if read is not None else []
    if len(found) == 1 and isinstance(found[0], otio.schema.Timeline):
        return found[0]
    names = ", ".join(one.name for one in found) or "none"
    hint = "Export one timeline to a file of its own."
    raise InputError("timeline.not_readable", f"the file holds {len(found)} timelines ({names})", hint)


def _begin_at_the_hour(timeline: otio.schema.Timeline, rate: Fraction) -> None:
    """Let an EDL's timeline start at the hour of its first event: a list does not say where its timeline starts.

    The reader says the first record time of each track as a negative start of its source range.
    """
    firsts = [-track.source_range.start_time.value if track.source_range else 0.0 for track in timeline.tracks]
    hour = otio.opentime.from_timecode("01:00:00:00", float(rate)).value
    if rate in DROP_FRAME_RATES:
        hour = otio.opentime.from_timecode("01:00:00;00", float(rate)).value
    start = min(firsts, default=0.0) // hour * hour
    timeline.global_start_time = otio.opentime.RationalTime(start, float(rate))
    for track, first in zip(timeline.tracks, firsts, strict=True):
        track.source_range = None
        if first > start:
            length = otio.opentime.RationalTime(first - start, float(rate))
            gap = otio.schema.Gap(source_range=otio.opentime.TimeRange(duration=length))
            track.insert(0, gap)


def _rate_of(timeline: otio.schema.Timeline) -> Fraction:
    """The rate of an edit: of its start, else of most of its items."""
    if timeline.global_start_time is not None and timeline.global_start_time.rate > 1:
        return exact_rate(timeline.global_start_time.rate)
    rates = Counter(
        child.source_range.duration.rate
        for track in video_tracks(timeline)
        for child in track
        if isinstance(child, otio.schema.Clip | otio.schema.Gap) and child.source_range is not None
    )
    if not rates:
        hint = "Add --rate, such as --rate 24."
        raise InputError("timeline.rate", "the timeline does not say its frame rate", hint)
    return exact_rate(rates.most_common(1)[0][0])


def video_tracks(timeline: otio.schema.Timeline) -> list[otio.schema.Track]:
    """The video tracks, the lowest first."""
    return [
        track
        for track in timeline.tracks
        if isinstance(track, otio.schema.Track) and track.kind == otio.schema.TrackKind.Video and track.name != "NONE"
    ]


class _Refused(Exception):  # noqa: N818  never seen outside this file
    """Why one item cannot be restored."""


class _Reader:
    """Walks one timeline."""

    def __init__(self, timeline: otio.schema.Timeline, rate: Fraction) -> None:
        self._timeline, self._rate = timeline, rate
        self._items: list[EditItem] = []
        self._dissolves: list[Dissolve] = []
        self._skipped: list[SkippedItem] = []

    def edit(self, name: str, drop: bool) -> Edit:
        """The edit; `name` where the timeline has none."""
        tracks = video_tracks(self._timeline)
        length = max((self._track(number, track) for number, track in enumerate(tracks, start=1)), default=0)
        start = self._timeline.global_start_time
        return Edit(
            name=self._timeline.name or name,
            rate=self._rate,
            start=round(frames_of(start, self._rate)) if start is not None else 0,
            drop=drop and self._rate in DROP_FRAME_RATES,
            length=length,
            tracks=len(tracks),
            items=tuple(self._items),
            dissolves=tuple(self._dissolves),
            skipped=tuple(self._skipped),
        )

    def _track(self, number: int, track: otio.schema.Track) -> int:
        """Take a track in; the record frame where it ends."""
        begin = -frames_of(track.source_range.start_time, self._rate) if track.source_range else Fraction(0)
        for position, child, start, stop in self._placed(track, begin):
            if isinstance(child, otio.schema.Transition):
                before = round(frames_of(child.in_offset, self._rate))
                after = round(frames_of(child.out_offset, self._rate))
                if round(start) >= before:
                    self._dissolves.append(Dissolve(number, round(start), before, after))
                continue
            if isinstance(child, otio.schema.Gap) or round(stop) <= max(0, round(start)):
                continue
            record = FrameRange(max(0, round(start)), round(stop))
            try:
                if not track.enabled or _said_off(track):
                    raise _Refused("its track is switched off")
                self._items.append(self._item(number, position, child, record))
            except _Refused as reason:
                self._skipped.append(SkippedItem(child.name or "(unnamed)", number, record, str(reason)))
        return round(stop) if len(track) else 0

    def _placed(self, track: otio.schema.Track, begin: Fraction) -> Iterator[tuple[int, Any, Fraction, Fraction]]:
        """Each child with its position and where it starts and stops, exactly; sums of floats would drift."""
        cursor = begin
        for position, child in enumerate(track):
            length = Fraction(0)
            if not isinstance(child, otio.schema.Transition):
                length = frames_of(child.duration(), self._rate)
            yield position, child, cursor, cursor + length
            cursor += length

    def _item(self, track: int, position: int, child: Any, record: FrameRange) -> EditItem:
        if not isinstance(child, otio.schema.Clip):
            raise _Refused("a compound clip: open it and export the timeline inside")
        if not child.enabled or _said_off(child):
            raise _Refused("switched off")
        _refuse_retimes(child)
        path, names = _media_of(child)
        source = child.trimmed_range()
        rate = exact_rate(source.start_time.rate)
        available = child.media_reference.available_range
        start = frames_of(source.start_time, rate)
        if child.metadata.get("cmx_3600") is not None or available is None or not available.duration.value:
            media_start = None
        else:
            media_start = frames_of(available.start_time, rate)
        return EditItem(child.name, track, position, record, path, names, start, rate, media_start)


def _said_off(thing: Any) -> bool:
    """Whether Final Cut's XML says that a clip or a track is switched off; the reader leaves that in the metadata."""
    return str(thing.metadata.get("fcp_xml", {}).get("enabled", "TRUE")).upper() == "FALSE"


def _refuse_retimes(clip: otio.schema.Clip) -> None:
    for effect in clip.effects:
        if isinstance(effect, otio.schema.LinearTimeWarp) and not isinstance(effect, otio.schema.FreezeFrame):
            if effect.time_scalar != 1:
                raise _Refused(f"retimed ({effect.time_scalar:.0%} speed)")
        elif isinstance(effect, otio.schema.TimeEffect):
            raise _Refused("a freeze frame" if isinstance(effect, otio.schema.FreezeFrame) else "retimed")
        elif timeline_xmeml.is_retime(effect.metadata):
            raise _Refused("retimed")
    marked = clip.metadata.get("fcp_xml", {}).get(timeline_xmeml.SPEED)
    comments = clip.metadata.get("cmx_3600", {}).get("comments", [])
    speeds = [comment.split()[-1] for comment in comments if comment.startswith(timeline_edl.SPEED)]
    if marked:
        raise _Refused("retimed: it shows more or fewer source frames than it has record frames")
    if speeds:
        raise _Refused(f"retimed (plays at {speeds[0]} frames per second)")
    if clip.metadata.get("fcpxml", {}).get("retimed"):
        raise _Refused("retimed")


def _media_of(clip: otio.schema.Clip) -> tuple[str, tuple[str, ...]]:
    """The path of a clip's media ("" where only names are known), and what else the media may be called."""
    reference = clip.media_reference
    if isinstance(reference, otio.schema.GeneratorReference):
        raise _Refused("a generator or title: no footage")
    path = ""
    if isinstance(reference, otio.schema.ImageSequenceReference):
        number = f"{reference.start_frame:0{reference.frame_zero_padding}d}"
        base = local_path(reference.target_url_base)
        slash = "" if not base or base.endswith(("/", "\\")) else "/"
        path = f"{base}{slash}{reference.name_prefix}{number}{reference.name_suffix}"
    elif isinstance(reference, otio.schema.ExternalReference) and reference.target_url:
        path = _RANGE_IN_NAME.sub(r"\1", local_path(reference.target_url))
    cmx = clip.metadata.get("cmx_3600", {})
    sources = [
        comment.partition(":")[2].strip()
        for comment in cmx.get("comments", [])
        if comment.upper().startswith(("SOURCE FILE", "SOURCE_FILE", "FILE NAME"))
    ]
    said = [file_name(path), *map(file_name, sources), file_name(reference.name or ""), clip.name, cmx.get("reel", "")]
    names = tuple(dict.fromkeys(_RANGE_IN_NAME.sub(r"\1", name) for name in said if name))
    if not names:
        raise _Refused("names no media")
    return path, names


def local_path(url: str) -> str:
    """The path that a file URL or a bare path means, as this machine would write it."""
    if not url.lower().startswith("file:"):
        return url
    parts = urlsplit(url)
    path = unquote(parts.path)
    if re.match(r"/+[A-Za-z]:", path):  # file:///C:/...
        return path.lstrip("/")
    return path if parts.netloc in ("", "localhost") else f"//{parts.netloc}{path}"


def file_name(path: str) -> str:
    """The last part of a path of any operating system."""
    return re.split(r"[\\/]", path)[-1]
