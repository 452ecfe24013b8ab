"""Damaged footage of every container: an error of ours or frames, never a crash, a hang, or all of the memory."""

import json
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import OpenImageIO as oiio  # noqa: N813
import pytest

from tests.core.footage import Recipe, bar_code, make_movie
from tests.core.restoring import environment

QUICK, MANY = 200, 1000
PATIENCE_S = 60  # for one file of a dozen small frames, on a machine with other work
MEMORY_BYTES = 6 << 30  # of address space: what a damaged header may make a decoder ask for

READER = """
import json, resource, sys
from pathlib import Path
from likeness_core.api import FrameRange
from likeness_core.errors import LikenessError
from likeness_core.media import MediaReader, probe, to_uint8
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
for line in sys.stdin:
    try:
        media = probe(Path(json.loads(line)))
        with MediaReader(media) as reader:
            frames = reader.frames(FrameRange(0, min(24, media.frame_count)))
            seen = len([to_uint8(frame.pixels).shape for frame in frames])
        said = f"frames {seen}"
    except LikenessError as error:
        said = f"error {error.code}" if error.message and error.hint else f"defect {error.code} says nothing"
    except BaseException as error:
        said = f"defect {type(error).__name__}: {error}"[:300]
    print(json.dumps(said), flush=True)
"""

MOVIES = {
    "h264.mov": Recipe(frames=12, options={"g": "4"}),
    "prores.mov": Recipe("prores_ks", "yuv422p10le", frames=4),
    "rle.mov": Recipe("qtrle", "rgb24", frames=6),
    "h264.mp4": Recipe(frames=12, options={"g": "5"}, audio="aac"),
    "faststart.mp4": Recipe(frames=12, container_options={"movflags": "faststart"}),
    "ffv1.mkv": Recipe("ffv1", "yuv420p10le", frames=6),
    "h264.mkv": Recipe(frames=12, options={"g": "4"}),
    "mjpeg.avi": Recipe("mjpeg", "yuvj420p", frames=8),
    "mpeg4.avi": Recipe("mpeg4", frames=12),
    "mpeg2.mxf": Recipe("mpeg2video", "yuv422p", frames=12, rate=Fraction(25)),
    "dnxhr.mxf": Recipe("dnxhd", "yuv422p", frames=3, size=(256, 120), options={"profile": "dnxhr_sq"}),
    "mpeg2.mpg": Recipe("mpeg2video", frames=12, rate=Fraction(25)),
    "h264.ts": Recipe(frames=12, options={"g": "4"}),
    "vp9.webm": Recipe("libvpx-vp9", frames=6, options={"deadline": "realtime", "cpu-used": "8"}),
    "h263.flv": Recipe("flv", frames=8),
    "gif.gif": Recipe("gif", "rgb8", frames=4),
}
PICTURES = ("exr", "tif", "dpx", "png")


def pictures(folder: Path) -> list[Path]:
    made = []
    for suffix in PICTURES:
        for number in range(3):
            path = folder / f"{suffix}.{number:04d}.{suffix}"
            writer = oiio.ImageOutput.create(str(path))
            kind = oiio.HALF if suffix == "exr" else oiio.UINT16 if suffix in ("tif", "dpx", "png") else oiio.UINT8
            picture = bar_code(number)
            assert writer.open(str(path), oiio.ImageSpec(picture.shape[1], picture.shape[0], 3, kind))
            assert writer.write_image(picture)
            writer.close()
        made.append(folder / f"{suffix}.0001.{suffix}")
    return made


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Footage that is whole, one of each container."""
    folder = tmp_path_factory.mktemp("sound")
    return [*(make_movie(folder / name, recipe) for name, recipe in MOVIES.items()), *pictures(folder)]


class Damage:
    """Ways to spoil a file's bytes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.ways: tuple[Callable[[bytearray], None], ...] = (
            self.flip, self.flip_head, self.number, self.zeros, self.remove, self.repeat, self.cut, self.swap,
            self.append,
        )  # fmt: skip

    def spoil(self, content: bytes) -> bytes:
        data = bytearray(content)
        for _ in range(self.random.choice((1, 1, 2, 4))):
            if len(data) > 16:
                self.random.choice(self.ways)(data)
        return bytes(data)

    def place(self, data: bytearray, reach: float = 1.0) -> int:
        return self.random.randrange(max(1, int(len(data) * reach)))

    def flip(self, data: bytearray) -> None:
        for _ in range(self.random.randint(1, 40)):
            data[self.place(data)] ^= 1 << self.random.randrange(8)

    def flip_head(self, data: bytearray) -> None:
        """In the header, where sizes, counts and codec parameters are."""
        for _ in range(self.random.randint(1, 8)):
            data[min(self.random.randrange(600), len(data) - 1)] = self.random.randrange(256)

    def number(self, data: bytearray) -> None:
        """A size, a count, an offset."""
        value = self.random.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\x80\0\0\0"))
        place = self.place(data, self.random.choice((0.05, 1.0)))
        data[place : place + 4] = value

    def zeros(self, data: bytearray) -> None:
        place, length = self.place(data), self.random.choice((16, 512, 4096))
        data[place : place + length] = bytes(len(data[place : place + length]))

    def remove(self, data: bytearray) -> None:
        place = self.place(data)
        del data[place : place + self.random.choice((1, 3, 100, 4000))]

    def repeat(self, data: bytearray) -> None:
        place = self.place(data)
        data[place:place] = data[place : place + self.random.choice((4, 200, 5000))]

    def cut(self, data: bytearray) -> None:
        del data[self.place(data) :]

    def swap(self, data: bytearray) -> None:
        length = min(self.random.choice((8, 300)), len(data) // 3)
        one, other = self.place(data, 0.3), len(data) - length - self.random.randrange(max(1, len(data) // 3))
        data[one : one + length], data[other : other + length] = data[other : other + length], data[one : one + length]

    def append(self, data: bytearray) -> None:
        data += self.random.randbytes(self.random.choice((1, 1000)))


class Reader:
    """A process that reads footage, so that a crash or a hang is seen and ends nothing else."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-c", READER, str(MEMORY_BYTES)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, env=environment(self._cache), **pipes)

    def read(self, path: Path) -> str:
        """What came of a file: "frames N", "error CODE", "defect ...", "crash ..." or "hang"."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(str(path)).encode() + b"\n")
        self._process.stdin.flush()
        timer = threading.Timer(PATIENCE_S, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        hung = not timer.is_alive()
        timer.cancel()
        if line:
            return str(json.loads(line))
        status = self._process.wait()
        self._start()
        return "hang" if hung else f"crash {status}"

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def read_spoilt(sound: list[Path], folder: Path, count: int, seed: int) -> list[tuple[str, str]]:
    """What came of `count` damaged files, the containers in turn: (file, outcome)."""
    damage, reader = Damage(seed), Reader(folder)
    outcomes = []
    kept = folder / "bad"
    kept.mkdir()
    try:
        for number in range(count):
            whole = sound[number % len(sound)]
            path = folder / f"{number}" / whole.name
            path.parent.mkdir()
            path.write_bytes(damage.spoil(whole.read_bytes()))
            outcome = reader.read(path)
            outcomes.append((f"{number} {whole.name}", outcome))
            if outcome.startswith(("crash", "hang", "defect")):
                path.rename(kept / f"{number}.{whole.name}")
            else:
                path.unlink()
    finally:
        reader.close()
    return outcomes


def check(outcomes: list[tuple[str, str]]) -> None:
    kinds = Counter(outcome.split()[0] for _, outcome in outcomes)
    print(dict(kinds), dict(Counter(outcome for _, outcome in outcomes if outcome.startswith("error"))))
    assert [one for one in outcomes if one[1].startswith(("crash", "hang", "defect"))] == []
    assert kinds["frames"] and kinds["error"], "the damage is too small or too large to tell anything"


def test_whole_footage_of_every_container_is_read(sound: list[Path], tmp_path: Path) -> None:
    """Else the fuzzing would only see files that are refused at the door."""
    reader = Reader(tmp_path)
    outcomes = {path.name: reader.read(path) for path in sound}
    reader.close()
    assert {name: outcome for name, outcome in outcomes.items() if not outcome.startswith("frames")} == {}


def test_damaged_footage(sound: list[Path], tmp_path: Path) -> None:
    check(read_spoilt(sound, tmp_path, QUICK, seed=1))


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_a_thousand_damaged_files(sound: list[Path], tmp_path: Path) -> None:
    check(read_spoilt(sound, tmp_path, MANY, seed=2))
