"""The trainer on a tiny network would be another trainer: this runs the real one for a few steps."""

from pathlib import Path

import pytest
import torch
from likeness_core.training import train_compact
from likeness_core.training.train_compact import STAGES, Batches, Pace, sample_batches

from tests.core.practice.test_samples import faces  # noqa: F401 - a fixture


def test_batches_come_from_processes_and_each_draws_its_own(faces: train_compact.Faces) -> None:  # noqa: F811
    stage = train_compact.Stage((train_compact.Mix(train_compact.View(64, 64, 4.0), 2, 1.0),), 1e-3, 0.1)
    made = sample_batches(Batches(faces, stage, 0, factor=2), workers=2)
    first, second = next(made), next(made)
    assert len(first) == len(second) == 4
    assert not (first[0].lq == second[0].lq).all()


def test_the_stages_name_whole_mixes() -> None:
    for stage in STAGES.values():
        assert sum(mix.weight for mix in stage.mixes) == pytest.approx(1)
        assert all(mix.view.window_px % 16 == 0 for mix in stage.mixes)


def test_a_checkpoint_is_gone_on_with(tmp_path: Path) -> None:
    from likeness_core.restorer.compact import CompactConfig, CompactDenoiser

    shape = CompactConfig(channels=(16, 16, 16, 16), blocks=(1, 1, 1, 1), token_width=16, attributes=("a",))
    model, average, again = CompactDenoiser(shape), CompactDenoiser(shape), CompactDenoiser(shape)
    optimiser = torch.optim.AdamW(model.parameters())
    train_compact.save(tmp_path, model, average, optimiser, 123)
    other = CompactDenoiser(shape)
    assert train_compact.resume(tmp_path, again, other, torch.optim.AdamW(again.parameters())) == 123
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(average.parameters(), other.parameters(), strict=True))
    assert Pace(1.0).factor == 1
