"""Shots, faces and people of a range: found once, kept in the job folder.

One pass over the footage: frames are decoded ahead, faces are found in several frames at once, and put together in
order. Memory holds one shot's landmarks at most; they go to disk as each shot ends.
"""

import io
import os
from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.ahead import Ahead, in_order
from likeness_core.api import Face, FaceTrack, FrameRange, Identity, Media, Progress, Shot
from likeness_core.color import is_monochrome
from likeness_core.crops import Views, align, cut
from likeness_core.faces import FaceAnalyser, FoundFace, Picture
from likeness_core.jobs import decode, encode, write_whole
from likeness_core.media import Frame, MediaReader, to_float, to_uint8
from likeness_core.people import find_people
from likeness_core.shots import LAG_FRAMES, CutFinder, shots_between
from likeness_core.tracks import FollowedFace, ShotTracker

_COLOUR_EVERY = 12  # frames between two looks at whether a shot is black-and-white
_DECODED_AHEAD = 2  # frames


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found in a range of footage."""

    shots: tuple[Shot, ...]
    tracks: tuple[FaceTrack, ...]
    people: tuple[Identity, ...]
    monochrome: tuple[bool, ...]  # by shot


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One frame, looked at by itself."""

    index: int  # source frame
    rgb: Picture
    found: list[FoundFace]


@dataclass(frozen=True, slots=True, eq=False)
class TrackPoints:
    """The dense landmarks of one track; row i belongs to `track.faces[i]`."""

    dense: npt.NDArray[np.float32]  # (T, 468, 2) smoothed, pixels of the frame
    presence: npt.NDArray[np.float32]  # (T,) 0 to 1
    views: Views


def analyse(
    media: Media, frames: FrameRange, cuts: tuple[int, ...], analyser: FaceAnalyser, folder: Path,
    through_edits: tuple[int, ...] = (), workers: int = 0,
) -> Generator[Progress, None, Analysis]:  # fmt: skip
    """Analyse a range, or read what `folder` holds of an earlier analysis of it.

    `cuts`: first frames of shots that the edit knows; `through_edits`: first frames where it knows that the footage
    goes on, so that nothing beside them is taken for a cut. `workers` frames are looked at at once (0: one a core), so
    `analyser` does best with one thread. Raises MediaError, ModelPackError.
    """
    record = folder / "analysis.json"
    if record.exists():
        return decode(record.read_bytes(), Analysis)

    def look(frame: Frame) -> _Seen:
        rgb = to_uint8(frame.pixels)
        return _Seen(frame.index, rgb, analyser.find(rgb, frame.index))

    finder = _Finder(analyser, frames, (cuts, through_edits), folder)
    workers = workers or os.cpu_count() or 1
    with (
        MediaReader(media) as reader,
        Ahead(reader.frames(frames), _DECODED_AHEAD) as decoded,
        ThreadPoolExecutor(workers, "faces") as pool,
        closing(in_order(pool, look, decoded, workers)) as seen,
    ):
        for one in seen:
            finder.add(one)
            yield Progress("analyse", one.index + 1 - frames.start, len(frames), one.index)
    analysis = finder.finish()
    write_whole(record, encode(analysis))
    return analysis


def track_points(folder: Path, track: int) -> TrackPoints:
    """The landmarks that `analyse` left in `folder`."""
    stored = np.load(_points_path(folder, track))
    crops = stored["views"].astype(np.float32) / np.float32(255)
    return TrackPoints(stored["dense"], stored["presence"], Views(crops, stored["views_dense"]))


def write_thumbnails(media: Media, analysis: Analysis, folder: Path) -> dict[int, Path]:
    """One picture (PNG, 256 px square) of each person, from the frame that shows the face best; paths by person."""
    best: dict[int, Face] = {}
    tracks = {track.number: track for track in analysis.tracks}
    for person in analysis.people:
        faces = [face for number in person.tracks for face in tracks[number].faces]
        best[person.number] = max(faces, key=lambda face: face.score * face.box[2])
    paths = {}
    with MediaReader(media) as reader:
        for number, face in sorted(best.items(), key=lambda item: item[1].frame):
            frame = next(iter(reader.frames(FrameRange(face.frame, face.frame + 1))))
            crop = cut(to_float(frame.pixels), align(np.array(face.points, np.float32), 256))
            paths[number] = folder / f"person-{number}.png"
            done, data = cv2.imencode(".png", np.rint(np.clip(crop, 0, 1) * 255).astype(np.uint8)[..., ::-1])
            assert done
            write_whole(paths[number], data.tobytes())
    return paths


class _Finder:
    """Cuts and faces in one pass: faces wait a few frames, until it is certain that no cut comes before them."""

    def __init__(
        self, analyser: FaceAnalyser, frames: FrameRange, edit: tuple[tuple[int, ...], tuple[int, ...]], folder: Path
    ) -> None:
        """`edit`: its cuts and its through-edits."""
        self._analyser, self._frames, self._folder = analyser, frames, folder
        cuts, self._through_edits = edit
        self._cuts = {cut for cut in cuts if frames.start < cut < frames.stop}
        self._cut_finder = CutFinder()
        self._waiting: deque[_Seen] = deque()
        self._tracks: list[FaceTrack] = []
        self._monochrome: list[bool] = []
        self._start, self._grey = frames.start, True
        self._begin(frames.start)

    def add(self, seen: _Seen) -> None:
        """Take in the next frame of the range."""
        self._note(self._cut_finder.add(seen.rgb))
        self._waiting.append(seen)
        if len(self._waiting) > LAG_FRAMES:
            self._follow(self._waiting.popleft())

    def finish(self) -> Analysis:
        """What was found, once all frames were added."""
        self._note(self._cut_finder.finish())
        while self._waiting:
            self._follow(self._waiting.popleft())
        self._end()
        shots = shots_between(self._cuts, self._frames)
        tracks = tuple(self._tracks)
        return Analysis(shots, tracks, find_people(tracks), tuple(self._monochrome[: len(shots)]))

    def _note(self, found: list[int]) -> None:
        """Cuts that were found in the footage, counted from the range's start."""
        cuts = [self._frames.start + cut for cut in found]
        self._cuts.update(cut for cut in cuts if not any(abs(cut - edit) <= 1 for edit in self._through_edits))

    def _follow(self, seen: _Seen) -> None:
        if seen.index in self._cuts:
            self._end()
            self._begin(seen.index)
        self._tracker.add(seen.index, seen.rgb, seen.found)
        if self._grey and (seen.index - self._start) % _COLOUR_EVERY == 0:
            self._grey = is_monochrome(to_float(seen.rgb))

    def _begin(self, start: int) -> None:
        shot = Shot(len(self._monochrome), FrameRange(start, self._frames.stop))
        self._tracker = ShotTracker(self._analyser, shot, len(self._tracks))
        self._start, self._grey = start, True

    def _end(self) -> None:
        """A shot is over: its landmarks go to disk."""
        self._monochrome.append(self._grey)
        for followed in self._tracker.finish():
            _save_points(self._folder, followed)
            self._tracks.append(followed.track)


def _save_points(folder: Path, followed: FollowedFace) -> None:
    buffer = io.BytesIO()
    np.savez(
        buffer, dense=followed.landmarks, presence=followed.presence, views=followed.views,
        views_dense=followed.views_dense,
    )  # fmt: skip
    write_whole(_points_path(folder, followed.track.number), buffer.getvalue())


def _points_path(folder: Path, track: int) -> Path:
    return folder / f"track-{track}.npz"
