"""Compare a restoration with the truth it should have found: the table that the demo prints.

    python -m likeness_core.evaluation.pairs TRUTH DEGRADED RESTORED [--cuts 48]

Each is a movie or an image sequence. The face is found in the truth, and all versions are measured with its box
and its points: the largest face of each frame; frames without one are left out. Needs the extra `evaluate`.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from likeness_core.api import FrameRange, Media
from likeness_core.errors import FaceError, InputError
from likeness_core.evaluation import measure
from likeness_core.evaluation.measure import Interval
from likeness_core.evaluation.scores import NOT_MEASURED, Examiner, Rows, Scores, Shots, TruthFace, scores
from likeness_core.media import Frame, MediaReader, probe

FloatArray = npt.NDArray[np.float32]


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


def evaluate_pair(truth: Path, degraded: Path, restored: Path, cuts: Sequence[int] = (), every: int = 1) -> Evaluation:
    """Measure `degraded` and `restored` against `truth` on the frames that `restored` has.

    A restored sequence may cover a part: its file numbers are source frame numbers. `cuts` are the first frames of
    shots; steadiness is not measured across them. `every`: only each so many frames are looked at, to save time.
    Features and motion are left out. Raises InputError (`evaluate.mismatch`) where sizes or lengths do not fit,
    FaceError (`evaluate.no_face`) where the truth shows no face, MediaError, ModelPackError.
    """
    media = [probe(path) for path in (truth, degraded, restored)]
    frames = compared_frames(media)
    examiner, shots = Examiner(whole=False), Shots(tuple(cuts), every)
    with MediaReader(media[0]) as reader:
        faces = examiner.truth(reader.frames(frames), every)
    if not faces:
        raise no_face(truth)
    rows = [examiner.version(together(media[0], other, frames), faces, shots) for other in media[1:]]
    return _summary(faces, len(frames), rows, shots)


def no_face(truth: Path) -> FaceError:
    """The truth shows nobody."""
    return FaceError("evaluate.no_face", f"no face was found in {truth}", "Check that the truth is the right footage.")


def compared_frames(media: Sequence[Media]) -> FrameRange:
    """The source frames that (truth, degraded, restored) have in common: those of the last.

    Raises InputError `evaluate.mismatch`.
    """
    first = max(media[-1].first_number - media[1].first_number, 0) if media[-1].kind == "sequence" else 0
    frames = FrameRange(first, first + media[-1].frame_count)
    sizes = {(item.width, item.height) for item in media}
    if len(sizes) > 1:
        hint = "Compare versions of one size; restore with --scale 1 for it."
        raise InputError("evaluate.mismatch", f"the versions differ in size: {sorted(sizes)}", hint)
    if frames.stop > min(media[0].frame_count, media[1].frame_count):
        message = f"the result has frames up to {frames.stop}, the footage {media[1].frame_count}"
        raise InputError("evaluate.mismatch", message, "Check that the three belong together.")
    return frames


def together(truth: Media, other: Media, frames: FrameRange) -> Iterator[tuple[Frame, Frame]]:
    """Frame by frame: the truth, and another version that may have the frames of `frames` only."""
    partial = other.kind == "sequence" and other.frame_count == len(frames)
    with MediaReader(truth) as first, MediaReader(other) as second:
        own = FrameRange(0, len(frames)) if partial else frames  # a part counts from its first file
        yield from zip(first.frames(frames), second.frames(own), strict=True)


def _summary(faces: dict[int, TruthFace], total: int, versions: Sequence[Rows], shots: Shots) -> Evaluation:
    degraded, restored = versions
    known = [faces[number] for number in degraded.numbers]
    dlib, sface = np.stack([face.dlib for face in known]), np.stack([face.sface for face in known])
    gains = [
        measure.confidence_interval(measure.blocks(np.asarray(after, np.float32) - np.asarray(before, np.float32)))
        for before, after in (
            ([row[0] for row in degraded.pictures], [row[0] for row in restored.pictures]),
            (_similarity(degraded.dlib, dlib), _similarity(restored.dlib, dlib)),
            (_similarity(degraded.sface, sface), _similarity(restored.sface, sface)),
        )
    ]
    runs = [run for run in shots.runs(degraded.numbers) if run.stop - run.start > 1]
    steadiness = [measure.identity_distance(dlib[run]) for run in runs]
    return Evaluation(
        frames=len(known),
        total=total,
        truth_vidd_dlib=float(np.mean(steadiness)) if steadiness else NOT_MEASURED,
        degraded=scores(degraded, faces, shots),
        restored=scores(restored, faces, shots),
        psnr_gain_db=gains[0],
        ids_gain_dlib=gains[1],
        ids_gain_sface=gains[2],
    )


def _similarity(embeddings: list[FloatArray], targets: FloatArray) -> FloatArray:
    return measure.identity_scores(np.stack(embeddings), targets)


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
