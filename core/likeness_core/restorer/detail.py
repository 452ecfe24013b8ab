"""Fine detail from the photograph: what a network that minimises its error leaves out.

Not the paper's. A small network gives the mean of what a face may look like; skin, lashes and hair of the person are in
the photograph, which lies over the footage as far as the footage can say where (`overlay`). Here optical flow onto the
result takes out what that left (`flow`), and a second, smaller network says where how much of the photograph's fine
luma is added (`detail_network`).
Crops are RGB float32 [0, 1], (S, S, 3).
"""

import cv2
import numpy as np
import numpy.typing as npt
import torch

from likeness_core.restorer.conditioning import Guide
from likeness_core.restorer.detail_network import DetailNetwork
from likeness_core.restorer.flow import flow_onto, luma, moved, steady

Array = npt.NDArray[np.float32]

# At the slider's middle. 1.05 leaves faces at x8 with 62 % of the truth's fine detail, and 60 are asked; a tenth more
# costs .1 dB.
ORDINARY = 1.1
_MASK_PX = 64  # masks are drawn in and softened at this size, by 3 % of the side
_AROUND_PX, _LEAST_TRUST = 12, 2e-3  # what the network is shown: the face and a little around it
_LEAST_PART_PX = 48  # of it each way: the widest of its blurs has to fit in


def detail_gain(likeness: float) -> float:
    """How much of what the network says is added, by the slider `likeness`: 0 at 0, ORDINARY at 0.5, half more at 1."""
    return ORDINARY * min(2 * likeness, 0.5 + likeness)


def with_photo_detail(crops: Array, guide: Guide, gain: float, network: DetailNetwork) -> Array:
    """`crops` (T, S, S, 3), restored from the guide's clip, with the photographs' fine luma; (T, S, S, 3), not clipped.

    As far as the photographs are relied on: nothing of a stranger's.
    """
    if guide.relied_on * gain <= 0:
        return crops
    device = next(network.parameters()).device
    side = crops.shape[1]
    out, found = crops.copy(), planes(crops, guide)
    if not found:
        return out
    part = _part(np.max([mask for _, _, mask in found], axis=0))
    for crop, each in zip(out, found, strict=True):
        told = (torch.from_numpy(plane[part])[None, None].to(device) for plane in each)
        with torch.inference_mode():
            lacking = network(*told, side)[0, 0].cpu().numpy()
        crop[part] += (np.float32(gain) * lacking)[..., None]
    return out


def planes(crops: Array, guide: Guide) -> list[tuple[Array, Array, Array]]:
    """For each of `crops` (T, S, S, 3): its luma, that of the photograph in its place, how far this is trusted; (S, S).

    Empty where no photograph shows anything of the face, or all show another side of it.
    """
    if not guide.same_side.any():
        return []
    pictures, masks = guide.over_the_face
    if not masks.any():
        return []
    own = list(luma(crops))
    lumas = [_whole(*each) for each in zip(pictures, masks[..., 0], own, strict=True)]
    flows = steady([flow_onto(*each) for each in zip(own, lumas, strict=True)], own, guide.main_maps)
    # Fine detail of a photograph that was bent into another view makes the face another's: at x4, photographs .4 to .9
    # apart (`warps.turn`), it turns 8 % closed into 1.
    relied = guide.same_side * np.float32(guide.relied_on)
    return [
        (own[i], moved(lumas[i], flow), moved(inner(masks[i][..., 0]), flow).clip(0, 1) * relied[i])
        for i, flow in enumerate(flows)
    ]


def inner(mask: Array) -> Array:
    """A mask of `direct_path` drawn in to the face itself: beyond its outline a photograph has its own background."""
    side = mask.shape[0]
    small = cv2.resize(mask, (_MASK_PX, _MASK_PX), interpolation=cv2.INTER_AREA)
    drawn_in = cv2.erode(small, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    soft = cv2.GaussianBlur(drawn_in, (0, 0), 1.0)
    return np.asarray(cv2.resize(soft, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def _part(mask: Array) -> tuple[slice, slice]:
    """The rows and columns of a crop that the network is to look at: where `mask` (S, S) counts, and around it."""
    counts, side = mask > _LEAST_TRUST, mask.shape[0]

    def around(places: npt.NDArray[np.intp]) -> slice:
        first, last = (int(places[0]), int(places[-1])) if len(places) else (0, side)
        around = max(_AROUND_PX, _LEAST_PART_PX - (last - first))
        return slice(max(0, first - around) // 4 * 4, min(side, last + around) // 4 * 4)

    return around(np.flatnonzero(counts.any(axis=1))), around(np.flatnonzero(counts.any(axis=0)))


def _whole(picture: Array, mask: Array, own: Array) -> Array:
    """Luma of a photograph of `direct_path` before it was weighed; the result's own where it means nothing."""
    return np.where(mask > 1e-3, luma(picture) / np.maximum(mask, 1e-3), own).astype(np.float32)
