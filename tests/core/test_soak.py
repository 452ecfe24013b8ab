"""Hours of 1080p through one core: memory and open files stay flat. `LIKENESS_SOAK_MINUTES` says how long."""

import itertools
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import psutil
import pytest
from likeness_core import protocol as p
from likeness_core.api import FrameRange, JobState

from tests.core.openpeople_footage import portrait, put, room
from tests.core.restoring import film, photograph
from tests.core.serving import PLAIN, Core, core

MINUTES = float(os.environ.get("LIKENESS_SOAK_MINUTES", "60"))
SIZE = (1920, 1080)
LOOP_FRAMES, LOOPS = 24, 1000  # the loop is encoded once, its packets follow each other a thousand times
STRETCH_FRAMES = 72  # of one job: its own analysis, several windows
WARM_SHARE = 0.35  # of the time: caches fill, allocators settle
GROWTH = 1.08  # of memory, from the middle of the run to its end


@cache
def picture(number: int) -> npt.NDArray[np.uint8]:
    return put(room(*SIZE), portrait(1, 1024), 480 + 6.0 * number, 60 + number, 960)


def endless(folder: Path) -> Path:
    """An hour of 1080p at 24 frames a second and more, some tens of MB: the same closed GOP again and again."""
    loop = film(
        folder / "loop.mp4", lambda n: picture(abs((n + 12) % 24 - 12)), LOOP_FRAMES,
        options={"crf": "23", "preset": "ultrafast", "g": str(LOOP_FRAMES), "bf": "0"},
    )  # fmt: skip
    path = folder / "endless.mp4"
    with av.open(str(loop)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        packets = [(bytes(packet), packet.is_keyframe) for packet in source.demux(video=0) if packet.size]
        for number, (data, is_key) in zip(itertools.count(), itertools.chain.from_iterable([packets] * LOOPS)):
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, 24)
            packet.pts = packet.dts = number
            packet.is_keyframe = is_key
            target.mux(packet)
    return path


@dataclass(frozen=True)
class Sample:
    seconds: float
    memory_mb: float
    files: int


@contextmanager
def sampling(process: psutil.Process) -> Iterator[list[Sample]]:
    samples: list[Sample] = []
    stop = threading.Event()

    def sample() -> None:
        started = time.monotonic()
        while not stop.wait(2):
            memory = process.memory_full_info().uss / 1e6
            samples.append(Sample(time.monotonic() - started, memory, process.num_fds()))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        stop.set()
        thread.join()


@contextmanager
def deleted_behind(folder: Path) -> Iterator[None]:
    """Frames go a while after they were written, as a host would take them away."""
    stop = threading.Event()

    def delete() -> None:
        while not stop.wait(1):
            frames = sorted(folder.glob("frames/*.exr"))
            for path in frames[:-40]:
                path.unlink(missing_ok=True)

    thread = threading.Thread(target=delete)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def stretch(one: Core, source: Path, photo: Path, pack: Path, out: Path, start: int) -> int:
    """One job of the endless footage; how many frames it restored."""
    footage = p.Footage(str(source), frames=FrameRange(start, start + STRETCH_FRAMES))
    request = p.RestoreRequest(footage, str(out), (str(photo),), settings=PLAIN, machine=p.Machine("cpu", 2, str(pack)))
    job = one.call("job/submit", p.SubmitParams(request)).job
    with deleted_behind(out):
        done = one.ended(job, 3600)
    assert done.state is JobState.DONE and done.result is not None
    one.call("job/remove", p.JobParams(job))
    shutil.rmtree(out)
    shutil.rmtree(done.folder)
    one.forget()
    return done.result.restored_frames


@pytest.mark.long
@pytest.mark.timeout(int(MINUTES * 60) + 3600)
@pytest.mark.skipif(os.name == "nt", reason="open files cannot be counted alike")
def test_memory_and_open_files_stay_flat(tiny_pack: Path, tmp_path: Path) -> None:
    source, photo = endless(tmp_path), photograph(tmp_path / "anna.jpg")
    frames, resting = 0, []
    with core(tmp_path / "cache") as one, sampling(process := psutil.Process(one.process.pid)) as samples:
        until = time.monotonic() + MINUTES * 60
        for number in itertools.count():
            start = number * STRETCH_FRAMES % (LOOP_FRAMES * LOOPS - STRETCH_FRAMES)
            frames += stretch(one, source, photo, tiny_pack, tmp_path / f"out{number}", start)
            resting.append(threads_at_rest(process))
            if time.monotonic() > until:
                break
    flat(samples, resting, frames)


def threads_at_rest(process: psutil.Process) -> int:
    """Of a core without work: at work, pools come and go, and how many live at once is chance."""
    time.sleep(1)
    return process.num_threads()


def flat(samples: list[Sample], resting: list[int], frames: int) -> None:
    """The highest use of the last third is that of the third before it."""
    warm = samples[int(len(samples) * WARM_SHARE) :]
    half = len(warm) // 2
    middle, end = warm[:half], warm[half:]
    peaks = [max(sample.memory_mb for sample in part) for part in (middle, end)]
    files = [max(sample.files for sample in part) for part in (middle, end)]
    rested = resting[int(len(resting) * WARM_SHARE) :]
    threads = [max(rested[: len(rested) // 2 + 1]), max(rested[len(rested) // 2 :])]
    minutes = samples[-1].seconds / 60
    print(f"{frames} frames in {minutes:.1f} minutes; MB {peaks}, files {files}, threads at rest {threads}")
    assert frames >= STRETCH_FRAMES
    assert peaks[1] <= peaks[0] * GROWTH, peaks
    assert files[1] <= files[0] + 2, files
    assert threads[1] <= threads[0], threads
