"""Run the `likeness` command on small films with real faces, and read what it left."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from likeness_core.__main__ import main
from likeness_core.api import FrameRange
from likeness_core.jobs import cache_at
from likeness_core.media import Frame, MediaReader, probe

from tests.core.footage import Recipe, make_movie
from tests.core.openpeople_footage import picture_path, portrait, put, room

ROOT = Path(__file__).resolve().parents[2]
SIZE = (160, 120)  # of a film, width and height
FACE_PX = 120.0  # side of the portrait in it; the face is about 50 px wide

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Outcome:
    """What a command said, and its exit status."""

    status: int
    output: str
    errors: str

    @property
    def code(self) -> str:
        """The stable code of the error."""
        return self.errors.rpartition("[")[2].partition("]")[0]


def likeness(*arguments: object, cache: Path) -> Outcome:
    """Run a command in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with cache_at(cache), contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:  # argparse
            status = stop.code if isinstance(stop.code, int) else 1
    return Outcome(status, output.getvalue(), errors.getvalue())


def start(*arguments: object, cache: Path, **options: Any) -> "subprocess.Popen[str]":
    """Start a command as a process of its own."""
    command = [sys.executable, "-m", "likeness_core", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": environment(cache)}
    return subprocess.Popen(command, **{**pipes, **options})


def ended(process: "subprocess.Popen[str]", timeout_s: float = 120) -> Outcome:
    """Wait for a process."""
    try:
        output, errors = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Outcome(process.returncode, output, errors)


def environment(cache: Path) -> dict[str, str]:
    """What a process of its own is started with."""
    folders = [str(ROOT / name) for name in ("core", "gui", "plugin")]
    path = os.pathsep.join([*folders, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "LIKENESS_CACHE": str(cache), "PYTHONPATH": path}


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def decoded(path: Path, first: int = 0, stop: int | None = None) -> list[Frame]:
    """The frames of footage, as the reader gives them."""
    media = probe(path)
    with MediaReader(media) as reader:
        return list(reader.frames(FrameRange(first, media.frame_count if stop is None else stop)))


def portrait_film(person: int = 1, size: tuple[int, int] = SIZE) -> Callable[[int], Picture]:
    """A person in a room who moves a little; for `Recipe.picture`."""

    def picture(number: int) -> Picture:
        width, height = size
        left = (width - FACE_PX) / 2 + 6 * np.sin(number / 5)
        return put(room(width, height), portrait(person), left, (height - FACE_PX) / 2 + number * 0.1, FACE_PX)

    return picture


def pair_film(number: int) -> Picture:
    """Person 1 on the left and person 3 on the right, 240 x 120."""
    scene = put(room(240, 120), portrait(1), -2 + np.sin(number / 4), 2, FACE_PX)
    return put(scene, portrait(3), 122, 2 + np.cos(number / 4), FACE_PX)


def room_film(number: int) -> Picture:
    """Nobody."""
    return room(*SIZE, seed=number % 2)


def film(path: Path, picture: Callable[[int], npt.NDArray[Any]], frames: int = 30, **recipe: Any) -> Path:
    """A movie of pictures; near lossless H.264 unless said otherwise."""
    height, width = picture(0).shape[:2]
    given = {"options": {"crf": "4", "preset": "ultrafast"}, **recipe}
    return make_movie(path, Recipe(frames=frames, size=(width, height), picture=picture, **given))


def photograph(path: Path, person: int = 1, side_px: int = 512) -> Path:
    """A reference: another picture of the person, in other clothes and light."""
    picture = cv2.imread(str(picture_path(person, "amateur_selfie")))
    assert picture is not None
    small = cv2.resize(picture[: picture.shape[1]], (side_px, side_px), interpolation=cv2.INTER_AREA)
    assert cv2.imwrite(str(path), small)
    return path
