"""The looks of the compact network, and their noise."""

import pytest
import torch
from likeness_core.restorer.process import KAPPA, is_mirrored, keyed_noise, look_of, noise_of, noisy_start, times


def clips(seed: int, count: int = 2) -> torch.Tensor:
    return torch.randn((count, 3, 3, 8, 8), generator=torch.Generator().manual_seed(seed))


def test_a_look_starts_from_the_low_quality_picture_and_noise() -> None:
    lq, noise = clips(1), clips(2)
    assert torch.equal(noisy_start(lq, noise), lq + KAPPA * noise)
    assert torch.equal(noise_of(noise, 0), noise)


def test_the_weights_of_the_looks_make_their_mean() -> None:
    looks, mean = [3.0, 5.0, 10.0, 2.0], 0.0
    for look, t in zip(looks, times(4), strict=True):
        mean += t * (look - mean)
    assert mean == pytest.approx(5.0)
    assert [look_of(t) for t in times(8)] == list(range(8))
    assert times(1) == [1]


def test_no_two_of_eight_looks_are_the_same() -> None:
    noise = keyed_noise(0, [0], 16)
    seen = [noise_of(noise, look).flip(-1) if is_mirrored(look) else noise_of(noise, look) for look in range(8)]
    for i, one in enumerate(seen):
        assert all(not torch.equal(one, other) for other in seen[:i])
    assert sum(is_mirrored(look) for look in range(8)) == 4


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
