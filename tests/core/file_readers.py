"""Readers of written files that share no code with the writers: OpenEXR, OpenCV, and the bytes themselves."""

import itertools
import struct
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR

from tests.core.footage import HEIGHT, WIDTH


def stored_numbers(path: Path) -> np.ndarray:
    """The numbers of a picture file, by a reader that is not the writer's library."""
    if path.suffix == ".exr":
        with OpenEXR.File(str(path)) as file:
            channels = file.channels()
            return np.asarray(channels["RGBA" if "RGBA" in channels else "RGB"].pixels)
    if path.suffix == ".dpx":
        data = path.read_bytes()
        order = ">" if data[:4] == b"SDPX" else "<"
        start = struct.unpack_from(f"{order}I", data, 4)[0]
        words = np.frombuffer(data[start:], f"{order}u4").reshape(HEIGHT, WIDTH)
        return np.stack([words >> shift & 1023 for shift in (22, 12, 2)], -1)
    numbers = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert numbers is not None
    return numbers[..., [2, 1, 0, 3][: numbers.shape[2]]]


def exr_header(path: Path) -> dict[str, Any]:
    with OpenEXR.File(str(path)) as file:
        return dict(file.header())  # a copy: closing the file empties it


def png_chunks(path: Path) -> dict[str, bytes]:
    data, chunks, position = path.read_bytes(), {}, 8
    while position < len(data):
        size, name = struct.unpack(">I4s", data[position : position + 8])
        body = data[position + 8 : position + 8 + size]
        assert struct.unpack(">I", data[position + 8 + size : position + 12 + size])[0] == zlib.crc32(name + body)
        key = name.decode()
        if key == "tEXt":
            keyword, _, body = body.partition(b"\0")
            key = keyword.decode()
        chunks[key] = body
        position += 12 + size
    return chunks


def boxes(data: bytes, path: str) -> list[bytes]:
    """Contents of all boxes at a path such as "moov/trak/mdia" (ISO/IEC 14496-12, QuickTime)."""
    name, _, rest = path.partition("/")
    found, position = [], 0
    while position + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        if size == 1:
            size = struct.unpack_from(">Q", data, position + 8)[0]
        if kind == name.encode():
            found.append(data[position + 8 : position + size])
        position += max(size, 8)
    return list(itertools.chain.from_iterable(boxes(body, rest) for body in found)) if rest else found


def track(path: Path, handler: bytes) -> bytes:
    """The media box of the track of a kind."""
    return next(box for box in boxes(path.read_bytes(), "moov/trak/mdia") if boxes(box, "hdlr")[0][8:12] == handler)


def sample_entry(path: Path) -> bytes:
    """What follows the fixed fields of the picture's sample entry: boxes on pixel aspect, fields, colour."""
    return boxes(track(path, b"vide"), "minf/stbl/stsd")[0][8 + 86 :]


def durations(path: Path) -> list[Fraction]:
    """How long each picture stands, in seconds."""
    media = track(path, b"vide")
    scale = struct.unpack_from(">I", boxes(media, "mdhd")[0], 12)[0]
    table = boxes(media, "minf/stbl/stts")[0]
    count = struct.unpack_from(">I", table, 4)[0]
    runs = [struct.unpack_from(">II", table, 8 + 8 * number) for number in range(count)]
    return [Fraction(ticks, scale) for repeats, ticks in runs for _ in range(repeats)]


def start_timecode(path: Path) -> tuple[int, bool]:
    """The frame number in the timecode track, and its drop-frame flag."""
    media = track(path, b"tmcd")
    flags = struct.unpack_from(">I", boxes(media, "minf/stbl/stsd")[0], 8 + 20)[0]
    offset = struct.unpack_from(">I", boxes(media, "minf/stbl/stco")[0], 8)[0]
    return struct.unpack_from(">I", path.read_bytes(), offset)[0], bool(flags & 1)


def colour(path: Path) -> tuple[int, ...]:
    """Primaries, transfer, matrix (and full range, in MP4) of the colr box; () where there is none."""
    found = boxes(sample_entry(path), "colr")
    if not found:
        return ()
    codes = struct.unpack_from(">HHH", found[0], 4)
    return (*codes, found[0][10] >> 7) if found[0][:4] == b"nclx" else codes


def tiff_resolution(path: Path) -> tuple[float, float]:
    """Horizontal and vertical resolution (tags 282 and 283) of a little-endian TIFF."""
    data = path.read_bytes()
    assert data[:2] == b"II"
    start = struct.unpack_from("<I", data, 4)[0]
    found = {}
    for number in range(struct.unpack_from("<H", data, start)[0]):
        tag, _, _, value = struct.unpack_from("<HHII", data, start + 2 + 12 * number)
        if tag in (282, 283):
            numerator, denominator = struct.unpack_from("<II", data, value)
            found[tag] = numerator / denominator
    return found[282], found[283]
