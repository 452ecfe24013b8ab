"""Synthetic low quality: repeatable, in range, and true to its parameters."""

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.practice.degrade import INTERPOLATIONS, Degradation, degrade, draw, tone

from tests.core import drawn_face

Array = npt.NDArray[np.float32]
NOTHING = Degradation(
    blur_sigma_px=(0.0, 0.0), blur_angle=0.0, scale=1.0, shrink=cv2.INTER_AREA, noise=0.0, grain=0.0, jpeg=0,
    monochrome=False, gamma=1.0, contrast=1.0, saturation=1.0, chroma_shift_px=0.0,
)  # fmt: skip


def clip(frames: int = 3, side: int = 64) -> Array:
    return np.stack([drawn_face.draw(drawn_face.landmarks(), side)] * frames)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def draws(count: int, scale_max: float = 8.0, monochrome: bool = False) -> list[Degradation]:
    generator = rng()
    return [draw(generator, scale_max, monochrome) for _ in range(count)]


def test_the_same_random_numbers_give_the_same_result() -> None:
    assert draw(rng(3), 8.0, False) == draw(rng(3), 8.0, False)
    assert draw(rng(3), 8.0, False) != draw(rng(4), 8.0, False)
    parameters = replace(NOTHING, noise=0.03, grain=0.02, scale=2.0)
    first, again = degrade(clip(), parameters, rng(1)), degrade(clip(), parameters, rng(1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, degrade(clip(), parameters, rng(2)))


@pytest.mark.parametrize("scale_max", [1.0, 2.0, 4.5, 8.0])
def test_scales_fill_the_range_and_keep_to_it(scale_max: float) -> None:
    scales = [parameters.scale for parameters in draws(400, scale_max)]
    assert min(scales) >= 1
    assert max(scales) <= scale_max
    assert max(scales) > 0.95 * scale_max
    assert np.median(scales) == pytest.approx(scale_max**0.5, rel=0.15)


def test_every_kind_of_damage_is_drawn_and_none_always() -> None:
    all_drawn = draws(400)
    for name in ("noise", "grain", "jpeg", "monochrome", "chroma_shift_px"):
        share = np.mean([bool(getattr(parameters, name)) for parameters in all_drawn])
        assert 0.05 < share < 0.95
    assert all(parameters.monochrome for parameters in draws(50, monochrome=True))


@pytest.mark.parametrize("seed", range(20))
def test_any_draw_keeps_shape_and_range(seed: int) -> None:
    generator = rng(seed)
    parameters = draw(generator, 8.0, False)
    truth = tone(clip(2), parameters)
    low = degrade(truth, parameters, generator)
    for images in (truth, low):
        assert images.shape == (2, 64, 64, 3)
        assert images.dtype == np.float32
        assert images.min() >= 0
        assert images.max() <= 1
    assert np.abs(low - truth).mean() > 1e-4


@pytest.mark.parametrize("side", [16, 17, 33])
def test_tiny_crops_are_no_error(side: int) -> None:
    generator = rng(1)
    for _ in range(10):
        parameters = draw(generator, 8.0, False)
        assert degrade(clip(1, side), parameters, generator).shape == (1, side, side, 3)


def test_nothing_changes_nothing() -> None:
    np.testing.assert_allclose(tone(clip(), NOTHING), clip(), atol=1e-6)
    np.testing.assert_allclose(degrade(clip(), NOTHING, rng()), clip(), atol=1e-6)


def test_tone_is_the_part_that_is_to_be_kept() -> None:
    """Toned truth and toned input agree on light and colour, whatever the tone."""
    generator = rng(5)
    for _ in range(12):
        drawn = draw(generator, 2.0, False)
        parameters = replace(
            NOTHING, gamma=drawn.gamma, contrast=drawn.contrast, saturation=drawn.saturation, scale=2.0,
            monochrome=drawn.monochrome,
        )  # fmt: skip
        truth = tone(clip(1), parameters)
        low = degrade(truth, parameters, generator)
        assert np.abs(low.mean(axis=(0, 1, 2)) - truth.mean(axis=(0, 1, 2))).max() < 0.01


@pytest.mark.parametrize("change", [{"gamma": 1.3}, {"contrast": 0.8}, {"saturation": 0.4}, {"monochrome": True}])
def test_every_part_of_the_tone_counts(change: dict[str, float]) -> None:
    plain, toned = clip(), tone(clip(), replace(NOTHING, **change))
    assert np.abs(toned - plain).max() > 0.02
    spread = (plain.max(axis=-1) - plain.min(axis=-1)).mean(), (toned.max(axis=-1) - toned.min(axis=-1)).mean()
    if "saturation" in change:
        assert spread[1] == pytest.approx(0.4 * spread[0], rel=0.02)


@pytest.mark.parametrize("seed", range(8))
def test_black_and_white_has_three_equal_channels(seed: int) -> None:
    generator = rng(seed)
    parameters = replace(draw(generator, 8.0, True), noise=0.03, grain=0.03, jpeg=60, chroma_shift_px=1.0)
    truth = tone(clip(2), parameters)
    for images in (truth, degrade(truth, parameters, generator)):
        assert np.array_equal(images[..., 0], images[..., 1])
        assert np.array_equal(images[..., 0], images[..., 2])


def test_noise_and_grain_are_as_strong_as_asked_and_new_in_every_frame() -> None:
    grey = np.full((4, 64, 64, 3), 0.5, np.float32)
    noisy = degrade(grey, replace(NOTHING, noise=0.03), rng()) - grey
    assert noisy.std() == pytest.approx(0.03, rel=0.05)
    assert abs(np.corrcoef(noisy[0].ravel(), noisy[1].ravel())[0, 1]) < 0.05
    grainy = degrade(grey, replace(NOTHING, grain=0.03), rng()) - grey
    assert grainy.std() == pytest.approx(0.03, rel=0.15)
    assert (grainy[..., :, 1:, 0] * grainy[..., :, :-1, 0]).mean() / grainy.var() > 0.3  # soft
    assert np.abs(grainy[..., 0] - grainy[..., 1]).max() < 1e-6
    assert abs(np.corrcoef(grainy[0].ravel(), grainy[1].ravel())[0, 1]) < 0.05


def test_film_grain_is_strongest_in_the_middle_tones() -> None:
    deviations = []
    for level in (0.15, 0.5, 0.85):
        flat = np.full((2, 64, 64, 3), level, np.float32)
        deviations.append((degrade(flat, replace(NOTHING, grain=0.02), rng()) - flat).std())
    assert deviations[1] > 1.2 * max(deviations[0], deviations[2])


def test_scale_takes_detail_and_blur_its_direction() -> None:
    def detail(images: Array, axis: int) -> float:
        return float(np.abs(np.diff(images, axis=axis)).mean())

    spots = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    losses = [detail(degrade(spots, replace(NOTHING, scale=scale), rng()), 2) for scale in (1.0, 2.0, 4.0, 8.0)]
    assert losses == sorted(losses, reverse=True)
    across = degrade(spots, replace(NOTHING, blur_sigma_px=(3.0, 0.5), blur_angle=0.0), rng())
    assert detail(across, 2) < 0.6 * detail(across, 1)
    down = degrade(spots, replace(NOTHING, blur_sigma_px=(3.0, 0.5), blur_angle=np.pi / 2), rng())
    assert detail(down, 1) < 0.6 * detail(down, 2)


def test_light_and_place_do_not_move() -> None:
    for scale in (1.7, 3.0, 5.5):
        for shrink in INTERPOLATIONS:
            rows, columns = np.mgrid[0:96, 0:96].astype(np.float32)
            bump = np.exp(-((columns - 40.3) ** 2 + (rows - 55.6) ** 2) / (2 * 8**2))
            truth = np.repeat(bump[None, ..., None], 3, axis=3)
            low = degrade(truth, replace(NOTHING, scale=scale, shrink=shrink), rng())[0, ..., 0]
            assert float(low.mean()) == pytest.approx(float(bump.mean()), rel=0.02)
            found = (low * columns).sum() / low.sum(), (low * rows).sum() / low.sum()
            np.testing.assert_allclose(found, (40.3, 55.6), atol=0.3)


def test_chroma_moves_without_the_luma() -> None:
    low = degrade(clip(1), replace(NOTHING, chroma_shift_px=1.5), rng())[0]
    np.testing.assert_allclose(low.mean(axis=2), clip(1)[0].mean(axis=2), atol=0.02)
    assert np.abs(low - clip(1)[0]).max() > 0.02
    other = degrade(clip(1), replace(NOTHING, chroma_shift_px=-1.5), rng())[0]
    assert np.abs(low - other).max() > 0.02


def test_a_lower_quality_damages_more() -> None:
    errors = [float(np.abs(degrade(clip(1), replace(NOTHING, jpeg=q), rng()) - clip(1)).mean()) for q in (90, 60, 35)]
    assert errors == sorted(errors)
    assert errors[0] > 0


def test_dust_and_scratches_spoil_a_few_places_and_leave_the_rest() -> None:
    footage = clip()
    for parameters in (replace(NOTHING, dust=4.0), replace(NOTHING, scratches=((0.3, 0.3),))):
        spoiled = np.abs(degrade(footage, parameters, rng(2)) - footage).max(axis=3) > 0.02
        assert 0 < spoiled.mean() < 0.1
    column = np.abs(degrade(footage, replace(NOTHING, scratches=((0.3, 0.3),)), rng(2)) - footage).max(axis=(1, 3))
    assert all(abs(int(frame.argmax()) - 0.3 * 64) <= 2 for frame in column)


def test_combing_moves_the_second_field_alone() -> None:
    footage = clip()
    combed = degrade(footage, replace(NOTHING, comb_px=2.0), rng())
    assert np.array_equal(combed[:, ::2], footage[:, ::2])
    assert np.abs(combed[:, 1::2] - footage[:, 1::2]).max() > 0.05


def test_flicker_is_a_tone_that_input_and_truth_share() -> None:
    footage = clip(6)
    toned = tone(footage, replace(NOTHING, flicker=0.04))
    means = toned.mean(axis=(1, 2, 3))
    assert means.std() > 0.005
    assert np.array_equal(toned, tone(footage, replace(NOTHING, flicker=0.04)))


def test_archival_damage_comes_only_where_it_is_asked_for() -> None:
    generator = rng()
    drawn = [draw(generator, 8.0, False) for _ in range(300)]
    for name in ("dust", "scratches", "comb_px", "flicker"):
        assert 0.01 < np.mean([bool(getattr(one, name)) for one in drawn]) < 0.2
    plain = [draw(generator, 8.0, False, archival=False) for _ in range(100)]
    assert not any(one.dust or one.scratches or one.comb_px or one.flicker for one in plain)
