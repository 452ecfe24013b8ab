"""The sample that ships is what its README says, and can be made again."""

import re
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from likeness_core.api import ColorTags, FrameRange, OutputSpec
from likeness_core.errors import InputError
from likeness_core.evaluation import measure, pairs
from likeness_core.faces import SURE_SCORE, DenseLandmarks, FaceDetector, Recogniser
from likeness_core.media import MediaReader, probe, to_float, to_uint8
from likeness_core.media.write import SequenceWriter
from likeness_core.training import sample

SAMPLE = Path(__file__).parents[2] / "resources" / "sample"
CUT = 48


@pytest.fixture(scope="module")
def footage() -> list[np.ndarray]:
    return frames_of("footage.mp4", FrameRange(0, 96))


def frames_of(name: str, wanted: FrameRange) -> list[np.ndarray]:
    with MediaReader(probe(SAMPLE / name)) as reader:
        return [to_uint8(frame.pixels) for frame in reader.frames(wanted)]


def test_it_is_small_and_has_its_licence():
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 4_000_000
    assert "MIT License" in (SAMPLE / "LICENSE").read_text(encoding="utf-8")
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+\.(?:mp4|jpg))`", readme))
    assert named == {path.name for path in SAMPLE.iterdir() if path.suffix in (".mp4", ".jpg")}


@pytest.mark.parametrize("name", ["footage.mp4", "truth.mp4"])
def test_both_movies_have_the_same_frames_tags_and_timecode(name):
    media = probe(SAMPLE / name)
    assert (media.width, media.height, media.rate, media.frame_count) == (640, 480, 24, 96)
    assert (media.codec, media.bit_depth) == ("h264", 8)
    assert media.color == ColorTags(primaries=6, transfer=6, matrix=6)
    assert media.start_timecode == "10:00:00:00"


def test_there_is_one_hard_cut(footage):
    changes = [float(cv2.absdiff(after, before).mean()) for before, after in pairwise(footage)]
    assert int(np.argmax(changes)) + 1 == CUT
    assert max(changes) > 10 * sorted(changes)[-2]


def test_every_frame_shows_one_face_that_the_detector_finds(footage):
    detector = FaceDetector(1)
    for index in range(0, 96, 8):
        sure = [face for face in detector.detect(footage[index]) if face.score >= SURE_SCORE]
        assert len(sure) == 1


def test_the_footage_has_lost_identity_and_the_references_have_it(footage):
    detector, recogniser = FaceDetector(1), Recogniser(1)
    truth = frames_of("truth.mp4", FrameRange(0, 96))
    rows = {"truth": [], "footage": []}
    for index in range(4, 96, 16):
        face = detector.detect(truth[index])[0]
        rows["truth"].append(recogniser.embed(truth[index], face))
        rows["footage"].append(recogniser.embed(footage[index], face))
    known, seen = np.stack(rows["truth"]), np.stack(rows["footage"])
    assert 0.6 < measure.identity_scores(seen, known).mean() < 0.85
    for name in ("portrait.jpg", "smiling.jpg"):
        photo = np.ascontiguousarray(cv2.imread(str(SAMPLE / name))[..., ::-1])
        faces = detector.detect(photo)
        assert len(faces) == 1
        assert faces[0].box[2] > 130
        assert measure.identity_scores(known, recogniser.embed(photo, faces[0])).mean() > 0.5


def test_the_evaluation_pairs_frames_and_measures_between_input_and_truth(tmp_path):
    pytest.importorskip("dlib")
    media, wanted = probe(SAMPLE / "footage.mp4"), FrameRange(46, 50)
    writer = SequenceWriter(OutputSpec(str(tmp_path), "half"), media, (640, 480))
    with MediaReader(media) as low, MediaReader(probe(SAMPLE / "truth.mp4")) as high:
        for before, after in zip(low.frames(wanted), high.frames(wanted), strict=True):
            path = writer.write(before.index, 0.5 * to_float(before.pixels) + 0.5 * to_float(after.pixels))
    found = pairs.evaluate_pair(SAMPLE / "truth.mp4", SAMPLE / "footage.mp4", path, cuts=[CUT])
    assert (found.frames, found.total) == (4, 4)
    assert found.degraded.psnr_db == pytest.approx(24.3, abs=2)
    assert found.psnr_gain_db.mean == pytest.approx(6.02, abs=0.1)  # half the error
    assert found.degraded.ids_dlib < found.restored.ids_dlib < 1
    assert found.degraded.ids_sface < found.restored.ids_sface < 1
    assert found.degraded.detail < found.restored.detail < 1
    # Across the cut another picture of her follows: that must not count as unsteadiness.
    uncut = pairs.evaluate_pair(SAMPLE / "truth.mp4", SAMPLE / "footage.mp4", path)
    assert uncut.truth_vidd_dlib > 2 * found.truth_vidd_dlib
    text = pairs.table(found)
    assert f"{found.restored.ids_dlib:.4f}" in text
    assert "4 of 4 frames" in text


def test_versions_of_different_size_or_length_are_refused(tmp_path):
    media = probe(SAMPLE / "footage.mp4")
    small = SequenceWriter(OutputSpec(str(tmp_path), "small"), media, (320, 240))
    path = small.write(0, np.zeros((240, 320, 3), np.float32))
    with pytest.raises(InputError) as caught:
        pairs.evaluate_pair(SAMPLE / "truth.mp4", SAMPLE / "footage.mp4", path)
    assert caught.value.code == "evaluate.mismatch"
    late = SequenceWriter(OutputSpec(str(tmp_path), "late"), media, (640, 480))
    path = late.write(200, np.zeros((480, 640, 3), np.float32))
    with pytest.raises(InputError) as caught:
        pairs.evaluate_pair(SAMPLE / "truth.mp4", SAMPLE / "footage.mp4", path)
    assert caught.value.code == "evaluate.mismatch"


def test_it_can_be_made_again():
    try:
        pictures = sample.pictures_of(sample.PERSON)
    except InputError:
        pytest.skip("openpeople is not installed")
    made = next(iter(sample.truth_frames(pictures)))
    shipped = frames_of("truth.mp4", FrameRange(0, 1))[0].astype(np.float32) / 255
    face = FaceDetector(1).detect(np.rint(made * 255).astype(np.uint8))[0]
    points = DenseLandmarks(1).find(np.rint(made * 255).astype(np.uint8), face).points
    box = measure.face_box(points, 640, 480)
    assert measure.psnr(box.cut(made), box.cut(shipped)) > 36  # what H.264 leaves
    aged = next(iter(sample.aged(iter([made]))))
    assert measure.psnr(box.cut(made), box.cut(aged)) < 28


def test_another_package_or_picture_is_named_in_the_error(tmp_path):
    with pytest.raises(InputError) as caught:
        next(iter(sample.truth_frames(tmp_path)))
    assert caught.value.code == "sample.picture"
    assert "openpeople" in caught.value.hint
