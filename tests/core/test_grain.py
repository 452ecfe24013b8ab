"""Grain measured against grain planted, and grain made."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.grain import Grain, lock_low_frequencies, measure_grain, synthesise, without_chroma

from tests.core.drawn_face import draw, landmarks

Array = npt.NDArray[np.float32]
SIDE = 128
WEIGHTS = (0.2126, 0.7152, 0.0722)


def footage(count: int, speed_px: float) -> list[Array]:
    """A drawn face that drifts and turns a little."""
    still = draw(landmarks(), 2 * SIDE)[64:192, 64:192]
    frames = []
    for i in range(count):
        matrix = cv2.getRotationMatrix2D((64, 64), 0.15 * speed_px * i, 1 + 0.001 * speed_px * i)
        matrix[:, 2] += (speed_px * i, 0.5 * speed_px * i)
        frames.append(cv2.warpAffine(still, matrix, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))
    return frames


def planted(deviation: float, softness_px: float, count: int, seed: int = 0, colour: float = 0.0) -> list[Array]:
    """Independent grain for each frame, (SIDE, SIDE, 3)."""
    rng = np.random.default_rng(seed)

    def field(*shape: int) -> Array:
        noise = rng.standard_normal(shape).astype(np.float32)
        soft = cv2.GaussianBlur(noise, (0, 0), softness_px) if softness_px > 0.35 else noise
        return soft / soft.std()

    weights = np.array(WEIGHTS, np.float32)
    fields = []
    for _ in range(count):
        chroma = field(SIDE, SIDE, 3)
        chroma -= (chroma @ weights)[..., None]
        fields.append(deviation * (field(SIDE, SIDE)[..., None] + colour * chroma))
    return fields


@pytest.mark.parametrize("speed_px", [0.0, 0.4, 1.5])
@pytest.mark.parametrize("softness_px", [0.35, 0.7, 1.1])
@pytest.mark.parametrize("deviation", [0.01, 0.04])
def test_planted_grain_is_found(deviation: float, softness_px: float, speed_px: float) -> None:
    grains = planted(deviation, softness_px, 12)
    found = measure_grain([f + g for f, g in zip(footage(12, speed_px), grains, strict=True)])
    assert found.deviation == pytest.approx(deviation, rel=0.2)
    assert found.softness_px == pytest.approx(softness_px, abs=0.2)
    assert found.colour == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("speed_px", [0.0, 0.4, 1.5, 4.0])
def test_clean_footage_has_none(speed_px: float) -> None:
    assert measure_grain(footage(12, speed_px)).deviation < 0.001


def test_what_stays_from_frame_to_frame_is_no_grain() -> None:
    texture = planted(0.05, 0.5, 1)[0]
    assert measure_grain([f + texture for f in footage(8, 0.0)]).deviation < 0.001


def test_flicker_is_no_grain() -> None:
    gains = np.random.default_rng(0).uniform(0.9, 1.1, 12).astype(np.float32)
    assert measure_grain([f * gain for f, gain in zip(footage(12, 0.3), gains, strict=True)]).deviation < 0.003


def test_two_frames_are_enough() -> None:
    grains = planted(0.03, 0.35, 2)
    found = measure_grain([f + g for f, g in zip(footage(2, 0.2), grains, strict=True)])
    assert found.deviation == pytest.approx(0.03, rel=0.2)


def test_a_single_frame_gives_an_estimate() -> None:
    noisy, clean = footage(1, 0)[0] + planted(0.03, 0.35, 1)[0], footage(1, 0)[0]
    assert measure_grain([noisy]).deviation == pytest.approx(0.03, rel=0.2)
    assert measure_grain([clean]).deviation < 0.003


@pytest.mark.parametrize("pattern", [(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5), (0, 1, 2, 3, 3, 4, 5, 6, 7, 7, 8, 9)])
def test_held_frames_do_not_hide_it(pattern: tuple[int, ...]) -> None:
    grains = planted(0.03, 0.35, 12)
    distinct = [f + g for f, g in zip(footage(12, 0.2), grains, strict=True)]
    assert measure_grain([distinct[i] for i in pattern]).deviation == pytest.approx(0.03, rel=0.2)


@pytest.mark.parametrize("colour", [0.3, 0.8])
def test_coloured_grain_is_found(colour: float) -> None:
    grains = planted(0.03, 0.5, 12, colour=colour)
    found = measure_grain([f + g for f, g in zip(footage(12, 0.2), grains, strict=True)])
    assert found.deviation == pytest.approx(0.03, rel=0.2)
    assert found.colour == pytest.approx(colour, rel=0.25)


def test_black_and_white_grain_has_no_colour_at_all() -> None:
    grey = [
        np.repeat((f + g).mean(axis=2, keepdims=True), 3, 2)
        for f, g in zip(footage(6, 0.2), planted(0.03, 0.5, 6), strict=True)
    ]
    assert measure_grain(grey).colour == 0


@pytest.mark.parametrize("shape", [(2, 2), (3, 9), (7, 40), (20, 20)])
def test_tiny_pictures_are_no_error(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    for count in (1, 2, 5):
        found = measure_grain([rng.random((*shape, 3), np.float32) for _ in range(count)])
        assert np.isfinite([found.deviation, found.softness_px, found.colour]).all()
        assert found.deviation >= 0


def test_grain_is_the_same_for_the_same_seed_and_frame_and_for_no_other() -> None:
    grain = Grain(0.03, 0.6, 0.2)
    made = synthesise(grain, 64, 5, 100)
    assert made.shape == (64, 64, 3)
    assert made.dtype == np.float32
    assert np.array_equal(made, synthesise(grain, 64, 5, 100))
    for seed, frame in ((5, 101), (6, 100), (100, 5)):
        other = synthesise(grain, 64, seed, frame)
        assert abs(np.corrcoef(made[..., 0].ravel(), other[..., 0].ravel())[0, 1]) < 0.1


@pytest.mark.parametrize("softness_px", [0.35, 0.6, 1.0, 1.5])
def test_made_grain_is_as_strong_and_as_soft_as_asked(softness_px: float) -> None:
    made = synthesise(Grain(0.03, softness_px, 0.0), 256, 0, 0)
    assert made.std() == pytest.approx(0.03, rel=0.05)
    assert abs(made.mean()) < 0.002
    assert np.array_equal(made[..., 0], made[..., 2])
    expected = planted(0.03, softness_px, 1)[0][..., 0]

    def neighbours(field: Array) -> float:
        return float((field[:, 1:] * field[:, :-1]).mean() / (field**2).mean())

    assert neighbours(made[..., 0]) == pytest.approx(neighbours(expected), abs=0.05)


@pytest.mark.parametrize("grain", [Grain(0.01, 0.5, 0.0), Grain(0.03, 0.9, 0.3), Grain(0.05, 1.3, 0.6)])
def test_grain_that_was_made_is_measured_as_it_was_asked_for(grain: Grain) -> None:
    frames = [f + synthesise(grain, SIDE, 0, i) for i, f in enumerate(footage(10, 0.3))]
    found = measure_grain(frames)
    assert found.deviation == pytest.approx(grain.deviation, rel=0.2)
    assert found.softness_px == pytest.approx(grain.softness_px, abs=0.2)
    assert found.colour == pytest.approx(grain.colour, abs=0.15)


def test_no_grain_is_made_of_none() -> None:
    assert not synthesise(Grain(0.0, 0.5, 0.5), 32, 0, 0).any()


def test_the_lock_takes_what_is_broad_and_leaves_what_is_fine() -> None:
    rows, columns = np.mgrid[0:128, 0:128].astype(np.float32) / 128
    mask = np.clip(1.4 - 3 * np.hypot(rows - 0.5, columns - 0.5), 0, 1).astype(np.float32)
    broad = np.repeat((0.2 + 0.1 * columns)[..., None], 3, axis=2).astype(np.float32)
    fine = np.repeat((0.1 * np.sin(columns * 128 * 2 * np.pi / 6))[..., None], 3, axis=2).astype(np.float32)
    inside = mask > 0.5
    assert np.abs(lock_low_frequencies(broad, 1 / 14, mask)[inside]).max() < 0.02
    kept = lock_low_frequencies(broad + fine, 1 / 14, mask)
    assert np.abs(kept - fine)[inside].max() < 0.03
    wider = lock_low_frequencies(broad, 0.5, mask)
    assert np.abs(wider[inside]).mean() > np.abs(lock_low_frequencies(broad, 1 / 28, mask)[inside]).mean()


def test_the_lock_sees_nothing_outside_the_mask() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[20:44, 20:44] = 1
    change = np.zeros((64, 64, 3), np.float32)
    change[mask == 0] = 5.0
    assert not lock_low_frequencies(change, 1 / 14, mask)[mask > 0].any()


def test_without_chroma_all_channels_are_the_luma() -> None:
    change = np.random.default_rng(0).standard_normal((16, 16, 3)).astype(np.float32)
    grey = without_chroma(change, WEIGHTS)
    assert np.array_equal(grey[..., 0], grey[..., 1])
    assert np.array_equal(grey[..., 0], grey[..., 2])
    np.testing.assert_allclose(grey[..., 0], change @ np.array(WEIGHTS, np.float32), rtol=1e-5, atol=1e-6)
    assert not np.allclose(without_chroma(change, (0.299, 0.587, 0.114)), grey)
