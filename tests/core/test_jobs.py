"""The record of a job: round trips, a torn journal, one process at a time, files whole or not at all."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from likeness_core import jobs
from likeness_core.api import (
    ColorTags,
    FrameRange,
    Media,
    ModelPack,
    OutputSpec,
    RestorationJob,
    RestorationSettings,
    SourceFile,
    WindowPlan,
)
from likeness_core.errors import InputError, MediaError
from likeness_core.jobs import Journal, decode, encode, job_folder, locked, write_whole

CORE = Path(jobs.__file__).parents[1]
PATHS = ("/footage/a.mov", "C:\\Footage\\b.mov", "/with space/ü – “名前”.%04d.exr", '/quote"\n\ttab', "")


def any_job(seed: int) -> RestorationJob:
    """A job with a random value in every field."""
    random = Random(seed)
    rate = random.choice([Fraction(24), Fraction(24000, 1001), Fraction(30000, 1001), Fraction(123457, 9973)])
    start = random.randrange(10**6)
    media = Media(
        path=random.choice(PATHS), kind=random.choice(["movie", "sequence"]), width=random.randrange(1, 8193),
        height=random.randrange(1, 4321), rate=rate, frame_count=random.randrange(10**7), codec="prores",
        pixel_format="yuv422p10le", bit_depth=random.choice([8, 10, 12, 16, 32]), is_float=random.random() < 0.5,
        has_alpha=random.random() < 0.5, color=ColorTags(1, 2, random.randrange(10), random.random() < 0.5),
        start_timecode=random.choice([None, "01:00:00:00", "00:59:59;28"]), first_number=random.randrange(10**9),
        rotation=random.choice([0, 90]), pixel_aspect=Fraction(random.randrange(1, 99), random.randrange(1, 99)),
        variable_rate=random.random() < 0.5, lost_frames=random.randrange(5),
    )  # fmt: skip
    photos = tuple(random.choice(PATHS) for _ in range(random.randrange(6)))
    return RestorationJob(
        version="0.1", media=media, source=SourceFile(random.choice(PATHS), 2**40 + seed, 2**62 + seed, "ab" * 32),
        frames=FrameRange(start, start + random.randrange(1000)), references=photos,
        reference_hashes=tuple("cd" * 32 for _ in photos), person=random.choice(["match", "all", "3"]),
        settings=RestorationSettings(random.random(), random.random(), 1 / 3, 0.1 + 0.2, 8, 2**40, 4, False),
        output=OutputSpec(random.choice(PATHS), "name", "tiff16", True),
        pack=ModelPack("compact", "1", random.choice(PATHS), "ef" * 32, "Apache-2.0"), device="cpu", dtype="bfloat16",
        threads=random.randrange(1, 99), plan=WindowPlan(16, 4), cuts=tuple(random.sample(range(10**6), 3)),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_a_job_comes_back_as_it_was(seed: int) -> None:
    job = any_job(seed)
    data = encode(job)
    assert decode(data, RestorationJob) == job
    assert encode(decode(data, RestorationJob)) == data


def test_a_rate_is_stored_exactly() -> None:
    assert b'"24000/1001"' in encode(replace(any_job(0).media, rate=Fraction(24000, 1001)))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[]", b"{}", b"\xff\xfe", encode(any_job(0))[:-20],
        encode(any_job(0)).replace(b'"threads":', b'"thread":'),
        encode(replace(any_job(0), frames=FrameRange(3, 9))).replace(b'"start":3,"stop":9', b'"start":9,"stop":3'),
        encode(replace(any_job(0).media, rate=Fraction(24))).replace(b"24/1", b"24/0"),
        encode(replace(any_job(0).media, rate=Fraction(24))).replace(b"24/1", b"fast"),
    ],
)  # fmt: skip
def test_a_damaged_record_is_named(data: bytes) -> None:
    kind = Media if b'"frame_count"' in data and b'"plan"' not in data else RestorationJob
    with pytest.raises(InputError) as caught:
        decode(data, kind)
    assert caught.value.code == "job.damaged"
    assert "\n" not in caught.value.message


def test_one_result_has_one_job_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKENESS_CACHE", str(tmp_path / "cache"))
    folder = job_folder(tmp_path / "out")
    assert folder.is_relative_to(tmp_path / "cache")
    assert job_folder(tmp_path / "else" / ".." / "out") == folder
    assert job_folder(tmp_path / "other") != folder
    monkeypatch.setenv("LIKENESS_CACHE", str(tmp_path / "elsewhere"))
    assert job_folder(tmp_path / "out").is_relative_to(tmp_path / "elsewhere")


def test_the_journal_counts_whole_lines(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    assert journal.finished() == 0
    for count in range(1, 13):
        journal.add()
        assert journal.finished() == Journal(tmp_path / "journal").finished() == count
    assert (tmp_path / "journal").read_text() == "".join(f"{number}\n" for number in range(12))


@pytest.mark.parametrize("torn", ["", "0", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n1", "0\n1\n2"])
def test_a_half_written_line_does_not_count_and_is_written_again(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "journal"
    path.write_text(torn)
    whole = torn.count("\n")
    journal = Journal(path)
    assert journal.finished() == whole
    journal.add()
    assert journal.finished() == whole + 1
    assert path.read_text() == "".join(f"{number}\n" for number in range(whole + 1))


HOLD = """
import sys, time
from pathlib import Path
from likeness_core.jobs import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the job."""
    environment = {**os.environ, "PYTHONPATH": str(CORE)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_second_process_is_refused_until_the_first_is_dead(tmp_path: Path) -> None:
    with holder(tmp_path / "job") as process:
        with pytest.raises(InputError) as caught, locked(tmp_path / "job"):
            pass
        assert caught.value.code == "job.running"
        with locked(tmp_path / "another"):
            pass
        process.kill()  # no clean-up of any kind
        process.wait()
        with locked(tmp_path / "job"):
            pass


def test_a_job_is_free_again_after_its_end_and_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked(tmp_path / "job"):
        raise KeyError
    with locked(tmp_path / "job"):
        pass


def test_a_job_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MediaError) as caught, locked(tmp_path / "file" / "job"):
        pass
    assert caught.value.code == "media.not_writable"


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    write_whole(path, b"old")
    write_whole(path, b"new and longer")
    assert path.read_bytes() == b"new and longer"
    assert list(tmp_path.iterdir()) == [path]


def test_where_it_cannot_be_written_the_error_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "x", tmp_path / "nowhere" / "x", tmp_path / "folder"):
        with pytest.raises(MediaError) as caught:
            write_whole(path, b"data")
        assert caught.value.code == "media.not_writable"
        assert path.name in caught.value.message
    assert {entry.name for entry in tmp_path.iterdir()} == {"file", "folder"}


FILL = """
import resource, sys
from pathlib import Path
from likeness_core.errors import MediaError
from likeness_core.jobs import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_whole(Path(sys.argv[1]), bytes(300_000))
except MediaError as error:
    print(error.code)
"""


@pytest.mark.skipif(os.name == "nt", reason="file size limits are POSIX")
def test_a_write_that_fails_midway_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    path.write_bytes(b"old")
    run = subprocess.run(
        [sys.executable, "-c", FILL, str(path)], env={**os.environ, "PYTHONPATH": str(CORE)}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert run.stdout == "media.no_space\n"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "x.partial").symlink_to("/dev/full")  # where the temporary file goes
    with pytest.raises(MediaError) as caught:
        write_whole(tmp_path / "x", b"data")
    assert caught.value.code == "media.no_space"
    assert os.strerror(errno.ENOSPC) in caught.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_an_interrupt_while_writing_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    old = signal.signal(signal.SIGALRM, interrupt)
    pipe = tmp_path / "x.partial"
    os.mkfifo(pipe)  # opening it to write waits for a reader: the signal comes in the middle
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            write_whole(tmp_path / "x", b"data")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert list(tmp_path.iterdir()) == []
