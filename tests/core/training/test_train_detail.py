"""The detail network learns what a photograph is worth, and its file belongs to the pack."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from likeness_core import packs
from likeness_core.restorer.detail_network import DetailNetwork
from likeness_core.training.train_detail import Samples, loss, read_samples, save, windows


def sample(side: int, seed: int, *, same: bool) -> npt.NDArray[np.float16]:
    """A soft result, and a photograph that shows what it lacks, or other skin of the same kind."""
    skin, other = (_skin(side, 2 * seed + i) for i in range(2))
    soft = cv2.GaussianBlur(skin, (0, 0), side / 64)
    whole = np.ones_like(soft)
    return np.stack([soft, skin if same else other, whole, skin]).astype(np.float16)


def _skin(side: int, seed: int) -> npt.NDArray[np.float32]:
    white = np.random.default_rng(seed).standard_normal((side, side)).astype(np.float32)
    return np.asarray(0.5 + 2 * cv2.GaussianBlur(white, (0, 0), side / 200) / 10, np.float32)


def pool(*, same: bool) -> Samples:
    return {side: [sample(side, seed, same=same) for seed in range(2)] for side in (256, 512)}


def practised(samples: Samples, texture: float) -> tuple[DetailNetwork, float]:
    """A network after some steps, and its loss on the samples."""
    torch.manual_seed(0)
    network, rng = DetailNetwork(), np.random.default_rng(0)
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3)
    for _ in range(25):
        optimiser.zero_grad()
        loss(network, *windows(samples, rng), texture).backward()
        optimiser.step()
    with torch.no_grad():
        return network, float(loss(network, *windows(samples, np.random.default_rng(9)), 0.0))


def test_a_photograph_of_the_same_skin_is_taken_and_of_other_skin_is_not() -> None:
    _, right = practised(pool(same=True), 0.0)
    _, other = practised(pool(same=False), 0.0)
    assert right < -0.5 < other


def test_texture_asks_for_energy_where_nothing_is_sure() -> None:
    samples = pool(same=False)
    sure, rich = (practised(samples, texture)[0] for texture in (0.0, 2.0))
    own, photo, mask, _ = torch.from_numpy(samples[256][0].astype(np.float32))[:, None, None]
    with torch.no_grad():
        added = [float(network(own, photo, mask, 256).square().mean()) for network in (sure, rich)]
    assert added[1] > 2 * added[0]


def test_saved_weights_are_part_of_the_pack(tmp_path: Path) -> None:
    pack = tmp_path / "compact"
    shutil.copytree(packs.resources() / "packs" / "compact", pack)
    before = packs.check_pack(pack).sha256
    network = DetailNetwork()
    torch.nn.init.constant_(network.gains.weight, 0.01)
    save(network, pack)
    assert packs.check_pack(pack).sha256 != before
    assert packs.DETAIL in packs.read_manifest(pack).files


def test_samples_are_read_by_their_side(tmp_path: Path) -> None:
    for side in (256, 512):
        np.save(tmp_path / f"0_00000_{side}.npy", sample(side, 0, same=True))
    found = read_samples(tmp_path, 10)
    assert {side: len(ones) for side, ones in found.items()} == {256: 1, 512: 1}
