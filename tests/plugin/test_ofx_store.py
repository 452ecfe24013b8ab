"""The OpenFX plug-in before stores that are absent, unfinished, damaged, malicious, or just being written."""

import os
import random
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.frame_store import HEADER_BYTES, NAME, FrameStoreWriter

from tests.plugin.ofx_host import Host, Instance, Plugin, View
from tests.plugin.ofx_stores import (
    FIRST,
    HEADER,
    SIZE,
    built_plugin,
    matte,
    patched,
    picture,
    quantised,
    stored,
    write_store,
)

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")

DEPTH = "OfxBitDepthByte"
PIXELS = np.random.default_rng(9).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
STATUS_OF_WHOLE = f"5 of 5 frames, {FIRST} to {FIRST + 4}, {SIZE[0]} x {SIZE[1]}"


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    with Plugin(Host(cpus=1), built_plugin(tmp_path_factory.getbasetemp() / "plugin")) as loaded:
        yield loaded
        assert loaded.host.complaints == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound store."""
    return write_store(tmp_path_factory.mktemp("result")).read_bytes()


def shows_result(effect: Instance, number: int = FIRST) -> bool:
    """Whether the stored frame is shown, or the source bit for bit; anything else fails."""
    view = View(number)
    shown: npt.NDArray[Any] = effect.shown(PIXELS, DEPTH, view)
    if np.array_equal(shown, PIXELS):
        assert effect.is_identity(view) == "Source"
        return False
    assert np.array_equal(shown, quantised(stored(picture(number)), np.uint8))
    assert effect.is_identity(view) is None
    return True


def status(effect: Instance) -> str:
    assert effect.press("result") == 0
    return str(effect["status"])


def test_a_sound_store_is_shown_and_described(plugin: Plugin, whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "store"
    path.write_bytes(whole)
    with plugin.instance(result=str(path)) as effect:
        assert shows_result(effect)
        assert status(effect) == STATUS_OF_WHOLE
        effect["mix"] = 0.0
        assert effect.is_identity(View(FIRST)) == "Source"
        effect["view"] = 2
        assert effect.is_identity(View(FIRST)) is None


def test_an_absent_store_passes_the_source_through(plugin: Plugin, tmp_path: Path) -> None:
    (tmp_path / "empty folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    texts = {
        "": "choose a result",
        str(tmp_path / "nothing"): "no frame store there",
        str(tmp_path / "empty folder"): "no frame store there",
        str(tmp_path / "pipe"): "no frame store there",
        "/dev/zero": "not a frame store",
        "x" * 5000: "choose a result",
        "y" * 4090: "no frame store there",
        str(tmp_path / "no\u00e4chste" / "%s%n"): "no frame store there",
    }
    with plugin.instance() as effect:
        for path, text in texts.items():
            effect["result"] = path
            assert not shows_result(effect)
            if path != str(tmp_path / "pipe"):
                assert text in status(effect), path


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "not a frame store"), (7, "not a frame store"), (127, "not a frame store"), (128, "not copied whole"),
     (4096, "not copied whole"), (-1, "not copied whole")],
)  # fmt: skip
def test_a_store_cut_short_passes_the_source_through(
    plugin: Plugin, whole: bytes, tmp_path: Path, size: int, text: str
) -> None:
    path = tmp_path / NAME
    path.write_bytes(whole[:size])
    with plugin.instance(result=str(tmp_path)) as effect:
        assert not shows_result(effect)
        assert text in status(effect)


def test_frames_that_are_not_ready_pass_the_source_through(plugin: Plugin, tmp_path: Path) -> None:
    """A store is filled frame by frame; one whose samples lie there without the flag does not count."""
    with FrameStoreWriter(tmp_path / NAME, HEADER) as writer, plugin.instance(result=str(tmp_path)) as effect:
        assert not shows_result(effect)
        for done, number in enumerate((FIRST + 3, FIRST), 1):
            assert not shows_result(effect, number)
            writer.write(number, picture(number), None, matte(number))
            assert shows_result(effect, number)
            assert status(effect).startswith(f"{done} of 5 frames")
        with (tmp_path / NAME).open("r+b") as file:
            file.seek(HEADER_BYTES)
            file.write(b"\0")
        assert not shows_result(effect, FIRST) and shows_result(effect, FIRST + 3)


FIELDS: list[tuple[str, int, str, int | bytes]] = [
    ("version", 8, "<I", 2), ("no version", 8, "<I", 0), ("longer header", 12, "<I", 4096),
    ("no width", 16, "<I", 0), ("wide", 16, "<I", 0xFFFFFFFF), ("wider", 16, "<I", SIZE[0] * 2),
    ("no height", 20, "<I", 0), ("high", 20, "<I", 0x7FFFFFFF), ("three channels", 24, "<I", 3),
    ("no samples", 28, "<I", 0), ("other samples", 28, "<I", 3), ("larger samples", 28, "<I", 2),
    ("alpha", 32, "<I", 3), ("matte", 36, "<I", 2), ("first", 40, "<q", -(2**63)), ("late", 40, "<q", 2**63 - 1),
    ("no frames", 48, "<Q", 0), ("frames", 48, "<Q", 2**64 - 1), ("one frame more", 48, "<Q", 4000),
    ("flags in the header", 64, "<Q", 0), ("flags beyond", 64, "<Q", 2**64 - 1), ("flags over frames", 64, "<Q", 4095),
    ("frames in the header", 72, "<Q", 0), ("frames beyond", 72, "<Q", 2**64 - 4096), ("later frames", 72, "<Q", 8192),
    ("no stride", 80, "<Q", 0), ("short stride", 80, "<Q", 4096), ("long stride", 80, "<Q", 2**63),
]  # fmt: skip


@pytest.mark.parametrize(("offset", "form", "value"), [field[1:] for field in FIELDS], ids=[f[0] for f in FIELDS])
def test_each_wrong_field_passes_the_source_through(
    plugin: Plugin, whole: bytes, tmp_path: Path, offset: int, form: str, value: int | bytes
) -> None:
    path = tmp_path / NAME
    path.write_bytes(patched(whole, offset, form, value))
    with plugin.instance(result=str(path)) as effect:
        assert not shows_result(effect)
        wanted = "another version" if offset in (8, 12) else "" if offset == 40 else "damaged"
        assert wanted in status(effect)


def test_a_header_without_its_checksum_is_damaged(plugin: Plugin, whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / NAME
    with plugin.instance(result=str(path)) as effect:
        for bit in range(8 * 8, 8 * 124, 7):
            changed = bytearray(whole)
            changed[bit // 8] ^= 1 << bit % 8
            path.write_bytes(changed)
            assert not shows_result(effect)


def test_a_thousand_malicious_headers_do_no_harm(plugin: Plugin, whole: bytes, tmp_path: Path) -> None:
    """Random fields, random lengths, checksums that fit: the source or levels of the file, never a fault."""
    chance = random.Random(4)
    path = tmp_path / NAME
    edges = [0, 1, 2, 127, 128, 129, 4095, 4096, 4097, SIZE[0], 2**15, 2**15 + 1, 2**16, 2**24, 2**24 + 1, 2**31 - 1]
    edges += [2**31, 2**32 - 1, 2**32, 2**35, 2**63 - 1, 2**63, 2**64 - 4096, 2**64 - 1, len(whole), len(whole) - 4096]
    fields = [(8 + 4 * i, "<I", 32) for i in range(8)] + [(40 + 8 * i, "<Q", 64) for i in range(6)]
    shown_something_else = 0
    with plugin.instance(result=str(path)) as effect:
        for _ in range(1000):
            data = whole
            for offset, form, bits in chance.sample(fields, chance.randint(1, 6)):
                value = chance.choice([chance.choice(edges), chance.getrandbits(bits), chance.randrange(64)])
                data = patched(data, offset, form, value % (1 << bits))
            path.write_bytes(data[: chance.choice([len(data), len(data), chance.randrange(len(data))])])
            effect["view"] = chance.randrange(3)
            size = chance.choice([SIZE, SIZE, (12, 9), (25, 18)])
            pixels = np.full((size[1], size[0], 3), 9, np.uint8)
            shown = effect.shown(pixels, DEPTH, View(chance.randrange(-2, 16)))
            shown_something_else += not np.array_equal(shown, pixels)
            effect.press("result")
            assert effect["status"].startswith("Source shown") or " of " in effect["status"]
    assert shown_something_else < 500


def test_a_store_that_loses_its_end_while_it_is_open_is_no_fault(plugin: Plugin, whole: bytes, tmp_path: Path) -> None:
    """The file shrinks between the question whether it is whole and the reading: a mapping would end the host."""
    path, stop = tmp_path / NAME, threading.Event()
    path.write_bytes(whole)

    def shrink_and_grow() -> None:
        while not stop.is_set():
            os.truncate(path, 5000)
            path.write_bytes(whole)

    thread = threading.Thread(target=shrink_and_grow)
    thread.start()
    try:
        with plugin.instance(result=str(path)) as effect:
            wanted = quantised(stored(picture(FIRST)), np.uint8)
            for _ in range(300):
                shown = effect.shown(PIXELS, DEPTH, View(FIRST))
                # Zeros may be read where the file grows again under the reader; no writer of ours does that.
                assert (np.isin(shown, wanted) | np.isin(shown, PIXELS) | (shown == 0)).all()
    finally:
        stop.set()
        thread.join()


def test_a_frame_is_seen_whole_or_not_at_all(plugin: Plugin, tmp_path: Path) -> None:
    """A reader asks for every frame while a writer makes them."""
    header = replace(HEADER, count=40)
    with FrameStoreWriter(tmp_path / NAME, header) as writer, plugin.instance(result=str(tmp_path)) as effect:

        def write() -> None:
            for number in range(FIRST, FIRST + 40):
                writer.write(number, picture(number), None, matte(number))

        thread = threading.Thread(target=write)
        thread.start()
        seen = set()
        while thread.is_alive():
            for number in range(FIRST, FIRST + 40):
                pixels = effect.shown(PIXELS, DEPTH, View(number))
                if not np.array_equal(pixels, PIXELS):
                    assert np.array_equal(pixels, quantised(stored(picture(number)), np.uint8))
                    seen.add(number)
        thread.join()
    assert seen


def test_a_store_of_another_job_is_noticed_at_once(plugin: Plugin, tmp_path: Path) -> None:
    write_store(tmp_path)
    with plugin.instance(result=str(tmp_path)) as effect:
        assert shows_result(effect)
        FrameStoreWriter(tmp_path / NAME, replace(HEADER, job_sha256=bytes(32))).__exit__(None, None, None)
        assert not shows_result(effect)


def test_reload_looks_again_and_makes_the_host_render(plugin: Plugin, tmp_path: Path) -> None:
    with plugin.instance(result=str(tmp_path)) as effect:
        assert "no frame store" in status(effect)
        write_store(tmp_path)
        revision = effect["revision"]
        assert effect.press("reload") == 0
        assert effect["status"] == STATUS_OF_WHOLE
        assert effect["revision"] != revision
        assert effect.press("reload", "OfxChangePluginEdited") == 14 and effect["revision"] == revision + 1
        hidden = effect.described.params["revision"].properties.values
        assert hidden["OfxParamPropSecret"] == [1] and "OfxParamPropEvaluateOnChange" not in hidden


def test_the_fields_lie_where_the_description_says(whole: bytes) -> None:
    """An independent reading of the header, against what the writer wrote."""
    magic, version, length, width, height, channels, sample = struct.unpack_from("<8s6I", whole)
    assert (magic, version, length, width, height, channels, sample) == (b"LIKENESS", 1, 128, *SIZE, 4, 1)
    alpha, has_matte, first, count, above, below, flags_at, frames_at, stride = struct.unpack_from(
        "<2IqQ2I3Q", whole, 32
    )
    assert (alpha, has_matte, first, count, above, below) == (0, 1, FIRST, 5, 24, 1)
    assert whole[flags_at : flags_at + count] == b"\1" * 5
    assert frames_at % 4096 == stride % 4096 == 0 and len(whole) == frames_at + count * stride
    third = np.frombuffer(whole, "<f2", SIZE[0] * SIZE[1] * 4, frames_at + 2 * stride).reshape(*SIZE[::-1], 4)
    assert np.array_equal(third[..., :3], picture(FIRST + 2).astype(np.float16))
    behind = np.frombuffer(whole, "<f2", SIZE[0] * SIZE[1], frames_at + 2 * stride + third.nbytes)
    assert np.array_equal(behind.reshape(SIZE[::-1]), matte(FIRST + 2).astype(np.float16))
