"""Display pictures of footage and of results: JPEG, sRGB, for scrubbing and playing in a panel.

    CACHE/pictures/KEY/000123.jpg   KEY stands for the footage and the size of the pictures

A result's frames are taken from where its job puts them: also of a job that is not done yet, and of a movie that is
not muxed yet.
"""

import hashlib
import shutil
from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.api import FrameRange, Media, Progress
from likeness_core.errors import InputError, MediaError
from likeness_core.jobs import cache_folder, job_folder, job_of_result, writing
from likeness_core.media import MediaReader, Pixels, probe, to_float, to_uint8
from likeness_core.media.mux import MOVIE_FORMATS, movie_path
from likeness_core.media.sequence import is_picture, path_of
from likeness_core.media.write import SEQUENCE_FORMATS, make_folder
from likeness_core.protocol import Footage, FramesParams, FramesResult
from likeness_core.service.submission import absolute, frames_of
from likeness_core.timing import parse_rate

if TYPE_CHECKING:  # it brings torch with it, which is needed only for movies that are not muxed yet
    from likeness_core.output import ChangeStore

SIDES_PX: Final = (16, 8192)  # smallest and largest longest side
_JPEG_QUALITY: Final = 92  # 1080p: some 300 kB, and no blocks that an editor would take for the footage's
_LINEAR: Final = 8  # transfer of ITU-T H.273
_MOST_BYTES: Final = 4 << 30  # of the cache; the folders that were longest not used go first
_MOST_OPEN: Final = 3  # movies: source, result, and the one before

Picture = npt.NDArray[np.uint8]  # RGB (H, W, 3)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the pictures of some frames come from."""

    media: Media
    frames: FrameRange  # of the source
    first: int = 0  # source frame that is frame 0 of `media`
    changes: "ChangeStore | None" = None  # of a movie that is not muxed yet: `media` is its source
    scale: int = 1  # of the result, where there are changes

    def file(self, frame: int) -> Path:
        """The file that holds a source frame, or what its result differs in."""
        if self.changes is not None:
            return self.changes.path(frame)
        if self.media.kind == "movie":
            return Path(self.media.path)
        return path_of(self.media.path, self.media.first_number + frame - self.first)

    def picture(self, frame: int, size: tuple[int, int]) -> Path:
        """Where the picture of a frame belongs. Raises MediaError."""
        bytes_, modified_ns = _stamp(self.file(frame))
        is_movie = self.media.kind == "movie" and self.changes is None
        key = repr((str(self.file(0)), is_movie and (bytes_, modified_ns), size))
        folder = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        version = "" if is_movie else f"-{modified_ns:x}"
        return cache_folder() / "pictures" / folder / f"{frame:06d}{version}.jpg"

    def pixels(self, frame: int, movies: "OpenMovies") -> Pixels:
        """A source frame, or what became of it. Raises MediaError."""
        pixels = movies.pixels(self.media, frame - self.first)
        if self.changes is None:
            return pixels
        from likeness_core.patches import Composite

        return Composite(pixels, self.scale, self.changes.read(frame)).rgb


class OpenMovies:
    """Movies that stay open between requests: to read an index again takes long, and so does a seek. One thread."""

    def __init__(self) -> None:
        self._readers: OrderedDict[tuple[str, tuple[int, int]], MediaReader] = OrderedDict()

    def reader(self, path: Path) -> MediaReader:
        """An open movie. Raises MediaError."""
        key = (str(path), _stamp(path) if path.is_file() else (0, 0))
        if key not in self._readers:
            self._readers[key] = MediaReader(probe(path))
            while len(self._readers) > _MOST_OPEN:
                self._readers.popitem(last=False)[1].__exit__(None, None, None)
        self._readers.move_to_end(key)
        return self._readers[key]

    def media(self, path: Path, rate: str | None) -> Media:
        """What footage is. Raises MediaError, InputError."""
        is_movie = rate is None and path.is_file() and not is_picture(path)
        return self.reader(path).media if is_movie else probe(path, parse_rate(rate) if rate else None)

    def pixels(self, media: Media, index: int) -> Pixels:
        """One frame. Raises MediaError."""
        reader = self.reader(Path(media.path)) if media.kind == "movie" else MediaReader(media)
        return next(iter(reader.frames(FrameRange(index, index + 1)))).pixels


def write_pictures(
    params: FramesParams, movies: OpenMovies, written: Callable[[tuple[int, str]], None]
) -> Generator[Progress, None, FramesResult]:
    """Write the pictures of a range; `written` is told frame and path of each. Raises InputError, MediaError."""
    longest = params.longest_side_px
    if not SIDES_PX[0] <= longest <= SIDES_PX[1]:
        hint = f"It must be from {SIDES_PX[0]} to {SIDES_PX[1]}."
        raise InputError("input.setting", f"longest_side_px is {longest}", hint)
    source = _source(params.footage, movies)
    size = display_size(source.media, longest, source.scale)
    wanted = [frame for frame in source.frames.frames() if source.file(frame).is_file()]
    for done, frame in enumerate(wanted, 1):
        path = source.picture(frame, size)
        if not path.is_file():
            picture = display_picture(source.pixels(frame, movies), source.media, size)
            _write(path, cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1])
        written((frame, str(path)))
        yield Progress("index", done, len(wanted), frame)
    return FramesResult(*size, tuple(wanted))


def display_size(media: Media, longest_px: int, scale: int = 1) -> tuple[int, int]:
    """(width, height) of a picture with square pixels that fits; footage is never enlarged. 0: full size.

    `scale`: of the result, against `media`.
    """
    width, height = max(1, round(media.width * scale * media.pixel_aspect)), media.height * scale
    share = min(1.0, longest_px / max(width, height)) if longest_px else 1.0
    return max(1, round(width * share)), max(1, round(height * share))


def display_picture(pixels: Pixels, media: Media, size: tuple[int, int]) -> Picture:
    """Pixels of footage as a display of sRGB shows them: uint8 RGB (height, width, 3).

    Linear light gets sRGB's curve. Other curves are shown as they are, as an editor's viewer without colour management
    does: those of SDR video look right, HDR and log look flat.
    """
    if media.color.transfer == _LINEAR:
        linear = np.clip(to_float(pixels), 0, 1)
        levels = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        picture: Picture = np.rint(levels * 255).astype(np.uint8)
    else:
        picture = to_uint8(pixels)
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    method = cv2.INTER_AREA if size[0] < picture.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8)


def make_room() -> None:
    """Take away the pictures that were longest not used, where they are too many."""
    folders = [folder for folder in (cache_folder() / "pictures").glob("*") if folder.is_dir()]
    left = _MOST_BYTES
    for folder in sorted(folders, key=lambda folder: -folder.stat().st_mtime):
        left -= sum(path.stat().st_size for path in folder.iterdir())
        if left < 0:
            shutil.rmtree(folder, ignore_errors=True)


def _source(footage: Footage, movies: OpenMovies) -> _Source:
    path = absolute(footage.source, "source")
    if not path.is_dir():
        media = movies.media(path, footage.rate)
        return _Source(media, frames_of(footage, media))
    job = job_of_result(path)
    frames = job.frames.intersection(footage.frames) if footage.frames else job.frames
    if job.output.format in MOVIE_FORMATS:
        from likeness_core.output import ChangeStore

        movie = movie_path(replace(job.output, folder=str(path)))
        if movie.is_file():
            return _Source(movies.reader(movie).media, frames, job.frames.start)
        return _Source(job.media, frames, 0, ChangeStore(job_folder(path) / "store" / "frames"), job.settings.scale)
    stored = path / "frames" / f"{job.output.name}.%06d{SEQUENCE_FORMATS[job.output.format].suffix}"
    scale = job.settings.scale
    media = replace(
        job.media, path=str(stored), kind="sequence", width=job.media.width * scale, height=job.media.height * scale,
        first_number=0, frame_count=job.frames.stop,
    )  # fmt: skip
    return _Source(media, frames)


def _write(path: Path, data: Picture) -> None:
    """Whole or not at all; it may be lost in a power cut."""
    make_folder(path.parent)
    temporary = path.with_suffix(".partial")
    with writing(path):
        temporary.write_bytes(data.tobytes())
        temporary.replace(path)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror})"
        raise MediaError("media.missing", message, "Bring the file or its drive back.") from error
    return status.st_size, status.st_mtime_ns
