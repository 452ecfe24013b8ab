"""Grain and light of the footage, kept on the restored face.

Images are RGB float32 (S, S, 3) crops in [0, 1], in the source's own transfer curve.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

_REC709 = np.array([0.2126, 0.7152, 0.0722], np.float32)
# Immerkaer's (1996) noise mask: its response to smooth pictures is nil, to white noise of deviation s it has deviation 6 s.
_LAPLACIAN_DIFFERENCE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_MAD_TO_DEVIATION = 1.4826  # of normally distributed values


@dataclass(frozen=True, slots=True)
class Grain:
    """What was measured in one shot's crops."""

    deviation: float  # of luma, white = 1
    softness_px: float  # Gaussian spread that gives the measured correlation of neighbours
    colour: float  # deviation of chroma over that of luma; 0 in black-and-white


def measure_grain(frames: list[Array]) -> Grain:
    """Grain of a track, from the change between neighbouring frames where the face stands still.

    Grain is what differs from frame to frame; what detail or blocking stays is not grain. A single frame falls back to
    Immerkaer's spatial estimate.
    """
    lumas = [frame @ _REC709 for frame in frames]
    if len(frames) < 2:
        return Grain(_spatial(lumas[0]), 0.5, 0.0)
    deviations, correlations, colours = [], [], []
    for i in range(1, len(frames)):
        change = _high(lumas[i] - lumas[i - 1])
        deviation = _MAD_TO_DEVIATION * float(np.median(np.abs(change))) / np.sqrt(2)
        # Motion raises the change, never lowers it: the spatial estimate bounds it from above.
        deviations.append(min(deviation, _spatial(lumas[i]) * 1.5))
        correlations.append(float((change[:, 1:] * change[:, :-1]).mean() / max(float((change**2).mean()), 1e-12)))
        chroma = _high((frames[i] - lumas[i][..., None]) - (frames[i - 1] - lumas[i - 1][..., None]))
        colours.append(_MAD_TO_DEVIATION * float(np.median(np.abs(chroma))) / np.sqrt(2) / max(deviation, 1e-6))
    softness = float(np.clip(0.35 + np.median(correlations) * 1.6, 0.35, 1.6))
    return Grain(float(np.median(deviations)), softness, float(np.clip(np.median(colours), 0, 1)))


def synthesise(grain: Grain, side_px: int, seed: int, frame: int) -> Array:
    """(side, side, 3) grain to be added, the same for the same (seed, frame)."""
    rng = np.random.Generator(np.random.Philox(key=[seed + (1 << 32), frame]))
    luma = _softened(rng.standard_normal((side_px, side_px), np.float32), grain.softness_px)
    out = np.repeat(luma[..., None], 3, axis=2)
    if grain.colour > 0:
        out += _softened(rng.standard_normal((side_px, side_px, 3), np.float32), grain.softness_px) * grain.colour
    return out * np.float32(grain.deviation)


def lock_low_frequencies(change: Array, spread: float, mask: Array) -> Array:
    """Take from `change` (S, S, 3) what is broader than `spread` (a share of the side): no colour shift, no new light.

    Averages inside the mask only, so that nothing leaks in from outside the face.
    """
    sigma = spread * change.shape[0]
    weight = cv2.GaussianBlur(mask, (0, 0), sigma)
    low = cv2.GaussianBlur(change * mask[..., None], (0, 0), sigma) / np.maximum(weight, 1e-3)[..., None]
    return change - low


def without_chroma(change: Array, weights: tuple[float, float, float]) -> Array:
    """The luma of a change in all three channels: black-and-white stays black-and-white, bit for bit."""
    luma = change @ np.array(weights, np.float32)
    return np.repeat(luma[..., None], 3, axis=2)


def _spatial(luma: Array) -> float:
    response = cv2.filter2D(luma, -1, _LAPLACIAN_DIFFERENCE, borderType=cv2.BORDER_REFLECT)
    return float(np.median(np.abs(response))) * _MAD_TO_DEVIATION / 6


def _high(image: Array) -> Array:
    return image - cv2.GaussianBlur(image, (0, 0), 1.5)


def _softened(noise: Array, softness_px: float) -> Array:
    """Blur white noise and bring it back to unit deviation."""
    if softness_px <= 0.35:
        return noise
    soft = cv2.GaussianBlur(noise, (0, 0), softness_px)
    return soft / np.float32(max(float(soft.std()), 1e-6))
