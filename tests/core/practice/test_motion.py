import dataclasses

import cv2
import numpy as np
import pytest
from likeness_core.practice import face_geometry as mesh
from likeness_core.practice.face_geometry import FacePhoto
from likeness_core.practice.morph import blendable
from likeness_core.practice.motion import STILL, MotionPlan, MotionSettings, MovingFace, animate, plan_motion

SIZE = 192
IRIS = (30, 90, 250)
TEETH = (250, 250, 60)


def drawn_landmarks(mouth_gap: float = 0.0, turned: float = 0.0) -> np.ndarray:
    """468 points of a drawn face: the named ones where a face has them, the others scattered over it."""
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, 468), np.sqrt(rng.uniform(0, 1, 468))
    points = np.stack([96 + 45 * radius * np.cos(angle), 100 + 58 * radius * np.sin(angle)], 1)
    around = np.linspace(-np.pi / 2, 1.5 * np.pi, len(mesh.OVAL), endpoint=False)
    points[list(mesh.OVAL)] = np.stack([96 + 48 * np.cos(around), 100 + 62 * np.sin(around)], 1)
    for centre, upper, lower, brow_lower, brow in (
        (74, mesh.LEFT_EYE_UPPER, mesh.LEFT_EYE_LOWER, mesh.LEFT_BROW_LOWER, mesh.BROWS[0]),
        (118, mesh.RIGHT_EYE_UPPER, mesh.RIGHT_EYE_LOWER, mesh.RIGHT_BROW_LOWER, mesh.BROWS[1]),
    ):
        along = np.linspace(-1, 1, 9)
        points[list(lower)] = np.stack([centre + 11 * along, 84 + 5 * (1 - along**2)], 1)
        points[list(upper)] = np.stack([centre + 11 * along, 84 - 5 * (1 - along**2)], 1)
        points[list(brow_lower)] = np.stack([centre + 13 * np.linspace(-1, 1, 5), np.full(5, 70)], 1)
        points[list(brow)] = np.stack([centre + 13 * np.linspace(-1, 1, 5), np.full(5, 65)], 1)
    along = np.linspace(-1, 1, 11)
    points[list(mesh.INNER_LIP_UPPER)] = np.stack([96 + 18 * along, np.full(11, 130.0)], 1)
    points[list(mesh.INNER_LIP_LOWER)] = np.stack([96 + 18 * along, 130 + mouth_gap * (1 - along**2)], 1)
    points[list(mesh.LIP_CORNERS)] = (77, 130), (115, 130)
    points[mesh.NOSE_TIP] = 96 + turned, 108
    points[[1, 5, 6], 0] = 96 + turned
    return points.astype(np.float32)


def drawn_photo(mouth_gap: float = 0.0, hair: tuple[int, int, int] = (60, 40, 20), turned: float = 0.0) -> FacePhoto:
    """A face with blue irises and, where the mouth is open, yellow teeth; textured, so that any shift shows."""
    landmarks = drawn_landmarks(mouth_gap, turned)
    picture = np.full((SIZE, SIZE, 3), hair, np.uint8)
    cv2.ellipse(picture, (96, 100), (48, 62), 0, 0, 360, (205, 160, 130), -1)
    for x in (74, 118):
        cv2.ellipse(picture, (x, 84), (11, 5), 0, 0, 360, (240, 240, 240), -1)
        cv2.circle(picture, (x, 84), 4, IRIS, -1)
    if mouth_gap:
        outline = landmarks[list(mesh.INNER_LIP_UPPER + mesh.INNER_LIP_LOWER[::-1])]
        cv2.fillPoly(picture, [np.rint(outline).astype(np.int32)], TEETH)
    texture = np.random.default_rng(1).normal(0, 4, picture.shape)
    return FacePhoto(np.clip(picture + texture, 0, 255).astype(np.uint8), landmarks)


def one_frame(**amounts: float) -> MotionPlan:
    still = plan_motion(np.random.default_rng(0), 1, STILL)
    return dataclasses.replace(still, **{name: np.float32([amount]) for name, amount in amounts.items()})


def count_of(picture: np.ndarray, color: tuple[int, int, int]) -> int:
    return int((np.abs(picture.astype(int) - color).max(-1) < 60).sum())


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_still_plan_returns_the_photograph_itself(dtype):
    photo = drawn_photo()
    pixels = photo.pixels if dtype == np.uint8 else (photo.pixels / np.float32(255))
    frames = animate(MovingFace(FacePhoto(pixels, photo.landmarks)), plan_motion(np.random.default_rng(3), 2, STILL))
    assert frames.shape == (2, SIZE, SIZE, 3)
    assert frames.dtype == dtype
    np.testing.assert_allclose(frames[1], pixels, atol=1 if dtype == np.uint8 else 1e-3)


def test_trajectories_are_bounded_smooth_and_drawn_from_the_generator():
    settings = MotionSettings(yaw_degrees=10)
    plan = plan_motion(np.random.default_rng(5), 250, settings)
    again = plan_motion(np.random.default_rng(5), 250, settings)
    other = plan_motion(np.random.default_rng(6), 250, settings)
    assert np.array_equal(plan.yaw, again.yaw)
    assert not np.allclose(plan.yaw, other.yaw)
    assert np.radians(3) < np.abs(plan.yaw).max() <= np.radians(10)
    assert plan.blink.max() == pytest.approx(1, abs=0.02)
    for field in dataclasses.fields(plan):
        values = getattr(plan, field.name)
        assert values.shape == (250,)
        extent = max(float(np.ptp(values)), 1e-9)
        # A lid takes 2.5 frames to fall; everything else is slower.
        assert np.abs(np.diff(values)).max() < (0.65 if field.name == "blink" else 0.55) * extent


@pytest.mark.parametrize("seed", range(4))
def test_the_smooth_part_never_folds(seed):
    settings = MotionSettings(yaw_degrees=14, pitch_degrees=10, tilt_degrees=8, sway=0.2, zoom=0.1)
    plan = plan_motion(np.random.default_rng(seed), 60, settings)
    face = MovingFace(drawn_photo())
    for index in range(0, 60, 6):
        points = face.source_points(plan, index)
        across, down = np.diff(points, axis=1)[:-1], np.diff(points, axis=0)[:, :-1]
        area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
        assert area.min() > 0.25
        assert area.max() < 2.5


def test_a_turn_moves_the_nose_and_leaves_the_background():
    points = MovingFace(drawn_photo()).source_points(one_frame(yaw=np.radians(8)), 0)
    shift = np.arange(SIZE)[None, :] - points[..., 0]
    assert shift[108, 96] > 5  # px; the nose tip goes to the right
    assert 0 < shift[100, 54] < 0.6 * shift[108, 96]  # the cheek's edge less
    assert np.abs(shift[:, [0, -1]]).max() < 0.01
    assert np.abs(points[..., 1] - np.arange(SIZE)[:, None]).max() < 0.01


def test_a_blink_covers_the_irises_and_touches_nothing_but_the_eyes():
    photo = drawn_photo()
    face = MovingFace(photo)
    shut = face.frame(one_frame(blink=1.0), 0)
    half = face.frame(one_frame(blink=0.5), 0)
    assert count_of(photo.pixels, IRIS) > 60
    assert count_of(shut, IRIS) == 0
    assert 0 < count_of(half, IRIS) < count_of(photo.pixels, IRIS)
    changed = np.argwhere(np.abs(shut.astype(int) - photo.pixels).max(-1) > 12)
    assert changed[:, 0].min() >= 70
    assert changed[:, 0].max() <= 96


def test_a_mouth_opens_downwards_and_shows_the_dark_inside():
    photo = drawn_photo()
    opened = MovingFace(photo).frame(one_frame(mouth=0.25), 0)
    assert opened[134:136, 90:102].mean() < 80  # the gap
    assert photo.pixels[134:136, 90:102].mean() > 140
    assert np.array_equal(opened[:120], photo.pixels[:120])
    chin = [int(np.flatnonzero(picture[:, 96, 0] > 150).max()) for picture in (photo.pixels, opened)]
    assert chin[1] - chin[0] >= 5  # px; a gap of a quarter of the mouth's 36 px


def test_a_second_photograph_gives_its_expression_and_not_its_hair():
    first, second = drawn_photo(), drawn_photo(mouth_gap=9, hair=(20, 200, 40))
    face = MovingFace(first, second)
    assert np.array_equal(face.frame(one_frame(blend=0.0), 0), first.pixels)
    blended = face.frame(one_frame(blend=1.0), 0)
    assert count_of(blended, TEETH) > 0.6 * count_of(second.pixels, TEETH) > 50
    np.testing.assert_allclose(blended[:30].astype(int), first.pixels[:30], atol=1)
    assert count_of(face.frame(one_frame(blend=0.1), 0), TEETH) < count_of(blended, TEETH)


def test_only_heads_turned_alike_are_blendable():
    assert blendable(drawn_photo(), drawn_photo(mouth_gap=9))
    assert not blendable(drawn_photo(), drawn_photo(turned=22))


def test_view_and_size_choose_what_the_frame_shows():
    photo = drawn_photo()
    plan = one_frame()
    half = MovingFace(photo, size=(96, 96)).frame(plan, 0)
    small = cv2.resize(photo.pixels, (96, 96), interpolation=cv2.INTER_AREA)
    assert half.shape == (96, 96, 3)
    assert np.abs(half.astype(int) - small).mean() < 4
    view = np.array([[2, 0, -100], [0, 2, -120]], np.float32)
    window = MovingFace(photo, view=view, size=(80, 60)).frame(plan, 0)
    assert window.shape == (60, 80, 3)
    np.testing.assert_allclose(window[::2, ::2].astype(int), photo.pixels[60:90, 50:90], atol=1)


def test_a_face_at_the_edge_or_a_few_pixels_wide_still_moves():
    photo = drawn_photo()
    plan = plan_motion(np.random.default_rng(1), 3, MotionSettings(blinks_per_second=5))
    edge = FacePhoto(photo.pixels, photo.landmarks - np.float32([70, 90]))
    assert np.isfinite(animate(MovingFace(edge), plan).astype(float)).all()
    tiny = FacePhoto(cv2.resize(photo.pixels, (16, 16)), photo.landmarks / 12)
    assert animate(MovingFace(tiny), plan).shape == (3, 16, 16, 3)
