"""Turn a training run into a model pack that can ship.

    python -m likeness_core.training.export RUN resources/packs/compact --version 0.1

Writes the averaged weights as bfloat16 safetensors and the manifest. The card (card.md) is written by hand: it says
what was measured, and its hash goes into the manifest too.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file

from likeness_core import packs
from likeness_core.restorer.attributes import VOCABULARY
from likeness_core.restorer.compact import CompactConfig

SIDES_PX = (128, 256)  # crop sides that the stages of `train_compact` show


def export(run: Path, folder: Path, version: str) -> None:
    """Write the pack; `folder` may hold a card.md already."""
    state = torch.load(run / "checkpoint.pt", weights_only=True)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.to(torch.bfloat16).contiguous() for name, value in state["average"].items()}
    save_file(weights, folder / packs.WEIGHTS)
    files = {name: "" for name in (packs.WEIGHTS, packs.DETAIL, "card.md") if (folder / name).is_file()}
    network = asdict(CompactConfig(attributes=VOCABULARY))
    packs.write_pack(
        folder,
        packs.Manifest(packs.FORMAT, folder.name, version, "compact", "Apache-2.0", SIDES_PX, network, files),
    )
    print(f"{state['seen']} samples seen, {(folder / packs.WEIGHTS).stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("run", type=Path)
    words.add_argument("folder", type=Path)
    words.add_argument("--version", required=True)
    given = words.parse_args()
    export(given.run, given.folder, given.version)
