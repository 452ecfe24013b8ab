import math

import cv2
import numpy as np
import pytest
from likeness_core.errors import ModelPackError
from likeness_core.evaluation import measure
from likeness_core.evaluation.judge import CHIP_POINTS, Judge, face_chip


def textured(height: int = 64, width: int = 80, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).random((height, width, 3), np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 1.5)


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def test_psnr_is_of_the_mean_squared_error_over_all_channels():
    truth = np.full((8, 8, 3), 0.5, np.float32)
    other = truth.copy()
    other[..., 0] += 0.1  # one channel of three
    assert measure.psnr(truth, other) == pytest.approx(10 * math.log10(3 / 0.01), abs=1e-4)
    assert measure.psnr(truth, truth) == 100


def test_ssim_is_one_for_equals_falls_with_blur_and_knows_the_closed_form_for_flat_pictures():
    truth = textured()
    blurred = [cv2.GaussianBlur(truth, (0, 0), sigma) for sigma in (1, 2, 4)]
    scores = [measure.ssim(truth, other) for other in blurred]
    assert measure.ssim(truth, truth) == pytest.approx(1)
    assert 1 > scores[0] > scores[1] > scores[2] > 0
    a, b = np.full((20, 20, 3), 0.4, np.float32), np.full((20, 20, 3), 0.6, np.float32)
    assert measure.ssim(a, b) == pytest.approx((2 * 0.4 * 0.6 + 1e-4) / (0.16 + 0.36 + 1e-4), abs=1e-5)
    assert 0 <= measure.ssim(a[:5, :5], b[:5, :5]) <= 1


def test_ssim_leaves_out_the_windows_that_reach_over_the_edge():
    truth, other = textured(), textured()
    other[:2] = 1 - other[:2]  # within 5 px of the edge; inner windows see it only with their outer rows
    corner = measure.ssim(truth, other)
    middle = textured()
    middle[30:32] = 1 - middle[30:32]
    assert corner > measure.ssim(truth, middle)


def test_detail_ratio_tells_soft_from_sharp_from_noisy():
    truth = textured()
    assert measure.detail_ratio(truth, truth) == pytest.approx(1)
    assert measure.detail_ratio(truth, cv2.GaussianBlur(truth, (0, 0), 2)) < 0.4
    assert measure.detail_ratio(truth, truth + np.random.default_rng(0).normal(0, 0.1, truth.shape)) > 1.5


def test_face_box_is_the_landmarks_extent_with_a_tenth_on_each_side_inside_the_frame():
    points = np.array([(20, 30), (60, 80)], np.float32)
    assert measure.face_box(points, 100, 100) == measure.Box(16, 25, 65, 86)
    assert measure.face_box(points, 62, 82) == measure.Box(16, 25, 62, 82)
    assert measure.Box(16, 25, 62, 82).cut(np.zeros((100, 100, 3), np.float32)).shape == (57, 46, 3)


def test_identity_scores_compare_each_frame_with_its_own_target():
    truth = np.eye(4, dtype=np.float32)[:3]
    assert measure.identity_scores(truth, truth).tolist() == [1, 1, 1]
    assert measure.identity_scores(truth, truth[::-1]).tolist() == [0, 1, 0]
    assert measure.identity_scores(truth, truth[0]).tolist() == [1, 0, 0]
    mean = measure.mean_embedding(truth[:2])
    assert np.allclose(mean, [math.sqrt(0.5), math.sqrt(0.5), 0, 0])


def test_vidd_is_the_mean_euclidean_distance_of_neighbours():
    angle = np.radians([0, 10, 10, 40])
    rows = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    expected = np.mean([2 * math.sin(math.radians(d) / 2) for d in (10, 0, 30)])
    assert measure.identity_distance(rows) == pytest.approx(expected, abs=1e-6)
    assert measure.identity_distance(rows[:1]) == 0


def test_drift_and_jumps_over_time():
    falling = np.linspace(0.9, 0.7, 49, dtype=np.float32)
    assert measure.drift_slope(falling) == pytest.approx(-0.1, abs=1e-6)
    assert measure.drift_slope(falling[:1]) == 0
    steps = np.repeat(np.float32([0.8, 0.6, 0.7]), 10)
    assert measure.clip_jump(steps, [10, 20]) == pytest.approx(0.15, abs=1e-6)
    assert measure.clip_jump(steps, [5]) == pytest.approx(0, abs=1e-6)
    assert measure.clip_jump(steps, []) == 0
    assert measure.identity_deviation(np.float32([0.6, 0.8])) == pytest.approx(0.1, abs=1e-6)


def test_landmark_distance_sees_offsets_and_jitter_sees_trembling():
    rng = np.random.default_rng(0)
    truth = np.tile(np.float32([[0, 0], [50, 0], [25, 40]]), (6, 1, 1)) + np.arange(6)[:, None, None]
    offset = truth + np.float32([3, 4])
    assert measure.landmark_distance(truth, offset, (0, 1)) == pytest.approx(0.1)
    assert measure.landmark_jitter(truth, offset, (0, 1)) == pytest.approx(0, abs=1e-6)
    trembling = truth + rng.normal(0, 1, truth.shape).astype(np.float32)
    assert measure.landmark_jitter(truth, trembling, (0, 1)) > 0.02


def test_flicker_is_what_the_truth_has_not():
    still = textured(96, 96)
    moving = [np.ascontiguousarray(np.roll(still, step, axis=1)) for step in range(4)]
    brighter = [frame + 0.05 * (index % 2) for index, frame in enumerate(moving)]
    assert measure.flicker(moving, moving) == 0
    assert measure.flicker(moving, brighter) == pytest.approx(0.05, abs=0.015)
    assert measure.flicker(moving[:1], brighter[:1]) == 0


def test_the_interval_is_seeded_narrows_with_more_clips_and_blocks_average_neighbours():
    rng = np.random.default_rng(0)
    few, many = rng.normal(0.5, 0.1, 8), rng.normal(0.5, 0.1, 200)
    wide, narrow = measure.confidence_interval(few), measure.confidence_interval(many)
    assert wide == measure.confidence_interval(few)
    assert wide != measure.confidence_interval(few, seed=1)
    assert wide.low < few.mean() < wide.high
    assert narrow.high - narrow.low < 0.5 * (wide.high - wide.low)
    assert narrow.high - narrow.low == pytest.approx(2 * 1.96 * 0.1 / math.sqrt(200), rel=0.2)
    assert measure.blocks(np.arange(24, dtype=np.float32)).tolist() == [5.5, 17.5]
    assert measure.blocks(np.float32([1, 2])).tolist() == [1.5]
    with pytest.raises(ValueError, match="no values"):
        measure.confidence_interval([])


def test_the_chip_puts_the_points_where_the_judge_expects_them():
    picture = np.zeros((300, 300, 3), np.float32)
    points = (CHIP_POINTS * 1.3 + (40, 60)).astype(np.float32)
    for x, y in points:
        cv2.circle(picture, (round(float(x)), round(float(y))), 3, (1.0, 1.0, 1.0), -1)
    chip = face_chip(picture, points)
    assert chip.shape == (150, 150, 3)
    assert chip.dtype == np.uint8
    for x, y in CHIP_POINTS:
        assert chip[round(float(y)), round(float(x)), 0] > 200
    assert chip.mean() < 20


def test_the_judge_gives_unit_vectors_that_depend_on_the_points():
    pytest.importorskip("dlib")
    judge = Judge()
    picture = textured(200, 200)
    here = judge.embed(picture, CHIP_POINTS)
    assert here.shape == (128,)
    assert np.linalg.norm(here) == pytest.approx(1, abs=1e-5)
    assert np.allclose(here, judge.embed(picture, CHIP_POINTS))
    assert float(here @ judge.embed(picture, CHIP_POINTS + 30)) < 0.9999


def test_without_the_extra_the_judge_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "dlib", None)
    with pytest.raises(ModelPackError) as caught:
        Judge()
    assert caught.value.code == "pack.missing"
    assert "dlib-bin" in caught.value.hint
