"""`likeness --self-test`: does this installation work, from reading footage to writing it, without a network?

Everything runs for real, on the sample that ships, in a scratch folder: nothing of the user's is read or changed.
Other layers add checks by entry points of the group `likeness.self_tests`: functions without arguments that return
what they found as one line, and raise a LikenessError where something is wrong.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.table import Table

from likeness_core import __version__, carried_weights, packs
from likeness_core.api import FrameRange, JobResult
from likeness_core.cli import parser, restore_options
from likeness_core.errors import LikenessError
from likeness_core.protocol import Check

GROUP = "likeness.self_tests"
FRAMES = FrameRange(8, 16)  # of the sample: a few frames with the face in sight
EDGE_PX = 8  # at the rim of the sample there is no face: what is written there is the source
PANEL_S = 120  # a cold start from a slow disk, on a busy machine


class BrokenError(LikenessError):
    """Something in this installation does not do what it should."""

    def __init__(self, message: str) -> None:
        super().__init__("install.broken", message, "Install Likeness again; keep this page if that does not help.")


def self_test() -> int:
    """Run every check and print one page; the exit status is 1 where one failed."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(f"Likeness {__version__}, self-test", highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    failed = 0
    for check, seconds in run_checks():
        failed += not check.passed
        mark = "[green]ok[/green]" if check.passed else "[red]FAILED[/red]"
        table.add_row(mark, check.name, f"{seconds:.1f} s", f"{check.text} {check.hint}".strip())
    console.print(table)
    console.print(f"{failed} failed" if failed else "everything works", highlight=False)
    return int(failed > 0)


def run_checks() -> Iterator[tuple[Check, float]]:
    """Each check, done, and the seconds that it took."""
    with _scratch() as scratch:
        checks: list[tuple[str, Callable[[], str]]] = [
            ("files", _files),
            ("decode", _decode),
            ("detect", _detect),
            ("restore, composite, frames", lambda: _restore(scratch / "frames äöü")),
            ("encode a movie", lambda: _encode(scratch / "movie")),
            *((entry.name, entry.load()) for entry in sorted(entry_points(group=GROUP), key=lambda found: found.name)),
            ("window", _window),
        ]
        for name, check in checks:
            started = time.monotonic()
            try:
                found = Check(name, True, check())
            except LikenessError as error:
                found = Check(name, False, f"{error.message}.", error.hint)
            except (ImportError, OSError) as error:  # a library that the installer left out, or that does not load
                found = Check(name, False, f"{type(error).__name__}: {error}.", BrokenError("").hint)
            yield found, time.monotonic() - started


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder of our own, for the caches of every library as well: nothing is taken from an earlier run, or left."""
    places = {"LIKENESS_CACHE": "cache", "MPLCONFIGDIR": "matplotlib", "XDG_CACHE_HOME": "caches"}
    before = {name: os.environ.get(name) for name in places}
    with tempfile.TemporaryDirectory(prefix="likeness-self-test-", ignore_cleanup_errors=True) as folder:
        os.environ |= {name: str(Path(folder) / place) for name, place in places.items()}
        try:
            yield Path(folder)
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def _sample() -> Path:
    return packs.resources() / "sample"


def _files() -> str:
    found = packs.find_packs()
    if not found:
        raise BrokenError("there is no model pack")
    for folder in found:
        packs.check_pack(folder)
    for weights in carried_weights.ALL:
        carried_weights.read(weights)
    return f"{len(found)} model pack(s) and {len(carried_weights.ALL)} weight files have the right hashes"


def _decode() -> str:
    from likeness_core.media import MediaReader, probe

    media = probe(_sample() / "footage.mp4")
    with MediaReader(media) as reader:
        count = sum(1 for _ in reader.frames(FrameRange(0, media.frame_count)))
    if count != media.frame_count or count == 0:
        raise BrokenError(f"the sample has {media.frame_count} frames, and {count} were read")
    return f"{count} frames of {media.width} x {media.height}, {media.codec}"


def _detect() -> str:
    from likeness_core.faces import open_face_analyser
    from likeness_core.references import check_photo

    analyser = open_face_analyser(1)
    photographs = sorted(_sample().glob("*.jpg"))
    for path in photographs:
        check_photo(path, analyser)  # refuses what does not show one face
    if not photographs:
        raise BrokenError("the sample's photographs are missing")
    return f"one face in each of {len(photographs)} photographs"


def _restore(output: Path) -> str:
    """The sample's faces change, its rim does not: bit for bit what the same writer makes of the source."""
    import numpy as np

    from likeness_core.media import MediaReader, probe, to_float

    result = _run(output, "exr")
    if result.frames != len(FRAMES.frames()) or result.restored_frames != result.frames:
        raise BrokenError(f"{result.restored_frames} of {result.frames} frames were restored")
    source, written = probe(_sample() / "footage.mp4"), probe(min(Path(result.result).iterdir()))
    with MediaReader(source) as reader:
        before = [to_float(frame.pixels) for frame in reader.frames(FRAMES)]
    with MediaReader(written) as reader:
        after = [to_float(frame.pixels) for frame in reader.frames(FrameRange(0, written.frame_count))]
    changed = 0.0
    for was, is_now in zip(before, after, strict=True):
        difference = np.abs(was.astype(np.float16).astype(np.float32) - is_now)
        changed = max(changed, float(difference.max()))
        inside = difference.copy()
        inside[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX] = 0
        if inside.max() > 0:
            raise BrokenError("pixels outside the face were changed")
    if changed == 0:
        raise BrokenError("nothing was restored")
    return f"{result.restored_frames} frames restored; the rim is the source's, bit for bit"


def _encode(output: Path) -> str:
    from likeness_core.media import probe

    result = _run(output, "prores")
    written = probe(Path(result.result))
    if written.frame_count != result.frames:
        raise BrokenError(f"{result.frames} frames were written, and {written.frame_count} can be read")
    return f"{written.frame_count} frames of {written.codec}, {written.bit_depth} bit"


def _run(output: Path, kind: str) -> JobResult:
    from likeness_core.request import prepare_output, request
    from likeness_core.restore import restore
    from likeness_core.steps import carry_out

    photographs = [str(path) for path in sorted(_sample().glob("*.jpg"))]
    words = ["restore", str(_sample() / "footage.mp4"), "--reference", *photographs, "-o", str(output)]
    words += ["--range", f"{FRAMES.start}:{FRAMES.stop}", "--format", kind]
    job = request(restore_options(parser().parse_args(words)))
    prepare_output(job, resume=False, overwrite=False)
    return carry_out(restore(job))


def _window() -> str:
    """The window's own program, without a screen: it opens, is painted, and its core answers."""
    if getattr(sys, "frozen", False):
        program = Path(sys.executable)
        command = [str(program.with_name(f"likeness-panel{program.suffix}"))]
    elif find_spec("likeness_gui") is None or find_spec("PySide6") is None:
        return "not installed"
    else:
        command = [sys.executable, "-m", "likeness_gui"]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    try:
        done = subprocess.run(
            [*command, "--self-test"], env=environment, capture_output=True, text=True, timeout=PANEL_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise BrokenError(f"the window has not opened for {PANEL_S} s") from None
    if done.returncode:
        raise BrokenError(f"the window ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()
