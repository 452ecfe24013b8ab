"""Suffix weights against their definition, and the loss."""

import pytest
import torch
from likeness_core.restorer.feedback import feedback_loss, suffix_weights, uniform_weights


@pytest.mark.parametrize("frames", [1, 2, 5, 24])
def test_weights_are_the_mean_of_all_suffix_means(frames: int) -> None:
    likeness = torch.rand(frames, generator=torch.Generator().manual_seed(frames))
    suffix_means = torch.stack([likeness[k:].mean() for k in range(frames)])
    assert float(likeness @ suffix_weights(frames)) == pytest.approx(float(suffix_means.mean()), abs=1e-6)


def test_weights_of_the_papers_clip_rise_towards_its_end() -> None:
    weights = suffix_weights(24)
    assert float(weights[0]) == pytest.approx(0.0017, abs=5e-5)
    assert float(weights[-1]) == pytest.approx(0.157, abs=5e-4)
    assert bool((weights.diff() > 0).all())
    assert float(weights.sum()) == pytest.approx(1, abs=1e-6)


def test_drift_late_in_a_clip_costs_more_than_early_and_more_than_with_uniform_weights() -> None:
    good = torch.full((1, 8), 0.9)
    early, late = good.clone(), good.clone()
    early[0, 0], late[0, -1] = 0.5, 0.5
    assert feedback_loss(late, suffix_weights(8)) > feedback_loss(early, suffix_weights(8))
    assert feedback_loss(late, suffix_weights(8)) > feedback_loss(late, uniform_weights(8))


def test_enough_likeness_asks_for_no_more() -> None:
    assert feedback_loss(torch.full((2, 4), 0.97), suffix_weights(4)) == 0
