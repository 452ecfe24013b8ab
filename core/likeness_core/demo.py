"""`likeness demo`: restore the sample that ships, and say what came of it."""

import time
from pathlib import Path

from rich.console import Console

from likeness_core import packs
from likeness_core.cli import parser, restore_options
from likeness_core.errors import ModelPackError
from likeness_core.progress_bar import follow
from likeness_core.request import prepare_output, request
from likeness_core.restore import restore as run

CUTS = (48,)  # first frames of the sample's later shots


def demo(output: Path) -> int:
    """Restore resources/sample into `output`, over an earlier demo; prints place, time, identity and PSNR."""
    console = Console(stderr=True)
    sample = packs.resources() / "sample"
    photos = sorted(str(path) for path in sample.glob("*.jpg"))
    options = restore_options(
        parser().parse_args(
            ["restore", str(sample / "footage.mp4"), "--reference", *photos, "-o", str(output), "--overwrite"]
        )
    )
    job = request(options)
    prepare_output(job, resume=False, overwrite=True)
    started = time.monotonic()
    result = follow(run(job), console)
    print(f"{result.restored_frames} of {result.frames} frames restored in {time.monotonic() - started:.0f} s")
    print(f"frames    {result.result}")
    print(f"look at   {Path(result.folder) / 'sheet.png'}")
    try:
        from likeness_core.evaluation.pairs import evaluate_pair, table

        first = min(Path(result.result).iterdir())
        print(table(evaluate_pair(sample / "truth.mp4", sample / "footage.mp4", first, CUTS)))
    except ModelPackError as error:
        print(f"not measured: {error.message}. {error.hint}")
    return 0
