"""Exponential blending against the formula, and the cross-fade."""

import numpy as np
import pytest
import torch
from likeness_core.restorer import blending
from likeness_core.restorer.blending import (
    BlendingMemory,
    WindowLatents,
    blend,
    blend_strength,
    cross_fade_weights,
    identity_states,
)
from likeness_core.restorer.process import times


def window(frames: range, value: float, steps: int = 4) -> WindowLatents:
    """Latents that are `value` plus a tenth of the step everywhere."""
    latents = torch.full((steps, len(frames), 3, 2, 2), value) + torch.arange(steps).view(-1, 1, 1, 1, 1) / 10
    return WindowLatents(tuple(frames), latents)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_formula(count: int) -> None:
    """(1 - b) z + b sum_j l (1 - l)^(j-1) z_(k-j) / (1 - (1 - l)^J), written out from the paper's terms."""
    values = [2.0, -1.0, 5.0][:count]
    memory = BlendingMemory([window(range(8), value) for value in values])
    l, b, step = blending.DECAY, 0.3, 2  # noqa: E741 - the paper's letter
    x_t = torch.randn((1, 4, 3, 2, 2), generator=torch.Generator().manual_seed(0))
    earlier = sum(l * (1 - l) ** (j - 1) * (values[j - 1] + 0.2) for j in range(1, count + 1)) / (1 - (1 - l) ** count)
    expected = (1 - b) * x_t + b * earlier
    torch.testing.assert_close(blend(x_t, step, b, [4, 5, 6, 7], memory), expected)


def test_frames_that_no_earlier_window_holds_stay_as_they_are() -> None:
    x_t = torch.randn((1, 6, 3, 2, 2), generator=torch.Generator().manual_seed(0))
    memory = BlendingMemory([window(range(12), 3.0)])
    given = x_t.clone()
    out = blend(x_t, 0, 0.5, list(range(9, 15)), memory)
    assert torch.equal(out[:, 3:], x_t[:, 3:])
    assert (out[:, :3] != x_t[:, :3]).all()
    assert torch.equal(x_t, given)


def test_each_frame_meets_the_windows_that_hold_it() -> None:
    l = blending.DECAY  # noqa: E741
    memory = BlendingMemory([window(range(4, 12), 1.0), window(range(6), 9.0)])
    out = blend(torch.zeros((1, 4, 3, 2, 2)), 0, 1.0, [4, 5, 6, 7], memory)[0, :, 0, 0, 0]
    both = (l * 1.0 + l * (1 - l) * 9.0) / (1 - (1 - l) ** 2)
    torch.testing.assert_close(out, torch.tensor([both, both, 1.0, 1.0]))


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_strength_falls_to_nothing_at_the_last_step(steps: int) -> None:
    schedule = times(steps)
    strengths = [blend_strength(t, schedule[-1]) for t in schedule]
    assert strengths[-1] == 0
    assert strengths == sorted(strengths, reverse=True)
    if steps > 1:
        assert strengths[0] == blending.STRENGTH


def test_nothing_is_blended_without_memory_or_strength() -> None:
    x_t = torch.randn(1, 2, 3, 2, 2)
    assert torch.equal(blend(x_t, 0, 0.5, [0, 1], BlendingMemory()), x_t)
    assert torch.equal(blend(x_t, 0, 0.0, [0, 1], BlendingMemory([window(range(2), 7.0)])), x_t)


def test_memory_keeps_what_later_windows_can_meet_the_latest_first() -> None:
    memory = BlendingMemory()
    for number, start in enumerate((0, 8, 16, 24, 32)):
        memory = memory.remember(window(range(start, start + 24), float(number)), start + 8)
    assert [kept.frames for kept in memory.windows] == [tuple(range(40, 56)), tuple(range(40, 48))]
    assert [kept.latents[0, 0, 0, 0, 0].item() for kept in memory.windows] == [4.0, 3.0]
    assert memory.windows[0].latents.shape[1] == 16


def test_memory_reaches_back_so_many_windows_and_no_more() -> None:
    memory = BlendingMemory()
    for number in range(6):
        memory = memory.remember(window(range(24), float(number)), 1)
    assert len(memory.windows) == blending.REACH
    assert [kept.latents[0, 0, 0, 0, 0].item() for kept in memory.windows] == [5.0, 4.0, 3.0]


def test_what_no_later_window_meets_is_dropped() -> None:
    assert BlendingMemory().remember(window(range(24), 1.0), 24).windows == []


def test_cross_fade_rises_over_the_shared_frames_only() -> None:
    weights = cross_fade_weights(list(range(16, 40)), 24)
    np.testing.assert_allclose(weights[:8], np.arange(1, 9) / 9, rtol=1e-6)
    assert (weights[8:] == 1).all()
    assert (cross_fade_weights(list(range(16, 40)), 16) == 1).all()
    np.testing.assert_allclose(cross_fade_weights([5, 6, 7], 8), [0.25, 0.5, 0.75])


def test_identity_states_bring_shots_of_one_person_together_and_forget_slowly() -> None:
    rng = np.random.default_rng(0)
    shown = [vector / np.linalg.norm(vector) for vector in rng.standard_normal((4, 128)).astype(np.float32)]
    states = identity_states(shown)
    assert np.array_equal(states[0], shown[0])
    assert all(np.linalg.norm(state) == pytest.approx(1, abs=1e-5) for state in states)
    for before, after in ((0, 1), (1, 2), (2, 3)):
        assert states[before] @ states[after] > shown[before] @ shown[after] + 0.1
        assert states[after] @ shown[after] > states[after] @ shown[before]
    assert identity_states([]) == []
