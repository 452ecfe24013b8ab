"""One timeline with everything that editors do, for every implementation of the bridge, and the footage in it."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from likeness_core.api import FrameRange
from likeness_plugin.bridge import Route

from tests.core.footage import Recipe, bar_code, make_movie
from tests.plugin.resolve_simulator import write_picture

MOVIE_FRAMES = 90
FILES = FrameRange(1001, 1041)  # numbers of the sequence's files
IMPORTED = FrameRange(1005, 1031)  # ... of which the project took these
SUBCLIP = FrameRange(20, 60)


@dataclass(frozen=True)
class Footage:
    """Frame N of the movie shows N; file N of the sequence shows N - 1000."""

    movie: str
    sequence: str


@dataclass(frozen=True)
class Part:
    """A clip of the timeline, and what the bridge must say of it."""

    name: str
    track: int
    record: FrameRange
    footage: str  # "movie", "sequence", "subclip", "compound", "offline", "title", "transition"
    first: int = 0  # frames from the first of what was imported
    speed: int = 1
    route: Route = Route.DECODE
    source: FrameRange | None = None  # frames of the media


def _part(name: str, track: int, start: int, stop: int, footage: str, first: int = 0, **more: object) -> Part:
    return Part(name, track, FrameRange(start, stop), footage, first, **more)  # type: ignore[arg-type]


PARTS = (
    _part("with handles", 1, 5, 25, "movie", 10, source=FrameRange(10, 30)),
    _part("after a gap", 1, 30, 45, "sequence", 3, source=FrameRange(7, 22)),  # file 1005 + 3 is frame 7 of the files
    _part("subclip", 1, 45, 60, "subclip", 4, source=FrameRange(24, 39)),
    _part("cross dissolve", 1, 56, 64, "transition"),
    _part("dissolved into", 1, 60, 75, "movie", 50, source=FrameRange(50, 65)),
    _part("twice as fast", 1, 75, 85, "movie", 0, speed=2, route=Route.RENDER),
    _part("nested", 1, 85, 90, "compound", 40, route=Route.RENDER),
    _part("lost", 1, 90, 95, "offline", 0, route=Route.REFUSED),
    _part("opening title", 1, 95, 100, "title", route=Route.REFUSED),
    _part("stacked", 2, 10, 22, "movie", 30, source=FrameRange(30, 42)),
)
CLIPS = tuple(part for part in PARTS if part.footage != "transition")
DISSOLVE = (4, 4)  # frames before and after the cut


def make_footage(folder: Path, rate: Fraction) -> Footage:
    """The movie and the files of the sequence."""
    movie = make_movie(folder / "réel ☆.mp4", Recipe(rate=rate, frames=MOVIE_FRAMES))
    for number in FILES.frames():
        write_picture(folder / f"scan.{number:04d}.tif", bar_code(number - 1000).astype("float32") / 255)
    return Footage(str(movie), str(folder / "scan.%04d.tif"))
