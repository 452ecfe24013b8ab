"""`likeness hosts`: put what Likeness needs where each editing application looks for it."""

import argparse


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `hosts` to the command line."""
    command = commands.add_parser("hosts", help="connect the editing applications of this machine")
    command.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Carry `likeness hosts` out."""
    raise NotImplementedError
