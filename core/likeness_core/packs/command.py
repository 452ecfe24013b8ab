"""`likeness packs`: list, check and add model packs, or build one of weights that the user brings."""

import argparse
from pathlib import Path

from likeness_core.errors import InputError

EPILOG = """\
examples:
  likeness packs                                  those that are found, each file hashed
  likeness packs add compact-0.2.likeness-pack    from a signed archive, into this user's data
  likeness packs build --blind GFPGANv1.4.pth --licence "Apache-2.0" -o packs/gfpgan
  likeness packs build --latent --unet sd15/unet --vae sd15/vae --clip sd15 --motion animatediff-motion \\
      --controlnet controlnet-tile --ip-adapter ip-adapter-sd15 --licence "CreativeML OpenRAIL-M" -o packs/sd15
  likeness restore reel.mov --reference anna.jpg --pack packs/sd15 -o anna

LIKENESS_PACKS names folders that hold packs. Nothing is fetched: every file is one that you have.
"""

COMPONENTS = {
    "unet": "U-Net of the Stable Diffusion 1.5 family (diffusers folder)",
    "motion": "AnimateDiff motion module (diffusers MotionAdapter folder)",
    "controlnet": "tile ControlNet (diffusers folder)",
    "vae": "autoencoder (diffusers folder)",
    "clip": "folder with tokenizer/ and text_encoder/ (transformers)",
    "ip-adapter": "IP-Adapter: folder with its weights (.safetensors) and image_encoder/",
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    command = commands.add_parser(
        "packs", help="list and check the model packs, add or build one", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    command.set_defaults(run=_list)
    parts = command.add_subparsers(dest="packs_command", metavar="add, build")
    _add_adding(parts)
    build = parts.add_parser(
        "build", help="make a pack of weights that you have",
        description="Checks weights that you have and makes a model pack of them: a folder for --pack.",
    )  # fmt: skip
    build.set_defaults(run=_build)
    kind = build.add_mutually_exclusive_group(required=True)
    kind.add_argument("--blind", type=Path, metavar="FILE", help="a face restorer: GFPGAN, RestoreFormer, CodeFormer")
    kind.add_argument("--latent", action="store_true", help="diffusion: needs the six folders below")
    for name, meaning in COMPONENTS.items():
        build.add_argument(f"--{name}", type=Path, metavar="FOLDER", help=f"for --latent: {meaning}")
    build.add_argument("--licence", required=True, metavar="TEXT", help="under which terms you have the weights")
    build.add_argument("--sides", type=int, nargs="+", default=[512], help="crop sides in pixels (%(default)s)")
    build.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="folder of the pack; new")


def _add_adding(parts: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add = parts.add_parser(
        "add", help="add a model pack or a GPU's libraries from an archive",
        description="Verifies signature, hashes, licence and space, then puts the archive's files in place.",
    )  # fmt: skip
    add.set_defaults(run=_add)
    add.add_argument("archive", type=Path, metavar="FILE", help="a .likeness-pack file")
    add.add_argument("--accept-licence", default="", metavar="NAME", help="agree to terms that are not free")
    add.add_argument(
        "--key", metavar="KEY", help="trust this public key as well, for this archive: its maker's, 64 letters"
    )
    add.add_argument("--into", type=Path, metavar="FOLDER", help="default: this user's data folder")


def _add(given: argparse.Namespace) -> int:
    from likeness_core.packs.archives import TRUSTED_KEYS, add, public_key

    keys = (*TRUSTED_KEYS, public_key(given.key)) if given.key is not None else TRUSTED_KEYS
    added = add(given.archive, given.into, given.accept_licence, keys)
    about = added.description
    print(f"{about.name} {about.version}  {about.licence}, {about.bytes / 1e6:.0f} MB, verified  {added.folder}")
    return 0


def _list(given: argparse.Namespace) -> int:
    from likeness_core.commands import list_packs

    return list_packs()


def _build(given: argparse.Namespace) -> int:
    from likeness_core.packs.building import build_blind

    sides = tuple(given.sides)
    if given.blind is not None:
        named = [name for name in COMPONENTS if getattr(given, name.replace("-", "_"))]
        if named:
            raise InputError("input.component", f"--{named[0]} belongs to --latent", "Leave it out, or use --latent.")
        manifest = build_blind(given.blind, given.output, given.licence, sides)
    else:
        from likeness_core.packs.building_latent import build_latent

        folders = {name: getattr(given, name.replace("-", "_")) for name in COMPONENTS}
        manifest = build_latent(folders, given.output, given.licence, sides)
    print(f"{given.output}  {manifest.backbone}, {', '.join(map(str, manifest.files))}")
    return 0
