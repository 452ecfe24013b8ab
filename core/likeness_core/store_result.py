"""Put the finished frames of a result into a frame store: what `likeness store` does.

A step of its own, not part of `likeness restore`: a store is a copy for display, at 16 MB a frame of HD larger than
the result, and only hosts of the OpenFX plug-in read it. So nothing about it decides bytes of a job or is asked for
before one knows whether the result is worth showing; it can be made of any result, of a movie, and of a sequence
that is still being restored.
"""

import hashlib
import shutil
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console

from likeness_core.api import FrameRange, Media, Progress, RestorationJob
from likeness_core.errors import MediaError
from likeness_core.frame_store import (
    ALPHA_MULTIPLIED,
    ALPHA_NONE,
    ALPHA_STRAIGHT,
    NAME,
    FrameStore,
    FrameStoreWriter,
    StoreHeader,
)
from likeness_core.jobs import encode, job_of_result
from likeness_core.media import MediaReader, Pixels, alpha_of, probe, to_float
from likeness_core.media.mux import MOVIE_FORMATS, movie_path
from likeness_core.media.pixels import HALF_FLOAT_BITS
from likeness_core.media.sequence import path_of, read_picture
from likeness_core.media.write import SEQUENCE_FORMATS
from likeness_core.progress_bar import follow

Levels = npt.NDArray[np.float32]


def store(result_folder: Path) -> int:
    """`likeness store`: write the store, and say where it is and what it holds."""
    path = follow(write_frame_store(result_folder.resolve()), Console(stderr=True))
    with FrameStore(path) as written:
        header, ready = written.header, written.ready_count()
    print(path)
    size = header.stride * ready / 1e9
    last = header.first + header.count - 1
    print(f"{ready} of {header.count} frames ({header.first} to {last}), {size:.1f} GB", file=sys.stderr)
    return 0


def write_frame_store(result_folder: Path) -> Generator[Progress, None, Path]:
    """Put a result's finished frames into OUT/frames.likeness; frames already there stay. Returns the store.

    Of a sequence that is still being restored, the frames that are finished; call it again for the rest. Raises
    InputError `input.no_result`, MediaError `store.unfinished`, `media.no_space`, `media.not_writable` and those of
    reading the frames.
    """
    job = job_of_result(result_folder)
    result = _Result(result_folder, job)
    header = _header(job, result)
    with FrameStoreWriter(result_folder / NAME, header) as writer:
        first = job.media.first_number
        missing = [frame for frame in job.frames.frames() if result.has(frame) and not writer.is_ready(first + frame)]
        _check_space(result_folder, len(missing) * header.stride)
        for done, frame in enumerate(result.read(missing), 1):
            writer.write(first + frame.index, frame.rgb, frame.alpha, frame.matte)
            yield Progress("store", done, len(missing), frame.index)
    return result_folder / NAME


@dataclass(frozen=True, slots=True)
class _Finished:
    """One finished frame."""

    index: int  # source frame
    rgb: Levels  # (H, W, 3)
    alpha: Levels | None  # (H, W)
    matte: Levels | None  # (H, W)


class _Result:
    """The finished frames of a result, wherever its format puts them."""

    def __init__(self, folder: Path, job: RestorationJob) -> None:
        """Raises MediaError `store.unfinished`."""
        self._frames = job.frames
        is_movie = job.output.format in MOVIE_FORMATS
        self._movie = movie_path(replace(job.output, folder=str(folder))) if is_movie else None
        suffix = "" if is_movie else SEQUENCE_FORMATS[job.output.format].suffix
        scale = job.settings.scale
        pictures = replace(job.media, kind="sequence", width=job.media.width * scale, height=job.media.height * scale)
        self.size = (pictures.width, pictures.height)
        self._pictures = replace(pictures, path=str(folder / "frames" / f"{job.output.name}.%06d{suffix}"))
        self._mattes = replace(pictures, path=str(folder / "matte" / f"{job.output.name}.%06d.png"))
        self.has_matte = job.output.matte and any(_path(self._mattes, i).exists() for i in job.frames.frames())
        carries_alpha = job.media.has_alpha and job.output.format not in ("prores", "h264", "dpx10")
        held = ALPHA_MULTIPLIED if job.media.codec == "exr" else ALPHA_STRAIGHT
        self.alpha = held if carries_alpha else ALPHA_NONE
        if not any(self.has(frame) for frame in job.frames.frames()):
            hint = "Wait until frames are finished (of a movie: until the restoration is done)."
            raise MediaError("store.unfinished", f"{folder} holds no finished frames yet", hint)

    def has(self, frame: int) -> bool:
        """Whether a source frame is finished, and its matte where there are mattes: that is written after it."""
        finished = (self._movie or _path(self._pictures, frame)).exists()
        return finished and (not self.has_matte or _path(self._mattes, frame).exists())

    def read(self, wanted: list[int]) -> Iterator[_Finished]:
        """Source frames, ascending."""
        for frame, pixels in self._of_movie(wanted) if self._movie else self._of_sequence(wanted):
            alpha = alpha_of(pixels) if self.alpha != ALPHA_NONE else None
            yield _Finished(frame, to_float(pixels), alpha, self._matte(frame))

    def _of_sequence(self, wanted: list[int]) -> Iterator[tuple[int, Pixels]]:
        for frame in wanted:
            yield frame, read_picture(self._pictures, frame)

    def _of_movie(self, wanted: list[int]) -> Iterator[tuple[int, Pixels]]:
        if not wanted or self._movie is None:
            return
        start = self._frames.start
        with MediaReader(probe(self._movie)) as reader:
            for frame in reader.frames(FrameRange(wanted[0] - start, wanted[-1] + 1 - start)):
                if start + frame.index in wanted:
                    yield start + frame.index, frame.pixels

    def _matte(self, frame: int) -> Levels | None:
        return to_float(read_picture(self._mattes, frame))[..., 0] if self.has_matte else None


def _path(pictures: Media, frame: int) -> Path:
    return path_of(pictures.path, pictures.first_number + frame)


def _header(job: RestorationJob, result: _Result) -> StoreHeader:
    media = job.media
    # The rule of EXR results: halves hold 10 bits exactly and no more (docs/media.md).
    deep = media.bit_depth > (16 if media.is_float else HALF_FLOAT_BITS)
    # Without paths, so that a result that was moved, and has a sidecar only, is still of the same job.
    identity = replace(
        job,
        media=replace(media, path=""),
        source=replace(job.source, path="", modified_ns=0),
        references=(),
        output=replace(job.output, folder=""),
        pack=replace(job.pack, path=""),
    )
    return StoreHeader(
        *result.size, deep, result.alpha, result.has_matte, media.first_number + job.frames.start, len(job.frames),
        media.rate, hashlib.sha256(encode(identity)).digest(),
    )  # fmt: skip


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        message = f"the frame store needs {needed / 1e9:.1f} GB more, and {folder} has {free / 1e9:.1f} GB free"
        raise MediaError("media.no_space", message, "Free some space, or restore a shorter range.")
