"""Promise 5: whatever kills a run, `--resume` ends with the same bytes as a run that nothing disturbed."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.core.conftest import Set
from tests.core.footage import Recipe, make_movie
from tests.core.restoring import Outcome, ended, film, likeness, photograph, portrait_film, start, tree

FRAMES = 28  # 2 windows of 24
COMMON = ("--no-fading", "--matte")
LONG_MOMENTS, LONG_FRAMES = 15, 60  # 4 windows


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tiny_pack: Path) -> Set:
    """Footage of several windows, and beside it an undisturbed result for each format."""
    folder = tmp_path_factory.mktemp("whole")
    footage = film(folder / "reel.mp4", portrait_film(), FRAMES)
    return Set(footage, photograph(folder / "anna.jpg"), tiny_pack, folder / "cache")


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory, whole: Set) -> Set:
    """The same with more windows."""
    folder = tmp_path_factory.mktemp("long")
    footage = film(folder / "reel.mp4", portrait_film(), LONG_FRAMES)
    return Set(footage, whole.photo, whole.pack, folder / "cache")


def undisturbed(given: Set, format: str) -> dict[str, bytes]:
    """The files of a run that was not stopped; made once a format."""
    out = given.film.parent / format
    outcome = likeness(*given.restore(out), *COMMON, "--format", format, "--resume", cache=given.film.parent / "cache")
    assert outcome.status == 0, outcome.errors
    return tree(out)


def job_of(cache: Path) -> Path | None:
    """The one job folder in a cache, once it is there."""
    return next(iter((cache / "jobs").glob("*")), None)


def reached(process: "subprocess.Popen[str]", cache: Path, out: Path, moment: str) -> bool:
    """Wait until a run has come to a moment such as "frames 20"; False where it ended before."""
    kind, _, number = moment.partition(" ")
    while process.poll() is None:
        job = job_of(cache)
        if kind == "job" and job and (job / "job.json").exists():
            return True
        if kind == "analysis" and job and (job / "analysis.json").exists():
            return True
        if (
            kind == "windows"
            and job
            and (job / "journal").exists()
            and len((job / "journal").read_bytes().split()) >= int(number)
        ):
            return True
        if kind == "frames" and sum(len(files) for _, _, files in os.walk(out)) + len(
            list(cache.glob("jobs/*/store/*/*"))
        ) >= int(number):
            return True
        if kind == "evidence" and (out / "sheet.png").exists():
            return True
        time.sleep(0.002)
    return False


def killed(given: Set, folder: Path, moment: str, format: str, after_s: float = 0.0) -> None:
    """Kill a run with SIGKILL at a moment, or a little after it."""
    process = start(*given.restore(folder / "out"), *COMMON, "--format", format, cache=folder / "cache")
    try:
        reached(process, folder / "cache", folder / "out", moment)
        time.sleep(after_s)
    finally:
        process.kill()
        process.communicate()


def resumed(given: Set, folder: Path, format: str, *more: str) -> Outcome:
    return likeness(
        *given.restore(folder / "out"), *COMMON, "--format", format, "--resume", *more, cache=folder / "cache"
    )


@pytest.mark.parametrize(
    ("moment", "format"),
    [
        pytest.param("job", "exr", marks=pytest.mark.long),  # like "decode" in test_server_killed
        ("frames 20", "exr"),
        ("windows 2", "prores"),
        ("evidence", "exr"),
    ],
    ids=str,
)
def test_a_killed_run_goes_on_to_the_same_bytes(whole: Set, tmp_path: Path, moment: str, format: str) -> None:
    killed(whole, tmp_path, moment, format)
    outcome = resumed(whole, tmp_path, format)
    assert outcome.status == 0, outcome.errors
    same(tree(tmp_path / "out"), undisturbed(whole, format))


@pytest.mark.long
@pytest.mark.parametrize("number", range(LONG_MOMENTS))
@pytest.mark.timeout(900)
def test_killed_at_any_moment_and_again(long_film: Set, tmp_path: Path, number: int) -> None:
    """Moments spread over the run, some between two writes; every third run is killed twice more while resuming."""
    whole = long_film
    format = ("exr", "prores", "tiff16", "h264")[number % 4]
    moments = [
        "job",
        "analysis",
        *(f"frames {count}" for count in range(2, 2 * LONG_FRAMES, 9)),
        "windows 3",
        "evidence",
    ]
    moment = moments[number * len(moments) // LONG_MOMENTS]
    killed(whole, tmp_path, moment, format, after_s=0.013 * (number % 5))
    for again in range(2 if number % 3 == 0 else 0):
        process = start(
            *whole.restore(tmp_path / "out"), *COMMON, "--format", format, "--resume", cache=tmp_path / "cache"
        )
        reached(process, tmp_path / "cache", tmp_path / "out", f"frames {40 + 30 * again}")
        process.kill()
        process.communicate()
    outcome = resumed(whole, tmp_path, format)
    assert outcome.status == 0, outcome.errors
    same(tree(tmp_path / "out"), undisturbed(whole, format))


def same(got: dict[str, bytes], wanted: dict[str, bytes]) -> None:
    assert got.keys() == wanted.keys()
    assert [name for name in wanted if got[name] != wanted[name]] == []


def test_resuming_what_was_never_begun_starts_it(portrait_set: Set, tmp_path: Path) -> None:
    command = [*portrait_set.restore(tmp_path / "out"), "--no-fading", "--range", "0:2"]
    assert likeness(*command, "--resume", cache=tmp_path / "cache").status == 0
    assert len(list((tmp_path / "out" / "frames").iterdir())) == 2


def test_resuming_a_finished_job_changes_nothing_and_is_quick(portrait_set: Set, tmp_path: Path) -> None:
    command = [*portrait_set.restore(tmp_path / "out"), "--no-fading", "--range", "0:8"]
    assert likeness(*command, cache=tmp_path / "cache").status == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    started = time.process_time()
    outcome = likeness(*command, "--resume", cache=tmp_path / "cache")
    assert time.process_time() - started < 1
    assert outcome.status == 0 and outcome.output.strip() == str(tmp_path / "out" / "frames")
    assert "8 of 8 frames restored" in outcome.errors
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


@pytest.mark.parametrize(
    "other",
    [["--seed", "5"], ["--range", "0:3"], ["--format", "tiff16"], ["--matte"], ["--steps", "2"], ["--person", "1"]],
    ids=" ".join,
)
def test_resuming_with_other_settings_is_refused(
    portrait_set: Set, two_frames: tuple[Path, Path], other: list[str]
) -> None:
    out, cache = two_frames
    before = tree(out)
    outcome = likeness(*portrait_set.restore(out), "--no-fading", "--range", "0:2", "--resume", *other, cache=cache)
    assert (outcome.status, outcome.code) == (2, "job.differs")
    assert tree(out) == before


@pytest.fixture(scope="module")
def two_frames(portrait_set: Set, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished result of frames 0:2, and its cache; for tests that leave both as they are."""
    folder = tmp_path_factory.mktemp("finished")
    command = [*portrait_set.restore(folder / "out"), "--no-fading", "--range", "0:2"]
    assert likeness(*command, cache=folder / "cache").status == 0
    return folder / "out", folder / "cache"


def test_a_killed_run_is_not_resumed_with_other_settings(whole: Set, tmp_path: Path) -> None:
    killed(whole, tmp_path, "windows 1", "exr")
    before = tree(tmp_path / "out")
    outcome = resumed(whole, tmp_path, "exr", "--seed", "5")
    assert (outcome.status, outcome.code) == (2, "job.differs")
    assert tree(tmp_path / "out") == before
    shutil.rmtree(tmp_path / "out" / "frames")  # frames that were finished are not made up for in silence
    outcome = resumed(whole, tmp_path, "exr")
    assert (outcome.status, outcome.code) == (3, "output.incomplete")


def test_a_sequence_resumed_with_another_range_is_another_job(portrait_set: Set, tmp_path: Path) -> None:
    """Its hash covers the files of the range: another range is no changed source."""
    first = likeness(*portrait_set.restore(tmp_path / "in"), "--no-fading", "--range", "0:4", cache=tmp_path / "cache")
    assert first.status == 0
    source = tmp_path / "in" / "frames" / "reel.%06d.exr"
    command = ["restore", source, *portrait_set.options(tmp_path / "out")]
    assert likeness(*command, "--range", "0:3", cache=tmp_path / "cache2").status == 0
    outcome = likeness(*command, "--range", "0:2", "--resume", cache=tmp_path / "cache2")
    assert (outcome.status, outcome.code) == (2, "job.differs")


def test_a_source_that_changed_is_refused(tiny_pack: Path, portrait_set: Set, tmp_path: Path) -> None:
    source = Path(shutil.copy(portrait_set.film, tmp_path / "reel.mov"))
    command = ["restore", source, *portrait_set.options(tmp_path / "out"), "--no-fading", "--range", "0:2"]
    assert likeness(*command, cache=tmp_path / "cache").status == 0
    before = tree(tmp_path / "out")
    film(source, portrait_film(person=2), 30, timecode="01:00:00:00")
    outcome = likeness(*command, "--resume", cache=tmp_path / "cache")
    assert (outcome.status, outcome.code) == (3, "media.changed")
    assert "--overwrite" in outcome.errors
    make_movie(source, Recipe(frames=12))  # of another size and length: changed all the same
    assert likeness(*command, "--resume", cache=tmp_path / "cache").code == "media.changed"
    assert tree(tmp_path / "out") == before


@pytest.mark.parametrize("kind", ["movie", pytest.param("sequence", marks=pytest.mark.long)])
def test_a_source_that_changes_under_the_run_is_noticed(whole: Set, tmp_path: Path, kind: str) -> None:
    """Written over in place, as by a copy that is repeated: the run must not end as if nothing had been."""
    source = Path(shutil.copy(whole.film, tmp_path / "reel.mp4"))
    changed = source
    if kind == "sequence":
        first = likeness("restore", source, *whole.options(tmp_path / "in"), "--no-fading", cache=tmp_path / "first")
        assert first.status == 0, first.errors
        source = tmp_path / "in" / "frames" / "reel.%06d.exr"
        changed = tmp_path / "in" / "frames" / "reel.000002.exr"
    command = ["restore", source, *whole.options(tmp_path / "out"), *COMMON]
    process = start(*command, cache=tmp_path / "cache")
    assert reached(process, tmp_path / "cache", tmp_path / "out", "frames 20")
    process.send_signal(signal.SIGSTOP)  # so that the change is not too late
    content = changed.read_bytes()
    changed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    process.send_signal(signal.SIGCONT)
    outcome = ended(process)
    assert (outcome.status, outcome.code) == (3, "media.changed"), outcome.errors
    assert not (tmp_path / "out" / "sidecar.json").exists()
    changed.write_bytes(content)  # put back, it is the same source again
    assert likeness(*command, "--resume", cache=tmp_path / "cache").status == 0


def test_a_copied_source_with_another_time_is_the_same(portrait_set: Set, tmp_path: Path) -> None:
    source = Path(shutil.copy(portrait_set.film, tmp_path / "reel.mov"))
    command = ["restore", source, *portrait_set.options(tmp_path / "out"), "--no-fading", "--range", "0:2"]
    assert likeness(*command, cache=tmp_path / "cache").status == 0
    os.utime(source, (1, 1))
    assert likeness(*command, "--resume", cache=tmp_path / "cache").status == 0


def test_a_relative_path_names_the_same_job(portrait_set: Set, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [*portrait_set.restore(tmp_path / "out"), "--no-fading", "--range", "0:2"]
    assert likeness(*command, cache=tmp_path / "cache").status == 0
    monkeypatch.chdir(portrait_set.film.parent)
    command[command.index(str(portrait_set.film))] = "reel.mov"
    command[command.index(str(portrait_set.pack))] = os.path.relpath(portrait_set.pack)
    outcome = likeness(*command, "--resume", cache=tmp_path / "cache")
    assert outcome.status == 0, outcome.errors


@pytest.mark.parametrize("format", ["exr", "prores"])
def test_a_result_that_was_taken_away_is_made_anew(portrait_set: Set, tmp_path: Path, format: str) -> None:
    command = [*portrait_set.restore(tmp_path / "out"), "--no-fading", "--range", "0:3", "--format", format]
    assert likeness(*command, cache=tmp_path / "cache").status == 0
    before = tree(tmp_path / "out")
    for more in ([], ["--resume"]):
        shutil.rmtree(tmp_path / "out")
        outcome = likeness(*command, *more, cache=tmp_path / "cache")
        assert outcome.status == 0, outcome.errors
        assert tree(tmp_path / "out") == before


def test_a_finished_frame_that_is_gone_is_noticed(portrait_set: Set, tmp_path: Path) -> None:
    command = [*portrait_set.restore(tmp_path / "out"), "--no-fading", "--range", "0:3"]
    assert likeness(*command, cache=tmp_path / "cache").status == 0
    (tmp_path / "out" / "frames" / "reel.000001.exr").unlink()
    outcome = likeness(*command, "--resume", cache=tmp_path / "cache")
    assert (outcome.status, outcome.code) == (3, "output.incomplete")


def test_another_job_may_take_an_emptied_folder(portrait_set: Set, tmp_path: Path) -> None:
    command = [*portrait_set.restore(tmp_path / "out"), "--no-fading", "--range", "0:2"]
    assert likeness(*command, cache=tmp_path / "cache").status == 0
    shutil.rmtree(tmp_path / "out")
    outcome = likeness(*command, "--seed", "3", cache=tmp_path / "cache")
    assert outcome.status == 0, outcome.errors


@pytest.mark.parametrize("moment", ["job", "frames 5"])
def test_ctrl_c_leaves_nothing_half_written(whole: Set, tmp_path: Path, moment: str) -> None:
    process = start(*whole.restore(tmp_path / "out"), *COMMON, cache=tmp_path / "cache")
    assert reached(process, tmp_path / "cache", tmp_path / "out", moment)
    process.send_signal(signal.SIGINT)
    stopped_at = time.monotonic()
    outcome = ended(process)
    assert time.monotonic() - stopped_at < 20  # a loaded machine; about a second on a quiet one
    assert outcome.status == 130
    assert "--resume" in outcome.errors and "Traceback" not in outcome.errors
    files = [*(tmp_path / "out").rglob("*"), *(tmp_path / "cache").rglob("*")]
    assert not [path for path in files if path.suffix in (".part", ".partial")]
    if moment != "job":
        assert resumed(whole, tmp_path, "exr").status == 0
        same(tree(tmp_path / "out"), undisturbed(whole, "exr"))


def test_a_second_run_on_one_output_is_refused(whole: Set, tmp_path: Path) -> None:
    first = start(*whole.restore(tmp_path / "out"), *COMMON, cache=tmp_path / "cache")
    try:
        assert reached(first, tmp_path / "cache", tmp_path / "out", "job")
        first.send_signal(signal.SIGSTOP)  # so that it does not end meanwhile
        for second in ([], ["--resume"], ["--overwrite"]):
            outcome = likeness(*whole.restore(tmp_path / "out"), *COMMON, *second, cache=tmp_path / "cache")
            assert (outcome.status, outcome.code) == (2, "job.running"), second
    finally:
        first.send_signal(signal.SIGCONT)
    assert ended(first).status == 0
    same(tree(tmp_path / "out"), undisturbed(whole, "exr"))
