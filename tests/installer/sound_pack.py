"""A model pack with everything that its format asks for."""

from pathlib import Path

from likeness_core.packs import FORMAT, WEIGHTS, Manifest, write_pack


def make_pack(folder: Path, version: str = "1") -> Path:
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(bytes(range(256)) * 40)
    (folder / "card.md").write_text("what it is\n")
    names = {WEIGHTS: "", "card.md": ""}
    network = {"channels": [16, 32], "attributes": []}
    write_pack(folder, Manifest(FORMAT, folder.name, version, "compact", "Apache-2.0", (128, 256), network, names))
    return folder
