"""Shots, faces and people of a range: found once, kept in the job folder.

Two passes over the footage: cuts first, on small pictures, then faces, shot by shot. Memory holds one shot's
landmarks at most; they go to disk as each shot ends.
"""

import io
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.api import Face, FaceTrack, FrameRange, Identity, Media, Progress, Shot
from likeness_core.color import is_monochrome
from likeness_core.crops import align, cut
from likeness_core.faces import FaceAnalyser
from likeness_core.jobs import decode, encode, write_whole
from likeness_core.media import MediaReader, to_float, to_uint8
from likeness_core.people import find_people
from likeness_core.shots import CutFinder
from likeness_core.tracks import FollowedFace, ShotTracker

_COLOUR_LOOKS = 8  # pictures of a shot that decide whether it is black-and-white


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found in a range of footage."""

    shots: tuple[Shot, ...]
    tracks: tuple[FaceTrack, ...]
    people: tuple[Identity, ...]
    monochrome: tuple[bool, ...]  # by shot


@dataclass(frozen=True, slots=True, eq=False)
class TrackPoints:
    """The dense landmarks of one track; row i belongs to `track.faces[i]`."""

    dense: npt.NDArray[np.float32]  # (T, 468, 2) smoothed, pixels of the frame
    presence: npt.NDArray[np.float32]  # (T,) 0 to 1


def analyse(
    media: Media, frames: FrameRange, cuts: tuple[int, ...], analyser: FaceAnalyser, folder: Path
) -> Generator[Progress, None, Analysis]:
    """Analyse a range, or read what `folder` holds of an earlier analysis of it.

    `cuts`: first frames of shots that the edit knows. Raises MediaError, ModelPackError.
    """
    record = folder / "analysis.json"
    if record.exists():
        return decode(record.read_bytes(), Analysis)
    with MediaReader(media) as reader:
        shots = yield from _shots(reader, frames, cuts)
    tracks: list[FaceTrack] = []
    monochrome = []
    with MediaReader(media) as reader:
        for shot in shots:
            followed, grey = yield from _follow(reader, shot, frames, analyser, len(tracks))
            monochrome.append(grey)
            for one in followed:
                _save_points(folder, one)
                tracks.append(one.track)
    analysis = Analysis(shots, tuple(tracks), find_people(tuple(tracks)), tuple(monochrome))
    write_whole(record, encode(analysis))
    return analysis


def track_points(folder: Path, track: int) -> TrackPoints:
    """The landmarks that `analyse` left in `folder`."""
    stored = np.load(_points_path(folder, track))
    return TrackPoints(stored["dense"], stored["presence"])


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


def _shots(
    reader: MediaReader, frames: FrameRange, cuts: tuple[int, ...]
) -> Generator[Progress, None, tuple[Shot, ...]]:
    finder = CutFinder(frames, cuts)
    for frame in reader.frames(frames):
        finder.add(frame.index, to_uint8(frame.pixels))
        yield Progress("index", frame.index + 1 - frames.start, len(frames), frame.index)
    return finder.finish()


def _follow(
    reader: MediaReader, shot: Shot, frames: FrameRange, analyser: FaceAnalyser, first_number: int
) -> Generator[Progress, None, tuple[list[FollowedFace], bool]]:
    """The faces of one shot, and whether it is black-and-white."""
    tracker = ShotTracker(analyser, shot, first_number)
    every = max(1, len(shot.frames) // _COLOUR_LOOKS)
    grey = True
    for frame in reader.frames(shot.frames):
        tracker.add(frame.index, to_uint8(frame.pixels))
        if (frame.index - shot.frames.start) % every == 0:
            grey = grey and is_monochrome(to_float(frame.pixels))
        yield Progress("analyse", frame.index + 1 - frames.start, len(frames), frame.index)
    return tracker.finish(), grey


def _save_points(folder: Path, followed: FollowedFace) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, dense=followed.landmarks, presence=followed.presence)
    write_whole(_points_path(folder, followed.track.number), buffer.getvalue())


def _points_path(folder: Path, track: int) -> Path:
    return folder / f"track-{track}.npz"
