"""A drawn face with known landmarks, for tests that need geometry and no real person.

Landmarks are (468, 2) shares of an FFHQ-aligned crop's side; those that no module reads are strewn over the face.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from likeness_core.warps import OVAL, five_points

Array = npt.NDArray[np.float32]

NOSE_TIP = (0.5, 0.61)
_FEATURES = {
    70: (0.274, 0.424), 105: (0.336, 0.389), 107: (0.441, 0.396),
    300: (0.726, 0.424), 334: (0.664, 0.389), 336: (0.559, 0.396),
    33: (0.320, 0.478), 160: (0.347, 0.464), 159: (0.372, 0.461), 158: (0.391, 0.463), 133: (0.430, 0.485),
    153: (0.395, 0.492), 145: (0.377, 0.493), 144: (0.354, 0.491),
    362: (0.570, 0.485), 385: (0.609, 0.463), 386: (0.628, 0.461), 387: (0.653, 0.464), 263: (0.680, 0.478),
    373: (0.646, 0.491), 374: (0.623, 0.493), 380: (0.605, 0.492),
    168: (0.5, 0.463), 6: (0.5, 0.494), 195: (0.5, 0.549), 2: (0.5, 0.659), 98: (0.427, 0.648), 327: (0.573, 0.648),
    61: (0.382, 0.729), 291: (0.618, 0.729), 39: (0.43, 0.711), 269: (0.57, 0.711), 0: (0.5, 0.711), 17: (0.5, 0.794),
    405: (0.565, 0.779), 181: (0.435, 0.779), 82: (0.472, 0.730), 312: (0.528, 0.730), 13: (0.5, 0.731),
    87: (0.472, 0.757), 317: (0.528, 0.757), 14: (0.5, 0.758),
    50: (0.305, 0.601), 280: (0.695, 0.601), 205: (0.338, 0.635), 425: (0.662, 0.635),
}  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """What the face does, in shares of the crop's side."""

    mouth_open: float = 0.0  # how far the lower lip falls
    smile: float = 0.0  # how far each corner of the mouth moves out
    turn: float = 0.0  # the nose to the picture's right
    nod: float = 0.0  # the nose down
    lids: float = 1.0  # opening of the eyes, 1 as drawn
    brows: float = 0.0  # up


def landmarks(expression: Expression | None = None) -> Array:
    """(468, 2) shares of the side."""
    asked = expression if expression is not None else Expression()
    strewn = np.random.default_rng(0)
    radius, bearing = 0.9 * np.sqrt(strewn.random(468)), strewn.random(468) * 2 * np.pi
    points = np.column_stack([0.5 + 0.275 * radius * np.sin(bearing), 0.595 - 0.315 * radius * np.cos(bearing)])
    points = points.astype(np.float32)
    points[4] = NOSE_TIP
    angles = np.arange(len(OVAL)) * 2 * np.pi / len(OVAL)
    points[list(OVAL)] = np.column_stack([0.5 + 0.275 * np.sin(angles), 0.595 - 0.315 * np.cos(angles)])
    for number, place in _FEATURES.items():
        points[number] = place
    points[[17, 405, 181, 87, 317, 14], 1] += asked.mouth_open
    points[61, 0] -= asked.smile
    points[291, 0] += asked.smile
    points[[4, 195, 2, 98, 327], 0] += asked.turn
    points[[4, 195, 2, 98, 327], 1] += asked.nod
    for middle, lids in ((0.478, (160, 159, 158, 153, 145, 144, 385, 386, 387, 373, 374, 380)),):
        points[list(lids), 1] = middle + (points[list(lids), 1] - middle) * asked.lids
    points[[70, 105, 107, 300, 334, 336], 1] -= asked.brows
    return points


def turned(dense: Array, amount: float) -> Array:
    """Landmarks with the head turned: the middle of the face moves right by `amount` of the side, its edges stay."""
    out = dense.copy()
    out[:, 0] += amount * np.clip(1 - ((dense[:, 0] - 0.5) / 0.28) ** 2, 0, 1)
    return out


def draw(dense: Array, side_px: int, colour: tuple[float, float, float] = (0.72, 0.54, 0.44)) -> Array:
    """A face on a background, RGB float32 (side, side, 3) in [0, 1]; black pupils, nose tip and mouth corners."""
    large = 4 * side_px
    y, x = np.mgrid[0:large, 0:large].astype(np.float32) / large
    picture = np.stack([0.2 + 0.2 * x, 0.25 + 0.1 * y, 0.35 - 0.1 * x], axis=-1).astype(np.float32)
    skin = np.array(colour, np.float32) * (1.1 - 0.25 * np.abs(x - 0.45))[..., None]
    oval = np.zeros((large, large), np.float32)
    cv2.fillPoly(oval, [np.rint(dense[list(OVAL)] * large).astype(np.int32)], 1.0)
    picture += (skin - picture) * oval[..., None]
    for centre in five_points(dense):
        spot = tuple(int(value) for value in np.rint(centre * large))
        cv2.circle(picture, spot, round(0.022 * large), (0.05, 0.05, 0.05), -1)
    for brow in ((70, 105, 107), (300, 334, 336)):
        line = np.rint(dense[list(brow)] * large).astype(np.int32)
        cv2.polylines(picture, [line], False, (0.25, 0.18, 0.12), round(0.018 * large), cv2.LINE_AA)
    small = cv2.resize(cv2.GaussianBlur(picture, (0, 0), 2.0), (side_px, side_px), interpolation=cv2.INTER_AREA)
    return np.clip(small, 0, 1)


def moved(dense: Array, matrix: Array) -> Array:
    """Landmarks through an affine map (2, 3)."""
    return np.asarray(dense @ matrix[:, :2].T + matrix[:, 2], np.float32)
