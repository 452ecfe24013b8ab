"""Commands of `likeness` that live in the layers above core, found by name without importing them.

A package adds a command by an entry point of the group `likeness.commands`:

    [project.entry-points."likeness.commands"]
    hosts = "likeness_plugin.hosts_command:add_parser"

The entry point is a function that takes what `add_subparsers` gave, adds one parser of the same name, and calls
`parser.set_defaults(run=run)`, where `run(given: argparse.Namespace) -> int` carries the command out and returns the
exit status. Looking entry points up takes some milliseconds and importing them more: it is done only where the command
is not one of core's own, or where all are to be listed.
"""

import argparse
from importlib.metadata import entry_points

GROUP = "likeness.commands"


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", arguments: list[str], own: set[str]
) -> None:
    """Add the commands that `arguments` may mean: the one that is named, or all for a listing or a misspelt name."""
    named = next((argument for argument in arguments if not argument.startswith("-")), None)
    if named in own:
        return
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    wanted = [found[named]] if named in found else [found[name] for name in sorted(found)]
    for entry in wanted:
        entry.load()(commands)
