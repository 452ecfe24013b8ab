"""Analyses that are kept between requests: shots, people, their pictures and boxes, for one piece of footage.

    CACHE/analyses/KEY/   analysis.json and landmarks (`analyse`), faces.json, pictures

KEY stands for the file as it is now (path, size, time), the range, the cuts of the edit and what finds faces.
"""

import hashlib
import os
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from likeness_core.analyse import Analysis, analyse, write_thumbnails
from likeness_core.api import Face, FrameRange, Identity, Media, Progress, RestorationJob
from likeness_core.crops import align, cut
from likeness_core.errors import FaceError, MediaError
from likeness_core.face2text import attributes_of
from likeness_core.face_quality import face_quality, turn_of_head
from likeness_core.faces import FaceAnalyser, Picture
from likeness_core.jobs import cache_folder, decode, encode, write_whole
from likeness_core.media import MediaReader, to_uint8
from likeness_core.media.sequence import path_of
from likeness_core.media.write import make_folder
from likeness_core.protocol import AnalyseResult, FacesFile, Person, PersonBoxes, Still
from likeness_core.references import SMALLEST_FACE_PX
from likeness_core.reuse import code_version
from likeness_core.shots import dissolve_middles

_STILLS, _PEOPLE_WITH_STILLS = 4, 8  # in the report: each is a seek or two, and extras in a crowd need none
_LOOKED_AT = 2  # stills are chosen among so many times as many frames as are asked for
_STILL_SIDE_PX = 512
_FACE_SHARE = 2.2  # a still is so many times as wide as the face in it


@dataclass(frozen=True, slots=True)
class KeptAnalysis:
    """An analysis and where its files are."""

    media: Media
    frames: FrameRange
    folder: Path
    analysis: Analysis
    _faces: dict[int, list[Face]] = field(default_factory=dict)

    def faces_of(self, person: Identity) -> list[Face]:
        """Every face of a person, ascending frames."""
        if person.number not in self._faces:
            tracks = {track.number: track for track in self.analysis.tracks}
            faces = [face for number in person.tracks for face in tracks[number].faces]
            self._faces[person.number] = sorted(faces, key=lambda face: face.frame)
        return self._faces[person.number]


@dataclass(frozen=True, slots=True)
class Analysed:
    """What is to be analysed."""

    media: Media
    frames: FrameRange
    cuts: tuple[int, ...]  # of the edit, inside the range
    through_edits: tuple[int, ...]
    finder: str  # folder of an insightface pack; empty: the networks that ship


def kept_analysis(wanted: Analysed) -> KeptAnalysis | None:
    """What an earlier `make_analysis` of the same left; None where there is nothing."""
    folder = _folder(wanted)
    record = folder / "analysis.json"
    if not record.is_file():
        return None
    return KeptAnalysis(wanted.media, wanted.frames, folder, decode(record.read_bytes(), Analysis))


def make_analysis(wanted: Analysed, finder: FaceAnalyser) -> Generator[Progress, None, KeptAnalysis]:
    """Analyse, or read what an earlier analysis of the same left. Raises MediaError, ModelPackError."""
    folder = _folder(wanted)
    make_folder(folder)
    analysis = yield from analyse(
        wanted.media, wanted.frames, wanted.cuts, finder, folder, through_edits=wanted.through_edits
    )
    return KeptAnalysis(wanted.media, wanted.frames, folder, analysis)


def bring_to_job(job: RestorationJob, folder: Path) -> None:
    """Let a job that has no analysis begin with the one that was made for the panel, of the very same file.

    Looking at a frame gives the same numbers here and there: one thread each.
    """
    wanted = Analysed(job.media, job.frames, edit_cuts(job.cuts, job.dissolves), job.through_edits, job.face_models)
    kept = kept_analysis(wanted)
    if kept is None or (folder / "analysis.json").exists():
        return
    for path in kept.folder.glob("track-*.npz"):
        write_whole(folder / path.name, path.read_bytes())
    write_whole(folder / "analysis.json", (kept.folder / "analysis.json").read_bytes())


def edit_cuts(cuts: tuple[int, ...], dissolves: tuple[FrameRange, ...]) -> tuple[int, ...]:
    """Where the edit says that one shot ends: as a job takes it."""
    return (*cuts, *dissolve_middles(dissolves))


def report(kept: KeptAnalysis) -> Generator[Progress, None, AnalyseResult]:
    """The analysis as the panel is told of it, with pictures and boxes; made once. Raises MediaError."""
    record = kept.folder / "report.json"
    if record.is_file():
        return decode(record.read_bytes(), AnalyseResult)
    people = kept.analysis.people
    pictures = write_thumbnails(kept.media, kept.analysis, kept.folder)
    boxes = FacesFile(tuple(PersonBoxes(one.number, tuple(map(_box, kept.faces_of(one)))) for one in people))
    write_whole(kept.folder / "faces.json", encode(boxes))
    found = []
    for position, person in enumerate(people):
        count = _STILLS if position < _PEOPLE_WITH_STILLS else 0
        stills = yield from stills_of(kept, person.number, count)
        found.append(_person(kept, person, pictures[person.number], stills))
    faces = str(kept.folder / "faces.json")
    result = AnalyseResult(kept.media, kept.frames, kept.analysis.shots, tuple(found), faces)
    write_whole(record, encode(result))
    return result


def stills_of(kept: KeptAnalysis, number: int, count: int) -> Generator[Progress, None, tuple[Still, ...]]:
    """Pictures of a person that could serve as references, the best first. Raises FaceError, MediaError."""
    person = next((one for one in kept.analysis.people if one.number == number), None)
    if person is None:
        hint = "Analyse the footage again and choose one of the people that are listed."
        raise FaceError("face.unknown_person", f"there is no person {number} in this footage", hint)
    chosen = _candidates(kept.faces_of(person), kept.media, count * _LOOKED_AT)
    stills: list[Still] = []
    with MediaReader(kept.media) as reader:
        for done, face in enumerate(chosen, 1):
            frame = next(iter(reader.frames(FrameRange(face.frame, face.frame + 1))))
            rgb = to_uint8(frame.pixels)
            path = kept.folder / f"still-{number}-{face.frame}.png"
            write_whole(path, _png(_around(rgb, face)))
            stills.append(Still(str(path), face.frame, face_quality(rgb, face).overall, side_of(face)))
            yield Progress("analyse", done, len(chosen), face.frame)
    stills.sort(key=lambda still: (-still.quality, still.frame))
    return tuple(stills[:count])


def side_of(face: Face) -> str:
    """Where a face looks in the picture, in the words of the protocol."""
    turn = turn_of_head(face)
    if abs(turn) < 0.15:
        return "front"
    word = "left" if turn < 0 else "right"
    return f"half {word}" if abs(turn) < 0.4 else word


def write_portrait(rgb: Picture, face: Face, path: Path) -> None:
    """A picture (PNG, 256 px square) of a face in `rgb` (uint8 RGB (H, W, 3))."""
    crop = cut(np.asarray(rgb, np.float32) / np.float32(255), align(np.array(face.points, np.float32), 256))
    write_whole(path, _png(np.rint(np.clip(crop, 0, 1) * 255).astype(np.uint8)))


def _folder(wanted: Analysed) -> Path:
    media, frames = wanted.media, wanted.frames
    files = [Path(media.path)]
    if media.kind == "sequence":
        files = [path_of(media.path, media.first_number + number) for number in (frames.start, frames.stop - 1)]
    try:
        stamps = [(status.st_size, status.st_mtime_ns) for status in map(os.stat, files)]
    except OSError as error:
        message = f"{media.path} cannot be read ({error.strerror})"
        raise MediaError("media.missing", message, "Bring the file or its drive back.") from error
    key = repr((code_version(), os.path.realpath(media.path), stamps, wanted))
    return cache_folder() / "analyses" / hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _person(kept: KeptAnalysis, person: Identity, picture: Path, stills: tuple[Still, ...]) -> Person:
    faces = kept.faces_of(person)
    seen = sorted({face.frame for face in faces})
    shots = {track.shot for track in kept.analysis.tracks if track.number in person.tracks}
    spans: list[FrameRange] = []
    for frame in seen:
        if spans and frame - spans[-1].stop < kept.media.rate:
            spans[-1] = FrameRange(spans[-1].start, frame + 1)
        else:
            spans.append(FrameRange(frame, frame + 1))
    said = attributes_of(person, kept.analysis, kept.folder)
    return Person(person.number, person.name, len(seen), tuple(sorted(shots)), tuple(spans), str(picture), stills, said)


def _box(face: Face) -> tuple[int, float, float, float, float]:
    left, top, width, height = (round(value, 1) for value in face.box)
    return (face.frame, left, top, width, height)


def _candidates(faces: list[Face], media: Media, most: int) -> list[Face]:
    """Faces that are large, sure and frontal, half a second apart, in the order of their frames."""
    usable = [face for face in faces if face.box[2] >= SMALLEST_FACE_PX]
    usable.sort(key=lambda face: -face.score * face.box[2] * (1 - min(abs(turn_of_head(face)), 0.9)))
    apart = max(1, round(media.rate / 2))
    chosen: list[Face] = []
    for face in usable:
        if len(chosen) < most and all(abs(face.frame - other.frame) >= apart for other in chosen):
            chosen.append(face)
    return sorted(chosen, key=lambda face: face.frame)


def _around(rgb: Picture, face: Face) -> Picture:
    """The square around a face, as it is in the frame but for a reduction to at most _STILL_SIDE_PX."""
    left, top, width, height = face.box
    half = max(width, height) * _FACE_SHARE / 2
    x, y = left + width / 2, top + height / 2
    rows = slice(max(0, round(y - half)), round(y + half))
    columns = slice(max(0, round(x - half)), round(x + half))
    square = rgb[rows, columns]
    share = _STILL_SIDE_PX / max(square.shape[:2])
    if share >= 1:
        return square
    size = (round(square.shape[1] * share), round(square.shape[0] * share))
    return np.asarray(cv2.resize(square, size, interpolation=cv2.INTER_AREA), np.uint8)


def _png(rgb: Picture) -> bytes:
    return cv2.imencode(".png", np.ascontiguousarray(rgb[..., ::-1]))[1].tobytes()
