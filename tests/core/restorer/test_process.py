"""The diffusion process and its noise."""

import pytest
import torch
from likeness_core.restorer.process import KAPPA, keyed_noise, noisy_start, residual_shift, times


def clips(seed: int, count: int = 2) -> torch.Tensor:
    return torch.randn((count, 3, 3, 8, 8), generator=torch.Generator().manual_seed(seed))


def test_at_one_it_is_the_low_quality_picture_and_noise() -> None:
    x0, lq, noise = clips(0), clips(1), clips(2)
    expected = lq + KAPPA * noise
    torch.testing.assert_close(residual_shift(x0, lq, noise, torch.ones(2)), expected)
    assert torch.equal(noisy_start(lq, noise), expected)


def test_towards_zero_it_is_the_truth() -> None:
    x0, lq, noise = clips(0), clips(1), clips(2)
    assert torch.equal(residual_shift(x0, lq, noise, torch.zeros(2)), x0)
    near = (residual_shift(x0, lq, noise, torch.full((2,), 1e-4)) - x0).abs().max()
    assert near < 0.01
    assert (residual_shift(x0, lq, noise, torch.full((2,), 1e-2)) - x0).abs().max() > near


def test_each_clip_has_its_own_time() -> None:
    x0, lq, noise = clips(0), clips(1), clips(2)
    both = residual_shift(x0, lq, noise, torch.tensor([0.25, 1.0]))
    assert torch.equal(both[:1], residual_shift(x0[:1], lq[:1], noise[:1], torch.tensor([0.25])))
    torch.testing.assert_close(both[1:], noisy_start(lq[1:], noise[1:]))


def test_noise_has_the_spread_that_the_time_gives_it() -> None:
    nothing = torch.zeros(1, 4, 3, 64, 64)
    noise = keyed_noise(0, [0, 1, 2, 3], 64)
    for t in (1.0, 0.25):
        spread = residual_shift(nothing, nothing, noise, torch.tensor([t])).std().item()
        assert spread == pytest.approx(KAPPA * t**0.5, rel=0.02)


@pytest.mark.parametrize(("steps", "expected"), [(1, [1]), (2, [1, 0.5]), (4, [1, 0.75, 0.5, 0.25])])
def test_times_fall_evenly_from_one(steps: int, expected: list[float]) -> None:
    assert times(steps) == expected
    assert len(times(8)) == 8


def test_a_source_frame_has_the_same_noise_in_every_window() -> None:
    early, late = keyed_noise(5, list(range(6)), 16), keyed_noise(5, list(range(4, 10)), 16)
    assert early.shape == (1, 6, 3, 16, 16)
    assert early.dtype == torch.float32
    assert torch.equal(early[:, 4:], late[:, :2])


def test_other_frames_and_other_seeds_have_other_noise() -> None:
    drawn = [keyed_noise(seed, [frame], 16) for seed, frame in ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2**31))]
    for i, one in enumerate(drawn):
        for other in drawn[:i]:
            correlation = (one * other).mean().item()
            assert abs(correlation) < 0.15


def test_black_and_white_noise_is_the_same_in_all_channels_and_as_strong() -> None:
    grey = keyed_noise(3, [7, 8], 32, monochrome=True)
    assert torch.equal(grey[:, :, 0], grey[:, :, 1]) and torch.equal(grey[:, :, 0], grey[:, :, 2])
    assert abs(float(grey.std()) - 1) < 0.05
    assert not torch.equal(keyed_noise(3, [7], 32)[0, 0, 0], keyed_noise(3, [7], 32)[0, 0, 1])
