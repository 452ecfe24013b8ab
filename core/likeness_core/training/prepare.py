"""Turn a folder of aligned face crops into the arrays that the trainer reads.

    python -m likeness_core.training.prepare FACEPACK OUT [--size 256] [--strict] [--second MobileFaceNet.tflite]

Writes OUT/faces.npy (N, size, size, 3) uint8 RGB, OUT/faces.npz (landmarks, identities, splits) and
OUT/sface.safetensors (the rewarding recogniser's weights, dequantised). Afterwards the trainer needs only torch,
numpy, OpenCV and safetensors, so that OUT can travel to a GPU machine.
"""

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
import torch

from likeness_core.onnx_networks import float_network, open_network
from likeness_core.practice.degrade import degrade, draw
from likeness_core.reward import aligned, convert_sface, sface_file
from likeness_core.training.landmarks import CropLandmarks
from likeness_core.training.mobile_face import SECOND, convert_mobile_face
from likeness_core.warps import five_points

LANDMARK_NOISE_DRAWS = 2  # degraded copies of each crop whose landmark errors are kept


def prepare(facepack: Path, out: Path, size_px: int, strict: bool) -> None:
    """Read `facepack/manifest.csv` and write the trainer's arrays to `out`."""
    with (facepack / "manifest.csv").open(newline="", encoding="utf-8") as handle:
        rows = [row for row in csv.DictReader(handle) if row["split"] in ("train", "val")]
    if strict:
        rows = [row for row in rows if "fakefaces" not in row["file"]]
    out.mkdir(parents=True, exist_ok=True)
    names = {name: number for number, name in enumerate(sorted({row["identity"] for row in rows}))}
    convert_sface(out / "sface.safetensors")
    recogniser = open_network(float_network(sface_file().read_bytes()), threads=1)
    find = CropLandmarks()
    rng = np.random.default_rng(0)
    images = np.empty((len(rows), size_px, size_px, 3), np.uint8)
    landmarks = np.empty((len(rows), 468, 2), np.float32)
    errors = np.empty((len(rows), LANDMARK_NOISE_DRAWS, 468, 2), np.float16)
    scales = np.empty((len(rows), LANDMARK_NOISE_DRAWS), np.float32)
    embeddings = np.empty((len(rows), 1 + LANDMARK_NOISE_DRAWS, 128), np.float32)  # of the crop, then of its copies
    for i, row in enumerate(rows):
        bgr = cv2.imread(str(facepack / row["file"]), cv2.IMREAD_COLOR)
        if bgr is None:
            raise SystemExit(f"unreadable: {row['file']}")
        images[i] = cv2.resize(bgr[..., ::-1], (size_px, size_px), interpolation=cv2.INTER_AREA)
        landmarks[i] = find(images[i])
        versions = [images[i]]
        for j in range(LANDMARK_NOISE_DRAWS):
            low, scales[i, j] = _degraded(images[i], rng)
            errors[i, j] = find(low) - landmarks[i]
            versions.append(low)
        embeddings[i] = embed(recogniser, np.stack(versions), landmarks[i])
        if i % 100 == 0:
            print(f"{i} of {len(rows)}", flush=True)
    np.save(out / "faces.npy", images)
    np.savez(
        out / "faces.npz",
        landmarks=landmarks,
        landmark_errors=errors,
        error_scales=scales,
        identity=np.array([names[row["identity"]] for row in rows]),
        validation=np.array([row["split"] == "val" for row in rows]),
        monochrome=np.array([row["gray"] == "1" for row in rows]),
        embeddings=embeddings,
        paths=np.array([row["file"] for row in rows]),
    )


def embed(
    recogniser: onnxruntime.InferenceSession, images: npt.NDArray[np.uint8], landmarks: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Embeddings (N, 128) of (N, S, S, 3) versions of one picture with (468, 2) landmarks."""
    batch = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    points = torch.from_numpy(np.repeat(five_points(landmarks)[None], len(images), 0))
    crops = aligned(batch, points).numpy()
    raw = np.concatenate([recogniser.run(None, {"data": crop[None]})[0] for crop in crops])
    embedding: npt.NDArray[np.float32] = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    return embedding


def _degraded(image: npt.NDArray[np.uint8], rng: np.random.Generator) -> tuple[npt.NDArray[np.uint8], float]:
    parameters = draw(rng, 8.0, False)
    low = degrade(image[None].astype(np.float32) / np.float32(255), parameters, rng)[0]
    return np.rint(low * 255).astype(np.uint8), parameters.scale


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facepack", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--strict", action="store_true", help="leave out the collections of unclear rights")
    parser.add_argument("--second", type=Path, metavar="TFLITE", help="a second recogniser that rewards")
    arguments = parser.parse_args()
    if arguments.second:
        arguments.out.mkdir(parents=True, exist_ok=True)
        convert_mobile_face(arguments.second, arguments.out / SECOND)
    prepare(arguments.facepack, arguments.out, arguments.size, arguments.strict)
