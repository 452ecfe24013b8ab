"""Eyes that close and a mouth that opens, as edits of one photograph.

A smooth warp cannot close an eye or open a mouth: skin slides over the eyeball, and lips part to show
what the photograph never saw. Both edits therefore tear the picture on purpose along a lid or a lip line,
where a real face tears too. Everything else that a face does is a smooth warp, see `motion`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_core.practice.face_geometry import (
    CHIN,
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LEFT_BROW_LOWER,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    RIGHT_BROW_LOWER,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
    FloatArray,
    Pixels,
)

# A mouth's inside under frontal light, as a share of the skin around it, red, green, blue.
CAVITY_SHARE = np.array([0.24, 0.14, 0.13], np.float32)


@dataclass(frozen=True, slots=True)
class _Patch:
    """A window of the photograph with coordinates along (u) and across (v, downwards) a feature."""

    x: int
    y: int
    u: FloatArray  # (h, w) px
    v: FloatArray  # (h, w) px
    down: FloatArray  # (2,) unit vector of v in the image

    def sample(self, image: Pixels, v: FloatArray) -> FloatArray:
        """The image at the same u and another v: (h, w, 3) float32 in the image's range."""
        rows, columns = np.indices(self.v.shape, dtype=np.float32)
        shift = v - self.v
        map_x = columns + self.x + shift * self.down[0]
        map_y = rows + self.y + shift * self.down[1]
        found = cv2.remap(image, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.float32)


@dataclass(frozen=True, slots=True)
class _Eye:
    patch: _Patch
    brow: FloatArray  # (h, w) v below the brow, where the skin begins to stretch
    upper: FloatArray  # (h, w) v of the upper lid
    lower: FloatArray  # (h, w) v of the lower lid
    lash: float  # px, width of a line of lashes


@dataclass(frozen=True, slots=True)
class _Mouth:
    patch: _Patch
    seam: FloatArray  # (h, w) v of the lower inner lip line
    half_width: float  # px
    chin: float  # v


def _local(points: FloatArray, left: FloatArray, right: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Points (n, 2) as (u, v) around the middle of `left` and `right`, and the unit vector of v."""
    along = (right - left) / np.linalg.norm(right - left)
    down = np.array([-along[1], along[0]], np.float32)
    centred = points - (left + right) / 2
    return np.stack([centred @ along, centred @ down], -1).astype(np.float32), down


def _patch(
    left: FloatArray, right: FloatArray, reach: tuple[float, float, float], size: tuple[int, int]
) -> _Patch | None:
    """A window around a feature: `reach` is how far it goes sideways, up and down (px); None off the image."""
    sideways, up, down = reach
    middle, radius = (left + right) / 2, np.hypot(sideways, max(up, down))
    tall = max(abs(float(right[1] - left[1])), 0.0)
    x0, x1 = int(max(middle[0] - radius, 0)), int(min(middle[0] + radius + 1, size[0]))
    y0, y1 = int(max(middle[1] - up - tall, 0)), int(min(middle[1] + down + tall + 1, size[1]))
    if x1 - x0 < 4 or y1 - y0 < 4:
        return None
    rows, columns = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    points = np.stack([columns, rows], -1).reshape(-1, 2)
    local, axis = _local(points, left, right)
    u, v = local[:, 0].reshape(rows.shape), local[:, 1].reshape(rows.shape)
    return _Patch(x0, y0, u, v, axis)


def _curve(points: FloatArray, left: FloatArray, right: FloatArray, u: FloatArray) -> FloatArray:
    """The v of a line through landmarks, at every u of a patch."""
    local, _ = _local(points, left, right)
    local = local[np.argsort(local[:, 0])]
    return np.interp(u, local[:, 0], local[:, 1]).astype(np.float32)


def _eye(
    landmarks: FloatArray, rows: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]], size: tuple[int, int]
) -> _Eye | None:
    upper, lower, brow = (landmarks[list(row)] for row in rows)
    left, right = upper[0], upper[-1]
    width = float(np.linalg.norm(right - left))
    if width < 6:  # px; a smaller eye has no lid to draw
        return None
    patch = _patch(left, right, (width * 0.62, width * 0.9, width * 0.5), size)
    if patch is None:
        return None
    lid = _curve(upper, left, right, patch.u)
    # The skin that stretches begins a little below the line of the brow, clear of the brow's hair.
    top = lid - np.maximum(0.85 * (lid - _curve(brow, left, right, patch.u)), 0.18 * width)
    # The mesh's lids run a little inside the real ones: shut means shut.
    overlap = 0.07 * width * np.clip(1 - (patch.u / (0.5 * width)) ** 2, 0, 1)
    bottom = np.maximum(_curve(lower, left, right, patch.u), lid) + overlap
    return _Eye(patch, top.astype(np.float32), lid, bottom.astype(np.float32), 0.05 * width)


def _mouth(landmarks: FloatArray, size: tuple[int, int]) -> _Mouth | None:
    upper, lower = landmarks[list(INNER_LIP_UPPER)], landmarks[list(INNER_LIP_LOWER)]
    left, right = upper[0], upper[-1]
    width = float(np.linalg.norm(right - left))
    chin = float(_local(landmarks[[CHIN]], left, right)[0][0, 1])
    if width < 10 or chin < width * 0.3:  # px; too small, or seen from far above
        return None
    patch = _patch(left, right, (width * 1.5, width * 0.2, chin * 2.1), size)
    if patch is None:
        return None
    seam = np.maximum(_curve(lower, left, right, patch.u), _curve(upper, left, right, patch.u))
    return _Mouth(patch, seam.astype(np.float32), width / 2, chin)


class Expression:
    """The parts of one photograph's face that tear: both eyes and the mouth.

    `landmarks` (468, 2) float32 are pixels of the photograph; `size` is its (width, height).
    """

    def __init__(self, landmarks: FloatArray, size: tuple[int, int]) -> None:
        rows = ((LEFT_EYE_UPPER, LEFT_EYE_LOWER, LEFT_BROW_LOWER), (RIGHT_EYE_UPPER, RIGHT_EYE_LOWER, RIGHT_BROW_LOWER))
        self._eyes = tuple(eye for eye in (_eye(landmarks, row, size) for row in rows) if eye is not None)
        self._mouth = _mouth(landmarks, size)

    def applied(self, image: Pixels, blink: float, mouth: float) -> Pixels:
        """The photograph with its lids closed by `blink` and its lips parted by `mouth`.

        `image` (H, W, 3) uint8 or float32 [0, 1] RGB; `blink` is a share of the opening (0 open, 1 shut);
        `mouth` is the gap over the mouth's width (0 untouched, 0.3 a wide vowel). Returns the same dtype;
        the image itself, not a copy, where nothing moves.
        """
        if blink < 0.01 and mouth < 0.005:
            return image
        edited = image.copy()
        if blink >= 0.01:
            for eye in self._eyes:
                _put(edited, eye.patch, _closed(image, eye, blink))
        if mouth >= 0.005 and self._mouth is not None:
            _put(edited, self._mouth.patch, _opened(image, self._mouth, mouth))
        return edited


def _put(image: Pixels, patch: _Patch, pixels: FloatArray) -> None:
    height, width = patch.v.shape
    top = 255.0 if image.dtype == np.uint8 else 1.0
    rounding = 0.5 if image.dtype == np.uint8 else 0.0
    image[patch.y : patch.y + height, patch.x : patch.x + width] = np.clip(pixels + rounding, 0, top).astype(
        image.dtype
    )


def _closed(image: Pixels, eye: _Eye, blink: float) -> FloatArray:
    """The lid's skin stretched from the brow down to the lid's new edge; the eye behind it stays where it is."""
    v = eye.patch.v
    edge = eye.upper + min(blink, 1.0) * (eye.lower - eye.upper)
    skin, height = eye.upper - eye.brow, edge - eye.brow
    # Skin stretches most at the lid and least at the brow: start * share + (skin - start) * share^2.
    share = np.clip((v - eye.brow) / height, 0, 1)
    start = np.minimum(height, 1.3 * skin)
    stretched = eye.brow + start * share + (skin - start) * share * share
    lid = eye.patch.sample(image, np.where(v > eye.brow, stretched, v).astype(np.float32))
    # The photograph's lashes hang in front of the eye; those of the moving lid are drawn.
    lashes = np.exp(-(((edge - v) / eye.lash) ** 2)) * np.clip((edge - eye.upper) / eye.lash, 0, 1)
    lid *= (1 - 0.5 * lashes)[..., None]
    behind = eye.patch.sample(image, v)
    cover = np.clip((edge - v) / max(0.3 * eye.lash, 1.0) + 0.5, 0, 1)[..., None]
    return np.asarray(lid * cover + behind * (1 - cover), np.float32)


def _opened(image: Pixels, mouth: _Mouth, amount: float) -> FloatArray:
    """The lower lip and the jaw moved down; teeth stay with the skull, below them is the dark of the mouth."""
    v, seam = mouth.patch.v, mouth.seam
    gap = amount * 2 * mouth.half_width
    drop = _jaw_drop(mouth, v - _jaw_drop(mouth, v, gap), gap)
    lip_edge = seam + _jaw_drop(mouth, seam, gap)
    feather = max(0.03 * mouth.half_width, 0.7)
    below = np.clip((v - lip_edge) / feather + 0.5, 0, 1)[..., None]
    inside = (np.clip((v - seam) / feather, 0, 1) * np.clip((lip_edge - v) / feather + 0.5, 0, 1))[..., None]
    still = mouth.patch.sample(image, v)
    jaw = mouth.patch.sample(image, (v - drop).astype(np.float32))
    skin = np.median(still[(np.abs(mouth.patch.u) < mouth.half_width) & (v > 0.5 * mouth.chin)], axis=0)
    cavity = skin * CAVITY_SHARE
    upper = still * (1 - inside) + cavity * inside
    return np.asarray(upper * (1 - below) + jaw * below, np.float32)


def _jaw_drop(mouth: _Mouth, v: FloatArray, gap: float) -> FloatArray:
    """How far down the jaw carries the point at v (px): `gap` at the lips and the chin, nothing beside and below."""
    depth = np.clip((v - mouth.seam) / (mouth.chin - mouth.seam.mean()), 0, 1)
    reach = mouth.half_width * (1.0 + 1.6 * depth)  # a jaw is wider than the lips
    across = np.clip(1 - (mouth.patch.u / reach) ** 2, 0, 1) ** 1.5
    fade = np.clip((v - mouth.chin) / mouth.chin, 0, 1)
    fall = 1 - fade * fade * (3 - 2 * fade)
    return np.asarray(gap * across * fall, np.float32)
