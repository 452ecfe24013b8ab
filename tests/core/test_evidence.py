"""What a run leaves beside its result: complete, equal from run to run, and safe through a kill."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.api import Face, FrameRange, ReferencePhoto, RestorationJob, RestorationSettings
from likeness_core.cast import Cast, CastReference, CastTrack
from likeness_core.evidence import DIGITAL_SOURCE_TYPE, SHEET_FRAMES, Evidence, FaceScore, FrameNotes
from likeness_core.restorer.conditioning import AlignedPhoto

from tests.core.drawn_face import draw, landmarks
from tests.core.test_jobs import any_job

FILES = ("sidecar.json", "sheet.png", "identity.csv", "identity.png")


def job_into(folder: Path, frames: FrameRange, references: int = 1) -> RestorationJob:
    folder.mkdir(exist_ok=True)
    job = any_job(4)
    photos = tuple(f"/photos of/somebody/{number}.jpg" for number in range(references))
    output = replace(job.output, folder=str(folder))
    return replace(job, frames=frames, references=photos, reference_hashes=("ab" * 32,) * references, output=output)


def cast_of(frames: FrameRange | None, references: int = 1) -> Cast:
    """One track over `frames`, in 64 px crops of a drawn face."""
    dense, embedding = landmarks(), np.full(128, 128**-0.5, np.float32)
    photos = tuple(AlignedPhoto(draw(dense, 64), dense, embedding, 0.8) for _ in range(references))
    tracks = ()
    if frames is not None:
        rows = np.repeat(dense[None] * 64, len(frames), axis=0)
        trust = np.ones(len(frames), np.float32)
        tracks = (CastTrack(0, 1, 0, frames.start, rows, trust, 64, photos, photos[:1], embedding, 0.8, False,
                            RestorationSettings()),)  # fmt: skip
    face = Face(0, (0.0, 0.0, 64.0, 64.0), ((0.0, 0.0),) * 5, 1.0)
    read = tuple(ReferencePhoto(f"/photos of/somebody/{n}.jpg", "ab" * 32, face, (), 0.8) for n in range(references))
    return Cast(
        tracks, photos, tuple(CastReference(photo, (1,)) for photo in read), ("a lone person took the reference",)
    )


def finished(frame: int, restored: bool = True, trust: float = 0.9) -> FrameNotes:
    picture: npt.NDArray[np.uint8] = np.full((64, 64, 3), frame % 200, np.uint8)
    scores = (FaceScore(frame, 1, 0.4 + frame / 1000, 0.6 + frame / 1000, trust),) if restored else ()
    crops = (np.stack([picture, picture + 20]),) if restored else ()
    return FrameNotes(frame, scores, crops)


def run(tmp_path: Path, name: str, frames: FrameRange) -> Path:
    """All the evidence of a run over `frames`."""
    out, job_folder = tmp_path / name, tmp_path / f"{name} job"
    job_folder.mkdir()
    evidence = Evidence(job_into(tmp_path / "out", frames), cast_of(frames), job_folder)
    for frame in frames.frames():
        evidence.add(finished(frame))
    evidence.sync()
    evidence.finish(tmp_path / "out" / "frames")
    (tmp_path / "out").rename(out)
    return out


def test_several_people_take_turns_on_the_sheet(tmp_path: Path) -> None:
    frames = FrameRange(0, 11)  # six on the sheet: each second one
    evidence = Evidence(job_into(tmp_path / "out", frames), cast_of(frames), tmp_path)
    people = [np.full((2, 64, 64, 3), 50 * person, np.uint8) for person in (1, 2)]
    for frame in frames.frames():
        evidence.add(FrameNotes(frame, (), tuple(people)))
    shown = [int(np.load(tmp_path / "sheet" / f"{frame}.npy").max()) for frame in (0, 2, 4, 6, 8, 10)]
    assert shown == [50, 100, 50, 100, 50, 100]


def test_the_sidecar_says_what_made_the_result(tmp_path: Path) -> None:
    stored = json.loads((run(tmp_path, "a", FrameRange(10, 14)) / "sidecar.json").read_text())
    assert stored["digital_source_type"] == DIGITAL_SOURCE_TYPE
    assert stored["job"]["settings"]["steps"] == 8
    assert len(stored["job"]["source"]["sha256"]) == len(stored["job"]["pack"]["sha256"]) == 64
    assert stored["references"] == [{"name": "0.jpg", "sha256": "ab" * 32, "quality": 0.8, "people": [1]}]
    assert [score["frame"] for score in stored["scores"]] == [10, 11, 12, 13]
    assert stored["frames_restored"] == 4
    assert stored["identity_before"] == pytest.approx(0.4115)
    assert stored["identity_after"] == pytest.approx(0.6115)
    assert "a lone person took the reference" in stored["warnings"]


def test_the_identity_curve_has_a_row_for_each_restored_face(tmp_path: Path) -> None:
    out = run(tmp_path, "a", FrameRange(10, 14))
    with (out / "identity.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["frame"] for row in rows] == ["10", "11", "12", "13"]
    assert rows[2] == {"frame": "12", "person": "1", "source": "0.4120", "result": "0.6120", "trust": "0.900"}
    assert cv2.imread(str(out / "identity.png")) is not None


def test_two_runs_leave_the_same_bytes(tmp_path: Path) -> None:
    one, other = run(tmp_path, "a", FrameRange(0, 3)), run(tmp_path, "b", FrameRange(0, 3))
    for name in FILES:
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_the_sheet_shows_frames_from_all_over_the_range(tmp_path: Path) -> None:
    run(tmp_path, "a", FrameRange(0, 100))
    kept = sorted(int(path.stem) for path in (tmp_path / "a job" / "sheet").glob("*.npy"))
    assert len(kept) == SHEET_FRAMES
    assert (kept[0], kept[-1]) == (0, 99)
    sheet = cv2.imread(str(tmp_path / "a" / "sheet.png"))
    assert sheet is not None
    assert sheet.shape[1] > 4 * 64


@pytest.mark.parametrize("references", [0, 1, 5])
def test_nothing_restored_is_no_error(tmp_path: Path, references: int) -> None:
    frames = FrameRange(0, 5)
    (tmp_path / "job").mkdir()
    evidence = Evidence(job_into(tmp_path / "out", frames, references), cast_of(None, references), tmp_path / "job")
    for frame in frames.frames():
        evidence.add(finished(frame, restored=False))
    result = evidence.finish(tmp_path / "out" / "frames")
    assert result.restored_frames == 0
    assert result.frames == 5
    for name in FILES:
        assert (tmp_path / "out" / name).stat().st_size > 0
    assert json.loads((tmp_path / "out" / "sidecar.json").read_text())["identity_after"] is None


def test_a_killed_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    frames = FrameRange(0, 12)
    whole = run(tmp_path, "whole", frames)
    folder = tmp_path / "job"
    folder.mkdir()
    job, cast = job_into(tmp_path / "out", frames), cast_of(frames)
    first = Evidence(job, cast, folder)
    for frame in range(7):  # the unit that began with frame 5 did not finish
        first.add(finished(frame))
    with (folder / "scores.jsonl").open("ab") as handle:
        handle.write(b'{"frame":7,"pers')
    second = Evidence(job, cast, folder)
    second.keep_before(5)
    for frame in range(5, 12):
        second.add(finished(frame))
    second.finish(tmp_path / "out" / "frames")
    for name in FILES:
        assert (tmp_path / "out" / name).read_bytes() == (whole / name).read_bytes()


def test_frames_that_fade_are_told(tmp_path: Path) -> None:
    frames = FrameRange(0, 4)
    (tmp_path / "job").mkdir()
    evidence = Evidence(job_into(tmp_path / "out", frames), cast_of(frames), tmp_path / "job")
    for frame in frames.frames():
        evidence.add(finished(frame, trust=0.2 if frame < 2 else 0.9))
    warnings = evidence.finish(tmp_path / "out" / "frames").warnings
    assert any(warning.startswith("2 frames fade to the source") for warning in warnings)
