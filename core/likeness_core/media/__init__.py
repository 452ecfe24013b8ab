"""Footage in: what a file is, and its frames by number, for movies and image sequences alike.

This is the door to the rooms behind it: `movie` and `index` (movies), `sequence` (pictures),
`pixels` (YCbCr and RGB), `write` and `mux` (results). Errors are MediaError.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from likeness_core.api import FrameRange, Media
from likeness_core.errors import InputError, MediaError
from likeness_core.media.frames import Frame, Pixels, RestoredFrame, alpha_of, to_float, to_integers, to_uint8
from likeness_core.media.movie import MovieReader, probe_movie
from likeness_core.media.sequence import is_picture, probe_sequence, read_picture

__all__ = [
    "Frame",
    "MediaReader",
    "Pixels",
    "RestoredFrame",
    "alpha_of",
    "probe",
    "to_float",
    "to_integers",
    "to_uint8",
]


def probe(path: Path, rate: Fraction | None = None) -> Media:
    """What the footage at `path` is: a movie, a sequence's pattern, or any one file of a sequence.

    `rate` is for sequences only (default: the header's, else 24). Raises MediaError; InputError for a movie's rate.
    """
    if path.is_dir():
        raise MediaError(
            "media.is_directory", f"{path} is a folder.", "Name a movie, or one file of an image sequence."
        )
    if is_picture(path):
        return probe_sequence(path, rate)
    if rate is not None:
        raise InputError("input.rate", f"{path.name} is a movie and has a rate of its own.", "Leave the rate out.")
    return probe_movie(path)


class MediaReader:
    """Reads frames of a piece of footage by number. A context manager; one thread at a time; one range at a time."""

    def __init__(self, media: Media) -> None:
        self.media = media
        self._movie = MovieReader(Path(media.path)) if media.kind == "movie" else None

    def __enter__(self) -> "MediaReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._movie is not None:
            self._movie.close()

    def frames(self, wanted: FrameRange) -> Iterator[Frame]:
        """The frames of a range, in order, as displayed (not deinterlaced).

        Raises InputError("input.range") for frames the footage has not, MediaError("media.damaged") naming the first
        that cannot be decoded.
        """
        if wanted.stop > self.media.frame_count:
            hint = f"The footage has frames 0:{self.media.frame_count}."
            raise InputError("input.range", f"The footage has no frame {wanted.stop - 1}.", hint)
        if self._movie is not None:
            yield from self._movie.frames(wanted)
            return
        for index in wanted.frames():
            yield Frame(index, read_picture(self.media, index), index / self.media.rate)
