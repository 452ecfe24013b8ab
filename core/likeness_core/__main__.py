"""The `likeness` command."""

import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable
from types import FrameType

from likeness_core import cli, heaps
from likeness_core.errors import LikenessError

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status. Errors of ours are one line and a hint on stderr."""
    arguments = sys.argv[1:] if arguments is None else arguments
    given = cli.parser(arguments).parse_args(arguments)
    commands: dict[str, Callable[..., int]] = {
        "restore": _restore, "analyse": _analyse, "doctor": _doctor, "demo": _demo, "store": _store,
        "serve": _serve,
    }  # fmt: skip
    # Threads of torch that wait for each other must not spin: beside the threads that read and write frames that
    # cost 750 ms of processor time a frame in place of 460. To be said before torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    heaps.share()
    # A terminal that closes, or a supervisor that asks politely, stops a job like Ctrl-C does.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        run = commands.get(given.command) or given.run  # `run` comes with a command of another layer
        return run(given)
    except LikenessError as error:
        print(f"likeness: {error.message}\n  hint: {error.hint}  [{error.code}]", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("\nlikeness: stopped; what was finished is kept. Go on with --resume.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `likeness analyse | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _restore(given: Namespace) -> int:
    from likeness_core.commands import restore

    return restore(cli.restore_options(given))


def _analyse(given: Namespace) -> int:
    from likeness_core.commands import analyse

    return analyse(given.source, given.range, given.rate, given.json, given.thumbnails, given.insightface)


def _doctor(given: Namespace) -> int:
    from likeness_core.doctor import doctor

    return doctor()


def _store(given: Namespace) -> int:
    from likeness_core.store_result import store

    return store(given.result)


def _demo(given: Namespace) -> int:
    from likeness_core.demo import demo

    return demo(given.output)


def _serve(given: Namespace) -> int:
    from likeness_core.service.server import serve

    return serve()


if __name__ == "__main__":
    sys.exit(main())
