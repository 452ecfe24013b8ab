"""Sequences out, read back with other libraries: OpenEXR, OpenCV, and the bytes of the headers themselves."""

import dataclasses
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from likeness_core import color
from likeness_core.api import ColorTags, FrameRange, Media, OutputSpec
from likeness_core.errors import InputError, MediaError
from likeness_core.media import MediaReader, alpha_of, probe, to_float, to_integers
from likeness_core.media.write import SEQUENCE_FORMATS, MatteWriter, SequenceWriter

from tests.core.file_readers import exr_header, png_chunks, stored_numbers
from tests.core.footage import HEIGHT, WIDTH, Recipe, make_movie

NTSC = Fraction(30000, 1001)
FILM = Fraction(24000, 1001)
HDR = ColorTags(9, 16, 9)
FOOTAGE = Media(
    "clip.mov", "movie", WIDTH, HEIGHT, NTSC, 100, "prores", "yuv422p10le", 10, False, False, ColorTags(1, 1, 1),
    "00:59:59;28", pixel_aspect=Fraction(10, 11),
)  # fmt: skip


def picture(channels: int = 3) -> np.ndarray:
    return np.random.default_rng(channels).uniform(0, 1, (HEIGHT, WIDTH, channels)).astype(np.float32)


def write(folder: Path, kind: str, media: Media = FOOTAGE, index: int = 5, **attributes: str) -> Path:
    writer = SequenceWriter(OutputSpec(str(folder), "shot", kind), media, (WIDTH, HEIGHT), attributes)
    return writer.write(index, picture())


@pytest.mark.parametrize("kind", SEQUENCE_FORMATS)
def test_frames_are_named_and_numbered_like_the_source(tmp_path: Path, kind: str) -> None:
    suffix = SEQUENCE_FORMATS[kind].suffix
    assert write(tmp_path, kind) == tmp_path / "frames" / f"shot.000005{suffix}"
    sequence = dataclasses.replace(FOOTAGE, kind="sequence", first_number=1001, path="plate.%04d.exr")
    writer = SequenceWriter(OutputSpec(str(tmp_path), "50% #1 Ünï", kind), sequence, (WIDTH, HEIGHT))
    assert writer.write(5, picture()) == tmp_path / "frames" / f"50% #1 Ünï.001006{suffix}"
    assert writer.path(5).exists()
    assert sorted(path.name for path in tmp_path.rglob("*.part")) == []


@pytest.mark.parametrize(
    ("pixel_format", "bits"), [("yuv420p", 8), ("yuv422p10le", 10), ("yuv444p12le", 12), ("gbrp10le", 10)]
)
@pytest.mark.parametrize("kind", SEQUENCE_FORMATS)
def test_an_untouched_frame_is_written_as_decoded(tmp_path: Path, kind: str, pixel_format: str, bits: int) -> None:
    """Decode, pass as float through the pipeline, write, read with another library.

    EXR holds the decoded level itself; the integer formats the nearest of theirs.
    """
    media = probe(make_movie(tmp_path / "source.mkv", Recipe("ffv1", pixel_format, frames=3)))
    with MediaReader(media) as reader:
        decoded = next(reader.frames(FrameRange(2, 3))).pixels
    levels = to_float(decoded)
    writer = SequenceWriter(OutputSpec(str(tmp_path), "out", kind), media, (WIDTH, HEIGHT))
    numbers = stored_numbers(writer.write(2, levels))
    if kind == "exr":
        assert numbers.dtype == (np.float16 if bits <= 10 else np.float32)
        assert np.array_equal(numbers.astype(np.float32), levels)
    else:
        top = np.float32(1023 if kind == "dpx10" else 65535)
        assert np.array_equal(numbers, np.rint(np.clip(levels, 0, 1) * top))
    again = probe(writer.path(2))
    with MediaReader(again) as reader:
        read_back = to_float(next(reader.frames(FrameRange(0, 1))).pixels)
    if kind == "exr":
        assert np.array_equal(read_back, levels)
    second = SequenceWriter(OutputSpec(str(tmp_path), "second", kind), media, (WIDTH, HEIGHT)).write(2, read_back)
    assert np.array_equal(stored_numbers(second), numbers), "a second generation is the first"


@pytest.mark.parametrize("kind", ["exr", "tiff16", "png16"])
@pytest.mark.parametrize("bits", [8, 10])
def test_every_code_of_the_source_can_be_had_back_from_the_result(tmp_path: Path, kind: str, bits: int) -> None:
    """Up to 10 bits no format but DPX loses a code: luma and, at 4:4:4, chroma."""
    media = probe(make_movie(tmp_path / "s.mkv", Recipe("ffv1", "yuv444p" if bits == 8 else "yuv444p10le", frames=1)))
    with MediaReader(media) as reader:
        levels = to_float(next(reader.frames(FrameRange(0, 1))).pixels)
    path = SequenceWriter(OutputSpec(str(tmp_path), "out", kind), media, (WIDTH, HEIGHT)).write(0, levels)
    stored = stored_numbers(path).astype(np.float32)
    restored = stored if kind == "exr" else stored / np.float32(65535)
    codes = color.Quantisation(bits, full_range=False)
    scales = (codes.luma_scale(), codes.chroma_scale(), codes.chroma_scale())
    before, after = color.rgb_to_ycbcr(levels, 6), color.rgb_to_ycbcr(restored, 6)
    for one, other, (zero, span) in zip(before, after, scales, strict=True):
        assert np.array_equal(np.rint(one * span + zero), np.rint(other * span + zero))


def test_dpx_of_a_10_bit_rgb_source_keeps_every_code(tmp_path: Path) -> None:
    media = dataclasses.replace(FOOTAGE, pixel_format="gbrp10le")
    codes = np.random.default_rng(0).integers(0, 1024, (HEIGHT, WIDTH, 3))
    writer = SequenceWriter(OutputSpec(str(tmp_path), "out", "dpx10"), media, (WIDTH, HEIGHT))
    path = writer.write(0, (codes / 1023).astype(np.float16).astype(np.float32))
    assert np.array_equal(stored_numbers(path), codes)


@pytest.mark.parametrize(
    ("depth", "is_float", "dtype"),
    [
        (8, False, np.float16),
        (10, False, np.float16),
        (12, False, np.float32),
        (16, True, np.float16),
        (32, True, np.float32),
    ],
)
def test_exr_is_half_float_only_as_far_as_that_loses_nothing(
    tmp_path: Path, depth: int, is_float: bool, dtype: type
) -> None:
    media = dataclasses.replace(FOOTAGE, bit_depth=depth, is_float=is_float)
    assert stored_numbers(write(tmp_path, "exr", media)).dtype == dtype


def test_exr_keeps_levels_beyond_black_and_white_and_the_others_clip(tmp_path: Path) -> None:
    levels = np.tile(np.float32([-0.5, 0.5, 1.5]), (HEIGHT, WIDTH, 1))
    for kind in SEQUENCE_FORMATS:
        writer = SequenceWriter(OutputSpec(str(tmp_path), "x", kind), FOOTAGE, (WIDTH, HEIGHT))
        numbers = stored_numbers(writer.write(0, levels))[3, 3].tolist()
        expected = {"exr": [-0.5, 0.5, 1.5], "dpx10": [0, 512, 1023]}.get(kind, [0, 32768, 65535])
        assert numbers == expected


@pytest.mark.parametrize("kind", ["exr", "tiff16", "png16"])
def test_alpha_is_written_and_colour_is_not_multiplied_by_it(tmp_path: Path, kind: str) -> None:
    rgba = np.rint(picture(4) * 1023) / np.float32(1023)
    rgba[:8, :, 3] = 0
    writer = SequenceWriter(OutputSpec(str(tmp_path), "x", kind), FOOTAGE, (WIDTH, HEIGHT))
    path = writer.write(0, rgba[..., :3], rgba[..., 3])
    numbers = stored_numbers(path).astype(np.float32)
    assert numbers.shape[2] == 4
    scale = 1 if kind == "exr" else 65535
    assert np.array_equal(to_integers(numbers / scale, 10), to_integers(rgba, 10))
    with MediaReader(probe(path)) as reader:
        read_back = next(reader.frames(FrameRange(0, 1))).pixels
    alpha = alpha_of(read_back)
    assert alpha is not None
    assert np.array_equal(to_integers(alpha, 10), to_integers(rgba[..., 3], 10))
    assert np.array_equal(to_integers(to_float(read_back), 10), to_integers(rgba[..., :3], 10))


def test_an_exr_header_carries_everything(tmp_path: Path) -> None:
    path = write(tmp_path, "exr", dataclasses.replace(FOOTAGE, color=HDR), **{"likeness:seed": "7"})
    header = exr_header(path)
    assert header["framesPerSecond"] == NTSC
    timecode = header["timeCode"]
    assert (timecode.hours, timecode.minutes, timecode.seconds, timecode.frame) == (1, 0, 0, 3)
    assert timecode.dropFrame
    assert header["pixelAspectRatio"] == pytest.approx(10 / 11)
    assert header["chromaticities"] == pytest.approx((0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290))
    texts = {name: value for name, value in header.items() if name.startswith("likeness:")}
    assert texts == {
        "likeness:alpha": "straight",
        "likeness:fields": "progressive",
        "likeness:matrix": "bt2020nc",
        "likeness:primaries": "bt2020",
        "likeness:range": "limited",
        "likeness:rate": "30000/1001",
        "likeness:seed": "7",
        "likeness:timecode": "01:00:00;03",
        "likeness:transfer": "smpte2084",
    }
    assert "zip" in str(header["compression"]).lower()


def test_unknown_primaries_and_a_missing_timecode_are_not_made_up(tmp_path: Path) -> None:
    silent = dataclasses.replace(FOOTAGE, color=ColorTags(), start_timecode=None)
    header = exr_header(write(tmp_path, "exr", silent))
    assert "chromaticities" not in header
    assert "timeCode" not in header
    assert header["likeness:transfer"] == "unspecified"
    assert "cICP" not in png_chunks(write(tmp_path, "png16", silent))


def test_a_dpx_header_carries_rate_timecode_and_colour(tmp_path: Path) -> None:
    data = write(tmp_path, "dpx10").read_bytes()
    order = ">" if data[:4] == b"SDPX" else "<"
    assert data[36:136].rstrip(b"\0") == b"shot.000005.dpx", "no folder of this machine"
    assert struct.unpack_from(f"{order}B", data, 803)[0] == 10
    assert data[801:803] == bytes([6, 6]), "ITU-R 709 as transfer and as colorimetric"
    assert struct.unpack_from(f"{order}I", data, 1920)[0] == 0x01000043, "01:00:00:03, drop-frame flag 0x40"
    assert struct.unpack_from(f"{order}f", data, 1724)[0] == pytest.approx(30000 / 1001)
    across, down = struct.unpack_from(f"{order}II", data, 1628)
    assert across / down == pytest.approx(10 / 11, rel=1e-3)
    unknown = write(tmp_path, "dpx10", dataclasses.replace(FOOTAGE, color=HDR)).read_bytes()
    assert unknown[801:803] == bytes([255, 255]), "undefined: DPX has no name for BT.2020 and PQ"


def test_a_png_carries_colour_and_texts(tmp_path: Path) -> None:
    chunks = png_chunks(write(tmp_path, "png16", dataclasses.replace(FOOTAGE, color=HDR), **{"likeness:seed": "7"}))
    assert chunks["cICP"] == bytes([9, 16, 0, 1])
    assert chunks["likeness:seed"] == b"7"
    assert chunks["likeness:timecode"] == b"01:00:00;03"
    assert chunks["likeness:transfer"] == b"smpte2084"
    across, down, _ = struct.unpack(">IIB", chunks["pHYs"])
    assert down / across == pytest.approx(10 / 11, rel=0.01)


def test_a_tiff_carries_texts_in_its_description(tmp_path: Path) -> None:
    data = write(tmp_path, "tiff16", **{"likeness:seed": "7"}).read_bytes()
    for line in (
        b"likeness:seed=7",
        b"likeness:timecode=01:00:00;03",
        b"likeness:transfer=bt709",
        b"likeness:range=limited",
    ):
        assert line in data


@pytest.mark.parametrize("kind", SEQUENCE_FORMATS)
def test_our_own_files_are_understood_again(tmp_path: Path, kind: str) -> None:
    media = probe(write(tmp_path, kind))
    assert (media.first_number, media.frame_count, media.kind) == (5, 1, "sequence")
    assert (media.color.primaries, media.color.transfer) == (1, 1)
    assert (media.rate, media.start_timecode) == (NTSC, "01:00:00;03")
    assert float(media.pixel_aspect) == pytest.approx(10 / 11, rel=0.01)


@pytest.mark.parametrize("kind", SEQUENCE_FORMATS)
def test_the_same_frame_is_the_same_file_on_any_day_in_any_folder(tmp_path: Path, kind: str) -> None:
    first = write(tmp_path / "one", kind).read_bytes()
    time.sleep(1.1)  # stamps count in seconds
    second = write(tmp_path / "another folder", kind).read_bytes()
    assert hashlib.sha256(first).hexdigest() == hashlib.sha256(second).hexdigest()
    for stamp in (time.strftime("%Y:%m:%d").encode(), time.strftime("%Y-%m-%d").encode(), b"OpenImageIO", b"/tmp"):
        assert stamp not in first


@pytest.mark.parametrize("kind", SEQUENCE_FORMATS)
def test_an_interrupted_frame_leaves_the_one_before_and_nothing_half(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, kind)
    before = path.read_bytes()

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, kind, index=5)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, kind, index=6)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


FULL_DISK = """
import subprocess, sys
from pathlib import Path
import numpy as np
from likeness_core.api import ColorTags, Media, OutputSpec
from likeness_core.errors import MediaError
from likeness_core.media.write import SequenceWriter
from fractions import Fraction

folder, kind = Path(sys.argv[1]), sys.argv[2]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=800k", "tmpfs", folder], check=True)
media = Media("x.mov", "movie", 256, 192, Fraction(24), 100, "h264", "yuv420p", 8, False, False, ColorTags(), None)
writer = SequenceWriter(OutputSpec(str(folder), "n", kind), media, (256, 192))
rgb = np.random.default_rng(0).random((192, 256, 3)).astype(np.float32)
try:
    for index in range(100):
        writer.write(index, rgb)
except MediaError as error:
    files = sorted(folder.rglob("n.*"))
    print(error.code, index, len(files), len({file.stat().st_size for file in files}))
"""


@pytest.mark.parametrize("kind", SEQUENCE_FORMATS)
def test_a_full_disk_is_said_so_and_leaves_whole_frames_only(tmp_path: Path, kind: str) -> None:
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no unshare: a test cannot make a small disk here")
    trial = [unshare, "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if subprocess.run(trial, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let a test make a small disk")
    command = [unshare, "--map-root-user", "--mount", sys.executable, "-c", FULL_DISK, str(tmp_path), kind]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "core")}
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    code, written, files, sizes = answer.stdout.split()
    assert code == "media.no_space", answer.stderr
    assert 0 < int(written) == int(files)
    assert sizes == "1"


def test_a_folder_that_cannot_be_made_or_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MediaError) as caught:
        write(tmp_path / "file", "exr")
    assert caught.value.code == "media.not_writable"
    assert "file" in caught.value.message
    assert caught.value.hint
    writer = SequenceWriter(OutputSpec(str(tmp_path / "ok"), "x", "exr"), FOOTAGE, (WIDTH, HEIGHT))
    shutil.rmtree(tmp_path / "ok")
    with pytest.raises(MediaError) as caught:
        writer.write(0, picture())
    assert caught.value.code == "media.not_writable"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    writer = SequenceWriter(OutputSpec(str(tmp_path), "x", "png16"), FOOTAGE, (WIDTH, HEIGHT))
    (tmp_path / "frames").chmod(0o500)
    with pytest.raises(MediaError) as caught:
        writer.write(0, picture())
    assert caught.value.code == "media.not_writable"


def test_the_source_is_never_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path, "exr")
    source = probe(path)
    before = path.read_bytes()
    writer = SequenceWriter(OutputSpec(str(tmp_path), "shot", "exr"), source, (WIDTH, HEIGHT))
    with pytest.raises(MediaError) as caught:
        writer.write(0, picture() / 2)
    assert caught.value.code == "media.source_in_the_way"
    assert path.read_bytes() == before


def test_wrong_requests_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        SequenceWriter(OutputSpec(str(tmp_path), "x", "h264"), FOOTAGE, (WIDTH, HEIGHT))
    assert caught.value.code == "media.unknown_format"
    assert "exr" in caught.value.hint
    writer = SequenceWriter(OutputSpec(str(tmp_path), "x"), FOOTAGE, (WIDTH * 2, HEIGHT * 2))
    with pytest.raises(ValueError, match="wide"):
        writer.write(0, picture())


def test_a_matte_is_a_grey_png_with_the_frames_number(tmp_path: Path) -> None:
    matte = np.linspace(0, 1, WIDTH * HEIGHT, dtype=np.float32).reshape(HEIGHT, WIDTH)
    path = MatteWriter(OutputSpec(str(tmp_path), "shot"), dataclasses.replace(FOOTAGE, first_number=7)).write(3, matte)
    assert path == tmp_path / "matte" / "shot.000010.png"
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert stored is not None
    assert np.array_equal(stored, np.rint(matte * np.float32(65535)))


@pytest.fixture(autouse=True)
def _no_leftovers(tmp_path: Path) -> Iterator[None]:
    yield
    assert not list(tmp_path.rglob("*.part"))
