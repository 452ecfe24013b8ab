"""Two photographs of one person as one face whose expression changes.

Only the face inside its outline takes the second photograph; hair, ears and background stay those of the first,
so that a dissolve never shows two haircuts.
"""

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.practice.face_geometry import (
    INNER_LIP_LOWER,
    INNER_LIP_UPPER,
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    OVAL,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
    CoarseGrid,
    FacePhoto,
    FloatArray,
    Pixels,
    face_axes,
    falling,
)

# Features, outline, and every sixth point of the rest: enough for a smooth field, few enough to solve in a millisecond.
FEATURES = INNER_LIP_UPPER + INNER_LIP_LOWER + LEFT_EYE_UPPER + LEFT_EYE_LOWER + RIGHT_EYE_UPPER + RIGHT_EYE_LOWER
CONTROLS = sorted(set(FEATURES + OVAL + tuple(range(0, 468, 6))))
SMOOTHING = 0.02  # of the spline, in units of its kernel at one eye distance: landmarks err by about 2 % of it
BLENDABLE_RESIDUAL = 0.05  # eye distances


def outline_residual(first: FacePhoto, second: FacePhoto) -> float:
    """How differently two heads are turned: root mean square distance of the outlines in eye distances, after the
    best similarity transform. Expressions move the outline little (jaw aside), yaw and pitch much."""
    oval = [point for point in OVAL if first.landmarks[point, 1] < first.landmarks[list(OVAL), 1].mean()] + [1, 4, 5, 6]
    moved = _moved(second.landmarks, _similarity(second.landmarks[oval], first.landmarks[oval]))
    error = moved[oval] - first.landmarks[oval]
    return float(np.sqrt((error**2).sum(-1).mean()) / face_axes(first.landmarks).eyes)


def blendable(first: FacePhoto, second: FacePhoto) -> bool:
    """Whether a dissolve between the two looks like one face that changes its expression."""
    return outline_residual(first, second) < BLENDABLE_RESIDUAL


class Morph:
    """The first photograph, with its face changing to the second's expression."""

    def __init__(self, first: FacePhoto, second: FacePhoto, grid: CoarseGrid) -> None:
        transform = _similarity(second.landmarks, first.landmarks)
        self._first = first.pixels
        self._from, self._to = first.landmarks, _moved(second.landmarks, transform)
        self._grid = grid
        self._fields = tuple(_spline(self._from, self._to, anchor, grid) for anchor in (self._from, self._to))
        self._window = _window(np.concatenate([self._from, self._to]), first.size)
        aligned = cv2.warpAffine(
            second.pixels, transform, first.size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
        )
        self._second = _matched(np.asarray(aligned, second.pixels.dtype), first.pixels, self._to, self._from)

    def landmarks(self, blend: float) -> FloatArray:
        """(468, 2) px of the blended face."""
        return np.asarray((1 - blend) * self._from + blend * self._to, np.float32)

    def blended(self, blend: float) -> Pixels:
        """The first photograph with its face `blend` of the way to the second's: same shape, dtype, range."""
        x0, y0, x1, y1 = self._window
        rows, columns = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        field = (1 - blend) * self._fields[0] + blend * self._fields[1]
        moved = self._grid.sampled(field.astype(np.float32), columns, rows)
        first = _remapped(self._first, columns - blend * moved[..., 0], rows - blend * moved[..., 1])
        rest = 1 - blend
        second = _remapped(self._second, columns + rest * moved[..., 0], rows + rest * moved[..., 1])
        share = (blend * _inside(self.landmarks(blend), self._window))[..., None]
        mixed = first + (second - first) * share
        result = self._first.copy()
        if result.dtype == np.uint8:
            result[y0:y1, x0:x1] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
        else:
            result[y0:y1, x0:x1] = np.clip(mixed, 0, 1)
        return result


def _remapped(image: Pixels, x: FloatArray, y: FloatArray) -> FloatArray:
    found = cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(found, np.float32)


def _similarity(source: FloatArray, target: FloatArray) -> FloatArray:
    """(2, 3) least-squares rotation, scale and shift that takes source (n, 2) to target (n, 2)."""
    centre, goal = source.mean(0), target.mean(0)
    a, b = source - centre, target - goal
    cosine, sine = (a * b).sum(), (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()
    linear = np.array([[cosine, -sine], [sine, cosine]]) / (a * a).sum()
    return np.asarray(np.concatenate([linear, (goal - linear @ centre)[:, None]], 1), np.float32)


def _moved(points: FloatArray, transform: FloatArray) -> FloatArray:
    return np.asarray(points @ transform[:, :2].T + transform[:, 2], np.float32)


def _spline(start: FloatArray, end: FloatArray, anchor: FloatArray, grid: CoarseGrid) -> FloatArray:
    """(rows, columns, 2) px: smoothing thin-plate spline of `end - start`, known at `anchor`, zero around the head."""
    axes = face_axes(anchor)
    # The ring is where the head ends; there and beyond nothing moves.
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)[:, None]
    ring = np.cos(angle) * axes.across * 2.0 * axes.half_width + np.sin(angle) * axes.down * 1.8 * axes.half_height
    points = np.concatenate([anchor[CONTROLS], axes.centre + ring]) / axes.eyes
    values = np.concatenate([end[CONTROLS] - start[CONTROLS], np.zeros_like(ring)])
    count = len(points)
    plane = np.concatenate([np.ones((count, 1)), points], 1)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _thin_plate(points, points) + SMOOTHING * np.eye(count)
    system[:count, count:], system[count:, :count] = plane, plane.T
    weights = np.linalg.solve(system, np.concatenate([values, np.zeros((3, 2))]))
    places = grid.points.reshape(-1, 2) / axes.eyes
    field = _thin_plate(places, points) @ weights[:count] + weights[count] + places @ weights[count + 1 :]
    offset = grid.points.reshape(-1, 2) - axes.centre
    beyond = np.hypot(offset @ axes.across / (2.0 * axes.half_width), offset @ axes.down / (1.8 * axes.half_height))
    fade = falling(beyond, 1.0, 1.8)  # the spline's plane would go on for ever
    return np.asarray((field * fade[:, None]).reshape(grid.points.shape), np.float32)


def _thin_plate(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The kernel r^2 log r between points (n, 2) and (m, 2): (n, m)."""
    squared = (a**2).sum(-1)[:, None] + (b**2).sum(-1) - 2 * a @ b.T
    # Logarithms in single precision are several times faster and five digits are plenty for pixels.
    return np.asarray(0.5 * squared * np.log(np.maximum(squared, 1e-12).astype(np.float32)))


def _window(points: FloatArray, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 around both faces, with room for the fade of the spline."""
    low, high = points.min(0), points.max(0)
    room = 0.9 * (high - low)
    x0, y0 = np.floor(np.maximum(low - room, 0)).astype(int)
    x1, y1 = np.ceil(np.minimum(high + room, size)).astype(int)
    return int(x0), int(y0), int(x1), int(y1)


def _inside(landmarks: FloatArray, window: tuple[int, int, int, int]) -> FloatArray:
    """(h, w) 0 to 1: the face within its outline, soft over a tenth of its width."""
    x0, y0, x1, y1 = window
    axes = face_axes(landmarks)
    coarse = max(axes.eyes / 24, 1.0)
    size = max(int((x1 - x0) / coarse), 1), max(int((y1 - y0) / coarse), 1)
    outline = axes.centre + 0.90 * (landmarks[list(OVAL)] - axes.centre)
    polygon = np.rint((outline - (x0, y0)) * 16 * (size[0] / (x1 - x0), size[1] / (y1 - y0))).astype(np.int32)
    mask = np.zeros((size[1], size[0]), np.float32)
    cv2.fillPoly(mask, [polygon], (1.0,), lineType=cv2.LINE_AA, shift=4)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.09 * axes.eyes / coarse)
    return np.asarray(cv2.resize(soft, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR), np.float32)


def _matched(image: Pixels, target: Pixels, landmarks: FloatArray, target_landmarks: FloatArray) -> Pixels:
    """`image` with the broad light and colour that `target` has on its face."""
    axes = face_axes(target_landmarks)
    shrink = max(axes.eyes / 16, 1.0)
    size = max(int(image.shape[1] / shrink), 1), max(int(image.shape[0] / shrink), 1)
    whole = 0, 0, image.shape[1], image.shape[0]
    broad = [
        _broad(picture, _shrunk(_inside(points, whole), size), axes.eyes / shrink)
        for picture, points in ((target, target_landmarks), (image, landmarks))
    ]
    top = 255.0 if image.dtype == np.uint8 else 1.0
    ratio = np.clip((broad[0] + 0.02 * top) / (broad[1] + 0.02 * top), 0.5, 2.0).astype(np.float32)
    gain = cv2.resize(ratio, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
    matched = np.clip(image.astype(np.float32) * gain, 0, top)
    return np.asarray(np.rint(matched).astype(np.uint8) if image.dtype == np.uint8 else matched)


def _shrunk(picture: Pixels, size: tuple[int, int]) -> FloatArray:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _broad(picture: Pixels, mask: FloatArray, eyes: float) -> FloatArray:
    """The picture's broad colour within the mask: (h, w, 3) at the mask's size."""
    small = _shrunk(picture, (mask.shape[1], mask.shape[0]))
    weight = cv2.GaussianBlur(mask, (0, 0), 0.5 * eyes)[..., None] + 1e-3
    blurred = cv2.GaussianBlur(small * mask[..., None], (0, 0), 0.5 * eyes)
    mean = (small * mask[..., None]).sum((0, 1)) / (mask.sum() + 1e-3)
    return np.asarray((blurred + 1e-3 * mean) / weight, np.float32)
