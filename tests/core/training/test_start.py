"""A new run can begin with the weights that ship."""

import pytest
import torch
from likeness_core import packs
from likeness_core.restorer.attributes import VOCABULARY
from likeness_core.restorer.compact import CompactConfig, CompactDenoiser
from likeness_core.training.train_compact import start_from
from safetensors.torch import load_file


def test_the_shipped_weights_fit_the_network_that_is_trained() -> None:
    pack = packs.resources() / "packs" / "compact"
    if not pack.is_dir():
        pytest.skip("no pack ships yet")
    model = CompactDenoiser(CompactConfig(attributes=VOCABULARY))
    untrained = model.head.weight.detach().clone()
    start_from(pack, model)
    shipped = load_file(pack / packs.WEIGHTS)["head.weight"].float()
    assert torch.equal(model.head.weight, shipped) and not torch.equal(untrained, shipped)
