"""Where finished frames go: straight into OUT/frames, or into the job's store until a movie is muxed of them."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from likeness_core.api import FORMATS, FrameRange, OutputSpec, Progress, RestorationJob
from likeness_core.errors import InputError, MediaError
from likeness_core.evidence import DIGITAL_SOURCE_TYPE
from likeness_core.jobs import sync_folder
from likeness_core.media import MediaReader, RestoredFrame, alpha_of, probe, to_float
from likeness_core.media_mux import MOVIE_FORMATS, movie_path, mux_movie
from likeness_core.media_write import MatteWriter, SequenceWriter, make_folder

Array = npt.NDArray[np.float32]


class Output:
    """The result of one job, frame by frame."""

    def __init__(self, job: RestorationJob, store: Path) -> None:
        """`store`: a folder of the job for the frames of a movie. Raises MediaError, InputError."""
        if job.output.format not in FORMATS:
            hint = f"Choose from {', '.join(FORMATS)}."
            raise InputError("media.unknown_format", f"there is no format '{job.output.format}'", hint)
        self._job = job
        self._attributes = attributes(job)
        self._is_movie = job.output.format in MOVIE_FORMATS
        self._spec = stored_as(job.output, store) if self._is_movie else job.output
        scale = job.settings.scale
        self.size = (job.media.width * scale, job.media.height * scale)
        # No attributes in stored frames: what is read back must be what the pipeline made, nothing else.
        self._frames = SequenceWriter(self._spec, job.media, self.size, {} if self._is_movie else self._attributes)
        self._mattes = MatteWriter(job.output, job.media) if job.output.matte else None

    @property
    def result(self) -> Path:
        """The movie, or the folder of frames."""
        return movie_path(self._job.output) if self._is_movie else Path(self._job.output.folder) / "frames"

    def write(self, index: int, rgb: Array, alpha: Array | None, matte: Array) -> None:
        """Write source frame `index`: RGB (H, W, 3), alpha (H, W) or None, matte (H, W); whole or not at all."""
        self._frames.write(index, rgb, alpha)
        if self._mattes is not None:
            self._mattes.write(index, matte)

    def check_written(self, frames: FrameRange) -> None:
        """Raises MediaError `output.incomplete` where a frame that was finished is no longer there."""
        for index in frames.frames():
            if not self._frames.path(index).exists():
                hint = "Bring it back, or start afresh with --overwrite."
                message = f"{self._frames.path(index).name} was finished, and is gone from {self._job.output.folder}"
                raise MediaError("output.incomplete", message, hint)

    def check_result(self) -> None:
        """Raises MediaError `output.incomplete` where a finished result is no longer whole."""
        if not self._is_movie:
            self.check_written(self._job.frames)
        elif not self.result.exists():
            message = f"{self.result.name} was finished, and is gone from {self._job.output.folder}"
            raise MediaError("output.incomplete", message, "Bring it back, or start afresh with --overwrite.")

    def sync(self) -> None:
        """Make the written frames' names last through a power cut."""
        sync_folder(self._frames.path(self._job.frames.start).parent)
        if self._mattes is not None:
            sync_folder(Path(self._job.output.folder) / "matte")

    def finish(self) -> Generator[Progress, None, None]:
        """Mux the movie, where the result is one."""
        if not self._is_movie:
            return
        total = len(self._job.frames)
        frames = self._stored_frames()
        for done in mux_movie(
            self._job.output, self._job.media, self._job.frames, frames, self.result, self._attributes
        ):
            yield Progress("write", done, total)

    def _stored_frames(self) -> Iterator[RestoredFrame]:
        start = self._job.frames.start
        with MediaReader(probe(self._frames.path(start), self._job.media.rate)) as reader:
            for frame in reader.frames(FrameRange(0, len(self._job.frames))):
                yield RestoredFrame(start + frame.index, to_float(frame.pixels), alpha_of(frame.pixels))


def stored_as(output: OutputSpec, store: Path) -> OutputSpec:
    """How frames wait for the muxer: without loss, levels beyond black and white included."""
    make_folder(store)
    return replace(output, folder=str(store), name="frame", format="exr", matte=False)


def attributes(job: RestorationJob) -> dict[str, str]:
    """What every file of the result says of itself."""
    settings = job.settings
    return {
        "likeness:software": f"Likeness {job.version}",
        "likeness:digitalSourceType": DIGITAL_SOURCE_TYPE,
        "likeness:source_sha256": job.source.sha256,
        "likeness:pack": f"{job.pack.name} {job.pack.version} {job.pack.sha256}",
        "likeness:settings": (
            f"strength={settings.strength:g} fidelity={settings.fidelity:g} likeness={settings.likeness:g} "
            f"grain={settings.grain:g} steps={settings.steps} seed={settings.seed} scale={settings.scale}"
        ),
    }
