"""Where the photograph lies: optical flow takes out what landmarks leave over, and holds it still on a moving face.

Not the paper's. Landmarks lay a photograph over the footage to within a few pixels, and lie elsewhere by a fraction of
one in every frame; fine detail that follows them trembles. So each frame's place is averaged with those of its
neighbours, carried along by the motion of the face itself.
Planes are luma [0, 1], float32 (S, S). Flows and places are float32 (F, F, 2), x and y, in shares of the side.
"""

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

PLANE_PX = 256  # larger planes are reduced
_PLACES_PX = 128  # F of what comes out
_SPREAD = 0.01  # of slopes, in shares of the side
# Of the flow onto a result: finer and farther (.01, .04) bends the photograph's eyes and jaw towards every smear of the
# result, which draws them twice; on 98 pictures the difference is within .05 dB and a point of dlib's distance.
_SURE_SPREAD, _FARTHEST = 0.015, 0.01
# Of the flow onto footage: wide, so that the photograph keeps its own shapes. .015, .03, .045, .06, .08 of the side
# close 50.1, 51.0, 50.4, 49.7, 49.2 % of dlib's distance at x4 and 47.7, 50.7, 53.1, 54.1, 54.4 % at x8 (33 pictures).
_UNSURE_SPREAD, _UNSURE_FARTHEST = 0.045, 0.04
_ASTRAY = 0.012  # from where it began: a way there and back counts e times less
_DOUBT = 0.1  # a place whose neighbours are all sure is moved by ten elevenths
_FRAMES_SPREAD = 1.5  # of the average over time: 3 costs .06 dB on the clips and steadies no more
_MOTION_SPREAD = 0.04  # a face moves as a whole from one frame to the next; what is finer is noise
_KEPT = 0.9  # of the weight that a place has, for each frame that it lies away
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_APART = 0.02  # places that differ by this count e times less: a mouth opened, a neighbour was led astray


def flow_onto(own: Array, photo: Array) -> Array:
    """Where each place of the result `own` lies in `photo`, as a step: what is left once both lie over each other."""
    return _sure_flow(own, photo, _SURE_SPREAD, _FARTHEST)


def flow_onto_footage(own: Array, photo: Array) -> Array:
    """The same for footage `own`, in which little can be seen: smoother, and farther."""
    return _sure_flow(own, photo, _UNSURE_SPREAD, _UNSURE_FARTHEST)


def averaged(flows: list[Array]) -> list[Array]:
    """Flows of a clip's frames onto what landmarks laid over them, averaged over time.

    Landmarks follow the face and are smooth; what they leave over changes with pose and expression, slowly. Motion
    found in poor footage, as `steady` has it, trembles more than that.
    """
    wide = np.stack(flows).reshape(len(flows), -1)
    size = 2 * round(3 * _FRAMES_SPREAD) + 1
    even = cv2.GaussianBlur(wide, (1, size), 0, sigmaY=_FRAMES_SPREAD, borderType=cv2.BORDER_REPLICATE)
    return list(np.asarray(even, np.float32).reshape(len(flows), *flows[0].shape))


def steady(flows: list[Array], own: list[Array], maps: list[Array]) -> list[Array]:
    """Flows of a clip's frames that follow the face: every place looks at nearly the same of the photograph throughout.

    `own`: the frames' planes, that their motion is found in; `maps`: where each place lies in the photograph before
    the flow (`warps.reference_map`, `overlay.places`).
    """
    if len(flows) < 2:
        return flows
    fine = [_resized(mapping) for mapping in maps]
    places = [_seen(mapping, flow) for mapping, flow in zip(fine, flows, strict=True)]
    greys = [_grey(plane) for plane in own]
    back = [_blurred(_flow(after, before), _MOTION_SPREAD) for before, after in pairwise(greys)]
    onward = [_inverse(motion) for motion in back]
    forward = _gathered(places, back)
    backward = _gathered(places[::-1], onward[::-1])[::-1]
    steadied = []
    for flow, mapping, place, (sum_f, weight_f), (sum_b, weight_b) in zip(
        flows, fine, places, forward, backward, strict=True
    ):
        better = (sum_f + sum_b - place) / (weight_f + weight_b - 1)
        steadied.append(flow + _undone(better - place, mapping))
    return steadied


def moved(plane: Array, flow: Array) -> Array:
    """`plane` seen through `flow`: (S, S)."""
    side = plane.shape[0]
    step = cv2.resize(flow, (side, side), interpolation=cv2.INTER_LINEAR) * np.float32(side)
    rows, columns = np.indices((side, side), dtype=np.float32)
    x, y = columns + step[..., 0], rows + step[..., 1]
    return np.asarray(cv2.remap(plane, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.float32)


def seen_through(mapping: Array, flow: Array) -> Array:
    """A map (G, G, 2) of places, followed by a flow onto what it gave: one map (F, F, 2)."""
    return _seen(_resized(mapping), flow)


def luma(rgb: Array) -> Array:
    """(..., 3) to (...), by BT.709's weights."""
    return np.asarray(rgb @ _LUMA, np.float32)


def _sure_flow(own: Array, photo: Array, spread: float, farthest: float) -> Array:
    """Flow that is smooth, bounded, and less where the way back leads elsewhere.

    Plain flow bends mouths and noses of what is hardly more than a few patches.
    """
    here, there = _grey(own), _grey(photo)
    step = _flow(here, there)
    astray = np.linalg.norm(step + _seen(_flow(there, here), step), axis=2, keepdims=True) / _ASTRAY
    sure = np.exp(-astray * astray)
    even = _blurred(step * sure, spread) / (_blurred(sure, spread)[..., None] + _DOUBT)
    length = np.linalg.norm(even, axis=2, keepdims=True)
    return np.asarray(even * np.minimum(1, farthest / np.maximum(length, 1e-6)), np.float32)


def _gathered(places: list[Array], motions: list[Array]) -> list[tuple[Array, Array]]:
    """For each frame, weighted sums of its places and all earlier ones', and the weights (F, F, 1).

    `motions`: from each frame but the first to the one before.
    """
    total, weight = places[0], np.ones((*places[0].shape[:2], 1), np.float32)
    sums = [(total, weight)]
    for place, motion in zip(places[1:], motions, strict=True):
        carried = _seen(np.asarray(total / weight, np.float32), motion)
        apart = np.linalg.norm(carried - place, axis=2, keepdims=True) / _APART
        share = np.float32(_KEPT) * _seen(weight, motion) * np.exp(-apart * apart)
        total, weight = place + share * carried, np.asarray(1 + share, np.float32)
        sums.append((total, weight))
    return sums


def _undone(change: Array, mapping: Array) -> Array:
    """The step in the footage that changes the place in the photograph by `change`, where `mapping` gives places."""
    down, right = _slope(mapping, 0), _slope(mapping, 1)
    area = right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]
    area = np.where(np.abs(area) < 0.25, 0.25, area)  # where the map folds nothing is trusted anyway
    x = (down[..., 1] * change[..., 0] - down[..., 0] * change[..., 1]) / area
    y = (right[..., 0] * change[..., 1] - right[..., 1] * change[..., 0]) / area
    return np.asarray(np.stack([x, y], axis=-1), np.float32)


def _slope(field: Array, axis: int) -> Array:
    """(F, F, 2): its change along an axis, for a step of the whole side."""
    return np.asarray(np.gradient(_blurred(field, _SPREAD), 1 / field.shape[0], axis=axis), np.float32)


def _inverse(motion: Array) -> Array:
    """The way back, for motions that change little from place to place."""
    return np.negative(_seen(motion, np.negative(_seen(motion, np.negative(motion)))))


def _flow(now: npt.NDArray[np.uint8], then: npt.NDArray[np.uint8]) -> Array:
    side = now.shape[0]
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = search.calc(now, then, np.zeros((side, side, 2), np.float32))
    return _resized(np.asarray(found, np.float32) / np.float32(side))


def _grey(plane: Array) -> npt.NDArray[np.uint8]:
    side = min(plane.shape[0], PLANE_PX)
    small = cv2.resize(plane, (side, side), interpolation=cv2.INTER_AREA)
    return np.rint(np.clip(cv2.GaussianBlur(small, (0, 0), 1.0), 0, 1) * 255).astype(np.uint8)


def _seen(field: Array, step: Array) -> Array:
    """A field (F, F, C) of `_PLACES_PX` at each place and its step; (F, F, C)."""
    rows, columns = np.indices(step.shape[:2], dtype=np.float32)
    side = np.float32(step.shape[0])
    x, y = columns + step[..., 0] * side, rows + step[..., 1] * side
    found = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found.reshape(*step.shape[:2], -1), np.float32)


def _resized(field: Array) -> Array:
    method = cv2.INTER_AREA if field.shape[0] > _PLACES_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(field, (_PLACES_PX, _PLACES_PX), interpolation=method), np.float32)


def _blurred(field: Array, spread: float) -> Array:
    return np.asarray(cv2.GaussianBlur(field, (0, 0), spread * field.shape[0]), np.float32)
