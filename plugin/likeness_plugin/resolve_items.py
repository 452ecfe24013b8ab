"""From the items of Resolve's video tracks to clips with media and exact source frames, or to why there are none."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

from likeness_core.api import FrameRange
from likeness_core.errors import InputError
from likeness_core.timing import parse_rate

from likeness_plugin.bridge import HostClip, Route
from likeness_plugin.resolve_calls import Call, Caller, Ref
from likeness_plugin.resolve_units import Clock, Reading, can_be_placed, frames_for, shown_frames

OUR_TRACK = "Likeness"

# Camera raw: pictures need the camera maker's own development, which Resolve has.
RAW_SUFFIXES = (".braw", ".r3d", ".ari", ".arx", ".crm", ".nev", ".cine", ".rmf", ".dng", ".x3f")
NESTED_TYPES = ("timeline", "compound", "multicam", "fusion", "vfx")

_SEQUENCE = re.compile(r"^(?P<head>.*?)\[(?P<first>\d+)-(?P<last>\d+)\](?P<tail>[^\\/]*)$")

_GETTERS = (
    "GetName", "GetUniqueId", "GetStart", "GetDuration", "GetLeftOffset", "GetSourceStartFrame", "GetSourceEndFrame",
    "GetClipEnabled", "GetFusionCompCount", "GetMediaPoolItem", "GetProperty",
)  # fmt: skip
_ARGUMENTS: dict[str, tuple[object, ...]] = {"GetLeftOffset": (True,)}  # with subframes


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a video track, as Resolve tells it."""

    ref: Ref
    track: int
    name: str
    id: str
    start: int  # absolute
    duration: int
    left: float  # frames, with subframes
    source_start: int
    source_end: int
    enabled: bool
    has_fusion: bool
    media: Ref | None
    properties: dict[str, Any]  # of the item: transform, opacity ...
    pool: dict[str, str]  # of the pool item; empty where there is none
    media_id: str = ""

    @property
    def stop(self) -> int:
        """Absolute, exclusive."""
        return self.start + self.duration

    @property
    def anchor(self) -> str:
        """Which frame of which media stands at timeline frame 0: slipping and moving change it, trimming does not."""
        return f"{self.media_id} {self.left - self.start:.3f}"

    @property
    def is_transition(self) -> bool:
        """Whether this is a transition: no media and nothing that could be set."""
        return self.media is None and not self.properties


@dataclass(frozen=True, slots=True)
class Sequence:
    """How Resolve names an image sequence: name.[0001-0100].exr."""

    pattern: str  # name.%04d.exr
    first: int  # number of the first file that Resolve took

    def first_on_disk(self) -> int:
        """The lowest number among the files: the media's frame 0, which may lie before Resolve's first."""
        name = PurePath(self.pattern).name
        head, _, tail = name.partition("%")
        tail = tail.partition("d")[2]
        found = re.compile(re.escape(head) + r"(\d+)" + re.escape(tail))
        try:
            names = [path.name for path in Path(self.pattern).parent.iterdir()]
        except OSError:
            return self.first
        numbers = {int(match[1]) for one in names if (match := found.fullmatch(one))}
        first = self.first
        while first - 1 in numbers:
            first -= 1
        return first


def read_items(caller: Caller, timeline: Ref, tracks: list[int]) -> list[Item]:
    """Every item of some video tracks, lower tracks first, in record order."""
    listed = caller.all(Call.of(timeline, "GetItemListInTrack", "video", track) for track in tracks)
    refs = [(track, ref) for track, items in zip(tracks, listed, strict=True) for ref in items if ref is not None]
    return describe_items(caller, refs)


def read_ids(caller: Caller, timeline: Ref) -> list[list[str]]:
    """The ids of the items of each video track, the lowest track first."""
    count = int(caller.one(timeline, "GetTrackCount", "video") or 0)
    listed = caller.all(Call.of(timeline, "GetItemListInTrack", "video", track) for track in range(1, count + 1))
    ids = iter(caller.all(Call.of(ref, "GetUniqueId") for items in listed for ref in items or ()))
    return [[str(next(ids)) for _ in items or ()] for items in listed]


def describe_items(caller: Caller, refs: list[tuple[int, Ref]]) -> list[Item]:
    """What Resolve says of items, each with its track; by track and record. Items that say nothing are left out."""
    given = caller.all(Call(ref, getter, _ARGUMENTS.get(getter, ())) for _, ref in refs for getter in _GETTERS)
    media_refs = given[_GETTERS.index("GetMediaPoolItem") :: len(_GETTERS)]
    pools = caller.all(
        Call.of(ref, getter) for ref in media_refs if ref is not None for getter in ("GetClipProperty", "GetUniqueId")
    )
    facts = iter(zip(pools[::2], pools[1::2], strict=True))
    items = []
    for number, (track, ref) in enumerate(refs):
        values = given[number * len(_GETTERS) : (number + 1) * len(_GETTERS)]
        if values[1] is None or values[2] is None:  # the ghost that a refused append can leave
            continue
        properties, media_id = next(facts) if values[9] is not None else ({}, "")
        items.append(_item(ref, track, values, properties or {}, media_id or ""))
    return sorted(items, key=lambda item: (item.track, item.start))


def _item(ref: Ref, track: int, values: list[Any], pool: dict[str, str], media_id: str) -> Item:
    name, unique, start, duration, left, source_start, source_end, enabled, fusion, media, properties = values
    return Item(
        ref, track, str(name), str(unique), int(start), int(duration or 0), float(left or 0), int(source_start or 0),
        int(source_end or 0), enabled is not False, bool(fusion), media, properties or {}, pool, str(media_id),
    )  # fmt: skip


def clips_of(items: list[Item], clock: Clock, exists: Callable[[str], bool]) -> tuple[HostClip, ...]:
    """The clips among items, with the dissolves at their ends; transitions are no clips. `exists`: is a file there."""
    clips = []
    for item in items:
        if not item.is_transition:
            neighbours = [one for one in items if one.is_transition and one.track == item.track]
            clips.append(_with_dissolves(_clip(item, clock, exists), item, neighbours, clock))
    return tuple(sorted(clips, key=lambda clip: (clip.record.start, clip.track)))


def _clip(item: Item, clock: Clock, exists: Callable[[str], bool]) -> HostClip:
    record = clock.record(item.start, item.stop)
    last = max(record.start, record.stop - 1)
    clip = HostClip(
        item.id,
        item.name,
        item.track,
        record,
        clock.label(record.start),
        clock.label(last),
        item.enabled,
        Route.REFUSED,
        anchor=item.anchor,
    )
    if item.media is None:
        return replace(clip, reason="a title, a generator, or media that is offline: there is no file behind it")
    path = item.pool.get("File Path", "")
    kind = item.pool.get("Type", "")
    if not path or any(name in kind.lower() for name in NESTED_TYPES):
        what = f"a {kind.lower()} clip" if kind else "a nested clip"
        return replace(clip, route=Route.RENDER, reason=f"{what}: Resolve has to render it first")
    if item.pool.get("Online Status", "Online").lower() == "offline":
        return replace(clip, media=path, reason="the media is offline; relink it in Resolve")
    if PurePath(path).suffix.lower() in RAW_SUFFIXES:
        return replace(clip, media=path, route=Route.RENDER, reason="camera raw: Resolve has to develop it first")
    if kind.lower() == "still" or item.pool.get("Frames") == "1":
        return replace(clip, media=path, reason="a still picture; restore it as a file")
    return _decoded(clip, item, clock, path, exists)


def _decoded(clip: HostClip, item: Item, clock: Clock, path: str, exists: Callable[[str], bool]) -> HostClip:
    base, frames = _number(item.pool.get("Start")), _number(item.pool.get("Frames"))
    rate = _rate(item.pool.get("FPS"))
    if base is None or frames is None:
        return replace(clip, media=path, route=Route.RENDER, reason="Resolve does not say which frames it shows")
    reading = Reading(
        item.duration, item.left, item.source_start, item.source_end, base, frames, rate, clock.rate
    )  # fmt: skip
    shown = shown_frames(reading)
    if shown is None:
        return replace(clip, media=path, route=Route.RENDER, reason="its speed is changed: Resolve has to render it")
    if rate not in (None, clock.rate) and (shown.start or item.left):
        # In which unit the offset counts is not known, so neither is the part of a frame by which the clip starts.
        why = "its rate is not the timeline's and its head is trimmed: Resolve has to render it to be frame-exact"
        return replace(clip, media=path, route=Route.RENDER, reason=why)
    if item.has_fusion:
        return replace(clip, media=path, route=Route.RENDER, reason="a Fusion composition is on it: Resolve renders it")
    media, first = path, 0
    match = _SEQUENCE.match(path)
    if match:
        sequence = Sequence(f"{match['head']}%0{len(match['first'])}d{match['tail']}", int(match["first"]))
        media, first = sequence.pattern, sequence.first_on_disk()
    if not exists(path if not match else media % int(match["first"])):
        return replace(clip, media=media, reason="the media is not where Resolve says; relink it")
    offset = base - first
    source = FrameRange(shown.start + offset, shown.stop + offset)
    available = FrameRange(offset, offset + frames)
    warnings = _warnings(item)
    return replace(
        clip, route=Route.DECODE, media=media, source=source, available=available, media_rate=rate, warnings=warnings
    )


def _warnings(item: Item) -> tuple[str, ...]:
    found = []
    if float(item.properties.get("Opacity", 100) or 0) != 100:
        found.append("its opacity is below 100: the restored clip above it adds to it; disable the clip below")
    if item.properties.get("CompositeMode", 0) not in (0, "0", None):
        found.append("it has a composite mode: the restored clip above it is composited twice; disable the clip below")
    return tuple(found)


def _with_dissolves(clip: HostClip, item: Item, transitions: list[Item], clock: Clock) -> HostClip:
    head = tail = (0, 0)
    for one in transitions:
        if one.start <= item.start < one.stop:
            head = (item.start - one.start, one.stop - item.start)
        if one.start < item.stop <= one.stop:
            tail = (item.stop - one.start, one.stop - item.stop)
    clip = replace(clip, dissolve_in=head, dissolve_out=tail)
    alone = len(clip.record) - head[1] - tail[0]
    if clip.route is Route.DECODE and not can_be_placed(head[1], max(0, alone), _speed(clip, clock)):
        why = "its rate is not the timeline's and no whole number of its frames is as long: Resolve has to render it"
        return replace(clip, route=Route.RENDER, reason=why, source=None, available=None)
    return clip


def _speed(clip: HostClip, clock: Clock) -> Fraction:
    return (clip.media_rate or clock.rate) / clock.rate


def cut_to(clip: HostClip, record: FrameRange, clock: Clock) -> HostClip | None:
    """The part of a clip within a record range; None where there is none."""
    inside = clip.record.intersection(record)
    if not len(inside):
        return None
    if inside == clip.record:
        return clip
    if clip.route is Route.DECODE:
        inside = _that_can_be_placed(clip, inside, clock)
        if inside.intersection(record) != inside:
            why = "its rate is not the timeline's: a little more of it is taken than was chosen"
            clip = replace(clip, warnings=(*clip.warnings, why))
    head, tail = inside.start - clip.record.start, clip.record.stop - inside.stop
    source = clip.source
    if source is not None:
        speed = _speed(clip, clock)
        start, count = source.start + int(head * speed), frames_for(len(inside), speed)
        source = FrameRange(start, min(source.stop, start + count))
    return replace(
        clip, record=inside, source=source,
        record_in=clock.label(inside.start), record_out=clock.label(inside.stop - 1),
        dissolve_in=clip.dissolve_in if not head else (0, max(0, clip.dissolve_in[1] - head)),
        dissolve_out=clip.dissolve_out if not tail else (max(0, clip.dissolve_out[0] - tail), 0),
    )  # fmt: skip


def _that_can_be_placed(clip: HostClip, inside: FrameRange, clock: Clock) -> FrameRange:
    """The smallest part of a clip that holds `inside` and can be placed without its neighbours in time."""
    start, stop, speed = inside.start, inside.stop, _speed(clip, clock)
    while not can_be_placed(start - clip.record.start, 0, speed):
        start -= 1  # ends at the clip's own start
    while stop < clip.record.stop and not can_be_placed(0, stop - start, speed):
        stop += 1
    return FrameRange(start, stop)


def _number(text: object) -> int | None:
    try:
        return int(float(str(text)))
    except ValueError:
        return None


def _rate(text: object) -> Fraction | None:
    try:
        return parse_rate(str(text))
    except InputError:
        return None
