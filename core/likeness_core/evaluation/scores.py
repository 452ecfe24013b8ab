"""Measure versions of a clip on the truth's geometry: every version with the truth's box and points.

The truth is looked at once, each version frame by frame beside it; metrics over time keep to shots. What each figure
means is said in `measure`, `feature_distance` and `judge`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from likeness_core.api import Face, FrameRange, WindowPlan
from likeness_core.evaluation import measure
from likeness_core.evaluation.feature_distance import FeatureDistance
from likeness_core.evaluation.judge import Judge
from likeness_core.faces import DenseLandmarks, FaceDetector, Recogniser
from likeness_core.media import Frame, to_float, to_uint8
from likeness_core.timing import windows
from likeness_core.warps import five_points

FloatArray = npt.NDArray[np.float32]

NOT_MEASURED = float("nan")
FEATURES_EVERY = 3  # of the frames measured: VGG takes ten times as long as everything else of a frame


@dataclass(frozen=True, slots=True)
class Scores:
    """One version of the footage against the truth, over the frames with a face; NaN is what was not measured."""

    psnr_db: float  # of the face's box, as are the next five
    ssim: float
    detail: float  # gradient energy over the truth's
    fine_energy: float  # of waves of 8 px and shorter, over the truth's
    structural: float  # GMSD
    features: float  # VGG feature distance
    ids_dlib: float  # the judge's
    ids_sface: float  # by the recogniser that also conditions and rewards: no evidence on its own
    ref_ids_dlib: float  # to the right photographs
    ref_ids_sface: float
    wrong_ids_dlib: float  # to the wrong person's photographs
    wrong_ids_sface: float
    vidd_dlib: float
    deviation_dlib: float  # of IDS over time inside shots
    slope_dlib: float  # of IDS, over 24 frames
    jump_dlib: float  # of IDS, where the restorer's windows meet
    landmarks: float  # distance, in eye distances
    jitter: float  # of landmarks' movement, in eye distances
    flicker: float  # beyond the truth's own


@dataclass(frozen=True, slots=True, eq=False)
class TruthFace:
    """The face of one frame of the truth."""

    face: Face  # with steady points
    dense: FloatArray  # (468, 2) px
    dlib: FloatArray
    sface: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """Whom a set of photographs shows: mean directions, (128,) each; empty where there are none."""

    dlib: FloatArray
    sface: FloatArray


NOBODY = Embeddings(np.zeros(0, np.float32), np.zeros(0, np.float32))


@dataclass(slots=True, eq=False)
class Rows:
    """What was measured of one version: a row for each frame with a face, and one for each pair of neighbours."""

    numbers: list[int] = field(default_factory=list)
    pictures: list[tuple[float, ...]] = field(default_factory=list)  # the first six of Scores
    dlib: list[FloatArray] = field(default_factory=list)
    sface: list[FloatArray] = field(default_factory=list)
    dense: list[FloatArray] = field(default_factory=list)
    flicker: list[float] = field(default_factory=list)


class Examiner:
    """The networks that measure, opened once."""

    def __init__(self, whole: bool = True, threads: int = 2) -> None:
        """`whole`: also what takes longer, the feature distance and everything about motion. Raises ModelPackError."""
        self._detector, self._landmarks = FaceDetector(threads), DenseLandmarks(threads)
        self._recogniser, self._judge = Recogniser(threads), Judge()
        self._features = FeatureDistance() if whole else None

    def truth(self, frames: Iterable[Frame], every: int = 1) -> dict[int, TruthFace]:
        """The largest face of each `every`-th frame from the first on, by frame; those without one are left out."""
        found, first = {}, -1
        for frame in frames:
            first = frame.index if first < 0 else first
            face = self._face(to_uint8(frame.pixels), frame.index) if (frame.index - first) % every == 0 else None
            if face is not None:
                sface = self._recogniser.embed(to_uint8(frame.pixels), face[0])
                points = np.array(face[0].points, np.float32)
                dlib = self._judge.embed(to_float(frame.pixels), points)
                found[frame.index] = TruthFace(*face, dlib, sface)
        return found

    def photographs(self, pictures: Sequence[npt.NDArray[np.uint8]]) -> Embeddings:
        """Whom photographs (RGB uint8) show, by the largest face of each; those without a face are left out."""
        dlib, sface = [], []
        for picture in pictures:
            found = self._face(picture, 0)
            if found is not None:
                sface.append(self._recogniser.embed(picture, found[0]))
                rgb = np.asarray(picture, np.float32) / np.float32(255)
                dlib.append(self._judge.embed(rgb, np.array(found[0].points, np.float32)))
        if not dlib:
            return NOBODY
        return Embeddings(measure.mean_embedding(np.stack(dlib)), measure.mean_embedding(np.stack(sface)))

    def version(self, pairs: Iterable[tuple[Frame, Frame]], truth: dict[int, TruthFace], shots: "Shots") -> Rows:
        """Measure (truth, version) pairs of frames in order of time; frames that `truth` lacks are passed over."""
        rows = Rows()
        before: tuple[Frame, Frame] | None = None
        for pair in pairs:
            known = truth.get(pair[0].index)
            if known is None:
                continue
            self._add(rows, pair, known)
            if self._features is not None and before is not None and shots.joins(before[0].index, pair[0].index):
                rows.flicker.append(_flicker(before, pair, truth))
            before = pair
        return rows

    def _face(self, picture: npt.NDArray[np.uint8], index: int) -> tuple[Face, FloatArray] | None:
        faces = self._detector.detect(picture, index)
        if not faces:
            return None
        largest = max(faces, key=lambda face: face.box[2] * face.box[3])
        dense = self._landmarks.find(picture, largest).points
        points = tuple((float(x), float(y)) for x, y in five_points(dense))
        face = Face(index, largest.box, points, largest.score)
        return face, self._landmarks.find(picture, face).points  # as it is found in the versions

    def _add(self, rows: Rows, pair: tuple[Frame, Frame], known: TruthFace) -> None:
        truth, rgb = to_float(pair[0].pixels), to_float(pair[1].pixels)
        box = measure.face_box(known.dense, rgb.shape[1], rgb.shape[0])
        a, b = box.cut(truth), box.cut(rgb)
        compares = len(rows.numbers) % FEATURES_EVERY == 0
        rows.numbers.append(pair[0].index)
        rows.pictures.append(
            (
                measure.psnr(a, b),
                measure.ssim(a, b),
                measure.detail_ratio(a, b),
                measure.fine_energy(a, b),
                measure.structural_distance(a, b),
                self._features.between(a, b) if self._features and compares else NOT_MEASURED,
            )
        )
        picture = to_uint8(pair[1].pixels)
        rows.dlib.append(self._judge.embed(rgb, np.array(known.face.points, np.float32)))
        rows.sface.append(self._recogniser.embed(picture, known.face))
        if self._features is not None:
            rows.dense.append(self._landmarks.find(picture, known.face).points)


def _flicker(before: tuple[Frame, Frame], now: tuple[Frame, Frame], truth: dict[int, TruthFace]) -> float:
    """Of two neighbouring frames, in the box that holds the face of both."""
    both = np.concatenate([truth[before[0].index].dense, truth[now[0].index].dense])
    height, width = now[0].pixels.shape[:2]
    box = measure.face_box(both, width, height)
    pictures = [[box.cut(to_float(pair[i].pixels)) for pair in (before, now)] for i in (0, 1)]
    return measure.flicker(pictures[0], pictures[1])


@dataclass(frozen=True, slots=True)
class Shots:
    """Where a clip is cut, and how many frames lie between two that are looked at."""

    cuts: tuple[int, ...] = ()  # first frames of later shots
    every: int = 1

    def joins(self, before: int, after: int) -> bool:
        """Whether two frames are neighbours inside one shot."""
        return after == before + self.every and not any(before < cut <= after for cut in self.cuts)

    def runs(self, numbers: Sequence[int]) -> list[slice]:
        """Runs of neighbouring frames inside shots, as slices of the rows."""
        breaks = [row for row in range(1, len(numbers)) if not self.joins(numbers[row - 1], numbers[row])]
        return [slice(start, stop) for start, stop in pairwise([0, *breaks, len(numbers)])]

    def seams(self, numbers: Sequence[int]) -> list[int]:
        """Places in a run's frame `numbers` where one window of the restorer takes over from another: mid-overlap."""
        plan = WindowPlan()
        starts = [window.start for window in windows(self._shot(numbers), plan.size, plan.overlap)][1:]
        takes_over = [start + plan.overlap // 2 for start in starts]
        return [int(np.searchsorted(numbers, frame)) for frame in takes_over if numbers[0] < frame <= numbers[-1]]

    def _shot(self, numbers: Sequence[int]) -> FrameRange:
        start = max((cut for cut in self.cuts if cut <= numbers[0]), default=0)  # where faces may not be seen yet
        stop = min((cut for cut in self.cuts if cut > numbers[-1]), default=numbers[-1] + self.every)
        return FrameRange(start, stop)


def scores(
    rows: Rows, truth: dict[int, TruthFace], shots: Shots, right: Embeddings = NOBODY, wrong: Embeddings = NOBODY
) -> Scores:
    """A version's figures: means over frames; over time, means over the shots that have at least two frames."""
    faces = [truth[number] for number in rows.numbers]
    dlib, sface = np.stack(rows.dlib), np.stack(rows.sface)
    ids = measure.identity_scores(dlib, np.stack([face.dlib for face in faces]))
    runs = [run for run in shots.runs(rows.numbers) if run.stop - run.start > 1]
    dense = np.stack(rows.dense) if rows.dense else None
    wanted = np.stack([face.dense for face in faces])
    psnr, ssim, detail, fine, structural, features = (_known(column) for column in zip(*rows.pictures, strict=True))
    return Scores(
        psnr_db=psnr,
        ssim=ssim,
        detail=detail,
        fine_energy=fine,
        structural=structural,
        features=features,
        ids_dlib=float(ids.mean()),
        ids_sface=float(measure.identity_scores(sface, np.stack([face.sface for face in faces])).mean()),
        ref_ids_dlib=_likeness(dlib, right.dlib),
        ref_ids_sface=_likeness(sface, right.sface),
        wrong_ids_dlib=_likeness(dlib, wrong.dlib),
        wrong_ids_sface=_likeness(sface, wrong.sface),
        vidd_dlib=_mean([measure.identity_distance(dlib[run]) for run in runs]),
        deviation_dlib=_mean([measure.identity_deviation(ids[run]) for run in runs]),
        slope_dlib=_mean([measure.drift_slope(ids[run]) / shots.every for run in runs]),
        jump_dlib=_mean(_jumps(ids, rows.numbers, runs, shots)),
        landmarks=NOT_MEASURED if dense is None else measure.landmark_distance(wanted, dense, measure.EYE_CORNERS),
        jitter=NOT_MEASURED
        if dense is None
        else _mean([measure.landmark_jitter(wanted[run], dense[run], measure.EYE_CORNERS) for run in runs]),
        flicker=_mean(rows.flicker),
    )


def _jumps(ids: FloatArray, numbers: list[int], runs: list[slice], shots: Shots) -> list[float]:
    found = []
    for run in runs:
        seams = shots.seams(numbers[run])
        if seams:
            found.append(measure.clip_jump(ids[run], seams))
    return found


def _likeness(embeddings: FloatArray, person: FloatArray) -> float:
    return float(measure.identity_scores(embeddings, person).mean()) if len(person) else NOT_MEASURED


def _known(values: Sequence[float]) -> float:
    """The mean of what was measured."""
    return _mean([value for value in values if np.isfinite(value)])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else NOT_MEASURED
