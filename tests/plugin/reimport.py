"""Read a written timeline back with OpenTimelineIO's own adapters, and the pictures that its clips show."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlsplit

import opentimelineio as otio
from likeness_core.api import FrameRange
from likeness_core.media import MediaReader, probe, to_float
from likeness_core.timing import start_of

from tests.core.footage import read_bar_code


@dataclass(frozen=True)
class Seen:
    """A clip as it was read back: record frames, and the numbers burnt into the pictures at its ends."""

    record: int
    length: int
    first: int
    last: int


def video_tracks(path: Path, rate: Fraction) -> list[otio.schema.Track]:
    options = {"rate": float(rate)} if path.suffix == ".edl" else {}
    read = otio.adapters.read_from_file(str(path), **options)
    timeline = read if isinstance(read, otio.schema.Timeline) else read[0]
    return [track for track in timeline.tracks if track.kind == otio.schema.TrackKind.Video]


def seen(track: otio.schema.Track, start: int) -> list[Seen]:
    """Every clip of a track; `start`: the record frame that is 0, as this kind of file counts."""
    found = []
    begin = -track.source_range.start_time.value if track.source_range else 0.0
    for child in track:
        if isinstance(child, otio.schema.Clip):
            range_ = child.range_in_parent()
            length = round(range_.duration.value)
            first, last = numbers(child, length)
            found.append(Seen(round(range_.start_time.value + begin) - start, length, first, last))
    return found


def numbers(clip: otio.schema.Clip, length: int) -> tuple[int, int]:
    """What the first and the last frame of a clip show, wherever its media is."""
    reference = clip.media_reference
    media_start = None
    if isinstance(reference, otio.schema.ImageSequenceReference):
        path = Path(reference.target_url_base) / f"{reference.name_prefix}{reference.start_frame:06d}.exr"
    elif isinstance(reference, otio.schema.MissingReference):  # of an EDL's dissolve the adapter knows no media
        said = next(line for line in clip.metadata["cmx_3600"]["comments"] if line.startswith("TO FILE: "))
        path = Path(said.removeprefix("TO FILE: "))
    else:
        url = reference.target_url
        path = Path(unquote(urlsplit(url).path) if url.startswith("file:") else url)
        media_start = reference.available_range.start_time.value if reference.available_range else None
    head, bracket, rest = path.name.partition("[")
    if bracket:
        path = path.with_name(f"{head}{rest.partition('-')[0]}{path.suffix}")
    media = probe(path)
    if media_start is None:  # an EDL counts as the files themselves do
        media_start = start_of(media).frames if media.start_timecode else media.first_number
    first = round(clip.source_range.start_time.value - media_start)
    with MediaReader(media) as reader:
        ends = [next(iter(reader.frames(FrameRange(one, one + 1)))) for one in (first, first + length - 1)]
    one, other = (read_bar_code(to_float(frame.pixels)) for frame in ends)
    return one, other
