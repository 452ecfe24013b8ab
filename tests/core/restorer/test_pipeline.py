"""One window of one face through the whole pipeline, with a tiny network."""

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from likeness_core.api import Negatives, RestorationSettings
from likeness_core.errors import ModelPackError
from likeness_core.packs import WEIGHTS, read_manifest, write_pack
from likeness_core.restorer.attributes import negated, with_defects
from likeness_core.restorer.blending import BlendingMemory
from likeness_core.restorer.conditioning import AlignedPhoto, FaceClip, Guide
from likeness_core.restorer.pipeline import RestoredClip, Restorer
from likeness_core.steps import carry_out

from tests.core.restorer import tiny_network
from tests.core.restorer.test_conditioning import FRONT, SIDEWAYS, clip, photo

Array = npt.NDArray[np.float32]

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def restorer(tmp_path_factory: pytest.TempPathFactory) -> Restorer:
    folder = tiny_network.write(tmp_path_factory.mktemp("packs") / "tiny", tiny_network.perturbed())
    return Restorer(folder, CPU, torch.float32)


def finish(run: Generator[None, None, RestoredClip]) -> tuple[RestoredClip, int]:
    """The result, and how often the generator yielded."""
    steps: list[None] = []
    return carry_out(run, steps.append), len(steps)


def restored(
    restorer: Restorer, footage: FaceClip, photos: tuple[AlignedPhoto, ...] = (), memory: BlendingMemory | None = None,
    **settings: Any,
) -> RestoredClip:  # fmt: skip
    asked = replace(RestorationSettings(), **settings)
    return finish(restorer.restore(footage, photos, asked, memory or BlendingMemory()))[0]


def by_network(*given: Any, **settings: Any) -> Array:
    """Crops before the photograph's fine detail."""
    return restored(*given, without=("detail",), **settings).crops


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_every_step_is_a_point_to_stop_at(restorer: Restorer, steps: int) -> None:
    footage = clip([FRONT, SIDEWAYS])
    run = restorer.restore(footage, (), replace(RestorationSettings(), steps=steps), BlendingMemory())
    done, count = finish(run)
    assert count == steps
    assert done.crops.shape == footage.crops.shape
    assert done.crops.dtype == np.float32
    assert np.isfinite(done.crops).all()
    assert done.latents.frames == footage.frames
    assert done.latents.latents.shape == (steps, 2, 3, 64, 64)


def test_an_untrained_network_gives_the_footage_back(tmp_path: Path) -> None:
    model = Restorer(tiny_network.write(tmp_path / "new", tiny_network.untrained()), CPU, torch.float32)
    footage = clip([FRONT])
    for steps in (1, 4):
        done = restored(model, footage, (photo(),), steps=steps, without=("detail",))
        np.testing.assert_allclose(done.crops, footage.crops, atol=1e-6)
    detailed = restored(model, footage, (photo(),)).crops
    assert 0.01 < np.abs(detailed - footage.crops).max() < 0.2  # the footage, with detail of the photograph


def test_crops_finer_than_the_network_take_get_its_change_and_detail_of_their_own(restorer: Restorer) -> None:
    large = 2 * restorer.manifest.sides_px[-1]
    footage, guide = replace(clip([FRONT, SIDEWAYS], side=large), without=("direct",)), photo(side=large)
    network = restored(restorer, footage, (guide,), without=("detail",))
    assert network.crops.shape == footage.crops.shape
    assert network.latents.latents.shape[-1] == large // 2
    small = Guide(footage, (guide,)).reduced(large // 2)
    shown = restored(restorer, small.clip, small.photos, without=("detail",)).crops
    for i in range(2):
        change = cv2.resize(shown[i] - small.clip.crops[i], (large, large), interpolation=cv2.INTER_CUBIC)
        np.testing.assert_allclose(network.crops[i] - footage.crops[i], change, atol=1e-5)
    assert np.abs(restored(restorer, footage, (guide,)).crops - network.crops).max() > 1e-3


def test_the_same_call_gives_the_same_bytes_and_the_seed_other_ones(restorer: Restorer) -> None:
    footage = clip([FRONT, SIDEWAYS])
    first = restored(restorer, footage, (photo(),), steps=2)
    again = restored(restorer, footage, (photo(),), steps=2)
    assert np.array_equal(first.crops, again.crops)
    assert not np.array_equal(first.crops, restored(restorer, footage, (photo(),), steps=2, seed=1).crops)


def test_the_number_of_steps_and_the_reference_have_a_say(restorer: Restorer) -> None:
    footage = clip([FRONT])
    base = by_network(restorer, footage, (photo(),))
    assert np.abs(by_network(restorer, footage, (photo(),), steps=2) - base).max() > 1e-4
    assert np.abs(by_network(restorer, footage) - base).max() > 1e-3
    assert np.abs(by_network(restorer, footage, (photo(SIDEWAYS, seed=3),)) - base).max() > 1e-4


def test_likeness_goes_from_no_reference_over_neutral_to_more(restorer: Restorer) -> None:
    footage, photos = clip([FRONT]), (photo(),)
    nobody, neutral = by_network(restorer, footage), by_network(restorer, footage, photos)
    np.testing.assert_allclose(by_network(restorer, footage, photos, likeness=0.0), nobody, atol=1e-5)
    toward = neutral - nobody
    assert np.abs(toward).max() > 1e-3
    for likeness, share in ((0.25, 0.5), (0.75, 1.25), (1.0, 1.5)):
        out = by_network(restorer, footage, photos, likeness=likeness)
        np.testing.assert_allclose(out, nobody + share * toward, atol=1e-4)
    assert np.array_equal(by_network(restorer, footage, likeness=1.0), nobody)


def test_each_negative_steers_away_from_its_stream(restorer: Restorer) -> None:
    footage, photos = clip([FRONT]), (photo(),)
    plain = by_network(restorer, footage, photos)
    identity = by_network(restorer, footage, photos, negatives=Negatives(identity=0.4))
    nobody = by_network(restorer, footage)
    assert np.abs(plain - nobody).max() > 1e-3
    np.testing.assert_allclose(identity, plain + 0.4 * (plain - nobody), atol=1e-4)
    for stream, told in (("quality", with_defects), ("attributes", negated)):
        steered = by_network(restorer, footage, photos, negatives=Negatives(**{stream: 0.4}))
        worse = by_network(restorer, replace(footage, attributes=told(footage.attributes)), photos)
        assert np.abs(worse - plain).max() > 1e-4
        np.testing.assert_allclose(steered, plain + 0.4 * (plain - worse), atol=1e-4)


def test_negatives_add_up_and_work_without_references(restorer: Restorer) -> None:
    footage, photos = clip([FRONT]), (photo(),)
    plain = by_network(restorer, footage, photos)
    parts = [Negatives(quality=0.2), Negatives(attributes=0.3), Negatives(identity=0.4)]
    moved = sum(by_network(restorer, footage, photos, negatives=part) - plain for part in parts)
    every = by_network(restorer, footage, photos, negatives=Negatives(0.2, 0.3, 0.4))
    np.testing.assert_allclose(every, plain + moved, atol=1e-4)
    alone = by_network(restorer, footage)
    assert np.array_equal(by_network(restorer, footage, negatives=Negatives(identity=0.4)), alone)
    assert np.abs(by_network(restorer, footage, negatives=Negatives(quality=0.4)) - alone).max() > 1e-4


@pytest.mark.parametrize("part", ["direct", "image", "text", "state"])
def test_each_part_of_the_method_can_be_left_out_and_has_a_say(restorer: Restorer, part: str) -> None:
    footage = replace(clip([FRONT]), identity=np.eye(128, dtype=np.float32)[5], attributes=np.full(24, 0.5, np.float32))
    whole = restored(restorer, footage, (photo(),)).crops
    less = restored(restorer, replace(footage, without=(part,)), (photo(),)).crops
    assert np.abs(whole - less).max() > 1e-4


def test_blending_can_be_left_out(restorer: Restorer) -> None:
    footage = clip([FRONT, SIDEWAYS])
    earlier = restored(restorer, footage, steps=4).latents
    memory = BlendingMemory([replace(earlier, latents=earlier.latents + 0.5)])
    alone = restored(restorer, footage, steps=4).crops
    assert np.array_equal(restored(restorer, footage, memory=memory, steps=4, without=("blending",)).crops, alone)
    assert not np.array_equal(restored(restorer, footage, memory=memory, steps=4).crops, alone)


def test_an_earlier_window_steers_the_frames_that_it_holds(restorer: Restorer) -> None:
    footage = clip([FRONT, SIDEWAYS, FRONT])  # source frames 10, 11, 12
    earlier = restored(restorer, footage, steps=4).latents
    shifted = replace(earlier, latents=earlier.latents + 0.5)
    memory = BlendingMemory().remember(shifted, 12)  # it holds frame 12 only
    alone = restored(restorer, footage, steps=4)
    steered = restored(restorer, footage, memory=memory, steps=4)
    assert np.array_equal(steered.latents.latents[0, :2], alone.latents.latents[0, :2])
    assert np.abs(steered.crops[2] - alone.crops[2]).max() > 1e-3


def test_with_one_step_nothing_is_blended(restorer: Restorer) -> None:
    footage = clip([FRONT, SIDEWAYS])
    earlier = restored(restorer, footage).latents
    memory = BlendingMemory([replace(earlier, latents=earlier.latents + 0.5)])
    assert np.array_equal(restored(restorer, footage, memory=memory).crops, restored(restorer, footage).crops)


def test_stopping_between_steps_is_no_error(restorer: Restorer) -> None:
    run = restorer.restore(clip([FRONT]), (), replace(RestorationSettings(), steps=4), BlendingMemory())
    next(run)
    run.close()


def test_bfloat16_gives_nearly_what_float32_gives(restorer: Restorer, tmp_path: Path) -> None:
    folder = tiny_network.write(tmp_path / "half", tiny_network.perturbed())
    half = restored(Restorer(folder, CPU, torch.bfloat16), clip([FRONT]), (photo(),))
    assert half.crops.dtype == np.float32
    assert np.abs(half.crops - restored(restorer, clip([FRONT]), (photo(),)).crops).max() < 0.1


@pytest.mark.parametrize(
    "network",
    [
        {"depth": 3},
        {"channels": [16, 16, 16, 16]},
        {"channels": [10, 16, 32, 32]},
        {"attributes": ["beard"]},
        {"heads": 5},
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, network: dict[str, object]) -> None:
    folder = tiny_network.write(tmp_path / "odd", tiny_network.untrained())
    manifest = read_manifest(folder)
    write_pack(folder, replace(manifest, network={**manifest.network, **network}))
    with pytest.raises(ModelPackError) as caught:
        Restorer(folder, CPU, torch.float32)
    assert caught.value.code == "pack.format"
    assert "\n" not in caught.value.message


def test_a_changed_byte_of_the_weights_is_refused_before_they_are_read(tmp_path: Path) -> None:
    folder = tiny_network.write(tmp_path / "bad", tiny_network.untrained())
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / WEIGHTS).write_bytes(data)
    with pytest.raises(ModelPackError) as caught:
        Restorer(folder, CPU, torch.float32)
    assert caught.value.code == "pack.tampered"


def test_weights_that_are_no_safetensors_are_refused(tmp_path: Path) -> None:
    folder = tiny_network.write(tmp_path / "text", tiny_network.untrained())
    (folder / WEIGHTS).write_text("these are not weights")
    manifest = json.loads((folder / "manifest.json").read_text())
    write_pack(folder, replace(read_manifest(folder), files=manifest["files"]))
    with pytest.raises(ModelPackError) as caught:
        Restorer(folder, CPU, torch.float32)
    assert caught.value.code == "pack.format"
