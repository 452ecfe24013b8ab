"""Train the detail network of a pack, and put it there.

    python -m likeness_core.training.train_detail SAMPLES PACK [--minutes 20] [--texture 1.6] [--on]

SAMPLES is what `detail_samples` wrote. Loss: the logarithm of the squared error that is left of the face's luma, and
`--texture` times how far the energies of the two fine bands lie from the truth's, as logarithms: without it the
network adds only what is sure, which is the mean again. `--on` goes on with the pack's. Writes
PACK/detail.safetensors and PACK/manifest.json, at the end and each two minutes.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from likeness_core import packs
from likeness_core.restorer.detail_network import BANDS, DetailNetwork, bands, blurred

AVERAGE_DECAY = 0.995
LEARNING_RATE = 2e-3
LARGE_SHARE = 0.75  # of the batches: crops of 512
SMALL_TEXTURE = 0.8  # of the texture asked for, in crops of 256 and less: there it costs most
SMALL_FACES = 0.25  # of the other batches: crops halved, as of faces for which 128 will do
NEIGHBOURHOOD = 1 / 40  # of the side, in which energies are compared
_EDGE_PX = 12  # of a window: blurs reach beyond it there

Samples = dict[int, list[npt.NDArray[np.float16]]]  # by the crops' side


def read_samples(folder: Path, most: int) -> Samples:
    """At most so many samples, as they come."""
    found: Samples = {256: [], 512: []}
    for path in np.random.default_rng(0).permutation(sorted(folder.glob("*.npy")))[:most]:
        sample = np.load(path)
        found[sample.shape[-1]].append(sample)
    return found


def windows(samples: Samples, rng: np.random.Generator) -> tuple[Tensor, int]:
    """A batch (N, 4, P, P) of parts of faces, some mirrored, and the side of their crops."""
    large = bool(samples[512]) and (not samples[256] or rng.random() < LARGE_SHARE)
    side, count, window = (512, 3, 224) if large else (256, 6, 160)
    parts = []
    for _ in range(count):
        sample = samples[side][rng.integers(len(samples[side]))]
        top, left = (int(rng.integers(side // 8, side * 7 // 8 - window + 1)) for _ in range(2))
        part = sample[:, top : top + window, left : left + window].astype(np.float32)
        parts.append(part[:, :, ::-1].copy() if rng.random() < 0.5 else part)
    batch = torch.from_numpy(np.stack(parts))
    return (F.avg_pool2d(batch, 2), 128) if side == 256 and rng.random() < SMALL_FACES else (batch, side)


def loss(network: DetailNetwork, batch: Tensor, side_px: int, texture: float) -> Tensor:
    """What the module says, of a batch of `windows`."""
    own, photo, mask, truth = batch.split(1, dim=1)
    made = own + network(own, photo, mask, side_px)
    inner = slice(_EDGE_PX, -_EDGE_PX)
    left, before = ((one - truth)[..., inner, inner].square().mean((1, 2, 3)) for one in (made, own))
    error = (torch.log(left + 1e-5) - torch.log(before + 1e-5)).mean()
    have, want = (_energies(one, side_px) for one in (made, truth))
    floor = 0.1 * want.mean((2, 3), keepdim=True) + 1e-7
    apart = torch.log((have + floor) / (want + floor)).abs()
    quarter = slice(_EDGE_PX // 4, -(_EDGE_PX // 4))
    asked = texture if side_px > 256 else texture * SMALL_TEXTURE
    return error + asked * apart[..., quarter, quarter].mean()


def _energies(luma: Tensor, side_px: int) -> Tensor:
    """(N, 2, H / 4, W / 4): mean squares of the two finest bands around each place."""
    squares = F.avg_pool2d(bands(luma, side_px)[:, : BANDS - 1].square(), 4)
    return blurred(squares, side_px * NEIGHBOURHOOD / 4)


def train(samples: Samples, pack: Path, minutes: float, texture: float, seed: int, *, on: bool = False) -> None:
    """A new network, for it is learnt in minutes; or `on` with the pack's own."""
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 3])
    network, average = DetailNetwork(), DetailNetwork()
    if on:
        network.load_state_dict(load_file(pack / packs.DETAIL))
    average.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, betas=(0.9, 0.98))
    started = saved = time.monotonic()
    steps, mean = 0, 0.0
    while (elapsed := (time.monotonic() - started) / 60) < minutes:
        for group in optimiser.param_groups:
            group["lr"] = LEARNING_RATE * min(1, (steps + 1) / 50) * max(0.03, 1 - elapsed / minutes)
        value = loss(network, *windows(samples, rng), texture)
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        steps += 1
        decay = min(AVERAGE_DECAY, (steps + 1) / (steps + 10))
        with torch.no_grad():
            for kept, new in zip(average.parameters(), network.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
        mean = value.item() if steps == 1 else mean * 0.99 + value.item() * 0.01
        if time.monotonic() - saved > 120:
            print(f"{elapsed:.0f} min, {steps} steps, loss {mean:.4f}", flush=True)
            saved = time.monotonic()
    save(average, pack)


def save(network: DetailNetwork, pack: Path) -> None:
    """Into the pack, whose manifest names it from then on; give it another version before it ships."""
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, pack / packs.DETAIL)
    manifest = packs.read_manifest(pack)
    packs.write_pack(pack, replace(manifest, files={**manifest.files, packs.DETAIL: ""}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--texture", type=float, default=1.6)
    parser.add_argument("--most", type=int, default=6000, help="samples that are held in memory, of 2 MB")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--on", action="store_true", help="go on with the pack's own weights")
    options = parser.parse_args()
    practice = read_samples(options.samples, options.most)
    train(practice, options.pack, options.minutes, options.texture, options.seed, on=options.on)
