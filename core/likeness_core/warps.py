"""Bring a reference photograph onto the footage's face: thin-plate splines between dense landmarks.

Our reading of the reference stream's direct path: a reference that lies pixel on pixel over the footage
shows the denoiser the person's detail where it belongs. Coordinates are shares of the crop's side (0 to 1).
"""

import cv2
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float32]  # (N, 2) x, y as shares of the crop's side
Image = npt.NDArray[np.float32]  # (H, W, 3) RGB [0, 1]

# Of the 468 points of the dense landmark model: the face oval, both brows, both eyes, the nose and both lips,
# thinned to what a thin-plate spline needs; more points cost time and add only noise.
OVAL = (10, 297, 284, 389, 454, 361, 397, 379, 400, 152, 176, 150, 172, 132, 234, 162, 54, 67)
BROWS = (70, 105, 107, 300, 334, 336)
EYES = (33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380)
NOSE = (168, 6, 195, 4, 2, 98, 327)
LIPS = (61, 39, 0, 269, 291, 405, 17, 181, 82, 13, 312, 87, 14, 317)
CHEEKS = (50, 280, 205, 425)
SIDES = (234, 127, 454, 356)
CONTROL = OVAL + BROWS + EYES + NOSE + LIPS + CHEEKS

# Of the 468: what stands for each of the five points (eyes, nose tip, mouth corners, as seen in the image).
FIVE = ((33, 133, 159, 145), (362, 263, 386, 374), (4,), (61,), (291,))

_GRID = 32  # the spline is evaluated on a coarse grid and interpolated; finer grids changed nothing visible
# Mean distance of the lips, over the mouth's width, of two pictures of one expression and of two: of 548 pairs of
# photographs of one person half lie under .064; a straight face and a laugh (the sample) at .14.
_SAME_MOUTH, _OTHER_MOUTH = 0.08, 0.14
_OTHER_SIDE = 0.5  # difference in `turn`
_STIFFNESS = 1e-4  # regularisation in shares squared: lets the spline pass 1 % beside a noisy landmark


def five_points(dense: Points) -> Points:
    """(468, 2) dense landmarks to the (5, 2) points of detectors and recognisers."""
    return np.stack([dense[list(group)].mean(axis=0) for group in FIVE]).astype(np.float32)


def reference_map(target: Points, source: Points) -> npt.NDArray[np.float32]:
    """Where each pixel of the footage's crop lies in the reference: (32, 32, 2) shares, a coarse backward map.

    target: (468, 2) landmarks of the footage's face; source: (468, 2) of the reference's.
    """
    control = target[list(CONTROL)]
    values = source[list(CONTROL)]
    count = len(control)
    system = np.zeros((count + 3, count + 3), np.float32)
    system[:count, :count] = _radial(control, control) + _STIFFNESS * np.eye(count, dtype=np.float32)
    system[:count, count] = system[count, :count] = 1
    system[:count, count + 1 :] = control
    system[count + 1 :, :count] = control.T
    right = np.zeros((count + 3, 2), np.float32)
    right[:count] = values
    weights = np.linalg.solve(system.astype(np.float64), right.astype(np.float64)).astype(np.float32)
    centres = (np.arange(_GRID, dtype=np.float32) + 0.5) / _GRID
    grid = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2).astype(np.float32)
    mapped: Points = _radial(grid, control) @ weights[:count] + weights[count] + grid @ weights[count + 1 :]
    return mapped.reshape(_GRID, _GRID, 2)


def warp_reference(reference: Image, mapping: npt.NDArray[np.float32], side_px: int) -> Image:
    """The reference crop as seen through `mapping` (G, G, 2): (side_px, side_px, 3); edges are reflected."""
    # Linear: OpenCV's cubic does not keep a ramp straight and moved the reference by up to 0.4 px at 256.
    fine = cv2.resize(mapping, (side_px, side_px), interpolation=cv2.INTER_LINEAR)
    pixels = fine * np.float32(reference.shape[0]) - np.float32(0.5)
    x, y = pixels[..., 0], pixels[..., 1]
    return np.asarray(cv2.remap(reference, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)


def trust_mask(
    target: Points, mapping: npt.NDArray[np.float32], side_px: int, mouth: float = 1.0
) -> npt.NDArray[np.float32]:
    """(side_px, side_px) in [0, 1]: where a warped reference means something.

    Inside the face oval (grown by a tenth), less where the map folds or stretches more than twofold: there the
    photograph does not show what the footage shows. `mouth`: how far the mouth is trusted, see `mouth_agreement`.
    """
    oval = target[list(OVAL)]
    centre = oval.mean(axis=0)
    grown = ((oval - centre) * 1.1 + centre) * 64
    mask = np.zeros((64, 64), np.float32)
    cv2.fillPoly(mask, [np.rint(grown).astype(np.int32)], 1.0)
    coarse = cv2.resize(mapping, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    stretch = np.gradient(coarse, 1.0 / _GRID, axis=(0, 1))
    area = stretch[1][..., 0] * stretch[0][..., 1] - stretch[1][..., 1] * stretch[0][..., 0]
    sound = np.clip(np.minimum(area, 1 / np.maximum(area, 1e-3)) * 2 - 0.25, 0, 1).astype(np.float32)
    mask *= cv2.resize(cv2.GaussianBlur(sound, (0, 0), 1.0), (64, 64), interpolation=cv2.INTER_LINEAR)
    if mouth < 1:
        mask *= 1 - (1 - np.float32(mouth)) * _around_mouth(target)
    soft = cv2.GaussianBlur(mask, (0, 0), 2.0)
    return np.asarray(cv2.resize(soft, (side_px, side_px), interpolation=cv2.INTER_LINEAR), np.float32)


def turn(dense: Points) -> float:
    """How far a head is turned, from landmarks (468, 2): 0 frontal, about 0.6 at 30 degrees, 1 in profile.

    Positive where the nose points to the right of the picture.
    """
    left, right = np.linalg.norm(dense[4] - dense[234]), np.linalg.norm(dense[4] - dense[454])
    return float((left - right) / max(float(left + right), 1e-6))


def pose_agreement(target: Points, source: Points, farthest: float = _OTHER_SIDE) -> float:
    """0 to 1: whether a photograph shows the same side of the face as the footage; landmarks (468, 2) each.

    0 where their `turn` lies `farthest` apart: by itself about 25 degrees, from where a photograph that is bent into
    place has the nose and the far eye of another view.
    """
    return float(np.clip((farthest - abs(turn(target) - turn(source))) / 0.25, 0, 1))


def mouth_agreement(target: Points, source: Points) -> float:
    """0 to 1: whether the mouth has the same expression in footage and photograph; landmarks (468, 2) each.

    A straight mouth bent into a laugh has neither its teeth nor its creases.
    """
    steady = list(BROWS + EYES + NOSE + SIDES)
    onto, *_ = np.linalg.lstsq(_homogeneous(source[steady]), target[steady], rcond=None)
    apart = np.linalg.norm(_homogeneous(source[list(LIPS)]) @ onto - target[list(LIPS)], axis=1).mean()
    share = float(apart) / max(_mouth_width(target), 1e-6)
    return float(np.clip((_OTHER_MOUTH - share) / (_OTHER_MOUTH - _SAME_MOUTH), 0, 1))


def match_tone(warped: Image, footage: Image) -> Image:
    """Give the warped reference the footage's low frequencies: its own detail on the footage's light.

    Both (S, S, 3). The spread of 1/16 of the side keeps facial features and drops lighting.
    """
    box = _box(footage.shape[0] / 16)
    low_reference = cv2.blur(cv2.blur(warped, box), box)
    low_footage = cv2.blur(cv2.blur(footage, box), box)
    return np.asarray(np.clip(warped - low_reference + low_footage, 0, 1), np.float32)


def _around_mouth(dense: Points) -> npt.NDArray[np.float32]:
    """(64, 64) in [0, 1]: 1 on the lips, falling off over the cheeks' creases and the chin."""
    centre = dense[list(LIPS)].mean(axis=0) * 64 - 0.5
    along = (dense[291] - dense[61]) / max(_mouth_width(dense), 1e-6)
    rows, columns = np.indices((64, 64), dtype=np.float32)
    x, y = columns - centre[0], rows - centre[1]
    radius = 64 * max(_mouth_width(dense), 1e-3)
    u, v = (x * along[0] + y * along[1]) / radius, (y * along[0] - x * along[1]) / radius
    return np.asarray(np.exp(-((u * u / 0.49 + v * v / 0.25) ** 2)), np.float32)


def _mouth_width(dense: Points) -> float:
    return float(np.linalg.norm(dense[291] - dense[61]))


def _homogeneous(points: Points) -> Points:
    return np.column_stack([points, np.ones(len(points), np.float32)])


def _box(sigma: float) -> tuple[int, int]:
    """Width of a box filter that, applied twice, spreads by about `sigma`."""
    width = int(np.sqrt(6 * sigma * sigma + 1)) | 1
    return width, width


def _radial(a: Points, b: Points) -> npt.NDArray[np.float32]:
    """r^2 log r between every point of `a` and of `b`."""
    squared = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=-1)
    return np.asarray(0.5 * squared * np.log(squared + np.float32(1e-12)), np.float32)
