"""The frame store: written of real results, read back, gone on with, and refused where it is not sound."""

import json
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from likeness_core import frame_store
from likeness_core.api import FrameRange, Media, OutputSpec, RestorationJob, RestorationSettings
from likeness_core.errors import LikenessError, MediaError
from likeness_core.frame_store import (
    ALPHA_MULTIPLIED,
    ALPHA_NONE,
    ALPHA_STRAIGHT,
    HEADER_BYTES,
    NAME,
    PAGE,
    FrameStore,
    FrameStoreWriter,
    StoreHeader,
)
from likeness_core.jobs import cache_at, decode, encode
from likeness_core.media import MediaReader, RestoredFrame, probe, to_float
from likeness_core.media.mux import MOVIE_FORMATS, movie_path, mux_movie
from likeness_core.media.write import SequenceWriter
from likeness_core.request import prepare_output
from likeness_core.steps import carry_out
from likeness_core.store_result import write_frame_store

from tests.core.conftest import Set
from tests.core.file_readers import stored_numbers
from tests.core.restoring import ended, likeness, start

HEADER = StoreHeader(6, 4, False, ALPHA_NONE, True, -3, 5, Fraction(24000, 1001), bytes(range(32)))
ROWS = np.linspace(0, 1, 6 * 4 * 3, dtype=np.float32).reshape(4, 6, 3)
MATTE = np.linspace(1, 0, 6 * 4, dtype=np.float32).reshape(4, 6)


def made(result: Path, cache: Path) -> Path:
    """The store of a result, by the function that the command and the panel use."""
    with cache_at(cache):
        return carry_out(write_frame_store(result))


@pytest.fixture(scope="module")
def result(portrait_set: Set, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frames 4 to 12 of a film of 16, restored, with mattes."""
    out = tmp_path_factory.mktemp("results") / "anna"
    arguments = [*portrait_set.restore(out), "--range", "4:12", "--matte", "--no-fading"]
    outcome = likeness(*arguments, cache=portrait_set.cache)
    assert outcome.status == 0, outcome.errors
    return out


# --- the file


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / NAME
    alpha = MATTE / 2
    with FrameStoreWriter(path, replace(HEADER, alpha=ALPHA_MULTIPLIED)) as writer:
        assert path.stat().st_size == HEADER.file_bytes
        writer.write(-1, ROWS, alpha, MATTE)
        assert [writer.is_ready(number) for number in range(-3, 2)] == [False, False, True, False, False]
    with FrameStore(path) as store:
        assert store.header == replace(HEADER, alpha=ALPHA_MULTIPLIED)
        assert store.ready_count() == 1
        assert np.array_equal(store.picture(-1), np.dstack([ROWS, alpha]).astype(np.float16))
        matte = store.matte(-1)
        assert matte is not None and np.array_equal(matte, MATTE.astype(np.float16))
        for absent in (-4, -3, 0, 2):
            assert not store.is_ready(absent)
            with pytest.raises(KeyError):
                store.picture(absent)


def test_frames_lie_at_pages_and_take_no_disk_before_they_are_there(tmp_path: Path) -> None:
    header = replace(HEADER, width=1920, height=1080, count=500)
    with FrameStoreWriter(tmp_path / NAME, header):
        assert header.frames_at % PAGE == header.stride % PAGE == 0
        assert header.stride >= 1920 * 1080 * 5 * 2
        assert (tmp_path / NAME).stat().st_size > 10e9
        assert (tmp_path / NAME).stat().st_blocks * 512 < 1e6


def test_floats_are_exact_and_alpha_is_1_where_there_is_none(tmp_path: Path) -> None:
    header = replace(HEADER, is_float=True, has_matte=False)
    levels = np.arange(72, dtype=np.float32).reshape(4, 6, 3) / 65535
    with FrameStoreWriter(tmp_path / NAME, header) as writer:
        writer.write(0, levels, None, None)
    with FrameStore(tmp_path / NAME) as store:
        assert store.picture(0).dtype == np.float32
        assert np.array_equal(store.picture(0)[..., :3], levels) and (store.picture(0)[..., 3] == 1).all()
        assert store.matte(0) is None


def test_a_frame_is_written_once(tmp_path: Path) -> None:
    with FrameStoreWriter(tmp_path / NAME, HEADER) as writer:
        writer.write(0, ROWS, None, MATTE)
        with pytest.raises(ValueError, match="already"):
            writer.write(0, ROWS, None, MATTE)
        for absent in (-4, 2):
            with pytest.raises(ValueError, match=f"no frame {absent}"):
                writer.write(absent, ROWS, None, MATTE)


def test_a_store_of_the_same_job_is_gone_on_with_and_of_another_replaced(tmp_path: Path) -> None:
    path = tmp_path / NAME
    with FrameStoreWriter(path, HEADER) as writer:
        writer.write(0, ROWS, None, MATTE)
    with FrameStoreWriter(path, HEADER) as writer:
        assert writer.is_ready(0)
    with FrameStore(path) as held:  # whoever holds the earlier one keeps it
        with FrameStoreWriter(path, replace(HEADER, job_sha256=bytes(32))) as writer:
            assert not writer.is_ready(0)
        assert held.is_ready(0)
    with path.open("r+b") as file:
        file.truncate(5000)
    with FrameStoreWriter(path, HEADER) as writer:
        assert not writer.is_ready(0)
    assert [entry.name for entry in tmp_path.iterdir()] == [NAME]


def test_the_flag_comes_after_the_samples_are_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file holds at each flush: the barrier between samples and flag."""
    seen = []
    path = tmp_path / NAME

    def note(descriptor: int) -> None:
        data = path.read_bytes()
        at = HEADER.frames_at + 3 * HEADER.stride
        whole = data[at : at + HEADER.picture_bytes] == np.dstack([ROWS, np.ones((4, 6))]).astype("<f2").tobytes()
        seen.append((whole, data[HEADER_BYTES + 3]))

    with FrameStoreWriter(path, HEADER) as writer:
        monkeypatch.setattr(frame_store.os, "fsync", note)
        writer.write(0, ROWS, None, MATTE)
    assert seen == [(True, 0), (True, 1)]


def test_what_halves_cannot_hold_becomes_infinite(tmp_path: Path) -> None:
    with FrameStoreWriter(tmp_path / NAME, HEADER) as writer:
        writer.write(0, np.full((4, 6, 3), 1e6, np.float32), None, None)
    with FrameStore(tmp_path / NAME) as store:
        assert np.isinf(store.picture(0)[..., :3]).all()


HEADERS = st.builds(
    StoreHeader, st.integers(1, 1 << 15), st.integers(1, 1 << 15), st.booleans(), st.integers(0, 2), st.booleans(),
    st.integers(-(1 << 40), 1 << 40), st.integers(1, 1 << 24),
    st.fractions(Fraction(1, 1000), 1000, max_denominator=1001), st.binary(min_size=32, max_size=32),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(HEADERS)
def test_every_header_is_read_back(header: StoreHeader) -> None:
    assert len(header.pack()) == HEADER_BYTES
    assert StoreHeader.unpack(header.pack(), header.file_bytes) == header


@settings(max_examples=100, deadline=None)
@given(HEADERS, st.integers(0, HEADER_BYTES - 1), st.integers(1, 255))
def test_every_changed_byte_is_noticed(header: StoreHeader, at: int, change: int) -> None:
    data = bytearray(header.pack())
    data[at] ^= change
    with pytest.raises(MediaError) as refused:
        StoreHeader.unpack(bytes(data), header.file_bytes)
    assert refused.value.code == ("store.not_a_store" if at < 8 else "store.version" if at < 16 else "store.damaged")


@pytest.mark.parametrize(
    ("size", "code"), [(0, "store.not_a_store"), (100, "store.not_a_store"), (128, "store.damaged")]
)
def test_a_store_that_is_cut_short_is_refused(tmp_path: Path, size: int, code: str) -> None:
    path = tmp_path / NAME
    path.write_bytes(HEADER.pack()[:size])
    with pytest.raises(MediaError) as refused:
        FrameStore(path)
    assert refused.value.code == code


def test_a_store_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as refused:
        FrameStore(tmp_path / NAME)
    assert refused.value.code == "store.missing"


# --- of results


def test_a_result_is_stored_frame_for_frame(result: Path, portrait_set: Set) -> None:
    path = made(result, portrait_set.cache)
    assert path == result / NAME
    with FrameStore(path) as store:
        header = store.header
        assert (header.first, header.count, header.width, header.height) == (4, 8, 160, 120)
        assert not header.is_float and header.has_matte and header.alpha == ALPHA_NONE
        for number in range(4, 12):
            wanted = stored_numbers(result / "frames" / f"reel.{number:06d}.exr")
            assert wanted.dtype == np.float16
            assert np.array_equal(store.picture(number)[..., :3], wanted)
            grey = cv2.imread(str(result / "matte" / f"reel.{number:06d}.png"), cv2.IMREAD_UNCHANGED)
            matte = store.matte(number)
            assert matte is not None and grey is not None and grey.dtype == np.uint16
            assert np.array_equal(matte, (grey / np.float32(65535)).astype(np.float16))
            assert matte.max() > 0.9 and matte.min() == 0


def test_the_command_says_what_the_store_holds(result: Path, portrait_set: Set) -> None:
    outcome = likeness("store", result, cache=portrait_set.cache)
    assert outcome.status == 0, outcome.errors
    assert outcome.output.strip() == str(result / NAME)
    assert "8 of 8 frames (4 to 11)" in outcome.errors


def test_a_result_that_was_moved_is_stored_by_its_sidecar(result: Path, portrait_set: Set, tmp_path: Path) -> None:
    """On another machine, where there is no record of the job; a store that came along is still of the same job."""
    there = made(result, portrait_set.cache)
    moved = tmp_path / "moved"
    shutil.copytree(result, moved)
    before = (moved / NAME).stat().st_ino
    path = made(moved, tmp_path / "no cache")
    assert path.stat().st_ino == before
    path.unlink()
    assert made(moved, tmp_path / "no cache").read_bytes() == there.read_bytes()


def test_a_frame_counts_once_it_and_its_matte_are_there(result: Path, tmp_path: Path) -> None:
    """A sequence still in the making: frames lack, or have no matte yet; a later call adds them."""
    out = tmp_path / "out"
    shutil.copytree(result, out, ignore=shutil.ignore_patterns(NAME))
    for number in (9, 10, 11):
        (out / "frames" / f"reel.{number:06d}.exr").rename(tmp_path / f"{number}.exr")
    (out / "matte" / "reel.000008.png").rename(tmp_path / "8.png")
    with FrameStore(made(out, tmp_path / "no cache")) as store:
        assert [number for number in range(15) if store.is_ready(number)] == [4, 5, 6, 7]
        inode = (out / NAME).stat().st_ino
        (tmp_path / "8.png").rename(out / "matte" / "reel.000008.png")
        (tmp_path / "10.exr").rename(out / "frames" / "reel.000010.exr")
        made(out, tmp_path / "no cache")
        assert [number for number in range(15) if store.is_ready(number)] == [4, 5, 6, 7, 8, 10]
    assert (out / NAME).stat().st_ino == inode


def test_stopping_keeps_what_is_stored(result: Path, tmp_path: Path) -> None:
    """Closing the generator is how a job is cancelled."""
    out = tmp_path / "out"
    shutil.copytree(result, out, ignore=shutil.ignore_patterns(NAME))
    with cache_at(tmp_path / "no cache"):
        work = write_frame_store(out)
        reports = [next(work), next(work)]
        work.close()
    assert [(report.stage, report.done, report.total, report.frame) for report in reports] == [
        ("store", 1, 8, 4),
        ("store", 2, 8, 5),
    ]
    with FrameStore(out / NAME) as store:
        assert [number for number in range(15) if store.is_ready(number)] == [4, 5]
    made(out, tmp_path / "no cache")
    with FrameStore(out / NAME) as store:
        assert store.ready_count() == 8


@pytest.mark.long
def test_a_killed_restoration_is_stored_as_far_as_it_came(portrait_set: Set, tmp_path: Path) -> None:
    """The rest follows after --resume."""
    out, cache = tmp_path / "out", tmp_path / "cache"
    command = [*portrait_set.restore(out), "--matte"]
    process = start(*command, cache=cache)
    wait_for(out / "matte" / "reel.000003.png", process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with FrameStore(made(out, cache)) as store:
        ready = [number for number in range(30) if store.is_ready(number)]
    assert ready[:4] == [0, 1, 2, 3] and ready == list(range(len(ready)))
    inode = (out / NAME).stat().st_ino
    assert ended(start(*command, "--resume", cache=cache)).status == 0
    with FrameStore(made(out, cache)) as store:
        assert store.ready_count() == 30
        for number in range(30):
            wanted = stored_numbers(out / "frames" / f"reel.{number:06d}.exr")
            assert np.array_equal(store.picture(number)[..., :3], wanted)
    assert (out / NAME).stat().st_ino == inode


def wait_for(path: Path, process: "subprocess.Popen[str]") -> None:
    """Until a running process has made a file."""
    deadline = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.0005)


def test_a_store_killed_while_it_is_written_is_gone_on_with(result: Path, portrait_set: Set, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(result, moved, ignore=shutil.ignore_patterns(NAME))
    process = start("store", moved, cache=portrait_set.cache, stderr=subprocess.DEVNULL)
    wait_for(moved / NAME, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with FrameStore(moved / NAME) as store:
        for number in range(4, 12):
            if store.is_ready(number):
                wanted = stored_numbers(moved / "frames" / f"reel.{number:06d}.exr")
                assert np.array_equal(store.picture(number)[..., :3], wanted)
    assert made(moved, portrait_set.cache).read_bytes() == made(result, portrait_set.cache).read_bytes()


# --- results of every kind, written by what writes them, without the restoring


def written(result: Path, out: Path, media: Media, **changes: Any) -> Path:
    """A result of the job of `result`, of other footage, with other settings; its frames are `levels`."""
    sidecar = json.loads((result / "sidecar.json").read_text())
    job = decode(json.dumps(sidecar["job"]).encode(), RestorationJob)
    spec = OutputSpec(str(out), "film", changes.pop("format", "exr"))
    given = replace(job, media=media, frames=FrameRange(1, 4), output=spec, **changes)
    scale = given.settings.scale
    size = (media.width * scale, media.height * scale)
    frames = [
        RestoredFrame(index, levels(index, size), levels(index, size)[..., 0] if media.has_alpha else None)
        for index in given.frames.frames()
    ]
    out.mkdir()
    if spec.format in MOVIE_FORMATS:
        assert list(mux_movie(spec, media, given.frames, frames, movie_path(spec)))[-1] == len(frames)
    else:
        writer = SequenceWriter(spec, media, size)
        for frame in frames:
            writer.write(frame.index, frame.rgb, frame.alpha)
    (out / "sidecar.json").write_bytes(b'{"job": ' + encode(given) + b"}")
    return made(out, out.parent / "no cache")


def levels(index: int, size: tuple[int, int]) -> npt.NDArray[np.float32]:
    return np.random.default_rng(index).random((size[1], size[0], 3), np.float32)


@pytest.fixture
def media(portrait_set: Set) -> Media:
    return probe(portrait_set.film)


@pytest.mark.parametrize("format", ["tiff16", "png16", "dpx10", "prores", "h264"])
def test_every_format_is_stored(result: Path, media: Media, tmp_path: Path, format: str) -> None:
    out = tmp_path / "out"
    with FrameStore(written(result, out, media, format=format)) as store:
        assert (store.header.first, store.ready_count()) == (1, 3)
        assert not store.header.is_float and not store.header.has_matte and store.header.alpha == ALPHA_NONE
        movie = next((path for path in out.iterdir() if path.suffix in (".mov", ".mp4")), None)
        with MediaReader(probe(movie or next((out / "frames").iterdir()))) as reader:
            for frame in reader.frames(FrameRange(0, 3)):
                wanted = to_float(frame.pixels).astype(np.float16)
                assert np.array_equal(store.picture(1 + frame.index)[..., :3], wanted)


@pytest.mark.parametrize(
    ("bits", "is_float", "deep"), [(8, False, False), (10, False, False), (12, False, True), (16, False, True),
                                   (16, True, False), (32, True, True)],
)  # fmt: skip
def test_halves_hold_ten_bits_and_deeper_sources_get_floats(
    result: Path, media: Media, tmp_path: Path, bits: int, is_float: bool, deep: bool
) -> None:
    """Outside the faces the store must hold what the source does."""
    source = replace(media, bit_depth=bits, is_float=is_float)
    with FrameStore(written(result, tmp_path / "out", source)) as store:
        assert store.header.is_float == deep
        wanted = stored_numbers(tmp_path / "out" / "frames" / "film.000002.exr")
        assert wanted.dtype == store.header.dtype and np.array_equal(store.picture(2)[..., :3], wanted)


@pytest.mark.parametrize(("codec", "kind"), [("exr", ALPHA_MULTIPLIED), ("tif", ALPHA_STRAIGHT)])
@pytest.mark.parametrize("format", ["exr", "tiff16"])
def test_alpha_is_stored_with_what_it_means(
    result: Path, media: Media, tmp_path: Path, codec: str, kind: int, format: str
) -> None:
    source = replace(media, codec=codec, has_alpha=True)
    with FrameStore(written(result, tmp_path / "out", source, format=format)) as store:
        assert store.header.alpha == kind
        wanted = levels(2, (160, 120))[..., 0]
        assert np.abs(store.picture(2)[..., 3].astype(np.float32) - wanted).max() < 1e-3


def test_frames_are_counted_and_measured_as_the_results_files_are(result: Path, media: Media, tmp_path: Path) -> None:
    """A sequence numbered from 1001, enlarged."""
    source = replace(media, first_number=1001)
    job_settings = RestorationSettings(scale=2)
    with FrameStore(written(result, tmp_path / "out", source, settings=job_settings)) as store:
        assert (store.header.first, store.header.count) == (1002, 3)
        assert (store.header.width, store.header.height) == (320, 240)
        wanted = stored_numbers(tmp_path / "out" / "frames" / "film.001003.exr")
        assert np.array_equal(store.picture(1003)[..., :3], wanted)


def test_an_overwritten_result_takes_its_store_with_it(result: Path, portrait_set: Set, tmp_path: Path) -> None:
    out, cache = tmp_path / "out", tmp_path / "cache"
    shutil.copytree(result, out)
    store = made(out, cache)
    sidecar = json.loads((out / "sidecar.json").read_text())
    job = decode(json.dumps(sidecar["job"]).encode(), RestorationJob)
    source = replace(job.source, path=str(portrait_set.film))
    with cache_at(cache):
        prepare_output(replace(job, source=source, output=replace(job.output, folder=str(out))), False, True)
    assert not store.exists()


def code_of(result: Path, cache: Path) -> str:
    with pytest.raises(LikenessError) as refused:
        made(result, cache)
    return refused.value.code


def test_what_is_no_result_is_refused(result: Path, tmp_path: Path) -> None:
    assert code_of(tmp_path, tmp_path / "cache") == "input.no_result"
    assert code_of(tmp_path / "nothing", tmp_path / "cache") == "input.no_result"
    (tmp_path / "sidecar.json").write_text('{"job": {}}')
    assert code_of(tmp_path, tmp_path / "cache") == "job.damaged"
    shutil.copy(result / "sidecar.json", tmp_path)
    assert code_of(tmp_path, tmp_path / "cache") == "store.unfinished"


def test_a_full_disk_is_said_beforehand(result: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(result, moved, ignore=shutil.ignore_patterns(NAME))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    assert code_of(moved, tmp_path / "cache") == "media.no_space"


def test_a_place_that_cannot_be_written_is_said(result: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(result, moved, ignore=shutil.ignore_patterns(NAME))
    (moved / NAME).mkdir()  # even root cannot put a file there
    assert code_of(moved, tmp_path / "cache") == "media.not_writable"
