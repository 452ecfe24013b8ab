"""The `likeness` command line: one parser, written to be read like a manual."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from likeness_core import __version__, evaluate_command
from likeness_core.api import FORMATS, RestorationSettings
from likeness_core.extensions import add_commands

DESCRIPTION = """\
Restores faces in footage, guided by photographs of that person. Nothing leaves this machine; the source is never
touched; outside the restored faces every pixel stays as it was."""

EXAMPLES = """\
examples:
  likeness restore reel.mov --reference anna1.jpg anna2.jpg -o anna
  likeness restore scan.0001.dpx --rate 24 --reference anna.jpg --range 01:00:10:00-01:00:12:23 -o out
  likeness analyse reel.mov                       who appears where; numbers for --person
  likeness restore reel.mov --no-reference -o out everyone, without photographs
  likeness restore reel.mov --reference anna.jpg -o anna --resume   go on where it was stopped

exit status:
  0 done   1 an error of ours that is none of these   2 wrong request   3 footage or output   4 faces
  5 reference photograph   6 model pack   7 device   130 stopped with Ctrl-C
"""

PRESETS = {"fast": 1, "quality": 2}  # denoising steps; with compact 0.1 four cost fidelity (docs/training.md)
DEFAULTS = RestorationSettings()
MOST_THREADS = 1024  # torch and onnxruntime start as many as they are told, and die of too many


@dataclass(frozen=True, slots=True)
class RestoreOptions:
    """`likeness restore` as typed; checked and completed by `request`."""

    source: Path
    references: tuple[Path, ...]
    output: Path
    range: str | None
    rate: str | None
    person: str
    settings: RestorationSettings
    format: str
    matte: bool
    resume: bool
    overwrite: bool
    device: str
    threads: int
    pack: Path | None
    insightface: Path | None
    progress: str = "bar"  # or "json"


def parser(arguments: list[str] | None = None) -> argparse.ArgumentParser:
    """The command line: core's own commands, and those of other layers that `arguments` may mean (see `extensions`)."""
    top = argparse.ArgumentParser(
        "likeness", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--version", action="version", version=f"likeness {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _restore(commands)
    _analyse(commands)
    _simple(commands)
    evaluate_command.add_parser(commands)
    if arguments is not None:
        add_commands(commands, arguments, set(commands.choices))
    return top


def restore_options(given: argparse.Namespace) -> RestoreOptions:
    """Typed options of `likeness restore`."""
    steps = given.steps if given.steps is not None else PRESETS[given.preset]
    settings = RestorationSettings(
        given.strength, given.fidelity, given.likeness, given.grain, steps, given.seed, given.scale, not given.no_fading
    )
    return RestoreOptions(
        given.source, tuple(given.reference or ()), given.output, given.range, given.rate, given.person, settings,
        given.format, given.matte, given.resume, given.overwrite, given.device, given.threads, given.pack,
        given.insightface, given.progress,
    )  # fmt: skip


def _restore(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "restore", help="restore the faces of one person, or of everyone",
        description=(
            "Restores SOURCE into the folder OUT: OUT/frames/NAME.000123.exr (or OUT/NAME.mov), and beside them "
            "sheet.png (before and after), identity.csv and identity.png (how like the person each frame is), "
            "sidecar.json (what made this), matte/ if asked for."
        ),
    )  # fmt: skip
    command.add_argument(
        "source", type=Path, help="a movie, or any one file of an image sequence, or its pattern name.%%04d.exr"
    )
    command.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="folder of the result; new")
    command.add_argument(
        "--range",
        help="frames counted from 0, START:STOP with STOP left out (100:, :50), or TC-TC, both included",
    )
    command.add_argument(
        "--rate", help="frames a second of an image sequence: 24, 23.976, 25 (default: its header's, else 24)"
    )
    add_restoration(command, person="auto")


def add_restoration(command: argparse.ArgumentParser, person: str) -> None:
    """Add what is asked for in every restoration, whatever it reads and writes. `person`: the default."""
    who = command.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--reference", nargs="+", type=Path, metavar="PHOTO",
        help="one to five photographs of the person: one face each, sharp, the pose and age of the footage",
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
        type=_share,
        metavar="SHARE",
        default=DEFAULTS.strength,
        help="how much of the result replaces the original (%(default)s)",
    )
    look.add_argument(
        "--fidelity", type=_share, metavar="SHARE", default=DEFAULTS.fidelity,
        help="how closely to follow the footage: 1 lets only fine detail change (%(default)s)",
    )  # fmt: skip
    look.add_argument(
        "--likeness", type=_share, metavar="SHARE", default=DEFAULTS.likeness,
        help="how closely to follow the photographs: 0 ignores them, 1 more than trained (%(default)s)",
    )  # fmt: skip
    look.add_argument(
        "--grain",
        type=_share,
        metavar="SHARE",
        default=DEFAULTS.grain,
        help="share of the footage's grain that is put back (%(default)s)",
    )
    look.add_argument("--seed", type=_seed, default=0, help="of the noise; same seed, same result (%(default)s)")
    look.add_argument(
        "--scale", type=int, choices=(1, 2, 4), default=1, help="enlarge the frame, for SD in an HD timeline"
    )
    look.add_argument("--no-fading", action="store_true", help="do not fade to the source where a result is doubtful")


def _machine(command: argparse.ArgumentParser) -> None:
    machine = command.add_argument_group("machine")
    machine.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (%(default)s)")
    machine.add_argument("--threads", type=_threads, default=0, help="CPU threads of the network (default: all cores)")
    machine.add_argument("--pack", type=Path, help="folder of another model pack (default: the one that ships)")
    _face_models(machine)
    machine.add_argument(
        "--progress", choices=("bar", "json"), default="bar",
        help="json: one line a report on standard error, for programs (%(default)s)",
    )  # fmt: skip


def _face_models(command: argparse._ActionsContainer) -> None:
    command.add_argument(
        "--insightface", type=Path, metavar="FOLDER",
        help="find faces with a model pack of insightface that you installed (non-commercial research only)",
    )  # fmt: skip


def _analyse(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("analyse", help="list shots and people, with thumbnails")
    command.add_argument("source", type=Path, help="a movie or an image sequence")
    command.add_argument("--range", help="as for restore")
    command.add_argument("--rate", help="as for restore")
    _face_models(command)
    command.add_argument("--json", action="store_true", help="print JSON in place of text")
    command.add_argument(
        "--thumbnails", type=Path, metavar="FOLDER", help="where pictures of the people go (default: a cache)"
    )


def _simple(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    commands.add_parser("doctor", help="device, threads, packs and codecs of this machine")
    commands.add_parser("packs", help="list and check the model packs")
    demo = commands.add_parser("demo", help="restore the sample footage and say what came of it")
    demo.add_argument("-o", "--output", type=Path, default=Path("demo-out"), metavar="OUT")


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


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a share between 0 and 1")
    return value
