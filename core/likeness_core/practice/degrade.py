"""Synthetic low quality: what time, tape and film do to a face, one draw of parameters a clip.

Degradation parameters are constant through a clip; noise differs from frame to frame. Images are RGB
float32 [0, 1] (T, H, W, 3) in the source's own transfer curve.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

Clip = npt.NDArray[np.float32]  # (T, H, W, 3)

INTERPOLATIONS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
_PUBLISHED_SIDE_PX = 512  # of the crop that the field's blur is given for
_ORDINARY_BLUR = 0.45  # of `draw`, over the scale


@dataclass(frozen=True, slots=True)
class Degradation:
    """One clip's draw. Lengths are in pixels of the crop it is applied to."""

    blur_sigma_px: tuple[float, float]  # along and across
    blur_angle: float  # radians
    scale: float  # how much smaller the picture was recorded
    shrink: int  # OpenCV interpolation
    noise: float  # standard deviation in white = 1, at the small size
    grain: float  # film grain's standard deviation, correlated over about 1.5 px
    jpeg: int  # quality at the small size, 0 = none; stands for the block transform of any codec
    monochrome: bool
    gamma: float
    contrast: float
    saturation: float
    chroma_shift_px: float  # tape's chroma delay, at the small size
    dust: float = 0.0  # specks in a frame, on average; new ones in each
    scratches: tuple[tuple[float, float], ...] = ()  # (place across, 0 to 1; brightness) of lines down the film
    comb_px: float = 0.0  # how far the second field lies beside the first, at the small size
    flicker: float = 0.0  # standard deviation of each frame's exposure; the restorer must keep it, so it is a tone

    @property
    def severity(self) -> float:
        """The scale at which an ordinary draw is as blurred as this one."""
        return max(self.scale, self.blur_sigma_px[1] / _ORDINARY_BLUR)


def draw(rng: np.random.Generator, scale_max: float, monochrome: bool, archival: bool = True) -> Degradation:
    """A random degradation, mild to heavy; `scale_max` bounds how small the picture was.

    `archival`: at times with dust, scratches, combed fields or flicker too.
    """
    scale = float(np.exp(rng.uniform(0.0, np.log(scale_max))))
    sigma = rng.uniform(0.15, 0.75) * scale
    stretch = rng.uniform(1.0, 2.0) if rng.random() < 0.3 else 1.0
    drawn = Degradation(
        blur_sigma_px=(float(sigma * stretch), float(sigma)),
        blur_angle=float(rng.uniform(0, np.pi)),
        scale=scale,
        shrink=int(rng.choice(INTERPOLATIONS, p=(0.2, 0.4, 0.4))),
        noise=float(rng.uniform(0, 10 / 255)) if rng.random() < 0.7 else 0.0,
        grain=float(rng.uniform(0.0, 0.06)) if rng.random() < 0.35 else 0.0,
        jpeg=int(rng.integers(35, 92)) if rng.random() < 0.75 else 0,
        monochrome=monochrome or rng.random() < 0.15,
        gamma=float(np.exp(rng.normal(0, 0.06))) if rng.random() < 0.3 else 1.0,
        contrast=float(rng.uniform(0.85, 1.1)) if rng.random() < 0.3 else 1.0,
        saturation=float(rng.uniform(0.5, 1.15)) if rng.random() < 0.3 else 1.0,
        chroma_shift_px=float(rng.uniform(-1.5, 1.5)) if rng.random() < 0.15 else 0.0,
    )
    return _aged(drawn, rng) if archival else drawn


def draw_of_the_field(rng: np.random.Generator, side_px: int, scale_max: float, monochrome: bool) -> Degradation:
    """As the field evaluates (`evaluation.recipe`), for a crop of `side_px`: blur is independent of the scale.

    JPEG stands for its H.264, and scales between 3 and 8 for its 4 and 8.
    """
    along, across = rng.uniform(0.1, 10, 2) * side_px / _PUBLISHED_SIDE_PX
    if rng.random() < 0.7:
        across = along
    return Degradation(
        blur_sigma_px=(float(max(along, across)), float(min(along, across))),
        blur_angle=float(rng.uniform(0, np.pi)),
        scale=float(np.exp(rng.uniform(np.log(min(3.0, scale_max)), np.log(scale_max)))),
        shrink=int(rng.choice(INTERPOLATIONS, p=(0.2, 0.4, 0.4))),
        noise=float(rng.uniform(0, 10 / 255)),
        grain=0.0,
        jpeg=int(rng.integers(60, 95)),
        monochrome=monochrome,
        gamma=1.0,
        contrast=1.0,
        saturation=1.0,
        chroma_shift_px=0.0,
    )


def _aged(drawn: Degradation, rng: np.random.Generator) -> Degradation:
    """With what age does to film and tape, sometimes."""
    scratches = int(rng.integers(1, 4)) if rng.random() < 0.06 else 0
    return replace(
        drawn,
        dust=float(rng.uniform(0.5, 6)) if rng.random() < 0.08 else 0.0,
        scratches=tuple((float(rng.random()), float(rng.uniform(-0.4, 0.4))) for _ in range(scratches)),
        comb_px=float(rng.uniform(-2, 2)) if rng.random() < 0.05 else 0.0,
        flicker=float(rng.uniform(0, 0.04)) if rng.random() < 0.1 else 0.0,
    )


def tone(clip: Clip, parameters: Degradation) -> Clip:
    """The part of a degradation that the restorer must keep: applied to input and truth alike."""
    out = np.clip(clip, 0, 1) ** parameters.gamma
    if parameters.flicker:
        phase = np.arange(len(clip), dtype=np.float32)
        exposure = 1 + parameters.flicker * np.sin(12.9898 * (phase + 1) ** 2)  # no generator: a tone is drawn once
        out = out * exposure[:, None, None, None]
    out = (out - 0.5) * parameters.contrast + 0.5
    grey = out @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    saturation = 0.0 if parameters.monochrome else parameters.saturation
    out = grey[..., None] + (out - grey[..., None]) * saturation
    return np.clip(out, 0, 1).astype(np.float32)


def degrade(clip: Clip, parameters: Degradation, rng: np.random.Generator) -> Clip:
    """Degrade a toned clip; same shape and range."""
    height, width = clip.shape[1:3]
    small = (max(8, round(width / parameters.scale)), max(8, round(height / parameters.scale)))
    kernel = _blur_kernel(parameters)
    frames = [_degrade_frame(frame, parameters, kernel, small, rng) for frame in clip]
    return np.stack(frames)


def _degrade_frame(
    frame: Clip, parameters: Degradation, kernel: Clip | None, small: tuple[int, int], rng: np.random.Generator
) -> Clip:
    height, width = frame.shape[:2]
    if kernel is not None:
        frame = _float32(cv2.filter2D(frame, -1, kernel, borderType=cv2.BORDER_REFLECT))
    low = _float32(cv2.resize(frame, small, interpolation=parameters.shrink))
    if parameters.chroma_shift_px:
        low = _shift_chroma(low, parameters.chroma_shift_px)
    if parameters.comb_px:
        low = _comb(low, parameters.comb_px)
    if parameters.dust or parameters.scratches:
        low = _damage(low, parameters, rng)
    if parameters.grain:
        low = low + _grain(low, parameters, rng)
    if parameters.noise:
        shape = low.shape[:2] if parameters.monochrome else low.shape
        noise = rng.standard_normal(shape, np.float32) * parameters.noise
        low = low + (noise[..., None] if parameters.monochrome else noise)
    low = np.clip(low, 0, 1)
    if parameters.jpeg:
        low = _jpeg(low, parameters.jpeg)
    up = _float32(cv2.resize(low, (width, height), interpolation=cv2.INTER_CUBIC))
    if parameters.monochrome:  # last: a resize rounds each channel in its own way
        up = np.repeat(up.mean(axis=2, keepdims=True), 3, axis=2)
    return np.clip(up, 0, 1)


def _blur_kernel(parameters: Degradation) -> Clip | None:
    along, across = parameters.blur_sigma_px
    if along < 0.3:
        return None
    radius = int(np.ceil(2.5 * along))
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float32)
    c, s = np.cos(parameters.blur_angle), np.sin(parameters.blur_angle)
    u, v = c * x + s * y, -s * x + c * y
    kernel = np.exp(-0.5 * ((u / along) ** 2 + (v / max(across, 0.3)) ** 2))
    return _float32(kernel / kernel.sum())


def _grain(low: Clip, parameters: Degradation, rng: np.random.Generator) -> Clip:
    """Film grain: correlated, strongest in the mid-tones, the same in all channels for black-and-white."""
    field = rng.standard_normal(low.shape[:2], np.float32)
    field = cv2.GaussianBlur(field, (0, 0), 0.6) * 2.2  # 2.2 restores about unit variance after the blur
    luma = low.mean(axis=2)
    weight = 0.35 + 2.6 * luma * (1 - luma)
    return _float32(field * weight * parameters.grain)[..., None]


def _comb(low: Clip, shift_px: float) -> Clip:
    """Two fields of a face that moved between them, woven into one frame."""
    matrix = np.array([[1, 0, shift_px], [0, 1, 0]], np.float32)
    later = cv2.warpAffine(low, matrix, (low.shape[1], low.shape[0]), borderMode=cv2.BORDER_REFLECT)
    out = low.copy()
    out[1::2] = _float32(later)[1::2]
    return out


def _damage(low: Clip, parameters: Degradation, rng: np.random.Generator) -> Clip:
    """Dust, new in every frame, and scratches, which stay nearly where they are."""
    height, width = low.shape[:2]
    out = low.copy()
    for _ in range(int(rng.poisson(parameters.dust))):
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        axes = (int(rng.integers(0, 3)), int(rng.integers(0, 2)))
        value = float(rng.choice((0.04, 0.96)))
        cv2.ellipse(out, centre, axes, float(rng.uniform(0, 180)), 0, 360, (value, value, value), -1, cv2.LINE_AA)
    for place, brightness in parameters.scratches:
        column = int(np.clip(round(place * width + rng.normal(0, 0.4)), 0, width - 1))
        out[:, column] += np.float32(brightness)
    return out


def _shift_chroma(low: Clip, shift_px: float) -> Clip:
    luma = low.mean(axis=2, keepdims=True)
    matrix = np.array([[1, 0, shift_px], [0, 1, 0]], np.float32)
    chroma = cv2.warpAffine(low - luma, matrix, (low.shape[1], low.shape[0]), borderMode=cv2.BORDER_REFLECT)
    return _float32(luma + cv2.GaussianBlur(chroma, (0, 0), sigmaX=1.0 + abs(shift_px), sigmaY=0.5))


def _jpeg(low: Clip, quality: int) -> Clip:
    done, data = cv2.imencode(
        ".jpg", np.rint(low[..., ::-1] * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR) if done else None
    if decoded is None:
        raise RuntimeError("OpenCV could not encode a JPEG")
    return _float32(decoded[..., ::-1]) / np.float32(255)


def _float32(image: npt.ArrayLike) -> Clip:
    """OpenCV's types do not say that float32 stays float32."""
    return np.asarray(image, np.float32)
