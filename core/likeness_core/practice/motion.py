"""Moving faces from still photographs: short clips with known truth, for training and for the sample.

One photograph (or two of one person) and its landmarks become T frames: a hand-held camera, a head that
turns, nods and sways, blinks, speech, smiles and, with a second photograph, a change of expression.
What moves smoothly is one displacement field on a coarse grid; what tears is `expression`.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.practice.expression import Expression
from likeness_core.practice.face_geometry import (
    BROWS,
    LIP_CORNERS,
    NOSE_TIP,
    CoarseGrid,
    FaceAxes,
    FacePhoto,
    FloatArray,
    Pixels,
    face_axes,
    falling,
)
from likeness_core.practice.morph import Morph


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """The largest excursion of each movement. Lengths are shares of the distance between the eyes."""

    shift: float = 0.12  # camera, sideways and up
    roll_degrees: float = 2.5  # camera
    zoom: float = 0.03  # camera, share
    sway: float = 0.10  # head against the background
    tilt_degrees: float = 4.0  # head, ear to shoulder
    yaw_degrees: float = 9.0
    pitch_degrees: float = 6.0
    smile: float = 1.0  # 1 moves the lip corners by 8 % of the mouth's width
    brow: float = 1.0  # 1 lifts the brows by 7 % of the distance between the eyes
    mouth: float = 0.14  # widest gap between the lips over the mouth's width
    blinks_per_second: float = 0.4
    blend: float = 1.0  # how far the second photograph's expression is reached


# Frame pixels between points where the map is computed; straight between them, which errs by less than 0.02 px.
MAP_STEP = 4

STILL = MotionSettings(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class MotionPlan:
    """What moves how far in each frame; every field is (T,) float32."""

    shift_x: FloatArray  # eye distances
    shift_y: FloatArray
    roll: FloatArray  # radians, clockwise on screen
    zoom: FloatArray  # natural logarithm of the scale
    sway_x: FloatArray  # eye distances
    sway_y: FloatArray
    tilt: FloatArray  # radians
    yaw: FloatArray  # radians
    pitch: FloatArray  # radians
    smile: FloatArray  # -0.5 to 1
    brow: FloatArray  # -0.5 to 1
    mouth: FloatArray  # gap over the mouth's width
    blink: FloatArray  # 0 open, 1 shut
    blend: FloatArray  # 0 the first photograph's expression, 1 the second's

    def __len__(self) -> int:
        return len(self.yaw)


def plan_motion(
    rng: np.random.Generator, frames: int, settings: MotionSettings, frames_per_second: float = 25.0
) -> MotionPlan:
    """Draw smooth trajectories for a clip of `frames`; band-limited, so that no frame jumps.

    Heads move below 1 Hz and hands that hold a camera up to 2 Hz; the larger moves of the jaw come at 1 to 2 Hz.
    """
    seconds = np.arange(frames) / frames_per_second

    def wander(low: float, high: float, extent: float) -> FloatArray:
        return (extent * _band_limited(rng, seconds, low, high)).astype(np.float32)

    talking = _eased(np.clip(0.8 + 2 * _band_limited(rng, seconds, 0.1, 0.5), 0, 1))
    speech = np.clip(_band_limited(rng, seconds, 0.7, 2.0), 0, 1) * talking
    mood = _band_limited(rng, seconds, 0.1, 0.5)
    return MotionPlan(
        shift_x=wander(0.1, 1.5, settings.shift),
        shift_y=wander(0.1, 1.5, settings.shift),
        roll=wander(0.1, 1.0, np.radians(settings.roll_degrees)),
        zoom=wander(0.05, 0.4, settings.zoom),
        sway_x=wander(0.1, 0.8, settings.sway),
        sway_y=wander(0.1, 0.8, settings.sway * 0.6),
        tilt=wander(0.1, 0.7, np.radians(settings.tilt_degrees)),
        yaw=wander(0.1, 0.8, np.radians(settings.yaw_degrees)),
        pitch=wander(0.1, 0.9, np.radians(settings.pitch_degrees)),
        smile=np.maximum(wander(0.1, 0.7, settings.smile), -0.5 * settings.smile),
        brow=np.maximum(wander(0.2, 1.2, settings.brow), -0.5 * settings.brow),
        mouth=(settings.mouth * speech).astype(np.float32),
        blink=_blinks(rng, seconds, settings.blinks_per_second),
        blend=(settings.blend * _eased(np.clip(0.5 + 1.2 * mood, 0, 1))).astype(np.float32),
    )


def _eased(share: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    return np.asarray(share * share * (3 - 2 * share), np.float64)


def _band_limited(
    rng: np.random.Generator, seconds: npt.NDArray[np.float64], low: float, high: float
) -> npt.NDArray[np.float64]:
    """Noise in [-1, 1] as a sum of six waves between `low` and `high` hertz, slower ones larger."""
    frequency = np.exp(rng.uniform(np.log(low), np.log(high), 6))
    amplitude = rng.uniform(0.3, 1.0, 6) / np.sqrt(frequency)
    phase = rng.uniform(0, 2 * np.pi, 6)
    waves = np.sin(2 * np.pi * frequency * seconds[:, None] + phase) @ amplitude
    return np.asarray(np.tanh(1.2 * waves / np.sqrt(np.sum(amplitude**2))), np.float64)


def _blinks(rng: np.random.Generator, seconds: npt.NDArray[np.float64], per_second: float) -> FloatArray:
    """Blinks at random moments: lids fall in 0.1 s, rest shut for 0.04 s, rise in 0.2 s."""
    closure = np.zeros(len(seconds))
    length = float(seconds[-1]) + 0.4 if len(seconds) else 0.0
    for start in rng.uniform(-0.4, length - 0.4, rng.poisson(per_second * length)):
        after = seconds - start
        shape = np.minimum(np.clip(after / 0.10, 0, 1), np.clip((0.34 - after) / 0.20, 0, 1))
        closure = np.maximum(closure, _eased(shape))
    return closure.astype(np.float32)


class MovingFace:
    """A photograph made ready to move; `frame` renders one moment of a plan.

    `view` (2, 3) float32 maps pixels of the photograph to pixels of the frame (default: the photograph scaled to
    `size`), `size` is the frame's (width, height), by default the photograph's. Beyond its edges the photograph
    is mirrored. A `second` photograph of the same person adds `blend`; use it only where `blendable` says so.
    """

    def __init__(
        self,
        photo: FacePhoto,
        second: FacePhoto | None = None,
        view: FloatArray | None = None,
        size: tuple[int, int] | None = None,
    ) -> None:
        self._photo = photo
        self._size = size if size is not None else photo.size
        self._view = view if view is not None else _scaling(photo.size, self._size)
        self._axes = face_axes(photo.landmarks)
        # The finest field is that of an eye lid: two steps.
        self._grid = CoarseGrid.over(photo.size, max(self._axes.eyes / 12, 2.0))
        self._fields = _fields(self._grid.points, photo.landmarks, self._axes)
        self._expression = Expression(photo.landmarks, photo.size)
        self._morph = None if second is None else Morph(photo, second, self._grid)

    def frame(self, plan: MotionPlan, index: int) -> Pixels:
        """Frame `index` of the plan: (h, w, 3) RGB in the photograph's dtype and range."""
        texture, expression = self._photo.pixels, self._expression
        blend = float(plan.blend[index])
        if self._morph is not None and blend > 0.01:
            texture = self._morph.blended(blend)
            expression = Expression(self._morph.landmarks(blend), self._photo.size)
        texture = expression.applied(texture, float(plan.blink[index]), float(plan.mouth[index]))
        points = self.source_points(plan, index)
        found = cv2.remap(texture, points[..., 0], points[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        if found.dtype == np.float32:
            np.clip(found, 0, 1, out=found)
        return np.asarray(found)

    def source_points(self, plan: MotionPlan, index: int) -> FloatArray:
        """Where in the photograph each pixel of the frame comes from: (h, w, 2) float32 x and y, px."""
        inverse = cv2.invertAffineTransform(self._camera(plan, index)).astype(np.float32)
        columns = (np.arange(-1, -(-self._size[0] // MAP_STEP) + 1, dtype=np.float32) + 0.5) * MAP_STEP - 0.5
        rows = (np.arange(-1, -(-self._size[1] // MAP_STEP) + 1, dtype=np.float32)[:, None] + 0.5) * MAP_STEP - 0.5
        x = inverse[0, 0] * columns + inverse[0, 1] * rows + inverse[0, 2]
        y = inverse[1, 0] * columns + inverse[1, 1] * rows + inverse[1, 2]
        head = plan.yaw, plan.pitch, plan.tilt, plan.sway_x, plan.sway_y, plan.smile, plan.brow
        amounts = np.array([movement[index] for movement in head], np.float32)
        moved = self._grid.sampled(np.tensordot(amounts, self._fields, 1), x, y)
        coarse = np.stack([x, y], -1) - moved
        full = cv2.resize(coarse, None, fx=MAP_STEP, fy=MAP_STEP, interpolation=cv2.INTER_LINEAR)
        return np.asarray(full[MAP_STEP : MAP_STEP + self._size[1], MAP_STEP : MAP_STEP + self._size[0]], np.float32)

    def _camera(self, plan: MotionPlan, index: int) -> FloatArray:
        """(2, 3) from the photograph to the frame, with the camera's movement about the frame's centre."""
        scale = float(np.sqrt(abs(np.linalg.det(self._view[:, :2]))))
        angle, zoom = float(plan.roll[index]), float(np.exp(plan.zoom[index]))
        turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        middle = (np.array(self._size) - 1) / 2
        shift = np.array([plan.shift_x[index], plan.shift_y[index]]) * self._axes.eyes * scale
        linear = turn @ self._view[:, :2]
        offset = turn @ (self._view[:, 2] - middle) + middle + shift
        return np.asarray(np.concatenate([linear, offset[:, None]], 1), np.float32)


def animate(face: MovingFace, plan: MotionPlan) -> Pixels:
    """Every frame of the plan: (T, h, w, 3) RGB in the photograph's dtype and range."""
    return np.stack([face.frame(plan, index) for index in range(len(plan))])


def _scaling(source: tuple[int, int], target: tuple[int, int]) -> FloatArray:
    """(2, 3) that fills `target` with `source`, pixel centres at whole numbers."""
    x, y = target[0] / source[0], target[1] / source[1]
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2]], np.float32)


def _fields(grid: FloatArray, landmarks: FloatArray, axes: FaceAxes) -> FloatArray:
    """(7, rows, columns, 2) px: displacement by one radian of yaw, pitch and tilt, one eye distance of sway
    across and down, one smile, one lift of the brows.

    Depth for yaw and pitch is an ellipsoid with a nose, not the landmarks' own z: it also covers hair and
    ears, has no step at the outline of the face, and goes to zero with its slope, so nothing folds.
    """
    offset = grid - axes.centre
    u, v = offset @ axes.across / axes.half_width, offset @ axes.down / axes.half_height
    radius = np.hypot(u / 1.35, (v + 0.15) / 1.55)  # a head is wider and higher than the face's landmarks
    depth = np.clip(1 - radius**2, 0, None) ** 1.5
    nose = landmarks[NOSE_TIP] - axes.centre
    nose_distance = np.hypot(
        u - nose @ axes.across / axes.half_width, (v - nose @ axes.down / axes.half_height + 0.12) / 1.6
    )
    depth = axes.half_width * (depth + 0.28 * np.exp(-((nose_distance / 0.3) ** 2)))
    head = falling(radius, 1.0, 2.0)
    from_neck = grid - (axes.chin + axes.down * 0.3 * axes.half_height)
    turned = np.stack([-from_neck[..., 1], from_neck[..., 0]], -1)
    return np.stack(
        [
            depth[..., None] * axes.across,
            depth[..., None] * axes.down,
            head[..., None] * turned,
            head[..., None] * axes.across * axes.eyes,
            head[..., None] * axes.down * axes.eyes,
            _smile(grid, landmarks, axes),
            _brow_lift(grid, landmarks, axes),
        ]
    ).astype(np.float32)


def _smile(grid: FloatArray, landmarks: FloatArray, axes: FaceAxes) -> FloatArray:
    field = np.zeros_like(grid)
    for corner, side in zip(LIP_CORNERS, (-1.0, 1.0), strict=True):
        near = np.linalg.norm(grid - landmarks[corner], axis=-1) / (0.38 * axes.mouth_width)
        pull = 0.08 * axes.mouth_width * (0.8 * side * axes.across - 0.6 * axes.down)
        field += np.exp(-(near**2))[..., None] * pull
    return field


def _brow_lift(grid: FloatArray, landmarks: FloatArray, axes: FaceAxes) -> FloatArray:
    field = np.zeros_like(grid)
    for brow in BROWS:
        offset = grid - landmarks[list(brow)].mean(0)
        u, v = offset @ axes.across / (0.55 * axes.eyes), offset @ axes.down / (0.30 * axes.eyes)
        field -= np.exp(-(u * u + v * v))[..., None] * (0.07 * axes.eyes) * axes.down
    return field
