"""Put restored faces back into the frame: mask, locked light, grain, and nothing touched outside.

Frames are RGB float32 (H, W, 3) in the source's own transfer curve; crops likewise, (S, S, 3).
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from likeness_core.api import RestorationSettings
from likeness_core.crops import Alignment, Patch, face_mask, paste
from likeness_core.grain import Grain, lock_low_frequencies, synthesise, without_chroma

Array = npt.NDArray[np.float32]

# What is broader than this share of the crop's side is the source's (light, colour): about the width of a cheek.
LOCK_SPREAD = 1 / 14
_LEAST_SHARE = 1 / 65535  # of a change: the matte's file has 16 bits, and where it says 0 nothing may have changed


@dataclass(frozen=True, slots=True)
class RestoredFace:
    """One face of one frame, ready to go back."""

    track: int
    restored: Array  # (S, S, 3) what the network made
    source: Array  # (S, S, 3) what it was made from
    dense: Array  # (468, 2) landmarks as shares of the crop's side
    alignment: Alignment
    trust: float  # 0 to 1: fading where the track begins and ends, and where the result cannot be trusted
    source_score: float  # the source's likeness to the person
    grain: Grain
    monochrome: bool
    settings: RestorationSettings | None = None  # of the person's role, where they are not the look's


@dataclass(frozen=True, slots=True)
class Look:
    """What the composite needs beside the faces."""

    settings: RestorationSettings  # of every face that has none of its own; the scale is everybody's
    luma_weights: tuple[float, float, float]
    is_float: bool  # float footage may leave [0, 1]


def compose(frame: Array, index: int, faces: list[RestoredFace], look: Look) -> tuple[Array, Array]:
    """The frame with its restored faces, and the matte (H, W): how much of the result is ours, 0 to 1.

    `index` is the source frame. Where the matte is 0 every pixel equals the source's, bit for bit; with strength 0
    that is everywhere.
    """
    matte = np.zeros(frame.shape[:2], np.float32)
    out = frame
    for face in faces:
        share = (face.settings or look.settings).strength_at(index) * face.trust
        if share <= 0:
            continue
        out = frame.copy() if out is frame else out
        _apply(out, matte, _patch(frame, index, face, look), share, look.is_float)
    return out, matte


def _patch(frame: Array, index: int, face: RestoredFace, look: Look) -> Patch:
    side = face.alignment.side_px
    mask = face_mask(face.dense, side)
    change = face.restored - face.source
    settings = face.settings or look.settings
    # The slider moves the lock from features (1) over a cheek (0.5) to the whole face (0).
    change = lock_low_frequencies(change, LOCK_SPREAD * 4 ** (1 - 2 * settings.fidelity), mask)
    if face.monochrome:
        change = without_chroma(change, look.luma_weights)
    patch = paste(change, mask, face.alignment, frame.shape)
    if settings.grain <= 0 or face.grain.deviation <= 0:
        return patch
    height, width = patch.mask.shape
    grain = replace(face.grain, colour=0.0) if face.monochrome else face.grain
    # Each face of a frame has grain of its own, and none shares it with the sampler's noise (track 0 counts from 1).
    key = settings.seed + ((face.track + 1) % (1 << 31) << 32)
    square = synthesise(grain, max(height, width), key, index)[:height, :width]
    return Patch(patch.left, patch.top, patch.change + square * settings.grain * patch.mask[..., None], patch.mask)


def _apply(out: Array, matte: Array, patch: Patch, share: float, is_float: bool) -> None:
    height, width = patch.mask.shape
    rows, columns = slice(patch.top, patch.top + height), slice(patch.left, patch.left + width)
    touched = np.float32(share) * patch.mask >= _LEAST_SHARE
    region = out[rows, columns]
    changed = region + np.float32(share) * patch.change
    # A change makes nothing blacker than black, but what the source holds beyond black and white stays.
    if not is_float:
        changed = np.clip(changed, np.minimum(region, 0), np.maximum(region, 1))
    region[touched] = changed[touched]
    matte[rows, columns] = np.maximum(matte[rows, columns], np.float32(share) * patch.mask * touched)
