"""Make the sample that ships: degraded footage of a synthetic person, its truth and photographs of her.

    python -m likeness_core.training.sample OUT

Needs the package openpeople 0.1.2 (MIT; the person was generated, nobody was photographed). Two of her pictures
become two shots of 48 frames with a hard cut between them; other pictures become the references. Run again on one
machine it writes the same bytes; another machine's picture library may round a few pixels otherwise.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.api import ColorTags, FrameRange, Media, OutputSpec
from likeness_core.errors import InputError
from likeness_core.faces import DenseLandmarks, FaceDetector
from likeness_core.media.frames import RestoredFrame
from likeness_core.media.mux import mux_movie
from likeness_core.practice.degrade import Degradation, degrade, tone
from likeness_core.practice.face_geometry import FacePhoto, FloatArray
from likeness_core.practice.motion import MotionPlan, MotionSettings, MovingFace, plan_motion

# Never in a training set: facepack calls her op_P001, and its trainer leaves that identity out.
PERSON = "P001"
SIZE = (640, 480)
RATE = Fraction(24)
SHOT_FRAMES = 48
START_TIMECODE = "10:00:00:00"
SUPERSAMPLING = 2  # frames are rendered at twice their size, so that warping costs no sharpness


@dataclass(frozen=True, slots=True)
class Take:
    """One picture and how it becomes a shot."""

    picture: str
    face_width_px: float  # of the detector's box, in the frame
    face_centre: tuple[float, float]  # in shares of the frame
    motion: MotionSettings
    seed: int


TAKES = (
    Take("amateur_selfie.jpg", 190, (0.51, 0.51), MotionSettings(shift=0.06, roll_degrees=0.8, zoom=0.01), 29),
    Take("amateur_posture.jpg", 150, (0.48, 0.42), MotionSettings(shift=0.08, roll_degrees=1.2, zoom=0.02), 17),
)


@dataclass(frozen=True, slots=True)
class Photograph:
    """A reference: which part of which picture, and how large."""

    name: str
    picture: str
    window: tuple[int, int, int, int]  # left, top, right, bottom px of the picture
    width_px: int


PHOTOGRAPHS = (
    Photograph("portrait.jpg", "studio_portrait.jpg", (224, 100, 1824, 1900), 800),
    Photograph("smiling.jpg", "emotions_sheet.jpg", (700, 122, 1140, 440), 440),
)

# What the years did: colours that fade a little (the truth fades alike: nobody asks for them back) ...
AGED = Degradation(
    blur_sigma_px=(3.9, 3.2),
    blur_angle=0.6,
    scale=8.0,
    shrink=cv2.INTER_AREA,
    noise=0.006,
    grain=0.0,
    jpeg=0,
    monochrome=False,
    gamma=1.0,
    contrast=0.95,
    saturation=0.8,
    chroma_shift_px=0.0,
)
# ... and the grain of the print that was scanned, finer than what the lens resolved, and the scan's compression.
SCANNED = replace(AGED, blur_sigma_px=(0.0, 0.0), scale=1.0, noise=0.0, grain=0.014, jpeg=75)


def truth_frames(pictures: Path) -> Iterator[FloatArray]:
    """The frames before time took its toll: RGB float32 [0, 1] (480, 640, 3), 48 of each take."""
    detector, landmarks = FaceDetector(1), DenseLandmarks(1)
    for take in TAKES:
        pixels = _read(pictures / take.picture)
        faces = detector.detect(pixels)
        photo = FacePhoto(pixels, landmarks.find(pixels, faces[0]).points)
        x, y, width, height = faces[0].box
        scale = SUPERSAMPLING * take.face_width_px / width
        size = SUPERSAMPLING * SIZE[0], SUPERSAMPLING * SIZE[1]
        offset = (
            take.face_centre[0] * size[0] - scale * (x + width / 2),
            take.face_centre[1] * size[1] - scale * (y + height / 2),
        )
        view = np.array([[scale, 0, offset[0]], [0, scale, offset[1]]], np.float32)
        moving, plan = MovingFace(photo, view=view, size=size), _plan(take)
        for index in range(SHOT_FRAMES):
            frame = cv2.resize(moving.frame(plan, index), SIZE, interpolation=cv2.INTER_AREA)
            yield tone(np.asarray(frame, np.float32)[None] / np.float32(255), AGED)[0]


def _plan(take: Take) -> MotionPlan:
    return plan_motion(np.random.default_rng(take.seed), SHOT_FRAMES, take.motion, float(RATE))


def aged(frames: Iterator[FloatArray]) -> Iterator[FloatArray]:
    """The same frames as the archive has them: soft, of low resolution and grainy."""
    rng = np.random.default_rng(1)
    for frame in frames:
        yield degrade(degrade(frame[None], AGED, rng), SCANNED, rng)[0]


def write_photographs(pictures: Path, folder: Path) -> None:
    """Cut the references out of pictures that the footage is not made of."""
    for photograph in PHOTOGRAPHS:
        left, top, right, bottom = photograph.window
        part = _read(pictures / photograph.picture)[top:bottom, left:right]
        size = photograph.width_px, round(photograph.width_px * (bottom - top) / (right - left))
        small = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA))
        if not cv2.imwrite(str(folder / photograph.name), small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92]):
            raise InputError("sample.output", f"{folder / photograph.name} cannot be written", "Choose another folder.")


def _write_movie(frames: Iterator[FloatArray], path: Path) -> None:
    """H.264, 8 bit, tagged as standard-definition video with the sample's timecode."""
    output = OutputSpec(str(path.parent), path.stem, "h264")
    media = _media(len(TAKES) * SHOT_FRAMES)
    numbered = (RestoredFrame(index, frame) for index, frame in enumerate(frames))
    for _ in mux_movie(output, media, FrameRange(0, media.frame_count), numbered, path):
        pass


def _media(frame_count: int) -> Media:
    """What the sample's movies say of themselves."""
    return Media(
        path="sample.%06d.png",  # as if from a scanner: pictures without sound
        kind="sequence",
        width=SIZE[0],
        height=SIZE[1],
        rate=RATE,
        frame_count=frame_count,
        codec="png",
        pixel_format="rgb24",
        bit_depth=8,
        is_float=False,
        has_alpha=False,
        color=ColorTags(primaries=6, transfer=6, matrix=6),
        start_timecode=START_TIMECODE,
    )


def make_sample(pictures: Path, folder: Path) -> None:
    """Write footage.mp4, truth.mp4, portrait.jpg and smiling.jpg to `folder`.

    `pictures` is what `pictures_of(PERSON)` returns. Raises InputError, MediaError, ModelPackError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    truth = list(truth_frames(pictures))  # 350 MB; read twice
    _write_movie(iter(truth), folder / "truth.mp4")
    _write_movie(aged(iter(truth)), folder / "footage.mp4")
    write_photographs(pictures, folder)


def _read(path: Path) -> npt.NDArray[np.uint8]:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise InputError("sample.picture", f"{path} cannot be read", "Reinstall the package openpeople 0.1.2.")
    return np.ascontiguousarray(bgr[..., ::-1], np.uint8)


def pictures_of(person: str) -> Path:
    """The folder of a person's pictures in the installed package openpeople."""
    try:
        found = metadata.distribution("openpeople").locate_file(f"openpeople/data/curated/{person}/assets")
    except metadata.PackageNotFoundError:
        hint = "Install it with: pip install --no-deps openpeople==0.1.2"
        raise InputError("sample.package", "the package openpeople is not installed", hint) from None
    return Path(str(found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    make_sample(pictures_of(PERSON), parser.parse_args().out)
