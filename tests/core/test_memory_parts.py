"""Out of memory: the same window in more parts, to the same bytes; an error only where nothing is left to part."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from likeness_core.memory import Thrift, device_bytes, parts_for
from likeness_core.packs import read_manifest, resources
from likeness_core.restorer.compact import Conditions, ResidualBlock
from likeness_core.restorer.compact_backbone import open_compact
from likeness_core.restorer.parts import MOST_PARTS, set_parts
from likeness_core.restorer.pipeline import Restorer

from tests.core.conftest import Set
from tests.core.restoring import likeness, tree

CPU = torch.device("cpu")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_parts_change_no_bit_of_the_network_that_ships(dtype: torch.dtype) -> None:
    pack = resources() / "packs" / "compact"
    model = open_compact(pack, read_manifest(pack), CPU, dtype).model
    generator = torch.Generator().manual_seed(0)
    crops, x_t = (torch.randn(1, 7, 3, 64, 64, generator=generator).to(dtype) for _ in range(2))
    text = model.encode_attributes(torch.zeros(1, len(model.config.attributes), dtype=dtype))
    mask, match = torch.ones_like(crops[:, :, :1]), torch.zeros(1, 1, dtype=dtype)
    given = Conditions(crops, crops, mask, model.null_image_tokens(1), text, match)
    block = next(module for module in model.modules() if isinstance(module, ResidualBlock))
    sizes: list[int] = []
    block.conv_in.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    for threads in (2, 1):
        torch.set_num_threads(threads)  # one at the end, as the other tests have it
        set_parts(model, 1)
        with torch.inference_mode():
            whole = model(x_t, torch.ones(1), given)
            for parts, expected in ((2, [4, 3]), (3, [3, 2, 2]), (12, [3, 2, 2]), (1, [7])):
                sizes.clear()
                set_parts(model, parts)
                parted = model(x_t, torch.ones(1), given)
                assert sizes == expected
                if threads == 1:
                    assert torch.equal(parted, whole)
                else:
                    torch.testing.assert_close(parted, whole, atol=1e-6 if dtype == torch.float32 else 0.02, rtol=1e-5)


def test_the_parts_follow_the_free_memory() -> None:
    pixels = 24 * 256 * 256
    assert parts_for(64 << 30, pixels, torch.bfloat16) == 1
    few, many = parts_for(1 << 30, pixels, torch.float32), parts_for(200 << 20, pixels, torch.float32)
    assert 1 < few < many <= MOST_PARTS
    assert parts_for(0, pixels, torch.float32) == MOST_PARTS
    assert device_bytes(CPU) > 0


def fails_above(frames: int) -> Callable[..., None]:
    """Memory for so many frames at once, as a device would tell."""

    def check(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if len(inputs[0]) > frames:
            raise torch.OutOfMemoryError("no memory left")

    return check


@pytest.mark.parametrize("frames", [4, 0])
def test_a_job_goes_on_with_less_memory_to_the_same_bytes(
    portrait_set: Set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: int
) -> None:
    common = ["--no-fading", "--range", "0:8", "--no-cache"]
    plenty = likeness(*portrait_set.restore(tmp_path / "plenty"), *common, cache=tmp_path / "cache")
    assert plenty.status == 0, plenty.errors
    opened = Restorer.__init__

    def poor(self: Restorer, *arguments: object) -> None:
        opened(self, *arguments)  # type: ignore[arg-type]
        for module in self.backbone.model.modules():  # type: ignore[attr-defined]
            if isinstance(module, ResidualBlock):
                module.conv_in.register_forward_pre_hook(fails_above(frames))

    monkeypatch.setattr(Restorer, "__init__", poor)
    outcome = likeness(*portrait_set.restore(tmp_path / "poor"), *common, cache=tmp_path / "cache")
    if frames:
        assert outcome.status == 0, outcome.errors
        assert tree(tmp_path / "poor") == tree(tmp_path / "plenty")
    else:
        assert (outcome.status, outcome.code) == (7, "device.memory")


def test_what_cannot_be_parted_says_so(tiny_pack: Path) -> None:
    thrift = Thrift([Restorer(tiny_pack, CPU, torch.float32)], CPU, torch.float32, 24 * 128 * 128)
    steps = [thrift.parts]
    while thrift.step_down():
        steps.append(thrift.parts)
    assert steps[-1] == MOST_PARTS and all(before < after for before, after in pairwise(steps))
