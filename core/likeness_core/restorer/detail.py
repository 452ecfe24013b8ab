"""Fine detail from the photograph: what a network that minimises its error leaves out.

Not the paper's. A small network gives the mean of what a face may look like; skin, lashes and hair of the person are in
the photograph, which the landmarks lay over the footage to within a few pixels (`conditioning.direct_path`). Here
optical flow takes those out, and a second, smaller network says where how much of the photograph's fine luma is added
(`detail_network`).
Crops are RGB float32 [0, 1], (S, S, 3).
"""

import cv2
import numpy as np
import numpy.typing as npt
import torch

from likeness_core.restorer.conditioning import Guide
from likeness_core.restorer.detail_network import DetailNetwork

Array = npt.NDArray[np.float32]

_FLOW_SPREAD = 0.01  # of the flow, in shares of the side: 0.03 lays an edge beside the edge
_FARTHEST = 0.04  # that the photograph is moved, in shares of the side
_SMALL_SHARE = 0.87  # of the gain in crops of 256 and less: all of it costs 0.5 dB there (docs/training.md)
_MASK_PX = 64  # masks are drawn in and softened at this size, by 3 % of the side
_FLOW_PX = 256  # larger crops are reduced for the flow
_FLOW_FRAMES = 1.0  # spread of the flow over time, so that nothing trembles
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def detail_gain(likeness: float) -> float:
    """How much of what the network says is added, by the slider `likeness`: 0 at 0, all at 0.5, 1.5 times at 1."""
    return min(2 * likeness, 0.5 + likeness)


def with_photo_detail(crops: Array, guide: Guide, gain: float, network: DetailNetwork) -> Array:
    """`crops` (T, S, S, 3), restored from the guide's clip, with the photographs' fine luma; (T, S, S, 3), not clipped.

    As far as the photographs are relied on: nothing of a stranger's.
    """
    if guide.relied_on * gain <= 0:
        return crops
    device = next(network.parameters()).device
    side = crops.shape[1]
    share = np.float32(gain if side > 256 else gain * _SMALL_SHARE)
    out = crops.copy()
    for i, (own, photo, mask) in enumerate(planes(crops, guide)):
        told = (torch.from_numpy(plane)[None, None].to(device) for plane in (own, photo, mask))
        with torch.inference_mode():
            lacking = network(*told, side)[0, 0].cpu().numpy()
        out[i] += (share * lacking)[..., None]
    return out


def planes(crops: Array, guide: Guide) -> list[tuple[Array, Array, Array]]:
    """For each of `crops` (T, S, S, 3): its luma, that of the photograph in its place, how far this is trusted; (S, S).

    Empty where no photograph shows anything of the face.
    """
    pictures, masks = guide.over_the_face
    if not masks.any():
        return []
    own = luma(crops)
    lumas = [_whole(*each) for each in zip(pictures, masks[..., 0], own, strict=True)]
    flows = _steady([_flow(crop, luma) for crop, luma in zip(own, lumas, strict=True)])
    relied = np.float32(guide.relied_on)
    return [
        (own[i], _moved(lumas[i], flow), _moved(inner(masks[i][..., 0]), flow).clip(0, 1) * relied)
        for i, flow in enumerate(flows)
    ]


def inner(mask: Array) -> Array:
    """A mask of `direct_path` drawn in to the face itself: beyond its outline a photograph has its own background."""
    side = mask.shape[0]
    small = cv2.resize(mask, (_MASK_PX, _MASK_PX), interpolation=cv2.INTER_AREA)
    drawn_in = cv2.erode(small, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    soft = cv2.GaussianBlur(drawn_in, (0, 0), 1.0)
    return np.asarray(cv2.resize(soft, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def luma(rgb: Array) -> Array:
    """(..., 3) to (...), by BT.709's weights."""
    return np.asarray(rgb @ _LUMA, np.float32)


def _whole(picture: Array, mask: Array, own: Array) -> Array:
    """Luma of a photograph of `direct_path` before it was weighed; the result's own where it means nothing."""
    return np.where(mask > 1e-3, luma(picture) / np.maximum(mask, 1e-3), own).astype(np.float32)


def _flow(own: Array, luma: Array) -> Array:
    """(F, F, 2): where each place of the result lies in the photograph, as a step in shares of the side."""
    side = min(own.shape[0], _FLOW_PX)
    grey = []
    for image in (own, luma):
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        grey.append(np.rint(np.clip(cv2.GaussianBlur(small, (0, 0), 1.0), 0, 1) * 255).astype(np.uint8))
    found = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(
        grey[0], grey[1], np.zeros((side, side, 2), np.float32)
    )
    step = cv2.GaussianBlur(found, (0, 0), side * _FLOW_SPREAD) / np.float32(side)
    length = np.linalg.norm(step, axis=2, keepdims=True)
    return np.asarray(step * np.minimum(1, _FARTHEST / np.maximum(length, 1e-6)), np.float32)


def _steady(flows: list[Array]) -> Array:
    """(T, F, F, 2): each frame's flow with those of its neighbours."""
    frames = np.arange(len(flows))
    weights = np.exp(-0.5 * ((frames[:, None] - frames) / _FLOW_FRAMES) ** 2)
    return np.asarray(np.tensordot(weights / weights.sum(axis=1, keepdims=True), np.stack(flows), 1), np.float32)


def _moved(image: Array, flow: Array) -> Array:
    side = image.shape[0]
    step = cv2.resize(flow, (side, side), interpolation=cv2.INTER_LINEAR) * np.float32(side)
    rows, columns = np.indices((side, side), dtype=np.float32)
    x, y = columns + step[..., 0], rows + step[..., 1]
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.float32)
