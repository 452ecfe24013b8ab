"""Timelines for the tests: built by hand with OpenTimelineIO, and written by its own adapters, never by ours."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
from likeness_core.timing import Timecode

from tests.core.footage import Recipe, make_movie


@dataclass(frozen=True)
class Reel:
    """A piece of media: its first frame carries `timecode`, and shows the number `first`."""

    path: Path
    rate: Fraction
    frames: int
    timecode: Timecode
    first: int = 0


@dataclass(frozen=True)
class Cut:
    """A clip: `length` record frames of `reel` from source frame `source` on, at record frame `record`."""

    reel: Reel
    source: int
    length: int
    record: int
    track: int = 1
    dissolve: tuple[int, int] = (0, 0)  # frames before and after the cut at its head


@dataclass(frozen=True)
class Film:
    """An edit."""

    rate: Fraction
    start: Timecode
    cuts: tuple[Cut, ...] = field(default=())


def rational(frames: Fraction | int, rate: Fraction) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(float(frames), float(rate))


def timed(start: int, length: int, rate: Fraction) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(rational(start, rate), rational(length, rate))


def timeline(film: Film) -> otio.schema.Timeline:
    """The edit as OpenTimelineIO holds it; labels in timecode."""
    made = otio.schema.Timeline("film", global_start_time=rational(film.start.frames, film.rate))
    for number in sorted({cut.track for cut in film.cuts}):
        track = otio.schema.Track(f"Video {number}", kind=otio.schema.TrackKind.Video)
        cursor = 0
        for cut in (cut for cut in film.cuts if cut.track == number):
            if cut.record > cursor:
                track.append(otio.schema.Gap(source_range=timed(0, cut.record - cursor, film.rate)))
            if any(cut.dissolve):
                kind = otio.schema.TransitionTypes.SMPTE_Dissolve
                before, after = (rational(frames, film.rate) for frames in cut.dissolve)
                track.append(otio.schema.Transition("Cross Dissolve", kind, before, after))
            track.append(clip(cut))
            cursor = cut.record + cut.length
        made.tracks.append(track)
    return made


def clip(cut: Cut) -> otio.schema.Clip:
    reel = cut.reel
    available = timed(reel.timecode.frames, reel.frames, reel.rate)
    reference = otio.schema.ExternalReference(reel.path.as_posix(), available)
    return otio.schema.Clip(reel.path.stem, reference, timed(reel.timecode.frames + cut.source, cut.length, reel.rate))


def write(film: Film, path: Path) -> Path:
    """The edit as a file of the kind that the suffix says, by OpenTimelineIO's adapter."""
    made = timeline(film)
    if path.suffix == ".edl":  # the adapter writes record times from 0: the start goes into a gap
        for track in made.tracks:
            if film.start.frames:
                track.insert(0, otio.schema.Gap(source_range=timed(0, film.start.frames, film.rate)))
            for child in track:
                if isinstance(child, otio.schema.Clip):
                    child.metadata["cmx_3600"] = {"reel": child.name.upper()[:8]}
        otio.adapters.write_to_file(made, str(path), rate=float(film.rate))
    else:
        otio.adapters.write_to_file(made, str(path))
    return path


RATES = {
    "23.976": (Fraction(24000, 1001), False),
    "24": (Fraction(24), False),
    "25": (Fraction(25), False),
    "29.97DF": (Fraction(30000, 1001), True),
    "30": (Fraction(30), False),
    "59.94DF": (Fraction(60000, 1001), True),
}
REEL_FRAMES = 60


def at(label: str, rate: Fraction, drop: bool) -> Timecode:
    """A timecode of a rate, written with colons."""
    return Timecode.parse(f"{label[:8]}{';' if drop else ':'}{label[9:]}", rate)


def reels(folder: Path, rate: Fraction, drop: bool) -> tuple[Reel, Reel]:
    """Two movies whose frames show 0 to 59 and 100 to 159; the one starts in the morning, the other at zero."""
    made = []
    for name, first, label in (("alpha", 0, "10:11:12:05"), ("beta", 100, "00:00:00:00")):
        path, start = folder / f"{name}.mov", at(label, rate, drop)
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            options = {"preset": "ultrafast"}
            make_movie(path, Recipe(rate=rate, frames=REEL_FRAMES, first=first, timecode=str(start), options=options))
        made.append(Reel(path, rate, REEL_FRAMES, start, first))
    return made[0], made[1]


def film(alpha: Reel, beta: Reel, hour: int, drop: bool) -> Film:
    """Six cuts: a through-edit, a gap, a dissolve and a second track."""
    return Film(
        alpha.rate,
        at(f"{hour:02d}:00:00:00", alpha.rate, drop),
        (
            Cut(alpha, 5, 10, 0),
            Cut(beta, 20, 12, 10),
            Cut(alpha, 15, 8, 22),
            Cut(alpha, 40, 10, 40),
            Cut(beta, 10, 15, 50, dissolve=(4, 4)),
            Cut(beta, 44, 7, 12, track=2),
        ),
    )
