"""Compare a restoration with the truth it should have found: the table that the demo prints.

    python -m likeness_core.evaluate TRUTH DEGRADED RESTORED [--cuts 48]

Each is a movie or an image sequence. The face is found in the truth, and all versions are measured with its box
and its points: the largest face of each frame; frames without one are left out. Needs the extra `evaluate`.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from likeness_core import measure
from likeness_core.api import Face, FrameRange, Media
from likeness_core.errors import FaceError, InputError
from likeness_core.faces import DenseLandmarks, FaceDetector, Recogniser
from likeness_core.judge import Judge
from likeness_core.measure import Interval
from likeness_core.media import Frame, MediaReader, probe, to_float, to_uint8
from likeness_core.warps import five_points

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scores:
    """One version of the footage against the truth; each is `measure`'s, means over frames with a face."""

    psnr_db: float  # of the face's box
    ssim: float  # of the face's box
    detail: float  # gradient energy over the truth's, of the face's box
    ids_dlib: float  # the judge's
    ids_sface: float  # by the recogniser that also conditions and rewards: no evidence on its own
    vidd_dlib: float
    deviation_dlib: float  # of IDS over time inside shots


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Input and result against the truth, and what the result gained, with 95 % intervals over half-second blocks."""

    frames: int  # measured, of
    total: int  # compared
    truth_vidd_dlib: float
    degraded: Scores
    restored: Scores
    psnr_gain_db: Interval
    ids_gain_dlib: Interval
    ids_gain_sface: Interval


class _Version:
    """What is collected of one version, a row a frame."""

    def __init__(self) -> None:
        self.psnr: list[float] = []
        self.ssim: list[float] = []
        self.detail: list[float] = []
        self.dlib: list[FloatArray] = []
        self.sface: list[FloatArray] = []


class _Examiner:
    """Measures versions of one frame on the truth's geometry."""

    def __init__(self) -> None:
        self._detector, self._landmarks = FaceDetector(), DenseLandmarks()
        self._recogniser, self._judge = Recogniser(), Judge()

    def face(self, truth: Frame) -> tuple[Face, FloatArray] | None:
        """The largest face of the truth with steadier points, and its dense landmarks."""
        picture = to_uint8(truth.pixels)
        faces = self._detector.detect(picture, truth.index)
        if not faces:
            return None
        largest = max(faces, key=lambda face: face.box[2] * face.box[3])
        dense = self._landmarks.find(picture, largest).points
        points = tuple((float(x), float(y)) for x, y in five_points(dense))
        return Face(truth.index, largest.box, points, largest.score), dense

    def measure(self, version: _Version, truth: Frame, other: Frame, found: tuple[Face, FloatArray]) -> None:
        """Add one frame's measurements to `version`."""
        face, dense = found
        rgb, reference = to_float(other.pixels), to_float(truth.pixels)
        box = measure.face_box(dense, rgb.shape[1], rgb.shape[0])
        version.psnr.append(measure.psnr(box.cut(reference), box.cut(rgb)))
        version.ssim.append(measure.ssim(box.cut(reference), box.cut(rgb)))
        version.detail.append(measure.detail_ratio(box.cut(reference), box.cut(rgb)))
        version.dlib.append(self._judge.embed(rgb, np.array(face.points, np.float32)))
        version.sface.append(self._recogniser.embed(to_uint8(other.pixels), face))


def evaluate_pair(truth: Path, degraded: Path, restored: Path, cuts: Sequence[int] = (), every: int = 1) -> Evaluation:
    """Measure `degraded` and `restored` against `truth` on the frames that `restored` has.

    A restored sequence may cover a part: its file numbers are source frame numbers. `cuts` are the first frames of
    shots; steadiness is not measured across them. `every`: only each so many frames are looked at, to save time.
    Raises InputError (`evaluate.mismatch`) where sizes or lengths do not fit, FaceError (`evaluate.no_face`) where the
    truth shows no face, MediaError, ModelPackError.
    """
    media = [probe(path) for path in (truth, degraded, restored)]
    first = max(media[2].first_number - media[1].first_number, 0) if media[2].kind == "sequence" else 0
    frames = FrameRange(first, first + media[2].frame_count)
    _check(media, frames)
    examiner, versions = _Examiner(), [_Version() for _ in media]
    numbers: list[int] = []
    for pictures in _together(media, frames):
        if (pictures[0].index - first) % every:
            continue
        found = examiner.face(pictures[0])
        if found is None:
            continue
        numbers.append(pictures[0].index)
        for version, picture in zip(versions, pictures, strict=True):
            examiner.measure(version, pictures[0], picture, found)
    if not numbers:
        raise FaceError(
            "evaluate.no_face", f"no face was found in {truth}", "Check that the truth is the right footage."
        )
    return _summary(numbers, len(frames), versions, _shots(numbers, cuts, every))


def _check(media: Sequence[Media], frames: FrameRange) -> None:
    sizes = {(item.width, item.height) for item in media}
    if len(sizes) > 1:
        hint = "Compare versions of one size; restore with --scale 1 for it."
        raise InputError("evaluate.mismatch", f"the versions differ in size: {sorted(sizes)}", hint)
    if frames.stop > min(media[0].frame_count, media[1].frame_count):
        message = f"the result has frames up to {frames.stop}, the footage {media[1].frame_count}"
        raise InputError("evaluate.mismatch", message, "Check that the three belong together.")


def _together(media: Sequence[Media], frames: FrameRange) -> Iterator[tuple[Frame, Frame, Frame]]:
    """Frame by frame: truth, degraded, restored."""
    own = FrameRange(0, len(frames))  # the result's frames count from its first file
    with MediaReader(media[0]) as truth, MediaReader(media[1]) as degraded, MediaReader(media[2]) as restored:
        yield from zip(truth.frames(frames), degraded.frames(frames), restored.frames(own), strict=True)


def _summary(numbers: list[int], total: int, versions: Sequence[_Version], shots: list[slice]) -> Evaluation:
    truth, degraded, restored = versions
    gains = [
        measure.confidence_interval(measure.blocks(np.asarray(after, np.float32) - np.asarray(before, np.float32)))
        for before, after in (
            (degraded.psnr, restored.psnr),
            (_similarity(degraded.dlib, truth.dlib), _similarity(restored.dlib, truth.dlib)),
            (_similarity(degraded.sface, truth.sface), _similarity(restored.sface, truth.sface)),
        )
    ]
    return Evaluation(
        frames=len(numbers),
        total=total,
        truth_vidd_dlib=_unsteadiness(truth.dlib, shots),
        degraded=_scores(degraded, truth, shots),
        restored=_scores(restored, truth, shots),
        psnr_gain_db=gains[0],
        ids_gain_dlib=gains[1],
        ids_gain_sface=gains[2],
    )


def _scores(version: _Version, truth: _Version, shots: list[slice]) -> Scores:
    judged = _similarity(version.dlib, truth.dlib)
    return Scores(
        psnr_db=float(np.mean(version.psnr)),
        ssim=float(np.mean(version.ssim)),
        detail=float(np.mean(version.detail)),
        ids_dlib=float(judged.mean()),
        ids_sface=float(_similarity(version.sface, truth.sface).mean()),
        vidd_dlib=_unsteadiness(version.dlib, shots),
        deviation_dlib=float(np.mean([measure.identity_deviation(judged[shot]) for shot in shots])),
    )


def _similarity(embeddings: list[FloatArray], targets: list[FloatArray]) -> FloatArray:
    return measure.identity_scores(np.stack(embeddings), np.stack(targets))


def _unsteadiness(embeddings: list[FloatArray], shots: list[slice]) -> float:
    rows = np.stack(embeddings)
    return float(np.mean([measure.identity_distance(rows[shot]) for shot in shots]))


def _shots(numbers: list[int], cuts: Sequence[int], every: int) -> list[slice]:
    """Runs of neighbouring frames inside shots, as slices of the rows."""
    breaks = [row for row in range(1, len(numbers)) if _is_break(numbers[row - 1], numbers[row], cuts, every)]
    edges = [0, *breaks, len(numbers)]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def _is_break(before: int, after: int, cuts: Sequence[int], every: int) -> bool:
    return after != before + every or any(before < cut <= after for cut in cuts)


def table(evaluation: Evaluation) -> str:
    """The figures as text, one line a metric."""
    before, after = evaluation.degraded, evaluation.restored
    psnr, dlib, sface = evaluation.psnr_gain_db, evaluation.ids_gain_dlib, evaluation.ids_gain_sface
    truth = evaluation.truth_vidd_dlib
    lines = [
        f"face, {evaluation.frames} of {evaluation.total} frames      input  restored  gain (95 % interval)",
        f"PSNR, dB                    {before.psnr_db:7.2f}  {after.psnr_db:8.2f}  {_gain(psnr, 2)}",
        f"SSIM                        {before.ssim:7.3f}  {after.ssim:8.3f}",
        f"detail (truth 1)            {before.detail:7.2f}  {after.detail:8.2f}",
        f"identity, dlib (judge)      {before.ids_dlib:7.4f}  {after.ids_dlib:8.4f}  {_gain(dlib, 4)}",
        f"identity, SFace (used)      {before.ids_sface:7.3f}  {after.ids_sface:8.3f}  {_gain(sface, 3)}",
        f"VIDD, dlib (truth {truth:.3f})   {before.vidd_dlib:7.3f}  {after.vidd_dlib:8.3f}",
        f"deviation of identity, dlib {before.deviation_dlib:7.4f}  {after.deviation_dlib:8.4f}",
    ]
    return "\n".join(lines)


def _gain(interval: Interval, digits: int) -> str:
    return f"{interval.mean:+.{digits}f} ({interval.low:+.{digits}f} to {interval.high:+.{digits}f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("degraded", type=Path)
    parser.add_argument("restored", type=Path)
    parser.add_argument("--cuts", type=int, nargs="*", default=(), help="first frames of shots, counted from 0")
    arguments = parser.parse_args()
    print(table(evaluate_pair(arguments.truth, arguments.degraded, arguments.restored, arguments.cuts)))
