"""`likeness hosts`: connect the editing applications of this machine, and see whether they are."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from likeness_core.errors import HostError

from likeness_plugin import resolve_worker
from likeness_plugin.places import Machine, mailboxes
from likeness_plugin.registration import Report, Sources, install, remove, repair, status
from likeness_plugin.resolve import ResolveBridge, connect, open_resolve, resolve_is_running
from likeness_plugin.resolve_probe import probe

HELP = """\
Puts the menu entry for DaVinci Resolve (Workspace > Scripts > Likeness), and the OpenFX plug-in where it is built, into
the folders that the editing applications of this machine look into. Nothing that is not Likeness's own is replaced."""

STATES = {"absent": "absent", "current": "installed", "older": "out of date", "foreign": "not ours"}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `hosts` to the command line."""
    command = commands.add_parser("hosts", help="connect DaVinci Resolve and OpenFX hosts", description=HELP)
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text in (
        ("install", "put everything in place"),
        ("repair", "put right what is missing, doubled or out of date, with a new secret for the mailbox"),
        ("remove", "take everything away again"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("--no-ofx", action="store_true", help="leave the OpenFX plug-in out")
        if name == "install":
            action.add_argument("--machine", action="store_true", help="for every user; needs an administrator")
    actions.add_parser("status", help="what is installed where, and who answers", description="What is where.")
    probe = actions.add_parser(
        "probe", help="record how this Resolve behaves, for the developers",
        description="Asks a running Resolve, with a timeline open, what its manual leaves out; changes nothing.",
    )  # fmt: skip
    probe.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="a new JSON file")
    probe.add_argument("--keep-names", action="store_true", help="do not replace names and paths by their hashes")
    actions.add_parser("worker")  # hidden: what `resolve_library` starts where there is no Python to run a file with
    command.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Carry `likeness hosts` out."""
    if given.action == "worker":
        return resolve_worker.main()
    machine, sources = Machine.this(), Sources.of_this_install()
    if given.action == "probe":
        print(probe(connect(mailboxes(machine)), given.output, given.keep_names))
        return 0
    if given.action == "status":
        return _print(status(machine, sources), lambda: open_resolve(mailboxes(machine)))
    if given.no_ofx:
        sources = replace(sources, bundle=None)
    runs = resolve_is_running()
    if given.action == "install":
        report = install(machine, sources, given.machine, runs)
    elif given.action == "repair":
        report = repair(machine, sources, runs)
    else:
        report = remove(machine, sources, runs)
    return _print(report, None)


def _print(report: Report, opened: Callable[[], ResolveBridge] | None) -> int:
    width = max(len(entry.what) for entry in report.entries)
    for entry in report.entries:
        print(f"{entry.what:{width}}  {STATES[entry.state]:12}  {entry.path}")
    if opened is not None:
        for folder in mailboxes(Machine.this()):
            print(f"{'mailbox':{width}}  {'answers' if folder in report.connected else 'silent':12}  {folder}")
        print(f"{'connection':{width}}  {_connection(opened)}")
    for note in report.notes:
        print(f"note: {note}", file=sys.stderr)
    return 0


def _connection(opened: Callable[[], ResolveBridge]) -> str:
    try:
        bridge = opened()
    except HostError as error:
        return f"none: {error.message}. {error.hint}"
    try:
        info = bridge.info()
        return f"{info.product} {info.version}, through the {info.connection}, project '{info.project}'"
    finally:
        bridge.close()
