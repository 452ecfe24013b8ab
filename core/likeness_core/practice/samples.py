"""Practice samples: a degraded crop, its truth, and a reference that is right, wrong or missing."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.practice.degrade import Clip, Degradation, degrade, draw, draw_of_the_field, tone
from likeness_core.practice.face_geometry import FacePhoto
from likeness_core.practice.mirrored_points import mirror_order
from likeness_core.practice.motion import MotionSettings, MovingFace, animate, plan_motion
from likeness_core.restorer.attributes import VOCABULARY, measure_attributes, mirrored_attributes
from likeness_core.restorer.overlay import laid_over, places, trust
from likeness_core.warps import five_points

Array = npt.NDArray[np.float32]

HELD_OUT = ("op_P001",)  # the person of the product's sample: in no training set
NONE_SHARE = 0.12  # samples without a reference
WRONG_SHARE = 0.18  # samples with somebody else's
SPEECHLESS_SHARE = 0.1  # samples whose reference says nothing of the mouth, as where its expression differs
DEFECTIVE_SHARE = (
    0.06  # samples that are told of defects and have to leave most of them: what the quality negative says
)
DEFECTS_LEFT = 0.7
FIELD_SHARE = 0.4  # samples degraded as the field evaluates
SILENT_SHARE = 0.15  # samples of which no attribute is said
SEVERAL_SHARE = 0.65  # samples drawn from people with several photographs: only they teach what a reference is worth
TOKENS_PX = 128


@dataclass(slots=True)
class Sample:
    """T frames of S x S pixels; images RGB [0, 1]."""

    lq: Array  # (T, S, S, 3)
    truth: Array  # (T, S, S, 3)
    warped: Array  # (T, S, S, 3)
    mask: Array  # (T, S, S, 1)
    points: Array  # (T, 5, 2) five points of the truth as shares of S
    reference: Array  # (TOKENS_PX, TOKENS_PX, 3) the aligned reference for the tokens
    embedding: Array  # (128,) the reference's; zeros without one
    target_embedding: Array  # (128,) of the undegraded face
    attributes: Array  # (len(VOCABULARY),) degrees measured on the footage; zeros where nothing is said
    match: float  # cosine between footage and reference
    kind: str  # "right", "wrong" or "none"


@dataclass(frozen=True, slots=True, eq=False)
class FaceArrays:
    """N photographs of faces, aligned, and what is known of them; D degraded copies of each were looked at."""

    images: npt.NDArray[np.uint8]  # (N, S, S, 3) RGB
    landmarks: Array  # (N, 468, 2) shares of the side
    errors: npt.NDArray[np.floating[Any]]  # (N, D, 468, 2) what degraded copies' landmarks are off by
    error_scales: Array  # (N, D) how far those copies were reduced
    identity: npt.NDArray[np.int64]  # (N,) who it is
    monochrome: npt.NDArray[np.bool_]  # (N,)
    embeddings: Array  # (N, 1 + D, 128) of the photograph and its copies
    validation: npt.NDArray[np.bool_]  # (N,) never drawn as a target or a reference
    paths: npt.NDArray[np.str_]  # (N,)


def read_faces(folder: Path) -> "Faces":
    """The arrays that `training.prepare` wrote."""
    stored = np.load(folder / "faces.npz")
    images = np.load(folder / "faces.npy", mmap_mode="r")
    return Faces(
        FaceArrays(
            images,
            stored["landmarks"],
            stored["landmark_errors"],
            stored["error_scales"],
            stored["identity"],
            stored["monochrome"],
            stored["embeddings"],
            stored["validation"],
            stored["paths"],
        )
    )


class Faces:
    """Photographs to practise on, and how to draw from them."""

    def __init__(self, arrays: FaceArrays) -> None:
        self.images, self.landmarks, self.embeddings = arrays.images, arrays.landmarks, arrays.embeddings
        self.errors, self.error_scales = arrays.errors, arrays.error_scales
        self.identity, self.monochrome, self.validation = arrays.identity, arrays.monochrome, arrays.validation
        held_out = np.array([any(name in str(path) for name in HELD_OUT) for path in arrays.paths])
        self.train = np.flatnonzero(~self.validation & ~held_out)
        counts = np.bincount(self.identity, minlength=int(self.identity.max()) + 1)
        self.several = self.train[counts[self.identity[self.train]] > 1]

    def others(self, index: int) -> npt.NDArray[np.int64]:
        """Further pictures of the same person, on the same side of training and validation."""
        same = np.flatnonzero((self.identity == self.identity[index]) & (self.validation == self.validation[index]))
        return np.asarray(same[same != index])

    def draw_target(self, rng: np.random.Generator) -> int:
        """A training picture; people with several photographs are oversampled."""
        pool = self.several if rng.random() < SEVERAL_SHARE and len(self.several) else self.train
        return int(rng.choice(pool))

    def draw_reference(self, index: int, rng: np.random.Generator) -> tuple[str, int, bool]:
        """(kind, picture, mirrored) of a reference for picture `index`."""
        chance = rng.random()
        if chance < NONE_SHARE:
            return "none", index, False
        if chance < NONE_SHARE + WRONG_SHARE:
            other = int(rng.choice(self.train))
            return ("wrong" if self.identity[other] != self.identity[index] else "right"), other, False
        others = self.others(index)
        if len(others):
            return "right", int(rng.choice(others)), False
        # One photograph only: mirrored, it is another view; as it is, it is a same-session photograph.
        return "right", index, bool(rng.random() < 0.6)


@dataclass(frozen=True, slots=True)
class View:
    """How a sample looks at the stored crops."""

    side_px: int  # the crop's side
    window_px: int  # the part of it that is cut out
    scale_max: float  # heaviest reduction


def make_sample(
    faces: Faces, view: View, rng: np.random.Generator, index: int | None = None, kind: str | None = None
) -> Sample:
    """One still training sample (T = 1). `index` and `kind` fix the picture and the reference, for validation."""
    fixed = index is not None
    index = faces.draw_target(rng) if index is None else index
    drawn, other, mirrored = faces.draw_reference(index, rng)
    if kind is not None:
        drawn, other, mirrored = _fixed_reference(faces, index, kind)
    matrix = np.eye(2, 3, dtype=np.float32) if fixed else _jitter(rng, 1.0)
    crop, dense = _view(faces, index, matrix, view.side_px)
    parameters = _drawn(view, bool(faces.monochrome[index]), rng, fixed)
    truth = tone(crop[None], parameters)[0]
    lq = degrade(truth[None], parameters, rng)[0]
    nearest = int(np.argmin(np.abs(np.log(faces.error_scales[index] / parameters.severity))))
    noisy = dense + faces.errors[index, nearest].astype(np.float32) @ matrix[:, :2].T
    reference, source = _reference(faces, other, mirrored, rng, parameters.monochrome)
    if other == index and not mirrored:
        source = source + rng.normal(0, 0.004, source.shape).astype(np.float32)
    speechless = not fixed and rng.random() < SPEECHLESS_SHARE
    warped, mask = guide(lq[None], noisy[None], reference, source, speechless)
    embedding = faces.embeddings[other, 0]
    attributes = measure_attributes(noisy, parameters.monochrome)
    if not fixed and rng.random() < SILENT_SHARE:
        attributes = np.zeros_like(attributes)
    if not fixed and rng.random() < DEFECTIVE_SHARE:
        attributes = np.maximum(attributes, said_defects(parameters))
        truth = truth + DEFECTS_LEFT * (lq - truth)
    match = float(embedding @ faces.embeddings[index, 1 + nearest])
    sample = Sample(
        lq[None], truth[None], warped, mask, five_points(dense)[None],
        _for_tokens(reference),
        embedding, faces.embeddings[index, 0], attributes, match, drawn,
    )  # fmt: skip
    if drawn == "none":
        sample = _without_reference(sample)
    return sample if fixed else _cut(sample, view, rng)


def _drawn(view: View, monochrome: bool, rng: np.random.Generator, fixed: bool = False) -> Degradation:
    """Of a picture; `fixed`: as validation was always drawn."""
    if not fixed and rng.random() < FIELD_SHARE:
        return draw_of_the_field(rng, view.side_px, view.scale_max, monochrome)
    return draw(rng, view.scale_max, monochrome, archival=not fixed)


def said_defects(parameters: Degradation) -> Array:
    """Degrees (len(VOCABULARY),) of the three words for low quality, from what was done to a crop."""
    degrees = np.zeros(len(VOCABULARY), np.float32)
    blur = max(np.log(parameters.scale) / np.log(8), parameters.blur_sigma_px[1] / 6)
    blocks = (95 - parameters.jpeg) / 60 if parameters.jpeg else 0.0
    for word, degree in (("blurred", blur), ("noisy", 20 * (parameters.noise + parameters.grain)), ("blocky", blocks)):
        degrees[VOCABULARY.index(word)] = np.clip(degree, 0, 1)
    return degrees


def make_clip(faces: Faces, view: View, frames: int, rng: np.random.Generator) -> Sample:
    """One moving training sample (T = `frames`): a photograph brought to life, degraded as one piece of footage.

    No blinks and no speech: those would move lids and lips away from the landmarks, which follow the motion field.
    """
    index = faces.draw_target(rng)
    drawn, other, mirrored = faces.draw_reference(index, rng)
    size = faces.images.shape[1]
    photo = FacePhoto(faces.images[index].astype(np.float32) / 255, faces.landmarks[index] * size - 0.5)
    matrix = _pixel_matrix(_jitter(rng, 1.0), size, view.side_px)
    face = MovingFace(photo, view=matrix, size=(view.side_px, view.side_px))
    still_lips = MotionSettings(shift=0.05, roll_degrees=1.0, zoom=0.02, mouth=0, blinks_per_second=0)
    plan = plan_motion(rng, frames, still_lips, frames_per_second=float(rng.uniform(8, 30)))
    dense = np.stack([_follow(face.source_points(plan, i), photo.landmarks, view.side_px) for i in range(frames)])
    parameters = _drawn(view, bool(faces.monochrome[index]), rng)
    truth = tone(np.clip(animate(face, plan), 0, 1).astype(np.float32), parameters)
    lq = degrade(truth, parameters, rng)
    nearest = int(np.argmin(np.abs(np.log(faces.error_scales[index] / parameters.severity))))
    # Landmarks smoothed over time: most of a still's error stays, and does not jitter.
    noisy = dense + 0.7 * faces.errors[index, nearest].astype(np.float32)
    reference, source = _reference(faces, other, mirrored, rng, parameters.monochrome)
    speechless = rng.random() < SPEECHLESS_SHARE
    warped, mask = guide(lq, noisy, reference, source, speechless)
    attributes = measure_attributes(np.median(noisy, axis=0), parameters.monochrome)
    embedding = faces.embeddings[other, 0]
    sample = Sample(
        lq, truth, warped, mask,
        np.stack([five_points(d) for d in dense]),
        _for_tokens(reference), embedding,
        faces.embeddings[index, 0], attributes, float(embedding @ faces.embeddings[index, 1 + nearest]), drawn,
    )  # fmt: skip
    return _cut(_without_reference(sample) if drawn == "none" else sample, view, rng)


def guide(lq: Array, dense: Array, reference: Array, source: Array, speechless: bool = False) -> tuple[Array, Array]:
    """The direct path's pictures (T, S, S, 3) and masks (T, S, S, 1); landmarks (T, 468, 2), (468, 2) are shares."""
    maps = places(lq, dense, reference, source)
    masks = np.stack(
        [trust(points, source, place, lq.shape[1], speechless) for points, place in zip(dense, maps, strict=True)]
    )
    laid = np.stack([laid_over(frame, reference, place) for frame, place in zip(lq, maps, strict=True)])
    return laid * masks, masks


def _fixed_reference(faces: Faces, index: int, kind: str) -> tuple[str, int, bool]:
    others = faces.others(index)
    if kind == "wrong":
        pool = np.flatnonzero(faces.validation & (faces.identity != faces.identity[index]))
        return kind, int(pool[index % len(pool)]), False
    return kind, int(others[0]) if kind == "right" and len(others) else index, kind == "right"


def _view(faces: Faces, index: int, matrix: Array, side_px: int) -> tuple[Array, Array]:
    """A stored crop through a similarity (in shares), and its landmarks there."""
    stored = faces.images[index]
    size = stored.shape[0]
    picture = stored if side_px == size else cv2.resize(stored, (side_px, side_px), interpolation=cv2.INTER_AREA)
    pixels = _pixel_matrix(matrix, side_px, side_px)
    crop = cv2.warpAffine(picture, pixels, (side_px, side_px), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    dense = faces.landmarks[index] @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(crop, np.float32) / np.float32(255), dense.astype(np.float32)


def _for_tokens(reference: Array) -> Array:
    return np.asarray(cv2.resize(reference, (TOKENS_PX, TOKENS_PX), interpolation=cv2.INTER_AREA), np.float32)


def _pixel_matrix(matrix: Array, size_px: int, side_px: int) -> Array:
    """A similarity in shares from pixels of a stored crop to those of the view; pixel centres at half shares."""
    linear = matrix[:, :2] * (side_px / size_px)
    offset = matrix[:, 2] * side_px + linear.sum(axis=1) * 0.5 - 0.5
    return np.column_stack([linear, offset]).astype(np.float32)


def _follow(source: Array, landmarks: Array, side_px: int) -> Array:
    """Where landmarks (468, 2) of a photograph lie in a frame, as shares: the inverse of `source` (S, S, 2) at them."""
    inverse = np.linalg.lstsq(
        np.column_stack([source[::16, ::16].reshape(-1, 2), np.ones(len(source[::16, ::16].reshape(-1, 2)))]),
        np.stack(np.meshgrid(np.arange(0, side_px, 16), np.arange(0, side_px, 16)), -1).reshape(-1, 2), rcond=None,
    )[0]  # fmt: skip
    at = np.column_stack([landmarks, np.ones(len(landmarks))]) @ inverse
    for _ in range(6):
        x, y = at.astype(np.float32).T[:, None]
        found = cv2.remap(source, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
        at = at + (landmarks - found) @ inverse[:2]
    return np.asarray((at + 0.5) / side_px, np.float32)


def _jitter(rng: np.random.Generator, amount: float) -> Array:
    """A similarity about the crop's centre: what alignment on bad footage gets wrong, and a little more."""
    angle, scale = rng.normal(0, 0.05) * amount, np.exp(rng.normal(0, 0.06) * amount)
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    turn = np.array([[c, -s], [s, c]])
    shift = 0.5 - turn @ (0.5, 0.5) + rng.normal(0, 0.02, 2) * amount
    return np.hstack([turn, shift[:, None]]).astype(np.float32)


def _reference(
    faces: Faces, index: int, mirrored: bool, rng: np.random.Generator, monochrome: bool
) -> tuple[Array, Array]:
    """A reference picture, under another light, and its landmarks."""
    picture = faces.images[index].astype(np.float32) / 255
    dense = faces.landmarks[index]
    if mirrored:
        picture = np.ascontiguousarray(picture[:, ::-1])
        dense = dense[mirror_order()] * (-1, 1) + (1, 0)
    parameters = replace(
        draw(rng, 2.0, False),
        gamma=float(np.exp(rng.normal(0, 0.15))), contrast=float(rng.uniform(0.8, 1.15)),
        saturation=float(rng.uniform(0.6, 1.2)), monochrome=monochrome or bool(rng.random() < 0.08),
    )  # fmt: skip
    lit = tone(picture[None], parameters)[0]
    if rng.random() < 0.15:
        lit = cv2.GaussianBlur(lit, (0, 0), float(rng.uniform(0.5, 1.5)))
    return lit, dense.astype(np.float32)


def _without_reference(sample: Sample) -> Sample:
    zero = np.zeros_like
    return replace(
        sample, warped=zero(sample.warped), mask=zero(sample.mask), reference=zero(sample.reference),
        embedding=zero(sample.embedding), match=0.0,
    )  # fmt: skip


def _cut(sample: Sample, view: View, rng: np.random.Generator) -> Sample:
    """A random window of the crop, sometimes mirrored."""
    room = view.side_px - view.window_px
    top, left = (int(rng.integers(0, room + 1)) for _ in range(2)) if room else (0, 0)
    box = (slice(None), slice(top, top + view.window_px), slice(left, left + view.window_px))
    points = (sample.points * view.side_px - np.array([left, top], np.float32)) / view.window_px
    parts: list[Clip] = [sample.lq[box], sample.truth[box], sample.warped[box], sample.mask[box]]
    reference, attributes = sample.reference, sample.attributes
    if rng.random() < 0.5:
        parts = [part[:, :, ::-1] for part in parts]
        points = points[:, [1, 0, 2, 4, 3]] * (-1, 1) + (1, 0)
        reference = reference[:, ::-1]
        attributes = mirrored_attributes(attributes)
    return replace(
        sample, lq=parts[0], truth=parts[1], warped=parts[2], mask=parts[3], points=points.astype(np.float32),
        reference=reference, attributes=attributes,
    )  # fmt: skip
