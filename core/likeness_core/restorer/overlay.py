"""A photograph laid over the frames of a face: by landmarks, and then by optical flow onto the footage itself.

Our reading of the reference stream's direct path, and not the paper's. Landmarks find a face that can hardly be seen to
within a few pixels; the footage, blurred as it is, says where its brows and folds lie, though not how they are shaped
(docs/training.md).
Pictures are RGB float32 [0, 1]; landmarks and places are shares of a crop's side.
"""

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.restorer.flow import PLANE_PX, averaged, flow_onto_footage, luma, seen_through
from likeness_core.warps import match_tone, mouth_agreement, pose_agreement, reference_map, trust_mask, warp_reference

Array = npt.NDArray[np.float32]

# Difference in `warps.turn` from which nothing of a photograph is laid over: the network takes what it can use of one
# that is bent far. With photographs .4 to .55 apart (.55 to .9) x8 closes 17 (11) % of dlib's distance, without 8 (9);
# x4 6 (10) and 5 (7): 40 pairs.
_FARTHEST_TURN = 1.05


def places(crops: Array, dense: Array, photo: Array, source: Array) -> list[Array]:
    """Where each place of the frames `crops` (T, S, S, 3) lies in `photo` (P, P, 3): T maps (F, F, 2).

    dense: (T, 468, 2) landmarks of the frames; source: (468, 2) of the photograph.
    """
    crops = np.stack([reduced(crop, PLANE_PX) for crop in crops])
    maps = [reference_map(points, source) for points in dense]
    own = [luma(crop) for crop in crops]
    laid = [luma(laid_over(crop, photo, mapping)) for crop, mapping in zip(crops, maps, strict=True)]
    flows = averaged([flow_onto_footage(*each) for each in zip(own, laid, strict=True)])
    return [seen_through(mapping, flow) for mapping, flow in zip(maps, flows, strict=True)]


def laid_over(crop: Array, photo: Array, place: Array) -> Array:
    """(S, S, 3): the photograph as it lies over one frame, in the frame's light."""
    return match_tone(warp_reference(photo, place, crop.shape[0]), crop)


def trust(dense: Array, source: Array, place: Array, side_px: int, speechless: bool = False) -> Array:
    """(S, S, 1) in [0, 1]: where a photograph in its place shows what the frame shows.

    `speechless`: it says nothing of the mouth, whatever it shows.
    """
    mouth = 0.0 if speechless else mouth_agreement(dense, source)
    mask = trust_mask(dense, place, side_px, mouth) * np.float32(pose_agreement(dense, source, _FARTHEST_TURN))
    return mask[..., None]


def reduced(crop: Array, side_px: int) -> Array:
    """A crop (S, S, 3) of at most `side_px`, averaged down."""
    if crop.shape[0] <= side_px:
        return crop
    return np.asarray(cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA), np.float32)
