"""What a run leaves beside its result: the sidecar, the identity curve and the before/after sheet.

Nothing here holds the time of day: two runs of one job leave the same bytes.
"""

import csv
import io
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from likeness_core.api import JobResult, RestorationJob
from likeness_core.carried_weights import SFACE
from likeness_core.cast import Cast
from likeness_core.jobs import decode, encode, write_whole, writing

Pictures = npt.NDArray[np.uint8]

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# IPTC's digital source type for a picture into which generated media has been composited.
DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
SHEET_FRAMES = 6


@dataclass(frozen=True, slots=True)
class FaceScore:
    """How like the person one face of one frame is, before and after: cosines of SFace embeddings."""

    frame: int  # source frame
    person: int
    source: float
    result: float
    trust: float  # share of the result that was used


@dataclass(frozen=True, slots=True, eq=False)
class FrameNotes:
    """What is kept of a frame once it is written."""

    index: int  # source frame
    scores: tuple[FaceScore, ...]
    pairs: tuple[Pictures, ...]  # (2, S, S, 3) before and after, of each face, for the sheet


@dataclass(frozen=True, slots=True)
class ReferenceRecord:
    """A reference photograph in the sidecar."""

    name: str
    sha256: str
    quality: float
    people: tuple[int, ...]  # of the footage, whom it guided


@dataclass(frozen=True, slots=True)
class Sidecar:
    """`sidecar.json`: what made the result."""

    software: str
    digital_source_type: str
    job: RestorationJob  # paths cut down to names
    references: tuple[ReferenceRecord, ...]
    recogniser: str
    compared_with: str  # "the references", "the footage's own face", or both where people differ
    warnings: tuple[str, ...]
    frames_restored: int
    identity_before: float | None  # mean over restored faces
    identity_after: float | None
    scores: tuple[FaceScore, ...]


class Evidence:
    """Collects what each finished frame says, on disk, so that a killed run loses none of it."""

    def __init__(self, job: RestorationJob, cast: Cast, folder: Path) -> None:
        """`folder`: the job's."""
        self._job, self._cast, self._folder = job, cast, folder
        self._scores = folder / "scores.jsonl"
        self._sheet = folder / "sheet"
        with writing(self._sheet):
            self._sheet.mkdir(exist_ok=True)
        self._chosen = _sheet_frames(cast)

    def keep_before(self, frame: int) -> None:
        """Forget what was noted of frames from `frame` on: their unit did not finish."""
        write_whole(self._scores, b"".join(encode(s) + b"\n" for s in self._noted() if s.frame < frame))

    def add(self, finished: FrameNotes) -> None:
        """Note a finished frame; frames come in order."""
        with writing(self._scores), self._scores.open("ab") as handle:
            handle.writelines(encode(score) + b"\n" for score in finished.scores)
        if finished.index in self._chosen and finished.pairs:
            turn = self._chosen.index(finished.index)  # each has one, where there are several
            buffer = io.BytesIO()
            np.save(buffer, finished.pairs[turn % len(finished.pairs)])
            write_whole(self._sheet / f"{finished.index}.npy", buffer.getvalue())

    def sync(self) -> None:
        """Make the notes last through a power cut."""
        with writing(self._scores), self._scores.open("ab") as handle:
            os.fsync(handle.fileno())

    def finish(self, result: Path) -> JobResult:
        """Write everything beside the result."""
        out, scores = Path(self._job.output.folder), self._noted()
        compared = _compared_with(self._cast)
        warnings = self._cut_off() + self._cast.warnings + self._doubts(scores)
        restored = len({score.frame for score in scores})
        pairs = [
            (int(path.stem), np.load(path)) for path in sorted(self._sheet.glob("*.npy"), key=lambda p: int(p.stem))
        ]
        write_whole(out / "sheet.png", _sheet_picture(pairs, [_to_uint8(crop) for crop in _sheet_photos(self._cast)]))
        write_whole(out / "identity.csv", _table(scores))
        write_whole(out / "identity.png", _curve(scores, compared))
        sidecar = Sidecar(
            software=f"Likeness {self._job.version}",
            digital_source_type=DIGITAL_SOURCE_TYPE,
            job=_without_paths(self._job),
            references=tuple(
                ReferenceRecord(Path(one.photo.path).name, one.photo.sha256, one.photo.quality, one.people)
                for one in self._cast.references
            ),
            recogniser=SFACE.name,
            compared_with=compared,
            warnings=warnings,
            frames_restored=restored,
            identity_before=_mean([score.source for score in scores]),
            identity_after=_mean([score.result for score in scores]),
            scores=tuple(scores),
        )
        write_whole(out / "sidecar.json", encode(sidecar))
        return JobResult(str(out), str(result), len(self._job.frames), restored, warnings)

    def _noted(self) -> list[FaceScore]:
        if not self._scores.exists():
            return []
        lines = self._scores.read_bytes().split(b"\n")[:-1]  # a half-written last line does not count
        return [decode(line, FaceScore) for line in lines]

    def _cut_off(self) -> tuple[str, ...]:
        lost = self._job.media.lost_frames
        return (f"the file is cut off: {lost} frames at its end are gone",) if lost else ()

    def _doubts(self, scores: list[FaceScore]) -> tuple[str, ...]:
        doubtful = len({score.frame for score in scores if score.trust < 0.5})
        if not doubtful:
            return ()
        return (
            f"{doubtful} frames fade to the source, because the restored face could not be trusted; see identity.csv",
        )


def _compared_with(cast: Cast) -> str:
    """What the scores are likenesses to."""
    names = ["the references"] if cast.photos else []
    if not names or any(not track.photos for track in cast.tracks):
        names.append("the footage's own face")
    return " or ".join(names)


def _without_paths(job: RestorationJob) -> RestorationJob:
    """The job as anyone may read it: names in place of folders, no time of day."""
    return replace(
        job,
        media=replace(job.media, path=Path(job.media.path).name),
        source=replace(job.source, path=Path(job.source.path).name, modified_ns=0),
        references=_names(job.references),
        output=replace(job.output, folder=""),
        pack=replace(job.pack, path=""),
        face_models=Path(job.face_models).name,
        identity=Path(job.identity).name,
        others=tuple(
            replace(role, references=_names(role.references), identity=Path(role.identity).name) for role in job.others
        ),
    )


def _names(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(Path(path).name for path in paths)


def _sheet_frames(cast: Cast) -> list[int]:
    """Evenly spaced among the frames that are restored, ascending."""
    frames = sorted({frame for track in cast.tracks for frame in track.frames.frames()})
    if not frames:
        return []
    places = np.linspace(0, len(frames) - 1, min(SHEET_FRAMES, len(frames))).round().astype(int)
    return [frames[place] for place in places]


def _sheet_photos(cast: Cast) -> list[npt.NDArray[np.float32]]:
    """Crops of the references: all where there are few, else those first that guide a face."""
    guides = {id(photo) for track in cast.tracks for photo in track.guide}
    by_use = sorted(cast.photos, key=lambda photo: id(photo) not in guides)
    return [photo.crop for photo in (cast.photos if len(cast.photos) <= SHEET_FRAMES else by_use[:SHEET_FRAMES])]


def _table(scores: list[FaceScore]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["frame", "person", "source", "result", "trust"])
    for score in scores:
        row = [f"{score.source:.4f}", f"{score.result:.4f}", f"{score.trust:.3f}"]
        writer.writerow([score.frame, score.person, *row])
    return text.getvalue().encode()


def _sheet_picture(pairs: list[tuple[int, Pictures]], references: list[Pictures]) -> bytes:
    """The references on top, then the same faces before and after; pairs (2, S, S, 3) uint8 by source frame."""
    from matplotlib.figure import Figure

    rows: list[tuple[str, list[tuple[str, Pictures]]]] = [
        ("references", [("references" if i == 0 else "", picture) for i, picture in enumerate(references)]),
        ("before", [(f"before  {frame}", pair[0]) for frame, pair in pairs]),
        ("after", [(f"after  {frame}", pair[1]) for frame, pair in pairs]),
    ]
    rows = [row for row in rows if row[1]]
    if not rows:
        rows = [("", [("no face was restored", np.full((64, 64, 3), 30, np.uint8))])]
    columns = max(len(pictures) for _, pictures in rows)
    figure = Figure(figsize=(2.2 * columns + 0.2, 2.45 * len(rows)), dpi=120, facecolor="#1e1e1e")
    for r, (_, pictures) in enumerate(rows):
        for c, (label, picture) in enumerate(pictures):
            axes = figure.add_subplot(len(rows), columns, r * columns + c + 1)
            axes.imshow(picture, interpolation="bicubic")
            axes.set_axis_off()
            axes.set_title(label, y=1.0, color="#d0d0d0", fontsize=9)  # y: else every axis is laid out for it
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.01, top=0.93, wspace=0.03, hspace=0.14)
    return _png(figure)


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _to_uint8(crop: npt.NDArray[np.float32]) -> Pictures:
    return np.rint(np.clip(crop, 0, 1) * 255).astype(np.uint8)


def _curve(scores: list[FaceScore], compared_with: str) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), dpi=120)
    axes = figure.add_subplot()
    for person in sorted({score.person for score in scores}):
        own = [score for score in scores if score.person == person]
        frames = [score.frame for score in own]
        axes.plot(frames, [score.source for score in own], "--", linewidth=1, label=f"person {person}: source")
        axes.plot(frames, [score.result for score in own], linewidth=1.4, label=f"person {person}: result")
    axes.set_xlabel("source frame")
    axes.set_ylabel("cosine")
    axes.set_title(f"Likeness to {compared_with} (SFace; higher is more alike)", fontsize=10)
    axes.grid(alpha=0.3)
    if scores:
        axes.legend(fontsize=8)
    figure.tight_layout()
    return _png(figure)


def _png(figure: "Figure") -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
