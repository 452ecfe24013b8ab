"""`likeness timeline`: restore a timeline file's clips without an editing application at hand."""

import argparse
from pathlib import Path

from likeness_core.restoration_options import add_restoration

from likeness_plugin.timeline_run import keep_texts

HELP = "restore the clips of an exported timeline: .otio, .xml, .edl"

EXAMPLES = """\
examples:
  likeness timeline list reel3.otio
  likeness timeline restore reel3.otio --reference anna1.jpg anna2.jpg -o reel3-anna
  likeness timeline restore reel3.edl --rate 25 --media /rushes --reference anna.jpg --format prores -o out
  likeness timeline restore reel3.xml --range 01:00:10:00-01:00:45:23 --track 1 --handles 12 --reference anna.jpg -o out

several people: one run for each, on the timeline that the run before it wrote
  likeness timeline restore reel3.otio --reference anna.jpg -o reel3-anna
  likeness timeline restore reel3-anna/reel3-likeness.otio --reference cleo.jpg -o reel3-cleo
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `timeline` to the command line."""
    command = commands.add_parser(
        "timeline", help=HELP, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="say what is on the timeline, and what could not be restored, and why")
    _add_edit(listing)
    listing.add_argument("--json", action="store_true", help="print JSON in place of text")
    listing.set_defaults(run=_list)
    restoration = argparse.ArgumentParser(add_help=False)
    add_restoration(restoration, person="match")
    keep_texts(restoration)
    restoring = actions.add_parser(
        "restore", parents=[restoration], help="restore the person's clips, and write timelines that show them",
        description=(
            "Restores the clips of EDIT in which the person is seen, each range of footage once, into "
            "OUT/<clip>/frames (or a movie in OUT/<clip>), and writes OUT/EDIT-likeness.otio (DaVinci Resolve and "
            "others), .xml (FCP 7 XML: Premiere, Resolve) and .edl, with the result on a track of its own. "
            "Clips without the person are left out. For several people run it once for each, every time on the .otio "
            "that the run before wrote."
        ),
    )  # fmt: skip
    _add_edit(restoring)
    restoring.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="folder of the result; new")
    restoring.add_argument(
        "--handles", type=_count, default=0, metavar="N", help="restore N frames beyond each clip's ends (%(default)s)"
    )
    restoring.set_defaults(run=_restore, restoration=restoration)


def _add_edit(command: argparse.ArgumentParser) -> None:
    command.add_argument("edit", type=Path, metavar="EDIT", help="the timeline file")
    command.add_argument(
        "--range", help="part of the timeline: TC-TC, both included, or frames from its first, START:STOP"
    )
    command.add_argument("--track", type=_count, metavar="N", help="one video track; 1 is the lowest (default: all)")
    command.add_argument(
        "--media", type=Path, metavar="FOLDER", help="where to look for media that is not in its place"
    )
    command.add_argument("--rate", help="the timeline's rate, where the file does not say it: an EDL never does")


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number")
    return int(text)


def _list(given: argparse.Namespace) -> int:
    from likeness_plugin.timeline_command import list_clips

    return list_clips(given)


def _restore(given: argparse.Namespace) -> int:
    from likeness_plugin.timeline_command import restore

    return restore(given)
