"""Cut an aligned face out of a frame, and put a change to it back: the only affine maths of the restorer.

Crops are FFHQ-aligned squares. Images are RGB float32 (H, W, 3), [0, 1] unless said otherwise.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.faces import similarity
from likeness_core.warps import OVAL

Array = npt.NDArray[np.float32]

# Eyes, nose tip and mouth corners in an FFHQ-aligned crop, as shares of its side: medians over 2,145 aligned
# training crops of the points that `warps.five_points` takes from dense landmarks, made symmetric.
TEMPLATE = np.array([(0.3752, 0.4766), (0.6248, 0.4766), (0.5, 0.6116), (0.3814, 0.7284), (0.6186, 0.7284)], np.float32)

FEATHER = 0.045  # softness of the mask's edge, as a share of the crop's side
_MARGIN = 0.10  # over which the mask falls to 0 at the crop's border, as a share of its side; chins lie at 0.91
_GROWTH = 1.35  # of the face oval: its edge, ears and the hair beside it are part of what is recognised
_FOREHEAD = 0.12  # how far the mask reaches above the face oval, as a share of the crop's side


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a crop lies in its frame."""

    to_crop: npt.NDArray[np.float64]  # (2, 3): frame pixels to crop pixels
    side_px: int

    def points(self, in_frame: Array) -> Array:
        """(N, 2) frame pixels to shares of the crop's side."""
        pixels = in_frame @ self.to_crop[:, :2].T + self.to_crop[:, 2]
        return ((pixels + 0.5) / self.side_px).astype(np.float32)

    def within(self, left: int, top: int) -> "Alignment":
        """The same place in a part of the frame that begins at (left, top)."""
        turn = self.to_crop[:, :2]
        return Alignment(np.column_stack([turn, self.to_crop[:, 2] + turn @ (left, top)]), self.side_px)

    def scale(self) -> float:
        """Crop pixels per frame pixel."""
        return float(np.sqrt(abs(np.linalg.det(self.to_crop[:, :2]))))


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """A few views of a face in footage."""

    crops: Array  # (V, S, S, 3)
    dense: Array  # (V, 468, 2) landmarks, shares of the side


def align(points: Array, side_px: int) -> Alignment:
    """The crop of `side_px` in which the face at (5, 2) `points` (frame pixels) lies as in the template."""
    return Alignment(similarity(points, TEMPLATE * side_px - 0.5), side_px)


def native_side_px(points: Array) -> float:
    """How many frame pixels the aligned crop's side covers."""
    return 1.0 / align(points, 1).scale()


def cut(image: Array, alignment: Alignment) -> Array:
    """The crop (side, side, 3). Beyond the frame its edge is repeated; a larger face is first reduced by area."""
    side = alignment.side_px
    reduction = 1.0 / alignment.scale()
    matrix = alignment.to_crop
    if reduction > 1.5:
        image, matrix = _reduced(image, alignment, reduction)
    flags = cv2.INTER_CUBIC if reduction < 1 else cv2.INTER_LINEAR
    return _float32(cv2.warpAffine(image, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE))


def _reduced(image: Array, alignment: Alignment, reduction: float) -> tuple[Array, npt.NDArray[np.float64]]:
    """The part of the frame that the crop needs, averaged down so that sampling it does not alias."""
    box = _box(alignment, image.shape[:2], margin_px=round(4 * reduction))
    part = image[box[1] : box[3], box[0] : box[2]]
    height, width = part.shape[:2]
    size = (max(1, round(width / reduction)), max(1, round(height / reduction)))
    small = _float32(cv2.resize(part, size, interpolation=cv2.INTER_AREA))
    ratio = np.array([width / small.shape[1], height / small.shape[0]])
    to_frame = np.column_stack([np.diag(ratio), ratio / 2 - 0.5 + (box[0], box[1])])
    turn = alignment.to_crop[:, :2]
    return small, np.column_stack([turn @ to_frame[:, :2], turn @ to_frame[:, 2] + alignment.to_crop[:, 2]])


def box_around(alignment: Alignment, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom (exclusive) of what `cut` reads and `paste` writes in a frame of `shape` (H, W, ...)."""
    return _box(alignment, shape, margin_px=round(4 * max(1.0, 1.0 / alignment.scale())))


def _box(alignment: Alignment, shape: tuple[int, ...], margin_px: int = 2) -> tuple[int, int, int, int]:
    """Left, top, right, bottom (exclusive) of the crop in the frame, clipped to it; never empty."""
    side = alignment.side_px
    corners = np.array([(-0.5, -0.5), (side, -0.5), (-0.5, side), (side, side)]) - alignment.to_crop[:, 2]
    in_frame = corners @ np.linalg.inv(alignment.to_crop[:, :2]).T
    low = np.floor(in_frame.min(axis=0)).astype(int) - margin_px
    high = np.ceil(in_frame.max(axis=0)).astype(int) + 1 + margin_px
    left, top = int(np.clip(low[0], 0, shape[1] - 1)), int(np.clip(low[1], 0, shape[0] - 1))
    return left, top, int(np.clip(high[0], left + 1, shape[1])), int(np.clip(high[1], top + 1, shape[0]))


def face_mask(dense: Array, side_px: int) -> Array:
    """(side, side) in [0, 1]: 1 on the face, 0 well before the crop's edge, soft between.

    dense: (468, 2) landmarks as shares of the side. Follows the face's oval, grown a little and raised over the
    forehead, which the landmarks leave out. Zero at the border of the crop, so that no square can show.
    """
    oval = dense[list(OVAL)].astype(np.float64)
    centre = oval.mean(axis=0)
    grown = (oval - centre) * _GROWTH + centre
    up = dense[10].astype(np.float64) - dense[152]
    up /= max(float(np.linalg.norm(up)), 1e-6)
    height = np.clip((grown - centre) @ up, 0, None) / max(float(np.abs((oval - centre) @ up).max()), 1e-6)
    grown += height[:, None] * up * _FOREHEAD
    resolution = 4 * 64
    hull = cv2.convexHull(np.rint(grown * resolution).astype(np.int32))
    mask = np.zeros((resolution, resolution), np.float32)
    cv2.fillConvexPoly(mask, hull, 1.0)
    reach = 2 * round(2.5 * FEATHER * resolution) + 1  # no further: pixels far from the face stay untouched
    soft = _float32(cv2.GaussianBlur(mask, (reach, reach), FEATHER * resolution, borderType=cv2.BORDER_REPLICATE))
    inward = np.clip(np.minimum(np.arange(resolution), np.arange(resolution)[::-1]) / (_MARGIN * resolution), 0, 1)
    window = _float32(inward * inward * (3 - 2 * inward))
    soft *= window * window[:, None]
    mask = np.minimum(_float32(cv2.resize(soft, (side_px, side_px), interpolation=cv2.INTER_LINEAR)), 1)
    mask[0] = mask[-1] = 0  # after the resize, which brings its inner neighbour's trace to the border
    mask[:, 0] = mask[:, -1] = 0
    return mask


@dataclass(frozen=True, slots=True)
class Patch:
    """A change to a rectangle of the frame."""

    left: int
    top: int
    change: Array  # (h, w, 3), to be added, already weighed by the mask
    mask: Array  # (h, w) in [0, 1]


def paste(change: Array, mask: Array, alignment: Alignment, shape: tuple[int, ...]) -> Patch:
    """Carry a crop's change and mask back into the frame of `shape` (H, W, ...).

    change: (side, side, 3) to be added, before the mask; mask: (side, side). Where the returned mask is 0, so is
    the change: those pixels stay as they are, bit for bit.
    """
    left, top, right, bottom = _box(alignment, shape)
    turn = alignment.to_crop[:, :2]
    matrix = np.column_stack([turn, turn @ (left, top) + alignment.to_crop[:, 2]])  # patch pixels to crop pixels
    size = (right - left, bottom - top)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    small, ratio = _as_coarse_as_the_frame(change, alignment.scale())
    to_small = np.column_stack([matrix[:, :2] * ratio, matrix[:, 2] * ratio + 0.5 * ratio - 0.5])
    spread = _float32(cv2.warpAffine(small, to_small, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    weight = _float32(cv2.warpAffine(mask, matrix, size, flags=flags, borderMode=cv2.BORDER_CONSTANT)).clip(0, 1)
    return Patch(left, top, spread * weight[..., None], weight)


def _as_coarse_as_the_frame(change: Array, scale: float) -> tuple[Array, float]:
    """A change averaged down to the frame's pixels, and by how much; what they cannot show would alias into stripes."""
    side = change.shape[0]
    if scale < 1.25:
        return change, 1.0
    small = max(1, round(side / scale))
    return _float32(cv2.resize(change, (small, small), interpolation=cv2.INTER_AREA)), small / side


def _float32(image: npt.ArrayLike) -> Array:
    """OpenCV's types do not say that float32 stays float32."""
    return np.asarray(image, np.float32)
