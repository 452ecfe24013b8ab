"""Image sequences in: which files belong together, and what their pixels are. Written here with other libraries."""

import struct
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest
from likeness_core.api import ColorTags, FrameRange, Media
from likeness_core.errors import MediaError
from likeness_core.media import MediaReader, Pixels, alpha_of, probe, to_float, to_integers
from likeness_core.media.sequence import nearest_rate, packed_timecode, unpacked_timecode
from likeness_core.timing import Timecode

NTSC = Fraction(30000, 1001)
RANDOM = np.random.default_rng(3)


def read(media: Media, index: int = 0) -> Pixels:
    with MediaReader(media) as reader:
        return next(reader.frames(FrameRange(index, index + 1))).pixels


def png(path: Path, value: int = 0) -> Path:
    cv2.imwrite(str(path), np.full((8, 12, 3), value, np.uint8))
    return path


def exr(path: Path, channels: dict[str, np.ndarray], header: dict[str, object] | None = None) -> Path:
    base = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File({**base, **(header or {})}, dict(channels)) as file:
        file.write(str(path))
    return path


@pytest.mark.parametrize(
    ("names", "asked", "first", "count", "pattern"),
    [
        (["a.0009.png", "a.0010.png", "a.0011.png"], "a.0010.png", 9, 3, "a.%04d.png"),
        (["a.0009.png", "a.0010.png"], "a.%04d.png", 9, 2, "a.%04d.png"),
        (["a.0009.png", "a.0010.png"], "a.####.png", 9, 2, "a.%04d.png"),
        (["a.9.png", "a.10.png", "a.11.png"], "a.%d.png", 9, 3, "a.%01d.png"),
        (["a9.png", "a10.png", "a11.png"], "a11.png", 9, 3, "a%01d.png"),
        (["a.1001.png", "a.1002.png", "b.1003.png"], "a.1001.png", 1001, 2, "a.%04d.png"),
        (["a.0001.png", "a.0002.png", "a.00003.png"], "a.0001.png", 1, 2, "a.%04d.png"),
        (["a.0001.png", "a.0001.exr.png"], "a.0001.png", 1, 1, "a.%04d.png"),
        (["9998.png", "9999.png", "10000.png"], "9999.png", 9998, 3, "%04d.png"),
        (["shot2_v3.0001.png", "shot2_v4.0002.png"], "shot2_v3.0001.png", 1, 1, "shot2_v3.%04d.png"),
        (["a_0005_left.png", "a_0006_left.png"], "a_0005_left.png", 5, 2, "a_%04d_left.png"),
        (["portrait.png"], "portrait.png", 0, 1, "portrait.png"),
        (["50% #2 x.png"], "50% #2 x.png", 2, 1, None),
    ],
)
def test_files_that_belong_together_are_found(
    tmp_path: Path, names: list[str], asked: str, first: int, count: int, pattern: str | None
) -> None:
    for number, name in enumerate(names):
        png(tmp_path / name, number)
    media = probe(tmp_path / asked)
    assert (media.first_number, media.frame_count, media.kind) == (first, count, "sequence")
    if pattern:
        assert Path(media.path).name == pattern
    assert read(media, count - 1).shape == (8, 12, 3)
    if count > 1:
        assert [int(read(media, index)[0, 0, 0]) for index in range(count)] == list(range(count))
        assert probe(Path(media.path)) == media


def test_frames_keep_time_at_the_rate_that_is_asked_for(tmp_path: Path) -> None:
    for number in range(3):
        png(tmp_path / f"a.{number:04d}.png")
    assert probe(tmp_path / "a.0000.png").rate == 24
    media = probe(tmp_path / "a.0000.png", NTSC)
    assert media.rate == NTSC
    with MediaReader(media) as reader:
        assert [frame.seconds for frame in reader.frames(FrameRange(0, 3))] == [n / NTSC for n in range(3)]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("suffix", "channels"), [("png", 3), ("png", 4), ("tif", 3), ("png", 1), ("tif", 1)])
def test_integer_pictures_keep_their_numbers(tmp_path: Path, suffix: str, channels: int, dtype: type) -> None:
    """Colour under transparent alpha included: it must not be multiplied away."""
    numbers = RANDOM.integers(0, np.iinfo(dtype).max, (9, 13, channels), endpoint=True).astype(dtype)
    cv2.imwrite(str(tmp_path / f"a.1.{suffix}"), numbers)
    media = probe(tmp_path / f"a.1.{suffix}")
    assert (media.bit_depth, media.has_alpha, media.is_float) == (np.iinfo(dtype).bits, channels == 4, False)
    pixels = read(media)
    assert pixels.dtype == dtype
    expected = np.repeat(numbers, 3, axis=2) if channels == 1 else numbers[..., [2, 1, 0, 3][:channels]]
    assert np.array_equal(pixels, expected)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_float_pictures_keep_values_beyond_black_and_white(tmp_path: Path, dtype: type) -> None:
    values = (RANDOM.normal(0.5, 3, (9, 13, 4)) * 10).astype(dtype)
    media = probe(exr(tmp_path / "a.0001.exr", {"RGBA": values}))
    assert (media.is_float, media.bit_depth, media.has_alpha) == (True, 16 if dtype == np.float16 else 32, True)
    pixels = read(media)
    assert pixels.dtype == dtype
    assert np.array_equal(pixels, values)
    alpha = alpha_of(pixels)
    assert alpha is not None
    assert np.array_equal(alpha, values[..., 3].astype(np.float32))
    assert np.array_equal(to_float(pixels), values[..., :3].astype(np.float32))


def test_channels_are_found_by_name(tmp_path: Path) -> None:
    planes = {name: RANDOM.normal(size=(9, 13)).astype(np.float32) for name in ("B", "G", "R", "Z", "mask")}
    pixels = read(probe(exr(tmp_path / "many.exr", planes)))
    assert np.array_equal(pixels, np.stack([planes["R"], planes["G"], planes["B"]], -1))
    layer = {f"beauty.{name}": planes[name] for name in "RGB"}
    assert np.array_equal(read(probe(exr(tmp_path / "layer.exr", layer))), pixels)
    grey = read(probe(exr(tmp_path / "grey.exr", {"Y": planes["G"]})))
    assert np.array_equal(grey, np.repeat(planes["G"][..., None], 3, axis=2))
    with pytest.raises(MediaError) as caught:
        probe(exr(tmp_path / "flow.exr", {"motion.X": planes["R"], "motion.Y": planes["G"]}))
    assert caught.value.code == "media.unsupported_channels"
    assert "motion.X" in caught.value.message


@pytest.mark.parametrize("window", [(2, 1, 9, 6), (-3, -2, 14, 10), (-3, 2, 5, 10), (20, 20, 25, 25)])
def test_a_data_window_is_placed_on_the_display_window(tmp_path: Path, window: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = window
    values = RANDOM.normal(size=(bottom - top + 1, right - left + 1, 3)).astype(np.float32)
    header = {
        "dataWindow": (np.int32([left, top]), np.int32([right, bottom])),
        "displayWindow": (np.int32([0, 0]), np.int32([11, 7])),
    }
    media = probe(exr(tmp_path / "a.exr", {"RGB": values}, header))
    assert (media.width, media.height) == (12, 8)
    expected = np.zeros((8, 12, 3), np.float32)
    for y in range(8):
        for x in range(12):
            if top <= y <= bottom and left <= x <= right:
                expected[y, x] = values[y - top, x - left]
    assert np.array_equal(read(media), expected)


def test_an_exr_header_is_understood(tmp_path: Path) -> None:
    header = {
        "timeCode": OpenEXR.TimeCode(1, 2, 3, 4, 1, *([0] * 13)),
        "pixelAspectRatio": 1.5,
        "chromaticities": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
        "likeness:transfer": "smpte2084",
    }
    media = probe(exr(tmp_path / "a.0001.exr", {"RGB": np.zeros((4, 4, 3), np.float16)}, header), NTSC)
    assert (media.rate, media.pixel_aspect) == (NTSC, Fraction(3, 2))
    assert media.start_timecode == "01:02:03;04"
    assert media.color == ColorTags(9, 16, 0, full_range=True)


def dpx(path: Path, bits: int, numbers: np.ndarray) -> Path:
    """A DPX of the simplest kind (ST 268-1): big-endian, RGB, 10 bits filled (method A) or 16 bits."""
    height, width, _ = numbers.shape
    header = bytearray(2048)
    struct.pack_into(">4sI8sI", header, 0, b"SDPX", 2048, b"V2.0", 2048 + height * width * (4 if bits == 10 else 6))
    struct.pack_into(">HHII", header, 768, 0, 1, width, height)
    struct.pack_into(">BBBBHHI", header, 800, 50, 6, 6, bits, 1 if bits == 10 else 0, 0, 2048)
    struct.pack_into(">I", header, 1920, 0x01020304)
    struct.pack_into(">f", header, 1940, 25.0)
    struct.pack_into(">II", header, 1628, 1, 1)
    if bits == 10:
        words = numbers.astype(">u4") @ np.array([1 << 22, 1 << 12, 1 << 2], np.uint32)
        path.write_bytes(bytes(header) + words.astype(">u4").tobytes())
    else:
        path.write_bytes(bytes(header) + numbers.astype(">u2").tobytes())
    return path


@pytest.mark.parametrize("bits", [10, 16])
def test_dpx_keeps_its_numbers_and_its_header(tmp_path: Path, bits: int) -> None:
    numbers = RANDOM.integers(0, 2**bits, (9, 13, 3), endpoint=False)
    media = probe(dpx(tmp_path / "a.0001.dpx", bits, numbers))
    assert (media.bit_depth, media.rate, media.start_timecode) == (bits, 25, "01:02:03:04")
    assert media.color == ColorTags(1, 1, 0, full_range=True)
    assert np.array_equal(to_integers(to_float(read(media)), bits), numbers)


@pytest.mark.parametrize("rate", ["24000/1001", "24", "25", "30000/1001", "48", "60000/1001", "12", "25/2"])
def test_a_rate_survives_a_32_bit_float(rate: str) -> None:
    assert nearest_rate(float(np.float32(Fraction(rate)))) == Fraction(rate)


@pytest.mark.parametrize("text", ["23:59:59:29", "01:02:03;04", "00:00:00:00", "10:20:30:19"])
def test_a_timecode_survives_its_binary_coded_word(text: str) -> None:
    timecode = Timecode.parse(text, NTSC)
    assert unpacked_timecode(packed_timecode(timecode), NTSC) == timecode


@pytest.mark.parametrize("rate", [Fraction(50), Fraction(60000, 1001), Fraction(60)])
def test_timecode_above_30_a_second_counts_pairs(rate: Fraction) -> None:
    """The word's two bits for tens of frames end at 39: 45 would set the bit that says drop-frame."""
    for frames in (0, 1, 29, 30, 39, 40, 45, 49, 12345, 4 * 3600 * 50 + 48):
        for drop in (False, True) if rate.denominator == 1001 else (False,):
            timecode = Timecode(frames, rate, drop)
            assert unpacked_timecode(packed_timecode(timecode), rate) == timecode
    assert packed_timecode(Timecode(45, rate)) & 0xFF == 0x22  # pair 22, not drop-frame
