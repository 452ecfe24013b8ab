"""Final Cut Pro X XML in.

Read by hand: the maintained reader rounds 23.976 and 29.97 down to 23 and 29 frames a second, adds the start of the
timeline twice and prints on standard output (measured with 0.2.3).

A storyline's items stand at `offset` in the time of what holds them; connected clips (`lane`) hang inside the items.
All times are fractions of seconds, and a clip's `start` is a time of its media, timecode included.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import opentimelineio as otio
from likeness_core.timing import DROP_FRAME_RATES

_ITEMS = ("asset-clip", "clip", "video", "title", "gap", "sync-clip", "mc-clip", "ref-clip", "audition")


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """An element and where it stands on the timeline, in seconds from the timeline's first frame."""

    element: ET.Element
    start: Fraction
    lane: int


def read(root: ET.Element) -> otio.schema.Timeline:
    """The first project of a document as a timeline: one track a lane. Raises ValueError, LookupError."""
    sequence = root.find(".//project/sequence")
    if sequence is None:
        raise ValueError("it holds no project")
    rate = _rate_of(root, sequence)
    begin = _seconds(sequence.get("tcStart", "0s"))
    spine = sequence.find("spine")
    placed = sorted(_walk(spine, begin, begin), key=lambda one: one.start) if spine is not None else []
    timeline = otio.schema.Timeline(_project_name(root), global_start_time=_time(begin, rate))
    for lane in sorted({one.lane for one in placed if one.lane >= 0}):
        track = otio.schema.Track(f"Video {len(timeline.tracks) + 1}", kind=otio.schema.TrackKind.Video)
        _fill(track, [one for one in placed if one.lane == lane], root, rate)
        timeline.tracks.append(track)
    return timeline


def is_drop_frame(root: ET.Element) -> bool:
    """Whether the project counts drop-frame."""
    sequence = root.find(".//project/sequence")
    return sequence is not None and sequence.get("tcFormat") == "DF" and _rate_of(root, sequence) in DROP_FRAME_RATES


def _project_name(root: ET.Element) -> str:
    project = root.find(".//project")
    return (project.get("name") or "") if project is not None else ""


def _rate_of(root: ET.Element, sequence: ET.Element) -> Fraction:
    for one in root.iterfind("resources/format"):
        if one.get("id") == sequence.get("format") and one.get("frameDuration"):
            return 1 / _seconds(one.get("frameDuration", ""))
    raise LookupError("the format of its sequence is not there")


def _walk(holder: ET.Element, origin: Fraction, begin: Fraction) -> Iterator[_Placed]:
    """Everything that stands in `holder`, whose own time is `origin` where the timeline's first frame is `begin`."""
    for element in holder:
        if element.tag == "spine":  # a secondary storyline
            shift = _seconds(element.get("offset", "0s")) if holder.tag != "sequence" else Fraction(0)
            for inner in _walk(element, origin - shift, begin):
                yield _Placed(inner.element, inner.start, int(element.get("lane", "0")))
        elif element.tag in (*_ITEMS, "transition"):
            start = _seconds(element.get("offset", "0s")) - origin
            yield _Placed(element, start, int(element.get("lane", "0")))
            if element.tag in _ITEMS:
                # What hangs inside counts in the item's own time: its `start` is where the item begins.
                own = _seconds(element.get("start", "0s"))
                for inner in _walk(element, own - start, begin):
                    if inner.lane != 0:
                        yield inner


def _fill(track: otio.schema.Track, placed: list[_Placed], root: ET.Element, rate: Fraction) -> None:
    cursor = 0
    assets = {one.get("id"): one for one in root.iterfind("resources/asset")}
    for one in placed:
        start, length = round(one.start * rate), round(_seconds(one.element.get("duration", "0s")) * rate)
        if one.element.tag == "transition":
            # Stands over the cut of its neighbours, which touch at its middle.
            half = length // 2
            track.append(
                otio.schema.Transition(
                    "Cross Dissolve", otio.schema.TransitionTypes.SMPTE_Dissolve,
                    _frames(half, rate), _frames(length - half, rate),
                )
            )  # fmt: skip
            continue
        if one.element.tag == "gap" or length <= 0:
            continue
        if start > cursor:
            track.append(otio.schema.Gap(source_range=otio.opentime.TimeRange(duration=_frames(start - cursor, rate))))
        track.append(_clip(one.element, assets, length, rate))
        cursor = start + length


def _clip(element: ET.Element, assets: "dict[str | None, ET.Element]", length: int, rate: Fraction) -> otio.schema.Clip:
    asset = assets.get(element.get("ref"))
    begin = _seconds(element.get("start", asset.get("start", "0s") if asset is not None else "0s"))
    if element.tag == "clip":  # the older way to say it: a clip that holds the video of an asset
        video = element.find("video")
        asset = assets.get(video.get("ref")) if video is not None else None
    range_ = otio.opentime.TimeRange(_time(begin, rate), _frames(length, rate))
    clip = otio.schema.Clip(element.get("name", ""), _reference(asset, rate), range_)
    clip.enabled = element.get("enabled", "1") != "0"
    conform = element.find("conform-rate")
    if element.find("timeMap") is not None or (conform is not None and conform.get("scaleEnabled", "1") != "0"):
        clip.metadata["fcpxml"] = {"retimed": True}
    return clip


def _reference(asset: ET.Element | None, rate: Fraction) -> otio.core.MediaReference:
    """An asset's file; a title, a compound or multicam clip has none and is left to nobody."""
    if asset is None:
        return otio.schema.GeneratorReference(generator_kind="fcpxml")
    representation = asset.find("media-rep")
    url = asset.get("src") or (representation.get("src") if representation is not None else None)
    start, length = _seconds(asset.get("start", "0s")), _seconds(asset.get("duration", "0s"))
    available = otio.opentime.TimeRange(_time(start, rate), _frames(round(length * rate), rate))
    reference = otio.schema.ExternalReference(url or "", available if length else None)
    reference.name = asset.get("name", "")
    return reference


def _seconds(text: str) -> Fraction:
    """A time such as 1001/24000s. Raises ValueError."""
    return Fraction(text.strip().removesuffix("s") or "0")


def _time(seconds: Fraction, rate: Fraction) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(float(seconds * rate), float(rate))


def _frames(count: int, rate: Fraction) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(count, float(rate))
