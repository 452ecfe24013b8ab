"""Moving footage made at test time from the pictures of the package openpeople (MIT, synthetic people)."""

from functools import cache
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

Picture = npt.NDArray[np.uint8]


def picture_path(person: int, picture: str = "studio_portrait") -> Path:
    """A picture of the package, such as person 1's `amateur_selfie`; the test is skipped where it is absent."""
    try:
        files = metadata.distribution("openpeople")
    except metadata.PackageNotFoundError:
        pytest.skip("the package openpeople is not installed")
    return Path(str(files.locate_file(f"openpeople/data/curated/P{person:03d}/assets/{picture}.jpg")))


@cache
def portrait(person: int, side_px: int = 512) -> Picture:
    """Head and shoulders, uint8 RGB (side_px, side_px, 3); the face is about 0.4 of the side wide."""
    picture = cv2.imread(str(picture_path(person)), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.ascontiguousarray(cv2.resize(picture, (side_px, side_px), interpolation=cv2.INTER_AREA)[:, :, ::-1])


@cache
def selfie(person: int, side_px: int = 512) -> Picture:
    """Another picture of the same person, in other clothes, light and place; uint8 RGB (side_px, side_px, 3)."""
    picture = cv2.imread(str(picture_path(person, "amateur_selfie")), cv2.IMREAD_COLOR)
    assert picture is not None
    square = picture[: picture.shape[1]]
    return np.ascontiguousarray(cv2.resize(square, (side_px, side_px), interpolation=cv2.INTER_AREA)[:, :, ::-1])


def room(width: int, height: int, seed: int = 0) -> Picture:
    """A background without faces: soft shapes and a little noise, uint8 RGB (height, width, 3)."""
    random = np.random.default_rng(seed)
    coarse = random.integers(40, 200, (6, 8, 3)).astype(np.float32)
    wall = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(wall + random.normal(0, 3, wall.shape), 0, 255).astype(np.uint8)


def put(background: Picture, picture: Picture, left: float, top: float, side_px: float) -> Picture:
    """`background` with the square `picture` at a sub-pixel place and size; parts beyond the frame are cut off."""
    scale = side_px / picture.shape[0]
    small = picture
    while scale < 0.5:  # bilinear sampling alone would alias
        small = cv2.resize(small, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        scale *= 2
    half = scale / 2 - 0.5  # a pixel's centre is half a pixel from its corner
    matrix = np.array(((scale, 0, left + half), (0, scale, top + half)))
    size = background.shape[1::-1]
    mask = cv2.warpAffine(np.ones(small.shape[:2], np.float32), matrix, size)[..., None]
    moved = cv2.warpAffine(small, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(np.rint(background * (1 - mask) + moved * mask), np.uint8)
