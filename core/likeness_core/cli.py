"""The `likeness` command line: one parser, written to be read like a manual."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from likeness_core import __version__, identity_command
from likeness_core.api import FrameRange, Negatives, RestorationSettings
from likeness_core.evaluation import command as evaluate_command
from likeness_core.extensions import add_commands
from likeness_core.packs import command as packs_command
from likeness_core.restoration_options import PRESETS, add_face_models, add_restoration, share

DESCRIPTION = """\
Restores faces in footage, guided by photographs of that person. Nothing leaves this machine; the source is never
touched; outside the restored faces every pixel stays as it was."""

EXAMPLES = """\
examples:
  likeness restore reel.mov --reference anna1.jpg anna2.jpg -o anna
  likeness restore scan.0001.dpx --rate 24 --reference anna.jpg --range 01:00:10:00-01:00:12:23 -o out
  likeness analyse reel.mov                       who appears where; numbers for --person
  likeness restore reel.mov --no-reference -o out everyone, without photographs
  likeness restore reel.mov --person 1 --reference anna.jpg --also 2 berta.jpg -o both
  likeness restore reel.mov --reference anna.jpg -o anna --resume   go on where it was stopped

exit status:
  0 done   1 an error of ours that is none of these   2 wrong request   3 footage or output   4 faces
  5 reference photograph   6 model pack   7 device   130 stopped with Ctrl-C
"""


@dataclass(frozen=True, slots=True)
class RoleOptions:
    """One more person of `likeness restore`, as typed."""

    person: str
    settings: RestorationSettings
    references: tuple[Path, ...] = ()
    identity: Path | None = None


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
    identity: Path | None = None
    cuts: tuple[int, ...] = ()
    through_edits: tuple[int, ...] = ()
    dissolves: tuple[FrameRange, ...] = ()
    reuse: bool = True  # analyses and windows of earlier runs
    ray: str = ""  # address of a Ray cluster; empty: this machine
    name: str = ""  # of what is written; empty: the source's
    others: tuple[RoleOptions, ...] = ()


def parser(arguments: list[str] | None = None) -> argparse.ArgumentParser:
    """The command line: core's own commands, and those of other layers that `arguments` may mean (see `extensions`)."""
    top = argparse.ArgumentParser(
        "likeness", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--version", action="version", version=f"likeness {__version__}")
    top.add_argument("--self-test", action=_SelfTest, nargs=0, help="try every part of this installation, and exit")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _restore(commands)
    _analyse(commands)
    _simple(commands)
    packs_command.add_parser(commands)
    evaluate_command.add_parser(commands)
    identity_command.add_parser(commands)
    if arguments is not None:
        add_commands(commands, arguments, set(commands.choices))
    return top


class _SelfTest(argparse.Action):
    """Takes the place of a command, as `--version` does."""

    def __call__(self, parser: argparse.ArgumentParser, *given: object, **options: object) -> None:
        from likeness_core.self_test import self_test

        parser.exit(self_test())


def restore_options(given: argparse.Namespace) -> RestoreOptions:
    """Typed options of `likeness restore`."""
    steps = given.steps if given.steps is not None else PRESETS[given.preset]
    settings = RestorationSettings(
        given.strength, given.fidelity, given.likeness, given.grain, steps, given.seed, given.scale,
        not given.no_fading, Negatives(**dict(given.negatives)), tuple(sorted(dict(given.strength_keys).items())),
        tuple(sorted(set(given.without))), given.attributes,
    )  # fmt: skip
    return RestoreOptions(
        given.source, tuple(given.reference or ()), given.output, given.range, given.rate, given.person, settings,
        given.format, given.matte, given.resume, given.overwrite, given.device, given.threads, given.pack,
        given.insightface, given.progress, given.identity, tuple(sorted(given.cuts)),
        tuple(sorted(given.through_edits)), tuple(given.dissolves), not given.no_cache, given.ray,
        given.name, tuple(_role(words, settings) for words in given.also),
    )  # fmt: skip


def _role(words: list[str], settings: RestorationSettings) -> RoleOptions:
    """WHO, then photographs or an identity pack."""
    person, *paths = words
    if len(paths) == 1 and paths[0].endswith(".safetensors"):
        return RoleOptions(person, settings, identity=Path(paths[0]))
    return RoleOptions(person, settings, tuple(Path(path) for path in paths))


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
    command.add_argument("--name", default="", help="NAME of what is written (default: the source's)")
    command.add_argument(
        "--range",
        help="frames counted from 0, START:STOP with STOP left out (100:, :50), or TC-TC, both included",
    )
    command.add_argument(
        "--rate", help="frames a second of an image sequence: 24, 23.976, 25 (default: its header's, else 24)"
    )
    add_restoration(command, person="auto")
    command.add_argument(
        "--also", nargs="+", action="append", metavar=("WHO", "PHOTO"), default=[],
        help="somebody else, restored in the same run: a number of `likeness analyse`, or match, then photographs, an "
        "identity pack (NAME.identity.safetensors), or nothing; may be repeated; all share the settings",
    )  # fmt: skip
    _edit(command)


def _edit(command: argparse.ArgumentParser) -> None:
    edit = command.add_argument_group("what the edit knows (source frames)")
    edit.add_argument(
        "--strength-keys", nargs="+", type=_strength_key, metavar="FRAME:SHARE", default=(),
        help="keyframes: --strength is multiplied by a line through them (100:1 148:0.2)",
    )  # fmt: skip
    edit.add_argument(
        "--cuts", nargs="+", type=_frame, metavar="FRAME", default=(),
        help="first frames after cuts; more are looked for in the footage",
    )  # fmt: skip
    edit.add_argument(
        "--through-edits", nargs="+", type=_frame, metavar="FRAME", default=(),
        help="first frames after razor cuts in continuous footage: nothing is taken for a cut there",
    )  # fmt: skip
    edit.add_argument(
        "--dissolves", nargs="+", type=_span, metavar="START:STOP", default=(),
        help="where one shot dissolves into the next: faces fade with the picture",
    )  # fmt: skip


def _analyse(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("analyse", help="list shots and people, with thumbnails")
    command.add_argument("source", type=Path, help="a movie or an image sequence")
    command.add_argument("--range", help="as for restore")
    command.add_argument("--rate", help="as for restore")
    add_face_models(command)
    command.add_argument("--json", action="store_true", help="print JSON in place of text")
    command.add_argument(
        "--thumbnails", type=Path, metavar="FOLDER", help="where pictures of the people go (default: a cache)"
    )


def _simple(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    commands.add_parser("doctor", help="device, threads, packs and codecs of this machine")
    commands.add_parser("serve", help="talk to a panel over stdin and stdout (docs/protocol.md)")
    store = commands.add_parser("store", help="put a result's frames where the OpenFX plug-in of a host reads them")
    store.add_argument("result", type=Path, metavar="RESULT", help="a folder that `restore` was given with -o")
    demo = commands.add_parser("demo", help="restore the sample footage and say what came of it")
    demo.add_argument("-o", "--output", type=Path, default=Path("demo-out"), metavar="OUT")


def _strength_key(text: str) -> tuple[int, float]:
    frame, colon, amount = text.partition(":")
    if not (colon and frame.isdecimal()):
        raise argparse.ArgumentTypeError(f"'{text}' is not FRAME:SHARE, such as 100:0.5")
    return int(frame), share(amount)


def _span(text: str) -> FrameRange:
    start, colon, stop = text.partition(":")
    if not (colon and start.isdecimal() and stop.isdecimal() and int(start) < int(stop)):
        raise argparse.ArgumentTypeError(f"'{text}' is not START:STOP in frames")
    return FrameRange(int(start), int(stop))


def _frame(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a frame's number")
    return int(text)
