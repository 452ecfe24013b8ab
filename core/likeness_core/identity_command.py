"""`likeness identity`: make, and look at, the file that holds what was learnt of one person."""

import argparse
import os
from pathlib import Path

DESCRIPTION = """\
An identity pack is one file per person, for whoever you restore often. It carries up to 24 photographs, of which the
nearest in pose and expression guides each face, and what the network learnt practising on degraded copies of them, if
that helps. Made in some minutes, it is saved only if photographs that were held out come out more like the person than
with the best five of the others, by a recogniser that had no part in the practice. Photographs that cannot serve are
left out, and said. Use it with: likeness restore --identity FILE"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `identity` and its two commands."""
    command = commands.add_parser(
        "identity", help="make an identity pack of a person's photographs", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    inner = command.add_subparsers(dest="identity", required=True, metavar="COMMAND")
    create = inner.add_parser("create", help="make a pack; stopped with Ctrl-C, the same command goes on")
    create.add_argument("name", help="of the person")
    create.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="one to 24: the more, the better")
    create.add_argument("-o", "--output", type=Path, required=True, metavar="NAME.identity.safetensors")
    create.add_argument(
        "--footage", nargs="+", type=Path, default=(), metavar="STILL",
        help="further stills of the person, from good footage: practised on, not shown as references",
    )  # fmt: skip
    create.add_argument("--steps", type=int, default=120, help="of practice, 30 to 1000 (%(default)s)")
    create.add_argument("--seed", type=int, default=0, help="same seed, same pack (%(default)s)")
    create.add_argument("--pack", type=Path, help="model pack that it is for (default: the one that ships)")
    create.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (%(default)s)")
    create.add_argument("--threads", type=int, default=0, help="CPU threads (default: all cores)")
    create.set_defaults(run=_create)
    show = inner.add_parser("show", help="what a pack says of itself")
    show.add_argument("file", type=Path)
    show.set_defaults(run=_show)


def _create(given: argparse.Namespace) -> int:
    from rich.console import Console

    from likeness_core.device import choose_device
    from likeness_core.errors import InputError
    from likeness_core.identity import IdentityRequest, create_identity
    from likeness_core.progress_bar import follow
    from likeness_core.request import check_or_default_pack

    if not 30 <= given.steps <= 1000:
        raise InputError("input.steps", f"{given.steps} steps are not 30 to 1000", "120 is a good start.")
    console = Console(stderr=True)
    request = IdentityRequest(
        name=given.name,
        photos=tuple(os.path.abspath(photo) for photo in given.photos),
        output=os.path.abspath(given.output),
        pack=check_or_default_pack(given.pack).path,
        footage=tuple(os.path.abspath(still) for still in given.footage),
        steps=given.steps,
        seed=given.seed,
        device=str(choose_device(given.device)),
        threads=given.threads or os.cpu_count() or 1,
    )
    result = follow(create_identity(request), console)
    for warning in result.warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    scores = result.scores
    print(
        f"{scores.judge} on {scores.held_out}: degraded {scores.degraded:.4f}, restored {scores.before:.4f},", end=" "
    )
    print(f"with the pack {scores.after:.4f}; PSNR {scores.psnr_before_db:.2f} -> {scores.psnr_after_db:.2f} dB")
    print(result.path)
    return 0


def _show(given: argparse.Namespace) -> int:
    from likeness_core.restorer.identity_pack import read_identity_manifest

    manifest = read_identity_manifest(given.file)
    scores = manifest.scores
    learnt = (
        f"rank {manifest.rank}, {manifest.steps} steps, seed {manifest.seed}" if manifest.rank else "photographs alone"
    )
    print(f"{manifest.name}, for {manifest.pack}: {learnt}")
    for kind, records in (("photograph", manifest.photos), ("still", manifest.footage)):
        for record in records:
            print(f"{kind} {record.name}  sha256 {record.sha256}")
    print(f"{scores.judge} on {scores.held_out}: {scores.before:.4f} -> {scores.after:.4f}")
    return 0
