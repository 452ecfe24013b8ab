"""The frame store: the finished frames of a result in one flat file, which the OpenFX plug-in reads as it is.

OUT/frames.likeness, little-endian, version 1:

    offset  size
         0     8  magic, "LIKENESS"
         8     4  version of this layout
        12     4  bytes of this header: 128
        16     8  width, height of a frame, pixels (4 bytes each)
        24     4  channels: 4 (red, green, blue, alpha)
        28     4  sample: 1 = half, 2 = float
        32     4  alpha: 0 = none (1.0 is stored), 1 = straight, 2 = colour is multiplied by it
        36     4  1 where a matte follows each picture, else 0
        40     8  number of the first frame (signed), as in the names of the result's files
        48     8  how many frames
        56     8  frames per second: numerator, denominator (4 bytes each)
        64     8  where the flags lie: one byte a frame, 0 = not there yet, 1 = ready
        72     8  where the first frame lies: a multiple of 4096
        80     8  bytes from one frame to the next: a multiple of 4096
        88    32  SHA-256 of the job whose frames these are
       120     4  0
       124     4  CRC-32 of the 124 bytes before

A frame is its picture, rows from top to bottom, samples of a pixel together, nothing between; then its matte, one
sample a pixel (0 = source, 1 = restored). Values are display-encoded, as in the result's files: 0 = black, 1 = white.
Frames lie at page boundaries, so that they can be mapped. The file has its full size from the start; frames that are
not there yet take no disk.

Who reads while a frame is written sees it not at all or whole: the header appears with the file, by rename; a frame's
flag is written after its samples are on disk; a frame that is ready is never written again, a store of another job
takes the file's place. Ordinary writes, not a mapping: Windows does not promise that one process's mapping and
another's reads agree.
"""

import os
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np
import numpy.typing as npt

from likeness_core.errors import MediaError
from likeness_core.jobs import sync_folder, writing

NAME: Final = "frames.likeness"

MAGIC: Final = b"LIKENESS"
VERSION: Final = 1
HEADER_BYTES: Final = 128
CHANNELS: Final = 4
PAGE: Final = 4096
LARGEST_SIDE: Final = 1 << 15  # px; larger than any format of film, small enough that no product overflows
MOST_FRAMES: Final = 1 << 24  # eight days at 24 fps

ALPHA_NONE: Final = 0
ALPHA_STRAIGHT: Final = 1
ALPHA_MULTIPLIED: Final = 2

_LAYOUT: Final = struct.Struct("<8s6I2Iq Q2I 3Q 32sI")

Samples = npt.NDArray[np.float16 | np.float32]


@dataclass(frozen=True, slots=True)
class StoreHeader:
    """What a store says of itself."""

    width: int  # px
    height: int  # px
    is_float: bool  # float32 samples, else float16
    alpha: int  # one of ALPHA_*
    has_matte: bool
    first: int  # number of the first frame
    count: int  # frames
    rate: Fraction  # frames per second
    job_sha256: bytes  # 32 bytes

    @property
    def dtype(self) -> np.dtype[np.float16 | np.float32]:
        """Of one sample."""
        return np.dtype("<f4") if self.is_float else np.dtype("<f2")

    @property
    def picture_bytes(self) -> int:
        """Bytes of a frame's picture."""
        return self.width * self.height * CHANNELS * self.dtype.itemsize

    @property
    def matte_bytes(self) -> int:
        """Bytes of a frame's matte; 0 where there is none."""
        return self.width * self.height * self.dtype.itemsize if self.has_matte else 0

    @property
    def stride(self) -> int:
        """Bytes from one frame to the next."""
        return _to_page(self.picture_bytes + self.matte_bytes)

    @property
    def frames_at(self) -> int:
        """Where the first frame lies."""
        return _to_page(HEADER_BYTES + self.count)

    @property
    def file_bytes(self) -> int:
        """Size of the whole file."""
        return self.frames_at + self.count * self.stride

    def pack(self) -> bytes:
        """The header as it lies in the file."""
        fields = _LAYOUT.pack(
            MAGIC, VERSION, HEADER_BYTES, self.width, self.height, CHANNELS, 2 if self.is_float else 1,
            self.alpha, int(self.has_matte), self.first, self.count, self.rate.numerator, self.rate.denominator,
            HEADER_BYTES, self.frames_at, self.stride, self.job_sha256, 0,
        )  # fmt: skip
        return fields + struct.pack("<I", zlib.crc32(fields))

    @classmethod
    def unpack(cls, data: bytes, file_bytes: int) -> "StoreHeader":
        """The header of a file of `file_bytes`. Raises MediaError `store.not_a_store`, `.version`, `.damaged`."""
        if len(data) < HEADER_BYTES or data[:8] != MAGIC:
            raise MediaError("store.not_a_store", "the file is not a frame store", "Make one with `likeness store`.")
        version, length = struct.unpack_from("<2I", data, 8)
        if (version, length) != (VERSION, HEADER_BYTES):
            hint = "Make it again with `likeness store`."
            raise MediaError("store.version", f"the frame store is of version {version}, not {VERSION}", hint)
        (width, height, _, sample, alpha, matte, first, count, above, below, _, _, _, job, _) = _LAYOUT.unpack_from(
            data
        )[3:]
        sound = (
            0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE and 0 < count <= MOST_FRAMES
            and above > 0 and below > 0
        )  # fmt: skip
        header = cls(
            width, height, sample == 2, alpha, matte == 1, first, count,
            Fraction(above, below) if sound else Fraction(1), job,
        )  # fmt: skip
        # What one writer writes has one form, so whatever differs from it is damage.
        if not sound or header.pack() != data[:HEADER_BYTES] or header.file_bytes != file_bytes:
            raise MediaError(
                "store.damaged", "the frame store is damaged or cut off", "Make it again with `likeness store`."
            )
        return header


class FrameStore:
    """A store, mapped for reading. A context manager."""

    def __init__(self, path: Path) -> None:
        """Raises MediaError `store.missing`, `.not_a_store`, `.version`, `.damaged`."""
        self.header = read_header(path)
        self._bytes = np.memmap(path, np.uint8, "r")

    def __enter__(self) -> "FrameStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del self._bytes

    def is_ready(self, number: int) -> bool:
        """Whether frame `number` can be read."""
        place = number - self.header.first
        return 0 <= place < self.header.count and self._bytes[HEADER_BYTES + place] == 1

    def ready_count(self) -> int:
        """How many frames can be read."""
        return int(np.count_nonzero(self._bytes[HEADER_BYTES : HEADER_BYTES + self.header.count] == 1))

    def picture(self, number: int) -> Samples:
        """Frame `number` as RGBA (H, W, 4), a view of the file. Raises KeyError where it is not ready."""
        header = self.header
        return self._samples(number, 0, header.picture_bytes).reshape(header.height, header.width, CHANNELS)

    def matte(self, number: int) -> Samples | None:
        """The matte of frame `number` (H, W), a view of the file; None where the store has none. Raises KeyError."""
        header = self.header
        if not header.has_matte:
            return None
        return self._samples(number, header.picture_bytes, header.matte_bytes).reshape(header.height, header.width)

    def _samples(self, number: int, offset: int, size: int) -> Samples:
        if not self.is_ready(number):
            raise KeyError(number)
        start = self.header.frames_at + (number - self.header.first) * self.header.stride + offset
        return self._bytes[start : start + size].view(self.header.dtype)


class FrameStoreWriter:
    """Adds frames to a store; goes on with one of the same job, else makes a new one. A context manager."""

    def __init__(self, path: Path, header: StoreHeader) -> None:
        """Raises MediaError `media.no_space`, `media.not_writable`."""
        self._path, self._header = path, header
        if not _holds(path, header):
            self._make()
        with writing(path):
            self._file = path.open("r+b")

    def __enter__(self) -> "FrameStoreWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def is_ready(self, number: int) -> bool:
        """Whether frame `number` was written, now or by an earlier run."""
        self._file.seek(HEADER_BYTES + self._place(number))
        return self._file.read(1) == b"\1"

    def write(
        self,
        number: int,
        rgb: npt.NDArray[np.float32],
        alpha: npt.NDArray[np.float32] | None,
        matte: npt.NDArray[np.float32] | None,
    ) -> None:
        """Write frame `number`: RGB (H, W, 3), alpha (H, W) or None for 1, matte (H, W) or None for 0; once only.

        Half floats are rounded to nearest; what they cannot hold becomes infinite. Raises MediaError as above.
        """
        header = self._header
        if self.is_ready(number):
            raise ValueError(f"frame {number} is in the store already, and may be being read")
        shape = (header.height, header.width)
        samples = np.empty((*shape, CHANNELS), header.dtype)
        with np.errstate(over="ignore"):  # levels above 65504 are infinite in halves; EXR's are too
            samples[..., :3] = rgb
            samples[..., 3] = 1 if alpha is None else alpha
        place = self._place(number)
        with writing(self._path):
            self._file.seek(header.frames_at + place * header.stride)
            self._file.write(samples.data)
            if header.has_matte:
                plane = np.zeros(shape, header.dtype) if matte is None else matte.astype(header.dtype)
                self._file.write(np.ascontiguousarray(plane).data)
            self._sync()  # the barrier: no reader and no power cut sees the flag before the samples
            self._file.seek(HEADER_BYTES + place)
            self._file.write(b"\1")
            self._sync()

    def _make(self) -> None:
        """A store without frames appears whole, in the place of what was there."""
        temporary = self._path.with_name(self._path.name + ".partial")
        try:
            with writing(self._path), temporary.open("wb") as file:
                file.truncate(self._header.file_bytes)  # zeros, so no flag is set
                file.write(self._header.pack())
                file.flush()
                os.fsync(file.fileno())
            with writing(self._path):
                temporary.replace(self._path)
                sync_folder(self._path.parent)
        finally:
            with suppress(OSError):
                temporary.unlink()

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def _place(self, number: int) -> int:
        place = number - self._header.first
        if not 0 <= place < self._header.count:
            raise ValueError(f"the store has no frame {number}")
        return place


def read_header(path: Path) -> StoreHeader:
    """The header of a store. Raises MediaError `store.missing`, `.not_a_store`, `.version`, `.damaged`."""
    try:
        with path.open("rb") as file:
            return StoreHeader.unpack(file.read(HEADER_BYTES), path.stat().st_size)
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror})"
        raise MediaError("store.missing", message, "Make it with `likeness store`.") from error


def _holds(path: Path, header: StoreHeader) -> bool:
    """Whether a store of this job is there to go on with."""
    try:
        return read_header(path) == header
    except MediaError:
        return False


def _to_page(size: int) -> int:
    return -(-size // PAGE) * PAGE
