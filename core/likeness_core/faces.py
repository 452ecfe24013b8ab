"""Faces in one picture: where they are (YuNet), whose they are (SFace), and 468 points on them.

Detection and recognition run on onnxruntime (CUDA where present, else CPU), the points on LiteRT; what goes
into the networks and what comes out is prepared here. Results are the same for the same number of threads
and device. docs/faces.md has the measurements that the constants come from.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from likeness_core import carried_weights
from likeness_core.api import Face
from likeness_core.onnx_networks import float_network, open_network
from likeness_core.warps import five_points

Picture = npt.NDArray[np.uint8]  # RGB (H, W, 3), 0 to 255, full range, in the source's own transfer curve
Points = npt.NDArray[np.float32]  # (N, 2) x, y in pixels of the picture

# Long side, in pixels, of the reduced pictures that the detector sees. In 320 a face that fills the frame is
# found (recall 1.00, cut-off chins and foreheads included), in 1280 one that is 24 px wide in 1080p (0.93).
_PASSES_PX = (320, 1280)
_STRIDES_PX = (8, 16, 32)  # between neighbouring cells of YuNet's three grids
_SAME_FACE_IOU = 0.3  # boxes that overlap more are one face

# Where SFace expects left eye, right eye, nose tip, left and right mouth corner in its 112 x 112 input: the
# five-point template of ArcFace (Deng et al. 2019), which SFace was trained with.
_RECOGNISER_TEMPLATE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)], np.float32
)
_RECOGNISER_PX = 112
_SFACE_WIDTH = 128
# The length of SFace's vector before it is made a unit says how much it has seen: over faces reduced by 1 to 12, with
# and without grain, it foretells the cosine with clean photographs of the same person (correlation .86; docs/faces.md).
_MATCH_PER_LENGTH, _MATCH_AT_NONE = 0.1216, -0.742
LEAST_EXPECTED, _MOST_EXPECTED = 0.25, 0.85

_MESH_PX = 192
_MESH_MARGIN_FROM_BOX = 1.5  # side of the first crop over the detector's box: boxes vary, so generous
_MESH_MARGIN_FROM_POINTS = 1.3  # side of the second crop over the extent of the first points
_TRUSTED_PRESENCE = 0.5  # under it the mesh is not used; only faces of about 20 px and under fall there


# A face is sure from here on. Weaker ones may be half-turned or covered faces, or none: only a tracker, which
# knows where a face was a frame ago, should believe them.
SURE_SCORE = 0.6


class Detector(Protocol):
    """Finds faces in a picture."""

    def detect(self, rgb: Picture, frame: int = 0) -> list[Face]:
        """The faces of the picture, best first, weak ones too; `frame` is written into each. None is no error."""
        ...


@dataclass(frozen=True, slots=True)
class Recognition:
    """Whose face a picture shows, and how clearly."""

    embedding: Points  # a unit vector, float32 (D,); the cosine of two such vectors says how alike the faces are
    expected_match: float  # SFace's cosine to expect with a clean photograph of the same person


class FaceRecogniser(Protocol):
    """Tells whose face it is."""

    def recognise(self, rgb: Picture, face: Face) -> Recognition:
        """The face at `face.points` of `rgb` (uint8 RGB (H, W, 3))."""
        ...


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Dense points on a face."""

    points: Points  # float32 (468, 2), x, y in pixels of the picture
    presence: float  # 0 to 1: how sure the network is that its crop shows a face


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face with its dense points; `face.points` are taken from them where the mesh trusts its crop."""

    face: Face
    landmarks: Landmarks


class FaceDetector:
    """YuNet (Wu et al. 2023) over two sizes of the picture."""

    def __init__(self, threads: int = 2, device: str = "auto", minimum_score: float = 0.3) -> None:
        """`threads` inside one operator; `device`: "auto", "cpu" or "cuda"; faces under `minimum_score` are dropped.

        Raises ModelPackError when the weights are missing or damaged.
        """
        network = float_network(carried_weights.read(carried_weights.YUNET), free_size=True)
        self._session = open_network(network, threads, device)
        self._outputs = [f"{kind}_{stride}" for stride in _STRIDES_PX for kind in ("cls", "obj", "bbox", "kps")]
        self._minimum_score = minimum_score

    def detect(self, rgb: Picture, frame: int = 0) -> list[Face]:
        """The faces of `rgb` (uint8 RGB (H, W, 3), any size), best first; `frame` is written into each."""
        _check_picture(rgb)
        long_side = max(rgb.shape[:2])
        sizes = sorted({min(long_side, size) for size in _PASSES_PX})
        found = np.concatenate([self._detect_at(rgb, size / long_side) for size in sizes])
        if not len(found):
            return []
        kept = cv2.dnn.NMSBoxes(found[:, :4].tolist(), found[:, 14].tolist(), 0.0, _SAME_FACE_IOU)
        return [_face(found[index], frame) for index in np.asarray(kept, np.int64).ravel()]

    def _detect_at(self, rgb: Picture, scale: float) -> npt.NDArray[np.float64]:
        """Rows of box (x, y, width, height), five points (x, y) and score, in pixels of `rgb`: (N, 15)."""
        height, width = rgb.shape[:2]
        small_size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = rgb if scale == 1 else cv2.resize(rgb, small_size, interpolation=cv2.INTER_AREA)
        padded_height, padded_width = (-(-side // _STRIDES_PX[-1]) * _STRIDES_PX[-1] for side in small.shape[:2])
        blob = np.zeros((1, 3, padded_height, padded_width), np.float32)
        blob[0, :, : small.shape[0], : small.shape[1]] = small[:, :, ::-1].transpose(
            2, 0, 1
        )  # YuNet takes BGR, 0 to 255
        outputs = self._session.run(self._outputs, {"input": blob})
        rows = np.concatenate(
            [
                _decode(stride, padded_width // stride, outputs[4 * index : 4 * index + 4], self._minimum_score)
                for index, stride in enumerate(_STRIDES_PX)
            ]
        )
        rows[:, 0:14:2] *= width / small_size[0]
        rows[:, 1:14:2] *= height / small_size[1]
        return rows


class Recogniser:
    """SFace (Zhong et al. 2021): 128 numbers that say whose face it is."""

    def __init__(self, threads: int = 2, device: str = "auto") -> None:
        """Raises ModelPackError when the weights are missing or damaged."""
        network = float_network(carried_weights.read(carried_weights.SFACE))
        self._session = open_network(network, threads, device)

    def embed(self, rgb: Picture, face: Face) -> Points:
        """A unit vector, float32 (128,), for the face at `face.points` of `rgb` (uint8 RGB (H, W, 3))."""
        return self.recognise(rgb, face).embedding

    def recognise(self, rgb: Picture, face: Face) -> Recognition:
        """The same, and how clearly the face is seen."""
        _check_picture(rgb)
        crop = aligned_crop(rgb, face)
        blob = np.ascontiguousarray(crop.transpose(2, 0, 1)[None], np.float32)  # SFace takes RGB, 0 to 255
        embedding = np.asarray(self._session.run(None, {"data": blob})[0], np.float32).ravel()
        length = float(np.linalg.norm(embedding))
        expected = float(np.clip(_MATCH_PER_LENGTH * length + _MATCH_AT_NONE, LEAST_EXPECTED, _MOST_EXPECTED))
        return Recognition(np.asarray(embedding / max(length, 1e-12), np.float32), expected)


class DenseLandmarks:
    """The 468-point face mesh (Kartynnik et al. 2019), four times steadier than the detector's points."""

    def __init__(self, threads: int = 2) -> None:
        """Raises ModelPackError when the weights are missing or damaged."""
        content = carried_weights.read(carried_weights.FACE_LANDMARK)
        with _silenced_stderr():
            self._interpreter = Interpreter(model_content=content, num_threads=threads)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._points, self._presence = (output["index"] for output in self._interpreter.get_output_details())
        self._one_at_a_time = threading.Lock()  # an interpreter holds its input and output

    def find(self, rgb: Picture, face: Face) -> Landmarks:
        """The points of the face at `face` in `rgb` (uint8 RGB (H, W, 3)).

        The crop of the second look comes from the points of the first: that takes the detector's noise out.
        """
        _check_picture(rgb)
        x, y, width, height = face.box
        (left_x, left_y), (right_x, right_y) = face.points[:2]
        centre = np.array((x + width / 2, y + height / 2))
        angle = float(np.arctan2(right_y - left_y, right_x - left_x))
        first = self._look(rgb, _square_to_mesh(centre, max(width, height) * _MESH_MARGIN_FROM_BOX, angle))
        return self._look(rgb, _square_around(first.points))

    def _look(self, rgb: Picture, transform: npt.NDArray[np.float64]) -> Landmarks:
        crop = _warp(rgb, transform, _MESH_PX)
        with self._one_at_a_time:
            self._interpreter.set_tensor(self._input, crop[None].astype(np.float32) / np.float32(255))
            self._interpreter.invoke()
            in_crop = self._interpreter.get_tensor(self._points).reshape(-1, 3)[:, :2]
            logit = float(self._interpreter.get_tensor(self._presence).ravel()[0])
        back = np.linalg.inv(transform[:, :2])
        points = (in_crop - transform[:, 2]) @ back.T
        return Landmarks(np.asarray(points, np.float32), float(1 / (1 + np.exp(-np.clip(logit, -50, 50)))))


class FaceAnalyser:
    """Detector, recogniser and dense landmarks together: what tracks and references are made with.

    Several threads may use one analyser.
    """

    def __init__(self, detector: Detector, recogniser: FaceRecogniser, landmarks: DenseLandmarks) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._landmarks = landmarks

    def find(self, rgb: Picture, frame: int = 0) -> list[FoundFace]:
        """The faces of `rgb` (uint8 RGB (H, W, 3)) with steady points, best first, weak ones (SURE_SCORE) too."""
        found = []
        for face in self._detector.detect(rgb, frame):
            landmarks = self._landmarks.find(rgb, face)
            if landmarks.presence >= _TRUSTED_PRESENCE:
                points = tuple((float(x), float(y)) for x, y in five_points(landmarks.points))
                found.append(FoundFace(replace(face, points=points), landmarks))
            else:
                found.append(FoundFace(face, landmarks))
        return found

    def embed(self, rgb: Picture, face: Face) -> Points:
        """A unit vector, float32 (D,), that says whose face it is."""
        return self._recogniser.recognise(rgb, face).embedding

    def recognise(self, rgb: Picture, face: Face) -> Recognition:
        """The same, and how clearly the face is seen."""
        return self._recogniser.recognise(rgb, face)

    def landmarks(self, rgb: Picture, face: Face) -> Landmarks:
        """The dense points of the face at `face` in `rgb`."""
        return self._landmarks.find(rgb, face)


def open_face_analyser(threads: int = 2, device: str = "auto") -> FaceAnalyser:
    """The analyser with the networks that Likeness comes with. Raises ModelPackError."""
    return FaceAnalyser(FaceDetector(threads, device), Recogniser(threads, device), DenseLandmarks(threads))


def sface_part(embedding: tuple[float, ...]) -> Points:
    """SFace's share of an embedding, unit length, float32 (128,): all of it where no other recogniser was asked."""
    part = np.array(embedding[-_SFACE_WIDTH:], np.float32)
    return np.asarray(part / max(float(np.linalg.norm(part)), 1e-12), np.float32)


def aligned_crop(rgb: Picture, face: Face, side_px: int = _RECOGNISER_PX) -> Picture:
    """The face at `face.points` upright, as the recogniser wants it: uint8 RGB (side_px, side_px, 3).

    Black beyond the picture.
    """
    template = (_RECOGNISER_TEMPLATE + 0.5) * (side_px / _RECOGNISER_PX) - 0.5  # from pixel centres to edges and back
    return _warp(rgb, similarity(np.array(face.points, np.float32), np.asarray(template, np.float32)), side_px)


def similarity(source: Points, target: Points) -> npt.NDArray[np.float64]:
    """The rotation, scale and shift (2, 3) that brings `source` nearest to `target` (both (N, 2)), least squares.

    Never mirrors. A point set without extent gives scale 0.
    """
    from_centre, to_centre = source.mean(axis=0, dtype=np.float64), target.mean(axis=0, dtype=np.float64)
    # As complex numbers, a rotation with scale is one factor, and least squares for it is one division.
    before = (source - from_centre) @ np.array((1, 1j))
    after = (target - to_centre) @ np.array((1, 1j))
    factor = np.vdot(before, after) / max(float(np.vdot(before, before).real), 1e-12)
    matrix = np.array(((factor.real, -factor.imag), (factor.imag, factor.real)))
    return np.column_stack((matrix, to_centre - matrix @ from_centre))


@contextmanager
def _silenced_stderr() -> Iterator[None]:
    """LiteRT (2.3) announces its CPU kernels on standard error, and has no switch for it."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _check_picture(rgb: Picture) -> None:
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
        raise ValueError(f"expected uint8 RGB (H, W, 3), got {rgb.dtype} {rgb.shape}")


def _decode(
    stride: int, columns: int, outputs: list[npt.NDArray[np.float32]], minimum_score: float
) -> npt.NDArray[np.float64]:
    """Rows (N, 15) as in `_detect_at`, in pixels of the network's input, from one of YuNet's grids.

    A cell predicts its box's centre and points as offsets in cells, and its size as a logarithm.
    """
    classes, objectness, boxes, points = (output[0].astype(np.float64) for output in outputs)
    scores = np.sqrt(np.clip(classes[:, 0], 0, 1) * np.clip(objectness[:, 0], 0, 1))
    chosen = np.flatnonzero(scores >= minimum_score)
    cells = np.stack((chosen % columns, chosen // columns), axis=1)
    centres = (cells + boxes[chosen, :2]) * stride
    sizes = np.exp(boxes[chosen, 2:]) * stride
    corners = (points[chosen].reshape(-1, 5, 2) + cells[:, None]) * stride
    return np.column_stack((centres - sizes / 2, sizes, corners.reshape(-1, 10), scores[chosen]))


def _face(row: npt.NDArray[np.float64], frame: int) -> Face:
    x, y, width, height = (float(value) for value in row[:4])
    points = tuple((float(row[index]), float(row[index + 1])) for index in range(4, 14, 2))
    return Face(frame, (x, y, width, height), points, float(row[14]))


def _square_around(points: Points) -> npt.NDArray[np.float64]:
    """The transform of the mesh's crop around dense points, upright by the line through the eyes."""
    left, right = five_points(points)[:2]
    angle = float(np.arctan2(right[1] - left[1], right[0] - left[0]))
    turn = np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
    upright = points @ turn.T
    low, high = upright.min(axis=0), upright.max(axis=0)
    return _square_to_mesh(turn.T @ ((low + high) / 2), float(max(high - low)) * _MESH_MARGIN_FROM_POINTS, angle)


def _square_to_mesh(centre: npt.NDArray[np.float64], side_px: float, angle: float) -> npt.NDArray[np.float64]:
    """The transform (2, 3) from a square of the picture, turned by `angle` (radians), to the mesh's input."""
    scale = _MESH_PX / max(side_px, 1.0)
    matrix = scale * np.array(((np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))))
    return np.column_stack((matrix, np.full(2, (_MESH_PX - 1) / 2) - matrix @ centre))


def _warp(rgb: Picture, transform: npt.NDArray[np.float64], size_px: int) -> Picture:
    """The `size_px` square that `transform` (2, 3), picture to square, cuts out; black beyond the picture.

    A large face is first reduced by area, on the part of the picture that is needed: bilinear sampling alone
    would alias.
    """
    back = np.linalg.pinv(transform[:, :2])
    corners = (np.array([(-1, -1), (-1, size_px), (size_px, -1), (size_px, size_px)]) - transform[:, 2]) @ back.T
    step = max(1, int(1 / max(float(np.sqrt(abs(np.linalg.det(transform[:, :2])))), 1e-6)))
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - step, 0, None)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1 + step, rgb.shape[1::-1])
    if (low >= high).any():
        return np.zeros((size_px, size_px, 3), np.uint8)
    part = rgb[low[1] : high[1], low[0] : high[0]]
    reduced_size = tuple(max(1, round(int(side) / step)) for side in part.shape[1::-1])
    reduced = part if step == 1 else cv2.resize(part, reduced_size, interpolation=cv2.INTER_AREA)
    ratio = np.array(part.shape[1::-1]) / np.array(reduced.shape[1::-1])
    # A pixel's centre is half a pixel from its corner, in the picture as in the reduced part.
    to_picture = np.column_stack((np.diag(ratio), ratio / 2 - 0.5 + low))
    matrix = transform[:, :2] @ to_picture[:, :2]
    offset = transform[:, :2] @ to_picture[:, 2] + transform[:, 2]
    warped = cv2.warpAffine(np.ascontiguousarray(reduced), np.column_stack((matrix, offset)), (size_px, size_px))
    return np.asarray(warped, np.uint8)
