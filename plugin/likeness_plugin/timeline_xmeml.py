"""Final Cut Pro 7 XML (xmeml), which Premiere, Resolve and Media Composer exchange: what its reader leaves out, and a
writer of our own.

OpenTimelineIO's reader takes a clip's length from its record frames and drops its out point, so that a retimed clip
looks like a plain one: `prepared` marks those. Its writer leaves the format empty, so that Premiere takes the sequence
for 720 x 480, and fails on image sequences.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

from likeness_core.api import FrameRange, Media
from likeness_core.timing import Timecode, nominal_fps

SPEED = "likeness_retimed"  # element that marks a clip that plays at another speed

_ANAMORPHIC = Fraction(23, 20)  # between 12/11, the widest pixel of a 4:3 picture, and 40/33, of a 16:9 one


@dataclass(frozen=True, slots=True)
class XmlClip:
    """A clip to write; `source` counts from the first frame of its file, at the file's rate."""

    name: str
    record: FrameRange  # transitions left out
    source: FrameRange
    path: Path  # a movie, or the first file of an image sequence
    media: Media  # of which rate, size and length are written
    start: Timecode  # of the file's first frame
    head: int = 0  # record frames of the transition before it that lie before its record
    tail: int = 0  # record frames of the transition after it that lie after its record
    from_transition: bool = False  # a transition is at its head
    into_transition: bool = False


@dataclass(frozen=True, slots=True)
class XmlTransition:
    """A cross dissolve to write."""

    record: FrameRange
    cut: int


@dataclass(frozen=True, slots=True)
class XmlSequence:
    """A timeline to write."""

    name: str
    start: Timecode
    length: int  # frames
    picture: Media  # of which the size, pixel aspect and fields are the sequence's
    tracks: tuple[tuple[XmlClip | XmlTransition, ...], ...]  # the lowest first; by record


def prepared(root: ET.Element) -> str:
    """The document, with a mark in every clip whose source is longer or shorter than its record."""
    for parent in root.iter("track"):
        rate = _rate_under(root, parent)
        for clip in parent.findall("clipitem"):
            times = [int(clip.findtext(tag, "-1") or -1) for tag in ("start", "end", "in", "out")]
            start, end, first, last = times
            own = _rate(clip.find("rate")) or rate
            if min(times) < 0 or rate is None or own is None:
                continue
            if abs(Fraction(last - first) / own - Fraction(end - start) / rate) >= 1 / min(own, rate):
                ET.SubElement(clip, SPEED).text = "TRUE"
    return ET.tostring(root, encoding="unicode")


def is_retime(metadata: Mapping[str, Any]) -> bool:
    """Whether an effect that the reader keeps as metadata changes a clip's speed."""
    return str(metadata.get("fcp_xml", {}).get("effectid", "")).lower() == "timeremap"


def is_drop_frame(root: ET.Element) -> bool:
    """Whether the first sequence counts drop-frame."""
    return (root.findtext(".//sequence/timecode/displayformat") or "").strip().upper() == "DF"


def written(sequence: XmlSequence) -> str:
    """The document of a timeline."""
    root = ET.Element("xmeml", version="5")
    top = ET.SubElement(root, "sequence", id="sequence-1")
    _text(top, "name", sequence.name)
    _text(top, "duration", sequence.length)
    _add_rate(top, sequence.start.rate)
    _add_timecode(top, sequence.start)
    video = ET.SubElement(ET.SubElement(top, "media"), "video")
    _add_picture(ET.SubElement(video, "format"), sequence.start.rate, sequence.picture)
    files: dict[tuple[Path, int], str] = {}
    for number, items in enumerate(sequence.tracks, start=1):
        track = ET.SubElement(video, "track")
        for position, item in enumerate(items, start=1):
            if isinstance(item, XmlTransition):
                _add_transition(track, item, sequence.start.rate)
            else:
                _add_clip(track, item, f"clipitem-{number}-{position}", files, sequence.start.rate)
        _text(track, "enabled", "TRUE")
        _text(track, "locked", "FALSE")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_clip(
    track: ET.Element, clip: XmlClip, name: str, files: dict[tuple[Path, int], str], edit_rate: Fraction
) -> None:
    """One clip. Where a transition is, its edge is -1 and its source reaches to the transition's own edge."""
    rate = clip.media.rate
    head, tail = round(clip.head * rate / edit_rate), round(clip.tail * rate / edit_rate)
    item = ET.SubElement(track, "clipitem", id=name)
    _text(item, "name", clip.name)
    _text(item, "enabled", "TRUE")
    _text(item, "duration", clip.media.frame_count)
    _add_rate(item, rate)
    _text(item, "start", -1 if clip.from_transition else clip.record.start)
    _text(item, "end", -1 if clip.into_transition else clip.record.stop)
    _text(item, "in", clip.source.start - head)
    _text(item, "out", clip.source.stop + tail)
    key = (clip.path, clip.media.frame_count)
    if key in files:
        ET.SubElement(item, "file", id=files[key])
        return
    files[key] = f"file-{len(files) + 1}"
    file = ET.SubElement(item, "file", id=files[key])
    _text(file, "name", clip.path.name)
    _text(file, "pathurl", f"file://localhost{url_path(clip.path)}")
    _add_rate(file, rate)
    _text(file, "duration", clip.media.frame_count)
    _add_timecode(file, clip.start)
    _add_picture(ET.SubElement(ET.SubElement(file, "media"), "video"), rate, clip.media)


def url_path(path: Path) -> str:
    """The path part of a file URL, with a leading slash on every operating system."""
    return "/" + quote(path.as_posix().lstrip("/"))


def _add_transition(track: ET.Element, transition: XmlTransition, rate: Fraction) -> None:
    item = ET.SubElement(track, "transitionitem")
    _text(item, "start", transition.record.start)
    _text(item, "end", transition.record.stop)
    _text(item, "alignment", _alignment(transition))
    _add_rate(item, rate)
    effect = ET.SubElement(item, "effect")
    for tag, text in (
        ("name", "Cross Dissolve"), ("effectid", "Cross Dissolve"), ("effectcategory", "Dissolve"),
        ("effecttype", "transition"), ("mediatype", "video"), ("wipecode", "0"), ("startratio", "0"),
        ("endratio", "1"), ("reverse", "FALSE"),
    ):  # fmt: skip
        _text(effect, tag, text)


def _alignment(transition: XmlTransition) -> str:
    """The format knows three places of the cut; another is said as the start: in and out points reach over it all."""
    if transition.cut == (transition.record.start + transition.record.stop) // 2:
        return "center"
    return "end" if transition.cut == transition.record.stop else "start"


def _add_picture(parent: ET.Element, rate: Fraction, media: Media) -> None:
    picture = ET.SubElement(parent, "samplecharacteristics")
    _add_rate(picture, rate)
    _text(picture, "width", media.width)
    _text(picture, "height", media.height)
    _text(picture, "anamorphic", "TRUE" if media.pixel_aspect >= _ANAMORPHIC else "FALSE")
    _text(picture, "pixelaspectratio", _pixel_aspect(media))
    _text(picture, "fielddominance", {"tff": "upper", "bff": "lower"}.get(media.field_order, "none"))


def _pixel_aspect(media: Media) -> str:
    """The format names the pixels of the two television standards, and square ones."""
    if media.pixel_aspect == 1:
        return "square"
    return "PAL-601" if media.height in (576, 608) else "NTSC-601"


def _add_timecode(parent: ET.Element, start: Timecode) -> None:
    timecode = ET.SubElement(parent, "timecode")
    _add_rate(timecode, start.rate)
    _text(timecode, "string", str(start))
    _text(timecode, "frame", start.frames)
    _text(timecode, "displayformat", "DF" if start.drop else "NDF")


def _add_rate(parent: ET.Element, rate: Fraction) -> None:
    """29.97 is said as 30 that runs at 1000/1001."""
    element = ET.SubElement(parent, "rate")
    _text(element, "timebase", nominal_fps(rate))
    _text(element, "ntsc", "FALSE" if rate.denominator == 1 else "TRUE")


def _text(parent: ET.Element, tag: str, value: object) -> None:
    ET.SubElement(parent, tag).text = str(value)


def _rate(element: ET.Element | None) -> Fraction | None:
    if element is None or not (element.findtext("timebase") or "").strip().isdecimal():
        return None
    timebase = Fraction(element.findtext("timebase", ""))
    return timebase * 1000 / 1001 if element.findtext("ntsc", "").strip().upper() == "TRUE" else timebase


def _rate_under(root: ET.Element, track: ET.Element) -> Fraction | None:
    """The rate of the sequence that holds a track: a file may nest sequences."""
    holders: Iterable[ET.Element] = (one for one in root.iter("sequence") if any(t is track for t in one.iter("track")))
    innermost = list(holders)
    return _rate(innermost[-1].find("rate")) if innermost else None
