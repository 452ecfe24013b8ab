"""The whole command on made footage, stage by stage, each run in a process of its own with an empty cache.

`python -m tests.bench.whole_pipeline RESTORE-ARGUMENTS` is that process; it prints one JSON object.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
from likeness_core import protocol as p

from tests.core.openpeople_footage import portrait, put, room
from tests.core.restoring import environment, film, photograph
from tests.core.serving import PLAIN, core

BACK_AND_FORTH = 48  # frames until the footage repeats itself
PEOPLE = (1, 3, 5)


def make_footage(path: Path, size: tuple[int, int], frames: int, faces: int) -> Path:
    """People who move a little before a wall, with grain: H.264, 8 bits. A face is a fifth of the height wide."""
    width, height = size
    wall = room(width, height)
    side = height * (0.59 if faces == 1 else 0.42)
    pictures: dict[int, npt.NDArray[np.uint8]] = {}

    def picture(number: int) -> npt.NDArray[np.uint8]:
        place = abs((number + BACK_AND_FORTH // 2) % BACK_AND_FORTH - BACK_AND_FORTH // 2)
        if place not in pictures:
            scene = wall
            for position, person in enumerate(PEOPLE[:faces]):
                left = width * (position + 0.5) / faces - side / 2 + (place - 12) * height / 270
                scene = put(scene, portrait(person, 1024), left, height * 0.2 + place * height / 540, side)
            grain = np.random.default_rng(place).normal(0, 4, (height, width, 1))
            pictures[place] = np.clip(scene + grain, 0, 255).astype(np.uint8)
        return pictures[place]

    return film(path, picture, frames, options={"crf": "18", "preset": "veryfast"})


def measure(size: tuple[int, int], frames: int, faces: int, threads: int, *more: str) -> dict[str, Any]:
    """Frames a second, seconds a stage, peak memory. `more`: further arguments of `likeness restore`."""
    with tempfile.TemporaryDirectory(prefix="likeness-bench-") as folder:
        scratch = Path(folder)
        source = make_footage(scratch / "reel.mp4", size, frames, faces)
        photo = photograph(scratch / "anna.jpg")
        command = [
            sys.executable, "-m", "tests.bench.whole_pipeline", str(source), "--reference", str(photo), "--person",
            "all", "--threads", str(threads), "-o", str(scratch / "out"), *more,
        ]  # fmt: skip
        given = {**environment(scratch / "cache"), "OMP_WAIT_POLICY": "passive"}
        done = subprocess.run(command, env=given, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"size": list(size), "frames": frames, "faces": faces, "options": list(more), **found}


def start_up(threads: int) -> dict[str, float]:
    """Seconds until a command answers: with nothing to load, and with everything."""
    networks = (
        "from likeness_core.faces import open_face_analyser; from likeness_core import packs, rendering; import torch;"
        f"torch.set_num_threads({threads}); open_face_analyser(1);"
        "rendering.Restorer(packs.resources() / 'packs' / 'compact', torch.device('cpu'), torch.bfloat16)"
    )
    version = "from likeness_core.__main__ import main; main(['--version'])"
    seconds = {}
    for name, code in (("likeness --version", version), ("torch and all networks", networks)):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], env=environment(Path()), stdout=subprocess.DEVNULL, check=True)
        seconds[name] = time.perf_counter() - started
    return seconds


def previews(size: tuple[int, int], threads: int) -> dict[str, float]:
    """Seconds that a panel waits for its core: to start, to analyse, and then for pictures of a frame."""
    with tempfile.TemporaryDirectory(prefix="likeness-bench-") as folder:
        scratch = Path(folder)
        source, photo = make_footage(scratch / "reel.mp4", size, 48, 1), photograph(scratch / "anna.jpg")
        seconds: dict[str, float] = {}

        def timed(name: str, work: Callable[[], object]) -> None:
            started = time.perf_counter()
            work()
            seconds[name] = time.perf_counter() - started

        started = time.perf_counter()
        with core(scratch / "cache") as one:  # says hello
            seconds["core started"] = time.perf_counter() - started
            footage, machine = p.Footage(str(source)), p.Machine("auto", threads)
            timed("48 frames analysed", lambda: one.call("analyse", p.AnalyseParams(footage)))
            for name, frame, look in (
                ("first preview", 12, PLAIN),
                ("another frame", 30, PLAIN),
                ("another strength", 30, replace(PLAIN, strength=0.5)),
            ):
                params = p.PreviewParams(footage, frame, (str(photo),), "all", look, machine)
                timed(name, lambda params=params: one.call("preview", params))  # type: ignore[misc]
        return seconds


def _run(arguments: list[str]) -> dict[str, Any]:
    started = time.perf_counter()
    from likeness_core import heaps
    from likeness_core.cli import parser, restore_options
    from likeness_core.request import prepare_output, request
    from likeness_core.restore import restore

    heaps.share()  # as the command does
    job = request(restore_options(parser().parse_args(["restore", *arguments])))
    prepare_output(job, resume=False, overwrite=False)
    wall: dict[str, float] = {"open": 0.0}
    processor: dict[str, float] = {"open": 0.0}
    peak, last, stage = 0, started, "open"
    last_processor = 0.0
    process = psutil.Process()
    work = restore(job)
    while True:
        try:
            stage = next(work).stage
        except StopIteration as stop:
            result, stage = stop.value, "finish"
        now, used = time.perf_counter(), time.process_time()
        wall[stage] = wall.get(stage, 0.0) + now - last
        processor[stage] = processor.get(stage, 0.0) + used - last_processor
        last, last_processor = now, used
        peak = max(peak, process.memory_info().rss)
        if stage == "finish":
            break
    seconds = last - started
    return {
        "fps": result.frames / seconds,
        "seconds": seconds,
        "restored_frames": result.restored_frames,
        "wall_s": wall,
        "processor_s": processor,
        "processor_ms_per_frame": 1000 * last_processor / result.frames,
        "peak_mb": peak / 2**20,
        "cores": os.cpu_count(),
    }


if __name__ == "__main__":
    print(json.dumps(_run(sys.argv[1:])))
