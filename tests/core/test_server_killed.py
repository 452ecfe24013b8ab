"""Promise 5 for the core as a server: killed at any moment, it goes on to the same bytes."""

import random
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import likeness_core
import pytest
from likeness_core import protocol as p
from likeness_core.api import JobState

from tests.core.conftest import Set
from tests.core.restoring import film, photograph, portrait_film, tree
from tests.core.serving import Core, asked, core, telling

FRAMES, LONG_FRAMES = 26, 40  # two windows each, that share 22 frames or 8
MOMENTS, AT_LEAST_BEFORE_THE_END = 30, 25
SEED = 7

# What a thread is at, by the innermost of our modules on its stack.
STAGES = {
    "decode": ("movie", "pixels", "index", "frames", "ahead"),
    "restore": ("pipeline", "compact", "compact_backbone", "conditioning", "process", "blending", "guidance", "render"),
    "composite": ("composite", "patches", "grain", "crops", "warps"),
    "encode": ("write", "mux", "audio", "output"),
    "journal": ("jobs",),
}

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="a process cannot be asked what it does")


@dataclass(frozen=True)
class Whole:
    """Footage, and what an undisturbed core makes of it."""

    given: Set
    result: dict[str, bytes]


def whole(folder: Path, pack: Path, frames: int) -> Whole:
    footage = film(folder / "reel.mp4", portrait_film(), frames)
    given = Set(footage, photograph(folder / "anna.jpg"), pack, folder / "cache")
    with core(given.cache) as one:
        assert one.ended(submit(one, given, folder / "out"), 600).state is JobState.DONE
    return Whole(given, tree(folder / "out"))


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory, tiny_pack: Path) -> Whole:
    return whole(tmp_path_factory.mktemp("short"), tiny_pack, FRAMES)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory, tiny_pack: Path) -> Whole:
    return whole(tmp_path_factory.mktemp("long"), tiny_pack, LONG_FRAMES)


def submit(one: Core, given: Set, out: Path) -> str:
    return str(one.call("job/submit", p.SubmitParams(asked(given, out, format="prores", matte=True))).job)


class Watched(Core):
    """A core whose threads can be asked what they do."""

    def __init__(self, cache: Path, log: Path) -> None:
        with log.open("wb") as stderr:
            super().__init__(cache, telling(), stderr=stderr)
        self._log = log.open("rb")

    def stages(self) -> set[str]:
        """What its threads are at, now."""
        self.process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + 0.5
        text = ""
        while time.monotonic() < until and "\n" not in text:
            text += self._log.read().decode(errors="replace")
        modules = {word for line in text.splitlines() if line.startswith("IN ") for word in line.split()}
        return {stage for stage, names in STAGES.items() if modules.intersection(names)}

    def running(self, job: str) -> bool:
        states = [note.params.state for note in self.notes if note.method == "job/changed" and note.params.job == job]
        return not states or states[-1] in (JobState.QUEUED, JobState.RUNNING)


def kill_at(watched: Watched, job: str, stage: str, sightings: int) -> bool:
    """Kill when a thread was seen at a stage so many times; False where the job was quicker."""
    seen = 0
    while watched.running(job):
        assert watched.process.poll() is None, "the core died by itself"
        if stage in watched.stages():
            seen += 1
            if seen >= sightings:
                break
        time.sleep(0.005)
    in_time = watched.running(job)
    watched.kill()
    return in_time


def resumed(cache: Path, job: str) -> None:
    """A new core shows the job, and finishes it when it is told to."""
    with core(cache) as one:
        state = one.job(job).state
        if state is JobState.INTERRUPTED:
            one.call("job/resume", p.JobParams(job))
        if state is not JobState.DONE:
            assert one.ended(job, 600).state is JobState.DONE


def check(wanted: Whole, folder: Path, stage: str, chance: random.Random) -> bool:
    """One job with an empty cache, killed at a stage and gone on with. Whether it was killed before its end."""
    watched = Watched(folder / "cache", folder / "log")
    watched.hello()
    job = submit(watched, wanted.given, folder / "out")
    in_time = kill_at(watched, job, stage, chance.randint(1, 3 if stage == "journal" else 10))
    if in_time and chance.random() < 0.3:  # and once more, on the way to the end
        watched = Watched(folder / "cache", folder / "log2")
        watched.hello()
        watched.call("job/resume", p.JobParams(job))
        kill_at(watched, job, chance.choice(sorted(STAGES)), chance.randint(1, 5))
    resumed(folder / "cache", job)
    same(tree(folder / "out"), wanted.result)
    return in_time


def same(got: dict[str, bytes], wanted: dict[str, bytes]) -> None:
    assert got.keys() == wanted.keys()
    assert [name for name in wanted if got[name] != wanted[name]] == []


def test_every_stage_is_known_by_modules_that_are_there() -> None:
    modules = {path.stem for path in Path(likeness_core.__file__).parent.rglob("*.py")}
    assert not {name for names in STAGES.values() for name in names} - modules


def test_a_core_killed_three_times_goes_on_to_the_same_bytes(short: Whole, tmp_path: Path) -> None:
    job = ""
    for number, stage in enumerate(("decode", "composite", "journal")):
        watched = Watched(tmp_path / "cache", tmp_path / f"log{number}")
        watched.hello()
        if job:
            watched.call("job/resume", p.JobParams(job))
        else:
            job = submit(watched, short.given, tmp_path / "out")
        kill_at(watched, job, stage, 1 + number)
    resumed(tmp_path / "cache", job)
    same(tree(tmp_path / "out"), short.result)


@pytest.mark.long
@pytest.mark.timeout(3 * 3600)
def test_killed_at_thirty_random_moments(long: Whole, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    before_the_end: Counter[str] = Counter()
    for number in range(MOMENTS):
        stage = list(STAGES)[number % len(STAGES)]
        folder = tmp_path / str(number)
        folder.mkdir()
        before_the_end[stage] += check(long, folder, stage, chance)
        shutil.rmtree(folder)
        print(number, stage, dict(before_the_end), flush=True)
    assert before_the_end.total() >= AT_LEAST_BEFORE_THE_END
    assert set(before_the_end) == set(STAGES) and min(before_the_end.values()) >= 2
