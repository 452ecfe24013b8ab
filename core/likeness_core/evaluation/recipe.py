"""The field's degradation recipe, as DicFace and KEEP use it on VFHQ: what an evaluation restores from.

One draw a clip, by its name: blur (kernel 21 px, isotropic 70 %, anisotropic 30 %, sigma 0.1 to 10), reduction by 4 or
8 (area, linear, cubic: 20, 40, 40 %), Gaussian noise of 0 to 10 levels of 255, H.264 at a rate factor of 18 to 25, and
up again by bicubic interpolation. Blur is in pixels of a 512 px face crop in the published recipe: for pictures of
another size, kernel and sigma are scaled by the picture's shorter side over 512.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from likeness_core.media.recompress import recompress

Array = npt.NDArray[np.float32]  # (H, W, 3) RGB [0, 1]

_INTERPOLATIONS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
_KERNEL_PX = 21
_PUBLISHED_SIDE_PX = 512


@dataclass(frozen=True, slots=True)
class Recipe:
    """One clip's draw."""

    factor: int
    sigma_px: tuple[float, float]  # along and across, at 512 px
    angle: float  # radians
    interpolation: int  # OpenCV's, for the reduction
    noise: float  # standard deviation, white = 1
    crf: int
    seed: int  # of the noise


def draw(name: str, factor: int, seed: int = 0) -> Recipe:
    """The recipe of the clip called `name`: the same on every machine."""
    key = int.from_bytes(hashlib.sha256(f"{name} x{factor} {seed}".encode()).digest()[:8], "big")
    rng = np.random.default_rng(key)
    along, across = rng.uniform(0.1, 10, 2)
    if rng.random() < 0.7:
        across = along
    angle, interpolation = float(rng.uniform(0, np.pi)), int(rng.choice(_INTERPOLATIONS, p=(0.2, 0.4, 0.4)))
    noise, crf = float(rng.uniform(0, 10)) / 255, int(rng.integers(18, 26))
    return Recipe(factor, (float(along), float(across)), angle, interpolation, noise, crf, key)


def degraded(frames: Iterable[Array], recipe: Recipe) -> Iterator[Array]:
    """Degrade a clip's frames, all of one size; same size, range and number."""
    rng, size = np.random.default_rng(recipe.seed), (0, 0)
    kernel: Array | None = None

    def small() -> Iterator[Array]:
        nonlocal size, kernel
        for frame in frames:
            if kernel is None:
                size, kernel = (frame.shape[1], frame.shape[0]), blur_kernel(recipe, min(frame.shape[:2]))
            yield _reduced(frame, recipe, kernel, rng)

    for frame in recompress(small(), recipe.crf):
        up = cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC)
        yield np.asarray(np.clip(up, 0, 1), np.float32)


def bicubic(frame: Array, factor: int) -> Array:
    """The baseline of that name: reduced by area to the size it was recorded at, and up again by bicubic."""
    small = cv2.resize(frame, small_size(frame, factor), interpolation=cv2.INTER_AREA)
    size = (frame.shape[1], frame.shape[0])
    return np.asarray(np.clip(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)


def small_size(frame: Array, factor: int) -> tuple[int, int]:
    """Width and height after the reduction: even, as 4:2:0 needs them."""
    height, width = frame.shape[:2]
    return max(2, 2 * round(width / factor / 2)), max(2, 2 * round(height / factor / 2))


def blur_kernel(recipe: Recipe, side_px: int) -> Array:
    """The blur's kernel for pictures whose shorter side is `side_px`: square, odd, sums to 1."""
    scale = side_px / _PUBLISHED_SIDE_PX
    radius = max(1, round((_KERNEL_PX // 2) * scale))
    along, across = (max(sigma * scale, 0.05) for sigma in recipe.sigma_px)
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float64)
    c, s = np.cos(recipe.angle), np.sin(recipe.angle)
    u, v = c * x + s * y, -s * x + c * y
    kernel = np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2))
    return np.asarray(kernel / kernel.sum(), np.float32)


def _reduced(frame: Array, recipe: Recipe, kernel: Array, rng: np.random.Generator) -> Array:
    blurred = cv2.filter2D(frame, -1, kernel, borderType=cv2.BORDER_REFLECT)
    low = cv2.resize(blurred, small_size(frame, recipe.factor), interpolation=recipe.interpolation)
    noisy = low + rng.standard_normal(low.shape, np.float32) * np.float32(recipe.noise)
    return np.asarray(np.clip(noisy, 0, 1), np.float32)
