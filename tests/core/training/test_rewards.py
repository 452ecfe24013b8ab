"""What the recognisers ask of a restored face."""

import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from likeness_core.reward import SIDE_PX, TEMPLATE, open_sface
from likeness_core.training.mobile_face import SECOND, load_mobile_face
from likeness_core.training.train_compact import Recognisers
from safetensors.torch import save_file


def second_recogniser(folder: Path) -> Path:
    """A net in the form of the converted file: a strided convolution with PReLU, one onto itself, one to a point."""
    torch.manual_seed(0)
    weights = {
        "weight_0": torch.randn(8, 3, 3, 3) / 5, "bias_0": torch.zeros(8), "slope_0": torch.full((8,), 0.25),
        "weight_1": torch.randn(8, 1, 3, 3) / 3, "bias_1": torch.zeros(8),
        "weight_2": torch.randn(6, 8, 56, 56) / 90, "bias_2": torch.zeros(6),
    }  # fmt: skip
    layers = [
        {"stride": 2, "groups": 1, "before": 0, "after": 1, "active": 1, "onto": -1},
        {"stride": 1, "groups": 8, "before": 1, "after": 1, "active": 0, "onto": 0},
        {"stride": 1, "groups": 1, "before": 0, "after": 0, "active": 0, "onto": -1},
    ]
    save_file(weights, folder / SECOND, {"layers": json.dumps(layers)})
    return folder / SECOND


def test_the_second_recogniser_runs_the_layers_of_its_file(tmp_path: Path) -> None:
    network = load_mobile_face(second_recogniser(tmp_path))
    x = torch.rand(2, 3, 112, 112)
    of = network.get_buffer
    first = F.conv2d(F.pad(x * 255 / 128 - 127.5 / 128, (0, 1, 0, 1)), of("weight_0"), stride=2)
    first = torch.where(first > 0, first, 0.25 * first)
    last = F.conv2d(F.conv2d(first, of("weight_1"), padding=1, groups=8) + first, of("weight_2"))
    assert torch.allclose(network(x), F.normalize(last.flatten(1), dim=1), atol=1e-5)


@pytest.mark.parametrize("both", [False, True])
def test_the_same_face_costs_nothing_and_another_does(tmp_path: Path, both: bool) -> None:
    recognisers = Recognisers(open_sface(), load_mobile_face(second_recogniser(tmp_path)) if both else None)
    points = (torch.tensor(TEMPLATE) / SIDE_PX)[None]
    torch.manual_seed(1)
    truth = torch.rand(1, 3, 128, 128) * 2 - 1
    identity, features = recognisers.losses(truth, truth, points)
    assert identity.item() == pytest.approx(0, abs=1e-5) and features.item() == 0
    other = (truth * 0.5).requires_grad_()
    identity, features = recognisers.losses(other, truth, points)
    assert identity.item() > 0.001 and features.item() > 0.01
    (identity + features).backward()  # type: ignore[no-untyped-call]
    assert other.grad is not None and other.grad.abs().sum() > 0
