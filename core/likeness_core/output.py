"""Where finished frames go: straight into OUT/frames, or into the job's store until a movie is muxed of them.

What waits for a movie is the changed part of each frame alone; the rest is decoded again from the source.
"""

import zipfile
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np

from likeness_core.ahead import Ahead
from likeness_core.api import FORMATS, FrameRange, Progress, RestorationJob, RestorationSettings
from likeness_core.errors import InputError, MediaError
from likeness_core.evidence import DIGITAL_SOURCE_TYPE
from likeness_core.jobs import sync_folder
from likeness_core.media import MediaReader, RestoredFrame
from likeness_core.media.mux import MOVIE_FORMATS, movie_path, mux_movie
from likeness_core.media.write import MatteWriter, SequenceWriter, make_folder, replacing
from likeness_core.patches import Change, Composite

_DECODED_AHEAD = 2  # frames


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
        scale = job.settings.scale
        size = (job.media.width * scale, job.media.height * scale)
        self._frames: SequenceWriter | ChangeStore
        if self._is_movie:
            self._frames = ChangeStore(store / "frames")
        else:
            self._frames = SequenceWriter(job.output, job.media, size, self._attributes)
        self._mattes = MatteWriter(job.output, job.media) if job.output.matte else None

    @property
    def result(self) -> Path:
        """The movie, or the folder of frames."""
        return movie_path(self._job.output) if self._is_movie else Path(self._job.output.folder) / "frames"

    def write(self, index: int, picture: Composite) -> None:
        """Write source frame `index`, whole or not at all. Several threads may write different frames."""
        if isinstance(self._frames, ChangeStore):
            self._frames.write(index, picture)
        else:
            halves = picture.halves() if self._frames.takes_halves else None
            if halves is not None:
                self._frames.write(index, halves)
            else:
                self._frames.write(index, picture.rgb, picture.alpha)
        if self._mattes is not None:
            self._mattes.write(index, picture.matte)

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
        if not isinstance(self._frames, ChangeStore):
            return
        job = self._job
        with MediaReader(job.media) as reader, Ahead(self._composed(reader, self._frames), _DECODED_AHEAD) as frames:
            for done in mux_movie(job.output, job.media, job.frames, frames, self.result, self._attributes):
                yield Progress("write", done, len(job.frames))

    def _composed(self, reader: MediaReader, store: "ChangeStore") -> Iterator[RestoredFrame]:
        """Every frame of the result, whole."""
        for frame in reader.frames(self._job.frames):
            picture = Composite(frame.pixels, self._job.settings.scale, store.read(frame.index))
            yield RestoredFrame(frame.index, picture.rgb, picture.alpha)


class ChangeStore:
    """Changed parts of frames, without loss, one file a frame."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self._folder = folder

    def path(self, index: int) -> Path:
        """The file of source frame `index`."""
        return self._folder / f"frame.{index:06d}.npz"

    def write(self, index: int, picture: Composite) -> None:
        """Keep what a frame's result differs in; nothing at all where nothing was restored."""
        change = picture.change
        with replacing(self.path(index)) as temporary, temporary.open("wb") as handle:
            if change is None:
                np.savez(handle)
            else:
                np.savez(handle, place=np.array([change.left, change.top]), rgb=change.rgb, matte=change.matte)

    def read(self, index: int) -> Change | None:
        """What `write` kept. Raises MediaError `output.incomplete` where that is gone or damaged."""
        path = self.path(index)
        try:
            with np.load(path, allow_pickle=False) as stored:
                if not stored.files:
                    return None
                left, top = stored["place"].tolist()
                return Change(left, top, stored["rgb"], stored["matte"])
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            message = f"{path.name} was finished, and cannot be read any more ({error})"
            raise MediaError("output.incomplete", message, "Start afresh with --overwrite.") from error


def attributes(job: RestorationJob) -> dict[str, str]:
    """What every file of the result says of itself."""
    return {
        "likeness:software": f"Likeness {job.version}",
        "likeness:digitalSourceType": DIGITAL_SOURCE_TYPE,
        "likeness:source_sha256": job.source.sha256,
        "likeness:pack": f"{job.pack.name} {job.pack.version} {job.pack.sha256}",
        "likeness:settings": "; ".join(dict.fromkeys(_in_words(role.settings) for role in job.roles)),
    }


def _in_words(settings: RestorationSettings) -> str:
    return (
        f"strength={settings.strength:g} fidelity={settings.fidelity:g} likeness={settings.likeness:g} "
        f"grain={settings.grain:g} steps={settings.steps} seed={settings.seed} scale={settings.scale}"
    )
