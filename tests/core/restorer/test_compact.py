"""The compact backbone: what it starts as, and that everything it is given has a say."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from likeness_core.restorer.attributes import VOCABULARY
from likeness_core.restorer.compact import CompactDenoiser, Conditions, LoraLinear, TemporalAttention

from tests.core.restorer import tiny_network

SIDE = 32


def noise(clips: int, frames: int, side_px: int = SIDE, seed: int = 7) -> torch.Tensor:
    return torch.randn((clips, frames, 3, side_px, side_px), generator=torch.Generator().manual_seed(seed))


def run(model: CompactDenoiser, x_t: torch.Tensor, t: float, conditions: Conditions) -> torch.Tensor:
    with torch.no_grad():
        return model(x_t, torch.full((len(x_t),), t), conditions)


@pytest.mark.parametrize("side_px", [16, 128, 256])
def test_an_untrained_network_returns_its_input_exactly(side_px: int) -> None:
    model = tiny_network.untrained()
    given = tiny_network.conditions(model, 1, 2, side_px)
    assert torch.equal(run(model, noise(1, 2, side_px), 1.0, given), given.lq)


@pytest.mark.parametrize("side_px", [128, 256])
def test_one_set_of_weights_serves_every_side(side_px: int) -> None:
    model = tiny_network.perturbed()
    given = tiny_network.conditions(model, 1, 1, side_px)
    out = run(model, noise(1, 1, side_px), 1.0, given)
    assert out.shape == given.lq.shape
    assert torch.isfinite(out).all()
    assert (out - given.lq).abs().mean() > 1e-3


CHANGES: dict[str, Callable[[Conditions], Conditions]] = {
    "lq": lambda c: replace(c, lq=c.lq + 0.1),
    "warped": lambda c: replace(c, warped=-c.warped),
    "warped_mask": lambda c: replace(c, warped_mask=1 - c.warped_mask),
    "image_tokens": lambda c: replace(c, image_tokens=-c.image_tokens),
    "text_tokens": lambda c: replace(c, text_tokens=-c.text_tokens),
    "match": lambda c: replace(c, match=c.match - 0.8),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_condition_has_a_say(name: str) -> None:
    model = tiny_network.perturbed()
    given = tiny_network.conditions(model, 1, 2, SIDE)
    changed = CHANGES[name](given)
    x_t = noise(1, 2)
    difference = (run(model, x_t, 0.5, changed) - changed.lq) - (run(model, x_t, 0.5, given) - given.lq)
    assert difference.abs().max() > 1e-4


def test_the_noisy_picture_and_the_time_have_a_say() -> None:
    model = tiny_network.perturbed()
    given = tiny_network.conditions(model, 1, 2, SIDE)
    base = run(model, noise(1, 2), 0.5, given)
    assert (run(model, noise(1, 2, seed=8), 0.5, given) - base).abs().max() > 1e-4
    assert (run(model, noise(1, 2), 0.75, given) - base).abs().max() > 1e-4


def test_clips_of_a_batch_do_not_see_each_other() -> None:
    model = tiny_network.perturbed()
    given = tiny_network.conditions(model, 3, 4, SIDE)
    x_t, t = noise(3, 4), torch.tensor([1.0, 0.5, 0.25])
    with torch.no_grad():
        together = model(x_t, t, given)
        for i in range(3):
            only = slice(i, i + 1)
            alone = Conditions(
                given.lq[only], given.warped[only], given.warped_mask[only], given.image_tokens[only],
                given.text_tokens[only], given.match[only],
            )  # fmt: skip
            torch.testing.assert_close(model(x_t[only], t[only], alone), together[only], rtol=0, atol=1e-4)


def test_temporal_attention_starts_as_the_identity_and_mixes_frames_once_trained() -> None:
    torch.manual_seed(0)
    attention = TemporalAttention(16, heads=2, max_frames=24)
    x = torch.randn(2 * 5, 16, 3, 3)
    with torch.no_grad():
        assert torch.equal(attention(x, frames=5), x)
        attention.out.weight.normal_()
        changed = x.clone()
        changed[4] *= -1  # the last frame of the first clip
        difference = (attention(changed, frames=5) - attention(x, frames=5)).abs().amax(dim=(1, 2, 3))
        assert (difference[:4] > 1e-4).all()  # frames of the same clip see it
        assert (difference[5:] == 0).all()  # the other clip does not
        assert torch.equal(attention(x, frames=1), x)


def test_temporal_attention_keeps_to_its_cell_and_knows_distance_in_time() -> None:
    torch.manual_seed(0)
    attention = TemporalAttention(16, heads=2, max_frames=24)
    x = torch.randn(5, 16, 3, 3)
    with torch.no_grad():
        attention.out.weight.normal_()
        changed = x.clone()
        changed[4, :, 1, 1] *= -1
        difference = (attention(changed, frames=5) - attention(x, frames=5)).abs().amax(dim=(0, 1))
        assert difference[1, 1] > 1e-4
        difference[1, 1] = 0
        assert difference.max() < 1e-6
        before = attention(x, frames=5)
        attention.offset[:, :23] = 3.0  # looks back
        assert (attention(x, frames=5) - before).abs().max() > 1e-4


def test_frames_of_a_clip_see_each_other_in_the_whole_network() -> None:
    model = tiny_network.perturbed()
    given = tiny_network.conditions(model, 1, 4, SIDE)
    x_t = noise(1, 4)
    changed = x_t.clone()
    changed[0, 3] *= -1
    difference = (run(model, changed, 1.0, given) - run(model, x_t, 1.0, given)).abs().amax(dim=(0, 2, 3, 4))
    assert difference[0] > 1e-5


def test_lora_adds_nothing_until_it_is_trained() -> None:
    torch.manual_seed(0)
    layer = LoraLinear(16, rank=4)
    z = torch.randn(2, 9, 16)
    assert torch.equal(layer(z), z)
    with torch.no_grad():
        layer.up.weight.normal_()
    assert (layer(z) - z).abs().max() > 0.1
    assert torch.linalg.matrix_rank(layer.up.weight @ layer.down.weight) == 4


def test_training_the_lora_changes_the_lora_alone_and_the_output() -> None:
    model = tiny_network.perturbed()
    lora = {name for name, _ in model.named_parameters() if ".lora." in name}
    assert lora
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in lora)
    given = tiny_network.conditions(model, 1, 2, SIDE)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    start = run(model, noise(1, 2), 1.0, given)
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1.0)
    for _ in range(2):  # `down` moves only once `up` has
        optimiser.zero_grad()
        model(noise(1, 2), torch.ones(1), given).square().mean().backward()
        optimiser.step()
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == lora
    assert (run(model, noise(1, 2), 1.0, given) - start).abs().max() > 1e-6


def test_several_references_are_read_and_their_order_does_not_matter() -> None:
    model = tiny_network.perturbed()
    generator = torch.Generator().manual_seed(1)
    px = tiny_network.CONFIG.reference_px
    pictures = torch.randn((1, 3, 3, px, px), generator=generator)
    embeddings = torch.nn.functional.normalize(torch.randn((1, 3, 128), generator=generator), dim=-1)
    given = tiny_network.conditions(model, 1, 1, SIDE)
    x_t = noise(1, 1)
    with torch.no_grad():
        tokens = model.encode_references(pictures, embeddings)
        swapped = model.encode_references(pictures.flip(1), embeddings.flip(1))
        fewer = model.encode_references(pictures[:, :1], embeddings[:, :1])
    cells = (px // 16) ** 2
    assert tokens.shape == (1, 3 * cells + 2 + 1, 16)
    out = run(model, x_t, 1.0, replace(given, image_tokens=tokens))
    torch.testing.assert_close(run(model, x_t, 1.0, replace(given, image_tokens=swapped)), out, rtol=0, atol=1e-4)
    assert (run(model, x_t, 1.0, replace(given, image_tokens=fewer)) - out).abs().max() > 1e-4


def test_an_attribute_counts_by_its_degree_and_saying_nothing_is_a_token_too() -> None:
    model = tiny_network.untrained()
    degrees = torch.zeros(1, len(VOCABULARY))
    degrees[0, 2] = 0.5
    with torch.no_grad():
        tokens = model.encode_attributes(degrees)
        row = model.attributes.weight
    assert tokens.shape == (1, len(VOCABULARY) + 1, 16)
    assert torch.equal(tokens[0, 2], 0.5 * row[2])
    assert not tokens[0, 3].any()
    assert torch.equal(tokens[0, -1], row[-1])
