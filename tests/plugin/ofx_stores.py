"""Frame stores for the tests of the plug-in, and the plug-in itself."""

import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from likeness_core.frame_store import ALPHA_NONE, NAME, FrameStoreWriter, StoreHeader

ROOT = Path(__file__).resolve().parents[2]
FIRST = 10  # number of the first frame of `HEADER`
SIZE = (24, 18)  # width, height

HEADER = StoreHeader(*SIZE, False, ALPHA_NONE, True, FIRST, 5, Fraction(24), bytes(range(32)))

Array = npt.NDArray[np.float32]


def built_plugin(folder: Path) -> Path:
    """The plug-in, built for this machine; once for a folder."""
    built = folder / "Likeness.ofx.bundle" / "Contents" / "Linux-x86-64" / "Likeness.ofx"
    if built.exists():
        return built
    if sys.platform != "linux" or shutil.which("cc") is None:
        pytest.skip("no compiler of the system")
    command = [sys.executable, str(ROOT / "plugin" / "ofx" / "build.py"), "--native", "--output", str(folder)]
    return Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


def picture(number: int, size: tuple[int, int] = SIZE, spread: float = 1.0) -> Array:
    """RGB levels (H, W, 3), different for each number; beyond 0 and 1 where `spread` is more than 1."""
    levels = np.random.default_rng(number).random((size[1], size[0], 3), np.float32)
    return (levels - np.float32(0.5)) * np.float32(spread) + np.float32(0.5)


def matte(number: int, size: tuple[int, int] = SIZE) -> Array:
    """Levels (H, W), 0 to 1."""
    return np.random.default_rng(1000 + number).random((size[1], size[0]), np.float32)


def write_store(folder: Path, header: StoreHeader = HEADER, spread: float = 1.0, alpha: bool = False) -> Path:
    """A result folder with a whole store of `picture`s and `matte`s; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    size = (header.width, header.height)
    with FrameStoreWriter(folder / NAME, header) as writer:
        for number in range(header.first, header.first + header.count):
            cover = matte(-number % 997, size) if alpha else None
            writer.write(number, picture(number, size, spread), cover, matte(number, size))
    return folder / NAME


def stored(levels: Array, header: StoreHeader = HEADER) -> Array:
    """Levels as the store can hold them."""
    return levels.astype(header.dtype).astype(np.float32)


def quantised(levels: npt.NDArray[Any], depth: Any) -> npt.NDArray[Any]:
    """Levels as a picture of a host of that numpy type."""
    if depth in (np.uint8, np.uint16):
        top = np.iinfo(depth).max
        return np.floor(np.clip(levels.astype(np.float64), 0, 1) * top + 0.5).astype(depth)
    return levels.astype(depth)


def patched(data: bytes, offset: int, form: str, value: int | bytes, sealed: bool = True) -> bytes:
    """The bytes of a store with one field of its header changed; `sealed`: with the checksum that fits."""
    changed = bytearray(data)
    struct.pack_into(form, changed, offset, value)
    if sealed:
        struct.pack_into("<I", changed, 124, zlib.crc32(changed[:124]))
    return bytes(changed)


def other_size(width: int, height: int) -> StoreHeader:
    return replace(HEADER, width=width, height=height)
