"""What is asked for in every restoration, from whatever footage: light, so that other layers ask for the same."""

import argparse
from pathlib import Path

from likeness_core.api import FORMATS, PARTS, RestorationSettings

PRESETS = {"fast": 1, "quality": 2}  # denoising steps; with compact 0.1 four cost fidelity (docs/training.md)
DEFAULTS = RestorationSettings()
MOST_THREADS = 1024  # torch and onnxruntime start as many as they are told, and die of too many


def add_restoration(command: argparse.ArgumentParser, person: str) -> None:
    """Add what is asked for in every restoration, whatever it reads and writes. `person`: the default."""
    who = command.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--reference", nargs="+", type=Path, metavar="PHOTO",
        help="one to five photographs of the person: one face each, sharp, the pose and age of the footage",
    )  # fmt: skip
    who.add_argument(
        "--identity", type=Path, metavar="FILE",
        help="an identity pack of the person, from `likeness identity create`; it holds the photographs",
    )  # fmt: skip
    who.add_argument("--no-reference", action="store_true", help="restore everyone without photographs")
    command.add_argument(
        "--person", default=person, metavar="WHO",
        help="auto: people who look like the references; match: the same, but it is an error where nobody does; "
        "all: everyone; or a number of `likeness analyse` (default: %(default)s)",
    )  # fmt: skip
    _look(command)
    command.add_argument("--format", choices=FORMATS, default="exr", help="what is written (default: %(default)s)")
    command.add_argument("--matte", action="store_true", help="also write where the result differs, as OUT/matte/*.png")
    again = command.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="start, go on, or do nothing if it is done")
    again.add_argument("--overwrite", action="store_true", help="start afresh over an earlier result")
    _machine(command)


def _look(command: argparse.ArgumentParser) -> None:
    look = command.add_argument_group("how it looks (shares are 0 to 1)")
    look.add_argument("--preset", choices=tuple(PRESETS), default="fast", help="denoising steps: fast 1, quality 2")
    look.add_argument("--steps", type=int, choices=(1, 2, 4, 8), help="denoising steps, in place of --preset")
    look.add_argument(
        "--strength",
        type=share,
        metavar="SHARE",
        default=DEFAULTS.strength,
        help="how much of the result replaces the original (%(default)s)",
    )
    look.add_argument(
        "--fidelity", type=share, metavar="SHARE", default=DEFAULTS.fidelity,
        help="how closely to follow the footage: 1 lets only fine detail change (%(default)s)",
    )  # fmt: skip
    look.add_argument(
        "--likeness", type=share, metavar="SHARE", default=DEFAULTS.likeness,
        help="how closely to follow the photographs: 0 ignores them, 1 more than trained (%(default)s)",
    )  # fmt: skip
    look.add_argument(
        "--grain",
        type=share,
        metavar="SHARE",
        default=DEFAULTS.grain,
        help="share of the footage's grain that is put back (%(default)s)",
    )
    look.add_argument("--seed", type=_seed, default=0, help="of the noise; same seed, same result (%(default)s)")
    look.add_argument(
        "--scale", type=int, choices=(1, 2, 4), default=1, help="enlarge the frame, for SD in an HD timeline"
    )
    look.add_argument(
        "--attributes", type=_attributes, metavar="WORDS", default=(),
        help="say what the face shows, in place of what is measured: 'smiling:0.3, eyes closed:0'",
    )  # fmt: skip
    look.add_argument(
        "--without", nargs="+", choices=PARTS, metavar="PART", default=(),
        help=f"leave parts of the method out, to measure what they are worth: {', '.join(PARTS)}",
    )  # fmt: skip
    look.add_argument(
        "--negatives", nargs="+", type=_negative, metavar="STREAM=WEIGHT", default=(),
        help="steer away from quality=, attributes= or identity= (default: 0 each; 0.3 is strong; each costs a pass)",
    )  # fmt: skip
    look.add_argument("--no-fading", action="store_true", help="do not fade to the source where a result is doubtful")


def _machine(command: argparse.ArgumentParser) -> None:
    machine = command.add_argument_group("machine")
    machine.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (%(default)s)")
    machine.add_argument("--threads", type=_threads, default=0, help="CPU threads of the network (default: all cores)")
    machine.add_argument(
        "--no-cache", action="store_true", help="use nothing of earlier runs and keep nothing for later ones"
    )
    machine.add_argument(
        "--ray", metavar="ADDRESS", default="", help="restore shots on a Ray cluster: HOST:PORT, or auto"
    )
    machine.add_argument("--pack", type=Path, help="folder of another model pack (default: the one that ships)")
    add_face_models(machine)
    machine.add_argument(
        "--progress", choices=("bar", "json"), default="bar",
        help="json: one line a report on standard error, for programs (%(default)s)",
    )  # fmt: skip


def add_face_models(command: argparse._ActionsContainer) -> None:
    """Add the choice of another face finder."""
    command.add_argument(
        "--insightface", type=Path, metavar="FOLDER",
        help="find faces with a model pack of insightface that you installed (non-commercial research only)",
    )  # fmt: skip


def _threads(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = -1
    if not 0 <= value <= MOST_THREADS:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of threads from 0 to {MOST_THREADS}")
    return value


def _seed(text: str) -> int:
    if not (text.isdigit() and int(text) < 1 << 32):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 to {(1 << 32) - 1}")
    return int(text)


def _attributes(text: str) -> tuple[tuple[str, float], ...]:
    from likeness_core.restorer.attributes import parse_attributes

    try:
        return parse_attributes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _negative(text: str) -> tuple[str, float]:
    stream, _, weight = text.partition("=")
    if stream not in ("quality", "attributes", "identity"):
        raise argparse.ArgumentTypeError(f"'{text}' is not quality=, attributes= or identity= and a weight")
    return stream, share(weight)


def share(text: str) -> float:
    """A share between 0 and 1, as typed. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a share between 0 and 1")
    return value
