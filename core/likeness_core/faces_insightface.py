"""Opt-in: detection and recognition with an insightface model pack that the user has installed.

Nothing of it ships with Likeness, and nothing is downloaded. The package insightface is MIT; the packs that its
authors publish are for non-commercial research only, which `LICENCE_NOTICE` says and every opening logs.
"""

import logging
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from likeness_core.api import Face
from likeness_core.errors import ModelPackError
from likeness_core.faces import DenseLandmarks, FaceAnalyser, Picture, Points, Recogniser, Recognition
from likeness_core.onnx_networks import REFUSALS, providers_for, session_options

LICENCE_NOTICE = (
    "insightface model packs are licensed for non-commercial research only, unless you hold another licence from"
    " their authors. You chose to use one that is installed on this machine."
)
_INPUT_PX = (640, 640)  # what the published detectors were made for
_MINIMUM_SCORE = 0.3  # as FaceDetector: weak faces are for trackers

_logger = logging.getLogger(__name__)


class InsightFaceDetector:
    """The detector of a pack, in the place of `FaceDetector`."""

    licence_notice = LICENCE_NOTICE

    def __init__(self, folder: Path, threads: int = 2, device: str = "auto") -> None:
        """`folder`: the unpacked pack, such as ~/.insightface/models/buffalo_l. Raises ModelPackError."""
        self._network = _open(folder, "detection", threads, device)
        self._network.prepare(0, input_size=_INPUT_PX, det_thresh=_MINIMUM_SCORE)

    def detect(self, rgb: Picture, frame: int = 0) -> list[Face]:
        """The faces of `rgb` (uint8 RGB (H, W, 3)), best first, weak ones too; `frame` is written into each."""
        if max(rgb.shape[:2]) > _INPUT_PX[0] * min(rgb.shape[:2]):
            return []  # a sliver: reduced to the network's input, nothing is left of it
        boxes, points = self._network.detect(np.ascontiguousarray(rgb[:, :, ::-1]))  # takes BGR
        return [
            Face(
                frame,
                (float(left), float(top), float(right - left), float(bottom - top)),
                tuple((float(x), float(y)) for x, y in five),
                float(score),
            )
            for (left, top, right, bottom, score), five in zip(boxes, points, strict=True)
        ]


class InsightFaceRecogniser:
    """The recogniser of a pack, in the place of `Recogniser`.

    Its embeddings mean something else than SFace's, and are longer: the restorer and the thresholds of people.py
    are made for SFace, so use it to compare faces, not to condition a restoration.
    """

    licence_notice = LICENCE_NOTICE

    def __init__(self, folder: Path, threads: int = 2, device: str = "auto") -> None:
        """`folder`: the unpacked pack. Raises ModelPackError."""
        self._network = _open(folder, "recognition", threads, device)
        self._align = import_module("insightface.utils.face_align").norm_crop

    def embed(self, rgb: Picture, face: Face) -> Points:
        """A unit vector, float32 (512,) in the published packs."""
        bgr = np.ascontiguousarray(rgb[:, :, ::-1])
        crop = self._align(bgr, landmark=np.array(face.points, np.float32), image_size=self._network.input_size[0])
        embedding = np.asarray(self._network.get_feat(crop), np.float32).ravel()
        return np.asarray(embedding / max(float(np.linalg.norm(embedding)), 1e-12), np.float32)


class JointRecogniser:
    """The pack's recogniser and SFace, half and half: a cosine of two embeddings is the mean of both opinions.

    The last 128 numbers are SFace's, which the restorer is conditioned with; see `faces.sface_part`.
    """

    def __init__(self, folder: Path, threads: int = 2, device: str = "auto") -> None:
        """`folder`: the unpacked pack. Raises ModelPackError."""
        self._theirs, self._sface = InsightFaceRecogniser(folder, threads, device), Recogniser(threads, device)

    def recognise(self, rgb: Picture, face: Face) -> Recognition:
        """A unit vector, float32 (D + 128,); what to expect is SFace's."""
        sface = self._sface.recognise(rgb, face)
        joined = np.concatenate([self._theirs.embed(rgb, face), sface.embedding])
        return replace(sface, embedding=np.asarray(joined / np.sqrt(2), np.float32))


def open_insightface_analyser(folder: Path, threads: int = 2, device: str = "auto") -> FaceAnalyser:
    """The analyser that finds faces, and tells people apart, with the pack in `folder`. Raises ModelPackError."""
    detector = InsightFaceDetector(folder, threads, device)
    return FaceAnalyser(detector, JointRecogniser(folder, threads, device), DenseLandmarks(threads))


def _open(folder: Path, task: str, threads: int, device: str) -> Any:  # insightface has no types
    """The network for `task` among the ONNX files of `folder`."""
    try:
        get_model = import_module("insightface.model_zoo").get_model
    except ImportError as error:
        message = f"the package insightface cannot be used: {error}"
        hint = 'Install it with: pip install "likeness[insightface]"'
        raise ModelPackError("pack.insightface", message, hint) from error
    for path in sorted(folder.glob("*.onnx")):
        try:
            network = get_model(str(path), providers=providers_for(device), sess_options=session_options(threads))
        except REFUSALS as error:
            reason = (str(error).splitlines() or ["no reason given"])[0]
            hint = "Unpack the model pack again."
            raise ModelPackError("pack.format", f"{path.name} cannot be opened: {reason}", hint) from error
        if network is not None and network.taskname == task:
            _logger.warning("%s: %s", path.name, LICENCE_NOTICE)
            return network
    message = f"no {task} network of insightface lies in {folder}"
    hint = "Name the folder of an unpacked model pack, with its .onnx files in it."
    raise ModelPackError("pack.missing", message, hint)
