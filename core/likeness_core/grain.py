"""Grain and light of the footage, kept on the restored face.

Images are RGB float32 (S, S, 3) crops in [0, 1], in the source's own transfer curve.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

_REC709 = np.array([0.2126, 0.7152, 0.0722], np.float32)
# Immerkaer's (1996) noise mask: smooth pictures give nil, white noise of deviation s gives deviation 6 s.
_LAPLACIAN_DIFFERENCE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_MAD_TO_DEVIATION = 1.4826  # of normally distributed values
_WHITE_PX = 0.35  # up to this softness grain is white: a blur this narrow changes nothing
_HIGH_PX = 2.5  # what is broader is motion and flicker, not grain
_BLOCK_PX = 8
_LEAST_DEVIATION = 0.0004  # a tenth of an 8-bit step
_LOCK_PX = 6.0  # spread of the lock's average where it is worked out
_LOCK_LEAST_PX = 32
_LEAST_COLOUR = 0.02  # below it the measure sees rounding


@dataclass(frozen=True, slots=True)
class Grain:
    """What was measured in one shot's crops."""

    deviation: float  # of luma, white = 1
    softness_px: float  # Gaussian spread that gives the measured correlation of neighbours
    colour: float  # deviation of chroma over that of luma; 0 in black-and-white


def measure_grain(frames: list[Array]) -> Grain:
    """Grain of a track, from the change between neighbouring frames in the flatter half of the picture.

    Grain is new in every frame, so two changes in a row share the middle frame's grain with opposite signs: minus their
    covariance is its variance. Motion goes on in its direction and only lowers that; detail or blocking that stays
    cancels. What the high-pass filter takes of soft grain is put back from `_responses`. A single frame falls back to
    Immerkaer's spatial estimate, which sees fine grain only.
    """
    if len(frames) == 1:
        return Grain(_spatial(frames[0] @ _REC709), 0.5, 0.0)
    frames = _distinct(frames)
    if len(frames) == 1:  # a freeze: grain that moves on the face alone would be seen
        return Grain(0.0, 0.5, 0.0)
    lumas = [frame @ _REC709 for frame in frames]
    flat = _flat_blocks(np.mean(lumas, axis=0))
    changes = [_high(after - before) for before, after in pairwise(lumas)]
    variance = _shared(changes, flat, 0)
    if variance < _LEAST_DEVIATION**2:
        return Grain(0.0, 0.5, 0.0)
    softness, correlation, kept = _responses()
    likeness = _shared(changes, flat, 1) / variance
    whole = variance / float(np.interp(likeness, correlation, kept))
    chromas = [frame - luma[..., None] for frame, luma in zip(frames, lumas, strict=True)]
    moves = [_high(after - before) for before, after in pairwise(chromas)]
    chroma = float(np.mean([max(0.0, _shared([move[..., c] for move in moves], flat, 0)) for c in range(3)]))
    colour = float(np.sqrt(chroma / variance))
    return Grain(
        float(np.sqrt(whole)),
        float(np.interp(likeness, correlation, softness)),
        min(colour, 1.0) if colour > _LEAST_COLOUR else 0.0,
    )


def missing_grain(source: Array, restored: Array, frame_px: float) -> Grain:
    """What the restorer took of the footage's grain, for the frame: crops (T, S, S, 3) before and after.

    `frame_px`: frame pixels per crop pixel. Grain finer than the crop was never in it and stays in the frame.
    """
    side = source.shape[1]
    face = (slice(None), slice(round(side * 0.35), round(side * 0.85)), slice(round(side * 0.25), round(side * 0.75)))
    was, now = (measure_grain(list(crops[face])) for crops in (source, restored))
    deviation = float(np.sqrt(max(0.0, was.deviation**2 - now.deviation**2)))
    return Grain(deviation, was.softness_px * frame_px, was.colour)


def synthesise(grain: Grain, side_px: int, seed: int, frame: int) -> Array:
    """(side, side, 3) grain to be added, the same for the same (seed, frame); seeds are 0 to 2^64 - 1."""
    rng = np.random.Generator(np.random.Philox(key=[seed, frame]))
    luma = _softened(rng.standard_normal((side_px, side_px), np.float32), grain.softness_px)
    out = np.repeat(luma[..., None], 3, axis=2)
    if grain.colour > 0:
        out += _softened(rng.standard_normal((side_px, side_px, 3), np.float32), grain.softness_px) * grain.colour
    return out * np.float32(grain.deviation)


def lock_low_frequencies(change: Array, spread: float, mask: Array) -> Array:
    """Take from `change` (S, S, 3) what is broader than `spread` (a share of the side): no colour shift, no new light.

    Averages inside the mask only, so that nothing leaks in from outside the face.
    """
    side = change.shape[0]
    # So broad an average needs few pixels: at 512 px it took longer than all else that is done to a crop.
    small = min(side, max(_LOCK_LEAST_PX, round(side * _LOCK_PX / (spread * side))))
    inside, weight = (
        cv2.resize(x, (small, small), interpolation=cv2.INTER_AREA) for x in (change * mask[..., None], mask)
    )
    inside, weight = (cv2.GaussianBlur(x, (0, 0), spread * small) for x in (inside, weight))
    low = inside / np.maximum(weight, 1e-3)[..., None]
    return np.asarray(change - cv2.resize(low, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def without_chroma(change: Array, weights: tuple[float, float, float]) -> Array:
    """The luma of a change in all three channels: black-and-white stays black-and-white, bit for bit."""
    luma = change @ np.array(weights, np.float32)
    return np.asarray(np.repeat(luma[..., None], 3, axis=2), np.float32)


def _distinct(frames: list[Array]) -> list[Array]:
    """Without the frames that only repeat the one before them: pulldown, or animation on twos."""
    changes = np.array([float(np.abs(b - a).mean()) for a, b in pairwise(frames)])
    usual = float(np.percentile(changes, 75)) if len(changes) else 0.0
    return [frames[0], *(frame for frame, change in zip(frames[1:], changes, strict=True) if change > 0.1 * usual)]


def _flat_blocks(luma: Array) -> npt.NDArray[np.bool_]:
    """Which blocks of a mean frame have less detail than most: there, motion changes least."""
    smooth: Array = np.asarray(cv2.GaussianBlur(luma, (0, 0), 2.0), np.float32)
    detail = _block_means(np.hypot(*np.gradient(smooth)) if min(luma.shape) > 1 else smooth)
    return np.asarray(detail <= np.median(detail))


def _shared(changes: list[Array], flat: npt.NDArray[np.bool_], apart_px: int) -> float:
    """Minus the covariance of changes in a row, at pixels so far apart along a row; median over the flat blocks.

    One change alone: half its own.
    """
    pairs = list(pairwise(changes)) or [(changes[0], -0.5 * changes[0])]
    shifted = [np.roll(after, apart_px, axis=1) + np.roll(after, -apart_px, axis=1) for _, after in pairs]
    products = [-0.5 * before * near for (before, _), near in zip(pairs, shifted, strict=True)]
    return float(np.median(_block_means(np.mean(products, axis=0))[flat]))


def _block_means(image: Array) -> Array:
    size = max(1, image.shape[1] // _BLOCK_PX), max(1, image.shape[0] // _BLOCK_PX)
    return np.asarray(cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA))


def _responses() -> tuple[Array, Array, Array]:
    """For grain of growing softness: that softness, and, behind the high-pass filter, the correlation of neighbours and
    the share of the variance that is kept."""
    softness = np.array([_WHITE_PX, 0.45, 0.55, 0.65, 0.75, 0.85, 1.0, 1.2, 1.4, 1.6], np.float32)
    impulse = np.zeros((63, 63), np.float32)
    impulse[31, 31] = 1
    correlation, kept = [], []
    for spread in softness:
        grain: Array = impulse
        if spread > _WHITE_PX:
            grain = np.asarray(cv2.GaussianBlur(impulse, (0, 0), float(spread)), np.float32)
        seen = _high(grain)
        energy = float((seen**2).sum())
        correlation.append(float((seen[:, 1:] * seen[:, :-1]).sum()) / energy)
        kept.append(energy / float((grain**2).sum()))
    return softness, np.array(correlation, np.float32), np.array(kept, np.float32)


def _spatial(luma: Array) -> float:
    response = cv2.filter2D(luma, -1, _LAPLACIAN_DIFFERENCE, borderType=cv2.BORDER_REFLECT)
    return float(np.median(np.abs(response))) * _MAD_TO_DEVIATION / 6


def _high(image: Array) -> Array:
    return np.asarray(image - cv2.GaussianBlur(image, (0, 0), _HIGH_PX))


def _softened(noise: Array, softness_px: float) -> Array:
    """Blur white noise and bring it back to unit deviation."""
    if softness_px <= _WHITE_PX:
        return noise
    soft = cv2.GaussianBlur(noise, (0, 0), softness_px)
    return soft / np.float32(max(float(soft.std()), 1e-6))
