"""Make model packs of weights that a user brings: checked, as safetensors, with the licence that is stated."""

from pathlib import Path

from safetensors.torch import save_file

from likeness_core.errors import InputError, MediaError
from likeness_core.media.write import make_folder
from likeness_core.packs import FORMAT, WEIGHTS, Manifest, file_hash, write_pack

CARD = "card.md"
VERSION = "1"  # of a pack that a user builds


def build_blind(source: Path, folder: Path, licence: str, sides_px: tuple[int, ...]) -> Manifest:
    """A pack of the face restorer in `source` (.safetensors, .pth, .pt, .ckpt), as `folder`, which is new.

    `sides_px`: crop sides that it was trained for. Raises ModelPackError `pack.missing`, `pack.format`,
    `pack.architecture`; MediaError, InputError for the folder.
    """
    from likeness_core.restorer.blind import described, read_weights  # an extra

    weights = read_weights(source)
    found = described(weights, source.name)
    check_sides(sides_px, 32)
    new_folder(folder)
    save_file(weights, folder / WEIGHTS)
    origin = {"architecture": found.architecture.id, "made_of": source.name, "made_of_sha256": file_hash(source)}
    card = (
        f"# {folder.name}\n\nA face restorer of the architecture {found.architecture.id}, built from `{source.name}`.\n"
        f"Licence, as stated by whoever built this pack: {licence}\n\n"
        "It restores each frame by itself and knows no references: the face may be prettier and less the person.\n"
    )
    return finished(folder, "blind", licence, sides_px, dict(origin), card)


def finished(
    folder: Path, backbone: str, licence: str, sides_px: tuple[int, ...], network: dict[str, object], card: str
) -> Manifest:
    """Write card and manifest beside the weights that lie in `folder`."""
    (folder / CARD).write_text(card, encoding="utf-8")
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    manifest = Manifest(FORMAT, folder.name, VERSION, backbone, licence, sides_px, network, dict.fromkeys(names, ""))
    write_pack(folder, manifest)
    return manifest


def check_sides(sides_px: tuple[int, ...], multiple: int) -> None:
    """Raises InputError `input.sides` where a network could not take crops of such sides."""
    bad = [side for side in sides_px if side < 64 or side > 1024 or side % multiple]
    if bad or not sides_px or list(sides_px) != sorted(set(sides_px)):
        hint = f"Give multiples of {multiple} from 64 to 1024, ascending, such as --sides 512."
        raise InputError("input.sides", f"{' '.join(map(str, sides_px))} are no sides of crops", hint)


def new_folder(folder: Path) -> None:
    """Make the folder of a pack. Raises MediaError `output.exists` where something lies in it."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise MediaError("output.exists", f"{folder} is not empty", "Choose another folder for -o.")
    make_folder(folder)
