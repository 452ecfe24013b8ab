"""Fine detail from the photograph: what a network that minimises its error leaves out.

Not the paper's. A small network gives the mean of what a face may look like; skin, lashes and hair of the person are in
the photograph, which the landmarks lay over the footage to within a few pixels (`conditioning.direct_path`). Here
optical flow takes those out, and the photograph's fine luma is added where the result has less of it.
Crops are RGB float32 [0, 1], (S, S, 3).
"""

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.restorer.conditioning import Guide

Array = npt.NDArray[np.float32]

# All shares of the crop's side.
_FINE = (0.8 / 256, 1.5 / 256)  # spreads of what is fine: more cost PSNR and gave no identity (docs/training.md)
_COARSE = 6 / 256  # up to which it is asked whether photograph and result agree
_NEIGHBOURHOOD = 1 / 160  # in which the energies of photograph and result are compared
_AGREEMENT = 1 / 25  # and their correlation
_FLOW_SPREAD = 0.01  # of the flow: 0.03 lays an edge beside the edge
_FARTHEST = 0.04  # that the photograph is moved

_UNLIKE = 0.4  # correlation up to which nothing is taken: an eyebrow beside the eyebrow, a shadow of another light
_FLOW_PX = 256  # larger crops are reduced for the flow
_FLOW_FRAMES = 2.0  # spread of the flow over time, so that nothing trembles
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def detail_gain(likeness: float) -> float:
    """How much of what is missing is added, by the slider `likeness`: nothing at 0, 0.75 at 0.5, twice as much at 1."""
    return 1.5 * likeness


def with_photo_detail(crops: Array, guide: Guide, gain: float) -> Array:
    """`crops` (T, S, S, 3), restored from the guide's clip, with the photographs' fine luma; (T, S, S, 3), not clipped.

    As far as the photographs are relied on: nothing of a stranger's. Where the result is as rich in detail as the
    photograph, nothing is added.
    """
    share = guide.relied_on * gain
    if share <= 0:
        return crops
    pictures, masks = guide.over_the_face
    if not masks.any():
        return crops
    own = crops @ _LUMA
    lumas = [_whole(*each) for each in zip(pictures, masks[..., 0], own, strict=True)]
    flows = _steady([_flow(crop, luma) for crop, luma in zip(own, lumas, strict=True)])
    out = crops.copy()
    for i, flow in enumerate(flows):
        luma, mask = _moved(lumas[i], flow), _moved(masks[i], flow)
        out[i] += (np.float32(share) * mask * _missing(luma, own[i]))[..., None]
    return out


def _whole(picture: Array, mask: Array, own: Array) -> Array:
    """Luma of a photograph of `direct_path` before it was weighed; the result's own where it means nothing."""
    return np.where(mask > 1e-3, (picture @ _LUMA) / np.maximum(mask, 1e-3), own).astype(np.float32)


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


def _missing(luma: Array, own: Array) -> Array:
    """The photograph's fine luma, as much of each band as the result's own lacks in energy, where the two agree."""
    coarse, middle = _coarse(luma), _coarse(own)
    products = (coarse * middle, coarse * coarse, middle * middle)
    shared, one, other = (_around(product, _AGREEMENT) for product in products)
    alike = shared / np.sqrt(np.maximum(one * other, 1e-10))  # correlation of what is a little coarser
    # Squared: by the root, PSNR fell and identity did not rise.
    trusted = np.clip((alike - _UNLIKE) / (1 - _UNLIKE), 0, 1) ** 2
    out = np.zeros_like(luma)
    for band, present in zip(_bands(luma), _bands(own), strict=True):
        energy, there = (_around(each * each, _NEIGHBOURHOOD) for each in (band, present))
        lacking = np.sqrt(np.clip(1 - there / np.maximum(energy, 1e-7), 0, 1))
        share = cv2.resize(trusted, lacking.shape[::-1], interpolation=cv2.INTER_LINEAR) * lacking
        out += band * cv2.resize(share, band.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return out


def _around(image: Array, spread: float) -> Array:
    """Means over a neighbourhood, at a quarter of the resolution."""
    side = image.shape[0] // 4
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), side * spread), np.float32)


def _bands(luma: Array) -> list[Array]:
    """What is finer than the network shows, the finest first."""
    softer = [cv2.GaussianBlur(luma, (0, 0), luma.shape[0] * spread) for spread in _FINE]
    return [np.asarray(sharp - soft, np.float32) for sharp, soft in zip((luma, *softer), softer, strict=False)]


def _coarse(luma: Array) -> Array:
    """What is a little coarser, at half the resolution."""
    side = luma.shape[0] // 2
    half = cv2.resize(luma, (side, side), interpolation=cv2.INTER_AREA)
    fine, coarse = (cv2.GaussianBlur(half, (0, 0), side * spread) for spread in (_FINE[-1], _COARSE))
    return np.asarray(fine - coarse, np.float32)
