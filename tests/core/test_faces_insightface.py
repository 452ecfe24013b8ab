import logging
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from likeness_core.errors import ModelPackError
from likeness_core.faces import DenseLandmarks, FaceAnalyser, FaceDetector, Recogniser, sface_part
from likeness_core.faces_insightface import (
    LICENCE_NOTICE,
    InsightFaceDetector,
    InsightFaceRecogniser,
    JointRecogniser,
)
from onnx import TensorProto, helper, numpy_helper

from tests.core.openpeople_footage import portrait, selfie

INPUT_PX = 640
CELL = (20, 30)  # row and column, in the grid of 16 px, that sees the face
LEFT, TOP, RIGHT, BOTTOM = 3.0, 4.0, 5.0, 6.0  # from the cell to the sides of the box, in cells
POINTS = ((-1.5, -1.0), (1.5, -1.0), (0.0, 0.5), (-1.0, 2.0), (1.0, 2.0))


def save(
    nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray], size: int, outputs: list[str], path: Path
) -> None:
    graph = helper.make_graph(
        nodes,
        "generated",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def make_detector(path: Path) -> None:
    """A network with the outputs of a published detector: it sees one face, at CELL, the brighter the surer."""
    weights: dict[str, np.ndarray] = {"scale": np.array(0.0)}
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "scale"], ["nothing"]),
    ]
    names = [f"{kind}_{stride}" for kind in ("score", "bbox", "kps") for stride in (8, 16, 32)]
    for name in names:
        kind, stride = name.split("_")
        cells = INPUT_PX // int(stride)
        values = np.zeros((cells * cells * 2, {"score": 1, "bbox": 4, "kps": 10}[kind]))
        if stride == "16":
            row = (CELL[0] * cells + CELL[1]) * 2
            values[row] = {"score": 0.9, "bbox": (LEFT, TOP, RIGHT, BOTTOM), "kps": np.ravel(POINTS)}[kind]
        weights[f"{name}_value"] = values
        nodes.append(helper.make_node("Add", [f"{name}_value", "nothing"], [name]))
    save(nodes, weights, INPUT_PX, names, path)


def make_recogniser(path: Path) -> None:
    """A network with the shape of a published recogniser: a random projection of the crop's colours at 7 x 7."""
    random = np.random.default_rng(0)
    nodes = [
        helper.make_node("AveragePool", ["input"], ["pooled"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "projection"], ["embedding"]),
    ]
    save(nodes, {"projection": random.normal(0, 1, (3 * 49, 512))}, 112, ["embedding"], path)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("insightface")
    folder = tmp_path_factory.mktemp("pack")
    make_detector(folder / "det_10g.onnx")
    make_recogniser(folder / "w600k_r50.onnx")
    return folder


def test_detector_decodes_and_scales(pack: Path) -> None:
    detector = InsightFaceDetector(pack, device="cpu")
    faces = detector.detect(np.zeros((1280, 1280, 3), np.uint8), frame=5)  # twice the network's input
    assert len(faces) == 1 and faces[0].frame == 5
    assert faces[0].score == pytest.approx(0.9)
    x, y = CELL[1] * 16, CELL[0] * 16
    expected = (x - LEFT * 16, y - TOP * 16, (LEFT + RIGHT) * 16, (TOP + BOTTOM) * 16)
    np.testing.assert_allclose(faces[0].box, np.multiply(expected, 2), atol=1e-3)
    np.testing.assert_allclose(faces[0].points, (np.array(POINTS) * 16 + (x, y)) * 2, atol=1e-3)
    assert detector.detect(np.zeros((1, 700, 3), np.uint8)) == []


def test_recogniser_looks_at_the_face(pack: Path) -> None:
    recogniser = InsightFaceRecogniser(pack, device="cpu")
    faces = {}
    for name, picture in {"portrait": portrait(1), "selfie": selfie(1)}.items():
        faces[name] = (picture, FaceDetector(device="cpu").detect(picture)[0])
    embeddings = {name: recogniser.embed(*face) for name, face in faces.items()}
    assert embeddings["portrait"].shape == (512,) and embeddings["portrait"].dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings["portrait"]), 1, atol=1e-5)
    shifted = np.roll(portrait(1), (40, 60), axis=(0, 1))
    moved = recogniser.embed(shifted, FaceDetector(device="cpu").detect(shifted)[0])
    unmoved = embeddings["portrait"]
    assert moved @ unmoved > embeddings["selfie"] @ unmoved + 0.1


def test_joint_embeddings_hold_both_opinions(pack: Path) -> None:
    faces = {}
    for name, picture in {"portrait": portrait(1), "selfie": selfie(1)}.items():
        faces[name] = (picture, FaceDetector(device="cpu").detect(picture)[0])
    recognisers = (
        JointRecogniser(pack, device="cpu"),
        InsightFaceRecogniser(pack, device="cpu"),
        Recogniser(device="cpu"),
    )
    joint = [recognisers[0].recognise(*face).embedding for face in faces.values()]
    theirs, ours = ([recogniser.embed(*face) for face in faces.values()] for recogniser in recognisers[1:])
    assert joint[0] @ joint[1] == pytest.approx((theirs[0] @ theirs[1] + ours[0] @ ours[1]) / 2, abs=1e-5)
    np.testing.assert_allclose(sface_part(tuple(joint[0])), ours[0], atol=1e-5)
    np.testing.assert_allclose(sface_part(tuple(ours[0])), ours[0], atol=1e-6)


def test_fits_into_the_analyser(pack: Path) -> None:
    analyser = FaceAnalyser(InsightFaceDetector(pack, device="cpu"), Recogniser(device="cpu"), DenseLandmarks())
    assert len(analyser.find(portrait(1))) == 1


def test_the_licence_is_shown(pack: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        detector = InsightFaceDetector(pack, device="cpu")
    assert "non-commercial" in detector.licence_notice == LICENCE_NOTICE
    assert LICENCE_NOTICE in caplog.text


def test_missing_and_damaged_packs(pack: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelPackError) as caught:
        InsightFaceDetector(tmp_path, device="cpu")
    assert caught.value.code == "pack.missing"
    make_recogniser(tmp_path / "w600k_r50.onnx")
    with pytest.raises(ModelPackError):
        InsightFaceDetector(tmp_path, device="cpu")  # a recogniser is no detector
    (tmp_path / "a_det.onnx").write_bytes(b"not a network")
    with pytest.raises(ModelPackError) as caught:
        InsightFaceDetector(tmp_path, device="cpu")
    assert caught.value.code == "pack.format" and "a_det.onnx" in caught.value.message


def test_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "insightface.model_zoo", None)  # as if it were not installed
    with pytest.raises(ModelPackError) as caught:
        InsightFaceDetector(tmp_path)
    assert caught.value.code == "pack.insightface" and "likeness[insightface]" in caught.value.hint
