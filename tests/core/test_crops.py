"""Cutting faces out and putting changes back: places to the pixel, and nothing touched outside."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.crops import TEMPLATE, Alignment, align, cut, face_mask, native_side_px, paste

from tests.core.drawn_face import landmarks, turned

Array = npt.NDArray[np.float32]


def pose(side: float, left: float, top: float, angle: float = 0.0) -> Array:
    """Five points (frame pixels) of a face whose aligned crop of `side` frame pixels has its corner at left, top."""
    centre = np.array((0.5, 0.5))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shares = (TEMPLATE - centre) @ turn.T + centre
    return (shares * side - 0.5 + (left, top)).astype(np.float32)


def picture(width: int, height: int, seed: int = 0) -> Array:
    """Smooth colours, RGB float32."""
    coarse = np.random.default_rng(seed).random((max(2, height // 12), max(2, width // 12), 3), np.float32)
    return np.clip(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1)


def dot(side: int, x: float, y: float, spread: float) -> Array:
    """A bright bump around a place, (side, side, 3)."""
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    bump = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * spread * spread))
    return np.repeat(bump[..., None], 3, axis=2).astype(np.float32)


def centre_of(image: Array) -> Array:
    """(x, y) of the bright part."""
    weight = np.clip(image.mean(axis=2), 0, None)
    rows, columns = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    return np.array([(weight * columns).sum(), (weight * rows).sum()], np.float32) / weight.sum()


POSES = [(128.0, 40.0, 30.0, 0.0), (90.0, 60.5, 20.25, 0.3), (300.0, 10.0, -20.0, -0.2), (40.0, 100.0, 90.0, 1.2)]


@pytest.mark.parametrize("side_px", [128, 256])
@pytest.mark.parametrize("place", POSES)
def test_the_face_lies_as_in_the_template(place: tuple[float, ...], side_px: int) -> None:
    points = pose(*place)
    alignment = align(points, side_px)
    np.testing.assert_allclose(alignment.points(points), TEMPLATE, atol=1e-4)
    assert alignment.scale() == pytest.approx(side_px / place[0], rel=1e-4)
    assert native_side_px(points) == pytest.approx(place[0], rel=1e-4)


def test_points_go_to_the_crop_and_back() -> None:
    alignment = align(pose(90, 60.5, 20.25, 0.3), 128)
    in_frame = np.random.default_rng(0).uniform(0, 200, (20, 2)).astype(np.float32)
    shares = alignment.points(in_frame)
    pixels = shares * 128 - 0.5
    back = (pixels - alignment.to_crop[:, 2]) @ np.linalg.inv(alignment.to_crop[:, :2]).T
    np.testing.assert_allclose(back, in_frame, atol=1e-2)


def test_a_side_twice_as_large_sees_the_same() -> None:
    frame, points = picture(240, 200), pose(128, 40, 30, 0.2)
    small, large = cut(frame, align(points, 128)), cut(frame, align(points, 256))
    assert small.shape == (128, 128, 3)
    assert small.dtype == np.float32
    reduced = cv2.resize(large, (128, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(reduced - small).max() < 0.02


@pytest.mark.parametrize("place", POSES)
def test_what_is_in_the_frame_is_where_the_alignment_says(place: tuple[float, ...]) -> None:
    points = pose(*place)
    alignment = align(points, 128)
    frame = np.zeros((260, 330, 3), np.float32)
    target = points[2]
    rows, columns = np.mgrid[0:260, 0:330]
    spread = place[0] / 30
    frame[:] = np.exp(-((columns - target[0]) ** 2 + (rows - target[1]) ** 2) / (2 * spread**2))[..., None]
    found = (centre_of(cut(frame, alignment)) + 0.5) / 128
    np.testing.assert_allclose(found, TEMPLATE[2], atol=0.5 / 128)


@pytest.mark.parametrize("side_px", [128, 256])
@pytest.mark.parametrize("place", POSES)
def test_a_change_lands_where_it_belongs(place: tuple[float, ...], side_px: int) -> None:
    points = pose(*place)
    alignment = align(points, side_px)
    spot = TEMPLATE[4] * side_px - 0.5
    patch = paste(dot(side_px, *spot, side_px / 25), np.ones((side_px, side_px), np.float32), alignment, (260, 330, 3))
    frame = np.zeros((260, 330, 3), np.float32)
    height, width = patch.mask.shape
    frame[patch.top : patch.top + height, patch.left : patch.left + width] = patch.change
    assert np.abs(centre_of(frame) - points[4]).max() < 0.5
    assert frame.max() == pytest.approx(1, abs=0.1)


def test_cutting_again_finds_the_change() -> None:
    frame, points = picture(260, 240), pose(150, 50, 40, 0.25)
    alignment = align(points, 128)
    change = dot(128, 60, 70, 8) * 0.3
    patch = paste(change, np.ones((128, 128), np.float32), alignment, frame.shape)
    height, width = patch.mask.shape
    after = frame.copy()
    after[patch.top : patch.top + height, patch.left : patch.left + width] += patch.change
    seen = cut(after, alignment) - cut(frame, alignment)
    assert np.abs(seen - change).max() < 0.02


def test_fine_detail_does_not_alias_into_a_small_face() -> None:
    """A crop of 128 px for a face of 40: what 40 pixels cannot show must vanish, not come back as coarse stripes."""
    stripes = np.where(np.arange(128) % 3 == 0, 0.6, -0.3).astype(np.float32)  # three pixels of crop, one of frame
    change = np.repeat(np.tile(stripes, (128, 1))[..., None], 3, axis=2)
    patch = paste(change, np.ones((128, 128), np.float32), align(pose(40, 30, 30), 128), (100, 100, 3))
    inside = patch.mask > 0.99
    assert inside.sum() > 1000
    assert np.abs(patch.change[inside]).mean() < 0.03


def test_fine_detail_does_not_alias_into_the_crop() -> None:
    columns = np.arange(700)
    stripes = np.where(columns % 2 == 0, 1.0, 0.0).astype(np.float32)
    frame = np.repeat(np.tile(stripes, (700, 1))[..., None], 3, axis=2)
    crop = cut(frame, align(pose(500, 90, 90), 128))
    assert np.abs(crop - 0.5).max() < 0.15


@pytest.mark.parametrize(
    "place",
    [(400.0, -100.0, -100.0), (128.0, -60.0, 10.0), (128.0, 120.0, 100.0), (60.0, 900.0, 900.0), (60.0, -500.0, 20.0)],
)
def test_faces_that_fill_or_leave_the_frame_are_no_error(place: tuple[float, float, float]) -> None:
    frame = picture(200, 160)
    alignment = align(pose(*place), 128)
    crop = cut(frame, alignment)
    assert np.isfinite(crop).all()
    assert crop.min() >= frame.min() - 0.1
    assert crop.max() <= frame.max() + 0.1
    patch = paste(np.ones((128, 128, 3), np.float32), np.ones((128, 128), np.float32), alignment, frame.shape)
    height, width = patch.mask.shape
    assert 0 <= patch.left <= patch.left + width <= 200
    assert 0 <= patch.top <= patch.top + height <= 160
    assert patch.change.shape == (height, width, 3)


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (1, 1), (2, 40)])
def test_tiny_frames_are_no_error(size: tuple[int, int]) -> None:
    frame = picture(*size)[: size[1], : size[0]]
    for side in (10.0, 30.0):
        alignment = align(pose(side, -3, -4, 0.1), 128)
        crop = cut(frame, alignment)
        assert crop.shape == (128, 128, 3)
        assert np.isfinite(crop).all()
        patch = paste(np.ones((128, 128, 3), np.float32), np.ones((128, 128), np.float32), alignment, frame.shape)
        assert patch.mask.max() > 0


def test_beyond_the_frame_its_edge_is_repeated() -> None:
    frame = np.zeros((100, 100, 3), np.float32)
    frame[:, 0] = (0.25, 0.5, 0.75)
    crop = cut(frame, align(pose(60, -90, 20), 128))
    np.testing.assert_allclose(crop, np.broadcast_to((0.25, 0.5, 0.75), crop.shape), atol=1e-6)


@pytest.mark.parametrize("side_px", [64, 128, 256, 512])
@pytest.mark.parametrize("growth", [1.0, 1.4, 3.0])
def test_the_mask_is_whole_on_the_face_and_nothing_at_the_border(side_px: int, growth: float) -> None:
    dense = (landmarks() - 0.5) * growth + 0.5
    mask = face_mask(dense.astype(np.float32), side_px)
    assert mask.shape == (side_px, side_px)
    assert mask.min() >= 0
    assert mask.max() <= 1
    assert mask[0].max() == mask[-1].max() == mask[:, 0].max() == mask[:, -1].max() == 0
    for x, y in np.rint(TEMPLATE * side_px - 0.5).astype(int):
        assert mask[y, x] > 0.95


def test_the_mask_has_no_edge_that_could_be_seen() -> None:
    for dense in (landmarks(), turned(landmarks(), 0.08), (landmarks() - 0.5) * 1.5 + 0.5):
        mask = face_mask(np.asarray(dense, np.float32), 256)
        steepest = max(np.abs(np.diff(mask, axis=0)).max(), np.abs(np.diff(mask, axis=1)).max())
        assert steepest < 1 / 16  # from nothing to all in no less than 16 of 256 pixels


def test_the_mask_follows_the_face() -> None:
    before, after = face_mask(landmarks(), 128), face_mask(landmarks() + np.array((0.05, 0), np.float32), 128)
    shift = centre_of(after[..., None]) - centre_of(before[..., None])
    np.testing.assert_allclose(shift, (0.05 * 128, 0), atol=1.0)


def test_the_mask_takes_forehead_and_chin_in() -> None:
    mask = face_mask(landmarks(), 128)
    top = landmarks()[10]
    assert mask[round((top[1] - 0.05) * 128), 64] > 0.5
    chin = landmarks()[152]
    assert mask[round(chin[1] * 128) - 1, 64] > 0.5
    assert mask[round((chin[1] - 0.06) * 128), 64] > 0.9
    assert mask[round((chin[1] + 0.07) * 128), 64] < 0.1


def test_where_the_mask_is_nothing_the_change_is_nothing() -> None:
    mask = face_mask(landmarks(), 128)
    for place in POSES:
        change = np.random.default_rng(0).standard_normal((128, 128, 3)).astype(np.float32)
        patch = paste(change, mask, align(pose(*place), 128), (260, 330, 3))
        assert not patch.change[patch.mask == 0].any()
        assert patch.mask.min() >= 0
        assert patch.mask.max() <= 1


def test_equal_channels_stay_equal() -> None:
    change = np.repeat(np.random.default_rng(0).standard_normal((128, 128, 1)).astype(np.float32), 3, axis=2)
    for place in POSES:
        patch = paste(change, face_mask(landmarks(), 128), align(pose(*place), 128), (260, 330, 3))
        assert np.array_equal(patch.change[..., 0], patch.change[..., 1])
        assert np.array_equal(patch.change[..., 0], patch.change[..., 2])


def test_alignment_is_not_confused_by_the_crops_own_size() -> None:
    assert Alignment(np.array([[2.0, 0, 0], [0, 2.0, 0]]), 64).scale() == pytest.approx(2)
