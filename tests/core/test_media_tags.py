"""docs/media.md says which tags each format can carry; here is the measurement behind its table."""

import dataclasses
import re
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from likeness_core.api import ColorTags, FrameRange, Media, OutputSpec
from likeness_core.media import RestoredFrame
from likeness_core.media.mux import MOVIE_FORMATS, movie_path, mux_movie
from likeness_core.media.write import SEQUENCE_FORMATS, SequenceWriter

from tests.core.file_readers import (
    boxes,
    colour,
    durations,
    exr_header,
    png_chunks,
    sample_entry,
    start_timecode,
    tiff_resolution,
)
from tests.core.footage import HEIGHT, WIDTH

RATE = Fraction(30000, 1001)
ASPECT = Fraction(10, 11)
TABLE = Path(__file__).resolve().parents[2] / "docs" / "media.md"
FORMATS = (*SEQUENCE_FORMATS, *MOVIE_FORMATS)

SOURCE = Media(
    "clip.mov", "movie", WIDTH, HEIGHT, RATE, 4, "h264", "yuv420p", 8, False, False, ColorTags(1, 1, 9, True),
    "01:00:00;02", pixel_aspect=ASPECT, field_order="tff",
)  # fmt: skip
HDR_SOURCE = dataclasses.replace(SOURCE, color=ColorTags(9, 16, 9, full_range=True))
FIRST_FRAME = 107894  # 01:00:00;02
PACKED = 0x01000002

_BT709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
_BT2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)


def result(folder: Path, kind: str, media: Media) -> Path:
    output = OutputSpec(str(folder), "x", kind)
    rgb = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)
    attributes = {"likeness:seed": "1234567"}
    if kind in SEQUENCE_FORMATS:
        return SequenceWriter(output, media, (WIDTH, HEIGHT), attributes).write(0, rgb)
    list(mux_movie(output, media, FrameRange(0, 1), [RestoredFrame(0, rgb)], movie_path(output), attributes))
    return movie_path(output)


def dpx_field(path: Path, kind: str, offset: int) -> float:
    data = path.read_bytes()
    return float(struct.unpack_from((">" if data[:4] == b"SDPX" else "<") + kind, data, offset)[0])


def close(value: object, expected: object) -> bool:
    return bool(np.allclose(np.array(value, np.float64), np.array(expected, np.float64), rtol=0.01))


def movie_fields(standard: Path, hdr: Path) -> dict[str, bool]:
    across, down = struct.unpack(">II", boxes(sample_entry(standard), "pasp")[0])
    return {
        "frame rate": durations(standard) == [1 / RATE],
        "timecode": start_timecode(standard)[0] == FIRST_FRAME,
        "drop-frame": start_timecode(standard)[1],
        "primaries, BT.709": colour(standard)[0] == 1,
        "primaries, BT.2020": colour(hdr)[0] == 9,
        "transfer, BT.709": colour(standard)[1] == 1,
        "transfer, PQ": colour(hdr)[1] == 16,
        "matrix": colour(standard)[2] == 9,
        "full range": colour(standard)[3:] == (1,),
        "pixel aspect": Fraction(across, down) == ASPECT,
        "field order": any(box[0] == 2 for box in boxes(sample_entry(standard), "fiel")),
    }


def exr_fields(standard: Path, hdr: Path) -> dict[str, bool]:
    header = exr_header(standard)
    timecode = header["timeCode"]
    return {
        "frame rate": header["framesPerSecond"] == RATE,
        "timecode": (timecode.hours, timecode.minutes, timecode.seconds, timecode.frame) == (1, 0, 0, 2),
        "drop-frame": bool(timecode.dropFrame),
        "primaries, BT.709": close(header["chromaticities"], _BT709),
        "primaries, BT.2020": close(exr_header(hdr)["chromaticities"], _BT2020),
        "pixel aspect": close(header["pixelAspectRatio"], float(ASPECT)),
    }


def dpx_fields(standard: Path, hdr: Path) -> dict[str, bool]:
    timecode = int(dpx_field(standard, "I", 1920))
    return {
        "frame rate": close(dpx_field(standard, "f", 1724), float(RATE)),
        "timecode": timecode & ~0x40 == PACKED,
        "drop-frame": bool(timecode & 0x40),
        "transfer, BT.709": dpx_field(standard, "B", 801) == 6,
        "primaries, BT.709": dpx_field(standard, "B", 802) == 6,
        "transfer, PQ": dpx_field(hdr, "B", 801) not in (0, 255),
        "primaries, BT.2020": dpx_field(hdr, "B", 802) not in (0, 255),
        "pixel aspect": close(dpx_field(standard, "I", 1628) / dpx_field(standard, "I", 1632), float(ASPECT)),
    }


def png_fields(standard: Path, hdr: Path) -> dict[str, bool]:
    chunks = png_chunks(standard)
    across, down, _ = struct.unpack(">IIB", chunks["pHYs"])
    return {
        "primaries, BT.709": chunks["cICP"][0] == 1,
        "primaries, BT.2020": png_chunks(hdr)["cICP"][0] == 9,
        "transfer, BT.709": chunks["cICP"][1] == 1,
        "transfer, PQ": png_chunks(hdr)["cICP"][1] == 16,
        "pixel aspect": close(down / across, float(ASPECT)),
    }


def tiff_fields(standard: Path, hdr: Path) -> dict[str, bool]:
    across, down = tiff_resolution(standard)
    return {"pixel aspect": close(down / across, float(ASPECT))}


TEXTS = {
    "frame rate": "likeness:rate",
    "timecode": "likeness:timecode",
    "drop-frame": "likeness:timecode",
    "primaries, BT.709": "likeness:primaries",
    "primaries, BT.2020": "likeness:primaries",
    "transfer, BT.709": "likeness:transfer",
    "transfer, PQ": "likeness:transfer",
    "matrix": "likeness:matrix",
    "full range": "likeness:range",
    "pixel aspect": "no text of ours",
    "field order": "likeness:fields",
    "attributes of the caller": "likeness:seed",
}

READERS: dict[str, Callable[[Path, Path], dict[str, bool]]] = {
    "exr": exr_fields,
    "tiff16": tiff_fields,
    "dpx10": dpx_fields,
    "png16": png_fields,
}


def documented() -> dict[str, dict[str, str]]:
    """The table of docs/media.md: what it says by tag and format."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in TABLE.read_text(encoding="utf-8").partition("<!-- measured by")[2].splitlines()
        if re.match(r"\| [a-z]", line)
    ]
    return {row[0]: dict(zip(rows[0][1:], row[1:], strict=True)) for row in rows[1:]}


def test_the_table_names_every_format() -> None:
    assert all(tuple(row) == FORMATS for row in documented().values())


@pytest.mark.parametrize("kind", FORMATS)
def test_the_table_says_what_the_files_hold(tmp_path: Path, kind: str) -> None:
    standard = result(tmp_path / "standard", kind, SOURCE)
    fields = READERS.get(kind, movie_fields)(standard, result(tmp_path / "hdr", kind, HDR_SOURCE))
    data = standard.read_bytes()
    measured = {
        tag: "field" if fields.get(tag) else "text" if TEXTS[tag].encode() in data else "no" for tag in documented()
    }
    assert measured == {tag: row[kind] for tag, row in documented().items()}
