"""Every metric, one definition each. Published definitions disagree, so compare figures only within this project.

Pictures are RGB float32 [0, 1] (H, W, 3) in the source's own transfer curve. Embeddings are float32 (T, D) of
unit length, one row a frame in order of time; a frame without a face has no row. Metrics over time are for
one shot: across a cut neighbouring frames owe each other nothing.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core import color

FloatArray = npt.NDArray[np.float32]
Values = npt.NDArray[np.floating[Any]]  # (N,) one a unit

FACE_MARGIN = 0.1  # of the landmarks' extent, on each side of the box in which a face is measured
SLOPE_FRAMES = 24  # the paper's clip length: slopes are given over as many frames
JUMP_FRAMES = 4  # frames on each side of a seam whose means are compared
FINE_CYCLES = 0.125  # cycles a pixel from which detail counts as fine: waves of 8 px and shorter
RESAMPLES = 2000  # of a bootstrap
EYE_CORNERS = (33, 263)  # of the 468 points: the outer corners, whose distance is the unit of landmark distances


@dataclass(frozen=True, slots=True)
class Box:
    """Whole pixels of a frame: rows [top, bottom), columns [left, right)."""

    left: int
    top: int
    right: int
    bottom: int

    def cut(self, picture: FloatArray) -> FloatArray:
        """The part of a picture (H, W, ...) inside the box."""
        return picture[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % confidence interval."""

    mean: float
    low: float
    high: float


def face_box(points: FloatArray, width: int, height: int) -> Box:
    """The box in which a face is measured: the extent of its dense landmarks (N, 2) px and a tenth on each side.

    Rounded outwards and cut at the frame's edges. Take the landmarks of the truth for every version of a frame.
    """
    low, high = points.min(0), points.max(0)
    low, high = low - FACE_MARGIN * (high - low), high + FACE_MARGIN * (high - low)
    left, top = max(math.floor(low[0]), 0), max(math.floor(low[1]), 0)
    return Box(left, top, min(math.ceil(high[0]) + 1, width), min(math.ceil(high[1]) + 1, height))


# Fidelity: one frame against its truth


def psnr(truth: FloatArray, other: FloatArray) -> float:
    """Peak signal-to-noise ratio in dB: 10 log10(1 / mean squared error over all pixels and R, G, B).

    At most 100, so that equal pictures can be averaged. For a face, give both pictures cut by its box. A clip's PSNR
    is the mean of its frames' (not the PSNR of the mean error).
    """
    error = float(np.mean((truth.astype(np.float64) - other) ** 2))
    return -10 * math.log10(max(error, 1e-10))


def ssim(truth: FloatArray, other: FloatArray) -> float:
    """Structural similarity of luma (Wang et al. 2004), 1 for equal pictures.

    Gaussian window 11 x 11 of sigma 1.5, K1 = 0.01, K2 = 0.03, peak 1, luma by BT.709's weights whatever the
    source's, mean over the windows that lie inside whole. Pictures under 11 px are measured with mirrored edges.
    """
    a, b = _luma(truth), _luma(other)
    mean_a, mean_b = _windowed(a), _windowed(b)
    variance_a = _windowed(a * a) - mean_a * mean_a
    variance_b = _windowed(b * b) - mean_b * mean_b
    covariance = _windowed(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    similarity /= (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    inside = similarity[5:-5, 5:-5] if min(similarity.shape) > 10 else similarity
    return float(inside.mean())


def detail_ratio(truth: FloatArray, other: FloatArray) -> float:
    """Energy of fine detail over the truth's: mean squared gradient of luma (neighbour differences, both ways).

    1 is the truth's sharpness, under 1 softer, over 1 sharper or noisier. It says how much, not how right.
    """
    reference = _gradient_energy(_luma(truth))
    return _gradient_energy(_luma(other)) / max(reference, 1e-12)


def fine_energy(truth: FloatArray, other: FloatArray) -> float:
    """High-frequency energy over the truth's: power of luma at FINE_CYCLES a pixel and above, Hann-windowed.

    The spectrum is that of luma minus its mean times a Hann window in both directions; radial frequency
    sqrt(fx^2 + fy^2) in cycles a pixel of the truth. 1 is the truth's texture; smooth pictures are near 0, noise
    is above. It says how much, not how right: read it beside a distance to the truth.
    """
    return _fine_power(_luma(other)) / max(_fine_power(_luma(truth)), 1e-12)


def _fine_power(plane: npt.NDArray[np.float64]) -> float:
    rows, columns = (np.hanning(side + 2)[1:-1] for side in plane.shape)
    spectrum = np.abs(np.fft.fft2((plane - plane.mean()) * rows[:, None] * columns)) ** 2
    fy, fx = np.fft.fftfreq(plane.shape[0]), np.fft.fftfreq(plane.shape[1])
    return float(spectrum[np.hypot(fy[:, None], fx) >= FINE_CYCLES].sum() / plane.size)


def structural_distance(truth: FloatArray, other: FloatArray) -> float:
    """GMSD, gradient magnitude similarity deviation (Xue et al. 2014): 0 for equal pictures, larger is worse.

    Luma averaged over 2 x 2 px and halved; Prewitt gradients (thirds) with mirrored edges; similarity
    (2 a b + c) / (a^2 + b^2 + c) of their magnitudes with c = 170 / 255^2; its standard deviation over the picture.
    """
    a, b = _gradient_magnitude(_luma(truth)), _gradient_magnitude(_luma(other))
    c = 170 / 255**2
    return float(np.std((2 * a * b + c) / (a * a + b * b + c)))


def _gradient_magnitude(plane: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    small = cv2.blur(plane, (2, 2), borderType=cv2.BORDER_REFLECT_101)[::2, ::2]
    kernel = np.array([[1, 0, -1]] * 3) / 3
    x, y = (cv2.filter2D(small, -1, k, borderType=cv2.BORDER_REFLECT_101) for k in (kernel, kernel.T))
    return np.asarray(np.hypot(x, y), np.float64)


def _luma(picture: FloatArray) -> npt.NDArray[np.float64]:
    return np.asarray(picture @ np.array(color.luma_weights(1)), np.float64)


def _windowed(plane: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(plane, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT_101), np.float64)


def _gradient_energy(plane: npt.NDArray[np.float64]) -> float:
    return float(np.mean(np.diff(plane, axis=0) ** 2) + np.mean(np.diff(plane, axis=1) ** 2))


# Identity


def identity_scores(embeddings: FloatArray, targets: FloatArray) -> FloatArray:
    """Cosine of each frame's embedding (T, D) to its target: the truth's of the same frame (T, D), or (D,) for all.

    (T,) float32. Their mean is IDS (to the truth) or Ref-IDS (to the mean of the references' embeddings, see
    `mean_embedding`).
    """
    return np.asarray((embeddings * targets).sum(-1), np.float32)


def distance_closed(before: Values, after: Values) -> Values:
    """Share of the identity distance to the truth that a restoration closes: 1 - sum(1 - after) / sum(1 - before).

    Both are cosines to the truth, one an independent clip, (..., N); sums are over the last axis. 1 is the truth, 0 as
    far off as the input, negative further off. A ratio of sums, so that clips that start near the truth do not rule;
    recognisers of different scales can be compared by it. 0 where the input is the truth.
    """
    distance, left = (np.sum(1 - np.asarray(cosines, np.float64), axis=-1) for cosines in (before, after))
    return np.where(distance > 1e-9, 1 - left / np.maximum(distance, 1e-9), 0.0)


def mean_embedding(embeddings: FloatArray) -> FloatArray:
    """The direction that embeddings (N, D) of one person share: their mean, made unit length; (D,) float32."""
    mean = embeddings.mean(0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


# Steadiness of identity over the frames of one shot


def identity_distance(embeddings: FloatArray) -> float:
    """VIDD: mean Euclidean distance of neighbouring frames' unit embeddings (T, D); 0 for fewer than two frames.

    Between 0 and 2; the distance d and the cosine c of the same pair are d = sqrt(2 - 2 c).
    """
    if len(embeddings) < 2:
        return 0.0
    return float(np.linalg.norm(np.diff(embeddings, axis=0), axis=1).mean())


def identity_deviation(scores: FloatArray) -> float:
    """Standard deviation (population's) of one shot's identity scores (T,) over time."""
    return float(np.std(scores)) if len(scores) else 0.0


def drift_slope(scores: FloatArray) -> float:
    """Least-squares slope of identity scores (T,) over a clip, as change over 24 frames; negative: the person fades."""
    if len(scores) < 2:
        return 0.0
    return float(np.polyfit(np.arange(len(scores)), scores, 1)[0]) * SLOPE_FRAMES


def clip_jump(scores: FloatArray, seams: Sequence[int]) -> float:
    """How far identity jumps where one window of the restorer meets the next, inside a shot.

    Mean over `seams` (index of the first frame after each) of the absolute difference between the mean scores of
    the up to 4 frames before and after; 0 without a seam.
    """
    jumps = [
        abs(float(scores[seam : seam + JUMP_FRAMES].mean() - scores[max(seam - JUMP_FRAMES, 0) : seam].mean()))
        for seam in seams
        if 0 < seam < len(scores)
    ]
    return float(np.mean(jumps)) if jumps else 0.0


# Motion and flicker over the frames of one shot


def landmark_distance(truth: FloatArray, other: FloatArray, eyes: tuple[int, int]) -> float:
    """Mean distance of landmarks (T, N, 2) to the truth's, over the truth's distance between the points `eyes`."""
    return float((np.linalg.norm(other - truth, axis=-1).mean(-1) / _eye_distance(truth, eyes)).mean())


def landmark_jitter(truth: FloatArray, other: FloatArray, eyes: tuple[int, int]) -> float:
    """The same for movement from frame to frame: how differently landmarks (T, N, 2) move, in eye distances.

    A constant offset costs nothing here, trembling does. 0 for fewer than two frames.
    """
    if len(truth) < 2:
        return 0.0
    difference = np.diff(other - truth, axis=0)
    return float((np.linalg.norm(difference, axis=-1).mean(-1) / _eye_distance(truth, eyes)[1:]).mean())


def _eye_distance(landmarks: FloatArray, eyes: tuple[int, int]) -> FloatArray:
    return np.asarray(np.linalg.norm(landmarks[:, eyes[0]] - landmarks[:, eyes[1]], axis=-1), np.float32)


def flicker(truth: Sequence[FloatArray], other: Sequence[FloatArray]) -> float:
    """Flow-warped neighbour error beyond the truth's own: mean absolute difference of each frame and the one before
    it warped onto it, minus the same of the truth; flow is the truth's (DIS, medium preset). 0 is as steady as it.
    """
    if len(truth) < 2:
        return 0.0
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [np.rint(np.clip(_luma(picture), 0, 1) * 255).astype(np.uint8) for picture in truth]
    rows, columns = np.indices(grey[0].shape, dtype=np.float32)
    excess = []
    for now in range(1, len(truth)):
        back = flow.calc(grey[now], grey[now - 1], np.zeros((*grey[0].shape, 2), np.float32))
        x, y = columns + back[..., 0], rows + back[..., 1]
        errors = [
            float(
                np.abs(
                    clip[now] - cv2.remap(clip[now - 1], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
                ).mean()
            )
            for clip in (other, truth)
        ]
        excess.append(errors[0] - errors[1])
    return float(np.mean(excess))


# Uncertainty


def resampled(figure: Callable[[npt.NDArray[np.int64]], Values], count: int, seed: int = 0) -> Interval:
    """A figure of `count` independent units, and its 95 % interval by bootstrap.

    `figure` is given rows of the units' indices, (R, count), and returns one value a row, (R,): first for all of them,
    then for RESAMPLES draws with replacement, of which percentiles 2.5 and 97.5 are taken.
    """
    if not count:
        raise ValueError("no values to average")
    draws = np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))
    low, high = np.percentile(figure(draws), (2.5, 97.5))
    return Interval(float(figure(np.arange(count)[None])[0]), float(low), float(high))


def confidence_interval(values: Sequence[float] | Values, seed: int = 0) -> Interval:
    """Mean and 95 % interval by bootstrap.

    `values` are independent: one a clip. Frames of a clip are not; pass them through `blocks` first. For "is A better
    than B" give the differences of A and B on the same clips.
    """
    data = np.asarray(values, np.float64)
    return resampled(lambda units: data[units].mean(-1), len(data), seed)


def closed_interval(before: Values, after: Values) -> Interval:
    """`distance_closed` of clips (N,) and its 95 % interval."""
    return resampled(lambda units: distance_closed(before[units], after[units]), len(before))


def blocks(values: FloatArray, frames: int = 12) -> FloatArray:
    """Means of consecutive blocks of about `frames` frames: nearly independent units of one long clip's values (T,).

    Half a second: head movements are slower than that, compression errors do not last longer.
    """
    count = max(round(len(values) / frames), 1)
    return np.array([part.mean() for part in np.array_split(values, count)], np.float32)
